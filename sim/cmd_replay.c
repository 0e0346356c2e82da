/* SPDX-License-Identifier: MIT */
/* vcosim replay: recorded sessions against the RTL that is built in. */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/cmd_replay.h"
#include "sim/replay.h"
#include "sim/replay_regs.h"

#define JOBS_MAX 256

struct item {
	char *path;
	pid_t pid;
	FILE *out; /* what the child had to say */
	int status;
};

struct batch {
	struct item *item;
	size_t n, cap;
	bool exact;
	const struct rig_mount *mount; /* NULL: the device is here */
	unsigned jobs;
	unsigned count[3]; /* by exit status */
};

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim replay [OPTION...] TRACE|DIR...\n"
		"Drives the RTL from recorded sessions, without a guest, and compares what the\n"
		"device does with what it did. Of a folder, all *.trace files.\n"
		"Of a session imported from mmiotrace or QEMU, of which only register accesses\n"
		"are known, each is done again, and what differs is named.\n"
		"\n"
		"  --exact    bit by bit and cycle by cycle (default: order and content of what\n"
		"             the device answers, writes to memory and interrupts)\n"
		"  -j N       so many at a time (default: one a processor)\n"
		"  --help     this text\n"
		"\n"
		"Exit status: 0 the same, 1 diverged, 2 could not replay.\n");
	return status;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* --- a device somewhere else --------------------------------------------------------- */

struct elsewhere {
	const struct rig_mount *mount;
	struct rig *rig;
};

static struct dev *enter(void *ctx, const struct dev_config *dev, struct mem *mem,
			 const struct dev_sink *sink, struct port *port, const char **why)
{
	struct elsewhere *there = ctx;
	struct rig_config cfg = { .name = "replay", .dev = *dev, .mem = mem, .front = sink };

	there->rig = rig_mount(there->mount, &cfg, port);
	*why = "the device cannot be put there";
	return there->rig ? rig_dev(there->rig) : NULL;
}

static void leave(void *ctx)
{
	struct elsewhere *there = ctx;

	rig_unmount(there->mount, there->rig);
}

/* --- one trace ------------------------------------------------------------------------- */

static bool is_registers(const struct trace_log *log)
{
	json_t *header = json_loads(log->header, 0, NULL);
	bool is = replay_regs_is(header);

	json_decref(header);
	return is;
}

/* A session of register accesses: as replay_one. */
static int replay_registers(const struct batch *b, const char *path, const struct trace_log *log,
			    FILE *to)
{
	struct replay_regs_result res;
	double start = now();

	if (b->exact || b->mount) {
		fprintf(to,
			"%s: cannot be replayed: its registers are all that is known: expected "
			"neither "
			"--exact nor a platform\n",
			path);
		return 2;
	}
	replay_regs_run(log, &res);
	if (res.failed) {
		fprintf(to, "%s: cannot be replayed: %s\n", path, res.why);
		return 2;
	}
	fprintf(to, "%s: %s, %" PRIu64 " registers compared, %.2f s\n", path,
		res.diverged ? "DIVERGED" : "same", res.compared, now() - start);
	replay_regs_tell(log, &res, to);
	return res.diverged;
}

/* The exit status. What there is to say goes to `to`. */
static int replay_one(const struct batch *b, const char *path, FILE *to)
{
	static const int status[] = {
		[REPLAY_SAME] = 0, [REPLAY_DIVERGED] = 1, [REPLAY_FAILED] = 2
	};
	struct elsewhere there = { .mount = b->mount };
	struct replay_stage stage = { .ctx = &there, .enter = enter, .leave = leave };
	struct replay_result res;
	struct trace_log log;
	double start = now();

	if (trace_load(path, &log)) {
		fprintf(to, "%s: %s\n", path, log.why);
		return 2;
	}
	if (is_registers(&log)) {
		int code = replay_registers(b, path, &log, to);

		trace_unload(&log);
		return code;
	}
	if (b->mount)
		replay_staged(&log, &stage, &res);
	else
		replay_run(&log, b->exact, &res);
	if (log.err)
		fprintf(to, "%s: %s; replayed to there\n", path, log.why);
	else if (!log.ended)
		fprintf(to, "%s: the recorder was cut off; replayed to there\n", path);
	if (res.outcome == REPLAY_FAILED) {
		fprintf(to, "%s: cannot be replayed: %s\n", path, res.why);
	} else {
		fprintf(to,
			"%s: %s, %" PRIu64 " records in %" PRIu64 " cycles compared%s, %.2f s%s\n",
			path, res.outcome == REPLAY_SAME ? "same" : "DIVERGED", res.compared,
			res.cycles, b->exact ? " exactly" : "", now() - start,
			res.same_rtl ? "" : "; recorded from other RTL");
		if (res.outcome == REPLAY_DIVERGED)
			replay_tell(&log, b->exact, &res, to);
	}
	/* A file cut short is good up to there; one that is damaged inside is not. */
	if (res.outcome == REPLAY_SAME && log.err == -EBADMSG)
		res.outcome = REPLAY_FAILED;
	trace_unload(&log);
	return status[res.outcome];
}

