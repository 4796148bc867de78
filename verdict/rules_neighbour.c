/* SPDX-License-Identifier: BSD-2-Clause */
/* SYNs that were sent to nobody: the address has no owner on its link (VERDICTS.md 8.3, 13.3). */
#include "verdict/case.h"

/* Somebody looked for it while the SYNs went unanswered, and it has sent nothing since. */
enum confidence rule_host_down_onlink(const struct verdict_case *c, struct ruling *ruling)
{
    const struct host_state *host = c->server_host;
    char by[IPADDR_TEXT_BYTES];

    if (!case_is_silent(c) || c->facts->last_ns[SIDE_SERVER] != NS_NEVER ||
        host->unresolved_ns == NS_NEVER || host->unresolved_ns < c->facts->first_ns ||
        (host->last_ns != NS_NEVER && host->last_ns >= host->unresolved_from_ns))
        return CONFIDENCE_NONE;
    because(ruling, "neighbour-silent", 0, "nobody answered the link's requests over %.1f s",
            case_seconds(ns_since(host->unresolved_from_ns, host->unresolved_ns)));
    if (ipaddr_equal(&host->unresolved_by, &c->key->addr[c->client_end]))
        return CONFIDENCE_CERTAIN;
    because(ruling, "asked-by", 0, "%s", ipaddr_format(&host->unresolved_by, by));
    return CONFIDENCE_LIKELY;
}
