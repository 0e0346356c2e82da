/* SPDX-License-Identifier: MIT */
/*
 * Configuration spaces as `lspci -x` prints them, with or without -v:
 *
 *	00:01.0 Unclassified device [00ff]: Red Hat, Inc. Virtio 1.0 balloon (rev 01)
 *	00: f4 1a 45 10 07 04 10 00 01 00 ff 00 00 00 00 00
 */
#ifndef SIM_PCIDUMP_H
#define SIM_PCIDUMP_H

#include "sim/seen.h"

/*
 * The functions of a file become known to `seen`. An oddity is a line of bytes that makes no
 * sense; other text is passed over. 0; -errno of reading; -ENODATA: no function is in it.
 */
int pcidump_read(const char *path, struct seen *seen, void *ctx,
		 void (*oddity)(void *ctx, unsigned long line, const char *what));

#endif
