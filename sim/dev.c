/* SPDX-License-Identifier: MIT */
/* The device under test as an object: one clock, two AXI BFMs, two taps. */
#include "sim/dev.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_balloon.h>
#include <stdlib.h>
#include <string.h>

#include "sim/dev_internal.h"
#include "sim/dut_fit.h"

#define RESET_CYCLES 4

static void record(void *ctx, const struct bus_rec *rec)
{
	struct dev *dev = ctx;

	if (dev->sink.rec)
		dev->sink.rec(dev->sink.ctx, rec);
}

void dev_record(struct dev *dev, const struct bus_rec *rec)
{
	if (!dev->muted)
		record(dev, rec);
}

static void cue(void *ctx, const struct bus_rec *rec)
{
	struct dev *dev = ctx;

	if (dev->sink.cue && !dev->muted)
		dev->sink.cue(dev->sink.ctx, rec);
}

static void cue_quiet(struct dev *dev)
{
	struct bus_rec rec = { .cycle = dev->cycle, .space = BUS_CUE, .index = BUS_CUE_QUIET };

	if (!dev->rested)
		cue(dev, &rec);
	dev->rested = true;
}

void dev_cue_access(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t val)
{
	struct bus_rec rec = { .cycle = dev->cycle,
			       .addr = reg.addr | (uint64_t)reg.bar << 32 |
				       (uint64_t)reg.space << 40,
			       .data = val,
			       .space = BUS_CUE,
			       .op = (uint8_t)op,
			       .size = reg.size,
			       .index = BUS_CUE_ACCESS,
			       .flags = dev->muted ? BUS_F_PEEK : 0 };

	cue(dev, &rec);
}

void dev_record_host(struct dev *dev, enum bus_op op, uint64_t what, uint64_t data)
{
	struct bus_rec rec = { .cycle = dev->cycle,
			       .addr = what,
			       .data = data,
			       .space = BUS_HOST,
			       .op = (uint8_t)op };

	record(dev, &rec);
}

static void record_irq(struct dev *dev, enum bus_irq kind, uint64_t addr, uint64_t data)
{
	struct bus_rec rec = { .cycle = dev->cycle,
			       .addr = addr,
			       .data = data,
			       .space = BUS_IRQ,
			       .op = BUS_WRITE,
			       .index = (uint8_t)kind };

	record(dev, &rec);
}

static bool intx_shown(const struct dev *dev, const struct pins *pin)
{
	return *pin->intx_o && (!dev_lacks_config(dev) || pcifn_intx(&dev->fn));
}

static void sample_irqs(struct dev *dev, const struct pins *pin)
{
	bool intx = intx_shown(dev, pin);

	if (intx != dev->intx) {
		dev->intx = intx;
		record_irq(dev, BUS_INTX, 0, intx);
		if (dev->sink.intx)
			dev->sink.intx(dev->sink.ctx, intx);
	}
	if (*pin->msix_valid_o && *pin->msix_ready_i) {
		record_irq(dev, BUS_MSIX, *pin->msix_vector_o, *pin->msix_data_o);
		if (dev->sink.msix)
			dev->sink.msix(dev->sink.ctx, *pin->msix_vector_o);
		if (dev->sink.message)
			dev->sink.message(dev->sink.ctx, *pin->msix_addr_o, *pin->msix_data_o);
	}
}

static void sample_pages(struct dev *dev, const struct pins *pin)
{
	enum dev_page dir;
	uint32_t pfn;

	if (!*pin->mgmt_page_valid_o || !*pin->mgmt_page_ready_i)
		return;
	dir = *pin->mgmt_page_op_o ? DEV_DEFLATE : DEV_INFLATE;
	pfn = *pin->mgmt_page_pfn_o;
	dev_record_host(dev, BUS_WRITE, dir == DEV_DEFLATE ? BUS_HOST_DEFLATE : BUS_HOST_INFLATE,
			pfn);
	dev->unsettled = true;
	if (dev->sink.page)
		dev->sink.page(dev->sink.ctx, dir, pfn);
}

