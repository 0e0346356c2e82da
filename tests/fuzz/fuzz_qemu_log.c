/* SPDX-License-Identifier: MIT */
/* libFuzzer: the log of QEMU's -trace, to the events. */
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/mman.h>

#include "sim/observer.h"
#include "sim/qemu_log.h"

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

	assert(rec->cycle >= f->cycle);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct observer_sink sink = { .instant = on_instant };
	struct qemu_log_facts facts = { 0 };
	struct fuzz f = { .obs = observer_new(&sink) };
	struct seen *seen = seen_new();
	char path[64], why[SEEN_WHY] = "";
	int fd = memfd_create("log", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert(!qemu_log_read(path, seen, &facts, &f, on_oddity));
	if (seen_pick(seen, NULL, why))
		assert(why[0]);
	else
		seen_records(seen, on_rec, &f);
	observer_flush(f.obs);
	observer_free(f.obs);
	seen_free(seen);
	close(fd);
	return 0;
}
