/* SPDX-License-Identifier: MIT */
/* Text of ftrace: lines, and what the calls in them mean for a bus. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/ftrace.h"
#include "sim/ftrace_bus.h"

/* --- lines ----------------------------------------------------------------------------------- */

/* What a line says, in words: kind cpu pid time func caller fields. */
static const char *read_line(struct ftrace *ft, const char *text)
{
	static char out[400];
	static const char *const kinds[] = { "nothing", "call",  "exit", "enter",
					     "return",  "event", "lost", "remark" };
	char copy[400], why[FTRACE_WHY] = "";
	struct ftrace_line line;
	int n;

	snprintf(copy, sizeof(copy), "%s", text);
	if (ftrace_read(ft, copy, &line, why)) {
		snprintf(out, sizeof(out), "wrong: %s", why);
		return out;
	}
	n = snprintf(out, sizeof(out), "%s", kinds[line.kind]);
	if (line.kind == FTRACE_NOTHING)
		return out;
	n += snprintf(out + n, sizeof(out) - n, " %u %d", line.cpu, line.pid);
	if (line.timed)
		n += snprintf(out + n, sizeof(out) - n, " @%llu", (unsigned long long)line.time);
	if (line.lost)
		n += snprintf(out + n, sizeof(out) - n, " lost %llu",
			      (unsigned long long)line.lost);
	if (line.event[0])
		n += snprintf(out + n, sizeof(out) - n, " %s:", line.event);
	if (line.func[0])
		n += snprintf(out + n, sizeof(out) - n, " %s", line.func);
	if (line.caller[0])
		n += snprintf(out + n, sizeof(out) - n, " < %s", line.caller);
	for (unsigned i = 0; i < line.nfields; i++)
		n += snprintf(out + n, sizeof(out) - n, " %s=%llu", line.field[i].name,
			      (unsigned long long)line.field[i].value);
	return out;
}

static void expect_lines(const char *const *pairs)
{
	struct ftrace *ft = ftrace_new();

	for (; *pairs; pairs += 2)
		assert_string_equal(read_line(ft, pairs[0]), pairs[1]);
	ftrace_free(ft);
}

static void test_plain(void **state)
{
	static const char *const lines[] = {
		"", "nothing", "# tracer: function", "nothing", "##### CPU 1 buffer started ####",
		"nothing",
		"          insmod-98      [001] d..1.    12.345678: vp_reset "
		"<-register_virtio_device",
		"call 1 98 @12345678000 vp_reset < register_virtio_device",
		/* no flags; a name with spaces, brackets and a dash; a group of threads */
		" a b [1]-c-98 [000] 12.000001: vp_get [virtio_pci] <-virtio_cread [x]",
		"call 0 98 @12000001000 vp_get < virtio_cread",
		" insmod-98 (     97) [002] .....    12.000001: vp_get <-f",
		"call 2 98 @12000001000 vp_get < f",
		" insmod-98 (-------) [002] .....    12.000001: vp_get <-f",
		"call 2 98 @12000001000 vp_get < f",
		/* clocks: nanoseconds, and ticks; offsets of symbols */
		" x-1 [000] .....  7: f+0x4/0x20 [m] <-g+0x1/0x2", "call 0 1 @7 f < g",
		" x-1 [000] .....  1234567890123: f <-g", "call 0 1 @1234567890123 f < g",
		" x-1 [000] .....  1.000000001: f <-g", "call 0 1 @1000000001 f < g",
		"CPU:3 [LOST 17 EVENTS]", "lost 3 -1 lost 17", "CPU:3 [LOST EVENTS]", "lost 3 -1",
		"# vcosim: type 5", "remark 0 -1", NULL
	};

	(void)state;
	expect_lines(lines);
}

static void test_probes(void **state)
{
	static const char *const lines[] = {
		" x-1 [000] ..... 1.000000: ev: (vp_reset+0x4/0x20 [virtio_pci]) dev=0xff q=3",
		"enter 0 1 @1000000000 ev: vp_reset dev=255 q=3",
		" x-1 [000] ..... 1.000000: ev__ret: (caller+0x33/0x80 [m] <- vp_reset) value=0x1",
		"return 0 1 @1000000000 ev__ret: vp_reset < caller value=1",
		" x-1 [000] ..... 1.000000: ev: (0xffffffffc0426340) s=\"a b\" n=-1 f=(fault) "
		"a={1,2}",
		"enter 0 1 @1000000000 ev: 0xffffffffc0426340 s=0 n=18446744073709551615 f=0 a=0",
		" x-1 [000] ..... 1.000000: module_load: virtio_pci E",
		"event 0 1 @1000000000 module_load:",
		NULL
	};

	(void)state;
	expect_lines(lines);
}

