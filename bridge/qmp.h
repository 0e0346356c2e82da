/* SPDX-License-Identifier: MIT */
/*
 * QEMU's monitor: requests and answers of the QEMU Machine Protocol (docs/interop/qmp-spec
 * in QEMU). Used to drive QEMU's own balloon, the baseline of the benchmark.
 */
#ifndef BRIDGE_QMP_H
#define BRIDGE_QMP_H

#include "bridge/line.h"

struct qmp;

/* As line_new. Negotiates by itself; `closed` (or NULL) when QEMU ends. */
struct qmp *qmp_new(struct loop *loop, int fd, void (*closed)(void *ctx), void *ctx);
void qmp_free(struct qmp *qmp);

/*
 * As line_call, with a whole request such as {"execute":"query-balloon"}. The text of the
 * answer is the JSON of its "return", or the "desc" of its "error".
 */
int qmp_call(struct qmp *qmp, const char *request, unsigned timeout_ms, line_reply *reply,
	     void *ctx);

#endif
