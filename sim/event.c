/* SPDX-License-Identifier: MIT */
/* Events in words. */
#include "sim/event.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <linux/virtio_config.h>

#include "specs/events.h"

#define STATUS_SUSPEND 16 /* virtio 1.4, 2.1; younger than the header */

struct kind {
	const char *name;
	const char *args; /* comma separated */
	unsigned nargs;
};

#define KIND(id, name, nargs, args) { #name, args, nargs },
static const struct kind kinds[] = { EVENT_LIST(KIND) };

_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == EV_COUNT, "one kind an event");

const char *event_name(unsigned id)
{
	return id < EV_COUNT ? kinds[id].name : "?";
}

unsigned event_nargs(unsigned id)
{
	return id < EV_COUNT ? kinds[id].nargs : 0;
}

int event_find(const char *name)
{
	for (int id = 0; id < EV_COUNT; id++)
		if (!strcmp(kinds[id].name, name))
			return id;
	return -1;
}

char *event_arg_name(unsigned id, unsigned n, char buf[EVENT_ARGS_MAX])
{
	const char *at;
	int len;

	buf[0] = '\0';
	if (n >= event_nargs(id))
		return buf;
	at = kinds[id].args;
	while (n--)
		at = strchr(at, ',') + 1;
	len = (int)strcspn(at, ",");
	snprintf(buf, EVENT_ARGS_MAX, "%.*s", len, at);
	return buf;
}

static bool in_hex(const char *arg)
{
	return !strcmp(arg, "value") || !strcmp(arg, "addr") || !strcmp(arg, "offset") ||
	       !strcmp(arg, "flags");
}

/* Appends like snprintf; what does not fit is cut. Returns the new length. */
#define APPEND(buf, size, at, ...) \
	append_end(size, at, snprintf((buf) + (at), (size) - (at), __VA_ARGS__))

static unsigned append_end(unsigned size, unsigned at, int wanted)
{
	at += wanted < 0 ? 0 : (unsigned)wanted;
	return at < size ? at : size - 1;
}

char *event_str(const struct event *ev, char *buf, unsigned len)
{
	char arg[EVENT_ARGS_MAX];
	unsigned at = 0;

	if (!len)
		return buf;
	at = APPEND(buf, len, at, "%s(", event_name(ev->id));
	for (unsigned n = 0; n < ev->nargs && n < EVENT_MAX_ARGS; n++) {
		const char *sep = n ? ", " : "";

		if (in_hex(event_arg_name(ev->id, n, arg)))
			at = APPEND(buf, len, at, "%s0x%02" PRIx64, sep, ev->arg[n]);
		else
			at = APPEND(buf, len, at, "%s%" PRIu64, sep, ev->arg[n]);
	}
	APPEND(buf, len, at, ")");
	return buf;
}

char *event_status_str(uint8_t status, char *buf, unsigned len)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} names[] = {
		{ VIRTIO_CONFIG_S_ACKNOWLEDGE, "ACKNOWLEDGE" },
		{ VIRTIO_CONFIG_S_DRIVER, "DRIVER" },
		{ VIRTIO_CONFIG_S_DRIVER_OK, "DRIVER_OK" },
		{ VIRTIO_CONFIG_S_FEATURES_OK, "FEATURES_OK" },
		{ STATUS_SUSPEND, "SUSPEND" },
		{ VIRTIO_CONFIG_S_NEEDS_RESET, "DEVICE_NEEDS_RESET" },
		{ VIRTIO_CONFIG_S_FAILED, "FAILED" },
	};
	unsigned at = 0, left = status;

	if (!len)
		return buf;
	buf[0] = '\0';
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(status & names[i].bit))
			continue;
		at = APPEND(buf, len, at, "%s%s", at ? "|" : "", names[i].name);
		left &= ~(unsigned)names[i].bit;
	}
	if (left)
		at = APPEND(buf, len, at, "%s0x%02x", at ? "|" : "", left);
	if (!at)
		APPEND(buf, len, at, "0");
	return buf;
}
