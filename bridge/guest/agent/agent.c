/* SPDX-License-Identifier: MIT */
/* Process 1 of a guest: mounts, says it is ready, and answers requests until poweroff. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "bridge/guest/agent/agent.h"

#define PORT "/dev/ttyS1"

void say(struct reply *r, const char *fmt, ...)
{
	char part[sizeof(r->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(part, sizeof(part), fmt, ap);
	va_end(ap);
	for (const char *p = part; *p && r->len + 2 < sizeof(r->text); p++) {
		if (*p == '\n') {
			r->text[r->len++] = '\\';
			r->text[r->len++] = 'n';
		} else if (*p != '\r') {
			r->text[r->len++] = *p;
		}
	}
}

int fail(struct reply *r, const char *what)
{
	say(r, "%s: %s", what, strerror(errno));
	return -1;
}

int slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	buf[n] = 0;
	buf[strcspn(buf, "\n")] = 0;
	return 0;
}

int spit(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return n < 0 ? -1 : 0;
}

char *join(char *path, const char *dir, const char *name)
{
	snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return path;
}

long lookup(const char *path, const char *key)
{
	FILE *f = fopen(path, "re");
	size_t len = strlen(key);
	char line[256];
	long val = -1;

	while (f && val < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && strchr(": ", line[len]))
			val = strtol(line + len + 1, NULL, 10);
	if (f)
		fclose(f);
	return val;
}

static int do_uname(char *args, struct reply *r)
{
	struct utsname u;

	(void)args;
	uname(&u);
	say(r, "%s", u.release);
	return 0;
}

/* `exec CMD`: by the shell; the exit status, then what it wrote. */
static int do_exec(char *args, struct reply *r)
{
	FILE *f = popen(args, "re");
	char line[512];
	int status;

	if (!f)
		return fail(r, "popen");
	struct reply out = { .len = 0 };
	while (fgets(line, sizeof(line), f))
		say(&out, "%s", line);
	status = pclose(f);
	say(r, "%d %.*s", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
	    (int)out.len, out.text);
	return 0;
}

/* `log TEXT`: a line in the guest's kernel log, so that its console tells one story. */
static int do_log(char *args, struct reply *r)
{
	char line[512];

	snprintf(line, sizeof(line), "vcosim: %s\n", args);
	return spit("/dev/kmsg", line) ? fail(r, "/dev/kmsg") : 0;
}

static int do_poweroff(char *args, struct reply *r)
{
	(void)args;
	(void)r;
	return 0; /* the main loop does it, after the reply is out */
}

static const struct {
	const char *name;
	int (*run)(char *args, struct reply *r);
} commands[] = {
	{ "uname", do_uname },
	{ "load", do_load },
	{ "unload", do_unload },
	{ "insmod", do_insmod },
	{ "rmmod", do_rmmod },
	{ "msix", do_msix },
	{ "balloon-info", do_balloon_info },
	{ "meminfo", do_meminfo },
	{ "fill", do_fill },
	{ "mmio-read", do_mmio_read },
	{ "mmio-write", do_mmio_write },
	{ "exec", do_exec },
	{ "log", do_log },
	{ "poweroff", do_poweroff },
	{ "reboot", do_poweroff },
	{ "kexec", do_kexec },
};

/* The requests that end the guest, once the answer is out. */
static const struct {
	const char *name;
	int how;
} ends[] = {
	{ "poweroff", RB_POWER_OFF },
	{ "reboot", RB_AUTOBOOT },
	{ "kexec", RB_KEXEC },
};

static void answer(int port, char *line)
{
	char *args = line + strcspn(line, " ");
	char out[sizeof(((struct reply *)0)->text) + 8];
	struct reply r = { .len = 0 };
	int rc = -1;
	unsigned i;

	if (*args)
		*args++ = 0;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(line, commands[i].name))
			break;
	if (i < sizeof(commands) / sizeof(commands[0]))
		rc = commands[i].run(args, &r);
	else
		say(&r, "unknown command '%s'", line);
	int n = snprintf(out, sizeof(out), "%s%s%.*s\n", rc ? "err" : "ok", r.len ? " " : "",
			 (int)r.len, r.text);
	for (int done = 0, w; done < n; done += w)
		if ((w = write(port, out + done, n - done)) <= 0)
			break;
	for (i = 0; !rc && i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(line, ends[i].name)) {
			tcdrain(port);
			sync();
			reboot(ends[i].how);
		}
}

static void mount_all(void)
{
	static const struct {
		const char *type, *where;
	} fs[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devtmpfs", "/dev" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "tracefs", "/sys/kernel/tracing" },
	};

	for (unsigned i = 0; i < sizeof(fs) / sizeof(fs[0]); i++) {
		mkdir(fs[i].where, 0755);
		if (mount(fs[i].type, fs[i].where, fs[i].type, 0, NULL) && errno != EBUSY)
			fprintf(stderr, "agent: mount %s: %s\n", fs[i].where, strerror(errno));
	}
}

int open_port(const char *path)
{
	int port = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;

	if (port < 0)
		return -1;
	if (tcgetattr(port, &t)) {
		close(port);
		return -1;
	}
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	t.c_cflag |= CLOCAL | CREAD;
	return tcsetattr(port, TCSANOW, &t) ? -1 : port;
}

int main(void)
{
	struct timespec up;
	struct utsname u;
	char line[1024];
	size_t len = 0;

	mount_all();
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	int port = open_port(PORT);
	if (port < 0) {
		fprintf(stderr, "agent: %s: %s\n", PORT, strerror(errno));
		reboot(RB_POWER_OFF);
		return 1;
	}
	relay_start();
	clock_gettime(CLOCK_BOOTTIME, &up);
	uname(&u);
	dprintf(port, "ready %s %ld\n", u.release, up.tv_sec * 1000 + up.tv_nsec / 1000000);
	for (char c; read(port, &c, 1) == 1;) {
		if (c != '\n') {
			if (len < sizeof(line) - 1)
				line[len++] = c;
			continue;
		}
		line[len] = 0;
		len = 0;
		answer(port, line);
	}
	reboot(RB_POWER_OFF);
	return 1;
}
