/* SPDX-License-Identifier: MIT */
/* What the random driver does: every step is one that a conforming driver may take. */
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stddef.h>
#include <string.h>

#include "sim/twin_internal.h"

#define COMMON     VIRTIO_PCI_CAP_COMMON_CFG
#define DEVICE     VIRTIO_PCI_CAP_DEVICE_CFG
#define BASE       (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define READY      (BASE | VIRTIO_CONFIG_S_FEATURES_OK)
#define POLLS      1000
#define RING_RESET 40
#define Q_RESET    0x3a
#define STATS      2 /* the queue */
#define CHAIN_MAX  5
#define BIT(n)     (1ULL << (n))
#define EVENT_IDX  BIT(VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT   BIT(VIRTIO_RING_F_INDIRECT_DESC)

/* Those that a driver may take or leave. */
#define OPTIONAL                                                                         \
	(EVENT_IDX | INDIRECT | BIT(RING_RESET) | BIT(VIRTIO_BALLOON_F_MUST_TELL_HOST) | \
	 BIT(VIRTIO_BALLOON_F_DEFLATE_ON_OOM) | BIT(VIRTIO_BALLOON_F_STATS_VQ) |         \
	 BIT(VIRTIO_BALLOON_F_PAGE_POISON))

static uint32_t get(struct twin *t, uint32_t off, unsigned size)
{
	return twin_get(t, COMMON, off, size);
}

static void put(struct twin *t, uint32_t off, unsigned size, uint32_t val)
{
	twin_put(t, COMMON, off, size, val);
}

/* --- a life -------------------------------------------------------------------------------------
 */

static void reset(struct twin *t)
{
	put(t, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	for (unsigned i = 0; get(t, VIRTIO_PCI_COMMON_STATUS, 1); i++)
		if (i == POLLS || t->res->differs) {
			twin_differs(t, "the reset does not end");
			return;
		}
	t->live = t->said_actual = t->asked = t->unasked = false;
	t->sized = false;
	t->features = 0;
	t->selected = 0;
	memset(t->wrote, 0, sizeof(t->wrote));
	for (unsigned v = 0; v < TWIN_VECTORS; v++) { /* what waits then need not come any more */
		t->may[v] |= t->must[v];
		t->must[v] = false;
	}
	memset(t->queue, 0, sizeof(t->queue));
}

static uint64_t offer(struct twin *t)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 2; i++) {
		put(t, VIRTIO_PCI_COMMON_DFSELECT, 4, i);
		bits |= (uint64_t)get(t, VIRTIO_PCI_COMMON_DF, 4) << (32 * i);
	}
	return bits;
}

static void accept(struct twin *t)
{
	t->features = t->offered & BIT(VIRTIO_F_VERSION_1);
	for (unsigned bit = 0; bit < 64; bit++)
		if (t->offered & OPTIONAL & BIT(bit) && twin_rand(t, 2))
			t->features |= BIT(bit);
	for (unsigned i = 0; i < 2; i++) {
		put(t, VIRTIO_PCI_COMMON_GFSELECT, 4, i);
		put(t, VIRTIO_PCI_COMMON_GF, 4, (uint32_t)(t->features >> (32 * i)));
	}
}

static uint16_t any_vector(struct twin *t)
{
	unsigned v = twin_rand(t, TWIN_VECTORS + 1);

	return v == TWIN_VECTORS ? VIRTIO_MSI_NO_VECTOR : (uint16_t)v;
}

