/* SPDX-License-Identifier: MIT */
/*
 * Register transfers a second: the C testbench (struct dev in a rig) against the same rig
 * behind TLM, across the example platform's bus. Same object files, same process; sides
 * alternate; medians. usage: bench_systemc OUT.json [RUNS]
 */
#include <algorithm>
#include <ctime>
#include <memory>
#include <vector>

#include "sim/systemc/platform.h"

#define TRANSFERS 100000
#define GOAL      0.5

namespace
{

const struct dev_reg reg = { BUS_BAR, 0, 2, 0x12 }; /* num_queues: reading changes nothing */

double seconds()
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) / 1e9;
}

/* Millions a second; 0: an access failed. */
template <class Access> double rate(Access access)
{
	double from = seconds();

	for (unsigned i = 0; i < TRANSFERS; i++)
		if (access())
			return 0;
	return TRANSFERS / (seconds() - from) / 1e6;
}

double median(std::vector<double> v)
{
	std::sort(v.begin(), v.end());
	return v.size() % 2 ? v[v.size() / 2] : (v[v.size() / 2 - 1] + v[v.size() / 2]) / 2;
}

struct rig_config config(const char *name)
{
	struct rig_config cfg = {};

	cfg.name = name;
	cfg.dev.features = DEV_FEATURES_ALL;
	cfg.spec = "specs/virtio.ccsl";
	return cfg;
}

/* Memory space on. */
int enable(const struct port &port)
{
	return port.write(port.ctx, { BUS_CFG, 0, 2, 4 }, 2);
}

int measure(platform &top, const char *out, unsigned runs)
{
	struct rig_config cfg = config("bench");
	struct mem *mem = mem_new();
	std::vector<double> c, tlm;
	struct rig *rig;
	struct port plain, across;
	json_t *report;

	cfg.mem = mem;
	rig = rig_new(&cfg);
	if (!rig || !top.device.plug(config("bench")))
		return 2;
	plain = port_of_dev(rig_dev(rig));
	across = top.cpu.port();
	if (enable(plain) || enable(across))
		return 2;
	for (unsigned i = 0; i < runs; i++) {
		uint32_t val;

		c.push_back(rate([&] { return plain.read(plain.ctx, reg, &val); }));
		tlm.push_back(rate([&] { return across.read(across.ctx, reg, &val); }));
	}
	rig_free(rig);
	mem_free(mem);
	printf("%-10s TLM %6.3f M/s, C testbench %6.3f M/s: ratio %.2f (goal >= %.1f), %u runs "
	       "each\n",
	       "registers", median(tlm), median(c), median(tlm) / median(c), GOAL, runs);
	report = json_load_file(out, 0, nullptr);
	if (!report)
		report = json_object();
	json_object_set_new(report, "systemc_registers",
			    json_pack("{s:s, s:f, s:s, s:f, s:f, s:f, s:i}", "unit", "M/s", "tlm",
				      median(tlm), "baseline", "C testbench", "baseline_value",
				      median(c), "ratio", median(tlm) / median(c), "goal", GOAL,
				      "runs", static_cast<int>(runs)));
	json_dump_file(report, out, JSON_INDENT(2));
	json_decref(report);
	return 0;
}

} // namespace

int sc_main(int argc, char *argv[])
{
	unsigned runs = argc > 2 ? static_cast<unsigned>(atoi(argv[2])) : 5;
	auto top = std::make_unique<platform>("top", platform_config());
	int status = 2;

	if (argc < 2 || !runs) {
		fprintf(stderr, "usage: bench_systemc OUT.json [RUNS]\n");
		return 2;
	}
	tlm::tlm_global_quantum::instance().set({ 10, sc_core::SC_US });
	top->cpu.main = [&] { status = measure(*top, argv[1], runs); };
	sc_core::sc_start();
	return status;
}
