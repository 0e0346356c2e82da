/* SPDX-License-Identifier: MIT */
/*
 * Plain C code as a process of the platform: it reaches a device through a struct port
 * whose accesses are TLM transactions. port.run() is where the processes meet: it returns
 * when the device has done all that was asked, as dev_run does.
 */
#ifndef SIM_SYSTEMC_HOST_H
#define SIM_SYSTEMC_HOST_H

#include <functional>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include "sim/systemc/clib.h"
#include "sim/systemc/memory.h"
#include "sim/systemc/virtio_device.h"

class host : public sc_core::sc_module
{
      public:
	tlm_utils::simple_initiator_socket<host> socket;

	/* The device whose registers the socket reaches at `base`; memory it may wait for. */
	host(sc_core::sc_module_name name, virtio_device &device, memory &ram, uint64_t base,
	     const sc_core::sc_time &period);
	SC_HAS_PROCESS(host);

	/* What the process does, set before the simulation starts. */
	std::function<void()> main;

	/* Only for use by the process. */
	struct port port();

	/* The bytes at [addr, addr + len) of the platform's memory, or NULL. */
	uint8_t *pointer(uint64_t addr, uint64_t len);

      private:
	void process();
	int access(bool write, struct dev_reg reg, uint32_t &val);
	int run();
	static int on_read(void *ctx, struct dev_reg reg, uint32_t *val);
	static int on_write(void *ctx, struct dev_reg reg, uint32_t val);
	static int on_run(void *ctx);
	static void on_step(void *ctx, uint64_t n);
	static void on_reset(void *ctx);

	virtio_device &device_;
	memory &ram_;
	const uint64_t base_;
	const sc_core::sc_time period_;
	tlm_utils::tlm_quantumkeeper keeper_;
	tlm::tlm_generic_payload payload_;
};

#endif
