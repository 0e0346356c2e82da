/* SPDX-License-Identifier: MIT */
/*
 * The device under test as a TLM-2.0 module, loosely timed, on struct dev in a rig: the
 * same RTL, taps, monitor and trace as everywhere else.
 *
 *   regs   target: the map below. An access is carried out at once, as naturally aligned
 *          accesses of 1, 2 and 4 bytes, and its RTL cycles are added to the delay. What
 *          nothing claims answers TLM_ADDRESS_ERROR_RESPONSE, a device that hangs
 *          TLM_GENERIC_ERROR_RESPONSE. No DMI. Debug transport reads what reading does
 *          not change, past the monitor; it writes nothing.
 *   dma    initiator: the RTL's bursts, by DMI where the platform offers it for both
 *          directions (dma_port.h), and MSI-X messages as writes of 4 bytes
 *   intx   the INTx pin
 *
 * What an access brought about happens in a process of the module, in steps of no more
 * than the global quantum, until the RTL is quiet. The RTL's clock stands still while
 * there is nothing to do, and while a target that it reads from or writes to waits.
 */
#ifndef SIM_SYSTEMC_VIRTIO_DEVICE_H
#define SIM_SYSTEMC_VIRTIO_DEVICE_H

#include <deque>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>
#include <utility>

#include "sim/systemc/clib.h"
#include "sim/systemc/dma_port.h"

/* What is where behind `regs`: configuration space, then a slot for each BAR. */
enum : uint64_t {
	REGS_SLOT = 0x100000,
	REGS_CFG = 0,
	REGS_CFG_SIZE = 0x1000,
	REGS_BAR = REGS_SLOT, /* BAR n at REGS_BAR + n * REGS_SLOT */
	REGS_MMIO = 7 * REGS_SLOT,
	REGS_SIZE = 8 * REGS_SLOT,
};

/* The address of a register behind `regs`; REGS_SIZE: its slot does not reach so far. */
uint64_t regs_address(struct dev_reg reg);

struct virtio_device_config {
	sc_core::sc_time period{ 10, sc_core::SC_NS }; /* of the RTL's clock */
	bool dmi = true;
};

class virtio_device : public sc_core::sc_module
{
      public:
	tlm_utils::simple_target_socket<virtio_device> regs;
	tlm_utils::simple_initiator_socket<virtio_device> dma;
	sc_core::sc_out<bool> intx;

	explicit virtio_device(sc_core::sc_module_name name, const virtio_device_config &cfg = {});
	~virtio_device() override;
	SC_HAS_PROCESS(virtio_device);

	/*
	 * Puts a device in, at any time; without one `regs` claims nothing. cfg.mem is where
	 * ballooned pages go back to the host, or NULL; the device sees what `dma` reaches.
	 * False, and one line on stderr. Before unplug the device must not be busy.
	 */
	bool plug(const struct rig_config &cfg);
	void unplug();
	struct rig *rig() const
	{
		return rig_;
	}

	/* rst_ni. */
	void reset();

	/* Lets the device work, after something gave it work past the sockets. */
	void stir(const sc_core::sc_time &delay = sc_core::SC_ZERO_TIME);

	/* It has work, or may have; `idle` is notified when it has no more. */
	bool busy() const
	{
		return stirred_ || working_;
	}
	const sc_core::sc_event &idle() const
	{
		return idle_;
	}

	/* The last work did not end within the cycle budget. */
	bool hangs() const
	{
		return hangs_;
	}

      private:
	struct message {
		sc_core::sc_time at;
		uint64_t addr;
		uint32_t data;
	};

	void b_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay);
	unsigned transport_dbg(tlm::tlm_generic_payload &p);
	void invalidate(sc_dt::uint64 first, sc_dt::uint64 last);
	tlm::tlm_response_status access(tlm::tlm_generic_payload &p);
	tlm::tlm_response_status access_run(bool write, struct dev_reg reg, uint8_t *data,
					    unsigned len);
	bool reading_changes(struct dev_reg reg) const;
	void find_touchy();

	void work();
	void work_until_quiet();
	uint64_t slice_cycles();
	int run_slice();
	void send_messages();
	void drive_intx();
	void let_intx_arrive();
	void start_clock(const sc_core::sc_time &at);
	sc_core::sc_time clock_time() const;
	sc_core::sc_time stop_clock();

	struct dev_sink sink(); /* what the rig tells us */
	static void on_rec(void *ctx, const struct bus_rec *rec);
	static void on_intx(void *ctx, bool level);
	static void on_message(void *ctx, uint64_t addr, uint32_t data);
	template <auto Told, class... What> static void pass_on(void *ctx, What... what);

	const virtio_device_config cfg_;
	dma_port port_;
	struct dev_sink outer_ = {}; /* who plugged the device in is told too */
	struct rig *rig_ = nullptr;
	struct dev *dev_ = nullptr;
	uint64_t budget_ = 0;                   /* cycles that work may take */
	struct dev_reg isr_ = {}, window_ = {}; /* registers that reading changes */

	bool stirred_ = false, working_ = false, hangs_ = false, intx_told_ = false;
	sc_core::sc_event kick_, idle_, intx_due_;
	tlm_utils::tlm_quantumkeeper keeper_;
	sc_core::sc_time clock_start_, pointer_time_; /* of what runs now */
	uint64_t clock_from_ = 0;                     /* cycle at clock_start_ */
	std::deque<message> messages_;
	std::deque<std::pair<sc_core::sc_time, bool>> levels_; /* of intx, to come */
};

#endif
