/* SPDX-License-Identifier: MIT */
/*
 * Lines of ftrace text, as tracefs files `trace` and `trace_pipe` give them (Linux,
 * Documentation/trace/ftrace.rst, kprobetrace.rst): of the tracers function and function_graph,
 * and of kprobe events. With any trace clock, with or without the columns that options add.
 */
#ifndef SIM_FTRACE_H
#define SIM_FTRACE_H

#include <stdbool.h>
#include <stdint.h>

#define FTRACE_NAME   64
#define FTRACE_FIELDS 12
#define FTRACE_WHY    160

enum ftrace_kind {
	FTRACE_NOTHING, /* a comment, an empty line, decoration */
	FTRACE_CALL,    /* func, called by caller ("": not shown) */
	FTRACE_EXIT,    /* func ends (function_graph) */
	FTRACE_ENTER,   /* kprobe event: func begins */
	FTRACE_RETURN,  /* kretprobe event: func returns */
	FTRACE_EVENT,   /* another event; its text is `rest` */
	FTRACE_LOST,    /* `lost` events of this CPU are missing before this line */
	FTRACE_REMARK   /* a line "# vcosim: .." that `vcosim watch` wrote; `rest` */
};

struct ftrace_field {
	const char *name;
	uint64_t value; /* 0 for a text */
};

struct ftrace_line {
	enum ftrace_kind kind;
	unsigned cpu;
	bool nested; /* the caller is the innermost function that is traced and has not ended */
	int pid;     /* -1: not shown */
	bool timed;  /* time is known: nanoseconds, or units of a clock without a point */
	uint64_t time;
	uint64_t lost;
	char func[FTRACE_NAME], caller[FTRACE_NAME], event[FTRACE_NAME];
	const char *rest;
	unsigned nfields;
	struct ftrace_field field[FTRACE_FIELDS];
};

struct ftrace;

/* NULL: out of memory. */
struct ftrace *ftrace_new(void);
void ftrace_free(struct ftrace *ft);

/*
 * Reads one line, without its newline; text is cut up, and *out points into it. 0, or -EBADMSG
 * with what was expected in `why`.
 */
int ftrace_read(struct ftrace *ft, char *text, struct ftrace_line *out, char why[FTRACE_WHY]);

/* The value of a field, or false. */
bool ftrace_field(const struct ftrace_line *line, const char *name, uint64_t *value);

#endif
