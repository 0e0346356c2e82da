/* SPDX-License-Identifier: MIT */
/* Names: spaces within spaces, members of families, indexes of For loops. */
#include <string.h>

#include "monitor/spec.h"

static unsigned hash(const struct space *space, const char *name)
{
	uint64_t h = (uintptr_t)space * 0x9e3779b97f4a7c15u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3u;
	return (unsigned)(h >> 32) % SYM_HASH;
}

static struct sym *find(struct ccsl_spec *s, const struct space *space, const char *name)
{
	struct sym *sym = s->hash[hash(space, name)];

	while (sym && (sym->ctx.space != space || strcmp(sym->name, name)))
		sym = sym->chain;
	return sym;
}

static struct sym *insert(struct ccsl_spec *s, struct ctx ctx, enum sym_kind kind, const char *name)
{
	struct sym **slot = &s->hash[hash(ctx.space, name)];
	struct sym *sym = arena_alloc(s->arena, sizeof(*sym));

	sym->kind = kind;
	sym->name = name;
	sym->ctx = ctx;
	sym->chain = *slot;
	*slot = sym;
	return sym;
}

struct space *name_space(struct ccsl_spec *s, struct space *outer, struct scope *scope)
{
	struct space *space = arena_alloc(s->arena, sizeof(*space));

	space->outer = outer;
	space->scope = scope;
	return space;
}

const char *name_mangle(struct ccsl_spec *s, const char *name, const struct env *env)
{
	if (!env)
		return name;
	return arena_printf(s->arena, "%s[%llu]", name_mangle(s, name, env->outer),
			    (unsigned long long)env->value);
}

struct sym *name_own(struct ccsl_spec *s, struct ctx ctx, const char *name)
{
	return find(s, ctx.space, name_mangle(s, name, ctx.env));
}

struct sym *name_add(struct ccsl_spec *s, struct ctx ctx, enum sym_kind kind, const char *name,
		     const struct item *it)
{
	const char *full = name_mangle(s, name, ctx.env), *all;
	struct sym *sym = find(s, ctx.space, full), *family;

	if (sym && sym->item)
		spec_error(s, it->pos, "\"%s\" is declared twice; the other one is at %s:%u:%u",
			   full, sym->item->pos.file, sym->item->pos.line, sym->item->pos.col);
	if (name_index(ctx, name))
		spec_error(s, it->pos, "\"%s\" is the index of the loop around it", name);
	sym = insert(s, ctx, kind, full);
	sym->item = it;
	if (!ctx.env)
		return sym;
	all = arena_printf(s->arena, "%s[*]", name_mangle(s, name, ctx.env->outer));
	family = find(s, ctx.space, all);
	if (!family)
		family = insert(s, ctx, S_FAMILY, all);
	*(struct sym **)arena_push(s->arena, &family->member, &family->nmember, sizeof(sym)) = sym;
	return sym;
}

const struct env *name_index(struct ctx ctx, const char *name)
{
	const struct env *env = ctx.env;

	while (env && strcmp(env->name, name))
		env = env->outer;
	return env;
}

/* The member chosen by the first n indexes, if they are constants; else NULL. */
static const char *member(struct ccsl_spec *s, struct ctx ctx, const struct ref *ref, unsigned n)
{
	const char *name = ref->name;
	uint64_t value;

	for (unsigned i = 0; i < n; i++) {
		if (!gen_const(s, ctx, ref->index[i], &value))
			return NULL;
		name = arena_printf(s->arena, "%s[%llu]", name, (unsigned long long)value);
	}
	return name;
}

/*
 * Outwards through the spaces; in each the most specific member first: the one that the
 * written indexes name, else the one of the enclosing loops.
 */
struct sym *name_find(struct ccsl_spec *s, struct ctx ctx, const struct ref *ref, unsigned *left)
{
	const char *names[AST_INDEXES + 1];
	struct sym *sym;

	for (unsigned n = 0; n <= ref->nindex; n++)
		names[n] = member(s, ctx, ref, n);
	for (const struct space *space = ctx.space; space; space = space->outer) {
		for (unsigned n = ref->nindex; n > 0; n--) {
			sym = names[n] ? find(s, space, names[n]) : NULL;
			if (sym) {
				*left = ref->nindex - n;
				sym->used = true;
				return sym;
			}
		}
		for (const struct env *env = ctx.env;; env = env->outer) {
			sym = find(s, space, name_mangle(s, ref->name, env));
			if (sym) {
				*left = ref->nindex;
				sym->used = true;
				return sym;
			}
			if (!env)
				break;
		}
	}
	return NULL;
}
