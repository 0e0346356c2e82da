/* SPDX-License-Identifier: MIT */
/*
 * A regression as an array of jobs on a Slurm cluster: each task is a shard, in a folder of its
 * own that all machines see; at the end they are put together.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bridge/cmd_regress.h"

#define POLL_S 1

/* The jobs of the array that Slurm still knows, by what they do. */
struct array {
	unsigned long id;
	unsigned waiting, running;
	bool deaf; /* no answer the last time */
};

/* --- the script of a task ------------------------------------------------------------------ */

/* As a word for a shell. */
static void quote(FILE *to, const char *text)
{
	putc('\'', to);
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", to);
		else
			putc(*text, to);
	putc('\'', to);
}

static void option(FILE *to, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(to, " --%s ", name);
	quote(to, value);
}

/* Slurm takes a name for its lists: plain letters only. */
static void job_name(FILE *to, const char *name)
{
	fputs("#SBATCH --job-name=", to);
	for (; *name; name++)
		putc(strchr(" \t\n\"'\\%#$`;&|<>()", *name) ? '-' : *name, to);
	putc('\n', to);
}

static void write_script(FILE *to, const struct regress *r, unsigned shards, const char *here,
			 const char *out)
{
	const struct regress_options *opt = &r->opt;

	fprintf(to,
		"#!/bin/sh\n# A task is a shard. What a task that was broken off has finished it "
		"keeps.\n");
	job_name(to, opt->name);
	fprintf(to, "#SBATCH --array=1-%u\n#SBATCH --cpus-per-task=%u\n", shards, opt->jobs);
	fprintf(to, "#SBATCH --output=slurm-%%a.out\n\ncd ");
	quote(to, here);
	fputs(" || exit 2\nexec ", to);
	quote(to, r->self);
	fputs(" regress", to);
	option(to, "name", opt->name);
	for (unsigned i = 0; i < opt->nfilters; i++)
		option(to, "filter", opt->filter[i]);
	option(to, "kernels", opt->kernels);
	option(to, "transports", opt->transports);
	for (unsigned i = 0; i < opt->nseeds; i++)
		fprintf(to, "%s%" PRIu64, i ? "," : " --seeds ", opt->seed[i]);
	fprintf(to, " --jobs %u --retries %u%s --resume", opt->jobs, opt->retries,
		opt->keep ? " --keep" : "");
	fprintf(to, " --shard \"$SLURM_ARRAY_TASK_ID/%u\" --output ", shards);
	quote(to, out);
	fputs("/shards/\"$SLURM_ARRAY_TASK_ID\" --", to);
	for (int i = 0; i < r->npaths; i++) {
		putc(' ', to);
		quote(to, r->paths[i]);
	}
	putc('\n', to);
}

/* 0 or 2 */
static int make_script(const struct regress *r, unsigned shards, const char *out)
{
	char path[PATH_MAX], here[PATH_MAX];
	FILE *to;

	if (snprintf(path, sizeof(path), "%s/slurm.sh", out) >= (int)sizeof(path))
		return regress_no(out, strerror(ENAMETOOLONG));
	if (!getcwd(here, sizeof(here)))
		return regress_no("this folder", strerror(errno));
	to = fopen(path, "w");
	if (!to)
		return regress_no(path, strerror(errno));
	write_script(to, r, shards, here, out);
	if (ferror(to) | fclose(to) || chmod(path, 0755))
		return regress_no(path, strerror(errno));
	return 0;
}

/* --- Slurm's programs ------------------------------------------------------------------------ */

