/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "bridge/cmd_report.h"
#include "specs/cmd_catalogue.h"

/* Values that are said once, in order of first use. */
struct table {
	json_t *index, *list;
};

struct compact {
	json_t *clauses, *clause_index; /* rows, and by id */
	struct table registers, steps, lives, burns, grades;
};

static void table_init(struct table *table)
{
	table->index = json_object();
	table->list = json_array();
}

/* Takes the value; the index of what is equal to it, as JSON. */
static json_t *refer(struct table *table, const char *key, json_t *value)
{
	json_t *at = json_object_get(table->index, key);

	if (at) {
		json_decref(value);
		return json_incref(at);
	}
	at = json_integer((json_int_t)json_array_size(table->list));
	json_object_set(table->index, key, at);
	json_array_append_new(table->list, value);
	return at;
}

static json_t *refer_text(struct table *table, const char *text)
{
	return refer(table, text ? text : "", json_string(text ? text : ""));
}

static json_t *refer_array(struct table *table, json_t *array)
{
	char *key = json_dumps(array, JSON_COMPACT);
	json_t *at = refer(table, key ? key : "", array);

	free(key);
	return at;
}

/* A member as it is, or what stands for it if it is of another kind or missing. */
static json_t *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return json_string(text ? text : "");
}

static json_t *number_of(const json_t *object, const char *name)
{
	json_t *member = json_object_get(object, name);

	return json_is_number(member) ? json_incref(member) : json_integer(0);
}

/* --- clauses -------------------------------------------------------------------------------- */

/* What a run showed of a clause, the least first; '.': its rules were not loaded. */
#define GRADES ".neaxv"

enum grade { UNKNOWN, NEVER, EXERCISED, ADVISED, ON_PURPOSE, VIOLATED };

static void add_clause(struct compact *c, const struct clause *clause)
{
	json_object_set_new(c->clause_index, clause->id,
			    json_integer((json_int_t)json_array_size(c->clauses)));
	json_array_append_new(
		c->clauses, json_pack("[s, s, s, s, s, s, s, s, s]", clause->id, clause->party,
				      clause->level, clause->section, clause->scope,
				      clause->status < 0 ? "" : clause_status_names[clause->status],
				      clause->text, clause->why, clause->rules));
}

/* Where the clause is in the list; one that is not catalogued, of a user's own rules, is added. */
static size_t clause_at(struct compact *c, const char *id)
{
	const json_t *at = json_object_get(c->clause_index, id);

	if (!at) {
		const struct clause own = { .id = id,
					    .party = "",
					    .level = "",
					    .section = "",
					    .scope = "",
					    .status = MONITORED,
					    .text = "",
					    .why = "" };

		add_clause(c, &own);
		at = json_object_get(c->clause_index, id);
	}
	return (size_t)json_integer_value(at);
}

static bool holds(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (json_is_string(item) && !strcmp(json_string_value(item), text))
			return true;
	}
	return false;
}

struct graded {
	char *text;
	size_t len;
};

static void grade(struct compact *c, struct graded *grades, const json_t *list, enum grade as,
		  const json_t *expected)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *id = json_string_value(item);
		enum grade got = as;
		size_t at;

		if (!id)
			continue;
		if (as == VIOLATED && holds(expected, id))
			got = ON_PURPOSE;
		at = clause_at(c, id);
		if (at >= grades->len) {
			char *more = realloc(grades->text, at + 2);

			if (!more)
				return;
			memset(more + grades->len, GRADES[UNKNOWN], at + 1 - grades->len);
			more[at + 1] = '\0';
			*grades = (struct graded){ more, at + 1 };
		}
		if (strchr(GRADES, grades->text[at]) < GRADES + got)
			grades->text[at] = GRADES[got];
	}
}

