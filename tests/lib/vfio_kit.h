/* SPDX-License-Identifier: MIT */
/*
 * A vfio-user server over a C array, and a client of it, in one thread: whoever waits for
 * a reply steps the server's loop meanwhile, so nothing depends on time.
 */
#ifndef TESTS_LIB_VFIO_KIT_H
#define TESTS_LIB_VFIO_KIT_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/loop.h"
#include "bridge/proto.h"
#include "bridge/server.h"
#include "sim/log.h"
#include "sim/mem.h"
#include "tests/lib/array_backend.h"

#define KIT_GONE (-1000) /* the server closed the connection */

struct kit {
	struct loop *loop;
	struct mem *mem;
	struct array_backend ab;
	struct server *server;
	struct log log;
	unsigned lines;        /* logged as warnings or errors */
	int fd;                /* the client's end, or -1 */
	uint16_t id;           /* of the last request */
	unsigned dma_requests; /* kit_recv answered so many of the server's */
	uint8_t dma[65536];    /* what DMA by message reads and writes, from kit->dma_gpa */
	uint64_t dma_gpa;
};

/* For cmocka: server without socket file, client attached and version agreed on. */
int kit_setup(void **state);
int kit_teardown(void **state);

/* Attaches a new client, without a word; kit_hello agrees on the version. */
void kit_connect(struct kit *kit);
void kit_hello(struct kit *kit);

/* Closes the client's end and lets the server notice. */
void kit_disconnect(struct kit *kit);

/* Sends raw bytes, with descriptors; the loop is not stepped. */
void kit_send_raw(struct kit *kit, const void *data, size_t len, const int *fds, unsigned nfds);

/* Sends a request. Returns its id. */
uint16_t kit_send(struct kit *kit, uint16_t command, uint32_t flags, const void *body, size_t len,
		  const int *fds, unsigned nfds);

/*
 * The next message from the server, its payload into `body`: bytes of payload, KIT_GONE,
 * or -EAGAIN when the loop has nothing left to do and none has come.
 */
int kit_recv(struct kit *kit, struct proto_hdr *hdr, void *body, size_t room);

/*
 * One command and its reply. Bytes of the reply's payload, -errno from an error reply,
 * or KIT_GONE. The server's DMA requests meanwhile are answered from kit->dma.
 */
int kit_call(struct kit *kit, uint16_t command, const void *body, size_t len, const int *fds,
	     unsigned nfds, void *reply, size_t room);

/* Lets the server handle all there is. */
void kit_settle(struct kit *kit);

uint32_t kit_read(struct kit *kit, unsigned region, uint64_t off, unsigned size);
void kit_write(struct kit *kit, unsigned region, uint64_t off, unsigned size, uint32_t val);

/* A memfd, sealed against shrinking or not. */
int kit_memfd(size_t size, int sealed);

/* Open descriptors of this process. */
unsigned kit_open_fds(void);

#endif
