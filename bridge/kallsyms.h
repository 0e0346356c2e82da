/* SPDX-License-Identifier: MIT */
/* Where the symbols of the running kernel are: /proc/kallsyms (Linux, kernel/kallsyms.c). */
#ifndef BRIDGE_KALLSYMS_H
#define BRIDGE_KALLSYMS_H

#include <stdint.h>

#define KALLSYMS_PLACES 4

struct kallsym {
	const char *name;
	unsigned n;                     /* of its places; more than KALLSYMS_PLACES are not kept */
	uint64_t addr[KALLSYMS_PLACES]; /* 0: hidden from us (kptr_restrict) */
	char module[32];                /* of the first place, "": built in */
};

/* Looks the names of syms up, which begin with v, in one pass over `path`. 0 or -errno. */
int kallsyms_find(const char *path, struct kallsym *syms, unsigned n);

#endif
