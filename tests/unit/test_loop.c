/* SPDX-License-Identifier: MIT */
/* The event loop: descriptors, timers, signals, children, and sources that drop sources. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/loop.h"
#include "sim/log.h"

struct seen {
	struct loop *loop;
	struct loop_source *src[8];
	int fd[8];
	unsigned n, order[32];
	int status;
};

static int setup(void **state)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	seen->loop = loop_new();
	for (unsigned i = 0; i < 8; i++)
		seen->fd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	*state = seen;
	return 0;
}

static int teardown(void **state)
{
	struct seen *seen = *state;

	loop_free(seen->loop);
	for (unsigned i = 0; i < 8; i++)
		close(seen->fd[i]);
	free(seen);
	return 0;
}

static void on_fd(void *ctx, short revents)
{
	struct seen *seen = ctx;
	eventfd_t n;

	assert_int_equal(revents, POLLIN);
	for (unsigned i = 0; i < 8; i++)
		if (!eventfd_read(seen->fd[i], &n))
			seen->order[seen->n++] = i;
}

static void descriptors(void **state)
{
	struct seen *seen = *state;

	for (unsigned i = 0; i < 8; i++) {
		seen->src[i] = loop_fd(seen->loop, seen->fd[i], POLLIN, on_fd, seen);
		assert_non_null(seen->src[i]);
	}
	assert_int_equal(loop_step(seen->loop, 0), 0);
	eventfd_write(seen->fd[5], 1);
	assert_int_equal(loop_step(seen->loop, -1), 1);
	assert_int_equal(seen->order[0], 5);
	loop_fd_events(seen->src[5], 0);
	eventfd_write(seen->fd[5], 1);
	assert_int_equal(loop_step(seen->loop, 0), 0);
	loop_fd_events(seen->src[5], POLLIN);
	loop_spin(seen->loop, 1000000);
	assert_int_equal(loop_step(seen->loop, -1), 1);
	assert_int_equal(seen->n, 2);
}

static void on_always(void *ctx, short revents)
{
	(void)ctx;
	(void)revents;
}

/* One who always has something to say does not keep a polling loop from the others. */
static void busy_neighbour(void **state)
{
	struct seen *seen = *state;
	unsigned steps = 0;

	seen->src[0] = loop_fd(seen->loop, seen->fd[0], POLLOUT, on_always, seen);
	seen->src[1] = loop_fd(seen->loop, seen->fd[1], POLLIN, on_fd, seen);
	loop_spin(seen->loop, 1000000000);
	while (steps++ < 20)
		assert_int_equal(loop_step(seen->loop, -1), 1);
	seen->n = 0;
	eventfd_write(seen->fd[1], 1);
	while (!seen->n && steps++ < 40)
		loop_step(seen->loop, -1);
	assert_int_equal(seen->n, 1);
	assert_int_equal(seen->order[0], 1);
}

#define BEATS 50

struct drum {
	int fd;
	long ns;
};

static void *beat(void *ctx)
{
	const struct drum *drum = ctx;
	const struct timespec wait = { 0, drum->ns };

	for (unsigned i = 0; i < BEATS; i++) {
		nanosleep(&wait, NULL);
		eventfd_write(drum->fd, 1);
	}
	return NULL;
}

static void on_beat(void *ctx, short revents)
{
	struct seen *seen = ctx;
	eventfd_t n;

	(void)revents;
	eventfd_read(seen->fd[0], &n);
	seen->n += (unsigned)n;
}

/* How often the loop sleeps while something comes every `ns`; and its processor time. */
static long sleeps(struct seen *seen, uint64_t spin_ns, long ns, double *cpu_ms)
{
	struct drum drum = { seen->fd[0], ns };
	struct rusage before, after;
	pthread_t thread;

	seen->n = 0;
	loop_spin(seen->loop, spin_ns);
	assert_int_equal(pthread_create(&thread, NULL, beat, &drum), 0);
	getrusage(RUSAGE_THREAD, &before);
	while (seen->n < BEATS)
		loop_step(seen->loop, -1);
	getrusage(RUSAGE_THREAD, &after);
	pthread_join(thread, NULL);
	*cpu_ms = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
			   before.ru_stime.tv_sec) *
			  1e3 +
		  (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec +
			   after.ru_stime.tv_usec - before.ru_stime.tv_usec) /
			  1e3;
	return after.ru_nvcsw - before.ru_nvcsw;
}

