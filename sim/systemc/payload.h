/* SPDX-License-Identifier: MIT */
/*
 * What IEEE 1666 asks of every target of the generic payload (14.7 to 14.17), in one place:
 * attributes are checked before anything is done, and byte enables and streaming width
 * are taken apart into plain runs of bytes.
 */
#ifndef SIM_SYSTEMC_PAYLOAD_H
#define SIM_SYSTEMC_PAYLOAD_H

#include <algorithm>
#include <cstdint>
#include <tlm>

/*
 * OK, or the response that names the attribute which no target can act on: a command that
 * is none, no data, a streaming width of 0, byte enables of other values than the two.
 * TLM_IGNORE_COMMAND has nothing else to be checked: the caller answers OK and does nothing.
 */
tlm::tlm_response_status payload_check(const tlm::tlm_generic_payload &p);

/* Bytes of address space from get_address() on that the transaction touches. */
inline uint64_t payload_extent(const tlm::tlm_generic_payload &p)
{
	return std::min(p.get_data_length(), p.get_streaming_width());
}

/*
 * Calls act(address, data, length) for each run of enabled bytes that are neighbours in
 * both the data array and the address space, in the order of the data array; stops at the
 * first response that is not OK, and returns it.
 */
template <class Act>
tlm::tlm_response_status payload_each(const tlm::tlm_generic_payload &p, Act act)
{
	const unsigned char *be = p.get_byte_enable_ptr();
	unsigned len = p.get_data_length(), width = p.get_streaming_width();
	unsigned char *data = p.get_data_ptr();

	for (unsigned i = 0; i < len;) {
		unsigned at = i % width, n = 0, room = std::min(len - i, width - at);

		if (!be)
			n = room;
		while (be && n < room && be[(i + n) % p.get_byte_enable_length()])
			n++;
		if (n) {
			tlm::tlm_response_status r = act(p.get_address() + at, data + i, n);

			if (r != tlm::TLM_OK_RESPONSE)
				return r;
		}
		i += n ? n : 1;
	}
	return tlm::TLM_OK_RESPONSE;
}

/* A transaction of our own, all attributes set as an initiator has to. */
void payload_make(tlm::tlm_generic_payload &p, tlm::tlm_command cmd, uint64_t addr, void *data,
		  unsigned len);

#endif
