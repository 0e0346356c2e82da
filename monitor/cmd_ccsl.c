/* SPDX-License-Identifier: MIT */
/* vcosim ccsl: look at specifications, and judge abstract traces with them. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/ccsl.h"
#include "monitor/dot.h"
#include "monitor/emit.h"
#include "monitor/export.h"
#include "monitor/script.h"
#include "sim/cmd.h"

enum { OK, VERDICTS, CANNOT };

struct options {
	bool json, pending, header, light, mrt;
	const char *rule, *name;
	const char *const *files;
	unsigned nfiles;
};

static int usage(FILE *to, int status)
{
	fputs("usage: vcosim ccsl check   SPEC...          load, and report what looks wrong\n"
	      "       vcosim ccsl list    [--json] SPEC... every constraint with its tags\n"
	      "       vcosim ccsl explain SPEC... [--rule NAME]  what each constraint says\n"
	      "       vcosim ccsl dot     SPEC...          clocks and relations, for graphviz\n"
	      "       vcosim ccsl run     [--json] [--strict-end] SPEC... TRACE\n"
	      "                                            judge an abstract trace ('-': stdin)\n"
	      "       vcosim ccsl emit-c  [--header] [--name NAME] SPEC...\n"
	      "                                            C tables for the engine alone\n"
	      "       vcosim ccsl export  --lightccsl|--mrtccsl [--name NAME] SPEC...\n"
	      "                                            text for other CCSL tools\n"
	      "\n"
	      "  --json        report as JSON\n"
	      "  --rule NAME   this one only\n"
	      "  --header      declarations and ids of events instead of tables\n"
	      "  --name NAME   what the result is called (default: as the file)\n"
	      "  --strict-end  what is pending or vacuous at the end counts as a violation\n"
	      "\n"
	      "A trace has one instant a line: names of events separated by blanks, as\n"
	      "status_write(3), after an optional @CYCLE; '.' for none; '#' begins a comment.\n"
	      "Exit: 0 no verdict, 1 verdicts, 2 could not run.\n",
	      to);
	return status;
}

static void print_error(FILE *to, const struct ccsl_error *e, const char *kind)
{
	if (e->file[0])
		fprintf(to, "%s:", e->file);
	if (e->line)
		fprintf(to, "%u:%u:", e->line, e->col);
	fprintf(to, "%s%s%s\n", e->file[0] ? " " : "", kind, e->text);
}

static void on_warning(void *ctx, const struct ccsl_error *w)
{
	(*(unsigned *)ctx)++;
	print_error(stderr, w, "warning: ");
}

static struct ccsl_spec *load(const char *const *files, unsigned n, unsigned *warnings)
{
	struct ccsl_error err;
	struct ccsl_spec *spec = ccsl_load(files, n, warnings ? on_warning : NULL, warnings, &err);

	if (!spec)
		print_error(stderr, &err, "error: ");
	return spec;
}

static const char *form_name(enum ccsl_form form)
{
	static const char *const names[] = { "order", "stateless", "interval",
					     "timed", "data",      "never" };

	return names[form];
}

static int cmd_check_specs(const struct options *o)
{
	unsigned warnings = 0;
	struct ccsl_spec *spec = load(o->files, o->nfiles, &warnings);

	if (!spec)
		return CANNOT;
	printf("%u constraints over %u events, %u warnings\n", ccsl_rules(spec), ccsl_events(spec),
	       warnings);
	ccsl_spec_free(spec);
	return OK;
}

static json_t *rule_json(const struct ccsl_rule *r)
{
	json_t *clauses = json_array();

	for (unsigned i = 0; i < r->nclauses; i++)
		json_array_append_new(clauses, json_string(r->clauses[i]));
	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "name", r->name,
			 "clauses", clauses, "level", ccsl_level_name(r->level), "blame",
			 ccsl_blame_name(r->blame), "form", form_name(r->form), "expect", r->expect,
			 "relation", r->text, "scope", r->scope, "file", r->file, "line",
			 (int)r->line);
}

static void print_json(json_t *j)
{
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(j);
}

static int do_list(const struct options *o)
{
	struct ccsl_spec *spec = load(o->files, o->nfiles, NULL);
	unsigned forms[CCSL_NEVER + 1] = { 0 };
	json_t *list = json_array();

	if (!spec) {
		json_decref(list);
		return CANNOT;
	}
	for (unsigned i = 0; i < ccsl_rules(spec); i++) {
		const struct ccsl_rule *r = ccsl_rule(spec, i);

		forms[r->form]++;
		if (o->json) {
			json_array_append_new(list, rule_json(r));
			continue;
		}
		printf("%-32s %-6s %-10s %-9s %s\n", r->name, ccsl_blame_name(r->blame),
		       ccsl_level_name(r->level), form_name(r->form),
		       r->nclauses ? r->clauses[0] : "-");
	}
	if (o->json) {
		json_t *count = json_object();

		for (int f = 0; f <= CCSL_NEVER; f++)
			json_object_set_new(count, form_name((enum ccsl_form)f),
					    json_integer(forms[f]));
		print_json(json_pack("{s:i, s:o, s:o}", "constraints", (int)ccsl_rules(spec),
				     "forms", count, "rules", list));
	} else {
		json_decref(list);
		printf("%u constraints:", ccsl_rules(spec));
		for (int f = 0; f <= CCSL_NEVER; f++)
			printf(" %u %s%s", forms[f], form_name((enum ccsl_form)f),
			       f < CCSL_NEVER ? "," : "\n");
	}
	ccsl_spec_free(spec);
	return OK;
}

static int do_explain(const struct options *o)
{
	struct ccsl_spec *spec = load(o->files, o->nfiles, NULL);
	unsigned shown = 0;

	if (!spec)
		return CANNOT;
	for (unsigned i = 0; i < ccsl_rules(spec); i++) {
		const struct ccsl_rule *r = ccsl_rule(spec, i);

		if (o->rule && strcmp(o->rule, r->name))
			continue;
		printf("%s%s (%s:%u)\n  %s by %s", shown++ ? "\n" : "", r->name, r->file, r->line,
		       ccsl_level_name(r->level), ccsl_blame_name(r->blame));
		for (unsigned k = 0; k < r->nclauses; k++)
			printf("%s%s", k ? ", " : "; ", r->clauses[k]);
		if (r->scope[0])
			printf("\n  in each %s", r->scope);
		if (r->expect[0])
			printf("\n  expected: %s", r->expect);
		printf("\n  %s\n", r->text);
	}
	ccsl_spec_free(spec);
	if (o->rule && !shown) {
		fprintf(stderr, "vcosim ccsl: there is no rule '%s'\n", o->rule);
		return CANNOT;
	}
	return OK;
}

static int do_dot(const struct options *o)
{
	struct ccsl_spec *spec = load(o->files, o->nfiles, NULL);

	if (!spec)
		return CANNOT;
	dot_write(spec, stdout);
	ccsl_spec_free(spec);
	return OK;
}

/* The name of the file without folders and suffix, as an identifier. */
static void plain_name(const char *path, char *name, size_t room)
{
	const char *base = strrchr(path, '/');
	size_t n = 0;

	base = base ? base + 1 : path;
	if (isdigit((unsigned char)*base))
		name[n++] = '_';
	for (; *base && *base != '.' && n + 1 < room; base++)
		name[n++] = isalnum((unsigned char)*base) ? *base : '_';
	name[n] = 0;
}

