/* SPDX-License-Identifier: MIT */
/*
 * Carries out the runs: each attempt is a `vcosim run` of its own, in its own process group
 * and folder, and dies with us. Its guest's QEMU dies with it (bridge/qemu.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/child.h"
#include "bridge/cmd_regress.h"
#include "bridge/loop.h"

#define PATIENCE 30  /* seconds past a run's limit, which it keeps itself, until it is killed */
#define WAVES_S  120 /* that the waves of a failure may take */
#define ATTEMPTS 17

struct pool;

struct job {
	struct pool *pool;
	struct regress_run *run; /* NULL: free */
	pid_t pid;
	struct loop_source *child, *timer;
	uint64_t since; /* loop_now, when this process started */
	bool late, waves;
	struct regress_attempt attempt[ATTEMPTS];
	unsigned n; /* attempts that are over */
};

struct pool {
	struct regress *r;
	struct loop *loop;
	struct job job[REGRESS_JOBS];
	size_t next, done, failed, running;
	uint64_t saved, saving;     /* when results.json was, and how long that took */
	double spent[SCENE_GUESTS]; /* seconds, by kind of guest */
	unsigned ended[SCENE_GUESTS];
	bool stopping;
};

/* --- how it goes --------------------------------------------------------------------------- */

static double guess(const struct pool *p, enum scene_guest guest)
{
	static const double usual[SCENE_GUESTS] = { 20, 2, 1, 1, 10 };

	return p->ended[guest] ? p->spent[guest] / p->ended[guest] : usual[guest];
}

static struct regress_view view(const struct pool *p)
{
	const struct regress *r = p->r;
	struct regress_view v = { r->n, p->done, p->running, p->failed, 0, NULL };

	for (size_t i = 0; i < r->n; i++)
		if (!r->run[i].entry)
			v.left += guess(p, r->run[i].scene->guest);
	v.left /= r->opt.jobs;
	for (unsigned i = 0; i < r->opt.jobs && !v.now; i++)
		v.now = p->job[i].run ? p->job[i].run->id : NULL;
	return v;
}

/* What was found so far goes to the disk, but no more than a twentieth of the time. */
static void save_some(struct pool *p)
{
	uint64_t now = loop_now();

	if (now - p->saved < 20 * p->saving)
		return;
	regress_save(p->r, false);
	p->saved = loop_now();
	p->saving = p->saved - now;
}

/* --- processes ------------------------------------------------------------------------------ */

static void become(char **argv, const char *log, pid_t us)
{
	int fd;

	child_begin(us, 2);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	dup2(fd < 0 ? 0 : fd, 1);
	dup2(fd < 0 ? 0 : fd, 2);
	execv(argv[0], argv);
	fprintf(stderr, "vcosim: %s: %s\n", argv[0], strerror(errno));
	_exit(2);
}

static void on_end(void *ctx, int status);

static void on_late(void *ctx)
{
	struct job *job = ctx;

	job->timer = NULL;
	job->late = true;
	kill(-job->pid, SIGKILL);
	kill(job->pid, SIGKILL);
}

/* 0 or -errno. */
static int spawn(struct job *job, char **argv, const char *log, unsigned seconds)
{
	pid_t us = getpid();

	fflush(NULL);
	job->late = false;
	job->since = loop_now();
	job->pid = fork();
	if (!job->pid)
		become(argv, log, us);
	if (job->pid < 0)
		return -errno;
	setpgid(job->pid, job->pid); /* whoever is first: it is there before we signal it */
	job->child = loop_child(job->pool->loop, job->pid, on_end, job);
	job->timer = loop_timer(job->pool->loop, seconds * 1000ULL, on_late, job);
	if (job->child && job->timer)
		return 0;
	kill(-job->pid, SIGKILL);
	if (job->child)
		loop_drop(job->child);
	job->child = NULL;
	waitpid(job->pid, NULL, 0);
	return -ENOMEM;
}

static void finish(struct job *job);

