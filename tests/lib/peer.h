/* SPDX-License-Identifier: MIT */
/*
 * A vfio-user server over a C array, and a client of it, in one thread: whoever waits for
 * a reply steps the server's loop meanwhile, so nothing depends on time.
 */
#ifndef TESTS_LIB_PEER_H
#define TESTS_LIB_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/loop.h"
#include "bridge/proto.h"
#include "bridge/server.h"
#include "sim/log.h"
#include "sim/mem.h"
#include "tests/lib/array_backend.h"

#define PEER_GONE (-1000) /* the server closed the connection */

struct peer {
	struct loop *loop;
	struct mem *mem;
	struct array_backend ab;
	struct server *server;
	struct log log;
	unsigned lines; /* logged as warnings or errors */
	int fd;         /* the client's end, or -1 */
	uint16_t id;    /* of the last request */
	/* The memory behind windows without descriptor, for DMA by message. */
	uint8_t own[65536];
	uint8_t *dma; /* own, unless a test says otherwise */
	size_t dma_size;
	uint64_t dma_gpa;
	unsigned dma_requests; /* that were answered */
};

/* A server without socket file for this backend, and no client yet. */
void peer_open(struct peer *peer, const struct backend *backend);
void peer_close(struct peer *peer);

/* For cmocka: over the array, client attached and version agreed on. */
int peer_setup(void **state);
int peer_teardown(void **state);

/* Attaches a new client, without a word; peer_hello agrees on the version. */
void peer_connect(struct peer *peer);
void peer_hello(struct peer *peer);

/* Closes the client's end and lets the server notice. */
void peer_disconnect(struct peer *peer);

/* Sends raw bytes, with descriptors; the loop is not stepped. */
void peer_send_raw(struct peer *peer, const void *data, size_t len, const int *fds, unsigned nfds);

/* Sends a request. Returns its id. */
uint16_t peer_send(struct peer *peer, uint16_t command, uint32_t flags, const void *body,
		   size_t len, const int *fds, unsigned nfds);

/*
 * The next message from the server, its payload into `body`: bytes of payload, PEER_GONE,
 * or -EAGAIN when the loop has nothing left to do and none has come.
 */
int peer_recv(struct peer *peer, struct proto_hdr *hdr, void *body, size_t room);

/*
 * One command and its reply. Bytes of the reply's payload, -errno from an error reply,
 * or PEER_GONE. The server's DMA requests meanwhile are answered from peer->dma.
 */
int peer_call(struct peer *peer, uint16_t command, const void *body, size_t len, const int *fds,
	      unsigned nfds, void *reply, size_t room);

/* Lets the server handle all there is. */
void peer_settle(struct peer *peer);

/* The same, and answers its DMA requests. No reply may be due. */
void peer_pump(struct peer *peer);

uint32_t peer_read(struct peer *peer, unsigned region, uint64_t off, unsigned size);
void peer_write(struct peer *peer, unsigned region, uint64_t off, unsigned size, uint32_t val);

/* A memfd, sealed against shrinking or not. */
int peer_memfd(size_t size, int sealed);

/* Open descriptors of this process. */
unsigned peer_open_fds(void);

#endif
