/* SPDX-License-Identifier: MIT */
/* The run-time side of the public interface. */
#include "monitor/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WAIVE_ALL  UINT64_MAX
#define WAIVE_ARGS 63 /* 0 to 62: never all bits */

/* All ticks that broke it have a first argument that is waived. */
static bool is_waived(const struct ccsl_monitor *mon, uint32_t rule, uint32_t node)
{
	const struct core *core = mon->core;
	uint64_t waived = mon->waived[rule], set;

	if (!waived || waived == WAIVE_ALL)
		return waived;
	set = monitor_causes(mon, node);
	for (unsigned i = 0; i < core->nticks && i < 64; i++) {
		const struct ccsl_tick *t = &core->ticks[i];

		if ((set >> i & 1) &&
		    !(t->nargs && t->arg[0] < WAIVE_ARGS && waived >> t->arg[0] & 1))
			return false;
	}
	return set;
}

static void on_fail(void *ctx, const struct core *core, uint32_t id)
{
	struct ccsl_monitor *mon = ctx;
	uint32_t rule = core->tab->nodes[id].rule;
	struct ccsl_verdict v = {
		.rule = ccsl_rule(mon->spec, rule),
		.index = rule,
		.waived = is_waived(mon, rule, id),
		.cycle = core->cycle,
		.instant = core->instant,
		.ticks = core->ticks,
		.nticks = core->nticks,
		.event = mon->event,
		.explain = mon->explain,
	};

	if (v.waived)
		mon->waivers++;
	else
		mon->violations++;
	/* A rule is told once a life; this one stays awake for what is not waived. */
	if (v.waived && mon->waived[rule] != WAIVE_ALL)
		mon->core->verdicts[rule].muted = 0;
	if (!mon->sink.verdict)
		return;
	monitor_explain(mon, id);
	mon->sink.verdict(mon->sink.ctx, &v);
}

static void on_note(void *ctx, const struct core *core, uint32_t id)
{
	struct ccsl_monitor *mon = ctx;
	const struct node *n = mon->spec->order[id];

	if (mon->sink.note)
		mon->sink.note(mon->sink.ctx, n->op[0]->name, n->text, core->cycle);
}

struct ccsl_monitor *ccsl_monitor_new(const struct ccsl_spec *spec, const struct ccsl_sink *sink)
{
	struct ccsl_monitor *mon = calloc(1, sizeof(*mon));
	void *mem = malloc(core_size(&spec->tab));
	uint64_t *waived = calloc(spec->nrules + 1, sizeof(*waived));
	struct core_hooks hooks = { mon, on_fail, on_note };

	if (!mon || !mem || !waived) {
		free(mon);
		free(mem);
		free(waived);
		return NULL;
	}
	mon->spec = spec;
	if (sink)
		mon->sink = *sink;
	mon->waived = waived;
	mon->core = core_init(mem, &spec->tab, &hooks);
	return mon;
}

void ccsl_monitor_free(struct ccsl_monitor *mon)
{
	if (!mon)
		return;
	free(mon->core);
	free(mon->waived);
	free(mon);
}

/* The length of the name in "name(n)", and the bit of n; all bits if there is no "(n)". */
static size_t parse_waiver(const char *text, uint64_t *mask)
{
	const char *open = strchr(text, '(');
	unsigned long arg;
	char *end;

	*mask = WAIVE_ALL;
	if (!open)
		return strlen(text);
	arg = strtoul(open + 1, &end, 10);
	*mask = end != open + 1 && !strcmp(end, ")") && arg < WAIVE_ARGS ? (uint64_t)1 << arg : 0;
	return (size_t)(open - text);
}

int ccsl_waive(struct ccsl_monitor *mon, const char *rule)
{
	uint64_t mask;
	size_t len = parse_waiver(rule, &mask);
	bool found = false;

	if (!mask)
		return -EINVAL;
	for (unsigned i = 0; i < mon->spec->nrules; i++) {
		const char *name = mon->spec->rule_order[i]->pub.name;

		if (strncmp(name, rule, len) || (name[len] && name[len] != '['))
			continue;
		mon->waived[i] |= mask;
		found = true;
	}
	return found ? 0 : -ENOENT;
}

void ccsl_step(struct ccsl_monitor *mon, uint64_t cycle, const struct ccsl_tick *ticks, unsigned n)
{
	mon->instants++;
	mon->events += n;
	core_step(mon->core, cycle, ticks, n);
}

void ccsl_grant(struct ccsl_monitor *mon, uint64_t cycles)
{
	core_grant(mon->core, cycles);
}

void ccsl_finish(struct ccsl_monitor *mon, uint64_t cycle)
{
	core_finish(mon->core, cycle);
}

/* Could this relation ever have failed? Never a: a guard was looked at, a clock was near. */
static bool exercised(const struct core *core, const struct node *n)
{
	/* An event elsewhere is no exercise: the relation itself must have seen it. */
	if (n->kind == CORE_NEVER)
		return core->clocks[n->op[0]->id].seen || core->clocks[n->id].seen;
	return core->clocks[n->id].count != 0;
}

enum ccsl_result ccsl_result(const struct ccsl_monitor *mon, unsigned index, uint64_t *violations)
{
	const struct core *core = mon->core;
	const struct rule *rule = mon->spec->rule_order[index];
	const struct core_verdicts *v = &core->verdicts[index];
	bool touched = false;

	if (violations)
		*violations = v->violations;
	if (v->violations)
		return CCSL_VIOLATED;
	for (unsigned i = 0; i < rule->nrel; i++) {
		touched |= exercised(core, rule->rel[i]);
		if (v->muted != core->lives[rule->scope->id].gen &&
		    core_pending(core, rule->rel[i]->id))
			return CCSL_PENDING;
	}
	return touched ? CCSL_OK : CCSL_VACUOUS;
}

void ccsl_count(const struct ccsl_monitor *mon, struct ccsl_count *count)
{
	*count = (struct ccsl_count){
		.instants = mon->instants,
		.events = mon->events,
		.violations = mon->violations,
		.waived = mon->waivers,
		.constraints = mon->spec->nrules,
	};
}
