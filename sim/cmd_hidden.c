/* SPDX-License-Identifier: MIT */
#include "sim/cmd_hidden.h"

#include <stdlib.h>
#include <string.h>

#include "sim/event.h"

#define RULE "rule:"

/* A rule of a family is called name[3]. */
static bool is_rule(const struct ccsl_rule *rule, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(rule->name, name, len) && (!rule->name[len] || rule->name[len] == '[');
}

/* "event", "event.argument"; false if there is none of that name. */
static bool find(const struct ccsl_spec *spec, const char *text, struct ccsl_hidden *out)
{
	const char *dot = strchr(text, '.');
	char name[64], arg[EVENT_ARGS_MAX];
	int event;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "."), text);
	event = ccsl_event_find(spec, name);
	if (event < 0)
		return false;
	*out = (struct ccsl_hidden){ (uint16_t)event, CCSL_WHOLE };
	if (!dot)
		return true;
	for (unsigned i = 0; i < ccsl_event_nargs(spec, (unsigned)event); i++)
		if (!strcmp(event_arg_name((unsigned)event, i, arg), dot + 1)) {
			out->arg = (int16_t)i;
			return true;
		}
	return false;
}

static void hide_by_name(const struct ccsl_spec *spec, const json_t *list, bool *rules)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		const char *text = json_string_value(entry);

		if (!text || strncmp(text, RULE, strlen(RULE)))
			continue;
		for (unsigned r = 0; r < ccsl_rules(spec); r++)
			rules[r] |= is_rule(ccsl_rule(spec, r), text + strlen(RULE));
	}
}

static void hide_but(const struct ccsl_spec *spec, const json_t *list, bool *rules)
{
	const json_t *entry;
	size_t i;

	if (!json_is_array(list))
		return;
	for (unsigned r = 0; r < ccsl_rules(spec); r++) {
		bool decided = false;

		json_array_foreach(list, i, entry) decided |=
			json_is_string(entry) &&
			is_rule(ccsl_rule(spec, r), json_string_value(entry));
		rules[r] |= !decided;
	}
}

bool hidden_rules(const struct ccsl_spec *spec, const json_t *header, bool *rules)
{
	const json_t *list = json_object_get(header, "hidden"), *entry;
	struct ccsl_hidden *hidden = calloc(json_array_size(list) + 1, sizeof(*hidden));
	unsigned n = 0;
	size_t i;
	int err;

	if (!hidden)
		return false;
	json_array_foreach(list, i, entry) if (json_is_string(entry) &&
					       find(spec, json_string_value(entry), &hidden[n]))
		n++;
	err = ccsl_blind(spec, hidden, n, rules);
	free(hidden);
	if (err)
		return false;
	hide_by_name(spec, list, rules);
	hide_but(spec, json_object_get(header, "decides"), rules);
	return true;
}
