/* SPDX-License-Identifier: MIT */
#include "tests/lib/vfio_fuzz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/lib/peer.h"

/* Bytes of payload that each command has when it is a sane one. */
static const uint8_t length[PROTO_COMMANDS] = {
	[PROTO_VERSION] = 4,
	[PROTO_DMA_MAP] = 32,
	[PROTO_DMA_UNMAP] = 24,
	[PROTO_DEVICE_GET_INFO] = 16,
	[PROTO_DEVICE_GET_REGION_INFO] = 32,
	[PROTO_DEVICE_GET_REGION_IO_FDS] = 16,
	[PROTO_DEVICE_GET_IRQ_INFO] = 16,
	[PROTO_DEVICE_SET_IRQS] = 20,
	[PROTO_REGION_READ] = 16,
	[PROTO_REGION_WRITE] = 20,
	[PROTO_DMA_READ] = 20,
	[PROTO_DMA_WRITE] = 20,
	[PROTO_REGION_WRITE_MULTI] = 32,
	[PROTO_DEVICE_FEATURE] = 8,
	[PROTO_MIG_DATA_READ] = 8,
	[PROTO_MIG_DATA_WRITE] = 8,
};

static uint32_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static bool one_in(uint64_t *seed, unsigned n)
{
	return next(seed) % n == 0;
}

/* A number that is likely to matter. */
static uint64_t number(uint64_t *seed)
{
	static const uint64_t likely[] = { 0,    1,    4,     8,     16,      20,
					   24,   32,   255,   256,   4095,    4096,
					   8192, 0x14, 32767, 32768, 1048576, UINT32_MAX };
	uint32_t r = next(seed);

	return r & 1 ? likely[r / 2 % (sizeof(likely) / sizeof(likely[0]))] : r / 2 % 64;
}

static void put(uint8_t *at, uint32_t val)
{
	memcpy(at, &val, sizeof(val));
}

static uint32_t region(uint64_t *seed)
{
	return one_in(seed, 2) ? VFIO_PCI_BAR0_REGION_INDEX : VFIO_PCI_CONFIG_REGION_INDEX;
}

/* What most messages of a command must have right to get past the first check. */
static void make_likely(uint64_t *seed, uint16_t command, uint8_t *body, size_t len)
{
	static const uint32_t action[] = { 0x21, 0x24, 0x0a, 0x12, 0x14, 0x22, 0x09, 0x11 };

	switch (command) {
	case PROTO_VERSION:
		put(body, 0);
		break;
	case PROTO_DMA_MAP:
		put(body + 4, 1 + next(seed) % 3);
		memset(body + 8, 0, 24);
		put(body + 8, next(seed) % 8 * 4096);
		put(body + 16, next(seed) % 64 * 4096);
		put(body + 24, (1 + next(seed) % 8) * 4096);
		break;
	case PROTO_DEVICE_SET_IRQS:
		put(body + 4, action[next(seed) % 8]);
		put(body + 8, one_in(seed, 2) ? VFIO_PCI_MSIX_IRQ_INDEX : VFIO_PCI_INTX_IRQ_INDEX);
		put(body + 12, one_in(seed, 2) ? 0 : next(seed) % 8);
		put(body + 16, one_in(seed, 2) ? 1 : next(seed) % 4);
		break;
	case PROTO_REGION_READ:
	case PROTO_REGION_WRITE:
		put(body, next(seed) % 0x4000);
		put(body + 4, 0);
		put(body + 8, region(seed));
		put(body + 12, command == PROTO_REGION_WRITE ? 4 : next(seed) % 64);
		return;
	case PROTO_REGION_WRITE_MULTI:
		put(body, 1);
		put(body + 4, 0);
		put(body + 8, next(seed) % 0x4000);
		put(body + 12, 0);
		put(body + 16, region(seed));
		put(body + 20, 1 + next(seed) % 8);
		return;
	default:
		break;
	}
	if (command != PROTO_VERSION && len >= 4)
		put(body, (uint32_t)len); /* argsz */
}

/* A whole message, mostly of a size that is right for its command. */
static size_t make_message(uint64_t *seed, uint8_t *msg)
{
	struct proto_hdr hdr = { .id = (uint16_t)next(seed) };
	uint8_t *body = msg + sizeof(hdr);
	size_t len;

	hdr.command = (uint16_t)(next(seed) % (PROTO_COMMANDS + 1));
	len = hdr.command < PROTO_COMMANDS ? length[hdr.command] : 8;
	for (size_t i = 0; i < 64; i += 4)
		put(body + i, (uint32_t)number(seed));
	if (!one_in(seed, 4))
		make_likely(seed, hdr.command, body, len);
	if (one_in(seed, 16))
		len = next(seed) % 64;
	hdr.size = (uint32_t)(sizeof(hdr) + len);
	if (one_in(seed, 256))
		hdr.size = (uint32_t)number(seed);
	if (one_in(seed, 16))
		hdr.flags = one_in(seed, 2) ? PROTO_NO_REPLY : next(seed) % 64;
	memcpy(msg, &hdr, sizeof(hdr));
	return sizeof(hdr) + len;
}

/* Not a message at all any more: some bytes differ, or are missing. */
static size_t damage(uint64_t *seed, uint8_t *msg, size_t len)
{
	for (unsigned n = 1 + next(seed) % 8; n; n--)
		msg[next(seed) % len] ^= (uint8_t)(1 << next(seed) % 8);
	return one_in(seed, 2) ? len : next(seed) % len + 1;
}

static void drain(struct peer *peer)
{
	uint8_t buf[65536];

	peer_settle(peer);
	while (recv(peer->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

static void next_client(struct peer *peer, bool hello)
{
	close(peer->fd);
	peer->fd = -1;
	peer_settle(peer);
	peer_connect(peer);
	if (hello)
		peer_hello(peer);
}

void vfio_fuzz(struct peer *peer, uint64_t seed, unsigned n)
{
	int fd[4] = { peer_memfd(65536, 1), peer_memfd(65536, 0), eventfd(0, EFD_CLOEXEC),
		      eventfd(0, EFD_CLOEXEC) };
	unsigned clients = 0, open_fds;
	struct server_stats before, after;
	uint8_t msg[128];

	next_client(peer, true);
	open_fds = peer_open_fds();
	server_stats(peer->server, &before);
	for (unsigned i = 0; i < n; i++) {
		size_t len = make_message(&seed, msg);
		unsigned nfds = one_in(&seed, 2) ? next(&seed) % 4 : 0;

		if (one_in(&seed, 256))
			len = damage(&seed, msg, len);
		peer_send_raw(peer, msg, len, fd + next(&seed) % (5 - nfds), nfds);
		if (!one_in(&seed, 4))
			continue;
		drain(peer);
		if (server_busy(peer->server) && !one_in(&seed, 2048))
			continue;
		next_client(peer, !one_in(&seed, 16));
		clients++;
	}
	next_client(peer, true);
	assert_int_equal(peer_open_fds(), open_fds);
	server_stats(peer->server, &after);
	/* It was not all turned down at the door. */
	assert_true(clients >= n / 2048);
	assert_true(after.ses.reads - before.ses.reads > n / 256);
	assert_true(after.ses.writes - before.ses.writes > n / 256);
	assert_true(after.ses.maps - before.ses.maps > n / 256);
	assert_true(after.ses.set_irqs - before.ses.set_irqs > n / 1024);
	for (unsigned i = 0; i < 4; i++)
		close(fd[i]);
}
