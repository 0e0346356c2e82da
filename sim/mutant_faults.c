/* SPDX-License-Identifier: MIT */
/* The faults: what each does to the records, and the clause that it breaks. */
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "sim/mutant_internal.h"

#define STATUS VIRTIO_PCI_COMMON_STATUS

/* Changes the value by the action's bits. */
static void bend(struct mutant *m, struct bus_rec *rec)
{
	rec->data = (rec->data & ~(uint64_t)m->action->clear) | m->action->set;
	m->done = true;
}

/* --- register reads --------------------------------------------------------------------- */

/* Each read of the register. */
static bool bar_read(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_bar(rec, BUS_READ, m->action->at))
		bend(m, rec);
	return true;
}

static bool bar_read_once(struct mutant *m, struct bus_rec *rec)
{
	if (!m->done && mutant_bar(rec, BUS_READ, m->action->at))
		bend(m, rec);
	return true;
}

/* From the second read on. */
static bool bar_read_again(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_bar(rec, BUS_READ, m->action->at) && m->hits++)
		bend(m, rec);
	return true;
}

/* The features of word 0, and those of word 1. */
static bool offer_low(struct mutant *m, struct bus_rec *rec)
{
	return m->feature_select == 0 ? bar_read(m, rec) : true;
}

static bool offer_low_again(struct mutant *m, struct bus_rec *rec)
{
	return m->feature_select == 0 ? bar_read_again(m, rec) : true;
}

static bool offer_high(struct mutant *m, struct bus_rec *rec)
{
	return m->feature_select == 1 ? bar_read(m, rec) : true;
}

static bool accepted_low(struct mutant *m, struct bus_rec *rec)
{
	return m->driver_select == 0 ? bar_read(m, rec) : true;
}

/* Of a queue that does not exist. */
static bool absent_queue(struct mutant *m, struct bus_rec *rec)
{
	return m->queue_select >= 8 ? bar_read(m, rec) : true;
}

/* While FEATURES_OK is not written. */
static bool before_features_ok(struct mutant *m, struct bus_rec *rec)
{
	return m->status & VIRTIO_CONFIG_S_FEATURES_OK ? true : bar_read(m, rec);
}

/* Every second read, after FEATURES_OK. */
static bool config_torn(struct mutant *m, struct bus_rec *rec)
{
	if ((m->status & VIRTIO_CONFIG_S_FEATURES_OK) && mutant_bar(rec, BUS_READ, BAR_DEVICE) &&
	    m->hits++ % 2)
		rec->data ^= 0x10000;
	return true;
}

/* --- status ------------------------------------------------------------------------------ */

static bool live_status(struct mutant *m, struct bus_rec *rec)
{
	return m->live ? bar_read(m, rec) : true;
}

/* The second read after a reset. */
static bool status_returns(struct mutant *m, struct bus_rec *rec)
{
	if (!m->done && m->zeros == 2 && mutant_bar(rec, BUS_READ, STATUS))
		bend(m, rec);
	return true;
}

/* The answer to FEATURES_OK, in the first life or in the second. */
static bool refusal(struct mutant *m, struct bus_rec *rec)
{
	bool asked = m->status & VIRTIO_CONFIG_S_FEATURES_OK && !m->live;

	if (asked && m->lives == m->action->at && mutant_bar(rec, BUS_READ, STATUS))
		rec->data &= ~(uint64_t)VIRTIO_CONFIG_S_FEATURES_OK;
	return true;
}

/* --- vectors ------------------------------------------------------------------------------ */

static bool enabled(const struct mutant *m)
{
	return m->enabled >> (m->queue_select & 31) & 1;
}

/* queue_reset, before the queue was enabled, or after. */
static bool reset_before_enable(struct mutant *m, struct bus_rec *rec)
{
	return enabled(m) ? true : bar_read_once(m, rec);
}

static bool reset_after_enable(struct mutant *m, struct bus_rec *rec)
{
	return enabled(m) ? bar_read_once(m, rec) : true;
}

