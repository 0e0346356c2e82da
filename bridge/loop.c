/* SPDX-License-Identifier: MIT */
/* The event loop: an array of sources beside an array of pollfds, one to one. */
#include "bridge/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bridge/awake.h"

#define AWAKE_MS      1 /* the processors may halt when nothing has come for so long */
#define LOOKS_A_ROUND 8 /* of so many looks while polling, one is at all descriptors */

enum kind { SRC_FD, SRC_TIMER, SRC_CHILD, SRC_SIGNAL, SRC_DEAD };

struct loop_source {
	struct loop *loop;
	enum kind kind;
	unsigned slot; /* place in loop->src and loop->poll */
	void *ctx;
	union {
		void (*ready)(void *ctx, short revents);
		void (*due)(void *ctx);
		void (*gone)(void *ctx, int status);
		void (*caught)(void *ctx, int signo);
	} fn;
	uint64_t when; /* SRC_TIMER: loop_now() at which it is due */
	pid_t pid;     /* SRC_CHILD */
	int signo;     /* SRC_SIGNAL */
};

/*
 * While callbacks run, a dropped source stays in its slot as SRC_DEAD, so that slots do
 * not move under the walk; sweep() closes the gaps afterwards.
 */
struct loop {
	struct loop_source **src;
	struct pollfd *poll;
	unsigned n, room;
	unsigned timers; /* live timers: none is the common case */
	bool walking, dead;
	bool stopped;
	int status;
	uint64_t spin_ns;
	uint64_t woke;
	bool spin;    /* the last wait was so short that polling would have caught its end */
	unsigned hot; /* slot of the descriptor that was ready last, or what has moved there */
	unsigned looks;
	struct awake awake;
};

uint64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop)
		loop->awake = AWAKE_NONE;
	return loop;
}

static bool grow(struct loop *loop)
{
	unsigned room = loop->room ? 2 * loop->room : 8;
	struct loop_source **src = realloc(loop->src, room * sizeof(struct loop_source *));
	struct pollfd *pfd;

	if (!src)
		return false;
	loop->src = src;
	pfd = realloc(loop->poll, room * sizeof(struct pollfd));
	if (!pfd)
		return false;
	loop->poll = pfd;
	loop->room = room;
	return true;
}

static struct loop_source *add(struct loop *loop, enum kind kind, int fd, short events, void *ctx)
{
	struct loop_source *src;

	if (loop->n == loop->room && !grow(loop))
		return NULL;
	src = calloc(1, sizeof(*src));
	if (!src)
		return NULL;
	*src = (struct loop_source){ .loop = loop, .kind = kind, .slot = loop->n, .ctx = ctx };
	loop->poll[loop->n] = (struct pollfd){ .fd = fd, .events = events };
	loop->src[loop->n++] = src;
	return src;
}

struct loop_source *loop_fd(struct loop *loop, int fd, short events,
			    void (*ready)(void *ctx, short revents), void *ctx)
{
	struct loop_source *src = add(loop, SRC_FD, fd, events, ctx);

	if (src)
		src->fn.ready = ready;
	return src;
}

void loop_fd_events(struct loop_source *src, short events)
{
	assert(src->kind == SRC_FD);
	src->loop->poll[src->slot].events = events;
}

struct loop_source *loop_timer(struct loop *loop, uint64_t ms, void (*due)(void *ctx), void *ctx)
{
	struct loop_source *src = add(loop, SRC_TIMER, -1, 0, ctx);

	if (!src)
		return NULL;
	src->fn.due = due;
	src->when = loop_now() + ms * 1000000;
	loop->timers++;
	return src;
}

struct loop_source *loop_child(struct loop *loop, pid_t pid, void (*gone)(void *ctx, int status),
			       void *ctx)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct loop_source *src;

	if (fd < 0)
		return NULL;
	src = add(loop, SRC_CHILD, fd, POLLIN, ctx);
	if (!src) {
		close(fd);
		return NULL;
	}
	src->fn.gone = gone;
	src->pid = pid;
	return src;
}

struct loop_source *loop_signal(struct loop *loop, int signo, void (*caught)(void *ctx, int signo),
				void *ctx)
{
	struct loop_source *src;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, signo);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return NULL;
	src = add(loop, SRC_SIGNAL, fd, POLLIN, ctx);
	if (!src) {
		close(fd);
		return NULL;
	}
	src->fn.caught = caught;
	src->signo = signo;
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return src;
}

static void sweep(struct loop *loop)
{
	unsigned to = 0;

	for (unsigned i = 0; i < loop->n; i++) {
		if (loop->src[i]->kind == SRC_DEAD) {
			free(loop->src[i]);
			continue;
		}
		loop->src[to] = loop->src[i];
		loop->poll[to] = loop->poll[i];
		loop->src[to]->slot = to;
		to++;
	}
	loop->n = to;
	loop->dead = false;
}

void loop_drop(struct loop_source *src)
{
	struct loop *loop = src->loop;
	struct pollfd *pfd = &loop->poll[src->slot];
	sigset_t set;

	assert(src->kind != SRC_DEAD);
	if (src->kind == SRC_TIMER)
		loop->timers--;
	if (src->kind == SRC_CHILD || src->kind == SRC_SIGNAL)
		close(pfd->fd);
	if (src->kind == SRC_SIGNAL) {
		sigemptyset(&set);
		sigaddset(&set, src->signo);
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	}
	src->kind = SRC_DEAD;
	pfd->fd = -1;
	pfd->revents = 0;
	loop->dead = true;
	if (!loop->walking)
		sweep(loop);
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	loop->walking = true;
	for (unsigned i = 0; i < loop->n; i++)
		if (loop->src[i]->kind != SRC_DEAD)
			loop_drop(loop->src[i]);
	sweep(loop);
	awake_close(&loop->awake);
	free(loop->src);
	free(loop->poll);
	free(loop);
}

