/* SPDX-License-Identifier: MIT */
#include "bridge/tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INSTANCE   "vcosim-"
#define GROUP      "vcosim_"
#define NAME_MAX_  48
#define BUFFER_KIB "4096" /* a CPU */

struct tracefs {
	char root[PATH_MAX / 2], name[NAME_MAX_], group[NAME_MAX_];
	bool made; /* the instance is there */
	int pipe;
};

static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing", NULL };

/* Appends to, or overwrites, a control file. */
static int put(const char *dir, const char *file, int how, const char *text)
{
	char path[PATH_MAX];
	int fd, err;

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_CLOEXEC | how);
	if (fd < 0)
		return -errno;
	err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static char *own(const struct tracefs *t, const char *file, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/instances/%s%s%s", t->root, t->name, file ? "/" : "",
		 file ? file : "");
	return path;
}

/* --- who owns what --------------------------------------------------------------------------- */

/* When a process began (proc(5), stat: field 22); 0: there is none. Pids come again. */
static unsigned long long begun(long pid)
{
	char path[64], text[1024], *at;
	unsigned long long start = 0;
	size_t n;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	at = strrchr(text, ')'); /* behind the name, which may hold anything: field 3 */
	for (unsigned field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		start = strtoull(at + 1, NULL, 10);
	return start;
}

/* "123_4567" of a process that is gone. */
static bool orphan(const char *owner)
{
	unsigned long long start;
	long pid;

	return sscanf(owner, "%ld_%llu", &pid, &start) == 2 && begun(pid) != start;
}

static void remove_instance(const char *root, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/instances/%s", root, name);
	put(path, "events/enable", 0, "0");
	rmdir(path);
}

/* Events of a group: "p:vcosim_1_2/vp_reset ...", one a line. The file changes with each removal.
 */
static void remove_group(const char *root, const char *group)
{
	char path[PATH_MAX], line[1024], event[512];
	bool again = true;

	snprintf(path, sizeof(path), "%s/kprobe_events", root);
	while (again) {
		FILE *file = fopen(path, "re");

		again = false;
		while (file && !again && fgets(line, sizeof(line), file)) {
			char *name = strchr(line, ':');

			if (!name || strncmp(name + 1, group, strlen(group)) ||
			    name[1 + strlen(group)] != '/')
				continue;
			snprintf(event, sizeof(event), "-:%.*s\n", (int)strcspn(name + 1, " \n"),
				 name + 1);
			again = !put(root, "kprobe_events", O_APPEND, event);
		}
		if (file)
			fclose(file);
	}
}

/* What processes that are gone left behind. Instances first: they keep events busy. */
static void sweep(const char *root)
{
	char path[PATH_MAX], line[1024];
	struct dirent *entry;
	FILE *file;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/instances", root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, INSTANCE, strlen(INSTANCE)) &&
		    orphan(entry->d_name + strlen(INSTANCE)))
			remove_instance(root, entry->d_name);
	if (dir)
		closedir(dir);
	snprintf(path, sizeof(path), "%s/kprobe_events", root);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		char *name = strchr(line, ':'), *slash = name ? strchr(name, '/') : NULL;

		if (!slash || strncmp(name + 1, GROUP, strlen(GROUP)))
			continue;
		*slash = '\0';
		if (!orphan(name + 1 + strlen(GROUP)))
			continue;
		remove_group(root, name + 1);
		rewind(file); /* it changed */
	}
	if (file)
		fclose(file);
}

/* --- our own -----------------------------------------------------------------------------------
 */

static int refuse(char why[TRACEFS_WHY], int err, const char *what)
{
	if (err == -EACCES || err == -EPERM)
		snprintf(why, TRACEFS_WHY, "%s: needs root (%s)", what, strerror(-err));
	else
		snprintf(why, TRACEFS_WHY, "%s: %s", what, strerror(-err));
	return err;
}

static int find_root(const char *root, struct tracefs *t, char why[TRACEFS_WHY])
{
	char path[PATH_MAX];

	for (unsigned i = 0; root ? !i : roots[i] != NULL; i++) {
		snprintf(t->root, sizeof(t->root), "%s", root ? root : roots[i]);
		snprintf(path, sizeof(path), "%s/kprobe_events", t->root);
		if (!access(path, R_OK | W_OK))
			return 0;
		if (errno == EACCES || errno == EPERM)
			return refuse(why, -errno, path);
		snprintf(path, sizeof(path), "%s/trace_pipe", t->root);
		if (!access(path, F_OK)) {
			snprintf(why, TRACEFS_WHY,
				 "%.100s: this kernel has no kprobe events "
				 "(CONFIG_KPROBE_EVENTS)",
				 t->root);
			return -ENOSYS;
		}
	}
	if (geteuid()) {
		snprintf(why, TRACEFS_WHY, "no tracefs to be seen: needs root");
		return -EACCES;
	}
	snprintf(why, TRACEFS_WHY,
		 "no tracefs at %.100s: mount -t tracefs tracefs /sys/kernel/tracing", t->root);
	return -ENOENT;
}

int tracefs_open(const char *root, struct tracefs **out, char why[TRACEFS_WHY])
{
	struct tracefs *t = calloc(1, sizeof(*t));
	char owner[32], path[PATH_MAX];
	int err;

	*out = NULL;
	if (!t)
		return -ENOMEM;
	t->pipe = -1;
	err = find_root(root, t, why);
	if (!err) {
		sweep(t->root);
		snprintf(owner, sizeof(owner), "%ld_%llu", (long)getpid(), begun(getpid()));
		snprintf(t->name, sizeof(t->name), INSTANCE "%s", owner);
		snprintf(t->group, sizeof(t->group), GROUP "%s", owner);
		if (mkdir(own(t, NULL, path), 0700))
			err = refuse(why, -errno, path);
	}
	if (err) {
		free(t);
		return err;
	}
	t->made = true;
	put(own(t, NULL, path), "buffer_size_kb", 0, BUFFER_KIB); /* it works with less */
	*out = t;
	return 0;
}

int tracefs_probe(struct tracefs *t, char kind, const char *event, const char *where,
		  const char *fetch)
{
	char line[1024];

	if (snprintf(line, sizeof(line), "%c:%s/%s %s %s\n", kind, t->group, event, where, fetch) >=
	    (int)sizeof(line))
		return -ENAMETOOLONG;
	return put(t->root, "kprobe_events", O_APPEND, line);
}

int tracefs_start(struct tracefs *t, char why[TRACEFS_WHY])
{
	char dir[PATH_MAX], file[NAME_MAX_ + 32], path[PATH_MAX];
	int err;

	own(t, NULL, dir);
	snprintf(file, sizeof(file), "events/%s/enable", t->group);
	err = put(dir, file, 0, "1");
	if (err)
		return refuse(why, err, file);
	put(dir, "events/module/module_load/enable", 0, "1"); /* kernels without modules lack it */
	put(dir, "tracing_on", 0, "1");
	if (t->pipe < 0)
		t->pipe = open(own(t, "trace_pipe", path), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return t->pipe < 0 ? refuse(why, -errno, path) : 0;
}

int tracefs_pipe(const struct tracefs *t)
{
	return t->pipe;
}

void tracefs_close(struct tracefs *t)
{
	if (!t)
		return;
	if (t->pipe >= 0)
		close(t->pipe);
	if (t->made)
		remove_instance(t->root, t->name);
	remove_group(t->root, t->group);
	free(t);
}
