/* SPDX-License-Identifier: MIT */
/* Verdicts into the guest's kernel log. */
#include "bridge/dmesg.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/hist.h"
#include "bridge/line.h"
#include "bridge/listen.h"
#include "sim/log.h"

enum {
	LINE_MAX_LEN = 800, /* the kernel takes a thousand or so */
	WAITING_MAX = 256,
	ANSWER_MS = 10000
};

struct dmesg {
	struct loop *loop;
	const struct log *log;
	struct line *line; /* to the guest, NULL: there is none */
	bool gone;         /* it closed its end; the line goes with the next guest */
	char *path;
	int listener, client; /* of a socket at a path, else -1 */
	struct loop_source *src;
	unsigned waiting, oldest; /* lines on their way, since when; they are answered in order */
	uint64_t since[WAITING_MAX];
	uint64_t sent, lost;
	struct hist ns;
};

/* Whatever else comes is an answer: "ok", or the echo of a terminal. Our agent ends what may be on
 * the line already with an empty one. */
static enum line_kind kind(void *ctx, char *line, char **text)
{
	(void)ctx;
	*text = line;
	if (!line[0])
		return LINE_NOISE;
	if (!strcmp(line, "ready"))
		return LINE_READY;
	return strcmp(line, "err") ? LINE_OK : LINE_ERR;
}

static void closed(void *ctx)
{
	((struct dmesg *)ctx)->gone = true;
}

static void answered(void *ctx, int ok, const char *text)
{
	struct dmesg *d = ctx;
	uint64_t since = d->since[d->oldest];

	(void)text;
	d->waiting--;
	d->oldest = (d->oldest + 1) % WAITING_MAX;
	if (ok > 0) {
		d->sent++;
		hist_add(&d->ns, loop_now() - since);
	} else {
		d->lost++;
	}
}

static void hang_up(struct dmesg *d)
{
	line_free(d->line);
	d->line = NULL;
	d->gone = false;
	d->lost += d->waiting;
	d->waiting = 0;
	if (d->client >= 0)
		close(d->client);
	d->client = -1;
}

void dmesg_connect(struct dmesg *d, int fd)
{
	struct line_sink sink = { .ctx = d, .kind = kind, .closed = closed };

	hang_up(d);
	if (fd >= 0)
		d->line = line_new(d->loop, fd, &sink);
}

static void on_client(void *ctx, short revents)
{
	struct dmesg *d = ctx;
	int fd = accept4(d->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)revents;
	if (fd < 0)
		return;
	if (d->line && !d->gone) { /* one guest at a time */
		close(fd);
		return;
	}
	dmesg_connect(d, fd);
	d->client = fd;
}

int dmesg_listen(struct dmesg *d, const char *path)
{
	int fd = listen_unix(path);

	if (fd < 0) {
		log_err(d->log, "%s: %s", path, strerror(-fd));
		return fd;
	}
	d->listener = fd;
	d->path = strdup(path);
	d->src = loop_fd(d->loop, fd, POLLIN, on_client, d);
	return d->path && d->src ? 0 : -ENOMEM;
}

struct dmesg *dmesg_new(struct loop *loop, const struct log *log)
{
	struct dmesg *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->loop = loop;
	d->log = log;
	d->listener = d->client = -1;
	return d;
}

void dmesg_free(struct dmesg *d)
{
	if (!d)
		return;
	hang_up(d);
	if (d->src)
		loop_drop(d->src);
	if (d->listener >= 0)
		close(d->listener);
	if (d->path)
		unlink(d->path);
	free(d->path);
	free(d);
}

static const char *text_of(const json_t *verdict, const char *member)
{
	const char *text = json_string_value(json_object_get(verdict, member));

	return text ? text : "?";
}

void dmesg_verdict(struct dmesg *d, const json_t *verdict)
{
	const char *level = text_of(verdict, "level");
	char line[LINE_MAX_LEN];

	/* <4>: a warning, for the kernel. */
	snprintf(line, sizeof(line),
		 "<4>vcosim: VIOLATION %s %s %s (%s) by %s at cycle %lld, expected: %s",
		 text_of(verdict, "clause"), text_of(verdict, "blame"), level,
		 text_of(verdict, "rule"), text_of(verdict, "event"),
		 (long long)json_integer_value(json_object_get(verdict, "cycle")),
		 text_of(verdict, "expected"));
	if (strncmp(level, "MUST", 4)) /* advice is not for a log that others read */
		return;
	line[strcspn(line, "\n")] = '\0';
	if (!d->line || d->waiting == WAITING_MAX) {
		d->lost++;
		return;
	}
	d->since[(d->oldest + d->waiting++) % WAITING_MAX] = loop_now();
	if (line_call(d->line, line, ANSWER_MS, answered, d)) {
		d->waiting--;
		d->lost++;
	}
}

void dmesg_report(const struct dmesg *d, json_t *report)
{
	json_object_set_new(report, "dmesg",
			    json_pack("{s:I, s:I, s:{s:f, s:f}}", "sent", (json_int_t)d->sent,
				      "lost", (json_int_t)(d->lost + d->waiting), "us", "p50",
				      (double)hist_quantile(&d->ns, 0.5) / 1000, "max",
				      (double)d->ns.max / 1000));
}
