// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Hooks in the virtio transport. Over PCI each access to the common configuration is a call of a
 * vp_modern_ function, whose names are exported and so exist once: they are probed by name. Writes
 * of device configuration go through a function whose name every transport has: it is probed by the
 * address that a device has in its operations.
 */
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/virtio.h>
#include <linux/virtio_pci_modern.h>
#include <linux/virtio_ring.h>

#include "vcosim_mon.h"

#define EV(name) LIFE_EV_##name

/* What the return of a call needs of its beginning. */
struct call {
	const struct device *dev;
	u64 arg;
};

struct hook {
	const char *module, *symbol;
	void (*enter)(const struct device *dev, u64 a, struct pt_regs *regs);
	void (*leave)(const struct device *dev, u64 a, u64 ret);
	bool vq; /* the first argument is a virtqueue, not a PCI function's registers */
	bool on;
	bool may_lack; /* it is not in every kernel, and without it nothing looks wrong that is
			  right */
	struct kretprobe rp; /* rp.kp alone, where `leave` is NULL */
};

static void select_queue(const struct device *dev, u64 q)
{
	watched_event(dev, EV(QUEUE_SELECT_WRITE), 1, q, 0, 0);
}

static void enter_set_status(const struct device *dev, u64 a, struct pt_regs *regs)
{
	watched_event(dev, EV(STATUS_WRITE), 1, (u8)a, 0, 0);
}

static void leave_get_status(const struct device *dev, u64 a, u64 ret)
{
	watched_event(dev, EV(STATUS_READ), 1, (u8)ret, 0, 0);
}

static void leave_get_features(const struct device *dev, u64 a, u64 ret)
{
	for (u32 word = 0; word < 2; word++) {
		watched_event(dev, EV(DEVICE_FEATURE_SELECT_WRITE), 1, word, 0, 0);
		watched_event(dev, EV(DEVICE_FEATURE_READ), 2, word, (u32)(ret >> 32 * word), 0);
	}
}

static void enter_set_features(const struct device *dev, u64 a, struct pt_regs *regs)
{
	for (u32 word = 0; word < 2; word++) {
		watched_event(dev, EV(DRIVER_FEATURE_SELECT_WRITE), 1, word, 0, 0);
		watched_event(dev, EV(DRIVER_FEATURE_WRITE), 2, word, (u32)(a >> 32 * word), 0);
	}
}

static void leave_get_driver_features(const struct device *dev, u64 a, u64 ret)
{
	for (u32 word = 0; word < 2; word++) {
		watched_event(dev, EV(DRIVER_FEATURE_SELECT_WRITE), 1, word, 0, 0);
		watched_event(dev, EV(DRIVER_FEATURE_READ), 2, word, (u32)(ret >> 32 * word), 0);
	}
}

static void leave_generation(const struct device *dev, u64 a, u64 ret)
{
	watched_event(dev, EV(CONFIG_GENERATION_READ), 1, (u8)ret, 0, 0);
}

static void leave_num_queues(const struct device *dev, u64 a, u64 ret)
{
	watched_event(dev, EV(NUM_QUEUES_READ), 1, (u16)ret, 0, 0);
}

static void enter_config_vector(const struct device *dev, u64 a, struct pt_regs *regs)
{
	watched_event(dev, EV(CONFIG_VECTOR_WRITE), 1, (u16)a, 0, 0);
}

static void leave_config_vector(const struct device *dev, u64 a, u64 ret)
{
	watched_event(dev, EV(CONFIG_VECTOR_READ), 1, (u16)ret, 0, 0);
}

static void enter_queue_vector(const struct device *dev, u64 a, struct pt_regs *regs)
{
	select_queue(dev, (u16)a);
	watched_event(dev, EV(QUEUE_VECTOR_WRITE), 2, (u16)a,
		      (u16)regs_get_kernel_argument(regs, 2), 0);
}

