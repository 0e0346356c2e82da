/* SPDX-License-Identifier: MIT */
/*
 * The bare-metal guest: the driver of sim/driver.h as the only program of a PC. It plays
 * the scenario that its command line names, tells it on the console, and switches off.
 *
 *   scenario=NAME   what to play, of driver_scenario_at, or with a virtio-mmio device of
 *                   driver_mmio_scenario_at; default: life
 *   asks=1          somebody reads the console and does what "metal: ask N WHAT" says, N from 1
 *
 * Its last line is "metal: done" or "metal: failed: why".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/guest/metal/machine.h"
#include "sim/driver.h"

#define BOOT_MAGIC 0x2badb002
#define FIRST_PFN  0x1000 /* pages from 16 MiB up are free to be ballooned */
#define ASK_US     200000

#define VENDOR 0x1af4
#define DEVICE 0x1045

/* A function whose BAR 0 is a virtio-mmio window: bridge/carrier.h. */
#define CARRIER_VENDOR 0x1b36
#define CARRIER_DEVICE 0x1000

/* Multiboot 0.6.96, 3.3: what we need of the information. */
struct boot_info {
	uint32_t flags;
	uint32_t mem_lower, mem_upper; /* KiB from 0 and from 1 MiB, if flags & 1 */
	uint32_t boot_device;
	const char *cmdline; /* if flags & 4 */
};

struct metal {
	unsigned bdf;
	unsigned asks;
	uint32_t bar[6]; /* addresses, 0: none */
};

void metal_main(uint32_t magic, const struct boot_info *boot);
void *memset(void *at, int val, size_t n);
void *memcpy(void *to, const void *from, size_t n);

/* The compiler asks for these two on its own. */
void *memset(void *at, int val, size_t n)
{
	for (uint8_t *p = at; n--;)
		*p++ = (uint8_t)val;
	return at;
}

void *memcpy(void *to, const void *from, size_t n)
{
	const uint8_t *f = from;

	for (uint8_t *p = to; n--;)
		*p++ = *f++;
	return to;
}

static void fail(const char *why)
{
	print("metal: failed: ");
	print(why);
	print("\n");
	power_off();
}

static uint32_t cfg_read(void *ctx, unsigned off, unsigned size)
{
	return pci_read(((struct metal *)ctx)->bdf, off, size);
}

static void cfg_write(void *ctx, unsigned off, unsigned size, uint32_t val)
{
	pci_write(((struct metal *)ctx)->bdf, off, size, val);
}

static uintptr_t reg(const struct metal *m, unsigned bar, uint32_t off)
{
	if (bar >= 6 || !m->bar[bar])
		fail("a capability names a BAR that cannot be reached");
	return m->bar[bar] + off;
}

static uint32_t bar_read(void *ctx, unsigned bar, uint32_t off, unsigned size)
{
	uintptr_t at = reg(ctx, bar, off);

	if (size == 1)
		return *(volatile uint8_t *)at;
	if (size == 2)
		return *(volatile uint16_t *)at;
	return *(volatile uint32_t *)at;
}

static void bar_write(void *ctx, unsigned bar, uint32_t off, unsigned size, uint32_t val)
{
	uintptr_t at = reg(ctx, bar, off);

	if (size == 1)
		*(volatile uint8_t *)at = (uint8_t)val;
	else if (size == 2)
		*(volatile uint16_t *)at = (uint16_t)val;
	else
		*(volatile uint32_t *)at = val;
}

static uint32_t mmio_read(void *ctx, uint32_t off, unsigned size)
{
	return bar_read(ctx, 0, off, size);
}

static void mmio_write(void *ctx, uint32_t off, unsigned size, uint32_t val)
{
	bar_write(ctx, 0, off, size, val);
}

static void wait_a_little(void *ctx)
{
	(void)ctx;
	wait_us(10);
}

static void say(void *ctx, const char *line)
{
	(void)ctx;
	print("metal: ");
	print(line);
	print("\n");
}

