/* SPDX-License-Identifier: MIT */
/* What the faults know of the session (mutant.c), and what they do to it (mutant_faults.c,
 * mutant_mmio.c). */
#ifndef SIM_MUTANT_INTERNAL_H
#define SIM_MUTANT_INTERNAL_H

#include "sim/mutant.h"

#define MUTANT_QUEUES 5
#define MUTANT_HELD   4

/* Windows of BAR 0: rtl/README.md. */
enum { BAR_COMMON = 0x0000, BAR_ISR = 0x1000, BAR_DEVICE = 0x2000, BAR_NOTIFY = 0x3000 };

struct mutant_action {
	struct mutant_fault fault;
	/* Told of each record before it goes on; may change it. False: it does not go on. */
	bool (*act)(struct mutant *m, struct bus_rec *rec);
	uint32_t at;    /* offset that the action is about */
	uint32_t clear; /* bits of the value to clear, then to set */
	uint32_t set;
	bool shown; /* the driver sees it, too */
	bool cut;   /* nothing of the BAR is told afterwards: the windows are not where they seem */
};

struct mutant_queue {
	uint32_t size;
	uint64_t area[3]; /* descriptor table, available ring, used ring */
	uint64_t old[3];  /* before the queue was reset by itself */
};

struct mutant {
	const struct mutant_action *action;
	struct mutant_sink sink;

	uint32_t feature_select, driver_select, queue_select;
	uint8_t status;   /* as last written */
	unsigned lives;   /* resets so far */
	unsigned zeros;   /* status reads of 0 in this life */
	bool live;        /* DRIVER_OK was written */
	unsigned enabled; /* queues that were, in this life, by bit */
	bool used;        /* a used index was written in this life */
	struct mutant_queue queue[MUTANT_QUEUES];
	uint64_t payload; /* where the device began to read a buffer last */
	bool fetching;    /* a descriptor, and not its buffer yet */

	unsigned rest;   /* 1: asked to suspend, 2: shown suspended */
	uint32_t kept;   /* a value that the driver wrote */
	unsigned resets; /* of queues by themselves: 1 done, 2 enabled again */

	unsigned hits; /* of the action, for those that count */
	bool done;
	uint32_t value; /* of the last register read, as told */
	unsigned nheld;
	unsigned next; /* of those held that is to be told */
	struct bus_rec held[MUTANT_HELD];
};

/* The tables: mutant_faults.c, mutant_live.c, mutant_mmio.c. */
extern const struct mutant_action mutant_actions[], mutant_live[], mutant_mmio[];
extern const unsigned mutant_nactions, mutant_nlive, mutant_nmmio;

/* --- for actions ------------------------------------------------------------------------ */

void mutant_tell(struct mutant *m, const struct bus_rec *rec);

/* A record of the same cycle that the device never made. */
void mutant_irq(struct mutant *m, const struct bus_rec *now, enum bus_irq kind, uint64_t arg);
void mutant_dma(struct mutant *m, const struct bus_rec *now, enum bus_op op, uint64_t addr,
		uint64_t data, uint8_t be);

/* A register access of the BAR, or of configuration space. */
bool mutant_bar(const struct bus_rec *rec, enum bus_op op, uint32_t at);
bool mutant_cfg(const struct bus_rec *rec, enum bus_op op, uint32_t at);
bool mutant_mmio_at(const struct bus_rec *rec, enum bus_op op, uint32_t at);

/* Which area of which queue a DMA beat is in: area 0..2, or -1; *off from its start. */
int mutant_area(const struct mutant *m, const struct bus_rec *rec, uint64_t *off);

#endif
