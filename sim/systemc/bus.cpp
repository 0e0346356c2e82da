/* SPDX-License-Identifier: MIT */
#include "sim/systemc/bus.h"

#include <algorithm>

#include "sim/systemc/payload.h"

bus::bus(sc_core::sc_module_name name) : sc_module(name), in("in"), out_("out")
{
	in.register_b_transport(this, &bus::b_transport);
	in.register_transport_dbg(this, &bus::transport_dbg);
	in.register_get_direct_mem_ptr(this, &bus::get_direct_mem_ptr);
	out_.register_invalidate_direct_mem_ptr(this, &bus::invalidate);
}

/* The target of a byte; -1: none, or another one before the last of len bytes. */
int bus::decode(uint64_t addr, uint64_t len) const
{
	for (size_t n = 0; n < map_.size(); n++) {
		const range &r = map_[n];
		uint64_t last = addr + (len ? len - 1 : 0);

		if (addr >= r.first && addr <= r.last)
			return last >= addr && last <= r.last ? static_cast<int>(n) : -1;
		if (addr < r.first && last >= r.first)
			return -1;
	}
	return -1;
}

/* Targets see addresses from 0 on; the initiator's transaction keeps its own. */
void bus::b_transport(int id, tlm::tlm_generic_payload &p, sc_core::sc_time &delay)
{
	uint64_t addr = p.get_address();
	int n = decode(addr, payload_extent(p));

	(void)id;
	if (n < 0) {
		p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
		return;
	}
	p.set_address(addr - map_[n].first);
	out_[n]->b_transport(p, delay);
	p.set_address(addr);
}

unsigned bus::transport_dbg(int id, tlm::tlm_generic_payload &p)
{
	uint64_t addr = p.get_address();
	int n = decode(addr, p.get_data_length());
	unsigned done;

	(void)id;
	if (n < 0)
		return 0;
	p.set_address(addr - map_[n].first);
	done = out_[n]->transport_dbg(p);
	p.set_address(addr);
	return done;
}

/* Of target n's place, the part around addr that no earlier target hides. */
bus::range bus::place_around(uint64_t addr, size_t n) const
{
	range place = map_[n];

	for (size_t i = 0; i < n; i++) {
		if (map_[i].last < addr)
			place.first = std::max(place.first, map_[i].last + 1);
		else if (map_[i].first > addr)
			place.last = std::min(place.last, map_[i].first - 1);
	}
	return place;
}

/* What a target says of itself, as far as the bus leads there. */
bool bus::get_direct_mem_ptr(int id, tlm::tlm_generic_payload &p, tlm::tlm_dmi &dmi)
{
	uint64_t addr = p.get_address(), base, first, last;
	int n = decode(addr, 1);
	bool granted;
	range place;

	(void)id;
	if (n < 0)
		return false;
	base = map_[n].first;
	place = place_around(addr, static_cast<size_t>(n));
	p.set_address(addr - base);
	granted = out_[n]->get_direct_mem_ptr(p, dmi);
	p.set_address(addr);
	first = std::max<uint64_t>(place.first - base, dmi.get_start_address());
	last = std::min<uint64_t>(place.last - base, dmi.get_end_address());
	if (granted)
		dmi.set_dmi_ptr(dmi.get_dmi_ptr() + (first - dmi.get_start_address()));
	dmi.set_start_address(base + first);
	dmi.set_end_address(base + last);
	return granted;
}

void bus::invalidate(int id, sc_dt::uint64 first, sc_dt::uint64 last)
{
	const range &r = map_[id];
	uint64_t room = r.last - r.first;

	if (first > room)
		return;
	for (unsigned i = 0; i < in.size(); i++)
		in[i]->invalidate_direct_mem_ptr(r.first + first,
						 r.first + std::min<uint64_t>(room, last));
}
