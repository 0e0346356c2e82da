/* SPDX-License-Identifier: MIT */
/*
 * Reads value change dumps (IEEE 1364-2005, 18.2), up to 64 bits a variable. An FST file is
 * read through fst2vcd, of Debian's gtkwave.
 */
#ifndef SIM_VCD_H
#define SIM_VCD_H

#include <stdint.h>

#define VCD_WHY 256 /* room for an error's text */

struct vcd;

struct vcd_var {
	char *name;     /* with its scopes: "tb.dut.clk_i"; without a range */
	unsigned width; /* bits */
	uint64_t id;    /* equal: the same signal by another name */
};

struct vcd_change {
	uint64_t time; /* in units of the file's timescale */
	unsigned slot; /* as given to vcd_want */
	uint64_t val;  /* bits that are x or z read 0 */
};

/* Reads the declarations. 0, or -errno and one line in why: "line 12: ..", with what was expected.
 */
int vcd_open(const char *path, struct vcd **out, char why[VCD_WHY]);
void vcd_close(struct vcd *vcd);

/* The n-th variable in the order of the file; NULL past the last. */
const struct vcd_var *vcd_var(const struct vcd *vcd, unsigned n);

/* vcd_next tells of this variable's changes as `slot`. 0 or -ENOMEM. */
int vcd_want(struct vcd *vcd, const struct vcd_var *var, unsigned slot);

/* 1: a change of a wanted variable; 0: the end; or -errno and why. */
int vcd_next(struct vcd *vcd, struct vcd_change *change, char why[VCD_WHY]);

#endif
