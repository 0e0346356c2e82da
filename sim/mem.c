/* SPDX-License-Identifier: MIT */
/* Guest memory: a sorted array of disjoint windows, with the last hit remembered. */
#include "sim/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct mem {
	struct mem_window *win; /* by gpa */
	unsigned n, cap;
	unsigned last; /* index of the last hit */
	void (*changed)(void *ctx, const struct mem_window *win, bool map);
	void *ctx;
};

struct mem *mem_new(void)
{
	return calloc(1, sizeof(struct mem));
}

void mem_free(struct mem *mem)
{
	if (mem)
		free(mem->win);
	free(mem);
}

void mem_watch(struct mem *mem, void (*changed)(void *ctx, const struct mem_window *win, bool map),
	       void *ctx)
{
	mem->changed = changed;
	mem->ctx = ctx;
}

struct bus_rec mem_window_cue(const struct mem_window *win, bool map, uint64_t cycle)
{
	return (struct bus_rec){ .cycle = cycle,
				 .addr = win->gpa,
				 .data = win->size,
				 .space = BUS_CUE,
				 .be = (uint8_t)win->prot,
				 .index = map ? BUS_CUE_MAP : BUS_CUE_UNMAP,
				 .flags = win->host || win->at_once ? 0 : BUS_F_MSG };
}

static void tell(const struct mem *mem, unsigned at, bool map)
{
	if (mem->changed)
		mem->changed(mem->ctx, &mem->win[at], map);
}

