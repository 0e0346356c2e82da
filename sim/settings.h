/* SPDX-License-Identifier: MIT */
/*
 * Reading libconfig's settings: each key known, each value of its kind and in range, and the
 * first thing that is wrong as one line "path:line: what and what was expected". For manifests
 * and scenarios.
 */
#ifndef SIM_SETTINGS_H
#define SIM_SETTINGS_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>

#define SETTINGS_ERR 1024

struct settings {
	const char *path; /* as errors name it */
	char *err;        /* SETTINGS_ERR bytes */
	bool failed;
};

/* Keeps the first error. at NULL: line 1. */
void settings_wrong(struct settings *s, const config_setting_t *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Parses the text. False: an error, and cfg needs no config_destroy. */
bool settings_read(struct settings *s, config_t *cfg, const char *text);

/*
 * The group of that name, or NULL; every key in it is one of `keys`, NULL-terminated.
 * name NULL: `in` itself.
 */
config_setting_t *settings_group(struct settings *s, config_setting_t *in, const char *name,
				 const char *const *keys);

/* NULL if there is no such key; needed: and that is an error. */
config_setting_t *settings_member(config_setting_t *in, const char *key);
config_setting_t *settings_needed(struct settings *s, config_setting_t *in, const char *key,
				  const char *what);

/* Values; `out` stays if the key is not there, or is wrong. */
void settings_flag(struct settings *s, config_setting_t *in, const char *key, bool *out);
void settings_number(struct settings *s, config_setting_t *in, const char *key, unsigned min,
		     unsigned max, unsigned *out);
void settings_choice(struct settings *s, config_setting_t *in, const char *key, const char *no,
		     const char *yes, bool *out);

/* One value, be it a key's or an element's; `key` is for the error. */
void settings_check_number(struct settings *s, const config_setting_t *at, const char *key,
			   unsigned min, unsigned max, unsigned *out);
void settings_text(struct settings *s, const config_setting_t *at, const char *key, char *out,
		   size_t len);

/* An array or list with something in it. */
bool settings_is_list(const config_setting_t *at);

#endif
