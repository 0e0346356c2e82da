/* SPDX-License-Identifier: MIT */
/* Extra modules behind an initramfs: read back as the kernel would read the archive. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/initrd.h"

#define ELF "\177ELF"

struct kit {
	char dir[64], base[PATH_MAX], list[PATH_MAX], out[PATH_MAX];
	char *module[2];
	char data[65536];
	size_t len;
};

static void put_file(const char *path, const char *data, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static int setup(void **state)
{
	struct kit *k = calloc(1, sizeof(*k));

	*state = k;
	snprintf(k->dir, sizeof(k->dir), "/tmp/test_initrd.XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	snprintf(k->base, sizeof(k->base), "%s/base", k->dir);
	snprintf(k->list, sizeof(k->list), "%s/base.modules", k->dir);
	snprintf(k->out, sizeof(k->out), "%s/out", k->dir);
	put_file(k->base, "BASE!", 5); /* not a multiple of 4: what follows must be */
	put_file(k->list, "virtio_pci\nvirtio_balloon\n", 26);
	return 0;
}

static int teardown(void **state)
{
	struct kit *k = *state;

	unlink(k->base);
	unlink(k->list);
	unlink(k->out);
	for (unsigned i = 0; i < 2; i++) {
		if (k->module[i])
			unlink(k->module[i]);
		free(k->module[i]);
	}
	rmdir(k->dir);
	free(k);
	return 0;
}

static const char *module(struct kit *k, unsigned n, const char *name, const char *data)
{
	if (k->module[n])
		unlink(k->module[n]);
	free(k->module[n]);
	assert_true(asprintf(&k->module[n], "%s/%s", k->dir, name) > 0);
	put_file(k->module[n], data, strlen(data));
	return k->module[n];
}

static unsigned field(const char *head, unsigned n)
{
	char hex[9] = { 0 };

	memcpy(hex, head + 6 + 8 * n, 8);
	return (unsigned)strtoul(hex, NULL, 16);
}

/* The content of a file in the archive behind the base, in `buf`; its size, or -1. */
static int entry(struct kit *k, const char *name, char *buf, size_t size)
{
	size_t at = 8;

	while (at + 110 < k->len) {
		const char *head = k->data + at;
		size_t data, len = field(head, 6);

		assert_memory_equal(head, "070701", 6);
		data = (at + 110 + field(head, 11) + 3) & ~(size_t)3;
		assert_true(data + len <= k->len);
		if (!strcmp(head + 110, "TRAILER!!!"))
			return -1;
		if (!strcmp(head + 110, name)) {
			assert_true(len < size);
			memcpy(buf, k->data + data, len);
			buf[len] = 0;
			return (int)len;
		}
		at = (data + len + 3) & ~(size_t)3;
	}
	fail_msg("the archive has no end");
	return -1;
}

static void read_back(struct kit *k)
{
	FILE *f = fopen(k->out, "r");

	assert_non_null(f);
	k->len = fread(k->data, 1, sizeof(k->data), f);
	fclose(f);
	assert_memory_equal(k->data, "BASE!\0\0\0", 8);
}

static void build(struct kit *k, const char *a, const char *b)
{
	const char *modules[] = { a, b, NULL };

	assert_int_equal(initrd_add_modules(k->out, k->base, modules, NULL), 0);
	read_back(k);
}

static void expect(struct kit *k, const char *name, const char *content)
{
	char buf[4096];

	assert_int_equal(entry(k, name, buf, sizeof(buf)), strlen(content));
	assert_string_equal(buf, content);
}

static void modules_come_after_the_stock_ones(void **state)
{
	struct kit *k = *state;

	build(k, module(k, 0, "my-probe.ko", ELF "odd"), module(k, 1, "second.ko", ELF "length"));
	expect(k, "modules/my_probe.ko", ELF "odd");
	expect(k, "modules/second.ko", ELF "length");
	expect(k, "modules/order", "virtio_pci\nvirtio_balloon\nmy_probe\nsecond\n");
}

