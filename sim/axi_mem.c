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

static struct axi_burst *nth(struct axi_queue *q, unsigned n)
{
	return &q->at[(q->head + n) % AXI_MEM_DEPTH];
}

static bool ready(const struct axi_mem *am, enum skew_who who)
{
	return skew_ready(am->skew, who, am->cycle);
}

/* May the n-th burst be answered now? Those of one id keep their order (AXI A5.3). */
static bool eligible(const struct axi_mem *am, struct axi_queue *q, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (nth(q, i)->id == nth(q, n)->id)
			return false;
	return nth(q, n)->due <= am->cycle;
}

/*
 * Brings to the head a burst that may be answered: the oldest, or any. The others keep their
 * order. False: none may.
 */
static bool choose(const struct axi_mem *am, struct axi_queue *q, enum skew_who who)
{
	unsigned n = 0, found = 0, pick = 0;
	struct axi_burst burst;

	if (!am->skew || !am->skew->on)
		return q->n > 0;
	for (unsigned i = 0; i < q->n; i++)
		n += eligible(am, q, i);
	if (!n)
		return false;
	n = skew_draw(am->skew, who, am->cycle, n) + 1;
	for (pick = 0; pick < q->n; pick++) {
		found += eligible(am, q, pick);
		if (found == n)
			break;
	}
	burst = *nth(q, pick);
	for (; pick; pick--)
		*nth(q, pick) = *nth(q, pick - 1);
	*head(q) = burst;
	return true;
}

static uint64_t burst_len(const struct axi_burst *b)
{
	uint64_t end = axi_beat_addr(b, b->beats - 1) | ((1ULL << b->size) - 1);

	return end - b->addr + 1;
}

static bool must_wait(const struct axi_mem *am, const struct axi_burst *b)
{
	return am->hold_messages && mem_by_message(am->mem, b->addr, burst_len(b));
}

/* One beat's bytes into r_data; -EAGAIN, or the beat's response is set. */
static int load_beat(struct axi_mem *am, const struct axi_burst *b, unsigned n)
{
	uint64_t addr = axi_beat_addr(b, n);
	unsigned len = (unsigned)__builtin_popcount(axi_beat_lanes(b, addr));
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
	if (b->error) {
		memset(am->r_data, 0, b->beats * sizeof(am->r_data[0]));
		memset(am->r_resp, BUS_SLVERR, b->beats);
		return 0;
	}
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

	if (am->cue && !b->error &&
	    (am->r_waited || mem_by_message(am->mem, b->addr, burst_len(b))))
		am->cue(am->ctx, &cue);
}

static void load_head(struct axi_mem *am)
{
	const struct axi_burst *b = head(&am->ar);

	if (am->r_loaded)
		return;
	am->r_chosen = am->r_chosen || choose(am, &am->ar, SKEW_R);
	if (!am->r_chosen || must_wait(am, b))
		return;
	if (load(am, b) == -EAGAIN) {
		am->waiting = am->r_waited = true;
		return;
	}
	am->r_loaded = true;
	am->r_split = am->r_chosen = false;
	am->r_beat = 0;
	cue_load(am, b);
	am->r_waited = false;
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

	rec->resp = !err ? BUS_OKAY : b->error ? BUS_SLVERR : BUS_DECERR;
	if (err)
		am->w_resp = rec->resp;
	record(am, rec);
	if (!(rec->flags & BUS_F_LAST))
		return;
	push(&am->b, &(struct axi_burst){ .id = b->id,
					  .size = am->w_resp,
					  .due = am->cycle + skew_latency(am->skew, am->cycle) });
	pop(&am->aw);
	am->w_beat = am->w_stored = 0;
	am->w_resp = BUS_OKAY;
	am->w_message = false;
}

