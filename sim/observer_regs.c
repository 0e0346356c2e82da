/* SPDX-License-Identifier: MIT */
/*
 * The registers of a virtio device, the same for every transport (virtio 1.4, 4.1.4.3).
 *
 * A register may be accessed in parts. A write of some of its bytes is the write of the
 * whole with the other bytes as last known, which is what byte strobes do. A read is
 * complete when each byte has been read with no other register and no write in between.
 *
 * Reset (a status write of 0) clears the registers at once. Rings stay known until the
 * device shows status 0 or the driver programs them anew: until then beats that were
 * under way still belong to them.
 */
#include "sim/observer_internal.h"

#include <string.h>

enum bank { BANK_NONE, BANK_DEVICE_FEATURE, BANK_DRIVER_FEATURE, BANK_QUEUE, BANK_QUEUE_PART };

#define NO_EVENT EV_COUNT

struct reg_info {
	uint16_t read, write; /* enum event_id or NO_EVENT */
	uint8_t bank;         /* enum bank: which arguments come before the value */
};

#define ADDR                                                             \
	{                                                                \
		EV_QUEUE_ADDR_READ, EV_QUEUE_ADDR_WRITE, BANK_QUEUE_PART \
	}

static const struct reg_info infos[REG_COUNT] = {
	[REG_NONE] = { NO_EVENT, NO_EVENT, BANK_NONE },
	[REG_DEVICE_FEATURE_SELECT] = { NO_EVENT, EV_DEVICE_FEATURE_SELECT_WRITE, BANK_NONE },
	[REG_DEVICE_FEATURE] = { EV_DEVICE_FEATURE_READ, NO_EVENT, BANK_DEVICE_FEATURE },
	[REG_DRIVER_FEATURE_SELECT] = { NO_EVENT, EV_DRIVER_FEATURE_SELECT_WRITE, BANK_NONE },
	[REG_DRIVER_FEATURE] = { EV_DRIVER_FEATURE_READ, EV_DRIVER_FEATURE_WRITE,
				 BANK_DRIVER_FEATURE },
	[REG_CONFIG_VECTOR] = { EV_CONFIG_VECTOR_READ, EV_CONFIG_VECTOR_WRITE, BANK_NONE },
	[REG_NUM_QUEUES] = { EV_NUM_QUEUES_READ, NO_EVENT, BANK_NONE },
	[REG_STATUS] = { EV_STATUS_READ, EV_STATUS_WRITE, BANK_NONE },
	[REG_CONFIG_GENERATION] = { EV_CONFIG_GENERATION_READ, NO_EVENT, BANK_NONE },
	[REG_QUEUE_SELECT] = { NO_EVENT, EV_QUEUE_SELECT_WRITE, BANK_NONE },
	[REG_QUEUE_SIZE] = { EV_QUEUE_SIZE_READ, EV_QUEUE_SIZE_WRITE, BANK_QUEUE },
	[REG_QUEUE_VECTOR] = { EV_QUEUE_VECTOR_READ, EV_QUEUE_VECTOR_WRITE, BANK_QUEUE },
	[REG_QUEUE_ENABLE] = { EV_QUEUE_ENABLE_READ, EV_QUEUE_ENABLE_WRITE, BANK_QUEUE },
	[REG_QUEUE_NOTIFY_OFF] = { EV_QUEUE_NOTIFY_OFF_READ, NO_EVENT, BANK_QUEUE },
	[REG_QUEUE_ADDR] = ADDR,
	[REG_QUEUE_ADDR + 1] = ADDR,
	[REG_QUEUE_ADDR + 2] = ADDR,
	[REG_QUEUE_ADDR + 3] = ADDR,
	[REG_QUEUE_ADDR + 4] = ADDR,
	[REG_QUEUE_ADDR + 5] = ADDR,
	[REG_QUEUE_NOTIFY_DATA] = { EV_QUEUE_NOTIFY_DATA_READ, NO_EVENT, BANK_QUEUE },
	[REG_QUEUE_RESET] = { EV_QUEUE_RESET_READ, EV_QUEUE_RESET_WRITE, BANK_QUEUE },
	[REG_QUEUE_SIZE_MAX] = { EV_QUEUE_SIZE_MAX_READ, NO_EVENT, BANK_QUEUE },
};

