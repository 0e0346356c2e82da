/* SPDX-License-Identifier: MIT */
/*
 * Profiles: what of a specification is waived for drivers that ship, by name, each with its
 * evidence. specs/NAME.profile, or a file by its path; "spec-1.4" waives nothing.
 */
#ifndef SIM_CMD_PROFILE_H
#define SIM_CMD_PROFILE_H

#include <stdbool.h>

#define PROFILE_STRICT   "spec-1.4"
#define PROFILE_PRACTICE "practice"
#define PROFILE_WAIVERS  32U

struct profile {
	char *text; /* of the file, cut up */
	unsigned n;
	struct profile_waiver {
		const char *rule; /* as ccsl_waive takes it: "name", "name(queue)" */
		const char *clause, *driver, *evidence;
		unsigned long times; /* how often it was needed */
	} waiver[PROFILE_WAIVERS];
};

/* name NULL: nothing is waived. False, and one line on stderr that says why. */
bool profile_load(struct profile *profile, const char *name);
void profile_unload(struct profile *profile);

/* A rule was broken and waived: counts. `rule` as it is called, with the index of a family. */
void profile_count(struct profile *profile, const char *rule);

#endif
