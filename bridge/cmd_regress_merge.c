/* SPDX-License-Identifier: MIT */
/* Shards into one: their runs by name, their files beside one another. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/cmd_regress.h"
#include "bridge/cmd_report.h"

struct merge {
	const struct regress_options *opt;
	json_t **shard; /* their results.json */
	char **dir;
	int n;
	json_t *runs;
};

static json_int_t shard_number(const json_t *results, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(results, "shard"), key));
}

static json_t *load(const char *dir)
{
	struct results results;
	char path[PATH_MAX];
	json_t *root = NULL;

	snprintf(path, sizeof(path), "%s/results.json", dir);
	if (access(path, R_OK)) {
		regress_no(path, strerror(errno));
		return NULL;
	}
	if (!results_read(&results, path))
		return NULL;
	if (shard_number(results.root, "of") > REGRESS_SHARDS)
		regress_no(path, "shard.of: expected at most 10000");
	else
		root = json_incref(results.root);
	results_free(&results);
	return root;
}

/* --- files ------------------------------------------------------------------------------- */

static int copy(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int err = out < 0 ? -errno : 0;
	ssize_t n = 0;

	while (!err && (n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			err = errno ? -errno : -ENOSPC;
	if (!err && n < 0)
		err = -errno;
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) && !err)
		err = -errno;
	return err;
}

