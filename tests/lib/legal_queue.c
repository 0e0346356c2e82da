/* SPDX-License-Identifier: MIT */
/* Split rings of a conforming driver: 2.6, 2.7, 4.1.4.3, 4.2.2. */
#include <assert.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/legal_internal.h"

#define PATIENCE 20000

static uint16_t load16(const uint8_t *at)
{
	return *(const volatile uint16_t *)(const void *)at;
}

static void store16(uint8_t *at, uint16_t val)
{
	*(volatile uint16_t *)(void *)at = val;
}

/* --- set-up --------------------------------------------------------------------------------- */

/* What there is to tell the device of a queue; in any order, then that it is enabled. */
enum { SIZE, VECTOR, ADDRESS, TASKS = ADDRESS + 6 };

static void select_queue(struct legal *l, unsigned q)
{
	if (l->sel_known && l->sel == q && legal_rand(l, 3))
		return;
	legal_put(l, R_QUEUE_SEL, q);
	l->sel = (uint16_t)q;
	l->sel_known = true;
}

static bool wanted(const struct legal *l, unsigned q)
{
	static const uint64_t feature[LEGAL_QUEUES] = { 0, 0, F_STATS, F_HINT, F_REPORT };

	return l->rng ? q == 0 : !feature[q] || l->accepted & feature[q];
}

/* Rings of zeros, or of what is there where no zero is asked for: flags and indices. */
static bool allocate(struct legal *l, struct legal_queue *vq)
{
	const uint32_t len[] = { 16 * vq->size, 6 + 2 * vq->size, 6 + 8 * vq->size };
	static const uint32_t align[] = { 16, 2, 4 };

	for (unsigned i = 0; i < 3; i++) {
		vq->area[i] = legal_alloc(l, len[i], align[i] << (legal_one_in(l, 4) ? 4 : 0));
		if (!vq->area[i])
			return false;
		if (!l->style.dirty)
			memset(legal_at(l, vq->area[i], len[i]), 0, len[i]);
	}
	vq->desc = legal_at(l, vq->area[0], len[0]);
	vq->avail = legal_at(l, vq->area[1], len[1]);
	vq->used = legal_at(l, vq->area[2], len[2]);
	store16(vq->avail, !(l->accepted & F_EVENT_IDX) && legal_one_in(l, 4));
	store16(vq->avail + 2, 0);
	memset(vq->used, 0, 4);
	store16(vq->used + 4 + 8 * vq->size, 0);
	return true;
}

/* Is there such a queue, and how large is it? False: it is none, or not for this driver. */
static bool discover(struct legal *l, unsigned q)
{
	struct legal_queue *vq = &l->queue[q];

	memset(vq, 0, sizeof(*vq));
	select_queue(l, q);
	if (l->mmio && legal_one_in(l, 2) && legal_get(l, R_QUEUE_ENABLE))
		legal_fail(l, "a queue is ready before it was set up");
	vq->max = legal_get(l, R_QUEUE_SIZE);
	if (!vq->max || !wanted(l, q))
		return false;
	vq->size = vq->max;
	while (vq->size > LEGAL_ENTRIES || (vq->size > 1 && legal_rand(l, 4)))
		vq->size /= 2;
	if (!allocate(l, vq))
		return false;
	if (l->accepted & F_NOTIF_CFG) {
		select_queue(l, q);
		vq->notify_data = (uint16_t)legal_get(l, R_QUEUE_NOTIFY_DATA);
	}
	select_queue(l, q);
	if (!l->mmio)
		vq->notify_off = (uint16_t)legal_get(l, R_QUEUE_NOTIFY_OFF);
	vq->exists = true;
	return true;
}

