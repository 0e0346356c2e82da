/* SPDX-License-Identifier: MIT */
#include "bridge/cmd_served.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/backend_dev.h"
#include "bridge/carrier.h"
#include "bridge/cmd_host.h"
#include "bridge/dmesg.h"
#include "bridge/guestdir.h"
#include "bridge/loop.h"
#include "bridge/server.h"
#include "sim/cmd_judge.h"
#include "sim/cmd_rig.h"
#include "sim/mem.h"

#define TRACE_POLL_MS 500

struct served {
	struct served_config cfg;
	struct dev_sink front;
	struct mem *mem;
	struct host *host;
	struct dmesg *dmesg; /* or NULL */
	char dmesg_path[PATH_MAX + 8];
	struct rig *rig;
	struct carrier *carrier; /* of a device without a PCI function, else NULL */
	struct backend_dev *backend;
	struct server *server;
	struct loop_source *poll;
};

static void on_intx(void *ctx, bool level)
{
	const struct served *sv = ctx;

	if (sv->server)
		server_intx(sv->server, level);
}

static void on_msix(void *ctx, unsigned vector)
{
	const struct served *sv = ctx;

	if (sv->server)
		server_msix(sv->server, vector);
}

static void on_stat(void *ctx, uint16_t tag, uint64_t value)
{
	const struct served *sv = ctx;

	host_stat(sv->host, tag, value);
}

static void on_hint(void *ctx, uint32_t id)
{
	const struct served *sv = ctx;

	host_hint(sv->host, id);
}

static void on_client(void *ctx, bool here)
{
	const struct served *sv = ctx;

	if (!here)
		host_guest_gone(sv->host);
	if (sv->cfg.story) {
		fprintf(sv->cfg.story, "%s: %s\n", sv->cfg.name,
			here ? "a guest connected" : "the guest is gone");
		fflush(sv->cfg.story);
	}
}

/* What was recorded goes to the trace's file, even while the guest is idle. */
static void poll_trace(void *ctx)
{
	struct served *sv = ctx;

	sv->poll = loop_timer(sv->cfg.loop, TRACE_POLL_MS, poll_trace, sv);
	rig_poll(sv->rig);
}

static const char *path_or_null(const char *path)
{
	return path[0] ? path : NULL;
}

static bool make_host(struct served *sv)
{
	const struct host_config cfg = { .name = sv->cfg.name,
					 .qmp = path_or_null(sv->cfg.qmp),
					 .loop = sv->cfg.loop,
					 .mem = sv->mem,
					 .log = &sv->cfg.log,
					 .story = sv->cfg.story,
					 .ctx = sv->cfg.ctx,
					 .quit = sv->cfg.quit };

	sv->host = host_new(&cfg);
	return sv->host != NULL;
}

static void on_verdict(void *ctx, const json_t *verdict)
{
	const struct served *sv = ctx;

	host_verdict(sv->host, verdict);
	if (sv->dmesg)
		dmesg_verdict(sv->dmesg, verdict);
}

static uint64_t elapsed(void *ctx)
{
	const struct served *sv = ctx;

	return host_elapsed(sv->host);
}

/* Beside the device's own socket. */
static bool make_dmesg(struct served *sv)
{
	if (!sv->cfg.dmesg)
		return true;
	snprintf(sv->dmesg_path, sizeof(sv->dmesg_path), "%s.dmesg", sv->cfg.socket);
	sv->dmesg = dmesg_new(sv->cfg.loop, &sv->cfg.log);
	return sv->dmesg && !dmesg_listen(sv->dmesg, sv->dmesg_path);
}

static bool make_device(struct served *sv)
{
	const struct rig_config rig = { .name = sv->cfg.name,
					.dev = { .dut = sv->cfg.dut,
						 .features = sv->cfg.features,
						 .dense = !sv->cfg.spec_queues,
						 .cycle_budget = sv->cfg.cycle_budget,
						 .skew = sv->cfg.skew },
					.waive = sv->cfg.waive,
					.profile = sv->cfg.profile,
					.mem = sv->mem,
					.front = &sv->front,
					.trace = path_or_null(sv->cfg.trace),
					.spec = path_or_null(sv->cfg.spec),
					.story = sv->cfg.story,
					.early = true,
					.verdict = on_verdict,
					.elapsed = elapsed,
					.verdict_ctx = sv };
	struct port port;

	sv->rig = rig_mount(NULL, &rig, &port);
	if (!sv->rig || host_watch(sv->host, sv->rig, &port))
		return false;
	if (rig_is_mmio(sv->rig)) {
		sv->carrier = carrier_new(&port);
		if (!sv->carrier)
			return false;
		port = carrier_port(sv->carrier);
	}
	sv->backend = backend_dev_new(&port, &sv->cfg.log);
	return sv->backend != NULL;
}

static bool make_server(struct served *sv)
{
	const struct server_config cfg = { .path = sv->cfg.socket,
					   .loop = sv->cfg.loop,
					   .mem = sv->mem,
					   .backend = backend_dev_get(sv->backend),
					   .log = &sv->cfg.log,
					   .ctx = sv,
					   .client = on_client };

	if (server_new(&cfg, &sv->server))
		return false;
	host_serve(sv->host, sv->server);
	return true;
}

struct served *served_new(const struct served_config *cfg)
{
	struct served *sv = calloc(1, sizeof(*sv));

