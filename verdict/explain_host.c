/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for what the capturing host's kernel said of the server. */
#include <inttypes.h>

#include "verdict/explain.h"

static void add_bound(const struct host_evidence *host, const char *why, struct text *text)
{
    char bound[IPADDR_TEXT_BYTES];

    text_addf(text, "the port's listener is on %s only%s", ipaddr_format(&host->bound, bound), why);
}

static void add_listener(const struct connection_event *event, struct text *text)
{
    const struct host_evidence *host = &event->host;

    switch (host->listener) {
    case HOST_LISTENER_NONE:
        text_addf(text, "nothing listens on port %u", event->server.port);
        break;
    case HOST_LISTENER_LOOPBACK_ONLY:
        add_bound(host, ", which other hosts do not reach", text);
        break;
    case HOST_LISTENER_OTHER_FAMILY:
        add_bound(host, ipaddr_is_v4(&event->server.addr) ? ", not for IPv4" : ", not for IPv6",
                  text);
        break;
    case HOST_LISTENER_OTHER_ADDRESS:
        add_bound(host, "", text);
        break;
    case HOST_LISTENER_YES:
        text_addf(text, "it listens%s, accept queue %" PRIu32 " of %" PRIu64 "%s",
                  host->is_bound_to_device ? " on one interface" : "", host->recv_q,
                  (uint64_t)host->backlog + 1, host->was_full ? ": full" : "");
        break;
    case HOST_LISTENER_COUNT:
        break;
    }
}

void explain_host(const struct connection_event *event, struct text *text)
{
    const struct host_evidence *host = &event->host;

    if (!host->is_known)
        return;
    add_listener(event, text);
    /* Of the whole host: without a listener here, they are about another one. */
    for (unsigned i = 0; host->has_counters && i < HOST_COUNTER_COUNT; i++) {
        if (host->delta[i] == 0 || host->listener != HOST_LISTENER_YES)
            continue;
        text_addf(text, ", %s +%" PRIu64, host_counter_name((enum host_counter)i), host->delta[i]);
    }
    if (!host->is_settled)
        text_add(text, "; whether it was so when it failed is not known");
}
