/* SPDX-License-Identifier: MIT */
/* The vfio-user server: information, register accesses, reset, clients coming and going. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/lib/peer.h"

#define CFG  VFIO_PCI_CONFIG_REGION_INDEX
#define BAR0 VFIO_PCI_BAR0_REGION_INDEX

static void device_info(void **state)
{
	struct proto_device_info ask = { .argsz = sizeof(ask) }, info;

	assert_int_equal(peer_call(*state, PROTO_DEVICE_GET_INFO, &ask, sizeof(ask), NULL, 0, &info,
				   sizeof(info)),
			 sizeof(info));
	assert_int_equal(info.argsz, 16);
	assert_int_equal(info.flags, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	assert_int_equal(info.num_regions, 9);
	assert_int_equal(info.num_irqs, 5);
	ask.argsz = 15;
	assert_int_equal(
		peer_call(*state, PROTO_DEVICE_GET_INFO, &ask, sizeof(ask), NULL, 0, NULL, 0),
		-EINVAL);
	ask = (struct proto_device_info){ .argsz = 16, .flags = 1 };
	assert_int_equal(
		peer_call(*state, PROTO_DEVICE_GET_INFO, &ask, sizeof(ask), NULL, 0, NULL, 0),
		-EINVAL);
}

static void region_info(void **state)
{
	for (unsigned i = 0; i < 9; i++) {
		struct vfio_region_info ask = { .argsz = sizeof(ask), .index = i }, info;
		uint64_t size = i == CFG ? 256 : i == BAR0 ? 32768 : 0;
		uint32_t flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;

		assert_int_equal(peer_call(*state, PROTO_DEVICE_GET_REGION_INFO, &ask, sizeof(ask),
					   NULL, 0, &info, sizeof(info)),
				 sizeof(info));
		assert_int_equal(info.argsz, 32);
		assert_int_equal(info.index, i);
		assert_int_equal(info.size, size);
		assert_int_equal(info.flags, size ? flags : 0);
	}
}

static void bad_region_info(void **state)
{
	const struct vfio_region_info asks[] = {
		{ .argsz = 32, .index = 9 },
		{ .argsz = 32, .index = UINT32_MAX },
		{ .argsz = 31, .index = 0 },
		{ .argsz = 32, .index = 0, .flags = 1 },
	};

	for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		assert_int_equal(peer_call(*state, PROTO_DEVICE_GET_REGION_INFO, &asks[i],
					   sizeof(asks[i]), NULL, 0, NULL, 0),
				 -EINVAL);
}

/* A whole configuration space in one message, as QEMU reads it, in accesses of a bus. */
static void bulk_read(void **state)
{
	struct peer *peer = *state;
	struct proto_region_rw rw = { .region = CFG, .count = 256 };
	struct {
		struct proto_region_rw rw;
		uint8_t data[256];
	} reply;

	peer->ab.reads = 0;
	assert_int_equal(
		peer_call(peer, PROTO_REGION_READ, &rw, sizeof(rw), NULL, 0, &reply, sizeof(reply)),
		sizeof(reply));
	assert_memory_equal(reply.data, peer->ab.cfg, 256);
	assert_int_equal(peer->ab.reads, 64);
}

static void unaligned(void **state)
{
	struct peer *peer = *state;
	struct {
		struct proto_region_rw rw;
		uint8_t data[7];
	} msg = { { .offset = 0x101, .region = BAR0, .count = 7 }, { 1, 2, 3, 4, 5, 6, 7 } };
	struct proto_region_rw reply;

	/* 0x101: 1 byte, 0x102: 2, 0x104: 4 */
	peer->ab.writes = 0;
	assert_int_equal(peer_call(peer, PROTO_REGION_WRITE, &msg, sizeof(msg.rw) + 7, NULL, 0,
				   &reply, sizeof(reply)),
			 sizeof(reply));
	assert_int_equal(peer->ab.writes, 3);
	assert_memory_equal(peer->ab.bar + 0x101, msg.data, 7);
	assert_int_equal(peer_read(peer, BAR0, 0x103, 1), 3);
	assert_int_equal(peer_read(peer, BAR0, 0x104, 4), 0x07060504);
}

