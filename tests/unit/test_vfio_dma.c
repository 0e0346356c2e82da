/* SPDX-License-Identifier: MIT */
/* The vfio-user server: the client's memory, mapped, by file and by message. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/conn.h"
#include "tests/lib/peer.h"

#define PAGE 4096u
#define BAR0 VFIO_PCI_BAR0_REGION_INDEX
#define RW   (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

static int map_flags(struct peer *peer, uint64_t gpa, uint64_t size, uint64_t offset, int fd,
		     uint32_t flags)
{
	const struct proto_dma_map map = { sizeof(map), flags, offset, gpa, size };

	return peer_call(peer, PROTO_DMA_MAP, &map, sizeof(map), &fd, fd >= 0, NULL, 0);
}

static int map(struct peer *peer, uint64_t gpa, uint64_t size, uint64_t offset, int fd)
{
	return map_flags(peer, gpa, size, offset, fd, RW);
}

static int unmap(struct peer *peer, uint64_t gpa, uint64_t size)
{
	const struct proto_dma_unmap ask = { sizeof(ask), 0, gpa, size };
	struct proto_dma_unmap reply;
	int n = peer_call(peer, PROTO_DMA_UNMAP, &ask, sizeof(ask), NULL, 0, &reply, sizeof(reply));

	if (n > 0)
		assert_memory_equal(&reply, &ask, sizeof(ask));
	return n == (int)sizeof(reply) ? 0 : n;
}

/* Both ways of a descriptor: sealed, which is mapped, and not, which is read and written. */
static void with_file(struct peer *peer, int sealed)
{
	unsigned fds = peer_open_fds();
	int fd = peer_memfd(8 * PAGE, sealed);
	const struct mem_window *win;
	uint32_t val = 0x12345678, back = 0;

	assert_int_equal(map(peer, 0x100000, 4 * PAGE, 2 * PAGE, fd), 0);
	win = mem_at(peer->mem, 0);
	assert_non_null(win);
	assert_int_equal(win->host != NULL, sealed);
	assert_false(mem_by_message(peer->mem, 0x100000, 4 * PAGE));
	assert_int_equal(mem_write(peer->mem, 0x100010, &val, 4), 0);
	assert_int_equal(pread(fd, &back, 4, 2 * PAGE + 0x10), 4);
	assert_int_equal(back, val);
	assert_int_equal(mem_read(peer->mem, 0x100010, &back, 4), 0);
	assert_int_equal(back, val);
	/* Pages go back to the host through the descriptor that was kept. */
	assert_int_equal(mem_discard(peer->mem, 0x100000, PAGE), 0);
	assert_int_equal(mem_read(peer->mem, 0x100010, &back, 4), 0);
	assert_int_equal(back, 0);
	assert_int_equal(mem_read(peer->mem, 0x100000 + 4 * PAGE - 2, &back, 4), -EFAULT);
	assert_int_equal(unmap(peer, 0x100000, 4 * PAGE), 0);
	assert_int_equal(mem_read(peer->mem, 0x100010, &back, 4), -EFAULT);
	close(fd);
	assert_int_equal(peer_open_fds(), fds);
}

static void mapped(void **state)
{
	with_file(*state, 1);
}

static void by_file(void **state)
{
	with_file(*state, 0);
}

/* A file that shrinks under its window: the access fails, and nobody dies. */
static void shrinks(void **state)
{
	struct peer *peer = *state;
	int fd = peer_memfd(8 * PAGE, 0);
	uint32_t val;

	assert_int_equal(map(peer, 0, 8 * PAGE, 0, fd), 0);
	assert_int_equal(ftruncate(fd, PAGE), 0);
	assert_int_equal(mem_read(peer->mem, 4 * PAGE, &val, 4), -EFAULT);
	assert_int_equal(mem_read(peer->mem, 0, &val, 4), 0);
	close(fd);
}

static void protection(void **state)
{
	struct peer *peer = *state;
	int fd = peer_memfd(PAGE, 1);
	uint32_t val = 0;

	assert_int_equal(map_flags(peer, 0, PAGE, 0, fd, VFIO_DMA_MAP_FLAG_READ), 0);
	assert_int_equal(mem_read(peer->mem, 0, &val, 4), 0);
	assert_int_equal(mem_write(peer->mem, 0, &val, 4), -EFAULT);
	close(fd);
}