static void child_gone(struct loop_source *src)
{
	void (*gone)(void *, int) = src->fn.gone;
	void *ctx = src->ctx;
	int status = 0;

	if (waitpid(src->pid, &status, WNOHANG) == 0)
		return;
	loop_drop(src);
	gone(ctx, status);
}

static void signal_caught(struct loop_source *src, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		src->fn.caught(src->ctx, src->signo);
}

static void dispatch(struct loop_source *src, int fd, short revents)
{
	switch (src->kind) {
	case SRC_FD:
		src->fn.ready(src->ctx, revents);
		break;
	case SRC_CHILD:
		child_gone(src);
		break;
	case SRC_SIGNAL:
		signal_caught(src, fd);
		break;
	case SRC_TIMER:
	case SRC_DEAD:
		break;
	}
}

/* Milliseconds until the first timer is due, rounded up; `most` (-1: for ever) if later. */
static int wait_ms(const struct loop *loop, uint64_t now, int most)
{
	uint64_t ms;

	for (unsigned i = 0; i < loop->n; i++) {
		if (loop->src[i]->kind != SRC_TIMER)
			continue;
		ms = loop->src[i]->when > now ? (loop->src[i]->when - now + 999999) / 1000000 : 0;
		if (most < 0 || ms < (uint64_t)most)
			most = ms > INT32_MAX ? INT32_MAX : (int)ms;
	}
	return most;
}

static int run_timers(struct loop *loop)
{
	unsigned n = loop->n;
	int ran = 0;

	for (unsigned i = 0; i < n; i++) {
		struct loop_source *src = loop->src[i];
		void (*due)(void *) = src->fn.due;
		void *ctx = src->ctx;

		if (src->kind != SRC_TIMER || src->when > loop->woke)
			continue;
		loop_drop(src);
		due(ctx);
		ran++;
	}
	return ran;
}

/*
 * Without sleeping, for as long as loop_spin allows; 0: nothing came. Whoever else wants the
 * processor gets it: that may be the very peer that is waited for. Mostly who spoke last
 * speaks next, and one descriptor is looked at several times faster than all of them.
 */
static int poll_awake(struct loop *loop, uint64_t start)
{
	for (;;) {
		bool all = ++loop->looks % LOOKS_A_ROUND == 0 || loop->hot >= loop->n;
		int ready = all ? poll(loop->poll, loop->n, 0) : poll(&loop->poll[loop->hot], 1, 0);

		if (ready || loop_now() - start >= loop->spin_ns)
			return ready;
		sched_yield();
	}
}

/* As poll(2); the processors may halt after the first AWAKE_MS of it. */
static int sleep_lightly(struct loop *loop, int timeout_ms)
{
	int ready;

	if (loop->awake.held && (timeout_ms < 0 || timeout_ms > AWAKE_MS)) {
		ready = poll(loop->poll, loop->n, AWAKE_MS);
		if (ready)
			return ready;
		timeout_ms -= timeout_ms < 0 ? 0 : AWAKE_MS;
	}
	awake_hold(&loop->awake, false);
	return poll(loop->poll, loop->n, timeout_ms);
}

static int wait_ready(struct loop *loop, int timeout_ms)
{
	uint64_t start = loop->timers || loop->spin_ns ? loop_now() : 0;
	int ready;

	if (loop->timers)
		timeout_ms = wait_ms(loop, start, timeout_ms);
	if (!loop->spin_ns || !timeout_ms)
		return poll(loop->poll, loop->n, timeout_ms);
	if (loop->spin) {
		awake_hold(&loop->awake, true);
		ready = poll_awake(loop, start);
		if (ready)
			return ready;
	}
	ready = sleep_lightly(loop, timeout_ms);
	loop->spin = loop_now() - start < loop->spin_ns;
	return ready;
}

int loop_step(struct loop *loop, int timeout_ms)
{
	unsigned n = loop->n;
	int ready, ran = 0;

	assert(!loop->walking);
	ready = wait_ready(loop, timeout_ms);
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	loop->woke = loop_now();
	loop->walking = true;
	for (unsigned i = 0; i < n && ready > 0; i++) {
		/* Taken first: a callback may grow the array. */
		struct pollfd pfd = loop->poll[i];

		if (!pfd.revents)
			continue;
		loop->poll[i].revents = 0;
		ready--;
		ran++;
		loop->hot = i;
		dispatch(loop->src[i], pfd.fd, pfd.revents);
	}
	if (loop->timers)
		ran += run_timers(loop);
	loop->walking = false;
	if (loop->dead)
		sweep(loop);
	return ran;
}

int loop_run(struct loop *loop)
{
	int ret = 0;

	while (!loop->stopped && ret >= 0)
		ret = loop_step(loop, -1);
	loop->stopped = false;
	return ret < 0 ? ret : loop->status;
}

void loop_stop(struct loop *loop, int status)
{
	loop->stopped = true;
	loop->status = status;
}

uint64_t loop_woke(const struct loop *loop)
{
	return loop->woke;
}

void loop_spin(struct loop *loop, uint64_t ns)
{
	loop->spin_ns = ns;
}

int loop_keep_awake(struct loop *loop, const char *path)
{
	awake_close(&loop->awake);
	return awake_open(&loop->awake, path);
}

bool loop_is_awake(const struct loop *loop)
{
	return loop->awake.fd >= 0;
}

void loop_be_quick(struct loop *loop)
{
	loop_spin(loop, LOOP_SPIN_NS);
	loop_keep_awake(loop, AWAKE_PATH);
}
