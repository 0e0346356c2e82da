/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: mmiotrace with a dump of configuration space, to the events. What is before a line
 * "--" is the dump.
 */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "sim/mmiotrace.h"
#include "sim/pcidump.h"
#include "tests/lib/fuzz_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = memmem(data, size, "\n--\n", 4);
	size_t head = cut ? (size_t)(cut - data) + 1 : 0, skip = cut ? head + 3 : 0;
	struct mmiotrace_facts facts = { 0 };
	char dump_path[FUZZ_PATH], log_path[FUZZ_PATH];
	int dump = fuzz_file(data, head, dump_path);
	int trace = fuzz_file(data + skip, size - skip, log_path);
	struct fuzz_log log;

	fuzz_log_begin(&log);
	pcidump_read(dump_path, log.seen, &log, fuzz_log_oddity);
	log.line = 0;
	assert(!mmiotrace_read(log_path, log.seen, &facts, &log, fuzz_log_oddity));
	fuzz_log_end(&log);
	close(dump);
	close(trace);
	return 0;
}
