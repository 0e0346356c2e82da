/* SPDX-License-Identifier: MIT */
/* From reset to DRIVER_OK, and what may be done besides: 2.1, 2.2, 2.4, 2.5, 3.1. */
#include <linux/virtio_balloon.h>
#include <linux/virtio_mmio.h>
#include <stddef.h>

#include "tests/lib/legal_internal.h"

#define PATIENCE 20000

/* --- device configuration --------------------------------------------------------------- */

/* A field is there if its feature is on offer, and a driver knows that once it has looked: 2.5.1 */
static bool offers(const struct legal *l, uint64_t feature)
{
	return l->words & 1 && l->offered & feature;
}

static uint32_t read_field(struct legal *l, uint32_t off)
{
	uint32_t before, val;

	if (!l->style.generation)
		return legal_config_get(l, off);
	do {
		before = legal_get(l, R_GENERATION);
		val = legal_config_get(l, off);
	} while (legal_get(l, R_GENERATION) != before);
	return val;
}

uint32_t legal_read_target(struct legal *l)
{
	l->target = read_field(l, offsetof(struct virtio_balloon_config, num_pages));
	return l->target;
}

static void read_config(struct legal *l)
{
	if (l->rng)
		return;
	switch (legal_rand(l, 4)) {
	case 0:
		legal_read_target(l);
		break;
	case 1:
		read_field(l, offsetof(struct virtio_balloon_config, actual));
		break;
	case 2:
		if (offers(l, F_HINT))
			l->hint = read_field(
				l, offsetof(struct virtio_balloon_config, free_page_hint_cmd_id));
		break;
	default:
		if (offers(l, F_POISON))
			read_field(l, offsetof(struct virtio_balloon_config, poison_val));
		break;
	}
}

/* --- looking around ------------------------------------------------------------------------ */

/* Reads of queue registers belong to the set-up and to what comes after it: 3.1.1 */
static void look_at_queue(struct legal *l)
{
	static const uint8_t which[] = { R_QUEUE_SEL,      R_QUEUE_SIZE,       R_QUEUE_VECTOR,
					 R_QUEUE_ENABLE,   R_QUEUE_NOTIFY_OFF, R_QUEUE_DESC,
					 R_QUEUE_DESC + 1, R_QUEUE_DESC + 2,   R_QUEUE_DESC + 3,
					 R_QUEUE_DESC + 4, R_QUEUE_DESC + 5,   R_QUEUE_NOTIFY_DATA,
					 R_QUEUE_RESET };
	enum legal_reg reg = which[legal_rand(l, sizeof(which))];

	if (!legal_has(l, reg, false) ||
	    (reg == R_QUEUE_NOTIFY_DATA && !(l->accepted & F_NOTIF_CFG)) ||
	    (reg == R_QUEUE_RESET && !(l->accepted & F_RING_RESET)))
		return;
	l->sel = (uint16_t)legal_rand(l, l->rng ? 1 : LEGAL_QUEUES);
	l->sel_known = true;
	legal_put(l, R_QUEUE_SEL, l->sel);
	if (l->mmio && reg == R_QUEUE_SIZE && l->queue[l->sel].enabled)
		return; /* of a ready queue nothing of the size may be looked at, to be safe */
	legal_get(l, reg);
}

static void look_at_features(struct legal *l)
{
	if (!l->device_sel_known)
		return;
	legal_get(l, R_DEVICE_FEATURE);
	if (l->driver_sel_known && legal_has(l, R_DRIVER_FEATURE, false))
		legal_get(l, R_DRIVER_FEATURE);
}

static void look(struct legal *l)
{
	switch (legal_rand(l, 8)) {
	case 0:
	case 1:
		legal_status(l);
		break;
	case 2:
	case 3:
		read_config(l);
		break;
	case 4:
		legal_get(l, R_GENERATION);
		break;
	case 5:
		look_at_features(l);
		break;
	case 6:
		if (legal_has(l, R_NUM_QUEUES, false))
			legal_get(l, R_NUM_QUEUES);
		else
			legal_mmio_get(l, VIRTIO_MMIO_VENDOR_ID);
		break;
	default:
		if (l->status & FEATURES_OK)
			look_at_queue(l);
		break;
	}
}

void legal_mill(struct legal *l)
{
	while (l->style.milling && legal_one_in(l, l->style.milling)) {
		if (legal_one_in(l, 12))
			legal_wait(l, 1 + legal_rand(l, 1000));
		else if (legal_one_in(l, 20))
			legal_handle_irq(l); /* on suspicion */
		else if (legal_one_in(l, 6))
			legal_host_play(l);
		else
			look(l);
	}
	legal_look_at_irq(l);
}

/* --- reset -------------------------------------------------------------------------------------
 */

/* As a driver does that cleans its queues up behind a reset. */
static void tidy(struct legal *l)
{
	unsigned queues = l->rng ? 1 : 2;

	for (uint16_t q = 0; q < queues; q++) {
		legal_put(l, R_QUEUE_SEL, q);
		if (l->mmio) {
			legal_put(l, R_QUEUE_ENABLE, 0);
			legal_get(l, R_QUEUE_ENABLE);
		} else {
			legal_put(l, R_QUEUE_VECTOR, NO_VECTOR);
			legal_get(l, R_QUEUE_VECTOR);
		}
	}
	if (!l->mmio)
		legal_put(l, R_CONFIG_VECTOR, NO_VECTOR);
}

static void forget_life(struct legal *l)
{
	l->accepted = 0;
	l->words = 0;
	l->device_sel_known = l->driver_sel_known = l->sel_known = false;
	l->live = l->suspended = false;
	l->ack_due = 0;
	l->status = 0;
}