/* It polls where that catches the next thing, and sleeps where it would not. */
static void polling(void **state)
{
	struct seen *seen = *state;
	double cpu_ms;

	seen->src[0] = loop_fd(seen->loop, seen->fd[0], POLLIN, on_beat, seen);
	assert_true(sleeps(seen, 0, 1000000, &cpu_ms) > BEATS / 2);
	assert_true(sleeps(seen, 2000000000, 1000000, &cpu_ms) < BEATS / 5);
	assert_true(sleeps(seen, 1000000, 4000000, &cpu_ms) > BEATS / 2);
	assert_true(cpu_ms < BEATS / 5.0); /* of 200 ms: it does not poll for a part of each wait */
}

/* Of what was asked of the kernel so far, in microseconds: how often, and the last. */
static unsigned asked(int fd, int32_t *last)
{
	unsigned n = 0;

	while (pread(fd, last, sizeof(*last), (off_t)(n * sizeof(*last))) == sizeof(*last))
		n++;
	return n;
}

/* While it polls no processor halts; when nothing comes they may, and a kernel may say no. */
static void awake(void **state)
{
	struct seen *seen = *state;
	char path[] = "/tmp/vcosim-awake-XXXXXX";
	int fd = mkstemp(path);
	int32_t us = -1;
	double cpu_ms;

	assert_int_equal(loop_keep_awake(seen->loop, "/no/such/file"), -ENOENT);
	assert_false(loop_is_awake(seen->loop));
	assert_int_equal(loop_keep_awake(seen->loop, path), 0);
	assert_true(loop_is_awake(seen->loop));
	seen->src[0] = loop_fd(seen->loop, seen->fd[0], POLLIN, on_beat, seen);
	loop_step(seen->loop, 0);
	assert_int_equal(asked(fd, &us), 0);
	sleeps(seen, 2000000000, 100000, &cpu_ms);
	assert_int_equal(asked(fd, &us), 1); /* once for all of it */
	assert_int_equal(us, 0);
	loop_spin(seen->loop, 1000);
	loop_step(seen->loop, 40);
	assert_int_equal(asked(fd, &us), 2);
	assert_true(us >= 1000000);
	assert_int_equal(loop_keep_awake(seen->loop, "/dev/full"), 0);
	sleeps(seen, 2000000000, 100000, &cpu_ms);
	assert_false(loop_is_awake(seen->loop));
	close(fd);
	unlink(path);
}

/* The first to run drops all others, though they are ready too, and adds one. */
static void on_fd_drop(void *ctx, short revents)
{
	struct seen *seen = ctx;

	(void)revents;
	seen->n++;
	for (unsigned i = 0; i < 8; i++)
		loop_drop(seen->src[i]);
	seen->src[0] = loop_fd(seen->loop, seen->fd[0], POLLIN, on_fd, seen);
}

static void dropping(void **state)
{
	struct seen *seen = *state;

	for (unsigned i = 0; i < 8; i++) {
		seen->src[i] = loop_fd(seen->loop, seen->fd[i], POLLIN, on_fd_drop, seen);
		eventfd_write(seen->fd[i], 1);
	}
	assert_int_equal(loop_step(seen->loop, -1), 1);
	assert_int_equal(seen->n, 1);
	assert_int_equal(loop_step(seen->loop, -1), 1); /* the new one */
	assert_int_equal(loop_step(seen->loop, 0), 0);
}

struct tick {
	struct seen *seen;
	unsigned which;
};

