/* SPDX-License-Identifier: MIT */
#include "bridge/zones.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE     4096U
#define CAPACITY 32U /* PAGE_REPORTING_CAPACITY: blocks in a list */
#define ORDER    9U  /* pageblock_order on x86: a kernel that does not tell takes it */
#define MAX      20U /* no order is near it */

/* The order is that of the module's parameter, once a device reports; before that it is nonsense.
 */
const char zones_request[] =
	"exec cat /sys/module/page_reporting/parameters/page_reporting_order 2>/dev/null; "
	"grep -E '^ +(pages free|low) ' /proc/zoneinfo";

/* The answer's lines end with a backslash and an n. */
static const char *next_line(const char *at)
{
	const char *end = strstr(at, "\\n");

	return end ? end + 2 : NULL;
}

static bool further(const struct zones *a, const struct zones *b)
{
	return (int64_t)(a->free - a->needs) > (int64_t)(b->free - b->needs);
}

bool zones_parse(const char *reply, struct zones *zones)
{
	unsigned order = ORDER, status, said;
	uint64_t free = 0, low;
	bool any = false, open = false;
	int n = 0;

	if (sscanf(reply, "%u %n", &status, &n) != 1 || status || !n)
		return false;
	for (const char *line = reply + n; line; line = next_line(line)) {
		if (sscanf(line, " pages free %" SCNu64, &free) == 1) {
			open = true;
		} else if (open && sscanf(line, " low %" SCNu64, &low) == 1) {
			const struct zones zone = { free * PAGE,
						    (low + (CAPACITY << order)) * PAGE };

			if (!any || further(&zone, zones))
				*zones = zone;
			any = true;
			open = false;
		} else if (!any && sscanf(line, "%u", &said) == 1 && said < MAX) {
			order = said;
		}
	}
	return any;
}

bool zones_silent(const struct zones *zones)
{
	return zones->free <= zones->needs;
}
