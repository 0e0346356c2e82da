/* SPDX-License-Identifier: MIT */
/*
 * Verdicts into the guest's kernel log, over a serial port of its own: the guest says "ready"
 * when somebody there passes on what comes, then gets a line for each verdict and answers each with
 * a line, "ok" or "err" or, from a terminal that echoes, the same again. The agent does that in our
 * guests; in others two commands do (README, "From the bus to dmesg").
 */
#ifndef BRIDGE_DMESG_H
#define BRIDGE_DMESG_H

#include <jansson.h>

struct dmesg;
struct log;
struct loop;

/* NULL: no memory. */
struct dmesg *dmesg_new(struct loop *loop, const struct log *log);
void dmesg_free(struct dmesg *dmesg);

/* A guest's port, a non-blocking stream socket that stays the caller's; -1: that guest is gone. */
void dmesg_connect(struct dmesg *dmesg, int fd);

/* Or: guests come to a socket at this path, one after the other. 0 or -errno, with a line in the
 * log. */
int dmesg_listen(struct dmesg *dmesg, const char *path);

/* A verdict as in the report; advice is left out. What no guest takes is counted as lost; it never
 * waits. */
void dmesg_verdict(struct dmesg *dmesg, const json_t *verdict);

/*
 * Adds "dmesg" to a run's report: lines `sent` and `lost`, and `us`: microseconds from the verdict
 * to the guest's answer, which it gives when the line is in its log (p50, max).
 */
void dmesg_report(const struct dmesg *dmesg, json_t *report);

#endif
