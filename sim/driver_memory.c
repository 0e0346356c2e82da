/* SPDX-License-Identifier: MIT */
/* What a driver can tell of its memory: statistics, free page hints, reports: 5.5.6.3 to 5.5.6.7.
 */
#include <linux/virtio_balloon.h>
#include <stddef.h>

#include "sim/driver_twist.h"

#define STAT_BYTES 10 /* a tag of 2, a value of 8: 5.5.6.4 */
#define PAGE       4096
#define POISON     0xaaaaaaaaU
#define CMD_ID     offsetof(struct virtio_balloon_config, free_page_hint_cmd_id)
#define POISON_VAL offsetof(struct virtio_balloon_config, poison_val)

/* --- statistics: 5.5.6.3 ------------------------------------------------------------------ */

static void put_stat(uint8_t *at, uint16_t tag, uint64_t val)
{
	at[0] = (uint8_t)tag;
	at[1] = 0;
	for (unsigned i = 0; i < 8; i++)
		at[2 + i] = (uint8_t)(val >> (8 * i));
}

/* The n-th buffer of statistics: memory free and memory in all. */
static void offer_stats(struct driver *drv, uint16_t head, unsigned n)
{
	struct driver_queue *q = &drv->queue[drv->statsq];
	uint8_t *at = (uint8_t *)q->pfns + 64 * head;
	struct driver_buffer buf = { .head = head,
				     .gpa = q->pfns_gpa + 64U * head,
				     .len = 2 * STAT_BYTES };

	put_stat(at, driver_is(drv, WRONG_STATS_SET) && n ? 1 : 4, 0x100000 + n);
	put_stat(at + STAT_BYTES, 5, 0x4000000);
	if (driver_is(drv, WRONG_STATS_ODD))
		buf.len = STAT_BYTES + 3;
	if (!n && driver_is(drv, ODD_STATS_EMPTY))
		buf.len = 0;
	driver_offer(drv, q, buf);
}

static void first_stats(struct driver *drv)
{
	if (driver_is(drv, WRONG_STATS_NEVER))
		return;
	offer_stats(drv, 0, 0);
	if (driver_is(drv, WRONG_STATS_TWO))
		offer_stats(drv, 1, 0);
	if (driver_is(drv, WRONG_STATS_AGAIN)) {
		driver_notify(drv, &drv->queue[drv->statsq]);
		driver_status(drv); /* a read: the notification has got there, so the device has the
				       buffer */
		offer_stats(drv, 0, 0);
	}
}

/* The host asks, and the buffer comes back. */
static int poll_stats(struct driver *drv)
{
	struct driver_queue *q = &drv->queue[drv->statsq];
	uint16_t want = q->last_used + 1;

	drv->io->ask(drv->io->ctx, DRIVER_ASK_STATS);
	return driver_await_idx(drv, q, want);
}

static int play_stats(struct driver *drv)
{
	struct driver_queue *q = &drv->queue[drv->statsq];

	if (driver_is(drv, WRONG_STATS_NEVER)) {
		driver_linger(drv);
		return 0;
	}
	if (driver_is(drv, WRONG_STATS_TWO) || driver_is(drv, WRONG_STATS_AGAIN))
		return 0; /* enough is wrong */
	if (driver_is(drv, WRONG_STATS_TAMPER))
		q->desc[8] ^= 1; /* of the length */
	for (unsigned n = 1; drv->io->ask && n < 4; n++) {
		if (poll_stats(drv))
			return -1;
		if (driver_is(drv, WRONG_STATS_ONCE)) {
			driver_linger(drv);
			return 0;
		}
		offer_stats(drv, n % 2, n);
		driver_notify(drv, q);
	}
	return 0;
}

/* --- hints: 5.5.6.5 -------------------------------------------------------------------------- */

static uint32_t command(struct driver *drv)
{
	return driver_get(drv, &drv->device, CMD_ID, 4);
}

/* A page that nobody needs: at the end of the pool. */
static uint32_t spare(unsigned n)
{
	return DRIVER_POOL - PAGE * (n + 1);
}

static int offer(struct driver *drv, struct driver_queue *q, struct driver_buffer buf)
{
	driver_offer(drv, q, buf);
	driver_notify(drv, q);
	return driver_await(drv, q);
}

