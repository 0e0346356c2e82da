/* SPDX-License-Identifier: MIT */
/* What a process that we start is, before it becomes another program. */
#ifndef BRIDGE_CHILD_H
#define BRIDGE_CHILD_H

#include <sys/types.h>

/*
 * To be called after fork, in the child. It dies with its parent, whose id `us` was before the
 * fork; blocks no signal; has nothing to read on its standard input; and is a process group of its
 * own, so that ^C is the parent's to handle. Ends with `status` where the parent is gone already.
 */
void child_begin(pid_t us, int status);

#endif
