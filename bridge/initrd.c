/* SPDX-License-Identifier: MIT */
/* An initramfs with more files in it: a cpio archive behind another. */
#include "bridge/initrd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_LEN = 64, ORDER_MAX = 64 };

/* What a driver of a device of ours says in its modinfo, and the stock driver of the same. */
static const struct {
	const char *alias, *stock;
} claims[] = {
	{ "alias=virtio:d00000004v", "virtio_rng" },
	{ "alias=virtio:d00000005v", "virtio_balloon" },
	{ "alias=pci:v00001AF4d00001045", "virtio_pci" },
	{ "alias=pci:v00001AF4d00001044", "virtio_pci" },
	{ "alias=pci:v00001AF4d00001044", "virtio_rng" },
	{ "alias=pci:v00001AF4d00001045", "virtio_balloon" },
};

struct order {
	char name[ORDER_MAX][NAME_LEN];
	unsigned n;
};

static void order_drop(struct order *o, const char *name)
{
	for (unsigned i = 0; i < o->n; i++)
		if (!strcmp(o->name[i], name)) {
			memmove(o->name[i], o->name[i + 1], (o->n - i - 1) * NAME_LEN);
			o->n--;
			return;
		}
}

static void order_add(struct order *o, const char *name)
{
	for (unsigned i = 0; i < o->n; i++)
		if (!strcmp(o->name[i], name))
			return;
	if (o->n < ORDER_MAX)
		snprintf(o->name[o->n++], NAME_LEN, "%s", name);
}

/* Behind what it needs, and before all others. */
static void order_first(struct order *o, const char *name, const char *depends)
{
	unsigned at = 0;

	order_drop(o, name);
	for (unsigned i = 0; i < o->n; i++) {
		size_t len = strlen(o->name[i]);

		for (const char *p = depends; (p = strstr(p, o->name[i])); p += len)
			if ((p == depends || p[-1] == ',') && (!p[len] || p[len] == ','))
				at = i + 1;
	}
	if (o->n == ORDER_MAX)
		return;
	memmove(o->name[at + 1], o->name[at], (o->n++ - at) * NAME_LEN);
	snprintf(o->name[at], NAME_LEN, "%s", name);
}

static void order_read(struct order *o, const char *base)
{
	char path[PATH_MAX], line[NAME_LEN];
	FILE *f;

	snprintf(path, sizeof(path), "%s.modules", base);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (*line)
			order_add(o, line);
	}
	if (f)
		fclose(f);
}

/* --- cpio, newc: a header of hex fields, the name, the data, each padded to 4 bytes ------- */

struct cpio {
	FILE *f;
	size_t at; /* bytes written */
};

static void put(struct cpio *c, const void *data, size_t len)
{
	static const char zero[4];
	size_t pad;

	fwrite(data, 1, len, c->f);
	c->at += len;
	pad = -c->at & 3;
	fwrite(zero, 1, pad, c->f);
	c->at += pad;
}

static void entry(struct cpio *c, const char *name, unsigned mode, const void *data, size_t len)
{
	char head[PATH_MAX];
	/* magic ino mode uid gid nlink mtime size devmaj devmin rdevmaj rdevmin namesize check */
	int n = snprintf(head, sizeof(head),
			 "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X%s", 0, mode,
			 0, 0, 1, 0, len, 0, 0, 0, 0, strlen(name) + 1, 0, name);

	put(c, head, (size_t)n + 1);
	put(c, data, len);
}

/* ------------------------------------------------------------------------------------------ */

static int slurp(const char *path, char **data, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat st;

	*data = NULL;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!(*data = malloc((size_t)st.st_size + 1)))
		err = -ENOMEM;
	else
		*len = (size_t)st.st_size;
	for (size_t at = 0; !err && at < *len;) {
		ssize_t n = read(fd, *data + at, *len - at);

		if (n <= 0)
			err = n ? -errno : -EIO;
		else
			at += (size_t)n;
	}
	close(fd);
	if (err) {
		free(*data);
		*data = NULL;
	}
	return err;
}

/*
 * The module's name as the kernel knows it: "name=" of its modinfo, or failing that the
 * file's name. The kernel spells - as _.
 */