static void leave_queue_vector(const struct device *dev, u64 a, u64 ret)
{
	watched_event(dev, EV(QUEUE_VECTOR_READ), 2, (u16)a, (u16)ret, 0);
}

static void enter_queue_size(const struct device *dev, u64 a, struct pt_regs *regs)
{
	select_queue(dev, (u16)a);
	watched_event(dev, EV(QUEUE_SIZE_WRITE), 2, (u16)a, (u16)regs_get_kernel_argument(regs, 2),
		      0);
}

static void leave_queue_size(const struct device *dev, u64 a, u64 ret)
{
	select_queue(dev, (u16)a);
	watched_event(dev, EV(QUEUE_SIZE_READ), 2, (u16)a, (u16)ret, 0);
}

static void enter_queue_enable(const struct device *dev, u64 a, struct pt_regs *regs)
{
	select_queue(dev, (u16)a);
	watched_event(dev, EV(QUEUE_ENABLE_WRITE), 2, (u16)a, (u8)regs_get_kernel_argument(regs, 2),
		      0);
}

static void leave_queue_enable(const struct device *dev, u64 a, u64 ret)
{
	select_queue(dev, (u16)a);
	watched_event(dev, EV(QUEUE_ENABLE_READ), 2, (u16)a, (u8)ret, 0);
}

static void enter_queue_address(const struct device *dev, u64 a, struct pt_regs *regs)
{
	select_queue(dev, (u16)a);
	for (u32 area = 0; area < 3; area++) {
		u64 addr = regs_get_kernel_argument(regs, 2 + area);

		watched_event(dev, EV(QUEUE_ADDR_WRITE), 3, (u16)a, 2 * area, (u32)addr);
		watched_event(dev, EV(QUEUE_ADDR_WRITE), 3, (u16)a, 2 * area + 1, addr >> 32);
	}
}

static void enter_queue_reset(const struct device *dev, u64 a, struct pt_regs *regs)
{
	select_queue(dev, (u16)a);
	watched_event(dev, EV(QUEUE_RESET_WRITE), 2, (u16)a, 1, 0);
}

/* `a` is the queue's index here; with NOTIFICATION_DATA the rest of the value is not seen. */
static void enter_notify(const struct device *dev, u64 a, struct pt_regs *regs)
{
	watched_event(dev, EV(NOTIFY), 3, a, a, 2);
}

static void enter_notify_data(const struct device *dev, u64 a, struct pt_regs *regs)
{
	watched_event(dev, EV(NOTIFY), 3, a, a, 4);
}

#define MODERN "virtio_pci_modern_dev"

static struct hook hooks[] = {
	{ MODERN, "vp_modern_set_status", enter_set_status },
	{ MODERN, "vp_modern_get_status", .leave = leave_get_status },
	{ MODERN, "vp_modern_get_features", .leave = leave_get_features },
	{ MODERN, "vp_modern_set_features", enter_set_features },
	{ MODERN, "vp_modern_get_driver_features", .leave = leave_get_driver_features,
	  .may_lack = true },
	{ MODERN, "vp_modern_generation", .leave = leave_generation, .may_lack = true },
	{ MODERN, "vp_modern_get_num_queues", .leave = leave_num_queues, .may_lack = true },
	{ MODERN, "vp_modern_config_vector", enter_config_vector, leave_config_vector },
	{ MODERN, "vp_modern_queue_vector", enter_queue_vector, leave_queue_vector },
	{ MODERN, "vp_modern_set_queue_size", enter_queue_size },
	{ MODERN, "vp_modern_get_queue_size", .leave = leave_queue_size, .may_lack = true },
	{ MODERN, "vp_modern_set_queue_enable", enter_queue_enable },
	{ MODERN, "vp_modern_get_queue_enable", .leave = leave_queue_enable, .may_lack = true },
	{ MODERN, "vp_modern_queue_address", enter_queue_address },
	{ MODERN, "vp_modern_set_queue_reset", enter_queue_reset, .may_lack = true },
	{ "virtio_pci", "vp_notify", enter_notify, .vq = true, .may_lack = true },
	{ "virtio_pci", "vp_notify_with_data", enter_notify_data, .vq = true, .may_lack = true },
};

