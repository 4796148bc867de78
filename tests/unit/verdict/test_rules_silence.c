/* SPDX-License-Identifier: BSD-2-Clause */
/* Silence during the handshake: hits, near misses, limits. */
#include <string.h>

#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

static void one_syn(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
}

static void synack_repeated(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "S SA", RTT);
    factscript_packet(script, "C S", 1000);
    factscript_packet(script, "S SA", 1000 + RTT);
}

static void synack_once_syn_repeated(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "S SA", RTT);
    factscript_packet(script, "C S", 1000);
}

/* The second SYN was on its way when the first was answered. */
static void synack_repeated_after_last_syn(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "C S", 1000);
    factscript_packet(script, "S SA", 1000 + RTT);
    factscript_packet(script, "S SA", 2000 + RTT);
}

/* TCP_DEFER_ACCEPT: one SYN-ACK more, then the request is served. */
static void deferred(struct factscript *script)
{
    factscript_connected(script);
    factscript_packet(script, "S SA", 1000 + RTT);
    factscript_packet(script, "C PA +400", 2000);
    factscript_packet(script, "S PA +1200", 2000 + RTT);
    factscript_packet(script, "C A", 2000 + RTT + 1);
}

/* P4: the first data again and again, and nothing ever comes. */
static void data_into_nothing(struct factscript *script)
{
    factscript_connected(script);
    factscript_packet(script, "C PA +400", RTT + 1);
    factscript_repeat(script, SIDE_CLIENT, limits()->overflow_data_copies, 400, 600);
}

static void synack_reset_after_two_syns(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "C S", 1000);
    factscript_packet(script, "S SA", 1000 + RTT);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_B2, 1000 + RTT + 0.1);
    script->note.facts.bits |= FACT_CLIENT_RST_SYNACK;
}

static void stale_ack(struct factscript *script)
{
    factscript_silent(script);
    script->note.facts.bits |= FACT_STALE_ACK;
    script->note.facts.last_ns[SIDE_SERVER] = factscript_ns(script, 3000 + RTT);
}

static int64_t first_ns(const struct factscript *script)
{
    return script->note.facts.first_ns;
}

static void host_alive(struct factscript *script, int64_t ns)
{
    factscript_host(script, SIDE_SERVER)->last_ns = first_ns(script) - limits()->alive_ns + ns;
}

/* It was heard of, and so much later a SYN went to a port that it had answered on. */
static void known_port_asked(struct factscript *script, int64_t ns)
{
    struct host_state *host = factscript_host(script, SIDE_SERVER);

    host->last_ns = first_ns(script);
    host->asked_known_ns = first_ns(script) + ns;
}

static void host_alive_another_silent(struct factscript *script, int64_t n_attempts)
{
    host_alive(script, 0);
    factscript_listener(script)->n_silent_run = (uint32_t)n_attempts;
}

static void host_alive_port_answered(struct factscript *script, int64_t ns)
{
    host_alive(script, 1);
    factscript_listener(script)->answer_ns = first_ns(script) - limits()->alive_ns + ns;
}

static void host_alive_port_refused(struct factscript *script, int64_t n)
{
    host_alive(script, 1);
    factscript_listener(script)->n_refused_run = (uint32_t)n;
}

static void host_alive_refuses_elsewhere(struct factscript *script, int64_t ns)
{
    host_alive(script, ns);
    factscript_host(script, SIDE_SERVER)->refused_ns = first_ns(script);
    factscript_host(script, SIDE_SERVER)->refused_port = 81;
}

/* The capture began so long before the attempt, less a minute. */
static void capture_begun(struct factscript *script, int64_t ns)
{
    host_alive(script, 1);
    script->hosts.start_ns = first_ns(script) - limits()->alive_ns - ns;
}

static void capture_begun_refuses_elsewhere(struct factscript *script, int64_t ns)
{
    host_alive_refuses_elsewhere(script, 1);
    script->hosts.start_ns = first_ns(script) - limits()->alive_ns - ns;
}

static void host_alive_windows(struct factscript *script, int64_t ns)
{
    host_alive(script, ns);
    factscript_host(script, SIDE_SERVER)->init_ttl = 128;
}

/* Of the flow itself the hosts know already when it is judged. */
static void only_this_flow_overflowed(struct factscript *script, int64_t unused)
{
    factscript_listener(script)->overflow_ns = facts_last_ns(&script->note.facts);
}

