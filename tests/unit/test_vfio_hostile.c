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
#include "tests/lib/vfio_kit.h"

#define CFG  VFIO_PCI_CONFIG_REGION_INDEX
#define BAR0 VFIO_PCI_BAR0_REGION_INDEX

/* Dropped, with one line that says why; and the next client is served. */
static void assert_dropped(struct kit *kit)
{
	struct server_stats stats;

	kit_settle(kit);
	assert_false(server_busy(kit->server));
	assert_int_equal(kit->lines, 1);
	server_stats(kit->server, &stats);
	assert_int_equal(stats.dropped, 1);
	close(kit->fd);
	kit->fd = -1;
	kit_connect(kit);
	kit_hello(kit);
	assert_int_equal(kit_read(kit, CFG, 0, 2), 0x1af4);
}

static void send_header(struct kit *kit, uint16_t command, uint32_t size, uint32_t flags)
{
	const struct proto_hdr hdr = { 7, command, size, flags, 0 };

	kit_send_raw(kit, &hdr, sizeof(hdr), NULL, 0);
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
	struct kit *kit = *state;
	size_t len = 16 + 1048576;
	uint8_t *body = calloc(1, len);
	const struct proto_region_rw rw = { 0, BAR0, 1048576 };
	struct proto_hdr hdr;

	assert_non_null(body);
	memcpy(body, &rw, sizeof(rw));
	kit_send(kit, PROTO_REGION_WRITE, 0, body, len, NULL, 0);
	assert_int_equal(kit_recv(kit, &hdr, body, 64), 0);
	assert_int_equal(hdr.error, EINVAL);
	assert_int_equal(kit_read(kit, CFG, 0, 2), 0x1af4);
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
	struct kit *kit = *state;
	struct proto_hdr hdr;
	uint8_t none;

	for (unsigned i = 0; i < 3; i++) {
		kit_send(kit, PROTO_DEVICE_RESET, bad[i], NULL, 0, NULL, 0);
		assert_int_equal(kit_recv(kit, &hdr, &none, 0), 0);
		assert_int_equal(hdr.flags, PROTO_REPLY | PROTO_ERROR);
		assert_int_equal(hdr.error, EINVAL);
	}
	assert_int_equal(kit->ab.resets, 0);
}

/* A byte at a time, and a message and a half at a time. */
static void dribble(void **state)
{
	struct kit *kit = *state;
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
		kit_send_raw(kit, bytes + i, 1, NULL, 0);
		kit_settle(kit);
	}
	assert_int_equal(kit_recv(kit, &hdr, body, sizeof(body)), 20);
	for (unsigned i = 0; i < 4; i++) {
		kit_send_raw(kit, bytes + i * 48, 48, NULL, 0);
		kit_settle(kit);
	}
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(kit_recv(kit, &hdr, body, sizeof(body)), 20);
		assert_int_equal(hdr.id, i);
	}
}

/* Messages of odd length leave the next ones unaligned in the buffer. */
static void odd_lengths(void **state)
{
	struct kit *kit = *state;
	struct proto_hdr hdr;
	uint8_t body[300] = { 0 };

	for (unsigned len = 0; len < 300; len += 7) {
		kit_send(kit, PROTO_DEVICE_FEATURE, 0, body, len, NULL, 0);
		kit_send(kit, PROTO_REGION_READ, 0, &(struct proto_region_rw){ 0, CFG, 4 }, 16,
			 NULL, 0);
	}
	for (unsigned len = 0; len < 300; len += 7) {
		assert_int_equal(kit_recv(kit, &hdr, body, sizeof(body)), 0);
		assert_int_equal(hdr.error, ENOTTY);
		assert_int_equal(kit_recv(kit, &hdr, body, sizeof(body)), 20);
	}
}

/* Descriptors with commands that take none, and too many for those that do. */
static void stray_descriptors(void **state)
{
	struct kit *kit = *state;
	const struct proto_region_rw rw = { 0, CFG, 4 };
	unsigned fds = kit_open_fds();
	int fd[17];

	for (unsigned i = 0; i < 17; i++)
		fd[i] = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(kit_call(kit, PROTO_REGION_READ, &rw, sizeof(rw), fd, 1, NULL, 0),
			 -EINVAL);
	assert_int_equal(kit_call(kit, PROTO_DEVICE_RESET, NULL, 0, fd, 17, NULL, 0), -EINVAL);
	assert_int_equal(kit_call(kit, 999, NULL, 0, fd, 3, NULL, 0), -ENOSYS);
	assert_int_equal(kit->ab.resets, 0);
	for (unsigned i = 0; i < 17; i++)
		close(fd[i]);
	assert_int_equal(kit_open_fds(), fds);
}

