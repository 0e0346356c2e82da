/* SPDX-License-Identifier: MIT */
/* libFuzzer: what a guest says of its zones. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/zones.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *reply = strndup((const char *)data, size);
	struct zones zones = { 1, 0 };

	if (!zones_parse(reply, &zones))
		assert(zones.free == 1 && !zones.needs); /* nothing is made of what is no answer */
	else
		assert(zones.free % 4096 == 0 && zones.needs % 4096 == 0);
	free(reply);
	return 0;
}
