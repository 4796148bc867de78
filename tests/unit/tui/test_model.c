/* SPDX-License-Identifier: BSD-2-Clause */
/* What keys and snapshots do to the view, without a screen. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "mockup.h"
#include "tui/model.h"

#define N_UNTIL_SORTED (5 * MODEL_SNAPSHOTS_PER_S)

struct fixture {
    struct snapshot snapshot;
    struct services services;
    struct journal journal;
    struct model model;
};

static void fit(struct fixture *fixture, int n_lines)
{
    struct layout_wish wish = model_layout_wish(&fixture->model);
    struct layout layout = layout_compute(n_lines, 80, &wish);

    model_fit(&fixture->model, &layout, 2);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    *state = fixture;
    if (!fixture)
        return -1;
    mockup_snapshot(&fixture->snapshot);
    model_init(&fixture->model, mockup_run(), &fixture->services, &fixture->journal);
    model_snapshot(&fixture->model, &fixture->snapshot);
    fit(fixture, 24);
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* As many snapshots as make one refresh. */
static bool refresh(struct fixture *fixture)
{
    bool must_draw = false;

    for (int i = 0; i < MODEL_SNAPSHOTS_PER_S; i++)
        must_draw |= model_snapshot(&fixture->model, &fixture->snapshot);
    return must_draw;
}

static void press(struct fixture *fixture, enum action action, unsigned n)
{
    while (n-- > 0)
        model_action(&fixture->model, action);
}

static uint16_t port_under_cursor(const struct fixture *fixture)
{
    return model_where_row(&fixture->model)->server.port;
}

static void add_latest(struct fixture *fixture, uint64_t flow_id)
{
    struct snapshot *snapshot = &fixture->snapshot;

    memmove(&snapshot->latest[1], &snapshot->latest[0],
            (SNAPSHOT_LATEST_MAX - 1) * sizeof(*snapshot->latest));
    snapshot->latest[0].flow_id = flow_id;
    if (snapshot->n_latest < SNAPSHOT_LATEST_MAX)
        snapshot->n_latest++;
    snapshot->total.n_failed++;
}

static void the_first_snapshot_is_shown_at_once_and_then_one_a_second(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 1; i < MODEL_SNAPSHOTS_PER_S; i++) {
        fixture->snapshot.total.n_failed++;
        assert_false(model_snapshot(&fixture->model, &fixture->snapshot));
        assert_int_equal(fixture->model.shown.total.n_failed, 161);
    }
    assert_true(model_snapshot(&fixture->model, &fixture->snapshot));
    assert_int_equal(fixture->model.shown.total.n_failed, 170);
}

static void nothing_is_drawn_where_nothing_changed(void **state)
{
    struct fixture *fixture = *state;

    assert_false(refresh(fixture));
    fixture->snapshot.now_ns++;
    assert_true(refresh(fixture));
}

static void refresh_gets_slower_and_faster_within_its_table(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, ACTION_FASTER, 9);
    fixture->snapshot.now_ns++;
    assert_true(model_snapshot(&fixture->model, &fixture->snapshot));
    assert_string_equal(fixture->model.notice, "refresh: 0.1 s");
    press(fixture, ACTION_SLOWER, 1);
    assert_string_equal(fixture->model.notice, "refresh: 0.5 s");
    fixture->snapshot.now_ns++;
    for (int i = 1; i < MODEL_SNAPSHOTS_PER_S / 2; i++)
        assert_false(model_snapshot(&fixture->model, &fixture->snapshot));
    assert_true(model_snapshot(&fixture->model, &fixture->snapshot));
    press(fixture, ACTION_SLOWER, 9);
    assert_string_equal(fixture->model.notice, "refresh: 10 s");
    fixture->snapshot.now_ns++;
    for (int i = 1; i < 10 * MODEL_SNAPSHOTS_PER_S; i++) {
        model_snapshot(&fixture->model, &fixture->snapshot);
        assert_int_not_equal(fixture->model.shown.now_ns, fixture->snapshot.now_ns);
    }
    assert_true(model_snapshot(&fixture->model, &fixture->snapshot));
    assert_int_equal(fixture->model.shown.now_ns, fixture->snapshot.now_ns);
}

static void a_notice_goes_away_by_itself_and_is_drawn_away(void **state)
{
    struct fixture *fixture = *state;
    unsigned n_drawn = 0;

    press(fixture, ACTION_TIME, 1);
    assert_string_equal(fixture->model.notice, "time: since start");
    for (int i = 0; i < N_UNTIL_SORTED - 1; i++)
        n_drawn += model_snapshot(&fixture->model, &fixture->snapshot);
    assert_string_equal(fixture->model.notice, "");
    assert_int_equal(n_drawn, 1);
}