	if (!sv)
		return NULL;
	sv->cfg = *cfg;
	sv->front = (struct dev_sink){
		.ctx = sv, .intx = on_intx, .msix = on_msix, .stat = on_stat, .hint = on_hint
	};
	sv->mem = mem_new();
	if (sv->mem && make_host(sv) && make_device(sv) && make_server(sv) && make_dmesg(sv)) {
		dev_set_target(rig_dev(sv->rig), (uint32_t)sv->cfg.target << 8);
		poll_trace(sv);
		return sv;
	}
	served_free(sv);
	return NULL;
}

const char *served_socket(const struct served *sv)
{
	return server_path(sv->server);
}

struct rig *served_rig(const struct served *sv)
{
	return sv->rig;
}

void served_run(struct served *sv)
{
	server_run(sv->server);
}

static void stop_serving(struct served *sv)
{
	if (sv->host)
		host_serve(sv->host, NULL);
	server_free(sv->server);
	sv->server = NULL;
}

void served_free(struct served *sv)
{
	if (!sv)
		return;
	stop_serving(sv);
	if (sv->poll)
		loop_drop(sv->poll);
	backend_dev_free(sv->backend);
	carrier_free(sv->carrier);
	rig_free(sv->rig);
	host_free(sv->host);
	dmesg_free(sv->dmesg);
	mem_free(sv->mem);
	free(sv);
}

/* In single quotes, whatever is in it. */
static void print_quoted(FILE *to, const char *text)
{
	fputc('\'', to);
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", to);
		else
			fputc(*text, to);
	fputc('\'', to);
}

/* One more serial port; a comma in an option's value is written twice. */
static void print_dmesg(const struct served *sv, const char *socket, FILE *to)
{
	char option[2 * PATH_MAX + 128], id[80];
	size_t n;

	snprintf(id, sizeof(id), "dmesg-%s", sv->cfg.name);
	for (char *p = id; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._",
			    *p))
			*p = '-';
	n = (size_t)snprintf(option, sizeof(option), "socket,id=%s,path=", id);
	for (; *socket && n + 16 < sizeof(option); socket++) {
		option[n++] = *socket;
		if (*socket == ',')
			option[n++] = ',';
	}
	strcpy(option + n, ".dmesg");
	fputs(" -chardev ", to);
	print_quoted(to, option);
	fprintf(to, " -serial chardev:%s", id);
}

bool served_print_device(const struct served *sv, FILE *to)
{
	char full[PATH_MAX];
	char table[PATH_MAX + 8] = "file=";
	json_t *device;
	char *text;

	if (!realpath(sv->cfg.socket, full))
		return false;
	device = json_pack("{s:s, s:{s:s, s:s}}", "driver", "vfio-user-pci", "socket", "type",
			   "unix", "path", full);
	if (sv->carrier)
		json_object_set_new(device, "addr", json_sprintf("%d", CARRIER_SLOT));
	text = device ? json_dumps(device, JSON_COMPACT) : NULL;
	json_decref(device);
	if (!text) {
		fprintf(stderr, "vcosim serve: %s: a path must be UTF-8\n", full);
		return false;
	}
	fputs("-device ", to);
	print_quoted(to, text);
	free(text);
	if (sv->dmesg)
		print_dmesg(sv, full, to);
	if (!sv->carrier)
		return true;
	if (guestdir_acpi(table + strlen(table))) {
		fprintf(stderr,
			"vcosim serve: no ACPI table for virtio-mmio; `make run` makes it\n");
		return false;
	}
	fputs(" -acpitable ", to); /* and the kernel wants GUESTDIR_MMIO_APPEND */
	print_quoted(to, table);
	return true;
}

static json_t *server_report(const struct server_stats *st)
{
	const struct session_stats *ses = &st->ses;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "clients",
			 (json_int_t)st->clients, "refused", (json_int_t)st->refused, "dropped",
			 (json_int_t)st->dropped, "messages", (json_int_t)ses->messages, "errors",
			 (json_int_t)ses->errors, "reads", (json_int_t)ses->reads, "writes",
			 (json_int_t)ses->writes, "posted", (json_int_t)ses->posted, "dma_messages",
			 (json_int_t)(ses->dma_read_msgs + ses->dma_write_msgs), "irqs",
			 (json_int_t)(ses->irq_intx + ses->irq_msix));
}

int served_end(struct served *sv, json_t *runs)
{
	struct server_stats st;
	int status = 0;
	json_t *run, *extra;

	host_guest_gone(sv->host);
	server_stats(sv->server, &st);
	extra = json_object();
	host_report(sv->host, extra); /* while there is a server to ask */
	if (sv->dmesg)
		dmesg_report(sv->dmesg, extra);
	stop_serving(sv);
	if (rig_end(sv->rig))
		status = 2;
	else if (rig_verdicts(sv->rig))
		status = 1;
	run = rig_report(sv->rig);
	json_object_set_new(run, "exit", json_integer(status));
	json_object_set_new(run, "server", server_report(&st));
	json_object_update(run, extra);
	json_decref(extra);
	json_array_append_new(runs, run);
	if (sv->cfg.story)
		fprintf(sv->cfg.story,
			"%s: %" PRIu64 " guests, %" PRIu64 " messages, %u violations\n",
			sv->cfg.name, st.clients, st.ses.messages, rig_verdicts(sv->rig));
	if (sv->cfg.story)
		judge_tell_clauses(run, sv->cfg.story);
	return status;
}
