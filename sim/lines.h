/* SPDX-License-Identifier: MIT */
/* Logs in text: a line at a time, word by word. */
#ifndef SIM_LINES_H
#define SIM_LINES_H

#include <stdbool.h>
#include <stdint.h>

#define LINES_MAX 4096 /* bytes of a line; what is behind them is not looked at */

struct lines_reader {
	void *ctx;
	/* Without its end. NULL, or what was expected there; it may cut the text up. */
	const char *(*line)(void *ctx, char *text);
	void (*oddity)(void *ctx, unsigned long line, const char *what); /* lines count from 1 */
};

/* All lines of a file: 0 or -errno. */
int lines_read(const char *path, const struct lines_reader *reader);

/* The next word of *at, cut off in place; NULL: there is none. */
char *lines_word(char **at);

/* All of `word` (NULL: none) as a number; base 0: decimal, or 0x... False: it is no such. */
bool lines_number(const char *word, int base, uint64_t *val);

/* A PCI address, "00:01.0" or "0000:00:01.0", as bus << 8 | device << 3 | function. */
bool lines_bdf(const char *word, uint32_t *bdf);

#endif
