/* SPDX-License-Identifier: MIT */
#include "bridge/irq.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/backend.h"
#include "bridge/loop.h"
#include "sim/log.h"

struct vector {
	int fd;
	bool masked;
	bool on; /* unmasked in the device */
};

struct irq {
	struct loop *loop;
	const struct backend *backend;
	const struct log *log;
	struct {
		int fd, unmask_fd;
		struct loop_source *unmask;
		bool level, masked;
	} intx;
	struct vector *vec; /* backend->vectors of them */
	struct irq_stats stats;
};

struct irq *irq_new(struct loop *loop, const struct backend *backend, const struct log *log)
{
	struct irq *irq = calloc(1, sizeof(*irq));
	struct vector *vec = calloc(backend->vectors + 1, sizeof(*vec));

	if (!irq || !vec) {
		free(irq);
		free(vec);
		return NULL;
	}
	*irq = (struct irq){ .loop = loop, .backend = backend, .log = log, .vec = vec };
	irq->intx.fd = irq->intx.unmask_fd = -1;
	for (unsigned i = 0; i < backend->vectors; i++)
		vec[i].fd = -1;
	return irq;
}

void irq_free(struct irq *irq)
{
	if (!irq)
		return;
	irq_drop(irq);
	free(irq->vec);
	free(irq);
}

const struct irq_stats *irq_stats(const struct irq *irq)
{
	return &irq->stats;
}

unsigned irq_count(const struct irq *irq, unsigned index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return irq->backend->intx;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return irq->backend->vectors;
	default:
		return 0;
	}
}

uint32_t irq_flags(const struct irq *irq, unsigned index)
{
	if (!irq_count(irq, index))
		return 0;
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		return VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	return VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE;
}

/* Never blocks: descriptors are made non-blocking, and a full counter is signalled. */
static void signal_fd(int fd)
{
	const uint64_t one = 1;
	ssize_t put;

	do
		put = write(fd, &one, sizeof(one));
	while (put < 0 && errno == EINTR);
}

/* --- INTx ------------------------------------------------------------------------------ */

static void try_intx(struct irq *irq)
{
	if (!irq->intx.level || irq->intx.masked || irq->intx.fd < 0)
		return;
	irq->intx.masked = true;
	irq->stats.intx++;
	signal_fd(irq->intx.fd);
}

void irq_intx(struct irq *irq, bool level)
{
	irq->intx.level = level;
	try_intx(irq);
}

static void unmask_intx(struct irq *irq)
{
	irq->intx.masked = false;
	try_intx(irq);
}

static void unmask_ready(void *ctx, short revents)
{
	struct irq *irq = ctx;
	uint64_t n;

	(void)revents;
	if (read(irq->intx.unmask_fd, &n, sizeof(n)) == (ssize_t)sizeof(n))
		unmask_intx(irq);
}

static void drop_unmask(struct irq *irq)
{
	if (irq->intx.unmask)
		loop_drop(irq->intx.unmask);
	if (irq->intx.unmask_fd >= 0)
		close(irq->intx.unmask_fd);
	irq->intx.unmask = NULL;
	irq->intx.unmask_fd = -1;
}

/* The eventfd that unmasks when it is signalled: how KVM tells the end of an interrupt. */
static int set_unmask(struct irq *irq, int *fd)
{
	drop_unmask(irq);
	if (!fd)
		return 0;
	irq->intx.unmask = loop_fd(irq->loop, *fd, POLLIN, unmask_ready, irq);
	if (!irq->intx.unmask)
		return -ENOMEM;
	irq->intx.unmask_fd = *fd;
	*fd = -1;
	return 0;
}

static void set_intx(struct irq *irq, int *fd)
{
	if (irq->intx.fd >= 0)
		close(irq->intx.fd);
	irq->intx.fd = fd ? *fd : -1;
	if (fd)
		*fd = -1;
	try_intx(irq);
}

static void disable_intx(struct irq *irq)
{
	drop_unmask(irq);
	set_intx(irq, NULL);
	irq->intx.masked = false;
}

/* --- MSI-X ------------------------------------------------------------------------------ */

static void update_vector(struct irq *irq, unsigned v)
{
	struct vector *vec = &irq->vec[v];
	bool on = vec->fd >= 0 && !vec->masked;

	if (on == vec->on)
		return;
	vec->on = on;
	irq->backend->ops->msix(irq->backend->ctx, v, on);
}

static void set_vector(struct irq *irq, unsigned v, int *fd)
{
	struct vector *vec = &irq->vec[v];

	if (vec->fd >= 0)
		close(vec->fd);
	vec->fd = fd ? *fd : -1;
	if (fd)
		*fd = -1;
	update_vector(irq, v);
}

static void mask_vector(struct irq *irq, unsigned v, bool masked)
{
	irq->vec[v].masked = masked;
	update_vector(irq, v);
}

void irq_msix(struct irq *irq, unsigned vector)
{
	if (vector >= irq->backend->vectors || irq->vec[vector].fd < 0) {
		irq->stats.lost++;
		log_debug(irq->log, "MSI-X message for vector %u, which has no eventfd", vector);
		return;
	}
	irq->stats.msix++;
	signal_fd(irq->vec[vector].fd);
}

