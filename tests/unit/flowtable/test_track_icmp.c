/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP errors find the flow that they quote, or none (VERDICTS.md 8). */
#include "flowscript.h"

#define HANDSHAKE                                                                                  \
    {0, '>', "S"}, {20, '<', "S.", 0, 1},                                                          \
    {                                                                                              \
        20.5, '>', ".", 1, 1                                                                       \
    }
#define EXCHANGE                                                                                   \
    HANDSHAKE, {21, '>', "P.", 1, 1, 100}, {41, '<', "P.", 1, 101, 300},                           \
    {                                                                                              \
        41.5, '>', ".", 101, 301                                                                   \
    }
#define EXCHANGE_STEPS 6

/* An error about the packet of `from` with that sequence number. */
#define ICMP(t_ms, from, seq, type, code)                                                          \
    {                                                                                              \
        (t_ms), (from), "", (seq), .icmp_type = (type), .icmp_code = (code)                        \
    }

static void an_error_that_quotes_the_syn_answers_it(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {0.4, '>', "", 0, .icmp_type = 3, .icmp_code = 13, .id = 77, .ttl = 62},
    };
    const struct icmp_facts *icmp;
    char from[IPADDR_TEXT_BYTES];
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_facts(&script)->bits, FACT_SYN_ICMP | FACT_SYN_SEEN);
    assert_int_equal(flowscript_facts(&script)->n_icmp, 1);
    icmp = &flowscript_trail(&script)->icmp;
    assert_int_equal(icmp->frame, 2);
    assert_int_equal(icmp->ts_ns, FLOWSCRIPT_START_NS + 400 * NS_PER_US);
    assert_string_equal(ipaddr_format(&icmp->from, from), "203.0.113.9");
    assert_int_equal(icmp->type, 3);
    assert_int_equal(icmp->code, 13);
    assert_int_equal(icmp->ip_id, 77);
    assert_int_equal(icmp->ttl, 62);
    assert_int_equal(icmp->quoted_ttl, 62);
    assert_int_equal(icmp->len_bytes, 88);
    assert_true(icmp->quotes_syn);
    assert_false(icmp->is_v6);
    assert_false(icmp->is_seq_missing);
    assert_int_equal(script.tracker.gauges.n_stray_icmp, 0);
    flowscript_until(&script, 2400); /* an answer: no need to wait for the next SYN for long */
    assert_true(flowscript_is_open(&script));
    flowscript_until(&script, 2700);
    assert_false(flowscript_is_open(&script));
    flowscript_close(&script);
}

static void errors_for_each_syn_are_one_attempt(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},    {0.1, '>', "", 0, .icmp_type = 3, .icmp_code = 1, .id = 1},
        {1000, '>', "S"}, {1000.1, '>', "", 0, .icmp_type = 3, .icmp_code = 1, .id = 2},
        {3000, '>', "S"}, {3000.1, '>', "", 0, .icmp_type = 3, .icmp_code = 10, .id = 3},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->n_icmp, 3);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_syn, 3);
    assert_int_equal(flowscript_trail(&script)->icmp.frame, 2); /* the first one */
    assert_int_equal(flowscript_trail(&script)->icmp.code, 1);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 1);
    flowscript_close(&script);
}

struct kind_row {
    const char *name;
    uint8_t type, code;
    bool is_v6;
    bool counts;
};

static const struct kind_row kind_rows[] = {
    {"host unreachable", 3, 1, false, true},
    {"port unreachable", 3, 3, false, true},
    {"fragmentation needed is about the MTU", 3, 4, false, false},
    {"source quench", 4, 0, false, false},
    {"redirect", 5, 1, false, false},
    {"time exceeded", 11, 0, false, true},
    {"parameter problem", 12, 0, false, true},
    {"no route, IPv6", 1, 0, true, true},
    {"packet too big, IPv6", 2, 0, true, false},
    {"hop limit exceeded, IPv6", 3, 0, true, true},
    {"parameter problem, IPv6", 4, 1, true, true},
};

