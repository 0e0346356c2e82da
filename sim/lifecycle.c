/* SPDX-License-Identifier: MIT */
/* From instants to the story of a driver's life. Status bits: virtio 1.4, 2.1. */
#include "sim/lifecycle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#define QUEUES   64 /* of higher ones nothing is told but what is in the event */
#define TEXT_MAX 160

/* A value of which parts may not have been seen. */
struct words {
	uint64_t bits;
	bool known;
};

struct queue {
	uint32_t size;
	uint32_t vector; /* MSI-X vector + 1, or 0: none */
	bool size_known, notified;
};

/* What is known of the present life; the next begins with a reset. */
struct life {
	uint8_t status; /* as last written or shown */
	bool resetting; /* 0 was written and not shown yet: what is shown is the old life's */
	bool features_told, must_read_back;
	bool intx_told, msix_told, dma_error_told;
	uint64_t deaf;          /* a register that gave no answer: its offset + 1, as last told */
	uint32_t config_vector; /* as queue.vector */
	struct words offered, accepted;
	struct queue queue[QUEUES];
};

struct lifecycle {
	void (*step)(void *ctx, uint64_t cycle, const char *text);
	void *ctx;
	uint64_t cycle; /* of the present instant */
	struct life now;
};

struct lifecycle *lifecycle_new(void (*step)(void *ctx, uint64_t cycle, const char *text),
				void *ctx)
{
	struct lifecycle *life = calloc(1, sizeof(*life));

	if (life) {
		life->step = step;
		life->ctx = ctx;
	}
	return life;
}

void lifecycle_free(struct lifecycle *life)
{
	free(life);
}

__attribute__((format(printf, 2, 3))) static void tell(struct lifecycle *life, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	life->step(life->ctx, life->cycle, text);
}

static void set_word(struct words *words, uint64_t sel, uint64_t value)
{
	unsigned shift = sel ? 32 : 0;

	if (sel > 1)
		return;
	words->bits = (words->bits & ~(0xffffffffULL << shift)) | value << shift;
	words->known = true;
}

static void tell_features(struct lifecycle *life)
{
	const struct words *offered = &life->now.offered, *accepted = &life->now.accepted;

	if (life->now.features_told)
		return;
	life->now.features_told = true;
	if (offered->known)
		tell(life, "features 0x%" PRIx64 " offered, 0x%" PRIx64 " accepted", offered->bits,
		     accepted->bits);
	else
		tell(life, "features not read, 0x%" PRIx64 " accepted", accepted->bits);
}

static void reset(struct lifecycle *life, const char *what)
{
	memset(&life->now, 0, sizeof(life->now));
	tell(life, "%s", what);
}

static void status_write(struct lifecycle *life, uint8_t status)
{
	uint8_t set = status & (uint8_t)~life->now.status;
	uint8_t cleared =
		life->now.status & (uint8_t)~status & (uint8_t)~VIRTIO_CONFIG_S_NEEDS_RESET;
	char names[EVENT_STR_MAX];

	if (!status) {
		reset(life, "reset");
		life->now.resetting = true;
		return;
	}
	life->now.resetting = false;
	life->now.status = status;
	if (set & (VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK))
		tell_features(life);
	if (set)
		tell(life, "%s", event_status_str(set, names, sizeof(names)));
	if (cleared)
		tell(life, "status 0x%02x, without %s", status,
		     event_status_str(cleared, names, sizeof(names)));
	if (set & VIRTIO_CONFIG_S_FEATURES_OK)
		life->now.must_read_back = true;
}

static void status_read(struct lifecycle *life, uint8_t status)
{
	uint8_t was = life->now.status;

	if (life->now.resetting) {
		life->now.resetting = status != 0;
		return;
	}
	life->now.status = status;
	if (life->now.must_read_back) {
		life->now.must_read_back = false;
		tell(life, "FEATURES_OK read back: %s",
		     status & VIRTIO_CONFIG_S_FEATURES_OK ? "accepted" : "refused");
	}
	if (status & (uint8_t)~was & VIRTIO_CONFIG_S_NEEDS_RESET)
		tell(life, "DEVICE_NEEDS_RESET");
}

static struct queue *queue_at(struct lifecycle *life, uint64_t q)
{
	return q < QUEUES ? &life->now.queue[q] : NULL;
}

static void queue_size(struct lifecycle *life, const struct event *ev)
{
	struct queue *queue = queue_at(life, ev->arg[0]);

	if (queue) {
		queue->size = (uint32_t)ev->arg[1];
		queue->size_known = true;
	}
}

