/* SPDX-License-Identifier: MIT */
/* The vfio-user server: INTx as a level behind an eventfd, MSI-X vectors, bad requests. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/lib/peer.h"

#define INTX VFIO_PCI_INTX_IRQ_INDEX
#define MSIX VFIO_PCI_MSIX_IRQ_INDEX

#define NONE    VFIO_IRQ_SET_DATA_NONE
#define BOOL    VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD VFIO_IRQ_SET_DATA_EVENTFD
#define MASK    VFIO_IRQ_SET_ACTION_MASK
#define UNMASK  VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER VFIO_IRQ_SET_ACTION_TRIGGER

static int set_irqs(struct peer *peer, uint32_t flags, uint32_t index, uint32_t start,
		    uint32_t count, const int *fds, unsigned nfds)
{
	const struct vfio_irq_set set = {
		.argsz = sizeof(set), .flags = flags, .index = index, .start = start, .count = count
	};

	return peer_call(peer, PROTO_DEVICE_SET_IRQS, &set, sizeof(set), fds, nfds, NULL, 0);
}

static int new_event(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	assert_true(fd >= 0);
	return fd;
}

/* How often it was signalled since last asked. */
static unsigned count(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n) ? (unsigned)n : 0;
}

static int set_intx(struct peer *peer)
{
	int fd = new_event();

	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, INTX, 0, 1, &fd, 1), 0);
	return fd;
}

static void irq_info(void **state)
{
	static const struct {
		unsigned count;
		uint32_t flags;
	} want[5] = { [INTX] = { 1, VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
					    VFIO_IRQ_INFO_AUTOMASKED },
		      [MSIX] = { ARRAY_VECTORS, VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE } };
	struct vfio_irq_info ask = { .argsz = 16 }, info;

	for (ask.index = 0; ask.index < 5; ask.index++) {
		assert_int_equal(peer_call(*state, PROTO_DEVICE_GET_IRQ_INFO, &ask, sizeof(ask),
					   NULL, 0, &info, sizeof(info)),
				 sizeof(info));
		assert_int_equal(info.argsz, 16);
		assert_int_equal(info.index, ask.index);
		assert_int_equal(info.count, want[ask.index].count);
		assert_int_equal(info.flags, want[ask.index].flags);
	}
	assert_int_equal(
		peer_call(*state, PROTO_DEVICE_GET_IRQ_INFO, &ask, sizeof(ask), NULL, 0, NULL, 0),
		-EINVAL);
	ask = (struct vfio_irq_info){ .argsz = 15 };
	assert_int_equal(
		peer_call(*state, PROTO_DEVICE_GET_IRQ_INFO, &ask, sizeof(ask), NULL, 0, NULL, 0),
		-EINVAL);
}

