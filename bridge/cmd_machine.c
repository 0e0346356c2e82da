/* SPDX-License-Identifier: MIT */
#include "bridge/cmd_machine.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/cmd_machine_internal.h"
#include "bridge/guestdir.h"
#include "bridge/plain.h"

#define TRACE_POLL_MS 500
#define BOOT_MS       120000 /* TCG on a busy machine included */
#define CALL_MS       60000

int machine_complain(struct machine *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->why, sizeof(m->why), fmt, ap);
	va_end(ap);
	fprintf(stderr, "vcosim: %s: %s\n", m->cfg.name, m->why);
	return -1;
}

/* --- the device's side ---------------------------------------------------------------- */

static void on_intx(void *ctx, bool level)
{
	struct machine *m = ctx;

	if (m->server)
		server_intx(m->server, level);
}

static void on_msix(void *ctx, unsigned vector)
{
	struct machine *m = ctx;

	if (m->server)
		server_msix(m->server, vector);
}

static void on_page(void *ctx, enum dev_page dir, uint32_t pfn)
{
	const struct machine *m = ctx;

	pages_note(m->pages, dir == DEV_INFLATE, pfn);
}

static void on_stat(void *ctx, uint16_t tag, uint64_t value)
{
	struct machine *m = ctx;

	m->stats_told = true;
	host_stat(m->host, tag, value);
}

static void on_hint(void *ctx, uint32_t id)
{
	struct machine *m = ctx;

	if (id == m->hint)
		m->hinting = true;
	else if (m->hinting)
		m->hint = 0;
	host_hint(m->host, id);
}

/* What was recorded goes to the trace's file, even while the guest is idle. */
static void poll_trace(void *ctx)
{
	struct machine *m = ctx;

	if (m->rig && loop_timer(m->loop, TRACE_POLL_MS, poll_trace, m))
		rig_poll(m->rig);
}

static void on_verdict(void *ctx, const json_t *verdict)
{
	struct machine *m = ctx;

	host_verdict(m->host, verdict);
	if (m->dmesg)
		dmesg_verdict(m->dmesg, verdict);
}

static uint64_t elapsed(void *ctx)
{
	struct machine *m = ctx;

	return host_elapsed(m->host);
}

/* A control client wants the end: QEMU is asked to, and the run ends as it does then. */
static void on_quit(void *ctx)
{
	struct machine *m = ctx;

	if (m->qemu)
		qemu_stop(m->qemu, 1000);
}

static bool make_host(struct machine *m)
{
	const struct host_config cfg = { .name = m->cfg.name,
					 .qmp = m->cfg.qmp,
					 .loop = m->loop,
					 .mem = m->mem,
					 .log = &m->log,
					 .story = m->cfg.story,
					 .ctx = m,
					 .quit = on_quit };

	m->host = host_new(&cfg);
	return m->host != NULL;
}

static int mount_rig(struct machine *m, const struct backend **backend)
{
	struct dev_sink front = { .ctx = m,
				  .intx = on_intx,
				  .msix = on_msix,
				  .page = on_page,
				  .stat = on_stat,
				  .hint = on_hint };
	struct rig_config cfg = { .name = m->cfg.name,
				  .dev = { .dut = m->cfg.dut,
					   .features = m->cfg.features ? m->cfg.features
								       : DEV_FEATURES_ALL,
					   .dense = !m->cfg.spec_queues,
					   .skew = m->cfg.skew },
				  .profile = m->cfg.profile,
				  .mem = m->mem,
				  .front = &front,
				  .trace = m->cfg.trace,
				  .spec = m->cfg.spec,
				  .early = true,
				  .story = m->cfg.story };
	struct port port;

	if (!make_host(m))
		return -1;
	cfg.verdict = on_verdict;
	cfg.elapsed = elapsed;
	cfg.verdict_ctx = m;
	m->rig = rig_mount(m->cfg.mount, &cfg, &port);
	if (!m->rig || host_watch(m->host, m->rig, &port))
		return -1;
	if (rig_is_mmio(m->rig)) {
		m->carrier = carrier_new(&port);
		if (!m->carrier)
			return machine_complain(m, "out of memory");
		port = carrier_port(m->carrier);
	}
	m->backend_dev = backend_dev_new(&port, &m->log);
	if (!m->backend_dev)
		return -1;
	*backend = backend_dev_get(m->backend_dev);
	poll_trace(m);
	return 0;
}