static void queue_enable(struct lifecycle *life, const struct event *ev)
{
	const struct queue *queue = queue_at(life, ev->arg[0]);
	char size[32] = "", vector[32] = "";

	if (queue && queue->size_known)
		snprintf(size, sizeof(size), " %" PRIu32 " entries,", queue->size);
	if (queue && queue->vector)
		snprintf(vector, sizeof(vector), ", MSI-X vector %" PRIu32, queue->vector - 1);
	tell(life, "queue %" PRIu64 ":%s %s%s", ev->arg[0], size,
	     ev->arg[1] & 1 ? "enabled" : "disabled", vector);
}

static uint32_t kept_vector(uint64_t vector)
{
	return vector == VIRTIO_MSI_NO_VECTOR ? 0 : (uint32_t)vector + 1;
}

static void queue_vector(struct lifecycle *life, const struct event *ev)
{
	struct queue *queue = queue_at(life, ev->arg[0]);

	if (queue)
		queue->vector = kept_vector(ev->arg[1]);
}

static void first_message(struct lifecycle *life, uint64_t vector)
{
	uint32_t kept = kept_vector(vector);
	char what[64] = "";

	if (life->now.msix_told)
		return;
	life->now.msix_told = true;
	for (unsigned q = QUEUES; q--;)
		if (life->now.queue[q].vector == kept)
			snprintf(what, sizeof(what), ", queue %u", q);
	if (life->now.config_vector == kept)
		snprintf(what, sizeof(what), ", configuration");
	tell(life, "first interrupt, MSI-X vector %" PRIu64 "%s", vector, what);
}

static void notified(struct lifecycle *life, const struct event *ev)
{
	struct queue *queue = queue_at(life, ev->arg[0]);

	if (!queue || queue->notified)
		return;
	queue->notified = true;
	tell(life, "first notification of queue %" PRIu64, ev->arg[0]);
}

/* A driver may ask it again and again. */
static void no_answer(struct lifecycle *life, uint64_t offset)
{
	if (life->now.deaf == offset + 1)
		return;
	life->now.deaf = offset + 1;
	tell(life, "no answer from the register at offset 0x%" PRIx64, offset);
}

static void once(struct lifecycle *life, bool *told, const char *text)
{
	if (!*told)
		tell(life, "%s", text);
	*told = true;
}

static void event(struct lifecycle *life, const struct event *ev)
{
	switch (ev->id) {
	case EV_HOST_RESET:
		reset(life, "bus reset");
		break;
	case EV_STATUS_WRITE:
		status_write(life, (uint8_t)ev->arg[0]);
		break;
	case EV_STATUS_READ:
		status_read(life, (uint8_t)ev->arg[0]);
		break;
	case EV_DEVICE_FEATURE_READ:
		set_word(&life->now.offered, ev->arg[0], ev->arg[1]);
		break;
	case EV_DRIVER_FEATURE_WRITE:
		set_word(&life->now.accepted, ev->arg[0], ev->arg[1]);
		break;
	case EV_QUEUE_SIZE_READ:
	case EV_QUEUE_SIZE_WRITE:
		queue_size(life, ev);
		break;
	case EV_QUEUE_VECTOR_READ:
	case EV_QUEUE_VECTOR_WRITE:
		queue_vector(life, ev);
		break;
	case EV_CONFIG_VECTOR_READ:
	case EV_CONFIG_VECTOR_WRITE:
		life->now.config_vector = kept_vector(ev->arg[0]);
		break;
	case EV_QUEUE_ENABLE_WRITE:
		queue_enable(life, ev);
		break;
	case EV_NOTIFY:
		notified(life, ev);
		break;
	case EV_IRQ_INTX:
		if (ev->arg[0])
			once(life, &life->now.intx_told, "first interrupt, INTx");
		break;
	case EV_IRQ_MSIX:
		first_message(life, ev->arg[0]);
		break;
	case EV_DMA_ERROR:
	case EV_DMA_FAULT:
		once(life, &life->now.dma_error_told, "first DMA error");
		break;
	case EV_HANG:
		no_answer(life, ev->arg[1]);
		break;
	default:
		break;
	}
}

void lifecycle_instant(struct lifecycle *life, uint64_t cycle, const struct event *ev, unsigned n)
{
	life->cycle = cycle;
	for (unsigned i = 0; i < n; i++)
		event(life, &ev[i]);
}
