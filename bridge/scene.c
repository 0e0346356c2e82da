/* SPDX-License-Identifier: MIT */
/* A scenario's text into struct scene. */
#include "bridge/scene.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/guestdir.h"
#include "bridge/scene_step.h"
#include "sim/driver.h"
#include "sim/features.h"
#include "sim/mutant.h"

#define FILE_MAX_BYTES (64U << 10)

static const char *const guests[SCENE_GUESTS] = {
	[SCENE_LINUX] = "linux", [SCENE_METAL] = "metal", [SCENE_DRIVE] = "drive",
	[SCENE_TRACE] = "trace", [SCENE_USER] = "user",
};

/* Which guests a key is for, by bits; the others refuse it. */
#define FOR(guest) (1U << (guest))
#define LINUX      FOR(SCENE_LINUX)
#define METAL      FOR(SCENE_METAL)
#define DRIVE      FOR(SCENE_DRIVE)
#define TRACE      FOR(SCENE_TRACE)
#define USER       FOR(SCENE_USER)
#define ALL        (FOR(SCENE_GUESTS) - 1)
#define LIVE       (ALL & ~TRACE)
#define QEMU       (LINUX | METAL | USER)

static const struct {
	const char *key;
	unsigned guests;
} keys[] = {
	{ "what", ALL },
	{ "guest", ALL },
	{ "kernels", LINUX },
	{ "transports", LIVE },
	{ "seeds", LIVE },
	{ "errors", LIVE },
	{ "plays", METAL | DRIVE },
	{ "fault", DRIVE },
	{ "lives", DRIVE },
	{ "kernel", USER },
	{ "initrd", USER },
	{ "append", USER },
	{ "modules", LINUX | USER },
	{ "trace", TRACE },
	{ "exact", TRACE },
	{ "dut", QEMU },
	{ "features", LIVE },
	{ "queue_map", QEMU },
	{ "interrupts", LINUX | USER },
	{ "iommu", LINUX },
	{ "memory", LINUX | USER },
	{ "target", DRIVE | USER },
	{ "devices", LINUX },
	{ "profile", ALL },
	{ "spec", ALL },
	{ "steps", LINUX },
	{ "expect", ALL },
	{ "completes", METAL | DRIVE },
	{ "limit", ALL },
};

#define NKEYS (sizeof(keys) / sizeof(keys[0]))

char *scene_device_name(const struct scene *sc, unsigned device, char buf[SCENE_TEXT])
{
	if (device > 1)
		snprintf(buf, SCENE_TEXT, "%.20s-%u", sc->name, device);
	else
		snprintf(buf, SCENE_TEXT, "%s", sc->name);
	return buf;
}

const char *scene_guest_name(enum scene_guest guest)
{
	return guests[guest];
}

/* --- lists --------------------------------------------------------------------------- */

/* NULL: no such key, or an error. */
static config_setting_t *list(struct settings *s, config_setting_t *root, const char *key,
			      unsigned max, const char *expected)
{
	config_setting_t *at = settings_member(root, key);

	if (!at)
		return NULL;
	if ((config_setting_is_array(at) || config_setting_is_list(at)) &&
	    (unsigned)config_setting_length(at) <= max)
		return at;
	settings_wrong(s, at, "%s: expected %s, at most %u", key, expected, max);
	return NULL;
}

static config_setting_t *element(config_setting_t *at, unsigned i)
{
	return config_setting_get_elem(at, i);
}

static void read_kernels(struct settings *s, config_setting_t *root, struct scene *sc)
{
	config_setting_t *at = list(s, root, "kernels", SCENE_KERNELS, "[ \"6.1\", ... ]");

	for (; guestdir_series[sc->nkernels]; sc->nkernels++)
		strcpy(sc->kernels[sc->nkernels], guestdir_series[sc->nkernels]);
	if (!at)
		return;
	sc->nkernels = (unsigned)config_setting_length(at);
	if (!sc->nkernels)
		settings_wrong(s, at, "kernels: expected one at least");
	for (unsigned i = 0; i < sc->nkernels && !s->failed; i++) {
		unsigned k = 0;

		settings_text(s, element(at, i), "kernels", sc->kernels[i], SCENE_TEXT);
		while (guestdir_series[k] && strcmp(guestdir_series[k], sc->kernels[i]))
			k++;
		if (!guestdir_series[k])
			settings_wrong(s, element(at, i),
				       "kernels: no kernel %s; expected 6.1 or 6.12",
				       sc->kernels[i]);
	}
}

