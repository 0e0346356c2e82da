/* SPDX-License-Identifier: MIT */
/* The memory behind the manager port, driven pin by pin: lanes, bursts, errors, waiting. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/axi_mem.h"
#include "sim/mem.h"

/* Storage behind the pins. */
struct board {
#define P(type, name) type name;
	PINS(P)
#undef P
	struct pins pins;
	struct mem *mem;
	struct axi_mem am;
	uint64_t cycle;
	struct bus_rec rec[600];
	unsigned nrec;
	uint8_t bytes[8192];
};

static void take(void *ctx, const struct bus_rec *rec)
{
	struct board *b = ctx;

	assert_true(b->nrec < 600);
	b->rec[b->nrec++] = *rec;
}

static int setup(void **state)
{
	static struct board b;
	struct mem_window win = { .gpa = 0x1000,
				  .size = sizeof(b.bytes),
				  .prot = MEM_R | MEM_W,
				  .host = b.bytes,
				  .fd = -1 };

	memset(&b, 0, sizeof(b));
#define P(type, name) b.pins.name = &b.name;
	PINS(P)
#undef P
	for (unsigned i = 0; i < sizeof(b.bytes); i++)
		b.bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	b.mem = mem_new();
	mem_map(b.mem, &win);
	b.am = (struct axi_mem){ .mem = b.mem, .rec = take, .ctx = &b };
	b.m_rready_o = b.m_bready_o = 1;
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	struct board *b = *state;

	mem_free(b->mem);
	return 0;
}

static void cycle(struct board *b)
{
	axi_mem_drive(&b->am, &b->pins, b->cycle++);
	axi_mem_sample(&b->am, &b->pins);
}

static void send_ar(struct board *b, uint64_t addr, unsigned beats, unsigned size, unsigned id)
{
	b->m_arvalid_o = 1;
	b->m_araddr_o = addr;
	b->m_arlen_o = (uint8_t)(beats - 1);
	b->m_arsize_o = (uint8_t)size;
	b->m_arburst_o = 1;
	b->m_arid_o = (uint8_t)id;
	do
		cycle(b);
	while (!b->m_arready_i);
	b->m_arvalid_o = 0;
}

static void bursts_carry_their_lanes(void **state)
{
	struct board *b = *state;
	uint64_t want;

	send_ar(b, 0x1003, 3, 3, 5); /* unaligned start: lanes 3..7, then whole beats */
	for (unsigned i = 0; i < 10; i++)
		cycle(b);
	assert_int_equal(b->nrec, 3);
	assert_int_equal(b->rec[0].addr, 0x1000);
	assert_int_equal(b->rec[0].be, 0xf8);
	assert_int_equal(b->rec[1].addr, 0x1008);
	assert_int_equal(b->rec[1].be, 0xff);
	memcpy(&want, b->bytes + 16, 8);
	assert_true(b->rec[2].data == want);
	assert_int_equal(b->rec[2].flags, BUS_F_LAST);
	assert_int_equal(b->rec[0].index, 5);
	memcpy((uint8_t *)&want + 3, b->bytes + 3, 5);
	assert_true(b->rec[0].data >> 24 == want >> 24);
	assert_true(axi_mem_idle(&b->am));
}

static void narrow_reads(void **state)
{
	struct board *b = *state;

	send_ar(b, 0x1006, 1, 1, 0);
	for (unsigned i = 0; i < 5; i++)
		cycle(b);
	assert_int_equal(b->nrec, 1);
	assert_int_equal(b->rec[0].addr, 0x1000);
	assert_int_equal(b->rec[0].be, 0xc0);
	assert_int_equal(b->rec[0].data >> 48, b->bytes[6] | b->bytes[7] << 8);
}

static void only_beats_outside_err(void **state)
{
	struct board *b = *state;

	send_ar(b, 0x1000 + sizeof(b->bytes) - 16, 4, 3, 0);
	for (unsigned i = 0; i < 10; i++)
		cycle(b);
	assert_int_equal(b->nrec, 4);
	assert_int_equal(b->rec[1].resp, BUS_OKAY);
	assert_int_equal(b->rec[2].resp, BUS_DECERR);
	assert_int_equal(b->rec[2].data, 0);
	assert_int_equal(b->rec[3].resp, BUS_DECERR);
}