/* Until the device says so: only then what it had is the driver's again. */
void legal_reset(struct legal *l)
{
	unsigned n = 0;

	l->mortal = false;
	legal_put(l, R_STATUS, 0);
	while (legal_status(l)) {
		if (n++ == PATIENCE)
			legal_fail(l, "a reset does not come to its end");
		if (legal_one_in(l, 20))
			legal_put(l, R_STATUS, 0);
		if (legal_one_in(l, 2))
			legal_wait(l, 1 + legal_rand(l, 40));
	}
	forget_life(l);
	if (legal_one_in(l, 6))
		tidy(l);
	l->mortal = true;
}

/* --- features -----------------------------------------------------------------------------------
 */

static void read_word(struct legal *l, uint32_t sel)
{
	uint32_t val;

	if (!l->device_sel_known || l->device_sel != sel || legal_one_in(l, 2))
		legal_put(l, R_DEVICE_SEL, sel);
	l->device_sel = sel;
	l->device_sel_known = true;
	legal_mill(l);
	val = legal_get(l, R_DEVICE_FEATURE);
	if (sel > 1)
		return;
	l->offered = (l->offered & ~(0xffffffffULL << 32 * sel)) | (uint64_t)val << 32 * sel;
	l->words |= 1U << sel;
}

static void write_word(struct legal *l, uint32_t sel, uint64_t features)
{
	if (!l->driver_sel_known || l->driver_sel != sel || legal_one_in(l, 2))
		legal_put(l, R_DRIVER_SEL, sel);
	l->driver_sel = sel;
	l->driver_sel_known = true;
	legal_mill(l);
	legal_put(l, R_DRIVER_FEATURE, sel > 1 ? 0 : (uint32_t)(features >> 32 * sel));
	if (legal_has(l, R_DRIVER_FEATURE, false) && legal_one_in(l, 4))
		legal_get(l, R_DRIVER_FEATURE);
}

/* Any subset; VERSION_1 must be in it: 6.1. */
static uint64_t choose(struct legal *l)
{
	uint64_t wanted = F_VERSION_1;

	for (unsigned bit = 0; bit < 64; bit++)
		if (legal_rand(l, 5) > 1)
			wanted |= 1ULL << bit;
	if (legal_one_in(l, 8))
		wanted = UINT64_MAX;
	if (legal_one_in(l, 12))
		wanted = F_VERSION_1;
	return wanted & l->offered;
}

/* Each accepted bit was read before; a word of none need neither be read nor be written. */
static void negotiate(struct legal *l)
{
	bool high_first = legal_one_in(l, 2), low = legal_rand(l, 8);
	uint64_t first;

	l->offered = 0;
	if (low && !high_first)
		read_word(l, 0);
	if (legal_one_in(l, 8))
		read_word(l, legal_one_in(l, 2) ? 2 + legal_rand(l, 3) : legal_rand(l, UINT32_MAX));
	read_word(l, 1);
	if (low && high_first)
		read_word(l, 0);
	if (legal_one_in(l, 6))
		read_word(l, legal_rand(l, low ? 2 : 1) || !low);
	legal_mill(l);
	l->accepted = choose(l);
	first = legal_one_in(l, 4) ? l->offered : l->accepted; /* and trims it then */
	for (unsigned round = 0; round < (first != l->accepted || legal_one_in(l, 6) ? 2U : 1U);
	     round++) {
		uint64_t write = round || first == l->accepted ? l->accepted : first;

		if (low && !high_first)
			write_word(l, 0, write);
		write_word(l, 1, write);
		if (low && high_first)
			write_word(l, 0, write);
		if (legal_one_in(l, 10))
			write_word(l, 2 + legal_rand(l, 2), 0);
		legal_mill(l);
	}
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static void begin(struct legal *l)
{
	if (legal_one_in(l, 6)) {
		legal_add_status(l, ACKNOWLEDGE | DRIVER);
		return;
	}
	legal_add_status(l, ACKNOWLEDGE);
	if (legal_one_in(l, 8))
		legal_add_status(l, ACKNOWLEDGE);
	legal_mill(l);
	legal_add_status(l, DRIVER);
}

static void configure(struct legal *l)
{
	if (l->accepted & F_POISON)
		l->poison = legal_one_in(l, 3) ? 0 : legal_rand(l, UINT32_MAX);
	for (unsigned n = 0; l->accepted & F_POISON && (!n || legal_one_in(l, 8)); n++)
		legal_config_put(l, offsetof(struct virtio_balloon_config, poison_val), l->poison);
	if (!l->rng && legal_one_in(l, 10)) /* it is empty after a reset, and says so */
		legal_config_put(l, offsetof(struct virtio_balloon_config, actual), 0);
}

bool legal_start(struct legal *l)
{
	legal_mill(l);
	begin(l);
	legal_mill(l);
	negotiate(l);
	legal_mill(l);
	legal_add_status(l, FEATURES_OK);
	if (legal_one_in(l, 4))
		read_config(l);
	if (!(legal_status(l) & FEATURES_OK))
		return false;
	legal_mill(l);
	if (l->driver_sel_known && l->driver_sel < 2 && legal_one_in(l, 6)) /* no new bits: 3.1.1 */
		legal_put(l, R_DRIVER_FEATURE, (uint32_t)(l->accepted >> 32 * l->driver_sel));
	if (legal_one_in(l, 2))
		configure(l);
	else
		l->words |= 0x80; /* later */
	legal_vectors(l);
	legal_map_config(l);
	legal_queues(l);
	if (l->words & 0x80)
		configure(l);
	legal_mill(l);
	legal_prefill(l);
	legal_add_status(l, DRIVER_OK);
	l->live = true;
	l->lives++;
	return true;
}
