/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows come, go and make room: late packets, evictions, loss, notes. */
#include "flowscript.h"

#define HANDSHAKE                                                                                  \
    {0, '>', "S"}, {20, '<', "S.", 0, 1},                                                          \
    {                                                                                              \
        20.5, '>', ".", 1, 1                                                                       \
    }
#define CLOSED                                                                                     \
    HANDSHAKE, {30, '>', "F.", 1, 1}, {50, '<', "F.", 1, 2},                                       \
    {                                                                                              \
        50.5, '>', ".", 2, 2                                                                       \
    }

/* ---- after the end ---- */

struct late_row {
    const char *name;
    struct flowstep step; /* after the connection of 0 to 50.5 ms has ended */
    bool is_late;         /* belongs to what has ended */
    uint32_t bits;        /* of the flow that it begins otherwise */
};

#define TOMB_MS (50.5 + 240000)

static const struct late_row late_rows[] = {
    {"a FIN again", {20000, '<', "F.", 1, 2}, true, 0},
    {"a RST", {20000, '>', "R", 2}, true, 0},
    {"data again", {20000, '>', "P.", 1, 1, 10}, true, 0},
    {"a SYN-ACK again", {20000, '<', "S.", 0, 1}, true, 0},
    {"the same SYN again", {20000, '>', "S"}, true, 0},
    {"data just in time", {TOMB_MS - 1, '>', "P.", 1, 1, 10}, true, 0},
    {"data when all is forgotten",
     {TOMB_MS, '>', "P.", 1, 1, 10},
     false,
     FACT_MIDSTREAM | FACT_ROLES_GUESSED},
    {"another SYN", {20000, '>', "S", 5000}, false, FACT_SYN_SEEN | FACT_TUPLE_REUSED},
    {"another SYN from the other side",
     {20000, '<', "S", 5000},
     false,
     FACT_SYN_SEEN | FACT_TUPLE_REUSED},
    {"another SYN when all is forgotten", {TOMB_MS, '>', "S", 5000}, false, FACT_SYN_SEEN},
    {"the same SYN when all is forgotten", {TOMB_MS, '>', "S"}, false, FACT_SYN_SEEN},
};

static void an_ended_flow_is_remembered_for_its_late_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(late_rows); i++) {
        const struct late_row *row = &late_rows[i];
        const struct flowstep steps[] = {CLOSED, row->step};
        struct flowscript script;

        print_message("  %s\n", row->name);
        flowscript_play(&script, STEPS(steps));
        assert_int_equal(flowscript_count_notes(&script, NOTE_ENDED), 1);
        assert_int_equal(script.tracker.gauges.n_late_pkts, row->is_late);
        assert_int_equal(flowscript_is_open(&script), !row->is_late);
        if (!row->is_late)
            assert_int_equal(flowscript_facts(&script)->bits & ~(uint32_t)FACT_REQUEST_OPEN,
                             row->bits);
        flowscript_close(&script);
    }
}

static void an_attempt_that_ended_by_silence_is_not_told_again(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"}, {7000, '>', "S"}, {7020, '<', "S.", 0, 1}, {7020.5, '>', ".", 1, 1}};
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 1);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ENDED), 1);
    assert_int_equal(script.tracker.gauges.n_late_pkts, 3);
    flowscript_close(&script);
}

static void at_the_end_of_input_all_open_flows_are_told_in_order(void **state)
{
    static const struct flowstep syn = {0, '>', "S"};
    static const struct flowstep handshake[] = {HANDSHAKE};
    struct flowscript script;

    (void)state;
    flowscript_open(&script, NULL);
    for (uint32_t n = 0; n < 20; n++) {
        struct script_conn conn = flowscript_conn(n);

        if (n % 3)
            flowscript_steps(&script, &conn, &syn, 1);
        else
            flowscript_steps(&script, &conn, STEPS(handshake));
    }
    tracker_finish(&script.tracker, script.ordinal, script.now_ns);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ENDED), 20);
    for (size_t i = 0; i < 20; i++) { /* commit() has checked that first_frame rises */
        const struct flow_note *note = flowscript_note(&script, NOTE_ENDED, i);

        assert_bits(note->facts.bits, FACT_AT_END);
        assert_int_equal(note->slot_ns, INT64_MAX);
        assert_int_equal(note->ordinal, script.ordinal);
    }
    assert_int_equal(script.tracker.table.n_used, 0);
    flowscript_close(&script);
}

