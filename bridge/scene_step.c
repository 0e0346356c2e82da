/* SPDX-License-Identifier: MIT */
#include "bridge/scene_step.h"

#include <stdlib.h>
#include <string.h>

/* What follows the word. */
enum takes { NOTHING, NUMBER, MAYBE_NUMBER, TEXT, FIGURE };

static const struct {
	const char *word;
	enum takes takes;
	unsigned min, max, otherwise;
	const char *what; /* the number */
} words[SCENE_DOES] = {
	[SCENE_BALLOON] = { "balloon", NUMBER, 0, 65535, 0, "MiB" },
	[SCENE_AIM] = { "aim", NUMBER, 0, 65535, 0, "MiB" },
	[SCENE_OTHERS] = { "others", NUMBER, 0, 65535, 0, "MiB" },
	[SCENE_FILL] = { "fill", MAYBE_NUMBER, 1, 65535, 0, "MiB" },
	[SCENE_STATS] = { "stats", MAYBE_NUMBER, 1, 100000, 1, "times" },
	[SCENE_HINT] = { "hint", MAYBE_NUMBER, 1, 100000, 1, "times" },
	[SCENE_HINT_START] = { "hint-start", NOTHING, 0, 0, 0, NULL },
	[SCENE_HINT_STOP] = { "hint-stop", NOTHING, 0, 0, 0, NULL },
	[SCENE_REPORTED] = { "reported", NOTHING, 0, 0, 0, NULL },
	[SCENE_RELOAD] = { "reload", MAYBE_NUMBER, 1, 100000, 1, "times" },
	[SCENE_LOAD] = { "load", NOTHING, 0, 0, 0, NULL },
	[SCENE_UNLOAD] = { "unload", NOTHING, 0, 0, 0, NULL },
	[SCENE_WAIT] = { "wait", NUMBER, 0, 3600000, 0, "milliseconds" },
	[SCENE_EXEC] = { "exec", TEXT, 0, 0, 0, "a shell command" },
	[SCENE_START] = { "start", TEXT, 0, 0, 0, "a shell command" },
	[SCENE_REBOOT] = { "reboot", NOTHING, 0, 0, 0, NULL },
	[SCENE_KEXEC] = { "kexec", NOTHING, 0, 0, 0, NULL },
	[SCENE_RESTART] = { "restart", NOTHING, 0, 0, 0, NULL },
	[SCENE_SUSPEND] = { "suspend", NUMBER, 1, 60, 0, "seconds" },
	[SCENE_STALL] = { "stall", NUMBER, 1, 60000, 0, "milliseconds" },
	[SCENE_EXPECT] = { "expect", FIGURE, 0, INT32_MAX, 0, NULL },
	[SCENE_REPEAT] = { "repeat", NUMBER, 1, 100000, 0, "times" },
	[SCENE_END] = { "end", NOTHING, 0, 0, 0, NULL },
};

static const char *const figures[SCENE_FIGURES] = {
	[SCENE_ACTUAL] = "actual",         [SCENE_RETURNED] = "returned",
	[SCENE_FIG_REPORTED] = "reported", [SCENE_HINTED] = "hinted",
	[SCENE_DIRTY] = "dirty",           [SCENE_INFLATED] = "inflated",
	[SCENE_DEFLATED] = "deflated",
};

const char *scene_figure_name(enum scene_figure figure)
{
	return figures[figure];
}

static bool number(const char *text, unsigned min, unsigned max, unsigned *out)
{
	char *end;
	unsigned long val = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || val < min || val > max)
		return false;
	*out = (unsigned)val;
	return true;
}

/* "actual < 64" */
static void read_figure(struct settings *s, const config_setting_t *at, const char *text,
			struct scene_step *step)
{
	size_t n = strcspn(text, " ");
	unsigned f = 0;

	while (f < SCENE_FIGURES && (strlen(figures[f]) != n || strncmp(figures[f], text, n)))
		f++;
	step->figure = f < SCENE_FIGURES ? f : 0;
	step->op = text[n] ? text[n + 1] : '\0';
	if (f == SCENE_FIGURES || !step->op || !strchr("<>=", step->op) || text[n + 2] != ' ' ||
	    !number(text + n + 3, 0, INT32_MAX, &step->n))
		settings_wrong(
			s, at,
			"steps: expect: expected a figure (actual, returned, reported, hinted, "
			"dirty, inflated, deflated), < > or =, and a number");
}

