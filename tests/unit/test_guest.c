/* SPDX-License-Identifier: MIT */
/*
 * The guests as such, with QEMU's own balloon in the place of ours: both kernels boot to
 * the agent, drivers load and unload, extra modules get in, QEMU ends when told.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/agent.h"
#include "bridge/guestdir.h"
#include "bridge/initrd.h"
#include "bridge/qemu.h"
#include "bridge/qmp.h"

enum { PATIENCE_MS = 120000 };

struct guest {
	char dir[PATH_MAX], tmp[64], stderr_path[PATH_MAX], initrd[PATH_MAX];
	struct loop *loop;
	struct qemu *qemu;
	struct agent *agent;
	struct qmp *qmp;
	char release[128], text[4096];
	int ok, status;
	bool answered, gone, up;
};

static void on_gone(void *ctx, int status)
{
	struct guest *g = ctx;

	g->gone = true;
	g->status = status;
}

static void on_ready(void *ctx, const char *release, unsigned boot_ms)
{
	struct guest *g = ctx;

	(void)boot_ms;
	g->up = true;
	snprintf(g->release, sizeof(g->release), "%s", release);
}

static void on_reply(void *ctx, int ok, const char *text)
{
	struct guest *g = ctx;

	g->answered = true;
	g->ok = ok;
	snprintf(g->text, sizeof(g->text), "%s", text);
}

static void out_of_patience(void *ctx)
{
	*(bool *)ctx = true;
}

static void await(struct guest *g, const bool *what)
{
	bool late = false;
	struct loop_source *timer = loop_timer(g->loop, PATIENCE_MS, out_of_patience, &late);

	while (!*what && !g->gone && !late)
		loop_step(g->loop, -1);
	if (!late)
		loop_drop(timer);
	if (!*what) {
		char why[256] = "";

		fail_msg("no answer; QEMU %s: %s", g->gone ? "ended" : "runs",
			 g->qemu ? qemu_complaint(g->qemu, why, sizeof(why)) : "");
	}
}

static const char *ask(struct guest *g, const char *request)
{
	g->answered = false;
	assert_int_equal(agent_call(g->agent, request, PATIENCE_MS, on_reply, g), 0);
	await(g, &g->answered);
	return g->text;
}

static void ask_ok(struct guest *g, const char *request)
{
	ask(g, request);
	if (g->ok != 1)
		fail_msg("%s: %s", request, g->text);
}

static void ask_qmp(struct guest *g, const char *request)
{
	g->answered = false;
	assert_int_equal(qmp_call(g->qmp, request, PATIENCE_MS, on_reply, g), 0);
	await(g, &g->answered);
	assert_int_equal(g->ok, 1);
}

static int setup(void **state)
{
	struct guest *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	*state = g;
	g->loop = loop_new();
	snprintf(g->tmp, sizeof(g->tmp), "/tmp/test_guest.XXXXXX");
	assert_non_null(mkdtemp(g->tmp));
	snprintf(g->stderr_path, sizeof(g->stderr_path), "%s/stderr", g->tmp);
	snprintf(g->initrd, sizeof(g->initrd), "%s/initrd", g->tmp);
	if (guestdir_find(g->dir))
		g->dir[0] = 0;
	return 0;
}

static int teardown(void **state)
{
	struct guest *g = *state;

	agent_free(g->agent);
	qmp_free(g->qmp);
	qemu_free(g->qemu);
	loop_free(g->loop);
	unlink(g->stderr_path);
	unlink(g->initrd);
	rmdir(g->tmp);
	free(g);
	return 0;
}

/* `make check` makes the guests first; `make unit` runs without them. */
static void need_guests(const struct guest *g)
{
	if (!g->dir[0])
		skip();
}

static void boot(struct guest *g, const char *series, const char *initrd)
{
	char run[PATH_MAX], kernel[PATH_MAX], stock[PATH_MAX];
	struct agent_sink sink = { .ctx = g, .ready = on_ready };
	struct qemu_config cfg = {
		.run = guestdir_path(run, g->dir, "qemu/run"),
		.kernel = guestdir_path(kernel, g->dir, "kernel-%s/vmlinuz", series),
		.initrd = initrd ?: guestdir_path(stock, g->dir, "initramfs-%s.cpio", series),
		.append = guestdir_append,
		.memory_mib = 256,
		.device = QEMU_OWN_BALLOON,
		.stderr_path = g->stderr_path,
		.gone = on_gone,
		.ctx = g,
	};
	struct log log = { .to = stderr, .level = LOG_ERR };
	int err;

	g->qemu = qemu_start(&cfg, g->loop, &log, &err);
	assert_non_null(g->qemu);
	g->agent = agent_new(g->loop, qemu_serial(g->qemu, 1), &sink);
	g->qmp = qmp_new(g->loop, qemu_qmp(g->qemu), NULL, NULL);
	await(g, &g->up);
}

