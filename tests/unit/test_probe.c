/* SPDX-License-Identifier: MIT */
/* The probe on a port: guests that poll, devices that do not come to rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "bridge/probe.h"

#define MS 1000000ULL

/* cmocka runs tests one by one in one thread; the clock has no context of its own. */
static uint64_t clock_ns;

static uint64_t now(void)
{
	return clock_ns;
}

struct fixture {
	uint32_t val;
	int run;
	unsigned spins, overs, stalls, ran;
	struct probe_spin last;
	struct probe *probe;
	struct port port;
};

static int dev_get(void *ctx, struct dev_reg reg, uint32_t *val)
{
	(void)reg;
	*val = ((struct fixture *)ctx)->val;
	return 0;
}

static int dev_put(void *ctx, struct dev_reg reg, uint32_t val)
{
	(void)ctx;
	(void)reg;
	(void)val;
	return 0;
}

static int dev_go(void *ctx)
{
	return ((struct fixture *)ctx)->run;
}

static void dev_zero(void *ctx)
{
	((struct fixture *)ctx)->run = 0;
}

static void on_ran(void *ctx)
{
	((struct fixture *)ctx)->ran++;
}

static void on_stalled(void *ctx, uint64_t ns)
{
	(void)ns;
	((struct fixture *)ctx)->stalls++;
}

static void on_spin(void *ctx, const struct probe_spin *spin)
{
	struct fixture *f = ctx;

	f->spins += !spin->over;
	f->overs += spin->over;
	f->last = *spin;
}

static void open_probe(struct fixture *f)
{
	const struct port inner = {
		.ctx = f, .read = dev_get, .write = dev_put, .run = dev_go, .reset = dev_zero
	};
	const struct probe_config cfg = {
		.ctx = f, .ran = on_ran, .stalled = on_stalled, .spin = on_spin, .now = now
	};

	*f = (struct fixture){ .val = 0x0b };
	f->probe = probe_new(&inner, &cfg);
	assert_non_null(f->probe);
	f->port = probe_port(f->probe);
}

static const struct dev_reg status = { .space = BUS_BAR, .size = 1, .addr = 0x14 };

/* n reads of the status, each so long after the one before. */
static void poll_status(struct fixture *f, unsigned n, uint64_t ns)
{
	uint32_t val;

	for (unsigned i = 0; i < n; i++, clock_ns += ns)
		assert_int_equal(f->port.read(f->port.ctx, status, &val), 0);
}

static void polling_is_told_after_a_second_and_when_over(void **state)
{
	struct fixture f;
	uint32_t val;

	(void)state;
	open_probe(&f);
	poll_status(&f, 100, 10 * MS); /* the last of them 990 ms after the first */
	assert_int_equal(f.spins, 0);
	poll_status(&f, 211, 10 * MS);
	assert_int_equal(f.spins, 1);
	assert_int_equal(f.overs, 0);
	f.val = 0x0f;
	assert_int_equal(f.port.read(f.port.ctx, status, &val), 0);
	assert_int_equal(f.overs, 1);
	assert_true(f.last.over);
	assert_int_equal(f.last.val, 0x0b);
	assert_int_equal(f.last.count, 311);
	assert_int_equal(f.last.ns, 3100 * MS);
	assert_int_equal(f.last.reg.addr, 0x14);
	probe_free(f.probe);
}

static void a_few_slow_reads_are_no_polling(void **state)
{
	struct fixture f;

	(void)state;
	open_probe(&f);
	poll_status(&f, PROBE_SPIN_COUNT - 1, 1000 * MS);
	assert_int_equal(f.spins, 0);
	probe_free(f.probe);
}

static void anything_else_in_between_begins_anew(void **state)
{
	struct fixture f;

	(void)state;
	open_probe(&f);
	for (unsigned i = 0; i < 50; i++) {
		poll_status(&f, 50, 10 * MS);
		assert_int_equal(f.port.write(f.port.ctx, status, 1), 0);
	}
	assert_int_equal(f.spins + f.overs, 0);
	probe_free(f.probe);
}

static void a_guest_that_goes_polls_no_more(void **state)
{
	struct fixture f;

	(void)state;
	open_probe(&f);
	poll_status(&f, 200, 10 * MS);
	probe_flush(f.probe);
	probe_flush(f.probe);
	assert_int_equal(f.overs, 1);
	probe_free(f.probe);
}

static void a_stall_is_told_once_a_reset(void **state)
{
	struct fixture f;

	(void)state;
	open_probe(&f);
	f.run = -ETIMEDOUT;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(f.port.run(f.port.ctx), -ETIMEDOUT);
	assert_int_equal(f.stalls, 1);
	assert_int_equal(f.ran, 3);
	f.port.reset(f.port.ctx);
	f.run = -EAGAIN;
	assert_int_equal(f.port.run(f.port.ctx), -EAGAIN);
	assert_int_equal(f.stalls, 1);
	f.run = -ETIMEDOUT;
	assert_int_equal(f.port.run(f.port.ctx), -ETIMEDOUT);
	assert_int_equal(f.stalls, 2);
	probe_free(f.probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polling_is_told_after_a_second_and_when_over),
		cmocka_unit_test(a_few_slow_reads_are_no_polling),
		cmocka_unit_test(anything_else_in_between_begins_anew),
		cmocka_unit_test(a_guest_that_goes_polls_no_more),
		cmocka_unit_test(a_stall_is_told_once_a_reset),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
