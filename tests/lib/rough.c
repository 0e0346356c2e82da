/* SPDX-License-Identifier: MIT */
#include "tests/lib/rough.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/axi_rules.h"
#include "sim/model.h"

#define PATIENCE    4000 /* cycles without a beat, page or message */
#define REST_CYCLES 24

#define NOW(r) ((unsigned long long)dev_cycle((r)->dev))

/* splitmix64 */
uint32_t rough_rand(struct rough *r, uint32_t below)
{
	uint64_t z = r->rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)(((z ^ z >> 31) >> 32) * below >> 32);
}

/* --- what the device does ------------------------------------------------------------------ */

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct rough *r = ctx;

	if (rec->space != BUS_DMA)
		return;
	r->bad += rec->resp != BUS_OKAY;
	r->reads += rec->op == BUS_READ;
	r->writes += rec->op == BUS_WRITE && rec->be; /* a burst cut short is filled with none */
	if (r->dma)
		r->dma(r->ctx, rec);
}

static void on_page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	struct rough *r = ctx;

	r->pages++;
	if (r->page)
		r->page(r->ctx, dir, pfn);
}

static void on_msix(void *ctx, unsigned vector)
{
	struct rough *r = ctx;

	(void)vector;
	r->messages++;
}

static void on_broken(void *ctx, unsigned rule)
{
	struct rough *r = ctx;
	const struct axi_rule *what = axi_rule(rule);

	fail_msg("cycle %llu: AXI %s, %s: expected that %s", NOW(r), what->section, what->name,
		 what->text);
}

static void offer(struct rough *r, enum rough_offer what, bool valid, bool ready, uint64_t a,
		  uint64_t b)
{
	static const char *const names[] = { "read burst", "write burst", "MSI-X message",
					     "page",       "statistic",   "range" };
	struct rough_held *last = &r->last[what];

	if (last->held && !valid)
		fail_msg("cycle %llu: %s withdrawn", NOW(r), names[what]);
	if (last->held && (a != last->a || b != last->b))
		fail_msg("cycle %llu: %s changed", NOW(r), names[what]);
	if (valid && !last->held && !r->mastering && what <= ROUGH_MESSAGE)
		fail_msg("cycle %llu: %s without bus mastering", NOW(r), names[what]);
	*last = (struct rough_held){ a, b, valid && !ready };
}

static void on_look(void *ctx, struct model *model, uint64_t cycle, bool high)
{
	const struct pins *pin = &model->pin;
	struct rough *r = ctx;

	(void)cycle;
	if (high)
		return;
	r->pin = pin;
	if (!*pin->rst_ni) {
		memset(r->last, 0, sizeof(r->last));
		r->flying = 0;
		return;
	}
	if (!*pin->busy_o && r->flying)
		fail_msg("cycle %llu: not busy with a burst in flight", NOW(r));
	r->flying += *pin->m_arvalid_o && *pin->m_arready_i;
	r->flying += *pin->m_awvalid_o && *pin->m_awready_i;
	r->flying -= *pin->m_rvalid_i && *pin->m_rready_o && *pin->m_rlast_i;
	r->flying -= *pin->m_bvalid_i && *pin->m_bready_o;
	offer(r, ROUGH_AR, *pin->m_arvalid_o, *pin->m_arready_i, *pin->m_araddr_o, *pin->m_arlen_o);
	offer(r, ROUGH_AW, *pin->m_awvalid_o, *pin->m_awready_i, *pin->m_awaddr_o, *pin->m_awlen_o);
	offer(r, ROUGH_MESSAGE, *pin->msix_valid_o, *pin->msix_ready_i, *pin->msix_addr_o,
	      (uint64_t)*pin->msix_vector_o << 32 | *pin->msix_data_o);
	offer(r, ROUGH_PAGE, *pin->mgmt_page_valid_o, *pin->mgmt_page_ready_i,
	      *pin->mgmt_page_pfn_o, *pin->mgmt_page_op_o);
	offer(r, ROUGH_STAT, *pin->mgmt_stat_valid_o, *pin->mgmt_stat_ready_i,
	      *pin->mgmt_stat_tag_o, *pin->mgmt_stat_value_o);
	offer(r, ROUGH_RANGE, *pin->mgmt_range_valid_o, *pin->mgmt_range_ready_i,
	      *pin->mgmt_range_addr_o,
	      (uint64_t)*pin->mgmt_range_len_o << 1 | *pin->mgmt_range_kind_o);
	if (r->cycle)
		r->cycle(r->ctx);
}