/* It could not even be started. */
static void stillborn(struct job *job, const char *what, int err)
{
	struct regress_attempt *a = &job->attempt[job->n++];

	*a = (struct regress_attempt){ .status = REGRESS_ERROR, .exit = 2 };
	snprintf(a->reason, sizeof(a->reason), "%.300s: %s", what, strerror(-err));
	finish(job);
}

static void start_attempt(struct job *job)
{
	const struct regress *r = job->pool->r;
	const struct regress_run *run = job->run;
	char dir[PATH_MAX], report[PATH_MAX + 16], log[PATH_MAX + 16], seed[32];
	char *argv[12] = { (char *)r->self,
			   "run",
			   (char *)run->scene->path,
			   "--transport",
			   (char *)run->transport,
			   "--seed",
			   seed,
			   "--report",
			   report };
	int err;

	if (run->kernel) {
		argv[9] = "--guest";
		argv[10] = (char *)run->kernel;
	}
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)run->seed);
	regress_attempt_dir(r, run, job->n, dir);
	snprintf(report, sizeof(report), "%s/report.json", dir);
	snprintf(log, sizeof(log), "%s/log", dir);
	err = job->n ? 0 : regress_remove(dir);
	if (!err)
		err = regress_mkdir(dir);
	if (!err)
		err = spawn(job, argv, log, run->scene->limit_s + PATIENCE);
	if (err)
		stillborn(job, dir, err);
}

/* The waves around the first verdict of the attempt that speaks; false: there are none. */
static bool start_waves(struct job *job)
{
	const struct regress *r = job->pool->r;
	unsigned who = regress_speaker(job->attempt, job->n);
	struct regress_place first = regress_first(job->run->scene, &job->attempt[who]);
	char dir[PATH_MAX], name[SCENE_TEXT], trace[PATH_MAX + SCENE_TEXT + 8], out[PATH_MAX + 16],
		log[PATH_MAX + 16], around[32];
	char *argv[] = { (char *)r->self, "waves", trace, "--around", around, "-o", out, NULL };

	regress_attempt_dir(r, job->run, who, dir);
	snprintf(trace, sizeof(trace), "%s/%s.trace", dir,
		 scene_device_name(job->run->scene, first.device, name));
	if (job->attempt[who].status == REGRESS_PASSED || !first.device || access(trace, R_OK))
		return false;
	snprintf(around, sizeof(around), "cycle:%lld", first.cycle);
	snprintf(out, sizeof(out), "%s/window.fst", dir);
	snprintf(log, sizeof(log), "%s/waves.log", dir);
	job->waves = true;
	return !spawn(job, argv, log, WAVES_S);
}

/* Half a file of waves is none. */
static void drop_waves(const struct job *job)
{
	static const char *const left[] = { "window.fst", "window.fst.hier", "window.gtkw" };
	char dir[PATH_MAX], path[PATH_MAX + 32];

	regress_attempt_dir(job->pool->r, job->run, regress_speaker(job->attempt, job->n), dir);
	for (unsigned i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, left[i]);
		unlink(path);
	}
}

/* --- one run after another ------------------------------------------------------------------ */

static void fill(struct pool *p);

static void forget(struct job *job)
{
	for (unsigned i = 0; i < job->n; i++)
		json_decref(job->attempt[i].report);
	if (job->timer)
		loop_drop(job->timer);
	*job = (struct job){ .pool = job->pool };
}

static void finish(struct job *job)
{
	struct pool *p = job->pool;
	struct regress_run *run = job->run;
	struct regress_view v;

	regress_done(p->r, run, regress_entry(p->r, run, job->attempt, job->n));
	p->spent[run->scene->guest] += json_real_value(json_object_get(run->entry, "seconds"));
	p->ended[run->scene->guest]++;
	p->done++;
	p->running--;
	if (regress_status(run->entry) != REGRESS_PASSED)
		p->failed++;
	forget(job);
	v = view(p);
	regress_tell_run(&v, run->entry);
	save_some(p);
}

/* True: once more, to see if it is flaky. */
static bool attempt_over(struct job *job, int status)
{
	struct pool *p = job->pool;
	struct regress_attempt *a = &job->attempt[job->n];
	char dir[PATH_MAX];

	regress_attempt_dir(p->r, job->run, job->n, dir);
	regress_judge(dir, status, (double)(loop_now() - job->since) / 1e9, job->late,
		      job->run->scene, a);
	job->n++;
	return a->status != REGRESS_PASSED && job->n <= p->r->opt.retries;
}

