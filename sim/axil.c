/* SPDX-License-Identifier: MIT */
#include "sim/axil.h"

#include <assert.h>

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
	axil_reset(axil);
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

static bool ready(const struct axil *axil, enum skew_who who)
{
	return skew_ready(axil->skew, who, axil->cycle);
}

void axil_drive(struct axil *axil, const struct pins *pin)
{
	bool write = axil->state == AXIL_WRITE, read = axil->state == AXIL_READ;

	if (read || write) {
		axil->addr_shown |= ready(axil, read ? SKEW_S_AR : SKEW_S_AW);
		axil->data_shown |= write && ready(axil, SKEW_S_W);
	}
	*pin->s_awvalid_i = write && axil->addr_shown && !axil->addr_done;
	*pin->s_awaddr_i = axil->addr;
	*pin->s_awuser_i = axil->user;
	*pin->s_wvalid_i = write && axil->data_shown && !axil->data_done;
	*pin->s_wdata_i = axil->data;
	*pin->s_wstrb_i = axil->strb;
	*pin->s_bready_i = write && ready(axil, SKEW_S_B);
	*pin->s_arvalid_i = read && axil->addr_shown && !axil->addr_done;
	*pin->s_araddr_i = axil->addr;
	*pin->s_aruser_i = axil->user;
	*pin->s_rready_i = read && ready(axil, SKEW_S_R);
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

static unsigned sample_read(struct axil *axil, const struct pins *pin, uint64_t cycle)
{
	struct bus_rec *rec = &axil->rec;

	if (*pin->s_arvalid_i && *pin->s_arready_o) {
		axil->addr_done = true;
		take_addr(rec, *pin->s_araddr_i, *pin->s_aruser_i, BUS_READ);
	}
	if (!axil->addr_done || !*pin->s_rvalid_o || !*pin->s_rready_i)
		return 0;
	rec->data = aligned_right(*pin->s_rdata_o, rec);
	rec->resp = *pin->s_rresp_o;
	rec->cycle = cycle;
	return AXIL_RECORD | AXIL_DONE;
}

/* A write is recorded once accepted; an error response brings a second record. */
static unsigned sample_write(struct axil *axil, const struct pins *pin, uint64_t cycle)
{
	struct bus_rec *rec = &axil->rec;
	bool accepted = axil->addr_done && axil->data_done;
	unsigned got = 0;

	if (*pin->s_awvalid_i && *pin->s_awready_o) {
		axil->addr_done = true;
		take_addr(rec, *pin->s_awaddr_i, *pin->s_awuser_i, BUS_WRITE);
	}
	if (*pin->s_wvalid_i && *pin->s_wready_o) {
		axil->data_done = true;
		axil->data = *pin->s_wdata_i;
		axil->strb = *pin->s_wstrb_i;
	}
	if (!accepted && axil->addr_done && axil->data_done) {
		rec->data = aligned_right(axil->data, rec);
		rec->be = (uint8_t)(axil->strb >> (rec->addr & 3));
		rec->cycle = cycle;
		got = AXIL_RECORD;
	}
	if (accepted && *pin->s_bvalid_o && *pin->s_bready_i) {
		rec->resp = *pin->s_bresp_o;
		rec->flags = BUS_F_RESP;
		rec->cycle = cycle;
		got = AXIL_DONE | (rec->resp ? AXIL_RECORD : 0);
	}
	return got;
}

unsigned axil_sample(struct axil *axil, const struct pins *pin, uint64_t cycle)
{
	unsigned got = 0;

	axil->cycle = cycle;
	if (axil->state == AXIL_READ)
		got = sample_read(axil, pin, cycle);
	else if (axil->state == AXIL_WRITE)
		got = sample_write(axil, pin, cycle);
	if (got & AXIL_DONE)
		axil->state = AXIL_IDLE;
	return got;
}

void axil_reset(struct axil *axil)
{
	*axil = (struct axil){ .skew = axil->skew, .cycle = axil->cycle };
}
