/* SPDX-License-Identifier: MIT */
#include "sim/systemc/virtio_device.h"

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "sim/systemc/payload.h"

using sc_core::sc_time;
using sc_core::sc_time_stamp;

virtio_device::virtio_device(sc_core::sc_module_name name, const virtio_device_config &cfg)
    : sc_module(name), regs("regs"), dma("dma"), intx("intx"), cfg_(cfg), port_(dma, cfg.dmi)
{
	regs.register_b_transport(this, &virtio_device::b_transport);
	regs.register_transport_dbg(this, &virtio_device::transport_dbg);
	dma.register_invalidate_direct_mem_ptr(this, &virtio_device::invalidate);
	SC_THREAD(work);
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
	struct dev_sink front = {};

	front.ctx = this;
	front.rec = on_rec;
	front.intx = on_intx;
	front.msix = on_msix;
	front.message = on_message;
	front.page = on_page;
	front.stat = on_stat;
	front.range = on_range;
	front.hint = on_hint;
	outer_ = cfg.front ? *cfg.front : dev_sink{};
	mine.front = &front;
	mine.backing = cfg.backing ? cfg.backing : cfg.mem;
	mine.mem = port_.mem();
	rig_ = rig_new(&mine);
	if (!rig_)
		return false;
	dev_ = rig_dev(rig_);
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
	messages_.clear();
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

/* --- registers --------------------------------------------------------------------------- */

uint64_t regs_address(struct dev_reg reg)
{
	switch (reg.space) {
	case BUS_CFG:
		return REGS_CFG + reg.addr;
	case BUS_MMIO:
		return REGS_MMIO + reg.addr;
	default:
		return REGS_BAR + reg.bar * REGS_SLOT + reg.addr;
	}
}

/* The register at an address; false where nothing can be. */
static bool place(uint64_t addr, uint64_t extent, struct dev_reg &reg)
{
	uint64_t slot = addr / REGS_SLOT, room = slot ? REGS_SLOT : REGS_CFG_SIZE;

	if (addr >= REGS_SIZE || addr % REGS_SLOT >= room || extent > room - addr % REGS_SLOT)
		return false;
	reg.space = slot == 0 ? BUS_CFG : slot == REGS_MMIO / REGS_SLOT ? BUS_MMIO : BUS_BAR;
	reg.bar = static_cast<uint8_t>(reg.space == BUS_BAR ? slot - 1 : 0);
	reg.addr = static_cast<uint32_t>(addr % REGS_SLOT);
	return true;
}

/* The largest access that may start here. */
static uint8_t piece(uint32_t addr, unsigned len)
{
	if (!(addr & 3) && len >= 4)
		return 4;
	return !(addr & 1) && len >= 2 ? 2 : 1;
}

tlm::tlm_response_status virtio_device::access_run(bool write, struct dev_reg reg, uint8_t *data,
						   unsigned len)
{
	for (; len; data += reg.size, reg.addr += reg.size, len -= reg.size) {
		uint32_t val = 0;
		int err;

		reg.size = piece(reg.addr, len);
		if (write) {
			memcpy(&val, data, reg.size);
			err = dev_write(dev_, reg, val);
		} else {
			err = dev_read(dev_, reg, &val);
			memcpy(data, &val, reg.size);
		}
		if (err)
			return err == -ETIMEDOUT ? tlm::TLM_GENERIC_ERROR_RESPONSE
						 : tlm::TLM_ADDRESS_ERROR_RESPONSE;
	}
	return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status virtio_device::access(tlm::tlm_generic_payload &p)
{
	struct dev_reg first = {};

	if (!dev_ || !place(p.get_address(), payload_extent(p), first))
		return tlm::TLM_ADDRESS_ERROR_RESPONSE;
	return payload_each(p, [&](uint64_t addr, uint8_t *data, unsigned len) {
		struct dev_reg reg = first;

		reg.addr += static_cast<uint32_t>(addr - p.get_address());
		return access_run(p.is_write(), reg, data, len);
	});
}

void virtio_device::b_transport(tlm::tlm_generic_payload &p, sc_time &delay)
{
	tlm::tlm_response_status status = payload_check(p);

	if (status == tlm::TLM_OK_RESPONSE && p.get_command() != tlm::TLM_IGNORE_COMMAND) {
		if (dev_)
			start_clock(sc_time_stamp() + delay);
		status = access(p);
		if (dev_) {
			delay += stop_clock();
			stir(delay);
		}
	}
	p.set_response_status(status);
}

/* --- debug transport ----------------------------------------------------------------------- */

/* ISR status is cleared by reading it (4.1.4.5); the PCI access window reads through. */
bool virtio_device::reading_changes(struct dev_reg reg) const
{
	for (const struct dev_reg &t : { isr_, window_ })
		if (t.size && t.space == reg.space && t.bar == reg.bar &&
		    reg.addr + reg.size > t.addr && reg.addr < t.addr + t.size)
			return true;
	return false;
}

/* Where these are, from the capability list (4.1.4), as a debugger reads it. */
void virtio_device::find_touchy()
{
	auto cfg = [this](unsigned off, unsigned size) {
		struct dev_reg reg = { BUS_CFG, 0, static_cast<uint8_t>(size), off };
		uint32_t val;

		return dev_peek(dev_, reg, &val) ? 0 : val;
	};
	unsigned at = 0;

	start_clock(sc_time_stamp());
	if (cfg(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST)
		at = cfg(PCI_CAPABILITY_LIST, 1) & ~3U;
	for (unsigned hops = 0; at && hops < 48;
	     hops++, at = cfg(at + PCI_CAP_LIST_NEXT, 1) & ~3U) {
		if (cfg(at, 1) != PCI_CAP_ID_VNDR)
			continue;
		if (cfg(at + VIRTIO_PCI_CAP_CFG_TYPE, 1) == VIRTIO_PCI_CAP_ISR_CFG)
			isr_ = { BUS_BAR, static_cast<uint8_t>(cfg(at + VIRTIO_PCI_CAP_BAR, 1)), 1,
				 cfg(at + VIRTIO_PCI_CAP_OFFSET, 4) };
		if (cfg(at + VIRTIO_PCI_CAP_CFG_TYPE, 1) == VIRTIO_PCI_CAP_PCI_CFG)
			window_ = { BUS_CFG, 0, 4,
				    at + static_cast<unsigned>(sizeof(struct virtio_pci_cap)) };
	}
}

unsigned virtio_device::transport_dbg(tlm::tlm_generic_payload &p)
{
	struct dev_reg reg = {};
	unsigned done = 0;
	uint32_t val;

	if (!dev_ || !p.is_read() || !place(p.get_address(), 1, reg))
		return 0;
	start_clock(sc_time_stamp());
	while (done < p.get_data_length()) {
		if (!place(p.get_address() + done, 1, reg))
			break;
		reg.size = piece(reg.addr, p.get_data_length() - done);
		while (reg.size > 1 && reading_changes(reg))
			reg.size /= 2;
		if (reading_changes(reg) || dev_peek(dev_, reg, &val))
			break;
		memcpy(p.get_data_ptr() + done, &val, reg.size);
		done += reg.size;
	}
	stir();
	return done;
}

/* --- what the device does to the outside ----------------------------------------------------- */

void virtio_device::on_rec(void *ctx, const struct bus_rec *rec)
{
	virtio_device *self = static_cast<virtio_device *>(ctx);

	/* As many as without the pointer: a burst that is read, a beat that is written. */
	if (rec->space == BUS_DMA && (rec->op == BUS_WRITE || rec->flags & BUS_F_LAST))
		self->pointer_time_ += self->port_.latency(rec->addr, rec->op == BUS_WRITE);
	if (self->outer_.rec)
		self->outer_.rec(self->outer_.ctx, rec);
}

/* A level that comes later in the RTL's order never comes earlier in time. */
void virtio_device::on_intx(void *ctx, bool level)
{
	virtio_device *self = static_cast<virtio_device *>(ctx);
	sc_time at = self->dev_ ? self->clock_time() : sc_time_stamp();

	at = std::max(at, sc_time_stamp());
	if (self->levels_.empty())
		self->intx_due_.notify(at - sc_time_stamp());
	else
		at = std::max(at, self->levels_.back().first);
	self->levels_.emplace_back(at, level);
	self->intx_told_ = true;
	if (self->outer_.intx)
		self->outer_.intx(self->outer_.ctx, level);
}

void virtio_device::drive_intx()
{
	bool level = intx.read();

	for (; !levels_.empty() && levels_.front().first <= sc_time_stamp(); levels_.pop_front())
		level = levels_.front().second;
	intx.write(level);
	if (!levels_.empty())
		intx_due_.notify(levels_.front().first - sc_time_stamp());
}

void virtio_device::on_message(void *ctx, uint64_t addr, uint32_t data)
{
	virtio_device *self = static_cast<virtio_device *>(ctx);

	self->messages_.push_back({ self->clock_time(), addr, data });
}

void virtio_device::on_msix(void *ctx, unsigned vector)
{
	virtio_device *self = static_cast<virtio_device *>(ctx);

	if (self->outer_.msix)
		self->outer_.msix(self->outer_.ctx, vector);
}

void virtio_device::on_page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	virtio_device *self = static_cast<virtio_device *>(ctx);

	if (self->outer_.page)
		self->outer_.page(self->outer_.ctx, dir, pfn);
}

void virtio_device::on_stat(void *ctx, uint16_t tag, uint64_t value)
{
	virtio_device *self = static_cast<virtio_device *>(ctx);

	if (self->outer_.stat)
		self->outer_.stat(self->outer_.ctx, tag, value);
}

void virtio_device::on_range(void *ctx, const struct dev_range *range)
{
	virtio_device *self = static_cast<virtio_device *>(ctx);

	if (self->outer_.range)
		self->outer_.range(self->outer_.ctx, range);
}

void virtio_device::on_hint(void *ctx, uint32_t id)
{
	virtio_device *self = static_cast<virtio_device *>(ctx);

	if (self->outer_.hint)
		self->outer_.hint(self->outer_.ctx, id);
}

/* Posted writes: nobody waits for them, and there is nobody to tell of an error. */
void virtio_device::send_messages()
{
	while (!messages_.empty()) {
		message msg = messages_.front();
		tlm::tlm_generic_payload p;
		sc_time delay = std::max(msg.at, sc_time_stamp()) - sc_time_stamp();

		messages_.pop_front();
		payload_make(p, tlm::TLM_WRITE_COMMAND, msg.addr, &msg.data, sizeof(msg.data));
		dma->b_transport(p, delay);
	}
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
	uint64_t end = dev_cycle(dev_) + DEV_CYCLE_BUDGET;
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