/* --- many ------------------------------------------------------------------------------ */

static bool add(struct batch *b, const char *path)
{
	if (b->n == b->cap) {
		struct item *more = realloc(b->item, (2 * b->cap + 16) * sizeof(*more));

		if (!more)
			return false;
		b->item = more;
		b->cap = 2 * b->cap + 16;
	}
	b->item[b->n] = (struct item){ .path = strdup(path) };
	return b->item[b->n++].path != NULL;
}

static int is_trace(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".trace");
}

static bool add_folder(struct batch *b, const char *dir)
{
	struct dirent **entry;
	int n = scandir(dir, &entry, is_trace, alphasort);
	bool ok = n > 0;

	if (n < 0)
		fprintf(stderr, "vcosim replay: %s: %s\n", dir, strerror(errno));
	if (!n)
		fprintf(stderr, "vcosim replay: %s: no *.trace in it\n", dir);
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];

		if (snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name) < PATH_MAX)
			ok = add(b, path) && ok;
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	return ok;
}

static bool add_path(struct batch *b, const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		fprintf(stderr, "vcosim replay: %s: %s\n", path, strerror(errno));
		return false;
	}
	return S_ISDIR(st.st_mode) ? add_folder(b, path) : add(b, path);
}

static void start(struct batch *b, struct item *item)
{
	item->out = tmpfile();
	fflush(NULL);
	item->pid = item->out ? fork() : -1;
	if (!item->pid) {
		int status = replay_one(b, item->path, item->out);

		_exit(fflush(item->out) ? 2 : status);
	}
}

/* What a child said, and what became of it. */
static void collect(struct batch *b, struct item *item, int status)
{
	char text[4096];
	size_t n;

	item->status = WIFEXITED(status) && WEXITSTATUS(status) < 3 ? WEXITSTATUS(status) : 2;
	b->count[item->status]++;
	rewind(item->out);
	while ((n = fread(text, 1, sizeof(text), item->out)) > 0)
		fwrite(text, 1, n, stdout);
	if (!WIFEXITED(status))
		printf("%s: the replay died of signal %d\n", item->path, WTERMSIG(status));
	fclose(item->out);
	item->out = NULL;
	fflush(stdout);
}

static void progress(const struct batch *b, size_t ended)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%zu of %zu, %u diverged%s", ended, b->n, b->count[1],
			ended == b->n ? "\n" : "");
}

static void run_batch(struct batch *b)
{
	size_t started = 0, ended = 0;

	while (ended < b->n) {
		int status;
		pid_t pid;

		while (started < b->n && started - ended < b->jobs) {
			start(b, &b->item[started++]);
			if (b->item[started - 1].pid > 0)
				continue;
			fprintf(stderr, "vcosim replay: %s: %s\n", b->item[started - 1].path,
				strerror(errno));
			b->count[2]++;
			ended++;
		}
		pid = ended < started ? wait(&status) : -1;
		for (size_t i = 0; pid > 0 && i < started; i++)
			if (b->item[i].pid == pid && b->item[i].out) {
				collect(b, &b->item[i], status);
				ended++;
			}
		progress(b, ended);
	}
	printf("%zu traces: %u same, %u diverged, %u could not be replayed\n", b->n, b->count[0],
	       b->count[1], b->count[2]);
}

int replay_on(int argc, char **argv, const struct rig_mount *mount)
{
	static const struct option options[] = {
		{ "exact", no_argument, NULL, 'e' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct batch b = { .mount = mount, .jobs = cpus > 0 ? (unsigned)cpus : 1 };
	bool ok = true;
	char *end;
	int opt, status = 2;

	while ((opt = getopt_long(argc, argv, "j:", options, NULL)) != -1) {
		switch (opt) {
		case 'e':
			b.exact = true;
			break;
		case 'j':
			b.jobs = (unsigned)strtoul(optarg, &end, 10);
			if (*end || !b.jobs || b.jobs > JOBS_MAX) {
				fprintf(stderr, "vcosim replay: -j %s: expected 1 to %d\n", optarg,
					JOBS_MAX);
				return 2;
			}
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (optind == argc)
		return usage(stderr, 2);
	if (b.exact && mount) {
		fprintf(stderr, "vcosim replay: --exact: only where nothing but the RTL has time, "
				"not in a platform\n");
		return 2;
	}
	for (int i = optind; i < argc; i++)
		ok = add_path(&b, argv[i]) && ok;
	if (b.n == 1 && ok) {
		status = replay_one(&b, b.item[0].path, stdout);
	} else if (b.n) {
		run_batch(&b);
		status = !ok || b.count[2] ? 2 : b.count[1] ? 1 : 0;
	}
	for (size_t i = 0; i < b.n; i++)
		free(b.item[i].path);
	free(b.item);
	return status;
}

int cmd_replay(int argc, char **argv)
{
	return replay_on(argc, argv, NULL);
}
