/* SPDX-License-Identifier: MIT */
/*
 * The sink that libraries log to: the caller makes one and hands it down.
 *
 * A message is one line, without its newline. A NULL log drops everything, so that
 * tests can stay quiet.
 */
#ifndef SIM_LOG_H
#define SIM_LOG_H

#include <stdio.h>

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log {
	FILE *to;             /* NULL: only hook */
	enum log_level level; /* what is more talkative than this is dropped */
	const char *name;     /* printed before each line, or NULL */
	/* Also told every line that passes, or NULL: for a terminal or a test. */
	void (*hook)(void *ctx, enum log_level level, const char *line);
	void *ctx;
};

void log_line(const struct log *log, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_err(log, ...)   log_line(log, LOG_ERR, __VA_ARGS__)
#define log_warn(log, ...)  log_line(log, LOG_WARN, __VA_ARGS__)
#define log_info(log, ...)  log_line(log, LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_line(log, LOG_DEBUG, __VA_ARGS__)

#endif
