/* SPDX-License-Identifier: MIT */
/*
 * What of the RTL was reached, of a class that was built with Verilator's coverage: of all models
 * of a process the largest count of each point, so that two changes of a toggle point are there and
 * back in one of them. Written at exit to $VCOSIM_COVERAGE/DUT.PID.dat. For sim/model.cpp alone.
 */
#ifndef SIM_MODEL_COVERAGE_H
#define SIM_MODEL_COVERAGE_H

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include <verilated_cov.h>

/* The first model that goes is kept, with its counters: what names them points into it. */
template <class IMPL, class COUNTERS> class coverage
{
	static IMPL *&kept()
	{
		static IMPL *impl;
		return impl;
	}
	static void write()
	{
		const char *dir = getenv("VCOSIM_COVERAGE");
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s.%d.dat", dir, kept()->top.modelName(),
			 getpid());
		Verilated::threadContextp(&kept()->context);
		kept()->context.coveragep()->write(path);
	}

      public:
	/* Takes over from a model that goes; true: it is kept. */
	static bool keep(IMPL *impl, COUNTERS counters)
	{
		if (!getenv("VCOSIM_COVERAGE"))
			return false;
		if (!kept()) {
			kept() = impl;
			atexit(write);
			return true;
		}
		auto &best = counters(kept());
		auto &now = counters(impl);

		for (size_t i = 0; i < sizeof(best) / sizeof(best[0]); i++)
			if (best[i] < now[i])
				best[i] = now[i].load();
		return false;
	}
};

#endif
