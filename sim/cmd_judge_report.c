/* SPDX-License-Identifier: MIT */
/* The report: what a session did, which clauses it put to the test, and what was found. */
#include "sim/cmd_judge_internal.h"

#include <inttypes.h>
#include <string.h>

#include "sim/cmd_coverage.h"

#define TELL_COLUMNS 80

/* FNV-1a, 64 bits, of a file's bytes: tells specifications apart, resists nobody. */
static void hash_file(json_t *files, const char *path)
{
	uint64_t hash = 0xcbf29ce484222325ULL;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	FILE *file;
	int c;

	if (json_object_get(files, name))
		return;
	file = fopen(path, "rb");
	if (!file)
		return;
	while ((c = getc(file)) != EOF)
		hash = (hash ^ (uint64_t)c) * 0x100000001b3ULL;
	fclose(file);
	json_object_set_new(files, name, json_sprintf("%016" PRIx64, hash));
}

json_t *judge_specs(const struct judge *judge)
{
	json_t *files = json_object();

	hash_file(files, judge->cfg.spec);
	for (unsigned i = 0; i < ccsl_rules(judge->spec); i++)
		hash_file(files, ccsl_rule(judge->spec, i)->file);
	return files;
}

static json_t *hex(uint64_t val)
{
	return json_sprintf("0x%" PRIx64, val);
}

static void burndown_line(void *ctx, const struct burndown_line *line)
{
	static const char *const states[] = {
		[BURNDOWN_TOUCHED] = "touched",
		[BURNDOWN_NEVER] = "never",
		[BURNDOWN_ABSENT] = "not_modelled",
	};
	json_t *list = json_object_get(ctx, states[line->state]);

	if (line->state == BURNDOWN_NEVER)
		json_array_append_new(list, json_string(line->name));
	else
		json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "name", line->name,
						      "reads", (json_int_t)line->reads, "writes",
						      (json_int_t)line->writes));
}

static json_t *burndown(const struct judge *judge)
{
	json_t *lists = json_pack("{s:[], s:[], s:[]}", "touched", "never", "not_modelled");

	burndown_each(judge->burndown, burndown_line, lists);
	return lists;
}

static json_t *waivers(const struct profile *profile)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < profile->n; i++) {
		const struct profile_waiver *w = &profile->waiver[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "rule", w->rule,
						      "clause", w->clause, "driver", w->driver,
						      "evidence", w->evidence, "times",
						      (json_int_t)w->times));
	}
	return list;
}

/* Ids, as many a line as fit. */
static void tell_hidden(const json_t *ids, FILE *to)
{
	const json_t *id;
	int column = 0;
	size_t i;

	if (!json_array_size(ids))
		return;
	fprintf(to, "NOT OBSERVABLE in this session, and so neither kept nor broken: %zu clauses\n",
		json_array_size(ids));
	json_array_foreach(ids, i, id)
	{
		if (column > TELL_COLUMNS)
			column = fprintf(to, "\n") - 1;
		column += fprintf(to, "  %s", json_string_value(id));
	}
	fprintf(to, "\n");
}

void judge_tell_clauses(const json_t *report, FILE *to)
{
	const json_t *monitor = json_object_get(report, "monitor");
	const json_t *clauses = json_object_get(monitor, "clauses");
	const json_t *list = json_object_get(monitor, "waivers"), *w;
	size_t i;

	fprintf(to,
		"Of %zu clauses %zu were exercised, so that they could have been broken, and %zu "
		"never; %zu were broken, and advice of %zu was not taken.\n",
		json_array_size(json_object_get(clauses, "exercised")) +
			json_array_size(json_object_get(clauses, "never")),
		json_array_size(json_object_get(clauses, "exercised")),
		json_array_size(json_object_get(clauses, "never")),
		json_array_size(json_object_get(clauses, "violated")),
		json_array_size(json_object_get(clauses, "advised")));
	tell_hidden(json_object_get(clauses, "not_observable"), to);
	json_array_foreach(list, i, w) if (json_integer_value(json_object_get(w, "times"))) fprintf(
		to, "Waived by the profile %s, %" JSON_INTEGER_FORMAT " times: %s %s (%s: %s)\n",
		json_string_value(json_object_get(monitor, "profile")),
		json_integer_value(json_object_get(w, "times")),
		json_string_value(json_object_get(w, "clause")),
		json_string_value(json_object_get(w, "rule")),
		json_string_value(json_object_get(w, "driver")),
		json_string_value(json_object_get(w, "evidence")));
}

json_t *judge_report(const struct judge *judge)
{
	const struct observer_stats *bus = observer_stats(judge->observer);
	struct ccsl_count count;
	json_t *report, *monitor;

	ccsl_count(judge->monitor, &count);
	report = json_pack("{s:s, s:s, s:i, s:O, s:{s:o, s:o}, s:{s:I},"
			   " s:{s:i, s:I, s:I, s:O, s:I}, s:{s:I, s:I, s:I, s:I, s:I}}",
			   "name", judge->cfg.name, "verdict",
			   judge->against ? "violations" : "conforms", "exit",
			   judge->against ? 1 : 0, "lifecycle", judge->steps, "features", "offered",
			   hex(judge->offered), "negotiated", hex(judge->negotiated), "balloon",
			   "target_pages", (json_int_t)judge->target, "monitor", "constraints",
			   (int)count.constraints, "instants", (json_int_t)count.instants, "events",
			   (json_int_t)count.events, "verdicts", judge->verdicts, "waived",
			   (json_int_t)count.waived, "bus", "reads", (json_int_t)bus->reads,
			   "writes", (json_int_t)bus->writes, "dma_read_bytes",
			   (json_int_t)bus->dma_read_bytes, "dma_written_bytes",
			   (json_int_t)bus->dma_written_bytes, "irqs", (json_int_t)bus->irqs);
	json_object_set_new(report, "burndown", burndown(judge));
	monitor = json_object_get(report, "monitor");
	json_object_set_new(monitor, "advice", json_integer(judge->advice));
	json_object_set_new(monitor, "profile",
			    json_string(judge->cfg.profile ? judge->cfg.profile : PROFILE_STRICT));
	json_object_set_new(monitor, "waivers", waivers(&judge->profile));
	json_object_set_new(
		monitor, "clauses",
		coverage_report(judge->spec, judge->monitor, judge->said, judge->blind));
	return report;
}