/* The same file under two names where that is possible; one of the folders may be the output. */
static int bring(const char *from, const char *to)
{
	struct stat a, b;
	char dir[PATH_MAX];
	int err;

	if (!stat(from, &a) && !stat(to, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return 0;
	snprintf(dir, sizeof(dir), "%s", to);
	*strrchr(dir, '/') = '\0';
	err = regress_mkdir(dir);
	unlink(to);
	if (err || !link(from, to))
		return err;
	return copy(from, to);
}

static bool bring_files(const struct merge *m, const char *dir, json_t *run)
{
	json_t *files = json_object_get(run, "files");
	char from[PATH_MAX], to[PATH_MAX];
	int err = 0;

	for (void *it = json_object_iter(files); it; it = json_object_iter_next(files, it)) {
		const char *name = json_string_value(json_object_iter_value(it));

		if (!name || strncmp(name, "runs/", 5) || strstr(name, "..")) {
			regress_no(dir, "expected files under runs/");
			return false;
		}
		snprintf(from, sizeof(from), "%s/%s", dir, name);
		snprintf(to, sizeof(to), "%s/%s", m->opt->output, name);
		err = bring(from, to);
		if (err) {
			regress_no(from, strerror(-err));
			return false;
		}
	}
	return true;
}

/* --- results ------------------------------------------------------------------------------ */

static const char *id_of(const json_t *run)
{
	const char *id = json_string_value(json_object_get(run, "id"));

	return id ? id : "?";
}

static int by_id(const void *a, const void *b)
{
	return strcmp(id_of(*(json_t *const *)a), id_of(*(json_t *const *)b));
}

/* All runs in their order; no name twice. */
static bool gather(struct merge *m)
{
	size_t total = 0, n = 0;
	json_t **all;
	bool ok = true;

	for (int i = 0; i < m->n; i++)
		total += json_array_size(json_object_get(m->shard[i], "runs"));
	all = calloc(total + 1, sizeof(json_t *));
	for (int i = 0; i < m->n && ok && all; i++) {
		json_t *runs = json_object_get(m->shard[i], "runs");

		for (size_t k = 0; k < json_array_size(runs) && ok; k++) {
			all[n++] = json_array_get(runs, k);
			ok = bring_files(m, m->dir[i], all[n - 1]);
		}
	}
	if (all)
		qsort(all, n, sizeof(*all), by_id);
	for (size_t i = 0; i < n && ok; i++) {
		if (i && !strcmp(id_of(all[i - 1]), id_of(all[i]))) {
			regress_no(id_of(all[i]), "this run is in more than one of the folders");
			ok = false;
		}
		json_array_append(m->runs, all[i]);
	}
	ok = ok && all;
	free(all);
	return ok;
}

/* Is the whole there? A line for each part that is not. */
static bool whole(const struct merge *m)
{
	json_int_t of = shard_number(m->shard[0], "of");
	bool ok = true;

	for (json_int_t k = 1; k <= of; k++) {
		int i = 0;

		while (i < m->n && shard_number(m->shard[i], "index") != k)
			i++;
		if (i == m->n) {
			fprintf(stderr, "vcosim regress: shard %lld of %lld is missing\n",
				(long long)k, (long long)of);
			ok = false;
		}
	}
	for (int i = 0; i < m->n; i++) {
		if (shard_number(m->shard[i], "of") != of) {
			regress_no(m->dir[i], "expected a shard of as many as the first folder's");
			ok = false;
		}
		if (!json_is_string(json_object_get(m->shard[i], "finished"))) {
			regress_no(m->dir[i], "not finished; --resume goes on");
			ok = false;
		}
	}
	return ok;
}

/* The earliest or latest of the time stamps, which sort as text; NULL: one has none. */
static const char *bound(const struct merge *m, const char *key, int sign)
{
	const char *best = json_string_value(json_object_get(m->shard[0], key));

	for (int i = 1; i < m->n && best; i++) {
		const char *t = json_string_value(json_object_get(m->shard[i], key));

		if (!t || strcmp(t, best) * sign > 0)
			best = t;
	}
	return best;
}

static json_t *counts(const struct merge *m)
{
	json_int_t total = 0;
	unsigned count[REGRESS_STATUSES];
	json_t *all;

	for (int i = 0; i < m->n; i++)
		total += json_integer_value(
			json_object_get(json_object_get(m->shard[i], "counts"), "total"));
	all = json_pack("{s:I}", "total", total);
	regress_count(m->runs, count);
	for (unsigned i = REGRESS_PASSED; i < REGRESS_STATUSES; i++)
		json_object_set_new(all, regress_status_name(i), json_integer(count[i]));
	return all;
}

static json_t *together(const struct merge *m)
{
	json_t *all = json_copy(m->shard[0]);
	double longest = 0;

	for (int i = 0; i < m->n; i++) {
		double s = json_real_value(json_object_get(m->shard[i], "seconds"));

		longest = s > longest ? s : longest;
	}
	json_object_set_new(all, "started", json_string(bound(m, "started", -1)));
	json_object_set_new(all, "finished",
			    bound(m, "finished", 1) ? json_string(bound(m, "finished", 1))
						    : json_null());
	json_object_set_new(all, "seconds", json_real(longest)); /* they ran side by side */
	json_object_set_new(all, "shard", json_null());
	json_object_set_new(all, "counts", counts(m));
	json_object_set(all, "runs", m->runs);
	return all;
}

static int write_all(const struct merge *m, bool ok)
{
	json_t *results = together(m);
	unsigned count[REGRESS_STATUSES];
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/results.json", m->opt->output);
	err = regress_write(path, results);
	if (err)
		regress_no(path, strerror(-err));
	if (m->opt->junit && regress_junit(results, m->opt->junit))
		ok = false;
	if (m->opt->json) {
		json_dumpf(results, stdout, JSON_INDENT(1));
		puts("");
	} else {
		regress_tell_summary(results, m->opt->output);
	}
	regress_count(m->runs, count);
	json_decref(results);
	if (err || !ok)
		return 2;
	return count[REGRESS_PASSED] + count[REGRESS_SKIPPED] == json_array_size(m->runs) ? 0 : 1;
}

int regress_merge(char **dirs, int n, const struct regress_options *opt)
{
	struct merge m = { .opt = opt, .dir = dirs, .n = n, .runs = json_array() };
	int err = regress_mkdir(opt->output), status = 2;
	bool ok = true;

	m.shard = calloc((size_t)n, sizeof(json_t *));
	if (err || !m.shard)
		ok = regress_no(opt->output, strerror(err ? -err : ENOMEM)) == 0;
	for (int i = 0; i < n && ok; i++)
		ok = (m.shard[i] = load(dirs[i]));
	if (ok && gather(&m))
		status = write_all(&m, whole(&m));
	for (int i = 0; i < n && m.shard; i++)
		json_decref(m.shard[i]);
	free(m.shard);
	json_decref(m.runs);
	return status;
}
