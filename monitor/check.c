/* SPDX-License-Identifier: MIT */
/* Findings that do not stop the load: what is probably not what its author meant. */
#include "monitor/spec.h"

static void unused(struct ccsl_spec *s, const struct sym *sym)
{
	if (sym->used || !sym->item || sym->kind == S_RULE || sym->kind == S_SCOPE)
		return;
	if (sym->kind == S_CLOCK && sym->node->kind == CORE_EVENT)
		return;
	spec_warn(s, sym->item->pos, "\"%s\" is not used", sym->name);
}

void spec_check(struct ccsl_spec *s)
{
	for (unsigned i = 0; i < SYM_HASH; i++)
		for (const struct sym *sym = s->hash[i]; sym; sym = sym->chain)
			unused(s, sym);
}
