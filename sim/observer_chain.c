/* SPDX-License-Identifier: MIT */
/*
 * Follows the chains that a device works on: which entries became available, which
 * descriptors it has fetched, and so what its other accesses are to.
 *
 * Payload is what lies in a descriptor that the device has fetched, until its chain is
 * in a used entry and used.idx has been written after it.
 */
#include "sim/observer_internal.h"

#include <stdlib.h>

#include <linux/virtio_ring.h>

#define EXTRA_MAX 4096 /* buffers followed that indirect tables describe */

void obs_chain_forget(struct obs_ring *ring)
{
	free(ring->desc);
	free(ring->taken);
	free(ring->live);
	free(ring->extra);
	ring->extra = NULL;
	ring->n_extra = ring->room_extra = 0;
	ring->desc = NULL;
	ring->taken = NULL;
	ring->live = NULL;
	ring->n_live = 0;
	ring->avail_idx = ring->avail_next = 0;
	ring->snoop_from = ring->snoop_idx = 0;
}

/* Room to follow chains in; false when there is none. */
static bool follow(struct observer *obs, struct obs_ring *ring)
{
	if (ring->desc)
		return true;
	ring->desc = calloc(ring->size, sizeof(*ring->desc));
	ring->taken = calloc(ring->size, sizeof(*ring->taken));
	ring->live = calloc(ring->size, sizeof(*ring->live));
	if (!ring->desc || !ring->taken || !ring->live) {
		obs_chain_forget(ring);
		obs->stats.untracked++;
		return false;
	}
	for (uint32_t i = 0; i < ring->size; i++)
		ring->desc[i].owner = (uint16_t)i;
	return true;
}

/*
 * Slot `slot` was fetched. It holds the entry of an index in the window from the first one
 * not fetched to the idx that the device has seen, or it says nothing yet.
 */
void obs_chain_entry(struct observer *obs, struct obs_ring *ring, uint32_t slot, uint16_t head)
{
	uint32_t ahead;

	if (!follow(obs, ring))
		return;
	ahead = (slot + ring->size - ring->avail_next % ring->size) % ring->size;
	if (ahead >= (uint16_t)(ring->avail_idx - ring->avail_next) || ring->taken[slot])
		return;
	OBS_EMIT(obs, EV_CHAIN_AVAILABLE, obs_ring_queue(obs, ring),
		 (uint16_t)(ring->avail_next + ahead), head);
	if (head < ring->size)
		ring->desc[head].owner = head;
	ring->taken[slot] = 1;
	while (ring->taken[ring->avail_next % ring->size])
		ring->taken[ring->avail_next++ % ring->size] = 0;
}

void obs_chain_desc(struct observer *obs, struct obs_ring *ring, uint32_t index,
		    const struct vring_desc *from)
{
	struct obs_desc *desc;

	if (!follow(obs, ring))
		return;
	desc = &ring->desc[index];
	desc->addr = from->addr;
	desc->len = from->len;
	desc->flags = from->flags;
	desc->returned = false;
	desc->told = false;
	if (!desc->live)
		ring->live[ring->n_live++] = (uint16_t)index;
	desc->live = true;
	obs->hit_queue = (uint8_t)obs_ring_queue(obs, ring);
	obs->hit_desc = (uint16_t)index;
	if ((from->flags & VRING_DESC_F_NEXT) && from->next < ring->size)
		ring->desc[from->next].owner = desc->owner;
}

void obs_chain_returned(struct obs_ring *ring, uint32_t head)
{
	for (uint32_t i = 0; i < ring->n_live; i++)
		if (ring->desc[ring->live[i]].owner == head)
			ring->desc[ring->live[i]].returned = true;
	for (uint32_t i = ring->n_extra; i--;)
		if (ring->extra[i].owner == head)
			ring->extra[i] = ring->extra[--ring->n_extra];
}

/* used.idx was written: what the used entries before it named is the driver's again. */
void obs_chain_published(struct obs_ring *ring)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < ring->n_live; i++) {
		struct obs_desc *desc = &ring->desc[ring->live[i]];

		desc->live = !desc->returned;
		desc->returned = false;
		if (desc->live)
			ring->live[kept++] = ring->live[i];
	}
	ring->n_live = kept;
}

/* What of the device's accesses is payload: a descriptor's buffer, in the ring or in a table. */
struct buffer {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, owner;
	uint8_t q;
	bool *told; /* its first bytes */
};

static bool hit(struct observer *obs, unsigned q, uint16_t index, uint64_t addr, struct buffer *buf)
{
	struct obs_desc *desc = &obs->queue[q].ring.desc[index];

	if (!desc->live || addr - desc->addr >= desc->len)
		return false;
	obs->hit_queue = (uint8_t)q;
	obs->hit_desc = index;
	*buf = (struct buffer){ desc->addr,  desc->len,  desc->flags,
				desc->owner, (uint8_t)q, &desc->told };
	return true;
}

