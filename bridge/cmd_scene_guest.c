/* SPDX-License-Identifier: MIT */
#include "bridge/cmd_scene_guest.h"

#include <errno.h>
#include <string.h>

#include "sim/cmd_drive.h"
#include "sim/cmd_judge.h"
#include "sim/driver.h"
#include "sim/replay.h"
#include "sim/trace_read.h"

/* --- guests in QEMU ---------------------------------------------------------------------- */

/* Status 2 of a run whose story has not said why. */
static void ended(struct scene_run *sr, int status, const struct run_end *end)
{
	if (status == 2 && end->late)
		scene_fail(sr, SCENE_TIMEOUT, "the time limit of %u s is over", sr->scene->limit_s);
	else if (status == 2 && end->gave_up && sr->scene->completes)
		scene_fail(sr, SCENE_FAILED, "the driver gave up: %s", end->why);
	else if (status == 2 && !end->gave_up)
		scene_fail(sr, SCENE_ERROR, "%s", end->why[0] ? end->why : "it could not be run");
}

static bool has_step(const struct scene *sc, enum scene_do what)
{
	for (unsigned i = 0; i < sc->nsteps; i++)
		if (sc->step[i].what == what)
			return true;
	return false;
}

/* What QEMU must do otherwise for some steps. */
static const char *const *extra(const struct scene *sc, const char *args[4])
{
	unsigned n = 0;

	if (has_step(sc, SCENE_REBOOT)) { /* where others end */
		args[n++] = "-action";
		args[n++] = "reboot=reset";
	}
	args[n] = NULL;
	return args;
}

static void linux_guest(struct scene_run *sr, json_t *runs)
{
	const char *args[4];
	struct run_end end = { 0 };
	int status;

	sr->others = json_array();
	sr->run->end = &end;
	sr->run->extra = extra(sr->scene, args);
	sr->run->kexec = has_step(sr->scene, SCENE_KEXEC);
	status = run_linux_through(sr->run, sr->kernel, scene_story, sr, runs);
	json_array_extend(runs, sr->others); /* behind the first */
	json_decref(sr->others);
	ended(sr, status, &end);
}

static void metal_guest(struct scene_run *sr, json_t *runs)
{
	struct run_end end = { 0 };
	int status;

	sr->run->end = &end;
	status = run_metal(sr->run, sr->scene->plays, runs);
	ended(sr, status, &end);
}

static void user_guest(struct scene_run *sr, json_t *runs)
{
	struct run_end end = { 0 };
	int status;

	sr->run->end = &end;
	status = run_own(sr->run, runs);
	ended(sr, status, &end);
}

/* --- none -------------------------------------------------------------------------------- */

static void drive(struct scene_run *sr, json_t *runs)
{
	const struct scene *sc = sr->scene;
	struct run *run = sr->run;
	char trace[PATH_MAX + SCENE_TEXT + 8];
	struct drive_config cfg = { .scenario = run_scenario(run, sc->plays),
				    .rig = { .name = sc->name,
					     .dev = { .dut = run->dut,
						      .features = run->features ? run->features
										: DEV_FEATURES_ALL,
						      .skew = run->skew },
					     .trace = run->trace,
					     .spec = run->spec,
					     .fault = *sc->fault ? sc->fault : NULL,
					     .profile = run->profile,
					     .story = run->story },
				    .target_mib = sc->target_mib,
				    .lives = sc->lives };
	struct drive_result res;
	int status;

	if (!cfg.rig.trace) {
		snprintf(trace, sizeof(trace), "%s/%s.trace", run->dir, sc->name);
		cfg.rig.trace = trace;
	}
	status = drive_play(&cfg, &res);
	if (res.run)
		json_array_append_new(runs, res.run);
	if (status == 2 && !res.gave_up)
		scene_fail(sr, SCENE_ERROR, "it could not be run to its end; its log says why");
	else if (status == 2 && sc->completes)
		scene_fail(sr, SCENE_FAILED, "the driver gave up: %s", res.why ? res.why : "");
}

/* --- a recorded session ------------------------------------------------------------------- */

static void judge(struct scene_run *sr, const struct trace_log *log, json_t *runs)
{
	json_t *header = json_loads(log->header, 0, NULL), *entry;
	const char *dut = json_string_value(json_object_get(header, "dut"));
	char found[PATH_MAX];
	struct judge_config cfg = { .name = sr->scene->name,
				    .spec = sr->run->spec ? sr->run->spec : found,
				    .story = sr->run->story,
				    .profile = sr->run->profile };
	struct judge *judge = NULL;

	cfg.budget = (uint64_t)json_integer_value(json_object_get(header, "cycle_budget"));
	if (sr->run->spec || rig_spec_of(dut, found, sizeof(found)))
		judge = judge_new(&cfg);
	if (judge) {
		judge_log(judge, log);
		entry = judge_report(judge);
		json_object_set_new(entry, "exit", json_integer(judge_verdicts(judge) ? 1 : 0));
		json_array_append_new(runs, entry);
	} else {
		scene_fail(sr, SCENE_ERROR, "the session cannot be judged");
	}
	judge_free(judge);
	json_decref(header);
}

static void trace(struct scene_run *sr, json_t *runs)
{
	struct replay_result res;
	struct trace_log log;

	if (trace_load(sr->scene->trace, &log)) {
		scene_fail(sr, SCENE_ERROR, "%s: %s", sr->scene->trace, log.why);
		return;
	}
	replay_run(&log, sr->scene->exact, &res);
	if (log.err == -EBADMSG || res.outcome == REPLAY_FAILED)
		scene_fail(sr, SCENE_ERROR, "%s: cannot be replayed: %s", sr->scene->trace,
			   log.err ? log.why : res.why);
	else if (res.outcome == REPLAY_DIVERGED)
		scene_fail(sr, SCENE_FAILED,
			   "%s: the device does otherwise than recorded, after %llu records that "
			   "were the same",
			   sr->scene->trace, (unsigned long long)res.compared);
	if (res.outcome == REPLAY_DIVERGED && sr->run->story)
		replay_tell(&log, sr->scene->exact, &res, sr->run->story);
	judge(sr, &log, runs);
	trace_unload(&log);
}

void scene_guest(struct scene_run *sr, json_t *runs)
{
	static void (*const guest[SCENE_GUESTS])(struct scene_run * sr, json_t * runs) = {
		[SCENE_LINUX] = linux_guest, [SCENE_METAL] = metal_guest, [SCENE_DRIVE] = drive,
		[SCENE_TRACE] = trace,       [SCENE_USER] = user_guest,
	};

	guest[sr->scene->guest](sr, runs);
}