static int start_server(struct machine *m, const struct backend *backend)
{
	struct server_config cfg = { .path = SERVER_HIDDEN,
				     .loop = m->loop,
				     .mem = m->mem,
				     .backend = backend,
				     .log = &m->log };

	if (server_new(&cfg, &m->server))
		return -1;
	if (m->host)
		host_serve(m->host, m->server);
	return 0;
}

struct machine *machine_new(const struct machine_config *cfg)
{
	struct machine *m = calloc(1, sizeof(*m));
	const struct backend *backend = cfg->backend;

	if (!m)
		return NULL;
	m->cfg = *cfg;
	m->deadline = cfg->limit_s ? loop_now() + cfg->limit_s * 1000000000ULL : 0;
	m->log = (struct log){ .to = stderr, .level = LOG_WARN, .name = "vcosim" };
	m->loop = loop_new();
	m->mem = mem_new();
	m->pages = pages_new(m->mem);
	if (m->loop && cfg->dmesg)
		m->dmesg = dmesg_new(m->loop, &m->log);
	if (!m->loop || !m->mem || !m->pages || (cfg->dmesg && !m->dmesg)) {
		machine_complain(m, "out of memory");
	} else if (cfg->own_balloon ||
		   ((backend || !mount_rig(m, &backend)) && !start_server(m, backend))) {
		if (!cfg->blocking)
			loop_be_quick(m->loop);
		return m;
	}
	machine_free(m);
	return NULL;
}

static void drop_guest(struct machine *m)
{
	if (m->dmesg)
		dmesg_connect(m->dmesg, -1);
	agent_free(m->agent);
	m->agent = NULL;
	if (m->console)
		loop_drop(m->console);
	m->console = NULL;
	if (m->console_log)
		fclose(m->console_log);
	m->console_log = NULL;
	qemu_free(m->qemu);
	m->qemu = NULL;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	drop_guest(m);
	if (m->host)
		host_serve(m->host, NULL);
	server_free(m->server);
	m->server = NULL;
	backend_dev_free(m->backend_dev);
	carrier_free(m->carrier);
	rig_unmount(m->cfg.mount, m->rig);
	host_free(m->host);
	dmesg_free(m->dmesg);
	pages_free(m->pages);
	mem_free(m->mem);
	loop_free(m->loop);
	free(m);
}

/* --- the guest's side ------------------------------------------------------------------- */

/* "Kernel panic - not syncing: ..." of a Linux console, for whoever asks why a guest is gone. */
static void look_for_panic(struct machine *m)
{
	const char *at = strstr(m->line, "Kernel panic");

	if (at && !m->panic[0])
		snprintf(m->panic, sizeof(m->panic), "%s", at);
}

static void keep_last_line(struct machine *m, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n') {
			m->line[m->line_len] = '\0';
			if (m->line_len)
				strcpy(m->last_line, m->line);
			look_for_panic(m);
			m->line_len = 0;
		} else if (text[i] >= ' ' && m->line_len < sizeof(m->line) - 1) {
			m->line[m->line_len++] = text[i];
		}
	}
}

static void on_console(void *ctx, short revents)
{
	struct machine *m = ctx;
	char buf[4096];
	ssize_t n = read(qemu_serial(m->qemu, 0), buf, sizeof(buf));

	(void)revents;
	if (n > 0) {
		keep_last_line(m, buf, (size_t)n);
		fwrite(buf, 1, (size_t)n, m->console_log);
		fflush(m->console_log);
	} else if (n == 0 || errno != EAGAIN) {
		loop_drop(m->console);
		m->console = NULL;
	}
}

static void on_gone(void *ctx, int status)
{
	struct machine *m = ctx;

	m->gone = true;
	m->status = status;
}

static void on_ready(void *ctx, const char *release, unsigned boot_ms)
{
	struct machine *m = ctx;

	m->ready = true;
	m->boot_ms = boot_ms;
	snprintf(m->release, sizeof(m->release), "%s", release);
	if (m->rig)
		rig_note(m->rig, "guest", json_pack("{s:o}", "kernel", plain_string(release)));
}

