/* SPDX-License-Identifier: MIT */
/*
 * The one shim between C and a Verilated class: compiled once a DUT, with DUT, VDUT
 * and VDUT_H naming it. A pin that the DUT does not have is a cell of its own: what is
 * driven there goes nowhere, and it reads 0.
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
	uint64_t absent[PIN_COUNT] = {};
};

/* The int overload is better where the class has such a member, else it drops out. */
#define P(type, name)                                                                     \
	template <class T> auto find_##name(T &top, uint64_t *, int)->decltype(&top.name) \
	{                                                                                 \
		return &top.name;                                                         \
	}                                                                                 \
	template <class T> type *find_##name(T &, uint64_t *absent, long)                 \
	{                                                                                 \
		return reinterpret_cast<type *>(absent);                                  \
	}
PINS(P)
#undef P

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
	uint64_t *absent = self->absent;
#define P(type, name) model->pin.name = find_##name(self->top, absent++, 0);
	PINS(P)
#undef P
	return model;
}
