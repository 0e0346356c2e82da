/* SPDX-License-Identifier: MIT */
#include "sim/systemc/payload.h"

static bool byte_enables_are_sound(const tlm::tlm_generic_payload &p)
{
	const unsigned char *be = p.get_byte_enable_ptr();

	if (!be)
		return true;
	return p.get_byte_enable_length() &&
	       std::all_of(be, be + p.get_byte_enable_length(), [](unsigned char b) {
		       return b == TLM_BYTE_DISABLED || b == TLM_BYTE_ENABLED;
	       });
}

tlm::tlm_response_status payload_check(const tlm::tlm_generic_payload &p)
{
	if (p.get_command() == tlm::TLM_IGNORE_COMMAND)
		return tlm::TLM_OK_RESPONSE;
	if (!p.is_read() && !p.is_write())
		return tlm::TLM_COMMAND_ERROR_RESPONSE;
	if (!p.get_data_ptr() || !p.get_data_length() || !p.get_streaming_width())
		return tlm::TLM_BURST_ERROR_RESPONSE;
	if (!byte_enables_are_sound(p))
		return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
	if (p.get_address() + (payload_extent(p) - 1) < p.get_address())
		return tlm::TLM_ADDRESS_ERROR_RESPONSE;
	return tlm::TLM_OK_RESPONSE;
}

void payload_make(tlm::tlm_generic_payload &p, tlm::tlm_command cmd, uint64_t addr, void *data,
		  unsigned len)
{
	p.set_command(cmd);
	p.set_address(addr);
	p.set_data_ptr(static_cast<unsigned char *>(data));
	p.set_data_length(len);
	p.set_streaming_width(len);
	p.set_byte_enable_ptr(nullptr);
	p.set_dmi_allowed(false);
	p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}
