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

void pages_forget(struct pages *p)
{
	memset(p->in, 0, sizeof(p->in));
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

static bool is_data(const struct mem *mem, uint64_t gpa)
{
	const struct mem_window *win = mem_find(mem, gpa, 4096);
	off_t at = win ? (off_t)(win->fd_offset + gpa - win->gpa) : 0;

	return win && win->fd >= 0 && lseek(win->fd, at, SEEK_DATA) == at;
}

static bool is_dirty(const struct mem *mem, uint64_t gpa)
{
	return !is_zero(mem, gpa);
}

static uint64_t count(const struct pages *p, bool (*is)(const struct mem *mem, uint64_t gpa))
{
	uint64_t n = 0;

	for (uint64_t pfn = 0; pfn < PFN_MAX; pfn++)
		if (p->in[pfn / 8] >> pfn % 8 & 1 && is(p->mem, pfn << 12))
			n++;
	return n;
}

uint64_t pages_dirty(const struct pages *p)
{
	return count(p, is_dirty);
}

uint64_t pages_kept(const struct pages *p)
{
	return count(p, is_data);
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
