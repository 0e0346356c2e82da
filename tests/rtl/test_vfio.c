/* SPDX-License-Identifier: MIT */
/*
 * The whole bridge over RTL, without QEMU: the C driver is a vfio-user client, its memory
 * is shared in each of the three ways, pulled away in mid-flight, and its clients die.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/backend_dev.h"
#include "sim/dev.h"
#include "sim/driver.h"
#include "tests/lib/peer.h"
#include "tests/lib/vfio_fuzz.h"

#define CFG    VFIO_PCI_CONFIG_REGION_INDEX
#define BAR0   VFIO_PCI_BAR0_REGION_INDEX
#define RAM    0x40000u /* bytes of guest memory, from GPA 1 MiB on */
#define GPA    0x100000u
#define TARGET 600 /* pages: three buffers of the driver */

struct rtl {
	struct peer peer; /* first: a test's state is a peer too */
	struct dev *dev;
	struct backend_dev *backend;
	unsigned inflated, deflated;
	uint8_t *ram;
	int ram_fd;
	struct driver_io io;
	unsigned left; /* accesses until the client gives up; 0: never */
	unsigned fate; /* what happens a few accesses before */
	jmp_buf gone;
};

static void on_intx(void *ctx, bool level)
{
	struct rtl *rtl = ctx;

	if (rtl->peer.server)
		server_intx(rtl->peer.server, level);
}

static void on_msix(void *ctx, unsigned vector)
{
	struct rtl *rtl = ctx;

	server_msix(rtl->peer.server, vector);
}

static void on_page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	struct rtl *rtl = ctx;

	(void)pfn;
	if (dir == DEV_INFLATE)
		rtl->inflated++;
	else
		rtl->deflated++;
}

#define MUCH       0x1000 /* pages: all that the driver has */
#define LAST_WORDS 12     /* accesses between a client's fate and its end */

static void meet_fate(struct rtl *rtl);

static void account(struct rtl *rtl)
{
	if (rtl->left == LAST_WORDS && rtl->fate)
		meet_fate(rtl);
	if (rtl->left && !--rtl->left)
		longjmp(rtl->gone, 1);
}

static uint32_t io_cfg_read(void *ctx, unsigned off, unsigned size)
{
	account(ctx);
	return peer_read(ctx, CFG, off, size);
}

static void io_cfg_write(void *ctx, unsigned off, unsigned size, uint32_t val)
{
	account(ctx);
	peer_write(ctx, CFG, off, size, val);
}

static uint32_t io_bar_read(void *ctx, unsigned bar, uint32_t off, unsigned size)
{
	account(ctx);
	return peer_read(ctx, bar, off, size);
}

/* Posted, as QEMU does it. */
static void io_bar_write(void *ctx, unsigned bar, uint32_t off, unsigned size, uint32_t val)
{
	struct {
		struct proto_region_rw rw;
		uint32_t val;
	} msg = { { .offset = off, .region = bar, .count = size }, val };

	account(ctx);
	peer_send(ctx, PROTO_REGION_WRITE, PROTO_NO_REPLY, &msg, sizeof(msg.rw) + size, NULL, 0);
}

static void io_wait(void *ctx)
{
	peer_pump(ctx);
}

