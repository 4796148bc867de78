/* SPDX-License-Identifier: BSD-2-Clause */
/* The 19 signatures of tampering, for RSTs and silence of either side, and what has none. */
#include "factscript.h"
#include "unit.h"
#include "verdict/tamper.h"

#define RTT FACTSCRIPT_RTT_MS
#define RSTS_MAX 3

/* A RST to script; flags 0 end the list. */
struct scripted_rst {
    uint16_t flags;
    uint32_t ack;
};

#define BARE(number)                                                                               \
    {                                                                                              \
        TCP_RST, number                                                                            \
    }
#define ACKED                                                                                      \
    {                                                                                              \
        TCP_RST | TCP_ACK, 77                                                                      \
    }

static void play_stage(struct factscript *script, enum tamper_stage stage)
{
    factscript_packet(script, "C S", 0);
    if (stage == TAMPER_POST_SYN)
        return;
    factscript_packet(script, "S SA", RTT);
    factscript_packet(script, "C A", RTT + 0.1);
    for (unsigned i = TAMPER_POST_ACK; i < (unsigned)stage; i++)
        factscript_packet(script, "C PA +400", RTT + 1 + i);
}

static void play_rsts(struct factscript *script, enum flow_side side,
                      const struct scripted_rst *rsts)
{
    for (unsigned i = 0; i < RSTS_MAX && rsts[i].flags; i++) {
        struct rst_facts *rst = factscript_rst(script, side, RST_FAMILY_X, 3 * RTT + i);

        rst->mark.flags = rsts[i].flags;
        rst->mark.ack = rsts[i].ack;
    }
}

static const char *signature(const struct factscript *script)
{
    struct connection_event event;

    factscript_judge(script, &event);
    return event.tamper_signature;
}

static bool is_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void each_signature_of_rsts_is_named_in_both_directions(void **state)
{
    static const struct {
        const char *name;
        enum tamper_stage stage;
        struct scripted_rst rst[RSTS_MAX];
    } cases[] = {
        {"⟨SYN → RST⟩", TAMPER_POST_SYN, {BARE(0)}},
        {"⟨SYN → RST⟩", TAMPER_POST_SYN, {BARE(5), BARE(6)}},
        {"⟨SYN → RST+ACK⟩", TAMPER_POST_SYN, {ACKED}},
        {"⟨SYN → RST+ACK⟩", TAMPER_POST_SYN, {ACKED, ACKED}},
        {"⟨SYN → RST;RST+ACK⟩", TAMPER_POST_SYN, {BARE(0), ACKED}},
        {"⟨SYN;ACK → RST⟩", TAMPER_POST_ACK, {BARE(0)}},
        {"⟨SYN;ACK → RST;RST⟩", TAMPER_POST_ACK, {BARE(0), BARE(0)}},
        {"⟨SYN;ACK → RST;RST⟩", TAMPER_POST_ACK, {BARE(8), BARE(0)}},
        {"⟨SYN;ACK → RST+ACK⟩", TAMPER_POST_ACK, {ACKED}},
        {"⟨SYN;ACK → RST+ACK;RST+ACK⟩", TAMPER_POST_ACK, {ACKED, ACKED}},
        {NULL, TAMPER_POST_ACK, {ACKED, BARE(0)}},
        {"⟨PSH+ACK → RST⟩", TAMPER_POST_PSH, {BARE(0)}},
        {"⟨PSH+ACK → RST+ACK⟩", TAMPER_POST_PSH, {ACKED}},
        {"⟨PSH+ACK → RST;RST+ACK⟩", TAMPER_POST_PSH, {ACKED, BARE(0)}},
        {"⟨PSH+ACK → RST+ACK;RST+ACK⟩", TAMPER_POST_PSH, {ACKED, ACKED, ACKED}},
        {"⟨PSH+ACK → RST = RST⟩", TAMPER_POST_PSH, {BARE(9), BARE(9)}},
        {"⟨PSH+ACK → RST = RST⟩", TAMPER_POST_PSH, {BARE(0), BARE(0)}},
        {"⟨PSH+ACK → RST ≠ RST⟩", TAMPER_POST_PSH, {BARE(9), BARE(10)}},
        {"⟨PSH+ACK → RST;RST₀⟩", TAMPER_POST_PSH, {BARE(9), BARE(0)}},
        {"⟨PSH+ACK → RST;RST₀⟩", TAMPER_POST_PSH, {BARE(0), BARE(9), BARE(10)}},
        {"⟨PSH+ACK;Data → RST⟩", TAMPER_POST_DATA, {BARE(0)}},
        {"⟨PSH+ACK;Data → RST⟩", TAMPER_POST_DATA, {BARE(9), BARE(0)}},
        {"⟨PSH+ACK;Data → RST+ACK⟩", TAMPER_POST_DATA, {ACKED}},
        {NULL, TAMPER_POST_DATA, {ACKED, BARE(0)}},
    };
    unsigned n_wrong = 0;

    (void)state;
    for (unsigned i = 0; i < SIDE_COUNT * ARRAY_LEN(cases); i++) {
        unsigned n = i / SIDE_COUNT;
        struct factscript script;
        const char *got;

        factscript_open(&script);
        play_stage(&script, cases[n].stage);
        play_rsts(&script, i % SIDE_COUNT ? SIDE_SERVER : SIDE_CLIENT, cases[n].rst);
        got = signature(&script);
        if (!is_text(got, cases[n].name)) {
            print_error("case %u of the %s: %s, expected %s\n", n, case_side_word(i % SIDE_COUNT),
                        got ? got : "none", cases[n].name ? cases[n].name : "none");
            n_wrong++;
        }
        factscript_close(&script);
    }
    assert_int_equal(n_wrong, 0);
}

