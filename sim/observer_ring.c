/* SPDX-License-Identifier: MIT */
/*
 * Names DMA beats by the split rings that the driver programmed (virtio 1.4, 2.7).
 *
 * A beat carries the bytes that its byte enables name, no more: a device that reads 8
 * bytes of a ring where it needs 2 has fetched 8, one that reads 2 has fetched 2. Since
 * AXI reads have no strobes, bytes of no meaning beside some that have are the width of the
 * bus, no access of their own; bytes written are always meant. An event comes with the beat
 * that completes it: descriptors (16 bytes) and used elements (8 bytes) are put together
 * from beats of one AXI id, which AXI keeps in order.
 *
 * An available entry may thus be fetched often, and before it is available. The event
 * chain_available comes once for each: with the first fetch that could count.
 */
#include "sim/observer_internal.h"

#include <stddef.h>
#include <string.h>

#include <linux/virtio_ring.h>

#define DESC_BYTES sizeof(struct vring_desc)
#define USED_BYTES sizeof(struct vring_used_elem)
#define RING_HEAD  4 /* flags and idx, before the entries of either ring */

/* A run of bytes that crossed the bus together. */
struct run {
	uint64_t addr;
	const uint8_t *byte;
	unsigned n;
	uint8_t id; /* AXI */
};

static uint16_t le16(const uint8_t *byte)
{
	return (uint16_t)(byte[0] | byte[1] << 8);
}

static uint32_t le32(const uint8_t *byte)
{
	return le16(byte) | (uint32_t)le16(byte + 2) << 16;
}

static uint64_t le64(const uint8_t *byte)
{
	return le32(byte) | (uint64_t)le32(byte + 4) << 32;
}

unsigned obs_ring_queue(const struct observer *obs, const struct obs_ring *ring)
{
	const struct obs_queue *queue =
		(const void *)((const char *)ring - offsetof(struct obs_queue, ring));

	return (unsigned)(queue - obs->queue);
}

/* --- which rings there are --------------------------------------------------------------- */

/* For a ring that has moved: halves of old entries must not meet halves of new ones. */
static void forget_gathered(struct observer *obs, const struct obs_ring *ring)
{
	for (unsigned i = 0; i < OBS_AXI_IDS; i++) {
		if (obs->desc[i].ring == ring)
			obs->desc[i].ring = NULL;
		if (obs->used[i].ring == ring)
			obs->used[i].ring = NULL;
	}
}

static void list_rings(struct observer *obs)
{
	obs->rings = 0;
	for (unsigned q = 0; q < OBSERVER_QUEUES; q++)
		if (obs->queue[q].ring.enabled)
			obs->ring[obs->rings++] = (uint8_t)q;
}

void obs_ring_drop(struct observer *obs, unsigned q)
{
	struct obs_ring *ring = &obs->queue[q].ring;

	if (!ring->known)
		return;
	obs_chain_forget(ring);
	memset(ring, 0, sizeof(*ring));
	list_rings(obs);
}

void obs_ring_enabled(struct observer *obs, unsigned q)
{
	obs_ring_config(obs, q); /* one that was stopped keeps its set-up */
	obs->queue[q].ring.enabled = obs->queue[q].ring.known;
	list_rings(obs);
}

void obs_ring_stale(struct observer *obs, unsigned q)
{
	obs->queue[q].ring.stale = obs->queue[q].ring.known;
}

void obs_ring_drained(struct observer *obs, unsigned q)
{
	if (obs->queue[q].ring.stale)
		obs_ring_drop(obs, q);
}