static void longest_burst(void **state)
{
	struct board *b = *state;

	send_ar(b, 0x1000, 256, 3, 0);
	for (unsigned i = 0; i < 300; i++)
		cycle(b);
	assert_int_equal(b->nrec, 256);
	for (unsigned i = 0; i < 256; i++)
		assert_memory_equal(&b->rec[i].data, b->bytes + 8 * i, 8);
}

static void no_ready_no_beat(void **state)
{
	struct board *b = *state;

	b->m_rready_o = 0;
	send_ar(b, 0x1000, 2, 3, 0);
	for (unsigned i = 0; i < 5; i++)
		cycle(b);
	assert_int_equal(b->nrec, 0);
	assert_int_equal(b->m_rvalid_i, 1);
	b->m_rready_o = 1;
	for (unsigned i = 0; i < 2; i++)
		cycle(b);
	assert_int_equal(b->nrec, 2);
}

static void send_aw(struct board *b, uint64_t addr, unsigned beats)
{
	b->m_awvalid_o = 1;
	b->m_awaddr_o = addr;
	b->m_awlen_o = (uint8_t)(beats - 1);
	b->m_awsize_o = 3;
	b->m_awburst_o = 1;
	b->m_awid_o = 2;
	do
		cycle(b);
	while (!b->m_awready_i);
	b->m_awvalid_o = 0;
}

static void send_w(struct board *b, uint64_t data, uint8_t strb, bool last)
{
	b->m_wvalid_o = 1;
	b->m_wdata_o = data;
	b->m_wstrb_o = strb;
	b->m_wlast_o = last;
	do
		cycle(b);
	while (!b->m_wready_i);
	b->m_wvalid_o = 0;
}

static void strobes_choose_bytes(void **state)
{
	struct board *b = *state;
	uint8_t before[16];

	memcpy(before, b->bytes, 16);
	b->m_bready_o = 0;
	send_aw(b, 0x1000, 2);
	send_w(b, 0x1122334455667788ULL, 0xa5, false);
	send_w(b, UINT64_MAX, 0x80, true);
	for (unsigned i = 0; i < 3; i++)
		cycle(b);
	assert_int_equal(b->m_bvalid_i, 1);
	assert_int_equal(b->m_bid_i, 2);
	assert_int_equal(b->m_bresp_i, BUS_OKAY);
	assert_int_equal(b->bytes[0], 0x88);
	assert_int_equal(b->bytes[1], before[1]);
	assert_int_equal(b->bytes[2], 0x66);
	assert_int_equal(b->bytes[5], 0x33);
	assert_int_equal(b->bytes[7], 0x11);
	assert_int_equal(b->bytes[14], before[14]);
	assert_int_equal(b->bytes[15], 0xff);
	/* Bytes that are not enabled read as zero in the record. */
	assert_true(b->rec[0].data == 0x1100330000660088ULL);
	assert_int_equal(b->rec[0].be, 0xa5);
	b->m_bready_o = 1;
	cycle(b);
	assert_true(axi_mem_idle(&b->am));
}

static void writes_outside_err(void **state)
{
	struct board *b = *state;

	b->m_bready_o = 0;
	send_aw(b, 0x0ff8, 2); /* the first beat below the window, the second in it */
	send_w(b, 1, 0xff, false);
	send_w(b, 2, 0xff, true);
	cycle(b);
	assert_int_equal(b->m_bresp_i, BUS_DECERR);
	assert_int_equal(b->rec[0].resp, BUS_DECERR);
	assert_int_equal(b->rec[1].resp, BUS_OKAY);
	assert_int_equal(b->bytes[0], 2);
}

/* A window that is there at the third request for the same bytes. */
struct slow {
	unsigned asked;
	uint64_t gpa;
	uint8_t last;
};

static int slow_ready(struct slow *s, uint64_t gpa)
{
	if (s->gpa != gpa)
		s->asked = 0;
	s->gpa = gpa;
	if (++s->asked < 3)
		return -EAGAIN;
	s->asked = 0;
	return 0;
}

