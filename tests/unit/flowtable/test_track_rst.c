/* SPDX-License-Identifier: BSD-2-Clause */
/* What a RST is and answers, the moment it comes. Shapes are those of OBSERVED.md. */
#include "flowscript.h"

#define HANDSHAKE                                                                                  \
    {0, '>', "S"}, {20, '<', "S.", 0, 1},                                                          \
    {                                                                                              \
        20.5, '>', ".", 1, 1                                                                       \
    }

/* The handshake, a request of 100 bytes and 300 bytes of answer, all acknowledged. */
#define EXCHANGE                                                                                   \
    HANDSHAKE, {21, '>', "P.", 1, 1, 100}, {41, '<', "P.", 1, 101, 300},                           \
    {                                                                                              \
        41.5, '>', ".", 101, 301                                                                   \
    }
#define EXCHANGE_STEPS 6

/* Plays the exchange and what follows; gives the first RST. */
static const struct rst_facts *play_rst(struct flowscript *script, const struct flowstep *more,
                                        size_t n_more)
{
    struct flowstep steps[16] = {EXCHANGE};

    assert_true(EXCHANGE_STEPS + n_more <= ARRAY_LEN(steps));
    for (size_t i = 0; i < n_more; i++)
        steps[EXCHANGE_STEPS + i] = more[i];
    flowscript_play(script, steps, EXCHANGE_STEPS + n_more);
    assert_true(flowscript_trail(script)->n_rst > 0);
    return &flowscript_trail(script)->rst[0];
}

/* ---- shape ---- */

struct shape_row {
    const char *name;
    struct flowstep steps[2]; /* the RST last */
    size_t n_steps;
    enum rst_family family;
    uint64_t trigger; /* frame */
    bool lacks_timestamps;
};

static const struct shape_row shape_rows[] = {
    {"socket with timestamps", {{50, '<', "R.", 301, 101}}, 1, RST_FAMILY_A, 0, false},
    {"socket, closed window, timestamps",
     {{50, '<', "R.", 301, 101, 0, STEP_ZERO_WINDOW}},
     1,
     RST_FAMILY_A,
     0,
     false},
    {"socket, timestamps left off",
     {{50, '<', "R.", 301, 101, 0, STEP_BARE}},
     1,
     RST_FAMILY_A,
     0,
     true},
    {"no socket, answer to the client's data",
     {{50, '>', "P.", 101, 301, 10}, {70, '<', "R", 301}},
     2,
     RST_FAMILY_B2,
     7,
     true},
    {"no socket, answer after 500 ms",
     {{50, '>', "P.", 101, 301, 10}, {549, '<', "R", 301}},
     2,
     RST_FAMILY_B2,
     7,
     true},
    {"too late for an answer",
     {{50, '>', "P.", 101, 301, 10}, {551, '<', "R", 301}},
     2,
     RST_FAMILY_X,
     0,
     true},
    {"sequence number that answers nothing",
     {{50, '>', "P.", 101, 301, 10}, {70, '<', "R", 302}},
     2,
     RST_FAMILY_X,
     0,
     true},
    {"no socket, of the client",
     {{50, '<', "P.", 301, 101, 10}, {50.2, '>', "R", 101}},
     2,
     RST_FAMILY_B2,
     7,
     true},
    {"a bare RST with a window",
     {{50, '>', "P.", 101, 301, 10}, {70, '<', "R", 301, .win = 9}},
     2,
     RST_FAMILY_X,
     7,
     true},
    {"a bare RST with options",
     {{50, '>', "P.", 101, 301, 10}, {70, '<', "R", 301, .how = STEP_TS}},
     2,
     RST_FAMILY_X,
     7,
     false},
    {"ACK, no window, no options: SYNPROXY, Windows, forgers",
     {{50, '<', "R.", 301, 101, 0, STEP_NO_SOCKET}},
     1,
     RST_FAMILY_X,
     0,
     true},
    {"cut by the snap length",
     {{50, '<', "R.", 301, 101, 0, STEP_HEADER_CUT}},
     1,
     RST_FAMILY_X,
     0,
     false},
};

static void the_shape_of_a_rst_tells_its_family(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(shape_rows); i++) {
        const struct shape_row *row = &shape_rows[i];
        struct flowscript script;
        const struct rst_facts *rst;

        print_message("  %s\n", row->name);
        rst = play_rst(&script, row->steps, row->n_steps);
        assert_int_equal(rst->family, row->family);
        assert_int_equal(rst->trigger.frame, row->trigger);
        assert_int_equal(rst->lacks_timestamps, row->lacks_timestamps);
        assert_int_equal(rst->mark.frame, EXCHANGE_STEPS + row->n_steps);
        assert_int_equal(rst->fit, i == 6 ? RST_FIT_WINDOW : RST_FIT_EXACT);
        assert_int_equal(flowscript_flow(&script)->state, FLOW_CLOSING);
        flowscript_close(&script);
    }
}

