/* SPDX-License-Identifier: MIT */
#include "tests/lib/peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void on_line(void *ctx, enum log_level level, const char *line)
{
	struct peer *peer = ctx;

	(void)line;
	if (level <= LOG_WARN)
		peer->lines++;
}

void peer_open(struct peer *peer, const struct backend *backend)
{
	struct server_config cfg = {
		.backend = backend, .log = &peer->log, .stuck_ms = 200, .dma_timeout_ms = 1000
	};

	peer->log = (struct log){ .level = LOG_DEBUG, .hook = on_line, .ctx = peer };
	peer->loop = cfg.loop = loop_new();
	if (!peer->mem)
		peer->mem = mem_new();
	cfg.mem = peer->mem;
	peer->fd = -1;
	peer->dma = peer->own;
	peer->dma_size = sizeof(peer->own);
	assert_int_equal(server_new(&cfg, &peer->server), 0);
}

void peer_close(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	server_free(peer->server);
	assert_null(mem_at(peer->mem, 0));
	mem_free(peer->mem);
	loop_free(peer->loop);
}

int peer_setup(void **state)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	assert_non_null(peer);
	array_backend_init(&peer->ab);
	peer_open(peer, &peer->ab.be);
	peer_connect(peer);
	peer_hello(peer);
	*state = peer;
	return 0;
}

int peer_teardown(void **state)
{
	peer_close(*state);
	free(*state);
	return 0;
}