static DEFINE_MUTEX(hooks_lock);

/*
 * All that must be seen is. While it is not, nothing is passed on: a driver whose steps are seen in
 * part looks as if it left out the others.
 */
static bool all_seen;

/* The function's device and its second argument, or the queue's. */
static struct call begin(const struct hook *h, struct pt_regs *regs)
{
	const void *first = (const void *)regs_get_kernel_argument(regs, 0);
	const struct virtio_pci_modern_device *mdev = first;
	const struct virtqueue *vq = first;

	if (h->vq)
		return (struct call){ vq->vdev->dev.parent, vq->index };
	return (struct call){ &mdev->pci_dev->dev, regs_get_kernel_argument(regs, 1) };
}

static int on_enter(struct kprobe *p, struct pt_regs *regs)
{
	const struct hook *h = container_of(p, struct hook, rp.kp);
	struct call call = begin(h, regs);

	if (READ_ONCE(all_seen))
		h->enter(call.dev, call.arg, regs);
	return 0;
}
NOKPROBE_SYMBOL(on_enter);

static int on_enter_ret(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct hook *h = container_of(get_kretprobe(ri), struct hook, rp);
	struct call *call = (struct call *)ri->data;

	*call = begin(h, regs);
	if (h->enter && READ_ONCE(all_seen))
		h->enter(call->dev, call->arg, regs);
	return 0;
}
NOKPROBE_SYMBOL(on_enter_ret);

static int on_leave(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct hook *h = container_of(get_kretprobe(ri), struct hook, rp);
	const struct call *call = (const struct call *)ri->data;

	if (READ_ONCE(all_seen))
		h->leave(call->dev, call->arg, regs_return_value(regs));
	return 0;
}
NOKPROBE_SYMBOL(on_leave);

static int hook_by_name(struct hook *h, const char *name)
{
	memset(&h->rp, 0, sizeof(h->rp));
	h->rp.kp.symbol_name = name;
	if (!h->leave) {
		h->rp.kp.pre_handler = on_enter;
		return register_kprobe(&h->rp.kp);
	}
	h->rp.entry_handler = on_enter_ret;
	h->rp.handler = on_leave;
	h->rp.data_size = sizeof(struct call);
	h->rp.maxactive = 4 * num_possible_cpus() + 16;
	return register_kretprobe(&h->rp);
}

static bool concerns(const struct hook *h, const struct module *mod)
{
	return !mod || !strcmp(h->module, mod->name);
}

/* In its module if that is one, else in the kernel itself. */
static void hook(struct hook *h)
{
	char name[64];
	int err;

	snprintf(name, sizeof(name), "%s:%s", h->module, h->symbol);
	err = hook_by_name(h, name);
	if (err == -ENOENT)
		err = hook_by_name(h, h->symbol);
	h->rp.kp.symbol_name = h->symbol; /* `name` goes */
	h->on = !err;
	if (err && err != -ENOENT)
		pr_warn("cannot see %s: error %d\n", h->symbol, err);
}

/* Together: each of the two calls waits for all processors once. */
static void unhook(const struct module *mod)
{
	static struct kretprobe *returns[ARRAY_SIZE(hooks)];
	static struct kprobe *entries[ARRAY_SIZE(hooks)];
	int nreturns = 0, nentries = 0;

	for (u32 i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct hook *h = &hooks[i];

		if (!h->on || !concerns(h, mod))
			continue;
		if (h->leave)
			returns[nreturns++] = &h->rp;
		else
			entries[nentries++] = &h->rp.kp;
		h->on = false;
		if (h->rp.kp.nmissed || h->rp.nmissed)
			pr_info("%s: %lu calls were not seen\n", h->symbol,
				h->rp.kp.nmissed + h->rp.nmissed);
	}
	unregister_kretprobes(returns, nreturns);
	unregister_kprobes(entries, nentries);
}

