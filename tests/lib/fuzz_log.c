/* SPDX-License-Identifier: MIT */
#include "tests/lib/fuzz_log.h"

#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/mman.h>

#include "sim/observer.h"

int fuzz_file(const uint8_t *data, size_t size, char path[FUZZ_PATH])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, FUZZ_PATH, "/proc/self/fd/%d", fd);
	return fd;
}

void fuzz_log_begin(struct fuzz_log *log)
{
	*log = (struct fuzz_log){ .seen = seen_new() };
	assert(log->seen);
}

void fuzz_log_oddity(void *ctx, unsigned long line, const char *what)
{
	struct fuzz_log *log = ctx;

	assert(line > log->line && what[0]);
	log->line = line;
}

struct records {
	struct observer *obs;
	uint64_t cycle;
};

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct records *r = ctx;

	assert(rec->cycle >= r->cycle && (rec->space == BUS_HOST || rec->size <= 4));
	r->cycle = rec->cycle + 1;
	observer_rec(r->obs, rec);
}

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	(void)ctx;
	(void)cycle;
	(void)ev;
	assert(n);
}

void fuzz_log_end(struct fuzz_log *log)
{
	struct observer_sink sink = { .instant = on_instant };
	struct records r = { .obs = observer_new(&sink) };
	char why[SEEN_WHY] = "";

	if (seen_pick(log->seen, NULL, why))
		assert(why[0]);
	else
		seen_records(log->seen, on_rec, &r);
	observer_flush(r.obs);
	observer_free(r.obs);
	seen_free(log->seen);
}
