/* SPDX-License-Identifier: MIT */
/*
 * Every legal corner of the generic payload, and the illegal ones that a target must
 * answer, against the registers of a device on the platform's bus. Expectations are those
 * of IEEE 1666-2011: 11.1.2 (b_transport), 11.3 (debug), 14.7 to 14.17 (attributes).
 */
#include <array>
#include <memory>
#include <vector>

#include "sim/systemc/payload.h"
#include "sim/systemc/platform.h"
#include "tests/systemc/tap.h"

using sc_core::SC_NS;
using sc_core::SC_SEC;
using sc_core::sc_time;
using sc_core::SC_ZERO_TIME;
using bytes = std::vector<uint8_t>;

#define CFG      (PLATFORM_REGS + REGS_CFG)
#define BAR      (PLATFORM_REGS + REGS_BAR)
#define COMMAND  0x04
#define STATUS   (BAR + 0x14) /* device_status */
#define ISR      (BAR + 0x1000)
#define TABLE    (BAR + 0x4004) /* MSI-X: upper address and data, plain storage */
#define SENTINEL 0xee

namespace
{

struct bench {
	tap t;
	platform top{ "top", {} };
	struct mem *ram = mem_new();
	unsigned records = 0; /* register accesses that the bus record shows */
	sc_time delay;        /* in and out of the last transaction */

	~bench()
	{
		mem_free(ram);
	}

	uint64_t cycle()
	{
		return dev_cycle(rig_dev(top.device.rig()));
	}

	tlm::tlm_response_status go(tlm::tlm_generic_payload &p)
	{
		top.cpu.socket->b_transport(p, delay);
		return p.get_response_status();
	}

	tlm::tlm_response_status move(tlm::tlm_command cmd, uint64_t addr, bytes &data,
				      unsigned width = 0, bytes *be = nullptr)
	{
		tlm::tlm_generic_payload p;

		payload_make(p, cmd, addr, data.data(), static_cast<unsigned>(data.size()));
		if (width)
			p.set_streaming_width(width);
		if (be) {
			p.set_byte_enable_ptr(be->data());
			p.set_byte_enable_length(static_cast<unsigned>(be->size()));
		}
		return go(p);
	}

	bytes read(uint64_t addr, size_t n)
	{
		bytes data(n, SENTINEL);

		t.ok(move(tlm::TLM_READ_COMMAND, addr, data) == tlm::TLM_OK_RESPONSE,
		     "a read of " + std::to_string(n) + " is answered OK");
		return data;
	}

	void write(uint64_t addr, bytes data)
	{
		t.ok(move(tlm::TLM_WRITE_COMMAND, addr, data) == tlm::TLM_OK_RESPONSE,
		     "a write of " + std::to_string(data.size()) + " is answered OK");
	}

	unsigned debug(tlm::tlm_command cmd, uint64_t addr, bytes &data)
	{
		tlm::tlm_generic_payload p;

		payload_make(p, cmd, addr, data.data(), static_cast<unsigned>(data.size()));
		return top.cpu.socket->transport_dbg(p);
	}

