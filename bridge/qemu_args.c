/* SPDX-License-Identifier: MIT */
/* The QEMU command line of one guest. */
#include "bridge/qemu_args.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge/guestdir.h"

/* What set-up found out by booting a kernel: the first word of the guests' file `accel`. */
static bool probed(char word[4])
{
	char path[PATH_MAX], dir[PATH_MAX];
	FILE *f = guestdir_find(dir) ? NULL : fopen(guestdir_path(path, dir, "accel"), "re");
	bool found = f && fscanf(f, "%3s", word) == 1;

	if (f)
		fclose(f);
	return found;
}

const char *qemu_accel(void)
{
	const char *env = getenv("VCOSIM_ACCEL");
	char word[4] = "";

	if (env && *env)
		return strcmp(env, "kvm") ? "tcg" : "kvm";
	if (probed(word))
		return strcmp(word, "kvm") ? "tcg" : "kvm";
	return access("/dev/kvm", R_OK | W_OK) ? "tcg" : "kvm";
}

struct args {
	char **v;
	unsigned n, room;
	bool failed; /* out of memory somewhere on the way */
};

static void arg(struct args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void arg(struct args *a, const char *fmt, ...)
{
	va_list ap;

	if (a->n + 1 >= a->room) {
		unsigned room = a->room ? 2 * a->room : 64;
		char **v = realloc(a->v, room * sizeof(*v));

		if (!v) {
			a->failed = true;
			return;
		}
		a->v = v;
		a->room = room;
	}
	va_start(ap, fmt);
	if (vasprintf(&a->v[a->n], fmt, ap) < 0)
		a->failed = true;
	else
		a->n++;
	va_end(ap);
	a->v[a->n] = NULL;
}

void qemu_args_free(char **argv)
{
	for (char **v = argv; v && *v; v++)
		free(*v);
	free(argv);
}

static void machine_args(struct args *a, const struct qemu_config *cfg)
{
	bool kvm = !strcmp(qemu_accel(), "kvm");

	arg(a, "%s", cfg->run);
	arg(a, "-nodefaults");
	arg(a, "-no-user-config");
	arg(a, "-display");
	arg(a, "none");
	arg(a, "-no-reboot");
	arg(a, "-machine");
	arg(a, "q35,memory-backend=ram");
	arg(a, "-accel");
	arg(a, "%s", qemu_accel());
	arg(a, "-cpu");
	arg(a, "%s", kvm ? "host" : "max");
	arg(a, "-m");
	arg(a, "%uM", cfg->memory_mib);
	arg(a, "-object");
	arg(a, "memory-backend-memfd,id=ram,size=%uM,share=on%s", cfg->memory_mib,
	    cfg->prealloc ? ",prealloc=on" : "");
}

static void guest_args(struct args *a, const struct qemu_config *cfg)
{
	arg(a, "-kernel");
	arg(a, "%s", cfg->kernel);
	if (cfg->initrd) {
		arg(a, "-initrd");
		arg(a, "%s", cfg->initrd);
	}
	if (cfg->append) {
		arg(a, "-append");
		arg(a, "%s", cfg->append);
	}
}

/* A path as the inside of a JSON string: only these two characters need care in one. */
static void arg_json_path(struct args *a, const char *fmt, const char *path)
{
	char quoted[2 * PATH_MAX];
	size_t n = 0;

	for (; *path && n + 2 < sizeof(quoted); path++) {
		if (*path == '"' || *path == '\\')
			quoted[n++] = '\\';
		quoted[n++] = *path;
	}
	quoted[n] = 0;
	char *text;
	if (asprintf(&text, "%s%s\"}}", fmt, quoted) < 0) {
		a->failed = true;
		return;
	}
	arg(a, "%s", text);
	free(text);
}

static void device_args(struct args *a, const struct qemu_config *cfg)
{
	if (cfg->device == QEMU_NO_DEVICE)
		return;
	if (cfg->iommu) { /* first: devices look for theirs when they are made */
		arg(a, "-device");
		arg(a, "intel-iommu,caching-mode=on");
	}
	arg(a, "-device");
	if (cfg->device == QEMU_OWN_BALLOON)
		arg(a, "virtio-balloon-pci,disable-legacy=on,id=balloon");
	else /* the table says where the device is */
		arg_json_path(
			a,
			cfg->acpi_table
				? "{\"driver\":\"vfio-user-pci\",\"id\":\"dut\",\"addr\":\"1\","
				  "\"socket\":{\"type\":\"unix\",\"path\":\""
				: "{\"driver\":\"vfio-user-pci\",\"id\":\"dut\","
				  "\"socket\":{\"type\":\"unix\",\"path\":\"",
			cfg->device_socket);
	if (cfg->acpi_table) {
		arg(a, "-acpitable");
		arg(a, "file=%s", cfg->acpi_table);
	}
}

enum { DMESG = 2 }; /* the serial port that a guest need not have */

static void channel_args(struct args *a, const struct qemu_config *cfg,
			 const int theirs[QEMU_CHANNELS])
{
	for (int i = 0; i < QEMU_CHANNELS; i++) {
		if (i == DMESG && !cfg->dmesg)
			continue;
		arg(a, "-chardev");
		arg(a, "socket,id=channel%d,fd=%d", i, theirs[i]);
		arg(a, i == QEMU_QMP ? "-mon" : "-serial");
		if (i == QEMU_QMP)
			arg(a, "chardev=channel%d,mode=control", i);
		else
			arg(a, "chardev:channel%d", i);
	}
}

char **qemu_args(const struct qemu_config *cfg, const int theirs[QEMU_CHANNELS])
{
	struct args a = { 0 };

	machine_args(&a, cfg);
	guest_args(&a, cfg);
	channel_args(&a, cfg, theirs);
	device_args(&a, cfg);
	for (const char *const *e = cfg->extra; e && *e; e++)
		arg(&a, "%s", *e);
	if (!a.failed)
		return a.v;
	qemu_args_free(a.v);
	return NULL;
}
