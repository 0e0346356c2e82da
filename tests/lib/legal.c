/* SPDX-License-Identifier: MIT */
/* A session of a conforming driver: its device, its lives and how they end. */
#include "tests/lib/legal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/legal_internal.h"

/* splitmix64, by Sebastiano Vigna: public domain */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint32_t legal_rand(struct legal *l, uint32_t below)
{
	return below ? (uint32_t)((draw(&l->rand) >> 32) * below >> 32) : 0;
}

bool legal_one_in(struct legal *l, uint32_t n)
{
	return n && !legal_rand(l, n);
}

void legal_fail(struct legal *l, const char *why)
{
	l->error = why;
	longjmp(l->stop, 1);
}

/* Mostly at once or almost, sometimes not so soon. */
uint64_t legal_soon(struct legal *l)
{
	static const unsigned far[] = { 1, 1, 8, 40, 150 };

	return l->accesses + legal_rand(l, far[legal_rand(l, 1 + l->style.delay)]) +
	       (l->accesses == 0);
}

static void on_intx(void *ctx, bool level)
{
	((struct legal *)ctx)->intx = level;
}

static void on_msix(void *ctx, unsigned vector)
{
	struct legal *l = ctx;

	(void)vector;
	for (unsigned q = 0; q < LEGAL_QUEUES; q++)
		l->queue[q].look = 0;
}

static void on_verdict(void *ctx, const json_t *verdict)
{
	const struct legal *l = ctx;
	const char *level = json_string_value(json_object_get(verdict, "level"));
	const char *blame = json_string_value(json_object_get(verdict, "blame"));
	char *text;

	if (!level || strncmp(level, "MUST", 4) || !strcmp(blame, "SPEC"))
		return;
	text = json_dumps(verdict, JSON_COMPACT);
	printf("# seed %llu: %s\n", (unsigned long long)l->cfg.seed, text);
	free(text);
}

/* --- a life ----------------------------------------------------------------------------------- */

static void draw_style(struct legal *l)
{
	static const unsigned mortality[] = { 0, 0, 2000, 200, 60 };

	l->style = (struct legal_style){
		.pace = legal_rand(l, 4),
		.mortality = mortality[legal_rand(l, 5)],
		.milling = 2 + legal_rand(l, 8),
		.delay = legal_rand(l, 5),
		.absolute = legal_one_in(l, 2),
		.rereads = legal_one_in(l, 3),
		.deaf = legal_one_in(l, 3),
		.early = legal_one_in(l, 3),
		.tight = legal_one_in(l, 3),
		.dirty = legal_one_in(l, 2),
		.msix = legal_one_in(l, 2),
		.generation = legal_one_in(l, 3),
		.flood = legal_one_in(l, 6),
		.window = legal_one_in(l, 4) ? 1 + legal_rand(l, 10) : 0,
		.segments = 1 + legal_rand(l, 5),
		.direct = legal_one_in(l, 2),
	};
}

static void forget_all(struct legal *l)
{
	for (unsigned q = 0; q < LEGAL_QUEUES; q++)
		legal_forget(l, q);
	memset(l->queue, 0, sizeof(l->queue));
	memset(l->page, PAGE_FREE, sizeof(l->page));
	legal_release_all(l);
}

/* Whatever came before, the device is reset, and all is the driver's again. */
static void end_life(struct legal *l)
{
	l->mortal = false;
	legal_function_wakes(l);
	if (l->status & ACKNOWLEDGE && legal_one_in(l, 5)) {
		legal_add_status(l, FAILED);
		legal_mill(l);
	}
	if (legal_one_in(l, 12)) {
		dev_reset(l->dev);
		l->intx = false;
		legal_identify(l);
	} else if (l->af_cap && legal_one_in(l, 10)) {
		legal_function_reset(l);
	} else if (l->mmio && legal_one_in(l, 3)) {
		legal_identify(l);
	}
	legal_reset(l);
	l->mortal = false;
	forget_all(l);
}

static void lives(struct legal *l)
{
	if (setjmp(l->death))
		return;
	l->mortal = true;
	if (legal_start(l))
		legal_live(l);
}

static void session(struct legal *l)
{
	if (setjmp(l->stop))
		return;
	draw_style(l);
	legal_identify(l);
	legal_reset(l);
	while (l->accesses < l->limit) {
		draw_style(l);
		lives(l);
		end_life(l);
	}
}

/* --- the session --------------------------------------------------------------------------------
 */

static struct rig *make_rig(struct legal *l)
{
	struct dev_sink front = { .ctx = l, .intx = on_intx, .msix = on_msix };
	struct rig_config cfg = { .name = "legal",
				  .dev = { .dut = l->cfg.dut, .features = DEV_FEATURES_ALL },
				  .mem = l->mem,
				  .front = &front,
				  .trace = l->cfg.trace,
				  .story = l->cfg.tell ? stdout : NULL,
				  .verdict = on_verdict,
				  .verdict_ctx = l };

	if (legal_one_in(l, 2))
		cfg.dev.features = draw(&l->rand) | draw(&l->rand);
	if (legal_one_in(l, 3)) {
		cfg.dev.skew = (struct skew){ .on = true, .seed = l->cfg.seed };
		l->errors = legal_one_in(l, 6);
		cfg.dev.skew.errors = l->errors ? 2000 : 0;
	}
	return rig_new(&cfg);
}

void legal_play(const struct legal_config *cfg, struct legal_result *result)
{
	struct legal *l = calloc(1, sizeof(*l));

	*result = (struct legal_result){ .error = "out of memory" };
	if (!l)
		return;
	l->cfg = *cfg;
	l->rand = cfg->seed;
	l->limit = cfg->accesses;
	l->mmio = strstr(cfg->dut, "mmio");
	l->rng = strstr(cfg->dut, "rng");
	if (legal_memory_new(l))
		l->rig = make_rig(l);
	if (l->rig) {
		l->dev = rig_dev(l->rig);
		session(l);
		rig_end(l->rig);
		*result = (struct legal_result){ .error = l->error,
						 .verdicts = rig_verdicts(l->rig),
						 .report = rig_report(l->rig),
						 .accesses = l->accesses,
						 .lives = l->lives };
	}
	l->mortal = false;
	forget_all(l);
	rig_free(l->rig);
	legal_memory_free(l);
	free(l->heap);
	free(l);
}