static void sample_stats(struct dev *dev, const struct pins *pin)
{
	uint16_t tag = *pin->mgmt_stat_tag_o;

	if (!*pin->mgmt_stat_valid_o || !*pin->mgmt_stat_ready_i)
		return;
	dev_record_host(dev, BUS_WRITE, BUS_HOST_STAT | (uint64_t)tag << 32,
			*pin->mgmt_stat_value_o);
	if (dev->sink.stat)
		dev->sink.stat(dev->sink.ctx, tag, *pin->mgmt_stat_value_o);
}

static void sample_hints(struct dev *dev, const struct pins *pin)
{
	uint32_t id = *pin->mgmt_hint_id_o;

	if (id == dev->hint_sent)
		return;
	dev->hint_sent = id;
	if (dev->sink.hint)
		dev->sink.hint(dev->sink.ctx, id);
}

static void sample_ranges(struct dev *dev, const struct pins *pin)
{
	struct dev_range range = { .kind = *pin->mgmt_range_kind_o ? DEV_REPORTED : DEV_HINTED,
				   .gpa = *pin->mgmt_range_addr_o,
				   .len = *pin->mgmt_range_len_o,
				   .poison = *pin->mgmt_poison_o };

	if (!*pin->mgmt_range_valid_o || !*pin->mgmt_range_ready_i)
		return;
	dev_record_host(dev, BUS_WRITE,
			(range.kind == DEV_REPORTED ? BUS_HOST_REPORTED : BUS_HOST_HINTED) |
				(uint64_t)range.len << 32,
			range.gpa);
	dev->unsettled = true;
	if (dev->sink.range)
		dev->sink.range(dev->sink.ctx, &range);
}

static void settle(struct dev *dev)
{
	dev->unsettled = false;
	if (dev->sink.settle)
		dev->sink.settle(dev->sink.ctx);
}

static uint32_t all_ones(unsigned size)
{
	return size == 4 ? UINT32_MAX : (1U << (8 * size)) - 1;
}

/*
 * The front end's tap against the pins' tap: what was asked is what the pins showed.
 * A difference is a bug of this testbench, never a verdict.
 */
static void cross_check(const struct dev *dev, const struct bus_rec *rec)
{
	struct dev_reg reg = dev->reg;

	assert(rec->op == dev->op && rec->space == reg.space && rec->index == reg.bar);
	assert(rec->addr == reg.addr && rec->size == reg.size);
	assert(rec->be == (1U << reg.size) - 1);
	assert(rec->op == BUS_READ || rec->data == (dev->val & all_ones(reg.size)));
}

/*
 * Without busy_o a device is at rest when it has not wanted anything of memory for a while, or
 * must not have it.
 */
static bool is_busy(const struct dev *dev, const struct pins *pin)
{
	if (!axi_mem_idle(&dev->axi_mem) || *pin->busy_o)
		return true;
	return !dev->dut.busy && !dev->axi_mem.closed &&
	       (*pin->m_arvalid_o || *pin->m_awvalid_o || *pin->m_wvalid_o);
}

/* Who takes what the device has for the host. Without moods that stands as it is. */
static void drive_host(struct dev *dev, const struct pins *pin)
{
	*pin->msix_ready_i = skew_ready(&dev->skew, SKEW_MESSAGE, dev->cycle);
	*pin->mgmt_page_ready_i = skew_ready(&dev->skew, SKEW_PAGE, dev->cycle);
	*pin->mgmt_stat_ready_i = skew_ready(&dev->skew, SKEW_STAT, dev->cycle);
	*pin->mgmt_range_ready_i = skew_ready(&dev->skew, SKEW_RANGE, dev->cycle);
}

/* Each rule is told of once: whoever breaks it mostly goes on doing so. */
static void tell_broken(struct dev *dev)
{
	uint32_t fresh = *dev->model->broken & ~dev->broken;

	dev->broken |= fresh;
	for (unsigned rule = 0; rule < 32; rule++)
		if (fresh >> rule & 1 && dev->sink.broken)
			dev->sink.broken(dev->sink.ctx, rule);
}

