/* SPDX-License-Identifier: MIT */
/*
 * What the report's page gets of a regression: the results as the runner wrote them, small
 * enough that a thousand runs are one file. Names, life cycles, coverage and burn-downs that
 * many runs share are held once and referred to by index; bridge/report/report.js reads it.
 */
#ifndef BRIDGE_CMD_REPORT_H
#define BRIDGE_CMD_REPORT_H

#include <jansson.h>
#include <stdbool.h>

/* A results.json that was read and whose members are of the kinds they are to be. */
struct results {
	char *file; /* its path */
	char *dir;  /* the folder it is in */
	json_t *root;
};

/* From a results folder, or a file. False, and one line on stderr that says what is wrong. */
bool results_read(struct results *results, const char *path);
void results_free(struct results *results);

/* When it began, as text that sorts. */
const char *results_started(const struct results *results);

/*
 * The page's data; `base`: from the page's folder to the results'. The earlier nights are in
 * their order. NULL: no memory, or no catalogue.
 */
json_t *report_data(const struct results *results, const char *base, const struct results *earlier,
		    unsigned nearlier);

#endif
