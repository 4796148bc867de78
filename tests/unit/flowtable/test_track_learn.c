/* SPDX-License-Identifier: BSD-2-Clause */
/* What every packet changes, and packets that were captured twice. */
#include "flowscript.h"

#define HANDSHAKE                                                                                  \
    {0, '>', "S"}, {20, '<', "S.", 0, 1},                                                          \
    {                                                                                              \
        20.5, '>', ".", 1, 1                                                                       \
    }

static void ttls_and_ids_of_a_side_are_learned(void **state)
{
    static const struct {
        const char *name;
        uint8_t ttl[3];
        uint16_t id[3];
        uint8_t ttl_min, ttl_max;
        uint16_t bits; /* of the three below */
    } rows[] = {
        {"steady", {61, 61, 61}, {10, 11, 13}, 61, 61, SIDE_ID_COUNTS},
        {"several paths", {61, 59, 62}, {10, 11, 12}, 59, 62, SIDE_ID_COUNTS | SIDE_TTL_VARIES},
        {"IDs at random", {61, 61, 61}, {10, 9000, 40}, 61, 61, SIDE_ID_JUMPS},
        {"IDs over the wrap", {61, 61, 61}, {65534, 65535, 2}, 61, 61, SIDE_ID_COUNTS},
        {"a jump after some steps",
         {61, 61, 61},
         {10, 11, 9000},
         61,
         61,
         SIDE_ID_COUNTS | SIDE_ID_JUMPS},
    };
    const uint16_t bits = SIDE_ID_COUNTS | SIDE_ID_JUMPS | SIDE_TTL_VARIES;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct flowstep steps[6] = {HANDSHAKE};
        const struct side_facts *server;
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        for (unsigned j = 0; j < 3; j++)
            steps[3 + j] = (struct flowstep){30 + j * 10, '<', "P.",           1 + j * 10,   1,
                                             10,          0,   rows[i].ttl[j], rows[i].id[j]};
        flowscript_play(&script, STEPS(steps));
        server = &flowscript_facts(&script)->side[SIDE_SERVER];
        assert_int_equal(server->ttl_min, rows[i].ttl_min);
        assert_int_equal(server->ttl_max, rows[i].ttl_max);
        assert_int_equal(server->bits & bits, rows[i].bits);
        assert_int_equal(server->ip_id, rows[i].id[2]);
        flowscript_close(&script);
    }
}

static void the_link_layer_tells_whose_packets_leave(void **state)
{
    static const struct {
        enum packet_direction client, server;
        uint32_t bits;
    } rows[] = {
        {PACKET_DIRECTION_UNKNOWN, PACKET_DIRECTION_UNKNOWN, 0},
        {PACKET_EGRESS, PACKET_INGRESS, FACT_EGRESS_CLIENT},
        {PACKET_INGRESS, PACKET_EGRESS, FACT_EGRESS_SERVER},
        {PACKET_LOOPBACK, PACKET_LOOPBACK, FACT_LOOPBACK},
    };
    static const struct flowstep steps[] = {{0, '>', "S"}, {20, '<', "S.", 0, 1}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct script_conn conn = flowscript_conn(0);
        struct packet syn = flowscript_packet(&conn, &steps[0]);
        struct packet synack = flowscript_packet(&conn, &steps[1]);
        struct flowscript script;

        flowscript_open(&script, NULL);
        syn.direction = rows[i].client;
        synack.direction = rows[i].server;
        syn.source = 3;
        flowscript_feed(&script, &syn);
        flowscript_feed(&script, &synack);
        assert_int_equal(flowscript_facts(&script)->bits &
                             (FACT_EGRESS_CLIENT | FACT_EGRESS_SERVER | FACT_LOOPBACK),
                         rows[i].bits);
        assert_int_equal(flowscript_facts(&script)->source, 3);
        flowscript_close(&script);
    }
}

static void a_clock_that_steps_back_is_marked_and_clamped(void **state)
{
    static const struct {
        const char *name;
        double t_ms;
        uint32_t bits;
    } rows[] = {
        {"forward", 42, 0},
        {"capture reordering", 40.2, 0},
        {"2 ms", 39, FACT_TIME_BACKWARDS},
        {"an hour", -3600000, FACT_TIME_BACKWARDS},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct flowstep steps[] = {
            HANDSHAKE,
            {41, '>', "P.", 1, 1, 100},
            {rows[i].t_ms, '<', ".", 1, 101},
            {rows[i].t_ms, '>', "P.", 101, 1, 100},
        };
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, STEPS(steps));
        assert_int_equal(flowscript_facts(&script)->bits & FACT_TIME_BACKWARDS, rows[i].bits);
        assert_true(flowscript_facts(&script)->last_ns[SIDE_CLIENT] >=
                    FLOWSCRIPT_START_NS + 41 * NS_PER_MS);
        assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_data, 2);
        assert_int_equal(flowscript_count_notes(&script, NOTE_ALIVE), 0);
        flowscript_close(&script);
    }
}

