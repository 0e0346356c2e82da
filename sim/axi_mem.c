/* SPDX-License-Identifier: MIT */
#include "sim/axi_mem.h"

#include <assert.h>
#include <errno.h>
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

/* One beat's bytes into r_data; -EAGAIN, or the beat's response is set. */
static int load_beat(struct axi_mem *am, const struct axi_burst *b, unsigned n)
{
	uint64_t addr = beat_addr(b, n);
	unsigned len = (unsigned)__builtin_popcount(beat_lanes(b, addr));
	int err;

	am->r_data[n] = 0;
	err = mem_read(am->mem, addr, (uint8_t *)&am->r_data[n] + (addr & 7), len);
	if (err == -EAGAIN)
		return err;
	am->r_resp[n] = err ? BUS_DECERR : BUS_OKAY;
	return 0;
}

/*
 * Fetches a whole burst, so that message DMA costs one message. Where part of it cannot be
 * had, beat by beat: only those beats answer DECERR. After -EAGAIN it goes on where it was.
 */
static int load(struct axi_mem *am, const struct axi_burst *b)
{
	if (!am->r_split && b->size == 3 && b->burst == 1) {
		int err;

		am->r_data[0] = 0;
		memset(am->r_resp, BUS_OKAY, b->beats);
		err = mem_read(am->mem, b->addr, (uint8_t *)am->r_data + (b->addr & 7),
			       burst_len(b));
		if (!err || err == -EAGAIN)
			return err;
	}
	if (!am->r_split)
		am->r_beat = 0; /* still the end of the burst before */
	am->r_split = true;
	for (; am->r_beat < b->beats; am->r_beat++)
		if (load_beat(am, b, am->r_beat) == -EAGAIN)
			return -EAGAIN;
	return 0;
}

static void cue_load(struct axi_mem *am, const struct axi_burst *b)
{
	struct bus_rec cue = {
		.cycle = am->cycle, .addr = b->addr, .space = BUS_CUE, .index = BUS_CUE_LOAD
	};

	if (am->cue && mem_by_message(am->mem, b->addr, burst_len(b)))
		am->cue(am->ctx, &cue);
}

static void load_head(struct axi_mem *am)
{
	const struct axi_burst *b = head(&am->ar);

	if (!am->ar.n || am->r_loaded || must_wait(am, b))
		return;
	if (load(am, b) == -EAGAIN) {
		am->waiting = true;
		return;
	}
	am->r_loaded = true;
	am->r_split = false;
	am->r_beat = 0;
	cue_load(am, b);
}

static void record(struct axi_mem *am, const struct bus_rec *rec)
{
	if (am->rec)
		am->rec(am->ctx, rec);
}

/* Writes the enabled lanes, run by run: 0 or -errno. */
static int store(struct axi_mem *am, uint64_t base, uint64_t data, uint8_t lanes)
{
	const uint8_t *bytes = (const uint8_t *)&data;

	for (unsigned i = 0; i < 8;) {
		unsigned n = 0;
		int err;

		while (i + n < 8 && (lanes >> (i + n) & 1))
			n++;
		err = n ? mem_write(am->mem, base + i, bytes + i, n) : 0;
		if (err)
			return err;
		i += n + 1;
	}
	return 0;
}

/* A beat has been stored, or could not be: record it; the last one ends the burst. */
static void beat_done(struct axi_mem *am, struct bus_rec *rec, int err)
{
	struct axi_burst *b = head(&am->aw);

	rec->resp = err ? BUS_DECERR : BUS_OKAY;
	if (err)
		am->w_resp = BUS_DECERR;
	record(am, rec);
	if (!(rec->flags & BUS_F_LAST))
		return;
	push(&am->b, &(struct axi_burst){ .id = b->id, .size = am->w_resp });
	pop(&am->aw);
	am->w_beat = am->w_stored = 0;
	am->w_resp = BUS_OKAY;
	am->w_message = false;
}

static struct bus_rec write_rec(const struct axi_mem *am, unsigned beat, uint64_t data,
				uint8_t strb)
{
	const struct axi_burst *b = &am->aw.at[am->aw.head];
	uint64_t addr = beat_addr(b, beat);
	struct bus_rec rec = {
		.cycle = am->cycle,
		.addr = addr & ~7ULL,
		.data = data,
		.space = BUS_DMA,
		.op = BUS_WRITE,
		.size = 8,
		.be = strb & beat_lanes(b, addr),
		.index = b->id,
		.flags = beat == b->beats - 1 ? BUS_F_LAST : 0,
	};

	for (unsigned i = 0; i < 8; i++)
		if (!(rec.be >> i & 1))
			rec.data &= ~(0xffULL << (8 * i));
	return rec;
}

/* All beats of a burst by message are here, but not all are stored. */
static bool gathered(const struct axi_mem *am)
{
	return am->w_message && am->w_beat == am->aw.at[am->aw.head].beats;
}

static void store_gathered(struct axi_mem *am)
{
	while (gathered(am) && !full(&am->b) && !must_wait(am, head(&am->aw))) {
		unsigned n = am->w_stored;
		struct bus_rec rec = write_rec(am, n, am->w_data[n], am->w_strb[n]);
		int err = store(am, rec.addr, rec.data, rec.be);

		if (err == -EAGAIN) {
			am->waiting = true;
			return;
		}
		am->w_stored++;
		beat_done(am, &rec, err);
	}
}

static void sample_w(struct axi_mem *am, const struct pins *pin)
{
	struct axi_burst *b = head(&am->aw);
	unsigned n = am->w_beat++;
	struct bus_rec rec;
	int err;

	if (!n)
		am->w_message = mem_by_message(am->mem, b->addr, burst_len(b));
	if (am->w_message) {
		am->w_data[n] = *pin->m_wdata_o;
		am->w_strb[n] = *pin->m_wstrb_o;
		return;
	}
	rec = write_rec(am, n, *pin->m_wdata_o, *pin->m_wstrb_o);
	err = store(am, rec.addr, rec.data, rec.be);
	if (err == -EAGAIN) { /* its window lost its host memory midway */
		am->w_message = true;
		am->w_stored = n;
		am->w_data[n] = *pin->m_wdata_o;
		am->w_strb[n] = *pin->m_wstrb_o;
		return;
	}
	beat_done(am, &rec, err);
}

void axi_mem_drive(struct axi_mem *am, const struct pins *pin)
{
	am->waiting = false;
	load_head(am);
	store_gathered(am);

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
	*pin->m_wready_i = am->aw.n && !full(&am->b) && !gathered(am);
	*pin->m_bvalid_i = am->b.n > 0;
	if (am->b.n) {
		*pin->m_bid_i = head(&am->b)->id;
		*pin->m_bresp_i = head(&am->b)->size;
	}
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

void axi_mem_sample(struct axi_mem *am, const struct pins *pin, uint64_t cycle)
{
	am->cycle = cycle;
	if (*pin->m_rvalid_i && *pin->m_rready_o)
		sample_r(am, pin, cycle);
	if (*pin->m_bvalid_i && *pin->m_bready_o)
		pop(&am->b);
	if (*pin->m_wvalid_o && *pin->m_wready_i)
		sample_w(am, pin);
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
	am->r_loaded = am->r_split = am->w_message = am->waiting = false;
	am->r_beat = am->w_beat = am->w_stored = 0;
	am->w_resp = BUS_OKAY;
}
