/* SPDX-License-Identifier: MIT */
/*
 * The one shim between C and a Verilated class: compiled once a DUT, with DUT, VDUT
 * and VDUT_H naming it; with MODEL_WAVES once more, for the class that is built with tracing.
 * Pins point straight into the class where a port has the usual width;
 * one of another width has a cell that is copied before or after an evaluation. One that
 * the DUT does not have is a cell alone: what is driven there goes nowhere, it reads 0.
 */
#include "sim/model.h"

#include <string.h>
#include <vector>

#include <verilated.h>
#include <verilated_syms.h>

#include VDUT_H

#ifdef MODEL_WAVES
#include "sim/model_waves.h"
#endif
#ifdef MODEL_COVERAGE
#include "sim/model_coverage.h"
#include MODEL_COVERAGE
#endif

#define CAT_(a, b) a##b
#define CAT(a, b)  CAT_(a, b)

namespace
{

/* A port of another width than its pin, and the pin's cell. */
struct copied {
	void *port, *cell;
	size_t bytes; /* of the narrower one: both are little endian */
};

struct impl {
	VerilatedContext context;
	VDUT top{ &context, "dut" };
#ifdef MODEL_WAVES
	waves wave{ context };
#endif
	uint64_t cell[PIN_COUNT] = {};
	std::vector<copied> in, out;
};

/* The int overload is better where the class has such a member, else it drops out. */
#define P(type, name)                                                         \
	template <class T> auto find_##name(T &top, int)->decltype(&top.name) \
	{                                                                     \
		return &top.name;                                             \
	}                                                                     \
	template <class T> std::nullptr_t find_##name(T &, long)              \
	{                                                                     \
		return nullptr;                                               \
	}
PINS(P)
#undef P

/* One pin: straight to the port if that is of its type. */
template <class PIN> struct binding {
	impl *self;
	unsigned n;
	bool in;
	uint8_t *bytes;

	PIN *cell() const
	{
		return reinterpret_cast<PIN *>(&self->cell[n]);
	}
	PIN *to(std::nullptr_t) const
	{
		*bytes = 0;
		return cell();
	}
	PIN *to(PIN *port) const
	{
		*bytes = sizeof(*port);
		return port;
	}
	template <class PORT> PIN *to(PORT *port) const
	{
		size_t both = sizeof(PORT) < sizeof(PIN) ? sizeof(PORT) : sizeof(PIN);

		*bytes = sizeof(*port) < UINT8_MAX ? sizeof(*port) : UINT8_MAX;
		(in ? self->in : self->out).push_back({ port, cell(), both });
		return cell();
	}
};

void eval(struct model *model)
{
	impl *self = static_cast<impl *>(model->impl);

	for (const copied &c : self->in)
		memcpy(c.port, c.cell, c.bytes);
	self->top.eval();
	for (const copied &c : self->out)
		memcpy(c.cell, c.port, c.bytes);
}

/* What the checkers that are bound to the DUT have seen (sim/axi/bus_check.sv). */
const uint32_t *find_broken(impl *self)
{
	static const uint32_t none = 0;
	static const char bound[] = ".u_bus_check";

	for (const auto &scope : *self->context.scopeNameMap()) {
		const size_t len = strlen(scope.first), tail = sizeof(bound) - 1;
		VerilatedVar *var = scope.second->varFind("broken");

		if (var && len > tail && !strcmp(scope.first + len - tail, bound))
			return static_cast<const uint32_t *>(var->datap());
	}
	return &none;
}

bool is_input(const char *name)
{
	return name[strlen(name) - 1] == 'i';
}

#ifdef MODEL_COVERAGE
bool keep(impl *self)
{
	auto counters = [](impl * of) -> auto &
	{
		return of->top.rootp->vlSymsp->__Vcoverage;
	};

	return coverage<impl, decltype(counters)>::keep(self, counters);
}
#endif

void destroy(struct model *model)
{
	impl *self = static_cast<impl *>(model->impl);

	/* Public signals register with the thread's context, and leave it: it must be theirs. */
	Verilated::threadContextp(&self->context);
	self->top.final();
#ifdef MODEL_COVERAGE
	if (keep(self)) {
		delete model;
		return;
	}
#endif
	delete self;
	delete model;
}

#ifdef MODEL_WAVES
waves &of(struct model *model)
{
	return static_cast<impl *>(model->impl)->wave;
}

const struct model_waves recorder = {
	[](struct model *model, const char *path) {
		return of(model).open(static_cast<impl *>(model->impl)->top, path);
	},
	[](struct model *model, uint64_t cycle, bool high) { of(model).dump(cycle, high); },
	[](struct model *model, const struct event *ev) { of(model).event(*ev); },
	[](struct model *model) { of(model).calm(); },
	[](struct model *model, const char *text) { of(model).events_text(text); },
	[](struct model *model, const char *text) { of(model).verdict_text(text); },
	[](struct model *model) { of(model).close(); },
};
#endif

} // namespace

extern "C" struct model *CAT(model_new_, DUT)(void);

extern "C" struct model *CAT(model_new_, DUT)(void)
{
	impl *self = new impl;
	struct model *model = new struct model;

	model->impl = self;
	model->eval = eval;
	model->free = destroy;
#ifdef MODEL_WAVES
	model->waves = &recorder;
#else
	model->waves = nullptr;
#endif
#define P(type, name)                                                                             \
	model->pin.name =                                                                         \
		binding<type>{ self, PIN_##name, is_input(#name), &model->bytes[PIN_##name] }.to( \
			find_##name(self->top, 0));
	PINS(P)
#undef P
	model->broken = find_broken(self);
	return model;
}
