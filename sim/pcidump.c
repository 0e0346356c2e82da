/* SPDX-License-Identifier: MIT */
#include "sim/pcidump.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "sim/lines.h"

struct dump {
	struct seen *seen;
	struct seen_function *fn; /* the one whose bytes come, or NULL */
	bool any;
	void *ctx;
	void (*oddity)(void *ctx, unsigned long line, const char *what);
};

/* "00: f4 1a ..": false if it is no such line. */
static bool is_bytes(const char *text, uint64_t *at)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");
	char word[4] = "";

	if (n < 2 || n > 3 || text[n] != ':' || text[n + 1] != ' ')
		return false;
	memcpy(word, text, n);
	return lines_number(word, 16, at);
}

static const char *take_bytes(struct dump *d, uint64_t at, char *text)
{
	char *word;

	if (!d->fn)
		return "bytes of no function: expected a line like \"00:01.0 ..\" before them";
	while ((word = lines_word(&text))) {
		uint64_t byte;

		if (strlen(word) != 2 || !lines_number(word, 16, &byte))
			return "expected bytes of two hexadecimal digits";
		if (at < SEEN_CFG_BYTES) /* what PCI Express has behind them is not virtio's */
			d->fn->cfg[at] = (uint8_t)byte;
		at++;
	}
	d->fn->have_cfg = d->any = true;
	d->fn->vendor = (uint16_t)(d->fn->cfg[0] | d->fn->cfg[1] << 8);
	d->fn->device = (uint16_t)(d->fn->cfg[2] | d->fn->cfg[3] << 8);
	return NULL;
}

static const char *on_line(void *ctx, char *text)
{
	struct dump *d = ctx;
	uint64_t at;
	uint32_t bdf;
	char *word;

	if (is_bytes(text, &at)) {
		text += strcspn(text, ":") + 1;
		return take_bytes(d, at, text);
	}
	if (!isxdigit((unsigned char)*text))
		return NULL;
	word = lines_word(&text);
	if (word && lines_bdf(word, &bdf)) {
		d->fn = seen_function(d->seen, bdf);
		return d->fn ? NULL : "too many functions";
	}
	return NULL;
}

static void on_oddity(void *ctx, unsigned long line, const char *what)
{
	struct dump *d = ctx;

	d->oddity(d->ctx, line, what);
}

int pcidump_read(const char *path, struct seen *seen, void *ctx,
		 void (*oddity)(void *ctx, unsigned long line, const char *what))
{
	struct dump d = { .seen = seen, .ctx = ctx, .oddity = oddity };
	struct lines_reader reader = { .ctx = &d, .line = on_line, .oddity = on_oddity };
	int err = lines_read(path, &reader);

	return err ? err : d.any ? 0 : -ENODATA;
}
