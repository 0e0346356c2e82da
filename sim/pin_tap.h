/* SPDX-License-Identifier: MIT */
/*
 * From the pins of a DUT to bus records, driving nothing: for waveforms from elsewhere. The
 * pins are those of rtl/README.md; those that a waveform lacks are not there to be seen.
 *
 * The register port may have transfers outstanding, the DMA port bursts, in any order that
 * AXI4 allows: read data is matched by its id, responses too. Records come out in the order of
 * their cycles; a DMA write waits for its response, which all beats of its burst get.
 * Source: AMBA AXI and ACE protocol specification, chapters A3, A5 and B1.
 */
#ifndef SIM_PIN_TAP_H
#define SIM_PIN_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/bus.h"
#include "sim/pins.h"

struct pin_tap;

struct pin_tap_config {
	bool have[PIN_COUNT]; /* pins that the waveform has */
	/* Where register accesses go if there is no s_awuser_i and s_aruser_i. */
	enum bus_space space;
	uint8_t bar;
	bool narrow; /* DMA data of 32 bits */
	void *ctx;
	void (*rec)(void *ctx, const struct bus_rec *rec);
	/* What no AXI4 manager or subordinate does; the tap goes on as well as it can. */
	void (*oddity)(void *ctx, uint64_t cycle, const char *what);
};

/* NULL: no memory. */
struct pin_tap *pin_tap_new(const struct pin_tap_config *cfg);
void pin_tap_free(struct pin_tap *tap);

/* The pins as a rising edge of clk_i finds them; one call a cycle. 0 or -ENOMEM. */
int pin_tap_edge(struct pin_tap *tap, uint64_t cycle, const uint64_t pin[PIN_COUNT]);

/* Nothing more comes: hands out what waited for a response that never came. */
void pin_tap_end(struct pin_tap *tap);

#endif