static bool is_addr(enum obs_reg reg)
{
	return reg >= REG_QUEUE_ADDR && reg <= REG_QUEUE_ADDR_LAST;
}

/* What selects the register behind the address at this moment. */
static uint32_t bank_of(const struct observer *obs, enum obs_reg reg)
{
	switch (infos[reg].bank) {
	case BANK_DEVICE_FEATURE:
		return obs->reg[REG_DEVICE_FEATURE_SELECT];
	case BANK_DRIVER_FEATURE:
		return obs->reg[REG_DRIVER_FEATURE_SELECT];
	case BANK_QUEUE:
	case BANK_QUEUE_PART:
		return obs->reg[REG_QUEUE_SELECT];
	default:
		return 0;
	}
}

/* Our copy of the register, or NULL where none is kept. */
static uint32_t *copy_of(struct observer *obs, enum obs_reg reg, uint32_t bank)
{
	switch (infos[reg].bank) {
	case BANK_NONE:
		return &obs->reg[reg];
	case BANK_DRIVER_FEATURE:
		return bank < OBS_FEATURE_WORDS ? &obs->driver_feature[bank] : NULL;
	case BANK_QUEUE:
	case BANK_QUEUE_PART:
		return bank < OBSERVER_QUEUES ? &obs->queue[bank].reg[reg] : NULL;
	default:
		return NULL;
	}
}

static void emit(struct observer *obs, uint16_t id, enum obs_reg reg, uint32_t bank, uint32_t value)
{
	switch (infos[reg].bank) {
	case BANK_NONE:
		OBS_EMIT(obs, id, value);
		break;
	case BANK_QUEUE_PART:
		OBS_EMIT(obs, id, bank, reg - REG_QUEUE_ADDR, value);
		break;
	default:
		OBS_EMIT(obs, id, bank, value);
	}
}

static uint32_t bytes_mask(unsigned bytes)
{
	return bytes >= 4 ? UINT32_MAX : (1U << (8 * bytes)) - 1;
}

static uint32_t merge(uint32_t old, const struct obs_access *acc)
{
	uint32_t mask = bytes_mask(acc->size) << (8 * acc->first);

	return (old & ~mask) | (acc->data << (8 * acc->first) & mask);
}

/* Forgets what the driver programmed; what the device is (notify offsets) stays. */
static void clear_queue(struct obs_queue *queue)
{
	uint32_t notify_off = queue->reg[REG_QUEUE_NOTIFY_OFF];

	memset(queue->reg, 0, sizeof(queue->reg));
	queue->areas = 0;
	queue->reg[REG_QUEUE_NOTIFY_OFF] = notify_off;
}

static void clear_regs(struct observer *obs)
{
	memset(obs->reg, 0, sizeof(obs->reg));
	memset(obs->driver_feature, 0, sizeof(obs->driver_feature));
	memset(&obs->partial, 0, sizeof(obs->partial));
	for (unsigned q = 0; q < OBSERVER_QUEUES; q++)
		clear_queue(&obs->queue[q]);
}

static void reset_started(struct observer *obs)
{
	clear_regs(obs);
	for (unsigned q = 0; q < OBSERVER_QUEUES; q++)
		obs_ring_stale(obs, q);
}

static void reset_done(struct observer *obs)
{
	for (unsigned q = 0; q < OBSERVER_QUEUES; q++)
		obs_ring_drained(obs, q);
}

void obs_regs_host_reset(struct observer *obs)
{
	clear_regs(obs);
	for (unsigned q = 0; q < OBSERVER_QUEUES; q++)
		obs_ring_drop(obs, q);
	obs_emit(obs, EV_HOST_RESET, NULL, 0);
}

