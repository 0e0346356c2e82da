/* SPDX-License-Identifier: MIT */
/*
 * The rules of AXI that sim/axi/bus_check.sv watches over at both ports of a device: what
 * they say and who is to keep them. Source: AMBA AXI and ACE protocol specification.
 */
#ifndef SIM_AXI_RULES_H
#define SIM_AXI_RULES_H

#include <stdbool.h>

#define AXI_RULES 27

struct axi_rule {
	const char *name; /* "dma-ar-stable" */
	const char *text; /* what is expected */
	const char *section;
	bool device; /* the device's to keep; else the testbench's, and a breach is our bug */
};

/* By its bit in bus_check.sv; NULL: no such rule. */
const struct axi_rule *axi_rule(unsigned n);

#endif
