/* SPDX-License-Identifier: MIT */
/* libFuzzer: scenarios. Whatever the text, it is a scenario within its bounds or one line that says
 * why not. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/scene.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the buffer of a string that the text ends in the midst of. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static void check(const struct scene *sc)
{
	unsigned depth = 0;

	assert(sc->what[0] && sc->guest < SCENE_GUESTS && (sc->pci || sc->mmio));
	assert(sc->nkernels >= 1 && sc->nkernels <= SCENE_KERNELS);
	assert(sc->nseeds >= 1 && sc->nseeds <= SCENE_SEEDS);
	assert(sc->nsteps <= SCENE_STEPS && sc->nexpect <= SCENE_CLAUSES);
	assert(sc->devices >= 1 && sc->devices <= SCENE_DEVICES && sc->limit_s);
	assert(!sc->nsteps || sc->guest == SCENE_LINUX);
	for (unsigned i = 0; i < sc->nsteps; i++) {
		assert(sc->step[i].what < SCENE_DOES && sc->step[i].text[0]);
		assert(memchr(sc->step[i].text, '\0', SCENE_LINE));
		if (sc->step[i].what == SCENE_REPEAT)
			assert(++depth <= SCENE_DEPTH && sc->step[i].n);
		if (sc->step[i].what == SCENE_END)
			assert(depth--);
	}
	assert(!depth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), err[SETTINGS_ERR] = "";
	struct scene *sc = malloc(sizeof(*sc));

	memcpy(text, data, size);
	text[size] = '\0';
	if (strstr(text, "@include")) /* libconfig would open files */
		;
	else if (scene_parse("d/s.scn", text, sc, err))
		check(sc);
	else
		assert(!strncmp(err, "d/s.scn:", 8) && !strchr(err, '\n'));
	free(sc);
	free(text);
	return 0;
}