static void read_write(void **state)
{
	struct peer *peer = *state;

	assert_int_equal(peer_read(peer, CFG, PCI_VENDOR_ID, 4), 0x10451af4);
	peer_write(peer, BAR0, 0x20, 4, 0xcafef00d);
	peer_write(peer, BAR0, 0x7fff, 1, 0x5a);
	assert_int_equal(peer_read(peer, BAR0, 0x20, 4), 0xcafef00d);
	assert_int_equal(peer_read(peer, BAR0, 0x7fff, 1), 0x5a);
}

static void bad_access(void **state)
{
	struct peer *peer = *state;
	const struct proto_region_rw bad[] = {
		{ 0, 9, 4 },        { 0, UINT32_MAX, 4 },     { 0, 1, 4 },
		{ 256, CFG, 1 },    { 253, CFG, 4 },          { UINT64_MAX, BAR0, 4 },
		{ 32768, BAR0, 0 }, { 0, BAR0, 32769 },       { 0, BAR0, UINT32_MAX },
		{ 1, BAR0, 32768 }, { UINT64_MAX - 3, 0, 8 }, { 0, BAR0, 0 },
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(peer_call(peer, PROTO_REGION_READ, &bad[i], sizeof(bad[i]), NULL,
					   0, NULL, 0),
				 -EINVAL);
		assert_int_equal(peer_call(peer, PROTO_REGION_WRITE, &bad[i], sizeof(bad[i]), NULL,
					   0, NULL, 0),
				 -EINVAL);
	}
	assert_int_equal(peer->ab.writes, 0);
}

/* A write whose data is not as long as it says. */
static void bad_write_length(void **state)
{
	struct peer *peer = *state;
	struct {
		struct proto_region_rw rw;
		uint8_t data[8];
	} msg = { .rw = { .region = BAR0, .count = 4 } };

	for (unsigned len = 0; len <= 8; len++)
		if (len != 4)
			assert_int_equal(peer_call(peer, PROTO_REGION_WRITE, &msg,
						   sizeof(msg.rw) + len, NULL, 0, NULL, 0),
					 -EINVAL);
	assert_int_equal(peer->ab.writes, 0);
}

/* No reply to a posted write, and it is done before the read that follows it. */
static void posted(void **state)
{
	struct peer *peer = *state;
	struct {
		struct proto_region_rw rw;
		uint32_t val;
	} msg = { { .offset = 0x40, .region = BAR0, .count = 4 }, 0x11223344 };
	struct server_stats stats;

	for (unsigned i = 0; i < 100; i++) {
		msg.val = i;
		peer_send(peer, PROTO_REGION_WRITE, PROTO_NO_REPLY, &msg, sizeof(msg.rw) + 4, NULL,
			  0);
	}
	assert_int_equal(peer_read(peer, BAR0, 0x40, 4), 99);
	server_stats(peer->server, &stats);
	assert_int_equal(stats.ses.posted, 100);
	/* Nor to one that fails. */
	msg.rw.region = 1;
	peer_send(peer, PROTO_REGION_WRITE, PROTO_NO_REPLY, &msg, sizeof(msg.rw) + 4, NULL, 0);
	assert_int_equal(peer_read(peer, BAR0, 0x40, 4), 99);
	server_stats(peer->server, &stats);
	assert_int_equal(stats.ses.errors, 1);
}

struct multi {
	struct proto_write_multi head;
	struct proto_write_one wr[3];
};

