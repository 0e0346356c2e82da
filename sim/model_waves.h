/* SPDX-License-Identifier: MIT */
/*
 * The waves of a model, C++: one FST of the Verilated class and, beside it, of the module
 * `clocks` that shows the monitor's side. Included by sim/model.cpp where it is built with
 * tracing.
 */
#ifndef SIM_MODEL_WAVES_H
#define SIM_MODEL_WAVES_H

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <Vclocks.h>
#include <verilated.h>
#include <verilated_fst_c.h>

#include "sim/event.h"
#include "sim/monitor_pins.h"

class waves
{
      public:
	explicit waves(VerilatedContext &context) : monitor{ &context, "monitor" }
	{
#define CLOCK(id, name)  clock[id] = &monitor.name;
#define ARG(id, n, name) arg[id][n] = &monitor.name;
		MONITOR_PINS(CLOCK, ARG)
#undef CLOCK
#undef ARG
		monitor.eval();
	}

	template <class dut> int open(dut &top, const char *path)
	{
		if (!prepared) {
			top.contextp()->traceEverOn(true);
			file.set_time_unit("1ns");
			file.set_time_resolution("1ps");
			top.trace(&file, 99);
			monitor.trace(&file, 99);
			prepared = true;
		}
		file.open(path);
		return file.isOpen() ? 0 : -EIO;
	}

	void dump(uint64_t cycle, bool high)
	{
		monitor.eval();
		file.dump(1000 * cycle + (high ? 500 : 0));
	}

	void event(const struct event &ev)
	{
		*clock[ev.id] = 1;
		for (unsigned i = 0; i < ev.nargs; i++)
			*arg[ev.id][i] = ev.arg[i];
	}

	void calm()
	{
		for (auto *c : clock)
			*c = 0;
	}

	void close()
	{
		file.close();
	}

	void events_text(const char *text)
	{
		say(monitor.events, text);
	}

	void verdict_text(const char *text)
	{
		say(monitor.verdict, text);
	}

      private:
	/* The first character in the highest byte, as SystemVerilog has strings. */
	static void say(VlWide<16> &to, const char *text)
	{
		size_t n = std::min<size_t>(strlen(text), 64);

		for (size_t i = 0; i < 16; i++)
			to[i] = 0;
		for (size_t i = 0; i < n; i++) {
			size_t byte = n - 1 - i;

			to[byte / 4] |= static_cast<uint32_t>(static_cast<uint8_t>(text[i]))
					<< (8 * (byte % 4));
		}
	}

	Vclocks monitor;
	VerilatedFstC file;
	bool prepared = false;
	CData *clock[EV_COUNT];
	QData *arg[EV_COUNT][EVENT_MAX_ARGS];
};

#endif