static void disable_msix(struct irq *irq)
{
	for (unsigned v = 0; v < irq->backend->vectors; v++) {
		irq->vec[v].masked = false;
		set_vector(irq, v, NULL);
	}
}

void irq_restore(struct irq *irq)
{
	for (unsigned v = 0; v < irq->backend->vectors; v++)
		if (irq->vec[v].on)
			irq->backend->ops->msix(irq->backend->ctx, v, true);
}

void irq_drop(struct irq *irq)
{
	disable_intx(irq);
	for (unsigned v = 0; v < irq->backend->vectors; v++) {
		if (irq->vec[v].fd >= 0)
			close(irq->vec[v].fd);
		irq->vec[v] = (struct vector){ .fd = -1 };
	}
}

/* --- DEVICE_SET_IRQS ---------------------------------------------------------------------- */

/* One interrupt of the range; fd is NULL where none came. */
static int trigger(struct irq *irq, unsigned index, unsigned n, uint32_t data, int *fd)
{
	int now = index == VFIO_PCI_INTX_IRQ_INDEX ? irq->intx.fd : irq->vec[n].fd;

	if (data != VFIO_IRQ_SET_DATA_EVENTFD) {
		if (now >= 0)
			signal_fd(now);
	} else if (index == VFIO_PCI_INTX_IRQ_INDEX) {
		set_intx(irq, fd);
	} else {
		set_vector(irq, n, fd);
	}
	return 0;
}

static int mask(struct irq *irq, unsigned index, unsigned n, uint32_t data, int *fd)
{
	(void)fd;
	if (data == VFIO_IRQ_SET_DATA_EVENTFD)
		return -EOPNOTSUPP;
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		irq->intx.masked = true;
	else
		mask_vector(irq, n, true);
	return 0;
}

static int unmask(struct irq *irq, unsigned index, unsigned n, uint32_t data, int *fd)
{
	if (index == VFIO_PCI_INTX_IRQ_INDEX && data == VFIO_IRQ_SET_DATA_EVENTFD)
		return set_unmask(irq, fd);
	if (data == VFIO_IRQ_SET_DATA_EVENTFD)
		return -EOPNOTSUPP;
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		unmask_intx(irq);
	else
		mask_vector(irq, n, false);
	return 0;
}

static bool is_eventfd(int fd)
{
	char path[32], what[32];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, what, sizeof(what) - 1);
	if (n < 0)
		return false;
	what[n] = 0;
	return !strcmp(what, "anon_inode:[eventfd]");
}

/* Whatever else a client passes could block, kill or be damaged by a write. */
static int check_fds(const int *fds, unsigned nfds)
{
	for (unsigned i = 0; i < nfds; i++) {
		int flags = fcntl(fds[i], F_GETFL);

		if (flags < 0 || !is_eventfd(fds[i]))
			return -EINVAL;
		if (fcntl(fds[i], F_SETFL, flags | O_NONBLOCK))
			return -errno;
	}
	return 0;
}

static int check_set(const struct irq *irq, const struct vfio_irq_set *set, size_t len,
		     unsigned nfds)
{
	uint32_t data = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	uint32_t action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	unsigned have;

	if (set->argsz < sizeof(*set) || set->index >= VFIO_PCI_NUM_IRQS ||
	    set->flags != (data | action))
		return -EINVAL;
	if (__builtin_popcount(data) != 1 || __builtin_popcount(action) != 1)
		return -EINVAL;
	if (len != (data == VFIO_IRQ_SET_DATA_BOOL ? set->count : 0))
		return -EINVAL;
	if (nfds && (data != VFIO_IRQ_SET_DATA_EVENTFD || nfds != set->count))
		return -EINVAL;
	if (!set->count) /* disables them all */
		return data == VFIO_IRQ_SET_DATA_NONE && action == VFIO_IRQ_SET_ACTION_TRIGGER &&
				       !set->start
			       ? 0
			       : -EINVAL;
	have = irq_count(irq, set->index);
	return set->start >= have || set->count > have - set->start ? -EINVAL : 0;
}

int irq_set(struct irq *irq, const struct vfio_irq_set *set, const uint8_t *data, size_t len,
	    int *fds, unsigned nfds)
{
	uint32_t type = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	int (*act)(struct irq *, unsigned, unsigned, uint32_t, int *);
	int err = check_set(irq, set, len, nfds);

	if (!err)
		err = check_fds(fds, nfds);
	if (err)
		return err;
	if (!set->count && set->index == VFIO_PCI_INTX_IRQ_INDEX)
		disable_intx(irq);
	if (!set->count && set->index == VFIO_PCI_MSIX_IRQ_INDEX)
		disable_msix(irq);
	switch (set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_MASK:
		act = mask;
		break;
	case VFIO_IRQ_SET_ACTION_UNMASK:
		act = unmask;
		break;
	default:
		act = trigger;
		break;
	}
	for (unsigned i = 0; i < set->count && !err; i++)
		if (type != VFIO_IRQ_SET_DATA_BOOL || data[i])
			err = act(irq, set->index, set->start + i, type, nfds ? &fds[i] : NULL);
	return err;
}
