/* SPDX-License-Identifier: MIT */
/* vcosim twin: the RTL against QEMU's own device, under one random driver. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bridge/guestdir.h"
#include "bridge/qtest.h"
#include "sim/cmd.h"
#include "sim/dev.h"
#include "sim/mem.h"
#include "sim/pcicaps.h"
#include "sim/port_io.h"
#include "sim/twin.h"

/* As the RTL is: no legacy interface, as many vectors, notifications that are not deferred. */
#define DEVICE     "virtio-balloon-pci,disable-legacy=on,ioeventfd=off,vectors=6,deflate-on-oom=on"
#define POOL_GPA   0x800000 /* of the C driver, which only looks for the windows here */
#define BARS_AT    0xe0000000U
#define PLAY_PAGES 256 /* the balloon of a scenario */
#define SEEDS_MAX  100000

/* --- QEMU's -------------------------------------------------------------------------------------
 */

struct theirs {
	struct qtest *qt;
	uint64_t bar[6];
};

static uint32_t qemu_cfg_read(void *ctx, unsigned off, unsigned size)
{
	return qtest_cfg_read(((struct theirs *)ctx)->qt, off, size);
}

static void qemu_cfg_write(void *ctx, unsigned off, unsigned size, uint32_t val)
{
	qtest_cfg_write(((struct theirs *)ctx)->qt, off, size, val);
}

static uint32_t qemu_bar_read(void *ctx, unsigned bar, uint32_t off, unsigned size)
{
	struct theirs *q = ctx;

	return qtest_read(q->qt, q->bar[bar % 6] + off, size);
}

