/* SPDX-License-Identifier: BSD-2-Clause */
/* Standstill and closes without an answer: hits, near misses, limits. */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS
#define MS(ns) ((double)(ns) / (double)NS_PER_MS)

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

/* ---- segments of full size ---- */

/* An upload of 1448-byte segments after a small exchange; a short tail behind them arrives. */
static void big_segments_die(struct factscript *script)
{
    struct size_facts *size = &script->note.trail.size[SIDE_CLIENT];
    struct packet_mark *full;

    factscript_answered(script);
    script->note.trail.slot[TRAIL_SYN].mss_bytes = 1460;
    script->note.trail.slot[TRAIL_SYNACK].mss_bytes = 1460;
    full = factscript_packet(script, "C PA +1448", 1000);
    *size = (struct size_facts){
        .full_frame = full->frame, .full_seq = full->seq, .is_small_through = true};
    factscript_repeat(script, SIDE_CLIENT, limits()->full_copies, 1200, 500);
}

static void copies(struct factscript *script, int64_t n_more)
{
    struct side_facts *client = &script->note.facts.side[SIDE_CLIENT];

    client->run_count = (uint8_t)(client->run_count + n_more);
}

static void nothing_small_passed(struct factscript *script, int64_t value)
{
    script->note.trail.size[SIDE_CLIENT].is_small_through = value;
}

static void another_full_one_passed(struct factscript *script, int64_t value)
{
    (void)value;
    script->note.trail.size[SIDE_CLIENT].is_full_through = true;
}

static void full_one_was_acknowledged(struct factscript *script, int64_t value)
{
    (void)value;
    script->note.trail.size[SIDE_CLIENT].full_seq -= 3000;
}

static void repeated_bytes(struct factscript *script, int64_t n_bytes)
{
    script->note.trail.slot[TRAIL_RUN_LAST].payload_bytes = (uint32_t)n_bytes;
}

static void mss(struct factscript *script, int64_t n_bytes)
{
    script->note.trail.slot[TRAIL_SYNACK].mss_bytes = (uint16_t)n_bytes;
}

static void router_told(struct factscript *script, int64_t value)
{
    factscript_icmp(script, "203.0.113.9", 3, 4, 1050);
    script->note.trail.icmp.mtu_bytes = (uint32_t)value;
    script->note.facts.bits &= ~(uint32_t)FACT_SYN_ICMP;
}

static void client_aborts(struct factscript *script, int64_t value)
{
    (void)value;
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 9000);
}

static void pmtu_blackhole_needs_small_segments_that_pass(void **state)
{
    static const struct rule_case cases[] = {
        {"full ones die, small ones pass", LIKELY, big_segments_die, .reason = "full-size-dies"},
        {"the client gives up", LIKELY, big_segments_die, client_aborts},
        {"one copy less", NONE, big_segments_die, copies, -1},
        {"nothing passes: the path is dead", NONE, big_segments_die, nothing_small_passed},
        {"a full one passes: this one is dropped for what it says", NONE, big_segments_die,
         another_full_one_passed},
        {"full ones passed before", NONE, big_segments_die, full_one_was_acknowledged},
        {"just not full", NONE, big_segments_die, repeated_bytes, FLOW_FULL_BYTES - 1},
        {"less than 90 % of the MSS", NONE, big_segments_die, repeated_bytes, 1313},
        {"90 % of the MSS", LIKELY, big_segments_die, repeated_bytes, 1314},
        {"longer than the MSS: the card cuts it", LIKELY, big_segments_die, repeated_bytes, 4344},
        {"longer than an MSS that every path takes", NONE, big_segments_die, mss, 1199},
        {"a router told the MTU", POSSIBLE, big_segments_die, router_told, 1300, "icmp-tells-mtu"},
        {"an ICMP error of another kind", LIKELY, big_segments_die, router_told, 0},
        {"a dead path", NONE, factscript_blackholed},
    };

    (void)state;
    factscript_check(rule_pmtu_blackhole, cases, ARRAY_LEN(cases));
}

/* The client sees only the tail of the answer, and says that it misses the rest. */
static void tail_of_the_answer(struct factscript *script)
{
    struct packet_mark *tail;

    factscript_asked(script);
    script->note.trail.slot[TRAIL_SYN].mss_bytes = 1460;
    script->note.trail.slot[TRAIL_SYNACK].mss_bytes = 1460;
    script->note.facts.side[SIDE_SERVER].nxt += 2896;
    script->note.facts.side[SIDE_SERVER].bits |= SIDE_SEQ_GAP;
    tail = factscript_packet(script, "S PA +100", 100);
    script->note.trail.size[SIDE_SERVER].behind_gap = *tail;
    factscript_packet(script, "C A", 100 + MS(limits()->hole_ns));
    script->note.facts.side[SIDE_CLIENT].acked -= 2896 + 100;
}

