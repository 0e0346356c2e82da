/* SPDX-License-Identifier: MIT */
/*
 * Each rule of AXI that is watched (sim/axi): kept, nothing is said, whatever the order and
 * the pauses; broken, by the device or by the testbench, that rule is named and no other.
 * The device is tests/foreign/loose.sv, whose outputs a test sets bit by bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/axi_rules.h"
#include "sim/model.h"

/* Fields of loose.sv's strap. */
#define AR      (1ULL << 0)
#define AW      (1ULL << 1)
#define W       (1ULL << 2)
#define LAST    (1ULL << 3)
#define S_AR    (1ULL << 4) /* takes the read of a register */
#define S_AW    (1ULL << 5)
#define S_W     (1ULL << 6)
#define S_R     (1ULL << 7) /* answers it */
#define S_B     (1ULL << 8)
#define S_RERR  (1ULL << 9) /* EXOKAY */
#define ID(n)   ((uint64_t)(n) << 13)
#define SIZE(n) ((uint64_t)(n) << 17)
#define KIND(n) ((uint64_t)(n) << 20)
#define LEN(n)  ((uint64_t)((n)-1) << 24)
#define STRB(n) ((uint64_t)(n) << 32)
#define TAKES   (3ULL << 40) /* R and B ready */
#define ADDR(n) ((uint64_t)(n) << 48)
#define WORDS   (SIZE(3) | KIND(1) | STRB(0xff))

struct wires {
	struct model *model;
	const struct pins *pin;
};

static void cycle(struct wires *w, uint64_t outputs)
{
	*w->pin->strap_features_i = outputs;
	*w->pin->clk_i = 0;
	w->model->eval(w->model);
	*w->pin->clk_i = 1;
	w->model->eval(w->model);
}

static void reset(struct wires *w)
{
	*w->pin->rst_ni = 0;
	cycle(w, 0);
	cycle(w, 0);
	*w->pin->rst_ni = 1;
	cycle(w, 0);
}

static struct wires plug(void)
{
	struct wires w = { .model = model_new("loose") };

	assert_non_null(w.model);
	w.pin = &w.model->pin;
	reset(&w);
	assert_int_equal(*w.model->broken, 0);
	return w;
}

/* --- what memory and the register port's manager do --------------------------------------------
 */

static void mem_r(struct wires *w, unsigned id, uint64_t data, unsigned resp, bool last)
{
	*w->pin->m_rvalid_i = 1;
	*w->pin->m_rid_i = (uint8_t)id;
	*w->pin->m_rdata_i = data;
	*w->pin->m_rresp_i = (uint8_t)resp;
	*w->pin->m_rlast_i = last;
}

static void mem_b(struct wires *w, unsigned id, unsigned resp)
{
	*w->pin->m_bvalid_i = 1;
	*w->pin->m_bid_i = (uint8_t)id;
	*w->pin->m_bresp_i = (uint8_t)resp;
}

static void mem_takes(struct wires *w, bool ar, bool aw, bool data)
{
	*w->pin->m_arready_i = ar;
	*w->pin->m_awready_i = aw;
	*w->pin->m_wready_i = data;
}

static void mem_rests(struct wires *w)
{
	*w->pin->m_rvalid_i = *w->pin->m_bvalid_i = 0;
	mem_takes(w, false, false, false);
}

static void asks(struct wires *w, bool ar, bool aw, bool data)
{
	*w->pin->s_arvalid_i = ar;
	*w->pin->s_awvalid_i = aw;
	*w->pin->s_wvalid_i = data;
}

/* The device asks memory for that many words, and is taken at its word. */
static void read_burst(struct wires *w, unsigned id, unsigned len)
{
	mem_takes(w, true, false, false);
	cycle(w, AR | WORDS | ID(id) | LEN(len) | TAKES);
	mem_rests(w);
}

/* --- kept ----------------------------------------------------------------------------------------
 */

