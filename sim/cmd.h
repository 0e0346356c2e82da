/* SPDX-License-Identifier: MIT */
/*
 * The subcommands. Each gets argv from its own name on and returns the exit status:
 * 0 fine, 1 verdicts against the driver or the device, 2 could not run.
 */
#ifndef SIM_CMD_H
#define SIM_CMD_H

int cmd_drive(int argc, char **argv);
int cmd_clauses(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_twin(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_duts(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_waves(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_shrink(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_ccsl(int argc, char **argv);
int cmd_regress(int argc, char **argv);

#endif
