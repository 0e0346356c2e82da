/* SPDX-License-Identifier: MIT */
/*
 * A memory as a TLM target, over a struct mem that somebody else fills: a plain buffer, or
 * a guest's memory behind the bridge. Windows with host memory are offered by DMI, and the
 * offer is withdrawn when they go. Where a window has to be asked for (-EAGAIN), the
 * transaction waits until retry().
 */
#ifndef SIM_SYSTEMC_MEMORY_H
#define SIM_SYSTEMC_MEMORY_H

#include <memory>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

#include "sim/systemc/clib.h"

class memory : public sc_core::sc_module
{
      public:
	tlm_utils::simple_target_socket<memory> socket;

	/*
	 * latency: of a transaction, whatever its length. With a size it begins as so many
	 * bytes of its own, at 0.
	 */
	memory(sc_core::sc_module_name name, const sc_core::sc_time &latency, bool dmi,
	       size_t size = 0);
	~memory() override;

	/* From now on this is the memory; NULL: none. What waits for the old one fails. */
	void use(struct mem *mem);

	/* A transaction waits for its window's owner; `blocks` is notified when one begins to. */
	bool blocked() const
	{
		return waiting_;
	}
	const sc_core::sc_event &blocks() const
	{
		return blocks_;
	}
	void retry();

      private:
	void b_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay);
	unsigned transport_dbg(tlm::tlm_generic_payload &p);
	bool get_direct_mem_ptr(tlm::tlm_generic_payload &p, tlm::tlm_dmi &dmi);
	tlm::tlm_response_status move(bool write, uint64_t addr, uint8_t *data, unsigned len);
	const struct mem_window *window(uint64_t addr) const;
	void withdraw(uint64_t first, uint64_t last);
	static void on_change(void *ctx, const struct mem_window *win, bool map);

	std::vector<uint8_t> bytes_;
	std::unique_ptr<struct mem, decltype(&mem_free)> own_{ nullptr, mem_free };
	struct mem *mem_ = nullptr;
	const sc_core::sc_time latency_;
	const bool dmi_;
	unsigned waiting_ = 0;
	sc_core::sc_event blocks_, retry_;
};

#endif
