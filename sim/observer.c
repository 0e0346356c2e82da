/* SPDX-License-Identifier: MIT */
/* Where records come in and instants go out; interrupts and the host side. */
#include "sim/observer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/observer_internal.h"

struct observer *observer_new(const struct observer_sink *sink)
{
	struct observer *obs = calloc(1, sizeof(*obs));

	if (obs)
		obs->sink = *sink;
	return obs;
}

void observer_free(struct observer *obs)
{
	if (!obs)
		return;
	for (unsigned q = 0; q < OBSERVER_QUEUES; q++)
		obs_ring_drop(obs, q);
	free(obs);
}

const struct observer_stats *observer_stats(const struct observer *obs)
{
	return &obs->stats;
}

void observer_flush(struct observer *obs)
{
	unsigned n = obs->n_events;

	if (!n)
		return;
	obs->stats.instants++;
	obs->stats.events += n;
	obs->n_events = 0;
	obs->sink.instant(obs->sink.ctx, obs->cycle, obs->event, n);
}

void obs_emit(struct observer *obs, enum event_id id, const uint64_t *arg, unsigned n)
{
	struct event *ev;

	assert(n == event_nargs(id));
	if (obs->n_events == OBS_INSTANT_EVENTS)
		observer_flush(obs);
	ev = &obs->event[obs->n_events++];
	memset(ev, 0, sizeof(*ev));
	ev->id = (uint16_t)id;
	ev->nargs = (uint8_t)n;
	if (n)
		memcpy(ev->arg, arg, n * sizeof(*arg));
}

static void irq(struct observer *obs, const struct bus_rec *rec)
{
	if (rec->index == BUS_INTX) {
		obs->stats.irqs += rec->data != 0;
		OBS_EMIT(obs, EV_IRQ_INTX, rec->data);
	} else if (rec->index == BUS_MSIX) {
		obs->stats.irqs++;
		OBS_EMIT(obs, EV_IRQ_MSIX, rec->addr);
	} else {
		obs->stats.malformed++;
	}
}

static void host(struct observer *obs, const struct bus_rec *rec)
{
	uint64_t more = rec->addr >> 32;

	switch ((uint32_t)rec->addr) {
	case BUS_HOST_RESET:
		obs_regs_host_reset(obs);
		break;
	case BUS_HOST_TARGET:
		OBS_EMIT(obs, EV_TARGET_WRITE, rec->data);
		break;
	case BUS_HOST_ACTUAL:
		OBS_EMIT(obs, EV_ACTUAL_READ, rec->data);
		break;
	case BUS_HOST_INFLATE:
		OBS_EMIT(obs, EV_PAGE_INFLATE, rec->data);
		break;
	case BUS_HOST_DEFLATE:
		OBS_EMIT(obs, EV_PAGE_DEFLATE, rec->data);
		break;
	case BUS_HOST_POLL:
		OBS_EMIT(obs, EV_STATS_POLL, rec->data);
		break;
	case BUS_HOST_STAT:
		OBS_EMIT(obs, EV_STAT, more, rec->data);
		break;
	case BUS_HOST_HINT:
		OBS_EMIT(obs, EV_HINT_COMMAND, rec->data);
		break;
	case BUS_HOST_HINTED:
		OBS_EMIT(obs, EV_RANGE_HINTED, rec->data, more);
		break;
	case BUS_HOST_REPORTED:
		OBS_EMIT(obs, EV_RANGE_REPORTED, rec->data, more);
		obs_snoop_range(obs, rec->data);
		break;
	default:
		obs->stats.malformed++;
	}
}

/* A register access in a space of its own, or its failure. */
static void access(struct observer *obs, const struct bus_rec *rec)
{
	if (rec->size != 1 && rec->size != 2 && rec->size != 4) {
		obs->stats.malformed++;
		return;
	}
	if (rec->op == BUS_READ)
		obs->stats.reads++;
	else if (!(rec->flags & BUS_F_RESP)) /* else it was counted when it was accepted */
		obs->stats.writes++;

	if (rec->resp == BUS_OKAY && rec->flags & BUS_F_RESP)
		obs->stats.malformed++; /* only errors come late */
	else if (rec->resp == BUS_HANG)
		OBS_EMIT(obs, EV_HANG, rec->space, rec->addr);
	else if (rec->resp != BUS_OKAY)
		OBS_EMIT(obs, EV_ACCESS_ERROR, rec->space, rec->addr);
	else if (rec->space == BUS_CFG)
		obs_pci_cfg(obs, rec);
	else if (rec->space == BUS_BAR)
		obs_pci_bar(obs, rec);
	else
		obs_mmio(obs, rec);
}

static void beat(struct observer *obs, const struct bus_rec *rec)
{
	unsigned bytes = (unsigned)__builtin_popcount(rec->be);

	if (rec->addr & 7) {
		obs->stats.malformed++;
		return;
	}
	if (rec->op == BUS_WRITE)
		obs->stats.dma_written_bytes += bytes;
	else
		obs->stats.dma_read_bytes += bytes;
	if (!obs->pci.draining)
		obs_ring_beat(obs, rec);
}

void observer_rec(struct observer *obs, const struct bus_rec *rec)
{
	if (rec->cycle != obs->cycle) {
		observer_flush(obs);
		obs->cycle = rec->cycle;
	}
	obs->stats.records++;
	if (rec->op != BUS_READ && rec->op != BUS_WRITE) {
		obs->stats.malformed++;
		return;
	}
	switch (rec->space) {
	case BUS_CFG:
	case BUS_BAR:
	case BUS_MMIO:
		access(obs, rec);
		break;
	case BUS_DMA:
		beat(obs, rec);
		break;
	case BUS_SNOOP:
		obs_snoop_rec(obs, rec);
		break;
	case BUS_IRQ:
		irq(obs, rec);
		break;
	case BUS_HOST:
		host(obs, rec);
		break;
	default:
		obs->stats.malformed++;
	}
}