/* ---- silence ---- */

static void server_never_answers(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "C S", 1000);
}

static void client_never_answers(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "S SA", RTT);
    factscript_packet(script, "S SA", RTT + 1000);
}

static void client_silent_after(struct factscript *script, enum tamper_stage stage)
{
    play_stage(script, stage);
    factscript_packet(script, "S PA +100", 100);
    factscript_repeat(script, SIDE_SERVER, 6, 300, 1000);
}

static void client_silent_after_ack(struct factscript *script)
{
    client_silent_after(script, TAMPER_POST_ACK);
}

static void client_silent_after_data(struct factscript *script)
{
    client_silent_after(script, TAMPER_POST_PSH);
}

static void client_silent_after_more_data(struct factscript *script)
{
    client_silent_after(script, TAMPER_POST_DATA);
}

static void server_silent_after_ack(struct factscript *script)
{
    play_stage(script, TAMPER_POST_ACK);
    factscript_packet(script, "C FA", 100);
    factscript_repeat(script, SIDE_CLIENT, 6, 300, 1000);
    script->note.facts.side[SIDE_CLIENT].n_data = 0;
}

static void server_silent_after_data(struct factscript *script)
{
    play_stage(script, TAMPER_POST_PSH);
    factscript_repeat(script, SIDE_CLIENT, 6, 300, 1000);
}

static void server_silent_after_more_data(struct factscript *script)
{
    play_stage(script, TAMPER_POST_DATA);
    factscript_repeat(script, SIDE_CLIENT, 6, 300, 1000);
}

static void judged_soon(struct factscript *script)
{
    server_never_answers(script);
    script->note.now_ns = script->note.facts.first_ns + 3 * NS_PER_S - 1;
}

static void judged_just_late_enough(struct factscript *script)
{
    server_never_answers(script);
    script->note.now_ns = script->note.facts.first_ns + 3 * NS_PER_S;
}

static void client_tries_again(struct factscript *script)
{
    client_never_answers(script);
    script->note.facts.side[SIDE_CLIENT].n_syn = 2;
}

static void ended_in_order_before(struct factscript *script)
{
    factscript_closed(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_X, 200);
}

static void begun_before_the_capture(struct factscript *script)
{
    play_stage(script, TAMPER_POST_PSH);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_X, 200);
    script->note.facts.bits |= FACT_MIDSTREAM;
    script->note.facts.bits &= ~(uint32_t)FACT_SYN_SEEN;
}

static void many_packets(struct factscript *script, unsigned n)
{
    play_stage(script, TAMPER_POST_DATA);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_X, 200)->n_baseline = (uint8_t)n;
}

static void within_ten_packets(struct factscript *script)
{
    many_packets(script, verdict_limits_default()->tamper_pkts);
}

static void beyond_ten_packets(struct factscript *script)
{
    many_packets(script, verdict_limits_default()->tamper_pkts + 1);
}

static void data_sent_twice(struct factscript *script)
{
    play_stage(script, TAMPER_POST_PSH);
    factscript_repeat(script, SIDE_CLIENT, 1, 100, 100);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_X, 200);
}

/* ---- scanners and floods ---- */

static void scanned(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B1, RTT);
}

static void by_zmap(struct factscript *script)
{
    scanned(script);
    script->note.trail.slot[TRAIL_SYN].ip_id = 54321;
}

static void by_zmap_over_v6(struct factscript *script)
{
    by_zmap(script);
    script->note.trail.slot[TRAIL_SYN].bits |= MARK_V6;
}

static void without_options_from_255(struct factscript *script)
{
    scanned(script);
    script->note.trail.slot[TRAIL_SYN].bits = 0;
    script->note.trail.slot[TRAIL_SYN].ttl = 200;
}

static void without_options_from_128(struct factscript *script)
{
    without_options_from_255(script);
    script->note.trail.slot[TRAIL_SYN].ttl = 199;
}

static void with_options_from_255(struct factscript *script)
{
    scanned(script);
    script->note.trail.slot[TRAIL_SYN].ttl = 255;
}

static void synack_reset_n_times(struct factscript *script, unsigned n)
{
    factscript_synack_reset(script);
    factscript_host(script, SIDE_CLIENT)->n_synack_resets = n;
}

static void synack_reset_twice(struct factscript *script)
{
    synack_reset_n_times(script, 2);
}

static void synack_reset_again_and_again(struct factscript *script)
{
    synack_reset_n_times(script, 3);
}