	void sizes();
	void byte_enables();
	void streaming();
	void commands();
	void bad_attributes();
	void addresses();
	void delays();
	void pointers();
	void debugging();
};

void bench::sizes()
{
	bytes all = read(CFG, 64), odd = read(CFG + 1, 4), wide = read(CFG + 3, 13);

	t.ok(all[0] == 0xf4 && all[1] == 0x1a, "the vendor is in the bytes that it should be in");
	t.ok(odd == bytes(all.begin() + 1, all.begin() + 5), "unaligned: the bytes at 1 to 4");
	t.ok(wide == bytes(all.begin() + 3, all.begin() + 16), "13 bytes from 3 on");
	write(TABLE + 1, { 1, 2, 3, 4, 5, 6, 7 });
	t.ok(read(TABLE, 8) == bytes({ 0, 1, 2, 3, 4, 5, 6, 7 }), "unaligned write of 7 bytes");
}

void bench::byte_enables()
{
	bytes be = { 0xff, 0 }, none = { 0 }, data(4, SENTINEL), all = read(CFG, 4);
	uint64_t before = cycle();

	t.ok(move(tlm::TLM_READ_COMMAND, CFG, data, 0, &be) == tlm::TLM_OK_RESPONSE &&
		     data == bytes({ all[0], SENTINEL, all[2], SENTINEL }),
	     "byte enables repeat; disabled bytes of a read are left alone");
	data = { 0x10, 0x11, 0x12, 0x13 };
	be = { 0, 0xff, 0xff, 0 };
	write(TABLE, { 1, 2, 3, 4 });
	t.ok(move(tlm::TLM_WRITE_COMMAND, TABLE, data, 0, &be) == tlm::TLM_OK_RESPONSE &&
		     read(TABLE, 4) == bytes({ 1, 0x11, 0x12, 4 }),
	     "disabled bytes of a write are not written");
	before = cycle();
	t.ok(move(tlm::TLM_WRITE_COMMAND, TABLE, data, 0, &none) == tlm::TLM_OK_RESPONSE &&
		     cycle() == before,
	     "all bytes disabled: OK, and nothing done");
	be = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0 }; /* longer than the data */
	data = { 9, 9 };
	t.ok(move(tlm::TLM_WRITE_COMMAND, TABLE, data, 0, &be) == tlm::TLM_OK_RESPONSE &&
		     read(TABLE, 4) == bytes({ 9, 9, 0x12, 4 }),
	     "byte enables longer than the data: the rest has no effect");
}

void bench::streaming()
{
	bytes data(8, SENTINEL), be = { 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff };
	unsigned before;

	t.ok(move(tlm::TLM_READ_COMMAND, CFG, data, 2) == tlm::TLM_OK_RESPONSE &&
		     data == bytes({ 0xf4, 0x1a, 0xf4, 0x1a, 0xf4, 0x1a, 0xf4, 0x1a }),
	     "a streaming width of 2: the same register four times");
	before = records;
	data = { 1, 1, 1, 1, 2, 2, 2, 2 };
	t.ok(move(tlm::TLM_WRITE_COMMAND, TABLE, data, 4) == tlm::TLM_OK_RESPONSE &&
		     records == before + 2 && read(TABLE, 8) == bytes({ 2, 2, 2, 2, 4, 5, 6, 7 }),
	     "a streamed write is as many writes, and goes nowhere else");
	data = { 3, 3, 4, 4, 5, 5, 6, 6 };
	t.ok(move(tlm::TLM_WRITE_COMMAND, TABLE, data, 4, &be) == tlm::TLM_OK_RESPONSE &&
		     read(TABLE, 4) == bytes({ 3, 3, 6, 6 }),
	     "byte enables count along the data, not along the stream");
	data = { 7, 7, 8 };
	t.ok(move(tlm::TLM_WRITE_COMMAND, TABLE, data, 2) == tlm::TLM_OK_RESPONSE &&
		     read(TABLE, 4) == bytes({ 8, 7, 6, 6 }),
	     "a last part shorter than the streaming width");
	data = { 1, 2 };
	t.ok(move(tlm::TLM_WRITE_COMMAND, TABLE, data, 100) == tlm::TLM_OK_RESPONSE &&
		     read(TABLE, 4) == bytes({ 1, 2, 6, 6 }),
	     "a streaming width beyond the data is none");
}

void bench::commands()
{
	bytes data = { 1, 2, 3, 4 };
	uint64_t before = cycle();
	sc_time was = delay;

	t.ok(move(tlm::TLM_IGNORE_COMMAND, CFG, data) == tlm::TLM_OK_RESPONSE &&
		     data == bytes({ 1, 2, 3, 4 }) && cycle() == before && delay == was,
	     "TLM_IGNORE_COMMAND: OK, and nothing done");
	/* 3: the one value beyond the names that the enumeration can hold. */
	t.ok(move(static_cast<tlm::tlm_command>(3), CFG, data) == tlm::TLM_COMMAND_ERROR_RESPONSE &&
		     cycle() == before,
	     "a command that is none: TLM_COMMAND_ERROR_RESPONSE");
}

