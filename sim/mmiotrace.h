/* SPDX-License-Identifier: MIT */
/*
 * Reads what Linux's mmiotrace writes to trace_pipe (kernel: Documentation/trace/mmiotrace.rst,
 * kernel/trace/trace_mmiotrace.c), version 20070824. A line each:
 *
 *	VERSION 20070824
 *	PCIDEV bus-devfn vendor-device irq 7-BARs 7-sizes driver
 *	MAP seconds id physical virtual bytes pc pid
 *	UNMAP seconds id pc pid
 *	R width seconds id physical value pc pid      and W
 *	UNKNOWN seconds id physical code bytes pc pid
 *	MARK seconds text; "Lost N events." is the kernel's own
 *
 * It shows every access of the one processor that is left running to mappings made since it
 * was switched on: registers and the MSI-X table, no memory, no PCI configuration space.
 */
#ifndef SIM_MMIOTRACE_H
#define SIM_MMIOTRACE_H

#include "sim/seen.h"

struct mmiotrace_facts {
	bool functions;     /* PCIDEV lines were there */
	uint64_t lost;      /* events that the kernel had no room for */
	uint64_t unknown;   /* accesses that it could not decode */
	uint64_t unaligned; /* mappings that begin inside a page: it shows no access to them */
};

/* 0, or -errno of reading. Lines that make no sense are oddities; the others still count. */
int mmiotrace_read(const char *path, struct seen *seen, struct mmiotrace_facts *facts, void *ctx,
		   void (*oddity)(void *ctx, unsigned long line, const char *what));

#endif