static void only_errors_about_delivery_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kind_rows); i++) {
        const struct kind_row *row = &kind_rows[i];
        const struct flowstep steps[] = {{0, '>', "S"}, ICMP(1, '>', 0, row->type, row->code)};
        struct script_conn conn = flowscript_conn(0);
        const struct flow_facts *facts;
        struct flowscript script;

        print_message("  %s\n", row->name);
        if (row->is_v6) {
            assert_true(ipaddr_parse("2001:db8::1", &conn.addr[SIDE_CLIENT]));
            assert_true(ipaddr_parse("2001:db8::2", &conn.addr[SIDE_SERVER]));
        }
        flowscript_open(&script, NULL);
        flowscript_steps(&script, &conn, STEPS(steps));
        assert_int_equal(script.tracker.table.n_used, 1);
        facts = &script.tracker.table.pool[0].facts;
        assert_int_equal(facts->n_icmp, row->counts);
        assert_int_equal(facts->bits & FACT_SYN_ICMP, row->counts ? FACT_SYN_ICMP : 0);
        assert_int_equal(script.tracker.gauges.n_stray_icmp, 0);
        flowscript_close(&script);
    }
}

struct quote_row {
    const char *name;
    struct flowstep icmp; /* after the exchange; client 1 .. 101, server 1 .. 301 */
    bool is_believed;
};

static const struct quote_row quote_rows[] = {
    {"the SYN", ICMP(50, '>', 0, 3, 1), true},
    {"what comes next", ICMP(50, '>', 101, 3, 1), true},
    {"a keep-alive", ICMP(50, '>', 100, 3, 1), true},
    {"what is acknowledged already", ICMP(50, '>', 50, 3, 1), false},
    {"what was never sent", ICMP(50, '>', 102, 3, 1), false},
    {"half the sequence space away", ICMP(50, '>', 0x80000000, 3, 1), false},
    {"the server's SYN-ACK", ICMP(50, '<', 0, 3, 1), true},
    {"the server's next", ICMP(50, '<', 301, 3, 1), true},
    {"the server's, never sent", ICMP(50, '<', 302, 3, 1), false},
};

static void a_quote_must_be_of_what_is_under_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(quote_rows); i++) {
        const struct flowstep steps[] = {EXCHANGE, quote_rows[i].icmp};
        struct flowscript script;

        print_message("  %s\n", quote_rows[i].name);
        flowscript_play(&script, STEPS(steps));
        assert_int_equal(flowscript_facts(&script)->n_icmp, quote_rows[i].is_believed);
        assert_int_equal(script.tracker.gauges.n_stray_icmp, !quote_rows[i].is_believed);
        assert_no_bits(flowscript_facts(&script)->bits, FACT_SYN_ICMP);
        if (quote_rows[i].is_believed)
            assert_int_equal(flowscript_trail(&script)->icmp.frame, EXCHANGE_STEPS + 1);
        flowscript_close(&script);
    }
}

/* The server has not answered: any number would lie between nothing and the ISN. */
static void before_the_synack_only_the_isn_is_believed(void **state)
{
    static const uint32_t seqs[] = {1, 2, 100, 0x10000000, 0x80000000, 0xf0000000, 0xffffffff};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(seqs); i++) {
        const struct flowstep steps[] = {{0, '>', "S"}, ICMP(1, '>', seqs[i], 3, 1)};
        struct flowscript script;

        flowscript_play(&script, STEPS(steps));
        assert_no_bits(flowscript_facts(&script)->bits, FACT_SYN_ICMP);
        assert_int_equal(flowscript_facts(&script)->n_icmp, seqs[i] == 1); /* its own ACK, later */
        flowscript_close(&script);
    }
}

static void a_quote_without_sequence_number_is_taken_and_marked(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"}, {1, '>', "", 0, .icmp_type = 3, .icmp_code = 1, .how = STEP_NO_SEQ}};
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_facts(&script)->bits, FACT_SYN_ICMP);
    assert_true(flowscript_trail(&script)->icmp.is_seq_missing);
    assert_false(flowscript_trail(&script)->icmp.quotes_syn);
    flowscript_close(&script);
}

static void an_error_about_the_synack_says_nothing_of_the_syn(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"}, {20, '<', "S.", 0, 1}, ICMP(20.5, '<', 0, 3, 1)};
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_no_bits(flowscript_facts(&script)->bits, FACT_SYN_ICMP);
    assert_int_equal(flowscript_facts(&script)->n_icmp, 1);
    assert_false(flowscript_trail(&script)->icmp.quotes_syn);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_SYN_RECEIVED);
    flowscript_close(&script);
}