/*
 * The one owner of time: drive with the clock low, evaluate, sample, clock high,
 * evaluate. First up to where an answer on the register port shows: AXIL_* of it.
 */
static unsigned begin_cycle(struct dev *dev)
{
	struct model *model = dev->model;
	const struct pins *pin = &model->pin;

	if (dev->stopped)
		return 0;
	axil_drive(&dev->axil, pin);
	axi_mem_drive(&dev->axi_mem, pin, dev->cycle);
	if (dev->skew.on)
		drive_host(dev, pin);
	*pin->clk_i = 0;
	model->eval(model);
	if (dev->look)
		dev->look(dev->look_ctx, model, dev->cycle, false);
	return axil_sample(&dev->axil, pin, dev->cycle);
}

/* The rest of it. A register write is recorded before what the device may do because of it. */
static void end_cycle(struct dev *dev, unsigned got)
{
	struct model *model = dev->model;
	const struct pins *pin = &model->pin;

	if (dev->stopped) {
		dev->cycle++;
		dev->rested = false;
		return;
	}
	if (got & AXIL_RECORD) {
		cross_check(dev, &dev->axil.rec);
		if (!dev->muted)
			record(dev, &dev->axil.rec);
	}
	if (dev->unsettled && *pin->m_wvalid_o)
		settle(dev);
	axi_mem_sample(&dev->axi_mem, pin);
	sample_irqs(dev, pin);
	sample_pages(dev, pin);
	sample_stats(dev, pin);
	sample_hints(dev, pin);
	sample_ranges(dev, pin);
	dev->quiet = is_busy(dev, pin) ? 0 : dev->quiet + 1;

	*pin->clk_i = 1;
	model->eval(model);
	if (dev->look)
		dev->look(dev->look_ctx, model, dev->cycle, true);
	if (*model->broken & ~dev->broken)
		tell_broken(dev);
	*pin->mgmt_stats_req_i = 0; /* a pulse */
	dev->cycle++;
	dev->rested = false;
}

static void tick(struct dev *dev)
{
	end_cycle(dev, begin_cycle(dev));
}

/* The model and its manifest, which agree; else why not. */
static const char *make_model(struct dev *dev, const char *name)
{
	char why[DUT_ERR];

	dev->model = model_new(name);
	if (!dev->model)
		return "no such device is built in";
	if (!dut_find(name, &dev->dut, why))
		return "its manifest is wrong"; /* dut_find says what, to who asks it */
	return dut_fit(&dev->dut, dev->model->bytes);
}

struct dev *dev_new(const struct dev_config *cfg, struct mem *mem, const struct dev_sink *sink,
		    const char **err)
{
	struct dev *dev = calloc(1, sizeof(*dev));
	const char *why = dev ? make_model(dev, cfg->dut ? cfg->dut : DEV_DUT) : "out of memory";

	if (why) {
		*err = why;
		dev_free(dev);
		return NULL;
	}
	if (sink)
		dev->sink = *sink;
	dev->budget = cfg->cycle_budget ? cfg->cycle_budget : DEV_CYCLE_BUDGET;
	dev->features = cfg->features;
	dev->dense = cfg->dense;
	dev->seed = cfg->seed;
	dev->skew = cfg->skew;
	dev->axil.skew = dev->axi_mem.skew = &dev->skew;
	dev->hint_last = VIRTIO_BALLOON_CMD_ID_DONE;
	dev->axi_mem.mem = mem;
	dev->axi_mem.rec = record;
	dev->axi_mem.cue = cue;
	dev->axi_mem.ctx = dev;
	dev->axi_mem.narrow = dev->dut.dma_data == 32;
	dev_reset(dev);
	return dev;
}

void dev_free(struct dev *dev)
{
	if (dev && dev->model)
		dev->model->free(dev->model);
	free(dev);
}

