/* SPDX-License-Identifier: MIT */
#include "bridge/probes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bridge/kallsyms.h"
#include "sim/ftrace_calls.h"

#define CALLS_MAX 64
#define ARG       "$arg"

/*
 * $argN is refused for a function of a module that is not there yet: nobody knows then where it
 * begins. The registers of the calling convention are taken, where we know them.
 */
static const char *const registers[] = {
#if defined(__x86_64__)
	"%di", "%si", "%dx", "%cx", "%r8",
#elif defined(__aarch64__)
	"%x0", "%x1", "%x2", "%x3", "%x4",
#endif
	NULL
};

static void in_registers(const char *fetch, char *out, size_t len)
{
	const unsigned n = sizeof(registers) / sizeof(registers[0]) - 1;
	size_t at = 0;

	while (*fetch && at + 8 < len) {
		unsigned arg = strncmp(fetch, ARG, strlen(ARG)) ? 0 : (unsigned)(fetch[4] - '0');

		if (arg && arg <= n) {
			at += (size_t)snprintf(out + at, len - at, "%s", registers[arg - 1]);
			fetch += strlen(ARG) + 1;
		} else {
			out[at++] = *fetch++;
		}
	}
	out[at] = '\0';
}

/* Both ends of one place. */
static int probe_at(struct tracefs *t, const struct ftrace_call *call, const char *where,
		    unsigned number)
{
	char event[64], suffix[8] = "", fetch[512];
	int err;

	if (number)
		snprintf(suffix, sizeof(suffix), "__%u", number + 1);
	snprintf(event, sizeof(event), "%s%s", call->func, suffix);
	in_registers(call->enter, fetch, sizeof(fetch));
	err = tracefs_probe(t, 'p', event, where, fetch);
	if (err || !call->ret)
		return err;
	snprintf(event, sizeof(event), "%s%s%s", call->func, FTRACE_RET, number ? suffix + 1 : "");
	return tracefs_probe(t, 'r', event, where, call->ret);
}

/* A symbol that is there several times: legacy and modern devices have functions of one name. */
static int probe_each(struct tracefs *t, const struct ftrace_call *call, const struct kallsym *sym)
{
	char where[32];
	int err = 0;

	for (unsigned i = 0; !err && i < sym->n && i < KALLSYMS_PLACES; i++) {
		if (!sym->addr[i])
			return -EACCES;
		snprintf(where, sizeof(where), "0x%" PRIx64, sym->addr[i]);
		err = probe_at(t, call, where, i);
	}
	return err;
}

static int probe(struct tracefs *t, const struct ftrace_call *call, const struct kallsym *sym)
{
	char where[128];

	if (sym->n > 1)
		return probe_each(t, call, sym);
	if (!sym->n && call->late)
		return -ENOENT;
	if (sym->n && !sym->module[0])
		return probe_at(t, call, call->func, 0);
	snprintf(where, sizeof(where), "%s:%s", call->module, call->func);
	return probe_at(t, call, where, 0);
}

int probes_add(struct tracefs *t, const char *kallsyms, uint64_t *done)
{
	struct kallsym syms[CALLS_MAX] = { 0 };
	const struct ftrace_call *call;
	unsigned n = 0;
	int err, added = 0;

	for (; n < CALLS_MAX && (call = ftrace_call(n)); n++)
		syms[n].name = call->func;
	err = kallsyms_find(kallsyms, syms, n);
	if (err)
		return err;
	for (unsigned i = 0; i < n; i++) {
		if (*done >> i & 1 || probe(t, ftrace_call(i), &syms[i]))
			continue;
		*done |= 1ULL << i;
		added++;
	}
	return added;
}

int probes_enough(uint64_t done)
{
	const struct ftrace_call *call;
	bool set[2] = { false }, get[2] = { false };

	for (unsigned i = 0; (call = ftrace_call(i)); i++) {
		if (!(done >> i & 1))
			continue;
		set[call->mmio] |= call->what == CALL_SET_STATUS;
		get[call->mmio] |= call->what == CALL_GET_STATUS;
	}
	return (set[0] && get[0]) || (set[1] && get[1]);
}
