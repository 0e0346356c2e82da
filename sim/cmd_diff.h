/* SPDX-License-Identifier: MIT */
#ifndef SIM_CMD_DIFF_H
#define SIM_CMD_DIFF_H

#include "sim/trace_read.h"

/* Prints what one driver did and the other did not (sim/deeds.h): the exit status, 0 the same. */
int diff_driver(const char *path_a, const struct trace_log *log_a, const char *path_b,
		const struct trace_log *log_b);

#endif
