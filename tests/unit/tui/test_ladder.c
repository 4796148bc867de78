/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of a failure in their order, each once, with what it is among the others. */
#include "unit.h"

#include "eventscript.h"
#include "sample.h"
#include "tui/ladder.h"

static void packets_stand_in_the_order_of_the_capture(void **state)
{
    static const uint64_t frames[] = {2890, 2917, 2919, 2948, 2949};
    struct verdict_event event;
    struct ladder ladder;

    (void)state;
    sample_forged(&event); /* its SYN is no evidence, but was seen */
    ladder_make(&ladder, &event.connection);
    assert_int_equal(ladder.n_rows, ARRAY_LEN(frames));
    for (uint32_t i = 0; i < ladder.n_rows; i++)
        assert_int_equal(ladder.row[i].mark.frame, frames[i]);
    assert_int_equal(ladder.n_seen_pkts, 14);
    assert_int_equal(ladder_deciding_row(&ladder), 2);
}

static void only_a_reset_that_decides_is_drawn_as_forged(void **state)
{
    struct verdict_event event;
    struct ladder ladder;

    (void)state;
    sample_forged(&event);
    ladder_make(&ladder, &event.connection);
    for (uint32_t i = 0; i < ladder.n_rows; i++)
        assert_int_equal(ladder.row[i].is_forged, ladder.row[i].mark.frame == 2919);
    event.connection.family = FAMILY_RESET;
    ladder_make(&ladder, &event.connection);
    assert_false(ladder.row[2].is_forged);
}

static void a_packet_that_is_evidence_and_the_first_syn_stands_once(void **state)
{
    struct verdict_event event;
    struct ladder ladder;

    (void)state;
    sample_rejected(&event);
    ladder_make(&ladder, &event.connection);
    assert_int_equal(ladder.n_rows, 2);
    assert_true(ladder.row[1].is_icmp);
    assert_false(ladder.row[0].is_unanswered); /* an ICMP error is an answer */
}

static void syns_without_an_answer_are_counted(void **state)
{
    struct verdict_event event;
    struct ladder ladder;

    (void)state;
    eventscript_failure(&event, "10.0.0.1:40000", "10.0.0.2:80", VERDICT_CONNECT_TIMEOUT, 0);
    eventscript_packet(&event, "C S!", 1, 0, "");
    eventscript_packet(&event, "C S", 9, 7000000, "");
    event.connection.facts.side[SIDE_CLIENT].n_syn = 4; /* two between them are not kept */
    ladder_make(&ladder, &event.connection);
    assert_int_equal(ladder.n_rows, 2);
    assert_true(ladder.row[0].is_unanswered && ladder.row[1].is_unanswered);
    assert_int_equal(ladder.row[0].nth_copy, 0);
    assert_int_equal(ladder.row[1].nth_copy, 3);
}

/* A tape of `n` packets of the client, in every third frame from the flow's first one on. */
static void record(struct connection_event *event, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        *tape_next(&event->tape) = (struct tape_row){
            .ts_ns = event->facts.first_ns + i, .frame_off = 3 * i, .flags = TCP_ACK, .ttl = 64};
}

static void packets_of_the_tape_stand_between_those_of_the_evidence(void **state)
{
    struct verdict_event event;
    struct ladder ladder;

    (void)state;
    sample_forged(&event); /* evidence: 2917, 2919, 2948, 2949; first frame 2890 */
    record(&event.connection, 20);
    ladder_make(&ladder, &event.connection);
    assert_int_equal(ladder.n_rows, 23); /* 2890 and 2917 are both on the tape */
    for (uint32_t i = 1; i < ladder.n_rows; i++)
        assert_true(ladder.row[i].mark.frame > ladder.row[i - 1].mark.frame);
    assert_int_equal(ladder.n_shown_pkts, 23);
    assert_int_equal(ladder.row[ladder_deciding_row(&ladder)].mark.frame, 2919);
}

static void a_gap_stands_where_packets_are_not_kept(void **state)
{
    struct verdict_event event;
    struct ladder ladder;

    (void)state;
    eventscript_failure(&event, "10.0.0.1:40000", "10.0.0.2:80", VERDICT_CONNECT_TIMEOUT, 0);
    event.connection.facts.first_frame = 1;
    record(&event.connection, TAPE_ROWS + 100);
    ladder_make(&ladder, &event.connection);
    assert_int_equal(ladder.n_rows, TAPE_ROWS + 1);
    assert_int_equal(ladder.n_shown_pkts, TAPE_ROWS);
    for (uint32_t i = 0; i < ladder.n_rows; i++)
        assert_int_equal(ladder.row[i].n_left_out, i == TAPE_HEAD ? 100 : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_stand_in_the_order_of_the_capture),
        cmocka_unit_test(only_a_reset_that_decides_is_drawn_as_forged),
        cmocka_unit_test(a_packet_that_is_evidence_and_the_first_syn_stands_once),
        cmocka_unit_test(syns_without_an_answer_are_counted),
        cmocka_unit_test(packets_of_the_tape_stand_between_those_of_the_evidence),
        cmocka_unit_test(a_gap_stands_where_packets_are_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
