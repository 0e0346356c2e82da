/* SPDX-License-Identifier: MIT */
#include "bridge/cmd_host.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/virtio_balloon.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/ctl.h"
#include "bridge/ctl_balloon.h"
#include "bridge/latency.h"
#include "bridge/probe.h"
#include "bridge/server.h"

#define NOTES_MAX 64 /* in the report */

struct host {
	struct host_config cfg;
	struct ctl *ctl;
	struct ctl_balloon *balloon;
	struct probe *probe;
	struct rig *rig;
	struct server *server;
	uint32_t hint; /* the command id on show */
	json_t *notes;
};

/* --- what a control client asks -------------------------------------------------------- */

static bool here(void *ctx)
{
	const struct host *host = ctx;

	return host->server && server_busy(host->server);
}

static void target(void *ctx, uint32_t pages)
{
	const struct host *host = ctx;

	dev_set_target(rig_dev(host->rig), pages);
	server_run(host->server);
}

static uint32_t actual(void *ctx)
{
	const struct host *host = ctx;

	return host->rig ? dev_actual(rig_dev(host->rig)) : 0;
}

static bool poll_stats(void *ctx)
{
	const struct host *host = ctx;

	if (!here(ctx) || !(rig_negotiated(host->rig) >> VIRTIO_BALLOON_F_STATS_VQ & 1))
		return false;
	dev_poll_stats(rig_dev(host->rig));
	server_run(host->server);
	return true;
}

static void quit(void *ctx)
{
	const struct host *host = ctx;

	host->cfg.quit(host->cfg.ctx);
}

/* --- free page hinting, for which QMP has no word of its own -------------------------------- */

/* Where a round is: the command id on show, the driver's last one, and what it has hinted. */
static json_t *hint_state(const struct host *host)
{
	return json_pack("{s:I, s:I, s:I}", "command-id", (json_int_t)host->hint, "driver-id",
			 (json_int_t)dev_hint_sent(rig_dev(host->rig)), "hinted-bytes",
			 (json_int_t)rig_reclaim(host->rig)->hinted);
}

static json_t *vcosim_hint(void *ctx, json_t *args, struct ctl_error *err)
{
	struct host *host = ctx;
	const char *action = json_string_value(json_object_get(args, "action"));
	struct dev *dev = rig_dev(host->rig);

	if (!here(host))
		return ctl_fail(err, "DeviceNotActive", "No balloon device has been activated");
	if (!(rig_negotiated(host->rig) >> VIRTIO_BALLOON_F_FREE_PAGE_HINT & 1))
		return ctl_fail(err, NULL, "The guest's driver gives no free page hints");
	if (!strcmp(action, "start"))
		host->hint = dev_next_hint(dev);
	else if (!strcmp(action, "stop"))
		host->hint = VIRTIO_BALLOON_CMD_ID_STOP;
	else if (!strcmp(action, "done"))
		host->hint = VIRTIO_BALLOON_CMD_ID_DONE;
	else if (strcmp(action, "query"))
		return ctl_fail(err, NULL, "Parameter 'action' expects start, stop, done or query");
	if (strcmp(action, "query")) {
		dev_set_hint(dev, host->hint);
		server_run(host->server);
	}
	return hint_state(host);
}

/* --- a fault on request: what does a guest do when its device dies? ------------------------- */

static json_t *vcosim_clock(void *ctx, json_t *args, struct ctl_error *err)
{
	const struct host *host = ctx;
	const char *action = json_string_value(json_object_get(args, "action"));
	bool on = !strcmp(action, "go");

	if (!on && strcmp(action, "stop"))
		return ctl_fail(err, NULL, "Parameter 'action' expects stop or go");
	dev_clock(rig_dev(host->rig), on);
	if (on && here(ctx))
		server_run(host->server);
	return json_object();
}

static const struct ctl_command commands[] = {
	{ "x-vcosim-clock", vcosim_clock, { { "action", 's', false } } },
	{ "x-vcosim-hint", vcosim_hint, { { "action", 's', false } } },
	{ NULL, NULL, { { NULL, 0, false } } },
};

void host_hint(struct host *host, uint32_t id)
{
	if (host->ctl)
		ctl_event(host->ctl, "VCOSIM_HINT",
			  json_pack("{s:I, s:I}", "driver-id", (json_int_t)id, "hinted-bytes",
				    (json_int_t)rig_reclaim(host->rig)->hinted),
			  0);
}

void host_stat(struct host *host, uint16_t tag, uint64_t value)
{
	if (host->balloon)
		ctl_balloon_stat(host->balloon, tag, value);
}

void host_verdict(void *ctx, const json_t *verdict)
{
	const struct host *host = ctx;
	json_t *data;

	if (!host->ctl)
		return;
	data = json_deep_copy(verdict);
	json_object_set_new(data, "device", json_string(host->cfg.name));
	ctl_event(host->ctl, "VCOSIM_VERDICT", data, 0);
}

uint64_t host_elapsed(void *ctx)
{
	const struct host *host = ctx;

	return host->probe ? probe_elapsed(host->probe) : 0;
}

/* --- what is noticed ---------------------------------------------------------------------- */

