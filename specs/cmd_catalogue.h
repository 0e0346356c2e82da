/* SPDX-License-Identifier: MIT */
/*
 * The catalogue of normative statements: clauses.tsv, each row with the one thing that
 * clauses_status.tsv says about it.
 */
#ifndef SPECS_CMD_CATALOGUE_H
#define SPECS_CMD_CATALOGUE_H

#include <stdbool.h>

#define CLAUSES_MAX 1024

enum clause_status { MONITORED, NOT_APPLICABLE, NOT_DECIDABLE, SPEC_DEFECT, LATER, STATUSES };

extern const char *const clause_status_names[STATUSES];

struct clause {
	const char *id, *party, *level, *section, *scope, *text;
	int status; /* enum clause_status, or -1: none */
	const char *why;
	char rules[256]; /* names that watch it, without indices, separated by commas */
};

struct catalogue {
	char *clauses_text, *status_text;
	struct clause row[CLAUSES_MAX];
	unsigned n, errors;
};

/* NULL, and one line on stderr that says why: a table is not there, or empty. */
struct catalogue *catalogue_new(void);
void catalogue_free(struct catalogue *cat);

struct clause *catalogue_find(struct catalogue *cat, const char *id);

/* Counts a contradiction and prints it, in TAP. */
void catalogue_complain(struct catalogue *cat, const char *id, const char *what);

#endif
