/* SPDX-License-Identifier: BSD-2-Clause */
/* See host_evidence.h. */
#include "verdict/host_evidence.h"

#include "base/compiler.h"

static const char *const listener_names[] = {
    [HOST_LISTENER_NONE] = "none",
    [HOST_LISTENER_LOOPBACK_ONLY] = "loopback_only",
    [HOST_LISTENER_OTHER_FAMILY] = "other_family",
    [HOST_LISTENER_OTHER_ADDRESS] = "other_address",
    [HOST_LISTENER_YES] = "yes",
};

_Static_assert(ARRAY_LEN(listener_names) == HOST_LISTENER_COUNT, "a word each listener");

static const char *const counter_names[] = {
    [HOST_COUNTER_LISTEN_OVERFLOWS] = "ListenOverflows",
    [HOST_COUNTER_LISTEN_DROPS] = "ListenDrops",
    [HOST_COUNTER_REQ_QUEUE_DROPS] = "TCPReqQFullDrop",
    [HOST_COUNTER_EMBRYONIC_RSTS] = "EmbryonicRsts",
    [HOST_COUNTER_REVERSE_PATH_DROPS] = "IPReversePathFilter",
};

_Static_assert(ARRAY_LEN(counter_names) == HOST_COUNTER_COUNT, "a name each counter");

const char *host_listener_name(enum host_listener listener)
{
    return listener_names[listener];
}

const char *host_counter_name(enum host_counter counter)
{
    return counter_names[counter];
}
