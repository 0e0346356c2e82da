/* SPDX-License-Identifier: MIT */
/*
 * 19,000 random traces of many lives: what specs/ say is what the hand-written reference
 * says, verdict by verdict and instant by instant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "specs/events.h"
#include "tests/lib/ccsl_kit.h"
#include "tests/lib/life_ref.h"

#define TRACES  19000
#define LONGEST 400
#define MOST    256

struct verdicts {
	unsigned n;
	struct {
		uint64_t instant;
		char rule[48];
	} v[MOST];
};

struct both {
	struct verdicts spec, ref;
};

static void add(struct verdicts *v, uint64_t instant, const char *rule)
{
	assert_true(v->n < MOST);
	v->v[v->n].instant = instant;
	snprintf(v->v[v->n++].rule, sizeof(v->v[0].rule), "%s", rule);
}

static void on_verdict(void *ctx, const struct ccsl_verdict *v)
{
	add(&((struct both *)ctx)->spec, v->instant, v->rule->name);
}

static void on_fault(void *ctx, enum ref_rule rule, uint64_t instant)
{
	char name[48];

	add(&((struct both *)ctx)->ref, instant, life_ref_name(rule, name, sizeof(name)));
}

static int order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(((struct verdicts *)0)->v[0]));
}

struct maker {
	uint64_t seed;
	struct ccsl_tick t[LONGEST];
	unsigned n;
};

static unsigned pick(struct maker *m, unsigned n)
{
	return (unsigned)(kit_random(&m->seed) >> 33) % n;
}

static void put(struct maker *m, unsigned event, unsigned nargs, uint64_t a, uint64_t b, uint64_t c)
{
	if (m->n == LONGEST)
		return;
	m->t[m->n++] = (struct ccsl_tick){ (uint16_t)event, (uint8_t)nargs, { a, b, c } };
}

/* Anything that the bus may show, most of it where it does not belong. */
static void noise(struct maker *m)
{
	static const uint8_t status[] = { 0,  0,  1,  2,    3,    7,    8,   11,
					  11, 15, 15, 0x4f, 0x83, 0x80, 0x8f };
	uint64_t q = pick(m, 9), s = status[pick(m, sizeof(status))];
	uint64_t vec = pick(m, 3) ? pick(m, 4) : 0xffff, word = pick(m, 5);

	switch (pick(m, 24)) {
	case 0:
		put(m, EV_HOST_RESET, 0, 0, 0, 0);
		return;
	case 1:
	case 2:
	case 3:
		put(m, EV_STATUS_WRITE, 1, s, 0, 0);
		return;
	case 4:
	case 5:
	case 6:
		put(m, EV_STATUS_READ, 1, s, 0, 0);
		return;
	case 7:
		put(m, EV_DEVICE_FEATURE_READ, 2, word, pick(m, 4), 0);
		return;
	case 8:
		put(m, EV_DRIVER_FEATURE_WRITE, 2, word, pick(m, 4), 0);
		return;
	case 9:
		put(m, EV_QUEUE_SIZE_WRITE, 2, q, 64, 0);
		return;
	case 10:
		put(m, EV_QUEUE_ADDR_WRITE, 3, q, pick(m, 6), 4096);
		return;
	case 11:
	case 12:
		put(m, EV_QUEUE_ENABLE_WRITE, 2, q, pick(m, 4) != 0, 0);
		return;
	case 13:
		put(m, pick(m, 2) ? EV_QUEUE_VECTOR_WRITE : EV_QUEUE_VECTOR_READ, 2, q, vec, 0);
		return;
	case 14:
		put(m, pick(m, 2) ? EV_CONFIG_VECTOR_WRITE : EV_CONFIG_VECTOR_READ, 1, vec, 0, 0);
		return;
	case 15:
		put(m, EV_CONFIG_WRITE, 3, 4, 4, 1);
		return;
	case 16:
		put(m, EV_NOTIFY, 3, q, q, 2);
		return;
	case 17:
		put(m, EV_IRQ_INTX, 1, pick(m, 2), 0, 0);
		return;
	case 18:
		put(m, EV_QUEUE_VECTOR_READ, 2, q, pick(m, 4), 0);
		put(m, EV_IRQ_MSIX, 1, pick(m, 4), 0, 0);
		return;
	case 19:
		put(m, EV_ISR_READ, 1, pick(m, 4), 0, 0);
		return;
	case 20:
		put(m, EV_USED_IDX_WRITE, 2, q, 1, 0);
		return;
	case 21:
		put(m, EV_DMA_OTHER, 2, 4096, 0, 0);
		return;
	case 22:
		put(m, EV_QUEUE_RESET_WRITE, 2, q, 1, 0);
		return;
	default:
		put(m, EV_NUM_QUEUES_READ, 1, 2, 0, 0);
	}
}

/* One step of a good life, or now and then none, noise before it, or it twice. */
static void step(struct maker *m, unsigned event, unsigned nargs, uint64_t a, uint64_t b,
		 uint64_t c)
{
	unsigned luck = pick(m, 60);

	if (luck == 0)
		return;
	if (luck == 1)
		noise(m);
	put(m, event, nargs, a, b, c);
	if (luck == 2)
		put(m, event, nargs, a, b, c);
}

static void queue(struct maker *m, uint64_t q)
{
	step(m, EV_QUEUE_SIZE_WRITE, 2, q, 64, 0);
	for (unsigned part = 0; part < 6; part++)
		step(m, EV_QUEUE_ADDR_WRITE, 3, q, part, 4096);
	step(m, EV_QUEUE_VECTOR_WRITE, 2, q, 1, 0);
	step(m, EV_QUEUE_VECTOR_READ, 2, q, 1, 0);
	step(m, EV_QUEUE_ENABLE_WRITE, 2, q, 1, 0);
}

