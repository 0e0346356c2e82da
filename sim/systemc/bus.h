/* SPDX-License-Identifier: MIT */
/*
 * An address-decoding bus: any number of initiators and targets. What crosses a border
 * between targets, or reaches none, is an address error.
 */
#ifndef SIM_SYSTEMC_BUS_H
#define SIM_SYSTEMC_BUS_H

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <vector>

class bus : public sc_core::sc_module
{
      public:
	tlm_utils::multi_passthrough_target_socket<bus> in; /* bind initiators to it */

	explicit bus(sc_core::sc_module_name name);

	/* A target at [base, base + (size - 1)], size 0: to the end; the first attached wins. */
	template <class Socket> void attach(Socket &target, uint64_t base, uint64_t size)
	{
		out_.bind(target);
		map_.push_back({ base, size ? base + (size - 1) : UINT64_MAX });
	}

      private:
	struct range {
		uint64_t first, last;
	};

	int decode(uint64_t addr, uint64_t len) const;
	range place_around(uint64_t addr, size_t n) const;
	void b_transport(int id, tlm::tlm_generic_payload &p, sc_core::sc_time &delay);
	unsigned transport_dbg(int id, tlm::tlm_generic_payload &p);
	bool get_direct_mem_ptr(int id, tlm::tlm_generic_payload &p, tlm::tlm_dmi &dmi);
	void invalidate(int id, sc_dt::uint64 first, sc_dt::uint64 last);

	tlm_utils::multi_passthrough_initiator_socket<bus> out_;
	std::vector<range> map_; /* of out_, in its order */
};

#endif