/* Several messages in one receive: the descriptors belong to the last. */
static void descriptors_find_owner(void **state)
{
	struct kit *kit = *state;
	const struct proto_dma_map map = { 32, 3, 0, 0, 4096 };
	const struct proto_region_rw rw = { 0, CFG, 4 };
	struct proto_hdr hdr;
	uint8_t body[64];
	int fd = kit_memfd(4096, 1);

	kit_send(kit, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	kit_send(kit, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	kit_send(kit, PROTO_DMA_MAP, 0, &map, sizeof(map), &fd, 1);
	kit_send(kit, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	assert_int_equal(kit_recv(kit, &hdr, body, sizeof(body)), 20);
	assert_int_equal(kit_recv(kit, &hdr, body, sizeof(body)), 20);
	assert_int_equal(kit_recv(kit, &hdr, body, sizeof(body)), 0);
	assert_int_equal(hdr.flags, PROTO_REPLY);
	assert_int_equal(kit_recv(kit, &hdr, body, sizeof(body)), 20);
	assert_non_null(mem_at(kit->mem, 0));
	assert_non_null(mem_at(kit->mem, 0)->host);
	close(fd);
}

/* A header with its descriptor first, the payload later. */
static void descriptors_ahead(void **state)
{
	struct kit *kit = *state;
	const struct proto_hdr head = { 1, PROTO_DMA_MAP, 48, 0, 0 };
	const struct proto_dma_map map = { 32, 3, 0, 0, 4096 };
	struct proto_hdr hdr;
	int fd = kit_memfd(4096, 1);
	uint8_t none;

	kit_send_raw(kit, &head, sizeof(head), &fd, 1);
	kit_settle(kit);
	kit_send_raw(kit, &map, sizeof(map), NULL, 0);
	assert_int_equal(kit_recv(kit, &hdr, &none, 0), 0);
	assert_int_equal(hdr.flags, PROTO_REPLY);
	assert_non_null(mem_at(kit->mem, 0)->host);
	close(fd);
}

/* Descriptors without end for one message, and the client gone before it is whole. */
static void descriptor_flood(void **state)
{
	struct kit *kit = *state;
	const struct proto_hdr head = { 1, PROTO_DEVICE_FEATURE, 4096, 0, 0 };
	unsigned fds = kit_open_fds();
	int fd[200];

	for (unsigned i = 0; i < 200; i++)
		fd[i] = 1;
	kit_send_raw(kit, &head, sizeof(head), fd, 200);
	kit_settle(kit);
	assert_int_equal(kit_open_fds(), fds + 200);
	kit_send_raw(kit, "x", 1, fd, 200);
	assert_dropped(kit);
	assert_int_equal(kit_open_fds(), fds);
	kit_send_raw(kit, &head, sizeof(head), fd, 200);
	kit_disconnect(kit);
	kit_connect(kit);
	kit_hello(kit);
	assert_int_equal(kit_open_fds(), fds);
}

/* A client that asks and asks and never reads a reply is let go in the end. */
static void never_reads(void **state)
{
	struct kit *kit = *state;
	const struct proto_region_rw rw = { 0, BAR0, 32768 };
	struct server_stats stats;

	for (unsigned i = 0; i < 64; i++)
		kit_send(kit, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	while (server_busy(kit->server))
		loop_step(kit->loop, -1);
	server_stats(kit->server, &stats);
	assert_true(stats.ses.reads < 64); /* and is not served meanwhile */
	assert_dropped(kit);
}

/* One that is slow to read is served whole. */
static void reads_late(void **state)
{
	struct kit *kit = *state;
	const struct proto_region_rw rw = { 0, BAR0, 32768 };
	static uint8_t body[40000];
	struct proto_hdr hdr;

	for (unsigned i = 0; i < 64; i++)
		kit_send(kit, PROTO_REGION_READ, 0, &rw, sizeof(rw), NULL, 0);
	loop_step(kit->loop, 0);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(kit_recv(kit, &hdr, body, sizeof(body)), 32768 + 16);
	assert_int_equal(kit_read(kit, CFG, 0, 2), 0x1af4);
}

/* A flood of bad requests is answered, and the log stays short. */
static void complaints(void **state)
{
	struct kit *kit = *state;

	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(kit_call(kit, 999, NULL, 0, NULL, 0, NULL, 0), -ENOSYS);
	kit_disconnect(kit);
	assert_true(kit->lines <= 17);
	kit_connect(kit);
	kit_hello(kit);
}

/* --- at random ------------------------------------------------------------------------------ */

static uint32_t random_next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* A number that is likely to matter. */
static uint64_t number(uint64_t *seed)
{
	static const uint64_t likely[] = { 0,     1,     4,     8,       16,         20,
					   24,    32,    255,   256,     4095,       4096,
					   32767, 32768, 65536, 1048576, UINT32_MAX, UINT64_MAX };
	uint32_t r = random_next(seed);

	return r & 1 ? likely[r / 2 % (sizeof(likely) / sizeof(likely[0]))] : r % 64;
}

/* A message of a known command with fields of interesting values, a little off in length. */
static size_t random_message(uint64_t *seed, uint8_t *msg)
{
	static const uint8_t length[PROTO_COMMANDS] = { 0,  4,  32, 24, 16, 32, 16, 16, 20, 16,
							20, 20, 16, 0,  0,  32, 8,  8,  8 };
	uint32_t r = random_next(seed);
	struct proto_hdr hdr = { .id = (uint16_t)r, .command = (uint16_t)(r >> 16) % 20 };
	size_t len = hdr.command < PROTO_COMMANDS ? length[hdr.command] : r % 40;

	if (random_next(seed) % 8 == 0)
		len = random_next(seed) % 64;
	hdr.size = (uint32_t)(sizeof(hdr) + len);
	if (random_next(seed) % 64 == 0)
		hdr.size = (uint32_t)number(seed);
	if (random_next(seed) % 8 == 0)
		hdr.flags = random_next(seed) % 64;
	memcpy(msg, &hdr, sizeof(hdr));
	for (size_t i = 0; i < len; i += 4) {
		uint32_t val = (uint32_t)number(seed);

		memcpy(msg + sizeof(hdr) + i, &val, 4);
	}
	if (len >= 4 && random_next(seed) % 4) { /* an argsz that passes */
		uint32_t val = (uint32_t)len;

		if (hdr.command < PROTO_REGION_READ)
			memcpy(msg + sizeof(hdr), &val, 4);
	}
	return sizeof(hdr) + len;
}

static void drain(struct kit *kit)
{
	uint8_t buf[65536];

	while (recv(kit->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

static void at_random(void **state)
{
	struct kit *kit = *state;
	unsigned n = getenv("SOAK") ? 2000000 : 40000, fds = kit_open_fds(), clients = 0;
	uint64_t seed = 1;
	uint8_t msg[128];
	int fd[3] = { kit_memfd(65536, 1), kit_memfd(65536, 0), eventfd(0, EFD_CLOEXEC) };

	for (unsigned i = 0; i < n; i++) {
		size_t len = random_message(&seed, msg);
		unsigned nfds = random_next(&seed) % 4 ? 0 : random_next(&seed) % 4;

		kit_send_raw(kit, msg, len, fd + random_next(&seed) % (4 - nfds), nfds);
		if (random_next(&seed) % 4 == 0)
			server_intx(kit->server, random_next(&seed) & 1);
		if (random_next(&seed) % 4)
			continue;
		kit_settle(kit);
		drain(kit);
		if (server_busy(kit->server) && random_next(&seed) % 4096)
			continue;
		close(kit->fd);
		kit->fd = -1;
		kit_settle(kit);
		kit_connect(kit);
		if (random_next(&seed) % 16)
			kit_hello(kit);
		clients++;
	}
	assert_true(clients > 100);
	kit_disconnect(kit);
	for (unsigned i = 0; i < 3; i++)
		close(fd[i]);
	kit_connect(kit);
	kit_hello(kit);
	assert_int_equal(kit_read(kit, CFG, 0, 2), 0x1af4);
	assert_int_equal(kit_open_fds(), fds);
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

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
		T(never_reads),
		T(reads_late),
		T(complaints),
		T(at_random),
	};

	return cmocka_run_group_tests_name("vfio_hostile", tests, NULL, NULL);
}