/* Takes the areas and the size from the registers; true if something is new. */
static bool take_registers(struct obs_ring *ring, const struct obs_queue *queue)
{
	struct obs_ring was = *ring;
	bool same = was.size == queue->reg[REG_QUEUE_SIZE];

	ring->size = queue->reg[REG_QUEUE_SIZE];
	for (unsigned i = 0; i < AREA_COUNT; i++) {
		const uint32_t *part = &queue->reg[REG_QUEUE_ADDR + 2 * i];

		ring->have[i] = queue->areas >> i & 1;
		ring->base[i] = (uint64_t)part[1] << 32 | part[0];
		same = same && ring->have[i] == was.have[i] && ring->base[i] == was.base[i];
	}
	return !same;
}

void obs_ring_config(struct observer *obs, unsigned q)
{
	struct obs_queue *queue = &obs->queue[q];
	struct obs_ring *ring = &queue->ring;

	if (!queue->areas)
		return;
	if (ring->stale)
		obs_ring_drop(obs, q);
	if (take_registers(ring, queue)) {
		forget_gathered(obs, ring);
		obs_chain_forget(ring);
	}
	ring->known = true;
}

/* --- the three areas ------------------------------------------------------------------------ */

/* Adds the run to entry `index` from byte `at`; its n bytes, or NULL while some lack. */
static const uint8_t *gather(struct obs_gather *got, struct obs_ring *ring, uint32_t index,
			     unsigned at, const struct run *run, unsigned n, unsigned whole)
{
	if (got->ring != ring || got->index != index)
		got->mask = 0;
	got->ring = ring;
	got->index = index;
	memcpy(got->byte + at, run->byte, n);
	got->mask |= (uint16_t)(((1U << n) - 1) << at);
	if (got->mask != (1U << whole) - 1)
		return NULL;
	got->ring = NULL;
	return got->byte;
}

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The functions below return how many bytes of the run they knew, 0: none. */
static unsigned desc_read(struct observer *obs, struct obs_ring *ring, const struct run *run)
{
	uint64_t off = run->addr - ring->base[AREA_DESC];
	uint32_t index = (uint32_t)(off / DESC_BYTES);
	unsigned at = off % DESC_BYTES, n = min(run->n, DESC_BYTES - at);
	struct vring_desc desc;
	const uint8_t *byte;

	if (!ring->have[AREA_DESC] || off >= DESC_BYTES * ring->size)
		return 0;
	byte = gather(&obs->desc[run->id], ring, index, at, run, n, DESC_BYTES);
	if (!byte)
		return n;
	desc.addr = le64(byte);
	desc.len = le32(byte + 8);
	desc.flags = le16(byte + 12);
	desc.next = le16(byte + 14);
	OBS_EMIT(obs, EV_DESC_READ, obs_ring_queue(obs, ring), index, desc.addr, desc.len,
		 desc.flags, desc.next);
	obs_chain_desc(obs, ring, index, &desc);
	return n;
}

static unsigned driver_read(struct observer *obs, struct obs_ring *ring, const struct run *run)
{
	uint64_t off = run->addr - ring->base[AREA_DRIVER];
	uint64_t event_at = RING_HEAD + 2ULL * ring->size;
	unsigned q = obs_ring_queue(obs, ring);
	uint16_t value;

	if (!ring->have[AREA_DRIVER] || off > event_at || off % 2 || run->n < 2)
		return 0;
	value = le16(run->byte);
	if (off == 0) {
		OBS_EMIT(obs, EV_AVAIL_FLAGS_READ, q, value);
	} else if (off == 2) {
		OBS_EMIT(obs, EV_AVAIL_IDX_READ, q, value);
		ring->avail_idx = value;
	} else if (off == event_at) {
		OBS_EMIT(obs, EV_USED_EVENT_READ, q, value);
	} else {
		OBS_EMIT(obs, EV_AVAIL_ENTRY_READ, q, (off - RING_HEAD) / 2, value);
		obs_chain_entry(obs, ring, (uint32_t)(off - RING_HEAD) / 2, value);
	}
	return 2;
}