/* By what the report of a device says. */
static void grade_device(struct compact *c, struct graded *grades, const json_t *report,
			 const json_t *expected)
{
	const json_t *monitor = json_object_get(report, "monitor");
	const json_t *clauses = json_object_get(monitor, "clauses");

	grade(c, grades, json_object_get(clauses, "never"), NEVER, NULL);
	grade(c, grades, json_object_get(clauses, "exercised"), EXERCISED, NULL);
	grade(c, grades, json_object_get(clauses, "advised"), ADVISED, NULL);
	grade(c, grades, json_object_get(clauses, "violated"), VIOLATED, expected);
}

/* A letter a clause, in the order of the list of clauses. */
static json_t *grades_of(struct compact *c, const json_t *run, const json_t *verdicts)
{
	const json_t *others = json_object_get(run, "others"), *other, *verdict;
	const json_t *expected = json_object_get(run, "expected");
	json_t *broken = json_array(), *at;
	struct graded grades = { NULL, 0 };
	size_t i;

	/* Also what is no clause of a rule: HANG, AXI. */
	json_array_foreach(verdicts, i, verdict)
	{
		const char *level = json_string_value(json_object_get(verdict, "level"));
		const char *blame = json_string_value(json_object_get(verdict, "blame"));

		if (level && !strncmp(level, "MUST", 4) && blame && strcmp(blame, "SPEC"))
			json_array_append(broken, json_object_get(verdict, "clause"));
	}
	grade_device(c, &grades, json_object_get(run, "report"), expected);
	json_array_foreach(others, i, other)
	{
		grade_device(c, &grades, other, expected);
	}
	grade(c, &grades, broken, VIOLATED, expected);
	at = refer_text(&c->grades, grades.text);
	json_decref(broken);
	free(grades.text);
	return at;
}

/* --- the rest of a run ---------------------------------------------------------------------- */

static void add_verdicts(json_t *verdicts, const json_t *list, json_int_t device)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		json_array_append_new(
			verdicts,
			json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "device", device,
				  "clause", text_of(v, "clause"), "rule", text_of(v, "rule"),
				  "blame", text_of(v, "blame"), "level", text_of(v, "level"),
				  "cycle", number_of(v, "cycle"), "event", text_of(v, "event"),
				  "expected", text_of(v, "expected"), "text", text_of(v, "text")));
	}
}

static const json_t *verdicts_in(const json_t *report)
{
	return json_object_get(json_object_get(report, "monitor"), "verdicts");
}

/* Those of the reports of its devices: they say more. */
static json_t *verdicts_of(const json_t *run)
{
	const json_t *others = json_object_get(run, "others"), *other;
	json_t *verdicts = json_array();
	size_t i;

	add_verdicts(verdicts, verdicts_in(json_object_get(run, "report")), 1);
	json_array_foreach(others, i, other)
	{
		add_verdicts(verdicts, verdicts_in(other), (json_int_t)i + 2);
	}
	if (!json_array_size(verdicts))
		add_verdicts(verdicts, json_object_get(run, "verdicts"), 1);
	return verdicts;
}

/* [cycle, step, cycle, step, ...] */
static json_t *life_of(struct compact *c, const json_t *report)
{
	const json_t *list = json_object_get(report, "lifecycle"), *step;
	json_t *life = json_array();
	size_t i;

	json_array_foreach(list, i, step)
	{
		json_array_append_new(life, number_of(step, "cycle"));
		json_array_append_new(
			life,
			refer_text(&c->steps, json_string_value(json_object_get(step, "event"))));
	}
	return refer_array(&c->lives, life);
}

/* [register, reads, writes, state, ...]; state: 0 never touched, 1 touched, 2 the device lacks it
 */
static json_t *burn_of(struct compact *c, const json_t *report)
{
	static const char *const states[] = { "never", "touched", "not_modelled" };
	const json_t *burndown = json_object_get(report, "burndown"), *line;
	json_t *burn = json_array();
	size_t i;

	for (int state = 0; state < 3; state++)
		json_array_foreach(json_object_get(burndown, states[state]), i, line)
		{
			const json_t *name = state ? json_object_get(line, "name") : line;

			json_array_append_new(burn,
					      refer_text(&c->registers, json_string_value(name)));
			json_array_append_new(burn, number_of(line, "reads"));
			json_array_append_new(burn, number_of(line, "writes"));
			json_array_append_new(burn, json_integer(state));
		}
	return refer_array(&c->burns, burn);
}

