/* SPDX-License-Identifier: MIT */
#include "sim/systemc/dma_port.h"

#include <algorithm>

#include "sim/systemc/payload.h"

#define BEAT 8 /* bytes of the data bus that a device's AXI port has */

dma_port::dma_port(socket_type &socket, bool dmi) : socket_(socket), dmi_(dmi), mem_(mem_new())
{
	rebuild();
}

dma_port::~dma_port()
{
	mem_free(mem_);
}

/* --- what the RTL asks for ---------------------------------------------------------- */

int dma_port::read_op(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	return static_cast<dma_port *>(ctx)->read(gpa, buf, len);
}

int dma_port::write_op(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	return static_cast<dma_port *>(ctx)->write(gpa, buf, len);
}

/* Debug transport: at once, without effect, and no time passes. */
int dma_port::peek_op(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	dma_port *self = static_cast<dma_port *>(ctx);
	tlm::tlm_generic_payload p;

	payload_make(p, tlm::TLM_READ_COMMAND, gpa, buf, static_cast<unsigned>(len));
	return self->socket_->transport_dbg(p) == len ? 0 : -EAGAIN;
}

int dma_port::ask(request &rq, uint64_t gpa, const void *buf, size_t len)
{
	if (rq.state == state::flying || rq.state == state::dropped)
		return -EAGAIN;
	rq.state = state::wanted;
	rq.addr = gpa;
	rq.data.resize(len);
	rq.beat_err.clear();
	if (buf)
		memcpy(rq.data.data(), buf, len);
	return -EAGAIN;
}

static size_t beat_of(uint64_t from, uint64_t addr)
{
	return static_cast<size_t>(addr / BEAT - from / BEAT);
}

/*
 * A burst that failed as a whole is asked for again beat by beat (sim/axi_mem.c): those are
 * answered from what fetch_by_beat found, until the RTL stops.
 */
int dma_port::read(uint64_t gpa, void *buf, size_t len)
{
	request &rq = rd_;
	bool all = gpa == rq.addr && len == rq.data.size();

	if (rq.state != state::done || gpa < rq.addr || gpa - rq.addr > rq.data.size() ||
	    len > rq.data.size() - (gpa - rq.addr) || (!rq.err && !all))
		return ask(rq, gpa, nullptr, len);
	if (!rq.err)
		rq.state = state::none;
	if (rq.err && all)
		return rq.err;
	if (rq.err && rq.beat_err[beat_of(rq.addr, gpa)])
		return rq.beat_err[beat_of(rq.addr, gpa)];
	memcpy(buf, rq.data.data() + (gpa - rq.addr), len);
	return 0;
}

int dma_port::write(uint64_t gpa, const void *buf, size_t len)
{
	request &rq = wr_;

	if (rq.state != state::done || rq.addr != gpa || rq.data.size() != len ||
	    memcmp(rq.data.data(), buf, len))
		return ask(rq, gpa, buf, len);
	rq.state = state::none;
	return rq.err;
}

/* --- transactions ------------------------------------------------------------------- */

int dma_port::transact(bool write, uint64_t addr, void *data, size_t len, sc_core::sc_time &delay)
{
	tlm::tlm_generic_payload p;

	payload_make(p, write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, addr, data,
		     static_cast<unsigned>(len));
	socket_->b_transport(p, delay);
	if (!p.is_response_ok())
		return -EFAULT;
	if (dmi_ && p.is_dmi_allowed())
		ask_for_pointer(p);
	return 0;
}

void dma_port::fetch_by_beat(request &rq, sc_core::sc_time &delay)
{
	size_t len = rq.data.size(), n;

	for (size_t at = 0; at < len; at += n) {
		n = std::min<size_t>(len - at, BEAT - (rq.addr + at) % BEAT);
		rq.beat_err.push_back(transact(false, rq.addr + at, rq.data.data() + at, n, delay));
	}
}

void dma_port::perform(sc_core::sc_time &delay)
{
	for (bool write : { false, true }) {
		request &rq = write ? wr_ : rd_;

		if (rq.state != state::wanted)
			continue;
		rq.state = state::flying;
		rq.err = transact(write, rq.addr, rq.data.data(), rq.data.size(), delay);
		if (rq.err && !write)
			fetch_by_beat(rq, delay);
		rq.state = rq.state == state::dropped ? state::none : state::done;
	}
}

void dma_port::stopped()
{
	for (request *rq : { &rd_, &wr_ })
		if (rq->state == state::done)
			rq->state = state::none;
}

void dma_port::drop()
{
	for (request *rq : { &rd_, &wr_ })
		rq->state = rq->state == state::flying || rq->state == state::dropped
				    ? state::dropped
				    : state::none;
}

/* --- pointers ----------------------------------------------------------------------- */

/* One that serves only one direction is left: a window has one way for both. */
void dma_port::ask_for_pointer(tlm::tlm_generic_payload &p)
{
	tlm::tlm_dmi dmi;
	uint64_t addr = p.get_address();

	if (!socket_->get_direct_mem_ptr(p, dmi) || !dmi.is_read_write_allowed() ||
	    addr < dmi.get_start_address() || addr > dmi.get_end_address())
		return;
	if (dmi.get_start_address() == 0 && dmi.get_end_address() == UINT64_MAX)
		dmi.set_end_address(UINT64_MAX - 1); /* as many bytes as can be counted */
	invalidate(dmi.get_start_address(), dmi.get_end_address());
	regions_.push_back(dmi);
	std::sort(regions_.begin(), regions_.end(), [](const auto &a, const auto &b) {
		return a.get_start_address() < b.get_start_address();
	});
	rebuild();
}

void dma_port::invalidate(uint64_t first, uint64_t last)
{
	auto hit = [&](const tlm::tlm_dmi &r) {
		return r.get_start_address() <= last && r.get_end_address() >= first;
	};
	auto gone = std::remove_if(regions_.begin(), regions_.end(), hit);

	if (gone == regions_.end())
		return;
	regions_.erase(gone, regions_.end());
	rebuild();
}

sc_core::sc_time dma_port::latency(uint64_t addr, bool write) const
{
	for (const tlm::tlm_dmi &r : regions_)
		if (addr >= r.get_start_address() && addr <= r.get_end_address())
			return write ? r.get_write_latency() : r.get_read_latency();
	return sc_core::SC_ZERO_TIME;
}

void dma_port::map_gap(uint64_t first, uint64_t last)
{
	static const struct mem_ops ops = { read_op, write_op, peek_op };
	struct mem_window win = {};

	if (first == 0 && last == UINT64_MAX) { /* its size would not fit */
		map_gap(0, INT64_MAX);
		first = INT64_MAX + UINT64_C(1);
	}
	win.gpa = first;
	win.size = last - first + 1;
	win.prot = MEM_R | MEM_W;
	win.fd = -1;
	win.ops = &ops;
	win.ctx = this;
	mem_map(mem_, &win);
}

void dma_port::rebuild()
{
	uint64_t next = 0; /* first address not mapped yet */
	bool full = false;

	mem_unmap_all(mem_);
	for (const tlm::tlm_dmi &r : regions_) {
		struct mem_window win = {};

		if (r.get_start_address() > next)
			map_gap(next, r.get_start_address() - 1);
		win.gpa = r.get_start_address();
		win.size = r.get_end_address() - r.get_start_address() + 1;
		win.prot = MEM_R | MEM_W;
		win.host = r.get_dmi_ptr();
		win.fd = -1;
		mem_map(mem_, &win);
		next = r.get_end_address() + 1;
		full = !next;
	}
	if (!full)
		map_gap(next, UINT64_MAX);
}