static void a_probe_without_ack_is_answered_with_sequence_number_zero(void **state)
{
    static const struct {
        const char *name;
        struct flowstep probe, rst;
    } rows[] = {
        {"FIN scan", {0, '>', "F", 7}, {1, '<', "R.", 0, 8, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ}},
        {"null scan", {0, '>', "", 7}, {1, '<', "R.", 0, 7, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ}},
        {"XMAS scan", {0, '>', "FPU", 7}, {1, '<', "R.", 0, 8, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct flowstep steps[] = {rows[i].probe, rows[i].rst};
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, STEPS(steps));
        assert_int_equal(flowscript_trail(&script)->rst[0].family, RST_FAMILY_B1);
        assert_int_equal(flowscript_trail(&script)->rst[0].trigger.frame, 1);
        assert_no_bits(flowscript_facts(&script)->bits, FACT_SYN_REFUSED | FACT_ESTABLISHED);
        flowscript_close(&script);
    }
}

static void a_slow_path_gives_an_answer_three_round_trips(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},           {400, '<', "S.", 0, 1},
        {400.5, '>', ".", 1, 1}, {401, '>', "P.", 1, 1, 100},
        {1500, '<', "R", 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_trail(&script)->rst[0].family, RST_FAMILY_B2);
    assert_int_equal(flowscript_trail(&script)->rst[0].trigger.frame, 4);
    flowscript_close(&script);
}

static void the_second_answer_has_a_trigger_of_its_own(void **state)
{
    static const struct flowstep more[] = {
        {50, '>', "P.", 101, 301, 10}, {70, '<', "R", 301}, {71, '>', "P.", 111, 301, 10},
        {72, '>', "F.", 121, 301},     {91, '<', "R", 301}, {92.1, '<', "R", 301},
    };
    struct flowscript script;

    (void)state;
    (void)play_rst(&script, more, 5);
    assert_int_equal(flowscript_trail(&script)->n_rst, 2);
    assert_int_equal(flowscript_trail(&script)->rst[0].trigger.frame, 7);
    assert_int_equal(flowscript_trail(&script)->rst[1].trigger.frame, 10);
    assert_string_equal(flowscript_history(&script), "ShADdrF");
    /* What came before the first RST stays what came before it. */
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_CLIENT_LAST].frame, 7);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_SERVER_LAST].frame, 5);
    flowscript_close(&script);
}

/* ---- fit ---- */

struct fit_row {
    const char *name;
    struct flowstep before; /* sent by the server at 50 ms; no flags = nothing */
    uint32_t seq;           /* of the server's RST */
    enum rst_fit fit;
};

#define WINDOW_BYTES (501u << 7) /* the client's, scaled */

static const struct fit_row fit_rows[] = {
    {"what the client expects", {0}, 301, RST_FIT_EXACT},
    {"one more", {0}, 302, RST_FIT_WINDOW},
    {"the window's right edge", {0}, 301 + WINDOW_BYTES, RST_FIT_WINDOW},
    {"beyond it", {0}, 302 + WINDOW_BYTES, RST_FIT_AHEAD},
    {"one less", {0}, 300, RST_FIT_BEHIND},
    {"the handshake's", {0}, 1, RST_FIT_BEHIND},
    {"half the sequence space away", {0}, 301 + (1u << 31) - 1, RST_FIT_AHEAD},
    {"the other half", {0}, 301 + (1u << 31) + 1, RST_FIT_BEHIND},
    {"before data that is under way", {50, '<', "P.", 301, 101, 100}, 301, RST_FIT_EXACT},
    {"behind it", {50, '<', "P.", 301, 101, 100}, 401, RST_FIT_EXACT},
    {"inside it", {50, '<', "P.", 301, 101, 100}, 350, RST_FIT_WINDOW},
};

static void the_fit_of_a_rst_is_the_receivers_view(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fit_rows); i++) {
        const struct fit_row *row = &fit_rows[i];
        const struct flowstep rst = {60, '<', "R.", row->seq, 101};
        const struct flowstep more[] = {row->before.flags ? row->before : rst, rst};
        bool is_ignored = row->fit == RST_FIT_BEHIND || row->fit == RST_FIT_AHEAD;
        struct flowscript script;

        print_message("  %s\n", row->name);
        assert_int_equal(play_rst(&script, more, row->before.flags ? 2 : 1)->fit, row->fit);
        assert_int_equal(flowscript_flow(&script)->state,
                         is_ignored ? FLOW_ESTABLISHED : FLOW_CLOSING);
        flowscript_close(&script);
    }
}