static void read_transports(struct settings *s, config_setting_t *root, struct scene *sc)
{
	config_setting_t *at = list(s, root, "transports", 2, "[ \"pci\", \"mmio\" ]");
	char word[SCENE_TEXT] = "";

	if (!at) {
		/* A device of a name has its own transport; who has two, is run on both. */
		sc->pci = true;
		sc->mmio = !sc->dut[0] && sc->devices == 1 && !sc->iommu &&
			   sc->guest != SCENE_TRACE && sc->guest != SCENE_USER;
		return;
	}
	for (unsigned i = 0; i < (unsigned)config_setting_length(at) && !s->failed; i++) {
		settings_text(s, element(at, i), "transports", word, sizeof(word));
		if (!s->failed && strcmp(word, "pci") && strcmp(word, "mmio"))
			settings_wrong(s, element(at, i),
				       "transports: expected \"pci\" or \"mmio\"");
		sc->pci = sc->pci || !strcmp(word, "pci");
		sc->mmio = sc->mmio || !strcmp(word, "mmio");
	}
	if (!sc->pci && !sc->mmio)
		settings_wrong(s, at, "transports: expected one at least");
	if (sc->mmio && (sc->devices > 1 || sc->iommu))
		settings_wrong(s, at, "transports: expected \"pci\" alone with %s",
			       sc->iommu ? "iommu" : "devices");
	if (sc->dut[0])
		settings_wrong(s, at, "transports: dut says it; expected one of them");
}

static void read_seeds(struct settings *s, config_setting_t *root, struct scene *sc)
{
	config_setting_t *at = list(s, root, "seeds", SCENE_SEEDS, "[ 0, 1, ... ]");

	sc->nseeds = 1;
	if (!at)
		return;
	sc->nseeds = (unsigned)config_setting_length(at);
	if (!sc->nseeds)
		settings_wrong(s, at, "seeds: expected one at least");
	for (unsigned i = 0; i < sc->nseeds && !s->failed; i++) {
		unsigned seed = 0;

		settings_check_number(s, element(at, i), "seeds", 0, INT32_MAX, &seed);
		sc->seed[i] = seed;
		for (unsigned k = 0; k < i; k++)
			if (sc->seed[k] == seed)
				settings_wrong(s, element(at, i), "seeds: %u is there twice", seed);
	}
}

static void read_expect(struct settings *s, config_setting_t *root, struct scene *sc)
{
	config_setting_t *at =
		list(s, root, "expect", SCENE_CLAUSES, "[ \"DRV-3.1.1-10\", ... ], clauses");

	if (!at)
		return;
	sc->nexpect = (unsigned)config_setting_length(at);
	for (unsigned i = 0; i < sc->nexpect && !s->failed; i++) {
		settings_text(s, element(at, i), "expect", sc->expect[i], SCENE_TEXT);
		for (unsigned k = 0; k < i && !s->failed; k++)
			if (!strcmp(sc->expect[k], sc->expect[i]))
				settings_wrong(s, element(at, i), "expect: %s is there twice",
					       sc->expect[i]);
	}
}

/* --- texts --------------------------------------------------------------------------- */

static void word(struct settings *s, config_setting_t *root, const char *key, char *out, size_t len)
{
	const config_setting_t *at = settings_member(root, key);

	if (at)
		settings_text(s, at, key, out, len);
}

/* A path, from the scenario's folder on. */
static void path_of(struct settings *s, const config_setting_t *at, const char *key,
		    char out[PATH_MAX])
{
	const char *slash = strrchr(s->path, '/');
	char name[PATH_MAX / 2] = "";
	int dir = slash ? (int)(slash - s->path) + 1 : 0;

	settings_text(s, at, key, name, sizeof(name));
	if (s->failed)
		return;
	if (name[0] == '/')
		dir = 0;
	if (snprintf(out, PATH_MAX, "%.*s%s", dir, s->path, name) >= PATH_MAX)
		settings_wrong(s, at, "%s: the path is too long", key);
}

static void file(struct settings *s, config_setting_t *root, const char *key, char out[PATH_MAX])
{
	const config_setting_t *at = settings_member(root, key);

	if (at)
		path_of(s, at, key, out);
}