static void on_end(void *ctx, int status)
{
	struct job *job = ctx;
	struct pool *p = job->pool;

	kill(-job->pid, SIGKILL); /* should it have left any */
	job->child = NULL;
	if (job->timer)
		loop_drop(job->timer);
	job->timer = NULL;
	if (p->stopping)
		return;
	if (job->waves && status)
		drop_waves(job);
	if (!job->waves && attempt_over(job, status))
		start_attempt(job);
	else if (job->waves || !start_waves(job))
		finish(job);
	if (!job->run)
		fill(p);
	if (p->done == p->r->n)
		loop_stop(p->loop, 0);
}

static void fill(struct pool *p)
{
	struct regress *r = p->r;

	for (unsigned i = 0; i < r->opt.jobs; i++)
		while (!p->job[i].run) {
			while (p->next < r->n && r->run[p->next].entry)
				p->next++;
			if (p->next == r->n)
				return;
			p->job[i] = (struct job){ .pool = p, .run = &r->run[p->next++] };
			p->running++;
			start_attempt(&p->job[i]);
		}
}

/* --- the end --------------------------------------------------------------------------------- */

static void on_signal(void *ctx, int signo)
{
	struct pool *p = ctx;

	fprintf(stderr, "\nvcosim regress: %s: ending the runs\n", strsignal(signo));
	p->stopping = true;
	for (unsigned i = 0; i < p->r->opt.jobs; i++)
		if (p->job[i].run && p->job[i].pid > 0) {
			kill(-p->job[i].pid, SIGKILL);
			kill(p->job[i].pid, SIGKILL);
		}
	loop_stop(p->loop, 1);
}

static void on_tick(void *ctx)
{
	struct pool *p = ctx;
	struct regress_view v = view(p);

	regress_tell_progress(&v);
	loop_timer(p->loop, 1000, on_tick, p);
}

static void reap(struct pool *p)
{
	for (unsigned i = 0; i < p->r->opt.jobs; i++) {
		struct job *job = &p->job[i];

		if (job->child) {
			loop_drop(job->child);
			waitpid(job->pid, NULL, 0);
		}
		if (job->run)
			forget(job);
	}
}

/* As many jobs as there may be files open: a few for each, and some for us. */
static void fit(struct regress *r)
{
	const rlim_t each = 4, us = 32;
	struct rlimit files;
	rlim_t need = us + each * r->opt.jobs;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= need)
		return;
	files.rlim_cur = files.rlim_max < need ? files.rlim_max : need;
	setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur >= need)
		return;
	r->opt.jobs = files.rlim_cur > us + each ? (unsigned)((files.rlim_cur - us) / each) : 1;
	fprintf(stderr, "vcosim regress: --jobs %u: this machine lets us open %llu files\n",
		r->opt.jobs, (unsigned long long)files.rlim_cur);
}

int regress_pool(struct regress *r, bool *stopped)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct pool *p = calloc(1, sizeof(*p));
	int status = 0;

	*stopped = false;
	if (!p)
		return regress_no("pool", "out of memory");
	fit(r);
	p->r = r;
	p->loop = loop_new();
	for (size_t i = 0; i < r->n; i++)
		if (r->run[i].entry) {
			p->done++;
			p->failed += regress_status(r->run[i].entry) != REGRESS_PASSED;
		}
	for (unsigned i = 0; p->loop && i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i] != SIGHUP || !regress_nohup())
			loop_signal(p->loop, signals[i], on_signal, p);
	for (unsigned i = 0; i < r->opt.jobs; i++)
		p->job[i].pool = p;
	if (p->loop) {
		on_tick(p);
		fill(p);
		if (p->done < r->n)
			status = loop_run(p->loop);
	}
	*stopped = status == 1;
	reap(p);
	loop_free(p->loop);
	free(p);
	return status < 0 ? regress_no("pool", strerror(-status)) : 0;
}