static void on_reply(void *ctx, int ok, const char *text)
{
	struct machine *m = ctx;

	m->answered = true;
	m->ok = ok > 0;
	snprintf(m->reply, sizeof(m->reply), "%s", text);
}

/* Runs the loop until done(ctx), ms pass, or (if it must be alive) the guest ends. */
static bool wait_for(struct machine *m, unsigned ms, bool alive, bool (*done)(void *ctx), void *ctx)
{
	uint64_t end = loop_now() + ms * 1000000ULL;

	if (m->deadline && end > m->deadline)
		end = m->deadline;
	while (!done(ctx)) {
		uint64_t now = loop_now();
		int left;

		if (now >= end || (alive && (m->gone || m->panic[0])))
			return false;
		left = (int)((end - now) / 1000000) + 1;
		if (loop_step(m->loop, left < 50 ? left : 50) < 0)
			return false;
	}
	return true;
}

bool machine_wait(struct machine *m, unsigned ms, bool (*done)(void *ctx), void *ctx)
{
	return wait_for(m, ms, true, done, ctx);
}

static bool is_ready(void *ctx)
{
	return ((struct machine *)ctx)->ready;
}

static bool is_answered(void *ctx)
{
	return ((struct machine *)ctx)->answered;
}

static bool is_gone(void *ctx)
{
	struct machine *m = ctx;

	return m->gone && !(m->server && server_busy(m->server));
}

static int said_nothing(struct machine *m, const char *what)
{
	char why[256];

	if (machine_late(m))
		return machine_complain(m, "%s: the time limit of %u s is over", what,
					m->cfg.limit_s);
	if (m->panic[0])
		return machine_complain(m, "%s: the guest panicked: %s", what, m->panic);
	if (!m->gone)
		return machine_complain(m, "%s: the guest (%s) does not answer; see %s/%s.console",
					what, qemu_accel(), m->cfg.dir, m->cfg.name);
	qemu_complaint(m->qemu, why, sizeof(why));
	return machine_complain(m, "%s: QEMU has ended%s%s", what, why[0] ? ": " : "", why);
}

static int find_qemu(char run[PATH_MAX])
{
	char dir[PATH_MAX];

	if (guestdir_find(dir))
		return -ENOENT;
	return access(guestdir_path(run, dir, "qemu/run"), X_OK) ? -ENOENT : 0;
}

int machine_boot(struct machine *m, const struct machine_guest *guest)
{
	char run[PATH_MAX], path[PATH_MAX], err_path[PATH_MAX], table[PATH_MAX];
	struct qemu_config cfg = { .run = run,
				   .kernel = guest->kernel,
				   .initrd = guest->initrd,
				   .append = guest->append,
				   .memory_mib = guest->memory_mib,
				   .prealloc = guest->prealloc,
				   .iommu = guest->iommu,
				   .dmesg = m->dmesg != NULL,
				   .device = m->cfg.own_balloon ? QEMU_OWN_BALLOON : QEMU_VFIO_USER,
				   .device_socket = m->server ? server_path(m->server) : NULL,
				   .stderr_path = err_path,
				   .extra = guest->extra,
				   .gone = on_gone,
				   .ctx = m };
	struct agent_sink sink = { .ctx = m, .ready = on_ready };
	int err;

	drop_guest(m);
	pages_forget(m->pages);
	m->gone = m->ready = false;
	if (!guest->agent) { /* nobody will say */
		const char *slash = strrchr(guest->kernel, '/');

		snprintf(m->release, sizeof(m->release), "%s", slash ? slash + 1 : guest->kernel);
	}
	m->panic[0] = '\0';
	m->last_line[0] = '\0';
	m->line_len = 0;
	if (find_qemu(run))
		return machine_complain(m, "no QEMU with vfio-user; `make run` fetches one");
	if (m->carrier && guestdir_acpi(table))
		return machine_complain(m, "no ACPI table for virtio-mmio; `make run` makes it");
	cfg.acpi_table = m->carrier ? table : NULL;
	snprintf(err_path, sizeof(err_path), "%s/%s.qemu", m->cfg.dir, m->cfg.name);
	snprintf(path, sizeof(path), "%s/%s.console", m->cfg.dir, m->cfg.name);
	m->console_log = fopen(path, "w");
	if (!m->console_log)
		return machine_complain(m, "%s: %s", path, strerror(errno));
	m->qemu = qemu_start(&cfg, m->loop, &m->log, &err);
	if (!m->qemu) /* which of them, it said */
		return machine_complain(m, "cannot start QEMU with kernel %s, initrd %s: %s",
					cfg.kernel, cfg.initrd ? cfg.initrd : "none",
					strerror(-err));
	if (m->dmesg)
		dmesg_connect(m->dmesg, qemu_serial(m->qemu, 2));
	m->console = loop_fd(m->loop, qemu_serial(m->qemu, 0), POLLIN, on_console, m);
	if (!guest->agent)
		return 0;
	m->agent = agent_new(m->loop, qemu_serial(m->qemu, 1), &sink);
	if (!m->agent)
		return machine_complain(m, "out of memory");
	if (!machine_wait(m, BOOT_MS, is_ready, m))
		return said_nothing(m, "boot");
	return 0;
}

