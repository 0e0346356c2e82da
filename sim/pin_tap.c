/* SPDX-License-Identifier: MIT */
#include "sim/pin_tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/axi_burst.h"

#define DEPTH 64 /* transfers or bursts outstanding, each way */

/* A register transfer whose address is known. */
struct access {
	uint32_t addr;
	uint8_t user;
};

/* A beat of data that came with, before or after its address. */
struct data_beat {
	uint64_t data, cycle;
	uint8_t strb;
	bool last;
};

struct burst_state {
	struct axi_burst b;
	unsigned beat; /* next */
};

/* A record on its way out. */
struct waiting {
	struct bus_rec rec;
	bool unanswered; /* a DMA write without its response */
};

struct pin_tap {
	struct pin_tap_config cfg;
	bool in_reset;
	uint64_t intx, target, hint;

	struct access ar[DEPTH], aw[DEPTH], b[DEPTH];
	unsigned nar, naw, nb;
	struct data_beat w[DEPTH]; /* register port */
	unsigned nw;

	struct burst_state dr[DEPTH], dw[DEPTH]; /* DMA: dw in the order of their data */
	unsigned ndr, ndw;
	struct data_beat dbeat[DEPTH];
	unsigned ndbeat;

	struct waiting *out;
	size_t nout, cap;
	bool no_memory;
};

struct pin_tap *pin_tap_new(const struct pin_tap_config *cfg)
{
	struct pin_tap *tap = calloc(1, sizeof(*tap));

	if (!tap)
		return NULL;
	tap->cfg = *cfg;
	return tap;
}

void pin_tap_free(struct pin_tap *tap)
{
	if (tap)
		free(tap->out);
	free(tap);
}

static void odd(const struct pin_tap *tap, uint64_t cycle, const char *what)
{
	if (tap->cfg.oddity)
		tap->cfg.oddity(tap->cfg.ctx, cycle, what);
}

/* --- records on their way out ------------------------------------------------------------- */

static void put(struct pin_tap *tap, const struct bus_rec *rec, bool unanswered)
{
	if (tap->nout == tap->cap) {
		size_t cap = tap->cap ? 2 * tap->cap : 256;
		struct waiting *out = realloc(tap->out, cap * sizeof(*out));

		if (!out) {
			tap->no_memory = true;
			return;
		}
		tap->out = out;
		tap->cap = cap;
	}
	tap->out[tap->nout++] = (struct waiting){ .rec = *rec, .unanswered = unanswered };
}

/* All up to the first that waits for a response, or all. */
static void hand_out(struct pin_tap *tap, bool all)
{
	size_t n = 0;

	while (n < tap->nout && (all || !tap->out[n].unanswered))
		tap->cfg.rec(tap->cfg.ctx, &tap->out[n++].rec);
	if (n)
		memmove(tap->out, tap->out + n, (tap->nout - n) * sizeof(*tap->out));
	tap->nout -= n;
}

/* The oldest written burst with this id is answered. */
static void answer(struct pin_tap *tap, uint64_t cycle, uint8_t id, uint8_t resp)
{
	for (size_t i = 0; i < tap->nout; i++) {
		struct waiting *w = &tap->out[i];

		if (!w->unanswered || w->rec.index != id)
			continue;
		w->unanswered = false;
		w->rec.resp = resp;
		if (w->rec.flags & BUS_F_LAST)
			return;
	}
	odd(tap, cycle, "a write response to no burst");
}

/* --- the register port ---------------------------------------------------------------------- */

/* False: no room, which the caller tells of. */
static bool push_access(struct access *at, unsigned *n, uint64_t addr, uint64_t user)
{
	if (*n == DEPTH)
		return false;
	at[(*n)++] = (struct access){ .addr = (uint32_t)addr, .user = (uint8_t)user };
	return true;
}

static struct access pop_access(struct access *at, unsigned *n)
{
	struct access first = at[0];

	memmove(at, at + 1, --*n * sizeof(*at));
	return first;
}

