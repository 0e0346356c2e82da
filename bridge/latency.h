/* SPDX-License-Identifier: MIT */
/*
 * Where the time of register accesses goes, in nanoseconds, access by access: from the
 * loop's waking up to the access, the access itself, the reply, and all of it. What lies
 * between the peer's sending and our waking up only the peer can see.
 */
#ifndef BRIDGE_LATENCY_H
#define BRIDGE_LATENCY_H

#include "bridge/hist.h"

struct latency_parts {
	struct hist wake, device, reply, total;
};

struct latency {
	struct latency_parts read, write; /* write: posted ones have no reply */
};

#endif
