/* SPDX-License-Identifier: MIT */
/* Guest memory of any size, made of pages as they are written: the rest reads as zero. */
#ifndef SIM_RAM_H
#define SIM_RAM_H

#include <stddef.h>
#include <stdint.h>

#include "sim/mem.h"

struct ram;

/* NULL: out of memory. */
struct ram *ram_new(void);
void ram_free(struct ram *ram);

/* All zero again. */
void ram_clear(struct ram *ram);

void ram_read(const struct ram *ram, uint64_t gpa, void *buf, size_t len);

/* 0 or -ENOMEM. */
int ram_write(struct ram *ram, uint64_t gpa, const void *buf, size_t len);

/* Of a struct mem_window that it backs; the window's ctx is the ram. It answers at once. */
extern const struct mem_ops ram_ops;

#endif
