/* SPDX-License-Identifier: MIT */
#include "sim/axi_mem.h"

#include <assert.h>
#include <string.h>

#include "sim/mem.h"

static bool full(const struct axi_queue *q)
{
	return q->n == AXI_MEM_DEPTH;
}

static struct axi_burst *head(struct axi_queue *q)
{
	return &q->at[q->head];
}

static void push(struct axi_queue *q, const struct axi_burst *burst)
{
	assert(!full(q));
	q->at[(q->head + q->n++) % AXI_MEM_DEPTH] = *burst;
}

static void pop(struct axi_queue *q)
{
	q->head = (q->head + 1) % AXI_MEM_DEPTH;
	q->n--;
}

/* Address of beat n, and the byte lanes it covers (AXI A3.4.1). */
static uint64_t beat_addr(const struct axi_burst *b, unsigned n)
{
	uint64_t step = 1ULL << b->size;

	if (!n || b->burst == 0) /* FIXED repeats */
		return b->addr;
	return (b->addr & ~(step - 1)) + n * step;
}

static uint8_t beat_lanes(const struct axi_burst *b, uint64_t addr)
{
	unsigned first = addr & 7, bytes = (1U << b->size) - (addr & ((1U << b->size) - 1));

	return (uint8_t)(((1U << bytes) - 1) << first);
}

static uint64_t burst_len(const struct axi_burst *b)
{
	uint64_t end = beat_addr(b, b->beats - 1) | ((1ULL << b->size) - 1);

	return end - b->addr + 1;
}

static bool must_wait(const struct axi_mem *am, const struct axi_burst *b)
{
	return am->hold_messages && mem_by_message(am->mem, b->addr, burst_len(b));
}

/*
 * Fetches a whole burst, so that message DMA costs one message. Where part of it lies
 * outside the windows, beat by beat: only those beats answer DECERR.
 */
static void load(struct axi_mem *am, const struct axi_burst *b)
{
	uint64_t base = b->addr & ~7ULL;
	unsigned words = (unsigned)((b->addr + burst_len(b) + 7 - base) / 8);
	uint8_t *bytes = (uint8_t *)am->r_data;

	am->r_loaded = true;
	am->r_beat = 0;
	memset(am->r_resp, BUS_OKAY, b->beats);
	if (b->size == 3 && b->burst == 1) {
		memset(am->r_data, 0, 8);
		if (!mem_read(am->mem, b->addr, bytes + (b->addr - base), burst_len(b)))
			return;
		assert(words == b->beats);
	}
	for (unsigned n = 0; n < b->beats; n++) {
		uint64_t addr = beat_addr(b, n);
		unsigned lanes = beat_lanes(b, addr);
		unsigned bytes_n = (unsigned)__builtin_popcount(lanes);

		am->r_data[n] = 0;
		if (mem_read(am->mem, addr, (uint8_t *)&am->r_data[n] + (addr & 7), bytes_n)) {
			am->r_data[n] = 0;
			am->r_resp[n] = BUS_DECERR;
		}
	}
}

void axi_mem_drive(struct axi_mem *am, const struct pins *pin)
{
	if (am->ar.n && !am->r_loaded && !must_wait(am, head(&am->ar)))
		load(am, head(&am->ar));

	*pin->m_arready_i = !full(&am->ar);
	*pin->m_rvalid_i = am->r_loaded;
	if (am->r_loaded) {
		const struct axi_burst *b = head(&am->ar);

		*pin->m_rid_i = b->id;
		*pin->m_rdata_i = am->r_data[am->r_beat];
		*pin->m_rresp_i = am->r_resp[am->r_beat];
		*pin->m_rlast_i = am->r_beat == b->beats - 1;
	}
	*pin->m_awready_i = !full(&am->aw);
	*pin->m_wready_i = am->aw.n && !full(&am->b) && !must_wait(am, head(&am->aw));
	*pin->m_bvalid_i = am->b.n > 0;
	if (am->b.n) {
		*pin->m_bid_i = head(&am->b)->id;
		*pin->m_bresp_i = head(&am->b)->size;
	}
}

static void record(struct axi_mem *am, const struct bus_rec *rec)
{
	if (am->rec)
		am->rec(am->ctx, rec);
}

