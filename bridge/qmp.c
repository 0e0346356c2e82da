/* SPDX-License-Identifier: MIT */
/* QEMU's dialect of requests and answers. */
#include "bridge/qmp.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qmp {
	struct line *line;
	char *text; /* of the answer being handed out */
	void (*closed)(void *ctx);
	void *ctx;
};

static enum line_kind kind(void *ctx, char *line, char **text)
{
	struct qmp *q = ctx;
	json_t *msg = json_loads(line, 0, NULL), *part;
	enum line_kind kind = LINE_NOISE; /* an event, such as BALLOON_CHANGE */

	free(q->text);
	q->text = NULL;
	if (json_object_get(msg, "QMP")) {
		kind = LINE_READY;
	} else if ((part = json_object_get(msg, "return"))) {
		kind = LINE_OK;
		q->text = json_dumps(part, JSON_COMPACT | JSON_ENCODE_ANY);
	} else if ((part = json_object_get(msg, "error"))) {
		const char *desc = json_string_value(json_object_get(part, "desc"));

		kind = LINE_ERR;
		q->text = strdup(desc ? desc : "unknown error");
	}
	json_decref(msg);
	if (q->text)
		*text = q->text;
	return kind;
}

static void closed(void *ctx)
{
	struct qmp *q = ctx;

	if (q->closed)
		q->closed(q->ctx);
}

struct qmp *qmp_new(struct loop *loop, int fd, void (*on_close)(void *ctx), void *ctx)
{
	struct qmp *q = calloc(1, sizeof(*q));
	struct line_sink sink = { .ctx = q, .kind = kind, .closed = closed };

	if (!q)
		return NULL;
	q->closed = on_close;
	q->ctx = ctx;
	q->line = line_new(loop, fd, &sink);
	/* First of all requests, before any of the caller's can queue. */
	if (!q->line ||
	    line_call(q->line, "{\"execute\":\"qmp_capabilities\"}", 10000, NULL, NULL)) {
		qmp_free(q);
		return NULL;
	}
	return q;
}

void qmp_free(struct qmp *q)
{
	if (!q)
		return;
	line_free(q->line);
	free(q->text);
	free(q);
}

int qmp_call(struct qmp *q, const char *request, unsigned timeout_ms, line_reply *reply, void *ctx)
{
	return line_call(q->line, request, timeout_ms, reply, ctx);
}
