/* SPDX-License-Identifier: MIT */
/*
 * One client's socket: whole messages in, with their file descriptors, and bytes out.
 *
 * The socket is never waited on. What cannot be sent at once is kept; while something is
 * kept (conn_stuck) no further request should be taken, which bounds it.
 */
#ifndef BRIDGE_CONN_H
#define BRIDGE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/proto.h"

#define CONN_FDS 253 /* the kernel's limit for one message */

struct conn {
	int fd;
	uint8_t *rx; /* bytes rx[rd .. wr) are received and not yet taken */
	size_t rx_cap, rd, wr;
	int fds[CONN_FDS]; /* received, and not yet taken */
	unsigned nfds;
	size_t fds_at; /* they belong to the message that holds rx[fds_at] */
	uint8_t *tx;   /* bytes tx[0 .. tx_len) still to be sent */
	size_t tx_len;
};

/* One received message, in place. */
struct conn_msg {
	struct proto_hdr hdr;
	const uint8_t *body; /* hdr.size - sizeof(hdr) bytes, aligned to 8 */
	size_t len;
	int *fds; /* who keeps one puts -1 in its place */
	unsigned nfds;
};

/* Takes the socket over. -ENOMEM. */
int conn_open(struct conn *conn, int fd);
void conn_close(struct conn *conn);

/*
 * Receives once. Bytes received, -EAGAIN, -ECONNRESET at the end of the stream, -EPROTO
 * for more descriptors than a message can have, -ENOMEM, or what recvmsg(2) said.
 */
long conn_recv(struct conn *conn);

/* 1: a whole message is in *msg; 0: not yet; -EPROTO: a size that no message has. */
int conn_next(struct conn *conn, struct conn_msg *msg);

/* Done with what conn_next gave: closes what descriptors were not kept. */
void conn_done(struct conn *conn, struct conn_msg *msg);

/* Sends, or keeps for conn_flush. -EPIPE and the like, -ENOMEM. */
int conn_send(struct conn *conn, const void *data, size_t len);
int conn_flush(struct conn *conn);
bool conn_stuck(const struct conn *conn);

#endif
