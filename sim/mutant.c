/* SPDX-License-Identifier: MIT */
#include "sim/mutant.h"

#include <stdlib.h>
#include <string.h>

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include "sim/mutant_internal.h"

#define SUSPEND 0x10 /* younger than the header */

static const struct mutant_action *action_at(unsigned n)
{
	if (n < mutant_nactions)
		return &mutant_actions[n];
	n -= mutant_nactions;
	if (n < mutant_nlive)
		return &mutant_live[n];
	n -= mutant_nlive;
	return n < mutant_nmmio ? &mutant_mmio[n] : NULL;
}

const struct mutant_fault *mutant_fault_at(unsigned n)
{
	const struct mutant_action *action = action_at(n);

	return action ? &action->fault : NULL;
}

static const struct mutant_action *find(const char *name)
{
	const struct mutant_action *action;

	for (unsigned i = 0; (action = action_at(i)); i++)
		if (!strcmp(action->fault.name, name))
			return action;
	return NULL;
}

const struct mutant_fault *mutant_fault(const char *name)
{
	const struct mutant_action *action = find(name);

	return action ? &action->fault : NULL;
}

struct mutant *mutant_new(const char *name, const struct mutant_sink *sink)
{
	const struct mutant_action *action = find(name);
	struct mutant *m = action ? calloc(1, sizeof(*m)) : NULL;

	if (!m)
		return NULL;
	m->action = action;
	m->sink = *sink;
	return m;
}

void mutant_free(struct mutant *m)
{
	free(m);
}

uint32_t mutant_shown(const struct mutant *m, uint32_t val)
{
	return m->action->shown ? m->value : val;
}

/* --- for actions ------------------------------------------------------------------------ */

void mutant_tell(struct mutant *m, const struct bus_rec *rec)
{
	m->sink.rec(m->sink.ctx, rec);
}

void mutant_irq(struct mutant *m, const struct bus_rec *now, enum bus_irq kind, uint64_t arg)
{
	struct bus_rec rec = {
		.cycle = now->cycle, .space = BUS_IRQ, .op = BUS_WRITE, .index = (uint8_t)kind
	};

	if (kind == BUS_MSIX)
		rec.addr = arg;
	else
		rec.data = arg;
	mutant_tell(m, &rec);
}

void mutant_dma(struct mutant *m, const struct bus_rec *now, enum bus_op op, uint64_t addr,
		uint64_t data, uint8_t be)
{
	struct bus_rec rec = { .cycle = now->cycle,
			       .addr = addr & ~7ULL,
			       .data = data,
			       .space = BUS_DMA,
			       .op = (uint8_t)op,
			       .size = 8,
			       .be = be,
			       .index = 15, /* an AXI id that the device does not use */
			       .flags = BUS_F_LAST };

	mutant_tell(m, &rec);
}

bool mutant_bar(const struct bus_rec *rec, enum bus_op op, uint32_t at)
{
	return rec->space == BUS_BAR && rec->index == 0 && rec->op == op && rec->addr == at;
}

bool mutant_cfg(const struct bus_rec *rec, enum bus_op op, uint32_t at)
{
	return rec->space == BUS_CFG && rec->op == op && rec->addr == at;
}

bool mutant_mmio_at(const struct bus_rec *rec, enum bus_op op, uint32_t at)
{
	return rec->space == BUS_MMIO && rec->op == op && rec->addr == at;
}

int mutant_area(const struct mutant *m, const struct bus_rec *rec, uint64_t *off)
{
	for (unsigned q = 0; q < MUTANT_QUEUES; q++) {
		const struct mutant_queue *queue = &m->queue[q];
		uint64_t bytes[3] = { 16ULL * queue->size, 6 + 2ULL * queue->size,
				      6 + 8ULL * queue->size };

		for (int i = 0; i < 3; i++) {
			*off = rec->addr - queue->area[i];
			if (queue->size && queue->area[i] && *off < bytes[i])
				return i;
		}
	}
	return -1;
}

/* --- what the session is at ---------------------------------------------------------------- */

