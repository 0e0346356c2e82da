/* SPDX-License-Identifier: MIT */
/*
 * A tracing instance of our own with kprobe events of our own (Linux,
 * Documentation/trace/ftrace.rst "Instances", kprobetrace.rst). Both carry the process in their
 * name, so that what a killed one left behind can be told from what is in use, and be removed.
 */
#ifndef BRIDGE_TRACEFS_H
#define BRIDGE_TRACEFS_H

#define TRACEFS_WHY 200

struct tracefs;

/*
 * Makes the instance; removes what others left behind. root NULL: where tracefs is mounted. 0, or
 * -errno with one line in `why`.
 */
int tracefs_open(const char *root, struct tracefs **out, char why[TRACEFS_WHY]);

/*
 * Adds a kprobe event: kind 'p' or 'r', its name, where ("vp_reset", "virtio_pci:vp_reset", an
 * address) and what to fetch. 0 or -errno.
 */
int tracefs_probe(struct tracefs *t, char kind, const char *event, const char *where,
		  const char *fetch);

/* Lets all probes so far write, and module_load as well. 0, or -errno with a line in `why`. */
int tracefs_start(struct tracefs *t, char why[TRACEFS_WHY]);

/* The file descriptor of trace_pipe, which does not block; after tracefs_start. */
int tracefs_pipe(const struct tracefs *t);

/* Removes all of it. NULL is nothing. */
void tracefs_close(struct tracefs *t);

#endif
