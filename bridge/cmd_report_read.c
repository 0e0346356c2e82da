/* SPDX-License-Identifier: MIT */
/* Reading results.json: what does not fit is named, by file and member. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bridge/cmd_report.h"

static const char *const statuses[] = {
	"passed", "failed", "flaky", "error", "timeout", "skipped"
};

static bool bad(const struct results *results, size_t run, const char *member, const char *want)
{
	fprintf(stderr, "%s: runs[%zu]%s%s: expected %s\n", results->file, run, *member ? "." : "",
		member, want);
	return false;
}

static bool known_status(const char *status)
{
	for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (status && !strcmp(status, statuses[i]))
			return true;
	return false;
}

static bool check_run(const struct results *results, size_t i, const json_t *run)
{
	static const struct {
		const char *name, *want;
		json_type type;
	} optional[] = {
		{ "attempts", "an array", JSON_ARRAY }, { "expected", "an array", JSON_ARRAY },
		{ "verdicts", "an array", JSON_ARRAY }, { "files", "an object", JSON_OBJECT },
		{ "report", "an object", JSON_OBJECT }, { "others", "an array", JSON_ARRAY },
	};

	if (!json_is_object(run))
		return bad(results, i, "", "an object");
	if (!json_is_string(json_object_get(run, "id")))
		return bad(results, i, "id", "a string");
	if (!json_is_string(json_object_get(run, "scenario")))
		return bad(results, i, "scenario", "a string");
	if (!known_status(json_string_value(json_object_get(run, "status"))))
		return bad(results, i, "status",
			   "passed, failed, flaky, error, timeout or skipped");
	for (unsigned m = 0; m < sizeof(optional) / sizeof(optional[0]); m++) {
		const json_t *member = json_object_get(run, optional[m].name);

		if (member && !json_is_null(member) && json_typeof(member) != optional[m].type)
			return bad(results, i, optional[m].name, optional[m].want);
	}
	return true;
}

static bool check(const struct results *results)
{
	const json_t *runs = json_object_get(results->root, "runs"), *run;
	size_t i;

	if (json_integer_value(json_object_get(results->root, "schema")) != 1) {
		fprintf(stderr, "%s: schema: expected 1\n", results->file);
		return false;
	}
	if (!json_is_array(runs)) {
		fprintf(stderr, "%s: runs: expected an array\n", results->file);
		return false;
	}
	json_array_foreach(runs, i, run)
	{
		if (!check_run(results, i, run))
			return false;
	}
	return true;
}

bool results_read(struct results *results, const char *path)
{
	char name[PATH_MAX], real[PATH_MAX];
	struct stat st;
	json_error_t err;
	char *slash;

	*results = (struct results){ NULL, NULL, NULL };
	if (stat(path, &st) ||
	    snprintf(name, sizeof(name), "%s%s", path,
		     S_ISDIR(st.st_mode) ? "/results.json" : "") >= (int)sizeof(name) ||
	    !realpath(name, real)) {
		fprintf(stderr, "vcosim report: %s: %s\n", path,
			errno == ENOENT ? "no results.json there" : strerror(errno));
		return false;
	}
	results->file = strdup(real);
	slash = strrchr(real, '/');
	slash[slash == real] = '\0';
	results->dir = strdup(real);
	if (!results->file || !results->dir) {
		results_free(results);
		return false;
	}
	results->root = json_load_file(results->file, 0, &err);
	if (!results->root)
		fprintf(stderr, "%s:%d:%d: %s\n", results->file, err.line, err.column, err.text);
	if (results->root && check(results))
		return true;
	results_free(results);
	return false;
}

void results_free(struct results *results)
{
	free(results->file);
	free(results->dir);
	json_decref(results->root);
	*results = (struct results){ NULL, NULL, NULL };
}

const char *results_started(const struct results *results)
{
	const char *text = json_string_value(json_object_get(results->root, "started"));

	return text ? text : "";
}
