/* SPDX-License-Identifier: MIT */
#include "sim/mmiotrace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "sim/lines.h"

#define VERSION  20070824
#define COLUMNS  7 /* of BARs: six, and the expansion ROM */
#define TEXT_MAX 120

struct reader {
	struct seen *seen;
	struct mmiotrace_facts *facts;
	void *ctx;
	void (*oddity)(void *ctx, unsigned long line, const char *what);
	char text[TEXT_MAX]; /* an oddity that has to be put together */
	bool failed;         /* out of memory */
};

/* "12.345678": microseconds. */
static bool seconds(const char *word, uint64_t *us)
{
	uint64_t sec, usec;
	char *dot;
	char copy[40];

	if (!word || strlen(word) >= sizeof(copy))
		return false;
	strcpy(copy, word);
	dot = strchr(copy, '.');
	if (!dot || strlen(dot + 1) != 6)
		return false;
	*dot = '\0';
	if (!lines_number(copy, 10, &sec) || !lines_number(dot + 1, 10, &usec) || sec > UINT32_MAX)
		return false;
	*us = sec * 1000000 + usec;
	return true;
}

/* Seven numbers, the first six of which are kept. */
static bool columns(char **at, uint64_t val[SEEN_BARS])
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		uint64_t got;

		if (!lines_number(lines_word(at), 16, &got))
			return false;
		if (i < SEEN_BARS)
			val[i] = got;
	}
	return true;
}

static const char *pcidev(struct reader *r, char *at)
{
	uint64_t where, id, irq, bar[SEEN_BARS], bytes[SEEN_BARS];
	struct seen_function *fn;

	if (!lines_number(lines_word(&at), 16, &where) || where > 0xffff ||
	    !lines_number(lines_word(&at), 16, &id) || id > UINT32_MAX ||
	    !lines_number(lines_word(&at), 16, &irq) || !columns(&at, bar) || !columns(&at, bytes))
		return "expected PCIDEV bus-devfn vendor-device irq, seven BARs and their sizes";
	fn = seen_function(r->seen, (uint32_t)where);
	if (!fn)
		return "too many functions";
	fn->vendor = (uint16_t)(id >> 16);
	fn->device = (uint16_t)id;
	for (unsigned i = 0; i < SEEN_BARS; i++) {
		if (!bar[i] || bar[i] & PCI_BASE_ADDRESS_SPACE_IO)
			continue;
		fn->bar[i] = bar[i] & PCI_BASE_ADDRESS_MEM_MASK;
		fn->bytes[i] = bytes[i];
	}
	r->facts->functions = true;
	return NULL;
}

static const char *access_line(struct reader *r, enum bus_op op, char *at)
{
	struct seen_access acc = { .kind = SEEN_MEM, .op = (uint8_t)op };
	uint64_t width, map;

	if (!lines_number(lines_word(&at), 10, &width) || !seconds(lines_word(&at), &acc.time) ||
	    !lines_number(lines_word(&at), 10, &map) ||
	    !lines_number(lines_word(&at), 0, &acc.addr) ||
	    !lines_number(lines_word(&at), 0, &acc.data))
		return "expected width, seconds, map, address and value";
	if (width != 1 && width != 2 && width != 4 && width != 8)
		return "expected a width of 1, 2, 4 or 8";
	acc.size = (uint8_t)width;
	if (seen_add(r->seen, &acc))
		r->failed = true;
	return NULL;
}

static const char *map_line(struct reader *r, char *at)
{
	uint64_t us, id, phys;

	if (!seconds(lines_word(&at), &us) || !lines_number(lines_word(&at), 10, &id) ||
	    !lines_number(lines_word(&at), 0, &phys))
		return "expected seconds, map and address";
	r->facts->unaligned += (phys & 0xfff) != 0;
	return NULL;
}

static const char *mark(struct reader *r, char *at)
{
	uint64_t us, n;
	char *word;

	if (!seconds(lines_word(&at), &us))
		return "expected seconds and a text";
	word = lines_word(&at);
	if (!word || strcmp(word, "Lost") || !lines_number(lines_word(&at), 10, &n))
		return NULL; /* somebody's own remark */
	r->facts->lost += n;
	snprintf(r->text, sizeof(r->text),
		 "the kernel lost %llu events here: expected a larger buffer_size_kb",
		 (unsigned long long)n);
	return r->text;
}

static const char *version(struct reader *r, char *at)
{
	uint64_t val;

	if (lines_number(lines_word(&at), 10, &val) && val == VERSION)
		return NULL;
	snprintf(r->text, sizeof(r->text), "expected VERSION %d; read as if it were", VERSION);
	return r->text;
}

static const char *on_line(void *ctx, char *text)
{
	struct reader *r = ctx;
	char *at = text, *word = lines_word(&at);

	if (!word || *word == '#')
		return NULL;
	if (!strcmp(word, "R"))
		return access_line(r, BUS_READ, at);
	if (!strcmp(word, "W"))
		return access_line(r, BUS_WRITE, at);
	if (!strcmp(word, "MAP"))
		return map_line(r, at);
	if (!strcmp(word, "UNMAP"))
		return NULL;
	if (!strcmp(word, "MARK"))
		return mark(r, at);
	if (!strcmp(word, "PCIDEV"))
		return pcidev(r, at);
	if (!strcmp(word, "VERSION"))
		return version(r, at);
	if (!strcmp(word, "UNKNOWN")) {
		r->facts->unknown++;
		return "an access that the kernel could not decode";
	}
	return "expected a line of mmiotrace: R, W, MAP, UNMAP, MARK, PCIDEV, UNKNOWN or VERSION";
}

static void on_oddity(void *ctx, unsigned long line, const char *what)
{
	struct reader *r = ctx;

	r->oddity(r->ctx, line, what);
}

int mmiotrace_read(const char *path, struct seen *seen, struct mmiotrace_facts *facts, void *ctx,
		   void (*oddity)(void *ctx, unsigned long line, const char *what))
{
	struct reader r = { .seen = seen, .facts = facts, .ctx = ctx, .oddity = oddity };
	struct lines_reader reader = { .ctx = &r, .line = on_line, .oddity = on_oddity };
	int err = lines_read(path, &reader);

	return err ? err : r.failed ? -ENOMEM : 0;
}