static void on_time(void *ctx)
{
	struct tick *tick = ctx;

	tick->seen->order[tick->seen->n++] = tick->which;
	if (tick->which == 3)
		loop_stop(tick->seen->loop, 42);
}

static void timers(void **state)
{
	struct seen *seen = *state;
	struct tick tick[4];
	struct loop_source *src[4];
	uint64_t start = loop_now();

	for (unsigned i = 0; i < 4; i++)
		tick[i] = (struct tick){ seen, i };
	src[3] = loop_timer(seen->loop, 30, on_time, &tick[3]);
	src[2] = loop_timer(seen->loop, 20, on_time, &tick[2]);
	src[1] = loop_timer(seen->loop, 10, on_time, &tick[1]);
	src[0] = loop_timer(seen->loop, 0, on_time, &tick[0]);
	assert_non_null(src[0]);
	loop_drop(src[2]);
	assert_int_equal(loop_run(seen->loop), 42);
	assert_true(loop_now() - start >= 30000000);
	assert_int_equal(seen->n, 3);
	assert_int_equal(seen->order[0], 0);
	assert_int_equal(seen->order[1], 1);
	assert_int_equal(seen->order[2], 3);
}

static void on_signal(void *ctx, int signo)
{
	struct seen *seen = ctx;

	seen->order[seen->n++] = (unsigned)signo;
}

static void signals(void **state)
{
	struct seen *seen = *state;
	struct loop_source *src = loop_signal(seen->loop, SIGUSR1, on_signal, seen);
	sigset_t set;

	assert_non_null(src);
	raise(SIGUSR1);
	assert_int_equal(loop_step(seen->loop, -1), 1);
	assert_int_equal(seen->order[0], SIGUSR1);
	loop_drop(src);
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	assert_false(sigismember(&set, SIGUSR1));
}

static void on_gone(void *ctx, int status)
{
	struct seen *seen = ctx;

	seen->status = status;
	loop_stop(seen->loop, 0);
}

static void children(void **state)
{
	struct seen *seen = *state;
	int hold[2];
	pid_t pid;

	assert_int_equal(pipe(hold), 0);
	pid = fork();
	if (!pid) {
		char byte;

		close(hold[1]);
		_exit(read(hold[0], &byte, 1) == 0 ? 7 : 1);
	}
	close(hold[0]);
	assert_non_null(loop_child(seen->loop, pid, on_gone, seen));
	assert_int_equal(loop_step(seen->loop, 0), 0);
	close(hold[1]);
	assert_int_equal(loop_run(seen->loop), 0);
	assert_true(WIFEXITED(seen->status));
	assert_int_equal(WEXITSTATUS(seen->status), 7);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1); /* reaped */
	assert_null(loop_child(seen->loop, pid, on_gone, seen));
}

static void on_line(void *ctx, enum log_level level, const char *line)
{
	unsigned *sum = ctx;

	*sum = *sum * 10 + level;
	assert_string_equal(line, "n=1");
}

static void log_levels(void **state)
{
	unsigned sum = 0;
	const struct log log = { .level = LOG_WARN, .hook = on_line, .ctx = &sum };

	(void)state;
	log_debug(&log, "n=%d", 1);
	log_warn(&log, "n=%d", 1);
	log_info(&log, "n=%d", 1);
	log_err(&log, "n=%d", 1);
	log_err(NULL, "n=%d", 1);
	assert_int_equal(sum, 10 * LOG_WARN + LOG_ERR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(busy_neighbour, setup, teardown),
		cmocka_unit_test_setup_teardown(polling, setup, teardown),
		cmocka_unit_test_setup_teardown(awake, setup, teardown),
		cmocka_unit_test_setup_teardown(dropping, setup, teardown),
		cmocka_unit_test_setup_teardown(timers, setup, teardown),
		cmocka_unit_test_setup_teardown(signals, setup, teardown),
		cmocka_unit_test_setup_teardown(children, setup, teardown),
		cmocka_unit_test(log_levels),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