/* The live descriptor that holds addr: the one last fetched or hit, else the latest fetched. */
static bool find_payload(struct observer *obs, uint64_t addr, struct buffer *buf)
{
	const struct obs_ring *ring = &obs->queue[obs->hit_queue].ring;

	if (!ring->n_extra && ring->desc && obs->hit_desc < ring->size &&
	    hit(obs, obs->hit_queue, obs->hit_desc, addr, buf))
		return true;
	for (unsigned r = 0; r < obs->rings; r++) {
		ring = &obs->queue[obs->ring[r]].ring;
		for (uint32_t i = ring->n_extra; i--;) {
			struct obs_table_entry *e = &ring->extra[i];

			if (addr - e->addr >= e->len)
				continue;
			*buf = (struct buffer){ e->addr,  e->len,       e->flags,
						e->owner, obs->ring[r], &e->told };
			return true;
		}
		for (uint32_t i = ring->n_live; i--;)
			if (hit(obs, obs->ring[r], ring->live[i], addr, buf))
				return true;
	}
	return false;
}

/* --- indirect tables: 2.7.5.3 ----------------------------------------------------------------- */

static uint64_t little(const uint8_t *byte, unsigned n)
{
	uint64_t val = 0;

	while (n--)
		val = val << 8 | byte[n];
	return val;
}

static void keep_entry(struct observer *obs, struct obs_ring *ring, const struct obs_table_entry *e)
{
	if (ring->n_extra == ring->room_extra) {
		uint32_t room = ring->room_extra ? 2 * ring->room_extra : 16;
		void *more = room > EXTRA_MAX ? NULL : realloc(ring->extra, room * sizeof(*e));

		if (!more) {
			obs->stats.untracked++;
			return;
		}
		ring->extra = more;
		ring->room_extra = room;
	}
	ring->extra[ring->n_extra++] = *e;
}

/* Bytes of a table: at most to the end of the descriptor that they belong to. How many. */
static unsigned table_read(struct observer *obs, const struct buffer *table, uint64_t addr,
			   const uint8_t *byte, unsigned n)
{
	struct obs_ring *ring = &obs->queue[table->q].ring;
	uint32_t index = (uint32_t)((addr - table->addr) / sizeof(struct vring_desc));
	unsigned at = (unsigned)((addr - table->addr) % sizeof(struct vring_desc));
	struct obs_gather *got = &obs->table;
	struct obs_table_entry e = { .owner = table->owner };

	if (n > sizeof(got->byte) - at)
		n = (unsigned)sizeof(got->byte) - at;
	if (got->ring != ring || got->index != index || !at)
		got->mask = 0;
	got->ring = ring;
	got->index = index;
	for (unsigned i = 0; i < n; i++)
		got->byte[at + i] = byte[i];
	got->mask |= (uint16_t)(((1U << n) - 1) << at);
	if (got->mask != 0xffff)
		return n;
	got->mask = 0;
	e.addr = little(got->byte, 8);
	e.len = (uint32_t)little(got->byte + 8, 4);
	e.flags = (uint16_t)little(got->byte + 12, 2);
	OBS_EMIT(obs, EV_INDIRECT_READ, table->q, index, e.addr, e.len, e.flags,
		 little(got->byte + 14, 2));
	keep_entry(obs, ring, &e);
	return n;
}

/* The first bytes of a readable buffer, where it may lie across beats. */
static void start_read(struct observer *obs, const struct buffer *buf, uint64_t addr,
		       const uint8_t *byte, unsigned n)
{
	struct obs_start *start = &obs->start;
	unsigned whole = buf->len < sizeof(start->byte) ? buf->len : sizeof(start->byte);

	if (*buf->told)
		return;
	if (addr == buf->addr)
		*start = (struct obs_start){ .addr = addr };
	if (start->addr != buf->addr || addr - buf->addr != start->got || start->got >= whole)
		return;
	for (unsigned i = 0; i < n && start->got < whole; i++)
		start->byte[start->got++] = byte[i];
	*buf->told = start->got == whole;
	if (*buf->told)
		OBS_EMIT(obs, EV_PAYLOAD_START, buf->q, whole, little(start->byte, whole));
}

unsigned obs_chain_payload(struct observer *obs, uint64_t addr, const uint8_t *byte, unsigned n,
			   bool write)
{
	struct buffer buf;
	uint64_t left;

	if (!find_payload(obs, addr, &buf))
		return 0;
	left = buf.len - (addr - buf.addr);
	if (left < n)
		n = (unsigned)left;
	if (!write && (buf.flags & VRING_DESC_F_INDIRECT))
		n = table_read(obs, &buf, addr, byte, n);
	OBS_EMIT(obs, write ? EV_PAYLOAD_WRITE : EV_PAYLOAD_READ, buf.q, addr, n, buf.flags);
	if (!write && !(buf.flags & (VRING_DESC_F_WRITE | VRING_DESC_F_INDIRECT)))
		start_read(obs, &buf, addr, byte, n);
	return n;
}