static void read_number(struct settings *s, const config_setting_t *at, const char *text,
			struct scene_step *step)
{
	step->n = words[step->what].otherwise;
	if (!*text && words[step->what].takes == MAYBE_NUMBER)
		return;
	if (!number(text, words[step->what].min, words[step->what].max, &step->n))
		settings_wrong(s, at, "steps: %s: expected %s, %u to %u", words[step->what].word,
			       words[step->what].what, words[step->what].min,
			       words[step->what].max);
}

static void read_step(struct settings *s, const config_setting_t *at, struct scene_step *step)
{
	size_t n;
	unsigned w = 0;
	const char *rest;

	settings_text(s, at, "steps", step->text, sizeof(step->text));
	step->line = config_setting_source_line(at);
	n = strcspn(step->text, " ");
	while (w < SCENE_DOES &&
	       (strlen(words[w].word) != n || strncmp(words[w].word, step->text, n)))
		w++;
	if (s->failed)
		return;
	if (w == SCENE_DOES) {
		settings_wrong(s, at, "steps: no step %.*s; tests/scenarios/README.md lists them",
			       (int)n, step->text);
		return;
	}
	step->what = w;
	rest = step->text + n + strspn(step->text + n, " ");
	if (strchr(step->text, '\n'))
		settings_wrong(s, at, "steps: expected each in one line");
	else if (words[w].takes == NOTHING && *rest)
		settings_wrong(s, at, "steps: %s: expected nothing behind it", words[w].word);
	else if (words[w].takes == NUMBER || words[w].takes == MAYBE_NUMBER)
		read_number(s, at, rest, step);
	else if (words[w].takes == FIGURE)
		read_figure(s, at, rest, step);
	else if (words[w].takes == TEXT && !*rest)
		settings_wrong(s, at, "steps: %s: expected %s", words[w].word, words[w].what);
	else if (words[w].takes == TEXT)
		memmove(step->text, rest, strlen(rest) + 1);
}

/* What a step needs of those before it, and of the guest. */
static void check_step(struct settings *s, const config_setting_t *at, const struct scene *sc,
		       const struct scene_step *step, unsigned *depth)
{
	bool balloon = step->what == SCENE_BALLOON || step->what == SCENE_AIM ||
		       step->what == SCENE_OTHERS;

	if (step->what == SCENE_REPEAT && ++*depth > SCENE_DEPTH)
		settings_wrong(s, at, "steps: repeat: expected at most %d in one another",
			       SCENE_DEPTH);
	if (step->what == SCENE_END && !(*depth)--)
		settings_wrong(s, at, "steps: end: expected a repeat before it");
	if (balloon && step->n >= sc->memory_mib)
		settings_wrong(s, at, "steps: expected a balloon of less than the guest's %u MiB",
			       sc->memory_mib);
	if (step->what == SCENE_OTHERS && sc->devices == 1)
		settings_wrong(s, at, "steps: others: expected devices = 2 or more");
}

void scene_read_steps(struct settings *s, config_setting_t *at, struct scene *sc)
{
	unsigned depth = 0;

	if (!at)
		return;
	if (!(config_setting_is_array(at) || config_setting_is_list(at)) ||
	    config_setting_length(at) > SCENE_STEPS) {
		settings_wrong(s, at, "steps: expected [ \"balloon 64\", ... ], at most %d",
			       SCENE_STEPS);
		return;
	}
	sc->nsteps = (unsigned)config_setting_length(at);
	for (unsigned i = 0; i < sc->nsteps && !s->failed; i++) {
		const config_setting_t *e = config_setting_get_elem(at, i);

		read_step(s, e, &sc->step[i]);
		if (!s->failed)
			check_step(s, e, sc, &sc->step[i], &depth);
	}
	if (!s->failed && depth)
		settings_wrong(s, at, "steps: expected an end behind each repeat");
}
