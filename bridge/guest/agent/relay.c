/* SPDX-License-Identifier: MIT */
/* Lines from the third serial port into the kernel's log: what the host's monitor says. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bridge/guest/agent/agent.h"

#define PORT "/dev/ttyS2"

/* A line is one write: it becomes one record. */
static void pass_on(int port, int log, const char *line)
{
	char record[960];
	int n = snprintf(record, sizeof(record), "%s\n", line);

	dprintf(port, write(log, record, (size_t)n) == n ? "ok\n" : "err\n");
}

/* Never returns. A guest without that port has nothing to read from it. */
static void relay(int port)
{
	int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char line[900];
	size_t len = 0;

	dprintf(port, "\nready\n");
	for (char c; log >= 0 && read(port, &c, 1) == 1;) {
		if (c != '\n') {
			if (len < sizeof(line) - 1)
				line[len++] = c;
			continue;
		}
		line[len] = '\0';
		if (len)
			pass_on(port, log, line);
		len = 0;
	}
	_exit(0);
}

void relay_start(void)
{
	int port = open_port(PORT);

	if (port < 0)
		return;
	spit("/proc/sys/kernel/printk_devkmsg", "on\n"); /* no limit to lines in a second */
	if (!fork()) {
		prctl(PR_SET_NAME, "relay");
		relay(port);
	}
	close(port);
}