void peer_connect(struct peer *peer)
{
	int sv[2];

	assert_int_equal(peer->fd, -1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(server_attach(peer->server, sv[1]), 0);
	peer->fd = sv[0];
}

void peer_hello(struct peer *peer)
{
	const struct proto_version version = { PROTO_MAJOR, PROTO_MINOR };
	struct proto_version reply;

	assert_int_equal(peer_call(peer, PROTO_VERSION, &version, sizeof(version), NULL, 0, &reply,
				   sizeof(reply)),
			 sizeof(reply));
}

void peer_disconnect(struct peer *peer)
{
	close(peer->fd);
	peer->fd = -1;
	peer_settle(peer);
	assert_false(server_busy(peer->server));
}

void peer_settle(struct peer *peer)
{
	while (loop_step(peer->loop, 0) > 0)
		;
}

void peer_send_raw(struct peer *peer, const void *data, size_t len, const int *fds, unsigned nfds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(253 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	const uint8_t *at = data;
	ssize_t n;

	if (nfds) {
		struct cmsghdr *c;

		mh.msg_control = control.buf;
		mh.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	n = sendmsg(peer->fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n >= 0 && (size_t)n < len) { /* longer than the socket holds */
		at += n;
		len -= (size_t)n;
		loop_step(peer->loop, 0);
		n = send(peer->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			n = 0;
	}
}

uint16_t peer_send(struct peer *peer, uint16_t command, uint32_t flags, const void *body,
		   size_t len, const int *fds, unsigned nfds)
{
	struct proto_hdr hdr = { .id = ++peer->id,
				 .command = command,
				 .size = (uint32_t)(sizeof(hdr) + len),
				 .flags = flags };
	uint8_t *msg = malloc(hdr.size);

	assert_non_null(msg);
	memcpy(msg, &hdr, sizeof(hdr));
	if (len)
		memcpy(msg + sizeof(hdr), body, len);
	peer_send_raw(peer, msg, hdr.size, fds, nfds);
	free(msg);
	return hdr.id;
}

/* All of len bytes, with the loop stepped while they are not there: 0, -EAGAIN, PEER_GONE. */
static int take(struct peer *peer, void *buf, size_t len)
{
	uint8_t *at = buf;
	unsigned idle = 0;

	while (len) {
		ssize_t n = recv(peer->fd, at, len, MSG_DONTWAIT);

		if (n == 0 || (n < 0 && errno != EAGAIN))
			return PEER_GONE;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		idle = loop_step(peer->loop, 0) > 0 ? 0 : idle + 1;
		if (idle > 1)
			return -EAGAIN;
	}
	return 0;
}

int peer_recv(struct peer *peer, struct proto_hdr *hdr, void *body, size_t room)
{
	int err = take(peer, hdr, sizeof(*hdr));

	if (err)
		return err;
	assert_true(hdr->size >= sizeof(*hdr));
	assert_true(hdr->size - sizeof(*hdr) <= room);
	err = take(peer, body, hdr->size - sizeof(*hdr));
	return err ? err : (int)(hdr->size - sizeof(*hdr));
}

static void answer_dma(struct peer *peer, struct proto_hdr hdr, struct proto_dma_rw *rw)
{
	uint8_t *at = peer->dma + (rw->address - peer->dma_gpa);
	size_t len = sizeof(*rw);

	peer->dma_requests++;
	assert_true(rw->address >= peer->dma_gpa);
	assert_true(rw->address - peer->dma_gpa + rw->count <= peer->dma_size);
	if (hdr.command == PROTO_DMA_WRITE) {
		memcpy(at, rw + 1, rw->count);
	} else {
		memcpy(rw + 1, at, rw->count);
		len += rw->count;
	}
	hdr.flags = PROTO_REPLY;
	hdr.size = (uint32_t)(sizeof(hdr) + len);
	peer_send_raw(peer, &hdr, sizeof(hdr), NULL, 0);
	peer_send_raw(peer, rw, len, NULL, 0);
}

union dma_msg {
	struct proto_dma_rw rw;
	uint8_t bytes[65536];
};

void peer_pump(struct peer *peer)
{
	union dma_msg *buf = malloc(sizeof(*buf));
	struct proto_hdr hdr;

	assert_non_null(buf);
	while (peer_recv(peer, &hdr, buf, sizeof(*buf)) >= 0) {
		assert_int_equal(hdr.flags, PROTO_REQUEST);
		answer_dma(peer, hdr, &buf->rw);
	}
	free(buf);
}

int peer_call(struct peer *peer, uint16_t command, const void *body, size_t len, const int *fds,
	      unsigned nfds, void *reply, size_t room)
{
	uint16_t id = peer_send(peer, command, PROTO_REQUEST, body, len, fds, nfds);
	union dma_msg *buf = malloc(sizeof(*buf));
	struct proto_hdr hdr;
	int n;

	assert_non_null(buf);
	for (;;) {
		n = peer_recv(peer, &hdr, buf, sizeof(*buf));
		if (n < 0 || hdr.flags & PROTO_REPLY)
			break;
		answer_dma(peer, hdr, &buf->rw);
	}
	if (n >= 0) {
		assert_int_equal(hdr.id, id);
		assert_int_equal(hdr.command, command);
		assert_true(n == 0 || !(hdr.flags & PROTO_ERROR));
		assert_true((size_t)n <= room);
		memcpy(reply ? reply : buf, buf, (size_t)n);
		if (hdr.flags & PROTO_ERROR)
			n = -(int)hdr.error;
	}
	free(buf);
	return n;
}

uint32_t peer_read(struct peer *peer, unsigned region, uint64_t off, unsigned size)
{
	struct proto_region_rw rw = { .offset = off, .region = region, .count = size };
	struct {
		struct proto_region_rw rw;
		uint32_t val;
	} reply = { .val = 0 };

	assert_int_equal(peer_call(peer, PROTO_REGION_READ, &rw, sizeof(rw), NULL, 0, &reply,
				   sizeof(rw) + size),
			 sizeof(rw) + size);
	assert_memory_equal(&reply.rw, &rw, sizeof(rw));
	return reply.val;
}

void peer_write(struct peer *peer, unsigned region, uint64_t off, unsigned size, uint32_t val)
{
	struct {
		struct proto_region_rw rw;
		uint32_t val;
	} msg = { { .offset = off, .region = region, .count = size }, val };
	struct proto_region_rw reply;

	assert_int_equal(peer_call(peer, PROTO_REGION_WRITE, &msg, sizeof(msg.rw) + size, NULL, 0,
				   &reply, sizeof(reply)),
			 sizeof(reply));
	assert_memory_equal(&reply, &msg.rw, sizeof(reply));
}

int peer_memfd(size_t size, int sealed)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	return fd;
}

unsigned peer_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}
