/* SPDX-License-Identifier: MIT */
#include "bridge/cmd_scene.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/cmd_scene_guest.h"
#include "bridge/guestdir.h"
#include "bridge/plain.h"

#define PATIENCE 20 /* seconds past the limit, for what does not look at the time itself */

const char *scene_status_name(enum scene_status status)
{
	static const char *const name[] = { [SCENE_PASSED] = "passed",
					    [SCENE_FAILED] = "failed",
					    [SCENE_ERROR] = "error",
					    [SCENE_TIMEOUT] = "timeout" };

	return name[status];
}

int scene_fail(struct scene_run *sr, enum scene_status status, const char *fmt, ...)
{
	va_list ap;

	if (sr->status != SCENE_PASSED)
		return -1;
	sr->status = status;
	va_start(ap, fmt);
	vsnprintf(sr->reason, sizeof(sr->reason), fmt, ap);
	va_end(ap);
	for (char *c = sr->reason; *c; c++)
		if (*c == '\n')
			*c = ' ';
	return -1;
}

/* --- what it brought ------------------------------------------------------------------- */

bool scene_counts(const json_t *verdict)
{
	const char *blame = json_string_value(json_object_get(verdict, "blame"));
	const char *level = json_string_value(json_object_get(verdict, "level"));

	return blame && strcmp(blame, "SPEC") &&
	       !(level && (!strncmp(level, "SHOULD", 6) || !strncmp(level, "MAY", 3)));
}

static const char *clause_of(const json_t *verdict)
{
	const char *clause = json_string_value(json_object_get(verdict, "clause"));

	return clause ? clause : "?";
}

static int place(const struct scene *sc, const char *clause)
{
	for (unsigned i = 0; i < sc->nexpect; i++)
		if (!strcmp(sc->expect[i], clause))
			return (int)i;
	return -1;
}

bool scene_expects(const struct scene *sc, const char *clause)
{
	return place(sc, clause) >= 0;
}

/* A verdict that nobody expects says more than what else went wrong. */
static void unexpected(struct scene_run *sr, const json_t *verdict, size_t device)
{
	const char *what = json_string_value(json_object_get(verdict, "expected"));
	char where[32] = "", also[sizeof(sr->reason) / 2];

	snprintf(also, sizeof(also), "%s%.*s", sr->reason[0] ? "; " : "", (int)sizeof(also) - 4,
		 sr->reason);
	sr->status = SCENE_PASSED;
	if (device)
		snprintf(where, sizeof(where), " of device %zu", device + 1);
	scene_fail(sr, SCENE_FAILED, "%s at cycle %lld%s, not expected: %s%s", clause_of(verdict),
		   (long long)json_integer_value(json_object_get(verdict, "cycle")), where,
		   what ? what : "", also);
}

static void compare(struct scene_run *sr, const json_t *runs)
{
	const struct scene *sc = sr->scene;
	bool seen[SCENE_CLAUSES] = { false }, surprised = false;

	for (size_t i = 0; i < json_array_size(runs); i++) {
		const json_t *monitor = json_object_get(json_array_get(runs, i), "monitor");
		const json_t *verdicts = json_object_get(monitor, "verdicts");

		for (size_t k = 0; k < json_array_size(verdicts); k++) {
			const json_t *v = json_array_get(verdicts, k);

			int at = place(sc, clause_of(v));

			if (at >= 0)
				seen[at] = true;
			if (!scene_counts(v) || at >= 0 || surprised)
				continue;
			surprised = true;
			unexpected(sr, v, i);
		}
	}
	for (unsigned i = 0; i < sc->nexpect; i++)
		if (!seen[i])
			scene_fail(sr, SCENE_FAILED, "%s did not come", sc->expect[i]);
}

/* --- which run of the scenario ---------------------------------------------------------- */

static bool choose_kernel(struct scene_run *sr)
{
	const struct scene *sc = sr->scene;
	const char *guest = sr->run->guest;

	if (sc->guest != SCENE_LINUX) {
		if (!guest || !strcmp(guest, scene_guest_name(sc->guest)))
			return true;
		run_no(guest, "expected no --guest: the scenario's guest has no kernel of ours");
		return false;
	}
	sr->kernel = guest ? guest : sc->kernels[0];
	for (unsigned i = 0; guestdir_series[i]; i++)
		if (!strcmp(guestdir_series[i], sr->kernel))
			return true;
	run_no(guest, "no such guest; expected 6.1 or 6.12");
	return false;
}

static bool choose_transport(struct scene_run *sr)
{
	struct run *run = sr->run;
	const struct scene *sc = sr->scene;

	if (!run->transport)
		run->transport = sc->pci ? "pci" : "mmio";
	if (!strcmp(run->transport, "pci") ? !sc->pci : !sc->mmio) {
		run_no(run->transport, "not among the scenario's transports");
		return false;
	}
	if (sc->dut[0])
		run->dut = sc->dut;
	else if (!strcmp(run->transport, "pci"))
		run->dut = NULL;
	else if (!rig_transport(run->transport, &run->dut))
		return false;
	return true;
}

