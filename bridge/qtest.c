/* SPDX-License-Identifier: MIT */
#include "bridge/qtest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/child.h"

#define SLOT       1
#define PINS       24    /* of an I/O APIC */
#define TIMEOUT_MS 60000 /* for an answer: QEMU starts slowly where much else runs */
#define CF8        0xcf8
#define CFC        0xcfc

enum { TEST, MONITOR, SOCKETS };

struct stream {
	int fd;
	char text[8192];
	size_t n;
};

struct qtest {
	pid_t pid;
	struct stream stream[SOCKETS];
	int mem_fd;
	uint8_t *mem;
	uint32_t mem_bytes;
	bool level[PINS];
	char error[QTEST_WHY];
};

__attribute__((format(printf, 2, 3))) static void broken(struct qtest *qt, const char *fmt, ...)
{
	va_list ap;

	if (qt->error[0])
		return;
	va_start(ap, fmt);
	vsnprintf(qt->error, sizeof(qt->error), fmt, ap);
	va_end(ap);
}

const char *qtest_error(const struct qtest *qt)
{
	return qt->error[0] ? qt->error : NULL;
}

/* --- lines ------------------------------------------------------------------------------------ */

static bool fill(struct qtest *qt, struct stream *s)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
	ssize_t got;
	int ready;

	do
		ready = poll(&pfd, 1, TIMEOUT_MS);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0) {
		broken(qt, "QEMU does not answer");
		return false;
	}
	got = read(s->fd, s->text + s->n, sizeof(s->text) - s->n);
	if (got <= 0) {
		broken(qt, "QEMU has ended");
		return false;
	}
	s->n += (size_t)got;
	return true;
}

/* The next line without its end; false: there will be none. */
static bool next_line(struct qtest *qt, struct stream *s, char *line, size_t size)
{
	char *end;
	size_t len;

	while (!(end = memchr(s->text, '\n', s->n))) {
		if (s->n == sizeof(s->text)) {
			broken(qt, "QEMU answers with too long a line");
			return false;
		}
		if (!fill(qt, s))
			return false;
	}
	len = (size_t)(end - s->text);
	snprintf(line, size, "%.*s", (int)len, s->text);
	s->n -= len + 1;
	memmove(s->text, end + 1, s->n);
	return true;
}

static bool put(struct qtest *qt, int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			broken(qt, "QEMU takes no requests: %s", strerror(errno));
			return false;
		}
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static void take_irq(struct qtest *qt, const char *line)
{
	unsigned pin;

	if (sscanf(line, "IRQ raise %u", &pin) == 1 && pin < PINS)
		qt->level[pin] = true;
	else if (sscanf(line, "IRQ lower %u", &pin) == 1 && pin < PINS)
		qt->level[pin] = false;
}

/* One request of qtest; the value in its answer, or 0. */
__attribute__((format(printf, 2, 3))) static uint64_t ask(struct qtest *qt, const char *fmt, ...)
{
	char line[512];
	uint64_t val = 0;
	va_list ap;
	int n;

	if (qt->error[0])
		return 0;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	line[n++] = '\n';
	if (!put(qt, qt->stream[TEST].fd, line, (size_t)n))
		return 0;
	while (next_line(qt, &qt->stream[TEST], line, sizeof(line))) {
		if (!strncmp(line, "IRQ ", 4)) {
			take_irq(qt, line);
			continue;
		}
		if (strncmp(line, "OK", 2))
			broken(qt, "QEMU says to a request of ours: %s", line);
		else if (line[2])
			val = strtoull(line + 3, NULL, 0);
		break;
	}
	return val;
}

/* --- registers -------------------------------------------------------------------------------- */

static char letter(unsigned size)
{
	return size == 1 ? 'b' : size == 2 ? 'w' : 'l';
}

static void select_cfg(struct qtest *qt, unsigned off)
{
	ask(qt, "outl 0x%x 0x%x", CF8, 0x80000000U | SLOT << 11 | (off & 0xfc));
}

uint32_t qtest_cfg_read(struct qtest *qt, unsigned off, unsigned size)
{
	select_cfg(qt, off);
	return (uint32_t)ask(qt, "in%c 0x%x", letter(size), CFC + (off & 3));
}

void qtest_cfg_write(struct qtest *qt, unsigned off, unsigned size, uint32_t val)
{
	select_cfg(qt, off);
	ask(qt, "out%c 0x%x 0x%x", letter(size), CFC + (off & 3), val);
}

uint32_t qtest_read(struct qtest *qt, uint64_t addr, unsigned size)
{
	return (uint32_t)ask(qt, "read%c 0x%" PRIx64, letter(size), addr);
}

void qtest_write(struct qtest *qt, uint64_t addr, unsigned size, uint32_t val)
{
	ask(qt, "write%c 0x%" PRIx64 " 0x%x", letter(size), addr, val);
}

bool qtest_intx(struct qtest *qt)
{
	ask(qt, "inl 0x%x", CF8); /* what QEMU has said meanwhile comes before the answer */
	for (unsigned i = 16; i < PINS; i++) /* PIRQs: nothing else of this machine is on them */
		if (qt->level[i])
			return true;
	return false;
}