static void bad_map(void **state)
{
	const struct proto_dma_map bad[] = {
		{ 31, RW, 0, 0, PAGE },                   /* argsz */
		{ 32, 0, 0, 0, PAGE },                    /* no access at all */
		{ 32, RW | 4, 0, 0, PAGE },               /* unknown flag */
		{ 32, RW, 0, 0, 0 },                      /* nothing */
		{ 32, RW, 0, 1, PAGE },                   /* not in pages */
		{ 32, RW, 0, 0, PAGE + 1 },               /* likewise */
		{ 32, RW, 1, 0, PAGE },                   /* likewise */
		{ 32, RW, 0, 0, 9 * PAGE },               /* more than the file */
		{ 32, RW, 8 * PAGE, 0, PAGE },            /* behind it */
		{ 32, RW, -(uint64_t)PAGE, 0, 2 * PAGE }, /* wraps in the file */
		{ 32, RW, 0, -(uint64_t)PAGE, 2 * PAGE }, /* wraps in the address space */
	};
	struct peer *peer = *state;
	unsigned fds = peer_open_fds();
	int fd = peer_memfd(8 * PAGE, 1), pipe_fd[2], event = eventfd(0, EFD_CLOEXEC);

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
			peer_call(peer, PROTO_DMA_MAP, &bad[i], sizeof(bad[i]), &fd, 1, NULL, 0),
			-EINVAL);
	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(map(peer, 0, PAGE, 0, pipe_fd[0]), -EINVAL);
	assert_int_equal(map(peer, 0, PAGE, 0, event), -EINVAL);
	assert_null(mem_at(peer->mem, 0));
	/* The last page of the address space is a good one. */
	assert_int_equal(map(peer, -(uint64_t)PAGE, PAGE, 0, fd), 0);
	assert_int_equal(unmap(peer, -(uint64_t)PAGE, PAGE), 0);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	close(event);
	close(fd);
	assert_int_equal(peer_open_fds(), fds);
}

/* Two descriptors, a short and a long message, a read-only file asked to be written. */
static void bad_map_message(void **state)
{
	const struct proto_dma_map ask = { 32, RW, 0, 0, PAGE };
	struct peer *peer = *state;
	unsigned fds = peer_open_fds();
	int fd[2] = { peer_memfd(PAGE, 1), peer_memfd(PAGE, 1) }, ro;
	uint8_t body[64] = { 0 };
	char path[64];

	memcpy(body, &ask, sizeof(ask));
	assert_int_equal(peer_call(peer, PROTO_DMA_MAP, &ask, sizeof(ask), fd, 2, NULL, 0),
			 -EINVAL);
	assert_int_equal(peer_call(peer, PROTO_DMA_MAP, body, 31, fd, 1, NULL, 0), -EINVAL);
	assert_int_equal(peer_call(peer, PROTO_DMA_MAP, body, 33, fd, 1, NULL, 0), -EINVAL);
	assert_int_equal(peer_call(peer, PROTO_DMA_MAP, body, 0, fd, 1, NULL, 0), -EINVAL);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd[0]);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(map(peer, 0, PAGE, 0, ro), -EACCES);
	close(ro);
	assert_null(mem_at(peer->mem, 0));
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(peer_open_fds(), fds);
}

