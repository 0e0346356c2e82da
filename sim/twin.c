/* SPDX-License-Identifier: MIT */
/* Two devices under one driver: reaching both, and comparing what can be seen. */
#include <linux/pci_regs.h>
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/driver_twist.h"
#include "sim/regmap.h"
#include "sim/twin_internal.h"

uint32_t twin_rand(struct twin *t, uint32_t below)
{
	t->rng ^= t->rng << 13;
	t->rng ^= t->rng >> 7;
	t->rng ^= t->rng << 17;
	return (uint32_t)(t->rng >> 20) % below;
}

void twin_doing(struct twin *t, const char *fmt, ...)
{
	char text[TWIN_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!t->res->differs)
		strcpy(t->res->doing, text);
	if (t->cfg->said)
		t->cfg->said(t->cfg->ctx, text);
}

void twin_differs(struct twin *t, const char *fmt, ...)
{
	va_list ap;

	if (t->res->differs)
		return;
	t->res->differs = true;
	t->res->step = t->res->steps;
	va_start(ap, fmt);
	vsnprintf(t->res->what, sizeof(t->res->what), fmt, ap);
	va_end(ap);
}

void twin_take(struct twin *t, enum freedom_id id)
{
	t->res->freedom[id]++;
}

/* --- registers ----------------------------------------------------------------------------------
 */

static const struct driver_window *window_of(const struct driver *drv, unsigned window)
{
	switch (window) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		return &drv->common;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		return &drv->notify;
	case VIRTIO_PCI_CAP_ISR_CFG:
		return &drv->isr;
	default:
		return &drv->device;
	}
}

static void settle(struct twin *t)
{
	for (unsigned i = 0; i < 2; i++)
		t->cfg->side[i].settle(t->cfg->side[i].ctx);
}

static unsigned stats(const struct twin *t)
{
	return t->features >> VIRTIO_BALLOON_F_STATS_VQ & 1;
}

/* Of a queue that is not there all but its size is open. */
static bool of_absent_queue(const struct twin *t, unsigned window, uint32_t off)
{
	return window == VIRTIO_PCI_CAP_COMMON_CFG && t->selected >= TWIN_QUEUES + stats(t) &&
	       off > VIRTIO_PCI_COMMON_Q_SIZE;
}

/* Which select register, or 3. */
static unsigned selector(unsigned window, uint32_t off)
{
	static const uint8_t regs[] = { VIRTIO_PCI_COMMON_DFSELECT, VIRTIO_PCI_COMMON_GFSELECT,
					VIRTIO_PCI_COMMON_Q_SELECT };
	unsigned i = 0;

	while (i < 3 && (window != VIRTIO_PCI_CAP_COMMON_CFG || off != regs[i]))
		i++;
	return i;
}

/* Memory is known here, and with it the cause of an interrupt: only the queue bit may differ. */
static enum freedom_id freedom_of_isr(struct twin *t, const uint32_t val[2])
{
	bool asked = t->asked, unasked = t->unasked;

	t->asked = t->unasked = false;
	if ((val[0] ^ val[1]) != 1)
		return FREE_COUNT;
	if (t->msix)
		return FREE_ISR;
	if (asked)
		return FREE_COUNT;
	return val[0] & 2 ? FREE_QUEUE_BIT : unasked ? FREE_SPURIOUS : FREE_COUNT;
}

