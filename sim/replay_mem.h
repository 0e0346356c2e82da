/* SPDX-License-Identifier: MIT */
/*
 * Guest memory in a replay: what the device read when it was recorded, word by word, and
 * what it has written since.
 */
#ifndef SIM_REPLAY_MEM_H
#define SIM_REPLAY_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/trace_read.h"

struct replay_mem;

/* NULL: out of memory. */
struct replay_mem *replay_mem_new(const struct trace_log *log);
void replay_mem_free(struct replay_mem *rm);

/*
 * The replay is at the log's record `from`; up to `bound` nothing else is done to the
 * device. Reads recorded before `from` are past, those from the next reset on are not yet.
 */
void replay_mem_segment(struct replay_mem *rm, size_t from, size_t bound);

/*
 * The bytes that the recording has for a read at this point: those of the next recorded
 * read if it is this one, else of the next one of the word in the segment, else the last
 * that are known. Unknown words read as zero.
 */
void replay_mem_read(struct replay_mem *rm, uint64_t gpa, void *buf, size_t len);
void replay_mem_write(struct replay_mem *rm, uint64_t gpa, const void *buf, size_t len);

/* The recording answered the next read of one of these words with an error. */
bool replay_mem_fails(const struct replay_mem *rm, uint64_t gpa, size_t len);

/* A byte enabled in `be` of the word was read although the recording has none for it. */
bool replay_mem_unknown(const struct replay_mem *rm, uint64_t gpa, uint8_t be);

#endif
