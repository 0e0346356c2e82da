/* SPDX-License-Identifier: MIT */
#include "sim/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void settings_wrong(struct settings *s, const config_setting_t *at, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (s->failed)
		return;
	s->failed = true;
	n = snprintf(s->err, SETTINGS_ERR, "%s:%d: ", s->path,
		     at && config_setting_source_line(at) ? (int)config_setting_source_line(at)
							  : 1);
	va_start(ap, fmt);
	if (n > 0 && n < SETTINGS_ERR)
		vsnprintf(s->err + n, (size_t)(SETTINGS_ERR - n), fmt, ap);
	va_end(ap);
	for (char *c = s->err; *c; c++) /* text in quotes may have lines */
		if (*c > 0 && *c < ' ')
			*c = '?';
}

bool settings_read(struct settings *s, config_t *cfg, const char *text)
{
	size_t n = strlen(text);
	char *lines; /* libconfig takes no comment that ends with the file */
	bool ok;

	config_init(cfg);
	if (asprintf(&lines, "%s%s", text, n && text[n - 1] == '\n' ? "" : "\n") < 0) {
		settings_wrong(s, NULL, "out of memory");
		config_destroy(cfg);
		return false;
	}
	ok = config_read_string(cfg, lines);
	free(lines);
	if (ok)
		return true;
	s->failed = true;
	snprintf(s->err, SETTINGS_ERR, "%s:%d: %s", s->path, config_error_line(cfg),
		 config_error_text(cfg));
	config_destroy(cfg);
	return false;
}

static bool known(const char *key, const char *const *keys)
{
	while (*keys && strcmp(*keys, key))
		keys++;
	return *keys;
}

config_setting_t *settings_group(struct settings *s, config_setting_t *in, const char *name,
				 const char *const *keys)
{
	config_setting_t *at = name ? config_setting_get_member(in, name) : in;

	if (!at)
		return NULL;
	if (!config_setting_is_group(at)) {
		settings_wrong(s, at, "%s: expected a group { ... }", name);
		return NULL;
	}
	for (int i = 0; i < config_setting_length(at); i++) {
		const config_setting_t *e = config_setting_get_elem(at, (unsigned)i);

		if (!known(config_setting_name(e), keys))
			settings_wrong(s, e, "%s: no such key%s%s", config_setting_name(e),
				       name ? " in " : "", name ? name : "");
	}
	return at;
}

config_setting_t *settings_member(config_setting_t *in, const char *key)
{
	return in ? config_setting_get_member(in, key) : NULL;
}

config_setting_t *settings_needed(struct settings *s, config_setting_t *in, const char *key,
				  const char *what)
{
	config_setting_t *at = settings_member(in, key);

	if (!at)
		settings_wrong(s, in, "%s is missing: %s", key, what);
	return at;
}

void settings_flag(struct settings *s, config_setting_t *in, const char *key, bool *out)
{
	const config_setting_t *at = settings_member(in, key);

	if (at && config_setting_type(at) != CONFIG_TYPE_BOOL)
		settings_wrong(s, at, "%s: expected true or false", key);
	else if (at)
		*out = config_setting_get_bool(at);
}

void settings_check_number(struct settings *s, const config_setting_t *at, const char *key,
			   unsigned min, unsigned max, unsigned *out)
{
	long long val = config_setting_get_int64(at);

	if (!config_setting_is_number(at) || config_setting_type(at) == CONFIG_TYPE_FLOAT ||
	    val < min || val > max)
		settings_wrong(s, at, "%s: expected a number from %u to %u", key, min, max);
	else
		*out = (unsigned)val;
}

void settings_number(struct settings *s, config_setting_t *in, const char *key, unsigned min,
		     unsigned max, unsigned *out)
{
	const config_setting_t *at = settings_member(in, key);

	if (at)
		settings_check_number(s, at, key, min, max, out);
}

void settings_choice(struct settings *s, config_setting_t *in, const char *key, const char *no,
		     const char *yes, bool *out)
{
	const config_setting_t *at = settings_member(in, key);
	const char *word = at ? config_setting_get_string(at) : NULL;

	if (!at)
		return;
	if (!word || (strcmp(word, no) && strcmp(word, yes)))
		settings_wrong(s, at, "%s: expected \"%s\" or \"%s\"", key, yes, no);
	else
		*out = !strcmp(word, yes);
}

void settings_text(struct settings *s, const config_setting_t *at, const char *key, char *out,
		   size_t len)
{
	const char *word = config_setting_get_string(at);

	if (!word || !*word || strlen(word) >= len)
		settings_wrong(s, at, "%s: expected text in quotes, 1 to %zu characters", key,
			       len - 1);
	else
		strcpy(out, word);
}

bool settings_is_list(const config_setting_t *at)
{
	return (config_setting_is_array(at) || config_setting_is_list(at)) &&
	       config_setting_length(at);
}
