/* SPDX-License-Identifier: MIT */
/* What people see: a line that moves on a terminal, one for each run elsewhere, and the end. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bridge/cmd_regress.h"

/* "1:05:09", "2:07" */
static char *span(double seconds, char buf[32])
{
	unsigned long s = seconds < 0 ? 0 : (unsigned long)(seconds + 0.5);

	if (s >= 3600)
		snprintf(buf, 32, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buf, 32, "%lu:%02lu", s / 60, s % 60);
	return buf;
}

static const char *text_of(const json_t *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry, key));

	return text ? text : "";
}

void regress_tell_progress(const struct regress_view *v)
{
	char left[32];

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K%zu of %zu done, %zu failed, %zu running%s%.40s%s, %s left",
		v->done, v->total, v->failed, v->running, v->now ? " (" : "", v->now ? v->now : "",
		v->now ? ")" : "", span(v->left, left));
	fflush(stderr);
}

void regress_tell_run(const struct regress_view *v, const json_t *entry)
{
	bool tty = isatty(STDERR_FILENO), good = regress_status(entry) == REGRESS_PASSED;
	char left[32];

	if (tty)
		fprintf(stderr, "\r\033[K");
	if (!tty)
		fprintf(stderr, "%zu of %zu, %zu failed, %s left: ", v->done, v->total, v->failed,
			span(v->left, left));
	if (!tty || !good)
		fprintf(stderr, "%-7s %s (%.1f s)%s%s\n", text_of(entry, "status"),
			text_of(entry, "id"), json_real_value(json_object_get(entry, "seconds")),
			good ? "" : ": ", text_of(entry, "reason"));
	regress_tell_progress(v);
}

static void tell_bad(const json_t *entry, const char *dir)
{
	json_t *files = json_object_get(entry, "files");

	printf("%-7s %s: %s\n", text_of(entry, "status"), text_of(entry, "id"),
	       text_of(entry, "reason"));
	printf("        again: %s\n", text_of(entry, "command"));
	for (void *it = json_object_iter(files); it; it = json_object_iter_next(files, it))
		printf("        %s: %s/%s\n", json_object_iter_key(it), dir,
		       json_string_value(json_object_iter_value(it)));
}

void regress_tell_summary(const json_t *results, const char *dir)
{
	const json_t *runs = json_object_get(results, "runs");
	size_t total = (size_t)json_integer_value(
		json_object_get(json_object_get(results, "counts"), "total"));
	unsigned count[REGRESS_STATUSES];
	char time[32];

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	for (size_t i = 0; i < json_array_size(runs); i++)
		if (regress_status(json_array_get(runs, i)) != REGRESS_PASSED)
			tell_bad(json_array_get(runs, i), dir);
	regress_count(runs, count);
	printf("%zu runs:", total);
	for (unsigned i = REGRESS_PASSED; i < REGRESS_STATUSES; i++)
		if (count[i] || i <= REGRESS_FAILED)
			printf(" %u %s,", count[i], regress_status_name(i));
	if (total > json_array_size(runs))
		printf(" %zu not run,", total - json_array_size(runs));
	printf(" in %s; %s/results.json\n",
	       span(json_real_value(json_object_get(results, "seconds")), time), dir);
}
