/* SPDX-License-Identifier: MIT */
#include "bridge/server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/conn.h"
#include "bridge/listen.h"
#include "bridge/loop.h"
#include "sim/log.h"

struct server {
	struct server_config cfg;
	struct session *ses;
	char *path;          /* of the socket, or NULL */
	int listen_fd, node; /* node: of a hidden one, else -1 */
	struct loop_source *listen;
	struct loop_source *patience; /* runs while a second client waits */
	struct conn conn;             /* fd -1: no client */
	struct loop_source *src;
	struct loop_source *stuck; /* runs while the client takes nothing */
	int send_err;              /* what went wrong since last looked at */
	struct server_stats stats;
};

bool server_busy(const struct server *server)
{
	return server->conn.fd >= 0;
}

static int send_bytes(void *ctx, const void *msg, size_t len)
{
	struct server *server = ctx;
	int err = server_busy(server) ? conn_send(&server->conn, msg, len) : -ENOTCONN;

	if (err)
		server->send_err = err;
	return err;
}

static void drop_source(struct loop_source **src)
{
	if (*src)
		loop_drop(*src);
	*src = NULL;
}

/* `why` NULL: the client closed its end, all is well. */
static void end_client(struct server *server, const char *why)
{
	if (why) {
		server->stats.dropped++;
		log_warn(server->cfg.log, "client dropped: %s", why);
	} else {
		log_info(server->cfg.log, "client gone");
	}
	drop_source(&server->src);
	drop_source(&server->stuck);
	drop_source(&server->patience);
	conn_close(&server->conn);
	session_end(server->ses);
	if (server->listen)
		loop_fd_events(server->listen, POLLIN);
	if (server->cfg.client)
		server->cfg.client(server->cfg.ctx, false);
}

static void on_stuck(void *ctx)
{
	struct server *server = ctx;

	server->stuck = NULL;
	end_client(server, "it does not read what it is sent");
}

/* Why sending failed, as end_client wants it. */
static const char *send_failed(const struct server *server)
{
	if (server->send_err == -EPIPE || server->send_err == -ECONNRESET)
		return NULL;
	return strerror(-server->send_err);
}

/* After anything that may have sent: waits for room to send, or for messages. */
static void settle(struct server *server)
{
	bool stuck = conn_stuck(&server->conn);

	if (server->send_err) {
		end_client(server, send_failed(server));
		return;
	}
	loop_fd_events(server->src, stuck ? POLLOUT : POLLIN);
	if (!stuck)
		drop_source(&server->stuck);
	else if (!server->stuck)
		server->stuck =
			loop_timer(server->cfg.loop, server->cfg.stuck_ms, on_stuck, server);
}

/* Takes the messages that are there. NULL, or why the client must go. */
static const char *take_messages(struct server *server)
{
	const char *why = NULL;
	struct conn_msg msg;
	int got = 0;

	while (!why && !server->send_err && !conn_stuck(&server->conn)) {
		got = conn_next(&server->conn, &msg);
		if (got <= 0)
			break;
		why = session_message(server->ses, &msg);
		conn_done(&server->conn, &msg);
	}
	return got < 0 ? "a message of impossible size" : why;
}

static const char *receive(struct server *server, bool *gone)
{
	long got = conn_recv(&server->conn);

	if (got == -EAGAIN)
		return NULL;
	*gone = got == -ECONNRESET;
	if (got == -EPROTO)
		return "more descriptors than a message can have";
	return got < 0 && !*gone ? strerror((int)-got) : NULL;
}

static void on_client(void *ctx, short revents)
{
	struct server *server = ctx;
	const char *why = NULL;
	bool gone = false;
	int err;

	(void)revents;
	if (conn_stuck(&server->conn)) {
		drop_source(&server->stuck); /* it takes something */
		err = conn_flush(&server->conn);
		if (err)
			server->send_err = err;
	} else {
		why = receive(server, &gone);
	}
	if (!why && !gone)
		why = take_messages(server);
	if ((why || gone) && !server->send_err)
		end_client(server, why);
	else
		settle(server);
}

