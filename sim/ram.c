/* SPDX-License-Identifier: MIT */
#include "sim/ram.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

struct page {
	uint64_t number;
	uint8_t *byte; /* NULL: a free place */
};

struct ram {
	struct page *page; /* open addressing, a power of two, half empty */
	size_t n, mask;
};

static struct page *place(struct page *page, size_t mask, uint64_t number)
{
	size_t at = (size_t)(number * 0x9e3779b97f4a7c15ULL >> 20) & mask;

	while (page[at].byte && page[at].number != number)
		at = (at + 1) & mask;
	return &page[at];
}

static bool grow(struct ram *ram)
{
	size_t mask = 2 * ram->mask + 1;
	struct page *page = calloc(mask + 1, sizeof(*page));

	if (!page)
		return false;
	for (size_t i = 0; i <= ram->mask; i++)
		if (ram->page[i].byte)
			*place(page, mask, ram->page[i].number) = ram->page[i];
	free(ram->page);
	ram->page = page;
	ram->mask = mask;
	return true;
}

struct ram *ram_new(void)
{
	struct ram *ram = calloc(1, sizeof(*ram));

	if (!ram)
		return NULL;
	ram->mask = 63;
	ram->page = calloc(ram->mask + 1, sizeof(*ram->page));
	if (ram->page)
		return ram;
	free(ram);
	return NULL;
}

void ram_clear(struct ram *ram)
{
	for (size_t i = 0; i <= ram->mask; i++) {
		free(ram->page[i].byte);
		ram->page[i].byte = NULL;
	}
	ram->n = 0;
}

void ram_free(struct ram *ram)
{
	if (!ram)
		return;
	ram_clear(ram);
	free(ram->page);
	free(ram);
}

static size_t in_page(uint64_t gpa, size_t len)
{
	size_t room = PAGE - gpa % PAGE;

	return len < room ? len : room;
}

void ram_read(const struct ram *ram, uint64_t gpa, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len) {
		const struct page *page = place(ram->page, ram->mask, gpa / PAGE);
		size_t n = in_page(gpa, len);

		if (page->byte)
			memcpy(to, page->byte + gpa % PAGE, n);
		else
			memset(to, 0, n);
		to += n;
		gpa += n;
		len -= n;
	}
}

static uint8_t *page_of(struct ram *ram, uint64_t number)
{
	struct page *page = place(ram->page, ram->mask, number);

	if (page->byte)
		return page->byte;
	if (2 * (ram->n + 1) > ram->mask) {
		if (!grow(ram))
			return NULL;
		page = place(ram->page, ram->mask, number);
	}
	page->byte = calloc(1, PAGE);
	page->number = number;
	ram->n += page->byte != NULL;
	return page->byte;
}

int ram_write(struct ram *ram, uint64_t gpa, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	while (len) {
		uint8_t *byte = page_of(ram, gpa / PAGE);
		size_t n = in_page(gpa, len);

		if (!byte)
			return -ENOMEM;
		memcpy(byte + gpa % PAGE, from, n);
		from += n;
		gpa += n;
		len -= n;
	}
	return 0;
}

static int on_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	ram_read(ctx, gpa, buf, len);
	return 0;
}

static int on_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	return ram_write(ctx, gpa, buf, len);
}

const struct mem_ops ram_ops = { .read = on_read, .write = on_write, .peek = on_read };
