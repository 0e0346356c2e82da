/* SPDX-License-Identifier: MIT */
#include "bridge/frame.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void put(struct frame *frame, char c)
{
	if (frame->len < FRAME_MAX)
		frame->text[frame->len++] = c;
	else
		frame->over = true;
}

/* JSON proper knows no \' and wants a " inside a string escaped. */
static bool in_string(struct frame *frame, char c)
{
	bool escaped = frame->escape;

	frame->escape = false;
	if (escaped && c == '\'') {
		put(frame, c);
	} else if (escaped) {
		put(frame, '\\');
		put(frame, c);
	} else if (c == '\\') {
		frame->escape = true;
	} else if (c == frame->quote) {
		put(frame, '"');
		frame->quote = 0;
	} else {
		if (c == '"')
			put(frame, '\\');
		put(frame, c);
	}
	return !frame->quote && !frame->depth;
}

static bool done(struct frame *frame)
{
	if (frame->over)
		frame->len = 0;
	frame->text[frame->len] = '\0';
	frame->over = frame->escape = false;
	frame->quote = 0;
	frame->depth = 0;
	return true;
}

bool frame_byte(struct frame *frame, char c)
{
	bool end = false;

	if (!frame->depth && !frame->quote && is_space(c)) {
		if (!frame->len)
			return false;
		return done(frame); /* a bare word is over */
	}
	if (frame->quote)
		return in_string(frame, c) && done(frame);
	put(frame, c == '\'' ? '"' : c);
	if (c == '"' || c == '\'') {
		frame->quote = c;
	} else if (c == '{' || c == '[') {
		frame->depth++;
	} else if (c == '}' || c == ']') {
		frame->depth -= frame->depth > 0;
		end = !frame->depth;
	}
	return end && done(frame);
}
