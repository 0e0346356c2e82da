/* SPDX-License-Identifier: MIT */
/*
 * Where interrupts end: a target for MSI messages and a pin, told to a front end. The
 * message's data is taken for the vector: whoever fills the MSI-X table says which.
 */
#ifndef SIM_SYSTEMC_IRQ_SINK_H
#define SIM_SYSTEMC_IRQ_SINK_H

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "sim/systemc/clib.h"

class irq_sink : public sc_core::sc_module
{
      public:
	tlm_utils::simple_target_socket<irq_sink> socket;
	sc_core::sc_in<bool> pin;

	explicit irq_sink(sc_core::sc_module_name name);
	SC_HAS_PROCESS(irq_sink);

	/* intx and msix of `front` are told from now on; NULL: nobody is. */
	void tell(const struct dev_sink *front);

	unsigned messages() const
	{
		return messages_;
	}

      private:
	void b_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay);
	void on_pin();

	struct dev_sink front_ = {};
	unsigned messages_ = 0;
};

#endif