static void status_written(struct mutant *m, uint8_t status)
{
	if (m->live && status & SUSPEND && !m->rest)
		m->rest = 1;
	else if (m->rest == 2)
		m->rest = 0;
	m->status = status;
	m->live = status & VIRTIO_CONFIG_S_DRIVER_OK;
	if (status)
		return;
	m->lives++;
	m->rest = m->resets = 0;
	m->zeros = 0;
	m->used = false;
	m->enabled = 0;
	memset(m->queue, 0, sizeof(m->queue));
}

static void common_written(struct mutant *m, uint32_t at, uint32_t val)
{
	struct mutant_queue *q =
		m->queue_select < MUTANT_QUEUES ? &m->queue[m->queue_select] : NULL;
	uint32_t part = (at - VIRTIO_PCI_COMMON_Q_DESCLO) / 4;

	switch (at) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		m->feature_select = val;
		break;
	case VIRTIO_PCI_COMMON_GFSELECT:
		m->driver_select = val;
		break;
	case VIRTIO_PCI_COMMON_STATUS:
		status_written(m, (uint8_t)val);
		break;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		m->queue_select = val;
		break;
	case VIRTIO_PCI_COMMON_Q_RESET:
		if (q) {
			memcpy(q->old, q->area, sizeof(q->old));
			memset(q->area, 0, sizeof(q->area));
			m->resets = 1;
		}
		break;
	case VIRTIO_PCI_COMMON_Q_ENABLE:
		if (m->resets == 1)
			m->resets = 2;
		m->enabled |= 1U << (m->queue_select & 31);
		break;
	case VIRTIO_PCI_COMMON_Q_SIZE:
		if (q)
			q->size = val;
		break;
	default:
		if (q && at >= VIRTIO_PCI_COMMON_Q_DESCLO && part < 6)
			q->area[part / 2] |= (uint64_t)val << (32 * (part & 1));
	}
}

/* As much as the faults of that transport ask for. */
static void mmio_written(struct mutant *m, uint32_t at, uint32_t val)
{
	if (at == VIRTIO_MMIO_STATUS)
		status_written(m, (uint8_t)val);
	if (at == VIRTIO_MMIO_QUEUE_SEL)
		m->queue_select = val;
	if (at == VIRTIO_MMIO_QUEUE_READY && val)
		m->enabled |= 1U << (m->queue_select & 31);
	if (at == VIRTIO_MMIO_QUEUE_AVAIL_LOW && m->queue_select < MUTANT_QUEUES)
		m->queue[m->queue_select].area[1] = val; /* the pool lies below 4 GiB */
}

static void follow(struct mutant *m, const struct bus_rec *rec)
{
	uint64_t off;
	int area;

	if (rec->space == BUS_BAR && rec->op == BUS_WRITE && rec->addr < BAR_ISR)
		common_written(m, (uint32_t)rec->addr, (uint32_t)rec->data);
	if (rec->space == BUS_MMIO && rec->op == BUS_WRITE)
		mmio_written(m, (uint32_t)rec->addr, (uint32_t)rec->data);
	if (mutant_bar(rec, BUS_READ, VIRTIO_PCI_COMMON_STATUS) && !rec->data)
		m->zeros++;
	if (m->rest == 1 && mutant_bar(rec, BUS_READ, VIRTIO_PCI_COMMON_STATUS) &&
	    (rec->data & (SUSPEND | VIRTIO_CONFIG_S_DRIVER_OK)) == SUSPEND)
		m->rest = 2;
	if (rec->space != BUS_DMA)
		return;
	area = mutant_area(m, rec, &off);
	if (area == 0)
		m->fetching = true;
	if (area < 0 && rec->op == BUS_READ && m->fetching) {
		m->payload = rec->addr;
		m->fetching = false;
	}
	if (area == 2 && rec->op == BUS_WRITE && off == 0)
		m->used = true;
}

void mutant_rec(struct mutant *m, const struct bus_rec *rec)
{
	struct bus_rec told = *rec;

	follow(m, rec);
	if (m->action->cut && m->done && rec->space != BUS_CFG)
		return;
	if (!m->action->act(m, &told))
		return;
	if (told.op == BUS_READ && told.space <= BUS_MMIO)
		m->value = (uint32_t)told.data;
	mutant_tell(m, &told);
}
