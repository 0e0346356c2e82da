/* SPDX-License-Identifier: MIT */
/*
 * The client's memory: DMA_MAP and DMA_UNMAP put windows into struct mem, in one of
 * three ways.
 *  - mapped: it came with a descriptor of a file that is sealed against shrinking;
 *  - by file: the file could shrink under us, and touching a mapping past its end would
 *    kill the server, so it is read and written with pread(2) and pwrite(2);
 *  - by message: no descriptor; DMA_READ and DMA_WRITE requests to the client. The first
 *    try sends the request and returns -EAGAIN, a try after its reply gets the result.
 *
 * Windows are only touched from within struct mem's calls, so once dma_unmap returns no
 * access can reach them. All functions return 0 or -errno.
 */
#ifndef BRIDGE_DMA_H
#define BRIDGE_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/proto.h"

struct conn_msg;
struct dma;
struct log;
struct loop;
struct mem;

#define DMA_WINDOWS 1024 /* at most */

struct dma_config {
	struct mem *mem;
	struct loop *loop;
	const struct log *log;
	unsigned timeout_ms; /* for a reply, then the access fails; 0: 5000 */
	void *ctx;
	int (*send)(void *ctx, const void *msg, size_t len); /* a request to the client */
	void (*ready)(void *ctx); /* an access can be tried again without a reply */
};

struct dma_stats {
	uint64_t read_msgs, write_msgs, late;
};

struct dma *dma_new(const struct dma_config *cfg);
void dma_free(struct dma *dma);

/* Largest `count` that the client takes. */
void dma_set_max(struct dma *dma, uint32_t bytes);

/*
 * fd: -1 or a descriptor; -1 is left in its place if it is kept. -EINVAL: flags, size 0,
 * wrapping, not in pages, beyond the file's end, not a file; -EEXIST: overlap; -ENOSPC:
 * too many windows; or what mmap(2) said.
 */
int dma_map(struct dma *dma, const struct proto_dma_map *map, int *fd);

/* -ENOENT: no window with exactly these bounds. */
int dma_unmap(struct dma *dma, uint64_t address, uint64_t size);
void dma_unmap_all(struct dma *dma);

/*
 * A reply from the client. 1: the device can go on; 0: nobody waits for it any more;
 * -ENOENT: it answers nothing that was asked.
 */
int dma_reply(struct dma *dma, const struct conn_msg *msg);

/* The device was reset and has forgotten what it asked for. */
void dma_forget(struct dma *dma);

/* The client is gone: no reply comes any more. */
void dma_hangup(struct dma *dma);

const struct dma_stats *dma_stats(const struct dma *dma);

#endif
