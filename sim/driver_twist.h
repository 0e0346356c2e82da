/* SPDX-License-Identifier: MIT */
/*
 * What the driver can do otherwise, and the seams between its files. WRONG_* breaks a clause,
 * ODD_* is legal. A scenario combines up to DRIVER_TWISTS of them.
 */
#ifndef SIM_DRIVER_TWIST_H
#define SIM_DRIVER_TWIST_H

#include "sim/driver.h"

enum driver_twist {
	TWIST_NONE,
	/* reset and status: 2.1, 2.4, 3.1 */
	WRONG_NO_RESET,       /* starts without writing 0 to device_status */
	WRONG_NO_RESET_WAIT,  /* goes on before device_status reads 0 */
	WRONG_NO_ACKNOWLEDGE, /* sets DRIVER without ACKNOWLEDGE */
	WRONG_NO_DRIVER,      /* goes from ACKNOWLEDGE to FEATURES_OK */
	WRONG_NO_FEATURES_OK, /* sets up queues without FEATURES_OK */
	WRONG_SKIP_REREAD,    /* carries on without reading FEATURES_OK back */
	WRONG_IGNORE_REFUSAL, /* carries on though FEATURES_OK did not stick */
	WRONG_DRIVER_OK_ONLY, /* DRIVER_OK right after the features */
	WRONG_OK_AT_ONCE,     /* FEATURES_OK and DRIVER_OK in one write */
	WRONG_NO_DRIVER_OK,   /* never sets it */
	WRONG_CLEAR_BIT,      /* writes DRIVER_OK alone, dropping the other bits */
	WRONG_GO_ON_FAILED,   /* sets FAILED, then carries on */
	WRONG_RETRY_FAILED,   /* sets FAILED, then begins anew without a reset */
	WRONG_SUSPEND_EARLY,  /* sets SUSPEND before DRIVER_OK */
	WRONG_SUSPEND,        /* sets SUSPEND, which was not negotiated */
	ODD_ABSOLUTE_STATUS,  /* absolute values, not read-modify-write */
	ODD_ONE_STEP,         /* ACKNOWLEDGE and DRIVER in one write */
	ODD_REPEAT_STATUS,    /* each status written twice */
	ODD_POLL_STATUS,      /* reads the status again and again */
	ODD_TIDY,             /* unmaps vectors of a device that was reset */
	ODD_RESET_AT,         /* a start given up by a reset, at enum driver_stage */
	ODD_RESET_AT_LAST = ODD_RESET_AT + 6,
	ODD_FAIL_AT, /* the same by FAILED, then a reset */
	ODD_FAIL_AT_LAST = ODD_FAIL_AT + 6,
	ODD_RESET_BUSY, /* a reset with a buffer outstanding */
	ODD_TWO_LIVES,  /* the whole life, twice */
	/* features: 2.2, 3.1.1, 6 */
	WRONG_FEATURES_UNREAD,     /* writes features it never read */
	WRONG_FEATURES_UNWRITTEN,  /* sets FEATURES_OK without having written any */
	WRONG_FEATURE_NOT_OFFERED, /* accepts bit 22, which is not on offer */
	WRONG_FEATURES_LATE,       /* adds a feature after FEATURES_OK */
	WRONG_NO_VERSION_1,        /* does not accept it */
	WRONG_NO_MUST_TELL_HOST,   /* does not accept it */
	WRONG_BLIND_RESERVED,      /* accepts bit 25 of a word it never read */
	WRONG_BLIND_RESERVED_HIGH, /* accepts bit 44 of a word it never read */
	WRONG_BLIND_BEYOND,        /* accepts bit 128 */
	WRONG_BLIND_FOREIGN,       /* accepts bit 7 of a word it never read */
	WRONG_BLIND_FOREIGN_HIGH,  /* accepts bit 50 of a word it never read */
	WRONG_BLIND_EMPTY_WORD,    /* accepts bit 64 */
	WRONG_BLIND_SR_IOV,        /* accepts bit 37 of a word it never read */
	WRONG_BLIND_LEGACY,        /* accepts bit 24 of a word it never read: refused */
	ODD_FEATURES_TWICE,        /* reads and writes both words twice */
	ODD_FEATURES_REVERSED,     /* high word first */
	ODD_FEATURES_TRIMMED,      /* first writes all that is on offer, then less */
	ODD_FEATURES_BEYOND,       /* reads words 2 and 3, and writes 0 to them */
	ODD_FEATURES_READ_BACK,    /* reads driver_feature */
	ODD_EVENT_IDX,             /* accepts it */
	ODD_NOTIFY_DATA,           /* accepts NOTIFICATION_DATA */
	ODD_QUEUE_RESET,           /* accepts RING_RESET, and resets queue 1 when live */
	ODD_NO_OOM,                /* leaves DEFLATE_ON_OOM out */
	ODD_INDIRECT,              /* accepts INDIRECT_DESC, and uses tables */
	ODD_STATS,                 /* accepts STATS_VQ */
	ODD_HINT,                  /* accepts FREE_PAGE_HINT */
	ODD_REPORT,                /* accepts PAGE_REPORTING */
	ODD_POISON,                /* accepts PAGE_POISON */
	ODD_SUSPEND,               /* accepts SUSPEND, and suspends when inflated */
	WRONG_NO_ACCESS_PLATFORM,  /* does not accept it */
	WRONG_NO_ORDER_PLATFORM,   /* does not accept it */
	WRONG_NO_NOTIF_CONFIG,     /* does not accept NOTIF_CONFIG_DATA */
	WRONG_IDLE_REFUSED,        /* does nothing for long when its features were refused */
	/* configuration: 2.5, 4.1.3 */
	WRONG_CONFIG_EARLY,   /* writes device configuration before FEATURES_OK */
	WRONG_CONFIG_COMMAND, /* reads free_page_hint_cmd_id, which is not on offer */
	WRONG_CONFIG_POISON,  /* writes poison_val, which is not on offer */
	WRONG_CONFIG_BYTE,    /* reads num_pages by bytes */
	WRONG_CONFIG_WORD,    /* writes the low half of actual alone */
	ODD_CONFIG_FIRST,     /* reads num_pages before the reset, and while negotiating */
	ODD_GENERATION,       /* brackets its reads of num_pages */
	ODD_ACTUAL_READ,      /* reads actual back */
	/* the function and its common configuration: 4.1 */
	WRONG_STATUS_WIDE,    /* reads the status with its neighbours */
	WRONG_STATUS_WORD,    /* reads the status and the generation at once */
	WRONG_SIZE_WIDE,      /* reads the queue size and vector at once */
	WRONG_SIZE_BYTE,      /* reads the queue size by bytes */
	WRONG_FEATURE_WORD,   /* reads the features by halves */
	WRONG_ISR_WIDE,       /* reads four bytes of ISR status */
	WRONG_WRITE_OFFER,    /* writes device_feature */
	WRONG_WRITE_QUEUES,   /* writes num_queues */
	WRONG_WRITE_GEN,      /* writes config_generation */
	WRONG_WRITE_NOFF,     /* writes queue_notify_off */
	WRONG_WRITE_CAP,      /* writes the length of a virtio capability */
	WRONG_ACCESS_SKEWED,  /* four bytes at offset 2 through the access window */
	WRONG_ACCESS_OUTSIDE, /* reads the MSI-X table through the access window */
	WRONG_ISR_WITH_MSIX,  /* reads the ISR status on a queue's message */
	ODD_CAPS_BY_DWORD,    /* reads capability headers as one dword */
	ODD_IDENTITY,         /* reads revision and subsystem */
	ODD_ACCESS_WINDOW,    /* goes through the access window */
	ODD_ACCESS_WRITE,     /* writes through it */
	ODD_INTX_OFF,         /* disables INTx */
	ODD_PCI_STATUS,       /* reads the PCI status while INTx is asserted */
	ODD_COUNT_QUEUES,     /* reads num_queues, and the size of a queue beyond */
	/* queue set-up: 2.7.1, 4.1.4.3, 4.1.5.1 */
	WRONG_SETUP_EARLY,   /* sets up queues before the negotiation */
	WRONG_ENABLE_LATE,   /* enables the deflate queue after DRIVER_OK */
	WRONG_ENABLE_BARE,   /* enables a queue without addresses */
	WRONG_ENABLE_HALF,   /* enables a queue without a device area */
	WRONG_ADDR_LATE,     /* writes an address of an enabled queue */
	WRONG_SIZE_LATE,     /* writes the size of an enabled queue */
	WRONG_DISABLE,       /* writes 0 to queue_enable */
	WRONG_SIZE_96,       /* no power of two */
	WRONG_SIZE_0,        /* none at all */
	WRONG_DESC_SKEWED,   /* a descriptor table at 8 beyond a multiple of 16 */
	WRONG_AVAIL_SKEWED,  /* an available ring at an odd address */
	WRONG_USED_SKEWED,   /* a used ring at 2 beyond a multiple of 4 */
	WRONG_VECTOR_BEYOND, /* a vector beyond the table */
	WRONG_VECTOR_UNREAD, /* a queue's vector that is not read back */
	WRONG_VECTOR_BLIND,  /* the configuration's vector is not read back */
	WRONG_RING_OUTSIDE,  /* rings outside guest memory */
	WRONG_DESC_RING_OUTSIDE,
	WRONG_USED_OUTSIDE,
	ODD_HIGH_FIRST,         /* high halves of addresses first */
	ODD_AREAS_REVERSED,     /* device area first */
	ODD_ADDR_TWICE,         /* another address first: the last counts */
	ODD_QUEUES_REVERSED,    /* queue 1 first */
	ODD_QUEUES_INTERLEAVED, /* a write here, a write there */
	ODD_SIZE_UNWRITTEN,     /* the size as the device has it */
	ODD_SIZE_4,
	ODD_SIZE_2,
	ODD_SIZE_LAST,       /* the size after the addresses */
	ODD_SETUP_READ_BACK, /* reads size, addresses, enable back */
	ODD_UNMAP,           /* writes NO_VECTOR */
	ODD_VECTOR_IDLE,     /* maps vectors, leaves MSI-X off */
	ODD_VECTOR_MOVED,    /* maps a vector, unmaps it, maps another */
	ODD_MSIX,            /* a vector each */
	ODD_MSIX_SHARED,     /* one vector for all */
	ODD_MSIX_MASKED,     /* enabled, each entry masked */
	ODD_MSIX_NO_CONFIG,  /* queues have vectors, configuration changes none */
	/* rings and notifications: 2.7 */
	WRONG_NOTIFY_EARLY,   /* notifies before DRIVER_OK */
	WRONG_NOTIFY_WIDE,    /* a 32-bit notification */
	WRONG_NOTIFY_NARROW,  /* a 16-bit notification with NOTIFICATION_DATA */
	WRONG_RESET_BLIND,    /* sets the queue up without awaiting its reset */
	WRONG_RESET_BARE,     /* enables it again without addresses */
	WRONG_NOTIFY_VALUE,   /* the other queue's index at this queue's place */
	WRONG_NEVER_NOTIFY,   /* makes a buffer available before DRIVER_OK, and never says so */
	WRONG_DESC_OUTSIDE,   /* a descriptor outside guest memory */
	WRONG_DESC_LOOP,      /* a chain that loops */
	WRONG_DESC_LOOP_WIDE, /* of two descriptors */
	WRONG_WRITABLE_FIRST, /* a readable descriptor behind a writable one */
	WRONG_CHAIN_HUGE,     /* more than 4 GiB in a chain */
	WRONG_INDIRECT,       /* an indirect descriptor, not negotiated */
	WRONG_INDIRECT_NEXT,  /* INDIRECT and NEXT */
	WRONG_INDIRECT_NEST,  /* an indirect descriptor in a table */
	WRONG_USED_FLAGS,     /* a used ring whose flags begin as 1 */
	WRONG_IDX_JUMP,       /* an available index further ahead than the ring is long */
	WRONG_IDX_BACK,       /* an available index that goes back */
	WRONG_AVAIL_FLAGS,    /* flags 2 in the available ring */
	ODD_EVENT_USED,       /* with EVENT_IDX, wants an interrupt for each buffer */
	ODD_EARLY_BUFFER,     /* a buffer before DRIVER_OK, notified after it */
	ODD_NOTIFY_TWICE,     /* two notifications a buffer */
	ODD_NOTIFY_IDLE,      /* notifications without buffers */
	ODD_BATCH,            /* several buffers, one index update */
	ODD_TWO_STEPS,        /* several index updates, one notification */
	ODD_CHAIN,            /* a buffer in three descriptors, cut anywhere */
	ODD_CHAIN_DOWN,       /* the same, linked downwards */
	ODD_WRITABLE_TAIL,    /* a writable descriptor behind the readable one */
	ODD_HEAD,             /* heads other than 0 */
	ODD_NO_INTERRUPT,     /* available ring flags 1 */
	ODD_TOGGLE_FLAGS,     /* flags that come and go */
	ODD_ISR_NEVER,        /* never reads the ISR status */
	ODD_ISR_AGAIN,
	ODD_ISR_EARLY, /* reads it before DRIVER_OK */
	ODD_ISR_IDLE,  /* reads it when nothing happened */
	/* the balloon: 5.5 */
	WRONG_PFN_BEYOND,    /* a page frame beyond guest memory */
	WRONG_NO_ACTUAL,     /* never writes actual */
	WRONG_DEFLATE_EARLY, /* deflates a page that it never inflated */
	ODD_SMALL,           /* 16 pages a buffer */
	ODD_TINY,            /* one page a buffer, 64 pages in all */
	ODD_PFNS_DOWN,       /* page frames in descending order */
	ODD_ACTUAL_LAST,     /* one update of actual for all requests */
	ODD_ACTUAL_TWICE,
	ODD_OVERSHOOT, /* 32 pages more than the target */
	ODD_MIGRATE,   /* at the target, a page in and another out */
	ODD_LINGER,    /* a long time of nothing but status reads, at the end */
	ODD_UNASKED,   /* deflates at once what it inflated */
	/* statistics: 5.5.6.3; needs ODD_STATS */
	WRONG_STATS_NEVER,  /* places no buffer */
	WRONG_STATS_TWO,    /* two buffers at a time */
	WRONG_STATS_ONCE,   /* no fresh buffer for a used one */
	WRONG_STATS_SET,    /* other statistics the second time */
	WRONG_STATS_ODD,    /* a buffer of 13 bytes */
	WRONG_STATS_TAMPER, /* changes the descriptor of a buffer that the device has */
	WRONG_STATS_AGAIN,  /* makes a descriptor available that the device has */
	ODD_STATS_EARLY,    /* the first buffer before DRIVER_OK, notified after it */
	ODD_STATS_EMPTY,    /* the first buffer is empty */
	/* free page hints and reports: 5.5.6.5 to 5.5.6.7; need ODD_HINT, ODD_REPORT, ODD_POISON */
	WRONG_HINT_SIZE,    /* 8 bytes for a command id */
	WRONG_HINT_NO_ID,   /* pages before the command id */
	WRONG_HINT_ID,      /* another command id than the device's */
	WRONG_HINT_TWICE,   /* the command id twice */
	WRONG_HINT_NEVER,   /* no hints though the device asks */
	WRONG_HINT_ON,      /* hints though the device is done */
	WRONG_HINT_NO_STOP, /* runs out of pages without a word */
	WRONG_POISON_UNSET, /* does not tell poison_val */
	WRONG_POISON_LATE,  /* changes poison_val of a live device */
	WRONG_REPORT_DIRTY, /* reports a page that does not hold poison_val */
	/* suspend: 3.4; need ODD_SUSPEND */
	WRONG_SUSPEND_BLIND,  /* resumes without having seen the device suspended */
	WRONG_SUSPEND_POST,   /* makes a buffer available meanwhile */
	WRONG_SUSPEND_NOTIFY, /* notifies meanwhile */
	WRONG_SUSPEND_CONFIG, /* writes actual meanwhile */
	WRONG_RESUME_NOTIFY,  /* notifies before the device has resumed */
	ODD_SUSPEND_TARGET,   /* the host asks for another size meanwhile */
	/* virtio-mmio alone: 4.2 */
	WRONG_MMIO_NO_MAGIC,      /* begins with the device id */
	WRONG_MMIO_ANY_MAGIC,     /* takes a device with another magic value */
	WRONG_MMIO_ANY_VERSION,   /* takes one of another version */
	WRONG_MMIO_ANY_ID,        /* takes a placeholder */
	WRONG_MMIO_NO_ID,         /* does not ask for the device id */
	WRONG_MMIO_HOLE,          /* reads what is no register */
	WRONG_MMIO_HOLE_WRITE,    /* writes it */
	WRONG_MMIO_CONFIG_BEYOND, /* reads behind the configuration */
	WRONG_MMIO_READ_ONLY,     /* writes what is read-only */
	WRONG_MMIO_WRITE_ONLY,    /* reads what is write-only */
	WRONG_MMIO_BYTE,          /* reads a byte of a register */
	WRONG_MMIO_WORD,          /* writes half of one */
	WRONG_MMIO_SHM,           /* looks for shared memory */
	WRONG_MMIO_NO_OFFER_SEL,  /* does not write DeviceFeaturesSel 0 */
	WRONG_MMIO_NO_ACCEPT_SEL, /* does not write DriverFeaturesSel 0 */
	WRONG_MMIO_SIZE_BEYOND,   /* a size above QueueSizeMax */
	WRONG_MMIO_STOP_BLIND,    /* does not read QueueReady back after writing 0 */
	WRONG_MMIO_ACK_MORE,      /* acknowledges both events, whatever happened */
	WRONG_MMIO_ACK_UNDEFINED, /* acknowledges bit 2 */
	WRONG_MMIO_ACK_NEVER,
	WRONG_MMIO_ACK_BLIND, /* without having read the status */
	ODD_MMIO_RESTART,     /* stops queue 1 and makes it ready again */
	ODD_MMIO_LOOK_TWICE,  /* reads the interrupt status twice, acknowledges once */
	ODD_MMIO_EARLY_LOOK,  /* reads the interrupt status once more */
	TWIST_COUNT
};

