/* SPDX-License-Identifier: MIT */
#include "sim/axil.h"

#include <assert.h>
#include <string.h>

uint8_t axil_user(enum bus_space space, unsigned bar, unsigned size)
{
	unsigned log2 = size == 4 ? 2 : size == 2 ? 1 : 0;

	return (uint8_t)(bar << 5 | (unsigned)space << 2 | log2);
}

static unsigned user_size(uint8_t user)
{
	return 1U << (user & 3);
}

static void start(struct axil *axil, uint32_t addr, uint8_t user)
{
	assert(axil->state == AXIL_IDLE);
	memset(axil, 0, sizeof(*axil));
	axil->addr = addr;
	axil->user = user;
}

void axil_start_read(struct axil *axil, uint32_t addr, uint8_t user)
{
	start(axil, addr, user);
	axil->state = AXIL_READ;
}

void axil_start_write(struct axil *axil, uint32_t addr, uint8_t user, uint32_t data)
{
	unsigned lane = addr & 3;

	start(axil, addr, user);
	axil->state = AXIL_WRITE;
	axil->data = data << (8 * lane);
	axil->strb = (uint8_t)(((1U << user_size(user)) - 1) << lane);
}

void axil_drive(const struct axil *axil, const struct pins *pin)
{
	bool write = axil->state == AXIL_WRITE, read = axil->state == AXIL_READ;

	*pin->s_awvalid_i = write && !axil->addr_done;
	*pin->s_awaddr_i = axil->addr;
	*pin->s_awuser_i = axil->user;
	*pin->s_wvalid_i = write && !axil->data_done;
	*pin->s_wdata_i = axil->data;
	*pin->s_wstrb_i = axil->strb;
	*pin->s_bready_i = write;
	*pin->s_arvalid_i = read && !axil->addr_done;
	*pin->s_araddr_i = axil->addr;
	*pin->s_aruser_i = axil->user;
	*pin->s_rready_i = read;
}

/* The record's address part, from the pins at the address handshake. */
static void take_addr(struct bus_rec *rec, uint32_t addr, uint8_t user, enum bus_op op)
{
	rec->addr = addr;
	rec->op = (uint8_t)op;
	rec->size = (uint8_t)user_size(user);
	rec->be = (uint8_t)((1U << rec->size) - 1);
	rec->space = (user >> 2) & 7;
	rec->index = user >> 5;
}

static uint32_t aligned_right(uint32_t data, const struct bus_rec *rec)
{
	uint32_t mask = rec->size == 4 ? UINT32_MAX : (1U << (8 * rec->size)) - 1;

	return data >> (8 * (rec->addr & 3)) & mask;
}

static bool sample_read(struct axil *axil, const struct pins *pin)
{
	struct bus_rec *rec = &axil->rec;

	if (*pin->s_arvalid_i && *pin->s_arready_o) {
		axil->addr_done = true;
		take_addr(rec, *pin->s_araddr_i, *pin->s_aruser_i, BUS_READ);
	}
	if (!axil->addr_done || !*pin->s_rvalid_o)
		return false;
	rec->data = aligned_right(*pin->s_rdata_o, rec);
	rec->resp = *pin->s_rresp_o;
	return true;
}

static bool sample_write(struct axil *axil, const struct pins *pin)
{
	struct bus_rec *rec = &axil->rec;

	if (*pin->s_awvalid_i && *pin->s_awready_o) {
		axil->addr_done = true;
		take_addr(rec, *pin->s_awaddr_i, *pin->s_awuser_i, BUS_WRITE);
	}
	if (*pin->s_wvalid_i && *pin->s_wready_o) {
		axil->data_done = true;
		rec->data = *pin->s_wdata_i;
		rec->be = *pin->s_wstrb_i;
	}
	if (!axil->addr_done || !axil->data_done || !*pin->s_bvalid_o)
		return false;
	rec->data = aligned_right((uint32_t)rec->data, rec);
	rec->be = (uint8_t)(rec->be >> (rec->addr & 3));
	rec->resp = *pin->s_bresp_o;
	return true;
}

bool axil_sample(struct axil *axil, const struct pins *pin, uint64_t cycle)
{
	bool done = false;

	if (axil->state == AXIL_READ)
		done = sample_read(axil, pin);
	else if (axil->state == AXIL_WRITE)
		done = sample_write(axil, pin);
	if (done) {
		axil->state = AXIL_IDLE;
		axil->rec.cycle = cycle;
	}
	return done;
}

void axil_reset(struct axil *axil)
{
	memset(axil, 0, sizeof(*axil));
}
