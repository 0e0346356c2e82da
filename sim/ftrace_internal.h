/* SPDX-License-Identifier: MIT */
/* What ftrace_bus.c (kprobe events) and ftrace_order.c (plain tracers) share: devices, tasks. */
#ifndef SIM_FTRACE_INTERNAL_H
#define SIM_FTRACE_INTERNAL_H

#include "sim/ftrace_bus.h"
#include "sim/ftrace_calls.h"

#define FTRACE_TASKS  64
#define FTRACE_FRAMES 16

/* Where the set-up of the synthetic function lies in its BAR. */
enum { BAR_COMMON = 0, BAR_ISR = 0x1000, BAR_DEVICE = 0x2000, BAR_NOTIFY = 0x3000 };

enum device_state {
	DEVICE_NEW,  /* nothing was seen of it */
	DEVICE_LIVE, /* its records go out */
	DEVICE_BLIND /* from its next reset on they will again */
};

struct device {
	struct ftrace_device pub;
	uint64_t handle; /* 0: not known any more */
	enum device_state state;
	bool laid_out, identified;
	uint64_t cycle;
	/* Of a plain tracer: what the calls so far must have set. */
	uint8_t status;
	unsigned queues;
	bool read_back, queue_reset;
};

/* A call that has not returned. */
struct frame {
	const struct ftrace_call *call;
	struct device *dev;
	uint64_t q, value;
};

struct task {
	int pid;
	uint64_t used; /* when it was last */
	unsigned depth;
	struct frame frame[FTRACE_FRAMES];
	/* Of a plain tracer: who called virtio_add_status; is it within a reset. */
	char origin[FTRACE_NAME];
	bool resetting;
};

struct ftrace_bus {
	struct ftrace_bus_sink sink;
	struct device device[FTRACE_DEVICES];
	unsigned devices;
	unsigned type; /* of devices that do not show it, 0: not known */
	struct task task[FTRACE_TASKS];
	uint64_t lines, time0, time, backwards;
	bool timed, probed_said;
	uint64_t seen, probed;  /* calls by their number, bits */
	unsigned order_devices; /* registered, of a plain tracer */
	bool order_over;        /* there is more than one: nobody can tell them apart */
	uint64_t order_calls;   /* enum order of what was seen, bits */
};

/* ftrace_bus.c */
__attribute__((format(printf, 2, 3))) void ftrace_remark(struct ftrace_bus *bus, const char *fmt,
							 ...);
struct task *ftrace_task(struct ftrace_bus *bus, int pid);
struct device *ftrace_new_device(struct ftrace_bus *bus, bool mmio);
/* Is this device told of? Status accesses may begin that. */
bool ftrace_admit(struct ftrace_bus *bus, struct device *dev, const struct ftrace_call *call,
		  bool returns, uint64_t value);

/* ftrace_regs.c: one call as records; `returns`: what is done when it returns. */
void ftrace_regs_call(struct ftrace_bus *bus, struct device *dev, enum ftrace_what what,
		      const struct ftrace_line *line, uint64_t q, uint64_t value);
void ftrace_regs_return(struct ftrace_bus *bus, struct device *dev, enum ftrace_what what,
			uint64_t q, uint64_t arg, uint64_t value);
void ftrace_regs_status(struct ftrace_bus *bus, struct device *dev, bool write, uint64_t value);
void ftrace_regs_config(struct ftrace_bus *bus, struct device *dev, bool write, uint64_t offset,
			uint64_t size, uint64_t value);
void ftrace_regs_layout(struct ftrace_bus *bus, struct device *dev);

/* ftrace_order.c */
int ftrace_order_line(struct ftrace_bus *bus, const struct ftrace_line *line);

#endif
