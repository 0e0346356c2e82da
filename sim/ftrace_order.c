/* SPDX-License-Identifier: MIT */
/*
 * Plain tracers show which functions were called, by whom, in which order, and no values. Which
 * bit of the status a call sets is told by who calls: the core of virtio sets each bit from a
 * function of its own, and DRIVER_OK is the driver's. Where that is not plain the device is left
 * alone until its next reset. All calls are taken to be of one device.
 */
#include <stdio.h>
#include <string.h>

#include <linux/virtio_config.h>

#include "sim/ftrace_internal.h"

enum order {
	ORDER_RESET,
	ORDER_RESET_READ, /* the loop of vp_reset */
	ORDER_SET_STATUS,
	ORDER_GET_STATUS,
	ORDER_GET_FEATURES,
	ORDER_FINALIZE,
	ORDER_ADDRESS,
	ORDER_ENABLE,
	ORDER_FIND_VQS,
	ORDER_QUEUE_RESET,
	ORDER_NOTIFY,
	ORDER_CONFIG_GET,
	ORDER_CONFIG_SET,
	ORDER_ADD_STATUS,
	ORDER_REGISTER,
	ORDER_UNREGISTER,
	ORDER_PROBE
};

static const struct {
	const char *func;
	enum order what;
	bool mmio;
} functions[] = {
	{ "vp_reset", ORDER_RESET, false },
	{ "vp_modern_get_status", ORDER_RESET_READ, false },
	{ "vp_set_status", ORDER_SET_STATUS, false },
	{ "vp_get_status", ORDER_GET_STATUS, false },
	{ "vp_get_features", ORDER_GET_FEATURES, false },
	{ "vp_finalize_features", ORDER_FINALIZE, false },
	{ "vp_modern_queue_address", ORDER_ADDRESS, false },
	{ "vp_modern_set_queue_enable", ORDER_ENABLE, false },
	{ "vp_modern_set_queue_reset", ORDER_QUEUE_RESET, false },
	{ "vp_notify", ORDER_NOTIFY, false },
	{ "vp_notify_with_data", ORDER_NOTIFY, false },
	{ "vp_get", ORDER_CONFIG_GET, false },
	{ "vp_set", ORDER_CONFIG_SET, false },
	{ "virtio_add_status", ORDER_ADD_STATUS, false },
	{ "register_virtio_device", ORDER_REGISTER, false },
	{ "unregister_virtio_device", ORDER_UNREGISTER, false },
	{ "virtio_dev_probe", ORDER_PROBE, false },
	{ "vm_reset", ORDER_RESET, true },
	{ "vm_set_status", ORDER_SET_STATUS, true },
	{ "vm_get_status", ORDER_GET_STATUS, true },
	{ "vm_get_features", ORDER_GET_FEATURES, true },
	{ "vm_finalize_features", ORDER_FINALIZE, true },
	{ "vm_find_vqs", ORDER_FIND_VQS, true },
	{ "vm_notify", ORDER_NOTIFY, true },
	{ "vm_notify_with_data", ORDER_NOTIFY, true },
	{ "vm_get", ORDER_CONFIG_GET, true },
	{ "vm_set", ORDER_CONFIG_SET, true },
};

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

/* What order decides, and what must have been seen for it: a call that never shows is no proof. */
#define ALWAYS 64
static const struct {
	const char *rule;
	unsigned needs; /* enum order, or ALWAYS */
} decided[] = {
	{ "starts_with_reset", ORDER_RESET },
	{ "reset_awaited", ORDER_RESET_READ },
	{ "acknowledge_first", ORDER_RESET },
	{ "driver_before_features", ALWAYS },
	{ "features_read_first", ORDER_GET_FEATURES },
	{ "features_written", ORDER_FINALIZE },
	{ "no_config_write_in_negotiation", ALWAYS },
	{ "setup_after_negotiation", ORDER_FINALIZE },
	{ "features_ok_before_setup", ALWAYS },
	{ "features_ok_before_driver_ok", ALWAYS },
	{ "features_reread", ORDER_GET_STATUS },
	{ "notify_after_driver_ok", ALWAYS },
	{ "queue_before_driver_ok", ALWAYS },
};