static void test_graph(void **state)
{
	static const char *const lines[] = {
		" 0)               |  virtio_dev_probe [virtio]() {",
		"call 0 -2 virtio_dev_probe",
		" 0)   1.462 us    |    vp_get_status();",
		"call 0 -2 vp_get_status < virtio_dev_probe",
		" 1) + 10.000 us   |  vp_notify();",
		"call 1 -3 vp_notify",
		" 0) ! 428.222 us  |  }",
		"exit 0 -2 virtio_dev_probe",
		" 0)   0.1 us      |  } /* began before */",
		"nothing",
		" ------------------------------------------",
		"nothing",
		" 0)  insmod-98    =>   cat-7     ",
		"nothing",
		" 0)   0.5 us    |  f();",
		"call 0 7 f",
		"    12.500000 |   1)   insmod-98  |   0.1 us    |  g();",
		"call 1 -3 @12500000000 g",
		" 0)               |  /* ev: (vp_reset+0x4/0x20) dev=0x1 */",
		"enter 0 7 ev: vp_reset dev=1",
		" 0)               |  /* a remark */",
		"nothing",
		" 0)   ==========> |",
		"nothing",
		" 0)               |  f(a=0x1, b=0x2) {",
		"call 0 7 f",
		" 0)   0.1 us      |    g(); /* = 0x0 */",
		"call 0 7 g < f",
		NULL
	};

	(void)state;
	expect_lines(lines);
}

static void test_wrong_lines(void **state)
{
	static const char *const lines[] = {
		"hello",
		"wrong: expected TASK-PID [CPU] TIME: as tracefs writes it",
		" x-1 [000] .....",
		"wrong: expected a time behind [CPU]",
		" x-1 [000] ..... 1.0000",
		"wrong: expected a time behind [CPU]",
		" x-1 [000] ..... 1.000000: vp_reset",
		"wrong: expected FUNCTION <-CALLER, or EVENT: (FUNCTION) NAME=VALUE",
		" x-1 [000] ..... 1.000000: vp_reset <-",
		"wrong: the line ends where a function was expected",
		" x-1 [000] ..... 1.000000: ev: (vp_reset+0x4/0x2",
		"wrong: the line ends within ( )",
		" x-1 [000] ..... 1.000000: ev: (vp_reset) dev",
		"wrong: expected NAME=VALUE in a kprobe event",
		" x-1 [000] ..... 1.000000: ev: (vp_reset) dev=",
		"wrong: expected a number as the value of a kprobe event",
		" x-1 [000] ..... 1.000000: ev: (vp_reset) dev=0xffffffffffffffffff",
		"wrong: expected a number as the value of a kprobe event",
		" x-1 [000] ..... 1.000000: ev: (vp_reset) s=\"a",
		"wrong: the line ends within a value",
		" 0)   1.462 us ",
		"wrong: expected | before the function of a call graph",
		" 0)   1.462 us | vp_re",
		"wrong: expected FUNCTION() { or FUNCTION(); or }",
		" 0)   1.462 us | ();",
		"wrong: expected the name of a function before ( )",
		" 999)   1.462 us | f();",
		"wrong: expected a CPU below 256",
		" 0)            | /* ev: (",
		"wrong: the line ends within /* */",
		NULL
	};

	(void)state;
	expect_lines(lines);
}

/* --- calls --------------------------------------------------------------------------------------
 */

struct session {
	struct ftrace *ft;
	struct ftrace_bus *bus;
	unsigned line, rec, remarks;
	uint64_t cycle[4];
	char got[4][2000]; /* by device: status accesses, queue enables and notifications */
	char remark[FTRACE_TEXT], wrong[FTRACE_WHY];
};

/* "w1" a write of the status, "r1" a read, "e0" queue 0 enabled, "n2" queue 2 notified. */
static void on_rec(void *ctx, unsigned dev, const struct bus_rec *rec)
{
	struct session *s = ctx;
	char *at = s->got[dev] + strlen(s->got[dev]);
	size_t room = sizeof(s->got[dev]) - strlen(s->got[dev]);
	bool mmio = rec->space == BUS_MMIO;

	assert_true(dev < 4 && rec->cycle > s->cycle[dev]);
	s->cycle[dev] = rec->cycle;
	s->rec++;
	if (rec->space == BUS_CFG)
		return;
	if (rec->addr == (mmio ? 0x70 : 0x14))
		snprintf(at, room, " %c%llx", rec->op == BUS_WRITE ? 'w' : 'r',
			 (unsigned long long)rec->data);
	else if (rec->op == BUS_WRITE && rec->addr == (mmio ? 0x44 : 0x1c))
		snprintf(at, room, " e%llx", (unsigned long long)rec->data);
	else if (rec->op == BUS_WRITE && (mmio ? rec->addr == 0x50 : rec->addr >= 0x3000))
		snprintf(at, room, " n%llx", (unsigned long long)rec->data);
}

