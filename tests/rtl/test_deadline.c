/* SPDX-License-Identifier: MIT */
/*
 * Whose time is it? A deadline in cycles of the driver's passes while the device is free to act,
 * and not while its clock stands or an access hangs. A trace of the session is judged alike.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/cmd_judge.h"
#include "sim/cmd_rig.h"
#include "sim/driver.h"
#include "sim/mem.h"
#include "sim/port_io.h"
#include "sim/trace_read.h"

#define RAM    (64U << 20) /* guest memory, from address 0 */
#define POOL   0x100000U
#define PFN    0x1000U
#define TARGET 300 /* pages */
#define ACTUAL 0x2004
#define LONG   300000 /* cycles: more than the 200,000 that the rule gives the driver */

/* Judged by this one rule: a driver reports the balloon's size soon. */
static const char rule[] =
	"Import \"%s\"\n"
	"Rule reports_soon {\n"
	"clause OWN-1 level MUST blame DRIVER expect \"actual is written soon\"\n"
	"Clock changed when used_idx_write if q < 2\n"
	"Clock reports when config_write if offset == 4\n"
	"Within 200000 cycles from changed to reports\n"
	"}\n";

/* What comes between the driver and its first report of the balloon's size. */
enum trouble { STUCK, RESTLESS, STOPPED, SLOW };

struct play {
	struct rig *rig;
	struct dev *dev;
	enum trouble trouble;
	bool met;
};

static const struct dev_reg actual = { .space = BUS_BAR, .size = 4, .addr = ACTUAL };

static void meet_trouble(struct play *p)
{
	p->met = true;
	if (p->trouble != SLOW)
		dev_clock(p->dev, false);
	if (p->trouble == STUCK)
		assert_int_equal(dev_write(p->dev, actual, 1), -ETIMEDOUT);
	if (p->trouble == RESTLESS) {
		assert_int_equal(dev_run(p->dev), -ETIMEDOUT);
		rig_stalled(p->rig);
	}
	if (p->trouble == STOPPED || p->trouble == SLOW)
		dev_step(p->dev, LONG);
	if (p->trouble != SLOW)
		dev_clock(p->dev, true);
}

static int port_read(void *ctx, struct dev_reg reg, uint32_t *val)
{
	return dev_read(((struct play *)ctx)->dev, reg, val);
}

static int port_write(void *ctx, struct dev_reg reg, uint32_t val)
{
	struct play *p = ctx;

	if (reg.space == BUS_BAR && reg.addr == ACTUAL && !p->met)
		meet_trouble(p);
	return dev_write(p->dev, reg, val);
}

static int port_run(void *ctx)
{
	return dev_run(((struct play *)ctx)->dev);
}

static void port_step(void *ctx, uint64_t n)
{
	dev_step(((struct play *)ctx)->dev, n);
}

static void live(struct play *p, struct mem *mem, uint8_t *ram)
{
	const struct mem_window win = { .size = RAM, .prot = MEM_R | MEM_W, .host = ram, .fd = -1 };
	struct port port = {
		.ctx = p, .read = port_read, .write = port_write, .run = port_run, .step = port_step
	};
	struct driver_io io = port_io(&port, false);
	struct driver drv;

	io.pool = ram + POOL;
	io.pool_gpa = POOL;
	io.pool_size = DRIVER_POOL;
	io.first_pfn = PFN;
	io.npfns = (RAM >> 12) - PFN;
	assert_int_equal(mem_map(mem, &win), 0);
	p->dev = rig_dev(p->rig);
	dev_set_target(p->dev, TARGET);
	assert_int_equal(driver_play(&drv, &io, driver_scenario("life")), 0);
	assert_true(p->met);
}

/* One verdict against the driver or the device, of that clause; NULL: none. */
static void expect(const json_t *report, const char *clause)
{
	const json_t *verdicts = json_object_get(json_object_get(report, "monitor"), "verdicts"),
		     *v;
	size_t i;

	assert_string_equal(json_string_value(json_object_get(report, "verdict")),
			    clause ? "violations" : "conforms");
	json_array_foreach(verdicts, i, v)
		assert_string_equal(json_string_value(json_object_get(v, "clause")), clause);
	assert_int_equal(json_array_size(verdicts), clause != NULL);
}

static void judge_again(const char *trace, const char *spec, const char *clause)
{
	struct judge_config cfg = { .name = "again", .spec = spec };
	struct trace_log log;
	struct judge *judge;
	json_t *report;

	judge = judge_new(&cfg);
	assert_non_null(judge);
	assert_int_equal(trace_load(trace, &log), 0);
	judge_log(judge, &log);
	report = judge_report(judge);
	expect(report, clause);
	json_decref(report);
	judge_free(judge);
	trace_unload(&log);
}

static void write_spec(char *path)
{
	char events[4096];
	int fd = mkstemp(path);

	assert_true(fd >= 0 && rig_find("specs/events.ccsl", events, sizeof(events)));
	assert_true(dprintf(fd, rule, events) > 0);
	close(fd);
}

static void meet(enum trouble trouble, const char *clause)
{
	char trace[] = "/tmp/vcosim-deadline-XXXXXX", spec[] = "/tmp/vcosim-deadline-XXXXXX";
	struct play p = { .trouble = trouble };
	struct rig_config cfg = { .name = "deadline",
				  .dev = { .features = DEV_FEATURES_ALL, .cycle_budget = LONG },
				  .trace = trace,
				  .spec = spec,
				  .mem = mem_new() };
	uint8_t *ram = calloc(1, RAM);
	int fd = mkstemp(trace);
	json_t *report;

	assert_true(cfg.mem && ram && fd >= 0);
	close(fd);
	write_spec(spec);
	p.rig = rig_new(&cfg);
	assert_non_null(p.rig);
	live(&p, cfg.mem, ram);
	assert_int_equal(rig_end(p.rig), 0);
	report = rig_report(p.rig);
	expect(report, clause);
	json_decref(report);
	rig_free(p.rig);
	mem_free(cfg.mem);
	free(ram);
	judge_again(trace, spec, clause);
	unlink(trace);
	unlink(spec);
}

static void a_hanging_access_is_not_the_drivers_time(void **state)
{
	(void)state;
	meet(STUCK, "HANG");
}

static void nor_is_a_device_that_does_not_come_to_rest(void **state)
{
	(void)state;
	meet(RESTLESS, "HANG");
}

static void time_stands_with_the_clock(void **state)
{
	(void)state;
	meet(STOPPED, NULL);
}

static void a_slow_driver_is_slow(void **state)
{
	(void)state;
	meet(SLOW, "OWN-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hanging_access_is_not_the_drivers_time),
		cmocka_unit_test(nor_is_a_device_that_does_not_come_to_rest),
		cmocka_unit_test(time_stands_with_the_clock),
		cmocka_unit_test(a_slow_driver_is_slow),
	};

	return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
