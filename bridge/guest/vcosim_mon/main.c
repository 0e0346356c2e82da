// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Names in the kernel log, the moment it happens, each rule of virtio 1.4 that a driver in this
 * kernel breaks (specs/kernel.ccsl). Needs nothing but `virtio`: load it before the transport and
 * the drivers to see their probes; it may come and go at any time.
 */
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "vcosim_mon.h"

#define VENDOR 0x1af4 /* virtio 1.4, 4.1.2: device ids 0x1000 to 0x107f */

static typeof_member(struct device_driver, bus) virtio_bus;

static int look_at_pci(struct device *dev, bool live)
{
	const struct pci_dev *pdev = to_pci_dev(dev);

	if (pdev->vendor != VENDOR || pdev->device < 0x1000 || pdev->device > 0x107f)
		return 0;
	return watched_add(dev, live);
}

static int each_pci(struct device *dev, void *unused)
{
	return look_at_pci(dev, dev->driver);
}

static int on_pci(struct notifier_block *nb, unsigned long what, void *data)
{
	if (what == BUS_NOTIFY_BIND_DRIVER && look_at_pci(data, false))
		pr_warn("%s: no memory to watch it\n", dev_name(data));
	if (what == BUS_NOTIFY_REMOVED_DEVICE)
		watched_remove(data);
	return NOTIFY_DONE;
}

/*
 * A device that no driver has: the core has reset it and acknowledged it, and waits. That is where
 * its life stands when a driver is loaded after this module.
 */
static int each_idle(struct device *dev, void *unused)
{
	struct virtio_device *vdev = dev_to_virtio(dev);

	device_lock(dev);
	if (!dev->driver && dev->parent &&
	    vdev->config->get_status(vdev) == VIRTIO_CONFIG_S_ACKNOWLEDGE)
		watched_idle(dev->parent);
	device_unlock(dev);
	return 0;
}

/* virtio-mmio has a driver of its own on the platform bus. */
static bool is_mmio(const struct device *dev)
{
	return dev->driver && !strcmp(dev->driver->name, "virtio-mmio");
}

static int each_platform(struct device *dev, void *unused)
{
	return is_mmio(dev) ? watched_add(dev, true) : 0;
}

static int on_platform(struct notifier_block *nb, unsigned long what, void *data)
{
	if (what == BUS_NOTIFY_BIND_DRIVER && is_mmio(data) && watched_add(data, false))
		pr_warn("%s: no memory to watch it\n", dev_name(data));
	if (what == BUS_NOTIFY_REMOVED_DEVICE)
		watched_remove(data);
	return NOTIFY_DONE;
}

/* A device has been announced, and no driver has it yet: its operations are known now. */
static int each_virtio(struct device *dev, void *unused)
{
	const struct virtio_device *vdev = dev_to_virtio(dev);

	if (dev->parent && (dev_is_pci(dev->parent) || is_mmio(dev->parent)) && vdev->config->set)
		hooks_add_config_write(vdev->config->set);
	return 0;
}

static int on_virtio(struct notifier_block *nb, unsigned long what, void *data)
{
	if (what == BUS_NOTIFY_ADD_DEVICE)
		each_virtio(data, NULL);
	return NOTIFY_DONE;
}

static int on_module(struct notifier_block *nb, unsigned long what, void *data)
{
	if (what == MODULE_STATE_COMING)
		hooks_add(data);
	if (what == MODULE_STATE_GOING)
		hooks_remove(data);
	return NOTIFY_DONE;
}

static struct notifier_block pci_nb = { .notifier_call = on_pci };
static struct notifier_block platform_nb = { .notifier_call = on_platform };
static struct notifier_block virtio_nb = { .notifier_call = on_virtio };
/* Before kprobes itself gives up probes in a module that goes. */
static struct notifier_block module_nb = { .notifier_call = on_module, .priority = 1 };

/* A driver that wants no device learns which bus it is on. */
static int find_virtio_bus(void)
{
	static const struct virtio_device_id none[] = { { 0 } };
	static struct virtio_driver stranger = {
		.driver.name = KBUILD_MODNAME,
		.driver.owner = THIS_MODULE,
		.id_table = none,
	};
	int err = register_virtio_driver(&stranger);

	if (err)
		return err;
	virtio_bus = stranger.driver.bus;
	unregister_virtio_driver(&stranger);
	return 0;
}

/* Of a notifier that is not registered nothing goes. */
static void let_go(void)
{
	bus_unregister_notifier(&platform_bus_type, &platform_nb);
	bus_unregister_notifier(&pci_bus_type, &pci_nb);
	bus_unregister_notifier(virtio_bus, &virtio_nb);
	unregister_module_notifier(&module_nb);
	hooks_remove(NULL);
	watched_remove_all();
}

/*
 * First all that is to be seen, then whose: a device that is watched from its probe on must not
 * have taken a step that was not seen. One that a driver has already is judged from its next reset
 * on.
 */
static int __init start(void)
{
	int err = find_virtio_bus();

	if (err)
		return err;
	err = register_module_notifier(&module_nb);
	if (err)
		return err;
	hooks_add(NULL);
	err = bus_register_notifier(virtio_bus, &virtio_nb);
	if (!err)
		err = bus_for_each_dev(virtio_bus, NULL, NULL, each_virtio);
	if (!err)
		err = bus_register_notifier(&pci_bus_type, &pci_nb);
	if (!err)
		err = bus_for_each_dev(&pci_bus_type, NULL, NULL, each_pci);
	if (!err)
		err = bus_register_notifier(&platform_bus_type, &platform_nb);
	if (!err)
		err = bus_for_each_dev(&platform_bus_type, NULL, NULL, each_platform);
	if (!err)
		err = bus_for_each_dev(virtio_bus, NULL, NULL, each_idle);
	if (err) {
		let_go();
		return err;
	}
	pr_info("watching: %u rules\n", life.tab->nrules);
	return 0;
}

static void __exit stop(void)
{
	let_go();
}

module_init(start);
module_exit(stop);

MODULE_DESCRIPTION("Names breaches of the virtio specification as they happen");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_INFO(vcosim, "first"); /* to `vcosim run --module`: before the transport, to see the probe */
