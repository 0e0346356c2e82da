/* SPDX-License-Identifier: MIT */
/*
 * Cuts a stream of bytes into JSON values: QMP has no other framing than balance. Strings
 * may be in 'single quotes', as QEMU takes them; they come out in double ones.
 */
#ifndef BRIDGE_FRAME_H
#define BRIDGE_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#define FRAME_MAX 65536 /* bytes of one value */

struct frame {
	char text[FRAME_MAX + 1];
	size_t len;
	unsigned depth;
	char quote; /* that ends the string we are in, or 0 */
	bool escape;
	bool over; /* too long: what is left of it is passed over */
};

/*
 * Takes one byte. True: a value is complete, in text, zero-terminated, of len bytes; the
 * next byte begins another. An empty text: one that was longer than FRAME_MAX.
 */
bool frame_byte(struct frame *frame, char c);

#endif
