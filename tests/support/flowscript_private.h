/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of flowscript share. */
#ifndef SUPPORT_FLOWSCRIPT_PRIVATE_H
#define SUPPORT_FLOWSCRIPT_PRIVATE_H

#include "flowscript.h"

/* The flow of a packet, or of an ICMP error's quote; FLOW_NONE. */
uint32_t flowscript_find(const struct tracker *tracker, const struct packet *packet);

/* flowscript_check.c: feeds the packet and checks what must hold before and after it. */
void flowscript_feed_checked(struct tracker *tracker, const struct packet *packet);

/* The tracker's end, with checks; and the memory. */
void flowscript_finish(struct flowscript *script);
void flowscript_release(struct flowscript *script);

#endif
