/* SPDX-License-Identifier: MIT */
/*
 * A specification as text that other CCSL tools read, so that they can judge it too.
 *
 * What those tools have is written as it is. Scopes they do not have: orders of first
 * occurrences and intervals are encoded so that every life counts on its own (export_rel.c);
 * the first instant that breaks the text is the first that breaks the specification. What
 * cannot be said without data, time or the counts of one life is refused with its place.
 */
#ifndef MONITOR_EXPORT_H
#define MONITOR_EXPORT_H

#include <stdio.h>

#include "monitor/ccsl.h"

enum export_to {
	EXPORT_LIGHTCCSL, /* what the command line tool of 2023 and the grammar of 2024 share */
	EXPORT_MRTCCSL
};

/*
 * Writes spec under this name, an identifier. 0, or -ENOTSUP and *err with what cannot be
 * written and why; then nothing was written. -ENOMEM: no memory.
 */
int export_write(const struct ccsl_spec *spec, const char *name, enum export_to to, FILE *out,
		 struct ccsl_error *err);

#endif