void bench::bad_attributes()
{
	bytes data(4, SENTINEL), be = { 0xff, 0x55 };
	tlm::tlm_generic_payload p;
	uint64_t before = cycle();

	payload_make(p, tlm::TLM_READ_COMMAND, CFG, data.data(), 0);
	p.set_streaming_width(4);
	t.ok(go(p) == tlm::TLM_BURST_ERROR_RESPONSE, "no data: TLM_BURST_ERROR_RESPONSE");
	payload_make(p, tlm::TLM_READ_COMMAND, CFG, data.data(), 4);
	p.set_streaming_width(0);
	t.ok(go(p) == tlm::TLM_BURST_ERROR_RESPONSE,
	     "a streaming width of 0: TLM_BURST_ERROR_RESPONSE");
	t.ok(move(tlm::TLM_READ_COMMAND, CFG, data, 0, &be) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE,
	     "byte enables that are neither: TLM_BYTE_ENABLE_ERROR_RESPONSE");
	payload_make(p, tlm::TLM_READ_COMMAND, CFG, data.data(), 4);
	p.set_byte_enable_ptr(be.data());
	p.set_byte_enable_length(0);
	t.ok(go(p) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE,
	     "byte enables without a length: TLM_BYTE_ENABLE_ERROR_RESPONSE");
	t.ok(cycle() == before && data == bytes(4, SENTINEL), "none of these did anything");
}

void bench::addresses()
{
	static const struct {
		uint64_t addr;
		size_t len;
		const char *what;
	} wrong[] = {
		{ CFG + REGS_CFG_SIZE, 4, "behind configuration space" },
		{ CFG + REGS_CFG_SIZE - 2, 4, "across the end of configuration space" },
		{ BAR + REGS_SLOT - 4, 8, "across two BARs" },
		{ BAR + REGS_SLOT, 4, "a BAR that is not there" },
		{ PLATFORM_REGS + 2 * REGS_SIZE - 2, 4, "across the end of a target" },
		{ PLATFORM_REGS - 4, 4, "where nothing is" },
		{ UINT64_MAX - 1, 4, "across the end of all addresses" },
	};

	for (const auto &w : wrong) {
		bytes data(w.len, SENTINEL);

		t.ok(move(tlm::TLM_READ_COMMAND, w.addr, data) == tlm::TLM_ADDRESS_ERROR_RESPONSE,
		     std::string("TLM_ADDRESS_ERROR_RESPONSE: ") + w.what);
	}
	write(CFG + COMMAND, { 0, 0 });
	bytes data(4, SENTINEL);
	t.ok(move(tlm::TLM_READ_COMMAND, TABLE, data) == tlm::TLM_ADDRESS_ERROR_RESPONSE,
	     "TLM_ADDRESS_ERROR_RESPONSE: memory space is off");
	write(CFG + COMMAND, { 6, 0 });
}

void bench::delays()
{
	const sc_time period(10, SC_NS);

	for (sc_time in : { SC_ZERO_TIME, sc_time(3, SC_NS), sc_time(3600, SC_SEC) }) {
		uint64_t from = cycle();
		sc_time now = sc_core::sc_time_stamp();

		delay = in;
		read(CFG, 8);
		t.ok(cycle() > from && delay - in == period * static_cast<double>(cycle() - from),
		     "what is added to the delay is the RTL's cycles: " + in.to_string());
		t.ok(sc_core::sc_time_stamp() == now, "and no time passes meanwhile");
	}
	delay = SC_ZERO_TIME;
}