static void life(struct maker *m)
{
	unsigned stop = pick(m, 4) ? 99 : pick(m, 9), stage = 0;

	step(m, EV_STATUS_WRITE, 1, 0, 0, 0);
	for (unsigned i = pick(m, 3); i > 0; i--)
		put(m, EV_STATUS_READ, 1, 15, 0, 0);
	step(m, EV_STATUS_READ, 1, 0, 0, 0);
	if (stage++ == stop)
		return;
	step(m, EV_STATUS_WRITE, 1, 1, 0, 0);
	if (stage++ == stop)
		return;
	step(m, EV_STATUS_WRITE, 1, 3, 0, 0);
	if (stage++ == stop)
		return;
	step(m, EV_DEVICE_FEATURE_READ, 2, 0, 3, 0);
	step(m, EV_DEVICE_FEATURE_READ, 2, 1, 1, 0);
	step(m, EV_DRIVER_FEATURE_WRITE, 2, 0, pick(m, 4), 0);
	step(m, EV_DRIVER_FEATURE_WRITE, 2, 1, 1, 0);
	if (stage++ == stop)
		return;
	step(m, EV_STATUS_WRITE, 1, 11, 0, 0);
	step(m, EV_STATUS_READ, 1, pick(m, 20) ? 11 : 3, 0, 0);
	if (stage++ == stop)
		return;
	for (unsigned q = pick(m, 3); q > 0; q--)
		queue(m, q - 1);
	for (unsigned i = pick(m, 8) ? 0 : 20; i > 0; i--)
		noise(m);
	if (stage++ == stop)
		return;
	step(m, EV_STATUS_WRITE, 1, 15, 0, 0);
	step(m, EV_STATUS_READ, 1, pick(m, 6) ? 15 : 0x4f, 0, 0);
	for (unsigned i = pick(m, 5) ? pick(m, 6) : 70; i > 0; i--) {
		step(m, EV_NOTIFY, 3, 0, 0, 2);
		step(m, EV_USED_IDX_WRITE, 2, 0, 1, 0);
	}
	if (pick(m, 3) == 0)
		step(m, EV_IRQ_MSIX, 1, 1, 0, 0);
}

static void compare(const struct both *b, const struct maker *m, const struct ccsl_spec *spec)
{
	static const char *const who[] = { "specs", "reference" };
	const struct verdicts *v[] = { &b->spec, &b->ref };
	char buf[128];

	if (b->spec.n == b->ref.n && !memcmp(b->spec.v, b->ref.v, b->spec.n * sizeof(b->spec.v[0])))
		return;
	for (unsigned i = 0; i < m->n; i++)
		print_error("%3u %s\n", i, ccsl_tick_str(spec, &m->t[i], buf, sizeof(buf)));
	for (int k = 0; k < 2; k++)
		for (unsigned i = 0; i < v[k]->n; i++)
			print_error("%s: %u %s\n", who[k], (unsigned)v[k]->v[i].instant,
				    v[k]->v[i].rule);
	fail();
}

static void test_random_lives(void **state)
{
	static const char *const paths[] = { "specs/life_device.ccsl", "specs/life_pci.ccsl" };
	struct ccsl_error err;
	struct ccsl_spec *spec = ccsl_load(paths, 2, NULL, NULL, &err);
	uint64_t rules[REF_RULES] = { 0 }, verdicts = 0;

	(void)state;
	assert_non_null(spec);
	for (uint64_t trace = 0; trace < TRACES; trace++) {
		static struct both b;
		static struct maker m;
		struct ccsl_sink sink = { .ctx = &b, .verdict = on_verdict };
		struct ccsl_monitor *mon = ccsl_monitor_new(spec, &sink);
		struct life_ref ref;

		memset(&b, 0, sizeof(b));
		m.seed = 0x9e3779b97f4a7c15u * (trace + 1);
		m.n = 0;
		if (pick(&m, 8))
			put(&m, EV_HOST_RESET, 0, 0, 0, 0);
		for (unsigned lives = 1 + pick(&m, 5); lives > 0; lives--)
			life(&m);
		life_ref_init(&ref, on_fault, &b);
		for (unsigned i = 0; i < m.n; i++) {
			ccsl_step(mon, i, &m.t[i], 1);
			life_ref_step(&ref, &m.t[i]);
		}
		qsort(b.spec.v, b.spec.n, sizeof(b.spec.v[0]), order);
		qsort(b.ref.v, b.ref.n, sizeof(b.ref.v[0]), order);
		compare(&b, &m, spec);
		verdicts += b.spec.n;
		for (unsigned r = 0; r < REF_RULES; r++) {
			char name[48];

			life_ref_name(r, name, sizeof(name));
			for (unsigned i = 0; i < b.ref.n; i++)
				rules[r] += !strcmp(b.ref.v[i].rule, name);
		}
		ccsl_monitor_free(mon);
	}
	ccsl_spec_free(spec);
	/* Both agree for nothing where no trace breaks a rule. */
	for (unsigned r = 0; r < REF_RULES; r++) {
		char name[48];

		if (rules[r] == 0 && r != REF_RESET_ENDS)
			fail_msg("no trace breaks %s", life_ref_name(r, name, sizeof(name)));
	}
	print_message("# %llu verdicts in %d traces\n", (unsigned long long)verdicts, TRACES);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_lives) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
