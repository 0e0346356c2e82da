/* SPDX-License-Identifier: MIT */
#include "bridge/dma.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/dma_msg.h"
#include "sim/log.h"
#include "sim/mem.h"

#define PAGE 4096ULL

/* A window that is accessed through its file. */
struct file_window {
	int fd;
	uint64_t gpa, offset;
};

struct dma {
	struct mem *mem;
	const struct log *log;
	struct dma_msg *msg;
	unsigned windows;
};

struct dma *dma_new(struct mem *mem, const struct dma_msg_config *cfg)
{
	struct dma *dma = calloc(1, sizeof(*dma));

	if (!dma)
		return NULL;
	*dma = (struct dma){ .mem = mem, .log = cfg->log, .msg = dma_msg_new(cfg) };
	if (!dma->msg) {
		free(dma);
		return NULL;
	}
	return dma;
}

void dma_free(struct dma *dma)
{
	if (!dma)
		return;
	dma_unmap_all(dma);
	dma_msg_free(dma->msg);
	free(dma);
}

struct dma_msg *dma_messages(struct dma *dma)
{
	return dma->msg;
}

/* --- windows by message --------------------------------------------------------------- */

static int message_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	return dma_msg_access(ctx, gpa, buf, NULL, len);
}

static int message_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	return dma_msg_access(ctx, gpa, NULL, buf, len);
}

static const struct mem_ops message_ops = { .read = message_read, .write = message_write };

/* --- windows by file -------------------------------------------------------------------- */

static int file_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	const struct file_window *win = ctx;
	ssize_t got = pread(win->fd, buf, len, (off_t)(win->offset + (gpa - win->gpa)));

	return got == (ssize_t)len ? 0 : -EFAULT;
}

static int file_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	const struct file_window *win = ctx;
	ssize_t put = pwrite(win->fd, buf, len, (off_t)(win->offset + (gpa - win->gpa)));

	return put == (ssize_t)len ? 0 : -EFAULT;
}

static const struct mem_ops file_ops = { .read = file_read, .write = file_write };

/* --- mapping and unmapping --------------------------------------------------------------- */

static int check_map(const struct proto_dma_map *map)
{
	const uint32_t rw = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;

	if (map->argsz < sizeof(*map) || !map->flags || map->flags & ~rw)
		return -EINVAL;
	if (!map->size || map->address + (map->size - 1) < map->address)
		return -EINVAL;
	return (map->address | map->size | map->offset) % PAGE ? -EINVAL : 0;
}

static int check_file(const struct proto_dma_map *map, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || map->offset > (uint64_t)st.st_size ||
	    map->size > (uint64_t)st.st_size - map->offset)
		return -EINVAL;
	return 0;
}

static int back_by_file(struct mem_window *win)
{
	struct file_window *file = malloc(sizeof(*file));

	if (!file)
		return -ENOMEM;
	*file = (struct file_window){ .fd = win->fd, .gpa = win->gpa, .offset = win->fd_offset };
	win->ops = &file_ops;
	win->ctx = file;
	win->at_once = true;
	return 0;
}

static int back_by_mapping(struct mem_window *win)
{
	int prot = (win->prot & MEM_R ? PROT_READ : 0) | (win->prot & MEM_W ? PROT_WRITE : 0);
	void *host = mmap(NULL, win->size, prot, MAP_SHARED | MAP_NORESERVE, win->fd,
			  (off_t)win->fd_offset);

	if (host == MAP_FAILED)
		return -errno;
	win->host = host;
	return 0;
}

static void release(const struct mem_window *win)
{
	if (win->host)
		munmap(win->host, win->size);
	if (win->ops == &file_ops)
		free(win->ctx);
	if (win->fd >= 0)
		close(win->fd);
}

static int back(struct dma *dma, struct mem_window *win, const struct proto_dma_map *map)
{
	int seals, err;

	if (win->fd < 0) {
		win->ops = &message_ops;
		win->ctx = dma->msg;
		return 0;
	}
	err = check_file(map, win->fd);
	if (err)
		return err;
	seals = fcntl(win->fd, F_GET_SEALS);
	return seals >= 0 && seals & F_SEAL_SHRINK ? back_by_mapping(win) : back_by_file(win);
}

int dma_map(struct dma *dma, const struct proto_dma_map *map, int *fd)
{
	struct mem_window win = { .gpa = map->address,
				  .size = map->size,
				  .prot = (map->flags & VFIO_DMA_MAP_FLAG_READ ? MEM_R : 0) |
					  (map->flags & VFIO_DMA_MAP_FLAG_WRITE ? MEM_W : 0),
				  .fd = *fd,
				  .fd_offset = map->offset };
	int err = check_map(map);

	if (err)
		return err;
	if (dma->windows == DMA_WINDOWS)
		return -ENOSPC;
	err = back(dma, &win, map);
	if (err)
		return err;
	*fd = -1;
	err = mem_map(dma->mem, &win);
	if (err) {
		release(&win);
		return err;
	}
	dma->windows++;
	log_debug(dma->log, "DMA window %#llx+%#llx %s", (unsigned long long)win.gpa,
		  (unsigned long long)win.size,
		  win.host               ? "mapped"
		  : win.ops == &file_ops ? "by file, which is not sealed against shrinking"
					 : "by message");
	return 0;
}

static void unmap(struct dma *dma, struct mem_window win)
{
	mem_unmap(dma->mem, win.gpa, win.size);
	dma_msg_forget(dma->msg, win.gpa, win.size);
	release(&win);
	dma->windows--;
}

/* The n-th window that has a byte of [first, last], or NULL. */
static const struct mem_window *touched(const struct dma *dma, uint64_t first, uint64_t last,
					unsigned n)
{
	const struct mem_window *win;

	for (unsigned i = 0; (win = mem_at(dma->mem, i)) && win->gpa <= last; i++)
		if (win->gpa + (win->size - 1) >= first && !n--)
			return win;
	return NULL;
}

int dma_unmap(struct dma *dma, uint64_t address, uint64_t size)
{
	uint64_t last = address + (size - 1);
	const struct mem_window *win;

	if (!size || last < address)
		return -ENOENT;
	for (unsigned n = 0; (win = touched(dma, address, last, n)); n++)
		if (win->gpa < address || win->gpa + (win->size - 1) > last)
			return -ENOENT;
	while ((win = touched(dma, address, last, 0)))
		unmap(dma, *win);
	return 0;
}

void dma_unmap_all(struct dma *dma)
{
	const struct mem_window *win;

	while ((win = mem_at(dma->mem, 0)))
		unmap(dma, *win);
}