static void io_say(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static int setup(void **state)
{
	const struct dev_config cfg = { .features = DEV_FEATURES_ALL };
	struct rtl *rtl = calloc(1, sizeof(*rtl));
	struct dev_sink sink = { .ctx = rtl, .intx = on_intx, .msix = on_msix, .page = on_page };
	struct port port;
	const char *err;

	assert_non_null(rtl);
	rtl->peer.mem = mem_new();
	rtl->dev = dev_new(&cfg, rtl->peer.mem, &sink, &err);
	assert_non_null(rtl->dev);
	port = port_of_dev_early(rtl->dev);
	rtl->backend = backend_dev_new(&port, NULL);
	assert_non_null(rtl->backend);
	peer_open(&rtl->peer, backend_dev_get(rtl->backend));
	peer_connect(&rtl->peer);
	peer_hello(&rtl->peer);
	dev_set_target(rtl->dev, TARGET);
	rtl->ram_fd = peer_memfd(RAM, 0);
	rtl->ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_SHARED, rtl->ram_fd, 0);
	assert_ptr_not_equal(rtl->ram, MAP_FAILED);
	rtl->peer.dma = rtl->ram;
	rtl->peer.dma_gpa = GPA;
	rtl->peer.dma_size = RAM;
	rtl->io = (struct driver_io){ .ctx = rtl,
				      .cfg_read = io_cfg_read,
				      .cfg_write = io_cfg_write,
				      .bar_read = io_bar_read,
				      .bar_write = io_bar_write,
				      .wait = io_wait,
				      .say = io_say,
				      .pool = rtl->ram,
				      .pool_gpa = GPA,
				      .pool_size = DRIVER_POOL,
				      .first_pfn = 0x1000,
				      .npfns = 0x1000 };
	*state = rtl;
	return 0;
}

static int teardown(void **state)
{
	struct rtl *rtl = *state;

	peer_close(&rtl->peer);
	backend_dev_free(rtl->backend);
	dev_free(rtl->dev);
	munmap(rtl->ram, RAM);
	close(rtl->ram_fd);
	free(rtl);
	return 0;
}

static int map(struct rtl *rtl, int fd)
{
	const struct proto_dma_map ask = { sizeof(ask), 3, 0, GPA, RAM };

	return peer_call(&rtl->peer, PROTO_DMA_MAP, &ask, sizeof(ask), &fd, fd >= 0, NULL, 0);
}

static int unmap(struct rtl *rtl)
{
	struct proto_dma_unmap ask = { sizeof(ask), 0, GPA, RAM };

	return peer_call(&rtl->peer, PROTO_DMA_UNMAP, &ask, sizeof(ask), NULL, 0, &ask,
			 sizeof(ask));
}

static void next_client(struct rtl *rtl)
{
	peer_disconnect(&rtl->peer);
	peer_connect(&rtl->peer);
	peer_hello(&rtl->peer);
	memset(rtl->ram, 0, RAM);
	rtl->inflated = rtl->deflated = 0;
}

static void play(struct rtl *rtl)
{
	struct driver drv;

	memset(rtl->ram, 0, RAM);
	rtl->inflated = rtl->deflated = 0;
	if (driver_play(&drv, &rtl->io, driver_scenario("life")))
		fail_msg("the driver: %s", drv.error);
	assert_int_equal(rtl->inflated, TARGET);
	assert_int_equal(rtl->deflated, TARGET);
}

/* What the client is told comes from the device's configuration space. */
static void probed(void **state)
{
	struct rtl *rtl = *state;
	const struct backend *be = backend_dev_get(rtl->backend);

	assert_int_equal(be->size[CFG], 256);
	assert_int_equal(be->size[BAR0], 32768);
	for (unsigned bar = 1; bar < 6; bar++)
		assert_int_equal(be->size[BAR0 + bar], 0);
	assert_int_equal(be->vectors, 6);
	assert_true(be->intx);
	assert_int_equal(peer_read(&rtl->peer, CFG, PCI_VENDOR_ID, 4), 0x10451af4);
	assert_int_equal(peer_read(&rtl->peer, CFG, PCI_BASE_ADDRESS_0, 4), 0);
}

