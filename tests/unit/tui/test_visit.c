/* SPDX-License-Identifier: BSD-2-Clause */
/* From the overview into an endpoint and a flow, along their neighbours, and back; copying. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "mockup.h"
#include "sample.h"
#include "tui/copy.h"
#include "tui/panel.h"
#include "tui/visit.h"

struct fixture {
    struct snapshot snapshot;
    struct services services;
    struct journal journal;
    struct model model;
};

static void forge(struct fixture *fixture, uint64_t flow_id)
{
    struct verdict_event event;

    sample_forged(&event);
    event.connection.flow_id = flow_id;
    event.ts_ns += (int64_t)flow_id * NS_PER_MS;
    journal_event(&fixture->journal, &event);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct verdict_event event;

    *state = fixture;
    if (!fixture)
        return -1;
    sample_rejected(&event);
    journal_event(&fixture->journal, &event);
    for (uint64_t flow_id = 1; flow_id <= 3; flow_id++)
        forge(fixture, flow_id);
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

static enum effect press(struct fixture *fixture, const char *keys)
{
    enum effect effect = EFFECT_NONE;

    for (; *keys != '\0'; keys++)
        effect = model_action(&fixture->model, keys_action(*keys));
    return effect;
}

static void enter_goes_down_and_escape_goes_up(void **state)
{
    struct fixture *fixture = *state;
    const struct model *model = &fixture->model;

    press(fixture, "\r");
    assert_int_equal(model->scene, SCENE_ENDPOINT);
    assert_int_equal(model->view[PANE_FLOWS].n_rows, 3);
    press(fixture, "j\r");
    assert_int_equal(model->scene, SCENE_FLOW);
    assert_int_equal(model->visit.failure.flow_id, 2);
    assert_int_equal(model->view[PANE_PACKETS].cursor, ladder_deciding_row(&model->visit.ladder));
    press(fixture, "\x1b");
    assert_int_equal(model->scene, SCENE_ENDPOINT);
    assert_int_equal(model->view[PANE_FLOWS].cursor, 1);
    press(fixture, "\x1b\x1b");
    assert_int_equal(model->scene, SCENE_OVERVIEW);
    assert_int_equal(model->active, PANE_WHERE);
}

static void a_failure_in_latest_opens_its_flow(void **state)
{
    struct fixture *fixture = *state;

    fixture->snapshot.latest[0].flow_id = 2;
    fixture->snapshot.now_ns++;
    for (int i = 0; i < MODEL_SNAPSHOTS_PER_S; i++)
        model_snapshot(&fixture->model, &fixture->snapshot);
    press(fixture, "\t\r");
    assert_int_equal(fixture->model.scene, SCENE_FLOW);
    assert_int_equal(fixture->model.visit.failure.flow_id, 2);
    assert_int_equal(fixture->model.view[PANE_FLOWS].cursor, 1);
    press(fixture, "\x1b\x1b");
    assert_int_equal(fixture->model.active, PANE_LATEST);
}

static void a_failure_that_is_not_kept_says_so(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, "\t\r");
    assert_int_equal(fixture->model.scene, SCENE_OVERVIEW);
    assert_string_equal(fixture->model.notice, "not kept: many fail alike; see Where");
}

static void brackets_go_to_the_neighbours_and_stop_at_the_ends(void **state)
{
    struct fixture *fixture = *state;
    const struct model *model = &fixture->model;

    press(fixture, "\r[");
    assert_int_equal(model->visit.endpoint.server.port, 7000);
    press(fixture, "]");
    assert_int_equal(model->visit.endpoint.server.port, 6379);
    press(fixture, "[\r[");
    assert_int_equal(model->visit.failure.flow_id, 3);
    press(fixture, "]]]]");
    assert_int_equal(model->visit.failure.flow_id, 1);
}

static void the_cursor_stays_with_its_flow_when_newer_ones_come(void **state)
{
    struct fixture *fixture = *state;
    const struct model *model = &fixture->model;

    press(fixture, "\rj");
    forge(fixture, 4);
    visit_refresh(&fixture->model);
    assert_int_equal(model->visit.flow[model->view[PANE_FLOWS].cursor], 2);
    press(fixture, "g");
    forge(fixture, 5);
    visit_refresh(&fixture->model);
    assert_int_equal(model->visit.flow[model->view[PANE_FLOWS].cursor], 5);
}

static void an_open_flow_outlives_the_journal(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, "\rG\r");
    for (uint64_t flow_id = 10; flow_id < 10 + JOURNAL_SHARE; flow_id++)
        forge(fixture, flow_id);
    assert_null(journal_find(&fixture->journal, 1));
    assert_int_equal(fixture->model.visit.failure.flow_id, 1);
    press(fixture, "\x1b");
    assert_int_equal(fixture->model.view[PANE_FLOWS].n_rows, JOURNAL_SHARE);
}

static void keys_of_the_overview_mean_nothing_below_it(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, "\r");
    assert_int_equal(press(fixture, "2"), EFFECT_NONE);
    assert_int_equal(fixture->model.alone, PANE_COUNT);
}

static void y_copies_the_row_or_the_command_under_the_cursor(void **state)
{
    struct fixture *fixture = *state;
    char first[MODEL_COPIED_BYTES];
    struct text text = TEXT_OF(first);

    assert_int_equal(press(fixture, "y"), EFFECT_COPY);
    assert_string_equal(fixture->model.copied, "10.20.0.21:7000 rst_forged, 5 of 5 failed");
    assert_int_equal(press(fixture, "\ry"), EFFECT_COPY);
    assert_non_null(strstr(fixture->model.copied, " rst-injected: "));
    press(fixture, "\t");
    assert_int_equal(fixture->model.active, PANE_STEPS);
    panel_steps_fit(&fixture->model);
    assert_int_equal(press(fixture, "y"), EFFECT_COPY);
    text_add(&text, fixture->model.copied);
    assert_non_null(strstr(first, "7000"));
    assert_int_equal(press(fixture, "j\r"), EFFECT_COPY); /* Enter takes a command too */
    assert_string_not_equal(fixture->model.copied, first);
    press(fixture, "\t");
    assert_int_equal(fixture->model.active, PANE_FLOWS);
}