static unsigned used_entry(struct observer *obs, struct obs_ring *ring, const struct run *run,
			   uint64_t off)
{
	uint32_t slot = (uint32_t)(off / USED_BYTES);
	unsigned at = off % USED_BYTES, n = min(run->n, USED_BYTES - at);
	const uint8_t *byte = gather(&obs->used[run->id], ring, slot, at, run, n, USED_BYTES);

	if (byte) {
		OBS_EMIT(obs, EV_USED_ENTRY_WRITE, obs_ring_queue(obs, ring), slot, le32(byte),
			 le32(byte + 4));
		obs_snoop_returned(obs, ring, le32(byte));
		obs_chain_returned(ring, le32(byte));
	}
	return n;
}

static unsigned device_write(struct observer *obs, struct obs_ring *ring, const struct run *run)
{
	uint64_t off = run->addr - ring->base[AREA_DEVICE];
	uint64_t event_at = RING_HEAD + (uint64_t)USED_BYTES * ring->size;
	unsigned q = obs_ring_queue(obs, ring);

	if (!ring->have[AREA_DEVICE] || off > event_at)
		return 0;
	if (off >= RING_HEAD && off < event_at)
		return used_entry(obs, ring, run, off - RING_HEAD);
	if (off % 2 || run->n < 2)
		return 0;
	if (off == 0) {
		OBS_EMIT(obs, EV_USED_FLAGS_WRITE, q, le16(run->byte));
	} else if (off == 2) {
		OBS_EMIT(obs, EV_USED_IDX_WRITE, q, le16(run->byte));
		obs_chain_published(ring);
	} else {
		OBS_EMIT(obs, EV_AVAIL_EVENT_WRITE, q, le16(run->byte));
	}
	return 2;
}

/* --- beats ------------------------------------------------------------------------------------ */

static unsigned claim(struct observer *obs, const struct run *run, bool write)
{
	for (unsigned r = 0; r < obs->rings; r++) {
		struct obs_ring *ring = &obs->queue[obs->ring[r]].ring;
		unsigned n;

		if (!ring->size)
			continue;
		n = write ? device_write(obs, ring, run) : desc_read(obs, ring, run);
		if (!n && !write)
			n = driver_read(obs, ring, run);
		if (n)
			return n;
	}
	return obs_chain_payload(obs, run->addr, run->byte, run->n, write);
}

static void run_at(struct run *run, const struct bus_rec *rec, const uint8_t *byte, unsigned lane)
{
	run->addr = rec->addr + lane;
	run->byte = byte + lane;
	run->id = rec->index % OBS_AXI_IDS;
	run->n = 0;
	while (lane + run->n < 8 && (rec->be >> (lane + run->n) & 1))
		run->n++;
}

static void bytes_of(const struct bus_rec *rec, uint8_t byte[8])
{
	for (unsigned i = 0; i < 8; i++)
		byte[i] = (uint8_t)(rec->data >> (8 * i));
}

void obs_ring_beat(struct observer *obs, const struct bus_rec *rec)
{
	bool write = rec->op == BUS_WRITE, named = false, other = false;
	uint64_t other_at = 0;
	uint8_t byte[8];
	struct run run;

	if (rec->resp != BUS_OKAY) {
		unsigned lane = rec->be ? (unsigned)__builtin_ctz(rec->be) : 0;

		/* Memory that fails is nobody's wrong address. */
		OBS_EMIT(obs, rec->resp == BUS_DECERR ? EV_DMA_ERROR : EV_DMA_FAULT,
			 rec->addr + lane, write);
		return;
	}
	bytes_of(rec, byte);
	for (unsigned lane = 0; lane < 8;) {
		unsigned n;

		run_at(&run, rec, byte, lane);
		if (!run.n) {
			lane++;
			continue;
		}
		n = claim(obs, &run, write);
		named = named || n;
		if (!n && !other) {
			other = true;
			other_at = run.addr;
		}
		lane += n ? n : 1;
	}
	if (other && (write || !named))
		OBS_EMIT(obs, EV_DMA_OTHER, other_at, write);
}
