/* SPDX-License-Identifier: MIT */
/* vcosim check: the monitor over recorded sessions, by any specification. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd.h"
#include "sim/cmd_judge.h"
#include "sim/cmd_rig.h"
#include "sim/trace_read.h"

struct check {
	const char *spec, *profile;
	FILE *story;
	json_t *runs;
};

static int usage(FILE *to, int status)
{
	fprintf(to, "usage: vcosim check [OPTION...] TRACE...\n"
		    "Judges recorded sessions, as they would be judged live.\n"
		    "\n"
		    "  --spec FILE  judge by this specification (default: that of the device)\n"
		    "  --profile P  spec-1.4, which waives nothing (default), or practice\n"
		    "  --json       print the report as JSON instead of the story\n"
		    "  --help       this text\n"
		    "\n"
		    "Exit status: 0 no verdict against the driver or the device, 1 some, 2 could "
		    "not judge.\n");
	return status;
}

/* The name of the run in a trace's header, or "trace". */
static const char *run_name(const json_t *header)
{
	const char *name = json_string_value(json_object_get(header, "run"));

	return name ? name : "trace";
}

static void report(struct check *c, const char *path, const struct trace_log *log,
		   const json_t *header, const struct judge *judge, int status)
{
	json_t *blind = json_object_get(header, "not_observable");
	json_t *run = judge_report(judge);
	const json_t *monitor = json_object_get(run, "monitor");

	if (c->story)
		fprintf(c->story,
			"%s: %u violation%s; %" JSON_INTEGER_FORMAT
			" constraints judged %" JSON_INTEGER_FORMAT " instants\n",
			path, judge_verdicts(judge), judge_verdicts(judge) == 1 ? "" : "s",
			json_integer_value(json_object_get(monitor, "constraints")),
			json_integer_value(json_object_get(monitor, "instants")));
	if (c->story) {
		for (size_t i = 0; i < json_array_size(blind); i++)
			fprintf(c->story, "  not observable: %s\n",
				json_string_value(json_array_get(blind, i)));
		judge_tell_clauses(run, c->story);
	}
	if (blind)
		json_object_set(run, "not_observable", blind);
	json_object_set_new(run, "exit", json_integer(status));
	json_object_set_new(run, "trace", json_string(path));
	json_object_set_new(run, "whole", json_boolean(log->ended && !log->err));
	json_array_append_new(c->runs, run);
}

/* What an imported session names, or what belongs to its device. */
static bool spec_of(const json_t *header, char *path, size_t len)
{
	const char *by = json_string_value(json_object_get(header, "judged_by"));

	if (!by)
		return rig_spec_of(json_string_value(json_object_get(header, "dut")), path, len);
	if (rig_find(by, path, len))
		return true;
	fprintf(stderr, "vcosim check: %s not found near the program\n", by);
	return false;
}

static int judge_one(struct check *c, const char *path, const struct trace_log *log)
{
	json_t *header = json_loads(log->header, 0, NULL);
	struct judge_config cfg = { .name = run_name(header),
				    .spec = c->spec,
				    .story = c->story,
				    .profile = c->profile,
				    .header = header };
	struct judge *judge;
	char found[PATH_MAX];
	int status = 2;

	if (!cfg.spec && !spec_of(header, found, sizeof(found))) {
		json_decref(header);
		return 2;
	}
	if (!cfg.spec)
		cfg.spec = found;
	cfg.budget = (uint64_t)json_integer_value(json_object_get(header, "cycle_budget"));
	judge = judge_new(&cfg);
	if (judge) {
		judge_log(judge, log);
		status = log->err == -EBADMSG ? 2 : judge_verdicts(judge) ? 1 : 0;
		report(c, path, log, header, judge, status);
	}
	judge_free(judge);
	json_decref(header);
	return status;
}

static int check_one(struct check *c, const char *path)
{
	struct trace_log log;
	int status;

	if (trace_load(path, &log)) {
		fprintf(stderr, "vcosim check: %s: %s\n", path, log.why);
		return 2;
	}
	if (log.err)
		fprintf(stderr, "vcosim check: %s: %s; judged to there\n", path, log.why);
	status = judge_one(c, path, &log);
	trace_unload(&log);
	return status;
}

int cmd_check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "spec", required_argument, NULL, 'c' },
		{ "profile", required_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct check c = { .story = stdout };
	int opt, status = 0;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			c.spec = optarg;
			break;
		case 'p':
			c.profile = optarg;
			break;
		case 'j':
			c.story = NULL;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (optind == argc)
		return usage(stderr, 2);
	c.runs = json_array();
	for (int i = optind; i < argc; i++) {
		int one = check_one(&c, argv[i]);

		status = one > status ? one : status;
	}
	if (!c.story) {
		json_t *root = json_pack("{s:i, s:O}", "schema", 1, "runs", c.runs);

		json_dumpf(root, stdout, JSON_INDENT(2));
		puts("");
		json_decref(root);
	}
	json_decref(c.runs);
	return status;
}
