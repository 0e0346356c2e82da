/* SPDX-License-Identifier: MIT */
/*
 * What two devices that conform may show differently: each difference between the RTL and another
 * device is one of these, by name and by the clause that leaves it open, or it is a bug of one
 * of them.
 */
#ifndef SIM_FREEDOM_H
#define SIM_FREEDOM_H

#include <stdbool.h>
#include <stdint.h>

enum freedom_id {
	FREE_FEATURES,   /* which feature bits are offered */
	FREE_GENERATION, /* how the generation counts */
	FREE_SIZE,       /* the largest size of a queue */
	FREE_NOTIFY_OFF, /* where a queue is notified */
	FREE_QUEUES,     /* how many queues there are */
	FREE_VENDOR,     /* who made it */
	FREE_VECTOR,     /* a vector that cannot be mapped */
	FREE_CAUSE,      /* interrupts: their cause lies in memory, which was not recorded */
	FREE_SPURIOUS,   /* an interrupt more than the driver asked for */
	FREE_SELECT,     /* what a register reads that is of a queue that is not there */
	FREE_ISR,        /* interrupt status while MSI-X is on */
	FREE_HINT,       /* when a device wants to be notified */
	FREE_QUEUE_BIT,  /* interrupt status: the queue bit beside that of the configuration */
	FREE_SELECTOR,   /* a select register that nobody wrote since the reset */
	FREE_EMPTY,      /* a descriptor of no bytes */
	FREE_ACTUAL,     /* what the last driver wrote, after a reset */
	FREE_COUNT
};

struct freedom {
	const char *name, *clause, *what;
};

const struct freedom *freedom_at(enum freedom_id id);

/*
 * The freedom of a register's value, by its window and offset (sim/regmap.h); FREE_COUNT: it has
 * none. sized: the driver has written the selected queue's size.
 */
enum freedom_id freedom_of(unsigned window, uint32_t offset, bool sized);

#endif
