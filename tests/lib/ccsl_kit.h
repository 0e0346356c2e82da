/* SPDX-License-Identifier: MIT */
/* Helpers for tests of CCSL: specifications in strings, traces in short hand. */
#ifndef TESTS_LIB_CCSL_KIT_H
#define TESTS_LIB_CCSL_KIT_H

#include "monitor/ccsl.h"

#define KIT_VERDICTS 64

/* What a monitor said about a trace, in order. */
struct kit_log {
	unsigned n;
	struct {
		char rule[64];
		char clause[32];
		char event[64];
		char explain[1024];
		enum ccsl_blame blame;
		uint64_t instant, cycle;
		bool waived;
	} v[KIT_VERDICTS];
};

/* A sink that fills a log. */
struct ccsl_sink kit_sink(struct kit_log *log);

/*
 * The number of the first instant that breaks the specification, or -1. In the trace an
 * instant is a word, each letter of it a clock of that name; "." is an instant without ticks.
 * body goes between [ and ], clocks a to h, s to w and x to z are declared as inputs.
 */
int kit_letters(const char *body, const char *trace);

/* Runs an abstract trace (monitor/script.h) against text; fails the test on an error. */
void kit_text(const char *text, const char *trace, struct kit_log *log);

/* Loads text that is wrong; returns "line:col: message" in buf. */
const char *kit_error(const char *text, char *buf, unsigned len);

/* A 64-bit generator that is the same everywhere (xorshift64*). */
uint64_t kit_random(uint64_t *state);

#endif
