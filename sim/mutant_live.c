/* SPDX-License-Identifier: MIT */
/* Faults of a live device: messages, the reset of a queue, suspending, hints. */
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "sim/mutant_internal.h"

#define STATUS  VIRTIO_PCI_COMMON_STATUS
#define SUSPEND 0x10 /* younger than the header */
#define ACTUAL  (BAR_DEVICE + 4)
#define COMMAND (BAR_DEVICE + 8)
#define WINDOW  0x94 /* pci_cfg_data */

static bool notified(const struct mutant *m, const struct bus_rec *rec, unsigned q)
{
	return m->live && mutant_bar(rec, BUS_WRITE, BAR_NOTIFY + 4 * q);
}

static bool is_message(const struct bus_rec *rec, unsigned vector)
{
	return rec->space == BUS_IRQ && rec->index == BUS_MSIX && rec->addr == vector;
}

/* --- messages and interrupts: 2.7.7.2 ------------------------------------------------------ */

static bool lost_messages(struct mutant *m, struct bus_rec *rec)
{
	return !is_message(rec, m->action->at);
}

/* For queue 0, of which nothing happened. */
static bool needless_message(struct mutant *m, struct bus_rec *rec)
{
	if (!m->done && notified(m, rec, 1)) {
		m->done = true;
		mutant_irq(m, rec, BUS_MSIX, 1);
	}
	return true;
}

/* INTx at the third notification; the ISR status shows used buffers. */
static bool needless_line(struct mutant *m, struct bus_rec *rec)
{
	if (notified(m, rec, 0) && ++m->hits == 3) {
		mutant_tell(m, rec);
		mutant_irq(m, rec, BUS_INTX, 1);
		return false;
	}
	if (m->hits == 3 && mutant_bar(rec, BUS_READ, BAR_ISR)) {
		m->hits++;
		rec->data = 1;
		mutant_tell(m, rec);
		mutant_irq(m, rec, BUS_INTX, 0);
		return false;
	}
	return true;
}

/* INTx stays up, and reading the ISR status changes nothing. */
static bool held_cause(struct mutant *m, struct bus_rec *rec)
{
	if (rec->space == BUS_IRQ && rec->index == BUS_INTX) {
		m->hits++;
		return m->hits == 1;
	}
	if (m->hits && m->live && mutant_bar(rec, BUS_READ, BAR_ISR))
		rec->data = 1;
	return true;
}

/* --- a device that asks for silence, and gets none: 2.7.10.1 --------------------------------- */

static bool far_event(struct mutant *m, struct bus_rec *rec)
{
	uint64_t off;

	if (rec->space == BUS_DMA && rec->op == BUS_WRITE && mutant_area(m, rec, &off) == 2 &&
	    off == 8ULL * m->queue[0].size && rec->be == 0x30)
		rec->data ^= 0x4000ULL << 32;
	return true;
}

static bool quiet_flags(struct mutant *m, struct bus_rec *rec)
{
	if (m->done || !notified(m, rec, 0))
		return true;
	m->done = true;
	mutant_tell(m, rec);
	mutant_dma(m, rec, BUS_WRITE, m->queue[0].area[2], 1, 0x03);
	return false;
}

/* --- the reset of queue 1 by itself: 2.6.1 ------------------------------------------------------
 */

/* The driver looks at queue_enable once the reset is over. */
static bool reset_over(struct mutant *m, const struct bus_rec *rec)
{
	return !m->done && m->resets == 1 && mutant_bar(rec, BUS_READ, VIRTIO_PCI_COMMON_Q_ENABLE);
}

static bool served_on(struct mutant *m, struct bus_rec *rec)
{
	if (reset_over(m, rec)) {
		m->done = true;
		mutant_dma(m, rec, BUS_READ, m->queue[1].old[1], 0, 0xff);
	}
	return true;
}

static bool told_on(struct mutant *m, struct bus_rec *rec)
{
	if (reset_over(m, rec)) {
		m->done = true;
		mutant_irq(m, rec, BUS_MSIX, 2);
	}
	return true;
}

/* It goes on where it was, a slot further, .. */
static bool goes_on(struct mutant *m, struct bus_rec *rec)
{
	uint64_t off = rec->addr - m->queue[1].area[2];

	if (m->resets == 2 && rec->space == BUS_DMA && rec->op == BUS_WRITE &&
	    off < 8ULL * m->queue[1].size && (rec->be & 0xf0 || off >= 8))
		rec->addr += 8;
	return true;
}

/* .. or where the queue was before. */
static bool stays(struct mutant *m, struct bus_rec *rec)
{
	if (!m->done && m->resets == 2 && notified(m, rec, 1)) {
		m->done = true;
		mutant_dma(m, rec, BUS_READ, m->queue[1].old[0], 0, 0xff);
	}
	return true;
}

/* --- suspending: 3.4.2
 * ---------------------------------------------------------------------------- */

static bool looked_at_rest(struct mutant *m, const struct bus_rec *rec)
{
	return !m->done && m->rest == 2 && mutant_bar(rec, BUS_READ, BAR_DEVICE);
}

