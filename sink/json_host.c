/* SPDX-License-Identifier: BSD-2-Clause */
/* The `host` object: what the capturing host's kernel said of the server. See json_line.h. */
#include "sink/json_line.h"

static json_t *counters(const struct host_evidence *host)
{
    json_t *object = json_object();

    for (unsigned i = 0; host->has_counters && i < HOST_COUNTER_COUNT; i++)
        json_object_set_new(object, host_counter_name((enum host_counter)i),
                            json_number(host->delta[i]));
    return object;
}

json_t *json_host(const struct host_evidence *host)
{
    bool is_there = host->listener == HOST_LISTENER_YES;

    if (!host->is_known)
        return json_null();
    return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:n, s:n, s:n}", "listener",
                     host_listener_name(host->listener), "settled", host->is_settled, "bound",
                     host->listener == HOST_LISTENER_NONE ? json_null()
                                                          : json_address(&host->bound),
                     "listeners", json_number(host->n_listeners), "recv_q",
                     is_there ? json_number(host->recv_q) : json_null(), "backlog",
                     is_there ? json_number(host->backlog) : json_null(), "queue_was_full",
                     is_there ? json_boolean(host->was_full) : json_null(), "counters",
                     counters(host), "process", "fds_used", "fds_limit");
}
