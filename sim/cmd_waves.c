/* SPDX-License-Identifier: MIT */
/*
 * vcosim waves: a window of a recorded session as waves. What the monitor saw is taken from
 * the trace; the RTL is run again, exactly, and shows its signals where the window is.
 */
#include "sim/cmd_waves.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd.h"
#include "sim/cmd_judge.h"
#include "sim/cmd_rig.h"
#include "sim/dev.h"
#include "sim/dut.h"
#include "sim/model.h"
#include "sim/replay.h"

#define BEFORE 500
#define AFTER  100
#define LATE   100000 /* cycles that a verdict may come after its own */
#define KEPT   65536  /* events at least, before old ones are dropped */

enum around { AROUND_VERDICT, AROUND_CYCLE, AROUND_EVENT };

struct waves {
	const char *trace, *spec;
	char out[PATH_MAX], found_spec[PATH_MAX];
	enum around around;
	uint64_t number; /* of the verdict, the event, or the cycle */
	int event;       /* AROUND_EVENT: its id */
	uint64_t before, after;

	struct trace_log log;
	json_t *verdicts;
	struct waves_window win;
	uint64_t seen; /* AROUND_EVENT: so many of them so far */
	bool found;

	/* While the RTL runs. */
	size_t next; /* event of the window */
	int err;
	bool open;
};

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim waves TRACE --around WHAT [OPTION...]\n"
		"Runs a recorded session again and writes a window of it as waves: an FST of the\n"
		"RTL's signals beside the monitor's clocks, and a GTKWave save file (.gtkw) that\n"
		"opens it there. A cycle is 1 ns.\n"
		"\n"
		"  --around WHAT  verdict:N, as `vcosim check --json` lists them; cycle:N;\n"
		"                 event:NAME or event:NAME:N, the first or N-th of that name\n"
		"  --before N     cycles before it (default: %d)\n"
		"  --after N      cycles after it (default: %d)\n"
		"  -o FILE        the waves (default: the trace's name with .fst)\n"
		"  --spec FILE    judge by this specification (default: the built-in one)\n"
		"  --help         this text\n"
		"\n"
		"Exit status: 0 written, 2 could not.\n",
		BEFORE, AFTER);
	return status;
}

static bool fail(const struct waves *w, const char *what)
{
	fprintf(stderr, "vcosim waves: %s: %s\n", w->trace, what);
	return false;
}

/* --- what the trace says ---------------------------------------------------------------------- */

static const char *text_of(const json_t *verdict, const char *name)
{
	const char *text = json_string_value(json_object_get(verdict, name));

	return text ? text : "?";
}

static uint64_t cycle_of(const json_t *verdict)
{
	return (uint64_t)json_integer_value(json_object_get(verdict, "cycle"));
}

/* What the window is around is in this cycle. */
static void found(struct waves *w, uint64_t cycle)
{
	struct waves_window *win = &w->win;

	w->found = true;
	win->at = cycle;
	win->from = cycle > w->before ? cycle - w->before : 0;
	win->to = cycle < UINT64_MAX - w->after ? cycle + w->after : UINT64_MAX;
}

static void on_verdict(void *ctx, const json_t *verdict)
{
	struct waves *w = ctx;

	json_array_append(w->verdicts, (json_t *)(uintptr_t)verdict);
	if (w->around == AROUND_VERDICT && json_array_size(w->verdicts) == w->number)
		found(w, cycle_of(verdict));
}

/* Drops what no window that is still to be found can hold. A verdict may come late. */
static void prune(struct waves *w, uint64_t cycle)
{
	uint64_t keep = w->found ? w->win.from : cycle - w->before - LATE;
	struct waves_window *win = &w->win;
	size_t n = 0;

	if (!win->n || (!w->found && cycle < w->before + LATE))
		return;
	while (n < win->n && win->event[n].cycle < keep)
		n++;
	memmove(win->event, win->event + n, (win->n - n) * sizeof(*win->event));
	win->n -= n;
}