static void hole_bytes(struct factscript *script, int64_t n_bytes)
{
    script->note.facts.side[SIDE_CLIENT].acked =
        script->note.trail.size[SIDE_SERVER].behind_gap.seq - (uint32_t)n_bytes;
}

static void hole_since(struct factscript *script, int64_t ns)
{
    script->note.trail.size[SIDE_SERVER].behind_gap.ts_ns += ns;
}

static void full_one_seen(struct factscript *script, int64_t frame)
{
    script->note.trail.size[SIDE_SERVER].full_frame = (uint64_t)frame;
}

static void behind_the_place_where_they_die_a_hole_stays(void **state)
{
    static const struct rule_case cases[] = {
        {"the tail came, the rest did not", LIKELY, tail_of_the_answer,
         .reason = "full-size-missing"},
        {"the client gives up", LIKELY, tail_of_the_answer, client_aborts},
        {"it is filled", NONE, tail_of_the_answer, hole_bytes, 0},
        {"of one full segment", LIKELY, tail_of_the_answer, hole_bytes, 1448},
        {"just less than full", NONE, tail_of_the_answer, hole_bytes, 1313},
        {"not for long", NONE, tail_of_the_answer, hole_since, 1},
        {"a full segment was seen", NONE, tail_of_the_answer, full_one_seen, 3},
    };

    (void)state;
    factscript_check(rule_pmtu_blackhole, cases, ARRAY_LEN(cases));
}

/* ---- closed windows ---- */

static void say_zero(struct factscript *script, double at_ms)
{
    struct stall_facts *stall = &script->note.trail.stall[SIDE_SERVER];
    struct packet_mark mark = *factscript_packet(script, "S A", at_ms);

    mark.window = 0;
    if (stall->n_pkts == 0)
        stall->first = mark;
    stall->n_pkts++;
    script->note.facts.side[SIDE_SERVER].bits |= SIDE_ZERO_WINDOW | SIDE_WINDOW_ZERO_NOW;
}

/* Probes at growing distances, each answered; the last answer comes when it is just long enough. */
static void stalled(struct factscript *script)
{
    factscript_asked(script);
    script->note.facts.side[SIDE_CLIENT].bits |= SIDE_KEEPALIVE;
    say_zero(script, 100);
    say_zero(script, 400);
    say_zero(script, 100 + MS(limits()->stall_ns));
}

static void ended_by_client(struct factscript *script)
{
    stalled(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 110 + MS(limits()->stall_ns));
}

static void ended_by_fin(struct factscript *script)
{
    stalled(script);
    factscript_packet(script, "S FA", 110 + MS(limits()->stall_ns));
}

static void zero_pkts(struct factscript *script, int64_t n_more)
{
    struct stall_facts *stall = &script->note.trail.stall[SIDE_SERVER];

    stall->n_pkts = (uint8_t)(stall->n_pkts + n_more);
}

static void zero_since(struct factscript *script, int64_t ns)
{
    script->note.trail.stall[SIDE_SERVER].first.ts_ns += ns;
}

static void nobody_asks(struct factscript *script, int64_t value)
{
    (void)value;
    script->note.facts.side[SIDE_CLIENT].bits &= (uint16_t)~SIDE_KEEPALIVE;
}

static void a_byte_beyond_the_window(struct factscript *script, int64_t value)
{
    nobody_asks(script, value);
    script->note.facts.side[SIDE_CLIENT].n_retransmit = 2;
}

static void zero_window_stall_lasts_to_the_end(void **state)
{
    static const struct rule_case cases[] = {
        {"the client gives up", CERTAIN, ended_by_client, .reason = "window-zero"},
        {"the server closes", CERTAIN, ended_by_fin},
        {"still open, not for long", POSSIBLE, stalled, .reason = "still-open"},
        {"still open, and long", LIKELY, stalled, zero_since, -10 * NS_PER_S},
        {"just not that long", POSSIBLE, stalled, zero_since, -10 * NS_PER_S + 1},
        {"just too short", NONE, stalled, zero_since, 1},
        {"one answer less", NONE, ended_by_client, zero_pkts, -1},
        {"it opened again", NONE, ended_by_client, zero_pkts, -3},
        {"the other side has nothing to send", NONE, ended_by_client, nobody_asks},
        {"probes of one byte", CERTAIN, ended_by_client, a_byte_beyond_the_window},
        {"a client that gives up on its own", NONE, factscript_asked, client_aborts},
    };

    (void)state;
    factscript_check(rule_zero_window_stall, cases, ARRAY_LEN(cases));
}

static void a_standstill_is_no_silence(void **state)
{
    static const struct rule_case cases[] = {
        {"the window is closed", NONE, ended_by_client},
        {"still open", NONE, stalled},
        {"bytes are missing", NONE, tail_of_the_answer},
        {"full segments die", CERTAIN, big_segments_die},
    };

    (void)state;
    factscript_check(rule_path_blackhole, cases, ARRAY_LEN(cases));
}

