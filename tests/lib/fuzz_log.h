/* SPDX-License-Identifier: MIT */
/* What fuzzers of logs share: bytes as a file, and accesses that were read from it, to the events.
 */
#ifndef TESTS_LIB_FUZZ_LOG_H
#define TESTS_LIB_FUZZ_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "sim/seen.h"

#define FUZZ_PATH 64

/* A file with these bytes, at this path until the descriptor is closed. */
int fuzz_file(const uint8_t *data, size_t size, char path[FUZZ_PATH]);

struct fuzz_log {
	struct seen *seen;  /* for the reader under test */
	unsigned long line; /* of the last oddity; a reader that begins anew sets it to 0 */
};

void fuzz_log_begin(struct fuzz_log *log);

/* For the reader, with the log as ctx: oddities are told in the order of their lines. */
void fuzz_log_oddity(void *ctx, unsigned long line, const char *what);

/*
 * What was seen becomes records whose cycles grow, of four bytes at most but for the host's, and
 * these become events; or there is a reason why not. Frees what begin made.
 */
void fuzz_log_end(struct fuzz_log *log);

#endif
