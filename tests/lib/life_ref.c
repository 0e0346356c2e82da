/* SPDX-License-Identifier: MIT */
/* The life cycle by hand: one event at a time, plain C. */
#include "tests/lib/life_ref.h"

#include <stdio.h>
#include <string.h>

#include <linux/virtio_config.h>

#include "specs/events.h"

enum {
	ACK = VIRTIO_CONFIG_S_ACKNOWLEDGE,
	DRV = VIRTIO_CONFIG_S_DRIVER,
	DOK = VIRTIO_CONFIG_S_DRIVER_OK,
	FOK = VIRTIO_CONFIG_S_FEATURES_OK,
	NRS = VIRTIO_CONFIG_S_NEEDS_RESET,
	BAD = VIRTIO_CONFIG_S_FAILED,
	OWN = ACK | DRV | DOK | FOK | BAD
};

#define NO_VECTOR 0xffff
#define POLLS     1000
#define PATIENCE  64

static void new_life(struct life_ref *r)
{
	memset(r->told, 0, sizeof(r->told));
	r->mine = 0;
	r->asked = r->refused = r->failed = r->live = r->chosen = false;
	r->features_read = r->features_written = r->zero_shown = r->begun = false;
	r->msix = r->announced = r->unannounced = r->ending = false;
	r->polls = 0;
	memset(r->accepted, 0, sizeof(r->accepted));
	r->config_vector = NO_VECTOR;
	memset(r->q, 0, sizeof(r->q));
	for (int i = 0; i < REF_QUEUES; i++)
		r->q[i].vector = NO_VECTOR;
}

void life_ref_init(struct life_ref *ref, void (*tell)(void *, enum ref_rule, uint64_t), void *ctx)
{
	memset(ref, 0, sizeof(*ref));
	ref->tell = tell;
	ref->ctx = ctx;
	new_life(ref);
}

/* Once a life; silent if the fault that it follows from was told. */
static void fault(struct life_ref *r, unsigned rule, int unless)
{
	if (r->told[rule])
		return;
	r->told[rule] = true;
	if (unless >= 0 && r->told[unless])
		return;
	r->tell(r->ctx, (enum ref_rule)rule, r->instant);
}

/* Any step of initialisation: there was a reset, and it was waited for. */
static void step_of_init(struct life_ref *r)
{
	bool early = !r->was_reset;

	if (early && !r->told_start) {
		r->told_start = true;
		r->tell(r->ctx, REF_STARTS_WITH_RESET, r->instant);
	}
	if (!r->zero_shown && !r->told[REF_RESET_AWAITED]) {
		r->told[REF_RESET_AWAITED] = true;
		if (!r->told_start)
			r->tell(r->ctx, REF_RESET_AWAITED, r->instant);
	}
}

static void setup(struct life_ref *r)
{
	step_of_init(r);
	if (r->failed)
		fault(r, REF_FAILED_STOPS, REF_FAILED_ENDS_ATTEMPT);
	if (!r->chosen) {
		if (r->features_written)
			fault(r, REF_FEATURES_OK_BEFORE_SETUP, REF_SETUP_AFTER_NEGOTIATION);
		else
			fault(r, REF_SETUP_AFTER_NEGOTIATION, -1);
	}
	if (r->asked)
		fault(r, REF_FEATURES_REREAD, -1);
	if (r->refused)
		fault(r, REF_FEATURES_REFUSED, -1);
}

static void features_ok(struct life_ref *r)
{
	if (!r->features_written)
		fault(r, REF_FEATURES_WRITTEN, -1);
	for (int i = 0; i < 4; i++)
		if ((r->shown >> i & 1) && (r->accepted[i] & ~r->offered[i])) {
			fault(r, REF_FEATURES_OFFERED, -1);
			break;
		}
	if ((r->offered[1] & 1) && !(r->accepted[1] & 1))
		fault(r, REF_VERSION_1, REF_FEATURES_WRITTEN);
	r->chosen = true;
}

static void driver_ok(struct life_ref *r, uint8_t rising)
{
	if (!r->chosen)
		fault(r, REF_FEATURES_OK_BEFORE_DRIVER_OK, REF_FEATURES_OK_BEFORE_SETUP);
	if (r->asked || (rising & FOK))
		fault(r, REF_FEATURES_REREAD, -1);
	if (r->refused)
		fault(r, REF_FEATURES_REFUSED, -1);
	r->live = true;
	r->announced = false;
}

