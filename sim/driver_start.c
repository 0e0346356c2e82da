/* SPDX-License-Identifier: MIT */
/* From reset to DRIVER_OK: virtio 1.4, 3.1.1. */
#include <linux/virtio_balloon.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stddef.h>

#include "sim/driver_twist.h"

#define PATIENCE 20000 /* waits before the device counts as stuck */
#define SUSPEND  0x10
/* Younger than the header. */
#define F_NOTIFICATION_DATA 38
#define F_NOTIF_CONFIG_DATA 39
#define F_SUSPEND           43

#define AGAIN 2 /* from a stage: begin anew */

/* Adds bits the way Linux does, or as absolute values the way firmware does. */
static void add_status(struct driver *drv, uint8_t bits, uint8_t absolute)
{
	driver_set_status(drv, driver_is(drv, ODD_ABSOLUTE_STATUS) ? absolute
								   : driver_status(drv) | bits);
}

/* Linux cleans its queues up behind a reset. */
static void tidy(struct driver *drv)
{
	for (uint16_t i = 0; i < 2; i++) {
		driver_put(drv, &drv->common, VIRTIO_PCI_COMMON_Q_SELECT, 2, i);
		driver_put(drv, &drv->common, VIRTIO_PCI_COMMON_Q_MSIX, 2, VIRTIO_MSI_NO_VECTOR);
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_Q_MSIX, 2);
	}
	driver_put(drv, &drv->common, VIRTIO_PCI_COMMON_MSIX, 2, VIRTIO_MSI_NO_VECTOR);
	driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_MSIX, 2);
}

int driver_reset(struct driver *drv)
{
	driver_set_status(drv, 0);
	if (driver_is(drv, WRONG_NO_RESET_WAIT))
		return 0;
	for (unsigned n = 0; driver_status(drv); n++) {
		if (n == PATIENCE)
			return driver_fail(drv, "device_status does not return to 0");
		drv->io->wait(drv->io->ctx);
	}
	drv->ballooned = 0;
	if (driver_is(drv, ODD_TIDY))
		tidy(drv);
	return 0;
}

/* The scenario may have the driver give up here, once. */
static int stage(struct driver *drv, enum driver_stage at)
{
	bool fails = driver_is(drv, (enum driver_twist)(ODD_FAIL_AT + at));

	if (drv->interrupted || !(fails || driver_is(drv, (enum driver_twist)(ODD_RESET_AT + at))))
		return 0;
	drv->interrupted = true;
	if (fails)
		add_status(drv, VIRTIO_CONFIG_S_FAILED, VIRTIO_CONFIG_S_FAILED);
	return AGAIN;
}

/* --- features ------------------------------------------------------------------------- */

static uint32_t read_features(struct driver *drv, uint32_t sel)
{
	uint32_t low;

	driver_put(drv, &drv->common, VIRTIO_PCI_COMMON_DFSELECT, 4, sel);
	if (!driver_is(drv, WRONG_FEATURE_WORD))
		return driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_DF, 4);
	low = driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_DF, 2);
	return low | driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_DF + 2, 2) << 16;
}

static void write_features(struct driver *drv, uint32_t sel, uint32_t val)
{
	driver_put(drv, &drv->common, VIRTIO_PCI_COMMON_GFSELECT, 4, sel);
	driver_put(drv, &drv->common, VIRTIO_PCI_COMMON_GF, 4, val);
	if (driver_is(drv, ODD_FEATURES_READ_BACK))
		driver_get(drv, &drv->common, VIRTIO_PCI_COMMON_GF, 4);
}

/* What a driver accepts of a word that it never looked at: the word, or -1. */
static int blind_word(const struct driver *drv, uint32_t *val)
{
	static const struct {
		uint8_t twist, sel;
		uint32_t val;
	} blind[] = {
		{ WRONG_BLIND_RESERVED, 0, 1U << 25 },
		{ WRONG_BLIND_RESERVED_HIGH, 1, 1U | 1U << 12 },
		{ WRONG_BLIND_BEYOND, 4, 1 },
		{ WRONG_BLIND_FOREIGN, 0, 1U << 7 },
		{ WRONG_BLIND_FOREIGN_HIGH, 1, 1U | 1U << 18 },
		{ WRONG_BLIND_EMPTY_WORD, 2, 1 },
		{ WRONG_BLIND_SR_IOV, 1, 1U | 1U << 5 },
		{ WRONG_BLIND_LEGACY, 0, 1U << VIRTIO_F_NOTIFY_ON_EMPTY },
	};

	*val = 0;
	for (unsigned i = 0; i < sizeof(blind) / sizeof(blind[0]); i++)
		if (driver_is(drv, (enum driver_twist)blind[i].twist)) {
			*val = blind[i].val;
			return blind[i].sel;
		}
	return -1;
}

