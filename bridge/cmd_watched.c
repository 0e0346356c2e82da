/* SPDX-License-Identifier: MIT */
/* Devices that are watched: records to judges, traces and the report. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/cmd_watch.h"
#include "bridge/virtio_devices.h"
#include "sim/cmd_ftrace.h"
#include "sim/cmd_judge.h"
#include "sim/cmd_rig.h"
#include "sim/trace.h"

#define TYPE_TRIES   20
#define TYPE_WAIT_US 10000

struct device {
	struct watched *all;
	bool begun, left_out;
	bool whole; /* a life was seen from its beginning */
	char name[32], spec[PATH_MAX], file[PATH_MAX];
	struct judge *judge;
	struct trace *trace;
	FILE *story;
	bool inside; /* of a line of the story */
};

struct watched {
	const struct watch_config *cfg;
	unsigned told; /* devices with a judge */
	bool failed;
	struct device dev[FTRACE_DEVICES];
};

struct watched *watched_new(const struct watch_config *cfg)
{
	struct watched *w = calloc(1, sizeof(*w));

	if (w)
		w->cfg = cfg;
	return w;
}

static void end_device(struct device *dev)
{
	int err = dev->trace ? trace_close(dev->trace) : 0;

	if (err) {
		fprintf(stderr, "vcosim watch: %s: %s\n", dev->file, strerror(-err));
		dev->all->failed = true;
	}
	dev->trace = NULL;
	judge_free(dev->judge);
	dev->judge = NULL;
	if (dev->story)
		fclose(dev->story);
	dev->story = NULL;
}

void watched_free(struct watched *w)
{
	for (unsigned i = 0; w && i < FTRACE_DEVICES; i++)
		end_device(&w->dev[i]);
	free(w);
}

/* Each line with the device's name before it once there are several. */
static ssize_t write_story(void *ctx, const char *text, size_t len)
{
	struct device *dev = ctx;

	for (size_t i = 0; i < len; i++) {
		if (!dev->inside && dev->all->told > 1 && text[i] != '\n')
			printf("%s ", dev->name);
		dev->inside = text[i] != '\n';
		putchar(text[i]);
	}
	fflush(stdout);
	return (ssize_t)len;
}

static void record_to(struct device *dev, json_t *header)
{
	const char *path = dev->all->cfg->record;
	char *text, name[sizeof(dev->name)];
	int err;

	snprintf(name, sizeof(name), "%s", dev->name);
	if (dev->all->told)
		snprintf(dev->file, sizeof(dev->file), "%.4000s.%s", path, name);
	else
		snprintf(dev->file, sizeof(dev->file), "%s", path);
	json_object_update_new(header, json_pack("{s:i, s:s, s:s, s:{}}", "schema", 2, "run",
						 "watch", "dut", "", "spec"));
	text = json_dumps(header, JSON_COMPACT);
	err = text ? trace_create(dev->file, text, &dev->trace) : -ENOMEM;
	free(text);
	if (!err)
		return;
	fprintf(stderr, "vcosim watch: %s: %s\n", dev->file, strerror(-err));
	dev->all->failed = true;
}

static bool find_spec(struct device *dev, const json_t *header)
{
	const char *by = json_string_value(json_object_get(header, "judged_by"));

	if (dev->all->cfg->spec || rig_find(by, dev->spec, sizeof(dev->spec)))
		return true;
	fprintf(stderr, "vcosim watch: %s not found near the program; name one with --spec\n", by);
	return false;
}

