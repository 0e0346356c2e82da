/* SPDX-License-Identifier: MIT */
/* A bit a page frame, and a look at the memory's file. */
#include "bridge/cmd_pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/mem.h"

#define PFN_MAX (1u << 24) /* page frames tracked: 64 GiB of guest memory */

struct pages {
	const struct mem *mem;
	uint8_t in[PFN_MAX / 8]; /* a bit a page frame: is it in the balloon */
};

struct pages *pages_new(const struct mem *mem)
{
	struct pages *p = calloc(1, sizeof(*p));

	if (p)
		p->mem = mem;
	return p;
}

void pages_free(struct pages *p)
{
	free(p);
}

void pages_note(struct pages *p, bool inflated, uint32_t pfn)
{
	uint8_t bit = (uint8_t)(1 << pfn % 8);

	if (pfn >= PFN_MAX)
		return;
	if (inflated)
		p->in[pfn / 8] |= bit;
	else
		p->in[pfn / 8] &= (uint8_t)~bit;
}

/* By pread: to touch a hole through the mapping would fill it. */
static bool is_zero(const struct mem *mem, uint64_t gpa)
{
	static const uint8_t zeros[4096];
	const struct mem_window *win = mem_find(mem, gpa, sizeof(zeros));
	uint8_t page[sizeof(zeros)];

	return win && win->fd >= 0 &&
	       pread(win->fd, page, sizeof(page), (off_t)(win->fd_offset + gpa - win->gpa)) ==
		       sizeof(page) &&
	       !memcmp(page, zeros, sizeof(page));
}

uint64_t pages_dirty(const struct pages *p)
{
	uint64_t dirty = 0;

	for (uint64_t pfn = 0; pfn < PFN_MAX; pfn++)
		if (p->in[pfn / 8] >> pfn % 8 & 1 && !is_zero(p->mem, pfn << 12))
			dirty++;
	return dirty;
}

/* The largest window. */
static const struct mem_window *main_memory(const struct mem *mem)
{
	const struct mem_window *win, *best = NULL;

	for (unsigned n = 0; (win = mem_at(mem, n)); n++)
		if (win->fd >= 0 && (!best || win->size > best->size))
			best = win;
	return best;
}

uint64_t pages_allocated(const struct mem *mem)
{
	const struct mem_window *win = main_memory(mem);
	struct stat st;

	return win && !fstat(win->fd, &st) ? (uint64_t)st.st_blocks * 512 : 0;
}
