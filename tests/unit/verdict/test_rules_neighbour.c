/* SPDX-License-Identifier: BSD-2-Clause */
/* Nobody on the link has the address: with SYNs that were sent to it, and without. */
#include <string.h>

#include "factscript.h"
#include "unit.h"

/* ---- SYNs were sent ---- */

/* Requests for the server, from `ns` after the first SYN on, over 2 s. */
static struct host_state *asked_from(struct factscript *script, int64_t ns)
{
    struct host_state *host = factscript_host(script, SIDE_SERVER);

    host->unresolved_from_ns = script->start_ns + ns;
    host->unresolved_ns = host->unresolved_from_ns + 2 * NS_PER_S;
    host->unresolved_by = script->note.key.addr[0];
    return host;
}

static void by_client(struct factscript *script, int64_t ns)
{
    (void)asked_from(script, ns);
}

static void by_router(struct factscript *script, int64_t ns)
{
    assert_true(ipaddr_parse("192.0.2.1", &asked_from(script, ns)->unresolved_by));
}

static void alive_at_request(struct factscript *script, int64_t ns)
{
    struct host_state *host = asked_from(script, NS_PER_S);

    host->last_ns = host->unresolved_from_ns + ns;
}

static void syns_to_nobody_are_a_host_that_is_down(void **state)
{
    const struct rule_case cases[] = {
        {"the client asks", CERTAIN, factscript_silent, by_client, NS_PER_S, "neighbour-silent"},
        {"a router asks", LIKELY, factscript_silent, by_router, NS_PER_S, "asked-by"},
        {"asked as the SYN was sent", CERTAIN, factscript_silent, by_client, -2 * NS_PER_S},
        {"asked before", NONE, factscript_silent, by_client, -2 * NS_PER_S - 1},
        {"alive before", CERTAIN, factscript_silent, alive_at_request, -1},
        {"alive since", NONE, factscript_silent, alive_at_request, 0},
        {"nobody asked", NONE, factscript_silent},
        {"answered", NONE, factscript_half_open, by_client, NS_PER_S},
        {"refused", NONE, factscript_refused, by_client, NS_PER_S},
    };

    (void)state;
    factscript_check(rule_host_down_onlink, cases, ARRAY_LEN(cases));
}

/* ---- no SYN was sent ---- */

static const uint8_t asker_mac[6] = {2, 0, 0, 0, 0, 1};

static void asked_in_vain(struct factscript *script)
{
    script->note.kind = NOTE_NEIGHBOUR;
    script->note.has_trail = false;
    script->note.key.port[0] = script->note.key.port[1] = 0;
    memcpy(script->note.mac, asker_mac, sizeof(asker_mac));
    script->note.facts.last_ns[SIDE_CLIENT] = script->start_ns + 2 * NS_PER_S;
    script->note.facts.side[SIDE_CLIENT].n_pkts = 3;
    script->note.now_ns = script->start_ns + 3 * NS_PER_S;
}

static struct linkends ends_with(unsigned n, bool has_asker)
{
    struct linkends ends = {.is_told = n > 0 || !has_asker, .n = (uint8_t)n};

    if (has_asker)
        memcpy(ends.mac[0], asker_mac, sizeof(asker_mac));
    return ends;
}

static unsigned judged(struct factscript *script, const struct linkends *ends)
{
    struct verdict_event event;

    if (!verdict_judge_neighbour(&script->context, &script->note, ends, &event))
        return NONE;
    assert_int_equal(event.connection.verdict, VERDICT_HOST_DOWN_ONLINK);
    assert_int_equal(event.connection.outcome, OUTCOME_TIMED_OUT);
    assert_int_equal(event.connection.family, FAMILY_UNREACHABLE);
    assert_true(event.connection.is_failure);
    assert_int_equal(event.connection.server.port, 0);
    return event.connection.confidence;
}

static void only_the_capturing_hosts_own_requests_are_told(void **state)
{
    static const struct {
        const char *name;
        unsigned confidence;
        bool is_egress, is_client_local, is_other_local;
        unsigned n_ends;
        bool has_asker;
    } rows[] = {
        {"its address is local", CERTAIN, false, true, false, 0, true},
        {"another address is local", NONE, false, false, true, 1, true},
        {"the link layer says so", CERTAIN, true, false, true, 0, true},
        {"the only end of every frame", CERTAIN, false, false, false, 1, true},
        {"one of two ends", LIKELY, false, false, false, 2, true},
        {"nothing told yet", LIKELY, false, false, false, 0, true},
        {"not an end of the frames", NONE, false, false, false, 1, false},
        {"a mirror port", NONE, false, false, false, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct linkends ends = ends_with(rows[i].n_ends, rows[i].has_asker);
        struct factscript script;
        unsigned confidence;

        factscript_open(&script);
        asked_in_vain(&script);
        script.note.facts.bits = rows[i].is_egress ? FACT_EGRESS_CLIENT : 0;
        if (rows[i].is_client_local || rows[i].is_other_local)
            factscript_seen_at(&script, SIDE_CLIENT);
        if (rows[i].is_other_local)
            assert_true(ipaddr_parse("10.9.9.9", &script.local[0]));
        confidence = judged(&script, &ends);
        if (confidence != rows[i].confidence)
            fail_msg("%s: %u, not %u", rows[i].name, confidence, rows[i].confidence);
        factscript_close(&script);
    }
}

static void where_a_syn_was_sent_its_flow_tells(void **state)
{
    const int64_t known_ns = verdict_limits_default()->alive_ns;
    struct linkends ends = ends_with(1, true);
    struct factscript script;

    (void)state;
    factscript_open(&script);
    factscript_silent(&script);
    factscript_tell(&script, NOTE_ATTEMPT);
    factscript_next(&script, (double)(known_ns / NS_PER_MS));
    asked_in_vain(&script);
    assert_int_equal(judged(&script, &ends), NONE);
    factscript_next(&script, 1);
    asked_in_vain(&script);
    assert_int_equal(judged(&script, &ends), CERTAIN);
    factscript_close(&script);
}

static void a_note_of_a_neighbour_teaches_only_of_its_target(void **state)
{
    struct factscript script;
    const struct host_state *host;

    (void)state;
    factscript_open(&script);
    asked_in_vain(&script);
    factscript_tell(&script, NOTE_NEIGHBOUR);
    host = hosts_host(&script.hosts, &script.note.key.addr[1]);
    assert_int_equal(host->unresolved_from_ns, script.note.facts.first_ns);
    assert_int_equal(host->unresolved_ns, script.note.facts.last_ns[SIDE_CLIENT]);
    assert_true(ipaddr_equal(&host->unresolved_by, &script.note.key.addr[0]));
    assert_int_equal(host->last_ns, NS_NEVER);
    assert_false(hosts_host(&script.hosts, &script.note.key.addr[0])->is_used);
    factscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syns_to_nobody_are_a_host_that_is_down),
        cmocka_unit_test(only_the_capturing_hosts_own_requests_are_told),
        cmocka_unit_test(where_a_syn_was_sent_its_flow_tells),
        cmocka_unit_test(a_note_of_a_neighbour_teaches_only_of_its_target),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