uint32_t twin_get(struct twin *t, unsigned window, uint32_t off, unsigned size)
{
	char name[REGMAP_STR_MAX];
	uint32_t val[2];
	enum freedom_id id = freedom_of(window, off, t->sized);

	for (unsigned i = 0; i < 2; i++)
		val[i] = driver_get(&t->drv[i], window_of(&t->drv[i], window), off, size);
	settle(t);
	t->res->compared++;
	if (id == FREE_CAUSE) /* here memory is known, and so is the cause */
		id = freedom_of_isr(t, val);
	if (window == VIRTIO_PCI_CAP_DEVICE_CFG &&
	    off == offsetof(struct virtio_balloon_config, actual) && !t->said_actual)
		id = FREE_ACTUAL;
	if (id == FREE_SIZE && !val[0] != !val[1]) /* a queue is there, or it is not */
		id = t->selected == TWIN_QUEUES && !stats(t) ? FREE_QUEUES : FREE_COUNT;
	if (!t->wrote[selector(window, off)] && selector(window, off) < 3)
		id = FREE_SELECTOR;
	if (of_absent_queue(t, window, off))
		id = FREE_SELECT;
	if (val[0] != val[1] && id == FREE_COUNT)
		twin_differs(t, "%s: %s 0x%x, %s 0x%x", regmap_str(window, off, name),
			     t->cfg->side[0].name, val[0], t->cfg->side[1].name, val[1]);
	else if (val[0] != val[1])
		twin_take(t, id);
	return val[0];
}

void twin_put(struct twin *t, unsigned window, uint32_t off, unsigned size, uint32_t val)
{
	t->wrote[selector(window, off)] = true;
	if (window == VIRTIO_PCI_CAP_COMMON_CFG && off == VIRTIO_PCI_COMMON_Q_SELECT) {
		t->selected = val;
		t->sized = false;
	}
	if (window == VIRTIO_PCI_CAP_COMMON_CFG && off == VIRTIO_PCI_COMMON_Q_SIZE)
		t->sized = true;
	for (unsigned i = 0; i < 2; i++)
		driver_put(&t->drv[i], window_of(&t->drv[i], window), off, size, val);
	settle(t);
}

void twin_table_put(struct twin *t, unsigned vector, unsigned off, uint32_t val)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct driver_io *io = t->cfg->side[i].io;

		io->bar_write(io->ctx, t->caps[i].table_bar, t->caps[i].table + 16 * vector + off,
			      4, val);
	}
	settle(t);
}

void twin_set_msix(struct twin *t, bool on)
{
	t->msix = on;
	for (unsigned i = 0; i < 2; i++) {
		const struct driver_io *io = t->cfg->side[i].io;

		io->cfg_write(io->ctx, t->caps[i].msix + PCI_MSIX_FLAGS, 2,
			      on ? PCI_MSIX_FLAGS_ENABLE : 0);
	}
	settle(t);
}

/* --- memory -------------------------------------------------------------------------------------
 */

void twin_store(struct twin *t, uint64_t gpa, const void *buf, unsigned len)
{
	for (unsigned i = 0; i < 2; i++)
		memcpy(t->cfg->side[i].mem + gpa, buf, len);
}

void twin_load(const struct twin *t, uint64_t gpa, void *buf, unsigned len)
{
	memcpy(buf, t->cfg->side[0].mem + gpa, len);
}

/* What this byte of the shared pool is, where it may differ; FREE_COUNT: it may not. */
static enum freedom_id freedom_in_pool(const struct twin *t, uint64_t gpa)
{
	for (unsigned q = 0; q < TWIN_QUEUES; q++) {
		const struct twin_queue *vq = &t->queue[q];

		if (!vq->size)
			continue;
		if (gpa - vq->used < 2) /* flags */
			return FREE_HINT;
		if (gpa - (vq->used + 4 + 8U * vq->size) < 2) /* avail_event */
			return FREE_HINT;
	}
	if (gpa - TWIN_STATS_USED < 2 || gpa - (TWIN_STATS_USED + 4 + 8 * TWIN_STATS_SIZE) < 2)
		return FREE_HINT; /* its buffer stays with the device: no need to be told of another
				   */
	return FREE_COUNT;
}

static void name_byte(const struct twin *t, uint64_t gpa, char *buf, size_t len)
{
	for (unsigned q = 0; q < TWIN_QUEUES; q++) {
		const struct twin_queue *vq = &t->queue[q];

		if (vq->size && gpa - vq->used < 6U + 8 * vq->size) {
			snprintf(buf, len, "used ring of queue %u +0x%x", q,
				 (unsigned)(gpa - vq->used));
			return;
		}
	}
	snprintf(buf, len, "memory at 0x%llx", (unsigned long long)gpa);
}