static void overlap(void **state)
{
	struct peer *peer = *state;
	int fd = peer_memfd(8 * PAGE, 1);

	assert_int_equal(map(peer, 4 * PAGE, 4 * PAGE, 0, fd), 0);
	assert_int_equal(map(peer, 4 * PAGE, 4 * PAGE, 0, fd), -EEXIST);
	assert_int_equal(map(peer, 3 * PAGE, 2 * PAGE, 0, fd), -EEXIST);
	assert_int_equal(map(peer, 7 * PAGE, PAGE, 0, -1), -EEXIST);
	assert_int_equal(map(peer, 0, 8 * PAGE, 0, fd), -EEXIST);
	assert_int_equal(map(peer, 8 * PAGE, PAGE, 0, fd), 0);
	/* No window is cut. */
	assert_int_equal(unmap(peer, 5 * PAGE, 3 * PAGE), -ENOENT);
	assert_int_equal(unmap(peer, 4 * PAGE, 3 * PAGE), -ENOENT);
	assert_int_equal(unmap(peer, 0, 5 * PAGE), -ENOENT);
	assert_int_equal(unmap(peer, 7 * PAGE, 100 * PAGE), -ENOENT);
	assert_int_equal(unmap(peer, 4 * PAGE, 0), -ENOENT);
	assert_int_equal(unmap(peer, 4 * PAGE, UINT64_MAX), -ENOENT);
	assert_non_null(mem_at(peer->mem, 1));
	assert_int_equal(unmap(peer, 4 * PAGE, 4 * PAGE), 0);
	assert_null(mem_at(peer->mem, 1));
	close(fd);
}

/* As QEMU behind an emulated IOMMU does it: a range, whatever was mapped in it. */
static void unmap_range(void **state)
{
	struct peer *peer = *state;
	int fd = peer_memfd(8 * PAGE, 1);
	uint64_t val;

	for (unsigned i = 1; i < 8; i += 2)
		assert_int_equal(map(peer, i * PAGE, PAGE, 0, i % 4 == 1 ? fd : -1), 0);
	assert_int_equal(unmap(peer, 100 * PAGE, PAGE), 0);
	assert_int_equal(unmap(peer, 2 * PAGE, 4 * PAGE), 0); /* 3 and 5 */
	assert_non_null(mem_find(peer->mem, PAGE, PAGE));
	assert_null(mem_find(peer->mem, 3 * PAGE, 1));
	assert_null(mem_find(peer->mem, 5 * PAGE, 1));
	assert_int_equal(mem_read(peer->mem, 5 * PAGE, &val, 8), -EFAULT);
	assert_non_null(mem_find(peer->mem, 7 * PAGE, PAGE));
	assert_int_equal(unmap(peer, 0, UINT64_MAX), 0);
	assert_null(mem_at(peer->mem, 0));
	assert_int_equal(unmap(peer, 0, UINT64_MAX), 0);
	assert_int_equal(map(peer, 3 * PAGE, PAGE, 0, fd), 0); /* and anew */
	close(fd);
}