int qtest_monitor(struct qtest *qt, const char *request)
{
	char line[4096];

	if (qt->error[0] || !put(qt, qt->stream[MONITOR].fd, request, strlen(request)) ||
	    !put(qt, qt->stream[MONITOR].fd, "\n", 1))
		return -EIO;
	while (next_line(qt, &qt->stream[MONITOR], line, sizeof(line))) {
		if (!strncmp(line, "{\"return\"", 9))
			return 0;
		if (!strncmp(line, "{\"error\"", 8)) {
			broken(qt, "QEMU's monitor: %.200s", line);
			break;
		}
	}
	return -EIO;
}

/* --- the process ------------------------------------------------------------------------------ */

static void become_qemu(const struct qtest_config *cfg, const int theirs[SOCKETS], int mem_fd,
			pid_t us)
{
	char device[256], mem[96], machine[] = "q35,memory-backend=ram", test[48], monitor[48],
				   size[16];
	char *argv[] = { (char *)cfg->run,
			 "-nodefaults",
			 "-no-user-config",
			 "-display",
			 "none",
			 "-machine",
			 machine,
			 "-accel",
			 "qtest",
			 "-m",
			 size,
			 "-object",
			 mem,
			 "-chardev",
			 test,
			 "-qtest",
			 "chardev:test",
			 "-qtest-log",
			 "none",
			 "-chardev",
			 monitor,
			 "-mon",
			 "chardev=monitor,mode=control",
			 "-device",
			 device,
			 NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	child_begin(us, 127);
	dup2(null, 1);
	if (!cfg->loud)
		dup2(null, 2);
	for (unsigned i = 0; i < SOCKETS; i++)
		fcntl(theirs[i], F_SETFD, 0);
	fcntl(mem_fd, F_SETFD, 0);
	snprintf(size, sizeof(size), "%uM", cfg->mem_bytes >> 20);
	snprintf(mem, sizeof(mem),
		 "memory-backend-file,id=ram,share=on,size=%u,mem-path=/proc/self/fd/%d",
		 cfg->mem_bytes, mem_fd);
	snprintf(test, sizeof(test), "socket,id=test,fd=%d", theirs[TEST]);
	snprintf(monitor, sizeof(monitor), "socket,id=monitor,fd=%d", theirs[MONITOR]);
	snprintf(device, sizeof(device), "%s,addr=%d", cfg->device, SLOT);
	execv(argv[0], argv);
	_exit(127);
}

static bool map_memory(struct qtest *qt)
{
	qt->mem_fd = memfd_create("guest", MFD_CLOEXEC);
	if (qt->mem_fd < 0 || ftruncate(qt->mem_fd, qt->mem_bytes))
		return false;
	qt->mem = mmap(NULL, qt->mem_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, qt->mem_fd, 0);
	if (qt->mem == MAP_FAILED)
		qt->mem = NULL;
	return qt->mem;
}

static bool spawn(struct qtest *qt, const struct qtest_config *cfg)
{
	int theirs[SOCKETS] = { -1, -1 }, pair[2];
	pid_t us = getpid();

	for (unsigned i = 0; i < SOCKETS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			break;
		qt->stream[i].fd = pair[0];
		theirs[i] = pair[1];
	}
	if (theirs[SOCKETS - 1] >= 0)
		qt->pid = fork();
	if (!qt->pid && theirs[SOCKETS - 1] >= 0)
		become_qemu(cfg, theirs, qt->mem_fd, us);
	for (unsigned i = 0; i < SOCKETS; i++)
		if (theirs[i] >= 0)
			close(theirs[i]);
	return qt->pid > 0;
}

static void greet(struct qtest *qt)
{
	char line[4096];

	next_line(qt, &qt->stream[MONITOR], line, sizeof(line)); /* {"QMP": ..} */
	qtest_monitor(qt, "{\"execute\":\"qmp_capabilities\"}");
	ask(qt, "irq_intercept_in ioapic");
}

struct qtest *qtest_new(const struct qtest_config *cfg, char why[QTEST_WHY])
{
	struct qtest *qt = calloc(1, sizeof(*qt));

	if (!qt) {
		snprintf(why, QTEST_WHY, "out of memory");
		return NULL;
	}
	qt->mem_fd = qt->stream[TEST].fd = qt->stream[MONITOR].fd = -1;
	qt->mem_bytes = cfg->mem_bytes;
	if (!map_memory(qt) || !spawn(qt, cfg)) {
		snprintf(why, QTEST_WHY, "cannot start QEMU: %s", strerror(errno));
		qtest_free(qt);
		return NULL;
	}
	greet(qt);
	if (qt->error[0]) {
		snprintf(why, QTEST_WHY, "%.120s: %.120s", cfg->run, qt->error);
		qtest_free(qt);
		return NULL;
	}
	return qt;
}

void qtest_free(struct qtest *qt)
{
	if (!qt)
		return;
	if (qt->pid > 0) {
		kill(qt->pid, SIGKILL); /* nothing of it is to be kept */
		waitpid(qt->pid, NULL, 0);
	}
	for (unsigned i = 0; i < SOCKETS; i++)
		if (qt->stream[i].fd >= 0)
			close(qt->stream[i].fd);
	if (qt->mem)
		munmap(qt->mem, qt->mem_bytes);
	if (qt->mem_fd >= 0)
		close(qt->mem_fd);
	free(qt);
}

uint8_t *qtest_mem(struct qtest *qt)
{
	return qt->mem;
}
