/* SPDX-License-Identifier: MIT */
/* vcosim report: the results of a regression as one page of HTML that needs nothing else. */
#include "bridge/cmd_report.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/report.h"
#include "sim/cmd.h"

#define NIGHTS_MAX 60 /* the last ones are shown */

struct nights {
	struct results *night;
	unsigned n;
};

static int no(const char *what, const char *why)
{
	fprintf(stderr, "vcosim report: %s: %s\n", what, why);
	return 2;
}

/* --- which results ---------------------------------------------------------------------- */

static bool add(struct nights *nights, const char *path)
{
	struct results *more = realloc(nights->night, (nights->n + 1) * sizeof(*more));

	if (!more)
		return false;
	nights->night = more;
	if (!results_read(&more[nights->n], path))
		return false;
	nights->n++;
	return true;
}

static bool has_results(const char *dir)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/results.json", dir) < (int)sizeof(path) &&
	       !access(path, F_OK);
}

/* A results folder, or a folder of them, of which damaged ones are told of and left out. */
static bool add_history(struct nights *nights, const char *path)
{
	char sub[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (has_results(path))
		return add(nights, path);
	dir = opendir(path);
	if (!dir && errno == ENOTDIR)
		return add(nights, path);
	if (!dir) {
		no(path, strerror(errno));
		return false;
	}
	while ((entry = readdir(dir)))
		if (snprintf(sub, sizeof(sub), "%s/%s", path, entry->d_name) < (int)sizeof(sub) &&
		    strcmp(entry->d_name, "..") && has_results(sub))
			add(nights, sub);
	closedir(dir);
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct results *x = a, *y = b;
	int order = strcmp(results_started(x), results_started(y));

	return order ? order : strcmp(x->file, y->file);
}

/* In their order, each file once, those only that are older than the report. */
static void tidy(struct nights *nights, const struct results *now)
{
	unsigned n = 0;

	if (!nights->n)
		return;
	qsort(nights->night, nights->n, sizeof(*nights->night), by_start);
	for (unsigned i = 0; i < nights->n; i++) {
		struct results *night = &nights->night[i];

		if (!strcmp(night->file, now->file) ||
		    (n && !strcmp(night->file, nights->night[n - 1].file)) ||
		    strcmp(results_started(night), results_started(now)) > 0)
			results_free(night);
		else
			nights->night[n++] = *night;
	}
	nights->n = n;
}

/* The newest of the folders, what the others hold goes to the nights. 0 or 2. */
static int choose(char **folder, int n, struct results *now, struct nights *nights)
{
	if (!n)
		return no("DIR", "expected a folder of results");
	for (int i = 0; i < n; i++) {
		struct results one, was = *now;

		if (!results_read(&one, folder[i]))
			return 2;
		if (!was.root || by_start(&one, &was) > 0) {
			*now = one;
			one = was;
		}
		if (one.root && !add(nights, one.file)) {
			results_free(&one);
			return 2;
		}
		results_free(&one);
	}
	return 0;
}

static void keep_last(struct nights *nights, unsigned n)
{
	unsigned drop = nights->n > n ? nights->n - n : 0;

	for (unsigned i = 0; i < drop; i++)
		results_free(&nights->night[i]);
	nights->n -= drop;
	if (drop)
		memmove(nights->night, nights->night + drop, nights->n * sizeof(*nights->night));
}

/* --- the page ---------------------------------------------------------------------------- */

/* The way from one folder to another: "" or "../runs/"; both are real paths. */
static void way(char *out, size_t len, const char *from, const char *to)
{
	size_t same = 0, n = 0;

	for (size_t i = 0;; i++) {
		if ((!from[i] || from[i] == '/') && (!to[i] || to[i] == '/'))
			same = i;
		if (!from[i] || from[i] != to[i])
			break;
	}
	out[0] = '\0';
	for (const char *at = from + same; *at; at++)
		if (*at == '/' && at[1] && n + 4 < len)
			n += (size_t)snprintf(out + n, len - n, "../");
	to += same + (to[same] == '/');
	if (*to)
		snprintf(out + n, len - n, "%s/", to);
}

/* JSON inside of a script element: no '<' may begin an end tag or a comment there. */
static int write_escaped(const char *text, size_t len, void *ctx)
{
	FILE *to = ctx;

	for (size_t i = 0; i < len; i++)
		if (text[i] == '<')
			fputs("\\u003c", to);
		else
			putc(text[i], to);
	return ferror(to) ? -1 : 0;
}

/* Under another name until it is whole. */
static int write_page(const char *path, const json_t *data)
{
	char temp[PATH_MAX];
	FILE *to;
	bool bad;
	int err;

	if (snprintf(temp, sizeof(temp), "%s.new", path) >= (int)sizeof(temp))
		return no(path, "its name is too long");
	to = fopen(temp, "w");
	if (!to)
		return no(temp, strerror(errno));
	errno = 0;
	fputs(report_head, to);
	bad = json_dump_callback(data, write_escaped, to,
				 JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(7));
	fputs(report_tail, to);
	bad = ferror(to) || bad;
	if (fclose(to) || bad || rename(temp, path)) {
		err = errno;
		unlink(temp);
		return no(path, err ? strerror(err) : "cannot write the page");
	}
	return 0;
}

static int make(const struct nights *nights, const struct results *now, const char *out)
{
	char path[PATH_MAX], folder[PATH_MAX], here[PATH_MAX], base[PATH_MAX];
	char *slash;
	json_t *data;
	int status;

	if (snprintf(path, sizeof(path), "%s%s", out ? out : now->dir, out ? "" : "/report.html") >=
	    (int)sizeof(path))
		return no(out ? out : now->dir, "its name is too long");
	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	if (!realpath(slash ? folder : ".", here))
		return no(folder, strerror(errno));
	way(base, sizeof(base), here, now->dir);
	data = report_data(now, base, nights->night, nights->n);
	if (!data)
		return no(now->file, "no memory for it, or no catalogue of clauses");
	status = write_page(path, data);
	json_decref(data);
	if (!status)
		printf("Report: %s\n", path);
	return status;
}

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim report DIR... [OPTION...]\n"
		"Makes one page of HTML of a regression's results, to be read in a browser: what "
		"failed and\n"
		"how to see it again, which clauses were put to the test, and how the nights "
		"before went.\n"
		"The page needs no network and no other file. Of several DIRs the newest is shown, "
		"the\n"
		"others are earlier nights.\n"
		"\n"
		"  -o, --output FILE  the page (default: report.html in DIR)\n"
		"  --trend DIR        an earlier night, or a folder of them; as often as you like\n"
		"  --help             this text\n");
	return status;
}

int cmd_report(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "trend", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct nights nights = { NULL, 0 };
	struct results now = { NULL, NULL, NULL };
	const char *out = NULL;
	int opt, status = 0;

	while ((opt = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (opt == 'o')
			out = optarg;
		else if (opt == 't')
			status = add_history(&nights, optarg) ? status : 2;
		else
			status = usage(opt == 'h' ? stdout : stderr, opt == 'h' ? -1 : 2);
		if (status)
			break;
	}
	if (!status)
		status = choose(argv + optind, argc - optind, &now, &nights);
	if (!status) {
		tidy(&nights, &now);
		keep_last(&nights, NIGHTS_MAX);
		status = make(&nights, &now, out);
	}
	keep_last(&nights, 0);
	free(nights.night);
	results_free(&now);
	return status < 0 ? 0 : status;
}