static void life_mapped(void **state)
{
	struct rtl *rtl = *state;

	assert_int_equal(fcntl(rtl->ram_fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	assert_int_equal(map(rtl, rtl->ram_fd), 0);
	assert_non_null(mem_at(rtl->peer.mem, 0)->host);
	play(rtl);
}

static void life_by_file(void **state)
{
	struct rtl *rtl = *state;

	assert_int_equal(map(rtl, rtl->ram_fd), 0);
	assert_null(mem_at(rtl->peer.mem, 0)->host);
	play(rtl);
	assert_int_equal(rtl->peer.dma_requests, 0);
}

static void life_by_message(void **state)
{
	struct rtl *rtl = *state;
	struct server_stats stats;

	assert_int_equal(map(rtl, -1), 0);
	play(rtl);
	server_stats(rtl->peer.server, &stats);
	assert_true(stats.ses.dma_read_msgs > 0 && stats.ses.dma_write_msgs > 0);
	assert_int_equal(stats.ses.dma_read_msgs + stats.ses.dma_write_msgs,
			 rtl->peer.dma_requests);
}

static uint64_t signalled(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n) ? n : 0;
}

static void set_eventfds(struct rtl *rtl, uint32_t index, uint32_t start, const int *fd, unsigned n)
{
	const struct vfio_irq_set set = { .argsz = sizeof(set),
					  .flags = VFIO_IRQ_SET_DATA_EVENTFD |
						   VFIO_IRQ_SET_ACTION_TRIGGER,
					  .index = index,
					  .start = start,
					  .count = n };

	assert_int_equal(
		peer_call(&rtl->peer, PROTO_DEVICE_SET_IRQS, &set, sizeof(set), fd, n, NULL, 0), 0);
}

/* Makes a buffer available past the driver, which would read ISR, and lets it be used. */
static void give_buffer(struct rtl *rtl, struct driver *drv)
{
	drv->queue[0].avail[2]++;
	peer_write(&rtl->peer, BAR0, drv->notify.offset, 2, 0);
	peer_pump(&rtl->peer);
}

static void unmask_intx(struct rtl *rtl)
{
	const struct vfio_irq_set set = { .argsz = sizeof(set),
					  .flags = VFIO_IRQ_SET_DATA_NONE |
						   VFIO_IRQ_SET_ACTION_UNMASK,
					  .index = VFIO_PCI_INTX_IRQ_INDEX,
					  .count = 1 };

	assert_int_equal(
		peer_call(&rtl->peer, PROTO_DEVICE_SET_IRQS, &set, sizeof(set), NULL, 0, NULL, 0),
		0);
}

/* INTx: signalled for a used buffer, again while it stands, and no more once ISR is read. */
static void intx(void **state)
{
	struct rtl *rtl = *state;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct driver drv;

	assert_int_equal(map(rtl, -1), 0);
	set_eventfds(rtl, VFIO_PCI_INTX_IRQ_INDEX, 0, &fd, 1);
	assert_int_equal(driver_probe(&drv, &rtl->io, 0), 0);
	assert_int_equal(driver_start(&drv), 0);
	give_buffer(rtl, &drv);
	assert_int_equal(signalled(fd), 1);
	give_buffer(rtl, &drv);
	assert_int_equal(signalled(fd), 0); /* masked itself */
	unmask_intx(rtl);
	assert_int_equal(signalled(fd), 1);
	assert_int_equal(peer_read(&rtl->peer, BAR0, drv.isr.offset, 1) & 1, 1);
	unmask_intx(rtl);
	assert_int_equal(signalled(fd), 0);
	give_buffer(rtl, &drv);
	assert_int_equal(signalled(fd), 1);
	close(fd);
}

/* The client's eventfd unmasks the device's own table entry; without, it stays pending. */
static void msix(void **state)
{
	struct rtl *rtl = *state;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	unsigned cap = 0x98, common;
	struct driver drv;

	assert_int_equal(map(rtl, -1), 0);
	assert_int_equal(peer_read(&rtl->peer, CFG, cap, 1), PCI_CAP_ID_MSIX);
	assert_int_equal(driver_probe(&drv, &rtl->io, 0), 0);
	assert_int_equal(driver_start(&drv), 0);
	peer_write(&rtl->peer, CFG, cap + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	common = drv.common.offset;
	peer_write(&rtl->peer, BAR0, common + 0x16, 2, 0); /* queue_select */
	peer_write(&rtl->peer, BAR0, common + 0x1a, 2, 3); /* queue_msix_vector */
	assert_int_equal(peer_read(&rtl->peer, BAR0, common + 0x1a, 2), 3);
	assert_int_equal(driver_balloon(&drv, 256), 0);
	assert_int_equal(signalled(fd), 0);
	set_eventfds(rtl, VFIO_PCI_MSIX_IRQ_INDEX, 3, &fd, 1);
	peer_pump(&rtl->peer);
	assert_int_equal(signalled(fd), 1); /* what was pending */
	assert_int_equal(driver_balloon(&drv, 512), 0);
	assert_int_equal(signalled(fd), 1);
	close(fd);
}

/* Up to the moment that the device waits for an answer to its DMA. */
static void stall(struct rtl *rtl, struct driver *drv)
{
	struct {
		struct proto_dma_rw rw;
		uint8_t data[4096];
	} buf;
	struct proto_hdr hdr;

	assert_int_equal(driver_probe(drv, &rtl->io, 0), 0);
	assert_int_equal(driver_start(drv), 0);
	/* A buffer is available as soon as the index says so; the notification starts it. */
	drv->queue[0].avail[2] = 1;
	peer_write(&rtl->peer, BAR0, drv->notify.offset, 2, 0);
	assert_true(peer_recv(&rtl->peer, &hdr, &buf, sizeof(buf)) >= 0);
	assert_int_equal(hdr.flags, PROTO_REQUEST);
}

static uint8_t status(struct rtl *rtl, const struct driver *drv)
{
	return (uint8_t)peer_read(&rtl->peer, BAR0, drv->common.offset + 0x14, 1);
}

/*
 * Memory that vanishes while a beat waits for it: the unmapping is answered at once, the
 * beat fails, the device says that it needs a reset, and a reset brings it back.
 */
static void vanish(void **state)
{
	struct rtl *rtl = *state;
	struct driver drv;

	assert_int_equal(map(rtl, -1), 0);
	stall(rtl, &drv);
	assert_int_equal(status(rtl, &drv) & VIRTIO_CONFIG_S_NEEDS_RESET, 0);
	assert_int_equal(unmap(rtl), sizeof(struct proto_dma_unmap));
	assert_int_equal(status(rtl, &drv) & VIRTIO_CONFIG_S_NEEDS_RESET,
			 VIRTIO_CONFIG_S_NEEDS_RESET);
	next_client(rtl);
	assert_int_equal(map(rtl, rtl->ram_fd), 0);
	play(rtl);
}

/* Registers answer while DMA waits, for as long as the client likes. */
static void registers_while_waiting(void **state)
{
	struct rtl *rtl = *state;
	struct driver drv;

	assert_int_equal(map(rtl, -1), 0);
	stall(rtl, &drv);
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(status(rtl, &drv), 0x0f);
	assert_int_equal(peer_read(&rtl->peer, CFG, 0, 4), 0x10451af4);
}

/* A function reset while DMA waits, and a new life with the late answer outstanding. */
static void reset_while_waiting(void **state)
{
	struct rtl *rtl = *state;
	struct driver drv;

	assert_int_equal(map(rtl, -1), 0);
	stall(rtl, &drv);
	assert_int_equal(peer_call(&rtl->peer, PROTO_DEVICE_RESET, NULL, 0, NULL, 0, NULL, 0), 0);
	assert_int_equal(peer_read(&rtl->peer, CFG, PCI_COMMAND, 2), 0);
	play(rtl);
}

/* A client that dies after n accesses, for many n; the next one lives. */
static void clients_die(void **state)
{
	struct rtl *rtl = *state;
	unsigned fds = peer_open_fds();

	for (volatile unsigned n = 1; n < 400; n += 7) {
		struct driver drv;

		rtl->left = n;
		if (!setjmp(rtl->gone)) {
			map(rtl, n % 3 ? rtl->ram_fd : -1);
			driver_play(&drv, &rtl->io, driver_scenario("life"));
		}
		rtl->left = 0;
		next_client(rtl);
		assert_int_equal(peer_open_fds(), fds);
	}
	assert_int_equal(map(rtl, rtl->ram_fd), 0);
	play(rtl);
}

enum { DIES, MAPPED_AWAY, RESETS, STOPS, HALF_A_WORD, DEAF, FATES };

static void meet_fate(struct rtl *rtl)
{
	const struct proto_hdr half = { 1, PROTO_REGION_WRITE, 4096, 0, 0 };
	const struct proto_region_rw much = { 0, BAR0, 32768 };
	unsigned fate = rtl->fate;

	rtl->fate = DIES;
	switch (fate) {
	case MAPPED_AWAY: /* with whatever beats are in flight */
		unmap(rtl);
		break;
	case RESETS:
		peer_call(&rtl->peer, PROTO_DEVICE_RESET, NULL, 0, NULL, 0, NULL, 0);
		break;
	case STOPS:
		dev_clock(rtl->dev, false);
		break;
	case HALF_A_WORD:
		peer_send_raw(&rtl->peer, &half, sizeof(half), NULL, 0);
		longjmp(rtl->gone, 1);
	case DEAF: /* asks for much, reads none of it */
		for (unsigned i = 0; i < 32; i++)
			peer_send(&rtl->peer, PROTO_REGION_READ, 0, &much, sizeof(much), NULL, 0);
		longjmp(rtl->gone, 1);
	default:
		break;
	}
}

/* Lines of /proc/self/maps that are a memory file's. */
static unsigned mapped_files(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		n += strstr(line, "memfd") != NULL;
	fclose(maps);
	return n;
}

/*
 * Five hundred clients, each with a fate of its own somewhere in its life, many of them while
 * they inflate. None leaves anything behind, and now and then one lives.
 */
static void five_hundred_fates(void **state)
{
	struct rtl *rtl = *state;
	unsigned fds = peer_open_fds(), maps = mapped_files(), inflating = 0;
	uint64_t seed = 5;

	for (volatile unsigned n = 0; n < 500; n++) {
		struct driver drv;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		rtl->left = 80 + (unsigned)(seed >> 33) % 130;
		rtl->fate = n % FATES;
		dev_set_target(rtl->dev, MUCH);
		if (!setjmp(rtl->gone)) {
			map(rtl, n % 3 ? rtl->ram_fd : -1);
			driver_play(&drv, &rtl->io, driver_scenario("life"));
		}
		inflating += rtl->inflated && rtl->inflated < MUCH;
		dev_set_target(rtl->dev, TARGET);
		rtl->left = rtl->fate = 0;
		next_client(rtl);
		assert_int_equal(peer_open_fds(), fds);
		assert_int_equal(mapped_files(), maps);
		assert_null(mem_at(rtl->peer.mem, 0));
		if (n % 50)
			continue;
		map(rtl, rtl->ram_fd);
		play(rtl);
		next_client(rtl);
	}
	assert_true(inflating > 100);
	map(rtl, rtl->ram_fd);
	play(rtl);
}

/* SOAK=1: for half an hour of processor time. */
static void at_random(void **state)
{
	const double goal = getenv("SOAK") ? 1800 : 0;
	const unsigned n = goal > 0 ? 100000 : 10000;
	struct rtl *rtl = *state;
	uint64_t seed = 2;

	do
		vfio_fuzz(&rtl->peer, seed++, n);
	while ((double)clock() / CLOCKS_PER_SEC < goal);
	if (goal > 0)
		print_message("# %u seeds, %u messages each, %.0f s of processor time\n",
			      (unsigned)(seed - 2), n, (double)clock() / CLOCKS_PER_SEC);
	assert_int_equal(map(rtl, rtl->ram_fd), 0);
	play(rtl);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(probed),
		T(life_mapped),
		T(life_by_file),
		T(life_by_message),
		T(intx),
		T(msix),
		T(vanish),
		T(registers_while_waiting),
		T(reset_while_waiting),
		T(clients_die),
		T(five_hundred_fates),
		T(at_random),
	};

	return cmocka_run_group_tests_name("vfio", tests, NULL, NULL);
}
