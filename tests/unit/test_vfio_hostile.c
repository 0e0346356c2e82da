/* SPDX-License-Identifier: MIT */
/* The vfio-user server against bytes and messages that no sane client sends. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/conn.h"
#include "tests/lib/peer.h"
#include "tests/lib/vfio_fuzz.h"

#define CFG  VFIO_PCI_CONFIG_REGION_INDEX
#define BAR0 VFIO_PCI_BAR0_REGION_INDEX

/* Dropped, with one line that says why; and the next client is served. */
static void assert_dropped(struct peer *peer)
{
	struct server_stats stats;

	peer_settle(peer);
	assert_false(server_busy(peer->server));
	assert_int_equal(peer->lines, 1);
	server_stats(peer->server, &stats);
	assert_int_equal(stats.dropped, 1);
	close(peer->fd);
	peer->fd = -1;
	peer_connect(peer);
	peer_hello(peer);
	assert_int_equal(peer_read(peer, CFG, 0, 2), 0x1af4);
}

static void send_header(struct peer *peer, uint16_t command, uint32_t size, uint32_t flags)
{
	const struct proto_hdr hdr = { 7, command, size, flags, 0 };

	peer_send_raw(peer, &hdr, sizeof(hdr), NULL, 0);
}

static void size_zero(void **state)
{
	send_header(*state, PROTO_REGION_READ, 0, 0);
	assert_dropped(*state);
}

static void size_fifteen(void **state)
{
	send_header(*state, PROTO_REGION_READ, 15, 0);
	assert_dropped(*state);
}

static void size_huge(void **state)
{
	send_header(*state, PROTO_REGION_WRITE, UINT32_MAX, 0);
	assert_dropped(*state);
}

static void size_over_limit(void **state)
{
	send_header(*state, PROTO_REGION_WRITE, 16 + 16 + 1048576 + 1, 0);
	assert_dropped(*state);
}

/* The longest message there may be is received whole, and found wrong. */
static void size_at_limit(void **state)
{
	struct peer *peer = *state;
	size_t len = 16 + 1048576;
	uint8_t *body = calloc(1, len);
	const struct proto_region_rw rw = { 0, BAR0, 1048576 };
	struct proto_hdr hdr;

	assert_non_null(body);
	memcpy(body, &rw, sizeof(rw));
	peer_send(peer, PROTO_REGION_WRITE, 0, body, len, NULL, 0);
	assert_int_equal(peer_recv(peer, &hdr, body, 64), 0);
	assert_int_equal(hdr.error, EINVAL);
	assert_int_equal(peer_read(peer, CFG, 0, 2), 0x1af4);
	free(body);
}

static void wrong_type(void **state)
{
	send_header(*state, PROTO_DEVICE_RESET, 16, 2);
	assert_dropped(*state);
}

static void wrong_flags(void **state)
{
	static const uint32_t bad[] = { PROTO_ERROR, 0x40, 0x80000000 };
	struct peer *peer = *state;
	struct proto_hdr hdr;
	uint8_t none;

	for (unsigned i = 0; i < 3; i++) {
		peer_send(peer, PROTO_DEVICE_RESET, bad[i], NULL, 0, NULL, 0);
		assert_int_equal(peer_recv(peer, &hdr, &none, 0), 0);
		assert_int_equal(hdr.flags, PROTO_REPLY | PROTO_ERROR);
		assert_int_equal(hdr.error, EINVAL);
	}
	assert_int_equal(peer->ab.resets, 0);
}

/* A byte at a time, and a message and a half at a time. */
static void dribble(void **state)
{
	struct peer *peer = *state;
	struct read_msg {
		struct proto_hdr hdr;
		struct proto_region_rw rw;
	} msg[6];
	const uint8_t *bytes = (const uint8_t *)msg;
	struct proto_hdr hdr;
	uint8_t body[64];

	for (unsigned i = 0; i < 6; i++)
		msg[i] = (struct read_msg){ { (uint16_t)i, PROTO_REGION_READ, 32, 0, 0 },
					    { 0, CFG, 4 } };
	for (unsigned i = 0; i < sizeof(msg[0]); i++) {
		peer_send_raw(peer, bytes + i, 1, NULL, 0);
		peer_settle(peer);
	}
	assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 20);
	for (unsigned i = 0; i < 4; i++) {
		peer_send_raw(peer, bytes + i * 48, 48, NULL, 0);
		peer_settle(peer);
	}
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 20);
		assert_int_equal(hdr.id, i);
	}
}

