/* SPDX-License-Identifier: MIT */
/* PM QoS: a request is a native 32-bit integer, in microseconds. */
#include "bridge/awake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#define AT_ONCE 0
#define ANY     2000000000 /* PM_QOS_CPU_LATENCY_DEFAULT_VALUE: no wish */

static bool ask(struct awake *awake, int32_t us)
{
	return write(awake->fd, &us, sizeof(us)) == sizeof(us);
}

/* An open file that nothing was written to asks for nothing: the kernel takes it as ANY. */
int awake_open(struct awake *awake, const char *path)
{
	*awake = (struct awake){ .fd = open(path, O_WRONLY | O_CLOEXEC) };
	return awake->fd < 0 ? -errno : 0;
}

void awake_hold(struct awake *awake, bool on)
{
	if (awake->fd < 0 || awake->held == on)
		return;
	if (ask(awake, on ? AT_ONCE : ANY))
		awake->held = on;
	else
		awake_close(awake);
}

void awake_close(struct awake *awake)
{
	if (awake->fd >= 0)
		close(awake->fd);
	*awake = AWAKE_NONE;
}
