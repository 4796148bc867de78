/* SPDX-License-Identifier: BSD-2-Clause */
/* -D and -v: lists for people. */
#ifndef APP_LISTING_H
#define APP_LISTING_H

#include "app/pipeline.h"
#include "base/err.h"

/* The interfaces with state and addresses, to standard output. */
int listing_devices(struct err *err) MUST_CHECK;

/* How the run is laid out in memory and threads, to standard error. */
void listing_pipeline(const struct pipeline *pipeline, uint32_t n_workers);

#endif
