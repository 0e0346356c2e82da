/* SPDX-License-Identifier: MIT */
/*
 * The balloon function on a bench: struct dev with guest RAM, and what came out of it.
 *
 * The hw_* helpers drive registers and rings the short way, right or wrong as a test
 * wants it; nothing here checks the device beyond "the access was answered" and "it
 * became quiet". Offsets are the ones that rtl/virtio_pkg.sv gives the BAR; over virtio-mmio
 * the register of that name is meant.
 */
#ifndef TESTS_LIB_HW_H
#define TESTS_LIB_HW_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/dev.h"
#include "sim/mem.h"

#define HW_RAM      0x100000ULL /* guest physical */
#define HW_RAM_SIZE 0x400000ULL
#define HW_DATA     0x200000ULL /* RAM from here on is for buffers */
#define HW_NOWHERE  0x80000000ULL

/* Windows of BAR 0. */
#define HW_COMMON 0x0000
#define HW_ISR    0x1000
#define HW_DEVICE 0x2000
#define HW_NOTIFY 0x3000
#define HW_TABLE  0x4000
#define HW_PBA    0x4800

/* Capabilities in configuration space. */
#define HW_CAP_PCI_CFG 0x84
#define HW_CAP_MSIX    0x98
#define HW_CAP_AF      0xa4

#define HW_ISR_QUEUE 1 /* linux/virtio_pci.h has only the other bit */

#define HW_QUEUES    2 /* that every driver has */
#define HW_ROLES     5 /* that there can be */
#define HW_VECTORS   6
#define HW_MAX_PAGES 0x40000
#define HW_MAX_TOLD  64 /* statistics, ranges */

enum { HW_INFLATE, HW_DEFLATE, HW_STATS, HW_HINT, HW_REPORT }; /* as 5.5.2 numbers them */
#define HW_BIT(n) (1ULL << (n))

struct hw_queue {
	unsigned size;
	uint64_t desc, avail, used; /* guest physical */
	uint16_t added;             /* avail idx as last written */
};

struct hw_page {
	enum dev_page dir;
	uint32_t pfn;
};

struct hw_seg {
	uint64_t addr;
	uint32_t len;
	uint16_t flags; /* VRING_DESC_F_*; NEXT is added where a segment follows */
};

struct hw {
	const char *dut; /* NULL: the balloon over PCI */
	bool mmio;
	struct mem *mem;
	struct dev *dev;
	uint8_t *ram;
	struct hw_queue queue[HW_ROLES];
	/* What the device did. */
	struct hw_page *page;
	unsigned npages;
	struct hw_stat {
		uint16_t tag;
		uint64_t value;
	} stat[HW_MAX_TOLD];
	unsigned nstats;
	struct dev_range range[HW_MAX_TOLD];
	unsigned nranges;
	bool intx;
	unsigned rises;                                          /* of INTx */
	unsigned msix[HW_VECTORS];                               /* messages, by vector */
	unsigned dma_reads, dma_writes;                          /* beats */
	void (*watch)(struct hw *hw, const struct bus_rec *rec); /* every record, or NULL */
	void *watch_ctx;
};

/* A function out of reset, as the BIOS finds it. features: offered set (strap). */
struct hw *hw_new(uint64_t features);
/* On this device, NULL: the balloon over PCI; dense: optional queues packed. */
struct hw *hw_new_on(const char *dut, uint64_t features, bool dense);
struct hw *hw_new_cfg(const struct dev_config *cfg); /* another device, or other straps */
void hw_free(struct hw *hw);

/* A test's set-up and its end: on the bench in *state, all features on offer, and enabled. */
int hw_setup(void **state);
int hw_teardown(void **state);

/* A group's set-up: what its tests' set-ups find in *state is a name for hw_new_on. */
int hw_group_mmio(void **state);

/* Accesses that must be answered OKAY. hw_write also runs the device until it is quiet. */
uint32_t hw_cfg_read(struct hw *hw, unsigned off, unsigned size);
void hw_cfg_write(struct hw *hw, unsigned off, unsigned size, uint32_t val);
uint32_t hw_read(struct hw *hw, unsigned off, unsigned size);
void hw_write(struct hw *hw, unsigned off, unsigned size, uint32_t val);
void hw_post(struct hw *hw, unsigned off, unsigned size, uint32_t val); /* does not run */
void hw_cfg_post(struct hw *hw, unsigned off, unsigned size, uint32_t val);
void hw_run(struct hw *hw);

/* virtio-mmio registers by their own offsets (hw_mmio.c), and by their PCI names. */
uint32_t hw_mmio_read(struct hw *hw, unsigned off, unsigned size);
void hw_mmio_post(struct hw *hw, unsigned off, unsigned size, uint32_t val);
void hw_mmio_write(struct hw *hw, unsigned off, uint32_t val);
uint32_t hw_mmio_named_read(struct hw *hw, unsigned off, unsigned size);
void hw_mmio_named_post(struct hw *hw, unsigned off, unsigned size, uint32_t val);
unsigned
hw_mmio_name(unsigned common); /* the register that a field of the common configuration is */

/* PCI command: memory and bus mastering on, nothing over virtio-mmio; MSI-X: enabled, all vectors
 * unmasked. */
void hw_enable(struct hw *hw);
void hw_enable_msix(struct hw *hw);

uint8_t hw_status(struct hw *hw);
void hw_reset(struct hw *hw); /* device_status = 0, reads back 0 */
/* Reset .. FEATURES_OK with VERSION_1 and `features`; returns the status read back. */
uint8_t hw_negotiate(struct hw *hw, uint64_t features);
/* Rings of queue q at fresh addresses, plus `skew` bytes for each area; enables it. */
void hw_queue(struct hw *hw, unsigned q, unsigned size, unsigned skew);
/* All of it up to DRIVER_OK; queue q gets vector 1 + q, configuration 0, if MSI-X is on. */
void hw_start(struct hw *hw, unsigned size);
/* The same with features, and that many queues. */
void hw_start_with(struct hw *hw, uint64_t features, unsigned queues, unsigned size);
void hw_driver_ok(struct hw *hw);

/* Rings. */
void hw_desc(struct hw *hw, unsigned q, unsigned n, uint64_t addr, uint32_t len, uint16_t flags,
	     uint16_t next);
void hw_avail(struct hw *hw, unsigned q, uint16_t head); /* makes it available */
void hw_avail_flags(struct hw *hw, unsigned q, uint16_t flags);
void hw_chain(struct hw *hw, unsigned q, unsigned head, const struct hw_seg *seg, unsigned n);
void hw_notify(struct hw *hw, unsigned q);
uint16_t hw_used_idx(struct hw *hw, unsigned q);
uint32_t hw_used_id(struct hw *hw, unsigned q, unsigned n); /* n-th used element, any n */
uint32_t hw_used_len(struct hw *hw, unsigned q, unsigned n);

/* Memory. */
void hw_poke(struct hw *hw, uint64_t gpa, const void *buf, unsigned len);
void hw_peek(struct hw *hw, uint64_t gpa, void *buf, unsigned len);
void hw_pfns(struct hw *hw, uint64_t gpa, uint32_t first, unsigned n); /* first, first + 1, .. */

/* The pages since the last call are exactly dir: first, first + 1, .. */
void hw_expect_pages(struct hw *hw, enum dev_page dir, uint32_t first, unsigned n);

#endif
