/* SPDX-License-Identifier: MIT */
/* A queue of requests over a non-blocking stream, answered line by line. */
#include "bridge/line.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 16384 }; /* bytes: what is longer is not a line of this protocol */

struct call {
	struct call *next;
	char *text; /* with its newline */
	unsigned timeout_ms;
	line_reply *reply;
	void *ctx;
};

struct line {
	struct loop *loop;
	struct loop_source *src, *timer; /* src NULL: the peer is gone */
	struct line_sink sink;
	int fd;
	bool ready;
	bool sent;          /* the first call is out whole, its answer is due */
	unsigned late;      /* answers still due to calls whose time ran out */
	struct call *first; /* in order */
	size_t out;         /* bytes of the first call that are out */
	size_t len;
	char in[ROOM];
};

/* Takes the first call out of the queue and answers it. */
static void finish(struct line *l, int ok, const char *text)
{
	struct call *call = l->first;

	l->first = call->next;
	l->sent = false;
	l->out = 0;
	if (l->timer)
		loop_drop(l->timer);
	l->timer = NULL;
	if (call->reply)
		call->reply(call->ctx, ok, text);
	free(call->text);
	free(call);
}

static void shut(struct line *l)
{
	if (!l->src)
		return;
	loop_drop(l->src);
	l->src = NULL;
	while (l->first)
		finish(l, -1, "the peer is gone");
	if (l->sink.closed)
		l->sink.closed(l->sink.ctx);
}

static void pump(struct line *l);

static void time_out(void *ctx)
{
	struct line *l = ctx;
	bool partly = l->out && !l->sent;

	l->timer = NULL;
	if (l->sent)
		l->late++; /* its answer, should it come after all, is nobody's */
	finish(l, -1, "no answer in time");
	if (partly)
		shut(l); /* half a request is on its way: no way to start another */
	else
		pump(l);
}

/* Sends what the first call has left to send, and starts its time. */
static void pump(struct line *l)
{
	struct call *call = l->first;

	if (!l->src || !l->ready || !call || l->sent)
		return;
	if (!l->timer)
		l->timer = loop_timer(l->loop, call->timeout_ms, time_out, l);
	ssize_t n = send(l->fd, call->text + l->out, strlen(call->text + l->out), MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		shut(l);
		return;
	}
	if (n > 0)
		l->out += (size_t)n;
	l->sent = !call->text[l->out];
	loop_fd_events(l->src, l->sent ? POLLIN : POLLIN | POLLOUT);
}

static void take(struct line *l, char *line)
{
	char *text = line;
	enum line_kind kind = l->sink.kind(l->sink.ctx, line, &text);

	switch (kind) {
	case LINE_READY:
		/* A peer that begins anew has forgotten what it was asked. */
		l->late = 0;
		if (l->out)
			finish(l, -1, "the peer began anew");
		l->ready = true;
		if (l->sink.ready)
			l->sink.ready(l->sink.ctx, text);
		break;
	case LINE_OK:
	case LINE_ERR:
		if (l->late)
			l->late--;
		else if (l->sent)
			finish(l, kind == LINE_OK, text);
		break;
	case LINE_NOISE:
		break;
	}
	pump(l);
}

static void readable(struct line *l)
{
	if (l->len == ROOM)
		l->len = 0;
	ssize_t n = read(l->fd, l->in + l->len, ROOM - l->len);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		shut(l);
		return;
	}
	if (n > 0)
		l->len += (size_t)n;
	for (char *end; l->src && (end = memchr(l->in, '\n', l->len));) {
		char line[ROOM];
		size_t used = (size_t)(end - l->in) + 1;

		memcpy(line, l->in, used);
		line[used - 1] = 0;
		line[strcspn(line, "\r")] = 0;
		l->len -= used;
		memmove(l->in, l->in + used, l->len);
		take(l, line);
	}
}

static void on_event(void *ctx, short revents)
{
	struct line *l = ctx;

	if (revents & POLLOUT)
		pump(l);
	if (l->src && (revents & (POLLIN | POLLHUP | POLLERR)))
		readable(l);
}

struct line *line_new(struct loop *loop, int fd, const struct line_sink *sink)
{
	struct line *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->loop = loop;
	l->fd = fd;
	l->sink = *sink;
	l->src = loop_fd(loop, fd, POLLIN, on_event, l);
	if (!l->src) {
		free(l);
		return NULL;
	}
	return l;
}

void line_free(struct line *l)
{
	if (!l)
		return;
	if (l->src)
		loop_drop(l->src);
	if (l->timer)
		loop_drop(l->timer);
	for (struct call *call; (call = l->first);) {
		l->first = call->next;
		free(call->text);
		free(call);
	}
	free(l);
}

int line_call(struct line *l, const char *request, unsigned timeout_ms, line_reply *reply,
	      void *ctx)
{
	struct call *call, **last = &l->first;

	if (!*request || strchr(request, '\n'))
		return -EINVAL;
	if (!l->src)
		return -EPIPE;
	call = calloc(1, sizeof(*call));
	if (!call || asprintf(&call->text, "%s\n", request) < 0) {
		free(call);
		return -ENOMEM;
	}
	call->timeout_ms = timeout_ms;
	call->reply = reply;
	call->ctx = ctx;
	while (*last)
		last = &(*last)->next;
	*last = call;
	pump(l);
	return 0;
}