static void power_off(struct guest *g)
{
	ask_ok(g, "poweroff");
	await(g, &g->gone);
	assert_true(WIFEXITED(g->status));
	assert_int_equal(WEXITSTATUS(g->status), 0);
}

static void kernel(struct guest *g, const char *series)
{
	char request[64];

	need_guests(g);
	boot(g, series, NULL);
	assert_memory_equal(g->release, series, strlen(series));
	assert_string_equal(ask(g, "uname"), g->release);

	ask_ok(g, "balloon-info");
	assert_non_null(strstr(g->text, "driver=none"));
	ask_ok(g, "load");
	ask_ok(g, "balloon-info");
	assert_non_null(strstr(g->text, "driver=virtio_balloon"));
	assert_non_null(strstr(g->text, "irq=msix"));
	assert_int_equal(agent_number(g->text, "status", 0), 0x0f);
	assert_true(agent_number(g->text, "features", 0) >> 32 & 1);

	/* QEMU's balloon at 224 of 256 MiB: 32 MiB, 8192 pages, are in the balloon then. */
	ask_qmp(g, "{\"execute\":\"balloon\",\"arguments\":{\"value\":234881024}}");
	do
		ask_ok(g, "balloon-info");
	while (agent_number(g->text, "inflated", 0) < 8192);
	assert_int_equal(agent_number(g->text, "inflated", 0), 8192);

	ask_ok(g, "unload");
	ask_ok(g, "balloon-info");
	assert_non_null(strstr(g->text, "driver=none"));
	ask_ok(g, "msix off");
	ask_ok(g, "load");
	ask_ok(g, "balloon-info");
	assert_non_null(strstr(g->text, "irq=intx"));
	assert_int_equal(agent_number(g->text, "status", 0), 0x0f);

	/* The status register of QEMU's device: BAR 4, common configuration first. */
	snprintf(request, sizeof(request), "mmio-read 4 0x14 100 1");
	ask_ok(g, request);
	assert_int_equal(agent_number(g->text, "value", 0), 0x0f);
	assert_int_equal(agent_number(g->text, "count", 0), 100);

	ask_ok(g, "fill 16");
	assert_int_equal(agent_number(g->text, "pages", 0), 4096);
	ask_ok(g, "exec echo one; echo two; exit 3");
	assert_string_equal(g->text, "3 one\\ntwo\\n");
	ask(g, "frobnicate");
	assert_int_equal(g->ok, 0);
	power_off(g);
}

static void kernel_6_1(void **state)
{
	kernel(*state, "6.1");
}

static void kernel_6_12(void **state)
{
	kernel(*state, "6.12");
}

/* A module that the stock initramfs lacks travels in the appended archive. */
static void extra_module(void **state)
{
	struct guest *g = *state;
	char base[PATH_MAX], module[PATH_MAX];
	const char *modules[] = { module, NULL };

	need_guests(g);
	guestdir_path(base, g->dir, "initramfs-6.1.cpio");
	guestdir_path(module, g->dir, "kernel-6.1/modules/kernel/drivers/net/dummy.ko");
	assert_int_equal(initrd_add_modules(g->initrd, base, modules, NULL), 0);
	boot(g, "6.1", g->initrd);
	ask_ok(g, "load");
	ask_ok(g, "exec cat /sys/module/dummy/initstate");
	assert_string_equal(g->text, "0 live\\n");
	ask_ok(g, "balloon-info");
	assert_non_null(strstr(g->text, "driver=virtio_balloon"));
	power_off(g);
}

static void on_console(void *ctx, short revents)
{
	struct guest *g = ctx;
	size_t at = strlen(g->text);
	ssize_t n = read(qemu_serial(g->qemu, 0), g->text + at, sizeof(g->text) - 1 - at);

	(void)revents;
	if (n > 0)
		g->text[at + (size_t)n] = 0;
	else
		g->answered = true;
}

