/* SPDX-License-Identifier: MIT */
/* The seams between the files of tests/lib/legal.h. */
#ifndef TESTS_LIB_LEGAL_INTERNAL_H
#define TESTS_LIB_LEGAL_INTERNAL_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/cmd_rig.h"
#include "sim/mem.h"
#include "tests/lib/legal.h"

#define LEGAL_QUEUES  5   /* of a balloon: 5.5.2 */
#define LEGAL_ENTRIES 256 /* of the largest queue there is */
#define LEGAL_PAGES   5120
#define LEGAL_ALLOCS  4096
#define LEGAL_WINDOWS 4
#define LEGAL_BATCH   300 /* page numbers in a buffer, at most */

/* Status, 2.1. */
#define ACKNOWLEDGE 0x01U
#define DRIVER      0x02U
#define DRIVER_OK   0x04U
#define FEATURES_OK 0x08U
#define SUSPEND     0x10U
#define NEEDS_RESET 0x40U
#define FAILED      0x80U

/* Features, 5.5.3 and 6. */
#define F_MUST_TELL  (1ULL << 0)
#define F_STATS      (1ULL << 1)
#define F_OOM        (1ULL << 2)
#define F_HINT       (1ULL << 3)
#define F_POISON     (1ULL << 4)
#define F_REPORT     (1ULL << 5)
#define F_INDIRECT   (1ULL << 28)
#define F_EVENT_IDX  (1ULL << 29)
#define F_VERSION_1  (1ULL << 32)
#define F_NOTIF_DATA (1ULL << 38)
#define F_NOTIF_CFG  (1ULL << 39)
#define F_RING_RESET (1ULL << 40)
#define F_SUSPEND    (1ULL << 43)

#define NO_VECTOR 0xffffU

/* Registers by the names of 4.1.4.3; over virtio-mmio what is called otherwise there. */
enum legal_reg {
	R_DEVICE_SEL,
	R_DEVICE_FEATURE,
	R_DRIVER_SEL,
	R_DRIVER_FEATURE,
	R_CONFIG_VECTOR,
	R_NUM_QUEUES,
	R_STATUS,
	R_GENERATION,
	R_QUEUE_SEL,
	R_QUEUE_SIZE, /* over virtio-mmio QueueSizeMax is read, QueueSize written */
	R_QUEUE_VECTOR,
	R_QUEUE_ENABLE,
	R_QUEUE_NOTIFY_OFF,
	R_QUEUE_DESC, /* and 5 more: halves of three addresses */
	R_QUEUE_DEVICE_HIGH = R_QUEUE_DESC + 5,
	R_QUEUE_NOTIFY_DATA,
	R_QUEUE_RESET,
	R_COUNT
};

enum legal_kind { K_INFLATE, K_DEFLATE, K_STATS, K_HINT_ID, K_HINT_PAGE, K_REPORT, K_RANDOM };

/* What a driver knows of a page: whose it is. */
enum legal_page { PAGE_FREE, PAGE_INFLATING, PAGE_BALLOON, PAGE_DEFLATING, PAGE_REPORTED };

struct legal_seg {
	uint64_t gpa;
	uint32_t len;
	bool write; /* by the device */
};

/* One buffer, from when it is made to when it is used or given up. */
struct legal_request {
	enum legal_kind kind;
	unsigned npages, nsegs, ndescs;
	uint16_t page[LEGAL_BATCH];
	struct legal_seg seg[LEGAL_ENTRIES];
	uint16_t desc[LEGAL_ENTRIES];
	uint64_t memory[LEGAL_ENTRIES]; /* allocated for it */
	unsigned nmemory;
};

struct legal_queue {
	bool exists, enabled;
	unsigned max, size;
	uint64_t area[3]; /* descriptors, available and used ring */
	uint8_t *desc, *avail, *used;
	uint16_t added, published, weighed, seen; /* indices, free running */
	uint16_t notify_off, notify_data;
	unsigned nbusy;                          /* descriptors */
	struct legal_request *of[LEGAL_ENTRIES]; /* by each of its descriptors */
	uint64_t due;  /* when a notification is to have been weighed, 0: nothing to weigh */
	uint64_t look; /* when the used ring is to be looked at */
};

/* Ways of a driver, drawn anew for each life: one in so many, or a choice. */
struct legal_style {
	unsigned pace, mortality, milling, delay;
	bool absolute, rereads, deaf, early, tight, dirty, msix, generation, flood;
	unsigned window; /* of accesses, through PCI_CFG */
	unsigned segments, direct;
};

struct legal_window {
	uint8_t bar;
	uint32_t offset, length;
};

struct legal {
	struct legal_config cfg;
	uint64_t rand;
	struct rig *rig;
	struct dev *dev;
	bool mmio, rng, errors;
	jmp_buf death, stop; /* of this life, of the session */
	bool mortal;
	const char *error;
	uint64_t accesses, lives, limit;
	struct legal_style style;

