/* SPDX-License-Identifier: MIT */
/* Text of ftrace: what a Linux driver did, function by function. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd_ftrace.h"
#include "sim/cmd_import.h"

#define TOLD_MAX 8 /* lines told of; all are counted */

/* What a device did. The header comes before, and says what all of it did not show. */
struct records {
	struct bus_rec *rec;
	size_t n, room;
};

struct reader {
	struct import *im;
	struct ftrace *text;
	struct ftrace_bus *bus;
	struct records records[FTRACE_DEVICES];
	unsigned line, wrong, good, remarks;
	bool gaps, full;
};

static void on_rec(void *ctx, unsigned dev, const struct bus_rec *rec)
{
	struct reader *r = ctx;
	struct records *at = &r->records[dev];

	if (at->n == at->room) {
		size_t room = at->room ? 2 * at->room : 1024;
		struct bus_rec *more = realloc(at->rec, room * sizeof(*more));

		r->full |= !more;
		if (!more)
			return;
		at->rec = more;
		at->room = room;
	}
	at->rec[at->n++] = *rec;
}

static void on_remark(void *ctx, const char *text)
{
	struct reader *r = ctx;

	if (r->remarks++ < TOLD_MAX)
		fprintf(stderr, "vcosim import: %s:%u: %s\n", r->im->path, r->line, text);
}

static void take_line(struct reader *r, char *text)
{
	char why[FTRACE_WHY] = "";
	struct ftrace_line line;
	int err = ftrace_read(r->text, text, &line, why);

	r->line++;
	if (!err && line.kind == FTRACE_REMARK)
		ftrace_remarked(r->bus, line.rest);
	else if (!err && line.kind != FTRACE_NOTHING)
		err = ftrace_bus_line(r->bus, &line, why);
	r->gaps |= line.kind == FTRACE_LOST;
	r->good += !err && line.kind != FTRACE_NOTHING;
	if (err && r->wrong++ < TOLD_MAX)
		fprintf(stderr, "vcosim import: %s:%u: %s\n", r->im->path, r->line, why);
}

/* Lines may be of any length, and hold NUL; the last one may lack its end. */
static int take_file(struct reader *r)
{
	FILE *file = fopen(r->im->path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int err;

	if (!file) {
		fprintf(stderr, "vcosim import: %s: %s\n", r->im->path, strerror(errno));
		return -errno;
	}
	while ((len = getline(&line, &room, file)) >= 0) {
		bool whole = len && line[len - 1] == '\n';

		if (whole)
			line[len - 1] = '\0';
		take_line(r, line);
		if (!whole) {
			fprintf(stderr, "vcosim import: %s:%u: the file ends within a line\n",
				r->im->path, r->line);
			r->gaps = true;
		}
	}
	err = ferror(file) ? -EIO : r->full ? -ENOMEM : 0;
	if (err)
		fprintf(stderr, "vcosim import: %s: %s\n", r->im->path, strerror(-err));
	free(line);
	fclose(file);
	return err;
}

/* The one that was asked for, or the busiest. -1, and one line: there is none. */
static int choose(const struct reader *r)
{
	unsigned n = ftrace_bus_devices(r->bus), with = 0;
	int best = -1;

	for (unsigned i = 0; i < n; i++) {
		const char *name = ftrace_bus_device(r->bus, i)->name;
		size_t skip =
			r->im->device && strlen(r->im->device) == strlen("0000:00:00.0") ? 5 : 0;

		with += r->records[i].n != 0;
		if (r->im->device && !strcmp(name, r->im->device + skip))
			return (int)i;
		if (best < 0 || r->records[i].n > r->records[best].n)
			best = (int)i;
	}
	if (r->im->device || best < 0 || !r->records[best].n) {
		if (r->im->device)
			fprintf(stderr, "vcosim import: %s: no device %s in it\n", r->im->path,
				r->im->device);
		else if (best < 0)
			fprintf(stderr,
				"vcosim import: %s: no call of a virtio driver in it: expected "
				"vp_modern_set_status and the like, as `vcosim watch --text` "
				"records them\n",
				r->im->path);
		else
			fprintf(stderr,
				"vcosim import: %s: no life of a device begins in it, so that "
				"nothing can be judged\n",
				r->im->path);
		return -1;
	}
	if (with > 1)
		fprintf(stderr,
			"vcosim import: %s: %u devices; this is %s, --device takes another\n",
			r->im->path, with, ftrace_bus_device(r->bus, (unsigned)best)->name);
	return best;
}

static int write_trace(struct reader *r, unsigned dev)
{
	const struct records *at = &r->records[dev];
	json_t *list;
	int err;

	r->im->more = ftrace_header(r->bus, dev);
	list = json_object_get(r->im->more, "not_observable");
	json_array_extend(r->im->blind, list);
	err = import_begin(r->im);
	for (size_t i = 0; !err && i < at->n; i++)
		trace_rec(r->im->trace, &at->rec[i]);
	r->im->cycle = at->n ? at->rec[at->n - 1].cycle : 0;
	return err;
}

static int read_all(struct reader *r)
{
	int err = take_file(r), dev;

	if (r->wrong > TOLD_MAX)
		fprintf(stderr, "vcosim import: %s: %u more lines like these\n", r->im->path,
			r->wrong - TOLD_MAX);
	if (err)
		return err;
	if (r->wrong && !r->good) /* it is something else */
		return -EBADMSG;
	dev = choose(r);
	if (dev < 0)
		return -ENODATA;
	err = write_trace(r, (unsigned)dev);
	return err ? err : r->wrong || r->gaps ? -EBADMSG : 0;
}

int import_ftrace(struct import *im)
{
	struct reader r = { .im = im };
	struct ftrace_bus_sink sink = { &r, on_rec, on_remark };
	int err = -ENOMEM;

	r.text = ftrace_new();
	r.bus = ftrace_bus_new(&sink);
	if (r.text && r.bus)
		err = read_all(&r);
	for (unsigned i = 0; i < FTRACE_DEVICES; i++)
		free(r.records[i].rec);
	ftrace_bus_free(r.bus);
	ftrace_free(r.text);
	return err;
}