/* Once queue_reset was written. */
static bool after_queue_reset(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_bar(rec, BUS_WRITE, VIRTIO_PCI_COMMON_Q_RESET))
		m->hits = 1;
	return m->hits ? bar_read(m, rec) : true;
}

/* After NO_VECTOR was written. */
static bool vector_kept(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_bar(rec, BUS_WRITE, VIRTIO_PCI_COMMON_Q_MSIX))
		m->hits = rec->data == VIRTIO_MSI_NO_VECTOR;
	if (m->hits && mutant_bar(rec, BUS_READ, VIRTIO_PCI_COMMON_Q_MSIX))
		rec->data = 1;
	return true;
}

/* After another one was written. */
static bool vector_other(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_bar(rec, BUS_WRITE, VIRTIO_PCI_COMMON_Q_SELECT))
		m->hits = 0;
	if (mutant_bar(rec, BUS_WRITE, VIRTIO_PCI_COMMON_Q_MSIX))
		m->hits = rec->data != VIRTIO_MSI_NO_VECTOR;
	if (m->hits && mutant_bar(rec, BUS_READ, VIRTIO_PCI_COMMON_Q_MSIX))
		rec->data ^= 1;
	return true;
}

/* --- configuration space ------------------------------------------------------------------- */

static bool cfg_read(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_cfg(rec, BUS_READ, m->action->at))
		bend(m, rec);
	return true;
}

/* --- interrupts ------------------------------------------------------------------------------ */

/* When the last queue is enabled, long before DRIVER_OK. */
static bool queues_ready(struct mutant *m, const struct bus_rec *rec)
{
	return !m->done && mutant_bar(rec, BUS_WRITE, VIRTIO_PCI_COMMON_Q_ENABLE) &&
	       m->queue_select == 1;
}

static bool early_message(struct mutant *m, struct bus_rec *rec)
{
	if (queues_ready(m, rec)) {
		m->done = true;
		mutant_irq(m, rec, BUS_MSIX, 1);
	}
	return true;
}

static bool early_line(struct mutant *m, struct bus_rec *rec)
{
	if (queues_ready(m, rec)) {
		m->done = true;
		mutant_irq(m, rec, BUS_INTX, 1);
		mutant_irq(m, rec, BUS_INTX, 0);
	}
	return true;
}

static bool notified(const struct mutant *m, const struct bus_rec *rec)
{
	return m->live && rec->space == BUS_BAR && rec->op == BUS_WRITE && rec->addr >= BAR_NOTIFY;
}

static bool stray_message(struct mutant *m, struct bus_rec *rec)
{
	if (!m->done && notified(m, rec)) {
		m->done = true;
		mutant_irq(m, rec, BUS_MSIX, 5);
	}
	return true;
}

/* No interrupt for used buffers, nor their cause. */
static bool lost_interrupt(struct mutant *m, struct bus_rec *rec)
{
	(void)m;
	if (mutant_bar(rec, BUS_READ, BAR_ISR))
		rec->data &= ~1ULL;
	return rec->space != BUS_IRQ;
}

/* INTx rises once, and falls when the driver reads the ISR status, which shows `set` then. */
static void raise(struct mutant *m, const struct bus_rec *rec)
{
	mutant_tell(m, rec);
	mutant_irq(m, rec, BUS_INTX, 1);
	m->hits = 1;
}

static bool answer(struct mutant *m, struct bus_rec *rec)
{
	if (!m->hits || !mutant_bar(rec, BUS_READ, BAR_ISR))
		return true;
	rec->data = m->action->set;
	mutant_tell(m, rec);
	mutant_irq(m, rec, BUS_INTX, 0);
	m->hits = 0;
	return false;
}

static bool is_used_index(const struct mutant *m, const struct bus_rec *rec)
{
	uint64_t off;

	return rec->space == BUS_DMA && rec->op == BUS_WRITE && mutant_area(m, rec, &off) == 2 &&
	       off == 0 && rec->be == 0x0c;
}

