/* SPDX-License-Identifier: MIT */
#include "bridge/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address(const char *path, struct sockaddr_un *addr)
{
	size_t len = strlen(path);

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	memcpy(addr->sun_path, path, len + 1);
	return 0;
}

/*
 * 0 if the path is free, or was left behind by a server that is gone. Asked with a socket
 * of another type, which a live one turns down without noticing.
 */
static int clear_path(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, err;

	if (lstat(addr->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ? errno : 0;
	close(fd);
	if (err != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(addr->sun_path) ? -errno : 0;
}

int listen_unix(const char *path)
{
	struct sockaddr_un addr;
	int err = address(path, &addr), fd;

	if (!err)
		err = clear_path(&addr);
	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 16)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int listen_connect(const char *path)
{
	struct sockaddr_un addr;
	int err = address(path, &addr), fd;

	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* Opens the socket itself, whose name goes then; the path by way of our descriptor. */
static int hide(const char *dir, const char *name, char path[LISTEN_PATH], int *node)
{
	int err;

	*node = open(name, O_PATH | O_CLOEXEC);
	err = *node < 0 ? -errno : 0;
	unlink(name);
	rmdir(dir);
	snprintf(path, LISTEN_PATH, "/proc/%d/fd/%d", (int)getpid(), *node);
	return err;
}

int listen_hidden(char path[LISTEN_PATH], int *node)
{
	char dir[] = "/tmp/vcosim-XXXXXX", name[sizeof(dir) + 8];
	int fd, err;

	*node = -1;
	if (!mkdtemp(dir))
		return -errno;
	snprintf(name, sizeof(name), "%s/socket", dir);
	fd = listen_unix(name);
	err = hide(dir, name, path, node);
	if (fd < 0 || !err)
		return fd;
	close(fd);
	return err;
}