static void another_flow_overflowed(struct factscript *script, int64_t ns)
{
    struct listener_state *at = factscript_listener(script);

    only_this_flow_overflowed(script, 0);
    at->overflow_before_ns = first_ns(script) - limits()->alive_ns + ns;
}

static void another_overflowed_client_served(struct factscript *script, int64_t ns)
{
    struct listener_state *at = factscript_listener(script);

    another_flow_overflowed(script, ns);
    at->taken_ns = first_ns(script);
    at->taken_client = script->note.key.addr[0];
}

static void another_overflowed_others_served(struct factscript *script, int64_t ns)
{
    another_overflowed_client_served(script, ns);
    factscript_listener(script)->taken_client.bytes[15]++;
}

static void others_served(struct factscript *script, int64_t ns)
{
    struct listener_state *at = factscript_listener(script);

    only_this_flow_overflowed(script, 0);
    at->taken_ns = first_ns(script) - limits()->fell_silent_ns + ns;
    at->taken_client = script->note.key.addr[0];
    at->taken_client.bytes[15]++;
}

static void same_client_served(struct factscript *script, int64_t ns)
{
    others_served(script, ns);
    factscript_listener(script)->taken_client = script->note.key.addr[0];
}

static void usual_rtt(struct factscript *script, int64_t ns)
{
    factscript_listener(script)->rtt_min_ns = ns;
}

static void seen_at_server(struct factscript *script, int64_t unused)
{
    factscript_seen_at(script, SIDE_SERVER);
}

static void seen_between(struct factscript *script, int64_t unused)
{
    script->note.facts.side[SIDE_CLIENT].ttl_syn--;
}

static void seen_at_client(struct factscript *script, int64_t unused)
{
    factscript_seen_at(script, SIDE_CLIENT);
}

/* The SYN-ACK comes so much later than a client waits at least. */
static void synack_after(struct factscript *script, int64_t ns)
{
    script->note.facts.synack_ns = first_ns(script) + ns;
}

static void synack_after_limit(struct factscript *script, int64_t ns)
{
    usual_rtt(script, RTT * NS_PER_MS);
    synack_after(script, limits()->gave_up_ns + ns);
}

static void synack_after_three_unknown_round_trips(struct factscript *script, int64_t ns)
{
    synack_after(script, 3 * limits()->rtt_unknown_ns + ns);
}

static void synack_after_three_usual_round_trips(struct factscript *script, int64_t ns)
{
    usual_rtt(script, 400 * NS_PER_MS);
    synack_after(script, 3 * 400 * NS_PER_MS + ns);
}

static void refused_before(struct factscript *script, int64_t unused)
{
    script->note.facts.bits |= FACT_SYN_REFUSED;
}

/* Answers of other servers are in the capture. */
static void others_answered(struct factscript *script, int64_t n)
{
    script->hosts.n_answered = (uint64_t)n;
}

static void syns_so_far_apart(struct factscript *script, int64_t ns)
{
    script->note.facts.syn_last_gap_us = (uint32_t)((limits()->syn_repeat_ns + ns) / NS_PER_US);
}

/* ---- tests ---- */

static void a_timeout_is_certain_when_nothing_at_all_came_back(void **state)
{
    static const struct rule_case cases[] = {
        {"three SYNs, no answer", CERTAIN, factscript_silent, .reason = "host-never-seen"},
        {"one SYN, no answer for long", LIKELY, one_syn, others_answered, 1, "one-syn"},
        {"one SYN, and nobody's answer is in the capture", POSSIBLE, one_syn, others_answered, 0,
         "one-direction"},
        {"SYNs as far apart as where no answer comes", CERTAIN, factscript_silent,
         syns_so_far_apart},
        {"SYNs closer than that, and nobody's answer: refused on Windows", POSSIBLE,
         factscript_silent, syns_so_far_apart, -NS_PER_US, "one-direction"},
        {"the host is alive", CERTAIN, factscript_silent, host_alive, 0, "syn-unanswered"},
        {"something came back that answers no SYN", POSSIBLE, stale_ack, .reason = "odd-answer"},
        {"refused", NONE, factscript_refused},
        {"rejected", NONE, factscript_rejected},
        {"a SYN-ACK came", NONE, factscript_half_open},
        {"connected", NONE, factscript_connected},
    };

    (void)state;
    factscript_check(rule_connect_timeout, cases, ARRAY_LEN(cases));
}

