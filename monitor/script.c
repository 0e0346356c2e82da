/* SPDX-License-Identifier: MIT */
/* Reads abstract traces. */
#include "monitor/script.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 4, 5))) static int bad(const struct script *t, struct ccsl_error *err,
						     const char *at, const char *fmt, ...)
{
	va_list ap;

	*err = (struct ccsl_error){ .line = t->line, .col = (unsigned)(at - t->text) + 1 };
	snprintf(err->file, sizeof(err->file), "%s", t->name);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

static char *skip(char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* Decimal or 0x; false if none begins here or it is too large. */
static bool number(char **p, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**p))
		return false;
	errno = 0;
	*value = strtoull(*p, &end, **p == '0' && (*p)[1] == 'x' ? 16 : 10);
	*p = end;
	return errno == 0;
}

static struct ccsl_tick *new_tick(struct script *t)
{
	if (t->nticks == t->ticks_room) {
		t->ticks_room = t->ticks_room ? 2 * t->ticks_room : 16;
		t->ticks = realloc(t->ticks, t->ticks_room * sizeof(*t->ticks));
		if (!t->ticks)
			abort();
	}
	t->ticks[t->nticks] = (struct ccsl_tick){ 0 };
	return &t->ticks[t->nticks++];
}

static int arguments(const struct script *t, struct ccsl_tick *tick, char **p,
		     struct ccsl_error *err)
{
	unsigned want = ccsl_event_nargs(t->spec, tick->event);
	const char *name = ccsl_event_name(t->spec, tick->event), *start = *p;

	if (**p == '(') {
		*p = skip(*p + 1);
		while (**p != ')') {
			if (tick->nargs == CCSL_ARGS || !number(p, &tick->arg[tick->nargs]))
				return bad(t, err, *p, "expected a number or \")\"");
			tick->nargs++;
			*p = skip(*p);
			if (**p == ',')
				*p = skip(*p + 1);
			else if (**p != ')')
				return bad(t, err, *p, "expected \",\" or \")\"");
		}
		++*p;
	}
	if (tick->nargs != want)
		return bad(t, err, start, "expected %u arguments for %s, found %u", want, name,
			   tick->nargs);
	return 0;
}

static int instant(struct script *t, char *p, struct ccsl_error *err)
{
	uint64_t cycle;

	t->nticks = 0;
	t->cycle++;
	if (*p == '@') {
		char *at = p++;

		if (!number(&p, &cycle))
			return bad(t, err, p, "expected a cycle number");
		if (cycle + 1 < t->cycle)
			return bad(t, err, at, "cycle %llu is before the one of the last instant",
				   (unsigned long long)cycle);
		t->cycle = cycle;
	}
	for (p = skip(p); *p; p = skip(p)) {
		char *start = p, end;
		struct ccsl_tick *tick;
		int id;

		if (p[0] == '.' && (!p[1] || isspace((unsigned char)p[1]))) {
			p++;
			continue;
		}
		while (*p && !isspace((unsigned char)*p) && *p != '(')
			p++;
		end = *p;
		*p = 0;
		id = ccsl_event_find(t->spec, start);
		if (id < 0)
			return bad(t, err, start, "\"%s\" is not an event of this specification",
				   start);
		*p = end;
		tick = new_tick(t);
		tick->event = (uint16_t)id;
		if (arguments(t, tick, &p, err))
			return -1;
	}
	return 1;
}

int script_next(struct script *t, struct ccsl_error *err)
{
	while (getline(&t->text, &t->room, t->file) >= 0) {
		char *hash = strchr(t->text, '#'), *p;

		t->line++;
		if (hash)
			*hash = 0;
		p = skip(t->text);
		if (*p)
			return instant(t, p, err);
	}
	if (ferror(t->file))
		return bad(t, err, t->text ? t->text : "", "cannot read: %s", strerror(errno));
	return 0;
}

void script_done(struct script *t)
{
	free(t->text);
	free(t->ticks);
}
