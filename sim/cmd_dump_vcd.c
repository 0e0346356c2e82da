/* SPDX-License-Identifier: MIT */
/*
 * A session as waves: every event that occurs is a VCD event with its arguments beside it,
 * and what the device shows outside (status, interrupt line, balloon) is a register.
 */
#include <inttypes.h>

#include "sim/cmd_dump.h"

struct vcd {
	bool seen[EV_COUNT];
	uint64_t time;
	bool begun;
};

enum { REG_STATUS, REG_INTX, REG_TARGET, REG_COUNT };

static const struct {
	const char *name;
	unsigned bits;
} regs[REG_COUNT] = {
	[REG_STATUS] = { "device_status", 8 },
	[REG_INTX] = { "intx", 1 },
	[REG_TARGET] = { "balloon_target", 32 },
};

/* Identifiers: e<n> for event n, a<n>_<m> for its arguments, r<n> for registers. */
static void look(void *self, uint64_t cycle, const struct event *ev)
{
	struct vcd *vcd = self;

	(void)cycle;
	vcd->seen[ev->id] = true;
}

static void begin(void *self, FILE *to, const char *header)
{
	const struct vcd *vcd = self;

	(void)header;
	fprintf(to, "$comment 1 ns is one RTL cycle $end\n$timescale 1 ns $end\n"
		    "$scope module vcosim $end\n$scope module registers $end\n");
	for (unsigned i = 0; i < REG_COUNT; i++)
		fprintf(to, "$var reg %u r%u %s $end\n", regs[i].bits, i, regs[i].name);
	fprintf(to, "$upscope $end\n$scope module clocks $end\n");
	for (unsigned id = 0; id < EV_COUNT; id++)
		if (vcd->seen[id])
			fprintf(to, "$var event 1 e%u %s $end\n", id, event_name(id));
	fprintf(to, "$upscope $end\n$scope module arguments $end\n");
	for (unsigned id = 0; id < EV_COUNT; id++)
		for (unsigned i = 0; vcd->seen[id] && i < event_nargs(id); i++) {
			char arg[EVENT_ARGS_MAX];

			fprintf(to, "$var reg 64 a%u_%u %s_%s $end\n", id, i, event_name(id),
				event_arg_name(id, i, arg));
		}
	fprintf(to, "$upscope $end\n$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n"
		    "b0 r0\nb0 r1\nb0 r2\n$end\n");
}

static void put_vector(FILE *to, uint64_t val)
{
	int bit = 63;

	while (bit && !(val >> bit & 1))
		bit--;
	fputc('b', to);
	for (; bit >= 0; bit--)
		fputc('0' + (int)(val >> bit & 1), to);
}

static void put_reg(FILE *to, unsigned reg, uint64_t val)
{
	put_vector(to, val);
	fprintf(to, " r%u\n", reg);
}

static void go_to(struct vcd *vcd, FILE *to, uint64_t cycle)
{
	if (vcd->begun && vcd->time == cycle)
		return;
	fprintf(to, "#%" PRIu64 "\n", cycle);
	vcd->time = cycle;
	vcd->begun = true;
}

static void event(void *self, FILE *to, uint64_t cycle, const struct event *ev)
{
	go_to(self, to, cycle);
	fprintf(to, "1e%u\n", ev->id);
	for (unsigned i = 0; i < ev->nargs; i++) {
		put_vector(to, ev->arg[i]);
		fprintf(to, " a%u_%u\n", ev->id, i);
	}
	switch (ev->id) {
	case EV_HOST_RESET:
		put_reg(to, REG_STATUS, 0);
		put_reg(to, REG_INTX, 0);
		break;
	case EV_STATUS_WRITE:
	case EV_STATUS_READ:
		put_reg(to, REG_STATUS, ev->arg[0] & 0xff);
		break;
	case EV_IRQ_INTX:
		put_reg(to, REG_INTX, ev->arg[0] & 1);
		break;
	case EV_TARGET_WRITE:
		put_reg(to, REG_TARGET, ev->arg[0] & 0xffffffff);
		break;
	default:
		break;
	}
}

static void end(void *self, FILE *to, uint64_t cycle)
{
	go_to(self, to, cycle);
}

const struct dump_format dump_vcd = { .name = "vcd",
				      .self_size = sizeof(struct vcd),
				      .look = look,
				      .begin = begin,
				      .event = event,
				      .end = end };
