/* SPDX-License-Identifier: MIT */
/* vcosim shrink: the shortest session that still fails in the same way, as a trace. */
#include "sim/cmd_shrink.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/cmd.h"
#include "sim/cmd_judge.h"
#include "sim/cmd_rig.h"
#include "sim/replay.h"

#define SECONDS 300

struct command {
	struct shrink s;
	const char *trace;
	char out[PATH_MAX], found[PATH_MAX];
	unsigned long number; /* of the verdict to keep */

	struct trace_log log;
	json_t *header, *verdicts;
	uint64_t *life; /* cycles in which the driver or the host reset the device */
	size_t nlives, cap;
	uint64_t events;
};

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim shrink TRACE --keep verdict:N [OPTION...]\n"
		"Makes the shortest session that still brings this verdict: the same primary "
		"clause\n"
		"and blame, and before it no verdict that was not before it. What driver and host\n"
		"did is thinned out, done again on the RTL and judged; the result is a trace as "
		"any.\n"
		"\n"
		"  --keep verdict:N  as `vcosim check --json` lists them\n"
		"  -o FILE           the trace (default: the name with .min.trace)\n"
		"  --seconds N       search no longer than that (default: %d)\n"
		"  --spec FILE       judge by this specification (default: the built-in one)\n"
		"  --help            this text\n"
		"\n"
		"Exit status: 0 written, 2 could not.\n",
		SECONDS);
	return status;
}

static bool fail(const struct command *c, const char *what)
{
	fprintf(stderr, "vcosim shrink: %s: %s\n", c->trace, what);
	return false;
}

static const char *text_of(const json_t *verdict, const char *name)
{
	const char *text = json_string_value(json_object_get(verdict, name));

	return text ? text : "?";
}

/* --- what was recorded ------------------------------------------------------------------------ */

static void on_verdict(void *ctx, const json_t *verdict)
{
	struct command *c = ctx;

	json_array_append(c->verdicts, (json_t *)(uintptr_t)verdict);
}

static void add_life(struct command *c, uint64_t cycle)
{
	if (c->nlives == c->cap) {
		size_t cap = 2 * c->cap + 64;
		uint64_t *more = realloc(c->life, cap * sizeof(*more));

		if (!more)
			return; /* one border less to cut at */
		c->life = more;
		c->cap = cap;
	}
	c->life[c->nlives++] = cycle;
}

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct command *c = ctx;

	c->events += n;
	for (unsigned i = 0; i < n; i++)
		if (ev[i].id == EV_HOST_RESET || (ev[i].id == EV_STATUS_WRITE && !ev[i].arg[0]))
			add_life(c, cycle);
}

static bool find_spec(struct command *c)
{
	if (!rig_spec_of(c->s.dev.dut, c->found, sizeof(c->found)))
		return false;
	c->s.spec = c->found;
	return true;
}

static bool no_such_verdict(const struct command *c)
{
	const json_t *v;

	fprintf(stderr, "vcosim shrink: %s: no verdict %lu, it has %zu\n", c->trace, c->number,
		json_array_size(c->verdicts));
	for (size_t i = 0; (v = json_array_get(c->verdicts, i)); i++)
		fprintf(stderr, "  verdict:%zu  %s %s\n", i + 1, text_of(v, "clause"),
			text_of(v, "blame"));
	return false;
}

/* The verdicts of the recording, and which is to be kept. */
static bool judge(struct command *c)
{
	struct judge_config cfg = { .name = "shrink",
				    .spec = c->s.spec,
				    .ctx = c,
				    .instant = on_instant,
				    .verdict = on_verdict,
				    .budget = c->s.dev.cycle_budget };
	struct judge *judge = judge_new(&cfg);

	if (!judge)
		return false;
	judge_log(judge, &c->log);
	judge_free(judge);
	if (!c->number || c->number > json_array_size(c->verdicts))
		return no_such_verdict(c);
	c->s.keep = json_array_get(c->verdicts, c->number - 1);
	for (size_t i = 0; i + 1 < c->number; i++)
		json_array_append(c->s.before, json_array_get(c->verdicts, i));
	return true;
}