/* For a buffer, of which the driver did not want to be told. */
static bool unwanted(struct mutant *m, struct bus_rec *rec)
{
	if (m->hits || !is_used_index(m, rec))
		return answer(m, rec);
	raise(m, rec);
	return false;
}

/* For a change that the ISR status does not show. */
static bool unnamed_change(struct mutant *m, struct bus_rec *rec)
{
	if (m->done || !m->live || !mutant_bar(rec, BUS_WRITE, STATUS))
		return answer(m, rec);
	m->done = true;
	raise(m, rec);
	return false;
}

/* --- DMA ------------------------------------------------------------------------------------ */

static bool early_ring(struct mutant *m, struct bus_rec *rec)
{
	if (queues_ready(m, rec)) {
		m->done = true;
		mutant_dma(m, rec, BUS_READ, m->queue[0].area[1], 0, 0xff);
	}
	return true;
}

static bool late_ring(struct mutant *m, struct bus_rec *rec)
{
	if (m->lives == 2 && m->zeros && !m->done && rec->space == BUS_BAR &&
	    rec->op == BUS_WRITE) {
		m->done = true;
		mutant_dma(m, rec, BUS_READ, m->payload, 0, 0xff);
	}
	return true;
}

/* A write where the device has just read a buffer. */
static bool write_readable(struct mutant *m, struct bus_rec *rec)
{
	uint64_t off;

	if (m->done || rec->space != BUS_DMA || rec->op != BUS_READ ||
	    mutant_area(m, rec, &off) >= 0)
		return true;
	m->done = true;
	mutant_tell(m, rec);
	mutant_dma(m, rec, BUS_WRITE, rec->addr, 0, 0xff);
	return false;
}

/* When the second descriptor of a chain has been fetched: a read of what it describes. */
static bool read_writable(struct mutant *m, struct bus_rec *rec)
{
	uint64_t off;

	if (m->done || rec->space != BUS_DMA || mutant_area(m, rec, &off) != 0 || off != 24)
		return true;
	m->done = true;
	mutant_tell(m, rec);
	mutant_dma(m, rec, BUS_READ, m->payload, 0, 0xff);
	return false;
}

static bool write_desc(struct mutant *m, struct bus_rec *rec)
{
	if (!m->done && notified(m, rec)) {
		m->done = true;
		mutant_dma(m, rec, BUS_WRITE, m->queue[0].area[0] + 16, 0, 0xff);
	}
	return true;
}

static bool used_flags(struct mutant *m, struct bus_rec *rec)
{
	if (!m->done && notified(m, rec)) {
		m->done = true;
		mutant_dma(m, rec, BUS_WRITE, m->queue[0].area[2], m->action->set, 0x03);
	}
	return true;
}

/* The index goes first, what it stands for after it. */
static bool index_first(struct mutant *m, struct bus_rec *rec)
{
	uint64_t off;

	if (is_used_index(m, rec)) {
		mutant_tell(m, rec);
		for (unsigned i = 0; i < m->nheld; i++) {
			m->held[i].cycle = rec->cycle;
			mutant_tell(m, &m->held[i]);
		}
		m->nheld = 0;
		return false;
	}
	if (rec->space != BUS_DMA || rec->op != BUS_WRITE || mutant_area(m, rec, &off) != 2 ||
	    m->nheld == MUTANT_HELD)
		return true;
	m->held[m->nheld++] = *rec;
	return false;
}

/* The length lies behind the id: the low half of a beat, or the high half of one with both. */
static bool used_len(struct mutant *m, struct bus_rec *rec)
{
	uint64_t off;

	if (rec->space != BUS_DMA || rec->op != BUS_WRITE || mutant_area(m, rec, &off) != 2)
		return true;
	if (off >= 8 && (rec->be & 0x0f) == 0x0f)
		rec->data |= 64;
	return true;
}

/* --- the table ---------------------------------------------------------------------------------
 */

#define DO(n, w, c, s, f, ...)                                        \
	{                                                             \
		.fault = { n, w, c, s, false }, .act = f, __VA_ARGS__ \
	}
