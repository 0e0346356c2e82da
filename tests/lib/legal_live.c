/* SPDX-License-Identifier: MIT */
/* A conforming driver of a live device: what it owes, and what it does besides. 3.2, 3.4, 4.2.3.4.
 */
#include <linux/virtio_mmio.h>

#include "tests/lib/legal_internal.h"

#define PATIENCE 20000

static void look_at_rings(struct legal *l, bool all)
{
	for (unsigned q = 0; q < LEGAL_QUEUES; q++)
		if (l->queue[q].enabled && (all || l->accesses >= l->queue[q].look))
			legal_reap(l, q);
}

/* The causes of the interrupt are acknowledged, together or one by one: 4.2.3.4.1. */
static void acknowledge(struct legal *l)
{
	uint32_t cause = legal_isr(l) & 3;

	l->ack_due = 0;
	if (!cause)
		return;
	if (l->live && legal_one_in(l, 2))
		look_at_rings(l, true);
	if (cause == 3 && legal_one_in(l, 2)) {
		legal_mmio_put(l, VIRTIO_MMIO_INTERRUPT_ACK, 1);
		cause = 2;
	}
	legal_mmio_put(l, VIRTIO_MMIO_INTERRUPT_ACK, cause);
}

void legal_handle_irq(struct legal *l)
{
	if (l->mmio)
		acknowledge(l);
	else
		legal_isr(l);
}

void legal_look_at_irq(struct legal *l)
{
	if (!l->intx || l->style.deaf)
		return;
	if (l->mmio) {
		if (!l->ack_due)
			l->ack_due = legal_soon(l);
		if (l->accesses >= l->ack_due)
			acknowledge(l);
	} else if (legal_one_in(l, 3)) {
		legal_isr(l);
		if (l->live)
			look_at_rings(l, true);
	}
}

/* --- suspending: 3.4.1
 * ---------------------------------------------------------------------------- */

/* Until the device is suspended, or has resumed. */
static void await(struct legal *l, uint8_t bit)
{
	for (unsigned n = 0; (legal_status(l) & (SUSPEND | DRIVER_OK)) != bit; n++) {
		if (l->status & NEEDS_RESET)
			return;
		if (n == PATIENCE)
			legal_fail(l, "the device neither suspends nor resumes");
		legal_mill(l);
		legal_wait(l, 1 + legal_rand(l, 50));
	}
}

static void set_status(struct legal *l, uint8_t val)
{
	l->status = val;
	legal_put(l, R_STATUS, val);
}

static void suspend(struct legal *l)
{
	for (unsigned q = 0; q < LEGAL_QUEUES; q++)
		if (l->queue[q].due && legal_rand(l, 4))
			legal_weigh(l, q);
	l->suspended = true;
	set_status(l, l->style.absolute ? 0x1f : legal_status(l) | SUSPEND);
	await(l, SUSPEND);
	if (l->status & NEEDS_RESET)
		return;
	for (unsigned n = legal_rand(l, 30); n; n--) {
		legal_mill(l);
		look_at_rings(l, false);
		if (legal_one_in(l, 5))
			legal_host_play(l);
	}
	set_status(l, l->style.absolute ? 0x1f : legal_status(l) | DRIVER_OK);
	await(l, DRIVER_OK);
	l->suspended = false;
}

/* --- what is owed
 * ----------------------------------------------------------------------------------- */

static void dues(struct legal *l)
{
	legal_look_at_irq(l);
	legal_device_dues(l);
	for (unsigned q = 0; q < LEGAL_QUEUES; q++)
		if (l->queue[q].enabled && l->queue[q].due && l->accesses >= l->queue[q].due)
			legal_weigh(l, q);
	look_at_rings(l, false);
}

/* All is said and the device has rested: then all but the statistics has been used. */
static void settle(struct legal *l)
{
	for (unsigned q = 0; q < LEGAL_QUEUES; q++) {
		if (!l->queue[q].enabled)
			continue;
		legal_publish(l, q);
		if (l->queue[q].due)
			legal_weigh(l, q);
	}
	legal_wait(l, 0);
	look_at_rings(l, true);
	for (unsigned q = 0; q < LEGAL_QUEUES && !l->errors; q++)
		if (l->queue[q].enabled && l->queue[q].nbusy && (q != 2 || l->rng))
			legal_fail(l, "a buffer was never used");
}

static unsigned any_queue(struct legal *l)
{
	return legal_rand(l, l->rng ? 1 : LEGAL_QUEUES);
}

static void act(struct legal *l)
{
	unsigned q = any_queue(l), what = legal_rand(l, 100);

	if (what < 50)
		legal_device_play(l);
	else if (what < 62)
		legal_mill(l);
	else if (what < 68)
		legal_host_play(l);
	else if (what < 76 && l->queue[q].enabled)
		legal_publish(l, q);
	else if (what < 79 && l->queue[q].enabled)
		legal_ring_bell(l, q); /* for nothing */
	else if (what < 84)
		legal_wait(l, legal_rand(l, 1500));
	else if (what < 86 && !l->mmio)
		legal_function_play(l);
	else if (what < 87 && !l->mmio)
		legal_map_config(l);
	else if (what < 88)
		legal_queue_again(l, q);
	else if (what < 89 && l->accepted & F_SUSPEND)
		suspend(l);
	else if (what < 93)
		settle(l);
}

void legal_live(struct legal *l)
{
	while (!(l->status & NEEDS_RESET)) {
		dues(l);
		act(l);
		if (legal_one_in(l, l->style.flood ? 3000 : 400))
			return;
	}
	if (!l->errors)
		legal_fail(l, "the device asks for a reset, and had no reason");
}
