/* SPDX-License-Identifier: MIT */
/* The agent's commands about the driver: load and unload it, and what it negotiated. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bridge/guest/agent/agent.h"

#define PCI_DRIVER  "/sys/bus/pci/drivers/virtio-pci"
#define MMIO_DRIVER "/sys/bus/platform/drivers/virtio-mmio"
#define MODULES     "/modules"

#define MMIO_DEVICE "/sys/bus/platform/devices/LNRO0005:00" /* by ACPI: bridge/guest/mmio.asl */

#define VENDOR "0x1af4" /* virtio 1.4, 4.1.2: PCI device ids 0x1040 + device type */

static int is_virtio(unsigned long id)
{
	return id >= 0x1040 && id <= 0x107f;
}

int device_dir(char *path)
{
	static const char base[] = "/sys/bus/pci/devices";
	char file[PATH_MAX], vendor[16], device[16];
	DIR *dir = opendir(base);
	int found = -1;

	for (struct dirent *e; dir && found && (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		join(path, base, e->d_name);
		if (!slurp(join(file, path, "vendor"), vendor, sizeof(vendor)) &&
		    !slurp(join(file, path, "device"), device, sizeof(device)) &&
		    !strcmp(vendor, VENDOR) && is_virtio(strtoul(device, NULL, 16)))
			found = 0;
	}
	if (dir)
		closedir(dir);
	if (found && !access(MMIO_DEVICE, F_OK)) {
		strcpy(path, MMIO_DEVICE);
		found = 0;
	}
	if (found)
		errno = ENODEV;
	return found;
}

int device_is_mmio(const char *dir)
{
	return !strcmp(dir, MMIO_DEVICE);
}

/* Writes to bind or unbind of the driver for this bus. */
static int rebind(const char *dir, const char *what)
{
	char file[PATH_MAX];

	return spit(join(file, device_is_mmio(dir) ? MMIO_DRIVER : PCI_DRIVER, what),
		    strrchr(dir, '/') + 1);
}

/* Is the PCI function or platform device bound to a driver? */
static int bound(const char *dir)
{
	char path[PATH_MAX];

	return !access(join(path, dir, "driver"), F_OK);
}

static int insmod(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long rc = fd < 0 ? -1 : syscall(SYS_finit_module, fd, params, 0);
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return rc ? -1 : 0;
}

static int rmmod(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -1 : 0;
}

/*
 * MODULES/order names the driver's modules, one a line, in load order; those that this
 * kernel has built in are not in it. The extra modules of the user come after.
 */
static int read_order(char names[][64], int max)
{
	FILE *f = fopen(MODULES "/order", "re");
	int n = 0;

	while (f && n < max && fgets(names[n], 64, f)) {
		names[n][strcspn(names[n], "\n")] = 0;
		if (names[n][0])
			n++;
	}
	if (f)
		fclose(f);
	return n;
}

int do_load(char *args, struct reply *r)
{
	char names[32][64], path[PATH_MAX], dir[PATH_MAX];
	int n = read_order(names, 32);

	(void)args;
	if (device_dir(dir))
		return fail(r, "no virtio device");
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), MODULES "/%s.ko", names[i]);
		if (insmod(path, "") && errno != EEXIST)
			return fail(r, names[i]);
	}
	/* A virtio_pci that was there all along had let go of the function: `unload`. */
	if (!bound(dir) && rebind(dir, "bind") && errno != EBUSY)
		return fail(r, "bind");
	return bound(dir) ? 0 : (errno = ENODEV, fail(r, "no driver took the device"));
}

/* The whole driver goes: balloon, then PCI, so that the next `load` starts at a probe. */
int do_unload(char *args, struct reply *r)
{
	char names[32][64], dir[PATH_MAX];
	int n = read_order(names, 32);

	(void)args;
	if (device_dir(dir))
		return fail(r, "no virtio device");
	while (n--)
		if (rmmod(names[n]) && errno != ENOENT)
			return fail(r, names[n]);
	if (bound(dir) && rebind(dir, "unbind"))
		return fail(r, "unbind");
	return 0;
}

