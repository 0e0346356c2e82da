/* SPDX-License-Identifier: MIT */
/*
 * The observer's own seams: a transport (observer_pci.c, observer_mmio.c) finds out which register
 * an access means; the core (observer_regs.c) keeps what the driver programmed; the ring decoder
 * (observer_ring.c) names DMA beats by it and by the chains that the device works on
 * (observer_chain.c); observer.c collects the events.
 */
#ifndef SIM_OBSERVER_INTERNAL_H
#define SIM_OBSERVER_INTERNAL_H

#include <stdbool.h>

#include "sim/observer.h"

#define OBS_INSTANT_EVENTS 256 /* a cycle with more goes out in several parts */
#define OBS_AXI_IDS        16
#define OBS_WINDOWS        16
#define OBS_FEATURE_WORDS  4 /* 128 feature bits */

/* The registers of a virtio device, whatever the transport. */
enum obs_reg {
	REG_NONE, /* no register, or one without events of its own */
	REG_DEVICE_FEATURE_SELECT,
	REG_DEVICE_FEATURE,
	REG_DRIVER_FEATURE_SELECT,
	REG_DRIVER_FEATURE,
	REG_CONFIG_VECTOR,
	REG_NUM_QUEUES,
	REG_STATUS,
	REG_CONFIG_GENERATION,
	REG_QUEUE_SELECT,
	REG_QUEUE_SIZE,
	REG_QUEUE_VECTOR,
	REG_QUEUE_ENABLE,
	REG_QUEUE_NOTIFY_OFF,
	REG_QUEUE_ADDR, /* six of them: part 0..5 */
	REG_QUEUE_ADDR_LAST = REG_QUEUE_ADDR + 5,
	REG_QUEUE_NOTIFY_DATA,
	REG_QUEUE_RESET,
	REG_QUEUE_SIZE_MAX, /* virtio-mmio */
	REG_COUNT
};

/* The part of one register that an access covers. */
struct obs_access {
	enum obs_reg reg;
	uint8_t width;   /* of the register, bytes */
	uint8_t first;   /* byte of the register where the access begins */
	uint8_t size;    /* bytes of the register accessed */
	uint32_t offset; /* of the accessed bytes, as the transport numbers them */
	uint32_t data;   /* right-aligned */
};

enum obs_area { AREA_DESC, AREA_DRIVER, AREA_DEVICE, AREA_COUNT };

struct obs_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t owner; /* head of the chain it was last seen in */
	bool live;      /* fetched, and its chain not yet returned */
	bool returned;  /* in a used entry that used.idx does not cover yet */
	bool told;      /* payload_start */
};

/* A buffer that an indirect table describes. */
struct obs_table_entry {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t owner; /* head of the chain that its table is in */
	bool told;
};

struct obs_ring {
	bool known;   /* at least one area was programmed */
	bool enabled; /* its queue is: what lies there is a ring */
	bool stale;   /* reset, but the device may still be draining */
	bool have[AREA_COUNT];
	uint64_t base[AREA_COUNT];
	uint32_t size;         /* entries, 0: not known */
	struct obs_desc *desc; /* `size` of them, made at first use */
	uint8_t *taken;        /* by slot: entry fetched, though avail_next has not passed it */
	uint16_t *live;        /* indices of live descriptors, in fetch order */
	uint32_t n_live;
	uint16_t avail_idx;             /* as last fetched */
	uint16_t avail_next;            /* first available index whose entry was not fetched */
	uint16_t snoop_from, snoop_idx; /* what the last notification announced */
	struct obs_table_entry *extra;  /* live buffers that indirect tables describe */
	uint32_t n_extra, room_extra;
};

struct obs_queue {
	uint32_t reg[REG_COUNT];
	uint8_t areas; /* bit n: area n was written in this life */
	bool notify_off_known;
	struct obs_ring ring;
};

/* Bytes of a descriptor or used element that have crossed the bus so far. */
struct obs_gather {
	struct obs_ring *ring; /* NULL: nothing gathered */
	uint32_t index;
	uint16_t mask;
	uint8_t byte[16];
};

/* Why guest memory was looked at last: observer_snoop.c. */
enum obs_occasion { OBS_NOTIFIED, OBS_STATUS, OBS_ENABLED, OBS_RETURNED, OBS_REPORTED };

struct obs_window {
	uint8_t type; /* VIRTIO_PCI_CAP_* */
	uint8_t bar;
	uint32_t offset, length; /* bytes */
	uint32_t multiplier;     /* notify_off_multiplier */
	bool multiplier_known;
};

