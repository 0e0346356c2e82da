/* SPDX-License-Identifier: MIT */
/* What Linux does with an entropy device: its hwrng core takes it, and programs read. */
#include <stdio.h>
#include <string.h>

#include "bridge/cmd_machine.h"
#include "bridge/cmd_run.h"

#define READ "4096" /* bytes, by a program in the guest */

#define REPLY 1024

/* The guest's shell runs it: the first line it wrote, its status being 0. */
static int shell(struct machine *m, const char *command, char reply[REPLY])
{
	char request[512];

	snprintf(request, sizeof(request), "exec %s", command);
	if (machine_call(m, reply, REPLY, request))
		return -1;
	if (strncmp(reply, "0 ", 2)) {
		fprintf(stderr, "vcosim run: the guest's `%s` failed: %s\n", command, reply);
		return -1;
	}
	reply[strcspn(reply, "\\")] = '\0'; /* a newline is sent as \n in letters */
	memmove(reply, reply + 2, strlen(reply + 2) + 1);
	return 0;
}

int story_rng(const struct run *run, struct machine *m)
{
	char source[REPLY], bytes[REPLY], kinds[REPLY], first[REPLY];

	if (shell(m, "cat /sys/class/misc/hw_random/rng_current", source))
		return -1;
	run_tell(run, "\nThe kernel's source of random numbers is %s.\n", source);
	if (strncmp(source, "virtio_rng", strlen("virtio_rng"))) {
		fprintf(stderr, "vcosim run: the kernel uses '%s', expected virtio_rng\n", source);
		return -1;
	}
	if (shell(m, "head -c " READ " /dev/hwrng >/tmp/r; wc -c </tmp/r", bytes) ||
	    shell(m, "od -An -v -tx1 -w1 /tmp/r | sort -u | wc -l", kinds) ||
	    shell(m, "head -c 64 /tmp/r | od -An -v -tx1 | tr -dc 0-9a-f", first))
		return -1;
	run_tell(run, "A program read %s bytes of /dev/hwrng, %s values of 256, from\n  %s on.\n",
		 bytes, kinds, first);
	if (strcmp(bytes, READ)) {
		fprintf(stderr, "vcosim run: /dev/hwrng gave %s bytes, expected " READ "\n", bytes);
		return -1;
	}
	return 0;
}