static bool load(struct command *c)
{
	const char *rtl, *why;

	if (trace_load(c->trace, &c->log))
		return fail(c, c->log.why);
	if (c->log.err)
		fprintf(stderr, "vcosim shrink: %s: %s; goes to there\n", c->trace, c->log.why);
	c->header = json_loads(c->log.header, 0, NULL);
	why = replay_device(c->header, &c->s.dev, &rtl);
	if (why)
		return fail(c, why);
	c->s.name = text_of(c->header, "run");
	if (!c->s.spec && !find_spec(c))
		return false;
	if (!judge(c))
		return false;
	switch (actions_of(&c->log, &c->s.acts)) {
	case 0:
		return true;
	case -EINVAL:
		return fail(c, "the device was never powered on");
	default:
		return fail(c, "out of memory");
	}
}

/* --- the command --------------------------------------------------------------------------------
 */

static size_t left(const struct command *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->s.acts.n; i++)
		n += !c->s.acts.at[i].off;
	return n;
}

static bool run(struct command *c)
{
	struct shrink *s = &c->s;

	if (!load(c))
		return false;
	if (!shrink_run(s, NULL)) {
		fprintf(stderr,
			"vcosim shrink: %s: done again on this RTL, the session does not bring "
			"%s %s%s\n",
			c->trace, text_of(s->keep, "clause"), text_of(s->keep, "blame"),
			s->foreign ? ": another verdict comes first" : "");
		return false;
	}
	shrink_thin(s, c->life, c->nlives);
	shrink_numbers(s);
	if (s->broken || !shrink_run(s, c->out))
		return fail(c, "could not be shrunk");
	printf("%s: %s %s kept; %" PRIu64 " events -> %" PRIu64 ", %zu actions -> %zu, %u runs%s\n",
	       c->out, text_of(s->keep, "clause"), text_of(s->keep, "blame"), c->events, s->events,
	       s->acts.n, left(c), s->runs, shrink_spent(s) ? "; the time was up" : "");
	return true;
}

static bool parse_keep(const char *text, unsigned long *number)
{
	char *end;

	if (strncmp(text, "verdict:", 8))
		return false;
	*number = strtoul(text + 8, &end, 10);
	return end != text + 8 && !*end && text[8] != '-';
}

static void name_output(struct command *c, const char *given)
{
	size_t len = strlen(c->trace);

	if (len > 6 && !strcmp(c->trace + len - 6, ".trace"))
		len -= 6;
	if (given)
		snprintf(c->out, sizeof(c->out), "%s", given);
	else
		snprintf(c->out, sizeof(c->out), "%.*s.min.trace", (int)len, c->trace);
}

int cmd_shrink(int argc, char **argv)
{
	static const struct option options[] = {
		{ "keep", required_argument, NULL, 'k' },
		{ "seconds", required_argument, NULL, 's' },
		{ "spec", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *keep = NULL, *out = NULL;
	unsigned long seconds = SECONDS;
	struct command c = { 0 };
	struct timespec now;
	char *end;
	bool ok;
	int opt;

	while ((opt = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (opt) {
		case 'k':
			keep = optarg;
			break;
		case 's':
			seconds = strtoul(optarg, &end, 10);
			if (*end || end == optarg || *optarg == '-') {
				fprintf(stderr, "vcosim shrink: --seconds %s: expected a number\n",
					optarg);
				return 2;
			}
			break;
		case 'o':
			out = optarg;
			break;
		case 'c':
			c.s.spec = optarg;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (!keep || optind != argc - 1)
		return usage(stderr, 2);
	if (!parse_keep(keep, &c.number)) {
		fprintf(stderr, "vcosim shrink: --keep %s: expected verdict:N\n", keep);
		return 2;
	}
	c.trace = argv[optind];
	clock_gettime(CLOCK_MONOTONIC, &now);
	c.s.until = ((uint64_t)now.tv_sec + seconds) * 1000000000;
	name_output(&c, out);
	c.verdicts = json_array();
	c.s.before = json_array();
	c.s.ram = ram_new();
	ok = c.s.ram && run(&c);
	actions_free(&c.s.acts);
	ram_free(c.s.ram);
	trace_unload(&c.log);
	json_decref(c.verdicts);
	json_decref(c.s.before);
	json_decref(c.header);
	free(c.life);
	return ok ? 0 : 2;
}