int server_attach(struct server *server, int fd)
{
	int err;

	if (server_busy(server))
		return -EBUSY;
	err = conn_open(&server->conn, fd);
	if (err)
		return err;
	server->send_err = 0;
	server->src = loop_fd(server->cfg.loop, fd, POLLIN, on_client, server);
	if (!server->src) {
		conn_close(&server->conn);
		return -ENOMEM;
	}
	server->stats.clients++;
	log_info(server->cfg.log, "client connected");
	if (server->cfg.client)
		server->cfg.client(server->cfg.ctx, true);
	return 0;
}

/* The one who waited has waited long enough, and with it all others. */
static void on_patience(void *ctx)
{
	struct server *server = ctx;
	int fd;

	server->patience = NULL;
	while ((fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		close(fd);
		server->stats.refused++;
		log_warn(server->cfg.log, "another client turned away: one is being served");
	}
	loop_fd_events(server->listen, POLLIN);
}

static void on_listen(void *ctx, short revents)
{
	struct server *server = ctx;
	int fd;

	(void)revents;
	if (server_busy(server)) {
		loop_fd_events(server->listen, 0);
		server->patience =
			loop_timer(server->cfg.loop, server->cfg.wait_ms, on_patience, server);
		return;
	}
	fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0 && server_attach(server, fd))
		close(fd);
}

static int open_socket(struct server *server)
{
	bool hidden = !strcmp(server->cfg.path, SERVER_HIDDEN);
	char path[LISTEN_PATH];
	int fd = hidden ? listen_hidden(path, &server->node) : listen_unix(server->cfg.path);

	if (fd < 0)
		return fd;
	server->path = strdup(hidden ? path : server->cfg.path);
	server->listen_fd = fd;
	server->listen = loop_fd(server->cfg.loop, fd, POLLIN, on_listen, server);
	return server->path && server->listen ? 0 : -ENOMEM;
}

static void set_defaults(struct server_config *cfg)
{
	if (!cfg->wait_ms)
		cfg->wait_ms = 1000;
	if (!cfg->stuck_ms)
		cfg->stuck_ms = 10000;
}

int server_new(const struct server_config *cfg, struct server **out)
{
	struct server *server = calloc(1, sizeof(*server));
	struct session_config ses = { .loop = cfg->loop,
				      .mem = cfg->mem,
				      .backend = cfg->backend,
				      .log = cfg->log,
				      .dma_timeout_ms = cfg->dma_timeout_ms,
				      .ctx = server,
				      .send = send_bytes };
	int err = 0;

	*out = NULL;
	if (!server)
		return -ENOMEM;
	server->cfg = *cfg;
	set_defaults(&server->cfg);
	server->listen_fd = server->node = server->conn.fd = -1;
	server->ses = session_new(&ses);
	if (!server->ses)
		err = -ENOMEM;
	if (!err && cfg->path)
		err = open_socket(server);
	if (err) {
		log_err(cfg->log, "cannot serve on %s: %s", cfg->path ? cfg->path : "a socket",
			strerror(-err));
		server_free(server);
		return err;
	}
	*out = server;
	return 0;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	if (server_busy(server))
		end_client(server, NULL);
	drop_source(&server->listen);
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	if (server->node >= 0)
		close(server->node);
	else if (server->listen_fd >= 0)
		unlink(server->path);
	session_free(server->ses);
	free(server->path);
	free(server);
}

const char *server_path(const struct server *server)
{
	return server->path;
}

void server_run(struct server *server)
{
	session_run(server->ses);
	if (server_busy(server))
		settle(server);
}

void server_intx(struct server *server, bool level)
{
	session_intx(server->ses, level);
}

void server_msix(struct server *server, unsigned vector)
{
	session_msix(server->ses, vector);
}

const struct latency *server_latency(const struct server *server)
{
	return session_latency(server->ses);
}

void server_stats(const struct server *server, struct server_stats *stats)
{
	*stats = server->stats;
	session_stats(server->ses, &stats->ses);
}