static void on_remark(void *ctx, const char *text)
{
	struct session *s = ctx;

	s->remarks++;
	snprintf(s->remark, sizeof(s->remark), "%s", text);
}

/* Lines, the columns before them left out: "pid|rest". */
static void play(struct session *s, const char *const *lines)
{
	const struct ftrace_bus_sink sink = { s, on_rec, on_remark };

	memset(s, 0, sizeof(*s));
	s->ft = ftrace_new();
	s->bus = ftrace_bus_new(&sink);
	for (; *lines; lines++) {
		char text[400], why[FTRACE_WHY] = "";
		struct ftrace_line line;
		int pid, skip = 0, err;

		if (sscanf(*lines, "%d|%n", &pid, &skip) == 1 && skip)
			snprintf(text, sizeof(text), " t-%d [00%d] ..... 1.%06u: %s", pid, pid & 1,
				 s->line++, *lines + skip);
		else
			snprintf(text, sizeof(text), "%s", *lines);
		assert_int_equal(ftrace_read(s->ft, text, &line, why), 0);
		err = ftrace_bus_line(s->bus, &line, why);
		if (err) {
			assert_int_equal(err, -EBADMSG);
			strcpy(s->wrong, why);
		}
	}
}

static void done(struct session *s)
{
	ftrace_bus_free(s->bus);
	ftrace_free(s->ft);
}

static bool is_hidden(const struct session *s, unsigned dev, const char *what)
{
	char text[FTRACE_HIDDEN];

	for (unsigned n = 0; ftrace_bus_hidden(s->bus, dev, n, text); n++)
		if (!strcmp(text, what))
			return true;
	return false;
}

static bool decides(const struct session *s, const char *rule)
{
	const char *text;

	for (unsigned n = 0; (text = ftrace_bus_decides(s->bus, 0, n)); n++)
		if (!strcmp(text, rule))
			return true;
	return false;
}

#define AT(dev) "dev=" dev " bus=0 devfn=8 vendor=0x1af4 id=0x1045"

static void test_life(void **state)
{
	static const char *const lines[] = {
		"1|s: (vp_modern_set_status+0x4/0x20 [m]) " AT("0x20") " value=0x0",
		"1|g: (vp_modern_get_status+0x4/0x20 [m]) " AT("0x20"),
		/* another task on another CPU in between, with a device of its own */
		"2|s: (vp_modern_set_status+0x4/0x20) dev=0x30 bus=1 devfn=0x11 vendor=0x1af4 "
		"id=0x1002 value=0x0",
		"2|g: (vp_modern_get_status+0x4/0x20) dev=0x30 bus=1 devfn=0x11 vendor=0x1af4 "
		"id=0x1002",
		"1|gr: (vp_reset+0x33/0x80 <- vp_modern_get_status) value=0x0",
		"2|gr: (vp_reset+0x33/0x80 <- vp_modern_get_status) value=0x4",
		"1|vp_modern_set_status: (0xffffffffc0426360) " AT("0x20") " value=0x1",
		"1|e: (vp_modern_set_queue_enable+0x4/0x40) dev=0x20 q=3 value=1",
		"1|n: (vp_notify+0x4/0x20) vdev=0x10 q=3",
		"1|n: (vp_notify+0x4/0x20) vdev=0x99 q=1", /* nobody's */
		"1|n: (unknown_function+0x4/0x20) vdev=0x99 q=1", NULL
	};
	struct session s;

	(void)state;
	play(&s, lines);
	assert_string_equal(s.got[0], " w0 r0 w1 e1 n3");
	assert_string_equal(s.got[1], " w0 r4");
	assert_int_equal(ftrace_bus_devices(s.bus), 2);
	assert_string_equal(ftrace_bus_device(s.bus, 0)->name, "00:01.0");
	assert_int_equal(ftrace_bus_device(s.bus, 0)->type, 5);
	assert_string_equal(ftrace_bus_device(s.bus, 1)->name, "01:02.1");
	assert_int_equal(ftrace_bus_device(s.bus, 1)->type, 5);
	assert_int_equal(ftrace_bus_device(s.bus, 0)->lives, 1);
	assert_true(is_hidden(&s, 0, "pci_cfg_read") && is_hidden(&s, 0, "notify.size"));
	assert_false(is_hidden(&s, 0, "status_read") || is_hidden(&s, 0, "rule:starts_with_reset"));
	/* Nobody looked at the features: that they were not looked at cannot be said. */
	assert_true(is_hidden(&s, 0, "device_feature_read"));
	assert_int_equal(s.remarks, 0);
	done(&s);
}

