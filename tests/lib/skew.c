/* SPDX-License-Identifier: MIT */
#include "tests/lib/skew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define QUIET_CYCLES 4
#define PATIENCE     2000 /* cycles without a beat, page or message */

#define RULE(sk, cond, what)                                                               \
	do {                                                                               \
		if (!(cond))                                                               \
			fail_msg("cycle %llu: %s", (unsigned long long)(sk)->cycle, what); \
	} while (0)

/* splitmix64 */
uint32_t skew_rand(struct skew *sk, uint32_t below)
{
	uint64_t z = sk->rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)(((z ^ z >> 31) >> 32) * below >> 32);
}

static bool willing(struct skew *sk, unsigned who)
{
	return skew_rand(sk, 256) >= sk->lazy && !(sk->hold >> who & 1);
}

struct skew *skew_new(uint64_t seed, int lazy)
{
	struct skew *sk = calloc(1, sizeof(*sk));

	assert_non_null(sk);
	sk->model = model_new("balloon-pci");
	assert_non_null(sk->model);
	sk->rng = seed;
	sk->lazy = lazy < 0 ? skew_rand(sk, 230) : (unsigned)lazy;
	sk->data_first = skew_rand(sk, 2);
	*sk->model->pin.strap_features_i = UINT64_MAX;
	*sk->model->pin.rst_ni = 0;
	for (unsigned i = 0; i < 4; i++)
		skew_tick(sk);
	*sk->model->pin.rst_ni = 1;
	return sk;
}

void skew_free(struct skew *sk)
{
	sk->model->free(sk->model);
	free(sk);
}

static void push(struct skew *sk, struct skew_fifo *fifo, struct skew_burst burst)
{
	RULE(sk, fifo->n < SKEW_DEPTH, "testbench: fifo overrun");
	burst.wait = sk->lazy ? skew_rand(sk, sk->lazy / 8 + 1) : 0;
	fifo->at[fifo->n++] = burst;
}

static void pop(struct skew_fifo *fifo)
{
	memmove(&fifo->at[0], &fifo->at[1], --fifo->n * sizeof(fifo->at[0]));
}

static bool due(struct skew_fifo *fifo)
{
	if (!fifo->n)
		return false;
	if (fifo->at[0].wait)
		fifo->at[0].wait--;
	return !fifo->at[0].wait;
}

/* Where the bytes of a beat are, or NULL: nowhere. */
static uint8_t *beat(struct skew *sk, uint64_t addr)
{
	addr &= ~7ULL;
	return addr - SKEW_RAM < SKEW_RAM_SIZE ? sk->ram + (addr - SKEW_RAM) : NULL;
}

static void drive(struct skew *sk)
{
	const struct pins *pin = &sk->model->pin;

	axil_drive(&sk->axil, pin);
	*pin->m_arready_i = sk->ar.n < SKEW_DEPTH && willing(sk, SKEW_AR);
	*pin->m_awready_i =
		sk->aw.n < SKEW_DEPTH && willing(sk, SKEW_AW) && (!sk->data_first || sk->nw);
	*pin->m_wready_i = sk->b.n < SKEW_DEPTH && sk->nw < SKEW_DEPTH && willing(sk, SKEW_W);
	*pin->msix_ready_i = willing(sk, SKEW_MESSAGE);
	*pin->mgmt_page_ready_i = willing(sk, SKEW_PAGE);
	*pin->mgmt_stat_ready_i = willing(sk, SKEW_STAT);
	*pin->mgmt_range_ready_i = willing(sk, SKEW_RANGE);
	if (!sk->r_valid)
		sk->r_valid = due(&sk->ar) && willing(sk, SKEW_R);
	*pin->m_rvalid_i = sk->r_valid;
	*pin->m_rid_i = 0;
	*pin->m_rdata_i = 0;
	if (sk->r_valid) {
		const struct skew_burst *burst = &sk->ar.at[0];
		const uint8_t *src = beat(sk, burst->addr + 8ULL * sk->r_beat);

		*pin->m_rresp_i = src ? BUS_OKAY : BUS_DECERR;
		*pin->m_rlast_i = sk->r_beat + 1 == burst->beats;
		if (src)
			memcpy(pin->m_rdata_i, src, 8);
	}
	if (!sk->b_valid)
		sk->b_valid = due(&sk->b) && willing(sk, SKEW_B);
	*pin->m_bvalid_i = sk->b_valid;
	*pin->m_bid_i = 0;
	*pin->m_bresp_i = sk->b.n && sk->b.at[0].error ? BUS_SLVERR : BUS_OKAY;
}

