/* SPDX-License-Identifier: MIT */
#include "bridge/session.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/backend.h"
#include "bridge/conn.h"
#include "bridge/dma.h"
#include "bridge/dma_msg.h"
#include "bridge/irq.h"
#include "bridge/latency.h"
#include "bridge/loop.h"
#include "bridge/proto.h"
#include "bridge/region.h"
#include "bridge/version.h"
#include "sim/log.h"

#define COMPLAINTS 16 /* log lines about one client, then silence */

struct session {
	struct session_config cfg;
	const struct backend *be;
	struct dma *dma;
	struct dma_msg *dm; /* dma's */
	struct irq *irq;
	bool negotiated;
	bool kick; /* the device has something to do */
	bool hung; /* said so */
	unsigned complaints;
	struct session_stats stats;
	struct latency lat;
	uint8_t *out; /* the reply in the making: header and payload */
};

/* A handler's reply goes to `reply`; returns the bytes it wrote there, or -errno. */
typedef int handler(struct session *ses, const struct conn_msg *msg, uint8_t *reply);

static int on_version(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	struct version_caps caps;
	int n;

	if (ses->negotiated)
		return -EINVAL;
	n = version_negotiate(msg->body, msg->len, &caps, reply);
	if (n < 0)
		return n;
	dma_msg_set_max(ses->dm, caps.max_xfer);
	ses->negotiated = true;
	return n;
}

static int on_dma_map(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	const struct proto_dma_map *map = (const void *)msg->body;
	int none = -1, err;

	(void)reply;
	err = dma_map(ses->dma, map, msg->nfds ? &msg->fds[0] : &none);
	ses->stats.maps += !err;
	return err;
}

static int on_dma_unmap(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	const struct proto_dma_unmap *unmap = (const void *)msg->body;
	int err = 0;

	if (unmap->argsz < sizeof(*unmap) || unmap->flags & ~VFIO_DMA_UNMAP_FLAG_ALL)
		return -EINVAL;
	if (unmap->flags && (unmap->address || unmap->size))
		return -EINVAL;
	if (unmap->flags)
		dma_unmap_all(ses->dma);
	else
		err = dma_unmap(ses->dma, unmap->address, unmap->size);
	if (err)
		return err;
	ses->stats.unmaps++;
	ses->kick = true; /* an access that waited for the window now fails */
	memcpy(reply, unmap, sizeof(*unmap));
	return sizeof(*unmap);
}

static int on_device_info(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	const struct proto_device_info *ask = (const void *)msg->body;
	const struct proto_device_info info = {
		.argsz = sizeof(info),
		.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
		.num_regions = VFIO_PCI_NUM_REGIONS,
		.num_irqs = VFIO_PCI_NUM_IRQS,
	};

	(void)ses;
	if (ask->argsz < sizeof(info) || ask->flags)
		return -EINVAL;
	memcpy(reply, &info, sizeof(info));
	return sizeof(info);
}

