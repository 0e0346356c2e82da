/* SPDX-License-Identifier: MIT */
/*
 * The agent: process 1 of a guest. Requests come as lines on the second serial port,
 * each is answered with one line. The protocol is in bridge/guest/README.md.
 */
#ifndef GUEST_AGENT_H
#define GUEST_AGENT_H

#include <stddef.h>
#include <stdint.h>

struct reply {
	char text[4096]; /* without "ok " or "err ", and without the newline */
	size_t len;
};

/* Appends; what does not fit is cut. Newlines become "\n", so that a reply is one line. */
void say(struct reply *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "what: strerror(errno)" in the reply and returns -1. */
int fail(struct reply *r, const char *what);

/* The first line of a file, without the newline: 0, or -1 with errno. */
int slurp(const char *path, char *buf, size_t size);

/* Writes text to a file: 0, or -1 with errno. */
int spit(const char *path, const char *text);

/* The value of "key" in a file of "key value" or "key: value" lines; -1 if there is none. */
long lookup(const char *path, const char *key);

/*
 * The commands. `args` is the rest of the line, never NULL. 0: ok; -1: err. Either way
 * the reply holds what to say.
 */
int do_load(char *args, struct reply *r);
int do_unload(char *args, struct reply *r);
int do_insmod(char *args, struct reply *r);
int do_rmmod(char *args, struct reply *r);
int do_msix(char *args, struct reply *r);
int do_balloon_info(char *args, struct reply *r);
int do_mmio_read(char *args, struct reply *r);
int do_mmio_write(char *args, struct reply *r);
int do_fill(char *args, struct reply *r);
int do_meminfo(char *args, struct reply *r);
int do_kexec(char *args, struct reply *r);

/* A serial port, raw: its descriptor, or -1. */
int open_port(const char *path);

/* Passes on what the third serial port brings, in a process of its own. */
void relay_start(void);

/* dir/name in a buffer of PATH_MAX bytes, which it returns. */
char *join(char *path, const char *dir, const char *name);

/*
 * The directory in sysfs of the first virtio PCI function, else of the virtio-mmio device
 * (PATH_MAX bytes); or -1: ENODEV.
 */
int device_dir(char *path);
int device_is_mmio(const char *dir);

#endif