/* ---- memory ---- */

#define N_FLOWS 256
#define N_LIVE 100

/* Feeds one step of each of the connections from `first` on. */
static void feed_each(struct flowscript *script, uint32_t first, uint32_t n,
                      const struct flowstep *step)
{
    for (uint32_t i = first; i < first + n; i++) {
        struct script_conn conn = flowscript_conn(i);
        struct packet packet;

        conn.addr[SIDE_CLIENT].bytes[13] = (uint8_t)(i >> 16); /* ports do not go so far */
        packet = flowscript_packet(&conn, step);
        flowscript_feed(script, &packet);
    }
}

static void establish(struct flowscript *script, uint32_t first, uint32_t n, double t_ms)
{
    const struct flowstep steps[] = {
        {t_ms, '>', "S"}, {t_ms, '<', "S.", 0, 1}, {t_ms, '>', ".", 1, 1}};

    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        feed_each(script, first, n, &steps[i]);
}

static uint32_t count_evicted(const struct flowscript *script, bool was_established)
{
    uint32_t n = 0;

    for (size_t i = 0; i < script->n_notes; i++) {
        const struct flow_note *note = &script->notes[i];

        n += note->kind == NOTE_ENDED && note->facts.bits & FACT_EVICTED &&
             !(note->facts.bits & FACT_ESTABLISHED) == !was_established;
    }
    return n;
}

static void a_flood_of_syns_pushes_out_no_connection(void **state)
{
    static const struct tracker_config config = {.n_flows = N_FLOWS, .n_trails = 64};
    const uint32_t n_flood = 10 * N_FLOWS;
    struct flowscript script;

    (void)state;
    flowscript_open(&script, &config);
    script.is_unchecked = true;
    establish(&script, 0, N_LIVE, 0);
    for (uint32_t i = 0; i < n_flood; i += 64)
        feed_each(&script, 1000 + i, 64, &(struct flowstep){100 + i / 10.0, '>', "S"});
    flowscript_check(&script.tracker);
    assert_int_equal(count_evicted(&script, true), 0);
    assert_int_equal(count_evicted(&script, false), N_LIVE + n_flood - N_FLOWS);
    assert_int_equal(script.tracker.gauges.n_evicted, N_LIVE + n_flood - N_FLOWS);
    /* They go on as if nothing had been. */
    feed_each(&script, 0, N_LIVE, &(struct flowstep){500, '>', "P.", 1, 1, 10});
    assert_int_equal(script.tracker.gauges.n_late_pkts, 0);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_data, 1);
    flowscript_close(&script);
}

static void a_flood_that_the_server_answers_pushes_out_no_connection(void **state)
{
    static const struct tracker_config config = {.n_flows = N_FLOWS};
    struct flowscript script;

    (void)state;
    flowscript_open(&script, &config);
    script.is_unchecked = true;
    establish(&script, 0, N_LIVE, 0);
    for (uint32_t i = 0; i < 10 * N_FLOWS; i += 64) {
        feed_each(&script, 1000 + i, 64, &(struct flowstep){100 + i / 10.0, '>', "S"});
        feed_each(&script, 1000 + i, 64, &(struct flowstep){100 + i / 10.0, '<', "S.", 0, 1});
    }
    flowscript_check(&script.tracker);
    assert_int_equal(count_evicted(&script, true), 0);
    flowscript_close(&script);
}

static void stray_rsts_and_acks_push_out_no_connection(void **state)
{
    static const struct flowstep strays[] = {
        {100, '<', "R.", 1, 1}, {101, '>', ".", 1, 1}, {102, '<', "R", 1}, {103, '>', ".", 2, 2}};
    static const struct tracker_config config = {.n_flows = N_FLOWS, .n_trails = 64};
    struct flowscript script;

    (void)state;
    flowscript_open(&script, &config);
    script.is_unchecked = true;
    establish(&script, 0, N_LIVE, 0);
    for (uint32_t i = 0; i < 2 * N_FLOWS; i++) {
        for (size_t j = 0; j < ARRAY_LEN(strays); j++)
            feed_each(&script, 1000 + i, 1, &strays[j]);
    }
    flowscript_check(&script.tracker);
    assert_int_equal(count_evicted(&script, true), 0);
    flowscript_close(&script);
}

