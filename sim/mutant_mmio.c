/* SPDX-License-Identifier: MIT */
/* The faults that only a virtio-mmio device can have (virtio 1.4, 4.2.2.1), as mutant_faults.c. */
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

#include "sim/mutant_internal.h"

#define QUEUE_RESET 0x0c0 /* 4.2.2; not in linux/virtio_mmio.h */
#define ALL         UINT32_MAX

static void bend(struct mutant *m, struct bus_rec *rec)
{
	rec->data = (rec->data & ~(uint64_t)m->action->clear) | m->action->set;
	m->done = true;
}

static bool each_read(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_mmio_at(rec, BUS_READ, m->action->at))
		bend(m, rec);
	return true;
}

static bool one_read(struct mutant *m, struct bus_rec *rec)
{
	if (!m->done && mutant_mmio_at(rec, BUS_READ, m->action->at))
		bend(m, rec);
	return true;
}

/* The second read of something in a row. */
static bool read_again(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_mmio_at(rec, BUS_WRITE, VIRTIO_MMIO_INTERRUPT_ACK))
		m->hits = 0;
	if (mutant_mmio_at(rec, BUS_READ, m->action->at) && rec->data && m->hits++)
		bend(m, rec);
	return true;
}

/* Every second read of the configuration, after FEATURES_OK. */
static bool config_torn(struct mutant *m, struct bus_rec *rec)
{
	if ((m->status & VIRTIO_CONFIG_S_FEATURES_OK) &&
	    mutant_mmio_at(rec, BUS_READ, VIRTIO_MMIO_CONFIG) && m->hits++ % 2)
		rec->data ^= 0x10000;
	return true;
}

static bool enabled(const struct mutant *m)
{
	return m->enabled >> (m->queue_select & 31) & 1;
}

static bool before_ready(struct mutant *m, struct bus_rec *rec)
{
	return enabled(m) ? true : one_read(m, rec);
}

static bool when_ready(struct mutant *m, struct bus_rec *rec)
{
	return enabled(m) ? one_read(m, rec) : true;
}

/* Once QueueReset was written. */
static bool after_queue_reset(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_mmio_at(rec, BUS_WRITE, QUEUE_RESET))
		m->hits = 1;
	return m->hits ? each_read(m, rec) : true;
}

/* The ring of the selected queue is looked at when the next register is written. */
static void touch_ring(struct mutant *m, const struct bus_rec *rec)
{
	if (m->done || m->queue_select >= MUTANT_QUEUES)
		return;
	m->done = true;
	mutant_dma(m, rec, BUS_READ, m->queue[m->queue_select].area[1], 0, 0x0f);
}

/* The register that says "no more" has read 0 after it was written. */
static bool served_after(struct mutant *m, struct bus_rec *rec)
{
	if (m->hits == 2 && rec->space == BUS_MMIO && rec->op == BUS_WRITE)
		touch_ring(m, rec);
	if (m->live && mutant_mmio_at(rec, BUS_WRITE, m->action->at))
		m->hits = 1;
	if (m->hits == 1 && mutant_mmio_at(rec, BUS_READ, m->action->at) && !rec->data)
		m->hits = 2;
	return true;
}

/* Used buffers are told by nothing: no line, no bit. */
static bool untold(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_mmio_at(rec, BUS_READ, VIRTIO_MMIO_INTERRUPT_STATUS))
		bend(m, rec);
	return rec->space != BUS_IRQ;
}

#define DO(n, w, c, s, a, ...)                                                               \
	{                                                                                    \
		.fault = { .name = n, .what = w, .clause = c, .scenario = s, .mmio = true }, \
		.act = a, __VA_ARGS__                                                        \
	}

const struct mutant_action mutant_mmio[] = {
	/* identity: 4.2.2.1, 4.2.3.1.1. The driver sees it and goes on all the same. */
	DO("magic-wrong", "another magic value", "DEV-4.2.2.1-1", "any-magic", each_read,
	   .at = VIRTIO_MMIO_MAGIC_VALUE, .clear = ALL, .set = 0x76697274, .shown = true),
	DO("version-legacy", "version 1", "DEV-4.2.2.1-2", "any-version", each_read,
	   .at = VIRTIO_MMIO_VERSION, .clear = ALL, .set = 1, .shown = true),
	DO("placeholder", "device id 0, which is nobody's fault but the driver's",
	   "DRV-4.2.3.1.1-4", "any-device", each_read, .at = VIRTIO_MMIO_DEVICE_ID, .clear = ALL,
	   .shown = true),
	/* interrupts */
	DO("event-drops", "a bit that goes without an acknowledgement", "DEV-4.2.2.1-3",
	   "look-twice", read_again, .at = VIRTIO_MMIO_INTERRUPT_STATUS, .clear = ALL),
	DO("event-from-nowhere", "used buffers that never were", "DEV-4.2.2.1-4", "early-look",
	   one_read, .at = VIRTIO_MMIO_INTERRUPT_STATUS, .set = 1),
	DO("event-undefined", "an undefined bit", "DEV-4.2.2.1-4", "early-look", one_read,
	   .at = VIRTIO_MMIO_INTERRUPT_STATUS, .set = 4),
	DO("event-kept", "an event that outlives a reset", "DEV-4.2.2.1-5", "isr-early", one_read,
	   .at = VIRTIO_MMIO_INTERRUPT_STATUS, .set = 2),
	DO("mmio-untold", "no interrupt for used buffers", "DEV-2.7.7.2-3", "linger", untold,
	   .clear = 1, .shown = true),
	/* queues */
	DO("ready-by-reset", "a queue is ready after a reset", "DEV-4.2.2.1-6", "setup-read-back",
	   before_ready, .at = VIRTIO_MMIO_QUEUE_READY, .set = 1),
	DO("stopped-served", "a stopped queue that is looked at", "DEV-4.2.2.1-8", "restart-queue",
	   served_after, .at = VIRTIO_MMIO_QUEUE_READY),
	DO("mmio-reset-set", "QueueReset is set after a reset", "DEV-4.2.2.1-9", "queue-reset",
	   before_ready, .at = QUEUE_RESET, .set = 1),
	DO("mmio-reset-kept", "QueueReset is set after the queue was made ready", "DEV-4.2.2.1-10",
	   "queue-reset", when_ready, .at = QUEUE_RESET, .set = 1),
	DO("reset-served", "a queue that was reset is looked at", "DEV-4.2.2.1-11", "queue-reset",
	   served_after, .at = QUEUE_RESET),
	DO("mmio-reset-stuck", "the reset of a queue never ends", "DEV-4.2.2.1-13", "queue-reset",
	   after_queue_reset, .at = QUEUE_RESET, .set = 1, .shown = true),
	DO("mmio-reset-ready", "a queue that was reset is ready", "DEV-4.2.2.1-14", "queue-reset",
	   after_queue_reset, .at = VIRTIO_MMIO_QUEUE_READY, .set = 1),
	/* configuration */
	DO("mmio-generation", "a value changes, its generation does not", "DEV-4.2.2.1-7",
	   "generation", config_torn),
};

const unsigned mutant_nmmio = sizeof(mutant_mmio) / sizeof(mutant_mmio[0]);
