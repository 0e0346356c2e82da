/* SPDX-License-Identifier: MIT */
/* A Unix stream socket at a path, made to be connected to. */
#ifndef BRIDGE_LISTEN_H
#define BRIDGE_LISTEN_H

/*
 * A listening socket, non-blocking; the caller closes it and unlinks the path. A socket
 * file that nobody listens on any more is replaced. -errno: -EADDRINUSE: another server
 * lives there; -EEXIST: not a socket; -ENAMETOOLONG.
 */
int listen_unix(const char *path);

/*
 * One without a name of its own, so that nothing is left of who is killed: `path` leads to it
 * as long as this process lives and keeps `node` open, for programs of the same user.
 * A descriptor to listen on, or -errno.
 */
#define LISTEN_PATH 64
int listen_hidden(char path[LISTEN_PATH], int *node);

/* The other end, for a command line: blocking. A descriptor or -errno. */
int listen_connect(const char *path);

#endif
