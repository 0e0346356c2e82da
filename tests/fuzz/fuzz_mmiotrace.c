/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: mmiotrace with a dump of configuration space, to the events. What is before a line
 * "--" is the dump.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "sim/mmiotrace.h"
#include "sim/observer.h"
#include "sim/pcidump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct observer *obs;
	unsigned long line;
	uint64_t cycle;
};

static void on_oddity(void *ctx, unsigned long line, const char *what)
{
	struct fuzz *f = ctx;

	assert(line > f->line && what[0]);
	f->line = line;
}

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct fuzz *f = ctx;

	assert(rec->cycle >= f->cycle && (rec->space == BUS_HOST || rec->size <= 4));
	f->cycle = rec->cycle + 1;
	observer_rec(f->obs, rec);
}

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	(void)ctx;
	(void)cycle;
	(void)ev;
	assert(n);
}

static int file(const uint8_t *data, size_t size, char path[64])
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = memmem(data, size, "\n--\n", 4);
	size_t head = cut ? (size_t)(cut - data) + 1 : 0, skip = cut ? head + 3 : 0;
	struct observer_sink sink = { .instant = on_instant };
	struct mmiotrace_facts facts = { 0 };
	struct fuzz f = { .obs = observer_new(&sink) };
	struct seen *seen = seen_new();
	char dump[64], log[64], why[SEEN_WHY] = "";
	int d = file(data, head, dump), l = file(data + skip, size - skip, log);

	pcidump_read(dump, seen, &f, on_oddity);
	f.line = 0;
	assert(!mmiotrace_read(log, seen, &facts, &f, on_oddity));
	if (seen_pick(seen, NULL, why))
		assert(why[0]);
	else
		seen_records(seen, on_rec, &f);
	observer_flush(f.obs);
	observer_free(f.obs);
	seen_free(seen);
	close(d);
	close(l);
	return 0;
}
