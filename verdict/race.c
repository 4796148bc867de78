/* SPDX-License-Identifier: BSD-2-Clause */
/* See race.h. */
#include "verdict/race.h"

#include "verdict/case.h"

void race_add(struct race_connects *connects, const struct flow_note *note)
{
    unsigned i = connects->n_made++ % RACE_CONNECTS;
    unsigned server_end = 1u - note->client_end;

    connects->made[i].server = note->key.addr[server_end];
    connects->made[i].port = note->key.port[server_end];
    connects->made[i].done_ns =
        note->facts.first_ns + (int64_t)note->facts.ack_after_us * NS_PER_US;
}

bool race_has_winner(const struct race_connects *connects, const struct ipaddr *server,
                     uint16_t port, int64_t from_ns, int64_t until_ns)
{
    bool is_all_known = connects->n_made <= RACE_CONNECTS;
    unsigned n = 0;

    for (unsigned i = 0; i < RACE_CONNECTS; i++) {
        int64_t done_ns = connects->made[i].done_ns;

        is_all_known |= done_ns <= from_ns;
        n += done_ns > from_ns && done_ns <= until_ns && connects->made[i].port == port &&
             !ipaddr_equal(&connects->made[i].server, server);
    }
    return is_all_known && n == 1;
}

bool race_has_made(const struct race_connects *connects, const struct ipaddr *server, uint16_t port,
                   int64_t from_ns, int64_t until_ns)
{
    for (unsigned i = 0; i < RACE_CONNECTS; i++) {
        int64_t done_ns = connects->made[i].done_ns;

        if (done_ns > from_ns && done_ns <= until_ns && connects->made[i].port == port &&
            ipaddr_equal(&connects->made[i].server, server))
            return true;
    }
    return false;
}

bool race_is_lost(const struct verdict_case *c)
{
    unsigned server_end = 1u - c->client_end;
    bool is_abandoned = c->client->n_syn == 1 && !case_has(c, FACT_ESTABLISHED | FACT_AT_END) &&
                        (case_is_silent(c) || case_has(c, FACT_CLIENT_RST_SYNACK));

    return is_abandoned && c->listener->n_silent_run < c->limits->consecutive_failures &&
           race_has_winner(&c->client_host->connects, &c->key->addr[server_end],
                           c->key->port[server_end], c->facts->first_ns,
                           c->facts->first_ns + c->limits->race_ns);
}
