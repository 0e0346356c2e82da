/* SPDX-License-Identifier: MIT */
/* kprobes on the functions of sim/ftrace_calls.h, on the running kernel. */
#ifndef BRIDGE_PROBES_H
#define BRIDGE_PROBES_H

#include <stdint.h>

#include "bridge/tracefs.h"

/*
 * Probes what is not yet in *done (bit n: ftrace_call(n)), as far as the kernel has it: by name;
 * where a symbol exists twice each by its address; of a module that is not loaded yet, so that it
 * takes effect when it comes. Returns how many are new, or -errno: no symbols to be read.
 */
int probes_add(struct tracefs *t, const char *kallsyms, uint64_t *done);

/* Whether what is needed at least is in `done`: the status, of one transport. */
int probes_enough(uint64_t done);

#endif
