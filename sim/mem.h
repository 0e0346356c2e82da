/* SPDX-License-Identifier: MIT */
/*
 * Guest physical memory as the device sees it: disjoint windows, each backed by
 * host memory (a mapped fd or a plain buffer) or by callbacks (message DMA).
 *
 * All functions return 0 or -errno. An access that touches any byte outside the
 * windows, or against a window's protection, moves nothing and returns -EFAULT.
 */
#ifndef SIM_MEM_H
#define SIM_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/bus.h"

struct mem;

enum { MEM_R = 1, MEM_W = 2 };

/*
 * A window without host memory: each access is one call. Same errors as mem_read, and
 * -EAGAIN: asked for, not there yet. Then the access waits, and the same one (same
 * address, length and data) is made again when the owner of the window says so; blocking
 * here instead would keep a peer waiting that itself waits for us (see dev_run).
 */
struct mem_ops {
	int (*read)(void *ctx, uint64_t gpa, void *buf, size_t len);
	int (*write)(void *ctx, uint64_t gpa, const void *buf, size_t len);
	/* Reads at once and without effect, for mem_peek; NULL: read does, if it is at_once. */
	int (*peek)(void *ctx, uint64_t gpa, void *buf, size_t len);
};

struct mem_window {
	uint64_t gpa;  /* first byte, guest physical */
	uint64_t size; /* bytes, > 0; gpa + size must not wrap */
	unsigned prot; /* MEM_R | MEM_W */
	void *host;    /* the bytes at gpa, or NULL: then ops */
	int fd;        /* backing file for mem_discard, or -1; borrowed */
	uint64_t fd_offset;
	const struct mem_ops *ops;
	void *ctx;
	bool at_once; /* ops ask nobody, and never say -EAGAIN */
};

struct mem *mem_new(void);
void mem_free(struct mem *mem);

/* Calls `changed` after each window that came (map) or is about to go. */
void mem_watch(struct mem *mem, void (*changed)(void *ctx, const struct mem_window *win, bool map),
	       void *ctx);

/* That as a record for a trace: BUS_CUE_MAP or BUS_CUE_UNMAP. */
struct bus_rec mem_window_cue(const struct mem_window *win, bool map, uint64_t cycle);

/* -EEXIST: overlaps a window; -EINVAL: size 0, wrapping, or neither host nor ops. */
int mem_map(struct mem *mem, const struct mem_window *win);

/* Removes exactly the window [gpa, gpa + size); -ENOENT if there is none such. */
int mem_unmap(struct mem *mem, uint64_t gpa, uint64_t size);
void mem_unmap_all(struct mem *mem);

int mem_read(struct mem *mem, uint64_t gpa, void *buf, size_t len);
int mem_write(struct mem *mem, uint64_t gpa, const void *buf, size_t len);

/* mem_read for onlookers: never waits. -EAGAIN: part of it cannot be had without asking. */
int mem_peek(struct mem *mem, uint64_t gpa, void *buf, size_t len);

/* The window holding all of [gpa, gpa + len), or NULL. Valid until the next (un)map. */
const struct mem_window *mem_find(const struct mem *mem, uint64_t gpa, uint64_t len);

/* n-th window in address order, or NULL past the end. */
const struct mem_window *mem_at(const struct mem *mem, unsigned n);

/*
 * True if an access to [gpa, gpa + len) needs ops that may have to ask. Such an access
 * must wait while the peer is owed a reply (see dev_read), or both sides would wait for
 * each other.
 */
bool mem_by_message(const struct mem *mem, uint64_t gpa, uint64_t len);

/* Gives the pages of [gpa, gpa + len) back to the host: punches a hole in the fd. */
int mem_discard(struct mem *mem, uint64_t gpa, uint64_t len);

/* Bytes that are allocated in the file behind gpa, 0 if there is none. */
uint64_t mem_allocated(const struct mem *mem, uint64_t gpa);

#endif
