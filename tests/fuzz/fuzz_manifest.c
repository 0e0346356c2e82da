/* SPDX-License-Identifier: MIT */
/* libFuzzer: manifests. Whatever the text, it is a device within its bounds or one line that says
 * why not. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/dut.h"
#include "sim/pcifn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the buffer of a string that the text ends in the midst of. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static void check(const struct dut *dut)
{
	struct pcifn fn;
	char spec[512];

	assert(dut->top[0] && dut->nqueues >= 1 && dut->nqueues <= DUT_QUEUES);
	assert(dut->device >= 1 && dut->device <= 63 && dut->quiet >= 1);
	assert(dut->registers >= 8 && dut->registers <= 32 && dut->dma_id <= 8);
	assert(dut->dma_data == 32 || dut->dma_data == 64);
	dut_spec(dut, spec, sizeof(spec));
	if (dut->config_space)
		return;
	assert(dut->transport == DUT_PCI && dut->common.bytes && dut->notify.bytes);
	assert(dut->config.offset + dut->config.bytes <= dut->bar_bytes);
	pcifn_reset(&fn, dut);
	assert(pcifn_read(&fn, 0, 4, false) == (0x1af4 | (0x1040 + dut->device) << 16));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), err[DUT_ERR] = "";
	struct dut dut;

	memcpy(text, data, size);
	text[size] = '\0';
	if (strstr(text, "@include")) /* libconfig would open files */
		;
	else if (dut_parse("m.dut", text, &dut, err))
		check(&dut);
	else
		assert(!strncmp(err, "m.dut:", 6) && !strchr(err, '\n'));
	free(text);
	return 0;
}
