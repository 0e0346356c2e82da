/* SPDX-License-Identifier: MIT */
/*
 * Guest memory that the device need not fetch, looked at when something happens: what was made
 * available, when the driver notifies; available indices, when it writes the status; the flags of a
 * used ring, when it enables the queue; the descriptors of a chain, when the device returns it; the
 * beginning of a range, when it is reported.
 *
 * A look is made of BUS_SNOOP records of 8 bytes, right behind the record that was the occasion: a
 * replay is told the same, for what a record means follows from where it lies and what came before.
 */
#include "sim/observer_internal.h"

#include <string.h>

#include <linux/virtio_ring.h>

#define DESC_BYTES sizeof(struct vring_desc)
#define RING_HEAD  4 /* flags and idx, before the entries of either ring */

/* --- looking: only live, where there is memory ------------------------------------------- */

/* One record an aligned 8 bytes, as DMA beats are. False: memory cannot be read. */
static bool look(struct observer *obs, uint64_t gpa, unsigned len)
{
	for (uint64_t at = gpa, end = gpa + len; at != end;) {
		unsigned lane = at & 7, left = (unsigned)(end - at);
		unsigned n = left < 8 - lane ? left : 8 - lane;
		struct bus_rec rec = { .cycle = obs->cycle,
				       .addr = at - lane,
				       .space = BUS_SNOOP,
				       .op = BUS_READ,
				       .size = 8,
				       .be = (uint8_t)(((1U << n) - 1) << lane) };

		if (obs->sink.read(obs->sink.ctx, at, (uint8_t *)&rec.data + lane, n))
			return false;
		if (obs->sink.snoop)
			obs->sink.snoop(obs->sink.ctx, &rec);
		obs->stats.records++;
		obs_snoop_rec(obs, &rec);
		at += n;
	}
	return true;
}

void obs_snoop_notified(struct observer *obs, unsigned q)
{
	struct obs_ring *ring = &obs->queue[q].ring;
	uint64_t entries = ring->base[AREA_DRIVER] + RING_HEAD;

	obs->occasion = OBS_NOTIFIED;
	if (!obs->sink.read || !ring->known || !ring->have[AREA_DRIVER] ||
	    !look(obs, ring->base[AREA_DRIVER], RING_HEAD))
		return;
	for (uint16_t idx = ring->snoop_from; ring->size && idx != ring->snoop_idx; idx++)
		look(obs, entries + 2ULL * (idx % ring->size), 2);
}

void obs_snoop_status(struct observer *obs)
{
	obs->occasion = OBS_STATUS;
	for (unsigned r = 0; obs->sink.read && r < obs->rings; r++) {
		const struct obs_ring *ring = &obs->queue[obs->ring[r]].ring;

		if (ring->have[AREA_DRIVER])
			look(obs, ring->base[AREA_DRIVER] + 2, 2);
	}
}

void obs_snoop_enabled(struct observer *obs, unsigned q)
{
	const struct obs_ring *ring = &obs->queue[q].ring;

	obs->occasion = OBS_ENABLED;
	if (obs->sink.read && ring->known && ring->have[AREA_DEVICE])
		look(obs, ring->base[AREA_DEVICE], 2);
}

void obs_snoop_returned(struct observer *obs, struct obs_ring *ring, uint32_t head)
{
	obs->occasion = OBS_RETURNED;
	for (uint32_t i = 0; obs->sink.read && i < ring->n_live; i++)
		if (ring->desc[ring->live[i]].owner == head)
			look(obs, ring->base[AREA_DESC] + DESC_BYTES * ring->live[i], DESC_BYTES);
}

void obs_snoop_range(struct observer *obs, uint64_t addr)
{
	obs->occasion = OBS_REPORTED;
	obs->range = addr & ~7ULL;
	if (obs->sink.read)
		look(obs, obs->range, 8);
}

/* --- understanding what was seen ------------------------------------------------------------- */

static uint16_t le16(const uint8_t *byte)
{
	return (uint16_t)(byte[0] | byte[1] << 8);
}

static uint64_t le64(const uint8_t *byte)
{
	uint64_t val = 0;

	for (unsigned i = 8; i--;)
		val = val << 8 | byte[i];
	return val;
}

