/* SPDX-License-Identifier: BSD-2-Clause */
/* What the capturing host's kernel says for and against a verdict (VERDICTS.md 13: host-assist). */
#include "verdict/host_say.h"

void say_listener(const struct verdict_case *c, struct ruling *ruling)
{
    const struct host_evidence *host = c->host;
    char bound[IPADDR_TEXT_BYTES] = "";

    if (!host->is_known || !host->is_settled)
        return;
    if (host->listener != HOST_LISTENER_NONE)
        ipaddr_format(&host->bound, bound);
    switch (host->listener) {
    case HOST_LISTENER_NONE:
        because(ruling, "host-has-no-listener", 0, "the kernel: nothing listens on the port");
        break;
    case HOST_LISTENER_LOOPBACK_ONLY:
        because(ruling, "host-listens-on-loopback", 0, "the kernel: only %s", bound);
        break;
    case HOST_LISTENER_OTHER_FAMILY:
        because(ruling, "host-listens-in-other-family", 0, "the kernel: only %s", bound);
        break;
    case HOST_LISTENER_OTHER_ADDRESS:
        because(ruling, "host-listens-elsewhere", 0, "the kernel: only %s", bound);
        break;
    case HOST_LISTENER_YES:
        because(ruling, "host-listens", 0, "the kernel: before it and after it, on %s", bound);
        break;
    case HOST_LISTENER_COUNT:
        break;
    }
}

void say_queue(const struct verdict_case *c, struct ruling *ruling)
{
    const struct host_evidence *host = c->host;

    if (!host->is_known || host->listener != HOST_LISTENER_YES)
        return;
    if (host->was_full)
        because(ruling, "host-queue-full", 0, "%u wait for accept(), the backlog is %u",
                host->recv_q, host->backlog);
    if (host_has_overflowed(host))
        because(ruling, "host-overflows", 0, "%s grew by %llu",
                host_counter_name(HOST_COUNTER_LISTEN_OVERFLOWS),
                (unsigned long long)host->delta[HOST_COUNTER_LISTEN_OVERFLOWS]);
    if (case_is_lost_before_listener(c))
        because(ruling, "host-dropped-nothing", 0, "%u of %u wait for accept(), no drop counted",
                host->recv_q, host->backlog + 1);
    if (host->has_counters && host->delta[HOST_COUNTER_REVERSE_PATH_DROPS] > 0)
        because(ruling, "host-reverse-path", 0, "%s grew by %llu: rp_filter drops",
                host_counter_name(HOST_COUNTER_REVERSE_PATH_DROPS),
                (unsigned long long)host->delta[HOST_COUNTER_REVERSE_PATH_DROPS]);
}

bool case_is_answered_here(const struct verdict_case *c)
{
    uint8_t ttl = c->server->ttl_syn ? c->server->ttl_syn : c->server->ttl_min;

    if (c->server->n_pkts > 0 && ttl != 0)
        return hosts_hops(ttl) == 0;
    return c->server_host->n_ttl_flows > 0 && c->server_host->hops_max == 0;
}

bool case_is_lost_before_listener(const struct verdict_case *c)
{
    return host_has_listener(c->host) && host_dropped_nothing(c->host) && !c->host->was_full &&
           case_is_answered_here(c);
}
