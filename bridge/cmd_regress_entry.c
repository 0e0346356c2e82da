/* SPDX-License-Identifier: MIT */
/* What a run came to: from what its process left to its entry in results.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/cmd_regress.h"
#include "bridge/cmd_scene.h"
#include "bridge/plain.h"
#include "sim/dev.h"

static const char *const names[REGRESS_STATUSES] = {
	[REGRESS_NONE] = "none",       [REGRESS_PASSED] = "passed", [REGRESS_FAILED] = "failed",
	[REGRESS_FLAKY] = "flaky",     [REGRESS_ERROR] = "error",   [REGRESS_TIMEOUT] = "timeout",
	[REGRESS_SKIPPED] = "skipped",
};

const char *regress_status_name(enum regress_status status)
{
	return names[status];
}

static enum regress_status status_of(const char *name)
{
	for (unsigned i = REGRESS_PASSED; name && i < REGRESS_STATUSES; i++)
		if (!strcmp(names[i], name))
			return i;
	return REGRESS_NONE;
}

enum regress_status regress_status(const json_t *entry)
{
	return status_of(json_string_value(json_object_get(entry, "status")));
}

/* --- an attempt ---------------------------------------------------------------------------- */

/* The last line that vcosim itself said, else the last one. */
static void last_words(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");
	bool ours = false;
	char line[512];

	*buf = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		bool is = !strncmp(line, "vcosim", 6);

		line[strcspn(line, "\n")] = '\0';
		if (*line && (is || !ours))
			snprintf(buf, len, "%s", line);
		ours = ours || is;
	}
	if (f)
		fclose(f);
}

static void by_report(struct regress_attempt *a)
{
	const json_t *scene = json_object_get(a->report, "scenario");
	const char *reason = json_string_value(json_object_get(scene, "reason"));

	a->status = status_of(json_string_value(json_object_get(scene, "status")));
	snprintf(a->reason, sizeof(a->reason), "%s", reason ? reason : "");
}

static bool is_full(const char *dir)
{
	struct statvfs fs;

	return !statvfs(dir, &fs) && (!fs.f_bavail || (fs.f_files && !fs.f_favail));
}

