// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * One CCSL monitor for each device. Events come from probes, with preemption off and anywhere
 * from process to interrupt context: they are judged under a raw spinlock, and what has to be
 * said is said by an irq_work right behind it, outside of the lock and of the probe, because
 * a console may be a virtio device itself.
 */
#include <linux/irq_work.h>
#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <linux/rculist.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/virtio_config.h>

#include "vcosim_mon.h"

/* What is known of one rule: how often it was broken, and the last time. */
struct broken {
	u64 times, told;
	u64 when; /* local_clock() */
	struct ccsl_tick tick;
};

struct watched {
	struct list_head list;
	struct rcu_head rcu;
	const struct device *dev;
	const struct ccsl_tables *life; /* what it is judged by */
	char name[32];
	raw_spinlock_t lock; /* all that follows */
	bool judging, live;
	bool modern; /* its status was seen: it is no legacy device over PCI */
	bool legacy; /* it does not offer VERSION_1 */
	struct core *core;
	struct broken *broken; /* by rule */
	struct irq_work tell;
	struct ratelimit_state again;
};

/* Both lists of rules begin with events.ccsl: an event has one number. */
static_assert((int)LIFE_EV_ISR_ACK == (int)LIFE_MMIO_EV_ISR_ACK);

static LIST_HEAD(all);
static DEFINE_MUTEX(all_lock); /* writers of the list; readers are under RCU */

static void print_tick(const struct watched *w, char *to, size_t size, const struct ccsl_tick *t)
{
	int n = scnprintf(to, size, "%s(", w->life->events[t->event].name);

	for (unsigned int i = 0; i < t->nargs; i++)
		n += scnprintf(to + n, size - n, "%s%llu", i ? ", " : "", t->arg[i]);
	scnprintf(to + n, size - n, ")");
}

static void print_broken(const struct watched *w, u32 n, const struct broken *b, u64 before)
{
	const struct ccsl_rule *rule = &w->life->rules[n];
	static const char *const level[] = { "MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY" };
	static const char *const blame[] = { "DRIVER", "DEVICE", "SPEC" };
	u64 us = b->when;
	u32 ns = do_div(us, NSEC_PER_SEC);
	char tick[96], times[40] = "";

	print_tick(w, tick, sizeof(tick), &b->tick);
	if (b->times > 1)
		scnprintf(times, sizeof(times), ", %llu times, %llu since last told", b->times,
			  b->times - before);
	pr_warn("%s: VIOLATION %s %s %s (%s%s) by %s at %llu.%06u, expected: %s\n", w->name,
		rule->nclauses ? rule->clauses[0] : "-", blame[rule->blame], level[rule->level],
		rule->name, times, tick, us, ns / 1000, rule->expect);
}

/* The first time of each rule is always told; after that no more than ten lines in five seconds. */
static void tell(struct irq_work *work)
{
	struct watched *w = container_of(work, struct watched, tell);

	for (u32 i = 0; i < w->life->tab->nrules; i++) {
		struct broken now;
		unsigned long flags;
		u64 before;

		raw_spin_lock_irqsave(&w->lock, flags);
		now = w->broken[i];
		before = now.told;
		if (now.times != before && (!before || __ratelimit(&w->again)))
			w->broken[i].told = now.times;
		else
			now.times = before;
		raw_spin_unlock_irqrestore(&w->lock, flags);
		if (now.times != before)
			print_broken(w, i, &now, before);
	}
}

static void on_fail(void *ctx, const struct core *core, u32 node)
{
	struct watched *w = ctx;
	struct broken *b = &w->broken[core->tab->nodes[node].rule];

	b->times++;
	b->when = local_clock();
	b->tick = core->ticks[0];
	irq_work_queue(&w->tell);
}

static void on_note(void *ctx, const struct core *core, u32 node)
{
}

/* Under the lock. */
static void judge(struct watched *w, const struct ccsl_tick *t)
{
	/* What these mean without a life is not known; a legacy device has no other events. */
	bool common = t->event != LIFE_EV_NOTIFY && t->event != LIFE_EV_CONFIG_WRITE;

	if (w->legacy)
		return;
	w->modern |= common;
	if (!w->judging)
		w->judging = w->live ? t->event == LIFE_EV_STATUS_WRITE && !t->arg[0] : common;
	if (w->judging)
		core_step(w->core, w->core->instants, t, 1);
}

/* Under RCU. */
static struct watched *find_rcu(const struct device *dev)
{
	struct watched *w;