/* --- by address --------------------------------------------------------------------------- */

/* A legacy and a modern device over PCI, one over MMIO, and some to spare. */
static struct {
	void *function; /* NULL: free. kp.addr is where the probe is, which may be behind an ENDBR
			 */
	struct kprobe kp;
} config_write[6];

/* (vdev, offset, buf, len) */
static int on_config_write(struct kprobe *p, struct pt_regs *regs)
{
	const struct virtio_device *vdev = (const void *)regs_get_kernel_argument(regs, 0);
	u32 offset = regs_get_kernel_argument(regs, 1);
	const u8 *buf = (const void *)regs_get_kernel_argument(regs, 2);
	u32 len = regs_get_kernel_argument(regs, 3);
	u32 size = len == 1 || len == 2 ? len : len % 4 ? 1 : 4;

	for (u32 at = 0; READ_ONCE(all_seen) && at < len; at += size) {
		u64 value = 0;

		memcpy(&value, buf + at, size);
		watched_event(vdev->dev.parent, EV(CONFIG_WRITE), 3, offset + at, size, value);
	}
	return 0;
}
NOKPROBE_SYMBOL(on_config_write);

void hooks_add_config_write(void *function)
{
	u32 i, free = ARRAY_SIZE(config_write);
	int err = -ENOSPC;

	mutex_lock(&hooks_lock);
	for (i = 0; i < ARRAY_SIZE(config_write) && config_write[i].function != function; i++)
		if (!config_write[i].function)
			free = i;
	if (i == ARRAY_SIZE(config_write)) {
		if (free < ARRAY_SIZE(config_write)) {
			struct kprobe *kp = &config_write[free].kp;

			memset(kp, 0, sizeof(*kp));
			kp->addr = function;
			kp->pre_handler = on_config_write;
			err = register_kprobe(kp);
		}
		if (!err)
			config_write[free].function = function;
		else
			pr_warn("cannot see %ps: error %d\n", function, err);
	}
	mutex_unlock(&hooks_lock);
}

/* --- as modules come and go ------------------------------------------------------------------ */

/* Some of what must be seen can be, and some cannot: this kernel is another one. */
static void check_all_seen(void)
{
	const struct hook *lacking = NULL;
	bool any = false;

	for (u32 i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (hooks[i].may_lack)
			continue;
		any |= hooks[i].on;
		if (!hooks[i].on)
			lacking = &hooks[i];
	}
	if (any && lacking)
		pr_warn("nothing is judged: this kernel has no %s\n", lacking->symbol);
	WRITE_ONCE(all_seen, !lacking);
}

/* Without these hooks nothing can be judged. */
static bool must_be_seen(const struct module *mod)
{
	for (u32 i = 0; i < ARRAY_SIZE(hooks); i++)
		if (hooks[i].on && !hooks[i].may_lack && concerns(&hooks[i], mod))
			return true;
	return false;
}

void hooks_add(const struct module *mod)
{
	bool tried = false;

	mutex_lock(&hooks_lock);
	for (u32 i = 0; i < ARRAY_SIZE(hooks); i++)
		if (!hooks[i].on && concerns(&hooks[i], mod)) {
			hook(&hooks[i]);
			tried = true;
		}
	if (tried)
		check_all_seen();
	mutex_unlock(&hooks_lock);
}

void hooks_remove(const struct module *mod)
{
	mutex_lock(&hooks_lock);
	if (must_be_seen(mod)) {
		WRITE_ONCE(all_seen, false);
		synchronize_rcu(); /* who has not noticed is done */
	}
	unhook(mod);
	for (u32 i = 0; i < ARRAY_SIZE(config_write); i++)
		if (config_write[i].function &&
		    (!mod || within_module((unsigned long)config_write[i].function, mod))) {
			unregister_kprobe(&config_write[i].kp);
			config_write[i].function = NULL;
		}
	mutex_unlock(&hooks_lock);
}