static void too_many_connections_push_out_idle_ones(void **state)
{
    static const struct tracker_config config = {.n_flows = N_FLOWS};
    const uint32_t n_max = N_FLOWS - N_FLOWS / 32;
    struct flowscript script;

    (void)state;
    flowscript_open(&script, &config);
    script.is_unchecked = true;
    establish(&script, 0, n_max, 0);
    assert_int_equal(count_evicted(&script, true), 0);
    /* One more: the hand passes all, and has to take one. */
    establish(&script, 1000, 1, 100);
    assert_int_equal(count_evicted(&script, true), 1);
    /* Then a third of them speak, and as many come: only silent ones go. */
    for (uint32_t i = 1; i < n_max; i += 3)
        feed_each(&script, i, 1, &(struct flowstep){200, '>', "P.", 1, 1, 10});
    for (uint32_t i = 0; i < n_max / 3; i++)
        establish(&script, 2000 + i, 1, 300);
    flowscript_check(&script.tracker);
    assert_int_equal(count_evicted(&script, true), 1 + n_max / 3);
    for (size_t i = 0; i < script.n_notes; i++) {
        const struct flow_note *note = &script.notes[i];

        if (note->kind == NOTE_ENDED)
            assert_int_equal(note->facts.side[SIDE_CLIENT].n_data, 0);
    }
    flowscript_close(&script);
}

static void closed_connections_make_room_first_and_are_not_counted_as_lost(void **state)
{
    static const struct tracker_config config = {.n_flows = N_FLOWS};
    static const struct flowstep closes[] = {{50, '>', "F.", 1, 1}, {51, '<', "F.", 1, 2}};
    struct flowscript script;

    (void)state;
    flowscript_open(&script, &config);
    script.is_unchecked = true;
    establish(&script, 0, 200, 0);
    for (size_t i = 0; i < ARRAY_LEN(closes); i++)
        feed_each(&script, 0, 40, &closes[i]); /* the first forty close */
    establish(&script, 1000, 80, 1000);
    flowscript_check(&script.tracker);
    assert_int_equal(script.tracker.gauges.n_evicted, 0);
    assert_int_equal(count_evicted(&script, true), 0);
    assert_true(flowscript_count_notes(&script, NOTE_ENDED) >= 24);
    flowscript_close(&script);
}

/* Whatever goes has been told, with all its packets. */
static void a_full_pool_loses_no_counter(void **state)
{
    static const struct tracker_config config = {.n_flows = 16, .n_trails = 4, .n_tombs = 4096};
    static const struct flowstep steps[] = {{0, '>', "S"},
                                            {0, '<', "S.", 0, 1},
                                            {0, '>', ".", 1, 1},
                                            {0, '>', "P.", 1, 1, 9},
                                            {0, '<', "P.", 1, 10, 9}};
    struct flowscript script;
    uint64_t n_pkts = 0;
    uint64_t n_evicted = 0;

    (void)state;
    flowscript_open(&script, &config);
    for (uint32_t i = 0; i < 400; i++) {
        struct script_conn conn = flowscript_conn(i);

        flowscript_steps(&script, &conn, steps, 1 + i % ARRAY_LEN(steps));
    }
    tracker_finish(&script.tracker, script.ordinal, script.now_ns);
    for (size_t i = 0; i < script.n_notes; i++) {
        const struct flow_note *note = &script.notes[i];

        if (note->kind != NOTE_ENDED)
            continue;
        n_pkts += note->facts.side[SIDE_CLIENT].n_pkts + note->facts.side[SIDE_SERVER].n_pkts;
        n_evicted += (note->facts.bits & FACT_EVICTED) != 0;
        assert_true(note->has_trail || note->facts.bits & FACT_TRAIL_LOST);
    }
    assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 400);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ENDED), 400);
    assert_int_equal(n_pkts + script.tracker.gauges.n_late_pkts, script.ordinal);
    assert_int_equal(n_evicted, script.tracker.gauges.n_evicted);
    assert_true(n_evicted >= 400 - 16 - 80);
    flowscript_close(&script);
}

