/* SPDX-License-Identifier: MIT */
/*
 * Keeps the machine's processors from halting, while that is asked for. To wake a halted one
 * takes a virtual machine 10 to 40 us, as long as a whole register read; and a guest's processor,
 * its QEMU's threads and the server wait for one another in turn. Linux's PM QoS, as its
 * Documentation/power/pm_qos_interface.rst says: the latest a processor may come back, in
 * microseconds, asked for as long as a file is open. Whoever may not open it goes without.
 */
#ifndef BRIDGE_AWAKE_H
#define BRIDGE_AWAKE_H

#include <stdbool.h>

#define AWAKE_PATH "/dev/cpu_dma_latency" /* root's, where nobody has changed that */

struct awake {
	int fd; /* -1: goes without */
	bool held;
};

#define AWAKE_NONE ((struct awake){ -1, false })

/* Asks for nothing yet. 0, or -errno: then awake_hold does nothing. */
int awake_open(struct awake *awake, const char *path);

/* What is held already costs nothing; else a microsecond to let go, and some to hold. */
void awake_hold(struct awake *awake, bool on);

/* Lets go, as the end of the process does. */
void awake_close(struct awake *awake);

#endif