static void tell(struct legal *l, unsigned q, unsigned task)
{
	struct legal_queue *vq = &l->queue[q];

	legal_mill(l);
	select_queue(l, q);
	if (task == SIZE) {
		if (l->mmio || vq->size != vq->max || legal_one_in(l, 2))
			legal_put(l, R_QUEUE_SIZE, vq->size);
	} else if (task == VECTOR) {
		uint16_t vector = (uint16_t)legal_rand(l, l->vectors + 1U);

		if (l->mmio || !l->vectors || legal_one_in(l, 4))
			return;
		vector = vector == l->vectors ? NO_VECTOR : vector;
		legal_put(l, R_QUEUE_VECTOR, vector);
		if (vector == NO_VECTOR)
			return;
		legal_mill(l);
		select_queue(l, q);
		legal_get(l, R_QUEUE_VECTOR);
	} else {
		unsigned half = task - ADDRESS;

		legal_put(l, R_QUEUE_DESC + half,
			  (uint32_t)(vq->area[half / 2] >> 32 * (half % 2)));
	}
}

static void enable(struct legal *l, unsigned q)
{
	legal_mill(l);
	select_queue(l, q);
	legal_put(l, R_QUEUE_ENABLE, 1);
	l->queue[q].enabled = true;
}

/* Queues whose turn it is tell one thing each, until all is told. */
static void tell_all(struct legal *l, uint32_t which)
{
	uint32_t todo[LEGAL_QUEUES] = { 0 };
	bool mixed = legal_one_in(l, 3);

	for (unsigned q = 0; q < LEGAL_QUEUES; q++)
		todo[q] = which >> q & 1 ? (1U << TASKS) - 1 : 0;
	while (which) {
		unsigned q = legal_rand(l, LEGAL_QUEUES), task;

		if (!(which >> q & 1))
			continue;
		do {
			do
				task = legal_rand(l, TASKS);
			while (todo[q] && !(todo[q] >> task & 1));
			if (todo[q]) {
				tell(l, q, task);
				if (legal_rand(l, 12)) /* some things are told twice */
					todo[q] &= ~(1U << task);
			} else {
				enable(l, q);
				which &= ~(1U << q);
			}
		} while (!mixed && which >> q & 1);
	}
}

void legal_queues(struct legal *l)
{
	unsigned queues = l->rng ? 1 : LEGAL_QUEUES, from = legal_rand(l, queues);
	uint32_t which = 0;

	memset(l->queue, 0, sizeof(l->queue));
	for (unsigned i = 0; i < queues; i++) {
		unsigned q = (from + i) % queues;

		if (!wanted(l, q) && legal_one_in(l, 2))
			continue;
		if (discover(l, q) && (q == 2 || legal_rand(l, 25)))
			which |= 1U << q;
		legal_mill(l);
	}
	tell_all(l, which);
}

/* --- one queue by itself -----------------------------------------------------------------------
 */

static void await_reset(struct legal *l, unsigned q)
{
	for (unsigned n = 0;; n++) {
		select_queue(l, q);
		if (!legal_get(l, R_QUEUE_RESET))
			break;
		if (n == PATIENCE)
			legal_fail(l, "a queue's reset does not come to its end");
		legal_mill(l);
		legal_wait(l, 1 + legal_rand(l, 20));
	}
}

/* 2.6.1, 4.1.4.3.2; over virtio-mmio also by QueueReady: 4.2.2.2 */
void legal_queue_again(struct legal *l, unsigned q)
{
	struct legal_queue *vq = &l->queue[q];
	bool by_ready = l->mmio && (!(l->accepted & F_RING_RESET) || legal_one_in(l, 2));

	if (!vq->enabled || (!by_ready && !(l->accepted & F_RING_RESET)))
		return;
	select_queue(l, q);
	if (by_ready) {
		legal_put(l, R_QUEUE_ENABLE, 0);
		for (unsigned n = 0; legal_get(l, R_QUEUE_ENABLE); n++)
			if (n == PATIENCE)
				legal_fail(l, "a queue stays ready");
	} else {
		legal_put(l, R_QUEUE_RESET, 1);
		await_reset(l, q);
	}
	legal_reap(l, q); /* what it returned before it stopped */
	vq->enabled = false;
	legal_forget(l, q);
	for (unsigned i = 0; i < 3; i++)
		legal_release(l, vq->area[i]);
	vq->exists = false;
	if (q != 2 && legal_one_in(l, 6))
		return; /* for the rest of this life */
	if (discover(l, q))
		tell_all(l, 1U << q);
}