static void a_port_is_filtered_when_its_host_lives_and_nobody_is_answered(void **state)
{
    static const struct rule_case cases[] = {
        {"the host was heard of just a minute before", LIKELY, factscript_silent, host_alive, 0,
         "host-alive"},
        {"the host was heard of longer ago", NONE, factscript_silent, host_alive, -1},
        {"the host was heard of after the attempt began", LIKELY, factscript_silent, host_alive,
         90 * NS_PER_S, "host-alive"},
        {"the host was never heard of", NONE, factscript_silent},
        {"a port that it had answered on is silent since", POSSIBLE, factscript_silent,
         known_port_asked, 1, "all-silent"},
        {"that port was asked before it was last heard of", LIKELY, factscript_silent,
         known_port_asked, 0},
        {"one SYN may be lost", POSSIBLE, one_syn, host_alive, 0, "one-syn"},
        {"one SYN, and another attempt", LIKELY, one_syn, host_alive_another_silent, 2},
        {"it refuses another port", LIKELY, factscript_silent, host_alive_refuses_elsewhere, 0,
         "refuses-elsewhere"},
        {"the capture has been running for a minute", LIKELY, factscript_silent, capture_begun, 0},
        {"it began later: the port's queue may have been full then", POSSIBLE, factscript_silent,
         capture_begun, -1, "capture-begins"},
        {"it began later, and another port refuses", LIKELY, factscript_silent,
         capture_begun_refuses_elsewhere, -1, "refuses-elsewhere"},
        {"Windows drops SYNs to closed ports too", POSSIBLE, factscript_silent, host_alive_windows,
         0, "stealth-mode"},
        {"the port answered somebody just a minute before", NONE, factscript_silent,
         host_alive_port_answered},
        {"the port answered nobody for longer", LIKELY, factscript_silent, host_alive_port_answered,
         -1},
        {"the port refuses", NONE, factscript_silent, host_alive_port_refused, 1},
        {"something came back from the port", NONE, stale_ack, host_alive},
        {"a SYN-ACK came", NONE, factscript_half_open, host_alive},
        {"rejected", NONE, factscript_rejected, host_alive},
    };

    (void)state;
    factscript_check(rule_filtered_drop, cases, ARRAY_LEN(cases));
}

static void a_queue_may_have_been_full_before_the_capture_began(void **state)
{
    static const struct rule_case cases[] = {
        {"the capture began less than a minute before", POSSIBLE, factscript_silent, capture_begun,
         -1, "listener-never-seen"},
        {"the port was silent for a minute", NONE, factscript_silent, capture_begun, 0},
        {"one SYN may be lost", NONE, one_syn, capture_begun, -1},
        {"another port refuses", POSSIBLE, factscript_silent, capture_begun_refuses_elsewhere, -1},
    };

    (void)state;
    factscript_check(rule_accept_queue_overflow, cases, ARRAY_LEN(cases));
}

static void a_synack_is_lost_when_the_client_asks_again_after_it(void **state)
{
    static const struct rule_case cases[] = {
        {"the SYN comes again after the SYN-ACK", CERTAIN, synack_repeated, seen_between, 0,
         "syn-repeated"},
        {"seen at the server", CERTAIN, synack_repeated, seen_at_server},
        {"seen at the client it did arrive", POSSIBLE, synack_repeated, seen_at_client, 0,
         "seen-at-client"},
        {"the SYN-ACK came once", NONE, synack_once_syn_repeated},
        {"the client says nothing after the SYN-ACK", NONE, synack_repeated_after_last_syn},
        {"the client says nothing more at all", NONE, factscript_half_open},
        {"the client has it", NONE, factscript_never_taken},
        {"nobody answers", NONE, factscript_silent},
    };

    (void)state;
    factscript_check(rule_synack_lost, cases, ARRAY_LEN(cases));
}

static void an_ack_that_never_arrives_is_possible_beside_a_full_queue(void **state)
{
    static const struct rule_case cases[] = {
        {"the client never answers the SYN-ACK", POSSIBLE, factscript_half_open,
         .reason = "synack-unanswered"},
        {"the server goes on as if it had not", POSSIBLE, factscript_never_taken,
         .reason = "same-as-full-queue"},
        {"others are served meanwhile", POSSIBLE, factscript_never_taken, others_served, 0,
         "listener-alive"},
        {"others were served longer ago", POSSIBLE, factscript_never_taken, others_served, -1,
         "same-as-full-queue"},
        {"the same client is served", POSSIBLE, factscript_never_taken, same_client_served, 0,
         "same-as-full-queue"},
        {"others show it too", POSSIBLE, factscript_never_taken, another_overflowed_others_served,
         0, "same-as-full-queue"},
        {"the first data goes unanswered, the SYN-ACK is not repeated", NONE, data_into_nothing},
        {"one SYN-ACK more and served", NONE, deferred},
        {"nobody answers", NONE, factscript_silent},
        {"the client resets the SYN-ACK", NONE, factscript_synack_reset},
    };

    (void)state;
    factscript_check(rule_handshake_ack_lost, cases, ARRAY_LEN(cases));
}

