/* SPDX-License-Identifier: MIT */
#include "bridge/dma.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/conn.h"
#include "bridge/loop.h"
#include "sim/log.h"
#include "sim/mem.h"

#define PAGE       4096ULL
#define SLOTS      4
#define SLOT_BYTES 4096 /* an AXI burst is 2048 at most */
#define SLOT_WAIT  5000 /* ms */

enum slot_state {
	SLOT_FREE,
	SLOT_SENT, /* request sent, the device waits */
	SLOT_DONE, /* answered, result in err and data */
	SLOT_OVER, /* request sent, time is up, the device does not know yet */
	SLOT_LATE, /* request sent, nobody waits any more */
};

/* One request to the client. */
struct slot {
	enum slot_state state;
	bool write;
	uint16_t id;
	int err;
	uint64_t gpa;
	uint64_t when; /* loop_now() at which it was sent or answered */
	uint32_t len;
	uint8_t data[SLOT_BYTES];
};

/* A window that is accessed through its file. */
struct file_window {
	int fd;
	uint64_t gpa, offset;
};

struct dma {
	struct dma_config cfg;
	struct loop_source *timer;
	uint32_t max; /* bytes a message may carry */
	uint16_t next_id;
	unsigned windows;
	struct slot slot[SLOTS];
	struct dma_stats stats;
};

struct dma *dma_new(const struct dma_config *cfg)
{
	struct dma *dma = calloc(1, sizeof(*dma));

	if (!dma)
		return NULL;
	dma->cfg = *cfg;
	if (!dma->cfg.timeout_ms)
		dma->cfg.timeout_ms = SLOT_WAIT;
	dma->max = SLOT_BYTES;
	return dma;
}

void dma_free(struct dma *dma)
{
	if (!dma)
		return;
	dma_hangup(dma);
	dma_unmap_all(dma);
	free(dma);
}

void dma_set_max(struct dma *dma, uint32_t bytes)
{
	dma->max = bytes < SLOT_BYTES ? bytes : SLOT_BYTES;
}

const struct dma_stats *dma_stats(const struct dma *dma)
{
	return &dma->stats;
}

/* --- windows by message --------------------------------------------------------------- */

static void expire(void *ctx);

/* One timer covers all slots: it runs from the oldest request still waited for. */
static void arm(struct dma *dma)
{
	if (!dma->timer)
		dma->timer = loop_timer(dma->cfg.loop, dma->cfg.timeout_ms, expire, dma);
}

static void expire(void *ctx)
{
	struct dma *dma = ctx;
	uint64_t old = loop_now() - dma->cfg.timeout_ms * 1000000ULL;
	bool waiting = false, expired = false;

	dma->timer = NULL;
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &dma->slot[i];

		if (slot->state != SLOT_SENT)
			continue;
		if (slot->when > old) {
			waiting = true;
			continue;
		}
		log_warn(dma->cfg.log, "client did not answer DMA of %u bytes at %#llx in %u ms",
			 slot->len, (unsigned long long)slot->gpa, dma->cfg.timeout_ms);
		slot->state = SLOT_OVER;
		expired = true;
	}
	if (waiting)
		arm(dma);
	if (expired)
		dma->cfg.ready(dma->cfg.ctx);
}

static struct slot *find_slot(struct dma *dma, uint64_t gpa, uint32_t len, bool write)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &dma->slot[i];

		if (slot->state != SLOT_FREE && slot->state != SLOT_LATE && slot->gpa == gpa &&
		    slot->len == len && slot->write == write)
			return slot;
	}
	return NULL;
}

/* A free slot, or the oldest answer that nobody fetched, or NULL. */
static struct slot *take_slot(struct dma *dma)
{
	struct slot *best = NULL;

	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &dma->slot[i];

		if (slot->state == SLOT_FREE)
			return slot;
		if (slot->state == SLOT_DONE && (!best || slot->when < best->when))
			best = slot;
	}
	return best;
}

static int ask(struct dma *dma, struct slot *slot, const void *data)
{
	size_t len = sizeof(struct proto_hdr) + sizeof(struct proto_dma_rw);
	struct {
		struct proto_hdr hdr;
		struct proto_dma_rw rw;
		uint8_t data[SLOT_BYTES];
	} msg;

	if (data) {
		memcpy(msg.data, data, slot->len);
		len += slot->len;
	}
	slot->id = dma->next_id++;
	msg.hdr = (struct proto_hdr){ .id = slot->id,
				      .command = slot->write ? PROTO_DMA_WRITE : PROTO_DMA_READ,
				      .size = (uint32_t)len };
	msg.rw = (struct proto_dma_rw){ .address = slot->gpa, .count = slot->len };
	if (slot->write)
		dma->stats.write_msgs++;
	else
		dma->stats.read_msgs++;
	return dma->cfg.send(dma->cfg.ctx, &msg, len);
}

