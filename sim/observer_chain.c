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

void obs_chain_forget(struct obs_ring *ring)
{
	free(ring->desc);
	free(ring->taken);
	free(ring->live);
	ring->desc = NULL;
	ring->taken = NULL;
	ring->live = NULL;
	ring->n_live = 0;
	ring->avail_idx = ring->avail_next = 0;
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

static const struct obs_desc *hit(const struct obs_ring *ring, uint16_t index, uint64_t addr)
{
	const struct obs_desc *desc = &ring->desc[index];

	return desc->live && addr - desc->addr < desc->len ? desc : NULL;
}

/* The live descriptor that holds addr: the one last fetched or hit, else the latest fetched. */
static const struct obs_desc *find_payload(struct observer *obs, uint64_t addr)
{
	const struct obs_ring *ring = &obs->queue[obs->hit_queue].ring;
	const struct obs_desc *desc;

	if (ring->desc && obs->hit_desc < ring->size && (desc = hit(ring, obs->hit_desc, addr)))
		return desc;
	for (unsigned r = 0; r < obs->rings; r++) {
		ring = &obs->queue[obs->ring[r]].ring;
		for (uint32_t i = ring->n_live; i--;) {
			desc = hit(ring, ring->live[i], addr);
			if (desc) {
				obs->hit_queue = obs->ring[r];
				obs->hit_desc = ring->live[i];
				return desc;
			}
		}
	}
	return NULL;
}

unsigned obs_chain_payload(struct observer *obs, uint64_t addr, unsigned n, bool write)
{
	const struct obs_desc *desc = find_payload(obs, addr);
	uint64_t left;

	if (!desc)
		return 0;
	left = desc->len - (addr - desc->addr);
	if (left < n)
		n = (unsigned)left;
	OBS_EMIT(obs, write ? EV_PAYLOAD_WRITE : EV_PAYLOAD_READ, obs->hit_queue, addr, n,
		 desc->flags);
	return n;
}