static bool shown_early(struct mutant *m, struct bus_rec *rec)
{
	if (!m->done && m->status && !m->live && mutant_bar(rec, BUS_READ, STATUS)) {
		m->done = true;
		rec->data |= SUSPEND;
	}
	return true;
}

static bool never_suspends(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_bar(rec, BUS_WRITE, STATUS))
		m->hits = rec->data & SUSPEND;
	if (m->hits && mutant_bar(rec, BUS_READ, STATUS))
		rec->data = (rec->data & ~(uint64_t)SUSPEND) | VIRTIO_CONFIG_S_DRIVER_OK;
	return true;
}

static bool never_resumes(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_bar(rec, BUS_WRITE, STATUS))
		m->hits = rec->data ? m->done : 0;
	m->done = m->done || m->rest == 2;
	if (m->hits && mutant_bar(rec, BUS_READ, STATUS))
		rec->data = (rec->data & ~(uint64_t)VIRTIO_CONFIG_S_DRIVER_OK) | SUSPEND;
	return true;
}

static bool rings_at_rest(struct mutant *m, struct bus_rec *rec)
{
	if (looked_at_rest(m, rec)) {
		m->done = true;
		mutant_dma(m, rec, BUS_READ, m->payload, 0, 0xff);
	}
	return true;
}

static bool message_at_rest(struct mutant *m, struct bus_rec *rec)
{
	if (looked_at_rest(m, rec)) {
		m->done = true;
		mutant_irq(m, rec, BUS_MSIX, m->action->at);
	}
	return true;
}

/* The second time that the driver looks. */
static bool field_at_rest(struct mutant *m, struct bus_rec *rec)
{
	if (m->rest == 2 && mutant_bar(rec, BUS_READ, ACTUAL) && m->hits++)
		rec->data ^= 0x100;
	return true;
}

static bool write_at_rest(struct mutant *m, struct bus_rec *rec)
{
	if (m->rest == 2 && mutant_bar(rec, BUS_WRITE, ACTUAL)) {
		m->kept = (uint32_t)rec->data;
		m->done = true;
	}
	if (m->done && m->rest == 2 && mutant_bar(rec, BUS_READ, ACTUAL))
		rec->data = m->kept;
	return true;
}

/* What queue 0 returns is held back until the device has rested. */
static bool busy_at_rest(struct mutant *m, struct bus_rec *rec)
{
	bool used = rec->space == BUS_DMA && rec->op == BUS_WRITE &&
		    rec->addr - m->queue[0].area[2] < 8ULL * m->queue[0].size;

	m->hits = m->hits || m->rest == 2;
	if (used && !m->done && m->nheld < MUTANT_HELD) {
		m->held[m->nheld++] = *rec;
		return false;
	}
	m->done = m->done || (m->hits && notified(m, rec, 1));
	if (!m->done || m->next > m->nheld || rec->cycle == m->kept)
		return true;
	/* One a cycle, as they came; then the message. */
	m->kept = (uint32_t)rec->cycle;
	if (m->next < m->nheld) {
		m->held[m->next].cycle = rec->cycle;
		mutant_tell(m, &m->held[m->next]);
	} else {
		mutant_irq(m, rec, BUS_MSIX, 1);
	}
	m->next++;
	return true;
}

/* --- configuration: 2.5.2, 4.1.4.9.1, 5.5.6.5.2 -------------------------------------------------
 */

static bool command_unready(struct mutant *m, struct bus_rec *rec)
{
	if (!(m->status & VIRTIO_CONFIG_S_FEATURES_OK) && mutant_bar(rec, BUS_READ, COMMAND))
		rec->data ^= 0x100;
	return true;
}

/* Another id the second time that the driver looks, and the first one again. */
static bool command_again(struct mutant *m, struct bus_rec *rec)
{
	if (m->live && mutant_bar(rec, BUS_READ, COMMAND) && rec->data > 1 && ++m->hits == 2)
		rec->data += 1;
	return true;
}

static bool window_reads(struct mutant *m, struct bus_rec *rec)
{
	(void)m;
	if (mutant_cfg(rec, BUS_READ, WINDOW) && rec->size == 2)
		rec->data ^= 1;
	return true;
}

static bool window_writes(struct mutant *m, struct bus_rec *rec)
{
	(void)m;
	if (mutant_bar(rec, BUS_READ, VIRTIO_PCI_COMMON_Q_SELECT))
		rec->data ^= 2;
	return true;
}

/* A field of the notification capability: at, set. */
static bool notify_field(struct mutant *m, struct bus_rec *rec)
{
	if (mutant_cfg(rec, BUS_READ, m->action->at))
		rec->data = m->action->set;
	return true;
}

/* --- the table ----------------------------------------------------------------------------------
 */

#define DO(n, w, c, s, f, ...)                                        \
	{                                                             \
		.fault = { n, w, c, s, false }, .act = f, __VA_ARGS__ \
	}
