/* SPDX-License-Identifier: MIT */
/*
 * The platform's other targets: memory, where interrupts end, and the bus between them.
 * Expectations as in test_payload.cpp; and 11.2.5 for DMI: an offer is for a range, and
 * across a bus for no more than the bus leads to.
 */
#include <memory>
#include <vector>

#include <tlm_utils/simple_initiator_socket.h>

#include "sim/systemc/bus.h"
#include "sim/systemc/irq_sink.h"
#include "sim/systemc/memory.h"
#include "sim/systemc/payload.h"
#include "tests/systemc/tap.h"

using sc_core::SC_NS;
using sc_core::sc_time;
using sc_core::SC_ZERO_TIME;
using bytes = std::vector<uint8_t>;

#define RAM_SIZE  0x8000
#define HOLE      0x4000 /* a target of its own within the memory's place */
#define HOLE_SIZE 0x1000
#define IRQ       0x10000

namespace
{

struct bench : sc_core::sc_module {
	tlm_utils::simple_initiator_socket<bench> socket{ "socket" };
	tap t;
	bus fabric{ "fabric" };
	memory ram{ "ram", sc_time(50, SC_NS), true, RAM_SIZE };
	memory hole{ "hole", SC_ZERO_TIME, false, HOLE_SIZE };
	irq_sink irq{ "irq" };
	sc_core::sc_signal<bool> pin{ "pin" };
	sc_time delay;
	unsigned vector = 0, withdrawn = 0;

	SC_HAS_PROCESS(bench);
	explicit bench(sc_core::sc_module_name name) : sc_module(name)
	{
		SC_THREAD(test);
		socket.register_invalidate_direct_mem_ptr(this, &bench::on_withdrawn);
		socket.bind(fabric.in);
		fabric.attach(hole.socket, HOLE, HOLE_SIZE);
		fabric.attach(irq.socket, IRQ, 0x1000);
		fabric.attach(ram.socket, 0, 0);
		irq.pin(pin);
	}

	void on_withdrawn(sc_dt::uint64, sc_dt::uint64)
	{
		withdrawn++;
	}

	tlm::tlm_response_status move(tlm::tlm_command cmd, uint64_t addr, bytes &data,
				      unsigned width = 0, bytes *be = nullptr, bool *hint = nullptr)
	{
		tlm::tlm_generic_payload p;

		payload_make(p, cmd, addr, data.data(), static_cast<unsigned>(data.size()));
		if (width)
			p.set_streaming_width(width);
		if (be) {
			p.set_byte_enable_ptr(be->data());
			p.set_byte_enable_length(static_cast<unsigned>(be->size()));
		}
		socket->b_transport(p, delay);
		if (hint)
			*hint = p.is_dmi_allowed();
		return p.get_response_status();
	}

	bytes read(uint64_t addr, size_t n)
	{
		bytes data(n);

		t.ok(move(tlm::TLM_READ_COMMAND, addr, data) == tlm::TLM_OK_RESPONSE, "a read");
		return data;
	}

	bool answers(tlm::tlm_response_status want, tlm::tlm_command cmd, uint64_t addr, size_t n,
		     bytes *be = nullptr)
	{
		bytes data(n);

		return move(cmd, addr, data, 0, be) == want;
	}

