/* SPDX-License-Identifier: BSD-2-Clause */
/* A RST ended an established connection: hits, near misses, limits. */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

static struct rst_facts *first_rst(struct factscript *script)
{
    return &script->note.trail.rst[0];
}

/* ---- situations ---- */

/* The server closes after an idle time, the client's next request meets no socket. */
static void pooled(struct factscript *script)
{
    factscript_answered(script);
    factscript_packet(script, "S FA", 6000);
    factscript_packet(script, "C A", 6000.1);
    factscript_packet(script, "C PA +400", 9000);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B2, 9000 + RTT);
    script->note.trail.quiet_before_fin_ns[SIDE_SERVER] = limits()->pooled_idle_ns;
}

/* Request and FIN cross on the way. */
static void crossed(struct factscript *script)
{
    struct rst_facts *rst;
    uint32_t fin_seq;

    factscript_answered(script);
    fin_seq = factscript_packet(script, "S FA", 6000)->seq;
    factscript_packet(script, "C PA +400", 5990);
    rst = factscript_rst(script, SIDE_SERVER, RST_FAMILY_B2, 5990 + RTT);
    rst->trigger.ack = rst->mark.seq = fin_seq;
    rst->quiet_before_ns = limits()->pooled_idle_ns;
}

static void server_gave_up_probing(struct factscript *script)
{
    factscript_answered(script);
    script->note.facts.side[SIDE_SERVER].bits |= SIDE_KEEPALIVE;
    script->note.facts.side[SIDE_SERVER].run_count = (uint8_t)limits()->keepalive_probes;
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_A, 30000);
}

static void client_gave_up_waiting(struct factscript *script)
{
    factscript_asked(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 1000);
}

/* It closed in order while its answer was under way, and its host resets the answer. */
static void client_closed_waiting(struct factscript *script)
{
    factscript_asked(script);
    factscript_packet(script, "C FA", 1000);
    factscript_packet(script, "S PA +1200", 1500);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_B2, 1500.1);
}

static void client_lost_it(struct factscript *script)
{
    factscript_asked(script);
    factscript_packet(script, "S PA +1200", 1500);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_B2, 1500.1);
}

static void seen_at(struct factscript *script, int64_t side)
{
    factscript_seen_at(script, (enum flow_side)side);
}

static void reset_by_no_stack(struct factscript *script)
{
    factscript_asked(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_X, 2 * RTT + 30);
}

static void answered_then_reset(struct factscript *script)
{
    factscript_answered(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 3 * RTT);
}

/* ---- changes ---- */

static void idle_before_fin(struct factscript *script, int64_t ns)
{
    script->note.trail.quiet_before_fin_ns[SIDE_SERVER] = limits()->pooled_idle_ns + ns;
}

static void idle_before_crossing(struct factscript *script, int64_t ns)
{
    first_rst(script)->quiet_before_ns = limits()->pooled_idle_ns + ns;
}

/* The server closes straight after its answer; the next request comes so long after that. */
static void idle_after_fin(struct factscript *script, int64_t ns)
{
    idle_before_fin(script, -1);
    first_rst(script)->quiet_before_ns = limits()->pooled_idle_ns;
    first_rst(script)->trigger.ts_ns =
        script->note.trail.slot[TRAIL_SERVER_FIN].ts_ns + limits()->pooled_idle_ns + ns;
}

/* An upload that never paused, and whose first packet it was. */
static void busy_after_fin(struct factscript *script, int64_t unused)
{
    idle_after_fin(script, unused);
    first_rst(script)->quiet_before_ns = 0;
}

static void first_request_after_fin(struct factscript *script, int64_t unused)
{
    idle_after_fin(script, unused);
    first_rst(script)->n_data[SIDE_CLIENT] = 1;
}

static void lacks_timestamps(struct factscript *script, int64_t family)
{
    first_rst(script)->family = (uint8_t)family;
    first_rst(script)->lacks_timestamps = true;
}

static void trigger_without_data(struct factscript *script, int64_t unused)
{
    first_rst(script)->trigger.payload_bytes = 0;
}

static void idle_before_rst(struct factscript *script, int64_t ns)
{
    first_rst(script)->quiet_before_ns = limits()->idle_ns + ns;
}

