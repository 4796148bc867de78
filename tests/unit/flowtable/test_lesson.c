/* SPDX-License-Identifier: BSD-2-Clause */
/* What a trail teaches of its hosts. */
#include "flowtable/lesson.h"

#include "unit.h"

#define START_NS (INT64_C(1700000000) * NS_PER_S)

static struct packet_mark mark_at(uint64_t frame, int64_t after_ms)
{
    return (struct packet_mark){.frame = frame, .ts_ns = START_NS + after_ms * NS_PER_MS};
}

static struct flow_lesson learn(const struct flow_trail *trail)
{
    const struct flow_facts facts = {.synack_ns = START_NS + 3000 * NS_PER_MS};

    return lesson_of(&facts, trail);
}

static void an_empty_trail_teaches_nothing(void **state)
{
    static const struct flow_trail empty;
    struct flow_lesson lesson = learn(&empty);

    (void)state;
    assert_int_equal(lesson.bits, 0);
    assert_int_equal(lesson.server_fin_ns, NS_NEVER);
    assert_int_equal(lesson.unanswered_ns, NS_NEVER);
}

static void the_server_closes_first_or_does_not(void **state)
{
    struct flow_trail trail = {.quiet_before_fin_ns[SIDE_SERVER] = 7 * NS_PER_S};

    (void)state;
    trail.slot[TRAIL_SERVER_FIN] = mark_at(9, 50);
    assert_int_equal(learn(&trail).server_fin_ns, START_NS + 50 * NS_PER_MS);
    assert_int_equal(learn(&trail).quiet_before_fin_ns, 7 * NS_PER_S);
    trail.slot[TRAIL_CLIENT_FIN] = mark_at(10, 51);
    assert_int_equal(learn(&trail).server_fin_ns, START_NS + 50 * NS_PER_MS);
    trail.slot[TRAIL_CLIENT_FIN] = mark_at(8, 49);
    assert_int_equal(learn(&trail).server_fin_ns, NS_NEVER);
}

static void a_request_waits_for_the_fin_behind_it(void **state)
{
    struct flow_trail trail = {0};

    (void)state;
    trail.slot[TRAIL_SERVER_FIN] = mark_at(9, 50);
    trail.slot[TRAIL_REQUEST] = mark_at(8, 20);
    assert_int_equal(learn(&trail).unanswered_ns, 30 * NS_PER_MS);
    trail.slot[TRAIL_REQUEST] = mark_at(10, 60);
    assert_int_equal(learn(&trail).unanswered_ns, NS_NEVER);
}

static void two_timestamps_of_the_server_make_a_clock(void **state)
{
    struct flow_trail trail = {0};
    struct flow_lesson lesson;

    (void)state;
    trail.slot[TRAIL_SYNACK] = mark_at(2, 10);
    trail.slot[TRAIL_SERVER_DATA] = mark_at(6, 110);
    assert_int_equal(learn(&trail).bits, 0);
    trail.slot[TRAIL_SYNACK].bits = trail.slot[TRAIL_SERVER_DATA].bits = MARK_HAS_TIMESTAMPS;
    trail.slot[TRAIL_SYNACK].tsval = UINT32_MAX - 9;
    trail.slot[TRAIL_SERVER_DATA].tsval = 130;
    lesson = learn(&trail);
    assert_int_equal(lesson.bits, LESSON_CLOCK);
    assert_int_equal(lesson.clock_passed_ns, 100 * NS_PER_MS);
    assert_int_equal(lesson.clock_own_ms, 140);
    trail.slot[TRAIL_SERVER_DATA].frame = 1;
    assert_int_equal(learn(&trail).bits, 0);
}

static void labels_are_those_of_each_side(void **state)
{
    struct flow_trail trail = {0};

    (void)state;
    trail.slot[TRAIL_SERVER_LAST].flow_label = 0x12345;
    assert_int_equal(learn(&trail).bits, 0); /* an empty slot */
    trail.slot[TRAIL_SERVER_LAST].frame = 4;
    assert_int_equal(learn(&trail).bits, LESSON_SERVER_LABELS);
    trail.slot[TRAIL_CLIENT_LAST] = (struct packet_mark){.frame = 5, .flow_label = 1};
    assert_int_equal(learn(&trail).bits, LESSON_SERVER_LABELS | LESSON_CLIENT_LABELS);
}

static void an_extended_syn_is_taken_or_fallen_back_from(void **state)
{
    struct flow_trail trail = {0};

    (void)state;
    trail.slot[TRAIL_SYN] = mark_at(1, 0);
    assert_int_equal(learn(&trail).bits, 0);
    trail.slot[TRAIL_SYN].bits = MARK_EXTRA_OPTION;
    assert_int_equal(learn(&trail).bits, LESSON_SYN_EXTENDED);
    trail.slot[TRAIL_SYN_LAST] = mark_at(2, 1000);
    assert_int_equal(learn(&trail).bits, LESSON_SYN_FALLBACK);
    trail.slot[TRAIL_SYN_LAST].ts_ns = START_NS + 4000 * NS_PER_MS; /* behind the SYN-ACK */
    assert_int_equal(learn(&trail).bits, LESSON_SYN_EXTENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_trail_teaches_nothing),
        cmocka_unit_test(the_server_closes_first_or_does_not),
        cmocka_unit_test(a_request_waits_for_the_fin_behind_it),
        cmocka_unit_test(two_timestamps_of_the_server_make_a_clock),
        cmocka_unit_test(labels_are_those_of_each_side),
        cmocka_unit_test(an_extended_syn_is_taken_or_fallen_back_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