/*
 * The device makes the same access again until it gets something else than -EAGAIN: the
 * slot is what connects the tries.
 */
static int access_by_message(struct dma *dma, uint64_t gpa, void *in, const void *out, size_t len)
{
	struct slot *slot;

	if (len > dma->max)
		return -EMSGSIZE;
	slot = find_slot(dma, gpa, (uint32_t)len, out);
	if (slot && slot->state == SLOT_SENT)
		return -EAGAIN;
	if (slot && slot->state == SLOT_OVER) {
		slot->state = SLOT_LATE;
		return -ETIMEDOUT;
	}
	if (slot) {
		slot->state = SLOT_FREE;
		if (in && !slot->err)
			memcpy(in, slot->data, len);
		return slot->err;
	}
	slot = take_slot(dma);
	if (!slot)
		return -EAGAIN;
	slot->write = out;
	slot->gpa = gpa;
	slot->len = (uint32_t)len;
	slot->when = loop_now();
	if (ask(dma, slot, out))
		return -EFAULT;
	slot->state = SLOT_SENT;
	arm(dma);
	return -EAGAIN;
}

static int message_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	return access_by_message(ctx, gpa, buf, NULL, len);
}

static int message_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	return access_by_message(ctx, gpa, NULL, buf, len);
}

static const struct mem_ops message_ops = { .read = message_read, .write = message_write };

/* The result of a request: 0, or the errno with which the access fails. */
static int judge(const struct slot *slot, const struct conn_msg *msg)
{
	struct proto_dma_rw rw;

	if (msg->hdr.flags & PROTO_ERROR)
		return -EFAULT;
	if (slot->write)
		return 0; /* clients answer with or without address and count */
	if (msg->len != sizeof(rw) + slot->len)
		return -EPROTO;
	memcpy(&rw, msg->body, sizeof(rw));
	return rw.address == slot->gpa && rw.count == slot->len ? 0 : -EPROTO;
}

int dma_reply(struct dma *dma, const struct conn_msg *msg)
{
	struct slot *slot = NULL;

	for (unsigned i = 0; i < SLOTS && !slot; i++) {
		struct slot *s = &dma->slot[i];

		if (s->state != SLOT_FREE && s->state != SLOT_DONE && s->id == msg->hdr.id &&
		    msg->hdr.command == (s->write ? PROTO_DMA_WRITE : PROTO_DMA_READ))
			slot = s;
	}
	if (!slot)
		return -ENOENT;
	if (slot->state == SLOT_LATE) {
		slot->state = SLOT_FREE;
		dma->stats.late++;
		return 0;
	}
	slot->err = judge(slot, msg);
	if (!slot->err && !slot->write)
		memcpy(slot->data, msg->body + sizeof(struct proto_dma_rw), slot->len);
	slot->state = SLOT_DONE;
	slot->when = loop_now();
	return 1;
}

static void forget(struct slot *slot)
{
	if (slot->state == SLOT_DONE)
		slot->state = SLOT_FREE;
	else if (slot->state == SLOT_SENT || slot->state == SLOT_OVER)
		slot->state = SLOT_LATE;
}

void dma_forget(struct dma *dma)
{
	for (unsigned i = 0; i < SLOTS; i++)
		forget(&dma->slot[i]);
}

void dma_hangup(struct dma *dma)
{
	if (dma->timer)
		loop_drop(dma->timer);
	dma->timer = NULL;
	dma->max = SLOT_BYTES;
	for (unsigned i = 0; i < SLOTS; i++)
		dma->slot[i].state = SLOT_FREE;
}

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
		win->ctx = dma;
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
	err = mem_map(dma->cfg.mem, &win);
	if (err) {
		release(&win);
		return err;
	}
	dma->windows++;
	log_debug(dma->cfg.log, "DMA window %#llx+%#llx %s", (unsigned long long)win.gpa,
		  (unsigned long long)win.size,
		  win.host               ? "mapped"
		  : win.ops == &file_ops ? "by file, which is not sealed against shrinking"
					 : "by message");
	return 0;
}

int dma_unmap(struct dma *dma, uint64_t address, uint64_t size)
{
	const struct mem_window *at = size ? mem_find(dma->cfg.mem, address, size) : NULL;
	struct mem_window win;

	if (!at || at->gpa != address || at->size != size)
		return -ENOENT;
	win = *at;
	mem_unmap(dma->cfg.mem, address, size);
	for (unsigned i = 0; i < SLOTS; i++)
		if (dma->slot[i].gpa - address < size)
			forget(&dma->slot[i]);
	release(&win);
	dma->windows--;
	return 0;
}

void dma_unmap_all(struct dma *dma)
{
	const struct mem_window *win;

	while ((win = mem_at(dma->cfg.mem, 0)))
		if (dma_unmap(dma, win->gpa, win->size))
			assert(!"a window that is there can be unmapped");
}