/* The first record of a device. */
static void begin(struct device *dev, struct ftrace_bus *bus, unsigned number)
{
	static const cookie_io_functions_t io = { .write = write_story };
	const struct ftrace_device *pub = ftrace_bus_device(bus, number);
	const struct watch_config *cfg = dev->all->cfg;
	struct judge_config judge = { .profile = cfg->profile };
	json_t *header;

	dev->begun = true;
	snprintf(dev->name, sizeof(dev->name), "%s", pub->name);
	dev->left_out = cfg->device && strcmp(cfg->device, pub->name);
	if (dev->left_out)
		return;
	/* Over MMIO sysfs knows, if the device is there by now: its first accesses come before. */
	for (unsigned i = 0; pub->mmio && !pub->type && i < TYPE_TRIES; i++) {
		ftrace_bus_type(bus, (int)number, virtio_device_type(pub->name));
		if (!pub->type)
			usleep(TYPE_WAIT_US);
	}
	header = ftrace_header(bus, number);
	if (!cfg->json)
		dev->story = fopencookie(dev, "w", io);
	judge.name = dev->name;
	judge.story = dev->story;
	judge.header = header;
	judge.spec = cfg->spec ? cfg->spec : dev->spec;
	if (find_spec(dev, header))
		dev->judge = judge_new(&judge);
	dev->all->failed |= !dev->judge;
	if (cfg->record)
		record_to(dev, header);
	dev->all->told++;
	if (dev->story) {
		fprintf(dev->story, "device %s, virtio device type %u\n", pub->name, pub->type);
		fflush(dev->story);
	}
	json_decref(header);
}

/* A life begins before our eyes: so that can be judged, too. */
static void see_whole(struct device *dev, const struct ftrace_bus *bus, unsigned number)
{
	json_t *header = ftrace_header(bus, number);

	judge_flush(dev->judge);
	dev->whole = true;
	dev->all->failed |= !judge_hide(dev->judge, header);
	json_decref(header);
}

void watched_rec(struct watched *w, struct ftrace_bus *bus, unsigned number,
		 const struct bus_rec *rec)
{
	struct device *dev = &w->dev[number];

	dev->all = w;
	if (!dev->begun)
		begin(dev, bus, number);
	else if (dev->judge && !dev->whole && ftrace_bus_device(bus, number)->lives)
		see_whole(dev, bus, number);
	if (dev->judge)
		judge_rec(dev->judge, rec);
	if (dev->trace)
		trace_rec(dev->trace, rec);
}

void watched_poll(struct watched *w)
{
	for (unsigned i = 0; i < FTRACE_DEVICES; i++) {
		/* What is yet to come has a later cycle. */
		if (w->dev[i].judge)
			judge_flush(w->dev[i].judge);
		if (w->dev[i].trace)
			trace_poll(w->dev[i].trace);
	}
}

static void tell_end(struct device *dev, const json_t *run, const json_t *header)
{
	const json_t *blind = json_object_get(header, "not_observable");
	unsigned n = judge_verdicts(dev->judge);

	if (!dev->story)
		return;
	fprintf(dev->story, "%s: %u violation%s\n", dev->name, n, n == 1 ? "" : "s");
	for (size_t i = 0; i < json_array_size(blind); i++)
		fprintf(dev->story, "  not observable: %s\n",
			json_string_value(json_array_get(blind, i)));
	judge_tell_clauses(run, dev->story);
	fflush(dev->story);
}

static json_t *finish(struct device *dev, const struct ftrace_bus *bus, unsigned number)
{
	struct bus_rec end = { .cycle = ftrace_bus_cycle(bus, number),
			       .space = BUS_CUE,
			       .index = BUS_CUE_END };
	json_t *header = ftrace_header(bus, number), *run;

	judge_end(dev->judge, end.cycle);
	if (dev->trace)
		trace_rec(dev->trace, &end);
	dev->all->failed |= !judge_hide(dev->judge, header);
	run = judge_report(dev->judge);
	json_object_set(run, "not_observable", json_object_get(header, "not_observable"));
	json_object_set(run, "type", json_object_get(header, "type"));
	tell_end(dev, run, header);
	json_decref(header);
	return run;
}

int watched_end(struct watched *w, const struct ftrace_bus *bus)
{
	json_t *runs = json_array(), *root;
	int status = 0;

	for (unsigned i = 0; i < ftrace_bus_devices(bus); i++) {
		struct device *dev = &w->dev[i];

		if (!dev->judge)
			continue;
		json_array_append_new(runs, finish(dev, bus, i));
		status |= judge_verdicts(dev->judge) != 0;
		end_device(dev);
	}
	if (w->cfg->json) {
		root = json_pack("{s:i, s:O}", "schema", 1, "runs", runs);
		json_dumpf(root, stdout, JSON_INDENT(2));
		puts("");
		json_decref(root);
	} else if (!json_array_size(runs)) {
		printf("No life of a device began: load a driver, or unload it, to see one.\n");
	}
	fflush(stdout);
	json_decref(runs);
	return w->failed ? 2 : status;
}