/* Index of the first window that ends past gpa. */
static unsigned find_from(const struct mem *mem, uint64_t gpa)
{
	unsigned lo = 0, hi = mem->n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (mem->win[mid].gpa + (mem->win[mid].size - 1) < gpa)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int mem_map(struct mem *mem, const struct mem_window *win)
{
	unsigned at;

	if (!win->size || win->gpa + (win->size - 1) < win->gpa || (!win->host && !win->ops))
		return -EINVAL;
	at = find_from(mem, win->gpa);
	if (at < mem->n && mem->win[at].gpa <= win->gpa + (win->size - 1))
		return -EEXIST;
	if (mem->n == mem->cap) {
		unsigned cap = mem->cap ? 2 * mem->cap : 16;
		struct mem_window *more = realloc(mem->win, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		mem->win = more;
		mem->cap = cap;
	}
	memmove(&mem->win[at + 1], &mem->win[at], (mem->n - at) * sizeof(*win));
	mem->win[at] = *win;
	mem->n++;
	mem->last = at;
	tell(mem, at, true);
	return 0;
}

int mem_unmap(struct mem *mem, uint64_t gpa, uint64_t size)
{
	unsigned at = find_from(mem, gpa);

	if (at == mem->n || mem->win[at].gpa != gpa || mem->win[at].size != size)
		return -ENOENT;
	tell(mem, at, false);
	mem->n--;
	memmove(&mem->win[at], &mem->win[at + 1], (mem->n - at) * sizeof(*mem->win));
	mem->last = 0;
	return 0;
}

void mem_unmap_all(struct mem *mem)
{
	for (unsigned at = 0; at < mem->n; at++)
		tell(mem, at, false);
	mem->n = 0;
	mem->last = 0;
}

static bool holds(const struct mem_window *win, uint64_t gpa, uint64_t len)
{
	return gpa >= win->gpa && gpa - win->gpa < win->size && len <= win->size - (gpa - win->gpa);
}

/* The window of the first byte, remembered: consecutive beats hit the same one. */
static const struct mem_window *window_at(struct mem *mem, uint64_t gpa)
{
	unsigned at = mem->last;

	if (at < mem->n && holds(&mem->win[at], gpa, 1))
		return &mem->win[at];
	at = find_from(mem, gpa);
	if (at == mem->n || mem->win[at].gpa > gpa)
		return NULL;
	mem->last = at;
	return &mem->win[at];
}

/* True if every byte of the access lies in a window that allows prot. */
static bool covered(struct mem *mem, uint64_t gpa, size_t len, unsigned prot)
{
	while (len) {
		const struct mem_window *win = window_at(mem, gpa);
		uint64_t room;

		if (!win || !(win->prot & prot))
			return false;
		room = win->size - (gpa - win->gpa);
		if (len <= room)
			return true;
		gpa += room;
		len -= room;
		if (!gpa)
			return false; /* past the last address */
	}
	return true;
}

static int move(const struct mem_window *win, uint64_t gpa, uint8_t *buf, size_t len, bool write)
{
	uint8_t *host = win->host;

	if (!host)
		return write ? win->ops->write(win->ctx, gpa, buf, len)
			     : win->ops->read(win->ctx, gpa, buf, len);
	host += gpa - win->gpa;
	if (write)
		memcpy(host, buf, len);
	else
		memcpy(buf, host, len);
	return 0;
}

static int access_mem(struct mem *mem, uint64_t gpa, uint8_t *buf, size_t len, bool write)
{
	if (!covered(mem, gpa, len, write ? MEM_W : MEM_R))
		return -EFAULT;
	while (len) {
		const struct mem_window *win = window_at(mem, gpa);
		uint64_t room = win->size - (gpa - win->gpa);
		size_t n = len < room ? len : room;
		int err = move(win, gpa, buf, n, write);

		if (err)
			return err;
		gpa += n;
		buf += n;
		len -= n;
	}
	return 0;
}

int mem_read(struct mem *mem, uint64_t gpa, void *buf, size_t len)
{
	return access_mem(mem, gpa, buf, len, false);
}

int mem_write(struct mem *mem, uint64_t gpa, const void *buf, size_t len)
{
	return access_mem(mem, gpa, (uint8_t *)buf, len, true);
}

int mem_peek(struct mem *mem, uint64_t gpa, void *buf, size_t len)
{
	uint8_t *to = buf;

	if (!covered(mem, gpa, len, MEM_R))
		return -EFAULT;
	while (len) {
		const struct mem_window *win = window_at(mem, gpa);
		uint64_t room = win->size - (gpa - win->gpa);
		size_t n = len < room ? len : room;
		int err = -EAGAIN;

		if (win->host)
			err = move(win, gpa, to, n, false);
		else if (win->ops->peek)
			err = win->ops->peek(win->ctx, gpa, to, n);
		else if (win->at_once)
			err = win->ops->read(win->ctx, gpa, to, n);
		if (err)
			return err;
		gpa += n;
		to += n;
		len -= n;
	}
	return 0;
}

const struct mem_window *mem_find(const struct mem *mem, uint64_t gpa, uint64_t len)
{
	unsigned at = find_from(mem, gpa);

	return at < mem->n && holds(&mem->win[at], gpa, len) ? &mem->win[at] : NULL;
}

const struct mem_window *mem_at(const struct mem *mem, unsigned n)
{
	return n < mem->n ? &mem->win[n] : NULL;
}

bool mem_by_message(const struct mem *mem, uint64_t gpa, uint64_t len)
{
	uint64_t last = gpa + (len ? len - 1 : 0);

	for (unsigned at = find_from(mem, gpa); at < mem->n && mem->win[at].gpa <= last; at++)
		if (!mem->win[at].host && !mem->win[at].at_once)
			return true;
	return false;
}

int mem_discard(struct mem *mem, uint64_t gpa, uint64_t len)
{
	const struct mem_window *win = mem_find(mem, gpa, len);

	if (!win)
		return -EFAULT;
	if (win->fd < 0)
		return -EOPNOTSUPP;
	if (fallocate(win->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)(win->fd_offset + (gpa - win->gpa)), (off_t)len))
		return -errno;
	return 0;
}

uint64_t mem_allocated(const struct mem *mem, uint64_t gpa)
{
	const struct mem_window *win = mem_find(mem, gpa, 1);
	struct stat st;

	if (!win || win->fd < 0 || fstat(win->fd, &st))
		return 0;
	return (uint64_t)st.st_blocks * 512;
}