/* Asserted: one signal, then masked; unmasked: again if and only if it still stands. */
static void intx_level(void **state)
{
	struct peer *peer = *state;
	int fd = set_intx(peer);

	server_intx(peer->server, true);
	assert_int_equal(count(fd), 1);
	server_intx(peer->server, false);
	server_intx(peer->server, true);
	assert_int_equal(count(fd), 0); /* masked itself */
	assert_int_equal(set_irqs(peer, NONE | UNMASK, INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(count(fd), 1); /* still asserted */
	server_intx(peer->server, false);
	assert_int_equal(set_irqs(peer, NONE | UNMASK, INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(count(fd), 0);
	server_intx(peer->server, true);
	assert_int_equal(count(fd), 1);
	close(fd);
}

static void intx_mask(void **state)
{
	struct peer *peer = *state;
	int fd = set_intx(peer);

	assert_int_equal(set_irqs(peer, NONE | MASK, INTX, 0, 1, NULL, 0), 0);
	server_intx(peer->server, true);
	assert_int_equal(count(fd), 0);
	assert_int_equal(set_irqs(peer, NONE | UNMASK, INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(count(fd), 1);
	close(fd);
}

/* Asserted before there is an eventfd, and after it was taken away and given again. */
static void intx_late_eventfd(void **state)
{
	struct peer *peer = *state;
	int fd;

	server_intx(peer->server, true);
	fd = set_intx(peer);
	assert_int_equal(count(fd), 1);
	assert_int_equal(set_irqs(peer, NONE | TRIGGER, INTX, 0, 0, NULL, 0), 0); /* disables */
	close(fd);
	fd = set_intx(peer);
	assert_int_equal(count(fd), 1);
	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, INTX, 0, 1, NULL, 0), 0); /* likewise */
	server_intx(peer->server, false);
	server_intx(peer->server, true);
	assert_int_equal(count(fd), 0);
	close(fd);
}

/* How KVM unmasks: by an eventfd that the server listens to. */
static void intx_unmask_eventfd(void **state)
{
	struct peer *peer = *state;
	int fd = set_intx(peer), unmask = new_event();
	unsigned fds = peer_open_fds();

	assert_int_equal(set_irqs(peer, EVENTFD | UNMASK, INTX, 0, 1, &unmask, 1), 0);
	server_intx(peer->server, true);
	assert_int_equal(count(fd), 1);
	assert_int_equal(eventfd_write(unmask, 1), 0);
	peer_settle(peer);
	assert_int_equal(count(fd), 1);
	server_intx(peer->server, false);
	assert_int_equal(eventfd_write(unmask, 1), 0);
	peer_settle(peer);
	assert_int_equal(count(fd), 0);
	server_intx(peer->server, true);
	assert_int_equal(count(fd), 1);
	/* Taken away, it unmasks no more. */
	assert_int_equal(set_irqs(peer, EVENTFD | UNMASK, INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(peer_open_fds(), fds);
	assert_int_equal(eventfd_write(unmask, 1), 0);
	peer_settle(peer);
	assert_int_equal(count(fd), 0);
	close(unmask);
	close(fd);
}

static void msix_vectors(void **state)
{
	struct peer *peer = *state;
	int fd[3] = { new_event(), new_event(), new_event() };
	struct server_stats stats;

	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, MSIX, 2, 3, fd, 3), 0);
	for (unsigned v = 0; v < ARRAY_VECTORS; v++) {
		assert_int_equal(peer->ab.on[v], v >= 2 && v < 5);
		server_msix(peer->server, v);
	}
	server_msix(peer->server, 4);
	server_msix(peer->server, 4000);
	assert_int_equal(count(fd[0]), 1);
	assert_int_equal(count(fd[1]), 1);
	assert_int_equal(count(fd[2]), 2);
	server_stats(peer->server, &stats);
	assert_int_equal(stats.ses.irq_msix, 4);
	assert_int_equal(stats.ses.irq_lost, 4);
	/* One away, then all. */
	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, MSIX, 3, 1, NULL, 0), 0);
	assert_true(peer->ab.on[2] && !peer->ab.on[3] && peer->ab.on[4]);
	assert_int_equal(set_irqs(peer, NONE | TRIGGER, MSIX, 0, 0, NULL, 0), 0);
	assert_true(!peer->ab.on[2] && !peer->ab.on[4]);
	for (unsigned i = 0; i < 3; i++)
		close(fd[i]);
}

/* Masked for the server is masked in the device, which keeps the message pending. */
static void msix_mask(void **state)
{
	struct peer *peer = *state;
	struct {
		struct vfio_irq_set set;
		uint8_t which[3];
	} some = { { 23, BOOL | MASK, MSIX, 0, 3 }, { 1, 0, 1 } };
	int fd[3] = { new_event(), new_event(), new_event() };

	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, MSIX, 0, 3, fd, 3), 0);
	assert_int_equal(peer_call(peer, PROTO_DEVICE_SET_IRQS, &some, 23, NULL, 0, NULL, 0), 0);
	assert_true(!peer->ab.on[0] && peer->ab.on[1] && !peer->ab.on[2]);
	assert_int_equal(set_irqs(peer, NONE | UNMASK, MSIX, 0, 2, NULL, 0), 0);
	assert_true(peer->ab.on[0] && peer->ab.on[1] && !peer->ab.on[2]);
	for (unsigned i = 0; i < 3; i++)
		close(fd[i]);
}

