/* SPDX-License-Identifier: MIT */
#include "tests/lib/vfio_kit.h"

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
	struct kit *kit = ctx;

	(void)line;
	if (level <= LOG_WARN)
		kit->lines++;
}

int kit_setup(void **state)
{
	struct kit *kit = calloc(1, sizeof(*kit));
	struct server_config cfg;

	assert_non_null(kit);
	kit->log = (struct log){ .level = LOG_DEBUG, .hook = on_line, .ctx = kit };
	kit->loop = loop_new();
	kit->mem = mem_new();
	kit->fd = -1;
	array_backend_init(&kit->ab);
	cfg = (struct server_config){ .loop = kit->loop,
				      .mem = kit->mem,
				      .backend = &kit->ab.be,
				      .log = &kit->log,
				      .stuck_ms = 200,
				      .dma_timeout_ms = 1000 };
	assert_int_equal(server_new(&cfg, &kit->server), 0);
	kit_connect(kit);
	kit_hello(kit);
	*state = kit;
	return 0;
}

int kit_teardown(void **state)
{
	struct kit *kit = *state;

	if (kit->fd >= 0)
		close(kit->fd);
	server_free(kit->server);
	assert_null(mem_at(kit->mem, 0));
	mem_free(kit->mem);
	loop_free(kit->loop);
	free(kit);
	return 0;
}

void kit_connect(struct kit *kit)
{
	int sv[2];

	assert_int_equal(kit->fd, -1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(server_attach(kit->server, sv[1]), 0);
	kit->fd = sv[0];
}

void kit_hello(struct kit *kit)
{
	const struct proto_version version = { PROTO_MAJOR, PROTO_MINOR };
	struct proto_version reply;

	assert_int_equal(kit_call(kit, PROTO_VERSION, &version, sizeof(version), NULL, 0, &reply,
				  sizeof(reply)),
			 sizeof(reply));
}

void kit_disconnect(struct kit *kit)
{
	close(kit->fd);
	kit->fd = -1;
	kit_settle(kit);
	assert_false(server_busy(kit->server));
}

void kit_settle(struct kit *kit)
{
	while (loop_step(kit->loop, 0) > 0)
		;
}

void kit_send_raw(struct kit *kit, const void *data, size_t len, const int *fds, unsigned nfds)
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
	n = sendmsg(kit->fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n >= 0 && (size_t)n < len) { /* longer than the socket holds */
		at += n;
		len -= (size_t)n;
		loop_step(kit->loop, 0);
		n = send(kit->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			n = 0;
	}
}

uint16_t kit_send(struct kit *kit, uint16_t command, uint32_t flags, const void *body, size_t len,
		  const int *fds, unsigned nfds)
{
	struct proto_hdr hdr = { .id = ++kit->id,
				 .command = command,
				 .size = (uint32_t)(sizeof(hdr) + len),
				 .flags = flags };
	uint8_t *msg = malloc(hdr.size);

	assert_non_null(msg);
	memcpy(msg, &hdr, sizeof(hdr));
	if (len)
		memcpy(msg + sizeof(hdr), body, len);
	kit_send_raw(kit, msg, hdr.size, fds, nfds);
	free(msg);
	return hdr.id;
}

/* All of len bytes, with the loop stepped while they are not there: 0, -EAGAIN, KIT_GONE. */
static int take(struct kit *kit, void *buf, size_t len)
{
	uint8_t *at = buf;
	unsigned idle = 0;

	while (len) {
		ssize_t n = recv(kit->fd, at, len, MSG_DONTWAIT);

		if (n == 0 || (n < 0 && errno != EAGAIN))
			return KIT_GONE;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		idle = loop_step(kit->loop, 0) > 0 ? 0 : idle + 1;
		if (idle > 1)
			return -EAGAIN;
	}
	return 0;
}

int kit_recv(struct kit *kit, struct proto_hdr *hdr, void *body, size_t room)
{
	int err = take(kit, hdr, sizeof(*hdr));

	if (err)
		return err;
	assert_true(hdr->size >= sizeof(*hdr));
	assert_true(hdr->size - sizeof(*hdr) <= room);
	err = take(kit, body, hdr->size - sizeof(*hdr));
	return err ? err : (int)(hdr->size - sizeof(*hdr));
}

static void answer_dma(struct kit *kit, struct proto_hdr hdr, struct proto_dma_rw *rw)
{
	uint8_t *at = kit->dma + (rw->address - kit->dma_gpa);
	size_t len = sizeof(*rw);

	kit->dma_requests++;
	assert_true(rw->address >= kit->dma_gpa);
	assert_true(rw->address - kit->dma_gpa + rw->count <= sizeof(kit->dma));
	if (hdr.command == PROTO_DMA_WRITE) {
		memcpy(at, rw + 1, rw->count);
	} else {
		memcpy(rw + 1, at, rw->count);
		len += rw->count;
	}
	hdr.flags = PROTO_REPLY;
	hdr.size = (uint32_t)(sizeof(hdr) + len);
	kit_send_raw(kit, &hdr, sizeof(hdr), NULL, 0);
	kit_send_raw(kit, rw, len, NULL, 0);
}

int kit_call(struct kit *kit, uint16_t command, const void *body, size_t len, const int *fds,
	     unsigned nfds, void *reply, size_t room)
{
	uint16_t id = kit_send(kit, command, PROTO_REQUEST, body, len, fds, nfds);
	union {
		struct proto_dma_rw rw;
		uint8_t bytes[65536];
	} *buf = malloc(sizeof(*buf));
	struct proto_hdr hdr;
	int n;

	assert_non_null(buf);
	for (;;) {
		n = kit_recv(kit, &hdr, buf, sizeof(*buf));
		if (n < 0 || hdr.flags & PROTO_REPLY)
			break;
		answer_dma(kit, hdr, &buf->rw);
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

uint32_t kit_read(struct kit *kit, unsigned region, uint64_t off, unsigned size)
{
	struct proto_region_rw rw = { .offset = off, .region = region, .count = size };
	struct {
		struct proto_region_rw rw;
		uint32_t val;
	} reply = { .val = 0 };

	assert_int_equal(kit_call(kit, PROTO_REGION_READ, &rw, sizeof(rw), NULL, 0, &reply,
				  sizeof(rw) + size),
			 sizeof(rw) + size);
	assert_memory_equal(&reply.rw, &rw, sizeof(rw));
	return reply.val;
}

void kit_write(struct kit *kit, unsigned region, uint64_t off, unsigned size, uint32_t val)
{
	struct {
		struct proto_region_rw rw;
		uint32_t val;
	} msg = { { .offset = off, .region = region, .count = size }, val };
	struct proto_region_rw reply;

	assert_int_equal(kit_call(kit, PROTO_REGION_WRITE, &msg, sizeof(msg.rw) + size, NULL, 0,
				  &reply, sizeof(reply)),
			 sizeof(reply));
	assert_memory_equal(&reply, &msg.rw, sizeof(reply));
}

int kit_memfd(size_t size, int sealed)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	return fd;
}

unsigned kit_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}