static bool room(struct waves *w, uint64_t cycle)
{
	struct waves_window *win = &w->win;
	struct waves_event *more;
	size_t cap;

	if (win->n < win->cap)
		return true;
	prune(w, cycle);
	if (win->n < win->cap / 2)
		return true;
	cap = win->cap ? 2 * win->cap : KEPT;
	more = realloc(win->event, cap * sizeof(*more));
	if (!more) {
		w->err = -ENOMEM;
		return false;
	}
	win->event = more;
	win->cap = cap;
	return true;
}

static void on_instant(void *ctx, uint64_t cycle, const struct event *ev, unsigned n)
{
	struct waves *w = ctx;
	struct waves_window *win = &w->win;

	for (unsigned i = 0; i < n; i++) {
		if (w->around == AROUND_EVENT && ev[i].id == w->event && ++w->seen == w->number)
			found(w, cycle);
		if (!(w->found && cycle > win->to) && !w->err && room(w, cycle))
			win->event[win->n++] = (struct waves_event){ .cycle = cycle, .ev = ev[i] };
	}
}

static bool judge(struct waves *w)
{
	struct judge_config cfg = { .name = "waves",
				    .spec = w->spec,
				    .ctx = w,
				    .instant = on_instant,
				    .verdict = on_verdict };
	struct judge *judge = judge_new(&cfg);

	if (!judge)
		return false;
	judge_log(judge, &w->log);
	judge_free(judge);
	return !w->err || fail(w, strerror(-w->err));
}

static bool no_such_verdict(const struct waves *w)
{
	const json_t *v;

	fprintf(stderr, "vcosim waves: %s: no verdict %" PRIu64 ", it has %zu\n", w->trace,
		w->number, json_array_size(w->verdicts));
	for (size_t i = 0; (v = json_array_get(w->verdicts, i)); i++)
		fprintf(stderr, "  verdict:%zu  %s %s in cycle %" PRIu64 "\n", i + 1,
			text_of(v, "clause"), text_of(v, "blame"), cycle_of(v));
	return false;
}

static bool no_such_event(const struct waves *w)
{
	fprintf(stderr, "vcosim waves: %s: no event %" PRIu64 " of %s, it has %" PRIu64 "\n",
		w->trace, w->number, event_name((unsigned)w->event), w->seen);
	return false;
}

/* Where the window is, and what happens in it. */
static bool find_window(struct waves *w)
{
	uint64_t last = w->log.n ? w->log.rec[w->log.n - 1].cycle : 0;
	struct waves_window *win = &w->win;

	if (w->around == AROUND_CYCLE)
		found(w, w->number);
	if (!judge(w))
		return false;
	if (!w->found)
		return w->around == AROUND_VERDICT ? no_such_verdict(w) : no_such_event(w);
	if (win->at > last) {
		fprintf(stderr, "vcosim waves: %s: no cycle %" PRIu64 ", it ends in %" PRIu64 "\n",
			w->trace, win->at, last);
		return false;
	}
	if (win->to > last)
		win->to = last;
	prune(w, 0);
	while (win->n && win->event[win->n - 1].cycle > win->to)
		win->n--;
	return true;
}

/* --- the RTL again ------------------------------------------------------------------------------
 */

/* What the monitor has for this cycle. */
static void show_events(struct waves *w, struct model *model, uint64_t cycle)
{
	const struct waves_window *win = &w->win;
	char text[MODEL_TEXT + EVENT_STR_MAX] = "";
	size_t len = 0;

	while (w->next < win->n && win->event[w->next].cycle < cycle)
		w->next++;
	for (; w->next < win->n && win->event[w->next].cycle == cycle; w->next++) {
		const struct event *ev = &win->event[w->next].ev;

		model->waves->event(model, ev);
		if (len >= MODEL_TEXT || ev->id == EV_REG_ACCESS)
			continue;
		if (len)
			text[len++] = ' ';
		event_str(ev, text + len, EVENT_STR_MAX - 1);
		len += strlen(text + len);
	}
	if (len) /* stays until the next, to be read */
		model->waves->events_text(model, text);
}

