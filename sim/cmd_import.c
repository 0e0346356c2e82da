/* SPDX-License-Identifier: MIT */
/* vcosim import: sessions that were seen elsewhere become traces. */
#include "sim/cmd_import.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd.h"

struct source {
	const char *name, *ending;
	int (*read)(struct import *im);
};

static const struct source sources[] = {
	{ "vcd", ".vcd", import_waves },        { "fst", ".fst", import_waves },
	{ "ftrace", ".ftrace", import_ftrace }, { "mmiotrace", ".mmiotrace", import_mmiotrace },
	{ "qemu", ".qemu", import_qemu },
};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

int import_begin(struct import *im)
{
	const char *slash = strrchr(im->path, '/');
	json_t *header =
		json_pack("{s:i, s:s, s:s, s:s, s:{}, s:O}", "schema", 2, "run", "import", "dut",
			  im->dut ? im->dut : "", "source", slash ? slash + 1 : im->path, "spec",
			  "not_observable", im->blind);
	char *text;
	int err;

	if (im->more)
		json_object_update(header, im->more);
	text = json_dumps(header, JSON_COMPACT);
	err = text ? trace_create(im->out, text, &im->trace) : -ENOMEM;
	if (err)
		fprintf(stderr, "vcosim import: %s: %s\n", im->out, strerror(-err));
	free(text);
	json_decref(header);
	return err;
}

static const struct source *find_source(const char *path, const char *from)
{
	for (unsigned i = 0; i < SOURCES; i++) {
		size_t len = strlen(path), tail = strlen(sources[i].ending);

		if (from ? !strcmp(from, sources[i].name)
			 : len > tail && !strcmp(path + len - tail, sources[i].ending))
			return &sources[i];
	}
	if (from)
		fprintf(stderr,
			"vcosim import: --from %s: expected vcd, fst, ftrace, mmiotrace or qemu\n",
			from);
	else
		fprintf(stderr,
			"vcosim import: %s: no .vcd, .fst, .ftrace, .mmiotrace or .qemu: say what "
			"it is with --from\n",
			path);
	return NULL;
}

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim import [OPTION...] FILE -o TRACE\n"
		"Makes a trace of a session that was seen elsewhere: check, dump and diff take "
		"it.\n"
		"\n"
		"  -o, --output TRACE  the trace to write\n"
		"  --from KIND         what FILE is (default: by its ending):\n"
		"                      vcd, fst: waveforms of the AXI pins, by the names of\n"
		"                      rtl/README.md, from a simulator or a logic analyser;\n"
		"                      mmiotrace: what Linux writes to trace_pipe,\n"
		"                      after echo mmiotrace >current_tracer, in tracefs;\n"
		"                      ftrace: text of tracefs, what a Linux driver did: kprobe\n"
		"                      events as `vcosim watch --text` leaves them; of the "
		"tracers\n"
		"                      function and function_graph only the order is judged;\n"
		"                      qemu: the log of QEMU's -trace memory_region_ops_read,\n"
		"                      memory_region_ops_write, pci_cfg_read, pci_cfg_write,\n"
		"                      pci_update_mappings_add and virtio*, with ioeventfd=off\n"
		"  --scope NAME        where the pins are: top.tb.dut (default: where most are)\n"
		"  --pins FILE         signals of other names, a line each: s_awvalid_i = "
		"\"tb.awv\";\n"
		"  --space SPACE       where register accesses go when the waveform has no "
		"AxUSER:\n"
		"                      cfg, mmio, bar0 to bar5 (default: bar0)\n"
		"  --device ADDRESS    of a log with several: the PCI function, 00:01.0, or the\n"
		"                      registers of virtio-mmio, 0xfeb02e00 (default: the first "
		"virtio)\n"
		"  --pci FILE          what `lspci -xxxx` prints: mmiotrace does not show "
		"configuration\n"
		"                      space, which says which register is which\n"
		"  --help              this text\n"
		"\n"
		"Exit status: 0 imported, 2 not, or not whole.\n");
	return status;
}

static int import(struct import *im, const struct source *source)
{
	int err, closed;

	im->blind = json_array();
	err = source->read(im);
	if (im->trace) {
		struct bus_rec end = { .cycle = im->cycle, .space = BUS_CUE, .index = BUS_CUE_END };
		uint64_t n = trace_records(im->trace);

		if (!err)
			trace_rec(im->trace, &end);
		closed = trace_close(im->trace);
		if (closed)
			fprintf(stderr, "vcosim import: %s: %s\n", im->out, strerror(-closed));
		err = err ? err : closed;
		printf("%s: %" PRIu64 " records\n", im->out, n);
		for (size_t i = 0; i < json_array_size(im->blind); i++)
			printf("  not observable: %s\n",
			       json_string_value(json_array_get(im->blind, i)));
	}
	json_decref(im->blind);
	json_decref(im->more);
	return err ? 2 : 0;
}

int cmd_import(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "from", required_argument, NULL, 'f' },
		{ "scope", required_argument, NULL, 's' },
		{ "pins", required_argument, NULL, 'p' },
		{ "space", required_argument, NULL, 'S' },
		{ "device", required_argument, NULL, 'd' },
		{ "pci", required_argument, NULL, 'P' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const struct source *source;
	const char *from = NULL;
	struct import im = { 0 };
	int opt;

	while ((opt = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (opt) {
		case 'o':
			im.out = optarg;
			break;
		case 'f':
			from = optarg;
			break;
		case 's':
			im.scope = optarg;
			break;
		case 'p':
			im.pins = optarg;
			break;
		case 'S':
			im.space = optarg;
			break;
		case 'd':
			im.device = optarg;
			break;
		case 'P':
			im.pci = optarg;
			break;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (optind + 1 != argc || !im.out)
		return usage(stderr, 2);
	im.path = argv[optind];
	source = find_source(im.path, from);
	return source ? import(&im, source) : 2;
}