static void unmap_flags(void **state)
{
	const struct proto_dma_unmap bad[] = {
		{ 23, 0, 0, PAGE }, { 24, 1, 0, PAGE }, { 24, 2, 0, PAGE }, { 24, 2, PAGE, 0 }
	};
	const struct proto_dma_unmap all = { 24, 2, 0, 0 };
	struct proto_dma_unmap reply;
	struct peer *peer = *state;

	assert_int_equal(map(peer, 0, PAGE, 0, -1), 0);
	assert_int_equal(map(peer, 2 * PAGE, PAGE, 0, -1), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(
			peer_call(peer, PROTO_DMA_UNMAP, &bad[i], sizeof(bad[i]), NULL, 0, NULL, 0),
			-EINVAL);
	assert_non_null(mem_at(peer->mem, 1));
	assert_int_equal(
		peer_call(peer, PROTO_DMA_UNMAP, &all, sizeof(all), NULL, 0, &reply, sizeof(reply)),
		sizeof(reply));
	assert_null(mem_at(peer->mem, 0));
}

static void too_many(void **state)
{
	struct peer *peer = *state;

	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(map(peer, i * 2ull * PAGE, PAGE, 0, -1), 0);
	assert_int_equal(map(peer, 1ull << 40, PAGE, 0, -1), -ENOSPC);
	assert_int_equal(unmap(peer, 0, PAGE), 0);
	assert_int_equal(map(peer, 1ull << 40, PAGE, 0, -1), 0);
}

/* --- by message ----------------------------------------------------------------------------- */

/* A device that copies 8 bytes from one place to another when it may work. */
struct copier {
	struct peer *peer;
	uint64_t from, to, data;
	bool busy, have;
	int err;
};

static int copy(void *ctx)
{
	struct copier *c = ctx;

	if (c->busy && !c->have) {
		c->err = mem_read(c->peer->mem, c->from, &c->data, 8);
		if (c->err == -EAGAIN)
			return c->err;
		c->have = true;
	}
	if (c->busy && !c->err)
		c->err = mem_write(c->peer->mem, c->to, &c->data, 8);
	if (c->busy && c->err == -EAGAIN) {
		c->err = 0;
		return -EAGAIN;
	}
	c->busy = false;
	return 0;
}

static void start(struct copier *c, struct peer *peer)
{
	*c = (struct copier){ .peer = peer, .from = 0x1000, .to = 0x1100, .busy = true };
	peer->dma_gpa = 0x1000;
	peer->ab.work = copy;
	peer->ab.work_ctx = c;
}

static void by_message(void **state)
{
	struct peer *peer = *state;
	struct server_stats stats;
	struct copier c;

	assert_int_equal(map(peer, 0x1000, PAGE, 0, -1), 0);
	assert_true(mem_by_message(peer->mem, 0x1000, 8));
	start(&c, peer);
	memcpy(peer->dma, "balloon!", 8);
	for (unsigned i = 0; c.busy && i < 10; i++)
		peer_read(peer, BAR0, 0, 4);
	assert_false(c.busy);
	assert_int_equal(c.err, 0);
	assert_memory_equal(peer->dma + 0x100, "balloon!", 8);
	assert_int_equal(peer->dma_requests, 2);
	server_stats(peer->server, &stats);
	assert_int_equal(stats.ses.dma_read_msgs, 1);
	assert_int_equal(stats.ses.dma_write_msgs, 1);
}

/*
 * A client that must have its read answered before it answers us gets its answer: what QEMU
 * does while it holds its lock.
 */
static void served_meanwhile(void **state)
{
	struct peer *peer = *state;
	struct proto_region_rw rw = { .region = BAR0, .count = 4 };
	struct proto_dma_rw ask;
	struct proto_hdr hdr, dma;
	uint8_t body[64];
	struct copier c;
	uint16_t id;

	assert_int_equal(map(peer, 0x1000, PAGE, 0, -1), 0);
	start(&c, peer);
	id = peer_send(peer, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 20);
	assert_int_equal(hdr.id, id); /* the reply goes first */
	assert_int_equal(peer_recv(peer, &dma, &ask, sizeof(ask)), sizeof(ask));
	assert_int_equal(dma.command, PROTO_DMA_READ);
	assert_int_equal(ask.address, 0x1000);
	assert_int_equal(ask.count, 8);
	for (unsigned i = 0; i < 3; i++) {
		id = peer_send(peer, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
		assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 20);
		assert_int_equal(hdr.id, id);
	}
	assert_true(c.busy);
	assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), -EAGAIN); /* asked once */
}

static struct proto_dma_rw get_request(struct peer *peer, struct proto_hdr *hdr)
{
	struct {
		struct proto_dma_rw rw;
		uint8_t data[64];
	} msg;

	server_run(peer->server);
	assert_true(peer_recv(peer, hdr, &msg, sizeof(msg)) >= (int)sizeof(msg.rw));
	assert_int_equal(hdr->flags, PROTO_REQUEST);
	return msg.rw;
}

static void dma_reply(struct peer *peer, struct proto_hdr hdr, uint32_t flags,
		      struct proto_dma_rw rw, size_t len)
{
	uint8_t msg[128] = { 0 };

	hdr.flags = flags;
	hdr.size = (uint32_t)(sizeof(hdr) + len);
	hdr.error = flags & PROTO_ERROR ? EFAULT : 0;
	memcpy(msg, &hdr, sizeof(hdr));
	memcpy(msg + sizeof(hdr), &rw, sizeof(rw));
	peer_send_raw(peer, msg, hdr.size, NULL, 0);
	peer_settle(peer);
}