static void read_modules(struct settings *s, config_setting_t *root, struct scene *sc)
{
	config_setting_t *at =
		list(s, root, "modules", SCENE_MODULES, "[ \"file.ko\", ... ], in load order");

	sc->nmodules = at ? (unsigned)config_setting_length(at) : 0;
	for (unsigned i = 0; i < sc->nmodules && !s->failed; i++)
		path_of(s, element(at, i), "modules", sc->module[i]);
}

static void read_features(struct settings *s, config_setting_t *root, struct scene *sc)
{
	const config_setting_t *at = settings_member(root, "features");
	char text[SCENE_LINE] = "";

	word(s, root, "features", text, sizeof(text));
	if (at && !s->failed && !features_parse(text, &sc->features))
		settings_wrong(s, at, "features: expected names, 0xBITS, \"all\" or \"none\"");
}

/* --- what belongs together -------------------------------------------------------------- */

static void read_guest(struct settings *s, config_setting_t *root, struct scene *sc)
{
	const config_setting_t *at = settings_needed(
		s, root, "guest", "\"linux\", \"metal\", \"drive\", \"trace\" or \"user\"");
	char name[SCENE_TEXT] = "";
	unsigned g = 0;

	if (!at)
		return;
	settings_text(s, at, "guest", name, sizeof(name));
	while (g < SCENE_GUESTS && strcmp(guests[g], name))
		g++;
	if (g == SCENE_GUESTS)
		settings_wrong(
			s, at,
			"guest: expected \"linux\", \"metal\", \"drive\", \"trace\" or \"user\"");
	else
		sc->guest = g;
	for (unsigned i = 0; i < NKEYS && !s->failed; i++)
		if (!(keys[i].guests >> g & 1) && settings_member(root, keys[i].key))
			settings_wrong(s, settings_member(root, keys[i].key),
				       "%s: not for guest \"%s\"", keys[i].key, guests[g]);
}

/* What the C driver plays is known over each transport that it is played on. */
static void read_plays(struct settings *s, config_setting_t *root, struct scene *sc)
{
	const config_setting_t *plays = settings_member(root, "plays");
	const config_setting_t *fault = settings_member(root, "fault");
	const struct mutant_fault *known;

	word(s, root, "plays", sc->plays, sizeof(sc->plays));
	word(s, root, "fault", sc->fault, sizeof(sc->fault));
	settings_number(s, root, "lives", 0, 1000000, &sc->lives);
	settings_flag(s, root, "completes", &sc->completes);
	if (s->failed || (sc->guest != SCENE_METAL && sc->guest != SCENE_DRIVE))
		return;
	known = fault ? mutant_fault(sc->fault) : NULL;
	if (fault && (!known || (known->mmio ? sc->pci : sc->mmio)))
		settings_wrong(s, fault,
			       "fault: no device fault %s over %s; `vcosim drive "
			       "--faults` lists them",
			       sc->fault, !known || known->mmio ? "pci" : "mmio");
	if (!plays)
		strcpy(sc->plays, known ? known->scenario : "life");
	if ((sc->pci && !driver_scenario(sc->plays)) ||
	    (sc->mmio && !driver_mmio_scenario(sc->plays)))
		settings_wrong(s, plays,
			       "plays: no scenario %s over %s; `vcosim drive --list` "
			       "lists them",
			       sc->plays, sc->pci && !driver_scenario(sc->plays) ? "pci" : "mmio");
}

static void read_device(struct settings *s, config_setting_t *root, struct scene *sc)
{
	const config_setting_t *at;

	word(s, root, "dut", sc->dut, sizeof(sc->dut));
	settings_number(s, root, "devices", 1, SCENE_DEVICES, &sc->devices);
	settings_flag(s, root, "iommu", &sc->iommu);
	settings_choice(s, root, "queue_map", "dense", "spec", &sc->spec_queues);
	settings_choice(s, root, "interrupts", "msix", "intx", &sc->intx);
	settings_number(s, root, "memory", 64, 65536, &sc->memory_mib);
	settings_number(s, root, "target", 0, 65536, &sc->target_mib);
	settings_number(s, root, "errors", 1, 1000000, &sc->errors);
	at = settings_member(root, "target");
	if (!at && sc->target_mib >= sc->memory_mib)
		sc->target_mib = sc->memory_mib / 2;
	if (at && sc->guest == SCENE_DRIVE && sc->target_mib > 48)
		settings_wrong(s, at, "target: expected a number from 0 to 48");
	else if (at && sc->guest != SCENE_DRIVE && sc->target_mib >= sc->memory_mib)
		settings_wrong(s, at, "target: expected less than memory");
	word(s, root, "profile", sc->profile, sizeof(sc->profile));
	file(s, root, "spec", sc->spec);
	read_features(s, root, sc);
}