/* Without the sideband: strobes tell the size of a write, and a read is of a whole word. */
static struct bus_rec reg_rec(const struct pin_tap *tap, const struct access *a, enum bus_op op,
			      uint64_t cycle, uint8_t strb)
{
	bool sideband = tap->cfg.have[op == BUS_READ ? PIN_s_aruser_i : PIN_s_awuser_i];
	unsigned lane = strb ? (unsigned)__builtin_ctz(strb) : 0;
	struct bus_rec rec = { .cycle = cycle,
			       .addr = a->addr,
			       .space = (uint8_t)tap->cfg.space,
			       .op = (uint8_t)op,
			       .size = strb ? (uint8_t)__builtin_popcount(strb) : 4,
			       .index = tap->cfg.bar };

	if (sideband) {
		rec.size = (uint8_t)(1U << (a->user & 3));
		rec.space = a->user >> 2 & 7;
		rec.index = a->user >> 5;
	} else if (op == BUS_WRITE) {
		rec.addr = (a->addr & ~3U) + lane;
	}
	rec.be = (uint8_t)((1U << rec.size) - 1);
	return rec;
}

static uint64_t aligned_right(uint64_t data, const struct bus_rec *rec)
{
	return data >> (8 * (rec->addr & 3)) & ((1ULL << (8 * rec->size)) - 1);
}

static void reg_read(struct pin_tap *tap, uint64_t cycle, const uint64_t *pin)
{
	struct bus_rec rec;
	struct access a;

	if (pin[PIN_s_arvalid_i] && pin[PIN_s_arready_o] &&
	    !push_access(tap->ar, &tap->nar, pin[PIN_s_araddr_i], pin[PIN_s_aruser_i]))
		odd(tap, cycle, "more than 64 register reads outstanding");
	if (!pin[PIN_s_rvalid_o] || !pin[PIN_s_rready_i])
		return;
	if (!tap->nar) {
		odd(tap, cycle, "register read data that nobody asked for");
		return;
	}
	a = pop_access(tap->ar, &tap->nar);
	rec = reg_rec(tap, &a, BUS_READ, cycle, 0);
	rec.data = aligned_right(pin[PIN_s_rdata_o], &rec);
	rec.resp = (uint8_t)pin[PIN_s_rresp_o];
	put(tap, &rec, false);
}

/* Address and data of a write are both there: the device may act on it from now on. */
static void reg_accepted(struct pin_tap *tap, uint64_t cycle)
{
	struct access a = pop_access(tap->aw, &tap->naw);
	struct bus_rec rec = reg_rec(tap, &a, BUS_WRITE, cycle, tap->w[0].strb);

	rec.data = aligned_right(tap->w[0].data, &rec);
	if (tap->cfg.have[PIN_s_awuser_i])
		rec.be = (uint8_t)(tap->w[0].strb >> (rec.addr & 3));
	memmove(tap->w, tap->w + 1, --tap->nw * sizeof(tap->w[0]));
	put(tap, &rec, false);
	if (!push_access(tap->b, &tap->nb, rec.addr, a.user))
		odd(tap, cycle, "more than 64 register writes unanswered");
}

static void reg_write(struct pin_tap *tap, uint64_t cycle, const uint64_t *pin)
{
	if (pin[PIN_s_awvalid_i] && pin[PIN_s_awready_o] &&
	    !push_access(tap->aw, &tap->naw, pin[PIN_s_awaddr_i], pin[PIN_s_awuser_i]))
		odd(tap, cycle, "more than 64 register writes outstanding");
	if (pin[PIN_s_wvalid_i] && pin[PIN_s_wready_o] && tap->nw < DEPTH)
		tap->w[tap->nw++] = (struct data_beat){ .data = pin[PIN_s_wdata_i],
							.strb = (uint8_t)pin[PIN_s_wstrb_i] };
	while (tap->naw && tap->nw)
		reg_accepted(tap, cycle);
	if (!pin[PIN_s_bvalid_o] || !pin[PIN_s_bready_i])
		return;
	if (!tap->nb) {
		odd(tap, cycle, "a response to no register write");
		return;
	}
	struct access a = pop_access(tap->b, &tap->nb);

	if (pin[PIN_s_bresp_o]) {
		struct bus_rec rec = reg_rec(tap, &a, BUS_WRITE, cycle, 0);

		rec.addr = a.addr;
		rec.resp = (uint8_t)pin[PIN_s_bresp_o];
		rec.flags = BUS_F_RESP;
		put(tap, &rec, false);
	}
}

/* --- DMA ----------------------------------------------------------------------------------------
 */

static bool push_burst(struct burst_state *at, unsigned *n, struct axi_burst b)
{
	if (*n == DEPTH)
		return false;
	at[(*n)++] = (struct burst_state){ .b = b };
	return true;
}

static void drop_burst(struct burst_state *at, unsigned *n, unsigned i)
{
	memmove(at + i, at + i + 1, (--*n - i) * sizeof(*at));
}

