/* SPDX-License-Identifier: MIT */
/*
 * The example platform: memory, where interrupts end, and two devices on one bus, each
 * driven by a process of its own.
 *
 *   0                        the memory, to the end
 *   0xfee00000               MSI messages
 *   PLATFORM_REGS            the registers of device 0, and behind it of device 1: where
 *                            no guest's memory is
 */
#ifndef SIM_SYSTEMC_PLATFORM_H
#define SIM_SYSTEMC_PLATFORM_H

#include <systemc>

#include "sim/systemc/bus.h"
#include "sim/systemc/host.h"
#include "sim/systemc/irq_sink.h"
#include "sim/systemc/memory.h"
#include "sim/systemc/virtio_device.h"

enum : uint64_t {
	PLATFORM_MSI = 0xfee00000,
	PLATFORM_MSI_SIZE = 0x100000,
	PLATFORM_REGS = UINT64_C(0xff) << 56,
};

struct platform_config {
	virtio_device_config device;
	sc_core::sc_time memory_latency{ 50, sc_core::SC_NS };
};

class platform : public sc_core::sc_module
{
      public:
	bus fabric;
	memory ram;
	virtio_device device, neighbour;
	irq_sink irq, neighbour_irq;
	host cpu, neighbour_cpu;

	platform(sc_core::sc_module_name name, const platform_config &cfg);

	/* The first device is where a command's device is; for the process of `cpu`. */
	struct rig_mount mount();

      private:
	static struct rig *on_mount(void *ctx, const struct rig_config *cfg, struct port *port);
	static void on_unmount(void *ctx, struct rig *rig);

	sc_core::sc_signal<bool> intx_, neighbour_intx_;
};

#endif