static void a_paused_screen_stands_still_and_counts_on(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, ACTION_PAUSE, 1);
    fixture->snapshot.total.n_failed += 12;
    assert_true(refresh(fixture));
    assert_int_equal(fixture->model.shown.total.n_failed, 161);
    assert_int_equal(fixture->model.n_failed_newest, 173);
    assert_false(refresh(fixture));
    press(fixture, ACTION_PAUSE, 1);
    assert_true(model_snapshot(&fixture->model, &fixture->snapshot));
    assert_int_equal(fixture->model.shown.total.n_failed, 173);
}

static void the_cursor_stays_inside_its_rows(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, ACTION_UP, 1);
    assert_int_equal(fixture->model.view[PANE_WHERE].cursor, 0);
    press(fixture, ACTION_DOWN, 99);
    assert_int_equal(fixture->model.view[PANE_WHERE].cursor, 9);
    press(fixture, ACTION_FIRST, 1);
    assert_int_equal(fixture->model.view[PANE_WHERE].cursor, 0);
    press(fixture, ACTION_LAST, 1);
    assert_int_equal(fixture->model.view[PANE_WHERE].cursor, 9);
}

static void pages_move_by_what_is_in_sight(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, ACTION_PAGE_DOWN, 1); /* 7 rows are in sight, one is kept */
    assert_int_equal(fixture->model.view[PANE_WHERE].cursor, 6);
    press(fixture, ACTION_HALF_UP, 1);
    assert_int_equal(fixture->model.view[PANE_WHERE].cursor, 3);
    press(fixture, ACTION_PAGE_UP, 1);
    assert_int_equal(fixture->model.view[PANE_WHERE].cursor, 0);
}

static void the_cursor_is_in_sight_at_every_height(void **state)
{
    struct fixture *fixture = *state;
    const struct pane_view *view = &fixture->model.view[PANE_WHERE];

    press(fixture, ACTION_DOWN, 8);
    for (int n_lines = 60; n_lines >= LAYOUT_MIN_LINES; n_lines--) {
        fit(fixture, n_lines);
        assert_int_equal(view->cursor, 8);
        assert_true(view->cursor >= view->first && view->cursor < view->first + view->n_visible);
    }
    fit(fixture, 60);
    assert_int_equal(view->first, 0); /* room again: no empty lines below the last row */
}

static void the_cursor_stays_with_its_row_when_rows_move(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, ACTION_DOWN, 3);
    assert_int_equal(port_under_cursor(fixture), 5432);
    fixture->snapshot.endpoint[9].incident = 9; /* the healthy one enters at the top */
    refresh(fixture);
    assert_int_equal(port_under_cursor(fixture), 5432);
    assert_int_equal(fixture->model.view[PANE_WHERE].cursor, 4);
    press(fixture, ACTION_SORT_NEXT, 1);
    assert_int_equal(port_under_cursor(fixture), 5432);
}

static void a_cursor_that_was_never_moved_stays_on_top(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(port_under_cursor(fixture), 7000);
    fixture->snapshot.endpoint[9].incident = 9;
    refresh(fixture);
    assert_int_equal(port_under_cursor(fixture), 80);
}

static void the_cursor_keeps_its_place_when_its_row_is_gone(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, ACTION_LAST, 1);
    fixture->snapshot.n_endpoint_rows = 4;
    refresh(fixture);
    assert_int_equal(fixture->model.view[PANE_WHERE].cursor, 3);
    fixture->snapshot.n_endpoint_rows = 0;
    refresh(fixture);
    assert_null(model_where_row(&fixture->model));
    press(fixture, ACTION_DOWN, 1);
    assert_int_equal(fixture->model.view[PANE_WHERE].cursor, 0);
}

static void latest_follows_the_newest_until_the_cursor_leaves_it(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, ACTION_PANE_NEXT, 1);
    add_latest(fixture, 1);
    refresh(fixture);
    assert_int_equal(model_latest_row(&fixture->model)->flow_id, 1);
    press(fixture, ACTION_DOWN, 1);
    assert_int_equal(model_latest_row(&fixture->model)->flow_id, 52471);
    add_latest(fixture, 2);
    refresh(fixture);
    assert_int_equal(model_latest_row(&fixture->model)->flow_id, 52471);
    assert_int_equal(fixture->model.view[PANE_LATEST].cursor, 2);
    press(fixture, ACTION_FIRST, 1);
    add_latest(fixture, 3);
    refresh(fixture);
    assert_int_equal(model_latest_row(&fixture->model)->flow_id, 3);
}