static void qemu_bar_write(void *ctx, unsigned bar, uint32_t off, unsigned size, uint32_t val)
{
	struct theirs *q = ctx;

	qtest_write(q->qt, q->bar[bar % 6] + off, size, val);
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static bool qemu_intx(void *ctx)
{
	return qtest_intx(((struct theirs *)ctx)->qt);
}

/* QEMU's word for it is the memory that is left. */
static void qemu_target(void *ctx, uint32_t pages)
{
	char request[96];

	snprintf(request, sizeof(request), "{\"execute\":\"balloon\",\"arguments\":{\"value\":%u}}",
		 TWIN_MEM - pages * 4096);
	qtest_monitor(((struct theirs *)ctx)->qt, request);
}

/* What a firmware does: an address for each memory BAR. */
static void place_bars(struct theirs *q)
{
	uint64_t next = BARS_AT;

	for (unsigned i = 0; i < 6; i++) {
		unsigned off = PCI_BASE_ADDRESS_0 + 4 * i;
		uint32_t mask;

		qtest_cfg_write(q->qt, off, 4, UINT32_MAX);
		mask = qtest_cfg_read(q->qt, off, 4);
		if (!mask || mask & PCI_BASE_ADDRESS_SPACE_IO)
			continue;
		q->bar[i] = next;
		qtest_cfg_write(q->qt, off, 4, (uint32_t)next);
		next += 0x100000;
		if ((mask & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64) {
			qtest_cfg_write(q->qt, off + 4, 4, 0);
			i++;
		}
	}
}

/* --- ours ---------------------------------------------------------------------------------------
 */

struct ours {
	struct mem *mem;
	struct dev *dev;
	struct port port;
	uint8_t *ram;
	bool intx;
};

static void rtl_settle(void *ctx)
{
	dev_run(((struct ours *)ctx)->dev);
}

static bool rtl_intx(void *ctx)
{
	return ((struct ours *)ctx)->intx;
}

static void rtl_target(void *ctx, uint32_t pages)
{
	struct ours *o = ctx;

	dev_set_target(o->dev, pages);
	dev_run(o->dev);
}

static void on_intx(void *ctx, bool level)
{
	((struct ours *)ctx)->intx = level;
}

/* A message is a write to memory, and here there is memory. */
static void on_message(void *ctx, uint64_t addr, uint32_t data)
{
	struct ours *o = ctx;

	if (addr <= TWIN_MEM - 4)
		memcpy(o->ram + addr, &data, 4);
}

/* The host takes the page: it is empty then, as with QEMU. */
static void on_page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	struct ours *o = ctx;

	if (dir == DEV_INFLATE && pfn < TWIN_MEM >> 12)
		memset(o->ram + ((size_t)pfn << 12), 0, 4096);
}

static bool make_rtl(struct ours *o, uint64_t features, const char **why)
{
	struct mem_window win = { .size = TWIN_MEM, .prot = MEM_R | MEM_W, .fd = -1 };
	struct dev_sink sink = {
		.ctx = o, .intx = on_intx, .message = on_message, .page = on_page
	};
	struct dev_config cfg = { .features = features, .dense = true };

	*why = "out of memory";
	o->mem = mem_new();
	o->ram = mmap(NULL, TWIN_MEM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (o->ram == MAP_FAILED)
		o->ram = NULL;
	win.host = o->ram;
	if (!o->mem || !o->ram || mem_map(o->mem, &win))
		return false;
	o->dev = dev_new(&cfg, o->mem, &sink, why);
	if (!o->dev)
		return false;
	o->port = port_of_dev(o->dev);
	dev_reset(o->dev);
	dev_run(o->dev);
	return true;
}

static void free_rtl(struct ours *o)
{
	dev_free(o->dev);
	mem_free(o->mem);
	if (o->ram)
		munmap(o->ram, TWIN_MEM);
}

/* --- sessions -----------------------------------------------------------------------------------
 */

struct twins {
	char run[PATH_MAX]; /* QEMU */
	unsigned steps;
	bool verbose, json;
	struct twin_result sum; /* of all sessions: its counts */
	json_t *differences;
	unsigned sessions, differ;
};

static void say(void *ctx, const char *line)
{
	(void)ctx;
	printf("  %s\n", line);
}

static void no_say(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

/* Nothing is waited for: after each access both devices are at rest. */
static void give_pool(struct driver_io *io, uint8_t *ram)
{
	io->wait = nothing;
	io->pool = ram + POOL_GPA;
	io->pool_gpa = POOL_GPA;
	io->pool_size = DRIVER_POOL;
}

static struct driver_io qemu_io(struct theirs *q)
{
	struct driver_io io = { .ctx = q,
				.cfg_read = qemu_cfg_read,
				.cfg_write = qemu_cfg_write,
				.bar_read = qemu_bar_read,
				.bar_write = qemu_bar_write,
				.say = no_say };

	give_pool(&io, qtest_mem(q->qt));
	return io;
}

/* What QEMU's device offers: the RTL is to offer the same. */
static uint64_t offer(const struct driver_io *io, const char **why)
{
	struct driver drv;
	uint64_t bits = 0;

	if (driver_probe(&drv, io, NULL)) {
		*why = drv.error;
		return 0;
	}
	for (unsigned i = 0; i < 2; i++) {
		io->bar_write(io->ctx, drv.common.bar,
			      drv.common.offset + VIRTIO_PCI_COMMON_DFSELECT, 4, i);
		bits |= (uint64_t)io->bar_read(io->ctx, drv.common.bar,
					       drv.common.offset + VIRTIO_PCI_COMMON_DF, 4)
			<< (32 * i);
	}
	if (!(bits >> VIRTIO_F_VERSION_1 & 1))
		*why = "QEMU's device is not a modern one";
	return bits;
}

/* 0, or -EIO with a line on stderr. */
static int session(struct twins *r, struct theirs *q, struct ours *o, uint64_t seed,
		   struct twin_result *res)
{
	struct driver_io qemu = qemu_io(q), rtl;
	struct twin_config cfg = { .seed = seed,
				   .steps = r->steps,
				   .said = r->verbose ? say : NULL };
	const char *why = NULL;
	uint64_t features;

	place_bars(q);
	features = offer(&qemu, &why);
	if (why || !make_rtl(o, features, &why)) {
		fprintf(stderr, "vcosim twin: %s\n", why);
		return -EIO;
	}
	rtl = port_io(&o->port, false);
	give_pool(&rtl, o->ram);
	cfg.side[0] =
		(struct twin_side){ "RTL", &rtl, o->ram, o, rtl_settle, rtl_intx, rtl_target };
	cfg.side[1] = (struct twin_side){ "QEMU",  &qemu,     qtest_mem(q->qt), q,
					  nothing, qemu_intx, qemu_target };
	twin_run(&cfg, res);
	if (qtest_error(q->qt))
		res->error = qtest_error(q->qt);
	if (res->error)
		fprintf(stderr, "vcosim twin: seed %" PRIu64 ": %s\n", seed, res->error);
	return res->error ? -EIO : 0;
}

static void add_up(struct twins *r, uint64_t seed, const struct twin_result *res)
{
	r->sessions++;
	r->sum.steps += res->steps;
	r->sum.compared += res->compared;
	r->sum.lives += res->lives;
	r->sum.chains += res->chains;
	r->sum.pages += res->pages;
	r->sum.messages += res->messages;
	r->sum.lines += res->lines;
	for (unsigned i = 0; i < FREE_COUNT; i++)
		r->sum.freedom[i] += res->freedom[i];
	if (!res->differs)
		return;
	r->differ++;
	json_array_append_new(r->differences,
			      json_pack("{s:I, s:I, s:s, s:s}", "seed", (json_int_t)seed, "step",
					(json_int_t)res->step, "doing", res->doing, "what",
					res->what));
	if (!r->json)
		printf("DIFFERENCE, seed %" PRIu64 ", step %" PRIu64 ": %s\n  after: %s\n", seed,
		       res->step, res->what, res->doing);
}

static int run_seed(struct twins *r, uint64_t seed)
{
	struct qtest_config cfg = {
		.run = r->run, .device = DEVICE, .mem_bytes = TWIN_MEM, .loud = r->verbose
	};
	struct theirs q = { 0 };
	struct ours o = { 0 };
	struct twin_result res;
	char why[QTEST_WHY];
	int err;

	q.qt = qtest_new(&cfg, why);
	if (!q.qt) {
		fprintf(stderr, "vcosim twin: %s\n", why);
		return -EIO;
	}
	err = session(r, &q, &o, seed, &res);
	if (!err)
		add_up(r, seed, &res);
	free_rtl(&o);
	qtest_free(q.qt);
	return err;
}

/* One of the C driver's scenarios on QEMU's balloon: it comes to its end there, too. */
static int play(struct twins *r, const struct driver_scenario *sc)
{
	struct qtest_config cfg = {
		.run = r->run, .device = DEVICE, .mem_bytes = TWIN_MEM, .loud = r->verbose
	};
	struct theirs q = { 0 };
	struct driver drv = { 0 };
	struct driver_io io;
	char why[QTEST_WHY];
	int err = 0;

	q.qt = qtest_new(&cfg, why);
	if (!q.qt) {
		fprintf(stderr, "vcosim twin: %s\n", why);
		return -EIO;
	}
	place_bars(&q);
	qemu_target(&q, PLAY_PAGES);
	io = qemu_io(&q);
	io.first_pfn = 0x1000;
	io.npfns = 2 * PLAY_PAGES;
	r->sessions++;
	if (driver_play(&drv, &io, sc)) {
		r->differ++;
		printf("%s: %s\n", sc->name, drv.error ? drv.error : "failed");
	}
	if (qtest_error(q.qt)) {
		fprintf(stderr, "vcosim twin: %s: %s\n", sc->name, qtest_error(q.qt));
		err = -EIO;
	}
	qtest_free(q.qt);
	return err;
}

static int play_all(struct twins *r)
{
	const struct driver_scenario *sc;
	int err = 0;

	for (unsigned i = 0; !err && (sc = driver_scenario_at(i)); i++)
		if (!sc->clause && !sc->host)
			err = play(r, sc);
	printf("%u conforming scenarios of the C driver on QEMU's balloon, %u did not come to "
	       "their "
	       "end\n",
	       r->sessions, r->differ);
	return err ? 2 : r->differ ? 1 : 0;
}

static void report(const struct twins *r)
{
	json_t *free_of = json_object(), *root;

	for (unsigned i = 0; i < FREE_COUNT; i++)
		if (r->sum.freedom[i])
			json_object_set_new(free_of, freedom_at(i)->name,
					    json_integer((json_int_t)r->sum.freedom[i]));
	root = json_pack("{s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:O}", "schema", 1,
			 "sessions", (int)r->sessions, "steps", (json_int_t)r->sum.steps,
			 "compared", (json_int_t)r->sum.compared, "lives", (json_int_t)r->sum.lives,
			 "chains", (json_int_t)r->sum.chains, "pages", (json_int_t)r->sum.pages,
			 "messages", (json_int_t)r->sum.messages, "lines", (json_int_t)r->sum.lines,
			 "freedoms", free_of, "differences", r->differences);
	json_dumpf(root, stdout, JSON_INDENT(2));
	puts("");
	json_decref(root);
}

static void tell(const struct twins *r)
{
	printf("%u sessions, %" PRIu64 " steps, %" PRIu64 " lives, %" PRIu64 " chains, %" PRIu64
	       " pages, %" PRIu64 " messages: %" PRIu64 " things compared, %u sessions differ\n",
	       r->sessions, r->sum.steps, r->sum.lives, r->sum.chains, r->sum.pages,
	       r->sum.messages, r->sum.compared, r->differ);
	for (unsigned i = 0; i < FREE_COUNT; i++)
		if (r->sum.freedom[i])
			printf("  differs as it may: %s, %" PRIu64 " times (%s: %s)\n",
			       freedom_at(i)->name, r->sum.freedom[i], freedom_at(i)->clause,
			       freedom_at(i)->what);
}

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim twin [OPTION...]\n"
		"Holds the RTL balloon against QEMU's own virtio-balloon-pci: the same random\n"
		"driver on both, and all that it can observe compared after each step. A\n"
		"difference is a freedom that the specification names, or one of them is wrong.\n"
		"\n"
		"  --seeds N   so many sessions, from seed 1 on (default: 10)\n"
		"  --seed N    that one alone\n"
		"  --steps N   of a session (default: 300)\n"
		"  --verbose   each step in words\n"
		"  --scenarios the conforming scenarios of `vcosim drive` on QEMU's balloon "
		"instead\n"
		"  --freedoms  list the freedoms that are known: name, clause, what\n"
		"  --json      print the result as JSON\n"
		"  --help      this text\n"
		"\n"
		"Exit status: 0 no difference but freedoms, 1 some, 2 could not run.\n");
	return status;
}

static int list(void)
{
	for (unsigned i = 0; i < FREE_COUNT; i++)
		printf("%-16s %-12s %s\n", freedom_at(i)->name, freedom_at(i)->clause,
		       freedom_at(i)->what);
	return 0;
}

static bool number(const char *what, const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	*out = strtoul(text, &end, 10);
	if (!*end && end != text && *text != '-' && *out && *out <= max)
		return true;
	fprintf(stderr, "vcosim twin: %s %s: expected a number, 1 to %lu\n", what, text, max);
	return false;
}

static int find_qemu(struct twins *r)
{
	char dir[PATH_MAX];

	if (guestdir_find(dir)) {
		fprintf(stderr, "vcosim twin: no QEMU; `make run` fetches one, or set "
				"VCOSIM_GUEST\n");
		return 2;
	}
	guestdir_path(r->run, dir, "qemu/run");
	return 0;
}

static int run(struct twins *r, unsigned long first, unsigned long n)
{
	int err = 0;

	r->differences = json_array();
	for (unsigned long i = 0; i < n && !err; i++)
		err = run_seed(r, first + i);
	if (r->json)
		report(r);
	else
		tell(r);
	json_decref(r->differences);
	return err ? 2 : r->differ ? 1 : 0;
}

int cmd_twin(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seeds", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "steps", required_argument, NULL, 't' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "scenarios", no_argument, NULL, 'p' },
		{ "freedoms", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long seeds = 10, seed = 0, steps = 0;
	struct twins r = { 0 };
	bool ok = true, scenarios = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'n':
			ok = number("--seeds", optarg, SEEDS_MAX, &seeds);
			break;
		case 's':
			ok = number("--seed", optarg, ULONG_MAX, &seed);
			break;
		case 't':
			ok = number("--steps", optarg, 1000000, &steps);
			break;
		case 'v':
			r.verbose = true;
			break;
		case 'f':
			return list();
		case 'p':
			scenarios = true;
			break;
		case 'j':
			r.json = true;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
		if (!ok)
			return 2;
	}
	if (optind < argc) {
		fprintf(stderr, "vcosim twin: unexpected argument '%s'\n", argv[optind]);
		return 2;
	}
	r.steps = (unsigned)steps;
	if (find_qemu(&r))
		return 2;
	return scenarios ? play_all(&r) : run(&r, seed ? seed : 1, seed ? 1 : seeds);
}
