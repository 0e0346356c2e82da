/* SPDX-License-Identifier: MIT */
/*
 * Requests and answers, one line each, in order, over a stream socket: the shape that the
 * agent in a guest and QEMU's monitor share. Calls queue; everything happens in callbacks
 * of the loop. What a line means, the user of this says.
 */
#ifndef BRIDGE_LINE_H
#define BRIDGE_LINE_H

#include "bridge/loop.h"

struct line;

enum line_kind {
	LINE_READY, /* the peer takes requests from now on; of what it was sent before it knows
		       nothing */
	LINE_OK,    /* the answer to the oldest request: it worked */
	LINE_ERR,   /* the same: it did not */
	LINE_NOISE, /* nothing to do with a request */
};

struct line_sink {
	void *ctx;
	/* What is this line? It may be changed; *text becomes what the callbacks are given. */
	enum line_kind (*kind)(void *ctx, char *line, char **text);
	void (*ready)(void *ctx, const char *text);
	/* Nothing more will come; no call is answered any more. May be NULL, as `ready`. */
	void (*closed)(void *ctx);
};

/*
 * The answer to a call: ok 1 or 0, and its text. ok -1: no answer came in time, or the
 * peer is gone or began anew; text says which.
 */
typedef void line_reply(void *ctx, int ok, const char *text);

/* `fd` is a non-blocking stream socket and stays the caller's. NULL, errno: it cannot. */
struct line *line_new(struct loop *loop, int fd, const struct line_sink *sink);

/* Pending calls are forgotten, their callbacks not run. Not from within a callback. */
void line_free(struct line *line);

/*
 * Sends `request` once the peer is ready and those before are answered; timeout_ms counts
 * from then. 0, -EINVAL (empty, or a newline in it), -ENOMEM, or -EPIPE: the peer is gone.
 */
int line_call(struct line *line, const char *request, unsigned timeout_ms, line_reply *reply,
	      void *ctx);

#endif
