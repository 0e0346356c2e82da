/* SPDX-License-Identifier: MIT */
/* libFuzzer: text of ftrace, line by line, to the bus records that it stands for. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/ftrace_bus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t cycle[FTRACE_DEVICES], records;
};

/* Cycles of a device grow, and each record is one that a bus can show. */
static void on_rec(void *ctx, unsigned dev, const struct bus_rec *rec)
{
	struct seen *seen = ctx;

	assert(dev < FTRACE_DEVICES && rec->cycle > seen->cycle[dev]);
	assert(rec->space == BUS_CFG || rec->space == BUS_BAR || rec->space == BUS_MMIO);
	assert(rec->size == 1 || rec->size == 2 || rec->size == 4);
	assert(rec->data >> (8 * rec->size) == 0 && rec->be == (1U << rec->size) - 1);
	seen->cycle[dev] = rec->cycle;
	seen->records++;
}

static void on_remark(void *ctx, const char *text)
{
	(void)ctx;
	assert(text[0] && !strchr(text, '\n'));
}

static void take(struct ftrace *ft, struct ftrace_bus *bus, char *text)
{
	char why[FTRACE_WHY] = "";
	struct ftrace_line line;

	if (ftrace_read(ft, text, &line, why))
		assert(why[0]);
	else if (line.kind == FTRACE_REMARK)
		ftrace_bus_probed(bus, line.rest);
	else if (ftrace_bus_line(bus, &line, why))
		assert(why[0]);
}

static void look_at(const struct ftrace_bus *bus, const struct seen *seen)
{
	uint64_t records = 0;

	for (unsigned i = 0; i < ftrace_bus_devices(bus); i++) {
		char text[FTRACE_HIDDEN];
		unsigned n = 0;

		records += ftrace_bus_device(bus, i)->records;
		while (ftrace_bus_hidden(bus, i, n, text))
			n++;
		assert(n < 200 && ftrace_bus_cycle(bus, i) == seen->cycle[i]);
		for (n = 0; ftrace_bus_decides(bus, i, n); n++)
			;
	}
	assert(records == seen->records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { 0 };
	const struct ftrace_bus_sink sink = { &seen, on_rec, on_remark };
	struct ftrace_bus *bus = ftrace_bus_new(&sink);
	struct ftrace *ft = ftrace_new();
	char *text = malloc(size + 1), *at = text, *line;

	memcpy(text, data, size);
	text[size] = '\0';
	while ((line = strsep(&at, "\n"))) {
		/* Of its own size, so that who reads beyond is caught. */
		char *copy = strdup(line);

		take(ft, bus, copy);
		free(copy);
	}
	look_at(bus, &seen);
	free(text);
	ftrace_bus_free(bus);
	ftrace_free(ft);
	return 0;
}