/* Messages of odd length leave the next ones unaligned in the buffer. */
static void odd_lengths(void **state)
{
	struct peer *peer = *state;
	struct proto_hdr hdr;
	uint8_t body[300] = { 0 };

	for (unsigned len = 0; len < 300; len += 7) {
		peer_send(peer, PROTO_DEVICE_FEATURE, 0, body, len, NULL, 0);
		peer_send(peer, PROTO_REGION_READ, 0, &(struct proto_region_rw){ 0, CFG, 4 }, 16,
			  NULL, 0);
	}
	for (unsigned len = 0; len < 300; len += 7) {
		assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 0);
		assert_int_equal(hdr.error, ENOTTY);
		assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 20);
	}
}

/* Descriptors with commands that take none, and too many for those that do. */
static void stray_descriptors(void **state)
{
	struct peer *peer = *state;
	const struct proto_region_rw rw = { 0, CFG, 4 };
	unsigned fds = peer_open_fds();
	int fd[17];

	for (unsigned i = 0; i < 17; i++)
		fd[i] = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(peer_call(peer, PROTO_REGION_READ, &rw, sizeof(rw), fd, 1, NULL, 0),
			 -EINVAL);
	assert_int_equal(peer_call(peer, PROTO_DEVICE_RESET, NULL, 0, fd, 17, NULL, 0), -EINVAL);
	assert_int_equal(peer_call(peer, 999, NULL, 0, fd, 3, NULL, 0), -ENOSYS);
	assert_int_equal(peer->ab.resets, 0);
	for (unsigned i = 0; i < 17; i++)
		close(fd[i]);
	assert_int_equal(peer_open_fds(), fds);
}

/* Several messages in one receive: the descriptors belong to the last. */
static void descriptors_find_owner(void **state)
{
	struct peer *peer = *state;
	const struct proto_dma_map map = { 32, 3, 0, 0, 4096 };
	const struct proto_region_rw rw = { 0, CFG, 4 };
	struct proto_hdr hdr;
	uint8_t body[64];
	int fd = peer_memfd(4096, 1);

	peer_send(peer, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	peer_send(peer, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	peer_send(peer, PROTO_DMA_MAP, 0, &map, sizeof(map), &fd, 1);
	peer_send(peer, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 20);
	assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 20);
	assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 0);
	assert_int_equal(hdr.flags, PROTO_REPLY);
	assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 20);
	assert_non_null(mem_at(peer->mem, 0));
	assert_non_null(mem_at(peer->mem, 0)->host);
	close(fd);
}

/* A header with its descriptor first, the payload later. */
static void descriptors_ahead(void **state)
{
	struct peer *peer = *state;
	const struct proto_hdr head = { 1, PROTO_DMA_MAP, 48, 0, 0 };
	const struct proto_dma_map map = { 32, 3, 0, 0, 4096 };
	struct proto_hdr hdr;
	int fd = peer_memfd(4096, 1);
	uint8_t none;

	peer_send_raw(peer, &head, sizeof(head), &fd, 1);
	peer_settle(peer);
	peer_send_raw(peer, &map, sizeof(map), NULL, 0);
	assert_int_equal(peer_recv(peer, &hdr, &none, 0), 0);
	assert_int_equal(hdr.flags, PROTO_REPLY);
	assert_non_null(mem_at(peer->mem, 0)->host);
	close(fd);
}