/* A device that comes out of reset has all vectors masked; the client's still hold. */
static void msix_survives_reset(void **state)
{
	struct peer *peer = *state;
	int fd = new_event();

	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, MSIX, 1, 1, &fd, 1), 0);
	memset(peer->ab.on, 0, sizeof(peer->ab.on));
	assert_int_equal(peer_call(peer, PROTO_DEVICE_RESET, NULL, 0, NULL, 0, NULL, 0), 0);
	assert_true(peer->ab.on[1]);
	assert_false(peer->ab.on[0]);
	close(fd);
}

/* The client rings its own bell. */
static void loopback(void **state)
{
	struct peer *peer = *state;
	struct {
		struct vfio_irq_set set;
		uint8_t which[2];
	} some = { { 22, BOOL | TRIGGER, MSIX, 0, 2 }, { 0, 1 } };
	int intx = set_intx(peer), fd[2] = { new_event(), new_event() };

	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, MSIX, 0, 2, fd, 2), 0);
	assert_int_equal(set_irqs(peer, NONE | TRIGGER, INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(peer_call(peer, PROTO_DEVICE_SET_IRQS, &some, 22, NULL, 0, NULL, 0), 0);
	assert_int_equal(count(intx), 1);
	assert_int_equal(count(fd[0]), 0);
	assert_int_equal(count(fd[1]), 1);
	/* Nothing is there to be rung. */
	assert_int_equal(set_irqs(peer, NONE | TRIGGER, MSIX, 5, 1, NULL, 0), 0);
	close(intx);
	close(fd[0]);
	close(fd[1]);
}

static void bad_set(void **state)
{
	static const struct {
		uint32_t flags, index, start, count;
		unsigned nfds;
		int err;
	} bad[] = {
		{ 0, INTX, 0, 1, 0, -EINVAL },
		{ NONE, INTX, 0, 1, 0, -EINVAL },
		{ TRIGGER, INTX, 0, 1, 0, -EINVAL },
		{ NONE | BOOL | TRIGGER, INTX, 0, 1, 0, -EINVAL },
		{ NONE | MASK | UNMASK, INTX, 0, 1, 0, -EINVAL },
		{ NONE | TRIGGER | 0x40, INTX, 0, 1, 0, -EINVAL },
		{ NONE | TRIGGER, 5, 0, 1, 0, -EINVAL },
		{ NONE | TRIGGER, UINT32_MAX, 0, 1, 0, -EINVAL },
		{ NONE | TRIGGER, INTX, 1, 1, 0, -EINVAL },
		{ NONE | TRIGGER, INTX, 0, 2, 0, -EINVAL },
		{ NONE | TRIGGER, INTX, 1, 0, 0, -EINVAL },
		{ NONE | MASK, INTX, 0, 0, 0, -EINVAL },
		{ EVENTFD | TRIGGER, INTX, 0, 0, 0, -EINVAL },
		{ NONE | TRIGGER, MSIX, ARRAY_VECTORS, 1, 0, -EINVAL },
		{ NONE | TRIGGER, MSIX, 0, ARRAY_VECTORS + 1, 0, -EINVAL },
		{ NONE | TRIGGER, MSIX, 1, UINT32_MAX, 0, -EINVAL },
		{ NONE | TRIGGER, MSIX, UINT32_MAX, 2, 0, -EINVAL },
		{ NONE | TRIGGER, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, 0, -EINVAL },
		{ NONE | TRIGGER, INTX, 0, 1, 1, -EINVAL },    /* a descriptor too many */
		{ EVENTFD | TRIGGER, MSIX, 0, 2, 1, -EINVAL }, /* one too few */
		{ EVENTFD | TRIGGER, MSIX, 0, 1, 2, -EINVAL }, /* one too many */
		{ BOOL | TRIGGER, MSIX, 0, 1, 0, -EINVAL },    /* no data */
		{ EVENTFD | MASK, INTX, 0, 1, 1, -EOPNOTSUPP },
		{ EVENTFD | UNMASK, MSIX, 0, 1, 1, -EOPNOTSUPP },
	};
	struct peer *peer = *state;
	int fd[2] = { new_event(), new_event() };
	unsigned fds = peer_open_fds();

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(set_irqs(peer, bad[i].flags, bad[i].index, bad[i].start,
					  bad[i].count, fd, bad[i].nfds),
				 bad[i].err);
	for (unsigned v = 0; v < ARRAY_VECTORS; v++)
		assert_false(peer->ab.on[v]);
	assert_int_equal(peer_open_fds(), fds);
	/* Nothing to disable is no error. */
	assert_int_equal(set_irqs(peer, NONE | TRIGGER, VFIO_PCI_MSI_IRQ_INDEX, 0, 0, NULL, 0), 0);
	close(fd[0]);
	close(fd[1]);
}

static void bad_set_length(void **state)
{
	struct peer *peer = *state;
	struct {
		struct vfio_irq_set set;
		uint8_t which[4];
	} msg = { { 22, BOOL | TRIGGER, MSIX, 0, 2 }, { 1, 1, 1, 1 } };

	for (unsigned len = 0; len <= 24; len++)
		if (len != 22)
			assert_int_equal(
				peer_call(peer, PROTO_DEVICE_SET_IRQS, &msg, len, NULL, 0, NULL, 0),
				-EINVAL);
	msg.set.argsz = 19;
	assert_int_equal(peer_call(peer, PROTO_DEVICE_SET_IRQS, &msg, 22, NULL, 0, NULL, 0),
			 -EINVAL);
}

/* A descriptor whose write could block or kill, or that is none of the server's business. */
static void not_eventfds(void **state)
{
	struct peer *peer = *state;
	int p[2], null = open("/dev/null", O_RDWR | O_CLOEXEC), fd = peer_memfd(4096, 1);
	int mixed[2] = { new_event(), null };

	assert_int_equal(pipe(p), 0);
	close(p[0]); /* writing now would raise SIGPIPE */
	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, INTX, 0, 1, &p[1], 1), -EINVAL);
	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, INTX, 0, 1, &null, 1), -EINVAL);
	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, MSIX, 0, 1, &fd, 1), -EINVAL);
	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, MSIX, 0, 2, mixed, 2), -EINVAL);
	assert_false(peer->ab.on[0]);
	close(p[1]);
	close(null);
	close(fd);
	close(mixed[0]);
}

