/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the capture was made, seen from one flow. */
#include "tests/support/unit.h"
#include "verdict/case.h"

enum host {
    NOBODY,
    CLIENT,
    SERVER,
    OTHER
};

/* The round trip is 40 ms: out_ms to the server and back, the rest to the client and back. */
struct row {
    const char *name;
    enum vantage vantage;
    enum host local; /* whose address the capturing host has */
    uint32_t bits;
    uint8_t client_ttl, server_ttl;
    int out_ms;
};

static const struct row rows[] = {
    {"the client's address is ours", VANTAGE_CLIENT, CLIENT, 0, 61, 61, 20},
    {"the server's address is ours", VANTAGE_SERVER, SERVER, 0, 61, 61, 20},
    {"neither is, and no TTL is whole: a mirror port", VANTAGE_MIDDLE, OTHER, 0, 62, 61, 20},
    {"neither is, as a host's newest address", VANTAGE_CLIENT, OTHER, 0, 64, 61, 40},
    {"loopback", VANTAGE_BOTH, OTHER, FACT_LOOPBACK, 64, 64, 0},
    {"the link layer says who sent", VANTAGE_SERVER, NOBODY, FACT_EGRESS_SERVER, 61, 64, 0},
    {"the link layer against the TTL", VANTAGE_CLIENT, NOBODY, FACT_EGRESS_CLIENT, 61, 64, 0},
    {"the client's packets passed no router", VANTAGE_CLIENT, NOBODY, 0, 64, 61, 40},
    {"but the long way is to the client", VANTAGE_UNKNOWN, NOBODY, 0, 64, 61, 10},
    {"the server's passed none", VANTAGE_SERVER, NOBODY, 0, 61, 64, 0},
    {"but the long way is to the server", VANTAGE_UNKNOWN, NOBODY, 0, 61, 64, 30},
    {"both passed routers", VANTAGE_MIDDLE, NOBODY, 0, 63, 61, 20},
    {"neither passed one", VANTAGE_UNKNOWN, NOBODY, 0, 64, 128, 20},
};

static struct ipaddr address(enum host host)
{
    return ipaddr_from_v4((const uint8_t[]){10, 0, 0, (uint8_t)host});
}

static void the_vantage_follows_the_surest_sign(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        struct ipaddr local = address(row->local);
        struct flow_note note = {.client_end = 1};
        struct flow_facts *facts = &note.facts;

        print_message("  %s\n", row->name);
        note.key.addr[1] = address(CLIENT);
        note.key.addr[0] = address(SERVER);
        facts->bits = row->bits | FACT_ESTABLISHED | FACT_SYNACK_SEEN;
        facts->first_ns = NS_PER_S;
        facts->synack_ns = facts->first_ns + row->out_ms * NS_PER_MS;
        facts->ack_after_us = 40 * 1000;
        for (unsigned s = 0; s < SIDE_COUNT; s++) {
            uint8_t ttl = s == SIDE_CLIENT ? row->client_ttl : row->server_ttl;

            facts->side[s] = (struct side_facts){.n_pkts = 2, .ttl_min = ttl, .ttl_max = ttl};
        }
        assert_int_equal(case_vantage(&note, &local, row->local != NOBODY), row->vantage);
    }
}

static void of_one_direction_nothing_is_said(void **state)
{
    struct flow_note note = {0};

    (void)state;
    note.facts.side[SIDE_CLIENT] =
        (struct side_facts){.n_pkts = 3, .ttl_syn = 64, .ttl_min = 64, .ttl_max = 64};
    note.facts.synack_ns = NS_NEVER;
    note.key.addr[0] = address(CLIENT);
    note.key.addr[1] = address(SERVER);
    assert_int_equal(case_vantage(&note, NULL, 0), VANTAGE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vantage_follows_the_surest_sign),
        cmocka_unit_test(of_one_direction_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
