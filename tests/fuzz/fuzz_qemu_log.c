/* SPDX-License-Identifier: MIT */
/* libFuzzer: the log of QEMU's -trace, to the events. */
#include <assert.h>
#include <unistd.h>

#include "sim/qemu_log.h"
#include "tests/lib/fuzz_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qemu_log_facts facts = { 0 };
	char path[FUZZ_PATH];
	int fd = fuzz_file(data, size, path);
	struct fuzz_log log;

	fuzz_log_begin(&log);
	assert(!qemu_log_read(path, log.seen, &facts, &log, fuzz_log_oddity));
	fuzz_log_end(&log);
	close(fd);
	return 0;
}
