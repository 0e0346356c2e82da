/* SPDX-License-Identifier: MIT */
#include "bridge/kallsyms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take(struct kallsym *sym, uint64_t addr, const char *module)
{
	if (!sym->n)
		snprintf(sym->module, sizeof(sym->module), "%s", module);
	if (sym->n < KALLSYMS_PLACES)
		sym->addr[sym->n] = addr;
	sym->n++;
}

/*
 * "ffffffffc02543c0 t vp_get [virtio_pci]"; only functions count. There are some hundred thousand
 * such lines: most are passed over at their first letters.
 */
static void look(char *line, struct kallsym *syms, unsigned n)
{
	char *type = strchr(line, ' '), *name, *module = NULL;
	size_t len;

	if (!type || (type[1] != 't' && type[1] != 'T') || type[2] != ' ')
		return;
	name = type + 3;
	if (*name != 'v')
		return;
	len = strcspn(name, " \t\n");
	if (name[len] && name[len + 1] == '[') {
		module = name + len + 2;
		module[strcspn(module, "]")] = '\0';
	}
	name[len] = '\0';
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(name, syms[i].name))
			take(&syms[i], strtoull(line, NULL, 16), module ? module : "");
}

int kallsyms_find(const char *path, struct kallsym *syms, unsigned n)
{
	FILE *file = fopen(path, "re");
	char line[512];

	if (!file)
		return -errno;
	for (unsigned i = 0; i < n; i++)
		syms[i].n = 0;
	while (fgets(line, sizeof(line), file))
		look(line, syms, n);
	fclose(file);
	return 0;
}