static int slow_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	memset(buf, 0x5a, len);
	return slow_ready(ctx, gpa);
}

static int slow_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
	struct slow *s = ctx;

	s->last = ((const uint8_t *)buf)[len - 1];
	return slow_ready(s, gpa);
}

static void messages_wait(void **state)
{
	static const struct mem_ops ops = { .read = slow_read, .write = slow_write };
	struct board *b = *state;
	struct slow slow = { 0 };
	struct mem_window win = { .gpa = 0x100000,
				  .size = 0x1000,
				  .prot = MEM_R | MEM_W,
				  .fd = -1,
				  .ops = &ops,
				  .ctx = &slow };

	mem_map(b->mem, &win);
	b->am.hold_messages = true; /* a register access is owed its answer */
	send_ar(b, 0x100000, 2, 3, 0);
	for (unsigned i = 0; i < 5; i++)
		cycle(b);
	assert_int_equal(slow.asked, 0);
	assert_false(b->am.waiting);
	b->am.hold_messages = false;
	cycle(b);
	assert_true(b->am.waiting);
	assert_int_equal(b->nrec, 0);
	for (unsigned i = 0; i < 6; i++)
		cycle(b);
	assert_false(b->am.waiting);
	assert_int_equal(b->nrec, 2);
	assert_true(b->rec[1].data == 0x5a5a5a5a5a5a5a5aULL);

	send_aw(b, 0x100010, 2);
	send_w(b, 0x01, 0xff, false);
	send_w(b, 0x0200000000000000ULL, 0xff, true);
	for (unsigned i = 0; i < 10; i++)
		cycle(b);
	assert_int_equal(b->nrec, 4);
	assert_int_equal(b->rec[3].addr, 0x100018);
	assert_int_equal(slow.last, 0x02);
	assert_true(axi_mem_idle(&b->am));
}

static int refuse_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
	int err = slow_ready(ctx, gpa ^ len); /* another length is another request */

	(void)buf;
	return err ? err : -EFAULT;
}

/* A peer that answers with an error, after a while, beat after beat: DECERR, no livelock. */
static void refused_messages_end(void **state)
{
	static const struct mem_ops ops = { .read = refuse_read, .write = slow_write };
	struct board *b = *state;
	struct slow slow = { 0 };
	struct mem_window win = { .gpa = 0x100000,
				  .size = 0x1000,
				  .prot = MEM_R | MEM_W,
				  .fd = -1,
				  .ops = &ops,
				  .ctx = &slow };

	mem_map(b->mem, &win);
	send_ar(b, 0x100000, 4, 3, 0);
	for (unsigned i = 0; i < 40; i++)
		cycle(b);
	assert_int_equal(b->nrec, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(b->rec[i].resp, BUS_DECERR);
	assert_true(axi_mem_idle(&b->am));
}

static void many_bursts_in_order(void **state)
{
	struct board *b = *state;

	b->m_rready_o = 0;
	for (unsigned i = 0; i < AXI_MEM_DEPTH; i++)
		send_ar(b, 0x1000 + 64 * i, 1, 3, i);
	cycle(b);
	assert_int_equal(b->m_arready_i, 0); /* full */
	b->m_rready_o = 1;
	for (unsigned i = 0; i < 20; i++)
		cycle(b);
	assert_int_equal(b->nrec, AXI_MEM_DEPTH);
	for (unsigned i = 0; i < AXI_MEM_DEPTH; i++)
		assert_int_equal(b->rec[i].index, i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bursts_carry_their_lanes, setup, teardown),
		cmocka_unit_test_setup_teardown(narrow_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(only_beats_outside_err, setup, teardown),
		cmocka_unit_test_setup_teardown(longest_burst, setup, teardown),
		cmocka_unit_test_setup_teardown(no_ready_no_beat, setup, teardown),
		cmocka_unit_test_setup_teardown(strobes_choose_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_outside_err, setup, teardown),
		cmocka_unit_test_setup_teardown(messages_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_messages_end, setup, teardown),
		cmocka_unit_test_setup_teardown(many_bursts_in_order, setup, teardown),
	};

	return cmocka_run_group_tests_name("axi", tests, NULL, NULL);
}
