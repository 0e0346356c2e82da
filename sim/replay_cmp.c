/* SPDX-License-Identifier: MIT */
#include "sim/replay_cmp.h"

#include <string.h>

void replay_cmp_init(struct replay_cmp *cmp, const struct trace_log *log, bool exact,
		     struct replay_result *res)
{
	memset(cmp, 0, sizeof(*cmp));
	cmp->log = log;
	cmp->exact = exact;
	cmp->res = res;
}

/* Of BUS_HOST: what the device tells the host. */
static bool from_device(const struct bus_rec *rec)
{
	switch ((uint32_t)rec->addr) {
	case BUS_HOST_INFLATE:
	case BUS_HOST_DEFLATE:
	case BUS_HOST_STAT:
	case BUS_HOST_HINTED:
	case BUS_HOST_REPORTED:
		return true;
	default:
		return false;
	}
}

/* The stream that a record belongs to, or CMP_LANES: it is not compared. */
static unsigned lane_of(const struct replay_cmp *cmp, const struct bus_rec *rec)
{
	switch (rec->space) {
	case BUS_CUE:
	case BUS_SNOOP:
		return CMP_LANES;
	case BUS_CFG:
	case BUS_BAR:
	case BUS_MMIO:
		return CMP_REGISTERS;
	case BUS_IRQ:
		break;
	case BUS_DMA:
		if (!cmp->exact && rec->op == BUS_READ)
			return CMP_LANES;
		break;
	case BUS_HOST:
		if (!cmp->exact && !from_device(rec))
			return CMP_LANES;
		break;
	default:
		break;
	}
	return cmp->exact ? CMP_REGISTERS : CMP_OUTSIDE;
}

static size_t next_in(const struct replay_cmp *cmp, unsigned lane)
{
	size_t i = cmp->next[lane];

	while (i < cmp->log->n && lane_of(cmp, &cmp->log->rec[i]) != lane)
		i++;
	return i;
}

static bool equal(const struct replay_cmp *cmp, const struct bus_rec *a, const struct bus_rec *b)
{
	struct bus_rec x = *a, y = *b;

	if (!cmp->exact) {
		x.cycle = y.cycle = 0;
		if (x.space == BUS_DMA) { /* how it makes bursts is its own affair */
			x.index = y.index = 0;
			x.flags = y.flags = 0;
		}
	}
	return !memcmp(&x, &y, sizeof(x));
}

static void diverge(struct replay_cmp *cmp, enum replay_kind kind, size_t at,
		    const struct bus_rec *got)
{
	struct replay_result *res = cmp->res;

	res->outcome = REPLAY_DIVERGED;
	res->kind = kind;
	res->at = at;
	if (got)
		res->got[res->ngot++] = *got;
}

void replay_cmp_rec(struct replay_cmp *cmp, const struct bus_rec *rec)
{
	unsigned lane = lane_of(cmp, rec);
	struct replay_result *res = cmp->res;
	size_t i;

	if (lane == CMP_LANES)
		return;
	if (res->outcome == REPLAY_DIVERGED) {
		if (res->ngot < REPLAY_CONTEXT)
			res->got[res->ngot++] = *rec;
		return;
	}
	i = cmp->next[lane] = next_in(cmp, lane);
	if (i == cmp->log->n && !cmp->log->ended)
		return; /* nobody knows what came then */
	if (i == cmp->log->n || (!cmp->exact && i >= cmp->bound)) {
		diverge(cmp, REPLAY_EXTRA, i, rec);
	} else if (!equal(cmp, &cmp->log->rec[i], rec)) {
		diverge(cmp, REPLAY_DIFFERS, i, rec);
	} else {
		cmp->next[lane] = i + 1;
		res->before[res->nbefore++ % REPLAY_CONTEXT] = i;
		res->compared++;
	}
}

void replay_cmp_reached(struct replay_cmp *cmp, size_t bound)
{
	size_t first = cmp->log->n;

	if (cmp->res->outcome == REPLAY_DIVERGED)
		return;
	for (unsigned lane = 0; lane < CMP_LANES; lane++) {
		cmp->next[lane] = next_in(cmp, lane);
		if (cmp->next[lane] < first)
			first = cmp->next[lane];
	}
	if (first < bound)
		diverge(cmp, REPLAY_MISSING, first, NULL);
}

void replay_cmp_unknown(struct replay_cmp *cmp, const struct bus_rec *rec)
{
	size_t at = next_in(cmp, CMP_OUTSIDE);

	if (!cmp->log->ended && at == cmp->log->n)
		return; /* perhaps behind the end of a recording that was cut off */
	if (cmp->res->outcome != REPLAY_DIVERGED)
		diverge(cmp, REPLAY_UNKNOWN, at, rec);
}

void replay_cmp_restless(struct replay_cmp *cmp, size_t at)
{
	if (cmp->res->outcome != REPLAY_DIVERGED)
		diverge(cmp, REPLAY_RESTLESS, at, NULL);
}

size_t replay_cmp_next_write(const struct replay_cmp *cmp)
{
	size_t i = cmp->next[cmp->exact ? CMP_REGISTERS : CMP_OUTSIDE];

	while (i < cmp->log->n &&
	       (cmp->log->rec[i].space != BUS_DMA || cmp->log->rec[i].op != BUS_WRITE))
		i++;
	return i;
}