static void kept(void **state)
{
	struct wires w = plug();

	(void)state;
	/* An address waits; two ids are answered the other way round, data with a pause. */
	cycle(&w, AR | WORDS | LEN(2) | ADDR(0xff0));
	mem_takes(&w, true, false, false);
	cycle(&w, AR | WORDS | LEN(2) | ADDR(0xff0));
	read_burst(&w, 3, 1);
	mem_r(&w, 3, 7, 0, true);
	cycle(&w, 0);
	cycle(&w, TAKES);
	mem_r(&w, 0, 8, 0, false);
	cycle(&w, TAKES);
	mem_r(&w, 0, 9, 2, true);
	cycle(&w, TAKES);
	mem_rests(&w);
	/* Data before their address, and behind it; narrow ones; a response that waits. */
	mem_takes(&w, false, false, true);
	cycle(&w, AW | W | WORDS | LEN(2));
	cycle(&w, AW | W | LAST | WORDS | LEN(2));
	mem_takes(&w, false, true, false);
	cycle(&w, AW | WORDS | LEN(2));
	cycle(&w, AW | SIZE(1) | KIND(1) | LEN(1) | ADDR(6) | ID(1));
	mem_takes(&w, false, false, true);
	cycle(&w, W | LAST | STRB(0xc0));
	mem_rests(&w);
	mem_b(&w, 1, 0);
	cycle(&w, 0);
	cycle(&w, TAKES);
	mem_b(&w, 0, 3);
	cycle(&w, TAKES);
	mem_rests(&w);
	/* A wrapping burst, aligned, at the end of a page. */
	mem_takes(&w, true, false, false);
	cycle(&w, AR | SIZE(3) | KIND(2) | LEN(4) | ADDR(0xff8));
	mem_rests(&w);
	/* Registers: data first, then the address; a read that waits at both ends. */
	asks(&w, false, false, true);
	cycle(&w, S_W);
	asks(&w, true, true, false);
	cycle(&w, S_AW);
	asks(&w, true, false, false);
	*w.pin->s_bready_i = 1;
	cycle(&w, S_B | S_AR);
	asks(&w, false, false, false);
	cycle(&w, S_R);
	*w.pin->s_rready_i = 1;
	cycle(&w, S_R);
	cycle(&w, 0);
	assert_int_equal(*w.model->broken, 0);
	w.model->free(w.model);
}

/* --- broken: by the device
 * ------------------------------------------------------------------------ */

static void ar_withdrawn(struct wires *w)
{
	cycle(w, AR | WORDS);
	cycle(w, WORDS);
}

static void aw_changed(struct wires *w)
{
	cycle(w, AW | WORDS | ADDR(8));
	cycle(w, AW | WORDS | ADDR(16));
}

static void w_changed(struct wires *w)
{
	mem_takes(w, false, true, false);
	cycle(w, AW | W | LAST | WORDS);
	mem_rests(w);
	cycle(w, W | LAST | WORDS | ADDR(1)); /* its data */
}

static void ar_reserved(struct wires *w)
{
	cycle(w, AR | SIZE(3) | KIND(3));
}

static void aw_wraps_three(struct wires *w)
{
	cycle(w, AW | SIZE(3) | KIND(2) | LEN(3));
}

static void ar_crosses(struct wires *w)
{
	cycle(w, AR | WORDS | LEN(2) | ADDR(0xff8));
}

static void aw_crosses(struct wires *w)
{
	cycle(w, AW | WORDS | LEN(256) | ADDR(0x808));
}

static void w_ends_early(struct wires *w)
{
	mem_takes(w, false, true, true);
	cycle(w, AW | W | LAST | WORDS | LEN(2));
}

static void w_ends_early_before_its_address(struct wires *w)
{
	mem_takes(w, false, false, true);
	cycle(w, W | LAST | WORDS);
	mem_takes(w, false, true, false);
	cycle(w, AW | WORDS | LEN(2));
}

static void w_goes_on(struct wires *w)
{
	mem_takes(w, false, true, true);
	cycle(w, AW | W | WORDS | LEN(1));
}

static void w_beyond_its_lanes(struct wires *w)
{
	mem_takes(w, false, true, true);
	cycle(w, AW | W | LAST | SIZE(1) | KIND(1) | LEN(1) | ADDR(2) | STRB(0x1c));
}

static void m_in_reset(struct wires *w)
{
	*w->pin->rst_ni = 0;
	cycle(w, AW);
}

static void reg_read(struct wires *w)
{
	asks(w, true, false, false);
	cycle(w, S_AR);
	asks(w, false, false, false);
}

static void reg_write(struct wires *w)
{
	asks(w, false, true, true);
	cycle(w, S_AW | S_W);
	asks(w, false, false, false);
}

static void s_r_changed(struct wires *w)
{
	reg_read(w);
	cycle(w, S_R);
	cycle(w, S_R | ADDR(1));
}

static void s_b_withdrawn(struct wires *w)
{
	reg_write(w);
	cycle(w, S_B);
	cycle(w, 0);
}

static void s_r_unasked(struct wires *w)
{
	reg_write(w);
	cycle(w, S_R);
}

static void s_b_before_data(struct wires *w)
{
	asks(w, false, true, true);
	cycle(w, S_AW);
	asks(w, false, false, true);
	cycle(w, S_B);
}

static void s_exokay(struct wires *w)
{
	reg_read(w);
	cycle(w, S_R | S_RERR);
}

static void s_in_reset(struct wires *w)
{
	*w->pin->rst_ni = 0;
	cycle(w, S_B);
}

/* --- broken: by memory
 * ---------------------------------------------------------------------------- */

static void mem_r_changed(struct wires *w)
{
	read_burst(w, 0, 1);
	mem_r(w, 0, 1, 0, true);
	cycle(w, 0);
	mem_r(w, 0, 2, 0, true);
	cycle(w, 0);
}

static void write_word(struct wires *w)
{
	mem_takes(w, false, true, true);
	cycle(w, AW | W | LAST | WORDS);
	mem_rests(w);
}

static void mem_b_withdrawn(struct wires *w)
{
	write_word(w);
	mem_b(w, 0, 0);
	cycle(w, 0);
	mem_rests(w);
	cycle(w, 0);
}

