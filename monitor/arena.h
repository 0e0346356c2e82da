/* SPDX-License-Identifier: MIT */
/* Memory that is freed all at once: what parsing and compiling a specification needs. */
#ifndef MONITOR_ARENA_H
#define MONITOR_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void); /* NULL: no memory */
void arena_free(struct arena *arena);

/* Zeroed memory; never NULL: calls abort() when there is none. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_strndup(struct arena *arena, const char *s, size_t n);
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for one more element at the end of *v, which holds *n; returns its address. */
void *arena_push(struct arena *arena, void *v, unsigned *n, size_t size);

#endif
