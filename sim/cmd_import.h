/* SPDX-License-Identifier: MIT */
/* What `vcosim import` reads: one of these a kind of source. */
#ifndef SIM_CMD_IMPORT_H
#define SIM_CMD_IMPORT_H

#include <jansson.h>
#include <stdint.h>

#include "sim/trace.h"

struct import {
	const char *path, *out;
	const char *pins;  /* file of --pins, or NULL */
	const char *scope; /* of --scope, or NULL */
	const char *space; /* of --space, or NULL */
	struct trace *trace;
	uint64_t cycle;     /* of the last record */
	json_t *blind;      /* array of texts: what the source cannot show */
	const char *device; /* of --device, or NULL */
	const char *pci;    /* of --pci, or NULL */
	const char *dut;    /* built-in device of the same kind, or NULL */
	json_t *more;       /* members for the header, or NULL */
};

/* Begins the trace; before the first record, when all that the source lacks is known. */
int import_begin(struct import *im);

/* Whole: 0, or -errno after one line on stderr. */
int import_waves(struct import *im);
int import_ftrace(struct import *im);
int import_mmiotrace(struct import *im);
int import_qemu(struct import *im);

#endif
