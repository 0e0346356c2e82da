/* SPDX-License-Identifier: MIT */
/* The manifests that are built in. */
#include "sim/dut.h"

#include <linux/virtio_ids.h>
#include <stdio.h>
#include <string.h>

/* DUT(id, "name", "path", text): one a manifest, from the Makefile. */
#define DUT(id, name, path, text) { name, path, text },
static const struct {
	const char *name, *path, *text;
} duts[] = {
#include "sim/duts.h"
};
#undef DUT

#define NDUTS (sizeof(duts) / sizeof(duts[0]))

const char *dut_name(unsigned n)
{
	return n < NDUTS ? duts[n].name : NULL;
}

bool dut_find(const char *name, struct dut *dut, char *err)
{
	size_t n = 0;

	for (unsigned i = 0; i < NDUTS; i++)
		if (!strcmp(duts[i].name, name))
			return dut_parse(duts[i].path, duts[i].text, dut, err);
	n = (size_t)snprintf(err, DUT_ERR, "%.64s: no such device is built in; there are", name);
	for (unsigned i = 0; i < NDUTS && n < DUT_ERR; i++)
		n += (size_t)snprintf(err + n, DUT_ERR - n, " %s", duts[i].name);
	return false;
}

void dut_spec(const struct dut *dut, char *path, size_t len)
{
	const char *slash = strrchr(dut->path, '/');

	if (dut->spec[0] && (dut->spec[0] == '/' || !slash))
		snprintf(path, len, "%s", dut->spec);
	else if (dut->spec[0])
		snprintf(path, len, "%.*s/%s", (int)(slash - dut->path), dut->path, dut->spec);
	else if (dut->device == VIRTIO_ID_BALLOON && dut->transport == DUT_MMIO)
		snprintf(path, len, "specs/virtio_mmio.ccsl");
	else if (dut->device == VIRTIO_ID_BALLOON)
		snprintf(path, len, "specs/virtio.ccsl");
	else if (dut->device == VIRTIO_ID_RNG && dut->transport == DUT_MMIO)
		snprintf(path, len, "specs/virtio_mmio_rng.ccsl");
	else if (dut->device == VIRTIO_ID_RNG)
		snprintf(path, len, "specs/virtio_rng.ccsl");
	else
		snprintf(path, len, "%s", "");
}
