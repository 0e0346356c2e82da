/* SPDX-License-Identifier: MIT */
/*
 * The GTKWave save file: which signals to show, where to look. Its lines are those that
 * GTKWave itself writes: "[key] value", "@flags" (hexadecimal) for the signals that follow,
 * "-text" for a heading, "*zoom marker".
 */
#include "sim/cmd_waves.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd_rig.h"
#include "sim/dut.h"

#define PS_PER_CYCLE 1000
#define WIDTH        1600 /* of the window, in pixels */
#define NAMES        500  /* of it, names and values */
#define SHOWN        80   /* cycles to see at once: few enough to read what happens in each */
#define FRAME        200  /* GTKWave's zoom is -log2 of the ps in so many pixels */

/* Flags of GTKWave's rows. */
#define ROW_BIT   "@28"
#define ROW_HEX   "@22"
#define ROW_ASCII "@820"
#define ROW_TEXT  "@200"

/* The first cycle to see; the marker is in the last third. */
static uint64_t first_shown(const struct waves_window *win)
{
	uint64_t before = SHOWN * 2 / 3;

	return win->at - win->from > before ? win->at - before : win->from;
}

static double zoom(const struct waves_window *win)
{
	uint64_t cycles = win->to - win->from + 1;

	if (cycles > SHOWN)
		cycles = SHOWN;
	return -log2((double)cycles * PS_PER_CYCLE * FRAME / (WIDTH - NAMES));
}

static void put_heading(FILE *to, const char *text)
{
	fprintf(to, ROW_TEXT "\n-\n-%s\n", text);
}

static void put_arguments(unsigned id, FILE *to)
{
	for (unsigned i = 0; i < event_nargs(id); i++) {
		char arg[EVENT_ARGS_MAX];

		fprintf(to, ROW_HEX "\nmonitor.%s_%s[63:0]\n", event_name(id),
			event_arg_name(id, i, arg));
	}
}

/* The clocks that tick; those that do at the marker with their arguments. */
static void put_clocks(const struct waves_window *win, FILE *to)
{
	bool ticks[EV_COUNT] = { false }, here[EV_COUNT] = { false };

	for (size_t i = 0; i < win->n; i++) {
		ticks[win->event[i].ev.id] = true;
		if (win->event[i].cycle == win->at)
			here[win->event[i].ev.id] = true;
	}
	for (unsigned id = 0; id < EV_COUNT; id++) {
		if (ticks[id])
			fprintf(to, ROW_BIT "\nmonitor.%s\n", event_name(id));
		if (here[id] && id != EV_REG_ACCESS)
			put_arguments(id, to);
	}
}

/* NAME.waves beside the manifest NAME.dut: a heading after "-", else a signal; "#" begins a
 * comment. */
static void put_listed(const struct waves_window *win, FILE *to)
{
	char name[PATH_MAX], path[PATH_MAX], line[256], err[DUT_ERR];
	const char *dot;
	struct dut dut;
	FILE *list;

	if (!dut_find(win->dut, &dut, err))
		return;
	dot = strrchr(dut.path, '.');
	snprintf(name, sizeof(name), "%.*s.waves", (int)(dot - dut.path), dut.path);
	if (access(name, R_OK) ? !rig_find(name, path, sizeof(path)) : !realpath(name, path))
		return;
	list = fopen(path, "r");
	while (list && fgets(line, sizeof(line), list)) {
		line[strcspn(line, "#\n")] = '\0';
		for (size_t n = strlen(line); n && isspace((unsigned char)line[n - 1]);)
			line[--n] = '\0';
		if (line[0] == '-')
			put_heading(to, line + 1);
		else if (line[0])
			fprintf(to, "%s\n%s\n", strchr(line, '[') ? ROW_HEX : ROW_BIT, line);
	}
	if (list)
		fclose(list);
}

int waves_save(const struct waves_window *win, const char *fst, const char *path)
{
	char *whole = realpath(fst, NULL);
	FILE *to = fopen(path, "w");
	int err = to && whole ? 0 : -errno;

	if (!err) {
		fprintf(to,
			"[dumpfile] \"%s\"\n[size] %d 900\n[timestart] %" PRIu64
			"\n[signals_width] 400\n[sst_expanded] 0\n",
			whole, WIDTH, first_shown(win) * PS_PER_CYCLE);
		fprintf(to, "*%f %" PRIu64 "\n", zoom(win), win->at * PS_PER_CYCLE);
		fprintf(to, "[treeopen] dut.\n");
		fprintf(to, ROW_ASCII "\nmonitor.verdict[511:0]\nmonitor.events[511:0]\n");
		put_heading(to, "clocks of the monitor");
		put_clocks(win, to);
		put_listed(win, to);
		if (ferror(to))
			err = -EIO;
	}
	if (to && fclose(to) && !err)
		err = -errno;
	free(whole);
	return err;
}
