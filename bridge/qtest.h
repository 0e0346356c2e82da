/* SPDX-License-Identifier: MIT */
/*
 * A QEMU without a guest, whose devices we drive ourselves: its qtest protocol (QEMU:
 * system/qtest.c) for registers and interrupts, its monitor for the host's side, and its memory,
 * shared. One request at a time, and what a request brings about is over when it returns, but for
 * what QEMU does in its main loop.
 *
 * The machine is q35 with one function under test in slot 1. Its memory begins at 0.
 */
#ifndef BRIDGE_QTEST_H
#define BRIDGE_QTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QTEST_WHY 256

struct qtest;

struct qtest_config {
	const char *run;    /* the QEMU to run */
	const char *device; /* for -device, without addr */
	uint32_t mem_bytes; /* a multiple of 1 MiB */
	bool loud;          /* what QEMU complains about goes to stderr */
};

/* NULL, and one line in why. */
struct qtest *qtest_new(const struct qtest_config *cfg, char why[QTEST_WHY]);
void qtest_free(struct qtest *qt);

/* Guest memory, as the device sees it. */
uint8_t *qtest_mem(struct qtest *qt);

/* Registers of the function under test: configuration space, and physical addresses. */
uint32_t qtest_cfg_read(struct qtest *qt, unsigned off, unsigned size);
void qtest_cfg_write(struct qtest *qt, unsigned off, unsigned size, uint32_t val);
uint32_t qtest_read(struct qtest *qt, uint64_t addr, unsigned size);
void qtest_write(struct qtest *qt, uint64_t addr, unsigned size, uint32_t val);

/* The input of the I/O APIC that the function's INTx is wired to: its level. */
bool qtest_intx(struct qtest *qt);

/* A request of QMP, its "return" or "error" awaited: 0 or -EIO. */
int qtest_monitor(struct qtest *qt, const char *request);

/* The first thing that went wrong, or NULL; all further calls do nothing. */
const char *qtest_error(const struct qtest *qt);

#endif
