// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The hooks of calls.c, put where their functions are, while modules come and go. Names of
 * functions are looked for in their module first. Writes of device configuration go through a
 * function of a name that every transport has: it is probed by the address that a device has in its
 * operations.
 */
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/virtio_pci_modern.h>

#include "hooks.h"
#include "vcosim_mon.h"

static DEFINE_MUTEX(hooks_lock);

/*
 * All that must be seen of a transport, PCI or MMIO, is. While it is not, nothing is passed on: a
 * driver whose steps are seen in part looks as if it left out the others.
 */
static bool all_seen[2];

static bool seen(const struct device *dev)
{
	return READ_ONCE(all_seen[!dev_is_pci(dev)]);
}

static struct call begin(const struct hook *h, struct pt_regs *regs)
{
	const void *first = (const void *)regs_get_kernel_argument(regs, 0);
	const struct virtio_pci_modern_device *mdev = first;
	const struct virtio_device *vdev = first;
	const struct virtqueue *vq = first;

	switch (h->first) {
	case VQ:
		return (struct call){ vq->vdev->dev.parent, vq->vdev, vq->index };
	case VDEV:
		return (struct call){ vdev->dev.parent, vdev, regs_get_kernel_argument(regs, 1) };
	default:
		return (struct call){ &mdev->pci_dev->dev, NULL,
				      regs_get_kernel_argument(regs, 1) };
	}
}

static int on_enter(struct kprobe *p, struct pt_regs *regs)
{
	const struct hook *h = container_of(p, struct hook, rp.kp);
	struct call call = begin(h, regs);

	if (seen(call.dev))
		h->enter(&call, regs);
	return 0;
}
NOKPROBE_SYMBOL(on_enter);

static int on_enter_ret(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct hook *h = container_of(get_kretprobe(ri), struct hook, rp);
	struct call *call = (struct call *)ri->data;

	*call = begin(h, regs);
	if (h->enter && seen(call->dev))
		h->enter(call, regs);
	return 0;
}
NOKPROBE_SYMBOL(on_enter_ret);

static int on_leave(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct hook *h = container_of(get_kretprobe(ri), struct hook, rp);
	const struct call *call = (const struct call *)ri->data;

	if (seen(call->dev))
		h->leave(call, regs_return_value(regs));
	return 0;
}
NOKPROBE_SYMBOL(on_leave);

/* --- by name -------------------------------------------------------------------------------- */

static bool over_mmio(const struct hook *h)
{
	return !strcmp(h->module, "virtio_mmio");
}

static bool concerns(const struct hook *h, const struct module *mod)
{
	return !mod || !strcmp(h->module, mod->name);
}

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

/* Together: each of the two calls waits for all processors once. No memory: one by one. */
static void unhook(const struct module *mod)
{
	struct kretprobe **returns = kcalloc(hooks_count, sizeof(*returns), GFP_KERNEL);
	struct kprobe **entries = kcalloc(hooks_count, sizeof(*entries), GFP_KERNEL);
	int nreturns = 0, nentries = 0;

	for (u32 i = 0; i < hooks_count; i++) {
		struct hook *h = &hooks[i];

		if (!h->on || !concerns(h, mod))
			continue;
		if (h->leave && returns)
			returns[nreturns++] = &h->rp;
		else if (h->leave)
			unregister_kretprobe(&h->rp);
		else if (entries)
			entries[nentries++] = &h->rp.kp;
		else
			unregister_kprobe(&h->rp.kp);
		h->on = false;
		if (h->rp.kp.nmissed || h->rp.nmissed)
			pr_info("%s: %lu calls were not seen\n", h->symbol,
				h->rp.kp.nmissed + h->rp.nmissed);
	}
	unregister_kretprobes(returns, nreturns);
	unregister_kprobes(entries, nentries);
	kfree(returns);
	kfree(entries);
}

/* --- by address --------------------------------------------------------------------------- */

/* A legacy and a modern device over PCI, one over MMIO, and some to spare. */
static struct {
	void *function; /* NULL: free. kp.addr is where the probe is: behind an ENDBR, if there is
			   one */
	struct kprobe kp;
} config_write[6];

static int on_config_write(struct kprobe *p, struct pt_regs *regs)
{
	const struct virtio_device *vdev = (const void *)regs_get_kernel_argument(regs, 0);

	if (seen(vdev->dev.parent))
		call_config_write(regs);
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
static void check_all_seen(bool mmio)
{
	const struct hook *lacking = NULL;
	bool any = false;

	for (u32 i = 0; i < hooks_count; i++) {
		if (hooks[i].may_lack || over_mmio(&hooks[i]) != mmio)
			continue;
		any |= hooks[i].on;
		if (!hooks[i].on)
			lacking = &hooks[i];
	}
	if (any && lacking)
		pr_warn("nothing is judged over %s: this kernel has no %s\n", mmio ? "MMIO" : "PCI",
			lacking->symbol);
	WRITE_ONCE(all_seen[mmio], !lacking);
}

/* Names are looked for one by one, which takes time: none of a module that lacks the first. */
void hooks_add(const struct module *mod)
{
	bool tried[2] = { false, false };
	const char *absent = "", *last = "";

	mutex_lock(&hooks_lock);
	for (u32 i = 0; i < hooks_count; i++) {
		struct hook *h = &hooks[i];

		if (h->on || !concerns(h, mod) || !strcmp(h->module, absent))
			continue;
		hook(h);
		if (!h->on && strcmp(h->module, last))
			absent = h->module;
		last = h->module;
		tried[over_mmio(h)] = true;
	}
	for (int mmio = 0; mmio < 2; mmio++)
		if (tried[mmio])
			check_all_seen(mmio);
	mutex_unlock(&hooks_lock);
}

void hooks_remove(const struct module *mod)
{
	bool wait = false;

	mutex_lock(&hooks_lock);
	for (u32 i = 0; i < hooks_count; i++)
		if (hooks[i].on && !hooks[i].may_lack && concerns(&hooks[i], mod)) {
			WRITE_ONCE(all_seen[over_mmio(&hooks[i])], false);
			wait = true;
		}
	if (wait)
		synchronize_rcu(); /* who has not noticed is done */
	unhook(mod);
	for (u32 i = 0; i < ARRAY_SIZE(config_write); i++)
		if (config_write[i].function &&
		    (!mod || within_module((unsigned long)config_write[i].function, mod))) {
			unregister_kprobe(&config_write[i].kp);
			config_write[i].function = NULL;
		}
	mutex_unlock(&hooks_lock);
}