struct obs_pci {
	uint8_t byte[256]; /* configuration space as last read */
	bool known[256];
	bool dirty; /* bytes changed since the windows were found */
	struct obs_window window[OBS_WINDOWS];
	unsigned windows;
	uint8_t access_cap; /* offset of the PCI configuration access capability, or 0 */
	uint8_t af_cap;     /* and of Advanced Features, which can reset the function */
	bool draining;      /* it was, and what it had in flight may still come */
};

struct observer {
	struct observer_sink sink;
	struct observer_stats stats;

	uint64_t cycle;
	unsigned n_events;
	struct event event[OBS_INSTANT_EVENTS];

	uint32_t reg[REG_COUNT];
	uint32_t driver_feature[OBS_FEATURE_WORDS];
	struct {
		enum obs_reg reg;
		uint8_t mask;
		uint32_t data;
	} partial; /* a register that is being read in parts */

	struct obs_queue queue[OBSERVER_QUEUES];
	uint8_t ring[OBSERVER_QUEUES]; /* queues with a known ring */
	unsigned rings;
	struct obs_gather desc[OBS_AXI_IDS], used[OBS_AXI_IDS];
	struct obs_gather table; /* of an indirect table, index counted from its address */
	struct obs_start {
		uint64_t addr; /* of the buffer */
		uint8_t got, byte[8];
	} start; /* the first bytes of a readable buffer, as far as they have come */
	enum obs_occasion occasion;
	uint64_t half, range; /* of a descriptor looked at; reported last */
	uint8_t hit_queue;    /* where the last payload beat was found */
	uint16_t hit_desc;

	struct obs_pci pci;
};

/* observer.c */
void obs_emit(struct observer *obs, enum event_id id, const uint64_t *arg, unsigned n);
#define OBS_EMIT(obs, id, ...)                               \
	obs_emit(obs, id, (const uint64_t[]){ __VA_ARGS__ }, \
		 sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

/* observer_regs.c */
void obs_regs_read(struct observer *obs, const struct obs_access *acc);
void obs_regs_write(struct observer *obs, const struct obs_access *acc);
void obs_regs_notify(struct observer *obs, uint32_t q, uint32_t value, unsigned size);
void obs_regs_host_reset(struct observer *obs);

/* observer_pci.c */
void obs_pci_cfg(struct observer *obs, const struct bus_rec *rec);
void obs_pci_bar(struct observer *obs, const struct bus_rec *rec);

/* observer_mmio.c */
#define OBS_WINDOW_MMIO 0 /* in reg_access: the control registers, beside VIRTIO_PCI_CAP_* */
void obs_mmio(struct observer *obs, const struct bus_rec *rec);

/* observer_ring.c */
void obs_ring_beat(struct observer *obs, const struct bus_rec *rec);
void obs_ring_config(struct observer *obs, unsigned q); /* registers of q changed */
void obs_ring_enabled(struct observer *obs, unsigned q);
void obs_ring_stale(struct observer *obs, unsigned q); /* q was reset, may drain */
void obs_ring_drained(struct observer *obs, unsigned q);
void obs_ring_drop(struct observer *obs, unsigned q);
unsigned obs_ring_queue(const struct observer *obs, const struct obs_ring *ring);

/* observer_chain.c */
struct vring_desc;
void obs_chain_entry(struct observer *obs, struct obs_ring *ring, uint32_t slot, uint16_t head);
void obs_chain_desc(struct observer *obs, struct obs_ring *ring, uint32_t index,
		    const struct vring_desc *from);
void obs_chain_returned(struct obs_ring *ring, uint32_t head); /* in a used entry */
void obs_chain_published(struct obs_ring *ring);               /* used.idx was written */
void obs_chain_forget(struct obs_ring *ring);
/* Events for the payload at addr: how many of the n bytes they cover, 0: none there. */
unsigned obs_chain_payload(struct observer *obs, uint64_t addr, const uint8_t *byte, unsigned n,
			   bool write);

/* observer_snoop.c */
void obs_snoop_notified(struct observer *obs, unsigned q);
void obs_snoop_status(struct observer *obs);
void obs_snoop_enabled(struct observer *obs, unsigned q);
void obs_snoop_returned(struct observer *obs, struct obs_ring *ring, uint32_t head);
void obs_snoop_range(struct observer *obs, uint64_t addr);
void obs_snoop_rec(struct observer *obs, const struct bus_rec *rec);

#endif
