/* SPDX-License-Identifier: MIT */
/*
 * Random drivers that conform (tests/lib/legal.h) against the whole specification: no verdict
 * against them or the device, and nothing of a session that they cannot make sense of.
 *
 * LEGAL_SEED=n plays that seed alone, LEGAL_DUT=name on that device alone; LEGAL_TRACE=FILE records
 * it. LEGAL_INSTANTS=n goes on, from seed LEGAL_FIRST on, until so many were judged on each device.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/legal.h"

#define ACCESSES 4000
#define SAMPLE   150000 /* instants */

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* What was put to the test, for who adds it up: a clause a line. */
static void tell_exercised(const char *dut, json_t *clauses)
{
	const char *id;
	json_t *val;

	json_object_foreach(clauses, id, val) printf("# exercised %s %s\n", dut, id);
	printf("# %s: %zu clauses could have been broken\n", dut, json_object_size(clauses));
}

static uint64_t judge(const char *dut, uint64_t seed, json_t *clauses)
{
	struct legal_config cfg = { .dut = dut,
				    .seed = seed,
				    .accesses = ACCESSES,
				    .trace = getenv("LEGAL_TRACE"),
				    .tell = getenv("LEGAL_TELL") };
	struct legal_result result;
	json_t *monitor, *list, *id;
	uint64_t instants;
	size_t i;

	legal_play(&cfg, &result);
	if (result.error || result.verdicts) {
		printf("# LEGAL_DUT=%s LEGAL_SEED=%llu plays it again: %s, %u verdicts\n", dut,
		       (unsigned long long)seed,
		       result.error ? result.error : "no word of the driver", result.verdicts);
		fflush(stdout);
	}
	monitor = json_object_get(result.report, "monitor");
	instants = (uint64_t)json_integer_value(json_object_get(monitor, "instants"));
	list = json_object_get(json_object_get(monitor, "clauses"), "exercised");
	json_array_foreach(list, i, id)
		json_object_set_new(clauses, json_string_value(id), json_true());
	json_decref(result.report);
	if (!getenv("LEGAL_GO_ON")) {
		assert_null(result.error);
		assert_int_equal(result.verdicts, 0);
		assert_true(instants > ACCESSES / 2);
	}
	return instants;
}

/* Drivers that were blamed for what met in one cycle: a line that rose and the read that showed
 * why; a bus reset and a page that was handed on. */
static const struct {
	const char *dut;
	uint64_t seed;
} coincidences[] = { { "balloon-mmio", 152 }, { "balloon-pci", 134 } };

static void drivers(void **state)
{
	const char *dut = *state, *only = getenv("LEGAL_DUT");
	uint64_t seed = number("LEGAL_SEED", 0), instants = 0, n;
	uint64_t enough = number("LEGAL_INSTANTS", SAMPLE), first = number("LEGAL_FIRST", 1);
	json_t *clauses = json_object();

	if (only && strcmp(only, dut))
		skip();
	if (seed)
		instants = judge(dut, seed, clauses);
	for (unsigned i = 0; !seed && i < sizeof(coincidences) / sizeof(coincidences[0]); i++)
		if (!strcmp(coincidences[i].dut, dut))
			judge(dut, coincidences[i].seed, clauses);
	for (n = first; !seed && instants < enough; n++)
		instants += judge(dut, n, clauses);
	printf("# %s: %llu instants of %llu sessions judged\n", dut, (unsigned long long)instants,
	       (unsigned long long)(seed ? 1 : n - first));
	tell_exercised(dut, clauses);
	json_decref(clauses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(drivers, (void *)"balloon-pci"),
		cmocka_unit_test_prestate(drivers, (void *)"balloon-mmio"),
		cmocka_unit_test_prestate(drivers, (void *)"rng-pci"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
