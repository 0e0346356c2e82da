/* SPDX-License-Identifier: MIT */
/*
 * DMA and time: what the device does in between accesses. A memory with knobs stands on
 * the bus; the C driver inflates a balloon of 256 pages through it. What takes how long
 * is counted from the bus record, apart from the module's own clock.
 */
#include <memory>
#include <vector>

#include "sim/systemc/bus.h"
#include "sim/systemc/host.h"
#include "sim/systemc/payload.h"
#include "tests/systemc/tap.h"

using sc_core::SC_NS;
using sc_core::sc_time;
using sc_core::sc_time_stamp;
using sc_core::SC_US;
using sc_core::SC_ZERO_TIME;

#define RAM_SIZE 0x800000
#define POOL     0x100000
#define PAGES    256
#define REGS     UINT64_C(0x8000000000)
#define MSI      UINT64_C(0x4000000000)
#define SPARE    UINT64_C(0x2000000000)
#define STATUS   (REGS + REGS_BAR + 0x14)

namespace
{

const sc_time period(10, SC_NS);

/* A memory that does as it is told, and a place for messages. */
struct knobs : sc_core::sc_module {
	tlm_utils::simple_target_socket<knobs> ram{ "ram" }, msi{ "msi" };
	std::vector<uint8_t> bytes = std::vector<uint8_t>(RAM_SIZE);
	bool dmi = false;
	sc_time annotate, block; /* for each transaction */
	unsigned transactions = 0, blocked = 0, messages = 0;
	uint64_t message_addr = 0;
	uint32_t message = 0;

	explicit knobs(sc_core::sc_module_name name) : sc_module(name)
	{
		ram.register_b_transport(this, &knobs::b_transport);
		ram.register_get_direct_mem_ptr(this, &knobs::get_direct_mem_ptr);
		ram.register_transport_dbg(this, &knobs::transport_dbg);
		msi.register_b_transport(this, &knobs::on_message);
	}

	bool inside(const tlm::tlm_generic_payload &p) const
	{
		return p.get_address() < RAM_SIZE &&
		       p.get_data_length() <= RAM_SIZE - p.get_address();
	}

	void move(tlm::tlm_generic_payload &p)
	{
		uint8_t *at = bytes.data() + p.get_address();

		if (p.is_write())
			memcpy(at, p.get_data_ptr(), p.get_data_length());
		else
			memcpy(p.get_data_ptr(), at, p.get_data_length());
	}

	void b_transport(tlm::tlm_generic_payload &p, sc_time &delay)
	{
		transactions++;
		p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
		if (!inside(p))
			return;
		if (block != SC_ZERO_TIME) {
			blocked++;
			wait(block);
			blocked--;
		}
		move(p);
		delay += annotate;
		p.set_dmi_allowed(dmi);
		p.set_response_status(tlm::TLM_OK_RESPONSE);
	}

	unsigned transport_dbg(tlm::tlm_generic_payload &p)
	{
		if (!inside(p))
			return 0;
		move(p);
		return p.get_data_length();
	}

	bool get_direct_mem_ptr(tlm::tlm_generic_payload &, tlm::tlm_dmi &d)
	{
		if (!dmi)
			return false;
		d.init();
		d.set_dmi_ptr(bytes.data());
		d.set_start_address(0);
		d.set_end_address(RAM_SIZE - 1);
		d.set_read_latency(annotate);
		d.set_write_latency(annotate);
		d.allow_read_write();
		return true;
	}

	void on_message(tlm::tlm_generic_payload &p, sc_time &)
	{
		messages += p.is_write() && p.get_data_length() == 4;
		message_addr = p.get_address();
		memcpy(&message, p.get_data_ptr(), 4);
		p.set_response_status(tlm::TLM_OK_RESPONSE);
	}
};

struct bench {
	tap t;
	bus fabric{ "fabric" };
	knobs k{ "knobs" };
	memory spare{ "spare", SC_ZERO_TIME, false, 4096 };
	virtio_device device{ "device" };
	host cpu{ "cpu", device, spare, REGS, period };
	sc_core::sc_signal<bool> intx{ "intx" };

	struct port port = cpu.port();
	struct driver_io io = port_io(&port, false);
	struct driver drv;

	unsigned bursts = 0, pages = 0;
	uint64_t intx_cycle = 0; /* of its last rising edge, as recorded */
	sc_time intx_time;       /* of the pin's */
	double lead = 0;         /* ns: RTL time ahead of the simulation's, at most */
	bool watching = false;

	bench()
	{
		cpu.socket.bind(fabric.in);
		device.dma.bind(fabric.in);
		device.intx(intx);
		fabric.attach(device.regs, REGS, REGS_SIZE);
		fabric.attach(k.msi, MSI, 0x1000);
		fabric.attach(spare.socket, SPARE, 4096);
		fabric.attach(k.ram, 0, RAM_SIZE);
	}