_Static_assert(TWIST_COUNT <= 256, "a twist is a byte");

/* Where a start may be given up. */
enum driver_stage {
	STAGE_RESET,
	STAGE_ACKNOWLEDGE,
	STAGE_DRIVER,
	STAGE_FEATURES, /* written */
	STAGE_FEATURES_OK,
	STAGE_QUEUES,
	STAGE_DRIVER_OK,
};

/* driver.c */
bool driver_is(const struct driver *drv, enum driver_twist twist);
int driver_fail(struct driver *drv, const char *why);
uint32_t driver_cfg(struct driver *drv, unsigned off, unsigned size);
uint32_t driver_get(struct driver *drv, const struct driver_window *win, uint32_t off,
		    unsigned size);
void driver_put(struct driver *drv, const struct driver_window *win, uint32_t off, unsigned size,
		uint32_t val);
uint8_t driver_status(struct driver *drv);
void driver_set_status(struct driver *drv, uint8_t val);

/* driver_mmio.c: the same over virtio-mmio, where io has it */
int driver_mmio_probe(struct driver *drv);
uint32_t driver_mmio_get(struct driver *drv, const struct driver_window *win, uint32_t off,
			 unsigned size);
void driver_mmio_put(struct driver *drv, const struct driver_window *win, uint32_t off,
		     unsigned size, uint32_t val);
