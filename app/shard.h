/* SPDX-License-Identifier: BSD-2-Clause */
/* Which worker a frame goes to: the one that owns its connection. */
#ifndef APP_SHARD_H
#define APP_SHARD_H

#include <stdint.h>

#include "capture/frame.h"

struct shard {
    uint32_t n_shards;
};

/* A capture_shard_fn; ctx is a struct shard. Both directions of a connection, and the ICMP errors
 * that quote it, get the same answer; what is no part of a connection goes to worker 0. Decodes
 * the frame: the price of several workers on one input. */
uint32_t shard_of(void *ctx, const struct frame *frame, const uint8_t *bytes);

#endif
