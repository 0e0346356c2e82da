/* SPDX-License-Identifier: MIT */
/* Ports, console, PCI configuration, time and power-off of a Q35 PC. */
#include "bridge/guest/metal/machine.h"

#include <linux/pci_regs.h>

#define COM1        0x3f8
#define CONFIG_ADDR 0xcf8
#define CONFIG_DATA 0xcfc

/* ICH9 LPC bridge: datasheet 13.1.13 (PMBASE), 13.8.3 (PM1_CNT, PM1_TMR). */
#define LPC          (0x1f << 3)
#define LPC_PMBASE   0x40
#define LPC_ACPI_CNT 0x44
#define ACPI_ENABLE  0x80
#define PM1_CNT      4
#define PM1_TMR      8
#define SLP_EN       (1 << 13) /* with SLP_TYP 0: QEMU's S5 */
#define TIMER_KHZ    3580

static inline uint8_t in8(uint16_t port)
{
	uint8_t val;

	__asm__ volatile("inb %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

static inline uint16_t in16(uint16_t port)
{
	uint16_t val;

	__asm__ volatile("inw %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t val;

	__asm__ volatile("inl %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

static inline void out8(uint16_t port, uint8_t val)
{
	__asm__ volatile("outb %0, %1" : : "a"(val), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t val)
{
	__asm__ volatile("outw %0, %1" : : "a"(val), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t val)
{
	__asm__ volatile("outl %0, %1" : : "a"(val), "Nd"(port));
}

/* --- console: a 16550 at 115200 8N1 ------------------------------------------------- */

void console_init(void)
{
	static const uint8_t setup[][2] = {
		{ 1, 0x00 }, /* no interrupts */
		{ 3, 0x80 }, /* divisor latch */
		{ 0, 0x01 }, { 1, 0x00 }, { 3, 0x03 }, { 2, 0x07 },
	};

	for (unsigned i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		out8(COM1 + setup[i][0], setup[i][1]);
}

static void put(char c)
{
	while (!(in8(COM1 + 5) & 0x20))
		;
	out8(COM1, (uint8_t)c);
}

void print(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			put('\r');
		put(*text);
	}
}

void print_hex(uint32_t val)
{
	print("0x");
	for (int shift = 28; shift >= 0; shift -= 4)
		put("0123456789abcdef"[val >> shift & 15]);
}

void print_dec(uint32_t val)
{
	if (val >= 10)
		print_dec(val / 10);
	put((char)('0' + val % 10));
}

/* --- PCI: configuration mechanism #1 -------------------------------------------------- */

uint32_t pci_read(unsigned bdf, unsigned off, unsigned size)
{
	uint16_t port = (uint16_t)(CONFIG_DATA + (off & 3));

	out32(CONFIG_ADDR, 1U << 31 | bdf << 8 | (off & 0xfc));
	return size == 1 ? in8(port) : size == 2 ? in16(port) : in32(port);
}

void pci_write(unsigned bdf, unsigned off, unsigned size, uint32_t val)
{
	uint16_t port = (uint16_t)(CONFIG_DATA + (off & 3));

	out32(CONFIG_ADDR, 1U << 31 | bdf << 8 | (off & 0xfc));
	if (size == 1)
		out8(port, (uint8_t)val);
	else if (size == 2)
		out16(port, (uint16_t)val);
	else
		out32(port, val);
}

int pci_find(uint16_t vendor, uint16_t device)
{
	for (unsigned bdf = 0; bdf < 256; bdf++)
		if (pci_read(bdf, PCI_VENDOR_ID, 4) == ((uint32_t)device << 16 | vendor))
			return (int)bdf;
	return -1;
}

uint32_t pci_bar(unsigned bdf, unsigned bar)
{
	unsigned off = PCI_BASE_ADDRESS_0 + 4 * bar;
	uint32_t val = bar < 6 ? pci_read(bdf, off, 4) : PCI_BASE_ADDRESS_SPACE_IO;

	if (val & PCI_BASE_ADDRESS_SPACE_IO)
		return 0;
	if ((val & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64 &&
	    (bar == 5 || pci_read(bdf, off + 4, 4)))
		return 0;
	return val & (uint32_t)PCI_BASE_ADDRESS_MEM_MASK;
}

/* --- time and power ---------------------------------------------------------------------- */

static uint16_t power_port(void)
{
	return pci_read(LPC, LPC_PMBASE, 2) & 0xff80;
}

void machine_init(void)
{
	/* Firmware has done this already; without it the timer would stand still. */
	if (!power_port())
		pci_write(LPC, LPC_PMBASE, 4, 0x600);
	pci_write(LPC, LPC_ACPI_CNT, 1, pci_read(LPC, LPC_ACPI_CNT, 1) | ACPI_ENABLE);
}

void wait_us(unsigned us)
{
	uint16_t timer = (uint16_t)(power_port() + PM1_TMR);
	uint32_t start = in32(timer), ticks = us * TIMER_KHZ / 1000;

	/* 24 bits count; enough for 4 s */
	while (((in32(timer) - start) & 0xffffff) < ticks)
		__asm__ volatile("pause");
}

void power_off(void)
{
	out16((uint16_t)(power_port() + PM1_CNT), SLP_EN);
	for (;;)
		__asm__ volatile("cli; hlt");
}