static void stable(struct skew *sk, unsigned ch, bool valid, bool ready, uint64_t a, uint64_t b)
{
	static const char *const names[] = { "AR",   "AW",        "W",    "MSI-X message",
					     "page", "statistic", "range" };

	if (sk->last.held[ch]) {
		if (!valid)
			fail_msg("cycle %llu: %s withdrawn", (unsigned long long)sk->cycle,
				 names[ch]);
		if (a != sk->last.payload[ch][0] || b != sk->last.payload[ch][1])
			fail_msg("cycle %llu: %s changed", (unsigned long long)sk->cycle,
				 names[ch]);
	}
	if (valid && !sk->last.held[ch] && !sk->mastering && ch < SKEW_PAGE && ch != SKEW_W)
		fail_msg("cycle %llu: %s without bus mastering", (unsigned long long)sk->cycle,
			 names[ch]);
	sk->last.held[ch] = valid && !ready;
	sk->last.payload[ch][0] = a;
	sk->last.payload[ch][1] = b;
}

static struct skew_burst take_burst(struct skew *sk, uint64_t addr, unsigned len, unsigned size,
				    unsigned kind)
{
	struct skew_burst burst = { .addr = addr, .beats = len + 1 };

	RULE(sk, size == 3, "burst is not of 8-byte beats");
	RULE(sk, kind == 1, "burst is not INCR");
	RULE(sk, (addr & 4095) / 8 + len < 512, "burst crosses 4 KiB");
	return burst;
}

static void sample_read(struct skew *sk, const struct pins *pin)
{
	stable(sk, SKEW_AR, *pin->m_arvalid_o, *pin->m_arready_i, *pin->m_araddr_o,
	       *pin->m_arlen_o);
	if (*pin->m_rvalid_i && *pin->m_rready_o) {
		sk->r_valid = false;
		sk->reads++;
		if (++sk->r_beat == sk->ar.at[0].beats) {
			pop(&sk->ar);
			sk->r_beat = 0;
		}
	}
	if (*pin->m_arvalid_o && *pin->m_arready_i)
		push(sk, &sk->ar,
		     take_burst(sk, *pin->m_araddr_o, *pin->m_arlen_o, *pin->m_arsize_o,
				*pin->m_arburst_o));
}

/* The oldest data taken, into the burst that it belongs to. */
static void store(struct skew *sk)
{
	struct skew_data w = sk->w[0];
	struct skew_burst *burst = &sk->aw.at[0];
	uint8_t *dst = beat(sk, burst->addr + 8ULL * sk->w_beat);

	memmove(&sk->w[0], &sk->w[1], --sk->nw * sizeof(sk->w[0]));
	RULE(sk, w.last == (sk->w_beat + 1 == burst->beats), "WLAST is not on the last beat");
	for (unsigned i = 0; dst && i < 8; i++)
		if (w.strb >> i & 1)
			dst[i] = (uint8_t)(w.data >> 8 * i);
	if (!dst && w.strb)
		burst->error = true;
	sk->writes += w.strb != 0;
	sk->w_beat++;
	if (!w.last)
		return;
	push(sk, &sk->b, *burst);
	pop(&sk->aw);
	sk->w_beat = 0;
}

static void sample_write(struct skew *sk, const struct pins *pin)
{
	stable(sk, SKEW_AW, *pin->m_awvalid_o, *pin->m_awready_i, *pin->m_awaddr_o,
	       *pin->m_awlen_o);
	stable(sk, SKEW_W, *pin->m_wvalid_o, *pin->m_wready_i, *pin->m_wdata_o,
	       (uint64_t)*pin->m_wstrb_o << 1 | *pin->m_wlast_o);
	if (*pin->m_bvalid_i && *pin->m_bready_o) {
		sk->b_valid = false;
		pop(&sk->b);
	}
	if (*pin->m_awvalid_o && *pin->m_awready_i)
		push(sk, &sk->aw,
		     take_burst(sk, *pin->m_awaddr_o, *pin->m_awlen_o, *pin->m_awsize_o,
				*pin->m_awburst_o));
	if (*pin->m_wvalid_o && *pin->m_wready_i)
		sk->w[sk->nw++] =
			(struct skew_data){ *pin->m_wdata_o, *pin->m_wstrb_o, *pin->m_wlast_o };
	while (sk->nw && sk->aw.n)
		store(sk);
}

