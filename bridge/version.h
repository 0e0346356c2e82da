/* SPDX-License-Identifier: MIT */
/*
 * VFIO_USER_VERSION: the first message and its reply.
 * Source: QEMU, docs/interop/vfio-user.rst, VFIO_USER_VERSION.
 */
#ifndef BRIDGE_VERSION_H
#define BRIDGE_VERSION_H

#include <stddef.h>
#include <stdint.h>

#define VERSION_REPLY   512 /* bytes of room a reply's payload needs */
#define VERSION_MSG_FDS 16  /* descriptors that we take in one message */

/* What the client said about itself, or the protocol's defaults. */
struct version_caps {
	uint32_t max_xfer; /* bytes of data it takes in one message */
};

/*
 * Judges a request's payload and writes the reply's. Bytes of it, -EINVAL for a payload
 * that is malformed, -ENOTSUP for a major version that is not ours, -ENOMEM.
 */
int version_negotiate(const uint8_t *body, size_t len, struct version_caps *caps,
		      uint8_t reply[VERSION_REPLY]);

#endif
