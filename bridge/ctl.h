/* SPDX-License-Identifier: MIT */
/*
 * A control socket that speaks QMP, QEMU's machine protocol (docs/interop/qmp-spec in
 * QEMU), to several clients at a time: greeting, negotiation, commands, events. Errors have
 * QEMU's classes and words. Which commands there are, the owner's tables say; out-of-band
 * execution is not offered.
 */
#ifndef BRIDGE_CTL_H
#define BRIDGE_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bridge/loop.h"

struct ctl;
struct log;

/* Why a command failed: a class of QMP's, and a sentence. */
struct ctl_error {
	const char *class;
	char desc[200];
};

/* A command's argument: `type` is 'i' integer, 's' string, 'a' array or '*' any. */
struct ctl_param {
	const char *name;
	char type;
	bool optional;
};

#define CTL_PARAMS 3

/* `run` returns what goes under "return", or NULL and the error. Ends at name NULL. */
struct ctl_command {
	const char *name;
	json_t *(*run)(void *ctx, json_t *args, struct ctl_error *err);
	struct ctl_param param[CTL_PARAMS]; /* those with a name */
};

/*
 * -errno with one line in the log: as listen_unix. What it is given stays the caller's.
 * The commands qmp_capabilities and query-commands come with it.
 */
int ctl_new(struct loop *loop, const char *path, const struct log *log, struct ctl **ctl);

/* Closes all connections and removes the socket file. */
void ctl_free(struct ctl *ctl);

/* More commands; tables are borrowed. At most 4 tables. */
void ctl_add(struct ctl *ctl, const struct ctl_command *commands, void *ctx);

/*
 * Tells all clients that negotiated; takes `data`. With `rate_ms`, the first goes at once
 * and of those that follow within that time only the last, when it is over; rates go by
 * the event's name. An event's time is that of this call.
 */
void ctl_event(struct ctl *ctl, const char *name, json_t *data, unsigned rate_ms);

/* A number of JSON of up to 64 bits, which jansson has no room for; for what `run` returns. */
json_t *ctl_u64(uint64_t val);

/* Sets err, and returns NULL for the caller to return. A class of NULL is GenericError. */
json_t *ctl_fail(struct ctl_error *err, const char *class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
