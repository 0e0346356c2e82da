/* SPDX-License-Identifier: MIT */
/*
 * The life cycle once more, by hand: a state machine in C, written from the clauses. It is
 * the reference that specs/life*.ccsl are compared with, and the yardstick of the benchmark.
 */
#ifndef TESTS_LIB_LIFE_REF_H
#define TESTS_LIB_LIFE_REF_H

#include <stdbool.h>
#include <stdint.h>

#include "monitor/ccsl.h"

#define REF_QUEUES 8

enum ref_rule {
	REF_STARTS_WITH_RESET,
	REF_ACKNOWLEDGE_FIRST,
	REF_DRIVER_BEFORE_FEATURES,
	REF_FAILED_ENDS_ATTEMPT,
	REF_FAILED_STOPS,
	REF_STATUS_BITS_STAY,
	REF_FEATURES_READ_FIRST,
	REF_FEATURES_WRITTEN,
	REF_FEATURES_OFFERED,
	REF_VERSION_1,
	REF_FEATURES_FROZEN,
	REF_CONFIG_IN_NEGOTIATION,
	REF_SETUP_AFTER_NEGOTIATION,
	REF_FEATURES_OK_BEFORE_SETUP,
	REF_FEATURES_OK_BEFORE_DRIVER_OK,
	REF_FEATURES_REREAD,
	REF_FEATURES_REFUSED,
	REF_NOTIFY_AFTER_DRIVER_OK,
	REF_RESET_AWAITED,
	REF_RESET_STAYS,
	REF_RESET_ENDS,
	REF_RINGS_AFTER_RESET,
	REF_RINGS_BEFORE_DRIVER_OK,
	REF_QUEUE_CAUSE,
	REF_SILENT,
	REF_NEEDS_RESET,
	/* one a queue */
	REF_QUEUE_BEFORE_DRIVER_OK,
	REF_QUEUE_INTERRUPT = REF_QUEUE_BEFORE_DRIVER_OK + REF_QUEUES,
	REF_QUEUE_COMPLETE = REF_QUEUE_INTERRUPT + REF_QUEUES,
	REF_QUEUE_FIXED = REF_QUEUE_COMPLETE + REF_QUEUES,
	REF_QUEUE_NOT_DISABLED = REF_QUEUE_FIXED + REF_QUEUES,
	REF_RULES = REF_QUEUE_NOT_DISABLED + REF_QUEUES
};

struct life_ref {
	/* Since power-on. */
	bool was_reset, told_start, was_live;
	uint32_t offered[4], shown;
	/* Since the last reset. */
	bool told[REF_RULES];
	uint8_t mine;
	bool asked, refused, failed, live, chosen;
	bool features_read, features_written, zero_shown, begun;
	bool msix, announced, unannounced;
	uint64_t deadline, polls;
	bool ending; /* a reset by the driver has not ended yet */
	uint32_t accepted[4];
	uint32_t config_vector;
	struct {
		bool enabled_before, enabled;
		uint8_t areas;
		uint32_t vector;
	} q[REF_QUEUES];
	/* What is told, and to whom. */
	uint64_t instant;
	void *ctx;
	void (*tell)(void *ctx, enum ref_rule rule, uint64_t instant);
};

void life_ref_init(struct life_ref *ref, void (*tell)(void *, enum ref_rule, uint64_t), void *ctx);

/* One instant of one event. */
void life_ref_step(struct life_ref *ref, const struct ccsl_tick *t);

/* The name of the same rule in specs/. Returns buf. */
const char *life_ref_name(unsigned rule, char *buf, unsigned len);

#endif
