/* SPDX-License-Identifier: MIT */
/*
 * Neighbours with moods: how late, reluctant and out of order the bus functional models
 * are, out of one seed. What a neighbour does in a cycle is a function of the seed, the
 * cycle and who it is, and of nothing else: a seed reproduces exactly, in a replay too.
 * Source: AMBA AXI and ACE protocol specification, A3.2 (handshakes), A3.3 (dependencies
 * between channels), A5.3 (ordering); nothing here leaves what they allow.
 */
#ifndef SIM_SKEW_H
#define SIM_SKEW_H

#include <stdbool.h>
#include <stdint.h>

enum skew_who {
	/* Those that the device offers something to: when they take it. */
	SKEW_AR,
	SKEW_AW,
	SKEW_W,
	SKEW_MESSAGE,
	SKEW_PAGE,
	SKEW_STAT,
	SKEW_RANGE,
	SKEW_R, /* memory: when it offers data, and of which burst */
	SKEW_B,
	SKEW_S_AR, /* the register port's manager: when it offers, when it takes */
	SKEW_S_AW,
	SKEW_S_W,
	SKEW_S_R,
	SKEW_S_B,
	SKEW_LATE, /* how long memory thinks about a burst */
	SKEW_ERROR /* which burst goes wrong */
};

struct skew {
	bool on;         /* false: ready at once, always, in order */
	uint64_t seed;   /* any value */
	unsigned errors; /* one burst in so many is answered SLVERR; 0: none */
	uint32_t hold;   /* 1 << SKEW_*: these do nothing for now, whether on or not */
};

/* 0 .. below - 1, for what `who` decides in this cycle. */
uint32_t skew_draw(const struct skew *skew, enum skew_who who, uint64_t cycle, uint32_t below);

/* Would `who` go ahead in this cycle? */
bool skew_would(const struct skew *skew, enum skew_who who, uint64_t cycle);

static inline bool skew_ready(const struct skew *skew, enum skew_who who, uint64_t cycle)
{
	return !skew || (!skew->on && !skew->hold) || skew_would(skew, who, cycle);
}

/* Cycles that memory takes before it answers a burst. */
unsigned skew_latency(const struct skew *skew, uint64_t cycle);

/* True: memory takes data before it takes their address, and no address without data. */
bool skew_data_first(const struct skew *skew);

/* True: the burst that is accepted in this cycle goes wrong. `who`: SKEW_AR or SKEW_AW. */
bool skew_error(const struct skew *skew, enum skew_who who, uint64_t cycle);

/* "7" or "7:100" (one burst in 100 goes wrong); false: neither. */
bool skew_parse(const char *text, struct skew *skew);
#define SKEW_EXPECTED "expected SEED or SEED:N, numbers, N from 1 on"

#endif
