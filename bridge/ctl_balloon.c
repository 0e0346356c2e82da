/* SPDX-License-Identifier: MIT */
#include "bridge/ctl_balloon.h"

#include <linux/virtio_balloon.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bridge/ctl.h"
#include "sim/mem.h"

#define STATS        16 /* tags of virtio 1.4, 5.5.6.4 */
#define NOT_TOLD     UINT64_MAX
#define CHANGE_MS    1000                          /* between two BALLOON_CHANGE */
#define ROM_GPA      0xe0000000ULL                 /* a PC's RAM below 4 GiB ends before this */
#define BALLOON_PATH "/machine/peripheral/balloon" /* there is one device */

struct ctl_balloon {
	struct ctl *ctl;
	struct loop *loop;
	const struct mem *mem;
	struct ctl_balloon_host host;
	uint32_t actual; /* as last told */

	uint64_t stat[STATS];
	bool fresh; /* the next one told begins a new set */
	time_t updated;
	uint32_t polling; /* seconds, 0: do not ask */
	struct loop_source *poll;
};

static bool seen(const struct mem *mem, unsigned before, const struct stat *st)
{
	const struct mem_window *win;
	struct stat other;

	for (unsigned n = 0; n < before; n++) {
		win = mem_at(mem, n);
		if (win->fd >= 0 && !fstat(win->fd, &other) && other.st_ino == st->st_ino &&
		    other.st_dev == st->st_dev)
			return true;
	}
	return false;
}

/* RAM with holes in it, from 0, and RAM above 4 GiB: where both end. */
static uint64_t ram_by_windows(const struct mem *mem)
{
	const struct mem_window *win;
	uint64_t low = 0, high = 0;

	for (unsigned n = 0; (win = mem_at(mem, n)); n++) {
		if (win->gpa + win->size <= ROM_GPA)
			low = win->gpa + win->size;
		else if (win->gpa >= 1ULL << 32)
			high += win->size;
	}
	return low + high;
}

uint64_t ctl_balloon_ram(const struct mem *mem)
{
	const struct mem_window *win;
	uint64_t bytes = 0;
	struct stat st;

	for (unsigned n = 0; (win = mem_at(mem, n)); n++)
		if (win->fd >= 0 && !fstat(win->fd, &st) && !seen(mem, n, &st))
			bytes += (uint64_t)st.st_size;
	return bytes ? bytes : ram_by_windows(mem);
}

static json_int_t size_of(const struct ctl_balloon *b, uint32_t actual)
{
	return (json_int_t)(ctl_balloon_ram(b->mem) -
			    ((uint64_t)actual << VIRTIO_BALLOON_PFN_SHIFT));
}

void ctl_balloon_look(struct ctl_balloon *b)
{
	uint32_t actual = b->host.actual(b->host.ctx);

	if (actual == b->actual)
		return;
	b->actual = actual;
	if (b->host.here(b->host.ctx))
		ctl_event(b->ctl, "BALLOON_CHANGE",
			  json_pack("{s:I}", "actual", size_of(b, actual)), CHANGE_MS);
}

static bool check_here(const struct ctl_balloon *b, struct ctl_error *err)
{
	if (b->host.here(b->host.ctx))
		return true;
	ctl_fail(err, "DeviceNotActive", "No balloon device has been activated");
	return false;
}

static json_t *balloon(void *ctx, json_t *args, struct ctl_error *err)
{
	struct ctl_balloon *b = ctx;
	json_int_t value = json_integer_value(json_object_get(args, "value"));
	json_int_t ram = (json_int_t)ctl_balloon_ram(b->mem);

	if (!check_here(b, err))
		return NULL;
	if (value <= 0)
		return ctl_fail(err, NULL, "Parameter 'value' expects a size");
	if (value > ram)
		value = ram;
	b->host.target(b->host.ctx, (uint32_t)((ram - value) >> VIRTIO_BALLOON_PFN_SHIFT));
	return json_object();
}

static json_t *query_balloon(void *ctx, json_t *args, struct ctl_error *err)
{
	struct ctl_balloon *b = ctx;

	(void)args;
	if (!check_here(b, err))
		return NULL;
	return json_pack("{s:I}", "actual", size_of(b, b->host.actual(b->host.ctx)));
}

static json_t *query_status(void *ctx, json_t *args, struct ctl_error *err)
{
	struct ctl_balloon *b = ctx;
	bool here = b->host.here(b->host.ctx);

	(void)args;
	(void)err;
	return json_pack("{s:s, s:b}", "status", here ? "running" : "prelaunch", "running", here);
}

static json_t *quit(void *ctx, json_t *args, struct ctl_error *err)
{
	struct ctl_balloon *b = ctx;

	(void)args;
	(void)err;
	ctl_event(b->ctl, "SHUTDOWN",
		  json_pack("{s:b, s:s}", "guest", 0, "reason", "host-qmp-quit"), 0);
	b->host.quit(b->host.ctx);
	return json_object();
}

/* --- statistics -------------------------------------------------------------------------- */

