/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: what a client of the vfio-user server may send. The server lives through all
 * inputs, as a real one does; each input is a client, gone at its end.
 *
 * An input is a list of messages: a byte each for the command, the flags, the number of
 * descriptors (and which: 0x10), and the length of the body, then the body. Command 0xff
 * sends the body as it is, without a header. The first byte says if the client agrees on
 * the version before.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/peer.h"

#define RAW 0xff

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bench {
	struct peer peer;
	int fd[4];
};

static struct bench *bench(void)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert(b);
	array_backend_init(&b->peer.ab);
	peer_open(&b->peer, &b->peer.ab.be);
	b->peer.log.level = LOG_ERR;
	b->fd[0] = peer_memfd(65536, 1);
	b->fd[1] = peer_memfd(65536, 0);
	b->fd[2] = eventfd(0, EFD_CLOEXEC);
	b->fd[3] = eventfd(0, EFD_CLOEXEC);
	/* The first client may make something for good. */
	peer_connect(&b->peer);
	peer_disconnect(&b->peer);
	return b;
}

static void drain(struct peer *peer)
{
	uint8_t buf[65536];

	peer_settle(peer);
	while (recv(peer->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

/* The next message of the input; how many bytes of it were used. */
static size_t send_one(struct bench *b, const uint8_t *at, size_t left)
{
	size_t len = at[3] < left - 4 ? at[3] : left - 4;
	struct proto_hdr hdr = {
		.id = 7, .command = at[0], .size = (uint32_t)(sizeof(hdr) + len), .flags = at[1]
	};
	uint8_t msg[sizeof(hdr) + 255];
	unsigned nfds = at[2] & 3, first = at[2] & 0x10 ? 2 : 0;

	memcpy(msg, &hdr, sizeof(hdr));
	memcpy(msg + sizeof(hdr), at + 4, len);
	if (nfds > 2)
		first = 0;
	if (at[0] != RAW)
		peer_send_raw(&b->peer, msg, hdr.size, b->fd + first, nfds);
	else if (len)
		peer_send_raw(&b->peer, at + 4, len, b->fd + first, nfds);
	return 4 + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench *b;
	unsigned fds;

	if (!b)
		b = bench();
	if (!size)
		return 0;
	fds = peer_open_fds(); /* libFuzzer opens some, too, between inputs */
	peer_connect(&b->peer);
	if (data[0] & 1)
		peer_hello(&b->peer);
	for (size_t at = 1; at + 4 <= size;) {
		at += send_one(b, data + at, size - at);
		drain(&b->peer);
	}
	peer_disconnect(&b->peer);
	assert(!mem_at(b->peer.mem, 0));
	assert(peer_open_fds() == fds);
	return 0;
}
