/* SPDX-License-Identifier: MIT */
/*
 * Which of the guest's pages are in the balloon, and what the file behind the guest's
 * memory says of them: the proof that the host got them back.
 */
#ifndef BRIDGE_CMD_PAGES_H
#define BRIDGE_CMD_PAGES_H

#include <stdbool.h>
#include <stdint.h>

struct mem;
struct pages;

/* NULL: no memory. `mem` is the guest's and stays the caller's. */
struct pages *pages_new(const struct mem *mem);
void pages_free(struct pages *pages);

/* A page frame (4 KiB units) went into the balloon, or came out of it. */
void pages_note(struct pages *pages, bool inflated, uint32_t pfn);

/* The guest begins anew: nothing is in its balloon. */
void pages_forget(struct pages *pages);

/* Of the pages now in the balloon: how many read back as anything but zeros. */
uint64_t pages_dirty(const struct pages *pages);

/* Of the pages now in the balloon: how many the file still has, rather than a hole. */
uint64_t pages_kept(const struct pages *pages);

/* Bytes that the guest's main memory has allocated on the host. */
uint64_t pages_allocated(const struct mem *mem);

#endif