void dev_reset(struct dev *dev)
{
	const struct pins *pin = &dev->model->pin;

	dev_catch_up(dev);
	axil_reset(&dev->axil);
	axi_mem_reset(&dev->axi_mem);
	dev_cfg_reset(dev);
	*pin->strap_features_i = dev->features;
	*pin->mgmt_target_i = dev->target;
	*pin->strap_dense_i = dev->dense;
	*pin->strap_seed_i = dev->seed;
	*pin->mgmt_hint_cmd_i = dev->hint;
	drive_host(dev, pin);
	dev_record_host(dev, BUS_WRITE, BUS_HOST_RESET, 0);
	dev->stopped = false;
	*pin->rst_ni = 0;
	dev_step(dev, RESET_CYCLES);
	*pin->rst_ni = 1;
	dev_step(dev, 1);
}

int dev_reg_check(const struct dev *dev, struct dev_reg reg)
{
	if (reg.size != 1 && reg.size != 2 && reg.size != 4)
		return -EINVAL;
	if (reg.addr & (reg.size - 1U) || reg.space > BUS_MMIO || reg.bar > 5)
		return -EINVAL;
	if (reg.space != BUS_CFG && (uint64_t)reg.addr >> dev->dut.registers)
		return -EINVAL;
	return 0;
}

/*
 * Runs until the register port is idle, in a cycle that is left open where the answer shows.
 * -ETIMEDOUT leaves the transfer in flight.
 */
static int finish_transfer(struct dev *dev)
{
	uint64_t end = dev->cycle + dev->budget;

	while (dev->axil.state != AXIL_IDLE) {
		unsigned got;

		if (dev->cycle >= end)
			return -ETIMEDOUT;
		got = begin_cycle(dev);
		if (got & AXIL_DONE)
			dev->open = got;
		else
			end_cycle(dev, got);
	}
	return 0;
}

static void close_cycle(struct dev *dev)
{
	unsigned got = dev->open;

	dev->open = 0;
	if (got)
		end_cycle(dev, got);
}

/* What is left of the cycle that showed an answer, and the end of that access. */
void dev_catch_up(struct dev *dev)
{
	if (!dev->open)
		return;
	close_cycle(dev);
	dev->axi_mem.hold_messages = false;
	dev->quiet = dev->quiet > 0; /* of the response's own cycle */
}

static int hang(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t val)
{
	struct bus_rec rec = { .cycle = dev->cycle,
			       .addr = reg.addr,
			       .data = val,
			       .space = (uint8_t)reg.space,
			       .op = (uint8_t)op,
			       .size = reg.size,
			       .be = (uint8_t)((1U << reg.size) - 1),
			       .resp = BUS_HANG,
			       .index = reg.bar };

	record(dev, &rec);
	return -ETIMEDOUT;
}

/* Asks once what hung before is over; DMA by message waits meanwhile. */
static int ask(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t val)
{
	uint8_t user = axil_user(reg.space, reg.bar, reg.size);
	int err;

	dev->axi_mem.hold_messages = true;
	err = finish_transfer(dev);
	close_cycle(dev);
	if (err)
		return err;
	dev->reg = reg;
	dev->op = op;
	dev->val = val;
	if (op == BUS_WRITE)
		axil_start_write(&dev->axil, reg.addr, user, val);
	else
		axil_start_read(&dev->axil, reg.addr, user);
	return finish_transfer(dev);
}

/* One access, up to its answer: the cycle that shows it is open. */
static int transfer(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t val)
{
	int err;

	dev_cue_access(dev, reg, op, op == BUS_WRITE ? val : 0);
	err = ask(dev, reg, op, val);
	if (!err)
		return dev->axil.rec.resp ? -EIO : 0;
	dev->axi_mem.hold_messages = false;
	dev->quiet = 0;
	return dev->muted ? err : hang(dev, reg, op, val & all_ones(reg.size));
}