static void who_does_not_read_is_to_blame(void **state)
{
    struct connection_event event;
    struct factscript script;

    (void)state;
    factscript_open(&script);
    ended_by_client(&script);
    factscript_judge(&script, &event);
    assert_int_equal(event.verdict, VERDICT_ZERO_WINDOW_STALL);
    assert_int_equal(event.outcome, OUTCOME_BLACKHOLED);
    assert_int_equal(event.blame, BLAME_SERVER_HOST);
    factscript_close(&script);
}

/* ---- closed without an answer ---- */

#define REQUEST_MS (RTT + 1)

static void asked_and_closed(struct factscript *script)
{
    factscript_asked(script);
    factscript_packet(script, "S FA", REQUEST_MS + 30000);
    factscript_packet(script, "C FA", REQUEST_MS + 30001);
}

static void asked_and_aborted(struct factscript *script)
{
    factscript_asked(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_A, REQUEST_MS + 30000);
}

static void answered_and_closed(struct factscript *script)
{
    factscript_answered(script);
    factscript_packet(script, "S FA", REQUEST_MS + 30000);
}

static void client_closed_first(struct factscript *script)
{
    factscript_asked(script);
    factscript_packet(script, "C FA", 29000);
    factscript_packet(script, "S FA", REQUEST_MS + 30000);
}

static void closed_after(struct factscript *script, int64_t ns)
{
    script->note.trail.slot[TRAIL_SERVER_FIN].ts_ns =
        script->note.trail.slot[TRAIL_REQUEST].ts_ns + ns;
}

/* The handshake was much earlier: the time from there is no round one. */
static void asked_late(struct factscript *script, int64_t ns)
{
    script->note.facts.first_ns -= 37 * NS_PER_S;
    closed_after(script, ns);
}

static void other_waited(struct factscript *script, int64_t ns)
{
    struct listener_state *at = factscript_listener(script);

    asked_late(script, 100 * NS_PER_S / 8);
    at->unanswered_wait_before_ns = 100 * NS_PER_S / 8 + ns;
}

static void server_timeout_close_comes_after_a_round_time(void **state)
{
    static const struct rule_case cases[] = {
        {"30 s after the request", LIKELY, asked_and_closed, .reason = "round-time"},
        {"30 s after the handshake", LIKELY, asked_and_closed, closed_after, 29999 * NS_PER_MS},
        {"2 % late", LIKELY, asked_and_closed, asked_late, 30600 * NS_PER_MS},
        {"later", POSSIBLE, asked_and_closed, asked_late, 30601 * NS_PER_MS},
        {"1 % early", LIKELY, asked_and_closed, asked_late, 29700 * NS_PER_MS},
        {"earlier", POSSIBLE, asked_and_closed, asked_late, 29699 * NS_PER_MS},
        {"an odd time, as the connection before", LIKELY, asked_and_closed, other_waited,
         NS_PER_S / 4, "same-wait"},
        {"an odd time, another before", POSSIBLE, asked_and_closed, other_waited, NS_PER_S / 4 + 1},
        {"too soon for a timeout", NONE, asked_and_closed, asked_late, 4 * NS_PER_S - 1},
        {"just not too soon", POSSIBLE, asked_and_closed, asked_late, 4 * NS_PER_S},
        {"aborted: killed while it waited looks the same", POSSIBLE, asked_and_aborted},
        {"it had answered", NONE, answered_and_closed},
        {"the client had closed before", NONE, client_closed_first},
        {"it was never asked", NONE, factscript_closed_unasked},
    };

    (void)state;
    factscript_check(rule_server_timeout_close, cases, ARRAY_LEN(cases));
}

static void accept_then_close_comes_at_once(void **state)
{
    static const struct rule_case cases[] = {
        {"never asked", LIKELY, factscript_closed_unasked, .reason = "before-request"},
        {"a second after the request", LIKELY, asked_and_closed, closed_after, NS_PER_S,
         "after-request"},
        {"later", POSSIBLE, asked_and_closed, closed_after, NS_PER_S + 1, "not-at-once"},
        {"it had answered", NONE, answered_and_closed},
        {"the client had closed before", NONE, client_closed_first},
    };

    (void)state;
    factscript_check(rule_accept_then_close, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pmtu_blackhole_needs_small_segments_that_pass),
        cmocka_unit_test(behind_the_place_where_they_die_a_hole_stays),
        cmocka_unit_test(zero_window_stall_lasts_to_the_end),
        cmocka_unit_test(a_standstill_is_no_silence),
        cmocka_unit_test(who_does_not_read_is_to_blame),
        cmocka_unit_test(server_timeout_close_comes_after_a_round_time),
        cmocka_unit_test(accept_then_close_comes_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