static struct bus_rec beat_rec(const struct pin_tap *tap, const struct burst_state *s,
			       enum bus_op op, uint64_t cycle, uint64_t data, uint8_t strb)
{
	unsigned shift = axi_beat_shift(&s->b, s->beat, tap->cfg.narrow);
	struct bus_rec rec =
		axi_beat_rec(&s->b, s->beat, op, data << shift, (uint8_t)(strb << shift / 8));

	rec.cycle = cycle;
	return rec;
}

static void dma_read(struct pin_tap *tap, uint64_t cycle, const uint64_t *pin)
{
	struct bus_rec rec;
	unsigned i;

	if (!pin[PIN_m_rvalid_i] || !pin[PIN_m_rready_o])
		return;
	for (i = 0; i < tap->ndr && tap->dr[i].b.id != pin[PIN_m_rid_i]; i++)
		;
	if (i == tap->ndr) {
		odd(tap, cycle, "DMA read data that nobody asked for");
		return;
	}
	rec = beat_rec(tap, &tap->dr[i], BUS_READ, cycle, pin[PIN_m_rdata_i], 0xff);
	rec.resp = (uint8_t)pin[PIN_m_rresp_i];
	put(tap, &rec, false);
	if (!pin[PIN_m_rlast_i] != !(rec.flags & BUS_F_LAST))
		odd(tap, cycle, "m_rlast_i does not mark the last beat of the burst");
	if (++tap->dr[i].beat == tap->dr[i].b.beats)
		drop_burst(tap->dr, &tap->ndr, i);
}

/* The data beats that have an address by now. */
static void match_writes(struct pin_tap *tap, uint64_t cycle)
{
	while (tap->ndw && tap->ndbeat) {
		struct burst_state *s = &tap->dw[0];
		const struct data_beat *d = &tap->dbeat[0];
		struct bus_rec rec = beat_rec(tap, s, BUS_WRITE, cycle, d->data, d->strb);

		if (d->last != !!(rec.flags & BUS_F_LAST))
			odd(tap, cycle, "m_wlast_o does not mark the last beat of the burst");
		put(tap, &rec, true);
		memmove(tap->dbeat, tap->dbeat + 1, --tap->ndbeat * sizeof(tap->dbeat[0]));
		if (++s->beat == s->b.beats)
			drop_burst(tap->dw, &tap->ndw, 0);
	}
}

static struct axi_burst burst_of(uint64_t addr, uint64_t len, uint64_t id, uint64_t size,
				 uint64_t burst)
{
	return (struct axi_burst){ .addr = addr,
				   .beats = (unsigned)(len & 0xff) + 1,
				   .id = (uint8_t)id,
				   .size = size > 3 ? 3 : (uint8_t)size,
				   .burst = (uint8_t)burst };
}

static void dma(struct pin_tap *tap, uint64_t cycle, const uint64_t *pin)
{
	/* Data of a burst cannot come in the cycle of its address: what is there is older's. */
	dma_read(tap, cycle, pin);
	if (pin[PIN_m_arvalid_o] && pin[PIN_m_arready_i] &&
	    !push_burst(tap->dr, &tap->ndr,
			burst_of(pin[PIN_m_araddr_o], pin[PIN_m_arlen_o], pin[PIN_m_arid_o],
				 pin[PIN_m_arsize_o], pin[PIN_m_arburst_o])))
		odd(tap, cycle, "more than 64 DMA read bursts outstanding");
	if (pin[PIN_m_awvalid_o] && pin[PIN_m_awready_i] &&
	    !push_burst(tap->dw, &tap->ndw,
			burst_of(pin[PIN_m_awaddr_o], pin[PIN_m_awlen_o], pin[PIN_m_awid_o],
				 pin[PIN_m_awsize_o], pin[PIN_m_awburst_o])))
		odd(tap, cycle, "more than 64 DMA write bursts outstanding");
	if (pin[PIN_m_wvalid_o] && pin[PIN_m_wready_i]) {
		if (tap->ndbeat == DEPTH)
			odd(tap, cycle, "more than 64 beats of DMA data without an address");
		else
			tap->dbeat[tap->ndbeat++] =
				(struct data_beat){ .data = pin[PIN_m_wdata_o],
						    .strb = (uint8_t)pin[PIN_m_wstrb_o],
						    .last = pin[PIN_m_wlast_o] != 0 };
	}
	match_writes(tap, cycle);
	if (pin[PIN_m_bvalid_i] && pin[PIN_m_bready_o])
		answer(tap, cycle, (uint8_t)pin[PIN_m_bid_i], (uint8_t)pin[PIN_m_bresp_i]);
}