void regress_judge(const char *dir, int wait_status, double seconds, bool late,
		   const struct scene *scene, struct regress_attempt *a)
{
	char path[PATH_MAX + 16];

	*a = (struct regress_attempt){ .status = REGRESS_ERROR, .seconds = seconds };
	snprintf(path, sizeof(path), "%s/report.json", dir);
	if (WIFEXITED(wait_status)) {
		a->exit = WEXITSTATUS(wait_status);
		a->report = json_load_file(path, 0, NULL);
		if (a->report)
			by_report(a);
	} else {
		a->exit = 128 + WTERMSIG(wait_status);
	}
	/* Its own word counts where it fits the way in which it ended. */
	if (a->exit == (a->status == REGRESS_PASSED   ? 0
			: a->status == REGRESS_FAILED ? 1
						      : 2) &&
	    a->status != REGRESS_NONE && a->report)
		return;
	snprintf(path, sizeof(path), "%s/log", dir);
	last_words(path, a->reason, sizeof(a->reason));
	a->status = late || seconds >= scene->limit_s ? REGRESS_TIMEOUT : REGRESS_ERROR;
	if (late)
		snprintf(a->reason, sizeof(a->reason), "killed long after its time limit of %u s",
			 scene->limit_s);
	else if (WIFSIGNALED(wait_status))
		snprintf(a->reason, sizeof(a->reason), "vcosim died of signal %d (%s)",
			 WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
	else if (!a->reason[0])
		snprintf(a->reason, sizeof(a->reason), "ended with status %d without a word%s",
			 a->exit, is_full(dir) ? ": no space left on its disk" : "");
}

char *regress_attempt_dir(const struct regress *r, const struct regress_run *run, unsigned n,
			  char path[PATH_MAX])
{
	size_t len = strlen(regress_dir(r, run, path));

	if (n)
		snprintf(path + len, PATH_MAX - len, "/attempt-%u", n + 1);
	return path;
}

unsigned regress_speaker(const struct regress_attempt *attempt, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (attempt[i].status != REGRESS_PASSED)
			return i;
	return 0;
}

/* --- the entry ----------------------------------------------------------------------------- */

static json_t *verdicts(const json_t *report)
{
	static const char *const keys[] = { "clause", "blame",    "level", "cycle",
					    "event",  "expected", "rule" };
	const json_t *runs = json_object_get(report, "runs");
	json_t *all = json_array();

	for (size_t i = 0; i < json_array_size(runs); i++) {
		const json_t *monitor = json_object_get(json_array_get(runs, i), "monitor");
		const json_t *list = json_object_get(monitor, "verdicts");

		for (size_t k = 0; k < json_array_size(list); k++) {
			json_t *v = json_pack("{s:i}", "device", (int)i + 1);

			for (unsigned m = 0; m < sizeof(keys) / sizeof(keys[0]); m++)
				json_object_set(v, keys[m],
						json_object_get(json_array_get(list, k), keys[m]));
			json_array_append_new(all, v);
		}
	}
	return all;
}

/* Clauses, one behind the other: whether two attempts saw the same. */
static json_t *clauses(const struct regress_attempt *a)
{
	json_t *all = verdicts(a->report), *set = json_object();

	for (size_t i = 0; i < json_array_size(all); i++) {
		const char *clause =
			json_string_value(json_object_get(json_array_get(all, i), "clause"));

		if (clause)
			json_object_set_new(set, clause, json_true());
	}
	json_decref(all);
	return set;
}

static bool alike(const struct regress_attempt *a, const struct regress_attempt *b)
{
	json_t *of_a = clauses(a), *of_b = clauses(b);
	bool same = a->status == b->status && json_equal(of_a, of_b);

	json_decref(of_a);
	json_decref(of_b);
	return same;
}

struct regress_place regress_first(const struct scene *sc, const struct regress_attempt *a)
{
	json_t *list = verdicts(a->report);
	struct regress_place first = { 0, 0 };

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		const char *clause = json_string_value(json_object_get(v, "clause"));
		bool expected = clause && scene_expects(sc, clause);

		if (!scene_counts(v) || (expected && first.device))
			continue;
		first.device = (unsigned)json_integer_value(json_object_get(v, "device"));
		first.cycle = json_integer_value(json_object_get(v, "cycle"));
		if (!expected)
			break;
	}
	json_decref(list);
	return first;
}

static json_t *attempts(const struct regress_attempt *attempt, unsigned n)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(
			all, json_pack("{s:s, s:i, s:f}", "status", names[attempt[i].status],
				       "exit", attempt[i].exit, "seconds", attempt[i].seconds));
	return all;
}

/* DIR/NAMEEXT, if it is there, as the results name it: from their own folder on. */
static void add_file(const struct regress *r, json_t *all, const char *key, const char *dir,
		     const char *name, const char *ext)
{
	char path[PATH_MAX + SCENE_TEXT + 16];

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, ext);
	if (!access(path, F_OK))
		json_object_set_new(all, key, json_string(path + strlen(r->opt.output) + 1));
}

static json_t *files(const struct regress *r, const struct regress_run *run, unsigned speaker)
{
	const char *name = run->scene->name;
	const struct {
		const char *key, *file, *ext;
	} known[] = {
		{ "trace", name, ".trace" }, { "console", name, ".console" },
		{ "log", "log", "" },        { "waves", "window", ".fst" },
		{ "qemu", name, ".qemu" },   { "report", "report", ".json" },
	};
	char dir[PATH_MAX], other[SCENE_TEXT], key[32];
	json_t *all = json_object();

	regress_attempt_dir(r, run, speaker, dir);
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		add_file(r, all, known[i].key, dir, known[i].file, known[i].ext);
	for (unsigned device = 2; device <= run->scene->devices; device++) {
		snprintf(key, sizeof(key), "trace-%u", device);
		add_file(r, all, key, dir, scene_device_name(run->scene, device, other), ".trace");
	}
	return all;
}

/* What the run left of the devices beside the first; NULL: it had one. */
static json_t *others(const json_t *report)
{
	json_t *runs = json_object_get(report, "runs"), *all;

	if (json_array_size(runs) < 2)
		return NULL;
	all = json_copy(runs);
	json_array_remove(all, 0);
	return all;
}