static void read_files(struct settings *s, config_setting_t *root, struct scene *sc)
{
	file(s, root, "kernel", sc->kernel);
	file(s, root, "initrd", sc->initrd);
	file(s, root, "trace", sc->trace);
	word(s, root, "append", sc->append, sizeof(sc->append));
	settings_flag(s, root, "exact", &sc->exact);
	read_modules(s, root, sc);
	if (sc->guest == SCENE_USER)
		settings_needed(s, root, "kernel", "the file of your own kernel");
	if (sc->guest == SCENE_TRACE)
		settings_needed(s, root, "trace", "the file of a recorded session");
}

static void read_root(struct settings *s, config_setting_t *root, struct scene *sc)
{
	const char *names[NKEYS + 1] = { NULL };
	const config_setting_t *at;

	for (unsigned i = 0; i < NKEYS; i++)
		names[i] = keys[i].key;
	settings_group(s, root, NULL, names);
	read_guest(s, root, sc);
	at = settings_needed(s, root, "what", "what happens, in one line");
	if (at)
		settings_text(s, at, "what", sc->what, sizeof(sc->what));
	if (sc->guest == SCENE_DRIVE)
		sc->target_mib = 16;
	read_device(s, root, sc);
	read_files(s, root, sc);
	read_kernels(s, root, sc);
	read_transports(s, root, sc);
	read_seeds(s, root, sc);
	read_plays(s, root, sc);
	read_expect(s, root, sc);
	settings_number(s, root, "limit", 1, 86400, &sc->limit_s);
	scene_read_steps(s, settings_member(root, "steps"), sc);
}

/* "a/boot.scn" is "boot": safe as a file's name, as runs are named after it. */
static bool name_it(const char *path, char name[SCENE_TEXT])
{
	const char *last = strrchr(path, '/');
	size_t n;

	last = last ? last + 1 : path;
	n = strcspn(last, ".");
	if (!n || n >= SCENE_TEXT ||
	    strspn(last, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") < n)
		return false;
	snprintf(name, SCENE_TEXT, "%.*s", (int)n, last);
	return !strstr(name, "--"); /* which is between the parts of a run's name */
}

static uint64_t digest(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a's own two numbers */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

/* The line on which another file is brought in, 0: none is. */
static unsigned includes(const char *text)
{
	unsigned line = 1;

	for (; *text; line++) {
		if (!strncmp(text + strspn(text, " \t"), "@include", 8))
			return line;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return 0;
}

bool scene_parse(const char *path, const char *text, struct scene *sc, char *err)
{
	struct settings s = { .path = path, .err = err };
	config_t cfg;

	*sc = (struct scene){
		.memory_mib = 256, .target_mib = 64, .devices = 1, .completes = true, .limit_s = 120
	};
	if (!name_it(path, sc->name) || strlen(path) >= sizeof(sc->path)) {
		settings_wrong(&s, NULL,
			       "the file's name names the runs: expected up to %d letters, "
			       "digits, _ and single -",
			       SCENE_TEXT - 1);
		return false;
	}
	strcpy(sc->path, path);
	sc->digest = digest(text);
	if (includes(text)) {
		snprintf(err, SETTINGS_ERR, "%s:%u: expected no @include: a scenario is one file",
			 path, includes(text));
		return false;
	}
	if (settings_read(&s, &cfg, text)) {
		read_root(&s, config_root_setting(&cfg), sc);
		config_destroy(&cfg);
	}
	return !s.failed;
}

bool scene_load(const char *path, struct scene *sc, char *err)
{
	char *text = calloc(1, FILE_MAX_BYTES + 1);
	FILE *f = fopen(path, "re");
	size_t n = f && text ? fread(text, 1, FILE_MAX_BYTES, f) : 0;
	bool ok = false;

	if (!f || !text || ferror(f))
		snprintf(err, SETTINGS_ERR, "%s: %s", path, strerror(errno));
	else if (n == FILE_MAX_BYTES || strlen(text) != n)
		snprintf(err, SETTINGS_ERR, "%s:1: expected text, less than %u KiB", path,
			 FILE_MAX_BYTES >> 10);
	else
		ok = scene_parse(path, text, sc, err);
	if (f)
		fclose(f);
	free(text);
	return ok;
}