#define DECIDED (sizeof(decided) / sizeof(decided[0]))

const char *ftrace_bus_decides(const struct ftrace_bus *bus, unsigned dev, unsigned n)
{
	if (!bus->device[dev].pub.order)
		return NULL;
	for (unsigned i = 0; i < DECIDED; i++)
		if ((decided[i].needs == ALWAYS || (bus->order_calls >> decided[i].needs & 1)) &&
		    !n--)
			return decided[i].rule;
	return NULL;
}

/* The status bit that this function of the core sets; 0: it cannot be told. */
static uint8_t bit_of(const struct device *dev, const char *origin, bool nested)
{
	uint8_t s = dev->status;

	/* The last thing that virtio_dev_remove does, and so it may be a jump. */
	if (!strcmp(origin, "register_virtio_device") || !strcmp(origin, "virtio_dev_remove") ||
	    !strcmp(origin, "device_release_driver_internal"))
		return VIRTIO_CONFIG_S_ACKNOWLEDGE;
	if (!strcmp(origin, "virtio_features_ok"))
		return VIRTIO_CONFIG_S_FEATURES_OK;
	if (!strncmp(origin, "virtio_device_restore", 21) || !strcmp(origin, "virtio_dev_probe")) {
		if (!(s & VIRTIO_CONFIG_S_ACKNOWLEDGE))
			return VIRTIO_CONFIG_S_ACKNOWLEDGE;
		if (!(s & VIRTIO_CONFIG_S_DRIVER))
			return VIRTIO_CONFIG_S_DRIVER;
		if (!nested) /* FAILED, or this is another device */
			return 0;
	} /* else the driver within it may not be traced */
	/* The driver itself, by virtio_device_ready(), which is inlined. */
	if ((s & VIRTIO_CONFIG_S_FEATURES_OK) && !(s & VIRTIO_CONFIG_S_DRIVER_OK) && origin[0])
		return VIRTIO_CONFIG_S_DRIVER_OK;
	return 0;
}

static void set_status(struct ftrace_bus *bus, struct device *dev, const struct task *task,
		       const struct ftrace_line *line)
{
	const char *origin =
		strcmp(line->caller, "virtio_add_status") ? line->caller : task->origin;
	uint8_t bit = bit_of(dev, origin, line->nested);

	if (!bit) {
		dev->state = DEVICE_BLIND;
		ftrace_remark(
			bus, "which status bit %s sets is not shown: judged from the next reset on",
			origin[0] ? origin : "who calls this");
		return;
	}
	dev->status |= bit;
	ftrace_regs_status(bus, dev, true, dev->status);
}

/* Somebody else's device cannot be told from this one. */
static void count_devices(struct ftrace_bus *bus, enum order what)
{
	bool second = false;

	if (what == ORDER_REGISTER)
		second = ++bus->order_devices > 1;
	else if (what == ORDER_UNREGISTER)
		bus->order_devices -= bus->order_devices != 0;
	/* A driver is bound to a device that has one: only if it is another device. */
	for (unsigned i = 0; what == ORDER_PROBE && i < bus->devices; i++)
		second |= bus->device[i].pub.order && bus->device[i].state == DEVICE_LIVE &&
			  (bus->device[i].status & VIRTIO_CONFIG_S_DRIVER);
	if (!second)
		return;
	ftrace_remark(bus, "there is a second device, and calls do not show which they are for: "
			   "judged to here");
	bus->order_over = true;
}

/* The device's life may begin with this call. False: it is not told of. */
static bool admitted(struct ftrace_bus *bus, struct device *dev, enum order what,
		     const struct task *task, const struct ftrace_line *line)
{
	static const struct ftrace_call look = { .what = CALL_GET_STATUS, .ret = "" };
	static const struct ftrace_call reset = { .what = CALL_RESET };
	const char *by = strcmp(line->caller, "virtio_add_status") ? line->caller : task->origin;
	uint8_t status = 0;

	if (what == ORDER_RESET)
		return ftrace_admit(bus, dev, &reset, false, 0);
	if (dev->state == DEVICE_LIVE)
		return true;
	/* A driver is bound to a device that was acknowledged when it was found. */
	status = strcmp(by, "virtio_dev_probe") ? VIRTIO_CONFIG_S_DRIVER_OK
						: VIRTIO_CONFIG_S_ACKNOWLEDGE;
	if (!ftrace_admit(bus, dev, &look, true, status))
		return false;
	dev->status = status;
	return true;
}