static void write_multi(void **state)
{
	struct peer *peer = *state;
	struct multi msg = { { 3 },
			     { { 0x10, BAR0, 4, { 1, 2, 3, 4 } },
			       { 0x18, BAR0, 8, { 5, 6, 7, 8, 9, 10, 11, 12 } },
			       { 0x10, BAR0, 1, { 0xff } } } };
	uint64_t done = 0;
	unsigned runs = peer->ab.runs;

	assert_int_equal(peer_call(peer, PROTO_REGION_WRITE_MULTI, &msg, sizeof(msg), NULL, 0,
				   &done, sizeof(done)),
			 sizeof(done));
	assert_int_equal(done, 3);
	assert_int_equal(peer->ab.runs, runs + 3); /* as after single writes */
	assert_int_equal(peer_read(peer, BAR0, 0x10, 4), 0x040302ff);
	assert_int_equal(peer_read(peer, BAR0, 0x1c, 4), 0x0c0b0a09);
}

/* All of them or none. */
static void bad_write_multi(void **state)
{
	struct peer *peer = *state;
	const struct multi good = {
		{ 3 },
		{ { 0x10, BAR0, 4, { 1 } }, { 0x18, BAR0, 8, { 5 } }, { 0x10, BAR0, 1, { 9 } } }
	};
	struct multi bad[8];

	for (unsigned i = 0; i < 8; i++)
		bad[i] = good;
	bad[0].head.wr_cnt = 4;
	bad[1].head.wr_cnt = 2;
	bad[2].head.wr_cnt = UINT64_MAX;
	bad[3].head.wr_cnt = 0x1555555555555558; /* times 24 wraps to 64 */
	bad[4].wr[2].count = 9;
	bad[5].wr[2].offset = 32768;
	bad[6].wr[2].region = 77;
	bad[7].wr[1].count = 0;
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(peer_call(peer, PROTO_REGION_WRITE_MULTI, &bad[i], sizeof(bad[i]),
					   NULL, 0, NULL, 0),
				 -EINVAL);
	assert_int_equal(peer_call(peer, PROTO_REGION_WRITE_MULTI, &good, sizeof(good) - 1, NULL, 0,
				   NULL, 0),
			 -EINVAL);
	assert_int_equal(peer->ab.writes, 0);
}

static void reset(void **state)
{
	struct peer *peer = *state;

	peer_write(peer, BAR0, 0, 4, 1);
	assert_int_equal(peer_call(peer, PROTO_DEVICE_RESET, NULL, 0, NULL, 0, NULL, 0), 0);
	assert_int_equal(peer->ab.resets, 1);
	assert_int_equal(peer_read(peer, BAR0, 0, 4), 0);
	assert_int_equal(peer_call(peer, PROTO_DEVICE_RESET, "x", 1, NULL, 0, NULL, 0), -EINVAL);
	assert_int_equal(peer->ab.resets, 1);
}

/* What runs the device sees the peer already answered. */
static int check_answered(void *ctx)
{
	struct peer *peer = ctx;
	struct proto_hdr hdr;

	assert_int_equal(recv(peer->fd, &hdr, sizeof(hdr), MSG_DONTWAIT | MSG_PEEK), sizeof(hdr));
	assert_int_equal(hdr.flags, PROTO_REPLY);
	assert_int_equal(hdr.id, peer->id);
	return 0;
}

static void reply_before_work(void **state)
{
	struct peer *peer = *state;
	unsigned runs = peer->ab.runs;

	peer->ab.work = check_answered;
	peer->ab.work_ctx = peer;
	peer_read(peer, BAR0, 0, 4);
	peer_write(peer, BAR0, 0, 4, 1);
	assert_int_equal(peer->ab.runs, runs + 2);
	peer->ab.work = NULL;
}

static void unknown_commands(void **state)
{
	static const struct {
		uint16_t command;
		int err;
	} bad[] = { { 0, ENOSYS },
		    { 11, ENOSYS },
		    { 12, ENOSYS },
		    { 14, ENOSYS },
		    { 19, ENOSYS },
		    { 65535, ENOSYS },
		    { PROTO_DEVICE_GET_REGION_IO_FDS, EOPNOTSUPP },
		    { PROTO_MIG_DATA_READ, EOPNOTSUPP },
		    { PROTO_MIG_DATA_WRITE, EOPNOTSUPP },
		    { PROTO_DEVICE_FEATURE, ENOTTY } };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(peer_call(*state, bad[i].command, "12345678", 8, NULL, 0, NULL, 0),
				 -bad[i].err);
	assert_int_equal(peer_read(*state, CFG, 0, 2), 0x1af4);
}