int dev_transfer(struct dev *dev, struct dev_reg reg, enum bus_op op, uint32_t val)
{
	int err = transfer(dev, reg, op, val);

	dev_catch_up(dev);
	return err;
}

/* In the cycle that is open: memory or an interrupt that the peer must see before the answer. */
static bool has_side_effects(const struct dev *dev)
{
	const struct pins *pin = &dev->model->pin;

	return is_busy(dev, pin) || *pin->msix_valid_o || intx_shown(dev, pin) != dev->intx;
}

int dev_read_early(struct dev *dev, struct dev_reg reg, uint32_t *val)
{
	int err = dev_reg_check(dev, reg);

	dev_catch_up(dev);
	*val = UINT32_MAX;
	if (err)
		return err;
	if (dev_lacks_config(dev) && dev_cfg_access(dev, reg, BUS_READ, val, &err))
		return err;
	err = transfer(dev, reg, BUS_READ, UINT32_MAX);
	*val = err ? all_ones(reg.size) : (uint32_t)dev->axil.rec.data;
	if (dev->open && has_side_effects(dev))
		dev_catch_up(dev);
	return err;
}

int dev_read(struct dev *dev, struct dev_reg reg, uint32_t *val)
{
	int err = dev_read_early(dev, reg, val);

	dev_catch_up(dev);
	return err;
}

int dev_write(struct dev *dev, struct dev_reg reg, uint32_t val)
{
	int err = dev_reg_check(dev, reg);

	dev_catch_up(dev);
	if (err || (dev_lacks_config(dev) && dev_cfg_access(dev, reg, BUS_WRITE, &val, &err)))
		return err;
	return dev_transfer(dev, reg, BUS_WRITE, val);
}

int dev_peek(struct dev *dev, struct dev_reg reg, uint32_t *val)
{
	int err;

	dev_catch_up(dev);
	if (dev->axil.state != AXIL_IDLE)
		return -ETIMEDOUT; /* an access that hung: not ours to end */
	dev->muted = true;
	err = dev_read(dev, reg, val);
	dev->muted = false;
	return err;
}

static int run_until_quiet(struct dev *dev, uint64_t cycles)
{
	uint64_t end;

	dev_catch_up(dev);
	end = dev->cycle + cycles;
	while (dev->quiet < dev->dut.quiet) {
		if (dev->cycle >= end)
			return -EINPROGRESS;
		tick(dev);
		if (dev->axi_mem.waiting)
			return -EAGAIN;
	}
	if (dev->unsettled)
		settle(dev);
	cue_quiet(dev);
	return 0;
}

int dev_run_for(struct dev *dev, uint64_t cycles)
{
	int err = run_until_quiet(dev, cycles);

	if (dev->sink.pause)
		dev->sink.pause(dev->sink.ctx);
	return err;
}

int dev_run(struct dev *dev)
{
	int err = dev_run_for(dev, dev->budget);

	return err == -EINPROGRESS ? -ETIMEDOUT : err;
}

void dev_step(struct dev *dev, uint64_t n)
{
	dev_catch_up(dev);
	while (n--)
		tick(dev);
}

void dev_hold(struct dev *dev, uint32_t who)
{
	dev_catch_up(dev);
	dev->skew.hold = who;
	dev->quiet = 0;
	drive_host(dev, &dev->model->pin);
}

void dev_clock(struct dev *dev, bool on)
{
	struct bus_rec rec = { .space = BUS_CUE, .index = BUS_CUE_CLOCK, .data = on };

	dev_catch_up(dev);
	rec.cycle = dev->cycle;
	cue(dev, &rec);
	dev->stopped = !on;
	dev->quiet = 0;
}

uint64_t dev_cycle(const struct dev *dev)
{
	return dev->cycle + (dev->open != 0);
}

void dev_watch(struct dev *dev,
	       void (*look)(void *ctx, struct model *model, uint64_t cycle, bool high), void *ctx)
{
	dev_catch_up(dev);
	dev->look = look;
	dev->look_ctx = ctx;
}
