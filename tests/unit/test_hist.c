/* SPDX-License-Identifier: MIT */
/* Histograms against sorted arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/hist.h"

#define N 5000

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void quantiles_are_near(void **state)
{
	static const double shares[] = { 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1 };
	static uint64_t val[N];
	static struct hist h;
	uint64_t seed = 42;

	(void)state;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		memset(&h, 0, sizeof(h));
		for (unsigned i = 0; i < N; i++) {
			val[i] = next(&seed) >> shift >> (next(&seed) % (64 - shift));
			hist_add(&h, val[i]);
		}
		qsort(val, N, sizeof(val[0]), compare);
		assert_int_equal(h.count, N);
		assert_true(h.max == val[N - 1]);
		for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
			uint64_t want = val[(unsigned)(shares[i] * N + 0.5) - 1];
			uint64_t got = hist_quantile(&h, shares[i]);

			assert_true(got >= want);
			assert_true(got - want <= want / 32);
		}
	}
}

struct bars {
	const uint64_t *val; /* sorted */
	unsigned next, bars;
	uint64_t end;
};

/* The values up to the bar's end, and none of them before the end of the last bar. */
static void bar_holds(void *ctx, uint64_t end, uint64_t count)
{
	struct bars *bars = ctx;
	uint64_t had = 0;

	assert_true(!bars->bars || end > bars->end);
	while (bars->next < N && bars->val[bars->next] <= end) {
		/* An eighth of an octave is no wider than an eighth of its values. */
		assert_true(end - bars->val[bars->next] <= bars->val[bars->next] / 8 + 3);
		bars->next++;
		had++;
	}
	assert_true(had == count && count);
	bars->end = end;
	bars->bars++;
}

static void bars_hold_all(void **state)
{
	static uint64_t val[N];
	static struct hist h;
	struct bars bars = { .val = val };
	uint64_t seed = 7;

	(void)state;
	memset(&h, 0, sizeof(h));
	for (unsigned i = 0; i < N; i++) {
		val[i] = next(&seed) >> (next(&seed) % 64);
		hist_add(&h, val[i]);
	}
	qsort(val, N, sizeof(val[0]), compare);
	hist_each(&h, bar_holds, &bars);
	assert_int_equal(bars.next, N);
	assert_true(bars.bars > 64 && bars.bars <= 64 * HIST_BARS);
}

static void edges(void **state)
{
	static struct hist h;

	(void)state;
	memset(&h, 0, sizeof(h));
	assert_int_equal(hist_quantile(&h, 0.5), 0);
	hist_add(&h, 0);
	assert_int_equal(hist_quantile(&h, 1), 0);
	hist_add(&h, UINT64_MAX);
	assert_true(hist_quantile(&h, 1) == UINT64_MAX);
	assert_int_equal(hist_quantile(&h, 0.5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_near),
		cmocka_unit_test(bars_hold_all),
		cmocka_unit_test(edges),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
