/* SPDX-License-Identifier: MIT */
/*
 * Interrupts out to the client, through the eventfds it gave with DEVICE_SET_IRQS.
 *
 * INTx is a level behind an edge: when it is asserted and not masked, its eventfd is
 * written once and INTx masks itself. UNMASK, by message or by the unmask eventfd, lets
 * it through again, and at once if the level still stands.
 * MSI-X: one write for each message. A vector without eventfd, or masked, is masked in
 * the device, which then keeps it pending.
 */
#ifndef BRIDGE_IRQ_H
#define BRIDGE_IRQ_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;
struct irq;
struct log;
struct loop;

struct irq_stats {
	uint64_t intx, msix; /* eventfds written */
	uint64_t lost;       /* MSI-X messages for a vector without eventfd */
};

struct irq *irq_new(struct loop *loop, const struct backend *backend, const struct log *log);
void irq_free(struct irq *irq);

/* How many interrupts a VFIO_PCI_*_IRQ_INDEX has, and their VFIO_IRQ_INFO_* flags. */
unsigned irq_count(const struct irq *irq, unsigned index);
uint32_t irq_flags(const struct irq *irq, unsigned index);

/*
 * DEVICE_SET_IRQS; `data` has `len` bytes. Puts -1 where it keeps a descriptor.
 * -EINVAL: not a request as the protocol has it, or not eventfds; -EOPNOTSUPP: one that
 * this device has no use for (an eventfd told of masking).
 */
int irq_set(struct irq *irq, const struct vfio_irq_set *set, const uint8_t *data, size_t len,
	    int *fds, unsigned nfds);

/* From the device. */
void irq_intx(struct irq *irq, bool level);
void irq_msix(struct irq *irq, unsigned vector);

/* The device was reset, its MSI-X table with it: tells it again what is unmasked. */
void irq_restore(struct irq *irq);

/* The client is gone: closes its eventfds. The device is reset next, so is not told. */
void irq_drop(struct irq *irq);

const struct irq_stats *irq_stats(const struct irq *irq);

#endif
