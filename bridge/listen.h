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

/* The other end, for a command line: blocking. A descriptor or -errno. */
int listen_connect(const char *path);

#endif