static void a_stock_name_replaces_the_stock_module(void **state)
{
	struct kit *k = *state;

	build(k, module(k, 0, "virtio_balloon.ko", ELF "alias=virtio:d00000005v*"), NULL);
	expect(k, "modules/virtio_balloon.ko", ELF "alias=virtio:d00000005v*");
	expect(k, "modules/order", "virtio_pci\nvirtio_balloon\n");
}

static void a_balloon_driver_retires_the_stock_one(void **state)
{
	struct kit *k = *state;

	build(k, module(k, 0, "mine.ko", ELF "x alias=virtio:d00000005v*"), NULL);
	expect(k, "modules/order", "virtio_pci\nmine\n");
	build(k, module(k, 0, "mine.ko", ELF "alias=pci:v00001AF4d00001045sv*"), NULL);
	expect(k, "modules/order", "mine\n");
}

/* What counts is the name the kernel will know it by, not the file's. */
static void a_name_is_what_modinfo_says(void **state)
{
	static const char data[] = ELF "\0name=%s\0alias=x\0name=real_name\0";
	struct kit *k = *state;
	const char *path = module(k, 0, "renamed.ko", "");

	put_file(path, data, sizeof(data));
	build(k, path, NULL);
	expect(k, "modules/order", "virtio_pci\nvirtio_balloon\nreal_name\n");
}

/* Before all that it does not need; a name that only begins like a needed one is another. */
static void who_watches_comes_first(void **state)
{
	static const char free[] = ELF "\0vcosim=first\0depends=\0name=eye\0";
	static const char bound[] =
		ELF "\0depends=virtio_pci,virtio_balloonist\0vcosim=first\0name=eye\0";
	struct kit *k = *state;
	const char *path = module(k, 0, "eye.ko", "");

	put_file(path, free, sizeof(free));
	build(k, path, NULL);
	expect(k, "modules/order", "eye\nvirtio_pci\nvirtio_balloon\n");
	put_file(path, bound, sizeof(bound));
	build(k, path, NULL);
	expect(k, "modules/order", "virtio_pci\neye\nvirtio_balloon\n");
}

static void refuses_what_is_no_module(void **state)
{
	struct kit *k = *state;
	const char *modules[] = { module(k, 0, "packed.ko.xz",
					 "\375"
					 "7zXZ"),
				  NULL };

	assert_int_equal(initrd_add_modules(k->out, k->base, modules, NULL), -ENOEXEC);
	modules[0] = "/nonexistent/a.ko";
	assert_int_equal(initrd_add_modules(k->out, k->base, modules, NULL), -ENOENT);
	assert_int_equal(access(k->out, F_OK), -1);
	assert_int_equal(initrd_add_modules(k->out, "/nonexistent/base", modules, NULL), -ENOENT);
}

static void a_kernel_and_its_initrd_go_along(void **state)
{
	struct kit *k = *state;
	const char *kernel = module(k, 0, "vmlinuz", "a kernel");

	assert_int_equal(initrd_add_kernel(k->out, k->base, kernel, NULL), 0);
	read_back(k);
	expect(k, "kexec/vmlinuz", "a kernel");
	expect(k, "kexec/initrd", "BASE!");
	assert_int_equal(initrd_add_kernel(k->out, k->base, "/nonexistent/vmlinuz", NULL), -ENOENT);
	assert_int_equal(access(k->out, F_OK), -1);
	assert_int_equal(symlink("/dev/full", k->out), 0);
	assert_int_equal(initrd_add_kernel(k->out, k->base, kernel, NULL), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(modules_come_after_the_stock_ones, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stock_name_replaces_the_stock_module, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_balloon_driver_retires_the_stock_one, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_name_is_what_modinfo_says, setup, teardown),
		cmocka_unit_test_setup_teardown(who_watches_comes_first, setup, teardown),
		cmocka_unit_test_setup_teardown(a_kernel_and_its_initrd_go_along, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_module, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