	list_for_each_entry_rcu (w, &all, list)
		if (w->dev == dev)
			return w;
	return NULL;
}

void watched_event(const struct device *dev, unsigned int event, unsigned int nargs, u64 a, u64 b,
		   u64 c)
{
	const struct ccsl_tick t = { event, nargs, { a, b, c } };
	struct watched *w;
	unsigned long flags;

	rcu_read_lock();
	w = find_rcu(dev);
	if (w) {
		raw_spin_lock_irqsave(&w->lock, flags);
		judge(w, &t);
		raw_spin_unlock_irqrestore(&w->lock, flags);
	}
	rcu_read_unlock();
}

void watched_legacy(const struct device *dev)
{
	struct watched *w;
	unsigned long flags;

	rcu_read_lock();
	w = find_rcu(dev);
	if (w) {
		raw_spin_lock_irqsave(&w->lock, flags);
		w->legacy = true;
		raw_spin_unlock_irqrestore(&w->lock, flags);
	}
	rcu_read_unlock();
}

void watched_idle(const struct device *dev)
{
	static const struct ccsl_tick core[] = {
		{ LIFE_EV_STATUS_WRITE, 1, { 0 } },
		{ LIFE_EV_STATUS_READ, 1, { 0 } },
		{ LIFE_EV_STATUS_WRITE, 1, { VIRTIO_CONFIG_S_ACKNOWLEDGE } },
	};
	struct watched *w;
	unsigned long flags;

	rcu_read_lock();
	w = find_rcu(dev);
	if (w) {
		raw_spin_lock_irqsave(&w->lock, flags);
		for (u32 i = 0; i < ARRAY_SIZE(core) && w->modern; i++)
			judge(w, &core[i]);
		raw_spin_unlock_irqrestore(&w->lock, flags);
	}
	rcu_read_unlock();
}

static void destroy(struct watched *w)
{
	if (!w)
		return;
	irq_work_sync(&w->tell);
	for (u32 i = 0; w->broken && i < w->life->tab->nrules; i++)
		if (w->broken[i].times != w->broken[i].told)
			print_broken(w, i, &w->broken[i], w->broken[i].told);
	kvfree(w->core);
	kvfree(w->broken);
	kfree(w);
}

static struct watched *create(struct device *dev, bool live)
{
	struct core_hooks hooks = { .fail = on_fail, .note = on_note };
	struct watched *w = kzalloc(sizeof(*w), GFP_KERNEL);
	void *mem;

	if (!w)
		return NULL;
	w->dev = dev;
	w->life = dev_is_pci(dev) ? &life : &life_mmio;
	w->live = live;
	strscpy(w->name, dev_name(dev), sizeof(w->name));
	raw_spin_lock_init(&w->lock);
	init_irq_work(&w->tell, tell);
	ratelimit_state_init(&w->again, 5 * HZ, 10);
	ratelimit_set_flags(&w->again, RATELIMIT_MSG_ON_RELEASE); /* it says nothing itself */
	w->broken = kvcalloc(w->life->tab->nrules, sizeof(*w->broken), GFP_KERNEL);
	mem = kvzalloc(core_size(w->life->tab), GFP_KERNEL);
	hooks.ctx = w;
	if (mem)
		w->core = core_init(mem, w->life->tab, &hooks);
	if (w->broken && w->core)
		return w;
	destroy(w);
	return NULL;
}

static struct watched *find(const struct device *dev)
{
	struct watched *w;

	list_for_each_entry (w, &all, list)
		if (w->dev == dev)
			return w;
	return NULL;
}

int watched_add(struct device *dev, bool live)
{
	struct watched *w;
	int err = 0;

	mutex_lock(&all_lock);
	if (!find(dev)) {
		w = create(dev, live);
		if (w)
			list_add_tail_rcu(&w->list, &all);
		else
			err = -ENOMEM;
	}
	mutex_unlock(&all_lock);
	return err;
}

void watched_remove(const struct device *dev)
{
	struct watched *w;

	mutex_lock(&all_lock);
	w = find(dev);
	if (w)
		list_del_rcu(&w->list);
	mutex_unlock(&all_lock);
	if (!w)
		return;
	synchronize_rcu();
	destroy(w);
}

void watched_remove_all(void)
{
	struct watched *w, *next;
	LIST_HEAD(gone);

	mutex_lock(&all_lock);
	list_splice_init_rcu(&all, &gone, synchronize_rcu);
	mutex_unlock(&all_lock);
	synchronize_rcu();
	list_for_each_entry_safe (w, next, &gone, list)
		destroy(w);
}