/* The driver has announced all entries before idx; the last `size` of them are still there. */
static void announced(struct obs_ring *ring, uint16_t idx)
{
	ring->snoop_from = ring->snoop_idx;
	ring->snoop_idx = idx;
	if ((uint16_t)(idx - ring->snoop_from) > ring->size)
		ring->snoop_from = (uint16_t)(idx - ring->size);
}

static void driver_area(struct observer *obs, struct obs_ring *ring, uint64_t off, uint16_t value)
{
	unsigned q = obs_ring_queue(obs, ring);

	if (obs->occasion == OBS_STATUS) {
		if (off == 2)
			OBS_EMIT(obs, EV_AVAIL_IDX_LOOK, q, value);
	} else if (off == 0) {
		OBS_EMIT(obs, EV_AVAIL_FLAGS_SNOOP, q, value);
	} else if (off == 2) {
		OBS_EMIT(obs, EV_AVAIL_IDX_SNOOP, q, value);
		announced(ring, value);
	} else if (ring->size) {
		uint32_t slot = (uint32_t)(off - RING_HEAD) / 2;
		uint32_t first = ring->snoop_from % ring->size;

		OBS_EMIT(obs, EV_AVAIL_ENTRY_SNOOP, q,
			 (uint16_t)(ring->snoop_from + (slot + ring->size - first) % ring->size),
			 value);
	}
}

static bool in_driver_area(struct observer *obs, uint64_t addr, const uint8_t *byte)
{
	for (unsigned r = 0; r < obs->rings; r++) {
		struct obs_ring *ring = &obs->queue[obs->ring[r]].ring;
		uint64_t off = addr - ring->base[AREA_DRIVER];

		if (!ring->have[AREA_DRIVER] || off >= RING_HEAD + 2ULL * ring->size || off % 2)
			continue;
		driver_area(obs, ring, off, le16(byte));
		return true;
	}
	return false;
}

static void in_flags(struct observer *obs, uint64_t addr, const uint8_t *byte)
{
	for (unsigned r = 0; r < obs->rings; r++) {
		const struct obs_ring *ring = &obs->queue[obs->ring[r]].ring;

		if (ring->have[AREA_DEVICE] && addr == ring->base[AREA_DEVICE])
			OBS_EMIT(obs, EV_USED_FLAGS_LOOK, obs_ring_queue(obs, ring), le16(byte));
	}
}

/* Half a descriptor: of a table at a multiple of 16, as the specification has it. */
static void in_desc_table(struct observer *obs, uint64_t addr, const uint8_t *byte)
{
	for (unsigned r = 0; r < obs->rings; r++) {
		struct obs_ring *ring = &obs->queue[obs->ring[r]].ring;
		uint64_t off = addr - ring->base[AREA_DESC];

		if (!ring->have[AREA_DESC] || off >= DESC_BYTES * ring->size || off % 8)
			continue;
		if (off % DESC_BYTES == 0)
			obs->half = le64(byte);
		else
			OBS_EMIT(obs, EV_DESC_LOOK, obs_ring_queue(obs, ring), off / DESC_BYTES,
				 obs->half, (uint32_t)le64(byte), le16(byte + 4), le16(byte + 6));
		return;
	}
}

void obs_snoop_rec(struct observer *obs, const struct bus_rec *rec)
{
	uint8_t byte[8];

	for (unsigned i = 0; i < 8; i++)
		byte[i] = (uint8_t)(rec->data >> (8 * i));
	if (obs->occasion == OBS_REPORTED) {
		if (rec->addr == obs->range && rec->be == 0xff)
			OBS_EMIT(obs, EV_RANGE_LOOK, rec->addr, le64(byte));
		return;
	}
	if (obs->occasion == OBS_RETURNED) {
		if (rec->be == 0xff)
			in_desc_table(obs, rec->addr, byte);
		return;
	}
	for (unsigned lane = 0; lane < 7; lane++) {
		if ((rec->be >> lane & 3) != 3)
			continue;
		if (obs->occasion == OBS_ENABLED)
			in_flags(obs, rec->addr + lane, byte + lane);
		else if (in_driver_area(obs, rec->addr + lane, byte + lane))
			lane++;
	}
}
