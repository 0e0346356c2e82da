/* SPDX-License-Identifier: MIT */
#include "sim/skew.h"

#include <errno.h>
#include <stdlib.h>

#define MOOD_LOG2   7   /* a mood lasts so many cycles, as a power of two */
#define LAZY_MAX    230 /* of 256 cycles, in which the laziest neighbour is not ready */
#define LATENCY_MAX 40

/* splitmix64: each of 2^64 arguments has its own value, and neighbours have nothing in common. */
static uint64_t mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t scaled(uint64_t z, uint32_t below)
{
	return (uint32_t)((z >> 32) * below >> 32);
}

static uint64_t draw(const struct skew *skew, unsigned what, uint64_t when)
{
	return mix(mix(skew->seed ^ (uint64_t)what << 56) ^ when);
}

uint32_t skew_draw(const struct skew *skew, enum skew_who who, uint64_t cycle, uint32_t below)
{
	return scaled(draw(skew, who, cycle), below);
}

/*
 * Moods change: for some cycles a neighbour is prompt, then it is lazy, each by itself. A
 * constant laziness would hardly ever make one of them late while all others are prompt.
 */
static uint32_t laziness(const struct skew *skew, enum skew_who who, uint64_t cycle)
{
	uint64_t mood = draw(skew, 0x80 | who, cycle >> MOOD_LOG2);

	return mood & 3 ? scaled(mood, LAZY_MAX) : 0;
}

bool skew_would(const struct skew *skew, enum skew_who who, uint64_t cycle)
{
	if (skew->hold >> who & 1)
		return false;
	return !skew->on || skew_draw(skew, who, cycle, 256) >= laziness(skew, who, cycle);
}

unsigned skew_latency(const struct skew *skew, uint64_t cycle)
{
	if (!skew || !skew->on)
		return 0;
	return skew_draw(skew, SKEW_LATE, cycle,
			 LATENCY_MAX * laziness(skew, SKEW_LATE, cycle) / LAZY_MAX + 1);
}

bool skew_data_first(const struct skew *skew)
{
	return skew && skew->on && draw(skew, 0xff, 0) & 1;
}

bool skew_error(const struct skew *skew, enum skew_who who, uint64_t cycle)
{
	return skew && skew->on && skew->errors &&
	       !scaled(draw(skew, (unsigned)SKEW_ERROR << 1 | (who == SKEW_AW), cycle),
		       skew->errors);
}

bool skew_parse(const char *text, struct skew *skew)
{
	struct skew got = { .on = true };
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	got.seed = strtoull(text, &end, 0);
	if (*end == ':' && end[1] >= '1' && end[1] <= '9') {
		unsigned long errors = strtoul(end + 1, &end, 10);

		if (errors > UINT32_MAX)
			return false;
		got.errors = (unsigned)errors;
	}
	if (*end || errno)
		return false;
	*skew = got;
	return true;
}
