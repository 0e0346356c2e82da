/* SPDX-License-Identifier: MIT */
/* Split rings: virtio 1.4, 2.7. A request is one or more buffers of page frame numbers. */
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "sim/driver_twist.h"

#define PATIENCE            20000 /* waits before the device counts as stuck */
#define LINGER              60000 /* accesses, of 5 cycles or more each */
#define BATCH               4     /* buffers of a request that is cut in several */
#define CHAIN               3     /* descriptors of a buffer that is cut in several */
#define INDIRECT            4
#define F_NOTIF_CONFIG_DATA 39 /* younger than the header */
#define FAR_AWAY            0xfffe00000000ULL
#define HUGE                0xffffffffU

void driver_notify(struct driver *drv, const struct driver_queue *q)
{
	uint32_t at = q->notify_off * drv->notify_multiplier;
	uint32_t named = (drv->accepted >> F_NOTIF_CONFIG_DATA & 1 ? q->notify_data : q->index) ^
			 driver_is(drv, WRONG_NOTIFY_VALUE);
	bool data = driver_is(drv, ODD_NOTIFY_DATA) && !driver_is(drv, WRONG_NOTIFY_NARROW);

	if (data) /* and the next available index: 2.9 */
		named |= (uint32_t) * (const volatile uint16_t *)(const void *)(q->avail + 2) << 16;
	driver_put(drv, &drv->notify, at, data || driver_is(drv, WRONG_NOTIFY_WIDE) ? 4 : 2, named);
}

/* Orders ring writes before the index that publishes them (2.7.13.3.1), and reads after. */
static void barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static uint16_t load16(const uint8_t *at)
{
	return *(const volatile uint16_t *)(const void *)at;
}

static void store16(uint8_t *at, uint16_t val)
{
	*(volatile uint16_t *)(void *)at = val;
}

/* --- descriptors -------------------------------------------------------------------------- */

/* A readable buffer in three descriptors, cut anywhere, linked up or down. */
static uint16_t chain(struct driver *drv, struct vring_desc *desc, uint16_t base, uint64_t gpa,
		      uint32_t len)
{
	bool down = driver_is(drv, ODD_CHAIN_DOWN);
	uint32_t cut[CHAIN] = { 1, len / 2, 0 };

	cut[2] = len - cut[0] - cut[1];
	for (uint16_t i = 0; i < CHAIN; i++) {
		uint16_t at = base + (down ? CHAIN - 1 - i : i);

		desc[at] = (struct vring_desc){ .addr = gpa, .len = cut[i] };
		gpa += cut[i];
		if (i + 1 < CHAIN) {
			desc[at].flags = VRING_DESC_F_NEXT;
			desc[at].next = down ? at - 1 : at + 1;
		}
	}
	return base + (down ? CHAIN - 1 : 0);
}

/* Two descriptors: the buffer and a writable one, in this order or the other. */
static uint16_t pair(struct vring_desc *desc, uint16_t base, uint64_t gpa, uint32_t len,
		     uint32_t extra, bool writable_first)
{
	struct vring_desc *read = &desc[base + writable_first],
			  *write = &desc[base + !writable_first];

	*read = (struct vring_desc){ .addr = gpa, .len = len };
	*write = (struct vring_desc){ .addr = gpa, .len = extra, .flags = VRING_DESC_F_WRITE };
	desc[base].flags |= VRING_DESC_F_NEXT;
	desc[base].next = base + 1;
	return base;
}

/* A table of two descriptors for the buffer, cut in the middle. */
static uint16_t indirect(struct driver *drv, struct driver_queue *q, uint16_t base, uint64_t gpa,
			 uint32_t len)
{
	struct vring_desc *desc = (struct vring_desc *)(void *)q->desc;
	struct vring_desc *table = (struct vring_desc *)(void *)q->table;
	uint32_t half = len / 8 * 4;

	desc[base] = (struct vring_desc){ .addr = q->table_gpa,
					  .len = 2 * sizeof(*table),
					  .flags = INDIRECT };
	table[0] = (struct vring_desc){ .addr = gpa, .len = half, .flags = VRING_DESC_F_NEXT };
	table[0].next = 1;
	table[1] = (struct vring_desc){ .addr = gpa + half, .len = len - half };
	if (driver_is(drv, WRONG_WRITABLE_FIRST))
		table[0].flags |= VRING_DESC_F_WRITE;
	if (driver_is(drv, WRONG_INDIRECT_NEST))
		table[1] = desc[base];
	return base;
}

