/* SPDX-License-Identifier: MIT */
#include "sim/cmd_profile.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd_rig.h"

/* A path as it is, a name among the specifications. */
static FILE *open_profile(const char *name, char path[PATH_MAX])
{
	char file[PATH_MAX];

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return fopen(path, "r");
	}
	if (snprintf(file, sizeof(file), "specs/%s.profile", name) >= (int)sizeof(file) ||
	    !rig_find(file, path, PATH_MAX)) {
		snprintf(path, PATH_MAX, "%s", name);
		return NULL;
	}
	return fopen(path, "r");
}

/* rule, clause, driver, evidence; false: not four of them. */
static bool take_line(struct profile *profile, char *line)
{
	struct profile_waiver *w = &profile->waiver[profile->n];

	w->rule = strsep(&line, "\t");
	w->clause = strsep(&line, "\t");
	w->driver = strsep(&line, "\t");
	w->evidence = line;
	if (!w->evidence || !*w->evidence)
		return false;
	profile->n++;
	return true;
}

bool profile_load(struct profile *profile, const char *name)
{
	char path[PATH_MAX], *line, *rest;
	size_t room = 0;
	unsigned n = 0;
	FILE *file;

	memset(profile, 0, sizeof(*profile));
	if (!name)
		return true; /* as strict as PROFILE_STRICT, which may not be near this program */
	file = open_profile(name, path);
	if (!file || getdelim(&profile->text, &room, '\0', file) < 0) {
		fprintf(stderr, "vcosim: %s: no such profile; there are spec-1.4 and practice\n",
			name);
		if (file)
			fclose(file);
		profile_unload(profile);
		return false;
	}
	fclose(file);
	for (rest = profile->text; (line = strsep(&rest, "\n"));) {
		n++;
		if (!*line || *line == '#')
			continue;
		if (profile->n < PROFILE_WAIVERS && take_line(profile, line))
			continue;
		fprintf(stderr,
			"%s:%u: expected rule, clause, driver, evidence, separated by tabs; at "
			"most %u lines\n",
			path, n, PROFILE_WAIVERS);
		profile_unload(profile);
		return false;
	}
	return true;
}

void profile_unload(struct profile *profile)
{
	free(profile->text);
	memset(profile, 0, sizeof(*profile));
}

void profile_count(struct profile *profile, const char *rule)
{
	size_t len = strcspn(rule, "[");

	for (unsigned i = 0; i < profile->n; i++) {
		struct profile_waiver *w = &profile->waiver[i];

		if (strcspn(w->rule, "(") == len && !strncmp(w->rule, rule, len)) {
			w->times++;
			return;
		}
	}
}
