/* SPDX-License-Identifier: MIT */
/*
 * The vfio-user server: a socket, one client at a time, one device behind it.
 *
 * Runs from a struct loop. A client that comes while another is served waits for a second
 * and is turned away then. A client that breaks the protocol, or takes none of our bytes
 * for a while, is dropped; then, as after any disconnect, the device is reset, the
 * client's memory and eventfds are let go, and the next one is served.
 */
#ifndef BRIDGE_SERVER_H
#define BRIDGE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge/session.h"

struct latency;
struct server;

/* As path: a socket that no file is left of, as listen_hidden; server_path says where. */
#define SERVER_HIDDEN ""

struct server_config {
	const char *path; /* of the socket, or NULL: clients come by server_attach only */
	struct loop *loop;
	struct mem *mem; /* the client's memory goes here; nobody else maps anything */
	const struct backend *backend;
	const struct log *log;
	void *ctx;
	void (*client)(void *ctx, bool here); /* on connect and on disconnect, or NULL */
	unsigned wait_ms;                     /* how long a second client may wait; 0: 1000 */
	unsigned stuck_ms;                    /* how long a client may take nothing; 0: 10000 */
	unsigned dma_timeout_ms;              /* how long it may take to answer DMA; 0: 5000 */
};

struct server_stats {
	uint64_t clients, refused, dropped;
	struct session_stats ses; /* over all clients */
};

/*
 * A socket file that nobody listens on any more is replaced. On error logs one line and
 * returns -errno: -EADDRINUSE: another server lives there; -EEXIST: not a socket;
 * -ENAMETOOLONG.
 */
int server_new(const struct server_config *cfg, struct server **server);

/* Lets the client go and removes the socket file. */
void server_free(struct server *server);

/* Where clients connect; NULL: nowhere. */
const char *server_path(const struct server *server);

/* Serves a connected socket; takes it over. -EBUSY: there is a client. */
int server_attach(struct server *server, int fd);

bool server_busy(const struct server *server);

/* Lets the device work, after something gave it work past the server. */
void server_run(struct server *server);

/* From the device: its INTx level on change, each of its MSI-X messages. */
void server_intx(struct server *server, bool level);
void server_msix(struct server *server, unsigned vector);

/* As session_latency. */
const struct latency *server_latency(const struct server *server);

void server_stats(const struct server *server, struct server_stats *stats);

#endif
