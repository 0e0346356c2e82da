/* SPDX-License-Identifier: MIT */
#include "specs/cmd_catalogue.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd_rig.h"

#define COLUMNS_MAX 16

const char *const clause_status_names[STATUSES] = { "MONITORED", "NOT_APPLICABLE", "NOT_DECIDABLE",
						    "SPEC_DEFECT", "LATER" };

static char *slurp(const char *name)
{
	char path[PATH_MAX];
	char *text = NULL;
	size_t len = 0;
	FILE *file;

	if (!rig_find(name, path, sizeof(path)) || !(file = fopen(path, "r"))) {
		fprintf(stderr, "vcosim: %s not found near the program\n", name);
		return NULL;
	}
	if (getdelim(&text, &len, '\0', file) < 0)
		fprintf(stderr, "vcosim: %s is empty\n", name);
	fclose(file);
	return text;
}

/* The columns of the next line; how many, 0: no more lines. Cuts *text up. */
static unsigned next_row(char **text, char *column[COLUMNS_MAX])
{
	char *line = strsep(text, "\n");
	unsigned n = 0;

	while (line && *line && n < COLUMNS_MAX)
		if (!(column[n++] = strsep(&line, "\t")))
			break;
	return n;
}

struct clause *catalogue_find(struct catalogue *cat, const char *id)
{
	for (unsigned i = 0; i < cat->n; i++)
		if (!strcmp(cat->row[i].id, id))
			return &cat->row[i];
	return NULL;
}

void catalogue_complain(struct catalogue *cat, const char *id, const char *what)
{
	printf("not ok - %s: %s\n", id, what);
	cat->errors++;
}

static bool read_clauses(struct catalogue *cat)
{
	char *column[COLUMNS_MAX], *text = cat->clauses_text = slurp("specs/clauses.tsv");

	if (!text || !next_row(&text, column))
		return false;
	while (next_row(&text, column) >= 6 && cat->n < CLAUSES_MAX)
		cat->row[cat->n++] = (struct clause){ .id = column[0],
						      .party = column[1],
						      .level = column[2],
						      .section = column[3],
						      .scope = column[4],
						      .text = column[5],
						      .status = -1,
						      .why = "" };
	return cat->n != 0;
}

static bool read_status(struct catalogue *cat)
{
	char *column[COLUMNS_MAX], *text = cat->status_text = slurp("specs/clauses_status.tsv");
	unsigned n;

	if (!text || !next_row(&text, column))
		return false;
	while ((n = next_row(&text, column)) >= 2) {
		struct clause *clause = catalogue_find(cat, column[0]);

		if (!clause) {
			catalogue_complain(cat, column[0], "a status, but no such clause");
			continue;
		}
		if (clause->status >= 0)
			catalogue_complain(cat, column[0], "two statuses");
		for (int s = 0; s < STATUSES; s++)
			if (!strcmp(column[1], clause_status_names[s]))
				clause->status = s;
		clause->why = n > 2 ? column[2] : "";
	}
	return true;
}

struct catalogue *catalogue_new(void)
{
	struct catalogue *cat = calloc(1, sizeof(*cat));

	if (cat && read_clauses(cat) && read_status(cat))
		return cat;
	catalogue_free(cat);
	return NULL;
}

void catalogue_free(struct catalogue *cat)
{
	if (!cat)
		return;
	free(cat->clauses_text);
	free(cat->status_text);
	free(cat);
}
