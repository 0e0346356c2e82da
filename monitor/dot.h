/* SPDX-License-Identifier: MIT */
/* A picture of a specification. */
#ifndef MONITOR_DOT_H
#define MONITOR_DOT_H

#include <stdio.h>

struct ccsl_spec;

/* Clocks, scopes and relations as a graphviz digraph; arrows go to what reads a clock. */
void dot_write(const struct ccsl_spec *spec, FILE *to);

#endif
