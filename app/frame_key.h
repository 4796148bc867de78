/* SPDX-License-Identifier: BSD-2-Clause */
/* Which connection a captured frame belongs to. */
#ifndef APP_FRAME_KEY_H
#define APP_FRAME_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/frame.h"
#include "flowtable/key.h"

/* The connection that the frame's packet is of, or that its ICMP error quotes; false = none.
 * `bytes` are the frame's, which may lie elsewhere. Decodes them. */
bool frame_key(const struct frame *frame, const uint8_t *bytes, struct flow_key *key);

#endif
