/* SPDX-License-Identifier: MIT */
/* Inside of a machine: for cmd_machine*.c alone. */
#ifndef BRIDGE_CMD_MACHINE_INTERNAL_H
#define BRIDGE_CMD_MACHINE_INTERNAL_H

#include "bridge/agent.h"
#include "bridge/backend_dev.h"
#include "bridge/carrier.h"
#include "bridge/cmd_host.h"
#include "bridge/cmd_machine.h"
#include "bridge/cmd_pages.h"
#include "bridge/dmesg.h"
#include "bridge/server.h"
#include "sim/mem.h"

#define MACHINE_REPLY_MAX 4200

struct machine {
	struct machine_config cfg;
	struct log log;
	struct loop *loop;
	struct mem *mem;
	struct rig *rig;
	struct carrier *carrier; /* of a device without a PCI function, else NULL */
	struct backend_dev *backend_dev;
	struct server *server;
	struct host *host;
	struct dmesg *dmesg; /* or NULL */

	struct qemu *qemu;
	struct agent *agent;
	struct loop_source *console;
	FILE *console_log;
	char line[256], last_line[256]; /* of the console: gathered, and the last whole one */
	size_t line_len;
	char panic[256];   /* what the kernel said when it gave up, or "" */
	uint64_t deadline; /* loop_now, 0: none */
	bool gone;
	int status;

	char why[512]; /* the last complaint */
	bool ready, answered, ok;
	char release[128];
	unsigned boot_ms; /* the guest's own time from its start to the agent's */
	char reply[MACHINE_REPLY_MAX];

	bool stats_told;        /* since the host asked */
	uint32_t hint;          /* command id of the round that is on, 0: it is over */
	bool hinting;           /* the driver has taken it up */
	char not_reported[160]; /* why the guest reports no free memory, or "" */
	struct pages *pages;
	uint32_t peak_target, peak_actual;
	uint64_t peak_returned,
		peak_kept; /* bytes: by how much the file fell, what of the balloon it has */
};

/* One line on stderr, with the run's name. -1. */
int machine_complain(struct machine *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
