/* SPDX-License-Identifier: MIT */
/*
 * What `vcosim ccsl emit-c` writes: a specification as constant data, for a program that has
 * the step engine (monitor/core*.c) and nothing else: no parser, no files, no heap.
 *
 *	static uint64_t mem[NAME_WORDS];
 *	struct core *core = core_init(mem, NAME.tab, &hooks);
 *	core_step(core, cycle, &(struct ccsl_tick){ NAME_EV_X, ... }, 1);
 *
 * In a fail hook the rule is NAME.rules[core->tab->nodes[node].rule]; in a note hook the text
 * is that of the note with this node.
 */
#ifndef MONITOR_TABLES_H
#define MONITOR_TABLES_H

#include "monitor/core.h"

/* An event; its id is its place in the list. */
struct ccsl_event_text {
	const char *name;
	uint32_t nargs;
};

struct ccsl_note_text {
	uint32_t node;
	const char *clock, *text;
};

struct ccsl_tables {
	const char *name;
	const struct core_tab *tab;
	const struct ccsl_event_text *events; /* tab->nevents of them */
	const struct ccsl_rule *rules;        /* tab->nrules of them */
	const struct ccsl_note_text *notes;
	uint32_t nnotes;
	size_t bytes; /* core_size(tab) where the tables were made; less where pointers are short */
};

#endif