/* An error or a reply that is not one fails the access, not the session. */
static void bad_reply(void **state)
{
	struct peer *peer = *state;
	struct proto_hdr hdr;
	struct proto_dma_rw rw;
	struct copier c;

	assert_int_equal(map(peer, 0x1000, PAGE, 0, -1), 0);
	for (unsigned i = 0; i < 5; i++) {
		start(&c, peer);
		rw = get_request(peer, &hdr);
		rw.count -= i == 3;
		rw.address += i == 4;
		dma_reply(peer, hdr, i ? PROTO_REPLY : PROTO_REPLY | PROTO_ERROR, rw,
			  i == 0   ? 0
			  : i == 1 ? 23
			  : i == 2 ? 25
				   : 24);
		assert_false(c.busy);
		assert_int_equal(c.err, i ? -EPROTO : -EFAULT);
	}
	assert_true(server_busy(peer->server));
}

static void reply_to_nothing(void **state)
{
	struct peer *peer = *state;
	const struct proto_hdr hdr = { 1, PROTO_DMA_READ, 16, PROTO_REPLY, 0 };

	peer_send_raw(peer, &hdr, sizeof(hdr), NULL, 0);
	peer_settle(peer);
	assert_false(server_busy(peer->server));
	assert_int_equal(peer->lines, 1);
}

/*
 * The window is gone: so is the access that waited for it, and its late reply is no crime.
 * A window that comes in its place is asked anew.
 */
static void unmapped_meanwhile(void **state)
{
	struct peer *peer = *state;
	struct proto_hdr first, second;
	struct proto_dma_rw rw;
	struct copier c;

	assert_int_equal(map(peer, 0x1000, PAGE, 0, -1), 0);
	start(&c, peer);
	rw = get_request(peer, &first);
	assert_int_equal(unmap(peer, 0x1000, PAGE), 0);
	assert_false(c.busy);
	assert_int_equal(c.err, -EFAULT);
	assert_int_equal(map(peer, 0x1000, PAGE, 0, -1), 0);
	start(&c, peer);
	get_request(peer, &second);
	assert_int_not_equal(first.id, second.id);
	dma_reply(peer, first, PROTO_REPLY, rw, 24);
	assert_false(c.have);
	assert_true(server_busy(peer->server));
	dma_reply(peer, first, PROTO_REPLY, rw, 24); /* but twice is */
	assert_false(server_busy(peer->server));
}

/* A reset forgets what was asked for; the same access then asks anew. */
static void reset_meanwhile(void **state)
{
	struct peer *peer = *state;
	struct proto_hdr first, second;
	struct proto_dma_rw rw;
	struct copier c;

	assert_int_equal(map(peer, 0x1000, PAGE, 0, -1), 0);
	start(&c, peer);
	rw = get_request(peer, &first);
	c.busy = false;
	assert_int_equal(peer_call(peer, PROTO_DEVICE_RESET, NULL, 0, NULL, 0, NULL, 0), 0);
	start(&c, peer);
	get_request(peer, &second);
	assert_int_not_equal(first.id, second.id);
	dma_reply(peer, first, PROTO_REPLY, rw, 24);
	assert_true(c.busy);
	dma_reply(peer, second, PROTO_REPLY, rw, 24);
	assert_int_equal(c.data, 0);
	assert_true(c.have);
}

static void gone_meanwhile(void **state)
{
	struct peer *peer = *state;
	struct proto_hdr hdr;
	struct copier c;

	assert_int_equal(map(peer, 0x1000, PAGE, 0, -1), 0);
	start(&c, peer);
	get_request(peer, &hdr);
	peer_disconnect(peer);
	assert_null(mem_at(peer->mem, 0));
	peer->ab.work = NULL;
	peer_connect(peer);
	peer_hello(peer);
	peer_read(peer, BAR0, 0, 4);
}

/*
 * No reply within the time given (1 s here): the access fails and the device goes on. The
 * reply that comes then is no crime.
 */
static void never_answered(void **state)
{
	struct peer *peer = *state;
	struct proto_dma_rw rw;
	struct proto_hdr hdr;
	struct copier c;

	assert_int_equal(map(peer, 0x1000, PAGE, 0, -1), 0);
	start(&c, peer);
	rw = get_request(peer, &hdr);
	while (c.busy)
		loop_step(peer->loop, -1);
	assert_int_equal(c.err, -ETIMEDOUT);
	assert_true(server_busy(peer->server));
	assert_int_equal(peer->lines, 1);
	dma_reply(peer, hdr, PROTO_REPLY, rw, 24);
	assert_true(server_busy(peer->server));
}

