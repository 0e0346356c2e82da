/* SPDX-License-Identifier: MIT */
#include "bridge/dma_msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/conn.h"
#include "bridge/loop.h"
#include "bridge/proto.h"
#include "sim/log.h"

#define SLOTS     4
#define SLOT_WAIT 5000 /* ms */

enum slot_state {
	SLOT_FREE,
	SLOT_SENT, /* request sent, the device waits */
	SLOT_DONE, /* answered, result in err and data */
	SLOT_OVER, /* request sent, time is up, the device does not know yet */
	SLOT_LATE, /* request sent, nobody waits any more */
};

/* One request to the client. */
struct slot {
	enum slot_state state;
	bool write;
	uint16_t id;
	int err;
	uint64_t gpa;
	uint64_t when; /* loop_now() at which it was sent or answered */
	uint32_t len;
	uint8_t data[DMA_MSG_BYTES];
};

struct dma_msg {
	struct dma_msg_config cfg;
	struct loop_source *timer;
	uint32_t max; /* bytes a message may carry */
	uint16_t next_id;
	struct slot slot[SLOTS];
	struct dma_msg_stats stats;
};

struct dma_msg *dma_msg_new(const struct dma_msg_config *cfg)
{
	struct dma_msg *dm = calloc(1, sizeof(*dm));

	if (!dm)
		return NULL;
	dm->cfg = *cfg;
	if (!dm->cfg.timeout_ms)
		dm->cfg.timeout_ms = SLOT_WAIT;
	dm->max = DMA_MSG_BYTES;
	return dm;
}

void dma_msg_free(struct dma_msg *dm)
{
	if (dm)
		dma_msg_hangup(dm);
	free(dm);
}

void dma_msg_set_max(struct dma_msg *dm, uint32_t bytes)
{
	dm->max = bytes < DMA_MSG_BYTES ? bytes : DMA_MSG_BYTES;
}

const struct dma_msg_stats *dma_msg_stats(const struct dma_msg *dm)
{
	return &dm->stats;
}

static void expire(void *ctx);

/* One timer covers all slots: it runs from the oldest request still waited for. */
static void arm(struct dma_msg *dm)
{
	if (!dm->timer)
		dm->timer = loop_timer(dm->cfg.loop, dm->cfg.timeout_ms, expire, dm);
}

static void expire(void *ctx)
{
	struct dma_msg *dm = ctx;
	uint64_t old = loop_now() - dm->cfg.timeout_ms * 1000000ULL;
	bool waiting = false, expired = false;

	dm->timer = NULL;
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &dm->slot[i];

		if (slot->state != SLOT_SENT)
			continue;
		if (slot->when > old) {
			waiting = true;
			continue;
		}
		log_warn(dm->cfg.log, "client did not answer DMA of %u bytes at %#llx in %u ms",
			 slot->len, (unsigned long long)slot->gpa, dm->cfg.timeout_ms);
		slot->state = SLOT_OVER;
		expired = true;
	}
	if (waiting)
		arm(dm);
	if (expired)
		dm->cfg.ready(dm->cfg.ctx);
}

static struct slot *find_slot(struct dma_msg *dm, uint64_t gpa, uint32_t len, bool write)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &dm->slot[i];

		if (slot->state != SLOT_FREE && slot->state != SLOT_LATE && slot->gpa == gpa &&
		    slot->len == len && slot->write == write)
			return slot;
	}
	return NULL;
}

/* A free slot, or the oldest answer that nobody fetched, or NULL. */
static struct slot *take_slot(struct dma_msg *dm)
{
	struct slot *best = NULL;

	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &dm->slot[i];

		if (slot->state == SLOT_FREE)
			return slot;
		if (slot->state == SLOT_DONE && (!best || slot->when < best->when))
			best = slot;
	}
	return best;
}