static void show_verdicts(const struct waves *w, struct model *model, uint64_t cycle)
{
	char text[MODEL_TEXT + 1] = "";
	const json_t *v;

	for (size_t i = 0; (v = json_array_get(w->verdicts, i)); i++) {
		size_t len = strlen(text);

		if (cycle_of(v) == cycle)
			snprintf(text + len, sizeof(text) - len, "%s%s %s", len ? ", " : "",
				 text_of(v, "clause"), text_of(v, "blame"));
	}
	if (text[0])
		model->waves->verdict_text(model, text);
}

static void look(void *ctx, struct model *model, uint64_t cycle, bool high)
{
	struct waves *w = ctx;

	if (cycle < w->win.from || cycle > w->win.to || w->err)
		return;
	if (!w->open) {
		w->err = model->waves->open(model, w->out);
		if (w->err)
			return;
		w->open = true;
	}
	model->waves->calm(model); /* a tick is half a cycle long, so that two in a row are two */
	if (!high) {
		show_events(w, model, cycle);
		show_verdicts(w, model, cycle);
	}
	model->waves->dump(model, cycle, high);
	if (high && cycle == w->win.to)
		model->waves->close(model);
}

static void on_power(void *ctx, struct dev *dev)
{
	dev_watch(dev, look, ctx);
}

static bool run_again(struct waves *w)
{
	struct replay_watch watch = { .ctx = w, .powered = on_power, .until = w->win.to };
	struct replay_result res;

	replay_watched(&w->log, true, &watch, &res);
	if (res.outcome == REPLAY_FAILED)
		return fail(w, res.why);
	if (res.outcome == REPLAY_DIVERGED) {
		fprintf(stderr, "vcosim waves: %s: %s; it replays otherwise:\n", w->trace,
			res.same_rtl ? "recorded from this RTL" : "recorded from other RTL");
		replay_tell(&w->log, true, &res, stderr);
		return false;
	}
	if (w->err || !w->open) {
		fprintf(stderr, "vcosim waves: %s: cannot write: %s\n", w->out,
			strerror(w->err ? -w->err : EIO));
		return false;
	}
	return true;
}

/* --- the command
 * ---------------------------------------------------------------------------------- */

/* Models with waves are in a program of their own, so that nobody else pays for them. */
static bool has_waves(void)
{
	struct model *model = model_new(dut_name(0));
	bool has = model && model->waves;

	if (model)
		model->free(model);
	return has;
}

static int other_program(char **argv)
{
	char path[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof("-waves"));

	path[n < 0 ? 0 : n] = '\0';
	slash = strrchr(path, '/');
	if (slash && (size_t)(slash - path) < sizeof(path) - sizeof("/vcosim-waves")) {
		char **args = argv - 1; /* main's own: the program's name comes before ours */

		strcpy(slash, "/vcosim-waves");
		execv(path, args);
	}
	fprintf(stderr,
		"vcosim waves: %s: %s; it holds the models that are built with tracing: "
		"`make all` builds it\n",
		slash ? path : "vcosim-waves", strerror(errno));
	return 2;
}

static bool number(const char *text, uint64_t *val)
{
	char *end;

	errno = 0;
	*val = strtoull(text, &end, 0);
	return !errno && end != text && !*end && *text != '-';
}