static struct bus_rec write_rec(const struct axi_mem *am, unsigned beat, uint64_t data,
				uint8_t strb)
{
	struct bus_rec rec = axi_beat_rec(&am->aw.at[am->aw.head], beat, BUS_WRITE, data, strb);

	rec.cycle = am->cycle;
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

/* The oldest beat taken, to the burst that it belongs to. */
static void take_beat(struct axi_mem *am)
{
	struct axi_burst *b = head(&am->aw);
	struct axi_beat beat = am->w[0];
	unsigned n = am->w_beat++, shift = axi_beat_shift(b, n, am->narrow);
	struct bus_rec rec;
	int err;

	memmove(&am->w[0], &am->w[1], --am->nw * sizeof(am->w[0]));
	beat.data <<= shift;
	beat.strb = (uint8_t)(beat.strb << shift / 8);
	if (!n)
		am->w_message = !b->error && mem_by_message(am->mem, b->addr, burst_len(b));
	if (am->w_message) {
		am->w_data[n] = beat.data;
		am->w_strb[n] = beat.strb;
		return;
	}
	rec = write_rec(am, n, beat.data, beat.strb);
	err = b->error ? -EIO : store(am, rec.addr, rec.data, rec.be);
	if (err == -EAGAIN) { /* its window lost its host memory midway */
		am->w_message = true;
		am->w_stored = n;
		am->w_data[n] = beat.data;
		am->w_strb[n] = beat.strb;
		return;
	}
	beat_done(am, &rec, err);
}

static void drive_r(struct axi_mem *am, const struct pins *pin)
{
	if (!am->r_valid)
		am->r_valid = am->r_loaded && ready(am, SKEW_R);
	*pin->m_rvalid_i = am->r_valid;
	if (am->r_valid) {
		const struct axi_burst *b = head(&am->ar);

		*pin->m_rid_i = b->id;
		*pin->m_rdata_i =
			am->r_data[am->r_beat] >> axi_beat_shift(b, am->r_beat, am->narrow);
		*pin->m_rresp_i = am->r_resp[am->r_beat];
		*pin->m_rlast_i = am->r_beat == b->beats - 1;
	}
}

static void drive_b(struct axi_mem *am, const struct pins *pin)
{
	if (!am->b_valid)
		am->b_valid = choose(am, &am->b, SKEW_B) && ready(am, SKEW_B);
	*pin->m_bvalid_i = am->b_valid;
	if (am->b_valid) {
		*pin->m_bid_i = head(&am->b)->id;
		*pin->m_bresp_i = head(&am->b)->size;
	}
}

void axi_mem_drive(struct axi_mem *am, const struct pins *pin, uint64_t cycle)
{
	bool data_first;

	am->cycle = cycle;
	am->waiting = false;
	load_head(am);
	store_gathered(am);

	/* Waiting for the other channel is allowed to memory, and not to the device (A3.3.1). */
	data_first = skew_data_first(am->skew);
	*pin->m_arready_i = !am->closed && !full(&am->ar) && ready(am, SKEW_AR);
	drive_r(am, pin);
	*pin->m_awready_i =
		!am->closed && !full(&am->aw) && (!data_first || am->nw) && ready(am, SKEW_AW);
	*pin->m_wready_i = am->nw < AXI_MEM_DEPTH && (am->aw.n || data_first) && !full(&am->b) &&
			   !gathered(am) && ready(am, SKEW_W);
	drive_b(am, pin);
}

static void sample_r(struct axi_mem *am, const struct pins *pin)
{
	struct axi_burst *b = head(&am->ar);
	bool last = am->r_beat == b->beats - 1;
	uint64_t data = *pin->m_rdata_i << axi_beat_shift(b, am->r_beat, am->narrow);
	struct bus_rec rec = axi_beat_rec(b, am->r_beat, BUS_READ, data, 0xff);

	rec.cycle = am->cycle;
	rec.resp = *pin->m_rresp_i;
	record(am, &rec);
	am->r_valid = false;
	am->r_beat++;
	if (last) {
		am->r_loaded = false;
		pop(&am->ar);
	}
}

static struct axi_burst burst(const struct axi_mem *am, bool write, uint64_t addr, unsigned len)
{
	enum skew_who who = write ? SKEW_AW : SKEW_AR;

	return (struct axi_burst){ .addr = addr,
				   .beats = len + 1,
				   .due = am->cycle + skew_latency(am->skew, am->cycle),
				   .error = skew_error(am->skew, who, am->cycle) };
}

static void sample_ar(struct axi_mem *am, const struct pins *pin)
{
	struct axi_burst b = burst(am, false, *pin->m_araddr_o, *pin->m_arlen_o);

	b.id = *pin->m_arid_o;
	b.size = *pin->m_arsize_o;
	b.burst = *pin->m_arburst_o;
	push(&am->ar, &b);
}

static void sample_aw(struct axi_mem *am, const struct pins *pin)
{
	struct axi_burst b = burst(am, true, *pin->m_awaddr_o, *pin->m_awlen_o);

	b.id = *pin->m_awid_o;
	b.size = *pin->m_awsize_o;
	b.burst = *pin->m_awburst_o;
	push(&am->aw, &b);
}

void axi_mem_sample(struct axi_mem *am, const struct pins *pin)
{
	if (*pin->m_rvalid_i && *pin->m_rready_o)
		sample_r(am, pin);
	if (*pin->m_bvalid_i && *pin->m_bready_o) {
		pop(&am->b);
		am->b_valid = false;
	}
	if (*pin->m_wvalid_o && *pin->m_wready_i)
		am->w[am->nw++] = (struct axi_beat){ *pin->m_wdata_o, *pin->m_wstrb_o };
	if (*pin->m_arvalid_o && *pin->m_arready_i)
		sample_ar(am, pin);
	if (*pin->m_awvalid_o && *pin->m_awready_i)
		sample_aw(am, pin);
	while (am->nw && am->aw.n && !full(&am->b) && !gathered(am))
		take_beat(am);
}

bool axi_mem_idle(const struct axi_mem *am)
{
	return !am->ar.n && !am->aw.n && !am->b.n && !am->nw;
}

void axi_mem_reset(struct axi_mem *am)
{
	am->ar.n = am->aw.n = am->b.n = am->nw = 0;
	am->r_loaded = am->r_chosen = am->r_split = am->r_waited = am->w_message = am->waiting =
		false;
	am->r_valid = am->b_valid = false;
	am->r_beat = am->w_beat = am->w_stored = 0;
	am->w_resp = BUS_OKAY;
}
