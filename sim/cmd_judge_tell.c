/* SPDX-License-Identifier: MIT */
/* What is told of a verdict, on the terminal and in the report. */
#include "sim/cmd_judge_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/axi_rules.h"
#include "sim/cmd_coverage.h"

#define VERDICTS_MAX 64 /* kept whole for the report; all are counted */

void judge_tell_last_events(const struct judge *judge, FILE *to)
{
	unsigned n = judge->nlast < JUDGE_LAST_EVENTS ? judge->nlast : JUDGE_LAST_EVENTS;

	for (unsigned i = judge->nlast - n; i != judge->nlast; i++) {
		char text[EVENT_STR_MAX];

		fprintf(to, "    %12" PRIu64 "  %s\n", judge->last_cycle[i % JUDGE_LAST_EVENTS],
			event_str(&judge->last[i % JUDGE_LAST_EVENTS], text, sizeof(text)));
	}
}

static const char *primary(const struct ccsl_rule *rule)
{
	return rule->nclauses ? rule->clauses[0] : rule->name;
}

FILE *judge_telling_begin(struct judge_telling *telling)
{
	*telling = (struct judge_telling){ NULL, NULL, 0 };
	telling->to = open_memstream(&telling->text, &telling->len);
	return telling->to;
}

void judge_telling_end(const struct judge *judge, struct judge_telling *telling, json_t *verdict,
		       bool aloud)
{
	if (!telling->to || fclose(telling->to))
		return;
	if (judge->cfg.story && aloud) {
		fprintf(judge->cfg.story, "\n%s\n", telling->text);
		fflush(judge->cfg.story);
	}
	json_object_set_new(verdict, "text", json_string(telling->text));
	free(telling->text);
}

/* Of what the specification recommends, or is itself wrong about: it changes no exit status. */
static bool advisory(const struct ccsl_rule *rule)
{
	return rule->blame == CCSL_SPEC || rule->level == CCSL_SHOULD ||
	       rule->level == CCSL_SHOULD_NOT || rule->level == CCSL_MAY;
}

static void tell_verdict(const struct judge *judge, const struct ccsl_verdict *v, FILE *to)
{
	const struct ccsl_rule *rule = v->rule;

	fprintf(to, "  %s  %s  %s %s  (%s)\n", advisory(rule) ? "ADVICE" : "VIOLATION",
		primary(rule), ccsl_blame_name(rule->blame), ccsl_level_name(rule->level),
		rule->name);
	fprintf(to, "    at cycle  %" PRIu64 "\n    event     %s\n    expected  %s\n", v->cycle,
		v->event, rule->expect);
	for (const char *line = v->explain; line && *line;) {
		int n = (int)strcspn(line, "\n");

		fprintf(to, "    | %.*s\n", n, line);
		line += n + (line[n] == '\n');
	}
	fprintf(to, "    the last events, by cycle:\n");
	judge_tell_last_events(judge, to);
}

/* Takes the verdict. `again`: the report has one of this kind already. */
void judge_keep_verdict(struct judge *judge, json_t *verdict, bool again)
{
	if (judge->cfg.verdict)
		judge->cfg.verdict(judge->cfg.ctx, verdict);
	if (!again && json_array_size(judge->verdicts) < VERDICTS_MAX)
		json_array_append(judge->verdicts, verdict);
	json_decref(verdict);
}

void judge_verdict(void *ctx, const struct ccsl_verdict *v)
{
	struct judge *judge = ctx;
	const struct ccsl_rule *rule = v->rule;
	json_t *clauses, *verdict;
	bool advice = advisory(rule), again = advice && judge->said[v->index];
	struct judge_telling telling;

	if (judge->blind[v->index])
		return;
	if (v->waived) {
		profile_count(&judge->profile, rule->name);
		return;
	}
	if (advice)
		judge->advice++;
	else
		judge->against++;
	clauses = json_array();
	for (unsigned i = 0; i < rule->nclauses; i++)
		json_array_append_new(clauses, json_string(rule->clauses[i]));
	verdict = json_pack("{s:s, s:o, s:s, s:s, s:s, s:I, s:s, s:s}", "clause", primary(rule),
			    "clauses", clauses, "rule", rule->name, "blame",
			    ccsl_blame_name(rule->blame), "level", ccsl_level_name(rule->level),
			    "cycle", (json_int_t)v->cycle, "event", v->event, "expected",
			    rule->expect);
	if (!again && judge_telling_begin(&telling)) {
		tell_verdict(judge, v, telling.to);
		judge_telling_end(judge, &telling, verdict, !advice);
	}
	judge_keep_verdict(judge, verdict, again);
	judge->said[v->index] = advice ? COVERAGE_ADVISED : COVERAGE_HELD;
}

/* No clause says it: the bus that a device speaks is its own affair, but it is to speak it. */
void judge_broken(struct judge *judge, uint64_t cycle, unsigned rule)
{
	const struct axi_rule *what = axi_rule(rule);
	struct judge_telling telling;
	json_t *verdict;
	FILE *to;

	if (!what || !what->device)
		return;
	observer_flush(judge->observer);
	judge->against++;
	to = judge_telling_begin(&telling);
	if (to) {
		fprintf(to, "  AXI  %s  DEVICE MUST  (AMBA AXI, %s)\n", what->name, what->section);
		fprintf(to, "    at cycle  %" PRIu64 "\n    expected  %s\n", cycle, what->text);
		fprintf(to, "    the last events, by cycle:\n");
		judge_tell_last_events(judge, to);
	}
	verdict = json_pack("{s:s, s:[s], s:s, s:s, s:s, s:I, s:s, s:s}", "clause", "AXI",
			    "clauses", what->section, "rule", what->name, "blame", "DEVICE",
			    "level", "MUST", "cycle", (json_int_t)cycle, "event",
			    "a rule of AXI broken", "expected", what->text);
	judge_telling_end(judge, &telling, verdict, true);
	judge_keep_verdict(judge, verdict, false);
}
