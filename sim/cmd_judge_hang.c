/* SPDX-License-Identifier: MIT */
/* A device that hangs: no clause of the specification says it, but it is to answer. */
#include "sim/cmd_judge_internal.h"

#include <inttypes.h>

#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include "sim/regmap.h"

char *judge_reg_str(const struct judge *judge, enum bus_space space, unsigned bar, uint64_t addr,
		    char buf[JUDGE_REG_MAX])
{
	unsigned window;
	uint32_t offset;

	if (space == BUS_BAR && observer_window(judge->observer, bar, addr, &window, &offset))
		return regmap_str(window, offset, buf);
	if (space == BUS_MMIO && addr < VIRTIO_MMIO_CONFIG)
		return regmap_str(0, (uint32_t)addr, buf);
	if (space == BUS_MMIO)
		return regmap_str(VIRTIO_PCI_CAP_DEVICE_CFG, (uint32_t)addr - VIRTIO_MMIO_CONFIG,
				  buf);
	if (space == BUS_BAR)
		snprintf(buf, JUDGE_REG_MAX, "BAR %u +0x%02" PRIx64, bar, addr);
	else
		snprintf(buf, JUDGE_REG_MAX, "PCI configuration space +0x%02" PRIx64, addr);
	return buf;
}

void judge_stood_still(struct judge *judge, uint64_t from, uint64_t to)
{
	judge->counted = to;
	if (to <= from)
		return;
	observer_flush(judge->observer);
	ccsl_grant(judge->monitor, to - from);
}

void judge_pass_to(struct judge *judge, uint64_t cycle)
{
	if (judge->stopped || judge->restless)
		judge_stood_still(judge, judge->counted, cycle);
	else
		judge->counted = cycle;
}

static void tell_hang(struct judge *judge, uint64_t cycle, const char *what, const char *reg)
{
	struct judge_telling telling;
	FILE *to = judge_telling_begin(&telling);
	double seconds = judge->cfg.elapsed ? (double)judge->cfg.elapsed(judge->cfg.ctx) / 1e9 : 0;
	char state[256] = "";
	json_t *verdict;

	judge->against++;
	if (judge->cfg.state)
		judge->cfg.state(judge->cfg.ctx, state, sizeof(state));
	if (to) {
		fprintf(to, "  HANG  %s%s%s\n    at cycle  %" PRIu64, what, reg ? " " : "",
			reg ? reg : "", cycle);
		if (judge->cfg.budget)
			fprintf(to, ", after %" PRIu64 " cycles", judge->cfg.budget);
		if (judge->cfg.elapsed)
			fprintf(to, ", %.3f s", seconds);
		fprintf(to, "\n    the bus   device_status last seen 0x%02x%s%s\n", judge->status,
			state[0] ? "; " : "", state);
		fprintf(to, "    the last events, by cycle:\n");
		judge_tell_last_events(judge, to);
	}
	verdict = json_pack("{s:s, s:[], s:s, s:s, s:s, s:I, s:s, s:s, s:i, s:s}", "clause", "HANG",
			    "clauses", "rule", "hang", "blame", "DEVICE", "level", "MUST", "cycle",
			    (json_int_t)cycle, "event", what, "expected",
			    reg ? "the device answers within its cycle budget"
				: "the device comes to rest within its cycle budget",
			    "device_status", (int)judge->status, "state", state);
	if (reg)
		json_object_set_new(verdict, "register", json_string(reg));
	if (judge->cfg.budget)
		json_object_set_new(verdict, "cycles", json_integer((json_int_t)judge->cfg.budget));
	if (judge->cfg.elapsed)
		json_object_set_new(verdict, "seconds", json_real(seconds));
	judge_telling_end(judge, &telling, verdict, true);
	judge_keep_verdict(judge, verdict, false);
}

void judge_hang(struct judge *judge, const struct bus_rec *rec)
{
	char reg[JUDGE_REG_MAX];

	judge->hangs++;
	for (unsigned i = 0; i < judge->ntold; i++)
		if (judge->told[i].space == rec->space && judge->told[i].index == rec->index &&
		    judge->told[i].addr == rec->addr)
			return;
	if (judge->ntold == JUDGE_HANGS_MAX)
		return;
	judge->told[judge->ntold++] = *rec;
	judge_reg_str(judge, rec->space, rec->index, rec->addr, reg);
	tell_hang(judge, rec->cycle, rec->op == BUS_READ ? "read of" : "write of", reg);
}

void judge_stalled(struct judge *judge, uint64_t cycle)
{
	judge_stood_still(judge, judge->counted, cycle);
	judge->restless = true;
	observer_flush(judge->observer);
	tell_hang(judge, cycle, "the device does not come to rest", NULL);
}