	void test();
	void memory_moves();
	void memory_refuses();
	void offers();
	void debugging();
	void interrupts();
};

void bench::memory_moves()
{
	bytes data = { 1, 2, 3, 4, 5, 6, 7 }, be = { 0xff, 0 };

	delay = sc_time(3, SC_NS);
	t.ok(move(tlm::TLM_WRITE_COMMAND, 0x101, data) == tlm::TLM_OK_RESPONSE &&
		     delay == sc_time(53, SC_NS),
	     "a write, and its latency is added to the delay");
	t.ok(read(0x100, 8) == bytes({ 0, 1, 2, 3, 4, 5, 6, 7 }), "it is there");
	data = { 9, 9, 9, 9 };
	t.ok(move(tlm::TLM_WRITE_COMMAND, 0x101, data, 0, &be) == tlm::TLM_OK_RESPONSE &&
		     read(0x100, 6) == bytes({ 0, 9, 2, 9, 4, 5 }),
	     "byte enables");
	data = { 1, 2, 3, 4, 5, 6 };
	t.ok(move(tlm::TLM_WRITE_COMMAND, 0x100, data, 2) == tlm::TLM_OK_RESPONSE &&
		     read(0x100, 4) == bytes({ 5, 6, 2, 9 }),
	     "a stream ends as its last part");
}

void bench::memory_refuses()
{
	bytes data(4), wrong = { 1 };
	sc_time was = delay;

	t.ok(answers(tlm::TLM_ADDRESS_ERROR_RESPONSE, tlm::TLM_READ_COMMAND, RAM_SIZE - 2, 4),
	     "across its end");
	t.ok(answers(tlm::TLM_ADDRESS_ERROR_RESPONSE, tlm::TLM_WRITE_COMMAND, HOLE - 2, 4),
	     "into another target");
	t.ok(answers(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, tlm::TLM_READ_COMMAND, 0, 4, &wrong),
	     "byte enables that are neither");
	t.ok(move(static_cast<tlm::tlm_command>(3), 0, data) == tlm::TLM_COMMAND_ERROR_RESPONSE,
	     "a command that is none");
	was = delay;
	t.ok(move(tlm::TLM_IGNORE_COMMAND, 0, data) == tlm::TLM_OK_RESPONSE && delay == was,
	     "TLM_IGNORE_COMMAND: OK, and no time");
}

void bench::offers()
{
	tlm::tlm_generic_payload p;
	tlm::tlm_dmi dmi;
	bytes data(4);
	bool hint;

	move(tlm::TLM_READ_COMMAND, 0, data, 0, nullptr, &hint);
	t.ok(hint, "memory hints at DMI");
	move(tlm::TLM_READ_COMMAND, HOLE, data, 0, nullptr, &hint);
	t.ok(!hint, "and where it has none it does not");
	payload_make(p, tlm::TLM_WRITE_COMMAND, 0x1000, nullptr, 0);
	t.ok(socket->get_direct_mem_ptr(p, dmi) && dmi.is_read_write_allowed() &&
		     dmi.get_start_address() == 0 && dmi.get_end_address() == HOLE - 1 &&
		     dmi.get_read_latency() == sc_time(50, SC_NS),
	     "an offer ends where another target begins");
	dmi.get_dmi_ptr()[0x1000] = 0x5a;
	t.ok(read(0x1000, 1) == bytes({ 0x5a }), "the pointer is the memory's");
	payload_make(p, tlm::TLM_WRITE_COMMAND, 0x6000, nullptr, 0);
	t.ok(socket->get_direct_mem_ptr(p, dmi) && dmi.get_start_address() == HOLE + HOLE_SIZE &&
		     dmi.get_end_address() == RAM_SIZE - 1,
	     "and begins where it ends");
	dmi.get_dmi_ptr()[0x6000 - dmi.get_start_address()] = 0xa5;
	t.ok(read(0x6000, 1) == bytes({ 0xa5 }), "with a pointer to there");
	payload_make(p, tlm::TLM_WRITE_COMMAND, HOLE, nullptr, 0);
	t.ok(!socket->get_direct_mem_ptr(p, dmi) && dmi.get_start_address() == HOLE &&
		     dmi.get_end_address() == HOLE + HOLE_SIZE - 1,
	     "a refusal is for the target that refuses");
	ram.use(nullptr);
	t.eq(withdrawn, 1U, "memory that goes takes its offers along");
}

void bench::debugging()
{
	tlm::tlm_generic_payload p;
	uint8_t word[4] = { 7, 8, 9, 10 }, back[8] = {};

	payload_make(p, tlm::TLM_WRITE_COMMAND, 0x200, word, sizeof(word));
	t.eq(socket->transport_dbg(p), 4U, "debug: written");
	payload_make(p, tlm::TLM_READ_COMMAND, 0x200, back, 4);
	t.ok(socket->transport_dbg(p) == 4 && !memcmp(word, back, 4), "debug: read");
	payload_make(p, tlm::TLM_READ_COMMAND, RAM_SIZE - 4, back, 8);
	t.eq(socket->transport_dbg(p), 4U, "debug: as many bytes as there are");
	payload_make(p, tlm::TLM_IGNORE_COMMAND, 0x200, back, 4);
	t.eq(socket->transport_dbg(p), 0U, "debug: TLM_IGNORE_COMMAND");
}

void bench::interrupts()
{
	struct dev_sink front = {};
	bytes data = { 5, 0, 0, 0 }, be = { 0xff };

	front.ctx = this;
	front.msix = [](void *ctx, unsigned n) { static_cast<bench *>(ctx)->vector = n; };
	irq.tell(&front);
	t.ok(move(tlm::TLM_WRITE_COMMAND, IRQ + 4, data) == tlm::TLM_OK_RESPONSE && vector == 5 &&
		     irq.messages() == 1,
	     "a message of 4 bytes");
	t.ok(answers(tlm::TLM_COMMAND_ERROR_RESPONSE, tlm::TLM_READ_COMMAND, IRQ, 4), "no reads");
	t.ok(answers(tlm::TLM_BURST_ERROR_RESPONSE, tlm::TLM_WRITE_COMMAND, IRQ, 8), "no bursts");
	t.ok(answers(tlm::TLM_ADDRESS_ERROR_RESPONSE, tlm::TLM_WRITE_COMMAND, IRQ + 2, 4),
	     "nothing unaligned");
	t.ok(answers(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, tlm::TLM_WRITE_COMMAND, IRQ, 4, &be),
	     "no byte enables");
	t.eq(irq.messages(), 1U, "none of these was a message");
}

void bench::test()
{
	memory_moves();
	memory_refuses();
	debugging();
	interrupts();
	offers();
}

} // namespace

int sc_main(int, char *[])
{
	auto b = std::make_unique<bench>("bench");

	sc_core::sc_start();
	return b->t.status();
}
