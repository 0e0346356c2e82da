/* SPDX-License-Identifier: MIT */
/*
 * Drivers that conform, at random: each seed is a session of many lives on a device in RTL, with
 * any freedom that virtio 1.4 leaves its driver. Written from the specification's text and the
 * catalogue of clauses alone, never from the rules that judge it: a verdict against the driver
 * or the device is an error of one of the three.
 */
#ifndef TESTS_LIB_LEGAL_H
#define TESTS_LIB_LEGAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct legal_config {
	const char *dut;   /* of those that are built in */
	uint64_t seed;     /* the session; the same one again is the same session */
	uint64_t accesses; /* of registers, at least */
	const char *trace; /* file to record to, or NULL */
	bool tell;         /* the driver's steps, on stdout */
};

struct legal_result {
	const char *error; /* what the driver could not make sense of, or NULL */
	unsigned verdicts; /* against the driver or the device */
	json_t *report;    /* as of rig_report; the caller's */
	uint64_t accesses; /* of registers */
	uint64_t lives;    /* that reached DRIVER_OK */
};

/* Plays the session. Each verdict that counts is told on stdout, a line each. */
void legal_play(const struct legal_config *cfg, struct legal_result *result);

#endif
