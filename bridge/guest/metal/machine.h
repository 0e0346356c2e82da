/* SPDX-License-Identifier: MIT */
/*
 * The bare machine under the driver: ports, console, PCI configuration, time, power-off.
 * A PC with the Q35 chipset, 32-bit flat memory, no interrupts.
 */
#ifndef METAL_MACHINE_H
#define METAL_MACHINE_H

#include <stdint.h>

/* A function is named by bus << 8 | device << 3 | function. */

void console_init(void);
void print(const char *text);
void print_hex(uint32_t val);
void print_dec(uint32_t val);

uint32_t pci_read(unsigned bdf, unsigned off, unsigned size);
void pci_write(unsigned bdf, unsigned off, unsigned size, uint32_t val);

/* The first function with these ids on bus 0, or -1. */
int pci_find(uint16_t vendor, uint16_t device);

/* The address of a memory BAR; 0 if it is none, unset, or above 4 GiB. */
uint32_t pci_bar(unsigned bdf, unsigned bar);

/* By the chipset's power management timer. machine_init finds it. */
void machine_init(void);
void wait_us(unsigned us);

void power_off(void) __attribute__((noreturn));

#endif