static void call(struct ftrace_bus *bus, struct device *dev, enum order what,
		 const struct task *task, const struct ftrace_line *line)
{
	switch (what) {
	case ORDER_RESET:
		dev->status = 0;
		dev->queues = 0;
		dev->queue_reset = false;
		ftrace_regs_status(bus, dev, true, 0);
		break;
	case ORDER_SET_STATUS:
		set_status(bus, dev, task, line);
		break;
	case ORDER_RESET_READ:
	case ORDER_GET_STATUS:
		ftrace_regs_status(bus, dev, false, dev->status);
		break;
	case ORDER_GET_FEATURES:
		ftrace_regs_return(bus, dev, CALL_GET_FEATURES, 0, 0, 0);
		break;
	case ORDER_FINALIZE:
		ftrace_regs_call(bus, dev, CALL_FINALIZE, NULL, 0, 0);
		break;
	case ORDER_ADDRESS:
		ftrace_regs_call(bus, dev, CALL_QUEUE_ADDRESS, NULL, dev->queues, 0);
		break;
	case ORDER_ENABLE:
		ftrace_regs_call(bus, dev, CALL_SET_ENABLE, NULL,
				 dev->queue_reset ? 0 : dev->queues++, 1);
		break;
	case ORDER_FIND_VQS:
		ftrace_regs_return(bus, dev, CALL_FIND_VQS, 0, 1, 0);
		break;
	case ORDER_QUEUE_RESET: /* the next one to be enabled is not a new one */
		dev->queue_reset = true;
		break;
	case ORDER_NOTIFY:
		ftrace_regs_call(bus, dev, CALL_NOTIFY, NULL, 0, 0);
		break;
	case ORDER_CONFIG_GET:
	case ORDER_CONFIG_SET:
		ftrace_regs_config(bus, dev, what == ORDER_CONFIG_SET, 0, 4, 0);
		break;
	default:
		break;
	}
}

static struct device *the_device(struct ftrace_bus *bus, bool mmio)
{
	for (unsigned i = 0; i < bus->devices; i++)
		if (bus->device[i].pub.order && bus->device[i].pub.mmio == mmio)
			return &bus->device[i];
	struct device *dev = ftrace_new_device(bus, mmio);

	if (dev)
		dev->pub.order = true;
	return dev;
}

/* True: the call is about a device, and not yet dealt with. */
static bool about_device(struct ftrace_bus *bus, enum order what, struct task *task,
			 const struct ftrace_line *line)
{
	bool resetting = task->resetting;

	if (what == ORDER_RESET_READ) {
		task->resetting = false;
		return resetting;
	}
	task->resetting = what == ORDER_RESET;
	if (what == ORDER_ADD_STATUS)
		snprintf(task->origin, sizeof(task->origin), "%s", line->caller);
	count_devices(bus, what);
	return what < ORDER_ADD_STATUS;
}

int ftrace_order_line(struct ftrace_bus *bus, const struct ftrace_line *line)
{
	struct task *task;
	struct device *dev;
	unsigned i = 0;

	while (i < FUNCTIONS && strcmp(functions[i].func, line->func))
		i++;
	/* Where there are values they say more. */
	if (line->kind != FTRACE_CALL || i == FUNCTIONS || bus->seen || bus->order_over)
		return 0;
	task = ftrace_task(bus, line->pid);
	if (!about_device(bus, functions[i].what, task, line))
		return 0;
	bus->order_calls |= 1ULL << functions[i].what;
	dev = the_device(bus, functions[i].mmio);
	if (dev && admitted(bus, dev, functions[i].what, task, line))
		call(bus, dev, functions[i].what, task, line);
	return 0;
}
