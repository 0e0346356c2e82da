/* SPDX-License-Identifier: MIT */
/*
 * The one shim between C and a Verilated class: compiled once a DUT, with DUT, VDUT
 * and VDUT_H naming it.
 */
#include "sim/model.h"

#include <verilated.h>

#include VDUT_H

#define CAT_(a, b) a##b
#define CAT(a, b)  CAT_(a, b)

namespace
{

struct impl {
	VerilatedContext context;
	VDUT top{ &context, "" };
};

void eval(struct model *model)
{
	static_cast<impl *>(model->impl)->top.eval();
}

void destroy(struct model *model)
{
	impl *self = static_cast<impl *>(model->impl);

	self->top.final();
	delete self;
	delete model;
}

} // namespace

extern "C" struct model *CAT(model_new_, DUT)(void);

extern "C" struct model *CAT(model_new_, DUT)(void)
{
	impl *self = new impl;
	struct model *model = new struct model;

	model->impl = self;
	model->eval = eval;
	model->free = destroy;
#define P(type, name) model->pin.name = &self->top.name;
	PINS(P)
#undef P
	return model;
}
