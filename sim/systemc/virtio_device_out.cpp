/* SPDX-License-Identifier: MIT */
/* What a virtio_device does to the outside: interrupts, and word to who plugged it in. */
#include "sim/systemc/payload.h"
#include "sim/systemc/virtio_device.h"

using sc_core::sc_time;
using sc_core::sc_time_stamp;

/* As it is, if who plugged the device in listens. */
template <auto Told, class... What> void virtio_device::pass_on(void *ctx, What... what)
{
	const struct dev_sink &outer = static_cast<virtio_device *>(ctx)->outer_;

	if (outer.*Told)
		(outer.*Told)(outer.ctx, what...);
}

struct dev_sink virtio_device::sink()
{
	struct dev_sink to = {};

	to.ctx = this;
	to.rec = on_rec;
	to.intx = on_intx;
	to.message = on_message;
	to.cue = pass_on<&dev_sink::cue>;
	to.msix = pass_on<&dev_sink::msix>;
	to.page = pass_on<&dev_sink::page>;
	to.stat = pass_on<&dev_sink::stat>;
	to.range = pass_on<&dev_sink::range>;
	to.hint = pass_on<&dev_sink::hint>;
	return to;
}

/* --- records and interrupts --------------------------------------------------------------- */

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
	pass_on<&dev_sink::message>(ctx, addr, data);
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