/* --- making --------------------------------------------------------------------------------- */

struct rough *rough_new(const char *dut, uint64_t seed, const struct skew *skew)
{
	struct rough *r = calloc(1, sizeof(*r));
	struct dev_config cfg = { .dut = dut, .features = DEV_FEATURES_ALL, .skew = *skew };
	struct dev_sink sink = {
		.ctx = r, .rec = on_rec, .msix = on_msix, .page = on_page, .broken = on_broken
	};
	struct mem_window win = {
		.gpa = ROUGH_RAM, .size = ROUGH_RAM_SIZE, .prot = MEM_R | MEM_W, .fd = -1
	};
	const char *err = NULL;

	assert_non_null(r);
	r->rng = r->seed = seed;
	r->mem = mem_new();
	win.host = r->ram;
	assert_int_equal(mem_map(r->mem, &win), 0);
	r->dev = dev_new(&cfg, r->mem, &sink, &err);
	if (!r->dev)
		fail_msg("dev_new: %s", err);
	dev_watch(r->dev, on_look, r);
	return r;
}

void rough_free(struct rough *r)
{
	dev_free(r->dev);
	mem_free(r->mem);
	free(r);
}

/* --- driving -------------------------------------------------------------------------------- */

static uint64_t doings(const struct rough *r)
{
	return r->reads + r->writes + r->pages + r->messages;
}

/* What a device at rest has not begun it does not begin by itself. */
static void check_rest(struct rough *r)
{
	uint64_t before = doings(r);

	dev_step(r->dev, REST_CYCLES);
	if (doings(r) != before)
		fail_msg("cycle %llu: it was at rest, and goes on", NOW(r));
}

bool rough_settle(struct rough *r)
{
	for (;;) {
		uint64_t before = doings(r);

		if (!dev_run_for(r->dev, PATIENCE)) {
			check_rest(r);
			return true;
		}
		if (doings(r) == before)
			return false;
	}
}

int rough_try(struct rough *r, enum bus_op op, struct dev_reg reg, uint32_t *val)
{
	return op == BUS_READ ? dev_read(r->dev, reg, val) : dev_write(r->dev, reg, *val);
}

uint32_t rough_read(struct rough *r, enum bus_space space, uint32_t off, unsigned size)
{
	uint32_t val = 0;

	assert_int_equal(
		rough_try(r, BUS_READ, (struct dev_reg){ space, 0, (uint8_t)size, off }, &val), 0);
	return val;
}

void rough_write(struct rough *r, enum bus_space space, uint32_t off, unsigned size, uint32_t val)
{
	assert_int_equal(
		rough_try(r, BUS_WRITE, (struct dev_reg){ space, 0, (uint8_t)size, off }, &val), 0);
}

void rough_poke(struct rough *r, uint64_t gpa, const void *buf, unsigned len)
{
	assert_true(gpa >= ROUGH_RAM && gpa + len <= ROUGH_RAM + ROUGH_RAM_SIZE);
	memcpy(r->ram + (gpa - ROUGH_RAM), buf, len);
}

void rough_peek(struct rough *r, uint64_t gpa, void *buf, unsigned len)
{
	assert_true(gpa >= ROUGH_RAM && gpa + len <= ROUGH_RAM + ROUGH_RAM_SIZE);
	memcpy(buf, r->ram + (gpa - ROUGH_RAM), len);
}
