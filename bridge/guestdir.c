/* SPDX-License-Identifier: MIT */
/* Finding the guests' files. */
#include "bridge/guestdir.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const guestdir_series[] = { "6.1", "6.12", NULL };

/*
 * iomem=relaxed: the agent may map the BAR while the driver has it, to time a register.
 * init_on_alloc=0: a page that the balloon takes still holds what it held, so that zeros
 * found in it later are the host's doing. cryptomgr.notests: a fifth of the boot time.
 * no_timer_check: on a busy host under TCG the kernel counts too few ticks to believe in its
 * timer, and panics ("IO-APIC + timer doesn't work").
 */
const char guestdir_append[] = "console=ttyS0 quiet panic=-1 iomem=relaxed init_on_alloc=0 "
			       "cryptomgr.notests no_timer_check";

int guestdir_find(char path[PATH_MAX])
{
	/* beside the program, or higher up for one in tests/unit/ or the SAN=1 folder */
	static const char *const below[] = { "guest", "../guest", "../../guest", "../../../guest" };
	const char *env = getenv("VCOSIM_GUEST");
	char self[PATH_MAX / 2], probe[PATH_MAX];

	if (env && *env) {
		snprintf(path, PATH_MAX, "%s", env);
		return access(path, F_OK) ? -ENOENT : 0;
	}
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return -ENOENT;
	self[n] = 0;
	char *slash = strrchr(self, '/');
	if (slash)
		slash[1] = 0;
	for (unsigned i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		snprintf(path, PATH_MAX, "%s%s", self, below[i]);
		if (!access(guestdir_path(probe, path, "qemu/run"), F_OK))
			return 0;
	}
	return -ENOENT;
}

char *guestdir_path(char path[PATH_MAX], const char *dir, const char *fmt, ...)
{
	int n = snprintf(path, PATH_MAX, "%s/", dir);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && n < PATH_MAX)
		vsnprintf(path + n, PATH_MAX - (size_t)n, fmt, ap);
	va_end(ap);
	return path;
}

int guestdir_acpi(char path[PATH_MAX])
{
	char dir[PATH_MAX];

	if (guestdir_find(dir))
		return -ENOENT;
	return access(guestdir_path(path, dir, "mmio.aml"), R_OK) ? -ENOENT : 0;
}
