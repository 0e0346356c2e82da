/* SPDX-License-Identifier: MIT */
/* What `vcosim waves` knows of a session, and the save file that opens its waves. */
#ifndef SIM_CMD_WAVES_H
#define SIM_CMD_WAVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/event.h"

/* An event of the window, in the order of the bus. */
struct waves_event {
	uint64_t cycle;
	struct event ev;
};

struct waves_window {
	uint64_t from, at, to; /* cycles; `at` is what it is around */
	struct waves_event *event;
	size_t n, cap;
	const char *dut;
};

/*
 * Writes a GTKWave save file beside the waves: the clocks that tick in the window and what
 * the list beside the device's manifest (NAME.waves) has, with the marker at `at`. 0 or -errno.
 */
int waves_save(const struct waves_window *win, const char *fst, const char *path);

#endif
