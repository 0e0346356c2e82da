/* SPDX-License-Identifier: MIT */
#include "bridge/virtio_devices.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PCI    "/sys/bus/pci/devices"
#define VIRTIO "/sys/bus/virtio/devices"
#define ACPI   "/sys/bus/platform/devices"
#define VENDOR 0x1af4
#define ID_LOW 0x1000 /* transitional and modern: virtio 1.4, 4.1.2 */
#define ID_END 0x1080
#define DOMAIN 5 /* "0000:" */

static unsigned long number_in(const char *dir, const char *name, const char *file)
{
	char path[PATH_MAX], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", dir, name, file);
	f = fopen(path, "re");
	if (f && !fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (f)
		fclose(f);
	return strtoul(text, NULL, 16);
}

unsigned virtio_device_type(const char *name)
{
	return (unsigned)number_in(VIRTIO, name, "device");
}

/* Of "../../../devices/pci0000:00/0000:00:01.0/virtio0" the last part but one. */
static bool parent_of(const char *name, char *parent, size_t len)
{
	char path[PATH_MAX], link[PATH_MAX], *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", VIRTIO, name);
	n = readlink(path, link, sizeof(link) - 1);
	if (n <= 0)
		return false;
	link[n] = '\0';
	slash = strrchr(link, '/');
	if (!slash)
		return false;
	*slash = '\0';
	slash = strrchr(link, '/');
	snprintf(parent, len, "%.63s", slash ? slash + 1 : link);
	return true;
}

/* "0000:00:01.0" */
static bool is_function(const char *name)
{
	return strlen(name) == 12 && name[4] == ':' && name[7] == ':' && name[10] == '.';
}

char *virtio_device_name(const char *name, char *buf, size_t len)
{
	char parent[64];

	snprintf(buf, len, "%s", name);
	if (is_function(name))
		snprintf(buf, len, "%s", name + DOMAIN);
	else if (parent_of(name, parent, sizeof(parent)) && is_function(parent))
		snprintf(buf, len, "%s", parent + DOMAIN);
	return buf;
}

static bool is_virtio_function(const char *name)
{
	unsigned long id = number_in(PCI, name, "device");

	return number_in(PCI, name, "vendor") == VENDOR && id >= ID_LOW && id < ID_END;
}

static bool is_mmio(const char *name)
{
	char parent[64];

	return parent_of(name, parent, sizeof(parent)) && !is_function(parent);
}

/* What a firmware tells of, while no driver has it. */
static bool is_announced(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/driver", ACPI, name);
	return (!strncmp(name, "LNRO0005", 8) || strstr(name, "virtio_mmio") ||
		!strncmp(name, "virtio-mmio", 11)) &&
	       access(path, F_OK);
}

static unsigned list(const char *dir, bool (*fits)(const char *name), unsigned skip, char *buf,
		     size_t len)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	unsigned n = 0;

	while (d && (entry = readdir(d))) {
		size_t at = strlen(buf);

		if (entry->d_name[0] == '.' || strlen(entry->d_name) < skip || !fits(entry->d_name))
			continue;
		n++;
		if (at + strlen(entry->d_name) + 2 < len)
			snprintf(buf + at, len - at, "%s%s", at ? " " : "", entry->d_name + skip);
	}
	if (d)
		closedir(d);
	return n;
}

unsigned virtio_devices(char *buf, size_t len)
{
	buf[0] = '\0';
	return list(PCI, is_virtio_function, DOMAIN, buf, len) +
	       list(VIRTIO, is_mmio, 0, buf, len) + list(ACPI, is_announced, 0, buf, len);
}