void bench::pointers()
{
	bytes data(4);
	tlm::tlm_generic_payload p;
	tlm::tlm_dmi dmi;

	payload_make(p, tlm::TLM_READ_COMMAND, CFG, data.data(), 4);
	t.ok(go(p) == tlm::TLM_OK_RESPONSE && !p.is_dmi_allowed(), "registers hint at no DMI");
	t.ok(!top.cpu.socket->get_direct_mem_ptr(p, dmi), "and refuse it");
}

void bench::debugging()
{
	bytes data(4, SENTINEL), all = read(CFG, 256), seen(256, SENTINEL), one(1, SENTINEL);
	unsigned before = records;
	sc_time now = sc_core::sc_time_stamp();

	t.eq(debug(tlm::TLM_READ_COMMAND, CFG, data), 4U, "debug: 4 bytes are read");
	t.ok(data == bytes(all.begin(), all.begin() + 4), "debug: the right ones");
	/* VIRTIO_PCI_CAP_PCI_CFG at 0x84: its data, 16 bytes in, reads through to the BAR. */
	t.eq(debug(tlm::TLM_READ_COMMAND, CFG, seen), 0x94U,
	     "debug: stops where reading would do something");
	t.ok(std::equal(seen.begin(), seen.begin() + 0x94, all.begin()), "debug: up to there");
	t.eq(debug(tlm::TLM_READ_COMMAND, ISR, one), 0U, "debug: ISR status is not read");
	t.eq(debug(tlm::TLM_READ_COMMAND, STATUS, one), 1U, "debug: device_status is");
	t.eq(debug(tlm::TLM_WRITE_COMMAND, STATUS, one), 0U, "debug: nothing is written");
	t.eq(debug(tlm::TLM_READ_COMMAND, PLATFORM_REGS - 4, one), 0U, "debug: where nothing is");
	t.eq(debug(tlm::TLM_IGNORE_COMMAND, CFG, one), 0U, "debug: TLM_IGNORE_COMMAND");
	t.eq(records, before, "debug: nobody is told");
	t.ok(sc_core::sc_time_stamp() == now, "debug: no time passes");
}

void on_rec(void *ctx, const struct bus_rec *rec)
{
	static_cast<bench *>(ctx)->records += rec->space <= BUS_MMIO;
}

/* A device that takes longer than it may. */
void hangs(bench &b, struct rig_config cfg)
{
	bytes data(4, SENTINEL);

	cfg.dev.cycle_budget = 1;
	b.t.ok(b.top.device.plug(cfg), "a device without time is put in");
	b.t.ok(b.move(tlm::TLM_READ_COMMAND, CFG, data) == tlm::TLM_GENERIC_ERROR_RESPONSE,
	       "TLM_GENERIC_ERROR_RESPONSE: it hangs");
	while (b.top.device.busy())
		sc_core::wait(b.top.device.idle());
	b.t.ok(b.top.device.hangs(), "and is found not to come to rest");
	b.top.device.unplug();
	b.delay = SC_ZERO_TIME;
}

void test(bench &b)
{
	struct rig_config cfg = {};
	struct dev_sink front = {};

	front.ctx = &b;
	front.rec = on_rec;
	cfg.name = "payload";
	cfg.dev.features = DEV_FEATURES_ALL;
	cfg.spec = "specs/virtio.ccsl";
	cfg.front = &front;
	bytes data(4, SENTINEL);
	b.t.ok(b.move(tlm::TLM_READ_COMMAND, CFG, data) == tlm::TLM_ADDRESS_ERROR_RESPONSE,
	       "without a device nothing claims the registers");
	hangs(b, cfg);
	if (!b.t.ok(b.top.device.plug(cfg), "a device is put in"))
		return;
	b.write(CFG + COMMAND, { 6, 0 });
	b.sizes();
	b.byte_enables();
	b.streaming();
	b.commands();
	b.bad_attributes();
	b.addresses();
	b.delays();
	b.pointers();
	b.debugging();
}

} // namespace

int sc_main(int, char *[])
{
	auto b = std::make_unique<bench>();

	b->top.cpu.main = [&b] { test(*b); };
	sc_core::sc_start();
	return b->t.status();
}