static void status_write(struct life_ref *r, uint8_t value)
{
	uint8_t rising = value & ~r->mine;

	if (value & DOK)
		r->was_live = true;
	if (value == 0) {
		new_life(r);
		r->was_reset = true;
		r->ending = true;
		return;
	}
	if (value != BAD)
		step_of_init(r);
	if (r->failed && !(value & BAD))
		fault(r, REF_FAILED_ENDS_ATTEMPT, -1);
	if (r->failed && (rising & ~NRS))
		fault(r, REF_FAILED_STOPS, REF_FAILED_ENDS_ATTEMPT);
	if (r->mine & ~value & OWN)
		fault(r, REF_STATUS_BITS_STAY, REF_FAILED_ENDS_ATTEMPT);
	if ((value & (DRV | FOK | DOK)) && !((value | r->mine) & ACK))
		fault(r, REF_ACKNOWLEDGE_FIRST, -1);
	if ((value & (FOK | DOK)) && !((value | r->mine) & DRV))
		fault(r, REF_DRIVER_BEFORE_FEATURES, REF_ACKNOWLEDGE_FIRST);
	if (rising & FOK)
		features_ok(r);
	if (rising & DOK)
		driver_ok(r, rising);
	if (rising & FOK)
		r->asked = true;
	if (rising & BAD)
		r->failed = true;
	r->mine = value;
	r->begun = true;
	r->ending = false;
}

static void status_read(struct life_ref *r, uint8_t value)
{
	if (r->ending && value != 0 && ++r->polls == POLLS)
		fault(r, REF_RESET_ENDS, -1);
	if (r->zero_shown && !r->begun && (value & OWN))
		fault(r, REF_RESET_STAYS, -1);
	if (value == 0) {
		r->zero_shown = true;
		r->ending = false;
	}
	if (r->asked && !(value & FOK))
		r->refused = true;
	r->asked = false;
	if ((value & NRS) && (r->mine & DOK) && !r->announced && !r->unannounced &&
	    !(r->msix && r->config_vector == NO_VECTOR)) {
		r->unannounced = true;
		r->deadline = r->instant + PATIENCE;
	}
	r->mine &= value;
}

static void feature_write(struct life_ref *r, uint32_t sel, uint32_t value)
{
	step_of_init(r);
	if (r->failed)
		fault(r, REF_FAILED_STOPS, REF_FAILED_ENDS_ATTEMPT);
	if (!(r->mine & DRV))
		fault(r, REF_DRIVER_BEFORE_FEATURES, REF_ACKNOWLEDGE_FIRST);
	if (!r->features_read)
		fault(r, REF_FEATURES_READ_FIRST, -1);
	if ((r->mine & FOK) && (value & ~(sel < 4 ? r->accepted[sel] : 0)))
		fault(r, REF_FEATURES_FROZEN, -1);
	if (sel < 4)
		r->accepted[sel] = value;
	r->features_written = true;
}

static void ring_access(struct life_ref *r)
{
	if (!r->zero_shown || r->live)
		return;
	fault(r, r->was_live ? REF_RINGS_AFTER_RESET : REF_RINGS_BEFORE_DRIVER_OK, -1);
}

static void interrupt(struct life_ref *r, uint32_t vector)
{
	if (r->zero_shown && !r->live)
		fault(r, REF_SILENT, -1);
	for (unsigned q = 0; q < REF_QUEUES && vector <= 0xffff; q++)
		if (r->zero_shown && !r->live && vector == r->q[q].vector &&
		    vector != r->config_vector)
			fault(r, REF_QUEUE_INTERRUPT + q, -1);
	if (vector > 0xffff || vector == r->config_vector) {
		r->announced = true;
		r->unannounced = false;
	}
}

static void queue_write(struct life_ref *r, const struct ccsl_tick *t)
{
	unsigned q = (unsigned)t->arg[0];
	uint64_t value = t->arg[t->event == EV_QUEUE_ADDR_WRITE ? 2 : 1];

	if (t->event != EV_QUEUE_ENABLE_WRITE || value)
		setup(r);
	if (q >= REF_QUEUES)
		return;
	if (t->event == EV_QUEUE_ENABLE_WRITE) {
		uint8_t a = r->q[q].areas;

		if (!value) {
			fault(r, REF_QUEUE_NOT_DISABLED + q, -1);
			return;
		}
		if (!r->q[q].enabled_before && r->live)
			fault(r, REF_QUEUE_BEFORE_DRIVER_OK + q, -1);
		if (!(a & 3) || !(a & 12) || !(a & 48))
			fault(r, REF_QUEUE_COMPLETE + q, -1);
		r->q[q].enabled = r->q[q].enabled_before = true;
		return;
	}
	if (r->q[q].enabled)
		fault(r, REF_QUEUE_FIXED + q, -1);
	if (t->event == EV_QUEUE_ADDR_WRITE)
		r->q[q].areas |= (uint8_t)(1 << t->arg[1]);
}

static void queue_vector(struct life_ref *r, const struct ccsl_tick *t)
{
	uint64_t q = t->arg[0];
	uint32_t vector = (uint32_t)t->arg[1];

	if (t->event == EV_QUEUE_VECTOR_READ && vector != NO_VECTOR)
		r->msix = true;
	if (q >= REF_QUEUES)
		return;
	if (t->event == EV_QUEUE_VECTOR_WRITE && vector != NO_VECTOR && r->q[q].enabled)
		fault(r, REF_QUEUE_FIXED + (unsigned)q, -1);
	r->q[q].vector = vector;
}