static void rows_are_sorted_anew_every_five_seconds(void **state)
{
    struct fixture *fixture = *state;

    fixture->snapshot.endpoint[4].n_failures = 1000; /* 443: now the worst but the forged */
    for (int i = 1; i < N_UNTIL_SORTED; i++)
        model_snapshot(&fixture->model, &fixture->snapshot);
    assert_int_equal(model_where_at(&fixture->model, 1)->server.port, 6379);
    model_snapshot(&fixture->model, &fixture->snapshot);
    assert_int_equal(model_where_at(&fixture->model, 1)->server.port, 443);
}

static void families_keep_their_place_and_new_ones_come_last(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture->model.view[PANE_WHY].n_rows, 8);
    assert_int_equal(fixture->model.why[0], FAMILY_RST_FORGED);
    assert_int_equal(fixture->model.why[1], FAMILY_FIREWALL_REJECT);
    fixture->snapshot.family[FAMILY_HALF_OPEN].n_total = 100;
    refresh(fixture);
    assert_int_equal(fixture->model.view[PANE_WHY].n_rows, 9);
    assert_int_equal(fixture->model.why[8], FAMILY_HALF_OPEN);
    for (int i = 0; i < N_UNTIL_SORTED; i++)
        model_snapshot(&fixture->model, &fixture->snapshot);
    assert_int_equal(fixture->model.why[0], FAMILY_RST_FORGED);
    assert_int_equal(fixture->model.why[1], FAMILY_HALF_OPEN);
}

static void tab_goes_round_the_panes_and_a_digit_gives_one_all_the_room(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, ACTION_PANE_NEXT, 2);
    assert_int_equal(fixture->model.active, PANE_WHY);
    press(fixture, ACTION_PANE_PREVIOUS, 1);
    assert_int_equal(fixture->model.active, PANE_LATEST);
    press(fixture, ACTION_ALONE_WHY, 1);
    assert_int_equal(fixture->model.alone, PANE_WHY);
    press(fixture, ACTION_PANE_NEXT, 1);
    assert_int_equal(fixture->model.alone, PANE_WHERE);
    press(fixture, ACTION_ALONE_WHERE, 1); /* the same again: all three */
    assert_int_equal(fixture->model.alone, PANE_COUNT);
    press(fixture, ACTION_ALONE_LATEST, 1);
    press(fixture, ACTION_BACK, 2);
    assert_int_equal(fixture->model.alone, PANE_COUNT);
    assert_int_equal(fixture->model.active, PANE_LATEST);
}

static void any_key_turns_the_help_page_and_then_goes_back(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, ACTION_HELP, 1);
    assert_true(fixture->model.overlay != OVERLAY_NONE);
    assert_int_equal(model_action(&fixture->model, ACTION_QUIT), EFFECT_DRAW);
    assert_true(fixture->model.overlay != OVERLAY_NONE); /* there are two pages */
    assert_int_equal(model_action(&fixture->model, ACTION_NONE), EFFECT_DRAW);
    assert_false(fixture->model.overlay != OVERLAY_NONE);
    assert_int_equal(model_action(&fixture->model, ACTION_QUIT), EFFECT_QUIT);
}

static void keys_without_a_meaning_draw_nothing(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(model_action(&fixture->model, ACTION_NONE), EFFECT_NONE);
    assert_int_equal(model_action(&fixture->model, ACTION_REDRAW), EFFECT_REPAINT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_first_snapshot_is_shown_at_once_and_then_one_a_second),
        CASE(nothing_is_drawn_where_nothing_changed),
        CASE(refresh_gets_slower_and_faster_within_its_table),
        CASE(a_notice_goes_away_by_itself_and_is_drawn_away),
        CASE(a_paused_screen_stands_still_and_counts_on),
        CASE(the_cursor_stays_inside_its_rows),
        CASE(pages_move_by_what_is_in_sight),
        CASE(the_cursor_is_in_sight_at_every_height),
        CASE(the_cursor_stays_with_its_row_when_rows_move),
        CASE(a_cursor_that_was_never_moved_stays_on_top),
        CASE(the_cursor_keeps_its_place_when_its_row_is_gone),
        CASE(latest_follows_the_newest_until_the_cursor_leaves_it),
        CASE(rows_are_sorted_anew_every_five_seconds),
        CASE(families_keep_their_place_and_new_ones_come_last),
        CASE(tab_goes_round_the_panes_and_a_digit_gives_one_all_the_room),
        CASE(any_key_turns_the_help_page_and_then_goes_back),
        CASE(keys_without_a_meaning_draw_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