int machine_call(struct machine *m, char *reply, size_t len, const char *request)
{
	m->answered = false;
	if (m->gone)
		return said_nothing(m, request);
	if (agent_call(m->agent, request, CALL_MS, on_reply, m))
		return machine_complain(m, "%s: cannot ask the guest", request);
	if (!machine_wait(m, CALL_MS + 1000, is_answered, m))
		return said_nothing(m, request);
	if (reply)
		snprintf(reply, len, "%s", m->reply);
	return m->ok ? 0 : machine_complain(m, "%s: the guest says: %s", request, m->reply);
}

int machine_wait_gone(struct machine *m, unsigned ms)
{
	if (!wait_for(m, ms, false, is_gone, m))
		return machine_late(m) || m->panic[0]
			       ? said_nothing(m, "run")
			       : machine_complain(m, "the guest has not ended after %u s",
						  ms / 1000);
	if (m->status || m->panic[0])
		return said_nothing(m, "run");
	return 0;
}

const char *machine_why(const struct machine *m)
{
	return m->why;
}

bool machine_late(const struct machine *m)
{
	return m->deadline && loop_now() >= m->deadline;
}

bool machine_alive(const struct machine *m)
{
	return m->ready && !m->gone && !m->panic[0];
}

int machine_reboot(struct machine *m, const char *how)
{
	if (machine_call(m, NULL, 0, how))
		return -1;
	m->ready = false;
	if (!machine_wait(m, BOOT_MS, is_ready, m))
		return said_nothing(m, how);
	pages_forget(m->pages); /* the new life's driver has not been loaded yet */
	return 0;
}

const char *machine_last_line(const struct machine *m)
{
	return m->last_line;
}

/* --- the report -------------------------------------------------------------------------- */

struct rig *machine_rig(struct machine *m)
{
	return m->rig;
}

struct loop *machine_loop(struct machine *m)
{
	return m->loop;
}

struct qemu *machine_qemu(struct machine *m)
{
	return m->qemu;
}

json_t *machine_report(struct machine *m)
{
	char run[PATH_MAX], version[128] = "?";
	json_t *report, *balloon, *guest;

	if (!find_qemu(run))
		qemu_version(run, version, sizeof(version));
	guest = json_pack("{s:o, s:o, s:s}", "kernel", plain_string(m->release), "qemu",
			  plain_string(version), "accel", qemu_accel());
	rig_note(m->rig, "guest", json_incref(guest));
	rig_end(m->rig);
	report = rig_report(m->rig);
	host_guest_gone(m->host);
	host_report(m->host, report);
	if (m->dmesg)
		dmesg_report(m->dmesg, report);
	json_object_set_new(report, "guest", guest);
	balloon = json_object_get(report, "balloon");
	json_object_set_new(balloon, "target_pages", json_integer(m->peak_target));
	json_object_set_new(balloon, "actual_pages", json_integer(m->peak_actual));
	json_object_set_new(balloon, "host_bytes_returned",
			    json_integer((json_int_t)m->peak_returned));
	json_object_set_new(balloon, "host_bytes_kept", json_integer((json_int_t)m->peak_kept));
	if (m->not_reported[0])
		json_object_set_new(balloon, "not_reported", json_string(m->not_reported));
	return report;
}
