/* SPDX-License-Identifier: MIT */
/* The models that are built in. */
#include "sim/model.h"

#include <stddef.h>
#include <string.h>

/* One per DUT: sim/model.cpp, compiled against its Verilated class. */
struct model *model_new_balloon_pci(void);
struct model *model_new_balloon_mmio(void);
struct model *model_new_rng_pci(void);

static const struct {
	const char *name;
	struct model *(*make)(void);
} models[] = {
	{ "balloon-pci", model_new_balloon_pci },
	{ "balloon-mmio", model_new_balloon_mmio },
	{ "rng-pci", model_new_rng_pci },
};

#define NMODELS (sizeof(models) / sizeof(models[0]))

struct model *model_new(const char *dut)
{
	for (unsigned i = 0; i < NMODELS; i++)
		if (!strcmp(models[i].name, dut))
			return models[i].make();
	return NULL;
}

const char *model_name(unsigned n)
{
	return n < NMODELS ? models[n].name : NULL;
}
