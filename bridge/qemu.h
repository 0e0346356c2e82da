/* SPDX-License-Identifier: MIT */
/*
 * One guest: the QEMU command line, the process, and the sockets to it.
 *
 * Serial ports and QMP are socket pairs whose far ends QEMU inherits: there is nothing to
 * listen on and nothing to wait for. The guest's memory is one shared memfd, whatever
 * the device, so that a server can map it and measurements compare.
 */
#ifndef BRIDGE_QEMU_H
#define BRIDGE_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bridge/loop.h"
#include "sim/log.h"

enum qemu_device {
	QEMU_VFIO_USER,   /* vfio-user-pci on device_socket */
	QEMU_OWN_BALLOON, /* QEMU's own virtio-balloon-pci: the baseline */
	QEMU_NO_DEVICE,
};

enum { QEMU_SERIALS = 3 };

struct qemu_config {
	const char *run;    /* the QEMU to run */
	const char *kernel; /* bzImage or multiboot ELF */
	const char *initrd; /* or NULL */
	const char *append; /* kernel command line, or NULL */
	unsigned memory_mib;
	bool prealloc; /* allocate all guest memory at start */
	bool iommu;    /* an emulated Intel IOMMU between device and memory */
	bool dmesg;    /* a third serial port, for verdicts */
	enum qemu_device device;
	const char *device_socket; /* QEMU_VFIO_USER: the server's socket */
	const char *acpi_table;    /* one more, that tells of the device as virtio-mmio; or NULL */
	const char *stderr_path;   /* file that takes what QEMU complains about */
	const char *const *extra;  /* more arguments, NULL-terminated, or NULL */
	/* Runs once when QEMU has ended, from the loop; `status` as from waitpid(2). */
	void (*gone)(void *ctx, int status);
	void *ctx;
};

struct qemu;

/*
 * Starts QEMU. NULL and *err = -errno, with one line in the log, when it cannot: no such
 * QEMU, kernel or initrd (-ENOENT), out of descriptors or processes. A QEMU that refuses
 * its command line ends at once: gone(), and qemu_complaint says why.
 */
struct qemu *qemu_start(const struct qemu_config *cfg, struct loop *loop, const struct log *log,
			int *err);

/* Ends QEMU now if it still runs, without a gone(). */
void qemu_free(struct qemu *qemu);

/* Asks QEMU to end (SIGTERM), and kills it if it has not after grace_ms. gone() tells. */
void qemu_stop(struct qemu *qemu, unsigned grace_ms);

/* Our ends, non-blocking; the qemu owns them. Serial 0 is the console, 1 the agent's, 2 (cfg.dmesg)
 * for verdicts. */
int qemu_serial(const struct qemu *qemu, unsigned n);
int qemu_qmp(const struct qemu *qemu);

/* 0 once it has ended. */
pid_t qemu_pid(const struct qemu *qemu);

/*
 * "kvm" or "tcg": what VCOSIM_ACCEL in the environment says, or what set-up found that a
 * kernel boots with (bridge/guest/probe-accel.sh), or whether there is a /dev/kvm.
 */
const char *qemu_accel(void);

/* The last line QEMU wrote to stderr_path that is no warning, or "". Returns buf. */
char *qemu_complaint(const struct qemu *qemu, char *buf, size_t size);

/* "QEMU emulator version ..." of a QEMU, or -errno. */
int qemu_version(const char *run, char *buf, size_t size);

#endif