/* --- buffers -------------------------------------------------------------------------------------
 */

struct legal_request *legal_request(struct legal *l, enum legal_kind kind)
{
	struct legal_request *req = l->heap;

	if (req)
		l->heap = NULL;
	else
		req = malloc(sizeof(*req));
	assert(req);
	req->kind = kind;
	req->npages = req->nsegs = req->ndescs = req->nmemory = 0;
	return req;
}

static void done_with(struct legal *l, struct legal_request *req)
{
	for (unsigned i = 0; i < req->nmemory; i++)
		legal_release(l, req->memory[i]);
	free(l->heap);
	l->heap = req;
}

static struct vring_desc desc_of(struct legal *l, const struct legal_seg *seg)
{
	return (struct vring_desc){ .addr = seg->gpa,
				    .len = seg->len,
				    .flags = seg->write ? VRING_DESC_F_WRITE : 0,
				    .next = (uint16_t)legal_rand(l, 65536) };
}

/* The segments from `first` on as a table, in any order and with holes; 0: no room. */
static uint64_t table(struct legal *l, struct legal_request *req, unsigned first, uint32_t *len)
{
	unsigned n = req->nsegs - first,
		 slots = n + (legal_one_in(l, 3) ? legal_rand(l, n + 2) : 0);
	uint16_t at[LEGAL_ENTRIES + 1], map[2 * LEGAL_ENTRIES + 4];
	uint64_t gpa = legal_alloc(l, 16 * slots, 1U << legal_rand(l, 5));
	struct vring_desc *desc;

	if (!gpa)
		return 0;
	for (unsigned i = 0; i < slots; i++)
		map[i] = (uint16_t)i;
	for (unsigned i = 1; i < slots && l->style.segments; i++) {
		unsigned j = i + legal_rand(l, slots - i);
		uint16_t was = map[i];

		map[i] = map[j];
		map[j] = was;
	}
	memcpy(at, map, n * sizeof(*at)); /* the first is at 0 */
	for (unsigned i = 0; i < n; i++) {
		struct vring_desc d = desc_of(l, &req->seg[first + i]);

		if (i + 1 < n) {
			d.flags |= VRING_DESC_F_NEXT;
			d.next = at[i + 1];
		}
		desc = legal_at(l, gpa + 16ULL * at[i], 16);
		memcpy(desc, &d, sizeof(d));
	}
	req->memory[req->nmemory++] = gpa;
	*len = 16 * slots;
	return gpa;
}

static uint16_t free_desc(struct legal *l, const struct legal_queue *vq)
{
	unsigned d = legal_rand(l, vq->size);

	while (vq->of[d])
		d = (d + 1) % vq->size;
	return (uint16_t)d;
}

/* How many of the segments go into descriptors of the ring; the others into a table. */
static int split(struct legal *l, const struct legal_queue *vq, const struct legal_request *req)
{
	unsigned room = vq->size - vq->nbusy, n = req->nsegs;
	bool indirect = l->accepted & F_INDIRECT && legal_rand(l, 3);
	unsigned direct = indirect ? l->style.direct ? legal_rand(l, n) : 0 : n;

	if (indirect && direct && n + 1 > vq->size)
		direct = 0;
	if (n > vq->size || direct + indirect > room)
		return -1;
	return (int)direct;
}