/* As a screen of 24 lines has the panes: titles at 2, 9 and 17. */
static void a_click_chooses_a_row_and_another_opens_it(void **state)
{
    struct fixture *fixture = *state;
    struct model *model = &fixture->model;
    struct layout_wish wish = model_layout_wish(model);
    struct layout layout = layout_compute(24, 80, &wish);

    model_fit(model, &layout, 1);
    assert_int_equal(model_click(model, 11), EFFECT_DRAW);
    assert_int_equal(model_where_row(model)->server.port, 6379);
    assert_int_equal(model->scene, SCENE_OVERVIEW);
    assert_int_equal(model_click(model, 18), EFFECT_DRAW); /* first row of Latest */
    assert_int_equal(model->active, PANE_LATEST);
    assert_int_equal(model_click(model, 0), EFFECT_NONE);
    assert_int_equal(model_click(model, 23), EFFECT_NONE);
    assert_int_equal(model_heading_at(model, 10), PANE_VIEW_COUNT);
    assert_int_equal(model_heading_at(model, 9), PANE_WHERE);
    model_click(model, 10);
    model_click(model, 10);
    assert_int_equal(model->scene, SCENE_ENDPOINT);
}

static void the_clipboard_gets_base64(void **state)
{
    static const struct {
        const char *bytes, *sequence;
    } cases[] = {{"", "\033]52;c;\a"},
                 {"f", "\033]52;c;Zg==\a"},
                 {"fo", "\033]52;c;Zm8=\a"},
                 {"foo", "\033]52;c;Zm9v\a"},
                 {"foobar", "\033]52;c;Zm9vYmFy\a"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char sequence[COPY_SEQUENCE_BYTES];
        struct text text = TEXT_OF(sequence);

        copy_add_sequence(&text, cases[i].bytes);
        assert_string_equal(sequence, cases[i].sequence);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(enter_goes_down_and_escape_goes_up),
        CASE(a_failure_in_latest_opens_its_flow),
        CASE(a_failure_that_is_not_kept_says_so),
        CASE(brackets_go_to_the_neighbours_and_stop_at_the_ends),
        CASE(the_cursor_stays_with_its_flow_when_newer_ones_come),
        CASE(an_open_flow_outlives_the_journal),
        CASE(keys_of_the_overview_mean_nothing_below_it),
        CASE(y_copies_the_row_or_the_command_under_the_cursor),
        CASE(a_click_chooses_a_row_and_another_opens_it),
        CASE(the_clipboard_gets_base64),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