static void mem_r_of_another_id(struct wires *w)
{
	read_burst(w, 2, 1);
	mem_r(w, 1, 0, 0, true);
	cycle(w, TAKES);
}

static void mem_b_twice(struct wires *w)
{
	write_word(w);
	mem_b(w, 0, 0);
	cycle(w, TAKES);
	cycle(w, TAKES);
}

static void mem_b_early(struct wires *w)
{
	mem_takes(w, false, true, true);
	cycle(w, AW | W | WORDS | LEN(2));
	mem_rests(w);
	mem_b(w, 0, 0);
	cycle(w, TAKES);
}

static void mem_r_ends_early(struct wires *w)
{
	read_burst(w, 0, 2);
	mem_r(w, 0, 0, 0, true);
	cycle(w, 0);
}

static void mem_exokay(struct wires *w)
{
	write_word(w);
	mem_b(w, 0, 1);
	cycle(w, 0);
}

static void mem_in_reset(struct wires *w)
{
	*w->pin->rst_ni = 0;
	mem_r(w, 0, 0, 0, true);
	cycle(w, 0);
}

/* --- broken: by the register port's manager
 * --------------------------------------------------------- */

static void drv_ar_withdrawn(struct wires *w)
{
	asks(w, true, false, false);
	cycle(w, 0);
	asks(w, false, false, false);
	cycle(w, 0);
}

static void drv_aw_changed(struct wires *w)
{
	asks(w, false, true, false);
	cycle(w, 0);
	*w->pin->s_awuser_i ^= 1;
	cycle(w, 0);
}

static void drv_w_changed(struct wires *w)
{
	asks(w, false, false, true);
	cycle(w, 0);
	*w->pin->s_wstrb_i ^= 1;
	cycle(w, 0);
}

static void drv_in_reset(struct wires *w)
{
	*w->pin->rst_ni = 0;
	asks(w, true, false, false);
	cycle(w, 0);
}

static void each_is_named(void **state)
{
	static const struct {
		void (*breaks)(struct wires *w);
		const char *rule;
	} all[] = {
		{ ar_withdrawn, "dma-ar-stable" },
		{ aw_changed, "dma-aw-stable" },
		{ w_changed, "dma-w-stable" },
		{ ar_reserved, "dma-ar-burst" },
		{ aw_wraps_three, "dma-aw-burst" },
		{ ar_crosses, "dma-ar-4k" },
		{ aw_crosses, "dma-aw-4k" },
		{ w_ends_early, "dma-w-last" },
		{ w_ends_early_before_its_address, "dma-w-last" },
		{ w_goes_on, "dma-w-last" },
		{ w_beyond_its_lanes, "dma-w-lanes" },
		{ m_in_reset, "dma-reset" },
		{ s_r_changed, "reg-r-stable" },
		{ s_b_withdrawn, "reg-b-stable" },
		{ s_r_unasked, "reg-r-due" },
		{ s_b_before_data, "reg-b-due" },
		{ s_exokay, "reg-resp" },
		{ s_in_reset, "reg-reset" },
		{ mem_r_changed, "mem-r-stable" },
		{ mem_b_withdrawn, "mem-b-stable" },
		{ mem_r_of_another_id, "mem-r-due" },
		{ mem_b_twice, "mem-b-due" },
		{ mem_b_early, "mem-b-due" },
		{ mem_r_ends_early, "mem-r-last" },
		{ mem_exokay, "mem-resp" },
		{ mem_in_reset, "mem-reset" },
		{ drv_ar_withdrawn, "drv-ar-stable" },
		{ drv_aw_changed, "drv-aw-stable" },
		{ drv_w_changed, "drv-w-stable" },
		{ drv_in_reset, "drv-reset" },
	};
	uint32_t seen = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct wires w = plug();
		uint32_t broken;

		all[i].breaks(&w);
		broken = *w.model->broken;
		for (unsigned n = 0; n < 32; n++)
			if (broken >> n & 1)
				assert_string_equal(axi_rule(n)->name, all[i].rule);
		if (!broken)
			fail_msg("%s: broken, and nothing said", all[i].rule);
		seen |= broken;
		/* A reset of the device forgives nothing. */
		*w.pin->rst_ni = 0;
		mem_rests(&w);
		asks(&w, false, false, false);
		cycle(&w, 0);
		assert_int_equal(*w.model->broken, broken);
		w.model->free(w.model);
	}
	assert_int_equal(seen, (1U << AXI_RULES) - 1);
}

/* Two models at once, the first one gone first: each has its own. */
static void each_model_its_own(void **state)
{
	struct wires a = plug(), b = plug();

	(void)state;
	ar_withdrawn(&a);
	assert_int_not_equal(*a.model->broken, 0);
	assert_int_equal(*b.model->broken, 0);
	a.model->free(a.model);
	b.model->free(b.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kept), cmocka_unit_test(each_is_named),
					    cmocka_unit_test(each_model_its_own) };

	return cmocka_run_group_tests_name("rtl/axi_rules", tests, NULL, NULL);
}