/* By tag; a name is one of QEMU's. */
static const char *const stat_name[STATS] = {
	[VIRTIO_BALLOON_S_SWAP_IN] = "stat-swap-in",
	[VIRTIO_BALLOON_S_SWAP_OUT] = "stat-swap-out",
	[VIRTIO_BALLOON_S_MAJFLT] = "stat-major-faults",
	[VIRTIO_BALLOON_S_MINFLT] = "stat-minor-faults",
	[VIRTIO_BALLOON_S_MEMFREE] = "stat-free-memory",
	[VIRTIO_BALLOON_S_MEMTOT] = "stat-total-memory",
	[VIRTIO_BALLOON_S_AVAIL] = "stat-available-memory",
	[VIRTIO_BALLOON_S_CACHES] = "stat-disk-caches",
	[VIRTIO_BALLOON_S_HTLB_PGALLOC] = "stat-htlb-pgalloc",
	[VIRTIO_BALLOON_S_HTLB_PGFAIL] = "stat-htlb-pgfail",
	/* Tags that older headers lack: virtio 1.4, 5.5.6.4. */
	"stat-oom-kills",
	"stat-alloc-stalls",
	"stat-async-scans",
	"stat-direct-scans",
	"stat-async-reclaims",
	"stat-direct-reclaims",
};

static void forget_stats(struct ctl_balloon *b)
{
	for (unsigned i = 0; i < STATS; i++)
		b->stat[i] = NOT_TOLD;
	b->fresh = false;
}

/* A set begins with the first answer to a question, or where a tag comes once more. */
void ctl_balloon_stat(struct ctl_balloon *b, uint16_t tag, uint64_t value)
{
	if (b->fresh || (tag < STATS && b->stat[tag] != NOT_TOLD))
		forget_stats(b);
	if (tag < STATS)
		b->stat[tag] = value;
	b->updated = time(NULL);
}

void ctl_balloon_guest_gone(struct ctl_balloon *b)
{
	forget_stats(b);
	b->updated = 0;
}

static void on_poll(void *ctx);

static void poll_in(struct ctl_balloon *b, uint32_t seconds)
{
	if (b->poll)
		loop_drop(b->poll);
	b->poll = loop_timer(b->loop, seconds * 1000ULL, on_poll, b);
}

static void on_poll(void *ctx)
{
	struct ctl_balloon *b = ctx;

	b->poll = NULL;
	poll_in(b, b->polling);
	b->fresh = b->host.poll_stats(b->host.ctx);
}

/* As QEMU: switched on, it asks at once; another interval counts from now on. */
static void set_polling(struct ctl_balloon *b, uint32_t seconds)
{
	uint32_t was = b->polling;

	b->polling = seconds;
	if (seconds && seconds != was) {
		poll_in(b, was ? seconds : 0);
	} else if (!seconds && b->poll) {
		loop_drop(b->poll);
		b->poll = NULL;
	}
}

static json_t *guest_stats(const struct ctl_balloon *b)
{
	json_t *stats = json_object();

	for (unsigned i = 0; i < STATS; i++)
		json_object_set_new(stats, stat_name[i], ctl_u64(b->stat[i]));
	return json_pack("{s:o, s:I}", "stats", stats, "last-update", (json_int_t)b->updated);
}

static const char *property(json_t *args, struct ctl_error *err)
{
	const char *path = json_string_value(json_object_get(args, "path"));
	const char *name = json_string_value(json_object_get(args, "property"));

	if (strcmp(path, BALLOON_PATH)) {
		ctl_fail(err, "DeviceNotFound", "Device '%.80s' not found", path);
		return NULL;
	}
	if (strcmp(name, "guest-stats") && strcmp(name, "guest-stats-polling-interval")) {
		ctl_fail(err, NULL, "Property 'virtio-balloon-pci.%.80s' not found", name);
		return NULL;
	}
	return name;
}

static json_t *qom_get(void *ctx, json_t *args, struct ctl_error *err)
{
	const struct ctl_balloon *b = ctx;
	const char *name = property(args, err);

	if (!name)
		return NULL;
	return !strcmp(name, "guest-stats") ? guest_stats(b) : json_integer(b->polling);
}

static json_t *qom_set(void *ctx, json_t *args, struct ctl_error *err)
{
	struct ctl_balloon *b = ctx;
	const json_t *value = json_object_get(args, "value");
	const char *name = property(args, err);

	if (!name)
		return NULL;
	if (!strcmp(name, "guest-stats"))
		return ctl_fail(err, NULL, "Property 'virtio-balloon-device.%s' is not writable",
				name);
	if (!json_is_integer(value))
		return ctl_fail(err, NULL, "Invalid parameter type for '%s', expected: integer",
				name);
	if (json_integer_value(value) < 0)
		return ctl_fail(err, NULL, "timer value must be greater than zero");
	if (json_integer_value(value) > UINT32_MAX)
		return ctl_fail(err, NULL, "timer value is too big");
	set_polling(b, (uint32_t)json_integer_value(value));
	return json_object();
}

#define NO_PARAM                       \
	{                              \
		{                      \
			NULL, 0, false \
		}                      \
	}

static const struct ctl_command commands[] = {
	{ "balloon", balloon, { { "value", 'i', false } } },
	{ "query-balloon", query_balloon, NO_PARAM },
	{ "query-status", query_status, NO_PARAM },
	{ "quit", quit, NO_PARAM },
	{ "qom-get", qom_get, { { "path", 's', false }, { "property", 's', false } } },
	{ "qom-set",
	  qom_set,
	  { { "path", 's', false }, { "property", 's', false }, { "value", '*', false } } },
	{ NULL, NULL, NO_PARAM },
};

struct ctl_balloon *ctl_balloon_new(struct ctl *ctl, struct loop *loop, const struct mem *mem,
				    const struct ctl_balloon_host *host)
{
	struct ctl_balloon *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->ctl = ctl;
	b->loop = loop;
	b->mem = mem;
	b->host = *host;
	forget_stats(b);
	ctl_add(ctl, commands, b);
	return b;
}

void ctl_balloon_free(struct ctl_balloon *b)
{
	if (b && b->poll)
		loop_drop(b->poll);
	free(b);
}
