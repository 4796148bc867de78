/* SPDX-License-Identifier: BSD-2-Clause */
/* What `w` and `e` take: marked rows, else those of the screen; and what a report then counts. */
#include "unit.h"

#include <stdlib.h>

#include "base/nanotime.h"
#include "mockup.h"
#include "sample.h"
#include "tui/wanted.h"

struct fixture {
    struct snapshot snapshot, counts;
    struct services services;
    struct journal journal;
    struct model model;
    struct sink_wish wish;
};

static void tell(struct fixture *fixture, void (*sample)(struct verdict_event *event),
                 uint64_t flow_id, int64_t after_ns)
{
    struct verdict_event event;

    sample(&event);
    event.ts_ns = MOCKUP_START_NS + after_ns;
    event.connection.flow_id = flow_id;
    event.connection.count = 1;
    journal_event(&fixture->journal, &event);
}

/* Two forged at :7000, then one rejected at :6379, then one more forged. */
static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    *state = fixture;
    if (!fixture)
        return -1;
    tell(fixture, sample_forged, 1, 10);
    tell(fixture, sample_forged, 2, 20);
    tell(fixture, sample_rejected, 3, 30);
    tell(fixture, sample_forged, 4, 40);
    mockup_snapshot(&fixture->snapshot);
    model_init(&fixture->model, mockup_run(), &fixture->services, &fixture->journal);
    model_snapshot(&fixture->model, &fixture->snapshot);
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void press(struct fixture *fixture, const char *keys)
{
    for (; *keys != '\0'; keys++)
        model_action(&fixture->model, keys_action(*keys));
}

static void assert_flows(struct fixture *fixture, const char *wanted)
{
    char flows[64];
    struct text text = TEXT_OF(flows);

    wanted_packets(&fixture->model, &fixture->wish);
    for (uint32_t i = 0; i < fixture->wish.n_failures; i++)
        text_addf(&text, "%s%u", i > 0 ? " " : "", (unsigned)fixture->wish.failure[i]->flow_id);
    assert_string_equal(flows, wanted);
}

static void without_marks_it_is_what_the_screen_is_about(void **state)
{
    struct fixture *fixture = *state;

    assert_flows(fixture, "1 2 3 4");
    press(fixture, "\r");
    assert_flows(fixture, "1 2 4");
    press(fixture, "\r");
    assert_flows(fixture, "4");
    press(fixture, "\x1b\x1bj\r");
    assert_flows(fixture, "3");
}

static void only_what_passes_the_filter_is_taken(void **state)
{
    struct fixture *fixture = *state;

    model_set_filter(&fixture->model, "port:6379");
    assert_flows(fixture, "3");
    model_set_filter(&fixture->model, "client:192.0.2.1");
    assert_flows(fixture, "");
}

static void marked_rows_go_before_all_others_and_none_comes_twice(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, "j "); /* :6379 */
    assert_flows(fixture, "3");
    press(fixture, "g "); /* and :7000 */
    assert_flows(fixture, "1 2 3 4");
    press(fixture, "g\rj "); /* of :7000, one flow: the screen is about that endpoint */
    assert_flows(fixture, "2");
    press(fixture, "\x1b");
    assert_flows(fixture, "1 2 3 4");
    press(fixture, "u");
    assert_flows(fixture, "1 2 3 4");
}

static void a_mark_is_taken_away_by_the_same_key(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, " k");
    assert_true(model_is_marked(&fixture->model, PANE_WHERE, 0));
    press(fixture, " ");
    assert_false(model_is_marked(&fixture->model, PANE_WHERE, 0));
    press(fixture, "1 "); /* families cannot be marked */
    assert_int_equal(model_count_marked(&fixture->model), 0);
}

static void more_marks_than_fit_are_refused_in_words(void **state)
{
    struct fixture *fixture = *state;

    for (uint64_t i = 0; i < MARKS_MAX; i++) {
        struct mark mark = mark_of(MARK_FLOW, 1000 + i);

        assert_true(marks_toggle(&fixture->model.marks, &mark));
    }
    press(fixture, " ");
    assert_string_equal(fixture->model.notice, "not marked: no room for more; u takes all away");
    press(fixture, "u");
    assert_int_equal(model_count_marked(&fixture->model), 0);
}

static void a_report_on_all_counts_all(void **state)
{
    struct fixture *fixture = *state;

    wanted_report(&fixture->model, &fixture->wish, &fixture->counts);
    assert_int_equal(fixture->counts.total.n_failed, fixture->snapshot.total.n_failed);
    assert_int_equal(fixture->counts.n_endpoint_rows, fixture->snapshot.n_endpoint_rows);
}

static void a_report_on_one_endpoint_counts_that_one(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, "\r");
    wanted_report(&fixture->model, &fixture->wish, &fixture->counts);
    assert_int_equal(fixture->counts.n_endpoint_rows, 1);
    assert_int_equal(fixture->counts.endpoint[0].server.port, 7000);
    assert_int_equal(fixture->counts.total.n_failed, 3);
    assert_int_equal(fixture->counts.total.n_failed_by_family[FAMILY_RST_FORGED], 3);
    assert_int_equal(fixture->counts.total.n_attempts, 5);
    assert_int_equal(fixture->counts.total.n_ok, 2);
}

static void failures_that_are_not_kept_are_counted_with_the_oldest_that_is(void **state)
{
    struct fixture *fixture = *state;
    uint64_t n = 0;

    for (uint64_t i = 0; i < 100; i++)
        tell(fixture, sample_forged, 100 + i, 100 + (int64_t)i);
    press(fixture, "\r");
    wanted_report(&fixture->model, &fixture->wish, &fixture->counts);
    assert_int_equal(fixture->wish.n_failures, JOURNAL_SHARE);
    for (uint32_t i = 0; i < fixture->wish.n_failures; i++)
        n += fixture->wish.failure[i]->count + fixture->wish.n_alike[i];
    assert_int_equal(n, 103);
    assert_true(fixture->wish.n_alike[0] > 0);
    assert_int_equal(fixture->counts.total.n_failed, 103);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(without_marks_it_is_what_the_screen_is_about),
        CASE(only_what_passes_the_filter_is_taken),
        CASE(marked_rows_go_before_all_others_and_none_comes_twice),
        CASE(a_mark_is_taken_away_by_the_same_key),
        CASE(more_marks_than_fit_are_refused_in_words),
        CASE(a_report_on_all_counts_all),
        CASE(a_report_on_one_endpoint_counts_that_one),
        CASE(failures_that_are_not_kept_are_counted_with_the_oldest_that_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
