/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the files of a run a second time, for packets that are wanted only now. */
#ifndef APP_REREAD_H
#define APP_REREAD_H

#include "base/err.h"
#include "capture/capture.h"

/* 0: go on; above 0: enough; below 0: an error, with its reason. */
typedef int (*reread_fn)(void *ctx, const struct capture *capture, const struct frame *frame,
                         struct err *err);

/* Gives every packet to `take`, in the order and with the ordinals of the first time. Takes memory
 * of its own meanwhile. */
int reread(const struct capture_config *config, reread_fn take, void *ctx,
           struct err *err) MUST_CHECK;

#endif