/* The device of a client that left is as after power-on for the next one. */
static void next_client(void **state)
{
	struct peer *peer = *state;
	struct server_stats stats;

	unsigned fds = peer_open_fds();

	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(peer_read(peer, BAR0, 4, 4), 0);
		peer_write(peer, BAR0, 4, 4, 7);
		peer_disconnect(peer);
		assert_int_equal(peer->ab.resets, i + 1);
		peer_connect(peer);
		peer_hello(peer);
	}
	server_stats(peer->server, &stats);
	assert_int_equal(stats.clients, 1001);
	assert_int_equal(peer_open_fds(), fds);
	assert_int_equal(stats.dropped, 0);
	assert_int_equal(peer->lines, 0);
}

/* Messages sent right before the end are still done. */
static void last_words(void **state)
{
	struct peer *peer = *state;
	struct server_stats stats;
	struct {
		struct proto_region_rw rw;
		uint32_t val;
	} msg = { { .offset = 0x40, .region = BAR0, .count = 4 }, 5 };

	peer_send(peer, PROTO_REGION_WRITE, PROTO_NO_REPLY, &msg, sizeof(msg.rw) + 4, NULL, 0);
	peer_disconnect(peer);
	server_stats(peer->server, &stats);
	assert_int_equal(stats.ses.posted, 1);
}

