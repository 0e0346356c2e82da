/* SPDX-License-Identifier: MIT */
#include "sim/deeds.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#define QUEUES   64
#define TEXT_MAX 160

struct queue {
	uint64_t max;  /* size that the device offered; 0: not looked at */
	uint8_t addrs; /* bit per part: written */
	bool notified;
};

struct deeds {
	void (*deed)(void *ctx, uint64_t cycle, const char *text);
	void *ctx;
	uint64_t cycle;
	bool idle;      /* a reset was told, and nothing since */
	bool read_back; /* FEATURES_OK is to be read back */
	struct queue queue[QUEUES];
	char held[TEXT_MAX];          /* a write to the configuration, and */
	uint64_t held_cycle, held_at; /* to which offset */
};

struct deeds *deeds_new(void (*deed)(void *ctx, uint64_t cycle, const char *text), void *ctx)
{
	struct deeds *d = calloc(1, sizeof(*d));

	if (d) {
		d->deed = deed;
		d->ctx = ctx;
	}
	return d;
}

void deeds_free(struct deeds *deeds)
{
	free(deeds);
}

void deeds_end(struct deeds *deeds)
{
	if (deeds->held[0])
		deeds->deed(deeds->ctx, deeds->held_cycle, deeds->held);
	deeds->held[0] = '\0';
}

__attribute__((format(printf, 2, 3))) static void tell(struct deeds *d, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	deeds_end(d);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->idle = false;
	d->deed(d->ctx, d->cycle, text);
}

static void status_write(struct deeds *d, uint8_t status)
{
	char names[EVENT_STR_MAX];

	if (!status) {
		if (!d->idle)
			tell(d, "reset");
		d->idle = true;
		d->read_back = false;
		memset(d->queue, 0, sizeof(d->queue));
		return;
	}
	tell(d, "status %s", event_status_str(status, names, sizeof(names)));
	d->read_back =
		(status & VIRTIO_CONFIG_S_FEATURES_OK) && !(status & VIRTIO_CONFIG_S_DRIVER_OK);
}

static void config_write(struct deeds *d, uint64_t offset, uint64_t size, uint64_t val)
{
	if (d->held[0] && d->held_at != offset)
		deeds_end(d);
	d->held_at = offset;
	d->held_cycle = d->cycle;
	d->idle = false;
	snprintf(d->held, sizeof(d->held), "configuration +0x%" PRIx64 "/%" PRIu64 " = 0x%" PRIx64,
		 offset, size, val);
}

static void size_write(struct deeds *d, uint64_t q, uint64_t size)
{
	if (d->queue[q].max == size)
		tell(d, "queue %" PRIu64 ": size as offered", q);
	else
		tell(d, "queue %" PRIu64 ": size %" PRIu64, q, size);
}

static void vector(struct deeds *d, const char *what, uint64_t val)
{
	if (val == VIRTIO_MSI_NO_VECTOR)
		tell(d, "%s: no vector", what);
	else
		tell(d, "%s: vector %" PRIu64, what, val);
}

/* Those of a queue; its number is the first argument of each. */
static void queue_event(struct deeds *d, const struct event *ev)
{
	uint64_t q = ev->arg[0], val = ev->arg[1];
	char name[32];

	if (q >= QUEUES)
		return;
	switch (ev->id) {
	case EV_QUEUE_SIZE_READ:
	case EV_QUEUE_SIZE_MAX_READ:
		d->queue[q].max = val;
		break;
	case EV_QUEUE_SIZE_WRITE:
		size_write(d, q, val);
		break;
	case EV_QUEUE_ADDR_WRITE:
		d->queue[q].addrs |= (uint8_t)(1U << (val & 7));
		if (d->queue[q].addrs != 0x3f)
			break;
		tell(d, "queue %" PRIu64 ": addresses", q);
		d->queue[q].addrs = 0;
		break;
	case EV_QUEUE_VECTOR_WRITE:
		snprintf(name, sizeof(name), "queue %" PRIu64, q);
		vector(d, name, val);
		break;
	case EV_QUEUE_ENABLE_WRITE:
		tell(d, "queue %" PRIu64 ": enable %" PRIu64, q, val);
		break;
	case EV_QUEUE_RESET_WRITE:
		tell(d, "queue %" PRIu64 ": reset %" PRIu64, q, val);
		break;
	case EV_NOTIFY:
		if (!d->queue[q].notified)
			tell(d, "queue %" PRIu64 ": notified", q);
		d->queue[q].notified = true;
		break;
	default:
		break;
	}
}

static void event(struct deeds *d, const struct event *ev)
{
	switch (ev->id) {
	case EV_STATUS_WRITE:
		status_write(d, (uint8_t)ev->arg[0]);
		break;
	case EV_STATUS_READ:
		if (d->read_back)
			tell(d, "status read back");
		d->read_back = false;
		break;
	case EV_DRIVER_FEATURE_WRITE:
		tell(d, "features %" PRIu64 "..%" PRIu64 ": 0x%08" PRIx64, 32 * ev->arg[0],
		     32 * ev->arg[0] + 31, ev->arg[1]);
		break;
	case EV_CONFIG_VECTOR_WRITE:
		vector(d, "configuration", ev->arg[0]);
		break;
	case EV_CONFIG_WRITE:
		config_write(d, ev->arg[0], ev->arg[1], ev->arg[2]);
		break;
	default:
		queue_event(d, ev);
	}
}

void deeds_instant(struct deeds *deeds, uint64_t cycle, const struct event *ev, unsigned n)
{
	deeds->cycle = cycle;
	for (unsigned i = 0; i < n; i++)
		event(deeds, &ev[i]);
}