static void compare_pool(struct twin *t)
{
	uint8_t *a = t->cfg->side[0].mem, *b = t->cfg->side[1].mem;

	t->res->compared++;
	if (!memcmp(a + TWIN_RINGS, b + TWIN_RINGS, TWIN_END - TWIN_RINGS))
		return;
	for (uint64_t at = TWIN_RINGS; at < TWIN_END; at++) {
		enum freedom_id id;
		char name[64];

		if (a[at] == b[at])
			continue;
		id = freedom_in_pool(t, at);
		if (id == FREE_COUNT) {
			name_byte(t, at, name, sizeof(name));
			twin_differs(t, "%s: %s 0x%02x, %s 0x%02x", name, t->cfg->side[0].name,
				     a[at], t->cfg->side[1].name, b[at]);
			return;
		}
		twin_take(t, id);
		b[at] = a[at]; /* no device reads it */
	}
}

/*
 * The driver has asked for an interrupt of this queue since the last look (2.7.7.2); it looks
 * before it takes anything back, and changes what it asks for only then.
 */
static bool asked_for(const struct twin *t, const struct twin_queue *vq)
{
	uint16_t idx, want;

	twin_load(t, vq->used + 2, &idx, 2);
	if (idx == vq->told)
		return false;
	if (t->features & 1ULL << VIRTIO_RING_F_EVENT_IDX) {
		twin_load(t, vq->avail + 4 + 2 * vq->size, &want, 2);
		return (uint16_t)(idx - want - 1) < (uint16_t)(idx - vq->told);
	}
	twin_load(t, vq->avail, &want, 2);
	return !(want & VRING_AVAIL_F_NO_INTERRUPT);
}

/* Why an interrupt may come on one side only: the queue used something, but nobody asked. */
static bool spurious(const struct twin *t, bool any, uint16_t vector)
{
	bool used = false;

	for (unsigned q = 0; q < TWIN_QUEUES; q++) {
		const struct twin_queue *vq = &t->queue[q];
		uint16_t idx;

		if (!vq->size || (!any && vq->vector != vector))
			continue;
		if (asked_for(t, vq))
			return false;
		twin_load(t, vq->used + 2, &idx, 2);
		used |= idx != vq->told;
	}
	return used;
}

/* Messages since the last look, by vector: that there were some, not how many. */
static void compare_messages(struct twin *t)
{
	for (uint16_t v = 0; v < TWIN_VECTORS; v++) {
		uint32_t got[2];

		for (unsigned i = 0; i < 2; i++) {
			uint8_t *cell = t->cfg->side[i].mem + TWIN_CELLS + 4 * v;

			memcpy(&got[i], cell, 4);
			memset(cell, 0, 4);
		}
		t->res->compared++;
		t->res->messages += got[0] != 0;
		if (got[0] == got[1])
			continue;
		if ((!got[0] || !got[1]) && (spurious(t, false, v) || (t->may[v] && !t->must[v]))) {
			twin_take(t, FREE_SPURIOUS);
			continue;
		}
		twin_differs(t, "message of vector %u: %s 0x%x, %s 0x%x", v, t->cfg->side[0].name,
			     got[0], t->cfg->side[1].name, got[1]);
	}
}

static void compare_line(struct twin *t)
{
	bool level[2];

	for (unsigned i = 0; i < 2; i++)
		level[i] = t->cfg->side[i].intx(t->cfg->side[i].ctx);
	t->res->compared++;
	t->res->lines += level[0];
	if (level[0] == level[1])
		return;
	if (!spurious(t, true, 0)) {
		twin_differs(t, "interrupt line: %s %d, %s %d", t->cfg->side[0].name, level[0],
			     t->cfg->side[1].name, level[1]);
		return;
	}
	twin_take(t, FREE_SPURIOUS);
	for (unsigned i = 0; i < 2; i++) { /* the driver finds nothing to do, and the line falls */
		driver_get(&t->drv[i], &t->drv[i].isr, 0, 1);
		t->cfg->side[i].settle(t->cfg->side[i].ctx);
	}
}