static void half_of_a_flood(struct factscript *script)
{
    struct listener_state *at;

    client_never_answers(script);
    at = factscript_listener(script);
    at->flood_from_ns = at->flood_until_ns = script->note.facts.first_ns;
}

static void just_after_a_flood(struct factscript *script)
{
    half_of_a_flood(script);
    factscript_listener(script)->flood_until_ns--;
    factscript_listener(script)->flood_from_ns--;
}

static void silence_has_signatures_and_noise_has_none(void **state)
{
    static const struct {
        const char *what, *name;
        void (*play)(struct factscript *script);
    } cases[] = {
        {"the server never answers", "⟨SYN → ∅⟩", server_never_answers},
        {"the client never answers", "⟨SYN → ∅⟩", client_never_answers},
        {"the client, after its ACK", "⟨SYN;ACK → ∅⟩", client_silent_after_ack},
        {"the client, after its data", "⟨PSH+ACK → ∅⟩", client_silent_after_data},
        {"the client, after more data", NULL, client_silent_after_more_data},
        {"the server, after the handshake", "⟨SYN;ACK → ∅⟩", server_silent_after_ack},
        {"the server, after data", "⟨PSH+ACK → ∅⟩", server_silent_after_data},
        {"the server, after more data", NULL, server_silent_after_more_data},
        {"silence of less than 3 s", NULL, judged_soon},
        {"silence of 3 s", "⟨SYN → ∅⟩", judged_just_late_enough},
        {"a client that tries again", NULL, client_tries_again},
        {"a connection that works", NULL, factscript_answered},
        {"a RST after the close", NULL, ended_in_order_before},
        {"the capture began inside", NULL, begun_before_the_capture},
        {"the tenth packet", "⟨PSH+ACK;Data → RST+ACK⟩", within_ten_packets},
        {"later than that", NULL, beyond_ten_packets},
        {"the same data again is one packet", "⟨PSH+ACK → RST+ACK⟩", data_sent_twice},
        {"an ordinary client", "⟨SYN → RST+ACK⟩", scanned},
        {"ZMap", NULL, by_zmap},
        {"IPv6 has no such number", "⟨SYN → RST+ACK⟩", by_zmap_over_v6},
        {"no options, TTL 200", NULL, without_options_from_255},
        {"no options, TTL 199", "⟨SYN → RST+ACK⟩", without_options_from_128},
        {"options, TTL 255", "⟨SYN → RST+ACK⟩", with_options_from_255},
        {"a client that resets two SYN-ACKs", "⟨SYN → RST⟩", synack_reset_twice},
        {"a client that resets three", NULL, synack_reset_again_and_again},
        {"half of a flood", NULL, half_of_a_flood},
        {"just after a flood", "⟨SYN → ∅⟩", just_after_a_flood},
    };
    unsigned n_wrong = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct factscript script;
        const char *got;

        factscript_open(&script);
        cases[i].play(&script);
        got = signature(&script);
        if (!is_text(got, cases[i].name)) {
            print_error("%s: %s, expected %s\n", cases[i].what, got ? got : "none",
                        cases[i].name ? cases[i].name : "none");
            n_wrong++;
        }
        factscript_close(&script);
    }
    assert_int_equal(n_wrong, 0);
}

static void there_are_19_signatures(void **state)
{
    const char *seen[TAMPER_STAGE_COUNT * TAMPER_END_COUNT];
    unsigned n_seen = 0;

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(seen); i++) {
        const char *name = tamper_name((enum tamper_stage)(i / TAMPER_END_COUNT),
                                       (enum tamper_end)(i % TAMPER_END_COUNT));
        bool is_new = name != NULL;

        for (unsigned k = 0; k < n_seen; k++)
            is_new = is_new && strcmp(seen[k], name) != 0;
        if (is_new)
            seen[n_seen++] = name;
    }
    assert_int_equal(n_seen, 19);
}

/* A host that lost the connection answers each packet of a burst with a RST of its own, and a
 * socket's abort is followed by such answers: both are ordinary. */
static void only_what_no_stack_sends_is_telling(void **state)
{
    static const struct {
        struct scripted_rst rst[RSTS_MAX];
        bool is_telling;
    } cases[] = {
        {{BARE(0)}, false},         {{ACKED}, false},       {{BARE(0), BARE(0)}, false},
        {{ACKED, BARE(0)}, false},  {{ACKED, ACKED}, true}, {{BARE(9), BARE(10)}, true},
        {{BARE(9), BARE(0)}, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct factscript script;
        struct verdict_case c;

        factscript_open(&script);
        play_stage(&script, TAMPER_POST_PSH);
        play_rsts(&script, SIDE_SERVER, cases[i].rst);
        factscript_case(&script, &c);
        assert_int_equal(tamper_is_telling(&c), cases[i].is_telling);
        factscript_close(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_signature_of_rsts_is_named_in_both_directions),
        cmocka_unit_test(silence_has_signatures_and_noise_has_none),
        cmocka_unit_test(there_are_19_signatures),
        cmocka_unit_test(only_what_no_stack_sends_is_telling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
