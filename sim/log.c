/* SPDX-License-Identifier: MIT */
/* The log sink: one line a message, level first when it matters. */
#include "sim/log.h"

#include <stdarg.h>

static const char *const prefix[] = {
	[LOG_ERR] = "error: ",
	[LOG_WARN] = "warning: ",
	[LOG_INFO] = "",
	[LOG_DEBUG] = "debug: ",
};

void log_line(const struct log *log, enum log_level level, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (!log || level > log->level)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (log->to)
		fprintf(log->to, "%s%s%s%s\n", log->name ? log->name : "", log->name ? ": " : "",
			prefix[level], line);
	if (log->hook)
		log->hook(log->ctx, level, line);
}
