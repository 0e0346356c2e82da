/* SPDX-License-Identifier: MIT */
#include "sim/bus.h"

#include <inttypes.h>
#include <stdio.h>

char *bus_rec_str(const struct bus_rec *rec, char *buf, unsigned len)
{
	static const char *const space[] = { "cfg", "bar", "mmio", "dma", "irq", "host", "snoop" };
	const char *where = rec->space < sizeof(space) / sizeof(space[0]) ? space[rec->space] : "?";
	const char *resp = rec->resp == BUS_OKAY     ? ""
			   : rec->resp == BUS_SLVERR ? " SLVERR"
			   : rec->resp == BUS_DECERR ? " DECERR"
						     : " HANG";

	snprintf(buf, len, "%10" PRIu64 " %s %s 0x%" PRIx64 "/%u %s 0x%" PRIx64 "%s", rec->cycle,
		 where, rec->op == BUS_WRITE ? "write" : "read", rec->addr, rec->size,
		 rec->op == BUS_WRITE ? "<-" : "->", rec->data, resp);
	return buf;
}
