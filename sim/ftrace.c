/* SPDX-License-Identifier: MIT */
#include "sim/ftrace.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRAPH_CPUS  256
#define GRAPH_DEPTH 64
#define REMARK      "# vcosim: "

/* Where function_graph stands on a CPU. */
struct graph {
	int pid;
	unsigned depth; /* may exceed GRAPH_DEPTH: deeper ones have no name */
	char func[GRAPH_DEPTH][FTRACE_NAME];
};

struct ftrace {
	struct graph *graph[GRAPH_CPUS];
};

struct ftrace *ftrace_new(void)
{
	return calloc(1, sizeof(struct ftrace));
}

void ftrace_free(struct ftrace *ft)
{
	if (!ft)
		return;
	for (unsigned i = 0; i < GRAPH_CPUS; i++)
		free(ft->graph[i]);
	free(ft);
}

bool ftrace_field(const struct ftrace_line *line, const char *name, uint64_t *value)
{
	for (unsigned i = 0; i < line->nfields; i++)
		if (!strcmp(line->field[i].name, name)) {
			*value = line->field[i].value;
			return true;
		}
	return false;
}

static int wrong(char why[FTRACE_WHY], const char *what)
{
	snprintf(why, FTRACE_WHY, "%s", what);
	return -EBADMSG;
}

