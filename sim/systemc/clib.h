/* SPDX-License-Identifier: MIT */
/* The C side of the house, as C++ sees it: standard headers first, outside extern "C". */
#ifndef SIM_SYSTEMC_CLIB_H
#define SIM_SYSTEMC_CLIB_H

#include <cassert>
#include <cerrno>
#include <cinttypes>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <jansson.h>

extern "C" {
#include "sim/cmd_rig.h"
#include "sim/dev.h"
#include "sim/mem.h"
#include "sim/port.h"
#include "sim/port_io.h"
}

enum : unsigned { C_STACK = 8 << 20 }; /* bytes, of a process that runs C code: a program's */

#endif
