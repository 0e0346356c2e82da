/* SPDX-License-Identifier: MIT */
/*
 * The functions of Linux' virtio drivers whose calls show what a driver does with a device's
 * registers (drivers/virtio/virtio_pci_modern_dev.c, virtio_pci_*.c,
 * virtio_mmio.c): how to probe them, and what a call stands for.
 *
 * The arguments are fetched in the kernel's language of kprobe events (kprobetrace.rst):
 *
 *   dev       which device: struct virtio_pci_modern_device, or struct virtio_device over MMIO
 *   vdev      its struct virtio_device, where a call has nothing else
 *   bus, devfn, vendor, id   of the PCI function: fields of struct pci_dev up to `device` and
 *             the number of struct pci_bus, which lie as they do here on every 64-bit kernel
 *             since 3.13; an import checks it by the vendor
 *   index     the number of a device over MMIO: of virtio3, 3
 *   q, value, offset, size, desc, driver, device   as the registers take them
 *
 * An event of a kprobe is called as the function, that of a kretprobe has FTRACE_RET behind it.
 * Where a symbol exists twice, and for addresses, anything may follow "__".
 */
#ifndef SIM_FTRACE_CALLS_H
#define SIM_FTRACE_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#define FTRACE_RET "__ret"

enum ftrace_what {
	CALL_SET_STATUS,
	CALL_GET_STATUS,
	CALL_RESET,
	CALL_GET_FEATURES,
	CALL_SET_FEATURES,
	CALL_FINALIZE, /* features are written, but which is not to be had */
	CALL_GET_DRIVER_FEATURES,
	CALL_GENERATION,
	CALL_QUEUE_VECTOR,
	CALL_CONFIG_VECTOR,
	CALL_QUEUE_ADDRESS,
	CALL_SET_ENABLE,
	CALL_GET_ENABLE,
	CALL_SET_SIZE,
	CALL_GET_SIZE,
	CALL_NUM_QUEUES,
	CALL_QUEUE_RESET,
	CALL_GET_QUEUE_RESET,
	CALL_FIND_VQS, /* sets up all queues */
	CALL_NOTIFY,
	CALL_CONFIG_GET,
	CALL_CONFIG_SET
};

#define FTRACE_SHOWS 3

struct ftrace_call {
	const char *func, *module;
	uint8_t what;
	bool mmio;
	bool late; /* only when its module is there: some kernels lack it, or have it twice */
	const char *enter;       /* what to fetch when it is called */
	const char *ret;         /* and when it returns, NULL: that need not be seen */
	int shows[FTRACE_SHOWS]; /* events of the bus (enum event_id) + 1 that it stands for */
};

/* The n-th, or NULL. */
const struct ftrace_call *ftrace_call(unsigned n);

/* By the name of a function, or of an event that is called as said above. NULL: none of these. */
const struct ftrace_call *ftrace_call_of(const char *name);

#endif
