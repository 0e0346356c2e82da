/* SPDX-License-Identifier: MIT */
#include "sim/systemc/virtio_device.h"

using sc_core::sc_time;
using sc_core::sc_time_stamp;

virtio_device::virtio_device(sc_core::sc_module_name name, const virtio_device_config &cfg)
    : sc_module(name), regs("regs"), dma("dma"), intx("intx"), cfg_(cfg), port_(dma, cfg.dmi)
{
	regs.register_b_transport(this, &virtio_device::b_transport);
	regs.register_transport_dbg(this, &virtio_device::transport_dbg);
	dma.register_invalidate_direct_mem_ptr(this, &virtio_device::invalidate);
	SC_THREAD(work);
	set_stack_size(C_STACK);
	SC_METHOD(drive_intx);
	sensitive << intx_due_;
	dont_initialize();
}

virtio_device::~virtio_device()
{
	rig_free(rig_);
}

bool virtio_device::plug(const struct rig_config &cfg)
{
	struct rig_config mine = cfg;
	struct dev_sink front = sink();

	assert(!rig_);
	outer_ = cfg.front ? *cfg.front : dev_sink{};
	mine.front = &front;
	mine.backing = cfg.backing ? cfg.backing : cfg.mem;
	mine.mem = port_.mem();
	rig_ = rig_new(&mine);
	if (!rig_)
		return false;
	dev_ = rig_dev(rig_);
	budget_ = cfg.dev.cycle_budget ? cfg.dev.cycle_budget : DEV_CYCLE_BUDGET;
	find_touchy();
	return true;
}

void virtio_device::unplug()
{
	assert(!busy());
	port_.drop();
	messages_.clear();
	levels_.assign(1, { sc_time_stamp(), false });
	intx_due_.notify(sc_core::SC_ZERO_TIME);
	mem_watch(port_.mem(), nullptr, nullptr);
	rig_free(rig_);
	rig_ = nullptr;
	dev_ = nullptr;
	isr_ = window_ = {};
}

void virtio_device::reset()
{
	if (!dev_)
		return;
	port_.drop();
	start_clock(sc_time_stamp());
	dev_reset(dev_);
	stir();
}

void virtio_device::invalidate(sc_dt::uint64 first, sc_dt::uint64 last)
{
	port_.invalidate(first, last);
}

/* --- time: the RTL's cycles, from where it was let run ---------------------------------- */

void virtio_device::start_clock(const sc_time &at)
{
	clock_start_ = at;
	clock_from_ = dev_cycle(dev_);
	pointer_time_ = sc_core::SC_ZERO_TIME;
}

/* Memory that it reached by pointer took its time too. */
sc_time virtio_device::clock_time() const
{
	return clock_start_ + cfg_.period * static_cast<double>(dev_cycle(dev_) - clock_from_) +
	       pointer_time_;
}

sc_time virtio_device::stop_clock()
{
	return clock_time() - clock_start_;
}

/* --- the work that accesses bring ------------------------------------------------------------- */

void virtio_device::stir(const sc_time &delay)
{
	stirred_ = true;
	kick_.notify(delay);
}

/* Cycles until the quantum ends; at least one. */
uint64_t virtio_device::slice_cycles()
{
	sc_time quantum = tlm::tlm_global_quantum::instance().compute_local_quantum();
	sc_time used = keeper_.get_local_time();

	if (quantum <= used + cfg_.period)
		return 1;
	return static_cast<uint64_t>((quantum - used) / cfg_.period);
}

/*
 * Runs the RTL for a while, then makes the transactions that came of it; as dev_run_for.
 * A target may wait, and meanwhile registers are accessed: the clock is another then.
 */
int virtio_device::run_slice()
{
	sc_time end, local;
	int err;

	start_clock(sc_time_stamp() + keeper_.get_local_time());
	err = dev_run_for(dev_, slice_cycles());
	end = clock_start_ + stop_clock();
	port_.stopped();
	send_messages();
	local = std::max(end, sc_time_stamp()) - sc_time_stamp();
	if (err == -EAGAIN)
		port_.perform(local);
	keeper_.set(local);
	return err;
}

void virtio_device::work_until_quiet()
{
	uint64_t end = dev_cycle(dev_) + budget_;
	int err;

	do {
		err = run_slice();
		if (keeper_.need_sync())
			keeper_.sync();
	} while (err && dev_ && dev_cycle(dev_) < end);
	hangs_ = err;
	keeper_.sync();
}

/* At rest means also: whoever looks at the pin has seen it. */
void virtio_device::let_intx_arrive()
{
	while (intx_told_) {
		intx_told_ = false;
		while (!levels_.empty() && levels_.front().first <= sc_time_stamp())
			wait(sc_core::SC_ZERO_TIME);
		wait(sc_core::SC_ZERO_TIME); /* the signal changes */
		wait(sc_core::SC_ZERO_TIME); /* and processes that are sensitive to it run */
	}
}

void virtio_device::work()
{
	for (;;) {
		while (!stirred_)
			wait(kick_);
		stirred_ = false;
		working_ = true;
		keeper_.reset();
		if (dev_)
			work_until_quiet();
		let_intx_arrive();
		working_ = false;
		if (!stirred_)
			idle_.notify(sc_core::SC_ZERO_TIME);
	}
}