static void look_at_offer(struct driver *drv, int blind)
{
	if (driver_is(drv, WRONG_FEATURES_UNREAD)) {
		drv->offered = 1ULL << VIRTIO_F_VERSION_1;
		return;
	}
	drv->offered = 0;
	if (blind != 0)
		drv->offered = read_features(drv, 0);
	if (blind != 1)
		drv->offered |= (uint64_t)read_features(drv, 1) << 32;
	if (driver_is(drv, ODD_FEATURES_TWICE)) {
		read_features(drv, 0);
		read_features(drv, 1);
	}
	if (driver_is(drv, ODD_FEATURES_BEYOND)) {
		read_features(drv, 2);
		read_features(drv, 3);
	}
}

/* What a twist makes of the features that this driver wants. */
static const struct {
	uint8_t twist, bit;
	bool wanted;
} wishes[] = {
	{ ODD_EVENT_IDX, VIRTIO_RING_F_EVENT_IDX, true },
	{ ODD_NOTIFY_DATA, F_NOTIFICATION_DATA, true },
	{ ODD_QUEUE_RESET, VIRTIO_F_RING_RESET, true },
	{ ODD_INDIRECT, VIRTIO_RING_F_INDIRECT_DESC, true },
	{ ODD_STATS, VIRTIO_BALLOON_F_STATS_VQ, true },
	{ ODD_HINT, VIRTIO_BALLOON_F_FREE_PAGE_HINT, true },
	{ ODD_REPORT, VIRTIO_BALLOON_F_REPORTING, true },
	{ ODD_POISON, VIRTIO_BALLOON_F_PAGE_POISON, true },
	{ ODD_SUSPEND, F_SUSPEND, true },
	{ WRONG_FEATURES_LATE, VIRTIO_BALLOON_F_DEFLATE_ON_OOM, false },
	{ ODD_NO_OOM, VIRTIO_BALLOON_F_DEFLATE_ON_OOM, false },
	{ WRONG_NO_VERSION_1, VIRTIO_F_VERSION_1, false },
	{ WRONG_NO_MUST_TELL_HOST, VIRTIO_BALLOON_F_MUST_TELL_HOST, false },
	{ WRONG_NO_ACCESS_PLATFORM, VIRTIO_F_ACCESS_PLATFORM, false },
	{ WRONG_NO_ORDER_PLATFORM, VIRTIO_F_ORDER_PLATFORM, false },
	{ WRONG_NO_NOTIF_CONFIG, F_NOTIF_CONFIG_DATA, false },
};

static uint64_t choose(struct driver *drv)
{
	uint64_t want = 1ULL << VIRTIO_F_VERSION_1 | 1U << VIRTIO_BALLOON_F_MUST_TELL_HOST |
			1U << VIRTIO_BALLOON_F_DEFLATE_ON_OOM | 1ULL << VIRTIO_F_ACCESS_PLATFORM |
			1ULL << VIRTIO_F_ORDER_PLATFORM | 1ULL << F_NOTIF_CONFIG_DATA,
		 take;

	for (unsigned i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		uint64_t bit = 1ULL << wishes[i].bit;

		if (driver_is(drv, (enum driver_twist)wishes[i].twist))
			want = wishes[i].wanted ? want | bit : want & ~bit;
	}
	take = drv->offered & want;
	if (driver_is(drv, WRONG_FEATURE_NOT_OFFERED)) /* not defined for a balloon: 5.5.3 */
		take |= 1U << 22;
	return take;
}

static void write_choice(struct driver *drv)
{
	uint32_t low = (uint32_t)drv->accepted, high = (uint32_t)(drv->accepted >> 32), val;
	int blind = blind_word(drv, &val);

	if (driver_is(drv, ODD_FEATURES_TRIMMED)) {
		write_features(drv, 0, (uint32_t)drv->offered);
		write_features(drv, 1, (uint32_t)(drv->offered >> 32));
	}
	if (driver_is(drv, ODD_FEATURES_BEYOND)) {
		write_features(drv, 2, 0);
		write_features(drv, 3, 0);
	}
	for (unsigned n = driver_is(drv, ODD_FEATURES_TWICE) ? 2 : 1; n--;) {
		if (driver_is(drv, ODD_FEATURES_REVERSED)) {
			write_features(drv, 1, high);
			write_features(drv, 0, low);
			continue;
		}
		write_features(drv, 0, blind == 0 ? val : low);
		write_features(drv, 1, blind == 1 ? val : high);
		if (blind > 1)
			write_features(drv, (uint32_t)blind, val);
	}
}

