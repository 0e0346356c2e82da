/* SPDX-License-Identifier: MIT */
#include "bridge/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RX_FIRST 65536

int conn_open(struct conn *conn, int fd)
{
	uint8_t *rx = malloc(RX_FIRST);

	if (!rx)
		return -ENOMEM;
	*conn = (struct conn){ .fd = fd, .rx = rx, .rx_cap = RX_FIRST };
	return 0;
}

static void close_fds(int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void conn_close(struct conn *conn)
{
	close_fds(conn->fds, conn->nfds);
	close(conn->fd);
	free(conn->rx);
	free(conn->tx);
	*conn = (struct conn){ .fd = -1 };
}

/*
 * A stream keeps no message boundaries, but a receive ends behind the sender's write that
 * carried descriptors. Whoever sends a message, or its first part, and its descriptors in
 * one write thus means the message that the received bytes end in.
 */
static int take_fds(struct conn *conn, struct msghdr *mh)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		unsigned n = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		const int *fds = (const int *)CMSG_DATA(c);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (unsigned i = 0; i < n; i++) {
			if (conn->nfds < CONN_FDS)
				conn->fds[conn->nfds++] = fds[i];
			else
				close(fds[i]);
		}
		conn->fds_at = conn->wr - 1;
	}
	return mh->msg_flags & MSG_CTRUNC || conn->nfds == CONN_FDS ? -EPROTO : 0;
}

/* Room behind the last byte for the rest of the message that is coming in. */
static int make_room(struct conn *conn)
{
	struct proto_hdr hdr = { .size = 0 };
	uint8_t *more;

	if (conn->rd) {
		memmove(conn->rx, conn->rx + conn->rd, conn->wr - conn->rd);
		conn->wr -= conn->rd;
		conn->fds_at -= conn->rd;
		conn->rd = 0;
	}
	if (conn->wr >= sizeof(hdr))
		memcpy(&hdr, conn->rx, sizeof(hdr));
	if (hdr.size > PROTO_MAX_MSG)
		return -EPROTO;
	if (hdr.size <= conn->rx_cap)
		return 0;
	more = realloc(conn->rx, hdr.size);
	if (!more)
		return -ENOMEM;
	conn->rx = more;
	conn->rx_cap = hdr.size;
	return 0;
}

long conn_recv(struct conn *conn)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(CONN_FDS * sizeof(int))];
	} control;
	struct iovec iov;
	struct msghdr mh = { .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.buf,
			     .msg_controllen = sizeof(control.buf) };
	ssize_t got;
	int err = make_room(conn);

	if (err)
		return err;
	iov = (struct iovec){ conn->rx + conn->wr, conn->rx_cap - conn->wr };
	do
		got = recvmsg(conn->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	conn->wr += (size_t)got;
	if (mh.msg_controllen || mh.msg_flags & MSG_CTRUNC)
		err = take_fds(conn, &mh);
	if (err)
		return err;
	return got ? got : -ECONNRESET;
}

int conn_next(struct conn *conn, struct conn_msg *msg)
{
	size_t have = conn->wr - conn->rd;
	uint8_t *at = conn->rx + conn->rd;

	if (have < sizeof(msg->hdr))
		return 0;
	memcpy(&msg->hdr, at, sizeof(msg->hdr));
	if (msg->hdr.size < sizeof(msg->hdr) || msg->hdr.size > PROTO_MAX_MSG)
		return -EPROTO;
	if (have < msg->hdr.size)
		return 0;
	/* Only a message of odd size before this one puts it off its alignment. */
	if (conn->rd % 8) {
		memmove(conn->rx, at, have);
		conn->fds_at -= conn->rd;
		conn->rd = 0;
		conn->wr = have;
		at = conn->rx;
	}
	msg->body = at + sizeof(msg->hdr);
	msg->len = msg->hdr.size - sizeof(msg->hdr);
	msg->fds = conn->fds;
	msg->nfds = conn->nfds && conn->fds_at < conn->rd + msg->hdr.size ? conn->nfds : 0;
	return 1;
}

void conn_done(struct conn *conn, struct conn_msg *msg)
{
	if (msg->nfds) {
		close_fds(conn->fds, conn->nfds);
		conn->nfds = 0;
	}
	conn->rd += msg->hdr.size;
	if (conn->rd == conn->wr)
		conn->rd = conn->wr = 0;
}

static int keep(struct conn *conn, const uint8_t *data, size_t len)
{
	uint8_t *tx = realloc(conn->tx, conn->tx_len + len);

	if (!tx)
		return -ENOMEM;
	memcpy(tx + conn->tx_len, data, len);
	conn->tx = tx;
	conn->tx_len += len;
	return 0;
}

/* Bytes that went out at once, 0 if the peer does not take any now. */
static ssize_t push(struct conn *conn, const uint8_t *data, size_t len)
{
	ssize_t sent;

	do
		sent = send(conn->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN ? 0 : -errno;
	return sent;
}

int conn_send(struct conn *conn, const void *data, size_t len)
{
	ssize_t sent = conn->tx_len ? 0 : push(conn, data, len);

	if (sent < 0)
		return (int)sent;
	if ((size_t)sent == len)
		return 0;
	return keep(conn, (const uint8_t *)data + sent, len - (size_t)sent);
}

int conn_flush(struct conn *conn)
{
	ssize_t sent = conn->tx_len ? push(conn, conn->tx, conn->tx_len) : 0;

	if (sent <= 0)
		return (int)sent;
	conn->tx_len -= (size_t)sent;
	memmove(conn->tx, conn->tx + sent, conn->tx_len);
	return 0;
}

bool conn_stuck(const struct conn *conn)
{
	return conn->tx_len > 0;
}