static void windows_are_scaled_only_when_both_sides_agreed(void **state)
{
    static const struct {
        const char *name;
        struct flowstep steps[4];
        size_t n_steps;
        enum rst_fit fit;
    } rows[] = {
        {"agreed",
         {{0, '>', "S"}, {20, '<', "S.", 0, 1}, {20.5, '>', ".", 1, 1}, {30, '<', "R.", 60001, 1}},
         4,
         RST_FIT_WINDOW},
        {"the server did not",
         {{0, '>', "S"},
          {20, '<', "S.", 0, 1, .how = STEP_BARE},
          {20.5, '>', ".", 1, 1},
          {30, '<', "R.", 60001, 1}},
         4,
         RST_FIT_AHEAD},
        {"a SYN's own window is never scaled (RFC 7323 2.2)",
         {{0, '>', "S"}, {20, '<', "S.", 0, 1}, {30, '<', "R.", 70001, 1}},
         3,
         RST_FIT_AHEAD},
        {"and is as large as it says",
         {{0, '>', "S"}, {20, '<', "S.", 0, 1}, {30, '<', "R.", 60001, 1}},
         3,
         RST_FIT_WINDOW},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, rows[i].steps, rows[i].n_steps);
        assert_int_equal(flowscript_trail(&script)->rst[0].fit, rows[i].fit);
        flowscript_close(&script);
    }
}

static void where_nothing_is_known_nothing_speaks_against_a_rst(void **state)
{
    static const struct flowstep rst = {0, '<', "R.", 5000, 700};
    struct flowscript script;

    (void)state;
    flowscript_play(&script, &rst, 1);
    assert_int_equal(flowscript_trail(&script)->rst[0].fit, RST_FIT_EXACT);
    assert_int_equal(flowscript_trail(&script)->rst[0].baseline_ttl, 0);
    assert_int_equal(flowscript_trail(&script)->rst[0].n_baseline, 0);
    flowscript_close(&script);
}

/* A RST may be forged: its window is not the receiver's word on what it takes. */
static void a_rst_says_nothing_of_its_senders_window(void **state)
{
    static const struct flowstep more[] = {
        {50, '>', "R", 101},
        {51, '<', "R.", 1000, 101},
    };
    struct flowscript script;

    (void)state;
    (void)play_rst(&script, STEPS(more));
    assert_int_equal(flowscript_trail(&script)->rst[1].fit, RST_FIT_WINDOW);
    flowscript_close(&script);
}

/* ---- what it is held against ---- */

static void the_nearest_ttl_of_the_side_is_the_baseline(void **state)
{
    static const struct {
        const char *name;
        uint8_t synack_ttl, data_ttl, rst_ttl, baseline;
    } rows[] = {
        {"all the same", 61, 61, 61, 61},
        {"far from both", 61, 61, 120, 61},
        {"as the SYN-ACK of a front", 64, 53, 64, 64},
        {"as the data of a backend", 64, 53, 53, 53},
        {"between, nearer to the data", 64, 53, 57, 53},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct flowstep steps[] = {
            {0, '>', "S"},
            {20, '<', "S.", 0, 1, .ttl = rows[i].synack_ttl},
            {20.5, '>', ".", 1, 1},
            {30, '<', "P.", 1, 1, 10, .ttl = rows[i].data_ttl},
            {40, '<', "R.", 11, 1, .ttl = rows[i].rst_ttl},
        };
        struct flowscript script;
        const struct rst_facts *rst;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, STEPS(steps));
        rst = &flowscript_trail(&script)->rst[0];
        assert_int_equal(rst->baseline_ttl, rows[i].baseline);
        assert_int_equal(rst->n_baseline, 2);
        assert_int_equal(rst->mark.ttl, rows[i].rst_ttl);
        /* It does not shift the baseline for the next one. */
        assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].ttl_max, rows[i].data_ttl);
        flowscript_close(&script);
    }
}

static void the_ip_id_before_it_is_kept(void **state)
{
    static const struct flowstep more[] = {
        {50, '<', "P.", 301, 101, 10, .id = 7001},
        {60, '<', "R.", 311, 101, .id = 40000},
        {61, '<', "R.", 311, 101, .id = 40001},
    };
    struct flowscript script;

    (void)state;
    (void)play_rst(&script, STEPS(more));
    assert_int_equal(flowscript_trail(&script)->rst[0].prev_ip_id, 7001);
    assert_true(flowscript_trail(&script)->rst[0].does_id_count);
    assert_int_equal(flowscript_trail(&script)->rst[1].prev_ip_id, 7001);
    assert_true(flowscript_trail(&script)->rst[1].does_id_count);
    flowscript_close(&script);
}

