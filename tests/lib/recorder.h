/* SPDX-License-Identifier: MIT */
/*
 * A recorded session in memory: the C driver on the balloon, as a trace would have it. What
 * happens around the driver comes from a seed: memory by message that lets the device wait
 * or fails, accesses while it works, peeks, resets, targets, windows that go.
 */
#ifndef TESTS_LIB_RECORDER_H
#define TESTS_LIB_RECORDER_H

#include <stdbool.h>

#include "sim/driver.h"
#include "sim/trace_read.h"

enum recorder_how {
	RECORDER_CALM = 0,
	RECORDER_MESSAGES = 1, /* half of memory goes by message, and takes its time */
	RECORDER_FAILURES = 2, /* and some messages bring an error */
	RECORDER_ROUGH = 4,    /* the host and a debugger interfere, the device is not waited for */
	RECORDER_GRANTS = 8    /* what goes by message is mapped while the device waits for it */
};

/* Aborts if there is no device or memory; what becomes of the driver does not matter. */
void recorder_play(struct trace_log *log, const struct driver_scenario *scenario, uint32_t target,
		   unsigned how, unsigned seed);

/* As recorder_play made it; trace_unload frees it. */
#define RECORDER_HEADER "{\"dut\":\"balloon-pci\",\"features\":\"0xffffffffffffffff\"}"

#endif
