/* SPDX-License-Identifier: MIT */
#include "sim/systemc/cmd_neighbour.h"

/* Where `vcosim drive` has nothing: below its pages, above its pool. */
#define POOL_GPA  0x200000
#define FIRST_PFN 0x400
#define PAGES     0x300

neighbour::neighbour(platform &top, const struct rig_mount &first)
    : mount{ this, on_mount, on_unmount }, top_(top), first_(first)
{
}

int neighbour::play()
{
	struct port port = top_.neighbour_cpu.port();
	struct driver_io io = port_io(&port, false);
	struct driver drv;

	io.pool = top_.neighbour_cpu.pointer(POOL_GPA, DRIVER_POOL);
	io.pool_gpa = POOL_GPA;
	io.pool_size = DRIVER_POOL;
	io.first_pfn = FIRST_PFN;
	io.npfns = PAGES;
	if (!io.pool) {
		fprintf(stderr, "vcosim-sc: neighbour: no memory of its own: needs DMI\n");
		return 2;
	}
	dev_set_target(rig_dev(top_.neighbour.rig()), PAGES);
	if (!driver_play(&drv, &io, driver_scenario("life")))
		return 0;
	fprintf(stderr, "vcosim-sc: neighbour: %s\n", drv.error);
	return 2;
}

void neighbour::live()
{
	struct rig *rig = top_.neighbour.rig();

	status_ = play();
	if (rig_end(rig))
		status_ = 2;
	if (!status_ && rig_verdicts(rig)) {
		fprintf(stderr, "vcosim-sc: neighbour: %u violations\n", rig_verdicts(rig));
		status_ = 1;
	}
	over_ = true;
	ended_.notify(sc_core::SC_ZERO_TIME);
}

struct rig *neighbour::on_mount(void *ctx, const struct rig_config *cfg, struct port *port)
{
	neighbour *self = static_cast<neighbour *>(ctx);
	struct rig *rig = self->first_.mount(self->first_.ctx, cfg, port);
	sc_core::sc_spawn_options thread;
	struct rig_config mine = {};

	if (!rig)
		return nullptr;
	mine.name = "neighbour";
	mine.dev.features = DEV_FEATURES_ALL;
	mine.mem = cfg->mem;
	mine.spec = cfg->spec;
	if (!self->top_.neighbour.plug(mine)) {
		self->status_ = 2;
		return rig;
	}
	self->over_ = false;
	thread.set_stack_size(C_STACK);
	sc_core::sc_spawn([self] { self->live(); }, "life", &thread);
	return rig;
}

void neighbour::on_unmount(void *ctx, struct rig *rig)
{
	neighbour *self = static_cast<neighbour *>(ctx);

	while (!self->over_)
		sc_core::wait(self->ended_);
	if (self->top_.neighbour.rig()) {
		while (self->top_.neighbour.busy())
			sc_core::wait(self->top_.neighbour.idle());
		self->top_.neighbour.unplug();
	}
	self->first_.unmount(self->first_.ctx, rig);
}