#define ADVICE(n, w, c, s, f, ...)                                   \
	{                                                            \
		.fault = { n, w, c, s, true }, .act = f, __VA_ARGS__ \
	}
/* A capability field that says something else: cfg offset, bits. */
#define CAP(n, w, c, a, mask, bits)                                                           \
	{                                                                                     \
		.fault = { n, w, c, "life", false }, .act = cfg_read, .at = a, .clear = mask, \
		.set = bits, .cut = true                                                      \
	}
#define ALL 0xffffffffU

const struct mutant_action mutant_actions[] = {
	/* status, reset, silence: 2.1, 2.4 */
	DO("reset-stuck", "the status never returns to 0", "DEV-2.4.1-1", "life", bar_read,
	   .at = STATUS, .set = 4, .shown = true),
	DO("reset-undone", "the status is 0, and then it is not", "DEV-2.4.1-1", "life",
	   status_returns, .at = STATUS, .set = 8),
	DO("early-ring", "a ring read before DRIVER_OK", "DEV-2.1.2-1", "life", early_ring),
	DO("late-ring", "a read after a reset", "DEV-2.4.1-3", "two-lives", late_ring),
	DO("early-message", "a queue's message before DRIVER_OK", "DEV-2.1.2-2", "msix",
	   early_message),
	DO("early-cause", "the ISR status shows used buffers before DRIVER_OK", "DEV-2.1.2-2",
	   "isr-early", bar_read_once, .at = BAR_ISR, .set = 1),
	DO("early-line", "INTx between reset and DRIVER_OK", "DEV-2.4.1-2", "life", early_line),
	DO("needs-reset-silent", "DEVICE_NEEDS_RESET without an interrupt", "DEV-2.1.2-4",
	   "linger-quiet", live_status, .at = STATUS, .set = 0x40),
	/* features: 2.2, 6.2 */
	DO("no-version-1", "VERSION_1 is not on offer", "DEV-6.2-1", "life", offer_high,
	   .at = VIRTIO_PCI_COMMON_DF, .clear = 1, .shown = true),
	DO("offer-undefined", "bit 22 is on offer", "DEV-2.2.2-4", "life", offer_low,
	   .at = VIRTIO_PCI_COMMON_DF, .set = 1U << 22),
	DO("offer-reserved", "bit 44 is on offer", "DEV-2.2.2-4", "life", offer_high,
	   .at = VIRTIO_PCI_COMMON_DF, .set = 1U << 12),
	DO("offer-sr-iov", "SR_IOV is on offer", "DEV-6.2-11", "life", offer_high,
	   .at = VIRTIO_PCI_COMMON_DF, .set = 1U << 5),
	ADVICE("offer-packed", "RING_PACKED is on offer, and the driver leaves it out", "DRV-6.1-6",
	       "life", offer_high, .at = VIRTIO_PCI_COMMON_DF, .set = 1U << 2, .shown = true),
	DO("offer-unsteady", "the offer changes", "DEV-4.1.4.3.1-3", "features-twice",
	   offer_low_again, .at = VIRTIO_PCI_COMMON_DF, .set = 1U << 27),
	DO("accepted-lost", "an accepted bit does not read back", "DEV-4.1.4.3.1-4",
	   "features-read-back", accepted_low, .at = VIRTIO_PCI_COMMON_GF, .clear = 1),
	ADVICE("refuse-legal", "a legal set is refused", "DEV-2.2.2-2", "plain-offer", refusal,
	       .at = 1, .shown = true),
	ADVICE("refuse-again", "what was accepted is refused after a reset", "DEV-2.2.2-6",
	       "two-lives", refusal, .at = 2, .shown = true),
	/* configuration: 2.5 */
	DO("config-unready", "another value before FEATURES_OK", "DEV-2.5.2-1", "generation-early",
	   before_features_ok, .at = BAR_DEVICE, .clear = ALL, .set = 0x5a5a),
	DO("generation-stuck", "a value changes, its generation does not", "DEV-4.1.4.3.1-6",
	   "generation", config_torn),
	/* the common configuration: 4.1.3.2, 4.1.4.3.1 */
	DO("enabled-by-reset", "a queue is enabled after a reset", "DEV-4.1.4.3.1-9",
	   "setup-read-back", bar_read_once, .at = VIRTIO_PCI_COMMON_Q_ENABLE, .set = 1),
	DO("half-lost", "half an address does not read back", "DEV-4.1.3.2-1", "setup-read-back",
	   bar_read, .at = VIRTIO_PCI_COMMON_Q_DESCLO, .clear = ALL),
	DO("size-96", "96 entries", "DEV-4.1.4.3.1-17", "life", bar_read_once,
	   .at = VIRTIO_PCI_COMMON_Q_SIZE, .clear = ALL, .set = 96),
	DO("ghost-queue", "a queue beyond num_queues", "DEV-4.1.4.3.1-16", "count-queues",
	   absent_queue, .at = VIRTIO_PCI_COMMON_Q_SIZE, .clear = ALL, .set = 16),
	DO("notify-off-far", "a queue's place is beyond the area", "DEV-4.1.4.4.1-6", "life",
	   bar_read, .at = VIRTIO_PCI_COMMON_Q_NOFF, .set = 0x1000),
	DO("queue-reset-set", "queue_reset is set after a reset", "DEV-4.1.4.3.1-10", "queue-reset",
	   reset_before_enable, .at = VIRTIO_PCI_COMMON_Q_RESET, .set = 1),
	DO("queue-reset-kept", "queue_reset is set after enabling", "DEV-4.1.4.3.1-11",
	   "queue-reset", reset_after_enable, .at = VIRTIO_PCI_COMMON_Q_RESET, .set = 1),
	DO("queue-reset-stuck", "the reset of a queue never ends", "DEV-4.1.4.3.1-14",
	   "queue-reset", after_queue_reset, .at = VIRTIO_PCI_COMMON_Q_RESET, .set = 1,
	   .shown = true),
	DO("queue-reset-enabled", "a queue that was reset is enabled", "DEV-4.1.4.3.1-15",
	   "queue-reset", after_queue_reset, .at = VIRTIO_PCI_COMMON_Q_ENABLE, .set = 1),
	/* vectors: 4.1.5.1.2.1, 4.1.5.3.1 */
	DO("vector-by-reset", "a vector after a reset", "DEV-4.1.5.1.2.1-8", "msix", bar_read_once,
	   .at = VIRTIO_PCI_COMMON_Q_MSIX, .clear = ALL, .set = 2),
	DO("vector-kept", "a vector that cannot be unmapped", "DEV-4.1.5.1.2.1-6", "unmap",
	   vector_kept),
	DO("vector-other", "another vector than was written", "DEV-4.1.5.1.2.1-10", "msix",
	   vector_other),
	DO("stray-message", "a message of no event", "DEV-4.1.5.3.1-1", "life", stray_message),
	/* identity and capabilities: 4.1.2.1, 4.1.4 */
	DO("wrong-vendor", "another vendor", "DEV-4.1.2.1-1", "life", cfg_read, .at = PCI_VENDOR_ID,
	   .set = 1),
	DO("wrong-device", "the id of a network card", "DEV-4.1.2.1-2", "life", cfg_read,
	   .at = PCI_DEVICE_ID, .clear = ALL, .set = 0x1041),
	ADVICE("old-device", "the transitional id", "DEV-4.1.2.1-4", "life", cfg_read,
	       .at = PCI_DEVICE_ID, .clear = ALL, .set = 0x1002),
	ADVICE("old-revision", "revision 0", "DEV-4.1.2.1-5", "identity", cfg_read,
	       .at = PCI_REVISION_ID, .clear = 0xff),
	ADVICE("old-subsystem", "subsystem device id 5", "DEV-4.1.2.1-6", "identity", cfg_read,
	       .at = PCI_SUBSYSTEM_ID, .clear = ALL, .set = 5),
	ADVICE("one-vector", "an MSI-X table of one", "DEV-4.1.5.1.2.1-1", "identity", cfg_read,
	       .at = 0x9a, .clear = 0x7ff),
	DO("cap-short", "cap_len without its last fields", "DEV-4.1.4.2-1", "caps-by-dword",
	   cfg_read, .at = 0x40, .clear = 0x00ff0000, .set = 0x000c0000),
	CAP("common-skewed", "common configuration off by 2", "DEV-4.1.4.3.1-1", 0x48, 0, 2),
	CAP("notify-skewed", "the notification area at an odd offset", "DEV-4.1.4.4.1-2", 0x58, 0,
	    1),
	CAP("notify-short", "a notification area of 1 byte", "DEV-4.1.4.4.1-4", 0x5c, ALL, 1),
	CAP("multiplier-3", "a multiplier of 3", "DEV-4.1.4.4.1-3", 0x60, ALL, 3),
	CAP("device-skewed", "device configuration off by 2", "DEV-4.1.4.6.1-1", 0x7c, 0, 2),
	CAP("no-common", "no common configuration", "DEV-4.1.4.3.1-2", 0x43, ALL, 0x7e),
	CAP("no-notify", "no notification area", "DEV-4.1.4.4.1-1", 0x53, ALL, 0x7e),
	CAP("no-isr", "no ISR status", "DEV-4.1.4.5.1-1", 0x67, ALL, 0x7e),
	CAP("no-device", "no device configuration", "DEV-4.1.4.6-1", 0x77, ALL, 0x7e),
	CAP("no-access", "no access by configuration space", "DEV-4.1.4.9.1-1", 0x87, ALL, 0x7e),
	/* interrupts: 2.7.7.2, 4.1.4.5.1 */
	DO("interrupt-lost", "no interrupt for used buffers", "DEV-2.7.7.2-3", "linger",
	   lost_interrupt),
	DO("event-interrupt-lost", "no interrupt where used_event wants one", "DEV-2.7.7.2-5",
	   "event-idx-linger", lost_interrupt),
	ADVICE("interrupt-unwanted", "an interrupt that nobody wanted", "DEV-2.7.7.2-2",
	       "no-interrupt", unwanted, .set = 1),
	DO("isr-empty", "an interrupt without a cause", "DEV-4.1.4.5.1-3", "life", bar_read_once,
	   .at = BAR_ISR, .clear = 3),
	DO("isr-no-change", "a configuration change that is not named", "DEV-4.1.4.5.1-2",
	   "isr-idle", unnamed_change),
	DO("isr-stuck", "a cause that reading does not clear", "DEV-4.1.4.5.1-5", "isr-again",
	   bar_read, .at = BAR_ISR, .set = 1),
	DO("status-bit", "an interrupt that only the PCI status shows", "DEV-4.1.4.5.1-4", "life",
	   cfg_read, .at = PCI_STATUS, .set = PCI_STATUS_INTERRUPT),
	/* rings: 2.7 */
	DO("write-readable", "a write to a readable buffer", "DEV-2.7.5.1-1", "life",
	   write_readable),
	ADVICE("read-writable", "a read of a writable buffer", "DEV-2.7.5.1-2", "writable-tail",
	       read_writable),
	DO("write-desc", "a write to the descriptor table", "DEV-2.7.5.1-4", "life", write_desc),
	DO("used-flags", "flags 2 in the used ring", "DEV-2.7.10.2-1", "life", used_flags,
	   .set = 2),
	DO("used-flags-event-idx", "flags 1 with EVENT_IDX", "DEV-2.7.10.2-3", "event-idx",
	   used_flags, .set = 1),
	DO("index-first", "the used index before its entry", "DEV-2.7.8.2-1", "life", index_first),
	DO("used-len", "a length that was never written", "DEV-2.7.8.2-2", "life", used_len),
};

const unsigned mutant_nactions = sizeof(mutant_actions) / sizeof(mutant_actions[0]);
