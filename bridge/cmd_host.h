/* SPDX-License-Identifier: MIT */
/*
 * What a command that serves a device has around it on the host's side: the control
 * socket, if there is one, and the watch on the device. For cmd_serve.c and cmd_machine.c.
 */
#ifndef BRIDGE_CMD_HOST_H
#define BRIDGE_CMD_HOST_H

#include <jansson.h>
#include <stdio.h>

#include "sim/cmd_rig.h"
#include "sim/port.h"

struct host;
struct log;
struct loop;
struct mem;
struct server;

struct host_config {
	const char *name; /* of the device, in events */
	const char *qmp;  /* the control socket's path, or NULL */
	struct loop *loop;
	struct mem *mem;
	const struct log *log;
	FILE *story; /* or NULL */
	void *ctx;
	void (*quit)(void *ctx); /* a control client asks for the end */
};

/* NULL: no memory, or no socket (and then one line in the log). */
struct host *host_new(const struct host_config *cfg);
void host_free(struct host *host);

/* First: the port to give to the server's backend in place of this one. -ENOMEM. */
int host_watch(struct host *host, struct rig *rig, struct port *port);

/* Then: where guests are. NULL again before it is freed. */
void host_serve(struct host *host, struct server *server);

/* As rig_config.verdict, with the host as ctx. */
void host_verdict(void *host, const json_t *verdict);

/* As rig_config.elapsed, likewise. */
uint64_t host_elapsed(void *host);

/* What the device tells of the guest: as struct dev_sink's stat and hint. */
void host_stat(struct host *host, uint16_t tag, uint64_t value);
void host_hint(struct host *host, uint32_t id);

/* The guest is gone. */
void host_guest_gone(struct host *host);

/* Adds to a run's report what was noticed, "notes", and where time went, "latency". */
void host_report(const struct host *host, json_t *report);

#endif