/* `insmod NAME [PARAMS]`: NAME.ko of MODULES, or a path. */
int do_insmod(char *args, struct reply *r)
{
	char path[PATH_MAX], *params = args + strcspn(args, " ");

	if (*params)
		*params++ = 0;
	if (strchr(args, '/'))
		snprintf(path, sizeof(path), "%s", args);
	else
		snprintf(path, sizeof(path), MODULES "/%s.ko", args);
	return insmod(path, params) ? fail(r, args) : 0;
}

int do_rmmod(char *args, struct reply *r)
{
	return rmmod(args) ? fail(r, args) : 0;
}

/* `msix on|off`: what the next `load` may use. The driver must not be loaded. */
int do_msix(char *args, struct reply *r)
{
	char dir[PATH_MAX], path[PATH_MAX];
	int on = !strcmp(args, "on");

	if (!on && strcmp(args, "off")) {
		say(r, "usage: msix on|off");
		return -1;
	}
	if (device_dir(dir))
		return fail(r, "no virtio device");
	if (bound(dir)) {
		errno = EBUSY;
		return fail(r, "unload first");
	}
	if (device_is_mmio(dir)) /* which has one interrupt */
		return on ? (errno = ENOTSUP, fail(r, "virtio-mmio")) : 0;
	return spit(join(path, dir, "msi_bus"), on ? "1" : "0") ? fail(r, path) : 0;
}

/* The virtio device below the PCI function, such as .../virtio0; -1 if there is none. */
static int virtio_dir(const char *pci, char *path)
{
	DIR *dir = opendir(pci);
	int found = -1;

	for (struct dirent *e; dir && found && (e = readdir(dir));)
		if (!strncmp(e->d_name, "virtio", 6)) {
			join(path, pci, e->d_name);
			found = 0;
		}
	if (dir)
		closedir(dir);
	return found;
}

/* sysfs prints the features as one digit a bit, bit 0 first. */
static unsigned long long feature_bits(const char *digits)
{
	unsigned long long bits = 0;

	for (int i = 0; i < 64 && digits[i]; i++)
		bits |= (unsigned long long)(digits[i] == '1') << i;
	return bits;
}

/* The directory of MSI vectors stays when the driver goes back to INTx, but empty. */
static int uses_msix(const char *pci)
{
	char path[PATH_MAX];
	DIR *dir = opendir(join(path, pci, "msi_irqs"));
	int found = 0;

	for (struct dirent *e; dir && !found && (e = readdir(dir));)
		found = e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return found;
}

int do_balloon_info(char *args, struct reply *r)
{
	char pci[PATH_MAX], dir[PATH_MAX], path[PATH_MAX], text[128];

	(void)args;
	if (device_dir(pci))
		return fail(r, "no virtio device");
	say(r, "%s=%s", device_is_mmio(pci) ? "mmio" : "pci", strrchr(pci, '/') + 1);
	say(r, " irq=%s", uses_msix(pci) ? "msix" : "intx");
	if (virtio_dir(pci, dir)) {
		say(r, " driver=none");
		return 0;
	}
	ssize_t n = readlink(join(path, dir, "driver"), text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	say(r, " driver=%s", n < 0 ? "none" : strrchr(text, '/') + 1);
	if (!slurp(join(path, dir, "features"), text, sizeof(text)))
		say(r, " features=0x%llx", feature_bits(text));
	if (!slurp(join(path, dir, "status"), text, sizeof(text)))
		say(r, " status=%s", text);
	say(r, " inflated=%ld deflated=%ld", lookup("/proc/vmstat", "balloon_inflate"),
	    lookup("/proc/vmstat", "balloon_deflate"));
	return 0;
}
