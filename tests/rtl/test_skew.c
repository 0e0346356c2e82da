/* SPDX-License-Identifier: MIT */
/*
 * A random driver among neighbours with moods (tests/lib/rough.h): chains of any framing, in
 * tables or not, event indices, resets of the device or of a queue and bus mastering off in
 * the middle of DMA, hostile buffers, memory that fails. No hang, no AXI rule broken, no page
 * lost or counted twice, and "not busy" means done.
 *
 * Over PCI and over virtio-mmio, which has no bus mastering and no messages. SKEW_SEED=n runs that
 * seed alone; SOAK=1 runs 1,000 on each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "sim/pins.h"
#include "tests/lib/hw.h"
#include "tests/lib/rough.h"

#define QUEUES    2
#define NOTIFY    0x3000
#define ISR       0x1000
#define TABLE     0x4000
#define CAP_MSIX  0x98
#define BASE      (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define READY     (BASE | VIRTIO_CONFIG_S_FEATURES_OK)
#define MASTER_ON (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)
#define BUDGET    200000
#define NOWHERE   0x100000ULL
#define EVENT_IDX (1U << VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT  (1U << VIRTIO_RING_F_INDIRECT_DESC)
#define Q_RESET   0x3a
#define ERRORS    300 /* a burst in so many fails, where some do */

struct queue {
	unsigned size;
	uint64_t desc, avail, used;
	uint16_t added, seen; /* avail idx, and used idx that the driver has reaped */
	uint16_t busy_descs, next_desc;
	uint16_t len_of[256];   /* descriptors of the chain with that head */
	uint16_t heads[65536];  /* by avail index */
	uint32_t first, expect; /* page numbers: next to be added, next to come out */
};

struct rig {
	struct rough *sk;
	struct queue queue[QUEUES];
	uint64_t data;     /* next free byte of the buffer area */
	uint32_t features; /* of EVENT_IDX and INDIRECT */
	bool master, hostile, mmio;
};

static void on_page(void *ctx, enum dev_page op, uint32_t pfn)
{
	struct rig *rig = ctx;

	assert_true(op < QUEUES);
	assert_int_equal(pfn, rig->queue[op].expect);
	rig->queue[op].expect++;
}

/* A register by its name in the common configuration; over virtio-mmio there are no vectors. */
static void reg_write(struct rig *rig, unsigned off, unsigned size, uint32_t val)
{
	if (!rig->mmio)
		rough_write(rig->sk, BUS_BAR, off, size, val);
	else if (off != VIRTIO_PCI_COMMON_MSIX && off != VIRTIO_PCI_COMMON_Q_MSIX)
		rough_write(rig->sk, BUS_MMIO, hw_mmio_name(off), 4, val);
}

static uint32_t reg_read(struct rig *rig, unsigned off, unsigned size)
{
	return rig->mmio ? rough_read(rig->sk, BUS_MMIO, hw_mmio_name(off), 4)
			 : rough_read(rig->sk, BUS_BAR, off, size);
}

static void cfg_write(struct rig *rig, unsigned off, uint32_t val)
{
	if (!rig->mmio)
		rough_write(rig->sk, BUS_CFG, off, 2, val);
}

static void notify(struct rig *rig, unsigned q)
{
	if (rig->mmio)
		rough_write(rig->sk, BUS_MMIO, VIRTIO_MMIO_QUEUE_NOTIFY, 4, q);
	else
		rough_write(rig->sk, BUS_BAR, NOTIFY + 4 * q, 2, q);
}

/* Reads the ISR status away; over virtio-mmio that is an acknowledgement. */
static void take_interrupt(struct rig *rig)
{
	uint32_t val;

	if (!rig->mmio) {
		rough_read(rig->sk, BUS_BAR, ISR, 1);
		return;
	}
	val = rough_read(rig->sk, BUS_MMIO, VIRTIO_MMIO_INTERRUPT_STATUS, 4);
	rough_write(rig->sk, BUS_MMIO, VIRTIO_MMIO_INTERRUPT_ACK, 4, val);
}

static uint8_t status(struct rig *rig)
{
	return (uint8_t)reg_read(rig, VIRTIO_PCI_COMMON_STATUS, 1);
}

static void set_master(struct rig *rig, bool on)
{
	on |= rig->mmio; /* has no such thing */
	rig->master = on;
	rig->sk->mastering |= on;
	cfg_write(rig, PCI_COMMAND, on ? MASTER_ON : PCI_COMMAND_MEMORY);
	rig->sk->mastering = on;
}