static void a_trail_that_was_lost_leaves_the_facts(void **state)
{
    static const struct flowstep syn = {0, '>', "S"};
    static const struct flowstep rest[] = {{20, '<', "S.", 0, 1}, {20.5, '>', ".", 1, 1}};
    static const struct flowstep rst = {40, '<', "R.", 1, 1};
    static const struct tracker_config config = {.n_trails = 2};
    struct script_conn conn = flowscript_conn(0);
    struct flowscript script;

    (void)state;
    flowscript_open(&script, &config);
    flowscript_steps(&script, &conn, &syn, 1);
    feed_each(&script, 10, 4, &syn);
    assert_int_equal(flowscript_flow(&script)->trail_idx, FLOW_NONE);
    flowscript_steps(&script, &conn, STEPS(rest));
    assert_bits(flowscript_facts(&script)->bits, FACT_TRAIL_LOST | FACT_ESTABLISHED);
    assert_string_equal(flowscript_history(&script), "ShA");
    flowscript_steps(&script, &conn, &rst, 1);
    /* Trouble claims another one. */
    assert_int_equal(flowscript_trail(&script)->rst[0].family, RST_FAMILY_A);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_SYN].frame, 0);
    feed_each(&script, 20, 4, &(struct flowstep){41, '>', "S"});
    assert_int_equal(flowscript_trail(&script)->n_rst, 1); /* and keeps it */
    flowscript_close(&script);
}

/* ---- what the capture lost ---- */

static void flows_that_lived_through_a_loss_say_so(void **state)
{
    static const struct flowstep syn = {0, '>', "S"};
    static const struct flowstep rst = {1, '<', "R.", 0, 1, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ};
    struct flowscript script;

    (void)state;
    flowscript_open(&script, NULL);
    feed_each(&script, 0, 1, &syn);
    feed_each(&script, 0, 1, &rst);
    flowscript_until(&script, 2600); /* the first one has ended */
    feed_each(&script, 1, 1, &(struct flowstep){3000, '>', "S"});
    tracker_loss(&script.tracker, FLOWSCRIPT_START_NS + 3500 * NS_PER_MS, false);
    feed_each(&script, 2, 1, &(struct flowstep){4000, '>', "S"});
    tracker_loss(&script.tracker, FLOWSCRIPT_START_NS + 4500 * NS_PER_MS, true);
    feed_each(&script, 3, 1, &(struct flowstep){5000, '>', "S"});
    tracker_loss(&script.tracker, FLOWSCRIPT_START_NS + 5500 * NS_PER_MS, false);
    feed_each(&script, 4, 1, &(struct flowstep){6000, '>', "S"});
    flowscript_until(&script, 20000);
    assert_no_bits(flowscript_note(&script, NOTE_ENDED, 0)->facts.bits, FACT_LOSS | FACT_SHED);
    assert_bits(flowscript_note(&script, NOTE_ENDED, 1)->facts.bits, FACT_LOSS | FACT_SHED);
    assert_bits(flowscript_note(&script, NOTE_ENDED, 2)->facts.bits, FACT_LOSS | FACT_SHED);
    /* The shedding was over before it began; what was lost then was no choice. */
    assert_int_equal(flowscript_note(&script, NOTE_ENDED, 3)->facts.bits & (FACT_LOSS | FACT_SHED),
                     FACT_LOSS);
    assert_no_bits(flowscript_note(&script, NOTE_ENDED, 4)->facts.bits, FACT_LOSS | FACT_SHED);
    flowscript_close(&script);
}

/* ---- notes ---- */

static void an_open_flow_is_told_alive_once_in_ten_seconds(void **state)
{
    struct script_conn conn = flowscript_conn(0);
    static const struct flowstep steps[] = {HANDSHAKE};
    struct flowscript script;
    uint32_t seq = 1;

    (void)state;
    flowscript_open(&script, NULL);
    flowscript_steps(&script, &conn, STEPS(steps));
    for (double t_ms = 100; t_ms < 100000; t_ms += 250, seq += 10)
        flowscript_steps(&script, &conn, &(struct flowstep){t_ms, '>', "P.", seq, 1, 10}, 1);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ALIVE), 9);
    /* The clock steps back: nothing new is told until it is where it was. */
    for (double t_ms = 50000; t_ms < 99000; t_ms += 250, seq += 10)
        flowscript_steps(&script, &conn, &(struct flowstep){t_ms, '>', "P.", seq, 1, 10}, 1);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ALIVE), 9);
    assert_int_equal(flowscript_note(&script, NOTE_ALIVE, 0)->facts.side[SIDE_CLIENT].n_data, 41);
    assert_false(flowscript_note(&script, NOTE_ALIVE, 0)->has_trail);
    flowscript_close(&script);
}