/* Descriptors without end for one message, and the client gone before it is whole. */
static void descriptor_flood(void **state)
{
	struct peer *peer = *state;
	const struct proto_hdr head = { 1, PROTO_DEVICE_FEATURE, 4096, 0, 0 };
	unsigned fds = peer_open_fds();
	int fd[200];

	for (unsigned i = 0; i < 200; i++)
		fd[i] = 1;
	peer_send_raw(peer, &head, sizeof(head), fd, 200);
	peer_settle(peer);
	assert_int_equal(peer_open_fds(), fds + 200);
	peer_send_raw(peer, "x", 1, fd, 200);
	assert_dropped(peer);
	assert_int_equal(peer_open_fds(), fds);
	peer_send_raw(peer, &head, sizeof(head), fd, 200);
	peer_disconnect(peer);
	peer_connect(peer);
	peer_hello(peer);
	assert_int_equal(peer_open_fds(), fds);
}

/* A client that goes after so many bytes of a message, for every such place; with a descriptor. */
static void gone_in_a_message(void **state)
{
	struct peer *peer = *state;
	const struct {
		struct proto_hdr hdr;
		struct proto_dma_map map;
	} msg = { { 9, PROTO_DMA_MAP, sizeof(msg), 0, 0 }, { 32, 3, 0, 0, 4096 } };
	unsigned fds = peer_open_fds();
	int fd = peer_memfd(4096, 1);

	for (size_t len = 1; len <= sizeof(msg); len++) {
		peer_send_raw(peer, &msg, len, &fd, 1);
		if (len % 2)
			peer_settle(peer);
		peer_disconnect(peer);
		assert_null(mem_at(peer->mem, 0));
		peer_connect(peer);
		peer_hello(peer);
		assert_int_equal(peer_open_fds(), fds + 1);
	}
	assert_int_equal(peer->lines, 0);
	assert_int_equal(peer_read(peer, CFG, 0, 2), 0x1af4);
	close(fd);
}

/* A client that asks and asks and never reads a reply is let go in the end. */
static void never_reads(void **state)
{
	struct peer *peer = *state;
	const struct proto_region_rw rw = { 0, BAR0, 32768 };
	struct server_stats stats;

	for (unsigned i = 0; i < 64; i++)
		peer_send(peer, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	while (server_busy(peer->server))
		loop_step(peer->loop, -1);
	server_stats(peer->server, &stats);
	assert_true(stats.ses.reads < 64); /* and is not served meanwhile */
	assert_dropped(peer);
}

/* One that is slow to read is served whole. */
static void reads_late(void **state)
{
	struct peer *peer = *state;
	const struct proto_region_rw rw = { 0, BAR0, 32768 };
	static uint8_t body[40000];
	struct proto_hdr hdr;

	for (unsigned i = 0; i < 64; i++)
		peer_send(peer, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	loop_step(peer->loop, 0);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(peer_recv(peer, &hdr, body, sizeof(body)), 32768 + 16);
	assert_int_equal(peer_read(peer, CFG, 0, 2), 0x1af4);
}

/* A flood of bad requests is answered, and the log stays short. */
static void complaints(void **state)
{
	struct peer *peer = *state;

	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(peer_call(peer, 999, NULL, 0, NULL, 0, NULL, 0), -ENOSYS);
	peer_disconnect(peer);
	assert_true(peer->lines <= 17);
	peer_connect(peer);
	peer_hello(peer);
}

/* SOAK=1 goes on for longer. */
static void at_random(void **state)
{
	struct peer *peer = *state;

	vfio_fuzz(peer, 1, getenv("SOAK") ? 2000000 : 40000);
	assert_int_equal(peer_read(peer, CFG, 0, 2), 0x1af4);
}

#define T(f) cmocka_unit_test_setup_teardown(f, peer_setup, peer_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(size_zero),
		T(size_fifteen),
		T(size_huge),
		T(size_over_limit),
		T(size_at_limit),
		T(wrong_type),
		T(wrong_flags),
		T(dribble),
		T(odd_lengths),
		T(stray_descriptors),
		T(descriptors_find_owner),
		T(descriptors_ahead),
		T(descriptor_flood),
		T(gone_in_a_message),
		T(never_reads),
		T(reads_late),
		T(complaints),
		T(at_random),
	};

	return cmocka_run_group_tests_name("vfio_hostile", tests, NULL, NULL);
}
