/* SPDX-License-Identifier: MIT */
#include "sim/systemc/irq_sink.h"

#include "sim/systemc/payload.h"

irq_sink::irq_sink(sc_core::sc_module_name name) : sc_module(name), socket("socket"), pin("pin")
{
	socket.register_b_transport(this, &irq_sink::b_transport);
	SC_METHOD(on_pin);
	sensitive << pin;
	dont_initialize();
}

void irq_sink::tell(const struct dev_sink *front)
{
	front_ = front ? *front : dev_sink{};
}

void irq_sink::on_pin()
{
	if (front_.intx)
		front_.intx(front_.ctx, pin.read());
}

/* A message is one aligned write of 4 bytes (PCI Local Bus 3.0, 6.8.3.2), and no other. */
void irq_sink::b_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay)
{
	tlm::tlm_response_status status = payload_check(p);
	uint32_t data;

	(void)delay; /* at once: a level-sensitive world cannot tell */
	p.set_response_status(status);
	if (status != tlm::TLM_OK_RESPONSE || p.get_command() == tlm::TLM_IGNORE_COMMAND)
		return;
	if (!p.is_write())
		p.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
	else if (p.get_address() & 3)
		p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
	else if (p.get_data_length() != 4 || payload_extent(p) != 4)
		p.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
	else if (p.get_byte_enable_ptr())
		p.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
	if (!p.is_response_ok())
		return;
	memcpy(&data, p.get_data_ptr(), sizeof(data));
	messages_++;
	if (front_.msix)
		front_.msix(front_.ctx, data);
}