/* Its exit status, 127: there is no such program; what it said is in `said`, cut short. */
static int ask(const char *command, char *said, size_t len)
{
	FILE *from = popen(command, "re");
	size_t n = from ? fread(said, 1, len - 1, from) : 0;
	char rest[256];
	int status;

	said[n] = '\0';
	if (!from)
		return 127;
	while (fread(rest, 1, sizeof(rest), from))
		;
	status = pclose(from);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

/* 0 or 2 */
static int submit(const char *out, struct array *array)
{
	char *command = NULL, said[1024], *end;
	size_t len = 0;
	FILE *to = open_memstream(&command, &len);
	int status;

	if (!to)
		return regress_no("sbatch", strerror(ENOMEM));
	fputs("cd ", to);
	quote(to, out);
	fputs(" && sbatch --parsable slurm.sh 2>&1", to);
	fclose(to);
	status = ask(command, said, sizeof(said));
	free(command);
	said[strcspn(said, "\n")] = '\0';
	array->id = strtoul(said, &end, 10);
	if (status == 127)
		return regress_no("sbatch", "not found; submit slurm.sh in the results' folder "
					    "where Slurm is, then --merge its shards");
	if (status || end == said || (*end && *end != ';'))
		return regress_no("sbatch", *said ? said : "it does not take the job");
	return 0;
}

/* Is there anything of it left? */
static bool look(struct array *array)
{
	char command[128], said[65536];
	int status;

	snprintf(command, sizeof(command), "squeue -h -r -o %%t -j %lu 2>&1", array->id);
	status = ask(command, said, sizeof(said));
	if (status) {
		if (strstr(said, "Invalid job id")) /* over, and forgotten */
			return false;
		if (!array->deaf)
			fprintf(stderr, "vcosim regress: squeue: %.*s; asking on\n",
				(int)strcspn(said, "\n"), said);
		array->deaf = true;
		return true;
	}
	array->deaf = false;
	array->waiting = array->running = 0;
	for (const char *line = said; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (!strncmp(line, "PD", 2))
			array->waiting++;
		else
			array->running++;
	return array->waiting + array->running;
}

static void cancel(const struct array *array)
{
	char command[64], said[256];

	snprintf(command, sizeof(command), "scancel %lu 2>&1", array->id);
	if (ask(command, said, sizeof(said)))
		regress_no("scancel", said);
}

/* Until all tasks are over. False: we were told to stop, and they were. */
static bool wait_for(struct array *array, unsigned shards)
{
	const struct timespec poll = { .tv_sec = POLL_S };
	struct array told = { 0, 0, 0, false };
	bool goes_on = true;
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	if (!regress_nohup())
		sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	while (look(array)) {
		if (goes_on && (told.waiting != array->waiting || told.running != array->running)) {
			printf("job %lu: of %u shards %u run, %u wait\n", array->id, shards,
			       array->running, array->waiting);
			fflush(stdout);
			told = *array;
		}
		if (sigtimedwait(&stop, NULL, &poll) < 0)
			continue;
		if (!goes_on)
			break; /* told twice: without waiting for them */
		cancel(array);
		goes_on = false;
	}
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	return goes_on;
}

/* --- the whole ---------------------------------------------------------------------------------
 */

/* What there is of the shards. */
static int together(const struct regress *r, unsigned shards, const char *out)
{
	char **dir = calloc(shards, sizeof(*dir)), path[PATH_MAX];
	int n = 0, status = 2;

	for (unsigned i = 1; i <= shards && dir; i++) {
		if (snprintf(path, sizeof(path), "%s/shards/%u/results.json", out, i) >=
		    (int)sizeof(path))
			break;
		if (access(path, R_OK)) {
			fprintf(stderr,
				"vcosim regress: shard %u left no results; %s/slurm-%u.out may say "
				"why\n",
				i, out, i);
			continue;
		}
		*strrchr(path, '/') = '\0';
		dir[n] = strdup(path);
		n += dir[n] != NULL;
	}
	if (n)
		status = regress_merge(dir, n, &r->opt);
	for (int i = 0; i < n; i++)
		free(dir[i]);
	free(dir);
	return status;
}

int regress_slurm(const struct regress *r)
{
	unsigned shards = r->n < r->opt.slurm ? (unsigned)r->n : r->opt.slurm;
	struct array array = { 0, 0, 0, false };
	char out[PATH_MAX], path[PATH_MAX], ours[PATH_MAX + 16];
	bool over;
	int err;

	if (!realpath(r->opt.output, out))
		return regress_no(r->opt.output, strerror(errno));
	if (snprintf(path, sizeof(path), "%s/shards", out) >= (int)sizeof(path))
		return regress_no(out, strerror(ENAMETOOLONG));
	snprintf(ours, sizeof(ours), "%s/slurm.sh", out);
	if (access(ours, F_OK) && rmdir(path) && errno != ENOENT)
		return regress_no(path, "expected none, as no regression has left slurm.sh beside "
					"it; another --output?");
	err = r->opt.resume ? 0 : regress_remove(path);
	if (err)
		return regress_no(path, strerror(-err));
	if (make_script(r, shards, out) || submit(out, &array))
		return 2;
	over = wait_for(&array, shards);
	if (!over)
		fprintf(stderr, "vcosim regress: stopped; the same with --resume goes on\n");
	err = together(r, shards, out);
	return over ? err : 2;
}
