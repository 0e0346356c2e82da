/* SPDX-License-Identifier: MIT */
/*
 * Recorded sessions replay bit by bit in their cycles, however the device's surroundings
 * behaved; and a recording that is not what the device does is found out at the record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/replay.h"
#include "tests/lib/recorder.h"

#define SEEDS 25

static void replay_is(const struct trace_log *log, bool exact, enum replay_outcome want)
{
	struct replay_result res;

	replay_run(log, exact, &res);
	if (res.outcome != want) {
		fprintf(stderr, "outcome %d (%s), %d wanted\n", res.outcome, res.why, want);
		if (res.outcome == REPLAY_DIVERGED)
			replay_tell(log, exact, &res, stderr);
	}
	assert_int_equal(res.outcome, want);
}

static void all_scenarios(void **state)
{
	const struct driver_scenario *sc;

	(void)state;
	for (unsigned i = 0; (sc = driver_scenario_at(i)); i++) {
		struct trace_log log;

		recorder_play(&log, sc, 200, RECORDER_CALM, i);
		replay_is(&log, true, REPLAY_SAME);
		replay_is(&log, false, REPLAY_SAME);
		trace_unload(&log);
	}
}

/* Counts so that a test can be sure that what it is about did happen. */
static size_t count(const struct trace_log *log, unsigned space, unsigned index)
{
	size_t n = 0;

	for (size_t i = 0; i < log->n; i++)
		n += log->rec[i].space == space && log->rec[i].index == index;
	return n;
}

static size_t count_failed_dma(const struct trace_log *log, unsigned op)
{
	size_t n = 0;

	for (size_t i = 0; i < log->n; i++)
		n += log->rec[i].space == BUS_DMA && log->rec[i].op == op && log->rec[i].resp;
	return n;
}

static void memory_by_message(void **state)
{
	size_t loads = 0;

	(void)state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct trace_log log;

		recorder_play(&log, driver_scenario("life"), 200, RECORDER_MESSAGES, seed);
		replay_is(&log, true, REPLAY_SAME);
		replay_is(&log, false, REPLAY_SAME);
		loads += count(&log, BUS_CUE, BUS_CUE_LOAD);
		trace_unload(&log);
	}
	assert_true(loads > SEEDS);
}

static void mapped_meanwhile(void **state)
{
	size_t granted = 0;

	(void)state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		struct trace_log log;

		recorder_play(&log, driver_scenario("life"), 200,
			      RECORDER_MESSAGES | RECORDER_GRANTS, seed);
		replay_is(&log, true, REPLAY_SAME);
		replay_is(&log, false, REPLAY_SAME);
		granted += count(&log, BUS_CUE, BUS_CUE_UNMAP) > 0;
		trace_unload(&log);
	}
	assert_true(granted > SEEDS / 2);
}

static void messages_that_fail(void **state)
{
	size_t reads = 0, writes = 0;

	(void)state;
	for (unsigned seed = 0; seed < 2 * SEEDS; seed++) {
		struct trace_log log;

		recorder_play(&log, driver_scenario("life"), 200, RECORDER_FAILURES, seed);
		replay_is(&log, true, REPLAY_SAME);
		reads += count_failed_dma(&log, BUS_READ);
		writes += count_failed_dma(&log, BUS_WRITE);
		trace_unload(&log);
	}
	assert_true(reads && writes);
}

static void rough_surroundings(void **state)
{
	size_t resets = 0, gone = 0;

	(void)state;
	for (unsigned seed = 0; seed < 4 * SEEDS; seed++) {
		unsigned how = RECORDER_ROUGH | (seed & 1 ? RECORDER_MESSAGES : 0) |
			       (seed & 2 ? RECORDER_FAILURES : 0);
		struct trace_log log;

		recorder_play(&log, driver_scenario("life"), 200, how, seed);
		replay_is(&log, true, REPLAY_SAME);
		for (size_t i = 1; i < log.n; i++)
			resets += log.rec[i].space == BUS_HOST && log.rec[i].addr == BUS_HOST_RESET;
		gone += count(&log, BUS_CUE, BUS_CUE_UNMAP);
		trace_unload(&log);
	}
	assert_true(resets > 4 * SEEDS); /* more than power-on */
	assert_true(gone);
}

/* Cut off anywhere, as a kill leaves it, the rest replays. */
static void cut_off_anywhere(void **state)
{
	struct trace_log log;
	size_t whole;

	(void)state;
	recorder_play(&log, driver_scenario("life"), 20, RECORDER_MESSAGES, 1);
	whole = log.n;
	log.ended = false;
	for (log.n = 10; log.n < whole; log.n += 7) {
		replay_is(&log, true, REPLAY_SAME);
		replay_is(&log, false, REPLAY_SAME);
	}
	trace_unload(&log);
}

/* --- recordings that are not what the device does --------------------------------------------- */

static size_t find(const struct trace_log *log, size_t from, unsigned space, unsigned op)
{
	while (from < log->n && (log->rec[from].space != space || log->rec[from].op != op))
		from++;
	assert_true(from < log->n);
	return from;
}

static void diverges_at(const struct trace_log *log, bool exact, size_t at, enum replay_kind kind)
{
	struct replay_result res;

	replay_run(log, exact, &res);
	assert_int_equal(res.outcome, REPLAY_DIVERGED);
	assert_int_equal(res.kind, kind);
	assert_int_equal(res.at, at);
}