struct copy_row {
    const char *name;
    struct flowstep copy; /* of a segment of the client at 21 ms */
    bool is_copy;
};

static const struct copy_row copy_rows[] = {
    {"at once", {21, '>', "P.", 1, 1, 100, .id = 300}, true},
    {"a hop further, 1.9 ms later", {22.9, '>', "P.", 1, 1, 100, .id = 300, .ttl = 63}, true},
    {"too late to be one", {23.1, '>', "P.", 1, 1, 100, .id = 300}, false},
    {"with another IP-ID it was sent again", {21, '>', "P.", 1, 1, 100, .id = 301}, false},
    {"with another length", {21, '>', "P.", 1, 1, 99, .id = 300}, false},
    {"with another window", {21, '>', "P.", 1, 1, 100, .id = 300, .win = 400}, false},
    {"with other flags", {21, '>', ".", 1, 1, 100, .id = 300}, false},
};

static void a_copy_is_the_same_packet_within_two_milliseconds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(copy_rows); i++) {
        const struct copy_row *row = &copy_rows[i];
        const struct flowstep steps[] = {
            HANDSHAKE, {21, '>', "P.", 1, 1, 100, .id = 300}, row->copy};
        struct script_conn conn = flowscript_conn(0);
        struct flowscript script;

        print_message("  %s\n", row->name);
        conn.has_timestamps = false;
        flowscript_open(&script, NULL);
        flowscript_steps(&script, &conn, STEPS(steps));
        assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_pkts, row->is_copy ? 3 : 4);
        assert_int_equal(flowscript_facts(&script)->bits & FACT_DUPLICATES,
                         row->is_copy ? FACT_DUPLICATES : 0);
        assert_int_equal(script.tracker.gauges.n_duplicate_pkts, row->is_copy);
        assert_no_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits,
                       row->is_copy ? SIDE_TTL_VARIES : 0);
        flowscript_close(&script);
    }
}

/* One answer each to two segments that were under way: no sign of a capture that doubles. */
static void a_syn_that_asks_for_more_is_marked(void **state)
{
    static const struct {
        bool has_fastopen, has_mptcp;
        uint8_t mptcp_subtype;
        uint8_t bits;
    } cases[] = {
        {false, false, 0, 0},
        {true, false, 0, MARK_EXTRA_OPTION},
        {false, true, 0, MARK_EXTRA_OPTION},
        {false, true, 1, MARK_MPTCP_JOIN},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static const struct flowstep step = {0, '>', "S"};
        struct flowscript script;
        struct script_conn conn = flowscript_conn(0);
        struct packet syn = flowscript_packet(&conn, &step);

        syn.tcp.options.has_fastopen = cases[i].has_fastopen;
        syn.tcp.options.has_mptcp = cases[i].has_mptcp;
        syn.tcp.options.mptcp_subtype = cases[i].mptcp_subtype;
        flowscript_open(&script, NULL);
        flowscript_feed(&script, &syn);
        assert_int_equal(flowscript_trail(&script)->slot[TRAIL_SYN].bits &
                             (MARK_EXTRA_OPTION | MARK_MPTCP_JOIN),
                         cases[i].bits);
        flowscript_close(&script);
    }
}

static void two_equal_rsts_are_one_and_no_sign_of_copies(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,         {21, '>', "P.", 1, 1, 100}, {21.1, '>', "P.", 101, 1, 100},
        {41, '<', "R", 1}, {41.1, '<', "R", 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_rst, 1);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_DUPLICATES);
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ttls_and_ids_of_a_side_are_learned),
        cmocka_unit_test(the_link_layer_tells_whose_packets_leave),
        cmocka_unit_test(a_clock_that_steps_back_is_marked_and_clamped),
        cmocka_unit_test(a_copy_is_the_same_packet_within_two_milliseconds),
        cmocka_unit_test(a_syn_that_asks_for_more_is_marked),
        cmocka_unit_test(two_equal_rsts_are_one_and_no_sign_of_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