static void poke(struct rig *rig, uint64_t gpa, const void *buf, unsigned len)
{
	rough_poke(rig->sk, gpa, buf, len);
}

static void peek(struct rig *rig, uint64_t gpa, void *buf, unsigned len)
{
	rough_peek(rig->sk, gpa, buf, len);
}

/* Silence once the status reads 0. */
static void reset(struct rig *rig)
{
	struct rough *sk = rig->sk;
	uint64_t reads, writes;
	uint32_t expect[QUEUES];
	unsigned messages;

	reg_write(rig, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	for (unsigned i = 0; status(rig); i++)
		assert_true(i < 2000);
	reads = sk->reads;
	writes = sk->writes;
	messages = sk->messages;
	for (unsigned q = 0; q < QUEUES; q++)
		expect[q] = rig->queue[q].expect;
	dev_step(sk->dev, 60);
	assert_int_equal(sk->reads, reads);
	assert_int_equal(sk->writes, writes);
	assert_int_equal(sk->messages, messages);
	assert_int_equal(*sk->pin->intx_o, 0);
	for (unsigned q = 0; q < QUEUES; q++) {
		assert_int_equal(rig->queue[q].expect, expect[q]);
		assert_true(expect[q] <= rig->queue[q].first);
	}
}

static void set_up_queue(struct rig *rig, unsigned q)
{
	static const unsigned regs[] = { VIRTIO_PCI_COMMON_Q_DESCLO, VIRTIO_PCI_COMMON_Q_AVAILLO,
					 VIRTIO_PCI_COMMON_Q_USEDLO };
	struct queue *vq = &rig->queue[q];
	uint64_t base = ROUGH_RAM + 0x4000 * q, area[3];
	uint32_t first = vq->first;

	memset(rig->sk->ram + 0x4000 * q, 0, 0x4000);
	memset(vq, 0, sizeof(*vq));
	vq->size = 1U << rough_rand(rig->sk, 9);
	vq->desc = area[0] = base + 16 * rough_rand(rig->sk, 4);
	vq->avail = area[1] = base + 0x2000 + 2 * rough_rand(rig->sk, 8);
	vq->used = area[2] = base + 0x3000 + 4 * rough_rand(rig->sk, 4);
	vq->first = vq->expect = first;
	reg_write(rig, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	reg_write(rig, VIRTIO_PCI_COMMON_Q_SIZE, 2, vq->size);
	for (unsigned i = 0; i < 3; i++)
		reg_write(rig, regs[i], 4, (uint32_t)area[i]);
	reg_write(rig, VIRTIO_PCI_COMMON_Q_MSIX, 2, 1 + q);
	reg_write(rig, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

static void start(struct rig *rig)
{
	bool mapped = rough_rand(rig->sk, 2);

	rig->data = ROUGH_RAM + 0x10000;
	rig->hostile = false;
	rig->sk->bad = 0;
	rig->features =
		(rough_rand(rig->sk, 2) ? EVENT_IDX : 0) | (rough_rand(rig->sk, 2) ? INDIRECT : 0);
	reg_write(rig, VIRTIO_PCI_COMMON_STATUS, 1, BASE);
	reg_write(rig, VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
	reg_write(rig, VIRTIO_PCI_COMMON_GF, 4, rig->features);
	reg_write(rig, VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
	reg_write(rig, VIRTIO_PCI_COMMON_GF, 4, 1 << 0 | 1 << 8); /* VERSION_1, RING_RESET */
	reg_write(rig, VIRTIO_PCI_COMMON_STATUS, 1, READY);
	assert_int_equal(status(rig), READY);
	for (unsigned q = 0; q < QUEUES; q++)
		set_up_queue(rig, q);
	cfg_write(rig, CAP_MSIX + PCI_MSIX_FLAGS,
		  rough_rand(rig->sk, 3) ? PCI_MSIX_FLAGS_ENABLE : 0);
	reg_write(rig, VIRTIO_PCI_COMMON_MSIX, 2, mapped ? 0 : VIRTIO_MSI_NO_VECTOR);
	reg_write(rig, VIRTIO_PCI_COMMON_STATUS, 1, READY | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* Takes back what the device has used; each used element is the oldest outstanding head. */
static void reap(struct rig *rig, unsigned q)
{
	struct queue *vq = &rig->queue[q];
	struct vring_used_elem elem;
	uint16_t idx;

	peek(rig, vq->used + 2, &idx, 2);
	assert_true((uint16_t)(idx - vq->seen) <= (uint16_t)(vq->added - vq->seen));
	for (; vq->seen != idx; vq->seen++) {
		peek(rig, vq->used + 4 + 8 * (vq->seen % vq->size), &elem, 8);
		assert_int_equal(elem.id, vq->heads[vq->seen]);
		assert_int_equal(elem.len, 0);
		vq->busy_descs -= vq->len_of[elem.id];
	}
	if (!vq->busy_descs)
		assert_int_equal(vq->seen, vq->added);
}

static void publish(struct rig *rig, struct queue *vq, uint16_t head)
{
	poke(rig, vq->avail + 4 + 2 * (vq->added % vq->size), &head, 2);
	vq->heads[vq->added++] = head;
	poke(rig, vq->avail + 2, &vq->added, 2);
}

/* One buffer of random framing, if there is room; every page number once, in order. */
static void add(struct rig *rig, unsigned q, bool hostile)
{
	struct queue *vq = &rig->queue[q];
	unsigned room = vq->size - vq->busy_descs;
	bool table = rig->features & INDIRECT && rough_rand(rig->sk, 2);
	unsigned n = 1 + rough_rand(rig->sk, room < 6 && !table ? room : 6), left, at = 0;
	struct vring_desc descs[6];
	uint16_t head = vq->next_desc;
	uint8_t bytes[4 * 320];

	/* Buffers out are not overwritten: the area starts anew only when none is. */
	if (!rig->queue[0].busy_descs && !rig->queue[1].busy_descs)
		rig->data = ROUGH_RAM + 0x10000;
	if (!room || rig->data + 0x1000 > ROUGH_RAM + ROUGH_RAM_SIZE)
		return;
	left = 4 * rough_rand(rig->sk, rough_rand(rig->sk, 8) ? 12 : 320);
	for (unsigned i = 0; i < left / 4; i++, vq->first++)
		memcpy(bytes + 4 * i, &vq->first, 4);
	for (unsigned i = 0; i < n; i++) {
		unsigned len = i + 1 == n ? left : rough_rand(rig->sk, left + 1);
		uint16_t next = table ? i + 1 : (head + i + 1) % vq->size;
		struct vring_desc desc = { .addr = rig->data + rough_rand(rig->sk, 9),
					   .len = len,
					   .flags = i + 1 < n ? VRING_DESC_F_NEXT : 0,
					   .next = next };

		rig->data = desc.addr + len;
		poke(rig, desc.addr, bytes + at, len);
		at += len;
		left -= len;
		if (hostile && i + 1 == n) {
			desc.addr = NOWHERE;
			desc.len = 1 + rough_rand(rig->sk, 4000);
		}
		descs[i] = desc;
	}
	if (table) {
		struct vring_desc desc = { .addr = rig->data + rough_rand(rig->sk, 17),
					   .len = 16 * n,
					   .flags = VRING_DESC_F_INDIRECT };

		poke(rig, desc.addr, descs, 16 * n);
		rig->data = desc.addr + 16 * n;
		descs[0] = desc;
		n = 1;
	}
	for (unsigned i = 0; i < n; i++)
		poke(rig, vq->desc + 16 * ((head + i) % vq->size), &descs[i], 16);
	vq->next_desc = (head + n) % vq->size;
	vq->busy_descs += n;
	vq->len_of[head] = (uint16_t)n;
	publish(rig, vq, head);
	rig->hostile |= hostile;
}

/* All that was added is used: the device has asked to be told of the next entry. */
static void check_event(struct rig *rig, const struct queue *vq)
{
	uint16_t event;

	peek(rig, vq->used + 4 + 8 * vq->size, &event, 2);
	assert_int_equal(event, rig->features & EVENT_IDX ? vq->added : 0);
}

static void start(struct rig *rig);

/* Memory has failed the device: it must have said so, and a reset recovers it. */
static bool recovered(struct rig *rig)
{
	if (!rig->sk->bad || !(status(rig) & VIRTIO_CONFIG_S_NEEDS_RESET))
		return false;
	reset(rig);
	start(rig);
	return true;
}

static void settle(struct rig *rig)
{
	assert_true(rough_settle(rig->sk));
	if (!rig->hostile && recovered(rig))
		return;
	for (unsigned q = 0; q < QUEUES && !rig->hostile; q++) {
		reap(rig, q);
		if (!rig->master)
			continue;
		assert_int_equal(rig->queue[q].seen, rig->queue[q].added);
		assert_int_equal(rig->queue[q].expect, rig->queue[q].first);
		check_event(rig, &rig->queue[q]);
	}
}

static void go_on(struct rig *rig)
{
	dev_step(rig->sk->dev, rough_rand(rig->sk, 200));
}

/* A buffer that the device cannot read: it must say so, whatever else it was doing. */
static void provoke(struct rig *rig)
{
	unsigned q = rough_rand(rig->sk, QUEUES);

	set_master(rig, true);
	notify(rig, 1 - q);
	settle(rig);
	add(rig, q, true);
	notify(rig, q);
	settle(rig);
	assert_true(status(rig) & VIRTIO_CONFIG_S_NEEDS_RESET);
	reset(rig);
	start(rig);
}

/* The reset may forget buffers: their page numbers are not expected any more. */
static void reset_and_restart(struct rig *rig)
{
	set_master(rig, rough_rand(rig->sk, 4));
	reset(rig);
	set_master(rig, true);
	start(rig);
}

/* Its buffers are forgotten, the other queue's are not; it starts anew, of another size. */
static void reset_queue(struct rig *rig, unsigned q)
{
	reg_write(rig, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	if (rig->mmio && rough_rand(rig->sk, 2))
		reg_write(rig, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 0); /* stops it */
	else
		reg_write(rig, Q_RESET, 2, 1);
	for (unsigned i = 0; reg_read(rig, Q_RESET, 2); i++)
		assert_true(i < 2000);
	assert_int_equal(reg_read(rig, VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
	assert_true(rig->queue[q].expect <= rig->queue[q].first);
	set_up_queue(rig, q);
}

static void step(struct rig *rig)
{
	unsigned q = rough_rand(rig->sk, QUEUES), what = rough_rand(rig->sk, 64);

	if (what < 24) {
		add(rig, q, false);
	} else if (what < 40) {
		notify(rig, q);
	} else if (what < 48) {
		go_on(rig);
		for (unsigned i = 0; i < QUEUES; i++)
			reap(rig, i);
	} else if (what < 54) {
		/* Everything added is known to the device when it has been notified. */
		for (unsigned i = 0; i < QUEUES; i++)
			notify(rig, i);
		settle(rig);
	} else if (what < 58) {
		set_master(rig, rough_rand(rig->sk, 3));
	} else if (what < 59) {
		uint16_t event = (uint16_t)(rig->queue[q].added + rough_rand(rig->sk, 4));

		poke(rig, rig->queue[q].avail + 4 + 2 * rig->queue[q].size, &event, 2);
		if (rough_rand(rig->sk, 2))
			reset_queue(rig, q);
	} else if (what < 60) {
		dev_set_target(rig->sk->dev, rough_rand(rig->sk, 1000));
	} else if (what < 61) {
		go_on(rig);
		dev_set_target(rig->sk->dev, dev_target(rig->sk->dev) ^ 1);
		reset_and_restart(rig);
	} else if (what < 62) {
		for (unsigned i = 0; i < QUEUES; i++)
			notify(rig, i);
		provoke(rig);
	} else if (what < 63) {
		take_interrupt(rig);
	} else {
		cfg_write(rig, CAP_MSIX + PCI_MSIX_FLAGS,
			  rough_rand(rig->sk, 2) ? PCI_MSIX_FLAGS_ENABLE : 0);
	}
}

static struct rig *rig_new(const char *dut, uint64_t seed, const struct skew *skew)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->sk = rough_new(dut, seed, skew);
	rig->mmio = !strcmp(dut, "balloon-mmio");
	rig->sk->page = on_page;
	rig->sk->ctx = rig;
	set_master(rig, true);
	for (unsigned v = 0; !rig->mmio && v < 6; v++)
		rough_write(rig->sk, BUS_BAR, TABLE + 16 * v + 12, 4, 0);
	reset(rig);
	start(rig);
	return rig;
}

static void rig_free(struct rig *rig)
{
	rough_free(rig->sk);
	free(rig);
}

static const struct skew prompt;

/* With any neighbour stuck in the middle the status stays; it reads 0 once he goes on. */
static void reset_drains(void **state)
{
	static const unsigned who[] = { SKEW_AR, SKEW_R, SKEW_PAGE,   SKEW_AW,
					SKEW_W,  SKEW_B, SKEW_MESSAGE };

	for (unsigned i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		struct rig *rig;

		if (who[i] == SKEW_MESSAGE && !strcmp(*state, "balloon-mmio"))
			continue; /* it has none */
		rig = rig_new(*state, 7, &prompt);
		cfg_write(rig, CAP_MSIX + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE);
		while (rig->queue[0].first == rig->queue[0].expect)
			add(rig, 0, false);
		dev_hold(rig->sk->dev, 1U << who[i]);
		notify(rig, 0);
		dev_step(rig->sk->dev, 3000);
		reg_write(rig, VIRTIO_PCI_COMMON_STATUS, 1, 0);
		for (unsigned n = 0; n < 100; n++)
			assert_int_equal(status(rig), READY | VIRTIO_CONFIG_S_DRIVER_OK);
		dev_hold(rig->sk->dev, 0);
		reset(rig);
		start(rig);
		add(rig, 0, false);
		notify(rig, 0);
		settle(rig);
		rig_free(rig);
	}
}

/* What on_change waits for. */
struct change {
	struct rig *rig;
	uint64_t from; /* the cycle in which the write was taken */
	unsigned when;
	bool done;
};

/* The host changes its mind, cycles after the write to the status has been taken. */
static void on_change(void *ctx)
{
	struct change *change = ctx;
	struct rough *sk = change->rig->sk;

	if (!change->from && *sk->pin->s_awvalid_i && *sk->pin->s_awready_o)
		change->from = dev_cycle(sk->dev);
	if (change->done || !change->from || dev_cycle(sk->dev) < change->from + change->when)
		return;
	*sk->pin->mgmt_target_i ^= 1;
	change->done = true;
}

/* A configuration change in any cycle of a reset: no message on offer at status 0. */
static void change_in_reset(void **state)
{
	unsigned offered = 0;

	(void)state;
	for (unsigned when = 0; when < 8; when++) {
		struct rig *rig = rig_new("balloon-pci", 7, &prompt);
		struct rough *sk = rig->sk;
		struct change change = { .rig = rig, .when = when };

		cfg_write(rig, CAP_MSIX + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE);
		reg_write(rig, VIRTIO_PCI_COMMON_MSIX, 2, 0);
		settle(rig);
		dev_hold(sk->dev, 1U << SKEW_MESSAGE);
		sk->cycle = on_change;
		sk->ctx = &change;
		reg_write(rig, VIRTIO_PCI_COMMON_STATUS, 1, 0);
		dev_step(sk->dev, 12 - (dev_cycle(sk->dev) - change.from));
		assert_true(change.done);
		sk->cycle = NULL;
		sk->ctx = rig;
		offered += *sk->pin->msix_valid_o;
		assert_int_equal(*sk->pin->msix_valid_o, status(rig) != 0);
		dev_hold(sk->dev, 0);
		reset(rig);
		rig_free(rig);
	}
	assert_in_range(offered, 1, 7); /* both kinds were seen */
}

static void run_seed(const char *dut, uint64_t seed)
{
	const struct skew skew = { .on = true, .seed = seed, .errors = seed % 4 ? 0 : ERRORS };
	struct rig *rig = rig_new(dut, seed, &skew);

	for (unsigned i = 0; i < 400; i++)
		step(rig);
	set_master(rig, true);
	for (unsigned i = 0; i < QUEUES; i++)
		notify(rig, i);
	settle(rig);
	reset(rig);
	rig_free(rig);
}

static void seeds(void **state)
{
	const char *one = getenv("SKEW_SEED"), *soak = getenv("SOAK");
	unsigned n = soak && *soak == '1' ? 1000 : 10;

	if (one) {
		run_seed(*state, strtoull(one, NULL, 0));
		return;
	}
	for (unsigned seed = 1; seed <= n; seed++) {
		/* A failure leaves the function: say first whose it would be. */
		fprintf(stderr, "# SKEW_SEED=%u, %s\n", seed, (const char *)*state);
		run_seed(*state, seed);
	}
}

int main(void)
{
	static char pci[] = "balloon-pci", mmio[] = "balloon-mmio";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(reset_drains, pci),
		cmocka_unit_test_prestate(reset_drains, mmio),
		cmocka_unit_test(change_in_reset),
		cmocka_unit_test_prestate(seeds, pci),
		cmocka_unit_test_prestate(seeds, mmio),
	};

	return cmocka_run_group_tests_name("rtl/skew", tests, NULL, NULL);
}