static void short_idle_before_rst(struct factscript *script, int64_t ns)
{
    first_rst(script)->quiet_before_ns = limits()->idle_short_ns + ns;
}

static void of_family(struct factscript *script, int64_t family)
{
    idle_before_rst(script, 0);
    first_rst(script)->family = (uint8_t)family;
}

static void answers_nothing(struct factscript *script, int64_t ns)
{
    idle_before_rst(script, ns);
    first_rst(script)->trigger.frame = 0;
}

static void after_its_fin(struct factscript *script, int64_t ns)
{
    idle_before_rst(script, ns);
    first_rst(script)->sender_had_fin = true;
}

static void after_the_peers_rst(struct factscript *script, int64_t unused)
{
    first_rst(script)->peer_had_rst = true;
}

static void answers_tos_with(struct factscript *script, int64_t tos)
{
    first_rst(script)->trigger.tos = 0x10;
    first_rst(script)->mark.tos = (uint8_t)tos;
}

static void answers_flow_label_with(struct factscript *script, int64_t label)
{
    first_rst(script)->trigger.flow_label = 0x12345;
    first_rst(script)->mark.bits |= MARK_V6;
    first_rst(script)->mark.flow_label = (uint32_t)label;
}

static void straight_after_handshake(struct factscript *script, int64_t n_bytes)
{
    script->note.facts.side[SIDE_SERVER].n_data = 0;
    script->note.facts.side[SIDE_SERVER].acked = FACTSCRIPT_CLIENT_ISN + 1;
    first_rst(script)->mark.seq = FACTSCRIPT_SERVER_ISN + 1 + (uint32_t)n_bytes;
}

/* The server's kernel has acknowledged so much of the request. */
static void straight_after_request(struct factscript *script, int64_t n_bytes)
{
    straight_after_handshake(script, 0);
    script->note.facts.side[SIDE_SERVER].acked += (uint32_t)n_bytes;
}

static void taken_up_midstream(struct factscript *script, int64_t unused)
{
    script->note.facts.bits &= ~(uint32_t)(FACT_SYN_SEEN | FACT_SYNACK_SEEN | FACT_ESTABLISHED);
    script->note.facts.bits |= FACT_MIDSTREAM;
}

static void probes(struct factscript *script, int64_t more)
{
    script->note.facts.side[SIDE_SERVER].run_count =
        (uint8_t)(limits()->keepalive_probes + (unsigned)more);
}

static void data_open(struct factscript *script, int64_t n_bytes)
{
    script->note.facts.side[SIDE_CLIENT].acked -= (uint32_t)n_bytes;
}

static void probes_of_others(struct factscript *script, int64_t unused)
{
    script->note.facts.side[SIDE_SERVER].bits &= (uint16_t)~SIDE_KEEPALIVE;
}

static void ttl_off(struct factscript *script, int64_t more)
{
    first_rst(script)->mark.ttl =
        (uint8_t)(first_rst(script)->baseline_ttl - limits()->hops_differ - (unsigned)more);
}

static void without_timestamps(struct factscript *script, int64_t unused)
{
    first_rst(script)->lacks_timestamps = true;
}

static void answer_unacknowledged(struct factscript *script, int64_t n_bytes)
{
    script->note.facts.side[SIDE_CLIENT].acked =
        script->note.facts.side[SIDE_SERVER].nxt - (uint32_t)n_bytes;
}

static void no_rst_in_the_trail(struct factscript *script, int64_t unused)
{
    script->note.trail.n_rst = 0;
}

/* ---- tests ---- */

