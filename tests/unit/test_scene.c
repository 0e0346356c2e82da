/* SPDX-License-Identifier: MIT */
/* Scenarios: what a good one says, what is taken for granted, and that a bad one is one clear line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/scene.h"

#define LINUX "what = \"w\"; guest = \"linux\";\n"
#define DRIVE "what = \"w\"; guest = \"drive\";\n"

static int make(void **state)
{
	*state = malloc(sizeof(struct scene));
	return !*state;
}

static int drop(void **state)
{
	free(*state);
	return 0;
}

static void good(struct scene *sc, const char *path, const char *text)
{
	char err[SETTINGS_ERR] = "";

	if (!scene_parse(path, text, sc, err))
		fail_msg("%s", err);
}

static void least(void **state)
{
	struct scene *sc = *state;

	good(sc, "a/b/boot-2.scn", LINUX);
	assert_string_equal(sc->name, "boot-2");
	assert_string_equal(sc->path, "a/b/boot-2.scn");
	assert_int_equal(sc->guest, SCENE_LINUX);
	assert_int_equal(sc->nkernels, 2);
	assert_string_equal(sc->kernels[1], "6.12");
	assert_true(sc->pci && sc->mmio && sc->completes);
	assert_int_equal(sc->nseeds, 1);
	assert_int_equal(sc->seed[0], 0);
	assert_int_equal(sc->memory_mib, 256);
	assert_int_equal(sc->devices, 1);
	assert_int_equal(sc->limit_s, 120);
	assert_int_equal(sc->nsteps + sc->nexpect + sc->nmodules, 0);
	assert_true(sc->features == 0 && !sc->spec_queues && !sc->intx && !sc->iommu);
	good(sc, "x.scn", DRIVE);
	assert_string_equal(sc->plays, "life");
	assert_int_equal(sc->target_mib, 16);
}

static void all(void **state)
{
	struct scene *sc = *state;

	good(sc, "d/x.scn",
	     LINUX
	     "kernels = [ \"6.12\" ]; transports = [ \"pci\" ]; seeds = [ 7, 0 ]; errors = 50;\n"
	     "features = \"stats_vq\"; queue_map = \"spec\"; interrupts = \"intx\"; memory = 512;\n"
	     "devices = 2; modules = [ \"m.ko\", \"/n.ko\" ]; profile = \"spec-1.4\"; spec = "
	     "\"s.ccsl\";\n"
	     "expect = [ \"DRV-1\", \"HANG\" ]; limit = 9;\n");
	assert_int_equal(sc->nkernels, 1);
	assert_true(sc->pci && !sc->mmio && sc->spec_queues && sc->intx);
	assert_int_equal(sc->nseeds, 2);
	assert_int_equal(sc->seed[0], 7);
	assert_int_equal(sc->errors, 50);
	assert_true(sc->features & 2);
	assert_int_equal(sc->memory_mib, 512);
	assert_int_equal(sc->devices, 2);
	assert_string_equal(sc->module[0], "d/m.ko");
	assert_string_equal(sc->module[1], "/n.ko");
	assert_string_equal(sc->spec, "d/s.ccsl");
	assert_string_equal(sc->expect[1], "HANG");
	assert_int_equal(sc->limit_s, 9);
	good(sc, "x.scn", DRIVE "fault = \"interrupt-lost\"; transports = [ \"pci\" ]; lives = 3;");
	assert_string_equal(sc->plays, "linger"); /* which shows that fault */
	assert_int_equal(sc->lives, 3);
	good(sc, "d/x.scn", "what = \"w\"; guest = \"trace\"; trace = \"t.trace\"; exact = true;");
	assert_string_equal(sc->trace, "d/t.trace");
	assert_true(sc->exact && sc->pci && !sc->mmio);
}

/* An editor may leave the last line without its end. */
static void no_end_of_line(void **state)
{
	good(*state, "x.scn", DRIVE "lives = 3; # three");
	assert_int_equal(((struct scene *)*state)->lives, 3);
}

