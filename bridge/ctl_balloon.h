/* SPDX-License-Identifier: MIT */
/*
 * The host side of a balloon on a control socket, as QEMU's own balloon answers: balloon,
 * query-balloon, query-status, qom-get and qom-set of the guest's statistics, quit,
 * and the event BALLOON_CHANGE, at most once a second.
 */
#ifndef BRIDGE_CTL_BALLOON_H
#define BRIDGE_CTL_BALLOON_H

#include <stdbool.h>
#include <stdint.h>

struct ctl;
struct ctl_balloon;
struct mem;

struct ctl_balloon_host {
	void *ctx;
	bool (*here)(void *ctx); /* is there a guest? */
	void (*target)(void *ctx, uint32_t pages);
	uint32_t (*actual)(void *ctx); /* pages */
	void (*quit)(void *ctx);
};

/* NULL: no memory. `mem` is the guest's; it and the ctl stay the caller's. */
struct ctl_balloon *ctl_balloon_new(struct ctl *ctl, const struct mem *mem,
				    const struct ctl_balloon_host *host);
void ctl_balloon_free(struct ctl_balloon *balloon);

/* After the device worked: tells if the balloon has another size now. */
void ctl_balloon_look(struct ctl_balloon *balloon);

/*
 * Bytes of the guest's memory: of the files behind it, and if there are none what its
 * windows say.
 */
uint64_t ctl_balloon_ram(const struct mem *mem);

#endif
