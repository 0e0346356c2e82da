/* SPDX-License-Identifier: MIT */
/*
 * What the source of a session cannot show, and the rules that therefore nobody can decide. In a
 * trace's header:
 *
 *   "hidden"   events, or arguments of events, that were not shown: "pci_cfg_read",
 *              "notify.size"; "rule:NAME": one that cannot be decided for another reason
 *   "decides"  if it is there, the only rules that can be decided, by name
 */
#ifndef SIM_CMD_HIDDEN_H
#define SIM_CMD_HIDDEN_H

#include <jansson.h>
#include <stdbool.h>

#include "monitor/ccsl.h"

/*
 * rules[i]: rule i cannot be decided. header may be NULL: everything was shown. Names that the
 * specification does not have hide nothing. False: no memory.
 */
bool hidden_rules(const struct ccsl_spec *spec, const json_t *header, bool *rules);

#endif