/* What nobody asked for must not be too much. */
static void little_memory(void **state)
{
	good(*state, "x.scn", LINUX "memory = 64;");
	assert_int_equal(((struct scene *)*state)->target_mib, 32);
}

static void steps(void **state)
{
	struct scene *sc = *state;

	good(sc, "x.scn",
	     LINUX "steps = [ \"fill\", \"fill 8\", \"repeat 3\", \"balloon 64\", \"end\",\n"
		   "\"exec  echo a  b\", \"expect actual < 65\", \"hint\" ];");
	assert_int_equal(sc->nsteps, 8);
	assert_int_equal(sc->step[0].what, SCENE_FILL);
	assert_int_equal(sc->step[0].n, 0);
	assert_int_equal(sc->step[1].n, 8);
	assert_int_equal(sc->step[2].what, SCENE_REPEAT);
	assert_int_equal(sc->step[3].what, SCENE_BALLOON);
	assert_int_equal(sc->step[3].n, 64);
	assert_int_equal(sc->step[3].line, 2);
	assert_string_equal(sc->step[5].text, "echo a  b");
	assert_int_equal(sc->step[5].line, 3);
	assert_int_equal(sc->step[6].figure, SCENE_ACTUAL);
	assert_int_equal(sc->step[6].op, '<');
	assert_int_equal(sc->step[6].n, 65);
	assert_int_equal(sc->step[7].n, 1);
}

