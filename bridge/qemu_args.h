/* SPDX-License-Identifier: MIT */
/* The QEMU command line of one guest: for qemu.c, and for tests that read it. */
#ifndef BRIDGE_QEMU_ARGS_H
#define BRIDGE_QEMU_ARGS_H

#include "bridge/qemu.h"

/* The sockets to QEMU: its serial ports, then QMP. */
enum { QEMU_QMP = QEMU_SERIALS, QEMU_CHANNELS };

/* A NULL-terminated argv; `theirs` are the descriptors QEMU inherits. NULL: no memory. */
char **qemu_args(const struct qemu_config *cfg, const int theirs[QEMU_CHANNELS]);
void qemu_args_free(char **argv);

#endif