static void a_pooled_connection_is_stale_when_the_server_had_closed_it_idle(void **state)
{
    static const struct rule_case cases[] = {
        {"closed after just so long, then a request", CERTAIN, pooled,
         .reason = "client-sends-after"},
        {"closed a moment sooner", NONE, pooled, idle_before_fin, -1},
        {"closed at once, used so much later", CERTAIN, pooled, idle_after_fin, 0,
         "server-closed-then-idle"},
        {"closed at once, used sooner", NONE, pooled, idle_after_fin, -1},
        {"closed at once, into an upload", NONE, pooled, busy_after_fin},
        {"closed after its first words, before a request", NONE, pooled, first_request_after_fin},
        {"the request crosses the FIN", CERTAIN, crossed, .reason = "race"},
        {"they cross after less silence", NONE, crossed, idle_before_crossing, -1},
        {"the client only acknowledges", NONE, pooled, trigger_without_data},
        {"the server's program aborts", NONE, factscript_aborted},
        {"no FIN before", NONE, factscript_forgotten, idle_before_rst},
        {"the client resets", NONE, client_closed_waiting},
        {"closed in order", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_stale_pooled_connection, cases, ARRAY_LEN(cases));
}

static void data_comes_late_when_the_server_closed_in_the_middle(void **state)
{
    static const struct rule_case cases[] = {
        {"closed without an idle time", CERTAIN, pooled, idle_before_fin, -1,
         "server-closed-first"},
        {"closed after an idle time", NONE, pooled, idle_before_fin},
        {"they cross without an idle time", CERTAIN, crossed, idle_before_crossing, -1},
        {"they cross after one", NONE, crossed},
        {"no FIN before", NONE, factscript_forgotten},
        {"the server's program aborts", NONE, factscript_aborted},
    };

    (void)state;
    factscript_check(rule_late_data_after_close, cases, ARRAY_LEN(cases));
}

static void a_connection_is_forgotten_idle_when_the_first_packet_after_it_is_reset(void **state)
{
    static const struct rule_case cases[] = {
        {"just so long", LIKELY, factscript_forgotten, idle_before_rst, 0, "idle-before"},
        {"a moment less", POSSIBLE, factscript_forgotten, idle_before_rst, -1, "short-idle"},
        {"just some idle time", POSSIBLE, factscript_forgotten, short_idle_before_rst},
        {"a moment less than that", NONE, factscript_forgotten, short_idle_before_rst, -1},
        {"in the shape of no stack", LIKELY, factscript_forgotten, of_family, RST_FAMILY_X},
        {"by a socket", NONE, factscript_forgotten, of_family, RST_FAMILY_A},
        {"the RST answers nothing", NONE, factscript_forgotten, answers_nothing},
        {"its sender had closed", NONE, factscript_forgotten, after_its_fin},
        {"no RST at all", NONE, factscript_blackholed},
    };

    (void)state;
    factscript_check(rule_idle_timeout_reset, cases, ARRAY_LEN(cases));
}

static void state_is_lost_when_a_host_answers_as_if_it_had_no_connection(void **state)
{
    static const struct rule_case cases[] = {
        {"a request meets no socket", LIKELY, factscript_forgotten, .reason = "no-close-before"},
        {"the client's host lost it", LIKELY, client_lost_it, .reason = "rst-answers-packet"},
        {"the client's host lost it, seen at the server: what came to it is not", POSSIBLE,
         client_lost_it, seen_at, SIDE_SERVER, "seen-afar"},
        {"the server's host lost it, seen there", LIKELY, factscript_forgotten, seen_at,
         SIDE_SERVER},
        {"after just less than an idle time", LIKELY, factscript_forgotten, idle_before_rst, -1},
        {"after an idle time", NONE, factscript_forgotten, idle_before_rst},
        {"its sender had closed", NONE, factscript_forgotten, after_its_fin, -1},
        {"after the other side's RST", NONE, factscript_forgotten, after_the_peers_rst},
        {"it leaves out the TOS, as a filter does", POSSIBLE, factscript_forgotten,
         answers_tos_with, 0, "tos-not-mirrored"},
        {"it has the TOS of what it answers", LIKELY, factscript_forgotten, answers_tos_with, 0x10},
        {"it leaves out the flow label, as a filter does", POSSIBLE, factscript_forgotten,
         answers_flow_label_with, 0, "flow-label-missing"},
        {"it has a flow label", LIKELY, factscript_forgotten, answers_flow_label_with, 7},
        {"straight after the handshake: a full accept queue too", POSSIBLE, factscript_forgotten,
         straight_after_handshake},
        {"after it took a byte: no full queue does", LIKELY, factscript_forgotten,
         straight_after_request, 1},
        {"a byte later", LIKELY, factscript_forgotten, straight_after_handshake, 1},
        {"seen from the middle of it on", LIKELY, factscript_forgotten, taken_up_midstream},
        {"a socket's RST", NONE, factscript_aborted},
    };

    (void)state;
    factscript_check(rule_reset_lost_state, cases, ARRAY_LEN(cases));
}

static void a_keepalive_runs_out_when_its_probes_meet_silence(void **state)
{
    static const struct rule_case cases[] = {
        {"just so many probes", CERTAIN, server_gave_up_probing, .reason = "probes-unanswered"},
        {"one probe fewer", NONE, server_gave_up_probing, probes, -1},
        {"with data outstanding it is no keep-alive", NONE, server_gave_up_probing, data_open, 1},
        {"the RST of one who sent none", NONE, server_gave_up_probing, probes_of_others},
        {"a host without the connection resets", NONE, server_gave_up_probing, of_family,
         RST_FAMILY_B2},
        {"silence without a RST", NONE, factscript_blackholed},
    };

    (void)state;
    factscript_check(rule_keepalive_timeout, cases, ARRAY_LEN(cases));
}

static void a_client_aborts_when_it_hangs_up_on_an_answer_that_is_due(void **state)
{
    static const struct rule_case cases[] = {
        {"before the answer", LIKELY, client_gave_up_waiting, .reason = "answer-due"},
        {"its RST lacks the timestamps of its socket", POSSIBLE, client_gave_up_waiting,
         lacks_timestamps, RST_FAMILY_X, "timestamps-missing"},
        {"closed, then reset the answer", LIKELY, client_closed_waiting},
        {"a host without a socket has no timestamps", LIKELY, client_closed_waiting,
         lacks_timestamps, RST_FAMILY_B2},
        {"with more of the answer on its way than a close notify", LIKELY, answered_then_reset,
         answer_unacknowledged, 32},
        {"with a close notify on its way", NONE, answered_then_reset, answer_unacknowledged, 31},
        {"after the answer", NONE, answered_then_reset},
        {"its host lost the connection", NONE, client_lost_it},
        {"the server hangs up", NONE, factscript_aborted},
    };

    (void)state;
    factscript_check(rule_client_abort, cases, ARRAY_LEN(cases));
}

static void a_program_aborts_when_its_own_socket_resets(void **state)
{
    static const struct rule_case cases[] = {
        {"with a request unanswered", LIKELY, factscript_aborted, .reason = "unread-data"},
        {"the client", LIKELY, client_gave_up_waiting, .reason = "rst-of-socket"},
        {"from a hop aside", LIKELY, factscript_aborted, ttl_off, -1},
        {"from farther aside: perhaps not its own", POSSIBLE, factscript_aborted, ttl_off, 0,
         "ttl-differs"},
        {"after its own FIN", NONE, factscript_aborted, after_its_fin},
        {"without the timestamps that were agreed on", NONE, factscript_aborted,
         without_timestamps},
        {"in the shape of no stack", NONE, reset_by_no_stack},
        {"no socket", NONE, factscript_forgotten},
    };

    (void)state;
    factscript_check(rule_reset_app_abort, cases, ARRAY_LEN(cases));
}

static void a_reset_has_a_name_whatever_its_cause(void **state)
{
    static const struct rule_case cases[] = {
        {"by a socket", CERTAIN, factscript_aborted, .reason = "rst-shape"},
        {"by no known stack", CERTAIN, reset_by_no_stack, .reason = "rst-shape"},
        {"the trail went to another flow", CERTAIN, factscript_aborted, no_rst_in_the_trail},
        {"before there was a connection", NONE, factscript_synack_reset},
        {"closed in order", NONE, factscript_closed},
        {"after the answer: a client that closes so", NONE, answered_then_reset},
        {"refused", NONE, factscript_refused},
    };

    (void)state;
    factscript_check(rule_reset_unexplained, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pooled_connection_is_stale_when_the_server_had_closed_it_idle),
        cmocka_unit_test(data_comes_late_when_the_server_closed_in_the_middle),
        cmocka_unit_test(a_connection_is_forgotten_idle_when_the_first_packet_after_it_is_reset),
        cmocka_unit_test(state_is_lost_when_a_host_answers_as_if_it_had_no_connection),
        cmocka_unit_test(a_keepalive_runs_out_when_its_probes_meet_silence),
        cmocka_unit_test(a_client_aborts_when_it_hangs_up_on_an_answer_that_is_due),
        cmocka_unit_test(a_program_aborts_when_its_own_socket_resets),
        cmocka_unit_test(a_reset_has_a_name_whatever_its_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