static void module_name(const char *path, const char *data, size_t len, char name[NAME_LEN])
{
	static const char key[] = "\0name=";
	const size_t klen = sizeof(key) - 1;
	const char *slash = strrchr(path, '/'), *at = data, *end = data + len;

	snprintf(name, NAME_LEN, "%s", slash ? slash + 1 : path);
	name[strcspn(name, ".")] = 0;
	while ((at = memmem(at, (size_t)(end - at), key, klen))) {
		size_t n;

		at += klen;
		for (n = 0; at + n < end && (isalnum((unsigned char)at[n]) || at[n] == '_'); n++)
			;
		if (n && n < NAME_LEN && at + n < end && !at[n]) {
			snprintf(name, NAME_LEN, "%s", at);
			break;
		}
	}
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
}

/* The value of a key of its modinfo, "" if it has none. */
static const char *modinfo(const char *data, size_t len, const char *key)
{
	char head[32] = "";
	size_t n = (size_t)snprintf(head + 1, sizeof(head) - 1, "%s=", key) + 1;
	const char *at = memmem(data, len, head, n);

	return at && memchr(at + n, 0, (size_t)(data + len - at) - n) ? at + n : "";
}

static int add_module(struct cpio *c, struct order *o, const char *path, const struct log *log)
{
	static const char early[] = "\0vcosim=first"; /* it wants to see the others come */
	char name[NAME_LEN], inside[NAME_LEN + 16];
	char *data;
	size_t len;
	int err = slurp(path, &data, &len);

	if (!err && (len < 4 || memcmp(data, "\177ELF", 4)))
		err = -ENOEXEC;
	if (err) {
		log_err(log, "module %s: %s", path,
			err == -ENOEXEC ? "not an uncompressed kernel module" : strerror(-err));
		free(data);
		return err;
	}
	module_name(path, data, len, name);
	for (unsigned i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		if (strcmp(name, claims[i].stock) &&
		    memmem(data, len, claims[i].alias, strlen(claims[i].alias)))
			order_drop(o, claims[i].stock);
	if (memmem(data, len, early, sizeof(early)))
		order_first(o, name, modinfo(data, len, "depends"));
	else
		order_add(o, name);
	snprintf(inside, sizeof(inside), "modules/%s.ko", name);
	entry(c, inside, 0100644, data, len);
	free(data);
	return 0;
}

/* Opens an archive behind what `base` holds, which stays in *data: 0, or -errno and a line. */
static int begin(struct cpio *c, const char *out, const char *base, char **data, size_t *len,
		 const struct log *log)
{
	int err = slurp(base, data, len);

	if (err) {
		log_err(log, "initrd %s: %s", base, strerror(-err));
		return err;
	}
	*c = (struct cpio){ .f = fopen(out, "we") };
	if (!c->f) {
		err = -errno;
		log_err(log, "%s: %s", out, strerror(-err));
		free(*data);
		return err;
	}
	put(c, *data, *len);
	return 0;
}

/* err, or what the file system says of it all. */
static int end(struct cpio *c, const char *out, int err, const struct log *log)
{
	bool lost;

	entry(c, "TRAILER!!!", 0, "", 0);
	lost = ferror(c->f);
	if ((fclose(c->f) || lost) && !err) {
		err = -EIO;
		log_err(log, "%s: %s", out, strerror(-err));
	}
	if (err)
		remove(out);
	return err;
}

int initrd_add_kernel(const char *out, const char *base, const char *kernel, const struct log *log)
{
	struct cpio c;
	char *data, *image = NULL;
	size_t len, size = 0;
	int err = begin(&c, out, base, &data, &len, log);

	if (err)
		return err;
	err = slurp(kernel, &image, &size);
	if (err)
		log_err(log, "kernel %s: %s", kernel, strerror(-err));
	entry(&c, "kexec", 040755, "", 0);
	entry(&c, "kexec/vmlinuz", 0100644, image ? image : "", size);
	entry(&c, "kexec/initrd", 0100644, data, len);
	free(image);
	free(data);
	return end(&c, out, err, log);
}

int initrd_add_modules(const char *out, const char *base, const char *const *modules,
		       const struct log *log)
{
	struct order order = { .n = 0 };
	struct cpio c;
	char list[ORDER_MAX * NAME_LEN], *data;
	size_t len, used = 0;
	int err = begin(&c, out, base, &data, &len, log);

	if (err)
		return err;
	free(data);
	order_read(&order, base);
	entry(&c, "modules", 040755, "", 0);
	for (; *modules && !err; modules++)
		err = add_module(&c, &order, *modules, log);
	for (unsigned i = 0; i < order.n; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s\n", order.name[i]);
	entry(&c, "modules/order", 0100644, list, used);
	return end(&c, out, err, log);
}
