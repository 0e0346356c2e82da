/* SPDX-License-Identifier: MIT */
#include "sim/cmd_coverage.h"

enum grade { UNSEEN, NEVER, EXERCISED, BLIND, ADVISED, VIOLATED };

/* The better of what is known of a clause and this. */
static void grade_clause(json_t *grades, const char *id, enum grade grade)
{
	const json_t *had = json_object_get(grades, id);

	if (!had || json_integer_value(had) < (json_int_t)grade)
		json_object_set_new(grades, id, json_integer(grade));
}

static enum grade grade_rule(bool reached, enum coverage_told told, bool primary, bool blind)
{
	if (blind)
		return primary ? BLIND : UNSEEN;
	if (told == COVERAGE_HELD && primary)
		return VIOLATED;
	if (told == COVERAGE_ADVISED && primary)
		return ADVISED;
	return reached ? EXERCISED : NEVER;
}

json_t *coverage_report(const struct ccsl_spec *spec, const struct ccsl_monitor *monitor,
			const uint8_t *told, const bool *blind)
{
	json_t *grades = json_object(), *exercised = json_array(), *never = json_array(),
	       *violated = json_array(), *advised = json_array(), *unseen = json_array(), *grade;
	const char *id;

	for (unsigned i = 0; i < ccsl_rules(spec); i++) {
		const struct ccsl_rule *rule = ccsl_rule(spec, i);
		uint64_t broken = 0;
		bool reached = ccsl_result(monitor, i, &broken) != CCSL_VACUOUS || broken;

		for (unsigned c = 0; c < rule->nclauses; c++)
			grade_clause(grades, rule->clauses[c],
				     grade_rule(reached, told[i], !c, blind[i]));
	}
	json_object_foreach(grades, id, grade)
	{
		json_int_t got = json_integer_value(grade);

		if (got == UNSEEN || got == BLIND)
			json_array_append_new(unseen, json_string(id));
		else
			json_array_append_new(got == NEVER ? never : exercised, json_string(id));
		if (got >= ADVISED)
			json_array_append_new(got == ADVISED ? advised : violated, json_string(id));
	}
	json_decref(grades);
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "exercised", exercised, "never", never,
			 "violated", violated, "advised", advised, "not_observable", unseen);
}