static void after_write(struct observer *obs, enum obs_reg reg, uint32_t bank, uint32_t value)
{
	bool tracked = bank < OBSERVER_QUEUES;

	if (reg == REG_STATUS && !value) {
		reset_started(obs);
	} else if (reg == REG_STATUS) {
		obs_snoop_status(obs);
	} else if (reg == REG_QUEUE_ENABLE && value && tracked) {
		obs_ring_enabled(obs, bank);
		obs_snoop_enabled(obs, bank);
	} else if (reg == REG_QUEUE_ENABLE && tracked) {
		obs_ring_stale(obs, bank);
	} else if (is_addr(reg) && tracked) {
		obs->queue[bank].areas |= (uint8_t)(1U << (reg - REG_QUEUE_ADDR) / 2);
		obs_ring_config(obs, bank);
	} else if (is_addr(reg)) {
		obs->stats.untracked++;
	} else if (reg == REG_QUEUE_SIZE && tracked) {
		obs_ring_config(obs, bank);
	} else if (reg == REG_QUEUE_RESET && (value & 1) && tracked) {
		clear_queue(&obs->queue[bank]);
		obs_ring_stale(obs, bank);
	}
}

void obs_regs_write(struct observer *obs, const struct obs_access *acc)
{
	uint32_t bank = bank_of(obs, acc->reg);
	uint32_t *copy = copy_of(obs, acc->reg, bank);
	uint32_t value = merge(copy ? *copy : 0, acc);

	obs->partial.mask = 0;
	if (infos[acc->reg].write == NO_EVENT) {
		OBS_EMIT(obs, EV_COMMON_OTHER_WRITE, acc->offset, acc->size, acc->data);
		return;
	}
	if (copy)
		*copy = value;
	emit(obs, infos[acc->reg].write, acc->reg, bank, value);
	after_write(obs, acc->reg, bank, value);
}

/* Collects a read in parts; true when the register is whole, in obs->partial.data. */
static bool read_whole(struct observer *obs, const struct obs_access *acc)
{
	uint8_t lanes = (uint8_t)(((1U << acc->size) - 1) << acc->first);
	uint8_t whole = (uint8_t)((1U << acc->width) - 1);

	if (obs->partial.reg != acc->reg)
		obs->partial.mask = 0;
	if (!obs->partial.mask)
		obs->partial.data = 0;
	obs->partial.reg = acc->reg;
	obs->partial.mask |= lanes;
	obs->partial.data = merge(obs->partial.data, acc);
	if (obs->partial.mask != whole)
		return false;
	obs->partial.mask = 0;
	return true;
}

static void after_read(struct observer *obs, enum obs_reg reg, uint32_t bank, uint32_t value)
{
	bool tracked = bank < OBSERVER_QUEUES;

	if (reg == REG_STATUS && !value)
		reset_done(obs);
	else if (reg == REG_QUEUE_SIZE && tracked)
		obs_ring_config(obs, bank);
	else if (reg == REG_QUEUE_NOTIFY_OFF && tracked)
		obs->queue[bank].notify_off_known = true;
	else if ((reg == REG_QUEUE_RESET || reg == REG_QUEUE_ENABLE) && !value && tracked)
		obs_ring_drained(obs, bank);
}

void obs_regs_read(struct observer *obs, const struct obs_access *acc)
{
	uint32_t bank = bank_of(obs, acc->reg);
	uint32_t *copy = copy_of(obs, acc->reg, bank), value;

	if (infos[acc->reg].read == NO_EVENT) {
		if (copy)
			*copy = merge(*copy, acc);
		obs->partial.mask = 0;
		OBS_EMIT(obs, EV_COMMON_OTHER_READ, acc->offset, acc->size, acc->data);
		return;
	}
	if (!read_whole(obs, acc))
		return;
	value = obs->partial.data;
	if (copy && !is_addr(acc->reg))
		*copy = value;
	emit(obs, infos[acc->reg].read, acc->reg, bank, value);
	after_read(obs, acc->reg, bank, value);
}

void obs_regs_notify(struct observer *obs, uint32_t q, uint32_t value, unsigned size)
{
	OBS_EMIT(obs, EV_NOTIFY, q, value, size);
	if (q < OBSERVER_QUEUES)
		obs_snoop_notified(obs, q);
}
