/* SPDX-License-Identifier: MIT */
/* vcosim regress: scenarios, many at a time, and what came of them. */
#include "bridge/cmd_regress.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bridge/loop.h"
#include "sim/cmd.h"

#define RETRIES_MAX 16

int regress_no(const char *what, const char *why)
{
	fprintf(stderr, "vcosim regress: %s: %s\n", what, why);
	return 2;
}

static int usage(FILE *to, int status)
{
	fprintf(to, "usage: vcosim regress [OPTION...] DIR|FILE.scn...\n"
		    "       vcosim regress --merge DIR... -o DIR\n"
		    "Runs scenarios (tests/scenarios/README.md), each on the kernels, transports "
		    "and seeds\n"
		    "that it names, many at a time. Of a folder, all *.scn files. What failed "
		    "keeps its\n"
		    "trace, console, log, and the waves around its first verdict.\n"
		    "\n"
		    "  --output DIR     where results go: results.json, runs/ (default: regress); "
		    "-o too\n"
		    "  --name NAME      of the regression (default: regress)\n"
		    "  --jobs N         so many at a time (default: one a processor); -j too\n"
		    "  --filter PATTERN runs whose names have this in them, or match it: "
		    "boot--*--mmio--*;\n"
		    "                   more than once: any of them\n"
		    "  --kernels LIST   only these of the scenarios' kernels: 6.1,6.12\n"
		    "  --transports LIST only these: pci,mmio\n"
		    "  --seeds LIST     in place of the seeds of scenarios that have several: 1,2 "
		    "or 1-20\n"
		    "  --shard I/N      every N-th run, from the I-th on\n"
		    "  --retries N      what does not pass is tried N times more: if it comes out "
		    "otherwise\n"
		    "                   it is flaky, and that is no pass (default: 0)\n"
		    "  --slurm N        as N jobs on a Slurm cluster that sees these folders;\n"
		    "                   --jobs is then of each (default: 1)\n"
		    "  --resume         keep what an earlier one in the same folder has finished\n"
		    "  --keep           keep the files of what passed too\n"
		    "  --junit FILE     write JUnit XML\n"
		    "  --json           print the results as JSON instead of the summary\n"
		    "  --list           only print the runs, one a line\n"
		    "  --merge          put shards together: of these folders' results into one\n"
		    "  --help           this text\n"
		    "\n"
		    "Exit status: 0 all as expected, 1 some not, 2 could not run.\n");
	return status;
}

bool regress_nohup(void)
{
	struct sigaction was;

	return !sigaction(SIGHUP, NULL, &was) && was.sa_handler == SIG_IGN;
}

/* --- options ------------------------------------------------------------------------------ */

static bool number(const char *text, unsigned long min, unsigned long max, unsigned *out)
{
	char *end;
	unsigned long val = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || val < min || val > max)
		return false;
	*out = (unsigned)val;
	return true;
}

static bool shard(const char *text, struct regress_options *opt)
{
	char first[8];
	const char *slash = strchr(text, '/');

	if (!slash || slash - text >= (int)sizeof(first))
		return false;
	snprintf(first, sizeof(first), "%.*s", (int)(slash - text), text);
	return number(slash + 1, 1, REGRESS_SHARDS, &opt->shards) &&
	       number(first, 1, opt->shards, &opt->shard);
}

/* "1,5-7" */
static bool seeds(const char *text, struct regress_options *opt)
{
	opt->nseeds = 0;
	while (*text) {
		char *end;
		unsigned long from, to;

		if (*text < '0' || *text > '9')
			return false;
		from = to = strtoul(text, &end, 10);
		if (*end == '-' && end[1] >= '0' && end[1] <= '9')
			to = strtoul(end + 1, &end, 10);
		if ((*end && *end != ',') || to < from || to > INT32_MAX)
			return false;
		for (; from <= to; from++) {
			if (opt->nseeds == SCENE_SEEDS)
				return false;
			opt->seed[opt->nseeds++] = from;
		}
		text = end + (*end == ',');
	}
	return opt->nseeds;
}

struct modes {
	bool list, merge, help;
};

static const char *take(int opt, struct regress_options *o, struct modes *m)
{
	switch (opt) {
	case 'o':
		o->output = optarg;
		return *optarg ? NULL : "expected a folder";
	case 'n':
		o->name = optarg;
		return NULL;
	case 'j':
		return number(optarg, 1, REGRESS_JOBS, &o->jobs) ? NULL : "expected 1 to 256";
	case 'f':
		if (o->nfilters == REGRESS_FILTERS)
			return "expected at most 16";
		o->filter[o->nfilters++] = optarg;
		return NULL;
	case 'k':
		o->kernels = optarg;
		return NULL;
	case 't':
		o->transports = optarg;
		return NULL;
	case 's':
		return seeds(optarg, o) ? NULL : "expected numbers, as 1,5-7, at most 64";
	case 'S':
		return shard(optarg, o) ? NULL : "expected I/N, 1/1 to 10000/10000";
	case 'u':
		return number(optarg, 1, REGRESS_SHARDS, &o->slurm) ? NULL : "expected 1 to 10000";
	case 'r':
		return number(optarg, 0, RETRIES_MAX, &o->retries) ? NULL : "expected 0 to 16";
	case 'R':
		o->resume = true;
		return NULL;
	case 'K':
		o->keep = true;
		return NULL;
	case 'x':
		o->junit = optarg;
		return NULL;
	case 'J':
		o->json = true;
		return NULL;
	case 'l':
		m->list = true;
		return NULL;
	case 'm':
		m->merge = true;
		return NULL;
	default:
		m->help = true;
		return NULL;
	}
}

