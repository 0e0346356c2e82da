/* SPDX-License-Identifier: MIT */
/*
 * Whether a Linux guest can report free memory. Its kernel does so of a zone only while more is
 * free there than the low watermark and one whole list of reports (Linux, mm/page_reporting.c,
 * page_reporting_process_zone): with blocks of 2 MiB that list is 64 MiB.
 */
#ifndef BRIDGE_ZONES_H
#define BRIDGE_ZONES_H

#include <stdbool.h>
#include <stdint.h>

/* What to ask the agent: the order of a report's blocks, and what is free in each zone. */
extern const char zones_request[];

/* Of the zone that is nearest to a report, or furthest into it: bytes. */
struct zones {
	uint64_t free, needs;
};

/* False: this is no answer to zones_request. */
bool zones_parse(const char *reply, struct zones *zones);

/* Nothing that lies free is reported. */
bool zones_silent(const struct zones *zones);

#endif