static void other_content(void **state)
{
	static const struct {
		unsigned space, op;
	} what[] = { { BUS_BAR, BUS_READ },
		     { BUS_CFG, BUS_READ },
		     { BUS_DMA, BUS_WRITE },
		     { BUS_IRQ, BUS_WRITE },
		     { BUS_HOST, BUS_WRITE } };
	struct trace_log log;

	(void)state;
	recorder_play(&log, driver_scenario("life"), 200, RECORDER_CALM, 0);
	for (unsigned i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		/* From where the pages are; resets and targets are done, not seen.
		 */
		size_t from = what[i].space == BUS_CFG ? 20 : log.n / 3;
		size_t at = find(&log, from, what[i].space, what[i].op);

		log.rec[at].data ^= 1;
		diverges_at(&log, true, at, REPLAY_DIFFERS);
		diverges_at(&log, false, at, REPLAY_DIFFERS);
		log.rec[at].data ^= 1;
	}
	replay_is(&log, true, REPLAY_SAME);
	trace_unload(&log);
}

/* A cycle later is another device to the one, and the same to the other. */
static void other_cycle(void **state)
{
	struct trace_log log;
	size_t at;

	(void)state;
	recorder_play(&log, driver_scenario("life"), 200, RECORDER_CALM, 0);
	at = find(&log, log.n / 3, BUS_IRQ, BUS_WRITE);
	log.rec[at].cycle--;
	diverges_at(&log, true, at, REPLAY_DIFFERS);
	replay_is(&log, false, REPLAY_SAME);
	trace_unload(&log);
}

static void other_address(void **state)
{
	struct trace_log log;
	size_t at;

	(void)state;
	recorder_play(&log, driver_scenario("life"), 200, RECORDER_CALM, 0);
	at = find(&log, log.n / 3, BUS_DMA, BUS_WRITE);
	log.rec[at].addr += 8;
	diverges_at(&log, true, at, REPLAY_DIFFERS);
	diverges_at(&log, false, at, REPLAY_DIFFERS);
	trace_unload(&log);
}

static void more_and_less(void **state)
{
	struct trace_log log;
	struct bus_rec was;
	size_t at;

	(void)state;
	recorder_play(&log, driver_scenario("life"), 200, RECORDER_CALM, 0);
	/* The last interrupt: nothing of its kind comes behind it. */
	for (at = log.n - 1; log.rec[at].space != BUS_IRQ; at--)
		;
	was = log.rec[at];
	log.rec[at] = (struct bus_rec){ .cycle = was.cycle, .space = BUS_SNOOP };
	diverges_at(&log, false, log.n, REPLAY_EXTRA);
	log.rec[at] = was;
	/* A write of memory that never was. */
	at = log.n - 2;
	assert_true(log.rec[at].space == BUS_CUE);
	was = log.rec[at];
	log.rec[at] = (struct bus_rec){
		.cycle = was.cycle, .space = BUS_DMA, .op = BUS_WRITE, .size = 8, .be = 0xff
	};
	log.rec[log.n - 1].index = BUS_CUE_QUIET;
	diverges_at(&log, true, at, REPLAY_MISSING);
	diverges_at(&log, false, at, REPLAY_MISSING);
	trace_unload(&log);
}

/* The recording lacks bytes that the device needs. */
static void unknown_memory(void **state)
{
	struct trace_log log;
	struct replay_result res;

	(void)state;
	recorder_play(&log, driver_scenario("life"), 200, RECORDER_CALM, 0);
	for (size_t i = 0; i < log.n; i++)
		if (log.rec[i].space == BUS_DMA && log.rec[i].op == BUS_READ)
			log.rec[i] =
				(struct bus_rec){ .cycle = log.rec[i].cycle, .space = BUS_SNOOP };
	replay_run(&log, false, &res);
	assert_int_equal(res.outcome, REPLAY_DIVERGED);
	assert_int_equal(res.kind, REPLAY_UNKNOWN);
	trace_unload(&log);
}

static void fails(const char *header, const struct bus_rec *rec, size_t n)
{
	struct trace_log log = { .header = (char *)(uintptr_t)header,
				 .rec = (struct bus_rec *)(uintptr_t)rec,
				 .n = n,
				 .ended = true };
	struct replay_result res;

	replay_run(&log, true, &res);
	assert_int_equal(res.outcome, REPLAY_FAILED);
	assert_true(res.why[0]);
}

static void nonsense(void **state)
{
	static const struct bus_rec on = { .space = BUS_HOST, .op = BUS_WRITE };
	static const struct bus_rec access = { .cycle = 9, .space = BUS_CUE, .size = 4 };
	struct bus_rec rec[] = { on, access };

	(void)state;
	fails("{}", rec, 2);
	fails("no json", rec, 2);
	fails("{\"dut\":\"toaster\",\"features\":\"0\"}", rec, 2);
	fails(RECORDER_HEADER, rec, 0);
	fails(RECORDER_HEADER, &access, 1); /* before power-on */
	rec[1].size = 3;
	fails(RECORDER_HEADER, rec, 2);
	rec[1].size = 4;
	rec[1].addr = 0x7fULL << 40;
	fails(RECORDER_HEADER, rec, 2);
	rec[1].addr = 0;
	rec[1].cycle = 1ULL << 60;
	fails(RECORDER_HEADER, rec, 2);
	rec[1].index = BUS_CUE_UNMAP;
	rec[1].cycle = 9;
	fails(RECORDER_HEADER, rec, 2);
	rec[1].index = BUS_CUE_MAP; /* of no bytes */
	fails(RECORDER_HEADER, rec, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_scenarios),      cmocka_unit_test(memory_by_message),
		cmocka_unit_test(mapped_meanwhile),   cmocka_unit_test(messages_that_fail),
		cmocka_unit_test(rough_surroundings), cmocka_unit_test(cut_off_anywhere),
		cmocka_unit_test(other_content),      cmocka_unit_test(other_cycle),
		cmocka_unit_test(other_address),      cmocka_unit_test(more_and_less),
		cmocka_unit_test(unknown_memory),     cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
