/* SPDX-License-Identifier: MIT */
/* The agent's commands that measure: guest memory, and the time of a register read. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bridge/guest/agent/agent.h"

#define PAGE 4096

int do_meminfo(char *args, struct reply *r)
{
	(void)args;
	say(r, "total_kib=%ld free_kib=%ld available_kib=%ld", lookup("/proc/meminfo", "MemTotal"),
	    lookup("/proc/meminfo", "MemFree"), lookup("/proc/meminfo", "MemAvailable"));
	return 0;
}

/* Dirties `len` bytes in a process of its own, which memory that runs out may take. 0 or -1. */
static int dirty(size_t len)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		FILE *f = fopen("/proc/self/oom_score_adj", "w");
		unsigned char *p =
			mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (!f || fputs("1000", f) < 0 || fclose(f) || p == MAP_FAILED)
			_exit(1);
		madvise(p, len, MADV_HUGEPAGE); /* fewer faults; no matter if it cannot */
		for (size_t at = 0; at < len; at += PAGE)
			memset(p + at, 0xa5, 64);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	if (!status)
		return 0;
	errno = ENOMEM;
	return -1;
}

/*
 * `fill [MIB]`: dirties that much memory, or all but a reserve, and gives it back to the
 * guest's kernel. After it the host has these pages allocated, with something in each.
 *
 * Free pages that the kernel just then reports to the host are nobody's to have
 * (mm/page_reporting.c), so memory may seem to run out, and be there a moment later.
 */
int do_fill(char *args, struct reply *r)
{
	const long reserve = 24; /* MiB that the kernel keeps to live on */
	const struct timespec moment = { .tv_nsec = 250 * 1000 * 1000 };
	const long wanted = strtol(args, NULL, 0);

	for (unsigned tries = 0; tries < 20; tries++) {
		long mib =
			wanted > 0 ? wanted : lookup("/proc/meminfo", "MemFree") / 1024 - reserve;

		if (mib > 0 && !dirty((size_t)mib << 20)) {
			say(r, "pages=%zu", ((size_t)mib << 20) / PAGE);
			return 0;
		}
		if (mib <= 0)
			errno = ENOMEM;
		nanosleep(&moment, NULL);
	}
	return fail(r, "fill");
}

static uint32_t read_reg(const volatile void *reg, unsigned size)
{
	switch (size) {
	case 1:
		return *(const volatile uint8_t *)reg;
	case 2:
		return *(const volatile uint16_t *)reg;
	default:
		return *(const volatile uint32_t *)reg;
	}
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Where the virtio-mmio window is, as the kernel's list of resources has it; 0: not there. */
static unsigned long mmio_base(const char *dir)
{
	const char *name = strrchr(dir, '/') + 1;
	char line[256];
	unsigned long base = 0, at;
	FILE *f = fopen("/proc/iomem", "re");

	while (f && !base && fgets(line, sizeof(line), f))
		if (strstr(line, name) && sscanf(line, " %lx-", &at) == 1)
			base = at;
	if (f)
		fclose(f);
	return base;
}

/* Maps the page of the BAR, or of the virtio-mmio window, with the offset; NULL and errno. */
static void *map_bar(unsigned bar, unsigned long offset)
{
	char dir[PATH_MAX], path[PATH_MAX], name[16];

	if (device_dir(dir))
		return NULL;
	if (device_is_mmio(dir)) {
		strcpy(path, "/dev/mem");
		offset += mmio_base(dir);
	} else {
		snprintf(name, sizeof(name), "resource%u", bar);
		join(path, dir, name);
	}
	int fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset & -PAGE);
	int err = errno;
	close(fd);
	errno = err;
	return p == MAP_FAILED ? NULL : p;
}

static void write_reg(volatile void *reg, unsigned size, uint32_t val)
{
	switch (size) {
	case 1:
		*(volatile uint8_t *)reg = (uint8_t)val;
		break;
	case 2:
		*(volatile uint16_t *)reg = (uint16_t)val;
		break;
	default:
		*(volatile uint32_t *)reg = val;
	}
}

/* What to do to a register, how often. */
struct access {
	unsigned bar, count, size;
	unsigned long offset;
	bool write; /* of zeros */
	bool apart; /* a read before each, not timed: nothing is under way then */
};

static bool parse(const char *args, struct access *a)
{
	char apart[8] = "";

	a->size = 4;
	if (sscanf(args, "%u %li %u %u %7s", &a->bar, (long *)&a->offset, &a->count, &a->size,
		   apart) < 3)
		return false;
	a->apart = !strcmp(apart, "apart");
	return (a->apart || !apart[0]) && a->count && a->count <= 10000000 &&
	       (a->size == 1 || a->size == 2 || a->size == 4) && !(a->offset % a->size);
}

/* Each access's nanoseconds; the last value read. */
static uint32_t time_each(volatile void *reg, const struct access *a, uint32_t *ns)
{
	uint64_t last = now();
	uint32_t val = 0;

	for (unsigned i = 0; i < a->count; i++) {
		if (a->apart) {
			read_reg(reg, a->size);
			last = now();
		}
		if (a->write)
			write_reg(reg, a->size, 0);
		else
			val = read_reg(reg, a->size);
		uint64_t t = now();
		ns[i] = t - last > UINT32_MAX ? UINT32_MAX : (uint32_t)(t - last);
		last = t;
	}
	return val;
}

static int measure(const struct access *a, struct reply *r)
{
	unsigned char *page = map_bar(a->bar, a->offset);
	if (!page)
		return fail(r, "cannot map the BAR");
	uint32_t *ns = malloc(a->count * sizeof(*ns));
	if (!ns) {
		munmap(page, PAGE);
		return fail(r, "malloc");
	}
	volatile void *reg = page + a->offset % PAGE;
	uint64_t first = now();
	uint32_t val = time_each(reg, a, ns);
	if (a->write) /* a read comes after all posted writes: their cost is in the total */
		val = read_reg(reg, a->size);
	uint64_t total = now() - first;
	qsort(ns, a->count, sizeof(*ns), by_value);
	say(r, "count=%u total_ns=%llu min_ns=%u p50_ns=%u p99_ns=%u max_ns=%u value=0x%x",
	    a->count, (unsigned long long)total, ns[0], ns[a->count / 2],
	    ns[(uint64_t)a->count * 99 / 100], ns[a->count - 1], val);
	free(ns);
	munmap(page, PAGE);
	return 0;
}

/* `mmio-read BAR OFFSET COUNT [SIZE]`: reads one register COUNT times, each timed. */
int do_mmio_read(char *args, struct reply *r)
{
	struct access a = { .write = false };

	if (parse(args, &a))
		return measure(&a, r);
	say(r, "usage: mmio-read BAR OFFSET COUNT [1|2|4]");
	return -1;
}

/*
 * `mmio-write BAR OFFSET COUNT [SIZE [apart]]`: the same with writes of 0, and a read behind
 * them; apart, a read that is not timed before each.
 */
int do_mmio_write(char *args, struct reply *r)
{
	struct access a = { .write = true };

	if (parse(args, &a))
		return measure(&a, r);
	say(r, "usage: mmio-write BAR OFFSET COUNT [1|2|4 [apart]]");
	return -1;
}
