/* SPDX-License-Identifier: MIT */
#include "bridge/plain.h"

#include <stdlib.h>
#include <string.h>

json_t *plain_string(const char *raw)
{
	json_t *all = json_string(raw);
	char *plain = all ? NULL : strdup(raw);

	if (!plain)
		return all;
	for (char *c = plain; *c; c++)
		if (*c & 0x80)
			*c = '?';
	all = json_string(plain);
	free(plain);
	return all;
}