static void a_tick_tells_what_the_worker_counts(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {0.01, '>', "S", 0, 0, 0, 0, 63, 100}, /* captured twice: the script's first IP-ID is 100 */
        {5, '>', "", 0, .icmp_type = 3, .icmp_code = 1, .id = 9},
        {6, '>', "", 500, .icmp_type = 3, .icmp_code = 1, .id = 10},
    };
    struct script_conn conn = flowscript_conn(0);
    struct flowscript script;
    const struct flow_note *tick;

    (void)state;
    flowscript_open(&script, NULL);
    flowscript_steps(&script, &conn, STEPS(steps));
    flowscript_until(&script, 200);
    assert_int_equal(flowscript_count_notes(&script, NOTE_TICK), 2);
    assert_int_equal(flowscript_note(&script, NOTE_TICK, 0)->ordinal, 0); /* before all packets */
    tick = flowscript_note(&script, NOTE_TICK, 1);
    assert_int_equal(tick->ordinal, 4);
    assert_int_equal(tick->slot_ns, INT64_MAX);
    assert_int_equal(tick->now_ns, FLOWSCRIPT_START_NS + 200 * NS_PER_MS);
    assert_int_equal(tick->gauges.n_flows_open, 1);
    assert_int_equal(tick->gauges.n_flows_max, 64);
    assert_int_equal(tick->gauges.n_duplicate_pkts, 1);
    assert_int_equal(tick->gauges.n_stray_icmp, 1);
    flowscript_close(&script);
}

static void other_packets_have_no_effect(void **state)
{
    static const struct flowstep step = {0, '>', "S"};
    struct script_conn conn = flowscript_conn(0);
    struct flowscript script;

    (void)state;
    flowscript_open(&script, NULL);
    for (unsigned kind = 0; kind < PACKET_KIND_COUNT; kind++) {
        struct packet packet = flowscript_packet(&conn, &step);

        if (kind == PACKET_TCP || kind == PACKET_ICMP_ERROR)
            continue;
        if (kind == PACKET_UDP)
            packet.udp = (struct packet_udp){.sport = 40000, .dport = 443};
        if (kind == PACKET_NEIGHBOUR)
            packet.neighbour = (struct packet_neighbour){.is_request = false};
        if (kind == PACKET_SCTP)
            packet.sctp = (struct packet_sctp){.sport = 40000, .dport = 443};
        packet.kind = (enum packet_kind)kind;
        packet.ordinal = ++script.ordinal;
        tracker_packet(&script.tracker, &packet);
    }
    assert_int_equal(script.tracker.table.n_used, 0);
    assert_int_equal(script.n_notes, 0);
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ended_flow_is_remembered_for_its_late_packets),
        cmocka_unit_test(an_attempt_that_ended_by_silence_is_not_told_again),
        cmocka_unit_test(at_the_end_of_input_all_open_flows_are_told_in_order),
        cmocka_unit_test(a_flood_of_syns_pushes_out_no_connection),
        cmocka_unit_test(a_flood_that_the_server_answers_pushes_out_no_connection),
        cmocka_unit_test(stray_rsts_and_acks_push_out_no_connection),
        cmocka_unit_test(too_many_connections_push_out_idle_ones),
        cmocka_unit_test(closed_connections_make_room_first_and_are_not_counted_as_lost),
        cmocka_unit_test(a_full_pool_loses_no_counter),
        cmocka_unit_test(a_trail_that_was_lost_leaves_the_facts),
        cmocka_unit_test(flows_that_lived_through_a_loss_say_so),
        cmocka_unit_test(an_open_flow_is_told_alive_once_in_ten_seconds),
        cmocka_unit_test(a_tick_tells_what_the_worker_counts),
        cmocka_unit_test(other_packets_have_no_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