static int ask(struct dma_msg *dm, struct slot *slot, const void *data)
{
	size_t len = sizeof(struct proto_hdr) + sizeof(struct proto_dma_rw);
	struct {
		struct proto_hdr hdr;
		struct proto_dma_rw rw;
		uint8_t data[DMA_MSG_BYTES];
	} msg;

	if (data) {
		memcpy(msg.data, data, slot->len);
		len += slot->len;
	}
	slot->id = dm->next_id++;
	msg.hdr = (struct proto_hdr){ .id = slot->id,
				      .command = slot->write ? PROTO_DMA_WRITE : PROTO_DMA_READ,
				      .size = (uint32_t)len };
	msg.rw = (struct proto_dma_rw){ .address = slot->gpa, .count = slot->len };
	if (slot->write)
		dm->stats.writes++;
	else
		dm->stats.reads++;
	return dm->cfg.send(dm->cfg.ctx, &msg, len);
}

/*
 * The device makes the same access again until it gets something else than -EAGAIN: the
 * slot is what connects the tries.
 */
int dma_msg_access(struct dma_msg *dm, uint64_t gpa, void *in, const void *out, size_t len)
{
	struct slot *slot;

	if (len > dm->max)
		return -EMSGSIZE;
	slot = find_slot(dm, gpa, (uint32_t)len, out);
	if (slot && slot->state == SLOT_SENT)
		return -EAGAIN;
	if (slot && slot->state == SLOT_OVER) {
		slot->state = SLOT_LATE;
		return -ETIMEDOUT;
	}
	if (slot) {
		slot->state = SLOT_FREE;
		if (in && !slot->err)
			memcpy(in, slot->data, len);
		return slot->err;
	}
	slot = take_slot(dm);
	if (!slot)
		return -EAGAIN;
	slot->write = out;
	slot->gpa = gpa;
	slot->len = (uint32_t)len;
	slot->when = loop_now();
	if (ask(dm, slot, out))
		return -EFAULT;
	slot->state = SLOT_SENT;
	arm(dm);
	return -EAGAIN;
}

/* The result of a request: 0, or the errno with which the access fails. */
static int judge(const struct slot *slot, const struct conn_msg *msg)
{
	struct proto_dma_rw rw;

	if (msg->hdr.flags & PROTO_ERROR)
		return -EFAULT;
	if (slot->write)
		return 0; /* clients answer with or without address and count */
	if (msg->len != sizeof(rw) + slot->len)
		return -EPROTO;
	memcpy(&rw, msg->body, sizeof(rw));
	return rw.address == slot->gpa && rw.count == slot->len ? 0 : -EPROTO;
}

int dma_msg_reply(struct dma_msg *dm, const struct conn_msg *msg)
{
	struct slot *slot = NULL;

	for (unsigned i = 0; i < SLOTS && !slot; i++) {
		struct slot *s = &dm->slot[i];

		if (s->state != SLOT_FREE && s->state != SLOT_DONE && s->id == msg->hdr.id &&
		    msg->hdr.command == (s->write ? PROTO_DMA_WRITE : PROTO_DMA_READ))
			slot = s;
	}
	if (!slot)
		return -ENOENT;
	if (slot->state == SLOT_LATE) {
		slot->state = SLOT_FREE;
		dm->stats.late++;
		return 0;
	}
	slot->err = judge(slot, msg);
	if (!slot->err && !slot->write)
		memcpy(slot->data, msg->body + sizeof(struct proto_dma_rw), slot->len);
	slot->state = SLOT_DONE;
	slot->when = loop_now();
	return 1;
}

static void forget(struct slot *slot)
{
	if (slot->state == SLOT_DONE)
		slot->state = SLOT_FREE;
	else if (slot->state == SLOT_SENT || slot->state == SLOT_OVER)
		slot->state = SLOT_LATE;
}

void dma_msg_forget(struct dma_msg *dm, uint64_t gpa, uint64_t size)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (dm->slot[i].gpa - gpa < size)
			forget(&dm->slot[i]);
}

void dma_msg_hangup(struct dma_msg *dm)
{
	if (dm->timer)
		loop_drop(dm->timer);
	dm->timer = NULL;
	dm->max = DMA_MSG_BYTES;
	for (unsigned i = 0; i < SLOTS; i++)
		dm->slot[i].state = SLOT_FREE;
}
