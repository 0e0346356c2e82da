/* SPDX-License-Identifier: MIT */
/* Writes the tables of a specification as C. */
#include "monitor/emit.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "monitor/spec.h"

/* How long the tables are: the engine does not need to know, so nobody has noted it down. */
struct lengths {
	uint32_t ops, users, alts, onupd, needs, bits, frail;
};

static void grow(uint32_t *n, uint32_t first, uint32_t count)
{
	if (count && first + count > *n)
		*n = first + count;
}

static struct lengths measure(const struct core_tab *t)
{
	struct lengths len = { 0 };

	for (uint32_t i = 0; i < t->nnodes; i++) {
		const struct core_node *n = &t->nodes[i];

		grow(&len.ops, n->op, n->nop);
		grow(&len.users, n->user, n->nuser);
		grow(&len.alts, n->alt, n->nalt);
		if (n->kind == CORE_FILTER)
			grow(&len.bits, (uint32_t)n->p[0],
			     (uint32_t)((n->p[1] + n->p[2]) / 64 + 1));
	}
	for (uint32_t i = 0; i < t->nslots; i++)
		grow(&len.onupd, t->slots[i].upd, t->slots[i].nupd);
	for (uint32_t i = 0; i < t->nscopes; i++)
		grow(&len.frail, t->scopes[i].frail, t->scopes[i].nfrail);
	for (uint32_t i = 0; i < t->nrules; i++)
		grow(&len.needs, t->rules[i].need, t->rules[i].nneed);
	return len;
}

static void text(FILE *to, const char *s)
{
	putc('"', to);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < ' ' || c == 0x7f || c == '?') /* ?: no trigraphs */
			fprintf(to, "\\%03o", c);
		else
			putc(c, to);
	}
	putc('"', to);
}

/* Of all that the text defines beside NAME, which therefore cannot begin like this. */
#define OURS "emitted_"

/* C has no empty arrays: one element more than none, of zeros. */
static void open_table(FILE *to, const char *type, const char *name, uint32_t n)
{
	fprintf(to, "static const %s " OURS "%s[%" PRIu32 "] = {\n", type, name, n ? n : 1);
	if (!n)
		fputs("\t0\n", to);
}

static void close_table(FILE *to)
{
	fputs("};\n\n", to);
}

static void words(FILE *to, const char *name, const uint32_t *v, uint32_t n)
{
	open_table(to, "uint32_t", name, n);
	for (uint32_t i = 0; i < n; i++)
		fprintf(to, "%s%" PRIu32 ",%s", i % 12 ? " " : "\t", v[i],
			i % 12 == 11 || i + 1 == n ? "\n" : "");
	close_table(to);
}

static void long_words(FILE *to, const char *name, const uint64_t *v, uint32_t n)
{
	open_table(to, "uint64_t", name, n);
	for (uint32_t i = 0; i < n; i++)
		fprintf(to, "\t0x%" PRIx64 "u,\n", v[i]);
	close_table(to);
}

static void val(FILE *to, const struct core_val *v)
{
	fprintf(to, "{ %u, %u, %u, %" PRIu32 ", 0x%" PRIx64 "u },", v->src, v->code, v->scope,
		v->at, v->imm);
}

static void field(FILE *to, const char *name, const struct core_val *v)
{
	fprintf(to, " .%s = ", name);
	val(to, v);
}

static void nodes(FILE *to, const struct core_tab *t)
{
	open_table(to, "struct core_node", "nodes", t->nnodes);
	for (uint32_t i = 0; i < t->nnodes; i++) {
		const struct core_node *n = &t->nodes[i];

		fprintf(to, "\t{ .kind = %u, .flags = %u, .scope = %u, .rule = %" PRIu32 "u,",
			n->kind, n->flags, n->scope, n->rule);
		fprintf(to, " .op = %" PRIu32 ", .nop = %" PRIu32 ", .user = %" PRIu32, n->op,
			n->nop, n->user);
		fprintf(to, ", .nuser = %" PRIu32 ", .alt = %" PRIu32 ", .nalt = %" PRIu32,
			n->nuser, n->alt, n->nalt);
		fprintf(to, ", .state = %" PRIu32 ", .nstate = %" PRIu32, n->state, n->nstate);
		fprintf(to, ", .p = { 0x%" PRIx64 "u, 0x%" PRIx64 "u, 0x%" PRIx64 "u } },\n",
			n->p[0], n->p[1], n->p[2]);
	}
	close_table(to);
}