static void sample_r(struct axi_mem *am, const struct pins *pin, uint64_t cycle)
{
	struct axi_burst *b = head(&am->ar);
	uint64_t addr = beat_addr(b, am->r_beat);
	bool last = am->r_beat == b->beats - 1;
	struct bus_rec rec = {
		.cycle = cycle,
		.addr = addr & ~7ULL,
		.data = *pin->m_rdata_i,
		.space = BUS_DMA,
		.op = BUS_READ,
		.size = 8,
		.be = beat_lanes(b, addr),
		.resp = *pin->m_rresp_i,
		.index = b->id,
		.flags = last ? BUS_F_LAST : 0,
	};

	record(am, &rec);
	am->r_beat++;
	if (last) {
		am->r_loaded = false;
		pop(&am->ar);
	}
}

/* Writes the enabled lanes, run by run; BUS_OKAY or BUS_DECERR. */
static uint8_t store(struct axi_mem *am, uint64_t base, uint64_t data, uint8_t lanes)
{
	const uint8_t *bytes = (const uint8_t *)&data;

	for (unsigned i = 0; i < 8;) {
		unsigned n = 0;

		while (i + n < 8 && (lanes >> (i + n) & 1))
			n++;
		if (n && mem_write(am->mem, base + i, bytes + i, n))
			return BUS_DECERR;
		i += n + 1;
	}
	return BUS_OKAY;
}

static void sample_w(struct axi_mem *am, const struct pins *pin, uint64_t cycle)
{
	struct axi_burst *b = head(&am->aw);
	uint64_t addr = beat_addr(b, am->w_beat);
	bool last = *pin->m_wlast_o;
	struct bus_rec rec = {
		.cycle = cycle,
		.addr = addr & ~7ULL,
		.data = *pin->m_wdata_o,
		.space = BUS_DMA,
		.op = BUS_WRITE,
		.size = 8,
		.be = *pin->m_wstrb_o & beat_lanes(b, addr),
		.index = b->id,
		.flags = last ? BUS_F_LAST : 0,
	};

	for (unsigned i = 0; i < 8; i++)
		if (!(rec.be >> i & 1))
			rec.data &= ~(0xffULL << (8 * i));
	rec.resp = store(am, rec.addr, rec.data, rec.be);
	if (rec.resp)
		am->w_resp = rec.resp;
	record(am, &rec);
	am->w_beat++;
	if (last) {
		struct axi_burst resp = { .id = b->id, .size = am->w_resp };

		push(&am->b, &resp);
		pop(&am->aw);
		am->w_beat = 0;
		am->w_resp = BUS_OKAY;
	}
}

void axi_mem_sample(struct axi_mem *am, const struct pins *pin, uint64_t cycle)
{
	if (*pin->m_rvalid_i && *pin->m_rready_o)
		sample_r(am, pin, cycle);
	if (*pin->m_bvalid_i && *pin->m_bready_o)
		pop(&am->b);
	if (*pin->m_wvalid_o && *pin->m_wready_i)
		sample_w(am, pin, cycle);
	if (*pin->m_arvalid_o && *pin->m_arready_i)
		push(&am->ar, &(struct axi_burst){ .addr = *pin->m_araddr_o,
						   .beats = *pin->m_arlen_o + 1U,
						   .id = *pin->m_arid_o,
						   .size = *pin->m_arsize_o,
						   .burst = *pin->m_arburst_o });
	if (*pin->m_awvalid_o && *pin->m_awready_i)
		push(&am->aw, &(struct axi_burst){ .addr = *pin->m_awaddr_o,
						   .beats = *pin->m_awlen_o + 1U,
						   .id = *pin->m_awid_o,
						   .size = *pin->m_awsize_o,
						   .burst = *pin->m_awburst_o });
}

bool axi_mem_idle(const struct axi_mem *am)
{
	return !am->ar.n && !am->aw.n && !am->b.n;
}

void axi_mem_reset(struct axi_mem *am)
{
	am->ar.n = am->aw.n = am->b.n = 0;
	am->r_loaded = false;
	am->r_beat = am->w_beat = 0;
	am->w_resp = BUS_OKAY;
}
