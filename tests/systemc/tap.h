/* SPDX-License-Identifier: MIT */
/* TAP from a SystemC process: cmocka leaves a failed test by longjmp, which no process may. */
#ifndef TESTS_SYSTEMC_TAP_H
#define TESTS_SYSTEMC_TAP_H

#include <cstdio>
#include <string>

struct tap {
	unsigned n = 0, failed = 0;

	bool ok(bool good, const std::string &name)
	{
		printf("%sok %u - %s\n", good ? "" : "not ", ++n, name.c_str());
		failed += !good;
		return good;
	}

	template <class A, class B> bool eq(const A &got, const B &want, const std::string &name)
	{
		bool good = got == want;

		ok(good, name);
		if (!good)
			printf("# got %s, not %s\n", std::to_string(got).c_str(),
			       std::to_string(want).c_str());
		return good;
	}

	int status() const
	{
		return failed || !n;
	}
};

#endif
