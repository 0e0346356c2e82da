/* SPDX-License-Identifier: MIT */
/* The next kernel, started by this one: no firmware in between, and nobody resets the device. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bridge/guest/agent/agent.h"

#define DIR    "/kexec"
#define KERNEL DIR "/vmlinuz"
#define BASE   DIR "/initrd" /* this initramfs without /kexec */
#define INITRD "/tmp/initrd" /* this initramfs again */

static int pad(int out)
{
	static const char zero[4];
	size_t n = -lseek(out, 0, SEEK_CUR) & 3;

	return write(out, zero, n) == (ssize_t)n ? 0 : -1;
}

static int copy(int out, const char *path, off_t size)
{
	int in = open(path, O_RDONLY | O_CLOEXEC), err = in < 0 ? -1 : 0;
	ssize_t n;

	for (; !err && size; size -= n) {
		n = sendfile(out, in, NULL, (size_t)size);
		err = n <= 0 ? -1 : 0;
	}
	if (in >= 0)
		close(in);
	return err ? -1 : pad(out);
}

/* A cpio entry (newc) of a file, or of a folder: path NULL. */
static int entry(int out, const char *name, const char *path, unsigned mode)
{
	struct stat st = { .st_size = 0 };

	if (path && stat(path, &st))
		return -1;
	/* magic ino mode uid gid nlink mtime size devmaj devmin rdevmaj rdevmin namesize check */
	dprintf(out, "070701%08X%08X%08X%08X%08X%08X%08lX%08X%08X%08X%08X%08zX%08X%s%c", 0, mode, 0,
		0, 1, 0, (unsigned long)st.st_size, 0, 0, 0, 0, strlen(name) + 1, 0, name, 0);
	return pad(out) || (path && copy(out, path, st.st_size)) ? -1 : 0;
}

/* What the host gave this kernel, so that the next one can go the same way. */
static int make_initrd(void)
{
	int out = open(INITRD, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), err;
	struct stat st;

	if (out < 0)
		return -1;
	err = stat(BASE, &st) || copy(out, BASE, st.st_size) || entry(out, "kexec", NULL, 040755) ||
	      entry(out, "kexec/vmlinuz", KERNEL, 0100644) ||
	      entry(out, "kexec/initrd", BASE, 0100644) || entry(out, "TRAILER!!!", NULL, 0);
	close(out);
	return err ? -1 : 0;
}

int do_kexec(char *args, struct reply *r)
{
	int kernel = open(KERNEL, O_RDONLY | O_CLOEXEC), initrd, err = 0;
	char append[2048];

	(void)args;
	if (kernel < 0)
		return fail(r, KERNEL);
	if (make_initrd() || slurp("/proc/cmdline", append, sizeof(append)))
		err = fail(r, INITRD);
	initrd = open(INITRD, O_RDONLY | O_CLOEXEC);
	if (!err &&
	    syscall(SYS_kexec_file_load, kernel, initrd, strlen(append) + 1, append, 0UL) < 0)
		err = fail(r, "kexec_file_load");
	close(initrd);
	close(kernel);
	unlink(INITRD);
	return err;
}
