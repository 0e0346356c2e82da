/* SPDX-License-Identifier: MIT */
/* A specification as C, for the step engine alone. */
#ifndef MONITOR_EMIT_H
#define MONITOR_EMIT_H

#include <stdbool.h>
#include <stdio.h>

struct ccsl_spec;

/* Why NAME, which has letters, digits and _ only, can name nothing here; NULL: it can. */
const char *emit_refuse(const char *name);

/* Are there two events whose ids would have the same name in the header? Those. */
bool emit_twins(const struct ccsl_spec *spec, const char **one, const char **other);

/*
 * Writes constant tables that define `const struct ccsl_tables NAME` (monitor/tables.h). NAME
 * is a C identifier that is not refused. The text needs no header but that one.
 */
void emit_source(const struct ccsl_spec *spec, const char *name, FILE *to);

/* Declares it, NAME_WORDS, and the ids of events as NAME_EV_<EVENT>. */
void emit_header(const struct ccsl_spec *spec, const char *name, FILE *to);

#endif
