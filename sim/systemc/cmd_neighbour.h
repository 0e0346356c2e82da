/* SPDX-License-Identifier: MIT */
/*
 * What lives next to the device that a command drives: the second device of the platform,
 * taken through conforming lives by the C driver in a process of its own, on the same bus
 * and in the same memory, for as long as the command has its device.
 */
#ifndef SIM_SYSTEMC_CMD_NEIGHBOUR_H
#define SIM_SYSTEMC_CMD_NEIGHBOUR_H

#include "sim/systemc/platform.h"

struct neighbour {
	/* A mount of the first device that also begins and ends the second one's life. */
	struct rig_mount mount;

	neighbour(platform &top, const struct rig_mount &first);
	neighbour(const neighbour &) = delete;
	neighbour &operator=(const neighbour &) = delete;

	/* As a command's exit status, once the first device is unmounted. */
	int status() const
	{
		return status_;
	}

      private:
	static struct rig *on_mount(void *ctx, const struct rig_config *cfg, struct port *port);
	static void on_unmount(void *ctx, struct rig *rig);
	void live();
	int play();

	platform &top_;
	struct rig_mount first_;
	int status_ = 0;
	bool over_ = true;
	sc_core::sc_event ended_;
};

#endif