static int emit(const struct options *o, const struct ccsl_spec *spec)
{
	const char *why, *one, *other;
	char name[64];

	plain_name(o->name ? o->name : o->files[0], name, sizeof(name));
	why = emit_refuse(name);
	if (why) {
		fprintf(stderr, "vcosim ccsl: --name %s: %s\n", name, why);
		return CANNOT;
	}
	if (!o->header) {
		emit_source(spec, name, stdout);
		return OK;
	}
	if (emit_twins(spec, &one, &other)) {
		fprintf(stderr,
			"vcosim ccsl: the events \"%s\" and \"%s\" would have one name in C\n", one,
			other);
		return CANNOT;
	}
	emit_header(spec, name, stdout);
	return OK;
}

static int do_emit_c(const struct options *o)
{
	struct ccsl_spec *spec = load(o->files, o->nfiles, NULL);
	int status;

	if (!spec)
		return CANNOT;
	status = emit(o, spec);
	ccsl_spec_free(spec);
	return status;
}

static int do_export(const struct options *o)
{
	struct ccsl_spec *spec;
	struct ccsl_error err;
	char name[64];
	int bad;

	if (o->light == o->mrt) {
		fputs("vcosim ccsl export: expected one of --lightccsl and --mrtccsl\n", stderr);
		return CANNOT;
	}
	spec = load(o->files, o->nfiles, NULL);
	if (!spec)
		return CANNOT;
	plain_name(o->name ? o->name : o->files[0], name, sizeof(name));
	bad = export_write(spec, name, o->mrt ? EXPORT_MRTCCSL : EXPORT_LIGHTCCSL, stdout, &err);
	if (bad)
		print_error(stderr, &err, "cannot export: ");
	ccsl_spec_free(spec);
	return bad ? CANNOT : OK;
}

