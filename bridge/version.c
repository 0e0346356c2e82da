/* SPDX-License-Identifier: MIT */
#include "bridge/version.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "bridge/dma.h"
#include "bridge/proto.h"

/* A capability that is a number, in range; the reply names the smaller of theirs and ours. */
static const struct {
	const char *name;
	json_int_t ours;
} numbers[] = {
	{ "max_msg_fds", VERSION_MSG_FDS },
	{ "max_data_xfer_size", PROTO_MAX_XFER },
	{ "max_dma_maps", DMA_WINDOWS },
};

/*
 * The reply lists only what the client listed. max_msg_fds is about what its sender can
 * receive, so there the reply is ours alone.
 */
static int answer_numbers(const json_t *theirs, json_t *ours)
{
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const json_t *cap = json_object_get(theirs, numbers[i].name);
		json_int_t val = numbers[i].ours;

		if (!cap)
			continue;
		if (!json_is_integer(cap) || json_integer_value(cap) < 0)
			return -EINVAL;
		if (i && json_integer_value(cap) < val)
			val = json_integer_value(cap);
		json_object_set_new(ours, numbers[i].name, json_integer(val));
	}
	return 0;
}

static int answer(const json_t *theirs, json_t *ours, struct version_caps *caps)
{
	const json_t *pgsizes = json_object_get(theirs, "pgsizes");
	const json_t *multi = json_object_get(theirs, "write_multiple");
	const json_t *xfer;
	int err = answer_numbers(theirs, ours);

	if (err)
		return err;
	xfer = json_object_get(ours, "max_data_xfer_size");
	if (xfer)
		caps->max_xfer = (uint32_t)json_integer_value(xfer);
	if (pgsizes) {
		if (!json_is_integer(pgsizes) || !(json_integer_value(pgsizes) & PROTO_PGSIZES))
			return -EINVAL;
		json_object_set_new(ours, "pgsizes", json_integer(PROTO_PGSIZES));
	}
	if (multi) {
		if (!json_is_boolean(multi))
			return -EINVAL;
		json_object_set_new(ours, "write_multiple", json_boolean(json_is_true(multi)));
	}
	return 0;
}

/* The JSON text with its NUL, from theirs into `text`; its length. */
static int negotiate(const json_t *theirs, struct version_caps *caps, char *text, size_t room)
{
	json_t *root = json_object(), *ours = json_object();
	const json_t *list = json_object_get(theirs, "capabilities");
	size_t n;
	int err;

	json_object_set_new(root, "capabilities", ours);
	if (!json_is_object(theirs) || (list && !json_is_object(list)))
		err = -EINVAL;
	else
		err = answer(list, ours, caps);
	n = err ? 0 : json_dumpb(root, text, room - 1, JSON_COMPACT);
	json_decref(root);
	if (err)
		return err;
	if (!n || n >= room)
		return -ENOMEM;
	text[n] = 0;
	return (int)n + 1;
}

int version_negotiate(const uint8_t *body, size_t len, struct version_caps *caps,
		      uint8_t reply[VERSION_REPLY])
{
	struct proto_version version;
	const size_t head = sizeof(version);
	json_t *theirs;
	int n;

	*caps = (struct version_caps){ .max_xfer = PROTO_MAX_XFER };
	if (len < head)
		return -EINVAL;
	memcpy(&version, body, head);
	if (version.major != PROTO_MAJOR)
		return -ENOTSUP;
	version.minor = PROTO_MINOR; /* equal to or less than theirs: there is none below */
	memcpy(reply, &version, head);
	if (len == head)
		return (int)head;
	if (body[len - 1])
		return -EINVAL;
	theirs = json_loads((const char *)body + head, 0, NULL);
	if (!theirs)
		return -EINVAL;
	n = negotiate(theirs, caps, (char *)reply + head, VERSION_REPLY - head);
	json_decref(theirs);
	return n < 0 ? n : (int)head + n;
}