static int offer_page(struct driver *drv, struct driver_queue *q, unsigned n)
{
	struct driver_buffer buf = { .gpa = drv->io->pool_gpa + spare(n),
				     .len = PAGE,
				     .writable = true };

	return offer(drv, q, buf);
}

static int offer_id(struct driver *drv, uint32_t id)
{
	struct driver_queue *q = &drv->queue[drv->hintq];
	struct driver_buffer buf = { .gpa = q->pfns_gpa, .len = 4 };

	if (driver_is(drv, WRONG_HINT_SIZE))
		buf.len = 8;
	q->pfns[0] = id;
	q->pfns[1] = 0;
	return offer(drv, q, buf);
}

/* A round: the id, pages, and that there are no more of them. */
static int round_of_hints(struct driver *drv, uint32_t id)
{
	struct driver_queue *q = &drv->queue[drv->hintq];

	if (driver_is(drv, WRONG_HINT_ID))
		id += 100;
	for (unsigned n = driver_is(drv, WRONG_HINT_TWICE) ? 2 : 1; n--;)
		if (!driver_is(drv, WRONG_HINT_NO_ID) && offer_id(drv, id))
			return -1;
	if (offer_page(drv, q, 0) || offer_page(drv, q, 1))
		return -1;
	if (driver_is(drv, WRONG_HINT_ON)) {
		drv->io->ask(drv->io->ctx, DRIVER_ASK_HINTS_END);
		command(drv);
		if (offer_page(drv, q, 0) || offer_page(drv, q, 1))
			return -1;
	}
	if (driver_is(drv, WRONG_HINT_NO_STOP)) {
		driver_linger(drv);
		return 0;
	}
	return offer_id(drv, VIRTIO_BALLOON_CMD_ID_STOP);
}

static int play_hints(struct driver *drv)
{
	for (unsigned n = 0; n < 2; n++) {
		uint32_t id;

		if (drv->io->ask)
			drv->io->ask(drv->io->ctx, DRIVER_ASK_HINTS);
		id = command(drv);
		command(drv); /* as often as it likes */
		command(drv);
		if (id <= VIRTIO_BALLOON_CMD_ID_DONE)
			return 0;
		if (driver_is(drv, WRONG_HINT_NEVER)) {
			driver_linger(drv);
			return 0;
		}
		if (round_of_hints(drv, id))
			return -1;
		if (!drv->io->ask)
			return 0;
		drv->io->ask(drv->io->ctx, DRIVER_ASK_HINTS_END);
		command(drv);
	}
	return 0;
}

/* --- reports and poison: 5.5.6.6, 5.5.6.7 ---------------------------------------------------- */

static int play_reports(struct driver *drv)
{
	uint32_t *page = (uint32_t *)(void *)(drv->io->pool + spare(0));

	for (unsigned i = 0; i < PAGE / 4; i++)
		page[i] = driver_is(drv, WRONG_REPORT_DIRTY) ? i : POISON;
	return offer_page(drv, &drv->queue[drv->reportq], 0);
}

static void put_poison(struct driver *drv, uint32_t val)
{
	driver_put(drv, &drv->device, POISON_VAL, 4, val);
}

/* --- when ------------------------------------------------------------------------------------- */

void driver_memory_ready(struct driver *drv)
{
	if (driver_is(drv, ODD_POISON) && !driver_is(drv, WRONG_POISON_UNSET))
		put_poison(drv, POISON);
	if (drv->statsq && driver_is(drv, ODD_STATS_EARLY))
		first_stats(drv);
}

void driver_memory_live(struct driver *drv)
{
	if (driver_is(drv, WRONG_POISON_LATE))
		put_poison(drv, ~POISON);
	if (!drv->statsq)
		return;
	if (!driver_is(drv, ODD_STATS_EARLY))
		first_stats(drv);
	if (!driver_is(drv, WRONG_STATS_NEVER))
		driver_notify(drv, &drv->queue[drv->statsq]);
}

int driver_memory_play(struct driver *drv)
{
	if (drv->statsq && play_stats(drv))
		return -1;
	if (drv->hintq && play_hints(drv))
		return -1;
	return drv->reportq ? play_reports(drv) : 0;
}