/* A call still runs on what was taken for a new device when that shows which one it is. */
static void test_moved(void **state)
{
	static const char *const lines[] = {
		"1|s: (vp_modern_set_status+0x4/0x20) " AT("0x20") " value=0x0",
		"2|g: (vp_modern_get_status+0x4/0x20) dev=0x40",
		"1|s: (vp_modern_set_status+0x4/0x20) " AT("0x40") " value=0x1",
		"2|gr: (a <- vp_modern_get_status) value=0x1",
		"1|s: (vp_modern_set_status+0x4/0x20) dev=0x60 value=0x0",
		NULL
	};
	struct session s;

	(void)state;
	play(&s, lines);
	assert_int_equal(ftrace_bus_devices(s.bus), 2);
	assert_string_equal(s.got[0], " w0 w1 r1");
	assert_string_equal(s.got[1], " w0");
	assert_int_equal(ftrace_bus_device(s.bus, 1)->lives, 1);
	done(&s);
}

static void test_joined(void **state)
{
	static const char *const lines[] = {
		"1|g: (vp_modern_get_status+0x4/0x20) " AT("0x20"),
		"1|gr: (a <- vp_modern_get_status) value=0x1",
		"1|s: (vp_modern_set_status+0x4/0x20) " AT("0x20") " value=0x3", NULL
	};
	struct session s;

	(void)state;
	play(&s, lines);
	assert_string_equal(s.got[0], " w0 r0 w1 r1 w3");
	assert_true(is_hidden(&s, 0, "rule:starts_with_reset"));
	done(&s);
}

static void test_in_use(void **state)
{
	static const char *const lines[] = {
		"1|n: (vp_notify+0x4/0x20) vdev=0x10 q=1",
		"1|g: (vp_modern_get_status+0x4/0x20) " AT("0x20"),
		"1|gr: (a <- vp_modern_get_status) value=0xf",
		"1|e: (vp_modern_set_queue_enable+0x4/0x40) dev=0x20 q=3 value=1",
		"1|s: (vp_modern_set_status+0x4/0x20) " AT("0x20") " value=0x0",
		NULL
	};
	struct session s;

	(void)state;
	play(&s, lines);
	assert_string_equal(s.got[0], " w0");
	assert_string_equal(s.remark, "00:01.0 is in use already: judged from its next reset on");
	assert_int_equal(ftrace_bus_device(s.bus, 0)->missed, 2);
	done(&s);
}

static void test_no_reset(void **state)
{
	static const char *const lines[] = {
		"1|s: (vp_modern_set_status+0x4/0x20) " AT("0x20") " value=0x1", NULL
	};
	struct session s;

	(void)state;
	play(&s, lines);
	assert_string_equal(s.got[0], " w1"); /* whoever judges may say that a reset is missing */
	assert_false(is_hidden(&s, 0, "rule:starts_with_reset"));
	done(&s);
}

static void test_lost(void **state)
{
	static const char *const lines[] = {
		"1|s: (vp_modern_set_status+0x4/0x20) " AT("0x20") " value=0x0",
		"1|s: (vp_modern_set_status+0x4/0x20) " AT("0x20") " value=0x1",
		"CPU:1 [LOST 5 EVENTS]",
		"1|s: (vp_modern_set_status+0x4/0x20) " AT("0x20") " value=0xf",
		"1|s: (vp_modern_set_status+0x4/0x20) " AT("0x20") " value=0x0",
		"1|s: (vp_modern_set_status+0x4/0x20) " AT("0x20") " value=0x1",
		NULL
	};
	struct session s;

	(void)state;
	play(&s, lines);
	assert_string_equal(s.got[0], " w0 w1 w0 w1");
	assert_non_null(strstr(s.remark, "5 events were lost on CPU 1"));
	done(&s);
}

