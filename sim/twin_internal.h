/* SPDX-License-Identifier: MIT */
/* Private to sim/twin*.c. */
#ifndef SIM_TWIN_INTERNAL_H
#define SIM_TWIN_INTERNAL_H

#include "sim/pcicaps.h"
#include "sim/twin.h"

#define TWIN_QUEUES     2 /* inflate, deflate */
#define TWIN_VECTORS    4
#define TWIN_POOL       0x100000U /* what the driver and the devices share: compared */
#define TWIN_CELLS      TWIN_POOL /* where messages go, 4 bytes a vector */
#define TWIN_RINGS      (TWIN_POOL + 0x1000)
#define TWIN_RING       0x4000U /* bytes of a queue's three parts */
#define TWIN_DATA       (TWIN_RINGS + TWIN_QUEUES * TWIN_RING)
#define TWIN_STATS      (TWIN_POOL + 0x3f000) /* the statistics queue, and its one buffer */
#define TWIN_STATS_SIZE 4U
#define TWIN_STATS_USED (TWIN_STATS + 0x400)
#define TWIN_END        (TWIN_POOL + 0x40000)
#define TWIN_PFN        0x1000U /* pages from 16 MiB on are ballooned */
#define TWIN_PFNS       0x2000U

struct twin_queue {
	uint16_t size, vector;
	uint64_t desc, avail, used;
	uint16_t added, seen, next, busy;
	uint16_t told;         /* used idx up to which interrupts were looked for */
	uint16_t len[256];     /* descriptors of the chain with that head */
	uint16_t heads[65536]; /* by available index */
};

struct twin {
	const struct twin_config *cfg;
	struct twin_result *res;
	struct driver drv[2];
	struct pcicaps caps[2];
	uint64_t rng, offered, features;
	struct twin_queue queue[TWIN_QUEUES];
	uint64_t data;     /* next free byte of the buffers */
	unsigned selected; /* queue */
	bool wrote[4];     /* since the reset: the select registers; the last is for all others */
	bool masked[TWIN_VECTORS];
	bool must[TWIN_VECTORS], may[TWIN_VECTORS]; /* a message waits behind the mask */
	uint16_t config_vector;
	bool sized; /* its size was written */
	bool live, msix;
	bool asked, unasked; /* since the interrupt status was read: buffers were used, and .. */
	uint32_t target;     /* as the host last said */
	bool said_actual;    /* in this life */
	bool out[TWIN_PFNS]; /* in the balloon */
};

uint32_t twin_rand(struct twin *t, uint32_t below);
void twin_doing(struct twin *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void twin_differs(struct twin *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void twin_take(struct twin *t, enum freedom_id id);

/* Both sides. A read returns the first one's value, when both were compared. */
uint32_t twin_get(struct twin *t, unsigned window, uint32_t off, unsigned size);
void twin_put(struct twin *t, unsigned window, uint32_t off, unsigned size, uint32_t val);
void twin_table_put(struct twin *t, unsigned vector, unsigned off, uint32_t val);
void twin_set_msix(struct twin *t, bool on);
void twin_store(struct twin *t, uint64_t gpa, const void *buf, unsigned len);
void twin_load(const struct twin *t, uint64_t gpa, void *buf, unsigned len); /* of the first */

/* All that can be seen without an access. */
void twin_look(struct twin *t);

/* twin_ops.c */
void twin_start(struct twin *t);
void twin_step(struct twin *t);

#endif
