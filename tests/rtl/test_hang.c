/* SPDX-License-Identifier: MIT */
/*
 * RTL that does not answer in time, behind the server: the peer gets all ones, the session
 * goes on, and the bus shows which register it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "bridge/backend_dev.h"
#include "sim/dev.h"
#include "sim/observer.h"
#include "tests/lib/peer.h"

#define STATUS 0x14

/* RTL whose register port is deaf while `stuck`: a cycle budget that no access can keep. */
struct stuck {
	struct dev *dev, *slow; /* the same device, once more with a budget of one cycle */
	struct port real;
	bool stuck;
	struct bus_rec last;
	unsigned hangs;
	struct mem *mem;
	struct backend_dev *bd;
	struct peer peer;
};

static void on_rec(void *ctx, const struct bus_rec *rec)
{
	struct stuck *s = ctx;

	if (rec->resp != BUS_HANG)
		return;
	s->last = *rec;
	s->hangs++;
}

static int do_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	struct stuck *s = ctx;

	return dev_read(s->stuck ? s->slow : s->dev, reg, val);
}

static int do_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	struct stuck *s = ctx;

	return dev_write(s->stuck ? s->slow : s->dev, reg, val);
}

static int do_run(void *ctx)
{
	struct stuck *s = ctx;

	return s->stuck ? -ETIMEDOUT : dev_run(s->dev);
}

static void do_reset(void *ctx)
{
	struct stuck *s = ctx;

	dev_reset(s->dev);
	dev_reset(s->slow);
}

static int set_up(void **state)
{
	static struct stuck s;
	const struct dev_sink sink = { .ctx = &s, .rec = on_rec };
	const struct dev_config patient = { .features = DEV_FEATURES_ALL };
	const struct dev_config hasty = { .features = DEV_FEATURES_ALL, .cycle_budget = 1 };
	const struct port port = {
		.ctx = &s, .read = do_read, .write = do_write, .run = do_run, .reset = do_reset
	};
	const char *err;

	memset(&s, 0, sizeof(s));
	s.mem = mem_new();
	s.dev = dev_new(&patient, s.mem, &sink, &err);
	s.slow = dev_new(&hasty, s.mem, &sink, &err);
	s.bd = backend_dev_new(&port, NULL);
	assert_non_null(s.bd);
	peer_open(&s.peer, backend_dev_get(s.bd));
	peer_connect(&s.peer);
	peer_hello(&s.peer);
	peer_write(&s.peer, VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 2); /* memory space on */
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct stuck *s = *state;

	peer_close(&s->peer);
	backend_dev_free(s->bd);
	dev_free(s->dev);
	dev_free(s->slow);
	mem_free(s->mem);
	return 0;
}

static uint32_t get(struct stuck *s, unsigned size)
{
	return peer_read(&s->peer, VFIO_PCI_BAR0_REGION_INDEX, STATUS, size);
}

static void a_stuck_read_is_all_ones(void **state)
{
	struct stuck *s = *state;

	assert_int_equal(get(s, 1), 0);
	s->stuck = true;
	assert_int_equal(get(s, 1), 0xff);
	assert_int_equal(s->hangs, 1);
	assert_int_equal(s->last.space, BUS_BAR);
	assert_int_equal(s->last.addr, STATUS);
	assert_int_equal(s->last.op, BUS_READ);
	assert_int_equal(backend_dev_hangs(s->bd), 1);
	assert_int_equal(s->peer.lines, 1); /* said once, then counted */
	assert_int_equal(get(s, 1), 0xff);
	assert_int_equal(s->peer.lines, 1);
}

static void the_session_goes_on(void **state)
{
	struct stuck *s = *state;

	s->stuck = true;
	peer_write(&s->peer, VFIO_PCI_BAR0_REGION_INDEX, STATUS, 1, 1);
	assert_int_equal(s->last.op, BUS_WRITE);
	assert_int_equal(get(s, 1), 0xff);
	s->stuck = false;
	peer_write(&s->peer, VFIO_PCI_BAR0_REGION_INDEX, STATUS, 1, 1);
	assert_int_equal(get(s, 1), 1);
}

static void the_next_client_has_a_device(void **state)
{
	struct stuck *s = *state;

	s->stuck = true;
	assert_int_equal(get(s, 1), 0xff);
	peer_disconnect(&s->peer);
	s->stuck = false;
	peer_connect(&s->peer);
	peer_hello(&s->peer);
	peer_write(&s->peer, VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 2);
	assert_int_equal(get(s, 1), 0);
}

/* What a report says of it: the state of the port, in words. */
static void the_pins_tell(void **state)
{
	struct stuck *s = *state;
	char text[200];

	assert_non_null(strstr(dev_ports_str(s->dev, text, sizeof(text)), "register port: idle"));
	s->stuck = true;
	get(s, 1);
	assert_null(strstr(dev_ports_str(s->slow, text, sizeof(text)), "register port: idle"));
	assert_non_null(strstr(text, "read address"));
	peer_disconnect(&s->peer);
	s->stuck = false;
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(a_stuck_read_is_all_ones),
		WITH(the_session_goes_on),
		WITH(the_next_client_has_a_device),
		WITH(the_pins_tell),
	};

	return cmocka_run_group_tests_name("hang", tests, NULL, NULL);
}