struct run {
	const struct options *o;
	json_t *verdicts;
	unsigned held; /* verdicts that count: MUST and MUST_NOT, not SPEC */
};

static bool counts(const struct ccsl_rule *r)
{
	return r->level <= CCSL_MUST_NOT;
}

static void on_verdict(void *ctx, const struct ccsl_verdict *v)
{
	struct run *run = ctx;
	const struct ccsl_rule *r = v->rule;

	run->held += counts(r);
	if (run->o->json) {
		json_array_append_new(
			run->verdicts,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "rule", r->name,
				  "clause", r->nclauses ? r->clauses[0] : "", "blame",
				  ccsl_blame_name(r->blame), "level", ccsl_level_name(r->level),
				  "cycle", (json_int_t)v->cycle, "instant", (json_int_t)v->instant,
				  "event", v->event, "expected", r->expect, "explain", v->explain));
		return;
	}
	printf("instant %llu cycle %llu: %s: %s %s", (unsigned long long)v->instant,
	       (unsigned long long)v->cycle, r->name, ccsl_blame_name(r->blame),
	       ccsl_level_name(r->level));
	for (unsigned k = 0; k < r->nclauses; k++)
		printf("%s %s", k ? "," : "", r->clauses[k]);
	printf("\n  event: %s\n", v->event);
	if (r->expect[0])
		printf("  expected: %s\n", r->expect);
	for (const char *p = v->explain; *p;) {
		int len = (int)strcspn(p, "\n");

		printf("  %.*s\n", len, p);
		p += len + (p[len] == '\n');
	}
}

static void on_note(void *ctx, const char *clock, const char *text, uint64_t cycle)
{
	const struct run *run = ctx;

	if (!run->o->json)
		printf("cycle %llu: %s (%s)\n", (unsigned long long)cycle, text, clock);
}

static void report(struct run *run, const struct ccsl_spec *spec, const struct ccsl_monitor *mon)
{
	unsigned n[CCSL_VACUOUS + 1] = { 0 };
	json_t *results = json_object();
	struct ccsl_count count;

	for (unsigned i = 0; i < ccsl_rules(spec); i++) {
		enum ccsl_result res = ccsl_result(mon, i, NULL);
		const struct ccsl_rule *r = ccsl_rule(spec, i);

		n[res]++;
		json_object_set_new(results, r->name, json_string(ccsl_result_name(res)));
		if (run->o->pending && (res == CCSL_PENDING || res == CCSL_VACUOUS)) {
			run->held++;
			if (!run->o->json)
				printf("%s at the end: %s\n", ccsl_result_name(res), r->name);
		}
	}
	ccsl_count(mon, &count);
	if (run->o->json) {
		print_json(json_pack("{s:i, s:I, s:I, s:O, s:o}", "constraints",
				     (int)count.constraints, "instants", (json_int_t)count.instants,
				     "events", (json_int_t)count.events, "verdicts", run->verdicts,
				     "results", results));
		return;
	}
	json_decref(results);
	printf("%llu instants, %llu events: %u ok, %u violated, %u pending, %u vacuous\n",
	       (unsigned long long)count.instants, (unsigned long long)count.events, n[CCSL_OK],
	       n[CCSL_VIOLATED], n[CCSL_PENDING], n[CCSL_VACUOUS]);
}