/* -1: go on, else the exit status. */
static int parse(int argc, char **argv, struct regress_options *o, struct modes *m)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "name", required_argument, NULL, 'n' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "filter", required_argument, NULL, 'f' },
		{ "kernels", required_argument, NULL, 'k' },
		{ "transports", required_argument, NULL, 't' },
		{ "seeds", required_argument, NULL, 's' },
		{ "shard", required_argument, NULL, 'S' },
		{ "slurm", required_argument, NULL, 'u' },
		{ "retries", required_argument, NULL, 'r' },
		{ "resume", no_argument, NULL, 'R' },
		{ "keep", no_argument, NULL, 'K' },
		{ "junit", required_argument, NULL, 'x' },
		{ "json", no_argument, NULL, 'J' },
		{ "list", no_argument, NULL, 'l' },
		{ "merge", no_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "o:j:", options, NULL)) != -1) {
		const char *wrong;

		if (opt == '?')
			return usage(stderr, 2);
		wrong = take(opt, o, m);
		if (wrong) {
			const struct option *at = options;

			while (at->val != opt)
				at++;
			fprintf(stderr, "vcosim regress: --%s %s: %s\n", at->name, optarg, wrong);
			return 2;
		}
	}
	if (m->help)
		return usage(stdout, 0);
	return optind == argc ? usage(stderr, 2) : -1;
}

/* --- a regression --------------------------------------------------------------------------- */

/* The program that runs, and how one types it from here. */
static int find_self(struct regress *r)
{
	char here[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", r->self, sizeof(r->self) - 1);
	size_t len;

	if (n < 0)
		return regress_no("/proc/self/exe", strerror(errno));
	r->self[n] = '\0';
	strcpy(r->shown, r->self);
	if (!getcwd(here, sizeof(here)))
		return 0;
	len = strlen(here);
	if (!strncmp(r->self, here, len) && r->self[len] == '/' && strchr(r->self + len + 1, '/'))
		strcpy(r->shown, r->self + len + 1);
	return 0;
}

/* One regression at a time in a folder: a lock that goes with the process. */
static int enter(const struct regress *r)
{
	int err = regress_mkdir(r->opt.output), fd;

	if (err)
		return regress_no(r->opt.output, strerror(-err));
	fd = open(r->opt.output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return regress_no(r->opt.output, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		return regress_no(r->opt.output, "another regression is writing there");
	return 0;
}

/* What another one has left is not ours to mix with; what is nobody's we do not touch. */
static int clear(struct regress *r)
{
	char path[PATH_MAX], ours[PATH_MAX];
	int err;

	snprintf(ours, sizeof(ours), "%s/results.json", r->opt.output);
	snprintf(path, sizeof(path), "%s/runs", r->opt.output);
	if (access(ours, F_OK) && rmdir(path) && errno != ENOENT)
		return regress_no(path, "expected none, as no regression has left results.json "
					"beside it; another --output?");
	err = regress_remove(path);
	return err ? regress_no(path, strerror(-err)) : 0;
}

static int conclude(struct regress *r, bool stopped)
{
	json_t *results = regress_results(r, !stopped);
	unsigned count[REGRESS_STATUSES];
	int status;

	regress_save(r, !stopped);
	regress_count(json_object_get(results, "runs"), count);
	status = count[REGRESS_PASSED] + count[REGRESS_SKIPPED] == r->n ? 0 : 1;
	if (r->opt.junit && regress_junit(results, r->opt.junit))
		r->broken = true;
	if (r->opt.json) {
		json_dumpf(results, stdout, JSON_INDENT(1));
		puts("");
	} else {
		regress_tell_summary(results, r->opt.output);
	}
	if (stopped)
		printf("stopped; the same with --resume goes on\n");
	json_decref(results);
	return stopped || r->broken ? 2 : status;
}

static int regress(struct regress *r)
{
	bool stopped;
	int status;

	r->begun = loop_now();
	signal(SIGXFSZ, SIG_IGN); /* a full quota is an error of write */
	status = find_self(r);
	if (!status)
		status = enter(r);
	if (!status && r->opt.slurm)
		return regress_slurm(r);
	if (!status && r->opt.resume)
		fprintf(stderr, "vcosim regress: %zu of %zu runs are there\n", regress_resume(r),
			r->n);
	else if (!status)
		status = clear(r);
	if (!status && regress_save(r, false))
		status = 2;
	if (!status)
		status = regress_pool(r, &stopped);
	return status ? status : conclude(r, stopped);
}

static int list(const struct regress *r)
{
	for (size_t i = 0; i < r->n; i++)
		puts(r->run[i].id);
	return 0;
}

int cmd_regress(int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct regress r = {
		.opt = { .name = "regress", .output = "regress", .shard = 1, .shards = 1 }
	};
	struct modes modes = { false, false, false };
	int status = parse(argc, argv, &r.opt, &modes);

	if (status >= 0)
		return status;
	if (r.opt.slurm && r.opt.shards > 1)
		return regress_no("--shard", "expected no --slurm beside it: its jobs are shards");
	if (!r.opt.jobs) /* of a cluster one a job */
		r.opt.jobs = r.opt.slurm || cpus < 1 ? 1
			     : cpus < REGRESS_JOBS   ? (unsigned)cpus
						     : REGRESS_JOBS;
	if (modes.merge)
		return regress_merge(argv + optind, argc - optind, &r.opt);
	r.paths = argv + optind;
	r.npaths = argc - optind;
	status = regress_plan(&r);
	if (!status)
		status = modes.list ? list(&r) : regress(&r);
	regress_unplan(&r);
	return status;
}
