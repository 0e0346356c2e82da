/* SPDX-License-Identifier: MIT */
/*
 * What the messages of a client mean: the commands, and the device and memory behind them.
 * Knows no socket: messages come as struct conn_msg, replies and requests go to `send`.
 *
 * A malformed request gets an error reply and changes nothing; only what makes the rest
 * of the stream meaningless ends the session.
 */
#ifndef BRIDGE_SESSION_H
#define BRIDGE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;
struct conn_msg;
struct latency;
struct log;
struct loop;
struct mem;
struct session;

struct session_config {
	struct loop *loop;
	struct mem *mem; /* the session owns its windows */
	const struct backend *backend;
	const struct log *log;
	unsigned dma_timeout_ms; /* 0: as in dma_msg.h */
	void *ctx;
	int (*send)(void *ctx, const void *msg, size_t len);
};

struct session_stats {
	uint64_t messages;                     /* from the client, replies included */
	uint64_t reads, writes, posted, multi; /* region accesses; multi: messages */
	uint64_t read_bytes, written_bytes;
	uint64_t maps, unmaps, set_irqs, resets;
	uint64_t errors; /* error replies */
	uint64_t dma_read_msgs, dma_write_msgs;
	uint64_t irq_intx, irq_msix, irq_lost; /* eventfds signalled, and not */
};

struct session *session_new(const struct session_config *cfg);
void session_free(struct session *ses);

/* NULL, or in a few words why the client must go. */
const char *session_message(struct session *ses, const struct conn_msg *msg);

/* Lets the device work. Anyone who gave it something to do calls this. */
void session_run(struct session *ses);

/* The client is gone: resets the device, forgets its memory and its eventfds. */
void session_end(struct session *ses);

/* From the device. */
void session_intx(struct session *ses, bool level);
void session_msix(struct session *ses, unsigned vector);

/* Of all clients. Borrowed. */
const struct latency *session_latency(const struct session *ses);

void session_stats(const struct session *ses, struct session_stats *stats);

#endif
