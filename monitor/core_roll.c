/* SPDX-License-Identifier: MIT */
/*
 * Rolls: the list of nodes that a tick touches, less those that sleep.
 *
 * A roll begins as the whole list of its slot. It is looked through after 4 walks, then after
 * 8, 16 ... more, and nodes that can do nothing until their scope restarts are left out. When
 * one of their scopes does restart, a new epoch begins and each roll is the whole list again.
 * So sleep costs little where scopes restart often, and nothing has to be undone.
 */
#include "monitor/core_priv.h"

#define FIRST_LOOK 4
#define LAST_LOOK  (1 << 20)
#define DEPTH      4  /* of clocks that read clocks, as far as anybody looks */
#define READERS    64 /* of a clock, as many as anybody looks at */

/*
 * Nothing that ticks makes a difference to this relation before its scope restarts. What is
 * settled must have been exercised, or it would count as never exercised.
 */
static bool settled(const struct core *core, uint32_t id, const struct core_node *n)
{
	if (core_muted(core, n))
		return true;
	if (!core->clocks[id].count || core->clocks[id].gen != core->lives[n->scope].gen)
		return false;
	if (n->kind == CORE_FIRST || (n->kind == CORE_ALLOW && (n->p[0] & CORE_IN_ENDLESS)))
		return core->state[n->state] != 0;
	return false;
}

static bool asleep(struct core *core, uint32_t id, const struct core_node *n)
{
	struct core_life *life = &core->lives[n->scope];

	if (life->open && (n->kind < CORE_SUB || !settled(core, id, n)))
		return false;
	life->slept_in = true;
	return true;
}

/*
 * A clock without state of its own, whose readers are all asleep or clocks like it. Not a minus: it
 * may tick for others before a restart wakes what keeps it from that, and no tick is taken back.
 */
static bool unread(struct core *core, const struct core_node *n, unsigned depth, unsigned *looks)
{
	const uint32_t *user = core->tab->users + n->user;

	if (!core_stateless(n) || n->kind == CORE_MINUS || depth == 0 || n->nuser > *looks)
		return false;
	*looks -= n->nuser;
	for (uint32_t i = 0; i < n->nuser; i++) {
		const struct core_node *u = &core->tab->nodes[user[i]];

		if (!asleep(core, user[i], u) && !unread(core, u, depth - 1, looks))
			return false;
	}
	return true;
}

static bool sleeps(struct core *core, uint32_t id)
{
	const struct core_node *n = &core->tab->nodes[id];
	unsigned looks = READERS;

	return asleep(core, id, n) || unread(core, n, DEPTH, &looks);
}

void core_roll_call(struct core *core, uint32_t slot)
{
	const struct core_slot *s = &core->tab->slots[slot];

	core->rolls[slot] = (struct core_roll){
		.epoch = core->epoch,
		.sub = core->tab->subs + s->sub,
		.nsub = s->nsub,
		.nupd = s->nupd,
		.left = FIRST_LOOK,
		.lull = FIRST_LOOK,
	};
}

void core_roll_rest(struct core *core, uint32_t slot)
{
	const struct core_slot *s = &core->tab->slots[slot];
	const struct core_sub *sub = core->tab->subs + s->sub, *end = sub + s->nsub;
	struct core_roll *r = &core->rolls[slot];
	struct core_sub *awake = core->subs + s->sub;

	if (r->lull < LAST_LOOK)
		r->lull *= 2;
	r->left = r->lull;
	r->sub = awake;
	r->nsub = 0;
	for (; sub < end; sub++)
		if (!sleeps(core, sub->node))
			awake[r->nsub++] = *sub;
}