static void sample_host(struct skew *sk, const struct pins *pin)
{
	stable(sk, SKEW_MESSAGE, *pin->msix_valid_o, *pin->msix_ready_i, *pin->msix_addr_o,
	       (uint64_t)*pin->msix_vector_o << 32 | *pin->msix_data_o);
	stable(sk, SKEW_PAGE, *pin->mgmt_page_valid_o, *pin->mgmt_page_ready_i,
	       *pin->mgmt_page_pfn_o, *pin->mgmt_page_op_o);
	stable(sk, SKEW_STAT, *pin->mgmt_stat_valid_o, *pin->mgmt_stat_ready_i,
	       *pin->mgmt_stat_tag_o, *pin->mgmt_stat_value_o);
	stable(sk, SKEW_RANGE, *pin->mgmt_range_valid_o, *pin->mgmt_range_ready_i,
	       *pin->mgmt_range_addr_o,
	       (uint64_t)*pin->mgmt_range_len_o << 1 | *pin->mgmt_range_kind_o);
	if (*pin->mgmt_stat_valid_o && *pin->mgmt_stat_ready_i && sk->stat)
		sk->stat(sk->ctx, *pin->mgmt_stat_tag_o, *pin->mgmt_stat_value_o);
	if (*pin->mgmt_range_valid_o && *pin->mgmt_range_ready_i && sk->range)
		sk->range(sk->ctx, *pin->mgmt_range_kind_o, *pin->mgmt_range_addr_o,
			  *pin->mgmt_range_len_o);
	sk->messages += *pin->msix_valid_o && *pin->msix_ready_i;
	if (!*pin->mgmt_page_valid_o || !*pin->mgmt_page_ready_i)
		return;
	sk->pages++;
	if (sk->page)
		sk->page(sk->ctx, *pin->mgmt_page_op_o, *pin->mgmt_page_pfn_o);
}

void skew_tick(struct skew *sk)
{
	const struct pins *pin = &sk->model->pin;

	drive(sk);
	*pin->clk_i = 0;
	sk->model->eval(sk->model);
	if (*pin->rst_ni) {
		axil_sample(&sk->axil, pin, sk->cycle);
		sample_read(sk, pin);
		sample_write(sk, pin);
		sample_host(sk, pin);
	}
	sk->quiet = *pin->busy_o ? 0 : sk->quiet + 1;
	if (!*pin->busy_o && *pin->rst_ni)
		RULE(sk, !sk->ar.n && !sk->aw.n && !sk->b.n && !sk->nw,
		     "not busy with a burst in flight");
	*pin->clk_i = 1;
	sk->model->eval(sk->model);
	sk->cycle++;
}

bool skew_settle(struct skew *sk)
{
	uint64_t moved = 0, last = sk->cycle;

	sk->quiet = 0;
	while (sk->quiet < QUIET_CYCLES) {
		uint64_t now = sk->reads + sk->writes + sk->pages + sk->messages;

		if (now != moved)
			last = sk->cycle;
		if (sk->cycle - last > PATIENCE)
			return false;
		moved = now;
		skew_tick(sk);
	}
	return true;
}

static void finish(struct skew *sk)
{
	for (unsigned i = 0; sk->axil.state != AXIL_IDLE; i++) {
		RULE(sk, i < 100, "register access not answered");
		skew_tick(sk);
	}
	assert_int_equal(sk->axil.rec.resp, BUS_OKAY);
}

uint32_t skew_read(struct skew *sk, enum bus_space space, uint32_t off, unsigned size)
{
	axil_start_read(&sk->axil, off, axil_user(space, 0, size));
	finish(sk);
	return (uint32_t)sk->axil.rec.data;
}

void skew_write(struct skew *sk, enum bus_space space, uint32_t off, unsigned size, uint32_t val)
{
	axil_start_write(&sk->axil, off, axil_user(space, 0, size), val);
	finish(sk);
}