static void set_up_queue(struct twin *t, unsigned q)
{
	static const unsigned regs[] = { VIRTIO_PCI_COMMON_Q_DESCLO, VIRTIO_PCI_COMMON_Q_AVAILLO,
					 VIRTIO_PCI_COMMON_Q_USEDLO };
	struct twin_queue *vq = &t->queue[q];
	uint64_t base = TWIN_RINGS + TWIN_RING * q, area[3];
	static const uint8_t zero[TWIN_RING];

	twin_store(t, base, zero, TWIN_RING);
	memset(vq, 0, sizeof(*vq));
	put(t, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	get(t, VIRTIO_PCI_COMMON_Q_SIZE, 2);
	get(t, VIRTIO_PCI_COMMON_Q_NOFF, 2);
	vq->size = (uint16_t)(1U << twin_rand(t, 8)); /* up to what both have room for: 128 */
	area[0] = vq->desc = base + 16 * twin_rand(t, 4);
	area[1] = vq->avail = base + 0x2000 + 2 * twin_rand(t, 8);
	area[2] = vq->used = base + 0x3000 + 4 * twin_rand(t, 4);
	vq->vector = any_vector(t);
	put(t, VIRTIO_PCI_COMMON_Q_SIZE, 2, vq->size);
	get(t, VIRTIO_PCI_COMMON_Q_SIZE, 2);
	put(t, VIRTIO_PCI_COMMON_Q_MSIX, 2, vq->vector);
	get(t, VIRTIO_PCI_COMMON_Q_MSIX, 2);
	for (unsigned i = 0; i < 3; i++) {
		put(t, regs[i], 4, (uint32_t)area[i]);
		put(t, regs[i] + 4, 4, 0);
	}
	put(t, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	get(t, VIRTIO_PCI_COMMON_Q_ENABLE, 2);
}

/* The statistics queue, if it was negotiated: one buffer, which stays out (5.5.6.3). */
static void set_up_stats(struct twin *t)
{
	static const unsigned regs[] = { VIRTIO_PCI_COMMON_Q_DESCLO, VIRTIO_PCI_COMMON_Q_AVAILLO,
					 VIRTIO_PCI_COMMON_Q_USEDLO };
	static const uint8_t zero[0x1000];
	struct vring_desc desc = { .addr = TWIN_STATS + 0x800, .len = 10 };
	uint16_t one = 1;

	if (!(t->features & BIT(VIRTIO_BALLOON_F_STATS_VQ)))
		return;
	twin_store(t, TWIN_STATS, zero, sizeof(zero));
	put(t, VIRTIO_PCI_COMMON_Q_SELECT, 2, STATS);
	get(t, VIRTIO_PCI_COMMON_Q_SIZE, 2);
	put(t, VIRTIO_PCI_COMMON_Q_SIZE, 2, TWIN_STATS_SIZE);
	put(t, VIRTIO_PCI_COMMON_Q_MSIX, 2, any_vector(t));
	for (unsigned i = 0; i < 3; i++) {
		put(t, regs[i], 4, TWIN_STATS + 0x200 * i);
		put(t, regs[i] + 4, 4, 0);
	}
	twin_store(t, TWIN_STATS, &desc, sizeof(desc));
	twin_store(t, TWIN_STATS + 0x200 + 2, &one, 2);
	put(t, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	get(t, VIRTIO_PCI_COMMON_Q_ENABLE, 2);
}

static void put_poison(struct twin *t)
{
	const uint32_t at = offsetof(struct virtio_balloon_config, poison_val);

	if (!(t->features & BIT(VIRTIO_BALLOON_F_PAGE_POISON)))
		return;
	twin_put(t, DEVICE, at, 4, twin_rand(t, 0x10000));
	twin_get(t, DEVICE, at, 4);
}

static void notify(struct twin *t, unsigned q);

/* Up to DRIVER_OK, or given up before. */
static void begin(struct twin *t, unsigned stages)
{
	reset(t);
	put(t, VIRTIO_PCI_COMMON_STATUS, 1, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	if (!stages--)
		return;
	put(t, VIRTIO_PCI_COMMON_STATUS, 1, BASE);
	get(t, VIRTIO_PCI_COMMON_STATUS, 1);
	t->offered = offer(t);
	if (!stages--)
		return;
	accept(t);
	put(t, VIRTIO_PCI_COMMON_STATUS, 1, READY);
	get(t, VIRTIO_PCI_COMMON_STATUS, 1);
	get(t, VIRTIO_PCI_COMMON_NUMQ, 2);
	if (!stages--)
		return;
	t->config_vector = any_vector(t);
	put(t, VIRTIO_PCI_COMMON_MSIX, 2, t->config_vector);
	get(t, VIRTIO_PCI_COMMON_MSIX, 2);
	for (unsigned q = 0; q < TWIN_QUEUES; q++)
		set_up_queue(t, q);
	set_up_stats(t);
	put_poison(t);
	if (!stages--)
		return;
	put(t, VIRTIO_PCI_COMMON_STATUS, 1, READY | VIRTIO_CONFIG_S_DRIVER_OK);
	get(t, VIRTIO_PCI_COMMON_STATUS, 1);
	t->live = true;
	if (t->features & BIT(VIRTIO_BALLOON_F_STATS_VQ))
		notify(t, STATS);
	t->res->lives++;
}

void twin_start(struct twin *t)
{
	bool msix = twin_rand(t, 3);

	twin_doing(t, "reset and start, %s", msix ? "MSI-X" : "INTx");
	reset(t);
	t->data = TWIN_DATA;
	memset(t->out, 0, sizeof(t->out));
	if (msix != t->msix)
		twin_set_msix(t, msix);
	begin(t, twin_rand(t, 6) ? 9 : twin_rand(t, 4));
}

/* --- rings --------------------------------------------------------------------------------------
 */

/* Page numbers of a request: into the balloon each one once, out of it those that are in. */
static unsigned choose_pages(struct twin *t, unsigned q, uint32_t *pfn, unsigned n)
{
	unsigned got = 0;

	while (got < n) {
		uint32_t i = twin_rand(t, TWIN_PFNS);
		uint64_t mark = 0x5a5a5a5a00000000ULL | i;

		if (t->out[i] != (q == 1)) {
			if (q == 1 && !twin_rand(t, 20))
				break; /* perhaps there is none */
			continue;
		}
		if (q == 0) {
			twin_store(t, (uint64_t)(TWIN_PFN + i) << 12, &mark, 8);
			t->out[i] = true;
		} else {
			t->out[i] = false;
		}
		pfn[got++] = TWIN_PFN + i;
		t->res->pages++;
	}
	return got;
}

/* The bytes of a request, cut up at random: no piece of none, which QEMU takes for an error. */
static unsigned cut(struct twin *t, struct vring_desc *desc, unsigned n, const uint8_t *bytes,
		    unsigned left, bool table, uint16_t head, uint16_t size)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned spare = left / 4 - (n - i);
		unsigned len = i + 1 == n ? left : 4 * (1 + twin_rand(t, spare + 1));

		desc[i] = (struct vring_desc){ .addr = t->data,
					       .len = len,
					       .flags = i + 1 < n ? VRING_DESC_F_NEXT : 0,
					       .next = table ? (uint16_t)(i + 1)
							     : (uint16_t)((head + i + 1) % size) };
		twin_store(t, t->data, bytes, len);
		t->data += len + 4 * twin_rand(t, 4);
		bytes += len;
		left -= len;
	}
	return n;
}

static void publish(struct twin *t, struct twin_queue *vq, uint16_t head)
{
	twin_store(t, vq->avail + 4 + 2 * (vq->added % vq->size), &head, 2);
	vq->heads[vq->added++] = head;
	twin_store(t, vq->avail + 2, &vq->added, 2);
}

static void add(struct twin *t, unsigned q)
{
	struct twin_queue *vq = &t->queue[q];
	unsigned room = vq->size - vq->busy;
	bool table = t->features & INDIRECT && twin_rand(t, 2);
	unsigned n = 1 + twin_rand(t, table || room > CHAIN_MAX ? CHAIN_MAX : room ? room : 1);
	uint32_t pfn[64];
	unsigned pages;
	struct vring_desc desc[CHAIN_MAX], one;
	uint16_t head = vq->next;

	if (!room || t->data + 0x1000 > TWIN_STATS)
		return;
	if (table && n > vq->size) /* a chain is never longer than the queue (2.7.5.3.1) */
		n = vq->size;
	pages = choose_pages(t, q, pfn, 1 + twin_rand(t, 20));
	if (!pages)
		return;
	if (n > pages)
		n = pages;
	cut(t, desc, n, (uint8_t *)pfn, 4 * pages, table, head, vq->size);
	if (table) {
		t->data = (t->data + 15) & ~15ULL;
		one = (struct vring_desc){ .addr = t->data,
					   .len = 16 * n,
					   .flags = VRING_DESC_F_INDIRECT };
		twin_store(t, t->data, desc, 16 * n);
		t->data += 16 * n;
		desc[0] = one;
		n = 1;
	}
	for (unsigned i = 0; i < n; i++)
		twin_store(t, vq->desc + 16 * ((head + i) % vq->size), &desc[i], 16);
	vq->next = (uint16_t)((head + n) % vq->size);
	vq->busy = (uint16_t)(vq->busy + n);
	vq->len[head] = (uint16_t)n;
	publish(t, vq, head);
	t->res->chains++;
	twin_doing(t, "a chain of %u into queue %u%s", n, q, table ? ", by a table" : "");
}

/* What was used is taken back, in both memories alike. */
static void reap(struct twin *t, unsigned q)
{
	struct twin_queue *vq = &t->queue[q];
	struct vring_used_elem elem;
	uint16_t idx;

	twin_load(t, vq->used + 2, &idx, 2);
	for (; vq->seen != idx; vq->seen++) {
		if (vq->seen == vq->added) {
			twin_differs(t, "queue %u: more was used than was available", q);
			return;
		}
		twin_load(t, vq->used + 4 + 8 * (vq->seen % vq->size), &elem, 8);
		if (elem.id >= vq->size || !vq->len[elem.id]) {
			twin_differs(t, "queue %u: used element %u, which is not out", q, elem.id);
			return;
		}
		vq->busy = (uint16_t)(vq->busy - vq->len[elem.id]);
		vq->len[elem.id] = 0;
	}
	if (!t->queue[0].busy && !t->queue[1].busy)
		t->data = TWIN_DATA;
}

static void notify(struct twin *t, unsigned q)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct driver *drv = &t->drv[i];
		uint16_t off;

		drv->io->bar_write(drv->io->ctx, drv->common.bar,
				   drv->common.offset + VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
		off = (uint16_t)drv->io->bar_read(drv->io->ctx, drv->common.bar,
						  drv->common.offset + VIRTIO_PCI_COMMON_Q_NOFF, 2);
		drv->io->bar_write(drv->io->ctx, drv->notify.bar,
				   drv->notify.offset + off * drv->notify_multiplier, 2, q);
		t->cfg->side[i].settle(t->cfg->side[i].ctx);
	}
	t->selected = q;
	t->sized = true;
	t->wrote[2] = true;
}

static void kick(struct twin *t, unsigned q)
{
	twin_doing(t, "queue %u is notified", q);
	notify(t, q);
	twin_look(t);
	reap(t, q);
}

/* When the driver wants to be interrupted. */
static void suppress(struct twin *t, unsigned q)
{
	struct twin_queue *vq = &t->queue[q];
	uint16_t val;

	if (t->features & EVENT_IDX) {
		val = (uint16_t)(vq->seen + twin_rand(t, 4));
		twin_store(t, vq->avail + 4 + 2 * vq->size, &val, 2);
		twin_doing(t, "used_event of queue %u is %u", q, val);
	} else {
		val = twin_rand(t, 2) ? VRING_AVAIL_F_NO_INTERRUPT : 0;
		twin_store(t, vq->avail, &val, 2);
		twin_doing(t, "flags of queue %u are %u", q, val);
	}
}

static void reset_queue(struct twin *t, unsigned q)
{
	uint16_t v = t->queue[q].vector;

	if (!(t->features & BIT(RING_RESET)))
		return;
	twin_doing(t, "queue %u is reset, and set up anew", q);
	if (v < TWIN_VECTORS && t->must[v] && v != t->queue[1 - q].vector &&
	    v != t->config_vector) {
		t->may[v] = true; /* what waits for a queue need not outlive it */
		t->must[v] = false;
	}
	put(t, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	put(t, Q_RESET, 2, 1);
	for (unsigned i = 0; get(t, Q_RESET, 2); i++)
		if (i == POLLS || t->res->differs) {
			twin_differs(t, "the queue's reset does not end");
			return;
		}
	get(t, VIRTIO_PCI_COMMON_Q_ENABLE, 2);
	set_up_queue(t, q);
}

/* --- looking around -----------------------------------------------------------------------------
 */

static void look_around(struct twin *t)
{
	static const struct {
		uint8_t off, size;
	} regs[] = {
		{ VIRTIO_PCI_COMMON_DFSELECT, 4 }, { VIRTIO_PCI_COMMON_GFSELECT, 4 },
		{ VIRTIO_PCI_COMMON_DF, 4 },       { VIRTIO_PCI_COMMON_GF, 4 },
		{ VIRTIO_PCI_COMMON_MSIX, 2 },     { VIRTIO_PCI_COMMON_NUMQ, 2 },
		{ VIRTIO_PCI_COMMON_STATUS, 1 },   { VIRTIO_PCI_COMMON_CFGGENERATION, 1 },
		{ VIRTIO_PCI_COMMON_Q_SELECT, 2 }, { VIRTIO_PCI_COMMON_Q_SIZE, 2 },
		{ VIRTIO_PCI_COMMON_Q_MSIX, 2 },   { VIRTIO_PCI_COMMON_Q_ENABLE, 2 },
		{ VIRTIO_PCI_COMMON_Q_NOFF, 2 },   { VIRTIO_PCI_COMMON_Q_DESCLO, 4 },
		{ VIRTIO_PCI_COMMON_Q_DESCHI, 4 }, { VIRTIO_PCI_COMMON_Q_AVAILLO, 4 },
		{ VIRTIO_PCI_COMMON_Q_USEDLO, 4 }, { VIRTIO_PCI_COMMON_Q_USEDHI, 4 },
	};
	unsigned i = twin_rand(t, sizeof(regs) / sizeof(regs[0]));

	if (!twin_rand(t, 4)) {
		unsigned q = twin_rand(t, 6);

		put(t, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
		t->sized = q < TWIN_QUEUES && t->queue[q].size;
	}
	if (!twin_rand(t, 8))
		put(t, VIRTIO_PCI_COMMON_DFSELECT, 4, twin_rand(t, 4));
	twin_doing(t, "a look at the common configuration +0x%x", regs[i].off);
	get(t, regs[i].off, regs[i].size);
}

static void look_at_config(struct twin *t)
{
	const uint32_t actual = offsetof(struct virtio_balloon_config, actual);

	if (t->live && twin_rand(t, 2)) {
		twin_doing(t, "actual is written");
		t->said_actual = true;
		twin_put(t, DEVICE, actual, 4, twin_rand(t, 0x10000));
		return;
	}
	twin_doing(t, "a look at the device configuration");
	get(t, VIRTIO_PCI_COMMON_CFGGENERATION, 1);
	twin_get(t, DEVICE, offsetof(struct virtio_balloon_config, num_pages), 4);
	twin_get(t, DEVICE, actual, 4);
}

static void look_at_isr(struct twin *t)
{
	twin_doing(t, "the interrupt status is read");
	twin_get(t, VIRTIO_PCI_CAP_ISR_CFG, 0, 1);
}

/* The host asks for so many whole MiB: its word is in bytes. */
static void ask(struct twin *t)
{
	uint32_t pages = 256 * twin_rand(t, 32);

	if (pages == t->target)
		return;
	t->target = pages;
	twin_doing(t, "the host asks for %u pages", pages);
	if (t->live && t->msix && t->config_vector < TWIN_VECTORS && t->masked[t->config_vector])
		t->must[t->config_vector] = true;
	for (unsigned i = 0; i < 2; i++)
		t->cfg->side[i].target(t->cfg->side[i].ctx, pages);
}

static void mask(struct twin *t)
{
	unsigned v = twin_rand(t, TWIN_VECTORS);
	uint32_t on = twin_rand(t, 3) == 0;

	t->masked[v] = on;
	twin_doing(t, "vector %u is %smasked", v, on ? "" : "un");
	twin_table_put(t, v, 12, on);
}

void twin_step(struct twin *t)
{
	unsigned q = twin_rand(t, TWIN_QUEUES), what = twin_rand(t, 64);

	if (!t->live && what < 40)
		twin_start(t);
	else if (what < 16 && t->live)
		add(t, q);
	else if (what < 32 && t->live)
		kick(t, q);
	else if (what < 36 && t->live)
		suppress(t, q);
	else if (what < 38 && t->live)
		reset_queue(t, q);
	else if (what < 44)
		look_at_isr(t);
	else if (what < 50)
		look_at_config(t);
	else if (what < 54)
		ask(t);
	else if (what < 56)
		mask(t);
	else if (what < 58)
		twin_start(t);
	else
		look_around(t);
}
