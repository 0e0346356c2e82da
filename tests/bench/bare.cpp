/* SPDX-License-Identifier: MIT */
/* A hand-written loop around the Verilated class; what it does not need it does not do. */
#include "tests/bench/bare.h"

#include <cstring>

#include <verilated.h>

#include VDUT_H

namespace
{

struct burst {
	uint64_t addr;
	unsigned beats;
};

/* Bursts accepted and not answered yet. */
struct fifo {
	burst at[8];
	unsigned head, n;

	burst &front()
	{
		return at[head];
	}
	void push(uint64_t addr, unsigned beats)
	{
		at[(head + n++) & 7] = { addr, beats };
	}
	void pop()
	{
		head = (head + 1) & 7;
		n--;
	}
};

} // namespace

struct bare {
	VerilatedContext context;
	VDUT top{ &context, "" };
	uint8_t *ram;
	uint64_t size, cycle, pages;
	fifo reads, writes;
	unsigned beat_r, beat_w, responses, quiet;

	void clock()
	{
		top.clk_i = 1;
		top.eval();
		cycle++;
	}

	/* A beat of memory: addresses are those of the test, so only masked. */
	uint8_t *at(const burst &b, unsigned beat)
	{
		return ram + (((b.addr & ~7ULL) + 8 * beat) & (size - 1));
	}

	void drive_memory()
	{
		top.m_rvalid_i = reads.n > 0;
		if (reads.n) {
			std::memcpy(&top.m_rdata_i, at(reads.front(), beat_r), 8);
			top.m_rlast_i = beat_r + 1 == reads.front().beats;
		}
		top.m_wready_i = writes.n > 0;
		top.m_bvalid_i = responses > 0;
	}

	void store()
	{
		uint8_t *to = at(writes.front(), beat_w);

		for (unsigned i = 0; i < 8; i++)
			if (top.m_wstrb_o >> i & 1)
				to[i] = static_cast<uint8_t>(top.m_wdata_o >> (8 * i));
		if (++beat_w == writes.front().beats) {
			beat_w = 0;
			writes.pop();
			responses++;
		}
	}

	void sample_memory()
	{
		if (top.m_rvalid_i && top.m_rready_o && ++beat_r == reads.front().beats) {
			beat_r = 0;
			reads.pop();
		}
		if (top.m_bvalid_i && top.m_bready_o)
			responses--;
		if (top.m_wvalid_o && top.m_wready_i)
			store();
		if (top.m_arvalid_o)
			reads.push(top.m_araddr_o, top.m_arlen_o + 1U);
		if (top.m_awvalid_o)
			writes.push(top.m_awaddr_o, top.m_awlen_o + 1U);
	}

	void tick()
	{
		drive_memory();
		top.clk_i = 0;
		top.eval();
		sample_memory();
		pages += top.mgmt_page_valid_o;
		quiet = top.busy_o ? 0 : quiet + 1;
	}
};

struct bare *bare_new(uint8_t *ram, uint64_t size, uint64_t features, uint32_t target)
{
	struct bare *b = new bare{};

	b->ram = ram;
	b->size = size;
	b->top.strap_features_i = features;
	b->top.mgmt_target_i = target;
	b->top.mgmt_page_ready_i = b->top.msix_ready_i = 1;
	b->top.m_arready_i = b->top.m_awready_i = 1;
	b->top.rst_ni = 0;
	bare_idle(b, 4);
	b->top.rst_ni = 1;
	bare_idle(b, 1);
	return b;
}

void bare_free(struct bare *b)
{
	/* As in sim/model.cpp: public signals leave the context that is the thread's. */
	Verilated::threadContextp(&b->context);
	b->top.final();
	delete b;
}

static uint32_t mask(uint8_t user)
{
	return (user & 3) == 2 ? UINT32_MAX : (1U << (8 << (user & 3))) - 1;
}

uint32_t bare_read(struct bare *b, uint32_t addr, uint8_t user)
{
	bool asking = true, got;
	uint32_t data;

	b->top.s_araddr_i = addr;
	b->top.s_aruser_i = user;
	b->top.s_rready_i = 1;
	do {
		b->top.s_arvalid_i = asking;
		b->tick();
		asking = asking && !b->top.s_arready_o;
		got = b->top.s_rvalid_o;
		data = b->top.s_rdata_o;
		b->clock();
	} while (!got);
	b->top.s_rready_i = 0;
	b->quiet = b->quiet > 0;
	return data >> (8 * (addr & 3)) & mask(user);
}

void bare_write(struct bare *b, uint32_t addr, uint8_t user, uint32_t val)
{
	bool addr_due = true, data_due = true, got;

	b->top.s_awaddr_i = addr;
	b->top.s_awuser_i = user;
	b->top.s_wdata_i = val << (8 * (addr & 3));
	b->top.s_wstrb_i = static_cast<uint8_t>(((1U << (1 << (user & 3))) - 1) << (addr & 3));
	b->top.s_bready_i = 1;
	do {
		b->top.s_awvalid_i = addr_due;
		b->top.s_wvalid_i = data_due;
		b->tick();
		addr_due = addr_due && !b->top.s_awready_o;
		data_due = data_due && !b->top.s_wready_o;
		got = b->top.s_bvalid_o;
		b->clock();
	} while (!got);
	b->top.s_bready_i = 0;
	b->quiet = b->quiet > 0;
}

void bare_run(struct bare *b)
{
	while (b->quiet < 2) {
		b->tick();
		b->clock();
	}
}

void bare_idle(struct bare *b, uint64_t n)
{
	while (n--) {
		b->top.clk_i = 0;
		b->top.eval();
		b->clock();
	}
}

uint64_t bare_cycle(const struct bare *b)
{
	return b->cycle;
}

uint64_t bare_pages(const struct bare *b)
{
	return b->pages;
}

void bare_set_target(struct bare *b, uint32_t pages)
{
	b->top.mgmt_target_i = pages;
}
