/* SPDX-License-Identifier: MIT */
/* The models that are built in: one a manifest (sim/dut.h). */
#include "sim/model.h"

#include <stddef.h>
#include <string.h>

/* sim/model.cpp, compiled against its Verilated class. */
#define DUT(id, name, path, text) struct model *model_new_##id(void);
#include "sim/duts.h"
#undef DUT

#define DUT(id, name, path, text) { name, model_new_##id },
static const struct {
	const char *name;
	struct model *(*make)(void);
} models[] = {
#include "sim/duts.h"
};
#undef DUT

struct model *model_new(const char *dut)
{
	for (unsigned i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (!strcmp(models[i].name, dut))
			return models[i].make();
	return NULL;
}
