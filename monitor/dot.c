/* SPDX-License-Identifier: MIT */
/* Writes the graph of a specification for graphviz. */
#include "monitor/dot.h"

#include "monitor/spec.h"

static void quoted(FILE *to, const char *s)
{
	putc('"', to);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', to);
		putc(*s, to);
	}
	putc('"', to);
}

static void node(FILE *to, const struct node *n)
{
	bool relation = n->kind >= CORE_SUB;

	fprintf(to, "  n%u [shape=%s,label=", n->id,
		relation                ? "box"
		: n->kind == CORE_EVENT ? "ellipse"
		: n->kind == CORE_SCOPE ? "hexagon"
		: n->kind >= CORE_SCOPE ? "note"
					: "oval,style=dashed");
	quoted(to, relation ? n->rule->pub.name : n->kind == CORE_NOTE ? n->text : n->name);
	fputs("];\n", to);
	for (unsigned i = 0; i < n->nop; i++)
		fprintf(to, "  n%u -> n%u;\n", n->op[i]->id, n->id);
	for (unsigned i = 0; i < n->nalts; i++)
		fprintf(to, "  n%u -> n%u [style=dashed];\n", n->alts[i].src->id, n->id);
}

void dot_write(const struct ccsl_spec *spec, FILE *to)
{
	fputs("digraph ccsl {\n  rankdir=LR;\n", to);
	for (unsigned i = 0; i < spec->tab.nnodes; i++) {
		const struct node *n = spec->order[i];

		/* Events that nothing reads would only be noise. */
		if (n->kind != CORE_EVENT || spec->tab.slots[spec->tab.events[i].slot].nsub ||
		    spec->tab.events[i].nfamily)
			node(to, n);
	}
	fputs("}\n", to);
}