/* --- interrupts and the host -------------------------------------------------------------- */

static void put_irq(struct pin_tap *tap, uint64_t cycle, enum bus_irq kind, uint64_t addr,
		    uint64_t data)
{
	struct bus_rec rec = { .cycle = cycle,
			       .addr = addr,
			       .data = data,
			       .space = BUS_IRQ,
			       .op = BUS_WRITE,
			       .index = (uint8_t)kind };

	put(tap, &rec, false);
}

static void put_host(struct pin_tap *tap, uint64_t cycle, uint64_t what, uint64_t data)
{
	struct bus_rec rec = {
		.cycle = cycle, .addr = what, .data = data, .space = BUS_HOST, .op = BUS_WRITE
	};

	put(tap, &rec, false);
}

static void irqs(struct pin_tap *tap, uint64_t cycle, const uint64_t *pin)
{
	if (pin[PIN_intx_o] != tap->intx)
		put_irq(tap, cycle, BUS_INTX, 0, pin[PIN_intx_o]);
	tap->intx = pin[PIN_intx_o];
	if (pin[PIN_msix_valid_o] && pin[PIN_msix_ready_i])
		put_irq(tap, cycle, BUS_MSIX, pin[PIN_msix_vector_o], pin[PIN_msix_data_o]);
}

/* What the host does is on the pins from the next edge on. */
static void host_asks(struct pin_tap *tap, uint64_t cycle, const uint64_t *pin)
{
	if (pin[PIN_mgmt_target_i] != tap->target)
		put_host(tap, cycle, BUS_HOST_TARGET, pin[PIN_mgmt_target_i]);
	tap->target = pin[PIN_mgmt_target_i];
	if (pin[PIN_mgmt_hint_cmd_i] != tap->hint)
		put_host(tap, cycle, BUS_HOST_HINT, pin[PIN_mgmt_hint_cmd_i]);
	tap->hint = pin[PIN_mgmt_hint_cmd_i];
	if (pin[PIN_mgmt_stats_req_i])
		put_host(tap, cycle, BUS_HOST_POLL, 0);
}

static void host_is_told(struct pin_tap *tap, uint64_t cycle, const uint64_t *pin)
{
	if (pin[PIN_mgmt_page_valid_o] && pin[PIN_mgmt_page_ready_i])
		put_host(tap, cycle, pin[PIN_mgmt_page_op_o] ? BUS_HOST_DEFLATE : BUS_HOST_INFLATE,
			 pin[PIN_mgmt_page_pfn_o]);
	if (pin[PIN_mgmt_stat_valid_o] && pin[PIN_mgmt_stat_ready_i])
		put_host(tap, cycle, BUS_HOST_STAT | pin[PIN_mgmt_stat_tag_o] << 32,
			 pin[PIN_mgmt_stat_value_o]);
	if (pin[PIN_mgmt_range_valid_o] && pin[PIN_mgmt_range_ready_i])
		put_host(tap, cycle,
			 (pin[PIN_mgmt_range_kind_o] ? BUS_HOST_REPORTED : BUS_HOST_HINTED) |
				 pin[PIN_mgmt_range_len_o] << 32,
			 pin[PIN_mgmt_range_addr_o]);
}

/* --- all together -------------------------------------------------------------------------- */

static void reset(struct pin_tap *tap, uint64_t cycle)
{
	if (!tap->in_reset)
		put_host(tap, cycle, BUS_HOST_RESET, 0);
	tap->in_reset = true;
	tap->nar = tap->naw = tap->nb = tap->nw = 0;
	tap->ndr = tap->ndw = tap->ndbeat = 0;
	for (size_t i = 0; i < tap->nout; i++)
		tap->out[i].unanswered = false; /* and never will be */
}

int pin_tap_edge(struct pin_tap *tap, uint64_t cycle, const uint64_t pin[PIN_COUNT])
{
	if (!pin[PIN_rst_ni]) {
		reset(tap, cycle);
		irqs(tap, cycle, pin);
	} else {
		tap->in_reset = false;
		host_asks(tap, cycle, pin);
		reg_read(tap, cycle, pin);
		reg_write(tap, cycle, pin);
		dma(tap, cycle, pin);
		irqs(tap, cycle, pin);
		host_is_told(tap, cycle, pin);
	}
	hand_out(tap, false);
	return tap->no_memory ? -ENOMEM : 0;
}

void pin_tap_end(struct pin_tap *tap)
{
	hand_out(tap, true);
}
