/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of a connection that other programs compute too: the Community ID, version 1
 * (github.com/corelight/community-id-spec), and our key that survives address translation.
 */
#ifndef SINK_COMMUNITY_H
#define SINK_COMMUNITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "verdict/event.h"

/* "1:", base64 of 20 bytes, NUL. */
#define COMMUNITY_ID_BYTES 31

/* The same for both directions. `proto`: IANA number of a protocol with ports; ICMP, whose types
 * the specification treats as ports of their own kind, is not covered. */
void community_id(uint16_t seed, uint8_t proto, const struct endpoint *a, const struct endpoint *b,
                  char out[COMMUNITY_ID_BYTES]);

/* 16 hex digits, NUL. */
#define SYN_KEY_BYTES 17

/* SHA-1 over what translation leaves alone in a SYN: ISN, TSval (0 = none), MSS, window scale;
 * its first 8 bytes. False, and `out` alone, where the SYN or its options were not seen whole. */
bool syn_key(const struct connection_event *event, char out[SYN_KEY_BYTES]);

#endif
