/* SPDX-License-Identifier: MIT */
/* Helpers for tests of CCSL. */
#include "tests/lib/ccsl_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/script.h"

static void on_verdict(void *ctx, const struct ccsl_verdict *v)
{
	struct kit_log *log = ctx;

	assert_true(log->n < KIT_VERDICTS);
	snprintf(log->v[log->n].rule, sizeof(log->v[0].rule), "%s", v->rule->name);
	snprintf(log->v[log->n].clause, sizeof(log->v[0].clause), "%s",
		 v->rule->nclauses ? v->rule->clauses[0] : "");
	snprintf(log->v[log->n].event, sizeof(log->v[0].event), "%s", v->event);
	snprintf(log->v[log->n].explain, sizeof(log->v[0].explain), "%s", v->explain);
	log->v[log->n].blame = v->rule->blame;
	log->v[log->n].instant = v->instant;
	log->v[log->n].cycle = v->cycle;
	log->v[log->n].waived = v->waived;
	log->n++;
}

struct ccsl_sink kit_sink(struct kit_log *log)
{
	memset(log, 0, sizeof(*log));
	return (struct ccsl_sink){ .ctx = log, .verdict = on_verdict };
}

static struct ccsl_spec *must_load(const char *text)
{
	struct ccsl_error err;
	struct ccsl_spec *spec = ccsl_load_text("test", text, NULL, NULL, &err);

	if (!spec)
		fail_msg("%s:%u:%u: %s\n%s", err.file, err.line, err.col, err.text, text);
	return spec;
}

int kit_letters(const char *body, const char *trace)
{
	char text[4096];
	struct kit_log log;
	struct ccsl_sink sink = kit_sink(&log);
	struct ccsl_spec *spec;
	struct ccsl_monitor *mon;
	uint64_t cycle = 0;

	snprintf(text, sizeof(text),
		 "Specification t { Clock a, b, c, d, e, f, g, h, s, t, u, v, w, "
		 "x, y, z [\n%s\n] }",
		 body);
	spec = must_load(text);
	mon = ccsl_monitor_new(spec, &sink);
	assert_non_null(mon);
	while (*trace) {
		struct ccsl_tick ticks[16] = { 0 };
		unsigned n = 0;

		for (; *trace && *trace != ' '; trace++) {
			char name[2] = { *trace, 0 };
			int id = ccsl_event_find(spec, name);

			if (*trace == '.')
				continue;
			assert_true(id >= 0 && n < 16);
			ticks[n++].event = (uint16_t)id;
		}
		ccsl_step(mon, cycle++, ticks, n);
		trace += *trace == ' ';
	}
	ccsl_monitor_free(mon);
	ccsl_spec_free(spec);
	return log.n ? (int)log.v[0].instant : -1;
}

static void run(struct ccsl_spec *spec, const char *trace, struct kit_log *log)
{
	struct ccsl_sink sink = kit_sink(log);
	struct ccsl_monitor *mon = ccsl_monitor_new(spec, &sink);
	struct script t = { .spec = spec, .name = "trace" };
	struct ccsl_error err;
	int got;

	assert_non_null(mon);
	t.file = fmemopen((char *)trace, strlen(trace), "r");
	assert_non_null(t.file);
	while ((got = script_next(&t, &err)) > 0)
		ccsl_step(mon, t.cycle, t.ticks, t.nticks);
	if (got < 0)
		fail_msg("%u:%u: %s in\n%s", err.line, err.col, err.text, trace);
	ccsl_finish(mon, t.cycle);
	fclose(t.file);
	script_done(&t);
	ccsl_monitor_free(mon);
	ccsl_spec_free(spec);
}

void kit_text(const char *text, const char *trace, struct kit_log *log)
{
	run(must_load(text), trace, log);
}

const char *kit_error(const char *text, char *buf, unsigned len)
{
	struct ccsl_error err;
	struct ccsl_spec *spec = ccsl_load_text("test", text, NULL, NULL, &err);

	if (spec) {
		ccsl_spec_free(spec);
		return "no error";
	}
	snprintf(buf, len, "%u:%u: %s", err.line, err.col, err.text);
	return buf;
}

uint64_t kit_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1du;
}