static char *skip(char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static void trim(char *p)
{
	size_t len = strlen(p);

	while (len && isspace((unsigned char)p[len - 1]))
		p[--len] = '\0';
}

/* A symbol: "vp_reset+0x4/0x20 [virtio_pci]" is vp_reset. Returns what follows its name. */
static char *symbol(char *p, char out[FTRACE_NAME])
{
	size_t len = strcspn(p, " +([)<,;"), keep = len;

	while (keep && keep >= FTRACE_NAME)
		keep--;
	memcpy(out, p, keep);
	out[keep] = '\0';
	return p + len;
}

/* "12.345678" in ns; "12345" as it is. NULL: neither, or something else follows than `end`. */
static char *timestamp(char *p, char end, struct ftrace_line *out)
{
	uint64_t whole = 0, part = 0, unit = 1000000000;

	if (!isdigit((unsigned char)*p))
		return NULL;
	for (; isdigit((unsigned char)*p); p++)
		whole = whole * 10 + (unsigned)(*p - '0');
	if (*p == '.') {
		for (p++; isdigit((unsigned char)*p); p++)
			if (unit > 1) {
				unit /= 10;
				part += (unsigned)(*p - '0') * unit;
			}
		whole = whole * 1000000000 + part;
	}
	if (*p != end)
		return NULL;
	out->time = whole;
	out->timed = true;
	return p + 1;
}

/* --- kprobe events ---------------------------------------------------------------------------- */

static int fields(char *p, struct ftrace_line *out, char why[FTRACE_WHY])
{
	for (p = skip(p); *p; p = skip(p)) {
		struct ftrace_field *f = &out->field[out->nfields];
		char *eq = strchr(p, '='), *end;

		if (!eq || eq == p || memchr(p, ' ', (size_t)(eq - p)))
			return wrong(why, "expected NAME=VALUE in a kprobe event");
		*eq = '\0';
		f->name = p;
		p = eq + 1;
		if (*p == '"' || *p == '{') { /* a text, an array: no number */
			end = strchr(p + 1, *p == '"' ? '"' : '}');
			if (!end)
				return wrong(why, "the line ends within a value");
			end++;
			f->value = 0;
		} else {
			errno = 0;
			f->value = strtoull(p, &end, 0);
			if (end == p && !strncmp(p, "(fault)", 7))
				end = p + 7;
			else if (end == p || errno)
				return wrong(why,
					     "expected a number as the value of a kprobe event");
		}
		if (*end && *end != ' ')
			return wrong(why, "expected a number as the value of a kprobe event");
		p = end;
		if (out->nfields + 1 < FTRACE_FIELDS)
			out->nfields++;
	}
	return 0;
}

/* "(vp_reset+0x4/0x20 [virtio_pci]) a=1", "(caller+0x33/0x80 <- vp_reset) value=0x0" */
static int probe(char *p, struct ftrace_line *out, char why[FTRACE_WHY])
{
	char *close = strchr(p, ')'), *arrow;

	if (!close)
		return wrong(why, "the line ends within ( )");
	*close = '\0';
	arrow = strstr(p, " <- ");
	out->kind = arrow ? FTRACE_RETURN : FTRACE_ENTER;
	symbol(p + 1, arrow ? out->caller : out->func);
	if (arrow)
		symbol(arrow + 4, out->func);
	return fields(close + 1, out, why);
}

/* What follows the timestamp. */
static int payload(char *p, struct ftrace_line *out, char why[FTRACE_WHY])
{
	char *arrow = strstr(p, " <-"), *colon = strchr(p, ':');

	if (colon && (!arrow || colon < arrow) && colon[1] == ' ') {
		snprintf(out->event, sizeof(out->event), "%.*s", (int)(colon - p), p);
		out->rest = p = skip(colon + 1);
		out->kind = FTRACE_EVENT;
		return *p == '(' ? probe(p, out, why) : 0;
	}
	if (!arrow)
		return wrong(why, "expected FUNCTION <-CALLER, or EVENT: (FUNCTION) NAME=VALUE");
	symbol(p, out->func);
	symbol(skip(arrow + 3), out->caller);
	if (!out->func[0] || !out->caller[0])
		return wrong(why, "the line ends where a function was expected");
	out->kind = FTRACE_CALL;
	return 0;
}

/* --- the columns before it ----------------------------------------------------------------- */

/* The pid that stands before p: "comm-123", and perhaps " (tgid)". -1: there is none. */
static int pid_before(const char *text, const char *p)
{
	const char *digits;

	while (p > text && p[-1] == ' ')
		p--;
	if (p > text && p[-1] == ')') {
		while (p > text && *p != '(')
			p--;
		while (p > text && p[-1] == ' ')
			p--;
	}
	for (digits = p; digits > text && isdigit((unsigned char)digits[-1]);)
		digits--;
	if (digits == p || digits == text || digits[-1] != '-')
		return -1;
	return (int)(strtoul(digits, NULL, 10) & 0x7fffffff);
}

/* The "[003]" behind a pid; NULL: there is none. */
static char *cpu_column(char *text, struct ftrace_line *out)
{
	for (char *p = strchr(text, '['); p; p = strchr(p + 1, '[')) {
		char *end;
		unsigned long cpu = strtoul(p + 1, &end, 10);

		if (end == p + 1 || *end != ']' || !isdigit((unsigned char)p[1]))
			continue;
		out->pid = pid_before(text, p);
		if (out->pid < 0)
			continue;
		out->cpu = (unsigned)cpu;
		return end + 1;
	}
	return NULL;
}

static int plain(char *text, struct ftrace_line *out, char why[FTRACE_WHY])
{
	char *p = cpu_column(text, out), *at;

	if (!p)
		return wrong(why, "expected TASK-PID [CPU] TIME: as tracefs writes it");
	p = skip(p);
	at = timestamp(p, ':', out);
	if (!at) { /* a column of flags comes first */
		p += strcspn(p, " ");
		at = timestamp(skip(p), ':', out);
	}
	if (!at)
		return wrong(why, "expected a time behind [CPU]");
	return payload(skip(at), out, why);
}

/* --- function_graph ----------------------------------------------------------------------------
 */

static struct graph *graph_of(struct ftrace *ft, unsigned cpu)
{
	if (cpu >= GRAPH_CPUS)
		return NULL;
	if (!ft->graph[cpu]) {
		ft->graph[cpu] = calloc(1, sizeof(struct graph));
		if (ft->graph[cpu])
			ft->graph[cpu]->pid = -2 - (int)cpu; /* whoever it is */
	}
	return ft->graph[cpu];
}

/* "}" with or without a remark: the innermost function ends. */
static void graph_exit(struct graph *g, struct ftrace_line *out)
{
	if (!g->depth)
		return; /* it began before the trace */
	g->depth--;
	if (g->depth < GRAPH_DEPTH) {
		out->kind = FTRACE_EXIT;
		snprintf(out->func, sizeof(out->func), "%s", g->func[g->depth]);
	}
}

/* "vp_reset [virtio_pci]() {" or "vp_get_status();" */
static int graph_call(struct graph *g, char *p, struct ftrace_line *out, char why[FTRACE_WHY])
{
	char *open = strchr(p, '('), *end = open ? strchr(open, ')') : NULL;

	if (!end || !(strchr(end, '{') || strchr(end, ';')))
		return wrong(why, "expected FUNCTION() { or FUNCTION(); or }");
	symbol(p, out->func);
	if (!out->func[0])
		return wrong(why, "expected the name of a function before ( )");
	if (g->depth && g->depth <= GRAPH_DEPTH)
		snprintf(out->caller, sizeof(out->caller), "%s", g->func[g->depth - 1]);
	out->nested = true;
	out->kind = FTRACE_CALL;
	if (!strchr(end, '{'))
		return 0;
	if (g->depth < GRAPH_DEPTH)
		snprintf(g->func[g->depth], FTRACE_NAME, "%s", out->func);
	g->depth++;
	return 0;
}

/* " 0)  insmod-98   =>   cat-12": another task on this CPU, and what it called is not known. */
static void graph_switch(struct graph *g, char *arrow)
{
	char *end = arrow + strlen(arrow);

	while (end > arrow && !isdigit((unsigned char)end[-1]))
		end--;
	g->pid = pid_before(arrow, end);
	g->depth = 0;
}

/* A remark in C comment signs: "set_status: (vp_..) value=0x1", an event in between. */
static int graph_event(char *p, struct ftrace_line *out, char why[FTRACE_WHY])
{
	char *end = strstr(p, "*/");

	if (!end)
		return wrong(why, "the line ends within /* */");
	*end = '\0';
	trim(p);
	return strchr(p, ':') ? payload(skip(p + 2), out, why) : 0;
}

/* p: behind "CPU)". */
static int graph_line(struct ftrace *ft, char *p, struct ftrace_line *out, char why[FTRACE_WHY])
{
	struct graph *g = graph_of(ft, out->cpu);
	char *bar = strrchr(p, '|'), *arrow = strstr(p, "=>");

	if (!g)
		return wrong(why, "expected a CPU below 256");
	if (arrow && !bar) {
		graph_switch(g, arrow);
		return 0;
	}
	if (!bar)
		return wrong(why, "expected | before the function of a call graph");
	out->pid = g->pid;
	p = skip(bar + 1);
	trim(p);
	if (*p == '}')
		graph_exit(g, out);
	else if (!strncmp(p, "/*", 2))
		return graph_event(p, out, why);
	else if (*p)
		return graph_call(g, p, out, why);
	return 0;
}

/* " 0)" or "12.345678 |   0)"; what is behind it, or NULL: no line of a call graph. */
static char *graph_prefix(char *p, struct ftrace_line *out)
{
	char *at = skip(p), *end, *bar = at + strcspn(at, " |");
	unsigned long cpu;

	if (*bar && *skip(bar) == '|' && timestamp(at, *bar, out))
		at = skip(skip(bar) + 1);
	cpu = strtoul(at, &end, 10);
	if (end == at || *end != ')' || !isdigit((unsigned char)*at))
		return NULL;
	out->cpu = (unsigned)(cpu > GRAPH_CPUS ? GRAPH_CPUS : cpu);
	return end + 1;
}

/* --- lines ---------------------------------------------------------------------------------------
 */

static bool lost_line(char *p, struct ftrace_line *out)
{
	char *end;
	unsigned long cpu;

	if (strncmp(p, "CPU:", 4))
		return false;
	cpu = strtoul(p + 4, &end, 10);
	end = skip(end);
	if (strncmp(end, "[LOST ", 6))
		return false;
	out->kind = FTRACE_LOST;
	out->cpu = (unsigned)cpu;
	out->lost = strtoull(end + 6, NULL, 10);
	return true;
}

int ftrace_read(struct ftrace *ft, char *text, struct ftrace_line *out, char why[FTRACE_WHY])
{
	char *p = skip(text);

	memset(out, 0, sizeof(*out));
	out->pid = -1;
	out->rest = "";
	trim(text);
	if (!strncmp(p, REMARK, strlen(REMARK))) {
		out->kind = FTRACE_REMARK;
		out->rest = p + strlen(REMARK);
	}
	if (!*p || *p == '#' || lost_line(p, out) || strspn(p, "-") == strlen(p))
		return 0;
	/* "##### CPU 1 buffer started ####" is one of those with a #. */
	p = graph_prefix(text, out);
	if (p)
		return graph_line(ft, p, out, why);
	out->timed = false;
	return plain(text, out, why);
}
