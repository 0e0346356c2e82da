/* SPDX-License-Identifier: MIT */
/* A Verilated model behind C: its pins, and evaluation of the current pin values. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include <stdbool.h>

#include "sim/pins.h"

#ifdef __cplusplus
extern "C" {
#endif

struct event;
struct model;

/*
 * Waves of a model that was built with them (program vcosim-waves): an FST file of all its
 * signals in scope "dut", and of the monitor's side of the story in scope "monitor": the events
 * as clocks, their arguments, and two lines of text. A cycle is 1 ns.
 */
struct model_waves {
	/* 0 or -errno. */
	int (*open)(struct model *model, const char *path);
	/* The values as they are, at the first (clk low) or second half of a cycle. */
	void (*dump)(struct model *model, uint64_t cycle, bool high);
	/* Monitor's side, from the next dump on: an event ticks; none does; a line of text. */
	void (*event)(struct model *model, const struct event *ev);
	void (*calm)(struct model *model);
	void (*events_text)(struct model *model, const char *text);
	void (*verdict_text)(struct model *model, const char *text);
	void (*close)(struct model *model);
};

#define MODEL_TEXT 64 /* characters of a line of text; longer ones are cut */

struct model {
	struct pins pin;
	uint8_t bytes[PIN_COUNT]; /* that the class keeps a port in: 1, 2, 4, 8, ..; 0: no such port
				   */
	void (*eval)(struct model *model);
	void (*free)(struct model *model);
	const struct model_waves *waves; /* NULL: built without */
	void *impl;
	const uint32_t *broken; /* rules of AXI broken so far, a bit each: sim/axi_rules.h */
};

/* By the name of a DUT ("balloon-pci"); NULL if none of that name is built in. */
struct model *model_new(const char *dut);

#ifdef __cplusplus
}
#endif

#endif