static int negotiate(struct driver *drv)
{
	uint32_t val;
	int again;

	if (driver_is(drv, WRONG_CONFIG_EARLY))
		driver_put(drv, &drv->device, offsetof(struct virtio_balloon_config, actual), 4, 0);
	look_at_offer(drv, blind_word(drv, &val));
	if (driver_is(drv, ODD_ISR_EARLY))
		driver_get(drv, &drv->isr, 0, 1);
	if (driver_is(drv, ODD_CONFIG_FIRST))
		driver_target(drv);
	drv->accepted = choose(drv);
	if (!driver_is(drv, WRONG_FEATURES_UNWRITTEN))
		write_choice(drv);
	again = stage(drv, STAGE_FEATURES);
	if (again || driver_is(drv, WRONG_NO_FEATURES_OK) || driver_is(drv, WRONG_DRIVER_OK_ONLY))
		return again;
	if (driver_is(drv, WRONG_OK_AT_ONCE))
		driver_set_status(drv, 0x0f);
	else
		add_status(drv, VIRTIO_CONFIG_S_FEATURES_OK, 0x0b);
	if (driver_is(drv, WRONG_FEATURES_LATE)) /* one bit more than before */
		write_features(drv, 0,
			       (uint32_t)drv->accepted | 1U << VIRTIO_BALLOON_F_DEFLATE_ON_OOM);
	if (driver_is(drv, WRONG_SKIP_REREAD))
		return 0;
	if (!(driver_status(drv) & VIRTIO_CONFIG_S_FEATURES_OK) &&
	    !driver_is(drv, WRONG_IGNORE_REFUSAL)) {
		for (unsigned i = 0; driver_is(drv, WRONG_IDLE_REFUSED) && i < 100; i++)
			driver_status(drv);
		return driver_fail(drv, "the device refused the features");
	}
	return stage(drv, STAGE_FEATURES_OK);
}

/* --- the sequence --------------------------------------------------------------------- */

static int introduce(struct driver *drv)
{
	int again;

	if (driver_is(drv, ODD_CONFIG_FIRST))
		driver_target(drv);
	if (!driver_is(drv, WRONG_NO_RESET) && driver_reset(drv))
		return -1;
	again = stage(drv, STAGE_RESET);
	if (again)
		return again;
	if (driver_is(drv, ODD_ONE_STEP))
		add_status(drv, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER, 0x03);
	else if (!driver_is(drv, WRONG_NO_ACKNOWLEDGE))
		add_status(drv, VIRTIO_CONFIG_S_ACKNOWLEDGE, 0x01);
	again = stage(drv, STAGE_ACKNOWLEDGE);
	if (again)
		return again;
	if (!driver_is(drv, WRONG_NO_DRIVER) && !driver_is(drv, ODD_ONE_STEP))
		add_status(drv, VIRTIO_CONFIG_S_DRIVER, 0x03);
	if (driver_is(drv, WRONG_SUSPEND_EARLY))
		add_status(drv, SUSPEND, 0x13);
	return stage(drv, STAGE_DRIVER);
}

static void go_live(struct driver *drv)
{
	if (driver_is(drv, WRONG_GO_ON_FAILED))
		add_status(drv, VIRTIO_CONFIG_S_FAILED, 0x8b);
	if (driver_is(drv, WRONG_RETRY_FAILED)) {
		add_status(drv, VIRTIO_CONFIG_S_FAILED, 0x8b);
		driver_set_status(drv, 0x03);
	}
	if (driver_is(drv, WRONG_NOTIFY_EARLY))
		driver_notify(drv, &drv->queue[0]);
	if (driver_is(drv, WRONG_CLEAR_BIT))
		driver_set_status(drv, VIRTIO_CONFIG_S_DRIVER_OK);
	else if (!driver_is(drv, WRONG_NO_DRIVER_OK))
		add_status(drv, VIRTIO_CONFIG_S_DRIVER_OK, 0x0f);
	if (driver_is(drv, WRONG_ENABLE_LATE))
		driver_put(drv, &drv->common, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	if (driver_is(drv, WRONG_SUSPEND))
		add_status(drv, SUSPEND, 0x1f);
}

/* A buffer that waited for DRIVER_OK: the device finds it without being told. */
static int early_buffer(struct driver *drv)
{
	bool notifies = driver_is(drv, ODD_EARLY_BUFFER);

	if (!notifies && !driver_is(drv, WRONG_NEVER_NOTIFY))
		return 0;
	if (notifies)
		driver_notify(drv, &drv->queue[0]);
	drv->ballooned = 1;
	if (driver_await(drv, &drv->queue[0]))
		return -1;
	driver_put(drv, &drv->device, offsetof(struct virtio_balloon_config, actual), 4, 1);
	if (!notifies)
		driver_linger(drv);
	return 0;
}

static int attempt(struct driver *drv)
{
	int err;

	drv->used_bytes = 0;
	err = introduce(drv);
	if (err)
		return err;
	if (driver_is(drv, WRONG_SETUP_EARLY))
		return driver_setup(drv) < 0 ? -1 : 1;
	err = negotiate(drv);
	if (driver_is(drv, WRONG_DRIVER_OK_ONLY)) {
		add_status(drv, VIRTIO_CONFIG_S_DRIVER_OK, 0x07);
		return 1;
	}
	if (!err)
		err = driver_setup(drv);
	if (!err)
		err = stage(drv, STAGE_QUEUES);
	if (err)
		return err;
	driver_memory_ready(drv);
	go_live(drv);
	driver_memory_live(drv);
	driver_pci_play(drv);
	if (drv->io->mmio_read)
		driver_mmio_play(drv);
	err = stage(drv, STAGE_DRIVER_OK);
	return err ? err : early_buffer(drv);
}

int driver_start(struct driver *drv)
{
	int err;

	do
		err = attempt(drv);
	while (err == AGAIN);
	return err;
}
