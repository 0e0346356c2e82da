/* SPDX-License-Identifier: MIT */
/*
 * vcosim clauses: each normative statement of the catalogue, and what the monitor makes of it.
 *
 * clauses.tsv is the catalogue, clauses_status.tsv says one thing about each of its rows, the
 * rules of the specifications say which of them they watch. --check holds the three together.
 */
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/ccsl.h"
#include "sim/cmd.h"
#include "sim/cmd_profile.h"
#include "sim/cmd_rig.h"
#include "specs/cmd_catalogue.h"

/* --- the rules ---------------------------------------------------------------------------- */

static void add_rule(struct clause *clause, const char *name)
{
	size_t len = strcspn(name, "["), had = strlen(clause->rules);

	for (const char *at = clause->rules; *at;) { /* several specifications may hold it */
		size_t n = strcspn(at, ",");

		if (n == len && !strncmp(at, name, len))
			return;
		at += n + (at[n] == ',');
	}

	if (len != strlen(name) && strtol(name + len + 1, NULL, 10) != 0)
		return; /* one name for a family */
	if (had + len + 3 > sizeof(clause->rules))
		return;
	snprintf(clause->rules + had, sizeof(clause->rules) - had, "%s%.*s", had ? "," : "",
		 (int)len, name);
}

static bool read_rules(struct catalogue *cat, const char *name)
{
	char path[PATH_MAX];
	const char *file = path;
	struct ccsl_error err;
	struct ccsl_spec *spec;

	if (!rig_find(name, path, sizeof(path)))
		return false;
	spec = ccsl_load(&file, 1, NULL, NULL, &err);
	if (!spec) {
		fprintf(stderr, "%s:%u:%u: %s\n", err.file, err.line, err.col, err.text);
		return false;
	}
	for (unsigned i = 0; i < ccsl_rules(spec); i++) {
		const struct ccsl_rule *rule = ccsl_rule(spec, i);

		for (unsigned c = 0; c < rule->nclauses; c++) {
			struct clause *clause = catalogue_find(cat, rule->clauses[c]);

			if (clause)
				add_rule(clause, rule->name);
			else
				catalogue_complain(cat, rule->clauses[c],
						   "named by a rule, not catalogued");
		}
		if (!rule->nclauses)
			catalogue_complain(cat, rule->name, "a rule without a clause");
	}
	ccsl_spec_free(spec);
	return true;
}

/* --- what to say of them ------------------------------------------------------------------- */

static void check(struct catalogue *cat)
{
	for (unsigned i = 0; i < cat->n; i++) {
		const struct clause *c = &cat->row[i];

		if (c->status < 0)
			catalogue_complain(cat, c->id, "no status");
		else if (c->status == MONITORED && !*c->rules)
			catalogue_complain(cat, c->id, "MONITORED, but by no rule");
		else if (c->status != MONITORED && c->status != SPEC_DEFECT && *c->rules)
			catalogue_complain(cat, c->id, "a rule watches it, its status denies that");
		else if (c->status != MONITORED && !*c->why)
			catalogue_complain(cat, c->id, "a status without a reason");
	}
	if (!cat->errors)
		printf("ok - %u clauses, one status each, and each is true of the rules\n", cat->n);
}

/* Each deviation that a profile waives: of a rule that there is, by the clause that it stands for.
 */
static void check_profile(struct catalogue *cat, const char *name)
{
	struct profile profile;

	if (!profile_load(&profile, name)) {
		catalogue_complain(cat, name, "cannot be read");
		return;
	}
	for (unsigned i = 0; i < profile.n; i++) {
		const struct profile_waiver *w = &profile.waiver[i];
		const struct clause *clause = catalogue_find(cat, w->clause);
		size_t len = strcspn(w->rule, "(");
		bool known = false;

		for (const char *at = clause ? clause->rules : ""; *at; at += *at == ',') {
			size_t n = strcspn(at, ",");

			known = known || (n == len && !strncmp(at, w->rule, n));
			at += n;
		}
		if (!known)
			catalogue_complain(
				cat, w->rule,
				"waived, but no rule of the clause that the profile names");
	}
	if (!cat->errors)
		printf("ok - profile %s: %u deviations, each of a rule that there is\n", name,
		       profile.n);
	profile_unload(&profile);
}

struct filter {
	const char *party, *scope, *status;
};

static bool passes(const struct filter *f, const struct clause *c)
{
	return c->status >= 0 && (!f->party || !strcmp(f->party, c->party)) &&
	       (!f->scope || !strcmp(f->scope, c->scope)) &&
	       (!f->status || !strcmp(f->status, clause_status_names[c->status]));
}

