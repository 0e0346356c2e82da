/* SPDX-License-Identifier: MIT */
/*
 * Hand-made bus records for tests of the observer, and its instants as text.
 *
 * Each record takes a cycle of its own unless `hold` is set. The text has one line an
 * instant, its events separated by one space. Events that nearly every access brings
 * (reg_access, pci_cfg_*) are left out unless `all` is set.
 */
#ifndef TESTS_LIB_OBS_KIT_H
#define TESTS_LIB_OBS_KIT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/observer.h"

/* Where kit_device puts things. */
#define KIT_BAR         4
#define KIT_COMMON      0x1000
#define KIT_ISR         0x2000
#define KIT_DEVICE      0x2010
#define KIT_NOTIFY      0x3000
#define KIT_MULTIPLIER  4
#define KIT_CAP_COMMON  0x50
#define KIT_CAP_NOTIFY  0x60
#define KIT_CAP_ISR     0x74
#define KIT_CAP_DEVICE  0x84
#define KIT_CAP_PCI_CFG 0x94

struct obs_kit {
	struct observer *obs;
	uint64_t cycle;
	bool hold; /* do not advance the cycle */
	bool all;  /* every event in the text */
	uint8_t cfg[256];
	uint8_t mem[0x1000]; /* guest memory at KIT_MEM, for snoops */
	char text[1 << 16];
	unsigned text_len;
	struct bus_rec rec[4096]; /* everything fed or snooped, for a replay */
	unsigned n_rec;
};

#define KIT_MEM 0x10000

/* mem: with or without guest memory to snoop in. */
struct obs_kit *kit_new(bool mem);
void kit_free(struct obs_kit *kit);

/* A virtio capability in the configuration space image. */
void kit_cap(struct obs_kit *kit, uint8_t at, uint8_t next, uint8_t type, uint8_t bar,
	     uint32_t offset, uint32_t length);
/* A function with all five virtio capabilities after an MSI-X one, in BAR 4. */
void kit_device(struct obs_kit *kit);
/* kit_device, seen by the observer through 64 dword reads; their text is dropped. */
void kit_learn(struct obs_kit *kit);

void kit_rec(struct obs_kit *kit, struct bus_rec rec);
void kit_cfg_read(struct obs_kit *kit, unsigned off, unsigned size); /* what the image says */
void kit_cfg_write(struct obs_kit *kit, unsigned off, unsigned size, uint32_t val);
void kit_read(struct obs_kit *kit, uint32_t off, unsigned size, uint32_t val); /* KIT_BAR */
void kit_write(struct obs_kit *kit, uint32_t off, unsigned size, uint32_t val);
void kit_dma_read(struct obs_kit *kit, uint64_t addr, uint8_t be, uint64_t data);
void kit_dma_write(struct obs_kit *kit, uint64_t addr, uint8_t be, uint64_t data);

/* Size and the three areas of queue q, by 16 and 32 bit writes; the text is dropped. */
void kit_queue(struct obs_kit *kit, unsigned q, unsigned size, uint64_t desc, uint64_t driver,
	       uint64_t device);

/* Queue 0: 8 entries. Queue 1: 4 entries, areas at 4 modulo 8 where the rules allow it. */
#define DESC0   0x100001000ULL
#define DRIVER0 0x100002000ULL
#define DEVICE0 0x100003000ULL
#define DESC1   0x5010ULL
#define DRIVER1 0x6002ULL
#define DEVICE1 0x7004ULL

/* kit_learn, and those two queues. */
void kit_two_queues(struct obs_kit *kit);

/* A test's set-up with that and no memory to snoop in, and the end of any. */
int kit_setup_queues(void **state);
int kit_teardown(void **state);

/* A descriptor as the device fetches it: two beats. flags: NEXT, WRITE (virtio 1.4, 2.7.5). */
void kit_fetch_desc(struct obs_kit *kit, uint64_t at, uint64_t addr, uint64_t len, uint64_t flags,
		    uint64_t next);
#define NEXT  1ULL
#define WRITE 2ULL

/* Flushes; the text since the last call must be `want` (no newline at its end). */
#define kit_expect(kit, want) kit_expect_at(kit, want, __FILE__, __LINE__)
void kit_expect_at(struct obs_kit *kit, const char *want, const char *file, int line);
void kit_forget(struct obs_kit *kit); /* flushes and drops the text */

#endif