static void test_lacking(void **state)
{
	static const char *const lines[] = { "1|s: (vp_modern_set_status+0x4/0x20) " AT("0x20"),
					     NULL };
	static const char *const returns[] = { "1|gr: (a <- vp_modern_get_status) other=0x1",
					       NULL };
	struct session s;

	(void)state;
	play(&s, lines);
	assert_string_equal(s.wrong, "vp_modern_set_status: expected value=");
	assert_int_equal(s.rec, 0);
	done(&s);
	play(&s, returns);
	assert_string_equal(s.wrong, "vp_modern_get_status: expected value=");
	done(&s);
}

static void test_backwards(void **state)
{
	static const char *const lines[] = {
		" t-1 [000] ..... 9.000000: s: (vp_modern_set_status+0x4/0x20) " AT(
			"0x20") " value=0x0",
		" t-1 [001] ..... 8.000000: s: (vp_modern_set_status+0x4/0x20) " AT(
			"0x20") " value=0x1",
		NULL
	};
	struct session s;

	(void)state;
	play(&s, lines);
	assert_string_equal(s.got[0], " w0 w1"); /* and cycles grow: on_rec asserts that */
	assert_non_null(strstr(s.remark, "time goes backwards by 1000000"));
	done(&s);
}

static void test_mmio(void **state)
{
	static const char *const lines[] = {
		"1|r: (vm_reset+0x4/0x20) dev=0x10 index=3",
		"1|s: (vm_set_status+0x4/0x20) dev=0x10 index=3 value=0x1",
		"1|f: (vm_find_vqs+0x4/0x20) dev=0x10 value=2",
		"1|fr: (a <- vm_find_vqs) value=0",
		"1|f: (vm_find_vqs+0x4/0x20) dev=0x10 value=2",
		"1|fr: (a <- vm_find_vqs) value=-2", /* it failed */
		"1|n: (vm_notify+0x4/0x20) vdev=0x10 q=1",
		NULL
	};
	struct session s;

	(void)state;
	play(&s, lines);
	assert_string_equal(s.got[0], " w0 w1 e1 e1 n1");
	assert_string_equal(ftrace_bus_device(s.bus, 0)->name, "virtio3");
	assert_true(is_hidden(&s, 0, "driver_feature_write.value"));
	done(&s);
}

static void test_order(void **state)
{
	static const char *const lines[] = {
		"1|register_virtio_device <-virtio_pci_probe",
		"1|vp_reset <-register_virtio_device",
		"1|vp_modern_set_status <-vp_reset",
		"1|vp_modern_get_status <-vp_reset",
		"1|virtio_add_status <-register_virtio_device",
		"1|vp_get_status <-virtio_add_status",
		"1|vp_set_status <-virtio_add_status",
		"1|vp_set_status <-virtio_dev_probe",
		"1|vp_set_status <-virtio_features_ok",
		"1|vp_modern_set_queue_enable <-vp_modern_find_vqs",
		"1|vp_notify <-virtqueue_notify",
		"1|vp_set_status <-virtballoon_probe",
		"1|vp_set_status <-virtballoon_probe", /* which bit could that be */
		"1|vp_notify <-virtqueue_notify",
		"1|vp_reset <-virtio_reset_device",
		NULL
	};
	struct session s;

	(void)state;
	play(&s, lines);
	assert_string_equal(s.got[0], " w0 r0 r0 w1 w3 wb e1 n0 wf w0");
	assert_non_null(strstr(s.remark, "which status bit virtballoon_probe sets is not shown"));
	assert_true(decides(&s, "notify_after_driver_ok") && decides(&s, "features_reread"));
	/* What values decide, and what was not to be seen. */
	assert_false(decides(&s, "features_offered") || decides(&s, "features_read_first"));
	done(&s);
}

static void test_order_two(void **state)
{
	static const char *const lines[] = { "1|register_virtio_device <-virtio_pci_probe",
					     "1|vp_reset <-register_virtio_device",
					     "1|register_virtio_device <-virtio_pci_probe",
					     "1|vp_reset <-register_virtio_device", NULL };
	struct session s;

	(void)state;
	play(&s, lines);
	assert_string_equal(s.got[0], " w0");
	assert_non_null(strstr(s.remark, "there is a second device"));
	done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),     cmocka_unit_test(test_probes),
		cmocka_unit_test(test_graph),     cmocka_unit_test(test_wrong_lines),
		cmocka_unit_test(test_life),      cmocka_unit_test(test_moved),
		cmocka_unit_test(test_joined),    cmocka_unit_test(test_in_use),
		cmocka_unit_test(test_no_reset),  cmocka_unit_test(test_lost),
		cmocka_unit_test(test_lacking),   cmocka_unit_test(test_backwards),
		cmocka_unit_test(test_mmio),      cmocka_unit_test(test_order),
		cmocka_unit_test(test_order_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