	uint64_t cycle()
	{
		return dev_cycle(rig_dev(device.rig()));
	}

	bool inflate(uint32_t to)
	{
		return !driver_balloon(&drv, to);
	}

	void test();
	void time_of_work(const char *what, bool pointers);
	void interrupt_in_time();
	void quantum(const sc_time &q, double most);
	void registers_meanwhile();
	void pointers_come_and_go();
	void messages();
};

void on_rec(void *ctx, const struct bus_rec *rec)
{
	bench *b = static_cast<bench *>(ctx);

	/* What is read is one transaction a burst, what is written one a beat. */
	b->bursts += rec->space == BUS_DMA && (rec->op == BUS_WRITE || rec->flags & BUS_F_LAST);
	if (rec->space == BUS_IRQ && rec->index == BUS_INTX && rec->data)
		b->intx_cycle = rec->cycle;
}

void on_page(void *ctx, enum dev_page, uint32_t)
{
	static_cast<bench *>(ctx)->pages++;
}

/* Cycles that passed cost their period, and each burst what the memory says. */
void bench::time_of_work(const char *what, bool pointers)
{
	struct dev_reg target = { BUS_BAR, 0, 4, 0x2000 };
	uint32_t val;
	uint64_t from;
	unsigned n, pages_before = pages, transactions = k.transactions;
	sc_time start, took;

	/* In step: nothing is under way, and the clock has counted as far as time has. */
	port.read(port.ctx, target, &val);
	port.run(port.ctx);
	from = cycle();
	n = bursts;
	start = sc_time_stamp();
	io.wait = [](void *) {}; /* what follows waits for nothing but the device */
	t.ok(inflate(drv.ballooned ? 0 : PAGES), std::string(what) + ": the balloon changes");
	io = port_io(&port, false);
	io.pool = k.bytes.data() + POOL;
	io.pool_gpa = POOL;
	io.pool_size = DRIVER_POOL;
	io.first_pfn = 0x400;
	io.npfns = PAGES;
	took = sc_time_stamp() - start;
	t.eq(pages - pages_before, unsigned(PAGES), std::string(what) + ": by so many pages");
	t.ok(bursts > n, std::string(what) + ": there was DMA");
	t.eq(took.to_double(),
	     (period * double(cycle() - from) + (k.annotate + k.block) * double(bursts - n))
		     .to_double(),
	     std::string(what) + ": it took its cycles, and the memory's time for each burst");
	t.ok(pointers == (k.transactions == transactions),
	     std::string(what) + ": pointers are used where granted");
}

void bench::interrupt_in_time()
{
	uint64_t from;
	sc_time start;

	port.run(port.ctx);
	from = cycle();
	start = sc_time_stamp();
	t.ok(inflate(drv.ballooned ? 0 : PAGES), "interrupt: the balloon changes");
	double want = (start + period * double(intx_cycle - from)).to_double();
	double got = intx_time.to_double();

	t.ok(intx_cycle > from && got >= want && got <= want + period.to_double(),
	     "interrupt: the pin rises in the cycle that the bus record says");
}

/* The device runs ahead of time by no more than the quantum, and by as much if it can. */
void bench::quantum(const sc_time &q, double most)
{
	uint64_t from;
	sc_time start;

	tlm::tlm_global_quantum::instance().set(q);
	port.run(port.ctx);
	from = cycle();
	start = sc_time_stamp();
	lead = 0;
	watching = true;
	sc_core::sc_spawn([&] {
		while (watching) {
			double ns = (period * double(cycle() - from)).to_seconds() * 1e9 -
				    (sc_time_stamp() - start).to_seconds() * 1e9;

			lead = std::max(lead, ns);
			wait(period);
		}
	});
	t.ok(inflate(drv.ballooned ? 0 : PAGES), "quantum " + q.to_string() + ": inflates");
	watching = false;
	wait(period * 2);
	/* An access runs its cycles at once: 20 of them are room for that. */
	t.ok(lead <= most + 200, "quantum " + q.to_string() + ": no further ahead than that");
	t.ok(most < 1000 || lead > 1000, "quantum " + q.to_string() + ": and as far as that helps");
	printf("# %g ns ahead\n", lead);
}

void bench::registers_meanwhile()
{
	unsigned answered = 0, at_once = 0;

	k.block = sc_time(10, SC_US);
	watching = true;
	sc_core::sc_spawn([&] {
		while (watching) {
			sc_time now = sc_time_stamp(), delay;
			tlm::tlm_generic_payload p;
			uint8_t val = 0;

			if (k.blocked) {
				payload_make(p, tlm::TLM_READ_COMMAND, STATUS, &val, 1);
				cpu.socket->b_transport(p, delay);
				answered += p.is_response_ok() && val == 0x0f;
				at_once += sc_time_stamp() == now && delay < sc_time(1, SC_US);
			}
			wait(sc_time(3, SC_US));
		}
	});
	t.ok(inflate(drv.ballooned ? 0 : PAGES), "waiting memory: inflates all the same");
	watching = false;
	wait(sc_time(5, SC_US));
	k.block = SC_ZERO_TIME;
	t.ok(answered > 10 && answered == at_once,
	     "waiting memory: registers are answered meanwhile, at once");
}

void bench::pointers_come_and_go()
{
	unsigned n;

	k.dmi = true;
	t.ok(inflate(drv.ballooned ? 0 : PAGES), "pointers: granted in the middle");
	n = k.transactions;
	t.ok(inflate(drv.ballooned ? 0 : PAGES) && k.transactions == n,
	     "pointers: no transaction any more");
	k.dmi = false;
	k.ram->invalidate_direct_mem_ptr(0x1000, 0x1fff);
	t.ok(inflate(drv.ballooned ? 0 : PAGES), "pointers: withdrawn in part");
	if (drv.error)
		printf("# %s\n", drv.error);
	t.ok(k.transactions > n, "pointers: transactions again");
}

/* Vector 1 for the inflate queue, MSI-X on; what the entry says is what is written. */
void bench::messages()
{
	auto put = [&](uint32_t off, uint8_t size, uint32_t val) {
		port.write(port.ctx, { BUS_BAR, 0, size, off }, val);
		port.run(port.ctx);
	};
	unsigned n = k.messages;

	if (drv.ballooned)
		t.ok(inflate(0), "messages: deflates");
	put(0x4010, 4, uint32_t(MSI + 0x20));
	put(0x4014, 4, uint32_t(MSI >> 32));
	put(0x4018, 4, 0x12345678);
	put(0x401c, 4, 0);
	port.write(port.ctx, { BUS_CFG, 0, 2, 0x98 + 2 }, 0x8000);
	put(0x16, 2, 0);
	put(0x1a, 2, 1);
	t.ok(inflate(PAGES), "messages: inflates");
	t.ok(k.messages == n + 1 && k.message_addr == 0x20 && k.message == 0x12345678,
	     "messages: one write of 4 bytes, to the address and of the data of the entry");
}

void bench::test()
{
	struct rig_config cfg = {};
	struct dev_sink front = {};

	front.ctx = this;
	front.rec = on_rec;
	front.page = on_page;
	cfg.name = "dma";
	cfg.dev.features = DEV_FEATURES_ALL;
	cfg.spec = "specs/virtio.ccsl";
	cfg.front = &front;
	io.pool = k.bytes.data() + POOL;
	io.pool_gpa = POOL;
	io.pool_size = DRIVER_POOL;
	io.first_pfn = 0x400;
	io.npfns = PAGES;
	if (!t.ok(device.plug(cfg), "a device is put in"))
		return;
	dev_set_target(rig_dev(device.rig()), PAGES);
	t.ok(!driver_probe(&drv, &io, 0) && !driver_start(&drv), "the driver starts");
	sc_core::sc_spawn([this] {
		for (;;) {
			wait(intx.posedge_event());
			intx_time = sc_time_stamp();
		}
	});
	time_of_work("transactions", false);
	k.annotate = sc_time(70, SC_NS);
	time_of_work("annotated delays", false);
	k.block = sc_time(130, SC_NS);
	time_of_work("annotated delays and waits", false);
	k.annotate = k.block = SC_ZERO_TIME;
	registers_meanwhile();
	interrupt_in_time();
	pointers_come_and_go();
	k.dmi = true;
	k.annotate = sc_time(70, SC_NS);
	t.ok(inflate(drv.ballooned ? 0 : PAGES), "pointers again");
	time_of_work("pointers", true);
	k.annotate = SC_ZERO_TIME;
	k.ram->invalidate_direct_mem_ptr(0, UINT64_MAX);
	t.ok(inflate(drv.ballooned ? 0 : PAGES), "pointers, without a latency");
	interrupt_in_time();
	quantum(SC_ZERO_TIME, 0);
	quantum(sc_time(100, SC_NS), 100);
	quantum(sc_time(1000, SC_US), 1e6);
	interrupt_in_time();
	messages();
}

} // namespace

int sc_main(int, char *[])
{
	auto b = std::make_unique<bench>();

	b->cpu.main = [&b] {
		b->test();
		sc_core::sc_stop();
	};
	sc_core::sc_start();
	return b->t.status();
}
