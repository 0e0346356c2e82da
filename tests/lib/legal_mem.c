/* SPDX-License-Identifier: MIT */
/*
 * The conforming driver's memory: rings and buffers anywhere, close to each other or far apart,
 * below and above 4 GiB. What it gets back from the device it overwrites at once.
 */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/lib/legal_internal.h"

#define MIB (1ULL << 20)

/* Two for rings and buffers, two for pages that go to the balloon. */
static const struct {
	uint64_t gpa, size;
} places[LEGAL_WINDOWS] = {
	{ 0x100000, MIB },
	{ 0x7fff00000000, MIB },
	{ 0x10000000, 16 * MIB },
	{ 0x200000000, 4 * MIB },
};

bool legal_memory_new(struct legal *l)
{
	l->mem = mem_new();
	for (unsigned i = 0; l->mem && i < LEGAL_WINDOWS; i++) {
		struct mem_window *win = &l->win[i];

		*win = (struct mem_window){ .gpa = places[i].gpa,
					    .size = places[i].size,
					    .prot = MEM_R | MEM_W,
					    .fd = -1 };
		win->host = mmap(NULL, win->size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (win->host == MAP_FAILED || mem_map(l->mem, win))
			return false;
	}
	return l->mem;
}

void legal_memory_free(struct legal *l)
{
	mem_free(l->mem);
	for (unsigned i = 0; i < LEGAL_WINDOWS; i++)
		if (l->win[i].host && l->win[i].host != MAP_FAILED)
			munmap(l->win[i].host, l->win[i].size);
}

void *legal_at(struct legal *l, uint64_t gpa, uint32_t len)
{
	const struct mem_window *win = mem_find(l->mem, gpa, len ? len : 1);

	assert(win);
	return (uint8_t *)win->host + (gpa - win->gpa);
}

static bool taken(const struct legal *l, uint64_t gpa, uint32_t len)
{
	for (unsigned i = 0; i < l->nallocs; i++)
		if (gpa < l->alloc[i].gpa + l->alloc[i].len && l->alloc[i].gpa < gpa + len)
			return true;
	return false;
}

/* Where to try: anywhere, right behind something else, or at the very end. */
static uint64_t guess(struct legal *l, const struct mem_window *win, uint32_t len, uint32_t align)
{
	uint64_t at = win->gpa + legal_rand(l, (uint32_t)(win->size - len + 1));

	if (l->style.tight && l->nallocs) {
		const struct legal_alloc *other = &l->alloc[legal_rand(l, l->nallocs)];

		at = (other->gpa + other->len + align - 1) & ~(uint64_t)(align - 1);
	} else if (legal_one_in(l, 50)) {
		at = win->gpa + win->size - len;
	}
	return at & ~(uint64_t)(align - 1);
}

uint64_t legal_alloc(struct legal *l, uint32_t len, uint32_t align)
{
	uint32_t room = len ? len : 1; /* even what is empty is somewhere */

	for (unsigned tries = 0; tries < 40 && l->nallocs < LEGAL_ALLOCS; tries++) {
		const struct mem_window *win = &l->win[legal_rand(l, 2)];
		uint64_t gpa = guess(l, win, room, align);

		if (taken(l, gpa, room) || (!mem_find(l->mem, gpa, room)))
			continue;
		if (gpa >= l->win[2].gpa && gpa < l->win[2].gpa + l->win[2].size)
			continue;
		l->alloc[l->nallocs++] = (struct legal_alloc){ gpa, room };
		return gpa;
	}
	return 0;
}

static void drop(struct legal *l, unsigned i)
{
	struct legal_alloc *a = &l->alloc[i];

	memset(legal_at(l, a->gpa, a->len), (int)legal_rand(l, 256), a->len);
	*a = l->alloc[--l->nallocs];
}

void legal_release(struct legal *l, uint64_t gpa)
{
	for (unsigned i = 0; i < l->nallocs; i++)
		if (l->alloc[i].gpa == gpa) {
			drop(l, i);
			return;
		}
	assert(!"released twice");
}

void legal_release_all(struct legal *l)
{
	while (l->nallocs)
		drop(l, 0);
}

uint64_t legal_page_gpa(const struct legal *l, unsigned page)
{
	unsigned low = (unsigned)(l->win[2].size >> 12);

	return page < low ? l->win[2].gpa + ((uint64_t)page << 12)
			  : l->win[3].gpa + ((uint64_t)(page - low) << 12);
}
