/* SPDX-License-Identifier: MIT */
/* vcosim duts: the devices that are built in, and what a manifest says or gets wrong. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/build.h"
#include "sim/cmd.h"
#include "sim/dut.h"

#define MANIFEST_MAX 65536 /* bytes */

static int usage(FILE *to, int status)
{
	fprintf(to,
		"usage: vcosim duts [MANIFEST...]\n"
		"Lists the devices that are built in: name, transport, device type, queues, and\n"
		"the manifest. With manifests: says the same of each, or what is wrong with it.\n"
		"\n"
		"  --help  this text\n"
		"\n"
		"`make DUT=path/to/mine.dut` builds one more device in.\n");
	return status;
}

static void tell(const struct dut *dut, const char *rtl)
{
	printf("%-16s %-5s type %-2u", dut->name, dut->transport == DUT_PCI ? "pci" : "mmio",
	       dut->device);
	for (unsigned i = 0; i < dut->nqueues; i++)
		printf("%c%s", i ? ',' : ' ', dut->queue[i]);
	printf("  %s%s%s\n", dut->path, rtl ? "  RTL " : "", rtl ? rtl : "");
}

static int list(void)
{
	struct dut dut;
	char err[DUT_ERR];
	int status = 0;

	for (unsigned n = 0; dut_name(n); n++) {
		if (dut_find(dut_name(n), &dut, err)) {
			tell(&dut, build_rtl(dut.name));
		} else {
			fprintf(stderr, "vcosim duts: %s\n", err);
			status = 2;
		}
	}
	return status;
}

static int check(const char *path)
{
	char *text = calloc(1, MANIFEST_MAX), err[DUT_ERR];
	FILE *file = fopen(path, "re");
	struct dut dut;
	int status = 2;
	size_t n = 0;

	if (file && text)
		n = fread(text, 1, MANIFEST_MAX, file);
	if (!file || !text || ferror(file))
		fprintf(stderr, "vcosim duts: %s: %s\n", path, strerror(errno));
	else if (n == MANIFEST_MAX || strlen(text) != n)
		fprintf(stderr, "vcosim duts: %s: expected text of less than %d bytes\n", path,
			MANIFEST_MAX);
	else if (!dut_parse(path, text, &dut, err))
		fprintf(stderr, "vcosim duts: %s\n", err);
	else
		status = 0;
	if (!status)
		tell(&dut, NULL);
	if (file)
		fclose(file);
	free(text);
	return status;
}

int cmd_duts(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt, status = 0;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		return opt == 'h' ? usage(stdout, 0) : usage(stderr, 2);
	if (optind == argc)
		return list();
	for (int i = optind; i < argc; i++)
		if (check(argv[i]))
			status = 2;
	return status;
}
