/* SPDX-License-Identifier: MIT */
/*
 * The host side of a balloon on a control socket, as QEMU's own balloon answers: balloon,
 * query-balloon, query-status, qom-get and qom-set of the guest's statistics and of how
 * often they are asked for, quit, and the event BALLOON_CHANGE, at most once a second.
 */
#ifndef BRIDGE_CTL_BALLOON_H
#define BRIDGE_CTL_BALLOON_H

#include <stdbool.h>
#include <stdint.h>

struct ctl;
struct ctl_balloon;
struct loop;
struct mem;

struct ctl_balloon_host {
	void *ctx;
	bool (*here)(void *ctx); /* is there a guest? */
	void (*target)(void *ctx, uint32_t pages);
	uint32_t (*actual)(void *ctx); /* pages */
	bool (*poll_stats)(void *ctx); /* asks the guest; false: it tells none */
	void (*quit)(void *ctx);
};

/* NULL: no memory. `mem` is the guest's; it, the loop and the ctl stay the caller's. */
struct ctl_balloon *ctl_balloon_new(struct ctl *ctl, struct loop *loop, const struct mem *mem,
				    const struct ctl_balloon_host *host);
void ctl_balloon_free(struct ctl_balloon *balloon);

/* After the device worked: tells if the balloon has another size now. */
void ctl_balloon_look(struct ctl_balloon *balloon);

/* The guest told a statistic: VIRTIO_BALLOON_S_* of virtio 1.4, 5.5.6.4, and its value. */
void ctl_balloon_stat(struct ctl_balloon *balloon, uint16_t tag, uint64_t value);

/* The guest is gone, and what it told with it. How often to ask stays. */
void ctl_balloon_guest_gone(struct ctl_balloon *balloon);

/*
 * Bytes of the guest's memory: of the files behind it, and if there are none what its
 * windows say.
 */
uint64_t ctl_balloon_ram(const struct mem *mem);

#endif