/* As many requests as are let out at once, and answers that nobody fetches make room. */
static void many_requests(void **state)
{
	struct peer *peer = *state;
	struct proto_hdr hdr[5];
	struct proto_dma_rw rw[5];
	uint64_t val;

	assert_int_equal(map(peer, 0x1000, PAGE, 0, -1), 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(mem_read(peer->mem, 0x1000 + 8 * i, &val, 8), -EAGAIN);
	for (unsigned i = 0; i < 4; i++)
		rw[i] = get_request(peer, &hdr[i]);
	assert_int_equal(peer_recv(peer, &hdr[4], &rw[4], sizeof(rw[4])), -EAGAIN);
	dma_reply(peer, hdr[2], PROTO_REPLY, rw[2], 24);
	dma_reply(peer, hdr[0], PROTO_REPLY, rw[0], 24);
	assert_int_equal(mem_read(peer->mem, 0x1020, &val, 8), -EAGAIN); /* takes 2's place */
	assert_int_equal(get_request(peer, &hdr[4]).address, 0x1020);
	assert_int_equal(mem_read(peer->mem, 0x1000, &val, 8), 0);
	assert_int_equal(mem_read(peer->mem, 0x1008, &val, 8), -EAGAIN);
	/* The window goes: what was answered is forgotten, what is under way is let run out. */
	dma_reply(peer, hdr[1], PROTO_REPLY, rw[1], 24);
	assert_int_equal(unmap(peer, 0x1000, PAGE), 0);
	dma_reply(peer, hdr[3], PROTO_REPLY, rw[3], 24);
	assert_true(server_busy(peer->server));
	dma_reply(peer, hdr[1], PROTO_REPLY, rw[1], 24);
	assert_false(server_busy(peer->server));
}

/* What a client can take in one message is not exceeded. */
static void client_limit(void **state)
{
	struct {
		struct proto_version version;
		char json[80];
	} hello = { { 0, 0 }, "{\"capabilities\":{\"max_data_xfer_size\":4}}" };
	struct peer *peer = *state;
	uint8_t reply[512];
	struct copier c;

	peer_disconnect(peer);
	peer_connect(peer);
	assert_true(peer_call(peer, PROTO_VERSION, &hello, 4 + strlen(hello.json) + 1, NULL, 0,
			      reply, sizeof(reply)) > 0);
	assert_int_equal(map(peer, 0x1000, PAGE, 0, -1), 0);
	start(&c, peer);
	peer_read(peer, BAR0, 0, 4);
	assert_false(c.busy);
	assert_int_equal(c.err, -EMSGSIZE);
}

static void all_dropped(void **state)
{
	struct peer *peer = *state;
	unsigned fds;

	peer_disconnect(peer);
	fds = peer_open_fds();
	for (unsigned round = 0; round < 3; round++) {
		int fd = peer_memfd(64 * PAGE, round & 1);

		peer_connect(peer);
		peer_hello(peer);
		for (unsigned i = 0; i < 32; i++)
			assert_int_equal(map(peer, i * 2 * PAGE, PAGE, i * PAGE, fd), 0);
		close(fd);
		peer_disconnect(peer);
		assert_int_equal(peer_open_fds(), fds);
		assert_null(mem_at(peer->mem, 0));
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, peer_setup, peer_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(mapped),          T(by_file),          T(shrinks),
		T(protection),      T(bad_map),          T(bad_map_message),
		T(overlap),         T(unmap_range),      T(unmap_flags),
		T(too_many),        T(by_message),       T(served_meanwhile),
		T(bad_reply),       T(reply_to_nothing), T(unmapped_meanwhile),
		T(reset_meanwhile), T(gone_meanwhile),   T(never_answered),
		T(many_requests),   T(client_limit),     T(all_dropped),
	};

	return cmocka_run_group_tests_name("vfio_dma", tests, NULL, NULL);
}