/* Plays a scenario on bare metal; the console's text is left in g->text. */
static void play(struct guest *g, const char *append)
{
	char run[PATH_MAX], kernel[PATH_MAX];
	struct qemu_config cfg = { .append = append,
				   .memory_mib = 64,
				   .device = QEMU_OWN_BALLOON,
				   .stderr_path = g->stderr_path,
				   .gone = on_gone,
				   .ctx = g };
	struct loop_source *console, *timer;
	bool late = false;
	int err;

	need_guests(g);
	cfg.run = guestdir_path(run, g->dir, "qemu/run");
	cfg.kernel = guestdir_path(kernel, g->dir, "metal.elf");
	g->qemu = qemu_start(&cfg, g->loop, NULL, &err);
	assert_non_null(g->qemu);
	console = loop_fd(g->loop, qemu_serial(g->qemu, 0), POLLIN, on_console, g);
	timer = loop_timer(g->loop, PATIENCE_MS, out_of_patience, &late);
	while (!late && !(g->gone && g->answered))
		loop_step(g->loop, -1);
	assert_false(late);
	loop_drop(timer);
	loop_drop(console);
	assert_true(WIFEXITED(g->status) && WEXITSTATUS(g->status) == 0);
}

static void metal_plays_a_life(void **state)
{
	struct guest *g = *state;

	play(g, "scenario=life");
	assert_non_null(strstr(g->text, "metal: scenario life"));
	assert_non_null(strstr(g->text, "metal: driver is live"));
	assert_non_null(strstr(g->text, "metal: done\r\n"));
}

static void metal_refuses_an_unknown_scenario(void **state)
{
	struct guest *g = *state;

	play(g, "quiet scenario=nonsense");
	assert_string_equal(g->text, "metal: failed: no such scenario\r\n");
}

static void stops_when_told(void **state)
{
	struct guest *g = *state;

	need_guests(g);
	boot(g, "6.12", NULL);
	qemu_stop(g->qemu, 5000);
	await(g, &g->gone);
	assert_int_equal(qemu_pid(g->qemu), 0);
}

static void a_bad_option_is_told(void **state)
{
	struct guest *g = *state;
	char run[PATH_MAX], kernel[PATH_MAX], why[256];
	const char *extra[] = { "-device", "no-such-device", NULL };
	struct qemu_config cfg = { .memory_mib = 64,
				   .device = QEMU_NO_DEVICE,
				   .extra = extra,
				   .gone = on_gone,
				   .ctx = g };
	int err;

	need_guests(g);
	cfg.run = guestdir_path(run, g->dir, "qemu/run");
	cfg.kernel = guestdir_path(kernel, g->dir, "kernel-6.1/vmlinuz");
	cfg.stderr_path = g->stderr_path;
	g->qemu = qemu_start(&cfg, g->loop, NULL, &err);
	assert_non_null(g->qemu);
	await(g, &g->gone);
	assert_true(WIFEXITED(g->status) && WEXITSTATUS(g->status) == 1);
	assert_non_null(strstr(qemu_complaint(g->qemu, why, sizeof(why)), "no-such-device"));
}

static void last_line(void *ctx, enum log_level level, const char *line)
{
	(void)level;
	snprintf(ctx, 256, "%s", line);
}

static void missing_files_are_told(void **state)
{
	struct guest *g = *state;
	char said[256] = "";
	struct log log = { .level = LOG_ERR, .hook = last_line, .ctx = said };
	struct qemu_config cfg = { .run = "/nonexistent/qemu",
				   .kernel = "/nonexistent/kernel",
				   .memory_mib = 64,
				   .device = QEMU_NO_DEVICE,
				   .stderr_path = g->stderr_path };
	int err;

	assert_null(qemu_start(&cfg, g->loop, &log, &err));
	assert_int_equal(err, -ENOENT);
	assert_string_equal(said, "QEMU /nonexistent/qemu: No such file or directory");
	cfg.run = "/bin/true";
	assert_null(qemu_start(&cfg, g->loop, &log, &err));
	assert_string_equal(said, "kernel /nonexistent/kernel: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(missing_files_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bad_option_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(metal_plays_a_life, setup, teardown),
		cmocka_unit_test_setup_teardown(metal_refuses_an_unknown_scenario, setup, teardown),
		cmocka_unit_test_setup_teardown(stops_when_told, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_6_1, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_6_12, setup, teardown),
		cmocka_unit_test_setup_teardown(extra_module, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
