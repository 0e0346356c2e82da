/* SPDX-License-Identifier: MIT */
/* A Verilated model behind C: its pins, and evaluation of the current pin values. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "sim/pins.h"

#ifdef __cplusplus
extern "C" {
#endif

struct model {
	struct pins pin;
	uint8_t bytes[PIN_COUNT]; /* that the class keeps a port in: 1, 2, 4, 8, ..; 0: no such port
				   */
	void (*eval)(struct model *model);
	void (*free)(struct model *model);
	void *impl;
};

/* By the name of a DUT ("balloon-pci"); NULL if none of that name is built in. */
struct model *model_new(const char *dut);

#ifdef __cplusplus
}
#endif

#endif