#define ADVICE(n, w, c, s, f, ...)                                   \
	{                                                            \
		.fault = { n, w, c, s, true }, .act = f, __VA_ARGS__ \
	}

const struct mutant_action mutant_live[] = {
	DO("message-lost", "no message for used buffers", "DEV-2.7.7.2-3", "msix-linger",
	   lost_messages, .at = 1),
	DO("event-message-lost", "no message where used_event wants one", "DEV-2.7.7.2-5",
	   "event-msix-linger", lost_messages, .at = 1),
	ADVICE("event-message-needless", "a message that used_event does not want", "DEV-2.7.7.2-6",
	       "event-msix-quiet", needless_message),
	ADVICE("event-interrupt-needless", "INTx that used_event does not want", "DEV-2.7.7.2-6",
	       "event-idx-small", needless_line),
	DO("isr-held", "a cause that stays, and INTx with it", "DEV-4.1.4.5.1-5", "isr-again",
	   held_cause),
	ADVICE("event-far", "avail_event is far away, and the driver notifies", "DRV-2.7.10.1-7",
	       "event-idx-small", far_event),
	ADVICE("flags-quiet", "the device wants no notifications, and gets some", "DRV-2.7.10.1-3",
	       "small", quiet_flags),
	/* the reset of a queue: 2.6.1 */
	DO("reset-queue-served", "a queue that was reset is looked at", "DEV-2.6.1.1.1-1",
	   "queue-reset", served_on),
	DO("reset-queue-told", "a queue that was reset sends a message", "DEV-2.6.1.1.1-2",
	   "queue-reset-msix", told_on),
	DO("reset-queue-goes-on", "a queue that was reset goes on", "DEV-2.6.1.1.1-3",
	   "queue-reset", goes_on),
	DO("reset-queue-stays", "a queue that was reset stays where it was", "DEV-2.6.1.2.1-1",
	   "queue-reset", stays),
	/* suspending: 3.4.2 */
	DO("suspend-shown-early", "SUSPEND is shown before DRIVER_OK", "DEV-3.4.2-1", "life",
	   shown_early),
	DO("suspend-never", "the device does not suspend", "DEV-3.4.2-8", "suspend-resume",
	   never_suspends, .shown = true),
	DO("resume-never", "the device does not resume", "DEV-3.4.2-9", "suspend-resume",
	   never_resumes, .shown = true),
	DO("suspended-ring", "a ring read while suspended", "DEV-3.4.2-4", "suspend-resume",
	   rings_at_rest),
	DO("suspended-message", "a queue's message while suspended", "DEV-3.4.2-3", "suspend-msix",
	   message_at_rest, .at = 1),
	DO("suspended-change", "a change told while suspended", "DEV-3.4.2-6", "suspend-msix",
	   message_at_rest, .at = 0),
	DO("suspended-field", "configuration that moves while suspended", "DEV-3.4.2-5",
	   "suspend-resume", field_at_rest),
	ADVICE("suspended-write", "configuration that is written while suspended", "DEV-3.4.2-2",
	       "suspend-config", write_at_rest),
	DO("resumed-untold", "a change that nobody tells of", "DEV-3.4.2-7", "suspend-msix-linger",
	   lost_messages, .at = 0),
	ADVICE("suspended-busy", "suspended with a buffer in progress", "DEV-3.4.2-11",
	       "suspend-msix", busy_at_rest),
	ADVICE("suspended-untold", "suspended with a message due", "DEV-3.4.2-12", "suspend-msix",
	       lost_messages, .at = 1),
	/* configuration: 2.5.2, 4.1.4.4.1, 4.1.4.9.1, 5.5.6.5.2 */
	DO("command-unready", "another command id before FEATURES_OK", "DEV-2.5.2-2",
	   "generation-hint", command_unready),
	DO("command-again", "a command id that comes again", "DEV-5.5.6.5.2-2", "hint",
	   command_again),
	DO("window-reads", "another value through the window", "DEV-4.1.4.9.1-3", "access-window",
	   window_reads),
	DO("window-writes", "a write through the window is lost", "DEV-4.1.4.9.1-2", "access-write",
	   window_writes),
	DO("multiplier-2", "a multiplier of 2 with NOTIFICATION_DATA", "DEV-4.1.4.4.1-7", "life",
	   notify_field, .at = 0x60, .set = 2),
	DO("notify-skewed-2", "the area at a multiple of 2 with NOTIFICATION_DATA",
	   "DEV-4.1.4.4.1-8", "life", notify_field, .at = 0x58, .set = BAR_NOTIFY - 2),
	DO("notify-length-2", "an area of 2 bytes with NOTIFICATION_DATA", "DEV-4.1.4.4.1-9",
	   "life", notify_field, .at = 0x5c, .set = 2),
	DO("notify-length-6", "2 bytes at a queue's place with NOTIFICATION_DATA",
	   "DEV-4.1.4.4.1-11", "life", notify_field, .at = 0x5c, .set = 6),
};

const unsigned mutant_nlive = sizeof(mutant_live) / sizeof(mutant_live[0]);
