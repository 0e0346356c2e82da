/* SPDX-License-Identifier: MIT */
#include "sim/systemc/memory.h"

#include <algorithm>

#include "sim/systemc/payload.h"

memory::memory(sc_core::sc_module_name name, const sc_core::sc_time &latency, bool dmi, size_t size)
    : sc_module(name), socket("socket"), bytes_(size), latency_(latency), dmi_(dmi)
{
	struct mem_window win = {};

	socket.register_b_transport(this, &memory::b_transport);
	socket.register_transport_dbg(this, &memory::transport_dbg);
	socket.register_get_direct_mem_ptr(this, &memory::get_direct_mem_ptr);
	if (!size)
		return;
	win.size = size;
	win.prot = MEM_R | MEM_W;
	win.host = bytes_.data();
	win.fd = -1;
	own_.reset(mem_new());
	mem_map(own_.get(), &win);
	use(own_.get());
}

memory::~memory()
{
	if (mem_)
		mem_watch(mem_, nullptr, nullptr);
}

void memory::use(struct mem *mem)
{
	if (mem_)
		mem_watch(mem_, nullptr, nullptr);
	mem_ = mem;
	if (mem_)
		mem_watch(mem_, on_change, this);
	withdraw(0, UINT64_MAX);
	retry();
}

/* Before the simulation runs nobody has an offer. */
void memory::withdraw(uint64_t first, uint64_t last)
{
	if (sc_core::sc_is_running())
		socket->invalidate_direct_mem_ptr(first, last);
}

void memory::on_change(void *ctx, const struct mem_window *win, bool map)
{
	memory *self = static_cast<memory *>(ctx);

	if (!map)
		self->withdraw(win->gpa, win->gpa + (win->size - 1));
}

void memory::retry()
{
	waiting_ = 0;
	retry_.notify(sc_core::SC_ZERO_TIME);
}

const struct mem_window *memory::window(uint64_t addr) const
{
	return mem_ ? mem_find(mem_, addr, 1) : nullptr;
}

tlm::tlm_response_status memory::move(bool write, uint64_t addr, uint8_t *data, unsigned len)
{
	for (;;) {
		int err = !mem_   ? -EFAULT
			  : write ? mem_write(mem_, addr, data, len)
				  : mem_read(mem_, addr, data, len);

		if (err != -EAGAIN)
			return err ? tlm::TLM_ADDRESS_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE;
		waiting_++;
		blocks_.notify(sc_core::SC_ZERO_TIME);
		wait(retry_);
	}
}

void memory::b_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay)
{
	tlm::tlm_response_status status = payload_check(p);

	if (status == tlm::TLM_OK_RESPONSE && p.get_command() != tlm::TLM_IGNORE_COMMAND) {
		status = payload_each(p, [&](uint64_t addr, uint8_t *data, unsigned len) {
			return move(p.is_write(), addr, data, len);
		});
		delay += latency_;
	}
	if (status == tlm::TLM_OK_RESPONSE) {
		const struct mem_window *win = window(p.get_address());

		p.set_dmi_allowed(dmi_ && win && win->host);
	}
	p.set_response_status(status);
}

unsigned memory::transport_dbg(tlm::tlm_generic_payload &p)
{
	uint64_t addr = p.get_address();
	const struct mem_window *win = window(addr);
	unsigned len;

	if (!win || !p.get_data_ptr() || (!p.is_read() && !p.is_write()))
		return 0;
	len = static_cast<unsigned>(
		std::min<uint64_t>(p.get_data_length(), win->size - (addr - win->gpa)));
	if (p.is_read())
		return mem_peek(mem_, addr, p.get_data_ptr(), len) ? 0 : len;
	return win->host && !mem_write(mem_, addr, p.get_data_ptr(), len) ? len : 0;
}

bool memory::get_direct_mem_ptr(tlm::tlm_generic_payload &p, tlm::tlm_dmi &dmi)
{
	const struct mem_window *win = window(p.get_address());

	dmi.init(); /* a refusal is for all that there is */
	if (!dmi_ || !win || !win->host)
		return false;
	dmi.set_dmi_ptr(static_cast<unsigned char *>(win->host));
	dmi.set_start_address(win->gpa);
	dmi.set_end_address(win->gpa + (win->size - 1));
	dmi.set_read_latency(latency_);
	dmi.set_write_latency(latency_);
	if (win->prot & MEM_R)
		dmi.allow_read();
	if (win->prot & MEM_W) {
		if (win->prot & MEM_R)
			dmi.allow_read_write();
		else
			dmi.allow_write();
	}
	return true;
}
