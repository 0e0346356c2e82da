/* SPDX-License-Identifier: MIT */
/* From files to runs: scenarios x kernels x transports x seeds, filtered and dealt to shards. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bridge/cmd_regress.h"
#include "bridge/guestdir.h"

/* --- scenarios ------------------------------------------------------------------------- */

static bool add_scene(struct regress *r, const char *path)
{
	struct scene **more = realloc(r->scene, (r->nscenes + 1) * sizeof(struct scene *));
	struct scene *scene = more ? calloc(1, sizeof(*scene)) : NULL;
	char err[SETTINGS_ERR];

	if (more)
		r->scene = more;
	if (!scene) {
		regress_no(path, "out of memory");
		return false;
	}
	if (!scene_load(path, scene, err)) {
		fprintf(stderr, "vcosim regress: %s\n", err);
		free(scene);
		return false;
	}
	for (size_t i = 0; i < r->nscenes; i++)
		if (!strcmp(r->scene[i]->name, scene->name)) {
			fprintf(stderr,
				"vcosim regress: %s: expected another name: %s has this one\n",
				path, r->scene[i]->path);
			free(scene);
			return false;
		}
	r->scene[r->nscenes++] = scene;
	return true;
}

static int is_scene(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".scn");
}

static bool add_folder(struct regress *r, const char *dir)
{
	struct dirent **entry;
	int n = scandir(dir, &entry, is_scene, alphasort);
	bool ok = n > 0;

	if (n <= 0)
		regress_no(dir, n < 0 ? strerror(errno) : "no *.scn in it");
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];
		size_t len = strlen(dir);

		while (len > 1 && dir[len - 1] == '/')
			len--;
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)len, dir, entry[i]->d_name) <
		    PATH_MAX)
			ok = add_scene(r, path) && ok;
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	return ok;
}

static bool add_path(struct regress *r, const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		regress_no(path, strerror(errno));
		return false;
	}
	return S_ISDIR(st.st_mode) ? add_folder(r, path) : add_scene(r, path);
}

/* --- the matrix ------------------------------------------------------------------------- */

/* Is the word one of the list's? NULL has them all. */
static bool listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, word, n) && (at[n] == ',' || !at[n]))
			return true;
	}
	return !list;
}

/* A word in the list that is none of these would leave runs out that somebody wants. */
static bool known(const char *option, const char *list, const char *const *words)
{
	while (list) {
		size_t n = strcspn(list, ",");
		const char *const *w = words;

		while (*w && (strlen(*w) != n || strncmp(*w, list, n)))
			w++;
		if (!*w) {
			fprintf(stderr, "vcosim regress: %s: no %.*s; expected", option, (int)n,
				list);
			for (w = words; *w; w++)
				fprintf(stderr, "%s%s", w == words ? " " : ", ", *w);
			fputs(", or several with commas\n", stderr);
			return false;
		}
		list = list[n] ? list + n + 1 : NULL;
	}
	return true;
}

static bool wanted(const struct regress *r, const char *id)
{
	for (unsigned i = 0; i < r->opt.nfilters; i++)
		if (!fnmatch(r->opt.filter[i], id, 0) || strstr(id, r->opt.filter[i]))
			return true;
	return !r->opt.nfilters;
}

static bool add_run(struct regress *r, const struct scene *sc, const char *kernel,
		    const char *transport, uint64_t seed)
{
	struct regress_run run = {
		.scene = sc, .kernel = kernel, .transport = transport, .seed = seed
	};
	struct regress_run *more;

	snprintf(run.id, sizeof(run.id), "%s--%s--%s--s%llu", sc->name,
		 kernel ? kernel : scene_guest_name(sc->guest), transport,
		 (unsigned long long)seed);
	if (!wanted(r, run.id))
		return true;
	more = realloc(r->run, (r->n + 1) * sizeof(run));
	if (!more)
		return false;
	r->run = more;
	r->run[r->n++] = run;
	return true;
}

static bool add_seeds(struct regress *r, const struct scene *sc, const char *kernel,
		      const char *transport)
{
	bool own = !r->opt.nseeds || sc->nseeds == 1;
	unsigned n = own ? sc->nseeds : r->opt.nseeds;
	bool ok = true;

	for (unsigned i = 0; i < n && ok; i++)
		ok = add_run(r, sc, kernel, transport, own ? sc->seed[i] : r->opt.seed[i]);
	return ok;
}

static const char *const transport[] = { "pci", "mmio", NULL };

static bool add_matrix(struct regress *r, const struct scene *sc)
{
	bool ok = true;

	for (unsigned t = 0; t < 2 && ok; t++) {
		if (!(t ? sc->mmio : sc->pci) || !listed(r->opt.transports, transport[t]))
			continue;
		if (sc->guest != SCENE_LINUX)
			ok = add_seeds(r, sc, NULL, transport[t]);
		for (unsigned k = 0; sc->guest == SCENE_LINUX && k < sc->nkernels && ok; k++)
			if (listed(r->opt.kernels, sc->kernels[k]))
				ok = add_seeds(r, sc, sc->kernels[k], transport[t]);
	}
	return ok;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct regress_run *)a)->id, ((const struct regress_run *)b)->id);
}

/* Each shard gets every so-manieth run: neighbours, which are alike, go to different ones. */
static void deal(struct regress *r)
{
	size_t kept = 0;

	r->planned = r->n;
	for (size_t i = 0; i < r->n; i++)
		if (i % r->opt.shards == r->opt.shard - 1)
			r->run[kept++] = r->run[i];
	r->n = kept;
}

int regress_plan(struct regress *r)
{
	bool ok = known("--kernels", r->opt.kernels, guestdir_series) &&
		  known("--transports", r->opt.transports, transport);

	for (int i = 0; i < r->npaths; i++)
		ok = add_path(r, r->paths[i]) && ok;
	if (!ok)
		return 2;
	for (size_t i = 0; i < r->nscenes && ok; i++)
		ok = add_matrix(r, r->scene[i]);
	if (!ok)
		return regress_no("plan", "out of memory");
	if (!r->n)
		return regress_no("plan",
				  "no run is left of the scenarios; expected filters, kernels "
				  "and transports that some have");
	qsort(r->run, r->n, sizeof(*r->run), by_id);
	deal(r);
	return 0;
}

void regress_unplan(struct regress *r)
{
	for (size_t i = 0; i < r->n; i++)
		json_decref(r->run[i].entry);
	free(r->run);
	for (size_t i = 0; i < r->nscenes; i++)
		free(r->scene[i]);
	free(r->scene);
}