static void events(FILE *to, const struct core_tab *t)
{
	open_table(to, "struct core_event", "events", t->nevents);
	for (uint32_t i = 0; i < t->nevents; i++)
		fprintf(to, "\t{ %" PRIu32 ", %" PRIu32 " },\n", t->events[i].slot,
			t->events[i].nfamily);
	close_table(to);
	open_table(to, "struct core_slot", "slots", t->nslots);
	for (uint32_t i = 0; i < t->nslots; i++)
		fprintf(to, "\t{ %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32 " },\n",
			t->slots[i].sub, t->slots[i].nsub, t->slots[i].upd, t->slots[i].nupd);
	close_table(to);
	open_table(to, "struct core_sub", "subs", t->nsubs);
	for (uint32_t i = 0; i < t->nsubs; i++)
		fprintf(to, "\t{ %" PRIu32 ", %" PRIu32 "u, %" PRIu32 "u },\n", t->subs[i].node,
			t->subs[i].guard, t->subs[i].must);
	close_table(to);
}

static void guards(FILE *to, const struct ccsl_spec *s, const struct lengths *len)
{
	const struct core_tab *t = &s->tab;

	open_table(to, "struct core_alt", "alts", len->alts);
	for (uint32_t i = 0; i < len->alts; i++)
		fprintf(to, "\t{ %" PRIu32 ", %" PRIu32 "u, %" PRIu32 ", %" PRIu32 " },\n",
			t->alts[i].src, t->alts[i].index, t->alts[i].guard, t->alts[i].must);
	close_table(to);
	open_table(to, "struct core_test", "tests", s->ntests);
	for (uint32_t i = 0; i < s->ntests; i++) {
		fputs("\t{", to);
		field(to, "x", &t->tests[i].x);
		field(to, "y", &t->tests[i].y);
		fprintf(to, " .mask = 0x%" PRIx64 "u, .cmp = %" PRIu32 " },\n", t->tests[i].mask,
			t->tests[i].cmp);
	}
	close_table(to);
	open_table(to, "struct core_update", "updates", s->nupdates);
	for (uint32_t i = 0; i < s->nupdates; i++) {
		fprintf(to, "\t{ .var = %" PRIu32 ", .guard = %" PRIu32 ",", t->updates[i].var,
			t->updates[i].guard);
		field(to, "index", &t->updates[i].index);
		field(to, "value", &t->updates[i].value);
		fputs(" },\n", to);
	}
	close_table(to);
	open_table(to, "struct core_val", "code", s->ncode);
	for (uint32_t i = 0; i < s->ncode; i++) {
		putc('\t', to);
		val(to, &t->code[i]);
		putc('\n', to);
	}
	close_table(to);
}

static void scopes(FILE *to, const struct core_tab *t)
{
	open_table(to, "struct core_var", "vars", t->nvars);
	for (uint32_t i = 0; i < t->nvars; i++)
		fprintf(to, "\t{ 0x%" PRIx64 "u, %" PRIu32 ", %" PRIu32 ", %" PRIu32 " },\n",
			t->vars[i].init, t->vars[i].cell, t->vars[i].ncell, t->vars[i].scope);
	close_table(to);
	open_table(to, "struct core_scope", "scopes", t->nscopes);
	for (uint32_t i = 0; i < t->nscopes; i++)
		fprintf(to, "\t{ %" PRIu32 "u, %" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %d },\n",
			t->scopes[i].parent, t->scopes[i].end, t->scopes[i].frail,
			t->scopes[i].nfrail, t->scopes[i].window);
	close_table(to);
	open_table(to, "struct core_rule", "rules", t->nrules);
	for (uint32_t i = 0; i < t->nrules; i++)
		fprintf(to, "\t{ %" PRIu32 ", %" PRIu32 ", %" PRIu32 " },\n", t->rules[i].scope,
			t->rules[i].need, t->rules[i].nneed);
	close_table(to);
}

