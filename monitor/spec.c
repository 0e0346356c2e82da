/* SPDX-License-Identifier: MIT */
/* Loads specifications: files, imports, errors; and answers what they contain. */
#include "monitor/spec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE (16 * 1024 * 1024)

struct loader {
	struct ccsl_spec *s;
	struct item *items, **tail;
	const char **seen; /* canonical names of the files read */
	unsigned nseen;
};

static void load_file(struct loader *ld, const char *path, struct pos from);

static void fill_error(struct ccsl_error *err, struct pos pos, const char *fmt, va_list ap)
{
	snprintf(err->file, sizeof(err->file), "%s", pos.file ? pos.file : "");
	err->line = pos.line;
	err->col = pos.col;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
}

void spec_error(struct ccsl_spec *s, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill_error(s->err, pos, fmt, ap);
	va_end(ap);
	longjmp(s->out, 1);
}

void spec_warn(struct ccsl_spec *s, struct pos pos, const char *fmt, ...)
{
	struct ccsl_error warning = { .line = 0 };
	va_list ap;

	if (!s->warn)
		return;
	va_start(ap, fmt);
	fill_error(&warning, pos, fmt, ap);
	va_end(ap);
	s->warn(s->warn_ctx, &warning);
}

static const char *next_to(struct arena *arena, const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	if (path[0] == '/' || !slash)
		return path;
	return arena_printf(arena, "%.*s/%s", (int)(slash - file), file, path);
}

static void load_text(struct loader *ld, const char *name, const char *text)
{
	struct unit unit = { 0 };

	if (!ast_parse(ld->s->arena, name, text, &unit, ld->s->err))
		longjmp(ld->s->out, 1);
	for (unsigned i = 0; i < unit.nimports; i++)
		load_file(ld, next_to(ld->s->arena, name, unit.imports[i].path),
			  unit.imports[i].pos);
	*ld->tail = unit.items;
	while (*ld->tail)
		ld->tail = &(*ld->tail)->next;
}

static bool seen(struct loader *ld, const char *path)
{
	char *real = realpath(path, NULL);
	const char *name = real ? real : path;
	bool known = false;

	for (unsigned i = 0; i < ld->nseen && !known; i++)
		known = !strcmp(ld->seen[i], name);
	if (!known)
		*(const char **)arena_push(ld->s->arena, &ld->seen, &ld->nseen, sizeof(char *)) =
			arena_strndup(ld->s->arena, name, strlen(name));
	free(real);
	return known;
}

static void load_file(struct loader *ld, const char *path, struct pos from)
{
	struct arena *arena = ld->s->arena;
	size_t n = 0, room = 4096;
	char *text;
	FILE *f;
	int bad;

	if (seen(ld, path))
		return;
	if (!from.file)
		from.file = path;
	f = fopen(path, "r");
	if (!f)
		spec_error(ld->s, from, "cannot read %s: %s", path, strerror(errno));
	text = arena_alloc(arena, room);
	errno = 0;
	while ((n += fread(text + n, 1, room - n - 1, f)) == room - 1 && n < MAX_FILE) {
		char *bigger = arena_alloc(arena, 2 * room);

		memcpy(bigger, text, n);
		text = bigger;
		room *= 2;
	}
	bad = ferror(f) ? errno : n >= MAX_FILE ? EFBIG : 0;
	fclose(f);
	if (bad)
		spec_error(ld->s, from, "cannot read %s: %s", path, strerror(bad));
	text[n] = 0;
	if (strlen(text) != n)
		spec_error(ld->s, (struct pos){ .file = path }, "this file has a zero byte");
	load_text(ld, arena_strndup(arena, path, strlen(path)), text);
}

/* false after an error anywhere below, which jumps back to here. */
static bool try_load(struct ccsl_spec *s, const char *const *paths, unsigned n, const char *text)
{
	struct loader ld = { .s = s };

	if (setjmp(s->out))
		return false;
	ld.tail = &ld.items;
	for (unsigned i = 0; i < n; i++) {
		if (text)
			load_text(&ld, arena_strndup(s->arena, paths[i], strlen(paths[i])),
				  arena_strndup(s->arena, text, strlen(text)));
		else
			load_file(&ld, arena_strndup(s->arena, paths[i], strlen(paths[i])),
				  (struct pos){ 0 });
	}
	spec_build(s, ld.items);
	spec_flatten(s);
	spec_check(s);
	return true;
}

static struct ccsl_spec *load(const char *const *paths, unsigned n, const char *text,
			      ccsl_warn_fn *warn, void *ctx, struct ccsl_error *err)
{
	struct ccsl_spec *s = calloc(1, sizeof(*s));

	*err = (struct ccsl_error){ .text = "no memory" };
	if (!s)
		return NULL;
	s->arena = arena_new();
	s->err = err;
	s->warn = warn;
	s->warn_ctx = ctx;
	if (!s->arena || !try_load(s, paths, n, text)) {
		ccsl_spec_free(s);
		return NULL;
	}
	s->err = NULL;
	return s;
}

struct ccsl_spec *ccsl_load(const char *const *paths, unsigned n, ccsl_warn_fn *warn, void *ctx,
			    struct ccsl_error *err)
{
	return load(paths, n, NULL, warn, ctx, err);
}

struct ccsl_spec *ccsl_load_text(const char *name, const char *text, ccsl_warn_fn *warn, void *ctx,
				 struct ccsl_error *err)
{
	return load(&name, 1, text, warn, ctx, err);
}

void ccsl_spec_free(struct ccsl_spec *spec)
{
	if (!spec)
		return;
	arena_free(spec->arena);
	free(spec);
}

unsigned ccsl_events(const struct ccsl_spec *spec)
{
	return spec->nevents;
}

const char *ccsl_event_name(const struct ccsl_spec *spec, unsigned event)
{
	return spec->events[event]->name;
}

unsigned ccsl_event_nargs(const struct ccsl_spec *spec, unsigned event)
{
	return spec->events[event]->nargs;
}

int ccsl_event_find(const struct ccsl_spec *spec, const char *name)
{
	for (unsigned i = 0; i < spec->nevents; i++)
		if (!strcmp(spec->events[i]->name, name))
			return (int)i;
	return -1;
}

unsigned ccsl_rules(const struct ccsl_spec *spec)
{
	return spec->nrules;
}

const struct ccsl_rule *ccsl_rule(const struct ccsl_spec *spec, unsigned index)
{
	return &spec->rule_order[index]->pub;
}

const char *ccsl_level_name(enum ccsl_level level)
{
	static const char *const names[] = { "MUST", "MUST_NOT", "SHOULD", "SHOULD_NOT", "MAY" };

	return names[level];
}

const char *ccsl_blame_name(enum ccsl_blame blame)
{
	static const char *const names[] = { "DRIVER", "DEVICE", "SPEC" };

	return names[blame];
}

const char *ccsl_result_name(enum ccsl_result result)
{
	static const char *const names[] = { "OK", "VIOLATED", "PENDING", "VACUOUS" };

	return names[result];
}

char *ccsl_tick_str(const struct ccsl_spec *spec, const struct ccsl_tick *tick, char *buf,
		    unsigned len)
{
	int n = snprintf(buf, len, "%s", ccsl_event_name(spec, tick->event));

	for (unsigned i = 0; i < tick->nargs && n >= 0 && (unsigned)n < len; i++)
		n += snprintf(buf + n, len - (unsigned)n, "%s%s%llu%s", i ? "," : "(", "",
			      (unsigned long long)tick->arg[i], i + 1 == tick->nargs ? ")" : "");
	return buf;
}
