/* SPDX-License-Identifier: MIT */
#include "sim/actions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/ram.h"

#define POKE_MAX 4096 /* bytes that are one poke */
#define NONE     SIZE_MAX

struct reading {
	struct actions *acts;
	struct ram *memory; /* as the session has shown it so far */
	struct ram *seen;   /* of each word: the access after which it was seen last */
	uint64_t accesses;
	size_t last;    /* action: the access that came last, or NONE */
	uint64_t cycle; /* of the action before */
	int err;
};

/* Makes room for an action at `at`; NULL: out of memory. */
static struct action *insert(struct reading *rd, size_t at)
{
	struct actions *acts = rd->acts;

	if (acts->n == acts->cap) {
		size_t cap = 2 * acts->cap + 1024;
		struct action *more = realloc(acts->at, cap * sizeof(*more));

		if (!more) {
			rd->err = -ENOMEM;
			return NULL;
		}
		acts->at = more;
		acts->cap = cap;
	}
	memmove(&acts->at[at + 1], &acts->at[at], (acts->n - at) * sizeof(*acts->at));
	acts->n++;
	memset(&acts->at[at], 0, sizeof(acts->at[at]));
	return &acts->at[at];
}

static void add(struct reading *rd, enum action_kind kind, const struct bus_rec *rec)
{
	struct action *act = insert(rd, rd->acts->n);

	if (!act)
		return;
	act->kind = kind;
	act->rec = *rec;
	act->since = rec->cycle - rd->cycle;
	act->gap = kind == ACTION_REST ? 0 : act->since;
	rd->cycle = rec->cycle;
	if (kind == ACTION_ACCESS) {
		rd->last = rd->acts->n - 1;
		rd->accesses++;
	}
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Has the word been seen since the last access? Then what is new in it came later. */
static bool seen(struct reading *rd, uint64_t word)
{
	uint64_t when;

	ram_read(rd->seen, word, &when, sizeof(when));
	return when == rd->accesses;
}

static void now_seen(struct reading *rd, uint64_t word)
{
	if (ram_write(rd->seen, word, &rd->accesses, sizeof(rd->accesses)))
		rd->err = -ENOMEM;
}

/* Longer by these bytes, if it is the same stretch of memory. */
static bool extend(struct action *act, uint64_t gpa, const uint8_t *byte, uint32_t len)
{
	uint8_t *more;

	if (act->kind != ACTION_POKE || act->rec.addr + act->len != gpa ||
	    act->len + len > POKE_MAX)
		return false;
	more = realloc(act->data, act->len + len);
	if (!more)
		return false;
	memcpy(more + act->len, byte, len);
	act->data = more;
	act->len += len;
	return true;
}

static void poke(struct reading *rd, uint64_t gpa, const uint8_t *byte, uint32_t len)
{
	bool late = rd->last == NONE || seen(rd, gpa & ~7ULL);
	size_t at = late ? rd->acts->n : rd->last;
	struct action *act;

	if (at && extend(&rd->acts->at[at - 1], gpa, byte, len))
		return;
	act = insert(rd, at);
	if (!act)
		return;
	act->kind = ACTION_POKE;
	act->rec.addr = gpa;
	act->len = len;
	act->data = malloc(len);
	if (act->data)
		memcpy(act->data, byte, len);
	else
		rd->err = -ENOMEM;
	if (!late)
		rd->last++;
}

/* The bytes of a beat that its byte enables name, run by run. */
static void beat(struct reading *rd, const struct bus_rec *rec)
{
	bool device = rec->space == BUS_DMA && rec->op == BUS_WRITE;
	uint8_t byte[8], was[8];

	for (unsigned i = 0; i < 8; i++)
		byte[i] = (uint8_t)(rec->data >> (8 * i));
	for (unsigned i = 0, n; i < 8; i += n + 1) {
		uint64_t gpa = (rec->addr & ~7ULL) + i;

		for (n = 0; i + n < 8 && (rec->be >> (i + n) & 1); n++)
			;
		ram_read(rd->memory, gpa, was, n);
		if (!n || !memcmp(was, byte + i, n))
			continue;
		if (!device)
			poke(rd, gpa, byte + i, n);
		if (ram_write(rd->memory, gpa, byte + i, n))
			rd->err = -ENOMEM;
	}
	now_seen(rd, rec->addr & ~7ULL);
}

/* --- records ------------------------------------------------------------------------------------
 */

static void host(struct reading *rd, const struct bus_rec *rec)
{
	if (rec->op != BUS_WRITE)
		return;
	switch (rec->addr) {
	case BUS_HOST_RESET:
		if (rd->acts->power == NONE)
			rd->acts->power = rd->acts->n;
		add(rd, ACTION_HOST, rec);
		break;
	case BUS_HOST_TARGET:
	case BUS_HOST_POLL:
	case BUS_HOST_HINT:
		add(rd, ACTION_HOST, rec);
		break;
	default:
		break;
	}
}

static void cue(struct reading *rd, const struct bus_rec *rec)
{
	switch (rec->index) {
	case BUS_CUE_ACCESS:
		if (!(rec->flags & BUS_F_PEEK))
			add(rd, ACTION_ACCESS, rec);
		break;
	case BUS_CUE_QUIET:
		add(rd, ACTION_REST, rec);
		break;
	case BUS_CUE_MAP:
		add(rd, ACTION_MAP, rec);
		break;
	case BUS_CUE_UNMAP:
		add(rd, ACTION_UNMAP, rec);
		break;
	default:
		break;
	}
}

static void record(struct reading *rd, const struct bus_rec *rec)
{
	switch (rec->space) {
	case BUS_CUE:
		cue(rd, rec);
		break;
	case BUS_HOST:
		host(rd, rec);
		break;
	case BUS_DMA:
	case BUS_SNOOP:
		if (rec->resp == BUS_OKAY)
			beat(rd, rec);
		break;
	default:
		break;
	}
}

int actions_of(const struct trace_log *log, struct actions *out)
{
	struct reading rd = { .acts = out, .memory = ram_new(), .seen = ram_new(), .last = NONE };

	memset(out, 0, sizeof(*out));
	out->power = NONE;
	if (!rd.memory || !rd.seen)
		rd.err = -ENOMEM;
	for (size_t i = 0; i < log->n && !rd.err; i++)
		record(&rd, &log->rec[i]);
	ram_free(rd.memory);
	ram_free(rd.seen);
	if (!rd.err && out->power == NONE)
		rd.err = -EINVAL;
	if (rd.err)
		actions_free(out);
	return rd.err;
}

void actions_free(struct actions *acts)
{
	for (size_t i = 0; i < acts->n; i++)
		free(acts->at[i].data);
	free(acts->at);
	memset(acts, 0, sizeof(*acts));
}
