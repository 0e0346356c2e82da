/* SPDX-License-Identifier: MIT */
/*
 * DMA by message: DMA_READ and DMA_WRITE requests to the client, for memory that came
 * without a descriptor.
 *
 * An access never waits. Its first try sends the request and returns -EAGAIN; a try after
 * the reply gets the result. So a client that must have its own request answered before
 * it answers ours (QEMU holds a lock meanwhile) is served in between.
 */
#ifndef BRIDGE_DMA_MSG_H
#define BRIDGE_DMA_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn_msg;
struct dma_msg;
struct log;
struct loop;

#define DMA_MSG_BYTES 4096 /* the longest access; an AXI burst is 2048 at most */

struct dma_msg_config {
	struct loop *loop;
	const struct log *log;
	unsigned timeout_ms; /* for a reply, then the access fails; 0: 5000 */
	void *ctx;
	int (*send)(void *ctx, const void *msg, size_t len); /* a request to the client */
	void (*ready)(void *ctx); /* an access can be tried again without a reply */
};

struct dma_msg_stats {
	uint64_t reads, writes; /* requests sent */
	uint64_t late;          /* replies that nobody waited for any more */
};

struct dma_msg *dma_msg_new(const struct dma_msg_config *cfg);
void dma_msg_free(struct dma_msg *dm);

/* Largest `count` that the client takes. */
void dma_msg_set_max(struct dma_msg *dm, uint32_t bytes);

/*
 * One access, `in` or `out` being NULL: 0, -EAGAIN, or why it failed: -EFAULT (the client
 * says so), -EPROTO (its reply is none), -ETIMEDOUT, -EMSGSIZE (longer than it takes).
 */
int dma_msg_access(struct dma_msg *dm, uint64_t gpa, void *in, const void *out, size_t len);

/*
 * A reply from the client. 1: the device can go on; 0: nobody waits for it any more;
 * -ENOENT: it answers nothing that was asked.
 */
int dma_msg_reply(struct dma_msg *dm, const struct conn_msg *msg);

/* The device no longer wants what it asked for in [gpa, gpa + size). */
void dma_msg_forget(struct dma_msg *dm, uint64_t gpa, uint64_t size);

/* The client is gone: no reply comes any more. */
void dma_msg_hangup(struct dma_msg *dm);

const struct dma_msg_stats *dma_msg_stats(const struct dma_msg *dm);

#endif