	/* The function: 4.1.4 */
	struct legal_window common, notify, isr, device, aimed;
	uint32_t multiplier;
	uint8_t msix_cap, access_cap, af_cap;
	uint16_t vectors, command;
	bool decoding;

	/* This life. */
	uint8_t status; /* as written or read last */
	uint64_t offered, accepted;
	uint32_t words; /* of the offer, read in this life */
	uint32_t device_sel, driver_sel;
	uint16_t sel;
	bool device_sel_known, driver_sel_known, sel_known, live, suspended, intx;
	uint64_t ack_due;
	struct legal_queue queue[LEGAL_QUEUES];

	/* The balloon. */
	uint8_t page[LEGAL_PAGES];
	uint32_t pages, leaving; /* in the balloon; of these on the deflate queue */
	uint32_t target, poison, hint, hinting, hint_said; /* of hints: ids */
	uint64_t actual_due, stats_due, stop_due;
	uint16_t tags[10];
	unsigned ntags;
	bool stats_first;

	/* Guest memory. */
	struct mem *mem;
	struct mem_window win[LEGAL_WINDOWS];
	struct legal_alloc {
		uint64_t gpa;
		uint32_t len;
	} alloc[LEGAL_ALLOCS];
	unsigned nallocs;
	struct legal_request *heap; /* not in use */
};

/* legal.c */
uint32_t legal_rand(struct legal *l, uint32_t below); /* 0 .. below - 1 */
bool legal_one_in(struct legal *l, uint32_t n);       /* n 0: never */
void legal_fail(struct legal *l, const char *why) __attribute__((noreturn));
uint64_t legal_soon(struct legal *l); /* in how many accesses, counted from the first */

/* legal_io.c: each may be the last of a life */
uint32_t legal_get(struct legal *l, enum legal_reg reg);
void legal_put(struct legal *l, enum legal_reg reg, uint32_t val);
bool legal_has(const struct legal *l, enum legal_reg reg, bool write);
uint32_t legal_config_get(struct legal *l, uint32_t off);
void legal_config_put(struct legal *l, uint32_t off, uint32_t val);
uint32_t legal_isr(struct legal *l); /* over virtio-mmio InterruptStatus */
uint32_t legal_mmio_get(struct legal *l, uint32_t off);
void legal_mmio_put(struct legal *l, uint32_t off, uint32_t val);
uint32_t legal_cfg_get(struct legal *l, unsigned off, unsigned size);
void legal_cfg_put(struct legal *l, unsigned off, unsigned size, uint32_t val);
void legal_bar_put(struct legal *l, uint8_t bar, uint32_t off, unsigned size, uint32_t val);
void legal_ring_bell(struct legal *l, unsigned q); /* a notification, whatever for */
void legal_wait(struct legal *l, uint32_t cycles);
uint8_t legal_status(struct legal *l);
void legal_add_status(struct legal *l, uint8_t bits);

/* legal_mem.c */
bool legal_memory_new(struct legal *l);
void legal_memory_free(struct legal *l);
uint64_t legal_alloc(struct legal *l, uint32_t len, uint32_t align); /* 0: no room */
void legal_release(struct legal *l, uint64_t gpa);
void legal_release_all(struct legal *l);
void *legal_at(struct legal *l, uint64_t gpa, uint32_t len);
uint64_t legal_page_gpa(const struct legal *l, unsigned page);

/* legal_function.c: what only PCI has */
void legal_identify(struct legal *l);
void legal_vectors(struct legal *l); /* MSI-X for this life, or not */
void legal_map_config(struct legal *l);
void legal_function_play(struct legal *l);
void legal_function_wakes(struct legal *l);
void legal_function_reset(struct legal *l);

/* legal_start.c: false, the device will not have this driver */
void legal_reset(struct legal *l);
bool legal_start(struct legal *l);
uint32_t legal_read_target(struct legal *l);
void legal_mill(struct legal *l); /* what does nothing, and may be done any time */

/* legal_queue.c */
void legal_queues(struct legal *l);                  /* discovery and set-up */
void legal_queue_again(struct legal *l, unsigned q); /* stopped or reset, and set up again */
struct legal_request *legal_request(struct legal *l, enum legal_kind kind);
bool legal_add(struct legal *l, unsigned q, struct legal_request *req); /* false: no room */
void legal_publish(struct legal *l, unsigned q);
void legal_weigh(struct legal *l, unsigned q); /* notifies, where that is due */
void legal_reap(struct legal *l, unsigned q);
void legal_forget(struct legal *l, unsigned q); /* all that is on it comes to nothing */

/* legal_balloon.c */
void legal_prefill(struct legal *l);
void legal_used(struct legal *l, struct legal_request *req, uint32_t len);
void legal_lost(struct legal *l, struct legal_request *req);
void legal_device_play(struct legal *l);
void legal_device_dues(struct legal *l);
void legal_host_play(struct legal *l);

/* legal_live.c */
void legal_live(struct legal *l);
void legal_look_at_irq(struct legal *l);
void legal_handle_irq(struct legal *l);

#endif
