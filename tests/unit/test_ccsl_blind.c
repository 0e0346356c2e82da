/* SPDX-License-Identifier: MIT */
/* Rules that cannot be decided by who is not shown everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/ccsl.h"

static const char text[] =
	"Event a(q, v)\n"
	"Event b(v)\n"
	"Event c()\n"
	"Event d()\n"
	"Event up()\n"
	"Clock big when b if v > 3\n"
	"Clock low when b if v <= 3, d\n"
	"Let any be big + d\n"
	"Var seen = 0 on a set v\n"
	"Var twice[4] = 0 on d set [seen] 1\n"
	"Var noted = 0 on low set 1\n"
	"Rule plain    { clause X-1 First c < d }\n"
	"Rule guard    { clause X-2 First c < big }\n"
	"Rule through  { clause X-3 Never any }\n"
	"Rule variable { clause X-4 Require seen == 0 when c }\n"
	"Rule cell     { clause X-5 Require twice[1] == 0 when c }\n"
	"Rule argument { clause X-6 Require v == 1 when b }\n"
	"Rule whole    { clause X-7 First a < c }\n"
	"Rule member   { clause X-8 First a[2] < c }\n"
	"Rule code     { clause X-9 Require (twice[v & 3] + v * 2) != 9 when b }\n"
	"Rule noter    { clause X-10 Require noted != 0 when c }\n"
	"Scope life restarts up { Rule inside { clause X-11 First c < d } }\n";

/* The rules that are blind, by the last part of their clause: "3 4". */
static void expect(const struct ccsl_hidden *hidden, unsigned n, const char *want)
{
	struct ccsl_error err;
	struct ccsl_spec *spec = ccsl_load_text("t.ccsl", text, NULL, NULL, &err);
	bool blind[32];
	char got[64] = "";

	assert_non_null(spec);
	assert_true(ccsl_rules(spec) <= 32);
	assert_int_equal(ccsl_blind(spec, hidden, n, blind), 0);
	for (unsigned want_clause = 1; want_clause <= 11; want_clause++)
		for (unsigned i = 0; i < ccsl_rules(spec); i++) {
			const char *id = ccsl_rule(spec, i)->clauses[0] + 2;
			char num[8];

			snprintf(num, sizeof(num), "%u", want_clause);
			if (strcmp(id, num) || !blind[i])
				continue;
			strcat(got, got[0] ? " " : "");
			strcat(got, id);
		}
	assert_string_equal(got, want);
	ccsl_spec_free(spec);
}

enum { A, B, C, D, UP };

static void test_nothing_hidden(void **state)
{
	(void)state;
	expect(NULL, 0, "");
}

static void test_event(void **state)
{
	(void)state;
	expect((struct ccsl_hidden[]){ { A, CCSL_WHOLE } }, 1, "4 5 7 8 9");
	expect((struct ccsl_hidden[]){ { D, CCSL_WHOLE } }, 1, "1 3 5 9 10 11");
}

static void test_argument(void **state)
{
	(void)state;
	/* Not `whole`: that there was an a is shown. */
	expect((struct ccsl_hidden[]){ { A, 1 } }, 1, "4 5 9");
	expect((struct ccsl_hidden[]){ { A, 0 } }, 1, "8");
	expect((struct ccsl_hidden[]){ { B, 0 } }, 1, "2 3 6 9 10");
}

static void test_scope(void **state)
{
	(void)state;
	expect((struct ccsl_hidden[]){ { UP, CCSL_WHOLE } }, 1, "11");
}

static void test_several(void **state)
{
	(void)state;
	expect((struct ccsl_hidden[]){ { A, 0 }, { UP, CCSL_WHOLE } }, 2, "8 11");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_hidden), cmocka_unit_test(test_event),
		cmocka_unit_test(test_argument),       cmocka_unit_test(test_scope),
		cmocka_unit_test(test_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