static int on_region_info(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	const struct vfio_region_info *ask = (const void *)msg->body;
	struct vfio_region_info info = { .argsz = sizeof(info) };

	if (ask->argsz < sizeof(info) || ask->flags || ask->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info.index = ask->index;
	info.size = ses->be->size[ask->index];
	if (info.size)
		info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	memcpy(reply, &info, sizeof(info));
	return sizeof(info);
}

static int on_irq_info(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	const struct vfio_irq_info *ask = (const void *)msg->body;
	struct vfio_irq_info info = { .argsz = sizeof(info) };

	if (ask->argsz < sizeof(info) || ask->flags || ask->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info.index = ask->index;
	info.flags = irq_flags(ses->irq, ask->index);
	info.count = irq_count(ses->irq, ask->index);
	memcpy(reply, &info, sizeof(info));
	return sizeof(info);
}

static int on_set_irqs(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	const struct vfio_irq_set *set = (const void *)msg->body;
	const size_t head = sizeof(*set);
	int err;

	(void)reply;
	err = irq_set(ses->irq, set, msg->body + head, msg->len - head, msg->fds, msg->nfds);
	ses->stats.set_irqs += !err;
	ses->kick = true; /* what was pending may go out now */
	return err;
}

static int on_region_read(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	const struct proto_region_rw *rw = (const void *)msg->body;
	int err = region_check(ses->be, rw->region, rw->offset, rw->count);

	if (err)
		return err;
	memcpy(reply, rw, sizeof(*rw));
	region_read(ses->be, rw->region, rw->offset, reply + sizeof(*rw), rw->count);
	ses->stats.reads++;
	ses->stats.read_bytes += rw->count;
	ses->kick = true;
	return (int)(sizeof(*rw) + rw->count);
}

static int on_region_write(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	const struct proto_region_rw *rw = (const void *)msg->body;
	int err = region_check(ses->be, rw->region, rw->offset, rw->count);

	if (err)
		return err;
	if (msg->len - sizeof(*rw) != rw->count)
		return -EINVAL;
	region_write(ses->be, rw->region, rw->offset, msg->body + sizeof(*rw), rw->count);
	ses->stats.writes++;
	ses->stats.written_bytes += rw->count;
	ses->stats.posted += !!(msg->hdr.flags & PROTO_NO_REPLY);
	ses->kick = true;
	memcpy(reply, rw, sizeof(*rw));
	return sizeof(*rw);
}

static int check_multi(const struct session *ses, const struct conn_msg *msg)
{
	const struct proto_write_multi *multi = (const void *)msg->body;
	const struct proto_write_one *wr = (const void *)(multi + 1);
	size_t room = (msg->len - sizeof(*multi)) / sizeof(*wr);

	if (multi->wr_cnt != room || msg->len != sizeof(*multi) + room * sizeof(*wr))
		return -EINVAL;
	for (size_t i = 0; i < room; i++)
		if (wr[i].count > sizeof(wr[i].data) ||
		    region_check(ses->be, wr[i].region, wr[i].offset, wr[i].count))
			return -EINVAL;
	return 0;
}

/* As good as that many posted writes: the device works after each. */
static int on_write_multi(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	const struct proto_write_multi *multi = (const void *)msg->body;
	const struct proto_write_one *wr = (const void *)(multi + 1);
	int err = check_multi(ses, msg);

	if (err)
		return err;
	for (uint64_t i = 0; i < multi->wr_cnt; i++) {
		if (i)
			session_run(ses);
		region_write(ses->be, wr[i].region, wr[i].offset, wr[i].data, wr[i].count);
		ses->stats.writes++;
		ses->stats.posted++;
		ses->stats.written_bytes += wr[i].count;
	}
	ses->stats.multi++;
	ses->kick = true;
	memcpy(reply, multi, sizeof(*multi));
	return sizeof(*multi);
}

static void reset_device(struct session *ses)
{
	ses->be->ops->reset(ses->be->ctx);
	dma_msg_forget(ses->dm, 0, UINT64_MAX);
	ses->hung = false;
}

static int on_reset(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	(void)msg;
	(void)reply;
	ses->stats.resets++;
	reset_device(ses);
	irq_restore(ses->irq);
	ses->kick = true;
	return 0;
}

static int on_feature(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	(void)ses;
	(void)msg;
	(void)reply;
	return -ENOTTY; /* as VFIO has it: no such feature */
}

static int on_nothing(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	(void)ses;
	(void)msg;
	(void)reply;
	return -EOPNOTSUPP;
}

/* The commands, and between which bounds a payload and its descriptors make sense. */
static const struct command {
	handler *run;
	size_t min, max; /* bytes of payload */
	unsigned fds;    /* at most */
} commands[PROTO_COMMANDS] = {
	[PROTO_VERSION] = { on_version, sizeof(struct proto_version), 65536, 0 },
	[PROTO_DMA_MAP] = { on_dma_map, sizeof(struct proto_dma_map), sizeof(struct proto_dma_map),
			    1 },
	[PROTO_DMA_UNMAP] = { on_dma_unmap, sizeof(struct proto_dma_unmap),
			      sizeof(struct proto_dma_unmap), 0 },
	[PROTO_DEVICE_GET_INFO] = { on_device_info, sizeof(struct proto_device_info),
				    sizeof(struct proto_device_info), 0 },
	[PROTO_DEVICE_GET_REGION_INFO] = { on_region_info, sizeof(struct vfio_region_info),
					   sizeof(struct vfio_region_info), 0 },
	[PROTO_DEVICE_GET_REGION_IO_FDS] = { on_nothing, 0, SIZE_MAX, 0 },
	[PROTO_DEVICE_GET_IRQ_INFO] = { on_irq_info, sizeof(struct vfio_irq_info),
					sizeof(struct vfio_irq_info), 0 },
	[PROTO_DEVICE_SET_IRQS] = { on_set_irqs, sizeof(struct vfio_irq_set), SIZE_MAX,
				    VERSION_MSG_FDS },
	[PROTO_REGION_READ] = { on_region_read, sizeof(struct proto_region_rw),
				sizeof(struct proto_region_rw), 0 },
	[PROTO_REGION_WRITE] = { on_region_write, sizeof(struct proto_region_rw), SIZE_MAX, 0 },
	[PROTO_DEVICE_RESET] = { on_reset, 0, 0, 0 },
	[PROTO_REGION_WRITE_MULTI] = { on_write_multi, sizeof(struct proto_write_multi), SIZE_MAX,
				       0 },
	[PROTO_DEVICE_FEATURE] = { on_feature, 0, SIZE_MAX, 0 },
	[PROTO_MIG_DATA_READ] = { on_nothing, 0, SIZE_MAX, 0 },
	[PROTO_MIG_DATA_WRITE] = { on_nothing, 0, SIZE_MAX, 0 },
};

static int dispatch(struct session *ses, const struct conn_msg *msg, uint8_t *reply)
{
	const struct command *cmd;

	if (msg->hdr.flags & ~PROTO_FLAGS || msg->hdr.flags & PROTO_ERROR)
		return -EINVAL;
	if (msg->hdr.command >= PROTO_COMMANDS || !commands[msg->hdr.command].run)
		return -ENOSYS;
	cmd = &commands[msg->hdr.command];
	if (!ses->negotiated && msg->hdr.command != PROTO_VERSION)
		return -EINVAL;
	if (msg->len < cmd->min || msg->len > cmd->max || msg->nfds > cmd->fds)
		return -EINVAL;
	return cmd->run(ses, msg, reply);
}

static void complain(struct session *ses, const struct conn_msg *msg, int err)
{
	ses->stats.errors++;
	if (err == -ENOTTY) /* how a client finds out what there is */
		return;
	if (++ses->complaints <= COMPLAINTS)
		log_warn(ses->cfg.log, "client: command %u (%zu bytes, %u descriptors): %s%s",
			 msg->hdr.command, msg->len, msg->nfds, strerror(-err),
			 ses->complaints == COMPLAINTS ? "; further ones are only counted" : "");
}

static int reply(struct session *ses, const struct conn_msg *msg, int n)
{
	struct proto_hdr hdr = { .id = msg->hdr.id,
				 .command = msg->hdr.command,
				 .size = (uint32_t)sizeof(hdr) + (uint32_t)(n > 0 ? n : 0),
				 .flags = PROTO_REPLY | (n < 0 ? PROTO_ERROR : 0),
				 .error = n < 0 ? (uint32_t)-n : 0 };

	if (msg->hdr.flags & PROTO_NO_REPLY)
		return 0;
	memcpy(ses->out, &hdr, sizeof(hdr));
	return ses->cfg.send(ses->cfg.ctx, ses->out, hdr.size);
}

/* An access that was begun, done and answered at these times. */
static void account(struct session *ses, uint16_t command, uint64_t begun, uint64_t done)
{
	struct latency_parts *parts =
		command == PROTO_REGION_READ ? &ses->lat.read : &ses->lat.write;
	uint64_t woke = loop_woke(ses->cfg.loop), replied = loop_now();

	hist_add(&parts->wake, begun - woke);
	hist_add(&parts->device, done - begun);
	hist_add(&parts->reply, replied - done);
	hist_add(&parts->total, replied - woke);
}

static bool is_access(uint16_t command)
{
	return command == PROTO_REGION_READ || command == PROTO_REGION_WRITE ||
	       command == PROTO_REGION_WRITE_MULTI;
}

static const char *on_reply(struct session *ses, const struct conn_msg *msg)
{
	int ret = dma_msg_reply(ses->dm, msg);

	if (ret < 0)
		return "a reply to nothing that was asked";
	if (ret)
		session_run(ses);
	return NULL;
}

const char *session_message(struct session *ses, const struct conn_msg *msg)
{
	bool first = !ses->negotiated, timed = is_access(msg->hdr.command);
	uint64_t begun, done;
	int n;

	ses->stats.messages++;
	if ((msg->hdr.flags & PROTO_TYPE) == PROTO_REPLY)
		return on_reply(ses, msg);
	if ((msg->hdr.flags & PROTO_TYPE) != PROTO_REQUEST)
		return "a message that is neither request nor reply";
	begun = timed ? loop_now() : 0;
	n = dispatch(ses, msg, ses->out + sizeof(struct proto_hdr));
	done = timed ? loop_now() : 0;
	if (n < 0)
		complain(ses, msg, n);
	if (reply(ses, msg, n))
		return "it cannot be sent to";
	if (timed && n >= 0)
		account(ses, msg->hdr.command, begun, done);
	if (first && !ses->negotiated)
		return "no version could be agreed on";
	if (ses->kick) {
		ses->kick = false;
		session_run(ses);
	}
	return NULL;
}

void session_run(struct session *ses)
{
	int err = ses->be->ops->run(ses->be->ctx);

	if (err && err != -EAGAIN && !ses->hung) {
		ses->hung = true;
		log_warn(ses->cfg.log, "the device does not come to rest: %s", strerror(-err));
	}
}

void session_end(struct session *ses)
{
	if (ses->complaints > COMPLAINTS)
		log_warn(ses->cfg.log, "client: %u requests failed in all", ses->complaints);
	irq_drop(ses->irq);
	reset_device(ses);
	dma_msg_hangup(ses->dm);
	dma_unmap_all(ses->dma);
	ses->negotiated = false;
	ses->complaints = 0;
}

void session_intx(struct session *ses, bool level)
{
	irq_intx(ses->irq, level);
}

void session_msix(struct session *ses, unsigned vector)
{
	irq_msix(ses->irq, vector);
}

static int dma_send(void *ctx, const void *msg, size_t len)
{
	const struct session *ses = ctx;

	return ses->cfg.send(ses->cfg.ctx, msg, len);
}

static void dma_ready(void *ctx)
{
	session_run(ctx);
}

static size_t out_room(const struct backend *be)
{
	size_t most = VERSION_REPLY;

	for (unsigned i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		size_t data = be->size[i] < PROTO_MAX_XFER ? be->size[i] : PROTO_MAX_XFER;

		if (data + sizeof(struct proto_region_rw) > most)
			most = data + sizeof(struct proto_region_rw);
	}
	return sizeof(struct proto_hdr) + most;
}

struct session *session_new(const struct session_config *cfg)
{
	struct session *ses = calloc(1, sizeof(*ses));
	struct dma_msg_config dm = { .loop = cfg->loop,
				     .log = cfg->log,
				     .timeout_ms = cfg->dma_timeout_ms,
				     .ctx = ses,
				     .send = dma_send,
				     .ready = dma_ready };

	if (!ses)
		return NULL;
	ses->cfg = *cfg;
	ses->be = cfg->backend;
	ses->dma = dma_new(cfg->mem, &dm);
	ses->irq = irq_new(cfg->loop, cfg->backend, cfg->log);
	ses->out = malloc(out_room(cfg->backend));
	if (!ses->dma || !ses->irq || !ses->out) {
		session_free(ses);
		return NULL;
	}
	ses->dm = dma_messages(ses->dma);
	return ses;
}

void session_free(struct session *ses)
{
	if (!ses)
		return;
	dma_free(ses->dma);
	irq_free(ses->irq);
	free(ses->out);
	free(ses);
}

const struct latency *session_latency(const struct session *ses)
{
	return &ses->lat;
}

void session_stats(const struct session *ses, struct session_stats *stats)
{
	const struct dma_msg_stats *dm = dma_msg_stats(ses->dm);
	const struct irq_stats *irq = irq_stats(ses->irq);

	*stats = ses->stats;
	stats->dma_read_msgs = dm->reads;
	stats->dma_write_msgs = dm->writes;
	stats->irq_intx = irq->intx;
	stats->irq_msix = irq->msix;
	stats->irq_lost = irq->lost;
}