static void what_had_happened_before_it_is_kept(void **state)
{
    static const struct flowstep more[] = {
        {50, '<', "F.", 301, 101},
        {50.5, '>', ".", 101, 302},
        {60, '<', "R.", 302, 101},
        {61, '>', "R.", 101, 302},
    };
    struct flowscript script;
    const struct rst_facts *rst = play_rst(&script, STEPS(more));

    (void)state;
    assert_true(rst[0].sender_had_fin);
    assert_false(rst[0].peer_had_fin);
    assert_false(rst[0].peer_had_rst);
    assert_false(rst[0].is_unanswerable);
    assert_false(rst[1].sender_had_fin);
    assert_true(rst[1].peer_had_fin);
    assert_true(rst[1].peer_had_rst);
    flowscript_close(&script);
}

static void a_rst_into_its_own_silence_answers_no_one(void **state)
{
    static const struct flowstep more[] = {{50, '<', "P.", 301, 101, 10},
                                           {60, '<', "R.", 311, 101}};
    struct flowscript script;

    (void)state;
    assert_true(play_rst(&script, STEPS(more))->is_unanswerable);
    flowscript_close(&script);
}

static void a_wrong_checksum_is_marked(void **state)
{
    static const struct flowstep more[] = {{50, '<', "R.", 301, 101, .how = STEP_BAD_CHECKSUM}};
    struct flowscript script;

    (void)state;
    assert_bits(play_rst(&script, more, 1)->mark.bits, MARK_BAD_CHECKSUM);
    flowscript_close(&script);
}

struct silence_row {
    const char *name;
    struct flowstep steps[3];
    size_t n_steps;
    int64_t quiet_ms;
};

static const struct silence_row silence_rows[] = {
    {"none", {{50, '<', "R.", 301, 101}}, 1, 0},
    {"before the RST itself", {{60041.5, '<', "R.", 301, 101}}, 1, 60000},
    {"before what it answers",
     {{60041.5, '>', "P.", 101, 301, 10}, {60061, '<', "R", 301}},
     2,
     60000},
    {"before what drew it, though no answer",
     {{60041.5, '>', "P.", 101, 301, 10}, {60061, '<', "R.", 301, 101}},
     2,
     60000},
    {"before retransmissions",
     {{60041.5, '>', "P.", 101, 301, 10}, {60241, '>', "P.", 101, 301, 10}, {60261, '<', "R", 301}},
     3,
     60000},
};

static void the_silence_before_a_rst_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(silence_rows); i++) {
        const struct silence_row *row = &silence_rows[i];
        struct flowscript script;

        print_message("  %s\n", row->name);
        assert_int_equal(play_rst(&script, row->steps, row->n_steps)->quiet_before_ns,
                         row->quiet_ms * NS_PER_MS);
        flowscript_close(&script);
    }
}

static void the_abort_of_a_socket_acknowledges_what_had_arrived(void **state)
{
    static const struct {
        const char *name;
        struct flowstep rst;
        uint32_t acked;
    } rows[] = {
        {"its own", {51, '>', "R.", 101, 401}, 401},
        {"of what was never sent", {51, '>', "R.", 101, 9000}, 301},
        {"outside the window", {51, '>', "R.", 9000000, 401}, 301},
        {"no socket's", {51, '>', "R.", 101, 401, .how = STEP_NO_SOCKET}, 301},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct flowstep more[] = {{50, '<', "P.", 301, 101, 100}, rows[i].rst};
        const struct flow_facts *facts;
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        (void)play_rst(&script, STEPS(more));
        facts = flowscript_facts(&script);
        assert_int_equal(facts->side[SIDE_CLIENT].acked - facts->side[SIDE_SERVER].isn,
                         rows[i].acked);
        flowscript_close(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shape_of_a_rst_tells_its_family),
        cmocka_unit_test(a_probe_without_ack_is_answered_with_sequence_number_zero),
        cmocka_unit_test(a_slow_path_gives_an_answer_three_round_trips),
        cmocka_unit_test(the_second_answer_has_a_trigger_of_its_own),
        cmocka_unit_test(the_fit_of_a_rst_is_the_receivers_view),
        cmocka_unit_test(windows_are_scaled_only_when_both_sides_agreed),
        cmocka_unit_test(where_nothing_is_known_nothing_speaks_against_a_rst),
        cmocka_unit_test(a_rst_says_nothing_of_its_senders_window),
        cmocka_unit_test(the_nearest_ttl_of_the_side_is_the_baseline),
        cmocka_unit_test(the_ip_id_before_it_is_kept),
        cmocka_unit_test(what_had_happened_before_it_is_kept),
        cmocka_unit_test(a_rst_into_its_own_silence_answers_no_one),
        cmocka_unit_test(a_wrong_checksum_is_marked),
        cmocka_unit_test(the_silence_before_a_rst_is_kept),
        cmocka_unit_test(the_abort_of_a_socket_acknowledges_what_had_arrived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
