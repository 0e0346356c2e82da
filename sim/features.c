/* SPDX-License-Identifier: MIT */
#include "sim/features.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	unsigned bit;
} features[] = {
	{ "must_tell_host", 0 },     { "stats_vq", 1 },        { "deflate_on_oom", 2 },
	{ "free_page_hint", 3 },     { "page_poison", 4 },     { "page_reporting", 5 },
	{ "indirect_desc", 28 },     { "event_idx", 29 },      { "version_1", 32 },
	{ "access_platform", 33 },   { "order_platform", 36 }, { "notification_data", 38 },
	{ "notif_config_data", 39 }, { "ring_reset", 40 },     { "suspend", 43 },
};

#define NFEATURES (sizeof(features) / sizeof(features[0]))

const char *features_name(unsigned n)
{
	return n < NFEATURES ? features[n].name : NULL;
}

static bool parse_one(const char *word, size_t len, uint64_t *bits)
{
	char *end;

	if (len == 3 && !strncmp(word, "all", len)) {
		*bits = UINT64_MAX;
		return true;
	}
	if (len == 4 && !strncmp(word, "none", len))
		return true;
	for (unsigned i = 0; i < NFEATURES; i++) {
		if (strlen(features[i].name) == len && !strncmp(features[i].name, word, len)) {
			*bits |= 1ULL << features[i].bit;
			return true;
		}
	}
	if (len < 3 || len > 18 || strncmp(word, "0x", 2)) /* 64 bits */
		return false;
	*bits |= strtoull(word, &end, 16);
	return end == word + len;
}

bool features_parse(const char *text, uint64_t *bits)
{
	uint64_t all = 0;

	for (;;) {
		size_t len = strcspn(text, ",");

		if (!parse_one(text, len, &all))
			return false;
		text += len;
		if (!*text)
			break;
		text++;
	}
	*bits = all;
	return true;
}
