/* SPDX-License-Identifier: MIT */
/* Bus records in words. */
#include "sim/bus.h"

#include <inttypes.h>
#include <stdio.h>

const char *bus_space_name(unsigned space)
{
	static const char *const name[] = { "cfg", "bar",  "mmio",  "dma",
					    "irq", "host", "snoop", "cue" };

	return space < sizeof(name) / sizeof(name[0]) ? name[space] : "?";
}

static const char *resp_str(uint8_t resp)
{
	switch (resp) {
	case BUS_OKAY:
		return "";
	case BUS_SLVERR:
		return " SLVERR";
	case BUS_DECERR:
		return " DECERR";
	case BUS_HANG:
		return " HANG";
	default:
		return " ?";
	}
}

static void irq_str(const struct bus_rec *rec, char *buf, unsigned len)
{
	if (rec->index == BUS_INTX)
		snprintf(buf, len, "irq intx <- %" PRIu64, rec->data);
	else
		snprintf(buf, len, "irq msix %" PRIu64 " <- 0x%" PRIx64, rec->addr, rec->data);
}

static void host_str(const struct bus_rec *rec, char *buf, unsigned len)
{
	static const char *const what[] = { "reset", "target", "actual", "inflate", "deflate",
					    "poll",  "stat",   "hint",   "hinted",  "reported" };
	uint32_t kind = (uint32_t)rec->addr;
	int n = snprintf(buf, len, "host %s 0x%" PRIx64,
			 kind < sizeof(what) / sizeof(what[0]) ? what[kind] : "?", rec->data);

	if (rec->addr >> 32 && n > 0 && (unsigned)n < len)
		snprintf(buf + n, len - (unsigned)n, ", 0x%" PRIx64, rec->addr >> 32);
}

static void cue_str(const struct bus_rec *rec, char *buf, unsigned len)
{
	static const char *const what[] = { "access", "quiet",   "load",   "map",  "unmap",
					    "end",    "stalled", "broken", "clock" };
	const char *name = rec->index < sizeof(what) / sizeof(what[0]) ? what[rec->index] : "?";

	switch (rec->index) {
	case BUS_CUE_ACCESS:
		snprintf(buf, len, "cue access %s %s%u 0x%" PRIx32 "/%u",
			 rec->op == BUS_WRITE ? "write" : "read",
			 bus_space_name((unsigned)(rec->addr >> 40)),
			 (unsigned)(rec->addr >> 32 & 0xff), (uint32_t)rec->addr, rec->size);
		break;
	case BUS_CUE_MAP:
	case BUS_CUE_UNMAP:
		snprintf(buf, len, "cue %s 0x%" PRIx64 " + 0x%" PRIx64 "%s", name, rec->addr,
			 rec->data, rec->flags & BUS_F_MSG ? " by message" : "");
		break;
	case BUS_CUE_LOAD:
		snprintf(buf, len, "cue load 0x%" PRIx64, rec->addr);
		break;
	case BUS_CUE_CLOCK:
		snprintf(buf, len, "cue clock %s", rec->data ? "goes on" : "stopped");
		break;
	default:
		snprintf(buf, len, "cue %s", name);
	}
}

static void access_str(const struct bus_rec *rec, char *buf, unsigned len)
{
	char where[16], lanes[16] = "";

	if (rec->space == BUS_BAR)
		snprintf(where, sizeof(where), "bar%u", rec->index);
	else
		snprintf(where, sizeof(where), "%s", bus_space_name(rec->space));
	if (rec->size == 8 && rec->be != 0xff)
		snprintf(lanes, sizeof(lanes), " be 0x%02x", rec->be);
	snprintf(buf, len, "%s %s 0x%" PRIx64 "/%u %s 0x%" PRIx64 "%s%s%s", where,
		 rec->op == BUS_WRITE ? "write" : "read", rec->addr, rec->size,
		 rec->op == BUS_WRITE ? "<-" : "->", rec->data, lanes,
		 rec->flags & BUS_F_LAST ? " last" : "", resp_str(rec->resp));
}

char *bus_rec_str(const struct bus_rec *rec, char *buf, unsigned len)
{
	int n = snprintf(buf, len, "%10" PRIu64 " ", rec->cycle);

	if (n < 0 || (unsigned)n >= len)
		return buf;
	if (rec->space == BUS_IRQ)
		irq_str(rec, buf + n, len - (unsigned)n);
	else if (rec->space == BUS_HOST)
		host_str(rec, buf + n, len - (unsigned)n);
	else if (rec->space == BUS_CUE)
		cue_str(rec, buf + n, len - (unsigned)n);
	else
		access_str(rec, buf + n, len - (unsigned)n);
	return buf;
}
