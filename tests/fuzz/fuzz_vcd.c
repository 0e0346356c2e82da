/* SPDX-License-Identifier: MIT */
/* libFuzzer: value change dumps, to the last change. */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "sim/vcd.h"
#include "tests/lib/fuzz_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything is wanted, each by its number. */
static void read_all(struct vcd *vcd)
{
	struct vcd_change change;
	char why[VCD_WHY] = "";
	unsigned vars = 0;
	uint64_t time = 0;
	int got;

	for (const struct vcd_var *var; vars < 64 && (var = vcd_var(vcd, vars)); vars++) {
		assert(var->width && var->name[0] != '\0');
		assert(!vcd_want(vcd, var, vars));
	}
	while ((got = vcd_next(vcd, &change, why)) > 0) {
		assert(change.slot < vars && change.time >= time);
		time = change.time;
	}
	assert(!got || !strncmp(why, "line ", 5));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH], why[VCD_WHY] = "";
	int fd = fuzz_file(data, size, path);
	struct vcd *vcd;

	if (vcd_open(path, &vcd, why))
		assert(!vcd && why[0]);
	else
		read_all(vcd);
	vcd_close(vcd);
	close(fd);
	return 0;
}
