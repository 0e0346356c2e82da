/* SPDX-License-Identifier: MIT */
/*
 * The client's memory: DMA_MAP and DMA_UNMAP put windows into struct mem, in one of
 * three ways.
 *  - mapped: it came with a descriptor of a file that is sealed against shrinking;
 *  - by file: the file could shrink under us, and touching a mapping past its end would
 *    kill the server, so it is read and written with pread(2) and pwrite(2);
 *  - by message: no descriptor; dma_msg.h.
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

struct dma;
struct dma_msg;
struct dma_msg_config;
struct mem;

#define DMA_WINDOWS 1024 /* at most */

struct dma *dma_new(struct mem *mem, const struct dma_msg_config *cfg);
void dma_free(struct dma *dma);

/* What serves the windows by message: for the session to give it replies. */
struct dma_msg *dma_messages(struct dma *dma);

/*
 * fd: -1 or a descriptor; -1 is left in its place if it is kept. -EINVAL: flags, size 0,
 * wrapping, not in pages, beyond the file's end, not a file; -EEXIST: overlap; -ENOSPC:
 * too many windows; or what mmap(2) said.
 */
int dma_map(struct dma *dma, const struct proto_dma_map *map, int *fd);

/*
 * After success nothing of the range can be reached any more: the windows inside it went, be
 * it one as the protocol has it, or any number: QEMU's client, behind an emulated IOMMU, unmaps
 * whole address spaces. -ENOENT: no range, or one that cuts a window in two; nothing went.
 */
int dma_unmap(struct dma *dma, uint64_t address, uint64_t size);
void dma_unmap_all(struct dma *dma);

#endif