static void a_client_gave_up_when_the_synack_was_late(void **state)
{
    static const struct rule_case cases[] = {
        {"the SYN-ACK comes in time and is reset", POSSIBLE, factscript_synack_reset,
         .reason = "client-resets-synack"},
        {"it took two SYNs", LIKELY, synack_reset_after_two_syns, .reason = "syn-repeated"},
        {"just so late", LIKELY, factscript_synack_reset, synack_after_limit, 0, "synack-late"},
        {"just sooner", POSSIBLE, factscript_synack_reset, synack_after_limit, -1},
        {"later than three times an unknown way", LIKELY, factscript_synack_reset,
         synack_after_three_unknown_round_trips, 1},
        {"as late as three times an unknown way: it may be far away", POSSIBLE,
         factscript_synack_reset, synack_after_three_unknown_round_trips},
        {"later than three times the usual way", LIKELY, factscript_synack_reset,
         synack_after_three_usual_round_trips, 1},
        {"as late as three times the usual way", POSSIBLE, factscript_synack_reset,
         synack_after_three_usual_round_trips},
        {"refused before", NONE, synack_reset_after_two_syns, refused_before},
        {"the client never answers", NONE, factscript_half_open},
        {"connected", NONE, factscript_connected},
        {"refused", NONE, factscript_refused},
    };

    (void)state;
    factscript_check(rule_client_gave_up, cases, ARRAY_LEN(cases));
}

/* ---- the client's schedule ---- */

static void the_schedule_of_the_syns_is_named(void **state)
{
    static const struct {
        const char *name; /* NULL: none */
        double syn_ms[12];
    } rows[] = {
        {NULL, {0}},
        {NULL, {0, 1000}},
        {"steps of 1 s, as Linux since 6.5", {0, 1010, 2030}},
        {"steps of 1 s, as Linux since 6.5", {0, 1000, 2050, 3070, 4100, 5120}},
        {"steps of 1 s, then doubling, as Linux since 6.5",
         {0, 1000, 2050, 3070, 4100, 5120, 7170, 11200}},
        {"doubling steps", {0, 1000, 3000}},
        {"doubling steps", {0, 1000, 3000, 7000, 15000, 31000}},
        {"doubling steps", {0, 3000, 9000}},
        {"constant steps", {0, 500, 1000, 1500}},
        {"a schedule of its own", {0, 5000, 5500, 7000}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ruling ruling = {0};
        struct factscript script;
        struct verdict_case c;
        const char *name = NULL;

        factscript_open(&script);
        others_answered(&script, 1);
        factscript_packet(&script, "C S", 0);
        for (unsigned k = 1; k < ARRAY_LEN(rows[i].syn_ms) && rows[i].syn_ms[k] > 0; k++)
            factscript_packet(&script, "C S", rows[i].syn_ms[k]);
        factscript_case(&script, &c);
        assert_int_equal(rule_connect_timeout(&c, &ruling),
                         script.note.facts.side[SIDE_CLIENT].n_syn > 1 ? CERTAIN : LIKELY);
        for (unsigned k = 0; k < ruling.n_because; k++)
            if (strcmp(ruling.because[k].code, "syn-schedule") == 0)
                name = ruling.because[k].value;
        if ((name == NULL) != (rows[i].name == NULL))
            fail_msg("row %zu: %s", i, name ? name : "none");
        if (name)
            assert_string_equal(name, rows[i].name);
        factscript_close(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timeout_is_certain_when_nothing_at_all_came_back),
        cmocka_unit_test(a_port_is_filtered_when_its_host_lives_and_nobody_is_answered),
        cmocka_unit_test(a_queue_may_have_been_full_before_the_capture_began),
        cmocka_unit_test(a_synack_is_lost_when_the_client_asks_again_after_it),
        cmocka_unit_test(an_ack_that_never_arrives_is_possible_beside_a_full_queue),
        cmocka_unit_test(a_client_gave_up_when_the_synack_was_late),
        cmocka_unit_test(the_schedule_of_the_syns_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
