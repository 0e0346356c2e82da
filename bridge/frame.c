/* SPDX-License-Identifier: MIT */
#include "bridge/frame.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool in_string(struct frame *frame, char c)
{
	if (frame->escape)
		frame->escape = false;
	else if (c == '\\')
		frame->escape = true;
	else if (c == '"')
		frame->string = false;
	return !frame->string && !frame->depth;
}

static bool done(struct frame *frame)
{
	if (frame->over)
		frame->len = 0;
	frame->text[frame->len] = '\0';
	frame->over = frame->string = frame->escape = false;
	frame->depth = 0;
	return true;
}

bool frame_byte(struct frame *frame, char c)
{
	bool end = false;

	if (!frame->depth && !frame->string && is_space(c)) {
		if (!frame->len)
			return false;
		return done(frame); /* a bare word is over */
	}
	if (frame->len < FRAME_MAX)
		frame->text[frame->len++] = c;
	else
		frame->over = true;
	if (frame->string) {
		end = in_string(frame, c);
	} else if (c == '"') {
		frame->string = true;
	} else if (c == '{' || c == '[') {
		frame->depth++;
	} else if (c == '}' || c == ']') {
		frame->depth -= frame->depth > 0;
		end = !frame->depth;
	}
	return end && done(frame);
}