/* Pairs of numbers only. */
static json_t *bars_of(const json_t *parts)
{
	const json_t *bar;
	json_t *bars = json_array();
	size_t i;

	json_array_foreach(json_object_get(parts, "histogram"), i, bar)
	{
		if (!(json_is_number(json_array_get(bar, 0)) &&
		      json_is_integer(json_array_get(bar, 1))))
			continue;
		json_array_append(bars, json_array_get(bar, 0));
		json_array_append(bars, json_array_get(bar, 1));
	}
	return bars;
}

static json_t *latency_of(const json_t *report)
{
	const json_t *latency = json_object_get(report, "latency");
	const json_t *read = json_object_get(latency, "read");
	const json_t *write = json_object_get(latency, "write");

	if (!latency)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "read", bars_of(read), "write", bars_of(write),
			 "read_max", number_of(json_object_get(read, "total_us"), "max"),
			 "write_max", number_of(json_object_get(write, "total_us"), "max"));
}

/* What is shown of each device beside the first. */
static json_t *others_of(struct compact *c, const json_t *run)
{
	const json_t *others = json_object_get(run, "others"), *other;
	json_t *all = json_array();
	size_t i;

	json_array_foreach(others, i, other)
	{
		json_array_append_new(all, json_pack("{s:o, s:o, s:o}", "life", life_of(c, other),
						     "burn", burn_of(c, other), "latency",
						     latency_of(other)));
	}
	return all;
}

static json_t *texts_of(const json_t *list)
{
	json_t *texts = json_array(), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (json_is_string(item))
			json_array_append(texts, item);
	}
	return texts;
}

static json_t *files_of(const json_t *run)
{
	json_t *files = json_object(), *file;
	const char *kind;

	json_object_foreach(json_object_get(run, "files"), kind, file)
	{
		if (json_is_string(file))
			json_object_set(files, kind, file);
	}
	return files;
}

static json_t *attempts_of(const json_t *run)
{
	json_t *attempts = json_array();
	const json_t *attempt;
	size_t i;

	json_array_foreach(json_object_get(run, "attempts"), i, attempt)
	{
		json_array_append_new(attempts, json_pack("[o, o, o]", text_of(attempt, "status"),
							  number_of(attempt, "exit"),
							  number_of(attempt, "seconds")));
	}
	return attempts;
}

static json_t *compact_run(struct compact *c, const json_t *run)
{
	static const char *const texts[] = {
		"id",        "scenario", "file",   "guest",  "kernel",
		"transport", "dut",      "status", "reason", "command"
	};
	const json_t *report = json_object_get(run, "report");
	json_t *out = json_object(), *verdicts = verdicts_of(run);

	if (!json_is_object(report))
		report = NULL;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		json_object_set_new(out, texts[i], text_of(run, texts[i]));
	json_object_set_new(out, "seed", number_of(run, "seed"));
	json_object_set_new(out, "seconds", number_of(run, "seconds"));
	json_object_set_new(out, "attempts", attempts_of(run));
	json_object_set_new(out, "expected", texts_of(json_object_get(run, "expected")));
	json_object_set_new(out, "files", files_of(run));
	json_object_set_new(out, "grades", grades_of(c, run, verdicts));
	json_object_set_new(out, "verdicts", verdicts);
	json_object_set_new(out, "life", life_of(c, report));
	json_object_set_new(out, "burn", burn_of(c, report));
	json_object_set_new(out, "others", others_of(c, run));
	json_object_set_new(out, "latency", latency_of(report));
	return out;
}

/* --- earlier nights -------------------------------------------------------------------------- */

