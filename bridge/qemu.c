/* SPDX-License-Identifier: MIT */
/* Launching QEMU: the process, and the sockets to it. */
#include "bridge/qemu.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/child.h"
#include "bridge/qemu_args.h"

struct qemu {
	struct loop *loop;
	struct loop_source *child, *killer;
	pid_t pid;
	int channel[QEMU_CHANNELS];
	char *stderr_path;
	void (*gone)(void *ctx, int status);
	void *ctx;
};

static void ended(void *ctx, int status)
{
	struct qemu *q = ctx;

	q->child = NULL;
	q->pid = 0;
	if (q->killer)
		loop_drop(q->killer);
	q->killer = NULL;
	if (q->gone)
		q->gone(q->ctx, status);
}

/* In the child: never returns. */
static void become_qemu(char **argv, const int theirs[QEMU_CHANNELS], const char *stderr_path,
			pid_t us)
{
	int fd;

	child_begin(us, 127);
	for (int i = 0; i < QEMU_CHANNELS; i++)
		fcntl(theirs[i], F_SETFD, 0);
	fd = open(stderr_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd >= 0) {
		dup2(fd, 1);
		dup2(fd, 2);
	}
	execv(argv[0], argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int spawn(struct qemu *q, const struct qemu_config *cfg)
{
	int theirs[QEMU_CHANNELS], err = 0, made = 0;
	char **argv = NULL;
	pid_t us = getpid();

	for (int pair[2]; made < QEMU_CHANNELS; made++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
			err = -errno;
			break;
		}
		q->channel[made] = pair[0];
		theirs[made] = pair[1];
		fcntl(pair[0], F_SETFL, O_NONBLOCK);
	}
	if (!err)
		err = (argv = qemu_args(cfg, theirs)) ? 0 : -ENOMEM;
	if (!err) {
		q->pid = fork();
		if (!q->pid)
			become_qemu(argv, theirs, cfg->stderr_path, us);
		if (q->pid < 0)
			err = -errno;
	}
	while (made--)
		close(theirs[made]);
	qemu_args_free(argv);
	return err;
}

static int check(const struct qemu_config *cfg, const struct log *log)
{
	const struct {
		const char *what, *path;
		int mode;
	} need[] = {
		{ "QEMU", cfg->run, X_OK },
		{ "kernel", cfg->kernel, R_OK },
		{ "initrd", cfg->initrd, R_OK },
		{ "device socket", cfg->device == QEMU_VFIO_USER ? cfg->device_socket : NULL,
		  F_OK },
	};

	for (unsigned i = 0; i < sizeof(need) / sizeof(need[0]); i++)
		if (need[i].path && access(need[i].path, need[i].mode)) {
			int err = -errno;

			log_err(log, "%s %s: %s", need[i].what, need[i].path, strerror(-err));
			return err;
		}
	return 0;
}

struct qemu *qemu_start(const struct qemu_config *cfg, struct loop *loop, const struct log *log,
			int *err)
{
	struct qemu *q = NULL;

	assert(cfg->run && cfg->kernel && cfg->stderr_path && cfg->memory_mib);
	*err = check(cfg, log);
	if (*err)
		return NULL;
	q = calloc(1, sizeof(*q));
	if (!q) {
		*err = -ENOMEM;
		return NULL;
	}
	q->loop = loop;
	q->gone = cfg->gone;
	q->ctx = cfg->ctx;
	for (int i = 0; i < QEMU_CHANNELS; i++)
		q->channel[i] = -1;
	q->stderr_path = strdup(cfg->stderr_path);
	*err = q->stderr_path ? spawn(q, cfg) : -ENOMEM;
	if (!*err) {
		q->child = loop_child(loop, q->pid, ended, q);
		if (!q->child)
			*err = -errno;
	}
	if (*err) {
		log_err(log, "cannot start QEMU: %s", strerror(-*err));
		qemu_free(q);
		return NULL;
	}
	return q;
}

void qemu_free(struct qemu *q)
{
	if (!q)
		return;
	if (q->killer)
		loop_drop(q->killer);
	if (q->child)
		loop_drop(q->child);
	if (q->pid > 0) {
		kill(q->pid, SIGKILL);
		waitpid(q->pid, NULL, 0);
	}
	for (int i = 0; i < QEMU_CHANNELS; i++)
		if (q->channel[i] >= 0)
			close(q->channel[i]);
	free(q->stderr_path);
	free(q);
}

static void kill_now(void *ctx)
{
	struct qemu *q = ctx;

	q->killer = NULL;
	if (q->pid)
		kill(q->pid, SIGKILL);
}

void qemu_stop(struct qemu *q, unsigned grace_ms)
{
	if (!q->pid)
		return;
	kill(q->pid, SIGTERM);
	if (!q->killer)
		q->killer = loop_timer(q->loop, grace_ms, kill_now, q);
}

int qemu_serial(const struct qemu *q, unsigned n)
{
	assert(n < QEMU_SERIALS);
	return q->channel[n];
}

int qemu_qmp(const struct qemu *q)
{
	return q->channel[QEMU_QMP];
}

pid_t qemu_pid(const struct qemu *q)
{
	return q->pid;
}

char *qemu_complaint(const struct qemu *q, char *buf, size_t size)
{
	FILE *f = fopen(q->stderr_path, "re");
	char line[512];

	*buf = 0;
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strstr(line, "warning: ")) /* nobody ends of one */
			snprintf(buf, size, "%s", line);
	}
	if (f)
		fclose(f);
	return buf;
}

int qemu_version(const char *run, char *buf, size_t size)
{
	int out[2], status;
	ssize_t n;

	if (access(run, X_OK) || pipe2(out, O_CLOEXEC))
		return -errno;
	pid_t pid = fork();
	if (!pid) {
		dup2(out[1], 1);
		execl(run, run, "--version", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	n = pid < 0 ? -1 : read(out[0], buf, size - 1);
	close(out[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || n <= 0)
		return -EIO;
	buf[n] = 0;
	buf[strcspn(buf, "\n")] = 0;
	return 0;
}
