/* SPDX-License-Identifier: MIT */
/* Which clauses a session put to the test: a clause that nothing could have broken is not kept. */
#ifndef SIM_CMD_COVERAGE_H
#define SIM_CMD_COVERAGE_H

#include <jansson.h>
#include <stdint.h>

#include "monitor/ccsl.h"

/* What was said of a rule so far: nothing, or only what a profile waives; advice; a verdict. */
enum coverage_told { COVERAGE_SILENT, COVERAGE_ADVISED, COVERAGE_HELD };

/*
 * {"exercised": [ids], "never": [ids], "violated": [ids], "advised": [ids], "not_observable":
 * [ids]} of the clauses that the rules stand for, each in the order of the rules. Exercised: by a
 * rule that could have failed (specs/README.md, 9); violated, advised: of those, the ones that a
 * rule names first of which a verdict, or advice, was told. Not observable, and then neither
 * exercised nor never: the session does not show what a rule that names the clause first reads, or
 * no rule of it can be decided. told: enum coverage_told by rule; blind: by rule, that it cannot be
 * decided.
 */
json_t *coverage_report(const struct ccsl_spec *spec, const struct ccsl_monitor *monitor,
			const uint8_t *told, const bool *blind);

#endif
