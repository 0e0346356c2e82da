/* SPDX-License-Identifier: MIT */
/*
 * Sessions that the C testbench recorded, replayed on the platform: the same effects in the
 * same order, whatever the memory was like; and a recording of something else is found out
 * at its record.
 */
#include <memory>

#include "sim/systemc/platform.h"
#include "tests/systemc/tap.h"

extern "C" {
#include "sim/replay.h"
#include "tests/lib/recorder.h"
}

#define SEEDS 8

namespace
{

struct stage {
	struct rig_mount mount;
	struct rig *rig;
};

struct dev *enter(void *ctx, const struct dev_config *dev, struct mem *mem,
		  const struct dev_sink *sink, struct port *port, const char **why)
{
	stage *there = static_cast<stage *>(ctx);
	struct rig_config cfg = {};

	cfg.name = "replay";
	cfg.dev = *dev;
	cfg.mem = mem;
	cfg.front = sink;
	cfg.spec = "specs/virtio.ccsl";
	there->rig = there->mount.mount(there->mount.ctx, &cfg, port);
	*why = "no rig";
	return there->rig ? rig_dev(there->rig) : nullptr;
}

void leave(void *ctx)
{
	stage *there = static_cast<stage *>(ctx);

	if (there->rig)
		there->mount.unmount(there->mount.ctx, there->rig);
}

struct replay_result replay(platform &top, const struct trace_log &log)
{
	stage there = { top.mount(), nullptr };
	struct replay_stage on = { &there, enter, leave };
	struct replay_result res;

	replay_staged(&log, &on, &res);
	return res;
}

void plays_again(tap &t, platform &top, const char *scenario, unsigned how, unsigned seed,
		 const std::string &name)
{
	struct replay_result res;
	struct trace_log log;

	recorder_play(&log, driver_scenario(scenario), 200, how, seed);
	res = replay(top, log);
	if (!t.ok(res.outcome == REPLAY_SAME && res.compared > 100, name)) {
		printf("# %s\n", res.why);
		if (res.outcome == REPLAY_DIVERGED)
			replay_tell(&log, false, &res, stdout);
	}
	trace_unload(&log);
}

/* One record of a kind is changed: there the replay is another. */
void is_found_out(tap &t, platform &top, unsigned space, unsigned op, const std::string &name)
{
	struct replay_result res;
	struct trace_log log;
	size_t at;

	recorder_play(&log, driver_scenario("life"), 200, RECORDER_CALM, 1);
	for (at = log.n / 2; log.rec[at].space != space || log.rec[at].op != op;)
		at++;
	log.rec[at].data ^= 1;
	res = replay(top, log);
	t.ok(res.outcome == REPLAY_DIVERGED && res.kind == REPLAY_DIFFERS && res.at == at, name);
	trace_unload(&log);
}

void test(tap &t, platform &top)
{
	for (const char *s : { "life", "two-lives", "msix", "size-2", "desc-loop", "ring-outside" })
		plays_again(t, top, s, RECORDER_CALM, 1, std::string("the same effects: ") + s);
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		std::string n = std::to_string(seed);

		plays_again(t, top, "life", RECORDER_MESSAGES, seed,
			    "memory by message, seed " + n);
		plays_again(t, top, "life", RECORDER_MESSAGES | RECORDER_GRANTS, seed,
			    "and mapped meanwhile, seed " + n);
	}
	is_found_out(t, top, BUS_BAR, BUS_READ, "another answer of a register");
	is_found_out(t, top, BUS_DMA, BUS_WRITE, "another word written");
	is_found_out(t, top, BUS_IRQ, BUS_WRITE, "another interrupt");
	is_found_out(t, top, BUS_HOST, BUS_WRITE, "another page");
}

} // namespace

int sc_main(int, char *[])
{
	auto top = std::make_unique<platform>("top", platform_config());
	tap t;

	top->cpu.main = [&] { test(t, *top); };
	sc_core::sc_start();
	return t.status();
}