void driver_mmio_play(struct driver *drv);

/* driver_scenario.c */
bool driver_same(const char *a, const char *b);

/* driver_pci.c: deviations in how the function itself is used, once after DRIVER_OK */
void driver_pci_identity(struct driver *drv);
void driver_pci_play(struct driver *drv);
void driver_pci_msix(struct driver *drv);

/* driver_setup.c */
int driver_setup(struct driver *drv); /* both queues; 1: the scenario has enough */

int driver_requeue(struct driver *drv, uint16_t index); /* resets one, sets it up again */

/* driver_queue.c */
void driver_notify(struct driver *drv, const struct driver_queue *q);
void driver_post(struct driver *drv, struct driver_queue *q, unsigned n); /* n page numbers */
int driver_await(struct driver *drv, struct driver_queue *q);             /* all that was posted */
int driver_await_idx(struct driver *drv, struct driver_queue *q, uint16_t idx);
/* One descriptor, `head`, made available and not notified. */
struct driver_buffer {
	uint16_t head;
	uint64_t gpa;
	uint32_t len;
	bool writable;
};
void driver_offer(struct driver *drv, struct driver_queue *q, struct driver_buffer buf);
void driver_linger(struct driver *drv); /* so long that what is due is overdue */
int driver_send(struct driver *drv, struct driver_queue *q, unsigned n); /* all three */

/* driver_balloon.c */
uint32_t driver_goal(struct driver *drv); /* pages that the scenario inflates to */

/* driver_memory.c: statistics, hints and reports, where they were negotiated */
void driver_memory_ready(struct driver *drv); /* right before DRIVER_OK */
void driver_memory_live(struct driver *drv);  /* right after it */
int driver_memory_play(struct driver *drv);   /* at the target */

/* driver_suspend.c: suspends the device and resumes it, where that was negotiated */
int driver_suspend_play(struct driver *drv);

/* The tables. */
extern const struct driver_scenario driver_odd[], driver_wrong[], driver_mmio[];
extern const unsigned driver_nodd, driver_nwrong, driver_nmmio;

#endif