static void note(struct host *host, json_t *note)
{
	if (json_array_size(host->notes) < NOTES_MAX)
		json_array_append(host->notes, note);
	json_decref(note);
}

static void on_ran(void *ctx)
{
	const struct host *host = ctx;

	if (host->balloon)
		ctl_balloon_look(host->balloon);
}

static void on_spin(void *ctx, const struct probe_spin *spin)
{
	struct host *host = ctx;
	char name[RIG_REG_MAX];

	rig_reg_str(host->rig, spin->reg, name);
	if (host->cfg.story) {
		fprintf(host->cfg.story,
			"  %s: guest poll%s %s for %.1f s, value 0x%02" PRIx32 " (%" PRIu64
			" reads)\n",
			host->cfg.name, spin->over ? "ed" : "s", name, (double)spin->ns / 1e9,
			spin->val, spin->count);
		fflush(host->cfg.story);
	}
	if (spin->over)
		note(host, json_pack("{s:s, s:s, s:f, s:I, s:I}", "what", "polled", "register",
				     name, "seconds", (double)spin->ns / 1e9, "reads",
				     (json_int_t)spin->count, "value", (json_int_t)spin->val));
}

static void on_stalled(void *ctx, uint64_t ns)
{
	const struct host *host = ctx;

	(void)ns;
	rig_stalled(host->rig);
}

static uint64_t on_cycle(void *ctx)
{
	const struct host *host = ctx;

	return dev_cycle(rig_dev(host->rig));
}

/* --- making and ending -------------------------------------------------------------------- */

struct host *host_new(const struct host_config *cfg)
{
	struct host *host = calloc(1, sizeof(*host));
	const struct ctl_balloon_host ops = { .ctx = host,
					      .here = here,
					      .target = target,
					      .actual = actual,
					      .poll_stats = poll_stats,
					      .quit = quit };

	if (!host)
		return NULL;
	host->cfg = *cfg;
	host->notes = json_array();
	if (cfg->qmp && !ctl_new(cfg->loop, cfg->qmp, cfg->log, &host->ctl))
		host->balloon = ctl_balloon_new(host->ctl, cfg->loop, cfg->mem, &ops);
	if (host->balloon)
		ctl_add(host->ctl, commands, host);
	if (host->notes && (host->balloon || !cfg->qmp))
		return host;
	host_free(host);
	return NULL;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	ctl_balloon_free(host->balloon);
	ctl_free(host->ctl);
	probe_free(host->probe);
	json_decref(host->notes);
	free(host);
}

int host_watch(struct host *host, struct rig *rig, struct port *port)
{
	const struct probe_config cfg = { .ctx = host,
					  .ran = on_ran,
					  .stalled = on_stalled,
					  .spin = on_spin,
					  .cycle = on_cycle };

	host->rig = rig;
	host->probe = probe_new(port, &cfg);
	if (!host->probe)
		return -ENOMEM;
	*port = probe_port(host->probe);
	return 0;
}

void host_serve(struct host *host, struct server *server)
{
	host->server = server;
}

void host_guest_gone(struct host *host)
{
	if (host->probe)
		probe_flush(host->probe);
	if (host->balloon)
		ctl_balloon_guest_gone(host->balloon);
	if (host->hint > VIRTIO_BALLOON_CMD_ID_DONE) { /* the next one is asked anew */
		host->hint = VIRTIO_BALLOON_CMD_ID_DONE;
		dev_set_hint(rig_dev(host->rig), host->hint);
	}
}

/* In units of `unit` of what was added. */
static json_t *quantiles(const struct hist *h, double unit)
{
	return json_pack("{s:f, s:f, s:f, s:f, s:f}", "p50", (double)hist_quantile(h, 0.5) / unit,
			 "p90", (double)hist_quantile(h, 0.9) / unit, "p99",
			 (double)hist_quantile(h, 0.99) / unit, "p99_9",
			 (double)hist_quantile(h, 0.999) / unit, "max", (double)h->max / unit);
}

static void bar(void *ctx, uint64_t end, uint64_t count)
{
	json_array_append_new(ctx, json_pack("[f, I]", (double)end / 1e3, (json_int_t)count));
}

/* Of nanoseconds: [the end of a bar in microseconds, how many are in it], and so on. */
static json_t *histogram(const struct hist *h)
{
	json_t *bars = json_array();

	hist_each(h, bar, bars);
	return bars;
}

static json_t *parts(const struct latency_parts *p)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "count", (json_int_t)p->total.count,
			 "wake_us", quantiles(&p->wake, 1e3), "device_us",
			 quantiles(&p->device, 1e3), "reply_us", quantiles(&p->reply, 1e3),
			 "total_us", quantiles(&p->total, 1e3), "histogram", histogram(&p->total));
}

void host_report(const struct host *host, json_t *report)
{
	const struct latency *lat = host->server ? server_latency(host->server) : NULL;

	if (lat)
		json_object_set_new(report, "latency",
				    json_pack("{s:o, s:o, s:o, s:b}", "read", parts(&lat->read),
					      "write", parts(&lat->write), "rtl_cycles",
					      quantiles(probe_cycles(host->probe), 1), "kept_awake",
					      loop_is_awake(host->cfg.loop)));
	json_object_set(report, "notes", host->notes);
}