/* Of each run of now: its status then, by letter, and its seconds; '-' and -1: it was not there. */
static json_t *night_of(const struct results *night, const json_t *now)
{
	const json_t *runs = json_object_get(night->root, "runs"), *run;
	json_t *by_id = json_object(), *counts = json_object(), *seconds = json_array();
	char *letters = calloc(json_array_size(now) + 1, 1);
	json_t *out = NULL;
	size_t i;

	json_array_foreach(runs, i, run)
	{
		const char *status = json_string_value(json_object_get(run, "status"));
		json_t *count = json_object_get(counts, status);

		json_object_set_new(counts, status, json_integer(json_integer_value(count) + 1));
		json_object_set(by_id, json_string_value(json_object_get(run, "id")),
				json_array_get(runs, i));
	}
	json_array_foreach(now, i, run)
	{
		const json_t *then =
			json_object_get(by_id, json_string_value(json_object_get(run, "id")));
		const char *status = json_string_value(json_object_get(then, "status"));

		if (letters)
			letters[i] = status ? status[0] == 'f' && status[1] == 'l' ? 'k' : status[0]
					    : '-';
		json_array_append_new(seconds,
				      then ? number_of(then, "seconds") : json_integer(-1));
	}
	if (letters)
		out = json_pack("{s:o, s:o, s:o, s:O, s:s, s:O, s:i}", "name",
				text_of(night->root, "name"), "started",
				text_of(night->root, "started"), "seconds",
				number_of(night->root, "seconds"), "counts", counts, "statuses",
				letters, "times", seconds, "runs", (int)json_array_size(runs));
	json_decref(by_id);
	json_decref(counts);
	json_decref(seconds);
	free(letters);
	return out;
}

/* --- all of it ------------------------------------------------------------------------------- */

static json_t *shard_of(const json_t *root)
{
	const json_t *shard = json_object_get(root, "shard");

	if (!json_is_object(shard))
		return json_string("");
	return json_sprintf("%lld/%lld",
			    (long long)json_integer_value(json_object_get(shard, "index")),
			    (long long)json_integer_value(json_object_get(shard, "of")));
}

json_t *report_data(const struct results *results, const char *base, const struct results *earlier,
		    unsigned nearlier)
{
	const json_t *root = results->root, *list = json_object_get(root, "runs"), *run;
	const json_t *host = json_object_get(root, "host");
	struct catalogue *cat = catalogue_new();
	struct compact c = { .clauses = json_array(), .clause_index = json_object() };
	json_t *runs = json_array(), *nights = json_array(), *data;
	size_t i;

	if (!cat)
		return NULL;
	table_init(&c.registers);
	table_init(&c.steps);
	table_init(&c.lives);
	table_init(&c.burns);
	table_init(&c.grades);
	for (unsigned n = 0; n < cat->n; n++)
		add_clause(&c, &cat->row[n]);
	json_array_foreach(list, i, run)
	{
		json_array_append_new(runs, compact_run(&c, run));
	}
	for (unsigned n = 0; n < nearlier; n++)
		json_array_append_new(nights, night_of(&earlier[n], list));
	data = json_pack("{s:i, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:s, s:s,"
			 " s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "schema", 1, "name", text_of(root, "name"), "started",
			 text_of(root, "started"), "finished", text_of(root, "finished"), "whole",
			 json_is_string(json_object_get(root, "finished")), "seconds",
			 number_of(root, "seconds"), "vcosim", text_of(root, "vcosim"), "shard",
			 shard_of(root), "base", base, "dir", results->dir, "host", "machine",
			 text_of(host, "machine"), "cpus", number_of(host, "cpus"), "accel",
			 text_of(host, "accel"), "jobs", number_of(root, "jobs"), "clauses",
			 c.clauses, "registers", c.registers.list, "steps", c.steps.list, "lives",
			 c.lives.list, "burns", c.burns.list, "grades", c.grades.list, "runs",
			 runs);
	if (data)
		json_object_set_new(data, "nights", nights);
	json_decref(c.clause_index);
	json_decref(c.registers.index);
	json_decref(c.steps.index);
	json_decref(c.lives.index);
	json_decref(c.burns.index);
	json_decref(c.grades.index);
	catalogue_free(cat);
	return data;
}