/* A page that went to the host reads as zeros: the host of either side empties it. */
static void compare_pages(struct twin *t)
{
	t->res->compared++;
	for (uint32_t i = 0; i < TWIN_PFNS; i++) {
		uint64_t a, b, at = (uint64_t)(TWIN_PFN + i) << 12;

		if (!t->out[i])
			continue;
		memcpy(&a, t->cfg->side[0].mem + at, 8);
		memcpy(&b, t->cfg->side[1].mem + at, 8);
		if (a == b)
			continue;
		twin_differs(t, "page 0x%x: %s %s, %s %s", TWIN_PFN + i, t->cfg->side[0].name,
			     a ? "kept it" : "gave it away", t->cfg->side[1].name,
			     b ? "kept it" : "gave it away");
		return;
	}
}

void twin_look(struct twin *t)
{
	compare_pool(t);
	compare_messages(t);
	compare_line(t);
	compare_pages(t);
	for (unsigned q = 0; q < TWIN_QUEUES; q++) {
		struct twin_queue *vq = &t->queue[q];
		uint16_t idx;

		if (!vq->size)
			continue;
		twin_load(t, vq->used + 2, &idx, 2);
		t->asked |= asked_for(t, vq);
		t->unasked |= idx != vq->told;
		if (idx != vq->told && t->msix && vq->vector < TWIN_VECTORS &&
		    t->masked[vq->vector])
			*(asked_for(t, vq) ? &t->must[vq->vector] : &t->may[vq->vector]) = true;
		vq->told = idx;
	}
	for (unsigned v = 0; v < TWIN_VECTORS; v++)
		if (!t->masked[v])
			t->must[v] = t->may[v] = false;
}

/* --- a session ----------------------------------------------------------------------------------
 */

static bool probe(struct twin *t)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct driver_io *io = t->cfg->side[i].io;
		uint8_t cfg[PCICAPS_BYTES];

		if (driver_probe(&t->drv[i], io, NULL)) {
			t->res->error = t->drv[i].error;
			return false;
		}
		for (unsigned at = 0; at < sizeof(cfg); at++)
			cfg[at] = (uint8_t)io->cfg_read(io->ctx, at, 1);
		pcicaps_parse(cfg, &t->caps[i]);
		if (!t->caps[i].msix || t->caps[i].vectors < TWIN_VECTORS) {
			t->res->error = "too few MSI-X vectors";
			return false;
		}
	}
	return true;
}

static void set_up_messages(struct twin *t)
{
	for (unsigned v = 0; v < TWIN_VECTORS; v++) {
		twin_table_put(t, v, 0, TWIN_CELLS + 4 * v);
		twin_table_put(t, v, 4, 0);
		twin_table_put(t, v, 8, 0x4000 + v);
		twin_table_put(t, v, 12, 0);
	}
}

void twin_run(const struct twin_config *cfg, struct twin_result *res)
{
	struct twin *t = calloc(1, sizeof(*t));
	unsigned steps = cfg->steps ? cfg->steps : TWIN_STEPS;

	memset(res, 0, sizeof(*res));
	if (!t) {
		res->error = "out of memory";
		return;
	}
	t->cfg = cfg;
	t->res = res;
	t->rng = cfg->seed * 0x9e3779b97f4a7c15ULL + 1;
	for (unsigned i = 0; i < 8; i++)
		twin_rand(t, 2);
	if (probe(t)) {
		set_up_messages(t);
		twin_start(t);
		twin_look(t);
		for (; res->steps < steps && !res->differs; res->steps++) {
			twin_step(t);
			twin_look(t);
		}
	}
	free(t);
}
