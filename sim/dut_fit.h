/* SPDX-License-Identifier: MIT */
/* Does the RTL have the ports that its manifest says? */
#ifndef SIM_DUT_FIT_H
#define SIM_DUT_FIT_H

#include "sim/dut.h"
#include "sim/pins.h"

/* NULL if it has, else a static string that names the first port that differs. */
const char *dut_fit(const struct dut *dut, const uint8_t bytes[PIN_COUNT]);

#endif