static void an_error_that_quotes_no_known_flow_is_a_stray(void **state)
{
    static const struct flowstep syn = {0, '>', "S"};
    static const struct flowstep error = ICMP(1, '>', 0, 3, 1);
    struct script_conn conn = flowscript_conn(0);
    struct script_conn nat = flowscript_conn(0);
    struct packet packet;
    struct flowscript script;

    (void)state;
    flowscript_open(&script, NULL);
    flowscript_steps(&script, &conn, &syn, 1);
    nat.port[SIDE_CLIENT] = 61000; /* the quote is of behind a NAT */
    flowscript_steps(&script, &nat, &error, 1);
    assert_int_equal(script.tracker.gauges.n_stray_icmp, 1);

    packet = flowscript_packet(&conn, &error); /* ports cut off: nothing to look for */
    packet.icmp.quote.has_ports = false;
    flowscript_feed(&script, &packet);
    packet = flowscript_packet(&conn, &error); /* of a datagram */
    packet.icmp.quote.proto = 17;
    flowscript_feed(&script, &packet);
    packet = flowscript_packet(&conn, &error);
    packet.icmp.quote.is_valid = false;
    flowscript_feed(&script, &packet);
    assert_int_equal(script.tracker.gauges.n_stray_icmp, 1);

    assert_int_equal(script.tracker.table.n_used, 1); /* no flow was made for any of them */
    assert_int_equal(flowscript_facts(&script)->n_icmp, 0);
    flowscript_close(&script);
}

static void an_error_about_a_side_that_was_not_seen_is_a_stray(void **state)
{
    static const struct flowstep steps[] = {{0, '>', "P.", 1, 1, 10}, ICMP(1, '<', 1, 3, 1)};
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->n_icmp, 0);
    assert_int_equal(script.tracker.gauges.n_stray_icmp, 1);
    flowscript_close(&script);
}

static void in_a_capture_of_one_direction_what_was_seen_can_be_quoted(void **state)
{
    static const struct {
        const char *name;
        uint32_t seq;
        bool is_believed;
    } rows[] = {
        {"the last segment", 5100, true}, {"the first one", 5000, true},
        {"the next one", 5200, true},     {"before all", 4000, false},
        {"far ahead", 9000, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct flowstep steps[] = {{0, '>', "P.", 5000, 1, 100},
                                         {1, '>', "P.", 5100, 1, 100},
                                         ICMP(2, '>', rows[i].seq, 3, 1)};
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, STEPS(steps));
        assert_int_equal(flowscript_facts(&script)->n_icmp, rows[i].is_believed);
        flowscript_close(&script);
    }
}

static void an_error_on_an_open_connection_ends_nothing(void **state)
{
    static const struct flowstep steps[] = {EXCHANGE, ICMP(50, '>', 101, 3, 1)};
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_flow(&script)->state, FLOW_ESTABLISHED);
    assert_true(
        trail_cell_at(&script.tracker.trails, flowscript_flow(&script)->trail_idx)->entry.is_kept);
    flowscript_until(&script, 600000);
    assert_true(flowscript_is_open(&script));
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_that_quotes_the_syn_answers_it),
        cmocka_unit_test(errors_for_each_syn_are_one_attempt),
        cmocka_unit_test(only_errors_about_delivery_count),
        cmocka_unit_test(a_quote_must_be_of_what_is_under_way),
        cmocka_unit_test(before_the_synack_only_the_isn_is_believed),
        cmocka_unit_test(a_quote_without_sequence_number_is_taken_and_marked),
        cmocka_unit_test(an_error_about_the_synack_says_nothing_of_the_syn),
        cmocka_unit_test(an_error_that_quotes_no_known_flow_is_a_stray),
        cmocka_unit_test(an_error_about_a_side_that_was_not_seen_is_a_stray),
        cmocka_unit_test(in_a_capture_of_one_direction_what_was_seen_can_be_quoted),
        cmocka_unit_test(an_error_on_an_open_connection_ends_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