/* A blocking eventfd whose counter is full does not stop the server. */
static void full_eventfd(void **state)
{
	struct peer *peer = *state;
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(eventfd_write(fd, UINT64_MAX - 1), 0);
	assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, MSIX, 0, 1, &fd, 1), 0);
	server_msix(peer->server, 0);
	assert_int_equal(peer_read(peer, VFIO_PCI_CONFIG_REGION_INDEX, 0, 2), 0x1af4);
	close(fd);
}

/* Replaced, taken away, or left behind by a client: every descriptor is closed. */
static void closed(void **state)
{
	struct peer *peer = *state;
	unsigned fds;

	peer_disconnect(peer);
	fds = peer_open_fds();
	for (unsigned round = 0; round < 4; round++) {
		int fd[2] = { new_event(), new_event() };

		peer_connect(peer);
		peer_hello(peer);
		for (unsigned i = 0; i < 5; i++) {
			assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, MSIX, 0, 2, fd, 2), 0);
			assert_int_equal(set_irqs(peer, EVENTFD | TRIGGER, INTX, 0, 1, fd, 1), 0);
			assert_int_equal(set_irqs(peer, EVENTFD | UNMASK, INTX, 0, 1, fd, 1), 0);
		}
		close(fd[0]);
		close(fd[1]);
		peer_disconnect(peer);
		server_intx(peer->server, true);
		server_msix(peer->server, 0);
		server_intx(peer->server, false);
		assert_int_equal(peer_open_fds(), fds);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, peer_setup, peer_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(irq_info),
		T(intx_level),
		T(intx_mask),
		T(intx_late_eventfd),
		T(intx_unmask_eventfd),
		T(msix_vectors),
		T(msix_mask),
		T(msix_survives_reset),
		T(loopback),
		T(bad_set),
		T(bad_set_length),
		T(not_eventfds),
		T(full_eventfd),
		T(closed),
	};

	return cmocka_run_group_tests_name("vfio_irq", tests, NULL, NULL);
}
