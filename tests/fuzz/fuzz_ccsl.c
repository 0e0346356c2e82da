/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: CCSL text. What loads is listed, drawn, stepped, emitted as C and exported; what
 * does not load, or cannot be exported, must say where and why.
 *
 * An input is a specification, and, after a line "%%", an abstract trace (monitor/script.h)
 * to run against it. Without one it is stepped through random instants, a function of the text.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/ccsl.h"
#include "monitor/dot.h"
#include "monitor/emit.h"
#include "monitor/export.h"
#include "monitor/script.h"

#define INSTANTS 64
#define TICKS    6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_warning(void *ctx, const struct ccsl_error *warning)
{
	(void)ctx;
	assert(warning->text[0] && !strchr(warning->text, '\n'));
}

static void on_verdict(void *ctx, const struct ccsl_verdict *v)
{
	const struct ccsl_spec *spec = ctx;

	assert(v->rule == ccsl_rule(spec, v->index));
	assert(strlen(v->event) && strlen(v->explain));
}

static void on_note(void *ctx, const char *clock, const char *text, uint64_t cycle)
{
	(void)ctx;
	(void)cycle;
	assert(strlen(clock) + strlen(text));
}

static uint64_t next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1du;
}

/* Small numbers mostly: those that a specification compares with. */
static uint64_t number(uint64_t *seed)
{
	uint64_t r = next(seed);

	return r & 1 ? r >> 1 & 3 : r & 2 ? r >> 2 & 0xff : next(seed);
}

static void step_at_random(const struct ccsl_spec *spec, struct ccsl_monitor *mon, uint64_t seed)
{
	uint64_t cycle = 0;

	for (unsigned i = 0; i < INSTANTS && ccsl_events(spec); i++) {
		struct ccsl_tick ticks[TICKS] = { 0 };
		unsigned n = next(&seed) % (TICKS + 1);

		for (unsigned k = 0; k < n; k++) {
			char text[64];

			ticks[k].event = (uint16_t)(next(&seed) % ccsl_events(spec));
			ticks[k].nargs = (uint8_t)ccsl_event_nargs(spec, ticks[k].event);
			for (unsigned a = 0; a < ticks[k].nargs; a++)
				ticks[k].arg[a] = number(&seed);
			ccsl_tick_str(spec, &ticks[k], text, 1 + next(&seed) % sizeof(text));
		}
		ccsl_step(mon, cycle, ticks, n);
		cycle += number(&seed) & 0xffff;
	}
	ccsl_finish(mon, cycle + 1);
}

static void run_trace(const struct ccsl_spec *spec, struct ccsl_monitor *mon, char *text)
{
	struct script t = { .spec = spec, .name = "trace" };
	struct ccsl_error err = { 0 };
	int got;

	t.file = fmemopen(text, strlen(text), "r");
	if (!t.file)
		return; /* an empty one */
	while ((got = script_next(&t, &err)) > 0)
		ccsl_step(mon, t.cycle, t.ticks, t.nticks);
	assert(got == 0 || (err.line && err.text[0]));
	ccsl_finish(mon, t.cycle);
	fclose(t.file);
	script_done(&t);
}

/* Writes it in all the ways that there are. */
static void write_all(const struct ccsl_spec *spec)
{
	struct ccsl_error err = { 0 };
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert(to);
	dot_write(spec, to);
	fflush(to);
	assert(len);
	emit_source(spec, "fuzz", to);
	emit_header(spec, "fuzz", to);
	for (enum export_to tool = EXPORT_LIGHTCCSL; tool <= EXPORT_MRTCCSL; tool++)
		assert(!export_write(spec, "fuzz", tool, to, &err) || err.text[0]);
	fclose(to);
	free(text);
}

/* Everything that can be asked about a specification and a monitor. */
static void ask(const struct ccsl_spec *spec, const struct ccsl_monitor *mon)
{
	for (unsigned i = 0; i < ccsl_rules(spec); i++) {
		const struct ccsl_rule *rule = ccsl_rule(spec, i);
		uint64_t violations;
		enum ccsl_result result = ccsl_result(mon, i, &violations);

		assert((result == CCSL_VIOLATED) == (violations != 0));
		assert(strlen(rule->name) && rule->text && rule->scope && rule->expect);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t seed = 0xcbf29ce484222325u;
	struct ccsl_error err = { 0 };
	struct ccsl_spec *spec;
	struct ccsl_monitor *mon;
	struct ccsl_sink sink;
	char *text = malloc(size + 1), *trace;

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < size; i++)
		seed = (seed ^ data[i]) * 0x100000001b3u;
	trace = strstr(text, "\n%%\n");
	if (trace) {
		*trace = '\0';
		trace += 4;
	}
	/* Imports are relative to a folder that is not there: no file of the machine is read. */
	if (strstr(text, "\"/")) {
		free(text);
		return 0;
	}
	spec = ccsl_load_text("none/text", text, on_warning, NULL, &err);
	if (!spec) {
		assert(err.text[0] && !strchr(err.text, '\n'));
		free(text);
		return 0;
	}
	sink = (struct ccsl_sink){ spec, on_verdict, on_note };
	mon = ccsl_monitor_new(spec, &sink);
	assert(mon);
	if (trace)
		run_trace(spec, mon, trace);
	else
		step_at_random(spec, mon, seed);
	ask(spec, mon);
	write_all(spec);
	ccsl_monitor_free(mon);
	ccsl_spec_free(spec);
	free(text);
	return 0;
}