static void bad(void **state)
{
	static const struct {
		const char *path, *text, *err;
	} cases[] = {
		{ "x.scn", "", "x.scn:1: guest is missing: " },
		{ "x.scn", "guest = \"linux\";", "x.scn:1: what is missing: " },
		{ "a b.scn", LINUX, "a b.scn:1: the file's name names the runs" },
		{ "a--b.scn", LINUX, "a--b.scn:1: the file's name" },
		{ "x.scn", LINUX "kernels = [ \"5.10\" ];", "x.scn:2: kernels: no kernel 5.10" },
		{ "x.scn", LINUX "kernels = [ ];", "x.scn:2: kernels: expected one" },
		{ "x.scn", LINUX "kernels = \"6.1\";", "x.scn:2: kernels: expected [ " },
		{ "x.scn", LINUX "transports = [ \"usb\" ];",
		  "x.scn:2: transports: expected \"pci\"" },
		{ "x.scn", LINUX "seeds = [ 1, 1 ];", "x.scn:2: seeds: 1 is there twice" },
		{ "x.scn", LINUX "seeds = [ -1 ];", "x.scn:2: seeds: expected a number" },
		{ "x.scn", LINUX "features = \"wings\";", "x.scn:2: features: expected names" },
		{ "x.scn", LINUX "iommu = true; transports = [ \"mmio\" ];",
		  "x.scn:2: transports: expected \"pci\" alone" },
		{ "x.scn", LINUX "dut = \"rng-pci\"; transports = [ \"pci\" ];",
		  "x.scn:2: transports: dut says it" },
		{ "x.scn", LINUX "features = \"0x10000000000000000\";",
		  "x.scn:2: features: expected names" },
		{ "x.scn", LINUX "# @include is none here\n\t@include \"/etc/passwd\"",
		  "x.scn:3: expected no @include" },
		{ "x.scn", LINUX "plays = \"life\";", "x.scn:2: plays: not for guest \"linux\"" },
		{ "x.scn", LINUX "expect = [ \"A\", \"A\" ];",
		  "x.scn:2: expect: A is there twice" },
		{ "x.scn", LINUX "expect = \"A\";", "x.scn:2: expect: expected [ " },
		{ "x.scn", LINUX "limit = 0;", "x.scn:2: limit: expected a number from 1" },
		{ "x.scn", LINUX "steps = [ \"balloon\" ];",
		  "x.scn:2: steps: balloon: expected MiB" },
		{ "x.scn", LINUX "steps = [ \"balloon 1x\" ];",
		  "x.scn:2: steps: balloon: expected" },
		{ "x.scn", LINUX "steps = [ \"hint-stop 1\" ];",
		  "x.scn:2: steps: hint-stop: expected nothing" },
		{ "x.scn", LINUX "steps = [ \"exec\" ];",
		  "x.scn:2: steps: exec: expected a shell" },
		{ "x.scn", LINUX "steps = [ \"end\" ];", "x.scn:2: steps: end: expected a repeat" },
		{ "x.scn", LINUX "steps = [ \"repeat 2\" ];", "x.scn:2: steps: expected an end" },
		{ "x.scn",
		  LINUX "steps = [ \"repeat 1\", \"repeat 1\", \"repeat 1\", \"repeat 1\", "
			"\"repeat 1\" ];",
		  "x.scn:2: steps: repeat: expected at most 4" },
		{ "x.scn", LINUX "steps = [ \"others 1\" ];",
		  "x.scn:2: steps: others: expected devices" },
		{ "x.scn", LINUX "steps = [ \"expect size < 1\" ];",
		  "x.scn:2: steps: expect: expected a" },
		{ "x.scn", LINUX "steps = [ \"expect actual ! 1\" ];",
		  "x.scn:2: steps: expect: expected a" },
		{ "x.scn", LINUX "steps = [ 7 ];", "x.scn:2: steps: expected text in quotes" },
		{ "x.scn", DRIVE "plays = \"chess\";",
		  "x.scn:2: plays: no scenario chess over pci" },
		{ "x.scn", DRIVE "plays = \"msix\";",
		  "x.scn:2: plays: no scenario msix over mmio" },
		{ "x.scn", DRIVE "fault = \"interrupt-lost\";", "x.scn:2: fault: no device fault" },
		{ "x.scn", DRIVE "target = 49;",
		  "x.scn:2: target: expected a number from 0 to 48" },
		{ "x.scn", "what = \"w\"; guest = \"user\";", "x.scn:1: kernel is missing: " },
		{ "x.scn", "what = \"w\"; guest = \"trace\";", "x.scn:1: trace is missing: " },
		{ "x.scn", "what = 1; guest = \"drive\";", "x.scn:1: what: expected text" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char err[SETTINGS_ERR] = "";

		if (scene_parse(cases[i].path, cases[i].text, *state, err))
			fail_msg("taken: %s", cases[i].text);
		if (strncmp(err, cases[i].err, strlen(cases[i].err)) || strchr(err, '\n'))
			fail_msg("'%s', expected '%s'", err, cases[i].err);
	}
}

/* Each list, one longer than there is room for. */
static void full(void **state)
{
	static const struct {
		const char *key, *quote; /* around a number */
		unsigned room;
	} lists[] = { { "steps", "\"hint ", SCENE_STEPS },
		      { "expect", "\"A", SCENE_CLAUSES },
		      { "seeds", "", SCENE_SEEDS },
		      { "modules", "\"m", SCENE_MODULES } };
	char text[8192], err[SETTINGS_ERR];

	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (unsigned more = 0; more < 2; more++) {
			size_t n = (size_t)sprintf(text, LINUX "%s = [ ", lists[i].key);

			for (unsigned k = 0; k < lists[i].room + more; k++)
				n += (size_t)sprintf(text + n, "%s%s%u%s", k ? ", " : "",
						     lists[i].quote, k + 1,
						     *lists[i].quote ? "\"" : "");
			strcpy(text + n, " ];");
			assert_int_equal(scene_parse("x.scn", text, *state, err), !more);
			if (more)
				assert_non_null(strstr(err, "at most"));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(least, make, drop),
		cmocka_unit_test_setup_teardown(all, make, drop),
		cmocka_unit_test_setup_teardown(no_end_of_line, make, drop),
		cmocka_unit_test_setup_teardown(little_memory, make, drop),
		cmocka_unit_test_setup_teardown(steps, make, drop),
		cmocka_unit_test_setup_teardown(bad, make, drop),
		cmocka_unit_test_setup_teardown(full, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