/* Gone before its reply: an end like any other. */
static void unheard_reply(void **state)
{
	struct peer *peer = *state;
	const struct proto_region_rw rw = { 0, CFG, 4 };
	struct server_stats stats;

	peer_send(peer, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	peer_send(peer, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	peer_disconnect(peer);
	server_stats(peer->server, &stats);
	assert_int_equal(stats.ses.reads, 1);
	assert_int_equal(stats.dropped, 0);
	assert_int_equal(peer->lines, 0);
	peer_connect(peer);
	peer_hello(peer);
}

static int never_rests(void *ctx)
{
	(void)ctx;
	return -ETIMEDOUT;
}

/* A device that hangs still answers what it can, and is complained about once. */
static void hangs(void **state)
{
	struct peer *peer = *state;

	peer->ab.work = never_rests;
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(peer_read(peer, CFG, 0, 2), 0x1af4);
	assert_int_equal(peer->lines, 1);
}

static void one_at_a_time(void **state)
{
	struct peer *peer = *state;

	assert_int_equal(server_attach(peer->server, peer->fd), -EBUSY);
	assert_int_equal(peer_read(peer, CFG, 0, 2), 0x1af4);
}

static void count_clients(void *ctx, bool here)
{
	unsigned *seen = ctx;

	*seen = *seen * 10 + (here ? 1 : 2);
}

static int dial(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void socket_file(void **state)
{
	struct peer *peer = *state;
	char dir[] = "/tmp/vcosim-test-XXXXXX", path[64], toolong[200];
	unsigned seen = 0; /* 1: came, 2: went */
	struct server_config cfg = { .path = path,
				     .loop = peer->loop,
				     .mem = peer->mem,
				     .backend = &peer->ab.be,
				     .log = &peer->log,
				     .ctx = &seen,
				     .client = count_clients,
				     .wait_ms = 1 };
	struct server *server, *other;
	struct server_stats stats;
	struct stat st;
	int one, two;
	char byte;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	assert_int_equal(server_new(&cfg, &server), 0);
	assert_int_equal(server_new(&cfg, &other), -EADDRINUSE);
	assert_null(other);
	one = dial(path);
	peer_settle(peer);
	assert_true(server_busy(server));
	two = dial(path); /* waits, and is turned away */
	while (recv(two, &byte, 1, MSG_DONTWAIT) < 0)
		loop_step(peer->loop, -1);
	close(two);
	two = dial(path); /* waits, and is next */
	loop_step(peer->loop, 0);
	close(one);
	do
		loop_step(peer->loop, -1);
	while (server_stats(server, &stats), stats.clients < 2);
	assert_int_equal(stats.refused, 1);
	assert_true(server_busy(server));
	close(two);
	peer_settle(peer);
	server_free(server);
	assert_int_equal(seen, 1212);
	assert_int_equal(lstat(path, &st), -1);

	/* A dead server's socket is replaced, anything else is not. */
	one = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	{
		struct sockaddr_un addr = { .sun_family = AF_UNIX };

		memcpy(addr.sun_path, path, strlen(path) + 1);
		assert_int_equal(bind(one, (struct sockaddr *)&addr, sizeof(addr)), 0);
	}
	close(one);
	assert_int_equal(server_new(&cfg, &server), 0);
	server_free(server);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(server_new(&cfg, &server), -EEXIST);
	rmdir(path);
	rmdir(dir);
	assert_int_equal(server_new(&cfg, &server), -ENOENT);
	memset(toolong, 'x', sizeof(toolong));
	toolong[sizeof(toolong) - 1] = 0;
	cfg.path = toolong;
	assert_int_equal(server_new(&cfg, &server), -ENAMETOOLONG);
}

/*
 * A thousand clients, one after the other, that say nothing, half a word or hello; then as many
 * that do not wait for each other, of which one is served and the rest finds no place.
 */
static void a_thousand_connects(void **state)
{
	struct peer *peer = *state;
	char dir[] = "/tmp/vcosim-test-XXXXXX", path[64];
	struct server_config cfg = { .path = path,
				     .loop = peer->loop,
				     .mem = peer->mem,
				     .backend = &peer->ab.be,
				     .log = &peer->log,
				     .wait_ms = 1 };
	const uint8_t hello[20] = { 1, 0, PROTO_VERSION, 0, 20 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct server_stats stats;
	struct server *server;
	int fd, crowd[1000];
	unsigned fds;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	assert_int_equal(server_new(&cfg, &server), 0);
	fds = peer_open_fds();
	for (unsigned i = 0; i < 1000; i++) {
		size_t len = i % 3 * 10;

		fd = dial(path);
		assert_int_equal(send(fd, hello, len, MSG_NOSIGNAL), len);
		peer_settle(peer);
		close(fd);
		peer_settle(peer);
	}
	server_stats(server, &stats);
	assert_int_equal(stats.clients, 1000);
	assert_int_equal(peer_open_fds(), fds);
	for (unsigned i = 0; i < 1000; i++) {
		crowd[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		assert_true(!connect(crowd[i], (struct sockaddr *)&addr, sizeof(addr)) ||
			    errno == EAGAIN);
		loop_step(peer->loop, 0);
	}
	assert_true(server_busy(server));
	while (server_stats(server, &stats), !stats.refused)
		loop_step(peer->loop, -1);
	for (unsigned i = 0; i < 1000; i++)
		close(crowd[i]);
	while (loop_step(peer->loop, 5) > 0 || server_busy(server))
		;
	assert_int_equal(peer_open_fds(), fds);
	fd = dial(path);
	peer_settle(peer);
	assert_true(server_busy(server));
	close(fd);
	peer_settle(peer);
	server_free(server);
	rmdir(dir);
}

#define T(f) cmocka_unit_test_setup_teardown(f, peer_setup, peer_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(device_info),       T(region_info),      T(bad_region_info),
		T(bulk_read),         T(unaligned),        T(read_write),
		T(bad_access),        T(bad_write_length), T(posted),
		T(write_multi),       T(bad_write_multi),  T(reset),
		T(reply_before_work), T(unknown_commands), T(next_client),
		T(last_words),        T(unheard_reply),    T(hangs),
		T(one_at_a_time),     T(socket_file),      T(a_thousand_connects),
	};

	return cmocka_run_group_tests_name("vfio_device", tests, NULL, NULL);
}