static json_t *expected(const struct scene *sc)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < sc->nexpect; i++)
		json_array_append_new(all, plain_string(sc->expect[i]));
	return all;
}

static const char *dut_of(const struct regress_run *run, const json_t *report)
{
	const json_t *scene = json_object_get(report, "scenario");
	const char *dut = json_string_value(json_object_get(scene, "dut"));

	if (dut)
		return dut;
	if (run->scene->dut[0])
		return run->scene->dut;
	return !strcmp(run->transport, "pci") ? "balloon-pci" : "balloon-mmio";
}

static void append(char *buf, size_t len, const char *text)
{
	size_t n = strlen(buf);

	snprintf(buf + n, len - n, "%s", text);
}

/* A word that a shell takes as it is, or in quotes. */
static void quote(char *buf, size_t len, const char *word)
{
	if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789_-./,:=+@%")]) {
		append(buf, len, word);
		return;
	}
	append(buf, len, "'");
	for (; *word; word++)
		append(buf, len, *word == '\'' ? "'\\''" : (char[]){ *word, '\0' });
	append(buf, len, "'");
}

void regress_command(const struct regress *r, const struct regress_run *run, char *buf, size_t len)
{
	static const char *const env[] = { "VCOSIM_GUEST", "VCOSIM_ACCEL" };
	char seed[32];

	*buf = '\0';
	for (unsigned i = 0; i < sizeof(env) / sizeof(env[0]); i++)
		if (getenv(env[i])) {
			append(buf, len, env[i]);
			append(buf, len, "=");
			quote(buf, len, getenv(env[i]));
			append(buf, len, " ");
		}
	quote(buf, len, r->shown);
	append(buf, len, " run ");
	quote(buf, len, run->scene->path);
	if (run->kernel) {
		append(buf, len, " --guest ");
		append(buf, len, run->kernel);
	}
	append(buf, len, " --transport ");
	append(buf, len, run->transport);
	snprintf(seed, sizeof(seed), " --seed %llu", (unsigned long long)run->seed);
	append(buf, len, seed);
}

char *regress_digest(const struct scene *scene, char buf[20])
{
	snprintf(buf, 20, "%016llx", (unsigned long long)scene->digest);
	return buf;
}

json_t *regress_entry(const struct regress *r, const struct regress_run *run,
		      const struct regress_attempt *attempt, unsigned n)
{
	unsigned who = regress_speaker(attempt, n);
	const struct regress_attempt *a = &attempt[who];
	enum regress_status status = a->status;
	json_t *entry, *report = json_array_get(json_object_get(a->report, "runs"), 0);
	json_t *more = others(a->report);
	char command[3 * PATH_MAX], reason[640], digest[20];
	double seconds = 0;

	for (unsigned i = 0; i < n; i++) {
		seconds += attempt[i].seconds;
		if (!alike(a, &attempt[i]))
			status = REGRESS_FLAKY;
	}
	snprintf(reason, sizeof(reason),
		 status == REGRESS_FLAKY ? "attempts differ; %s: %s" : "%.0s%s", names[a->status],
		 a->reason);
	regress_command(r, run, command, sizeof(command));
	entry = json_pack("{s:s, s:s, s:o, s:s, s:s?, s:s, s:o, s:I, s:s}", "id", run->id,
			  "scenario", run->scene->name, "file", plain_string(run->scene->path),
			  "guest", scene_guest_name(run->scene->guest), "kernel", run->kernel,
			  "transport", run->transport, "dut", plain_string(dut_of(run, a->report)),
			  "seed", (json_int_t)run->seed, "status", names[status]);
	json_object_set_new(entry, "digest", json_string(regress_digest(run->scene, digest)));
	json_object_set_new(entry, "attempts", attempts(attempt, n));
	json_object_set_new(entry, "expected", expected(run->scene));
	json_object_set_new(entry, "verdicts", verdicts(a->report));
	json_object_set_new(entry, "reason", plain_string(reason));
	json_object_set_new(entry, "command", plain_string(command));
	json_object_set_new(entry, "seconds", json_real(seconds));
	json_object_set_new(entry, "files", files(r, run, who));
	json_object_set_new(entry, "report", report ? json_incref(report) : json_null());
	if (more)
		json_object_set_new(entry, "others", more);
	return entry;
}
