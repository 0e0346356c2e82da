/* SPDX-License-Identifier: MIT */
/* What this program was built from. */
#ifndef SIM_BUILD_H
#define SIM_BUILD_H

/* A hash over the RTL files of a device ("balloon-pci"), as its file list has them; or "?". */
const char *build_rtl(const char *dut);

#endif