static bool choose_seed(struct scene_run *sr)
{
	struct run *run = sr->run;
	char *end = "";

	run->skew = (struct skew){ .seed = sr->scene->seed[0] };
	if (run->seed) {
		run->skew.seed = strtoull(run->seed, &end, 10);
		if (*run->seed < '0' || *run->seed > '9' || *end) {
			run_no("--seed", "expected a number");
			return false;
		}
	}
	run->skew.on = run->skew.seed != 0;
	run->skew.errors = run->skew.on ? sr->scene->errors : 0;
	return true;
}

static const char *text_or_null(const char *text)
{
	return *text ? text : NULL;
}

static void apply(struct scene_run *sr)
{
	struct run *run = sr->run;
	const struct scene *sc = sr->scene;

	run->name = sc->name;
	run->scenario = text_or_null(sc->plays);
	run->kernel = text_or_null(sc->kernel);
	run->initrd = text_or_null(sc->initrd);
	run->append = text_or_null(sc->append);
	run->nmodules = sc->nmodules;
	for (unsigned i = 0; i < sc->nmodules; i++)
		run->modules[i] = sc->module[i];
	run->profile = text_or_null(sc->profile);
	run->spec = text_or_null(sc->spec);
	run->memory_mib = sc->memory_mib;
	run->target_mib = sc->target_mib;
	run->features = sc->features;
	if (run->features)
		run->features |= 1ULL << VIRTIO_F_VERSION_1;
	run->spec_queues = sc->spec_queues;
	run->intx = sc->intx;
	run->iommu = sc->iommu;
	run->limit_s = sc->limit_s;
	run->guest = sc->guest == SCENE_METAL ? "metal" : sr->kernel;
}

/* --- a run ------------------------------------------------------------------------------ */

static void on_alarm(int sig)
{
	static const char text[] = "vcosim run: the time limit is over, and the run is not\n";

	(void)sig;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(2);
}

static void set_alarm(const struct scene *sc)
{
	signal(SIGALRM, on_alarm);
	alarm(sc->limit_s + PATIENCE);
}

static const char *device_name(const struct run *run)
{
	return run->what.name[0] ? run->what.name : run->dut ? run->dut : DEV_DUT;
}

static json_t *describe(const struct scene_run *sr)
{
	const struct scene *sc = sr->scene;
	json_t *expect = json_array();

	for (unsigned i = 0; i < sc->nexpect; i++)
		json_array_append_new(expect, plain_string(sc->expect[i]));
	return json_pack("{s:s, s:o, s:o, s:s, s:s?, s:s, s:s, s:I, s:s, s:o, s:o}", "name",
			 sc->name, "file", plain_string(sc->path), "what", plain_string(sc->what),
			 "guest", scene_guest_name(sc->guest), "kernel", sr->kernel, "transport",
			 sr->run->transport, "dut", device_name(sr->run), "seed",
			 (json_int_t)sr->run->skew.seed, "status", scene_status_name(sr->status),
			 "reason", plain_string(sr->reason), "expected", expect);
}

/* 0, or 2 when it cannot be written. */
static int report(const struct scene_run *sr, json_t *runs)
{
	json_t *doc =
		json_pack("{s:i, s:O, s:o}", "schema", 1, "runs", runs, "scenario", describe(sr));
	int err = json_dump_file(doc, sr->run->report, JSON_INDENT(2));

	if (sr->run->json) {
		json_dumpf(doc, stdout, JSON_INDENT(2));
		puts("");
	}
	json_decref(doc);
	return err ? run_no(sr->run->report, "cannot write the report") : 0;
}

static int conclude(struct scene_run *sr, json_t *runs)
{
	int status;

	compare(sr, runs);
	status = report(sr, runs);
	if (sr->status == SCENE_PASSED)
		run_tell(sr->run, "\n%s: passed\n", sr->scene->name);
	else
		fprintf(stderr, "vcosim run: %s: %s: %s\n", sr->scene->name,
			scene_status_name(sr->status), sr->reason);
	if (status)
		return status;
	return sr->status == SCENE_PASSED ? 0 : sr->status == SCENE_FAILED ? 1 : 2;
}

static int play(struct scene_run *sr)
{
	json_t *runs;
	int status;

	if (!choose_kernel(sr) || !choose_transport(sr) || !choose_seed(sr))
		return 2;
	apply(sr);
	status = run_prepare(sr->run,
			     sr->scene->guest == SCENE_DRIVE || sr->scene->guest == SCENE_TRACE);
	if (status)
		return status;
	set_alarm(sr->scene);
	runs = json_array();
	scene_guest(sr, runs);
	status = conclude(sr, runs);
	json_decref(runs);
	return status;
}

int scene_main(struct run *run)
{
	struct scene *sc = calloc(1, sizeof(*sc));
	struct scene_run sr = { .scene = sc, .run = run };
	char err[SETTINGS_ERR];
	int status = 2;

	if (!sc)
		return run_no(run->file, "out of memory");
	if (scene_load(run->file, sc, err))
		status = play(&sr);
	else
		fprintf(stderr, "vcosim run: %s\n", err);
	free(sc);
	return status;
}
