/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* For monitor/core*.c in a kernel, which has these types but not this header. */
#ifndef VCOSIM_MON_STDINT_H
#define VCOSIM_MON_STDINT_H

#include <linux/limits.h>
#include <linux/types.h>

#undef UINT32_MAX
#undef UINT64_MAX
#define UINT32_MAX U32_MAX
#define UINT64_MAX U64_MAX

#endif
