/* SPDX-License-Identifier: MIT */
/* The agent's dialect of requests and answers. */
#include "bridge/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct agent {
	struct line *line;
	struct agent_sink sink;
};

/* "WORD" or "WORD text": the text, or NULL if the line does not start with the word. */
static char *after(char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(line, word, n) || (line[n] && line[n] != ' '))
		return NULL;
	return line[n] ? line + n + 1 : line + n;
}

static enum line_kind kind(void *ctx, char *line, char **text)
{
	(void)ctx;
	if ((*text = after(line, "ready")))
		return LINE_READY;
	if ((*text = after(line, "ok")))
		return LINE_OK;
	if ((*text = after(line, "err")))
		return LINE_ERR;
	return LINE_NOISE; /* firmware, or a kernel that prints to this port too */
}

static void ready(void *ctx, const char *text)
{
	struct agent *a = ctx;
	char release[128] = "?";
	unsigned ms = 0;

	if (sscanf(text, "%127s %u", release, &ms) == 2 && a->sink.ready)
		a->sink.ready(a->sink.ctx, release, ms);
}

static void closed(void *ctx)
{
	struct agent *a = ctx;

	if (a->sink.closed)
		a->sink.closed(a->sink.ctx);
}

struct agent *agent_new(struct loop *loop, int fd, const struct agent_sink *sink)
{
	struct agent *a = calloc(1, sizeof(*a));
	struct line_sink line = { .ctx = a, .kind = kind, .ready = ready, .closed = closed };

	if (!a)
		return NULL;
	if (sink)
		a->sink = *sink;
	a->line = line_new(loop, fd, &line);
	if (!a->line) {
		free(a);
		return NULL;
	}
	return a;
}

void agent_free(struct agent *a)
{
	if (!a)
		return;
	line_free(a->line);
	free(a);
}

int agent_call(struct agent *a, const char *request, unsigned timeout_ms, line_reply *reply,
	       void *ctx)
{
	return line_call(a->line, request, timeout_ms, reply, ctx);
}

unsigned long long agent_number(const char *text, const char *key, unsigned long long otherwise)
{
	size_t len = strlen(key);

	for (const char *p = text; (p = strstr(p, key)); p += len)
		if ((p == text || p[-1] == ' ') && p[len] == '=')
			return strtoull(p + len + 1, NULL, 0);
	return otherwise;
}