static void table(FILE *to, const struct core_tab *t)
{
	static const char *const tables[] = {
		"nodes",   "ops",  "users",  "alts",  "events", "slots", "subs", "tests", "onupd",
		"updates", "vars", "scopes", "rules", "needs",  "code",  "bits", "timed", "frail",
	};

	fputs("static const struct core_tab " OURS "tab = {\n", to);
	for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		fprintf(to, "\t.%s = " OURS "%s,\n", tables[i], tables[i]);
	fprintf(to,
		"\t.nnodes = %" PRIu32 ", .nevents = %" PRIu32 ", .nvars = %" PRIu32
		", .nscopes = %" PRIu32 ",\n",
		t->nnodes, t->nevents, t->nvars, t->nscopes);
	fprintf(to,
		"\t.nrules = %" PRIu32 ", .ntimed = %" PRIu32 ", .nstate = %" PRIu32
		", .ncells = %" PRIu32 ",\n",
		t->nrules, t->ntimed, t->nstate, t->ncells);
	fprintf(to,
		"\t.nscratch = %" PRIu32 ", .nslots = %" PRIu32 ", .nsubs = %" PRIu32
		", .ring = %" PRIu32 ",\n",
		t->nscratch, t->nslots, t->nsubs, t->ring);
	close_table(to);
}

static void rules(FILE *to, const struct ccsl_spec *s)
{
	for (unsigned i = 0; i < s->nrules; i++) {
		const struct ccsl_rule *r = ccsl_rule(s, i);

		if (!r->nclauses)
			continue;
		fprintf(to, "static const char *const " OURS "clauses_%u[%u] = { ", i, r->nclauses);
		for (unsigned k = 0; k < r->nclauses; k++) {
			text(to, r->clauses[k]);
			fputs(k + 1 < r->nclauses ? ", " : " };\n", to);
		}
	}
	fputs("\n", to);
	open_table(to, "struct ccsl_rule", "rule_texts", s->nrules);
	for (unsigned i = 0; i < s->nrules; i++) {
		const struct ccsl_rule *r = ccsl_rule(s, i);

		fputs("\t{\n\t\t.name = ", to);
		text(to, r->name);
		if (r->nclauses)
			fprintf(to, ",\n\t\t.clauses = " OURS "clauses_%u,\n\t\t.nclauses = %u", i,
				r->nclauses);
		fprintf(to, ",\n\t\t.level = CCSL_%s,\n\t\t.blame = CCSL_%s,\n\t\t.form = %d",
			ccsl_level_name(r->level), ccsl_blame_name(r->blame), (int)r->form);
		fputs(",\n\t\t.expect = ", to);
		text(to, r->expect);
		fputs(",\n\t\t.text = ", to);
		text(to, r->text);
		fputs(",\n\t\t.scope = ", to);
		text(to, r->scope);
		fputs(",\n\t\t.file = ", to);
		text(to, r->file);
		fprintf(to, ",\n\t\t.line = %u,\n\t},\n", r->line);
	}
	close_table(to);
}

static uint32_t notes(FILE *to, const struct ccsl_spec *s)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < s->ndoers; i++)
		n += s->doers[i]->kind == CORE_NOTE;
	open_table(to, "struct ccsl_note_text", "notes", n);
	for (unsigned i = 0; i < s->ndoers; i++) {
		const struct node *d = s->doers[i];

		if (d->kind != CORE_NOTE)
			continue;
		fprintf(to, "\t{ %" PRIu32 ", ", d->id);
		text(to, d->op[0]->name);
		fputs(", ", to);
		text(to, d->text);
		fputs(" },\n", to);
	}
	close_table(to);
	return n;
}

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

static bool ends(const char *name, const char *with)
{
	size_t n = strlen(name), k = strlen(with);

	return n >= k && !strcmp(name + n - k, with);
}

const char *emit_refuse(const char *name)
{
	static const char *const words[] = {
		"auto",
		"break",
		"case",
		"char",
		"const",
		"continue",
		"default",
		"do",
		"double",
		"else",
		"enum",
		"extern",
		"float",
		"for",
		"goto",
		"if",
		"inline",
		"int",
		"long",
		"register",
		"restrict",
		"return",
		"short",
		"signed",
		"sizeof",
		"static",
		"struct",
		"switch",
		"typedef",
		"union",
		"unsigned",
		"void",
		"volatile",
		"while",
		/* of its standard headers, of each program, and of GNU C */
		"bool",
		"true",
		"false",
		"NULL",
		"offsetof",
		"main",
		"asm",
		"typeof",
		"linux",
		"unix",
	};

	if (!name[0])
		return "expected a name";
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(name, words[i]))
			return "C has this name for something else";
	if (begins(name, "__") || (name[0] == '_' && isupper((unsigned char)name[1])) ||
	    ends(name, "_t") || ends(name, "_MAX") || ends(name, "_MIN"))
		return "C and its headers keep names like this";
	if (begins(name, "core_") || begins(name, "CORE_") || begins(name, "ccsl_") ||
	    begins(name, "CCSL_") || begins(name, OURS))
		return "the step engine and its tables keep names that begin like this";
	return NULL;
}