static void print_rows(const struct catalogue *cat, const struct filter *f)
{
	for (unsigned i = 0; i < cat->n; i++) {
		const struct clause *c = &cat->row[i];

		if (passes(f, c))
			printf("%-20s %-6s %-10s %-7s %-14s %s\n", c->id, c->party, c->level,
			       c->scope, clause_status_names[c->status],
			       c->status == MONITORED ? c->rules : c->why);
	}
}

/* Counts by party, scope and level; the scopes in the order of the catalogue. */
static void print_counts(const struct catalogue *cat, const struct filter *f)
{
	static const char *const party[] = { "driver", "device" };
	static const char *const scope[] = { "generic", "split",  "pci",    "mmio",
					     "balloon", "legacy", "packed", "admin" };
	static const char *const kind[] = { "must", "should", "may" };

	printf("%-7s %-8s %-7s", "party", "scope", "level");
	for (int s = 0; s < STATUSES; s++)
		printf(" %14s", clause_status_names[s]);
	printf("\n");
	for (unsigned p = 0; p < 2; p++)
		for (unsigned s = 0; s < 8; s++)
			for (unsigned k = 0; k < 3; k++) {
				unsigned n[STATUSES] = { 0 }, all = 0;

				for (unsigned i = 0; i < cat->n; i++) {
					const struct clause *c = &cat->row[i];
					unsigned is = c->level[0] == 'S'   ? 1
						      : c->level[1] == 'A' ? 2
									   : 0;

					if (passes(f, c) && is == k &&
					    !strcmp(c->party, party[p]) &&
					    !strcmp(c->scope, scope[s])) {
						n[c->status]++;
						all++;
					}
				}
				if (!all)
					continue;
				printf("%-7s %-8s %-7s", party[p], scope[s], kind[k]);
				for (int st = 0; st < STATUSES; st++)
					printf(" %14u", n[st]);
				printf("\n");
			}
}

static void print_json(const struct catalogue *cat, const struct filter *f)
{
	json_t *rows = json_array(), *report;

	for (unsigned i = 0; i < cat->n; i++) {
		const struct clause *c = &cat->row[i];
		json_t *rules = json_array();
		char names[sizeof(c->rules)], *at = names, *name;

		strcpy(names, c->rules);
		while (passes(f, c) && (name = strsep(&at, ",")))
			if (*name)
				json_array_append_new(rules, json_string(name));
		if (passes(f, c))
			json_array_append_new(rows,
					      json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:s, s:s}",
							"id", c->id, "party", c->party, "level",
							c->level, "scope", c->scope, "status",
							clause_status_names[c->status], "rules",
							rules, "why", c->why, "text", c->text));
		json_decref(rules);
	}
	report = json_pack("{s:i, s:o}", "schema", 1, "clauses", rows);
	json_dumpf(report, stdout, JSON_INDENT(1));
	puts("");
	json_decref(report);
}

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim clauses [OPTION...]\n"
		"What the monitor makes of each normative statement of virtio 1.4.\n"
		"\n"
		"  --party NAME   driver or device\n"
		"  --scope NAME   generic, split, pci, mmio, balloon, legacy, packed, admin\n"
		"  --status NAME  MONITORED, NOT_APPLICABLE, NOT_DECIDABLE, SPEC_DEFECT, LATER\n"
		"  --list         the statements themselves, not their counts\n"
		"  --json         the statements as JSON\n"
		"  --check        hold catalogue, statuses and rules together (TAP)\n"
		"  --help         this text\n");
	return status;
}

int cmd_clauses(int argc, char **argv)
{
	static const struct option options[] = {
		{ "party", required_argument, NULL, 'p' },
		{ "scope", required_argument, NULL, 's' },
		{ "status", required_argument, NULL, 't' },
		{ "list", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "check", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct filter filter = { NULL, NULL, NULL };
	struct catalogue *cat;
	int opt, mode = 0, status = 2;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'p')
			filter.party = optarg;
		else if (opt == 's')
			filter.scope = optarg;
		else if (opt == 't')
			filter.status = optarg;
		else if (opt == 'h')
			return usage(stdout, 0);
		else if (opt == '?')
			return usage(stderr, 2);
		else
			mode = opt;
	}
	if (optind < argc)
		return usage(stderr, 2);
	cat = catalogue_new();
	if (cat && read_rules(cat, "specs/virtio.ccsl") &&
	    read_rules(cat, "specs/virtio_mmio.ccsl")) {
		status = 0;
		if (mode == 'c') {
			check(cat);
			check_profile(cat, PROFILE_STRICT);
			check_profile(cat, PROFILE_PRACTICE);
		} else if (mode == 'j')
			print_json(cat, &filter);
		else if (mode == 'l')
			print_rows(cat, &filter);
		else
			print_counts(cat, &filter);
		if (cat->errors)
			status = 1;
	}
	catalogue_free(cat);
	return status;
}