/* The host has a moment to hear it, and to act. */
static void ask(void *ctx, enum driver_ask what)
{
	static const char *const name[] = {
		[DRIVER_ASK_STATS] = "stats",
		[DRIVER_ASK_HINTS] = "hints",
		[DRIVER_ASK_HINTS_END] = "hints-end",
		[DRIVER_ASK_TARGET] = "target",
	};
	struct metal *m = ctx;

	print("metal: ask ");
	print_dec(++m->asks);
	print(" ");
	print(name[what]);
	print("\n");
	wait_us(ASK_US);
}

/* What follows "key=" in the command line, NULL: nothing does. */
static const char *option(const char *cmdline, const char *key)
{
	unsigned k = 0;

	for (; *cmdline && key[k]; cmdline++)
		k = *cmdline == key[k] ? k + 1 : *cmdline == key[0];
	return key[k] ? NULL : cmdline;
}

/* The value of "scenario=" in the command line, copied; "life" if there is none. */
static const char *scenario_name(const char *cmdline, char *buf, unsigned size)
{
	const char *name = option(cmdline, "scenario=");
	unsigned n = 0;

	if (!name)
		return "life";
	while (name[n] && name[n] != ' ' && n + 1 < size) {
		buf[n] = name[n];
		n++;
	}
	buf[n] = 0;
	return buf;
}

/* Something in every page that may go to the balloon: the host has them allocated then. */
static void dirty(uint32_t first_pfn, uint32_t npfns)
{
	for (uint32_t pfn = first_pfn; pfn < first_pfn + npfns; pfn++)
		*(volatile uint32_t *)(uintptr_t)(pfn << 12) = 0xa5a5a5a5;
}

static void tell_device(const struct metal *m)
{
	print("metal: balloon at PCI device ");
	print_dec(m->bdf >> 3);
	for (unsigned i = 0; i < 6; i++)
		if (m->bar[i]) {
			print(", BAR ");
			print_dec(i);
			print(" at ");
			print_hex(m->bar[i]);
		}
	print("\n");
}

void metal_main(uint32_t magic, const struct boot_info *boot)
{
	static uint8_t pool[DRIVER_POOL] __attribute__((aligned(4096)));
	const struct driver_scenario *sc;
	struct metal m = { 0 };
	struct driver drv = { 0 };
	const char *scenario;
	bool mmio = false;
	char name[64];
	int bdf;

	console_init();
	if (magic != BOOT_MAGIC || (boot->flags & 5) != 5)
		fail("not started by a multiboot loader");
	machine_init();
	bdf = pci_find(VENDOR, DEVICE);
	if (bdf < 0) {
		bdf = pci_find(CARRIER_VENDOR, CARRIER_DEVICE);
		mmio = true;
	}
	if (bdf < 0)
		fail("no virtio balloon on the PCI bus, nor what carries one");
	scenario = scenario_name(boot->cmdline, name, sizeof(name));
	sc = mmio ? driver_mmio_scenario(scenario) : driver_scenario(scenario);
	if (!sc)
		fail("no such scenario");
	m.bdf = (unsigned)bdf;
	for (unsigned i = 0; i < 6; i++) {
		m.bar[i] = pci_bar(m.bdf, i);
		if ((pci_read(m.bdf, 0x10 + 4 * i, 4) & 7) == 4)
			i++; /* the upper half of a 64-bit one */
	}
	tell_device(&m);
	print("metal: scenario ");
	print(sc->name);
	print(": ");
	print(sc->what);
	print("\n");

	struct driver_io io = {
		.ctx = &m,
		.cfg_read = cfg_read,
		.cfg_write = cfg_write,
		.bar_read = bar_read,
		.bar_write = bar_write,
		.wait = wait_a_little,
		.say = say,
		.pool = pool,
		.pool_gpa = (uintptr_t)pool,
		.pool_size = DRIVER_POOL,
		.first_pfn = FIRST_PFN,
		.npfns = boot->mem_upper / 4 + 0x100 - FIRST_PFN,
	};
	if (option(boot->cmdline, "asks=1"))
		io.ask = ask;
	if (mmio) {
		io.mmio_read = mmio_read;
		io.mmio_write = mmio_write;
	}
	if (boot->mem_upper / 4 + 0x100 <= FIRST_PFN)
		fail("needs more than 16 MiB of memory");
	dirty(io.first_pfn, io.npfns);
	if (driver_play(&drv, &io, sc))
		fail(drv.error ? drv.error : "?");
	print("metal: done\n");
	power_off();
}
