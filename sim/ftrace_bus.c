/* SPDX-License-Identifier: MIT */
#include "sim/ftrace_bus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_config.h>

#include "sim/ftrace_internal.h"

#define VENDOR        0x1af4
#define CHOSEN        (VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_FAILED)
#define VDEV_NEAR     4096 /* bytes of struct virtio_pci_device, at most */
#define BACKWARDS_MAX 3    /* told of */

struct ftrace_bus *ftrace_bus_new(const struct ftrace_bus_sink *sink)
{
	struct ftrace_bus *bus = calloc(1, sizeof(*bus));

	if (bus)
		bus->sink = *sink;
	return bus;
}

void ftrace_bus_free(struct ftrace_bus *bus)
{
	free(bus);
}

unsigned ftrace_bus_devices(const struct ftrace_bus *bus)
{
	return bus->devices;
}

const struct ftrace_device *ftrace_bus_device(const struct ftrace_bus *bus, unsigned dev)
{
	return &bus->device[dev].pub;
}

uint64_t ftrace_bus_cycle(const struct ftrace_bus *bus, unsigned dev)
{
	return bus->device[dev].cycle;
}

void ftrace_remark(struct ftrace_bus *bus, const char *fmt, ...)
{
	char text[FTRACE_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	bus->sink.remark(bus->sink.ctx, text);
}

static uint64_t bit_of(const struct ftrace_call *call)
{
	return 1ULL << (call - ftrace_call(0));
}

void ftrace_bus_probed(struct ftrace_bus *bus, const char *func)
{
	const struct ftrace_call *call = ftrace_call_of(func);

	bus->probed_said = true;
	if (call)
		bus->probed |= bit_of(call);
}

void ftrace_bus_type(struct ftrace_bus *bus, int dev, unsigned type)
{
	if (dev < 0)
		bus->type = type;
	for (unsigned i = 0; i < bus->devices; i++)
		if (!bus->device[i].identified && (dev < 0 || (unsigned)dev == i))
			bus->device[i].pub.type = type;
}

/* --- tasks ------------------------------------------------------------------------------------ */

/* Of this pid; if there are too many, in the place of who was quiet for longest. */
struct task *ftrace_task(struct ftrace_bus *bus, int pid)
{
	struct task *oldest = &bus->task[0];

	for (unsigned i = 0; i < FTRACE_TASKS; i++) {
		struct task *task = &bus->task[i];

		if (task->used && task->pid == pid) {
			task->used = bus->lines;
			return task;
		}
		if (task->used < oldest->used)
			oldest = task;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->pid = pid;
	oldest->used = bus->lines;
	return oldest;
}

static void push(struct task *task, struct frame frame)
{
	if (task->depth == FTRACE_FRAMES) { /* returns were not seen: the oldest goes */
		memmove(task->frame, task->frame + 1, sizeof(frame) * (FTRACE_FRAMES - 1));
		task->depth--;
	}
	task->frame[task->depth++] = frame;
}

/* The innermost call of this function; those within it have returned unseen. False: none. */
static bool pop(struct task *task, const struct ftrace_call *call, struct frame *out)
{
	for (unsigned i = task->depth; i-- > 0;)
		if (task->frame[i].call == call) {
			*out = task->frame[i];
			task->depth = i;
			return true;
		}
	return false;
}

/* --- devices -------------------------------------------------------------------------------------
 */

struct device *ftrace_new_device(struct ftrace_bus *bus, bool mmio)
{
	struct device *dev;

	if (bus->devices == FTRACE_DEVICES)
		return NULL;
	dev = &bus->device[bus->devices];
	memset(dev, 0, sizeof(*dev)); /* one may have been here that turned out to be another */
	dev->pub.mmio = mmio;
	dev->pub.type = bus->type;
	snprintf(dev->pub.name, sizeof(dev->pub.name), "%s-%u", mmio ? "virtio-mmio" : "device",
		 bus->devices++);
	return dev;
}

static struct device *by_handle(struct ftrace_bus *bus, uint64_t handle, bool mmio)
{
	struct device *dev;

	for (unsigned i = 0; i < bus->devices; i++)
		if (bus->device[i].handle == handle && bus->device[i].pub.mmio == mmio)
			return &bus->device[i];
	dev = ftrace_new_device(bus, mmio);
	if (dev)
		dev->handle = handle;
	return dev;
}

/* Over MMIO: of virtio3 the name. */
static struct device *by_index(struct ftrace_bus *bus, const struct ftrace_line *line,
			       uint64_t handle)
{
	struct device *dev = by_handle(bus, handle, true);
	uint64_t index;

	if (dev && ftrace_field(line, "index", &index))
		snprintf(dev->pub.name, sizeof(dev->pub.name), "virtio%u", (unsigned)index);
	return dev;
}

/*
 * By its struct virtio_device. Over PCI the handle lies behind that in struct virtio_pci_device.
 * NULL: of nobody that is known.
 */
static struct device *by_vdev(struct ftrace_bus *bus, uint64_t vdev, bool mmio)
{
	struct device *best = NULL;
	uint64_t near = mmio ? 1 : VDEV_NEAR;

	for (unsigned i = 0; i < bus->devices; i++) {
		struct device *dev = &bus->device[i];

		if (dev->pub.mmio != mmio || dev->pub.order || dev->handle - vdev >= near)
			continue;
		best = dev;
		near = dev->handle - vdev;
	}
	return best;
}

/* `dev`, the newest and without a record, is the device `known`: so are the calls that run. */
static void merge(struct ftrace_bus *bus, const struct device *dev, struct device *known)
{
	for (unsigned i = 0; i < FTRACE_TASKS; i++)
		for (unsigned j = 0; j < bus->task[i].depth; j++)
			if (bus->task[i].frame[j].dev == dev)
				bus->task[i].frame[j].dev = known;
	known->pub.missed += dev->pub.missed;
	bus->devices--;
}

/* Memory may be used again for another device: it is the function that counts. */
static struct device *by_function(struct ftrace_bus *bus, const struct ftrace_line *line,
				  uint64_t handle)
{
	uint64_t number = 0, devfn = 0, vendor = 0, id = 0;
	struct device *dev;
	char name[32];

	ftrace_field(line, "bus", &number);
	ftrace_field(line, "devfn", &devfn);
	ftrace_field(line, "vendor", &vendor);
	ftrace_field(line, "id", &id);
	dev = by_handle(bus, handle, false);
	if (!dev || vendor != VENDOR)
		return dev;
	snprintf(name, sizeof(name), "%02x:%02x.%x", (unsigned)number & 0xff,
		 (unsigned)devfn >> 3 & 0x1f, (unsigned)devfn & 7);
	if (dev->identified && !strcmp(dev->pub.name, name))
		return dev;
	for (unsigned i = 0; i < bus->devices; i++)
		if (bus->device[i].identified && !strcmp(bus->device[i].pub.name, name)) {
			if (!dev->identified && !dev->pub.records &&
			    dev == &bus->device[bus->devices - 1])
				merge(bus, dev, &bus->device[i]);
			else
				dev->handle = 0;
			dev = &bus->device[i];
			dev->handle = handle;
			return dev;
		}
	if (dev->identified) {
		dev->handle = 0;
		dev = by_handle(bus, handle, false);
		if (!dev)
			return NULL;
	}
	dev->identified = true;
	strcpy(dev->pub.name, name);
	dev->pub.type = id >= 0x1040 ? (unsigned)id - 0x1040 : 0;
	if (id < 0x1040) /* transitional: virtio 1.4, 4.1.2.1 */
		dev->pub.type = id == 0x1000   ? 1
				: id == 0x1001 ? 2
				: id == 0x1002 ? 5
				: id == 0x1003 ? 3
				: id == 0x1004 ? 8
				: id == 0x1005 ? 4
				: id == 0x1009 ? 9
					       : 0;
	return dev;
}

/* --- where a device's life begins ------------------------------------------------------------- */

/* What the status shows was done before anybody looked: taken as done right. */
static void make_up(struct ftrace_bus *bus, struct device *dev, uint64_t status)
{
	uint64_t bits = 0;

	ftrace_regs_status(bus, dev, true, 0);
	ftrace_regs_status(bus, dev, false, 0);
	for (uint64_t bit = 1; bit <= VIRTIO_CONFIG_S_DRIVER; bit <<= 1)
		if (status & bit) {
			bits |= bit;
			ftrace_regs_status(bus, dev, true, bits);
		}
}

static void begin(struct ftrace_bus *bus, struct device *dev)
{
	dev->state = DEVICE_LIVE;
	if (!dev->laid_out)
		ftrace_regs_layout(bus, dev);
}

bool ftrace_admit(struct ftrace_bus *bus, struct device *dev, const struct ftrace_call *call,
		  bool returns, uint64_t value)
{
	bool reset = call->what == CALL_RESET || (call->what == CALL_SET_STATUS && !value);

	if (reset && !returns) {
		dev->pub.lives++;
		begin(bus, dev);
		return true;
	}
	if (dev->state == DEVICE_LIVE)
		return true;
	if (dev->state == DEVICE_NEW && call->what == CALL_GET_STATUS && returns &&
	    !(value & (CHOSEN | VIRTIO_CONFIG_S_NEEDS_RESET))) {
		dev->pub.joined++;
		begin(bus, dev);
		if (value)
			make_up(bus, dev, value);
		return true;
	}
	/* Nobody is that far without a reset, unless he left it out. */
	if (dev->state == DEVICE_NEW && call->what == CALL_SET_STATUS &&
	    value == VIRTIO_CONFIG_S_ACKNOWLEDGE) {
		dev->pub.lives++;
		begin(bus, dev);
		return true;
	}
	if (dev->state == DEVICE_NEW && (returns || !call->ret)) {
		dev->state = DEVICE_BLIND;
		ftrace_remark(bus, "%s is in use already: judged from its next reset on",
			      dev->pub.name);
	}
	dev->pub.missed += returns || !call->ret;
	return false;
}

static void lost(struct ftrace_bus *bus, const struct ftrace_line *line)
{
	ftrace_remark(bus,
		      "%" PRIu64 " events were lost on CPU %u: each device is judged from its "
		      "next reset on",
		      line->lost, line->cpu);
	for (unsigned i = 0; i < bus->devices; i++)
		bus->device[i].state = DEVICE_BLIND;
	memset(bus->task, 0, sizeof(bus->task));
}

/* --- lines
 * ------------------------------------------------------------------------------------------ */

static int lacks(char why[FTRACE_WHY], const struct ftrace_call *call, const char *field)
{
	snprintf(why, FTRACE_WHY, "%s: expected %s=", call->func, field);
	return -EBADMSG;
}

/* Fields that the records are made of, by what the call is. */
static const char *missing(const struct ftrace_call *call, const struct ftrace_line *line)
{
	static const char *const wanted[] = { "dev",  "vdev", "q",      "value", "offset",
					      "size", "desc", "driver", "device" };
	uint64_t value;

	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *at = call->enter;
		size_t len = strlen(wanted[i]);

		while (at && (strncmp(at, wanted[i], len) || at[len] != '='))
			at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
		if (at && !ftrace_field(line, wanted[i], &value))
			return wanted[i];
	}
	return NULL;
}

static void enter(struct ftrace_bus *bus, const struct ftrace_line *line,
		  const struct ftrace_call *call)
{
	struct task *task = ftrace_task(bus, line->pid);
	uint64_t handle = 0, vdev = 0, q = 0, value = 0, offset = 0, size = 0;
	struct device *dev;

	ftrace_field(line, "dev", &handle);
	ftrace_field(line, "vdev", &vdev);
	ftrace_field(line, "q", &q);
	ftrace_field(line, "value", &value);
	ftrace_field(line, "offset", &offset);
	ftrace_field(line, "size", &size);
	dev = vdev         ? by_vdev(bus, vdev, call->mmio)
	      : call->mmio ? by_index(bus, line, handle)
			   : by_function(bus, line, handle);
	if (!dev)
		return;
	if (call->ret)
		push(task, (struct frame){ call, dev, q, value });
	if (!ftrace_admit(bus, dev, call, false, value))
		return;
	if (call->what == CALL_CONFIG_GET || call->what == CALL_CONFIG_SET)
		ftrace_regs_config(bus, dev, call->what == CALL_CONFIG_SET, offset, size, value);
	else
		ftrace_regs_call(bus, dev, (enum ftrace_what)call->what, line, q, value);
}

static void leave(struct ftrace_bus *bus, const struct ftrace_line *line,
		  const struct ftrace_call *call, uint64_t value)
{
	struct frame frame;

	if (!pop(ftrace_task(bus, line->pid), call, &frame))
		return;
	if (ftrace_admit(bus, frame.dev, call, true, value))
		ftrace_regs_return(bus, frame.dev, (enum ftrace_what)call->what, frame.q,
				   frame.value, value);
}

static int probe(struct ftrace_bus *bus, const struct ftrace_line *line, char why[FTRACE_WHY])
{
	/* Addresses of a module that is gone have no name any more; the event has. */
	const struct ftrace_call *call = ftrace_call_of(line->event);
	const char *lack;
	uint64_t value = 0;

	if (!call)
		call = ftrace_call_of(line->func);
	if (!call)
		return 0;
	lack = line->kind == FTRACE_ENTER ? missing(call, line) : NULL;
	if (!lack && line->kind == FTRACE_RETURN && call->ret && call->ret[0] &&
	    !ftrace_field(line, "value", &value))
		lack = "value";
	if (lack)
		return lacks(why, call, lack);
	bus->seen |= bit_of(call);
	if (line->kind == FTRACE_ENTER)
		enter(bus, line, call);
	else
		leave(bus, line, call, value);
	return 0;
}

/* Clocks of CPUs may differ a little; order is that of the lines. */
static void tick(struct ftrace_bus *bus, const struct ftrace_line *line)
{
	uint64_t time = line->time / 1000;

	if (!line->timed)
		return;
	if (!bus->timed)
		bus->time0 = bus->time = time;
	bus->timed = true;
	if (time >= bus->time)
		bus->time = time;
	else if (++bus->backwards <= BACKWARDS_MAX)
		ftrace_remark(bus,
			      "time goes backwards by %" PRIu64 ": taken in the order of the "
			      "lines",
			      bus->time - time);
}

int ftrace_bus_line(struct ftrace_bus *bus, const struct ftrace_line *line, char why[FTRACE_WHY])
{
	bus->lines++;
	tick(bus, line);
	switch (line->kind) {
	case FTRACE_LOST:
		lost(bus, line);
		return 0;
	case FTRACE_ENTER:
	case FTRACE_RETURN:
		return probe(bus, line, why);
	case FTRACE_CALL:
	case FTRACE_EXIT:
		return ftrace_order_line(bus, line);
	default:
		return 0;
	}
}