static void isr_read(struct life_ref *r, uint32_t value)
{
	if ((value & 1) && r->zero_shown && !r->live)
		fault(r, REF_QUEUE_CAUSE, -1);
	if (value & 2) {
		r->announced = true;
		r->unannounced = false;
	}
}

void life_ref_step(struct life_ref *r, const struct ccsl_tick *t)
{
	uint32_t value = (uint32_t)t->arg[0];

	if (r->unannounced && r->instant > r->deadline && t->event != EV_HOST_RESET &&
	    !(t->event == EV_STATUS_WRITE && value == 0))
		fault(r, REF_NEEDS_RESET, -1);
	switch (t->event) {
	case EV_HOST_RESET:
		r->was_reset = r->told_start = r->was_live = false;
		memset(r->offered, 0, sizeof(r->offered));
		r->shown = 0;
		new_life(r);
		break;
	case EV_STATUS_WRITE:
		status_write(r, (uint8_t)value);
		break;
	case EV_STATUS_READ:
		status_read(r, (uint8_t)value);
		break;
	case EV_DEVICE_FEATURE_READ:
		r->features_read = true;
		if (value < 4) {
			r->offered[value] = (uint32_t)t->arg[1];
			r->shown |= 1u << value;
		}
		break;
	case EV_DRIVER_FEATURE_WRITE:
		feature_write(r, value, (uint32_t)t->arg[1]);
		break;
	case EV_QUEUE_SIZE_WRITE:
	case EV_QUEUE_ADDR_WRITE:
	case EV_QUEUE_ENABLE_WRITE:
		queue_write(r, t);
		break;
	case EV_QUEUE_VECTOR_READ:
	case EV_QUEUE_VECTOR_WRITE:
		queue_vector(r, t);
		break;
	case EV_QUEUE_RESET_WRITE:
		if (value < REF_QUEUES) {
			r->q[value].enabled = false;
			r->q[value].areas = 0;
		}
		break;
	case EV_CONFIG_VECTOR_READ:
		r->msix |= value != NO_VECTOR;
		r->config_vector = value;
		break;
	case EV_CONFIG_VECTOR_WRITE:
		r->config_vector = value;
		break;
	case EV_CONFIG_WRITE:
		if ((r->mine & DRV) && !r->chosen)
			fault(r, REF_CONFIG_IN_NEGOTIATION, -1);
		if (r->asked)
			fault(r, REF_FEATURES_REREAD, -1);
		break;
	case EV_NOTIFY:
		if (r->refused)
			fault(r, REF_FEATURES_REFUSED, -1);
		if (!r->live)
			fault(r, REF_NOTIFY_AFTER_DRIVER_OK, REF_FEATURES_REFUSED);
		break;
	case EV_IRQ_INTX:
		if (value)
			interrupt(r, UINT32_MAX);
		break;
	case EV_IRQ_MSIX:
		interrupt(r, value);
		break;
	case EV_ISR_READ:
		isr_read(r, value);
		break;
	case EV_AVAIL_FLAGS_READ:
	case EV_AVAIL_IDX_READ:
	case EV_AVAIL_ENTRY_READ:
	case EV_DESC_READ:
	case EV_PAYLOAD_READ:
	case EV_PAYLOAD_WRITE:
	case EV_USED_ENTRY_WRITE:
	case EV_USED_IDX_WRITE:
	case EV_USED_FLAGS_WRITE:
	case EV_USED_EVENT_READ:
	case EV_AVAIL_EVENT_WRITE:
	case EV_DMA_OTHER:
		ring_access(r);
		break;
	default:
		break;
	}
	r->instant++;
}

const char *life_ref_name(unsigned rule, char *buf, unsigned len)
{
	static const char *const names[] = {
		"starts_with_reset",
		"acknowledge_first",
		"driver_before_features",
		"failed_ends_attempt",
		"failed_stops",
		"status_bits_stay",
		"features_read_first",
		"features_written",
		"features_offered",
		"version_1",
		"features_frozen",
		"no_config_write_in_negotiation",
		"setup_after_negotiation",
		"features_ok_before_setup",
		"features_ok_before_driver_ok",
		"features_reread",
		"features_refused",
		"notify_after_driver_ok",
		"reset_awaited",
		"reset_stays",
		"reset_ends",
		"rings_left_after_reset",
		"rings_left_before_driver_ok",
		"no_queue_cause_before_driver_ok",
		"silent_after_reset",
		"needs_reset_announced",
	};
	static const char *const families[] = {
		"queue_before_driver_ok",       "no_queue_interrupt_before_driver_ok",
		"queue_complete_before_enable", "queue_fixed_after_enable",
		"queue_not_disabled",
	};

	if (rule < REF_QUEUE_BEFORE_DRIVER_OK)
		snprintf(buf, len, "%s", names[rule]);
	else
		snprintf(buf, len, "%s[%u]",
			 families[(rule - REF_QUEUE_BEFORE_DRIVER_OK) / REF_QUEUES],
			 (rule - REF_QUEUE_BEFORE_DRIVER_OK) % REF_QUEUES);
	return buf;
}
