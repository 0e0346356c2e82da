/* SPDX-License-Identifier: MIT */
/* Scenarios that conform, however odd: no monitor may say a word about them. */
#include <linux/virtio_config.h>
#include <stddef.h>

#include "sim/driver_twist.h"

#define ODD(n, w, ...)                                                        \
	{                                                                     \
		.name = n, .what = "conforming: " w, .twist = { __VA_ARGS__ } \
	}
#define ODD_EMPTY(n, w, ...)                                                                    \
	{                                                                                       \
		.name = n, .what = "conforming: " w, .end = END_EMPTY, .twist = { __VA_ARGS__ } \
	}

const struct driver_scenario driver_odd[] = {
	{ .name = "life", .what = "a conforming driver, reset to reset" },
	/* status and reset: 2.1, 2.4, 3.1 */
	ODD("absolute-status", "absolute status values", ODD_ABSOLUTE_STATUS),
	ODD("one-step", "ACKNOWLEDGE and DRIVER at once", ODD_ONE_STEP, ODD_ABSOLUTE_STATUS),
	ODD("repeat-status", "each status written twice", ODD_REPEAT_STATUS),
	ODD("poll-status", "the status read again and again", ODD_POLL_STATUS),
	ODD("tidy", "vectors unmapped behind a reset", ODD_TIDY),
	ODD("aborted-life", "a life given up, then a full one", ODD_RESET_AT + STAGE_ACKNOWLEDGE),
	ODD("reset-twice", "two resets in a row", ODD_RESET_AT + STAGE_RESET),
	ODD("reset-at-driver", "a reset after DRIVER", ODD_RESET_AT + STAGE_DRIVER),
	ODD("reset-at-features", "a reset while negotiating", ODD_RESET_AT + STAGE_FEATURES),
	ODD("reset-at-features-ok", "a reset after FEATURES_OK", ODD_RESET_AT + STAGE_FEATURES_OK),
	ODD("reset-at-queues", "a reset after queue set-up", ODD_RESET_AT + STAGE_QUEUES),
	ODD("reset-at-driver-ok", "a reset right after DRIVER_OK", ODD_RESET_AT + STAGE_DRIVER_OK),
	ODD("fail-at-reset", "FAILED first of all", ODD_FAIL_AT + STAGE_RESET),
	ODD("fail-at-acknowledge", "FAILED after ACKNOWLEDGE", ODD_FAIL_AT + STAGE_ACKNOWLEDGE),
	ODD("fail-at-driver", "FAILED after DRIVER", ODD_FAIL_AT + STAGE_DRIVER),
	ODD("fail-at-features", "FAILED while negotiating", ODD_FAIL_AT + STAGE_FEATURES),
	ODD("fail-at-features-ok", "FAILED after FEATURES_OK", ODD_FAIL_AT + STAGE_FEATURES_OK),
	ODD("fail-at-queues", "FAILED after queue set-up", ODD_FAIL_AT + STAGE_QUEUES),
	ODD("fail-at-driver-ok", "FAILED of a live device", ODD_FAIL_AT + STAGE_DRIVER_OK),
	ODD_EMPTY("reset-inflated", "a reset of an inflated balloon", TWIST_NONE),
	ODD_EMPTY("reset-busy", "a reset with a buffer outstanding", ODD_RESET_BUSY),
	ODD("two-lives", "the whole life, twice", ODD_TWO_LIVES),
	/* features and configuration: 2.2, 2.5 */
	{ .name = "plain-offer",
	  .what = "conforming: of an offer without platform features",
	  .without = 1ULL << VIRTIO_F_ACCESS_PLATFORM | 1ULL << VIRTIO_F_ORDER_PLATFORM },
	ODD("features-twice", "features read and written twice", ODD_FEATURES_TWICE),
	ODD("features-reversed", "the high word first", ODD_FEATURES_REVERSED),
	ODD("features-trimmed", "all features, then less of them", ODD_FEATURES_TRIMMED),
	ODD("features-beyond", "words 2 and 3 read, and written as 0", ODD_FEATURES_BEYOND),
	ODD("features-read-back", "accepted features read back", ODD_FEATURES_READ_BACK),
	ODD("event-idx", "EVENT_IDX accepted", ODD_EVENT_IDX),
	ODD("event-idx-linger", "the same, and a long time without a word", ODD_EVENT_IDX,
	    ODD_LINGER),
	ODD("notify-data", "NOTIFICATION_DATA accepted", ODD_NOTIFY_DATA),
	ODD("queue-reset", "a queue reset by itself", ODD_QUEUE_RESET),
	ODD("config-first", "configuration read before and while negotiating", ODD_CONFIG_FIRST),
	ODD("generation", "reads bracketed by the generation", ODD_GENERATION),
	ODD("generation-early", "the same, from before the reset", ODD_GENERATION,
	    ODD_CONFIG_FIRST),
	ODD("actual-read", "actual read back", ODD_ACTUAL_READ),
	/* the function: 4.1 */
	ODD("caps-by-dword", "capability headers read as one dword", ODD_CAPS_BY_DWORD),
	ODD("identity", "revision and subsystem read", ODD_IDENTITY),
	ODD("access-window", "registers read through configuration space", ODD_ACCESS_WINDOW),
	ODD("access-write", "a register written through it", ODD_ACCESS_WRITE),
	ODD("intx-off", "INTx disabled", ODD_INTX_OFF),
	ODD("pci-status", "the PCI status read under an interrupt", ODD_PCI_STATUS),
	ODD("count-queues", "num_queues, and the size of a queue beyond", ODD_COUNT_QUEUES),
	/* queue set-up: 4.1.4.3, 4.1.5.1 */
	ODD("high-first", "high halves of addresses first", ODD_HIGH_FIRST),
	ODD("areas-reversed", "the device area first", ODD_AREAS_REVERSED),
	ODD("addr-twice", "addresses written twice, the last counts", ODD_ADDR_TWICE),
	ODD("queues-reversed", "queue 1 set up first", ODD_QUEUES_REVERSED),
	ODD("queues-interleaved", "queues selected in turns", ODD_QUEUES_INTERLEAVED),
	ODD("size-unwritten", "the queue size as the device has it", ODD_SIZE_UNWRITTEN),
	ODD("size-4", "4 entries", ODD_SIZE_4, ODD_SMALL),
	ODD("size-2", "2 entries", ODD_SIZE_2, ODD_SMALL),
	ODD("size-last", "the size after the addresses", ODD_SIZE_LAST),
	ODD("setup-read-back", "size, addresses, enable read back", ODD_SETUP_READ_BACK),
	ODD("unmap", "NO_VECTOR written", ODD_UNMAP),
	ODD("vector-idle", "vectors mapped, MSI-X off", ODD_VECTOR_IDLE),
	ODD("vector-moved", "a vector mapped, unmapped, another mapped", ODD_VECTOR_MOVED),
	ODD("msix", "a vector each", ODD_MSIX),
	ODD("msix-shared", "one vector for all", ODD_MSIX_SHARED),
	ODD("msix-masked", "vectors that stay masked", ODD_MSIX_MASKED),
	ODD("msix-no-config", "no vector for configuration changes", ODD_MSIX_NO_CONFIG),
	/* rings and notifications: 2.7 */
	ODD("early-buffer", "a buffer before DRIVER_OK, notified after", ODD_EARLY_BUFFER),
	ODD("notify-twice", "two notifications a buffer", ODD_NOTIFY_TWICE),
	ODD("notify-idle", "notifications without buffers", ODD_NOTIFY_IDLE),
	ODD("batch", "several buffers, one index update", ODD_BATCH),
	ODD("two-steps", "several index updates, one notification", ODD_TWO_STEPS),
	ODD("chain", "buffers in three descriptors, cut anywhere", ODD_CHAIN),
	ODD("chain-down", "the same, linked downwards", ODD_CHAIN_DOWN),
	ODD("chain-batch", "several such buffers at once", ODD_CHAIN, ODD_BATCH),
	ODD("writable-tail", "a writable descriptor at the end", ODD_WRITABLE_TAIL),
	ODD("head", "heads other than 0", ODD_HEAD, ODD_SMALL),
	ODD("no-interrupt", "no interrupts wanted", ODD_NO_INTERRUPT),
	ODD("toggle-flags", "interrupts wanted now and then", ODD_TOGGLE_FLAGS, ODD_SMALL),
	ODD("isr-never", "the ISR status never read", ODD_ISR_NEVER),
	ODD("isr-again", "the ISR status read three times", ODD_ISR_AGAIN),
	ODD("isr-early", "the ISR status read before DRIVER_OK", ODD_ISR_EARLY),
	ODD("isr-idle", "the ISR status read when nothing happened", ODD_ISR_IDLE),
	/* the balloon: 5.5 */
	ODD("small", "16 pages a buffer", ODD_SMALL),
	ODD("tiny", "one page a buffer", ODD_TINY),
	ODD("pfns-down", "page frames in descending order", ODD_PFNS_DOWN),
	ODD("actual-last", "one update of actual for many requests", ODD_ACTUAL_LAST, ODD_SMALL),
	ODD("actual-twice", "actual written twice", ODD_ACTUAL_TWICE),
	ODD("overshoot", "more pages than the target", ODD_OVERSHOOT),
	ODD("migrate", "a page in and another out, at the target", ODD_MIGRATE),
	ODD("migrate-linger", "the same, and a long time without a word", ODD_MIGRATE, ODD_LINGER),
	ODD_EMPTY("migrate-no-oom", "the same without DEFLATE_ON_OOM", ODD_MIGRATE, ODD_NO_OOM),
	ODD_EMPTY("no-oom", "DEFLATE_ON_OOM left out, nothing deflated", ODD_NO_OOM),
	ODD("linger", "nothing but status reads for long", ODD_LINGER),
	ODD("linger-quiet", "the same, INTx disabled", ODD_LINGER, ODD_INTX_OFF),
	ODD("unasked", "deflated at once, with DEFLATE_ON_OOM", ODD_UNASKED),
};

const unsigned driver_nodd = sizeof(driver_odd) / sizeof(driver_odd[0]);
