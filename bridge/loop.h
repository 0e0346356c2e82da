/* SPDX-License-Identifier: MIT */
/*
 * A small event loop over poll(2): file descriptors, timers, signals, child exits.
 *
 * Callbacks run from loop_run and loop_step, one at a time, and may add or drop any
 * source, their own included. A source is dropped with loop_drop; the pointer is dead
 * after that. Timers and children drop themselves before their callback runs.
 *
 * Functions that add a source return NULL with errno set when they cannot.
 */
#ifndef BRIDGE_LOOP_H
#define BRIDGE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct loop_source;

struct loop *loop_new(void);

/* Drops what is left. Descriptors given to loop_fd stay open: they are the caller's. */
void loop_free(struct loop *loop);

/* `events` and `revents` as in poll(2). POLLERR and POLLHUP are always reported. */
struct loop_source *loop_fd(struct loop *loop, int fd, short events,
			    void (*ready)(void *ctx, short revents), void *ctx);

/* Changes what a loop_fd source waits for; 0 leaves only POLLERR and POLLHUP. */
void loop_fd_events(struct loop_source *src, short events);

/* Runs `due` once, `ms` milliseconds from now. */
struct loop_source *loop_timer(struct loop *loop, uint64_t ms, void (*due)(void *ctx), void *ctx);

/* Runs `gone` once when the child has exited; `status` as from waitpid(2). Reaps it. */
struct loop_source *loop_child(struct loop *loop, pid_t pid, void (*gone)(void *ctx, int status),
			       void *ctx);

/*
 * Runs `caught` whenever the signal arrives. The signal is blocked for the calling
 * thread, and threads it makes from then on, until the source is dropped: ask before
 * there are threads. Children must unblock what they inherit.
 */
struct loop_source *loop_signal(struct loop *loop, int signo, void (*caught)(void *ctx, int signo),
				void *ctx);

void loop_drop(struct loop_source *src);

/*
 * Waits up to timeout_ms (-1: for ever) for something to happen and runs its callbacks.
 * Returns how many ran, or -errno.
 */
int loop_step(struct loop *loop, int timeout_ms);

/* Steps until loop_stop. Returns what loop_stop was given, or -errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int status);

/*
 * Before it sleeps, polls without sleeping for up to this many nanoseconds, as long as that
 * pays: after a wait that was longer than that it sleeps at once, until something comes
 * sooner. So an idle loop takes no time. 0, the default, always sleeps at once.
 */
#define LOOP_SPIN_NS 100000 /* what suits a guest: several times what a register read takes it */
void loop_spin(struct loop *loop, uint64_t ns);

/*
 * While it polls, and for a millisecond after, the machine's processors do not halt (awake.h).
 * `path`: AWAKE_PATH. 0, or -errno: then they may.
 */
int loop_keep_awake(struct loop *loop, const char *path);

/* Whether the processors do not halt while it polls. */
bool loop_is_awake(const struct loop *loop);

/* Both, as suits a guest. A machine that does not let us keep it awake is only slower. */
void loop_be_quick(struct loop *loop);

/* When the loop last had something to do after waiting: loop_now() at that moment. */
uint64_t loop_woke(const struct loop *loop);

/* Monotonic time in nanoseconds. */
uint64_t loop_now(void);

#endif