/* All instants of the trace through the monitor; CANNOT when a line is wrong. */
static int run_trace(struct ccsl_monitor *mon, struct script *t)
{
	struct ccsl_error err;
	int got;

	while ((got = script_next(t, &err)) > 0)
		ccsl_step(mon, t->cycle, t->ticks, t->nticks);
	if (got < 0) {
		print_error(stderr, &err, "error: ");
		return CANNOT;
	}
	ccsl_finish(mon, t->cycle);
	return OK;
}

static int do_run(const struct options *o)
{
	struct run run = { .o = o };
	struct ccsl_sink sink = { &run, on_verdict, on_note };
	struct script t = { .line = 0 };
	struct ccsl_spec *spec;
	struct ccsl_monitor *mon;
	int status;

	if (o->nfiles < 2) {
		fprintf(stderr, "vcosim ccsl run: expected SPEC... TRACE\n");
		return CANNOT;
	}
	t.name = o->files[o->nfiles - 1];
	spec = load(o->files, o->nfiles - 1, NULL);
	if (!spec)
		return CANNOT;
	t.spec = spec;
	t.file = strcmp(t.name, "-") ? fopen(t.name, "r") : stdin;
	if (!t.file) {
		fprintf(stderr, "vcosim ccsl: cannot read %s: %s\n", t.name, strerror(errno));
		ccsl_spec_free(spec);
		return CANNOT;
	}
	mon = ccsl_monitor_new(spec, &sink);
	if (!mon) {
		fprintf(stderr, "vcosim ccsl: no memory\n");
		abort();
	}
	run.verdicts = json_array();
	status = run_trace(mon, &t);
	if (status == OK)
		report(&run, spec, mon);
	if (t.file != stdin)
		fclose(t.file);
	script_done(&t);
	json_decref(run.verdicts);
	ccsl_monitor_free(mon);
	ccsl_spec_free(spec);
	return status ? status : run.held ? VERDICTS : OK;
}

static const struct {
	const char *name;
	int (*run)(const struct options *o);
} actions[] = {
	{ "check", cmd_check_specs },
	{ "list", do_list },
	{ "explain", do_explain },
	{ "dot", do_dot },
	{ "run", do_run },
	{ "emit-c", do_emit_c },
	{ "export", do_export },
};

int cmd_ccsl(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "strict-end", no_argument, NULL, 's' },
		{ "rule", required_argument, NULL, 'r' },
		{ "header", no_argument, NULL, 'H' },
		{ "name", required_argument, NULL, 'n' },
		{ "lightccsl", no_argument, NULL, 'L' },
		{ "mrtccsl", no_argument, NULL, 'M' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options o = { 0 };
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) >= 0) {
		if (c == 'h')
			return usage(stdout, OK);
		if (c == '?')
			return usage(stderr, CANNOT);
		o.json |= c == 'j';
		o.pending |= c == 's';
		o.header |= c == 'H';
		o.light |= c == 'L';
		o.mrt |= c == 'M';
		if (c == 'n')
			o.name = optarg;
		if (c == 'r')
			o.rule = optarg;
	}
	if (optind >= argc)
		return usage(stderr, CANNOT);
	o.files = (const char *const *)argv + optind + 1;
	o.nfiles = (unsigned)(argc - optind - 1);
	for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(argv[optind], actions[i].name))
			continue;
		if (!o.nfiles)
			return usage(stderr, CANNOT);
		return actions[i].run(&o);
	}
	fprintf(stderr, "vcosim ccsl: unknown action '%s'\n", argv[optind]);
	return usage(stderr, CANNOT);
}