/* The chain of one buffer, from descriptor `base` on; its head. */
static uint16_t describe(struct driver *drv, struct driver_queue *q, uint16_t base, uint64_t gpa,
			 uint32_t len)
{
	struct vring_desc *desc = (struct vring_desc *)(void *)q->desc, *first = &desc[base];

	if (driver_is(drv, ODD_INDIRECT))
		return indirect(drv, q, base, gpa, len);
	if (driver_is(drv, ODD_CHAIN) || driver_is(drv, ODD_CHAIN_DOWN))
		return chain(drv, desc, base, gpa, len);
	if (driver_is(drv, ODD_WRITABLE_TAIL))
		return pair(desc, base, gpa, len, 64, false);
	if (driver_is(drv, WRONG_WRITABLE_FIRST))
		return pair(desc, base, gpa, len, 64, true);
	*first = (struct vring_desc){ .addr = gpa, .len = len };
	if (driver_is(drv, WRONG_CHAIN_HUGE)) {
		pair(desc, base, gpa, len, HUGE, false);
		desc[base + 1].flags |= VRING_DESC_F_NEXT;
		desc[base + 1].next = base + 2;
		desc[base + 2] = desc[base + 1];
		desc[base + 2].flags = VRING_DESC_F_WRITE;
	}
	if (driver_is(drv, WRONG_DESC_OUTSIDE))
		first->addr = FAR_AWAY;
	if (driver_is(drv, WRONG_DESC_LOOP) || driver_is(drv, WRONG_DESC_LOOP_WIDE)) {
		first->flags = VRING_DESC_F_NEXT;
		first->next = driver_is(drv, WRONG_DESC_LOOP) ? base : base + 1;
		first[1] = *first;
		first[1].next = base;
	}
	if (driver_is(drv, WRONG_INDIRECT))
		first->flags = INDIRECT;
	if (driver_is(drv, WRONG_INDIRECT_NEXT)) {
		first->flags = INDIRECT | VRING_DESC_F_NEXT;
		first->next = base + 1;
	}
	return base;
}

/* --- the available ring -------------------------------------------------------------------- */

static void publish(struct driver *drv, struct driver_queue *q, uint16_t idx)
{
	if (driver_is(drv, WRONG_IDX_JUMP))
		idx = (uint16_t)(idx + q->size);
	if (driver_is(drv, WRONG_IDX_BACK) && idx > 2)
		idx = (uint16_t)(idx - 2);
	barrier();
	store16(q->avail + 2, idx);
	barrier();
}

static unsigned buffers(const struct driver *drv, unsigned n)
{
	bool several = driver_is(drv, ODD_BATCH) || driver_is(drv, ODD_TWO_STEPS);

	return several && n >= BATCH ? BATCH : 1;
}

void driver_post(struct driver *drv, struct driver_queue *q, unsigned n)
{
	uint16_t idx = load16(q->avail + 2);
	unsigned parts = buffers(drv, n), done = 0;

	for (unsigned p = 0; p < parts; p++) {
		unsigned share = p + 1 < parts ? n / parts : n - done;
		uint16_t base = (uint16_t)(CHAIN * p), head;

		if (driver_is(drv, ODD_HEAD))
			base = (uint16_t)((idx + p + 5) % q->size);
		head = describe(drv, q, base, q->pfns_gpa + 4 * done, 4 * share);
		store16(q->avail + 4 + 2 * (idx % q->size), head);
		idx++;
		done += share;
		if (driver_is(drv, ODD_TWO_STEPS))
			publish(drv, q, idx);
	}
	if (driver_is(drv, ODD_TOGGLE_FLAGS))
		store16(q->avail, drv->sends % 2);
	if (driver_is(drv, ODD_EVENT_USED)) /* an interrupt for the next that is used */
		store16(q->avail + 4 + 2 * q->size, q->last_used);
	publish(drv, q, idx);
}

void driver_offer(struct driver *drv, struct driver_queue *q, struct driver_buffer buf)
{
	struct vring_desc *desc = (struct vring_desc *)(void *)q->desc;
	uint16_t idx = load16(q->avail + 2);

	desc[buf.head] = (struct vring_desc){ .addr = buf.gpa,
					      .len = buf.len,
					      .flags = buf.writable ? VRING_DESC_F_WRITE : 0 };
	store16(q->avail + 4 + 2 * (idx % q->size), buf.head);
	publish(drv, q, idx + 1);
}

static void read_isr(struct driver *drv)
{
	if (driver_is(drv, ODD_PCI_STATUS))
		driver_cfg(drv, 6, 2);
	if (driver_is(drv, ODD_ISR_NEVER))
		return;
	driver_get(drv, &drv->isr, 0, 1); /* takes the interrupt's cause away */
	for (unsigned i = 0; driver_is(drv, ODD_ISR_AGAIN) && i < 2; i++)
		driver_get(drv, &drv->isr, 0, 1);
}

int driver_await_idx(struct driver *drv, struct driver_queue *q, uint16_t idx)
{
	bool msix = driver_is(drv, ODD_MSIX) || driver_is(drv, ODD_MSIX_SHARED) ||
		    driver_is(drv, ODD_MSIX_MASKED) || driver_is(drv, ODD_MSIX_NO_CONFIG);

	for (unsigned tries = 0; load16(q->used + 2) != idx; tries++) {
		if (tries % 64 == 63 && driver_needs_reset(drv))
			return driver_fail(drv, "the device asks for a reset");
		if (tries == PATIENCE)
			return driver_fail(drv, "a buffer was never used");
		drv->io->wait(drv->io->ctx);
	}
	barrier();
	q->last_used = idx;
	if (!msix || driver_is(drv, WRONG_ISR_WITH_MSIX))
		read_isr(drv);
	return 0;
}

/* Until all that was posted is used. */
int driver_await(struct driver *drv, struct driver_queue *q)
{
	return driver_await_idx(drv, q, load16(q->avail + 2));
}

void driver_linger(struct driver *drv)
{
	for (unsigned i = 0; i < LINGER; i++)
		driver_status(drv);
}

int driver_send(struct driver *drv, struct driver_queue *q, unsigned n)
{
	driver_post(drv, q, n);
	drv->sends++;
	driver_notify(drv, q);
	if (driver_is(drv, ODD_NOTIFY_TWICE))
		driver_notify(drv, q);
	return driver_await(drv, q);
}