/* Makes the buffer part of the queue; the device does not see it before the index moves. */
bool legal_add(struct legal *l, unsigned q, struct legal_request *req)
{
	struct legal_queue *vq = &l->queue[q];
	int direct = vq->enabled ? split(l, vq, req) : -1;
	struct vring_desc desc[LEGAL_ENTRIES];
	unsigned n = 0;
	uint32_t len;

	if (direct >= 0 && (unsigned)direct < req->nsegs) {
		uint64_t gpa = table(l, req, (unsigned)direct, &len);

		if (!gpa)
			direct = -1;
		else
			desc[direct] = (struct vring_desc){
				.addr = gpa,
				.len = len,
				.flags = VRING_DESC_F_INDIRECT |
					 (legal_one_in(l, 4) ? VRING_DESC_F_WRITE : 0),
			};
		n = 1;
	}
	if (direct < 0) {
		legal_lost(l, req);
		done_with(l, req);
		return false;
	}
	for (int i = 0; i < direct; i++)
		desc[i] = desc_of(l, &req->seg[i]);
	n += (unsigned)direct;
	for (unsigned i = 0; i < n; i++) {
		req->desc[i] = free_desc(l, vq);
		vq->of[req->desc[i]] = req;
	}
	for (unsigned i = 0; i < n; i++) {
		if (i + 1 < n) {
			desc[i].flags |= VRING_DESC_F_NEXT;
			desc[i].next = req->desc[i + 1];
		}
		memcpy(vq->desc + 16 * req->desc[i], &desc[i], 16);
	}
	req->ndescs = n;
	vq->nbusy += n;
	store16(vq->avail + 4 + 2 * (vq->added % vq->size), req->desc[0]);
	vq->added++;
	return true;
}

void legal_publish(struct legal *l, unsigned q)
{
	struct legal_queue *vq = &l->queue[q];

	if (vq->added == vq->published)
		return;
	vq->published = vq->added;
	store16(vq->avail + 2, vq->published);
	if (!vq->due)
		vq->due = legal_soon(l);
}

/* 2.7.10.1: by the flags, or by whether the index went over the one that the device named. */
void legal_weigh(struct legal *l, unsigned q)
{
	struct legal_queue *vq = &l->queue[q];
	uint16_t event = load16(vq->used + 4 + 8 * vq->size);
	bool due = l->accepted & F_EVENT_IDX ? (uint16_t)(vq->published - event - 1) <
						       (uint16_t)(vq->published - vq->weighed)
					     : !(load16(vq->used) & 1);

	vq->due = 0;
	vq->weighed = vq->published;
	if (due || legal_one_in(l, 12))
		legal_ring_bell(l, q);
}

static void give_up(struct legal *l, struct legal_queue *vq, struct legal_request *req)
{
	for (unsigned i = 0; i < req->ndescs; i++)
		vq->of[req->desc[i]] = NULL;
	vq->nbusy -= req->ndescs;
	done_with(l, req);
}

void legal_reap(struct legal *l, unsigned q)
{
	struct legal_queue *vq = &l->queue[q];
	uint16_t idx = load16(vq->used + 2);
	struct vring_used_elem elem;

	vq->look = l->accesses + 1 + legal_rand(l, 60);
	for (; vq->seen != idx; vq->seen++) {
		struct legal_request *req;

		memcpy(&elem, vq->used + 4 + 8 * (vq->seen % vq->size), sizeof(elem));
		req = elem.id < vq->size ? vq->of[elem.id] : NULL;
		if (!req || req->desc[0] != elem.id)
			legal_fail(l, "the device used a buffer that it was not given");
		legal_used(l, req, elem.len);
		give_up(l, vq, req);
	}
	/* Interrupts: wanted or not, for one buffer or another. */
	if (l->accepted & F_EVENT_IDX)
		store16(vq->avail + 4 + 2 * vq->size,
			(uint16_t)(vq->seen + legal_rand(l, legal_one_in(l, 6) ? 65536 : 4)));
	else if (legal_one_in(l, 6))
		store16(vq->avail, legal_one_in(l, 2));
}

void legal_forget(struct legal *l, unsigned q)
{
	struct legal_queue *vq = &l->queue[q];

	for (unsigned d = 0; d < LEGAL_ENTRIES; d++) {
		struct legal_request *req = vq->of[d];

		if (!req)
			continue;
		legal_lost(l, req);
		give_up(l, vq, req);
	}
	vq->due = 0;
}
