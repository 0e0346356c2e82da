/* SPDX-License-Identifier: MIT */
/* Text from outside, in JSON, which is UTF-8: what programs write and folders are called need not
 * be. */
#ifndef BRIDGE_PLAIN_H
#define BRIDGE_PLAIN_H

#include <jansson.h>

/* The string; one that is no UTF-8 has a '?' for each byte that is not ASCII. */
json_t *plain_string(const char *raw);

#endif
