/* SPDX-License-Identifier: MIT */
#include "sim/systemc/platform.h"

platform::platform(sc_core::sc_module_name name, const platform_config &cfg)
    : sc_module(name), fabric("fabric"), ram("ram", cfg.memory_latency, true),
      device("device", cfg.device), neighbour("neighbour", cfg.device), irq("irq"),
      neighbour_irq("neighbour_irq"), cpu("cpu", device, ram, PLATFORM_REGS, cfg.device.period),
      neighbour_cpu("neighbour_cpu", neighbour, ram, PLATFORM_REGS + REGS_SIZE, cfg.device.period),
      intx_("intx"), neighbour_intx_("neighbour_intx")
{
	cpu.socket.bind(fabric.in);
	neighbour_cpu.socket.bind(fabric.in);
	device.dma.bind(fabric.in);
	neighbour.dma.bind(fabric.in);
	fabric.attach(device.regs, PLATFORM_REGS, REGS_SIZE);
	fabric.attach(neighbour.regs, PLATFORM_REGS + REGS_SIZE, REGS_SIZE);
	fabric.attach(irq.socket, PLATFORM_MSI, PLATFORM_MSI_SIZE);
	fabric.attach(neighbour_irq.socket, PLATFORM_MSI + PLATFORM_MSI_SIZE, PLATFORM_MSI_SIZE);
	fabric.attach(ram.socket, 0, 0);
	device.intx(intx_);
	irq.pin(intx_);
	neighbour.intx(neighbour_intx_);
	neighbour_irq.pin(neighbour_intx_);
}

/* Interrupts take the platform's way to the front end; the rest comes from the device. */
struct rig *platform::on_mount(void *ctx, const struct rig_config *cfg, struct port *port)
{
	platform *self = static_cast<platform *>(ctx);
	struct rig_config mine = *cfg;
	struct dev_sink rest = cfg->front ? *cfg->front : dev_sink{};

	self->ram.use(cfg->mem);
	self->irq.tell(cfg->front);
	rest.intx = nullptr;
	rest.msix = nullptr;
	rest.message = nullptr;
	mine.front = &rest;
	if (!self->device.plug(mine)) {
		self->irq.tell(nullptr);
		self->ram.use(nullptr);
		return nullptr;
	}
	*port = self->cpu.port();
	return self->device.rig();
}

/* Without memory nothing waits any more, and the device comes to rest. */
void platform::on_unmount(void *ctx, struct rig *rig)
{
	platform *self = static_cast<platform *>(ctx);

	assert(rig == self->device.rig());
	self->irq.tell(nullptr);
	self->ram.use(nullptr);
	while (self->device.busy())
		sc_core::wait(self->device.idle());
	self->device.unplug();
}

struct rig_mount platform::mount()
{
	return { this, on_mount, on_unmount };
}