static bool parse_around(struct waves *w, const char *text)
{
	const char *colon;
	char name[64];

	if (!strncmp(text, "verdict:", 8)) {
		w->around = AROUND_VERDICT;
		return number(text + 8, &w->number);
	}
	if (!strncmp(text, "cycle:", 6)) {
		w->around = AROUND_CYCLE;
		return number(text + 6, &w->number);
	}
	if (strncmp(text, "event:", 6))
		return false;
	text += 6;
	colon = strchrnul(text, ':');
	w->around = AROUND_EVENT;
	w->number = 1;
	if ((size_t)(colon - text) >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
	w->event = event_find(name);
	return w->event >= 0 && (!*colon || number(colon + 1, &w->number));
}

static void name_output(struct waves *w, const char *given)
{
	const char *dot = strrchr(w->trace, '.'), *slash = strrchr(w->trace, '/');
	size_t len = dot && (!slash || dot > slash) ? (size_t)(dot - w->trace) : strlen(w->trace);

	if (given)
		snprintf(w->out, sizeof(w->out), "%s", given);
	else
		snprintf(w->out, sizeof(w->out), "%.*s.fst", (int)len, w->trace);
}

/* Beside the FST, with its name: .gtkw for .fst. */
static bool save(struct waves *w)
{
	char path[PATH_MAX + 8];
	size_t len = strlen(w->out);
	json_t *header = json_loads(w->log.header, 0, NULL);
	int err;

	if (len > 4 && !strcmp(w->out + len - 4, ".fst"))
		len -= 4;
	snprintf(path, sizeof(path), "%.*s.gtkw", (int)len, w->out);
	w->win.dut = text_of(header, "dut");
	err = waves_save(&w->win, w->out, path);
	json_decref(header);
	if (err)
		fprintf(stderr, "vcosim waves: %s: %s\n", path, strerror(-err));
	else
		printf("%s: cycles %" PRIu64 " to %" PRIu64 " around %" PRIu64
		       ", %zu events; gtkwave %s\n",
		       w->out, w->win.from, w->win.to, w->win.at, w->win.n, path);
	return !err;
}

/* What sessions of the device that the trace names are judged by. */
static bool find_spec(struct waves *w)
{
	json_t *header = json_loads(w->log.header, 0, NULL);
	const char *dut = json_string_value(json_object_get(header, "dut"));
	bool ok = w->spec || rig_spec_of(dut, w->found_spec, sizeof(w->found_spec));

	if (!w->spec)
		w->spec = w->found_spec;
	json_decref(header);
	return ok;
}

/* Now rather than when the work is done. */
static bool can_write(const struct waves *w)
{
	FILE *file = fopen(w->out, "wb");

	if (!file)
		fprintf(stderr, "vcosim waves: %s: %s\n", w->out, strerror(errno));
	else
		fclose(file);
	return file != NULL;
}

/* The writer of FST maps its file into memory: a disk that is full is a signal. */
static void on_full(int sig)
{
	static const char text[] = "vcosim waves: no space left on the disk for the waves\n";

	(void)sig;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(2);
}

static bool run(struct waves *w)
{
	bool ok = !trace_load(w->trace, &w->log);

	if (!ok)
		return fail(w, w->log.why);
	if (w->log.err)
		fprintf(stderr, "vcosim waves: %s: %s; goes to there\n", w->trace, w->log.why);
	signal(SIGBUS, on_full);
	ok = find_spec(w) && find_window(w) && can_write(w) && run_again(w) && save(w);
	trace_unload(&w->log);
	return ok;
}

int cmd_waves(int argc, char **argv)
{
	static const struct option options[] = {
		{ "around", required_argument, NULL, 'a' },
		{ "before", required_argument, NULL, 'b' },
		{ "after", required_argument, NULL, 'f' },
		{ "spec", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct waves w = { .before = BEFORE, .after = AFTER };
	const char *around = NULL, *out = NULL;
	bool ok = true;
	int opt;

	while ((opt = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (opt) {
		case 'a':
			around = optarg;
			break;
		case 'b':
			ok = ok && number(optarg, &w.before);
			break;
		case 'f':
			ok = ok && number(optarg, &w.after);
			break;
		case 'o':
			out = optarg;
			break;
		case 'c':
			w.spec = optarg;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (!ok || !around || optind != argc - 1)
		return usage(stderr, 2);
	if (!parse_around(&w, around)) {
		fprintf(stderr,
			"vcosim waves: --around %s: expected verdict:N, cycle:N or event:NAME "
			"(specs/events.ccsl has the names)\n",
			around);
		return 2;
	}
	if (!has_waves())
		return other_program(argv);
	w.trace = argv[optind];
	name_output(&w, out);
	w.verdicts = json_array();
	ok = run(&w);
	json_decref(w.verdicts);
	free(w.win.event);
	return ok ? 0 : 2;
}