void emit_source(const struct ccsl_spec *s, const char *name, FILE *to)
{
	const struct core_tab *t = &s->tab;
	struct lengths len = measure(t);
	uint32_t nnotes;

	fputs("/* Written by vcosim ccsl emit-c; do not edit. */\n"
	      "#include \"monitor/tables.h\"\n\n",
	      to);
	nodes(to, t);
	words(to, "ops", t->ops, len.ops);
	words(to, "users", t->users, len.users);
	events(to, t);
	words(to, "onupd", t->onupd, len.onupd);
	guards(to, s, &len);
	scopes(to, t);
	words(to, "needs", t->needs, len.needs);
	long_words(to, "bits", t->bits, len.bits);
	words(to, "timed", t->timed, t->ntimed);
	words(to, "frail", t->frail, len.frail);
	table(to, t);
	rules(to, s);
	nnotes = notes(to, s);
	open_table(to, "struct ccsl_event_text", "event_texts", t->nevents);
	for (unsigned i = 0; i < t->nevents; i++) {
		fputs("\t{ ", to);
		text(to, ccsl_event_name(s, i));
		fprintf(to, ", %u },\n", ccsl_event_nargs(s, i));
	}
	close_table(to);
	fprintf(to, "extern const struct ccsl_tables %s;\n", name);
	fprintf(to, "const struct ccsl_tables %s = {\n\t.name = \"%s\",\n\t.tab = &" OURS "tab,\n",
		name, name);
	fprintf(to,
		"\t.events = " OURS "event_texts,\n\t.rules = " OURS "rule_texts,\n"
		"\t.notes = " OURS "notes,\n"
		"\t.nnotes = %" PRIu32 ",\n\t.bytes = %zu,\n};\n",
		nnotes, core_size(t));
}

static int upper_char(char c)
{
	return isalnum((unsigned char)c) ? toupper((unsigned char)c) : '_';
}

static void upper(FILE *to, const char *s)
{
	for (; *s; s++)
		putc(upper_char(*s), to);
}

static bool same_upper(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (upper_char(*a) != upper_char(*b))
			return false;
	return *a == *b;
}

bool emit_twins(const struct ccsl_spec *s, const char **one, const char **other)
{
	for (unsigned i = 0; i < s->nevents; i++)
		for (unsigned k = 0; k < i; k++) {
			*one = s->events[k]->name;
			*other = s->events[i]->name;
			if (same_upper(*one, *other))
				return true;
		}
	return false;
}

void emit_header(const struct ccsl_spec *s, const char *name, FILE *to)
{
	fputs("/* Written by vcosim ccsl emit-c --header; do not edit. */\n#ifndef EMITTED_", to);
	upper(to, name);
	fputs("_H\n#define EMITTED_", to);
	upper(to, name);
	fputs("_H\n\n#include \"monitor/tables.h\"\n\n#define ", to);
	upper(to, name);
	fprintf(to, "_WORDS %zu /* of 8 bytes: what core_init wants */\n\nenum {\n",
		(core_size(&s->tab) + 7) / 8);
	for (unsigned i = 0; i < s->nevents; i++) {
		const struct node *n = s->events[i];

		fputs("\t", to);
		upper(to, name);
		fputs("_EV_", to);
		upper(to, n->name);
		fprintf(to, " = %u,%s", i, n->nargs ? " /* (" : "\n");
		for (unsigned k = 0; k < n->nargs; k++)
			fprintf(to, "%s%s", n->args[k], k + 1 < n->nargs ? ", " : ") */\n");
	}
	fprintf(to, "};\n\nextern const struct ccsl_tables %s;\n\n#endif\n", name);
}
