/* SPDX-License-Identifier: MIT */
/*
 * The host's side of the agent in a Linux guest, over the guest's second serial port.
 * Requests and their answers: bridge/guest/README.md.
 */
#ifndef BRIDGE_AGENT_H
#define BRIDGE_AGENT_H

#include "bridge/line.h"

struct agent;

struct agent_sink {
	void *ctx;
	/* The guest is up. `release` is its uname -r, boot_ms its own time since boot. */
	void (*ready)(void *ctx, const char *release, unsigned boot_ms);
	/* The guest is off: no call is answered any more. */
	void (*closed)(void *ctx);
};

/* As line_new, line_free, line_call. A call before `ready` waits for it. */
struct agent *agent_new(struct loop *loop, int fd, const struct agent_sink *sink);
void agent_free(struct agent *agent);
int agent_call(struct agent *agent, const char *request, unsigned timeout_ms, line_reply *reply,
	       void *ctx);

/*
 * The number after "key=" in an answer of key=value words, decimal or 0x; `otherwise` if
 * it has none.
 */
unsigned long long agent_number(const char *text, const char *key, unsigned long long otherwise);

#endif
