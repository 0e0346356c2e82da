/* SPDX-License-Identifier: MIT */
/* The files that a regression leaves: one a run, and results.json of all of them. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bridge/cmd_regress.h"
#include "bridge/loop.h"
#include "bridge/plain.h"
#include "bridge/qemu.h"
#include "sim/build.h"

#define SCHEMA 1

/* --- files ------------------------------------------------------------------------------ */

char *regress_dir(const struct regress *r, const struct regress_run *run, char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/runs/%s", r->opt.output, run->id) >= PATH_MAX)
		path[PATH_MAX - 1] = '\0'; /* which no folder has: making it says so */
	return path;
}

int regress_mkdir(const char *path)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof(part), "%s", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	for (char *c = strchr(part + 1, '/'); c; c = strchr(c + 1, '/')) {
		*c = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return -errno;
		*c = '/';
	}
	return mkdir(part, 0777) && errno != EEXIST ? -errno : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int regress_remove(const char *path)
{
	if (!nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) || errno == ENOENT)
		return 0;
	return -errno;
}

int regress_write_text(const char *path, const char *text)
{
	char part[PATH_MAX + 8];
	FILE *f;
	int err;

	snprintf(part, sizeof(part), "%s.part", path);
	f = fopen(part, "we");
	if (!f)
		return -errno;
	errno = 0;
	err = fputs(text, f) < 0 || fflush(f) || fsync(fileno(f));
	err = err ? -(errno ? errno : EIO) : 0;
	if (fclose(f) && !err)
		err = -errno;
	if (!err && rename(part, path))
		err = -errno;
	if (err)
		unlink(part);
	return err;
}

int regress_write(const char *path, const json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(1));
	int err = text ? regress_write_text(path, text) : -ENOMEM;

	free(text);
	return err;
}

/* --- a run's ------------------------------------------------------------------------------ */

static char *entry_path(const struct regress *r, const struct regress_run *run,
			char path[PATH_MAX + 16])
{
	char dir[PATH_MAX];

	snprintf(path, PATH_MAX + 16, "%s/result.json", regress_dir(r, run, dir));
	return path;
}

/* Of what passed, the result is enough. */
static void tidy(const struct regress *r, struct regress_run *run)
{
	char dir[PATH_MAX];

	if (r->opt.keep || regress_status(run->entry) != REGRESS_PASSED)
		return;
	regress_remove(regress_dir(r, run, dir));
	json_object_clear(json_object_get(run->entry, "files"));
	regress_mkdir(dir);
}

void regress_done(struct regress *r, struct regress_run *run, json_t *entry)
{
	char path[PATH_MAX + 16];
	int err;

	json_decref(run->entry);
	run->entry = entry;
	tidy(r, run);
	err = regress_write(entry_path(r, run, path), entry);
	if (err && !r->broken)
		regress_no(path, strerror(-err));
	r->broken = r->broken || err;
}

static bool is_older(const struct stat *a, const char *path)
{
	struct stat b;

	if (!*path || stat(path, &b))
		return false;
	return a->st_mtim.tv_sec == b.st_mtim.tv_sec ? a->st_mtim.tv_nsec < b.st_mtim.tv_nsec
						     : a->st_mtim.tv_sec < b.st_mtim.tv_sec;
}

/* A result that is older than this program, or than a file that its scenario names, is none. */
static bool is_fresh(const struct regress *r, const struct scene *sc, const char *path)
{
	struct stat result;
	bool older;

	if (stat(path, &result))
		return false;
	older = is_older(&result, r->self) || is_older(&result, sc->kernel) ||
		is_older(&result, sc->initrd) || is_older(&result, sc->trace) ||
		is_older(&result, sc->spec);
	for (unsigned i = 0; i < sc->nmodules; i++)
		older = older || is_older(&result, sc->module[i]);
	return !older;
}

/* Is it of this run, and of the scenario as it is now? */
static bool belongs(const struct regress_run *run, const json_t *entry)
{
	const char *id = json_string_value(json_object_get(entry, "id"));
	const char *digest = json_string_value(json_object_get(entry, "digest"));
	char now[20];

	return id && digest && !strcmp(id, run->id) &&
	       !strcmp(digest, regress_digest(run->scene, now)) &&
	       regress_status(entry) != REGRESS_NONE;
}

size_t regress_resume(struct regress *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct regress_run *run = &r->run[i];
		char path[PATH_MAX + 16];
		json_t *entry;

		entry_path(r, run, path);
		if (!is_fresh(r, run->scene, path))
			continue;
		entry = json_load_file(path, 0, NULL);
		if (belongs(run, entry)) {
			run->entry = entry;
			n++;
		} else {
			json_decref(entry);
		}
	}
	return n;
}

/* --- all of them --------------------------------------------------------------------------- */

void regress_count(const json_t *runs, unsigned count[REGRESS_STATUSES])
{
	memset(count, 0, REGRESS_STATUSES * sizeof(*count));
	for (size_t i = 0; i < json_array_size(runs); i++)
		count[regress_status(json_array_get(runs, i))]++;
}

static json_t *counts(size_t total, const json_t *runs)
{
	json_t *all = json_pack("{s:I}", "total", (json_int_t)total);
	unsigned count[REGRESS_STATUSES];

	regress_count(runs, count);
	for (unsigned i = REGRESS_PASSED; i < REGRESS_STATUSES; i++)
		json_object_set_new(all, regress_status_name(i), json_integer(count[i]));
	return all;
}

static json_t *host(void)
{
	struct utsname u = { .nodename = "?" };

	uname(&u);
	return json_pack("{s:s, s:i, s:s}", "machine", u.nodename, "cpus",
			 (int)sysconf(_SC_NPROCESSORS_ONLN), "accel", qemu_accel());
}

static void stamp(char text[32])
{
	time_t now = time(NULL);
	struct tm tm;

	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
}

json_t *regress_results(const struct regress *r, bool over)
{
	json_t *runs = json_array();
	char finished[32], version[128];
	json_t *all;

	for (size_t i = 0; i < r->n; i++)
		if (r->run[i].entry)
			json_array_append(runs, r->run[i].entry);
	stamp(finished);
	snprintf(version, sizeof(version), "rtl balloon-pci %s, balloon-mmio %s",
		 build_rtl("balloon-pci"), build_rtl("balloon-mmio"));
	all = json_pack("{s:i, s:o, s:s, s:s?, s:f, s:o, s:s, s:i}", "schema", SCHEMA, "name",
			plain_string(r->opt.name), "started", r->started, "finished",
			over ? finished : NULL, "seconds", (double)(loop_now() - r->begun) / 1e9,
			"host", host(), "vcosim", version, "jobs", (int)r->opt.jobs);
	json_object_set_new(all, "shard",
			    r->opt.shards > 1 ? json_pack("{s:i, s:i}", "index", (int)r->opt.shard,
							  "of", (int)r->opt.shards)
					      : json_null());
	json_object_set_new(all, "counts", counts(r->n, runs));
	json_object_set_new(all, "runs", runs);
	return all;
}

int regress_save(struct regress *r, bool over)
{
	char path[PATH_MAX];
	json_t *all;
	int err;

	if (!r->started[0])
		stamp(r->started);
	all = regress_results(r, over);
	snprintf(path, sizeof(path), "%s/results.json", r->opt.output);
	err = all ? regress_write(path, all) : -ENOMEM;
	json_decref(all);
	if (err && !r->broken)
		regress_no(path, strerror(-err));
	r->broken = r->broken || err;
	return err;
}
