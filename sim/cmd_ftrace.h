/* SPDX-License-Identifier: MIT */
/* What import and watch both say of a device that only its driver's calls were seen of. */
#ifndef SIM_CMD_FTRACE_H
#define SIM_CMD_FTRACE_H

#include <jansson.h>

#include "sim/ftrace_bus.h"

/*
 * The members of a trace's header (sim/trace.h, sim/cmd_hidden.h) that tell of it: "hidden",
 * "decides" for a plain tracer, "not_observable", "synthetic" and "judged_by", the specification.
 */
json_t *ftrace_header(const struct ftrace_bus *bus, unsigned dev);

/* A line "# vcosim: ..", as watch writes them into its text. */
void ftrace_remarked(struct ftrace_bus *bus, const char *text);

#endif
