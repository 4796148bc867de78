/* SPDX-License-Identifier: BSD-2-Clause */
/* Typing: what it finds, filters and saves, and what taking it back does. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "mockup.h"
#include "sample.h"
#include "tui/prompt.h"
#include "tui/visit.h"
#include "tui/wanted.h"

struct fixture {
    struct snapshot snapshot;
    struct services services;
    struct journal journal;
    struct run_info run;
    struct model model;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct verdict_event event;

    *state = fixture;
    if (!fixture)
        return -1;
    sample_forged(&event);
    journal_event(&fixture->journal, &event);
    fixture->run = *mockup_run();
    fixture->run.is_live = false;
    fixture->run.source[0].kind = "file";
    mockup_snapshot(&fixture->snapshot);
    model_init(&fixture->model, &fixture->run, &fixture->services, &fixture->journal);
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
        effect = fixture->model.prompt.kind != PROMPT_NONE
                     ? prompt_key(&fixture->model, *keys)
                     : model_action(&fixture->model, keys_action(*keys));
    return effect;
}

static uint16_t port_under_cursor(const struct fixture *fixture)
{
    return model_where_row(&fixture->model)->server.port;
}

static void a_filter_works_as_it_is_typed_and_escape_takes_it_back(void **state)
{
    struct fixture *fixture = *state;
    const struct model *model = &fixture->model;
    uint32_t n_all = model->where.n;

    press(fixture, "fport:80");
    assert_int_equal(model->where.n, 1);
    press(fixture, "8");
    assert_int_equal(model->where.n, 0);
    press(fixture, "\b");
    assert_int_equal(model->where.n, 1);
    assert_int_equal(port_under_cursor(fixture), 80);
    press(fixture, "\x1b");
    assert_int_equal(model->where.n, n_all);
    assert_string_equal(model->filter_words, "");
}

static void an_accepted_filter_stays_until_it_is_cleared(void **state)
{
    struct fixture *fixture = *state;
    const struct model *model = &fixture->model;
    uint32_t n_all = model->where.n;

    press(fixture, "fwhy:timeout\r");
    assert_int_equal(model->where.n, 1);
    fixture->snapshot.now_ns++;
    for (int i = 0; i < MODEL_SNAPSHOTS_PER_S; i++)
        model_snapshot(&fixture->model, &fixture->snapshot);
    assert_int_equal(model->where.n, 1);
    press(fixture, "f\x15why:ref\x1b"); /* changed, then taken back */
    assert_string_equal(model->filter_words, "why:timeout");
    assert_int_equal(model->where.n, 1);
    press(fixture, "F");
    assert_int_equal(model->where.n, n_all);
}

static void keys_are_text_while_one_types(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(press(fixture, "fq"), EFFECT_DRAW);
    assert_string_equal(fixture->model.prompt.words, "q");
    press(fixture, "\x01\xff\t");
    assert_string_equal(fixture->model.prompt.words, "q");
    for (int i = 0; i < 2 * PROMPT_BYTES; i++)
        press(fixture, "x");
    assert_int_equal(strlen(fixture->model.prompt.words), FILTER_BYTES - 1);
}

static void finding_goes_to_the_row_and_round(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, "/10.20.0.22");
    assert_int_equal(port_under_cursor(fixture), 6379);
    press(fixture, "\rn");
    assert_int_equal(port_under_cursor(fixture), 5432);
    press(fixture, "n");
    assert_int_equal(port_under_cursor(fixture), 6379);
    press(fixture, "N");
    assert_int_equal(port_under_cursor(fixture), 5432);
    press(fixture, "/nowhere\rn");
    assert_int_equal(port_under_cursor(fixture), 5432);
}

static void finding_works_in_every_list(void **state)
{
    struct fixture *fixture = *state;
    const struct model *model = &fixture->model;

    press(fixture, "\t/54575\r");
    assert_int_equal(model_latest_row(model)->client.port, 54575);
    press(fixture, "\t/tls\r");
    assert_int_equal(*model_why_row(model), FAMILY_TLS_REFUSED);
    press(fixture, "\t\r/57063\r\r/2948\r");
    assert_int_equal(model->scene, SCENE_FLOW);
    assert_int_equal(model->visit.ladder.row[model->view[PANE_PACKETS].cursor].mark.frame, 2948);
}

static void packets_of_what_is_chosen_are_saved_under_a_proposed_name(void **state)
{
    struct fixture *fixture = *state;
    struct sink_wish wish;

    assert_int_equal(press(fixture, "w\r"), EFFECT_WISH);
    assert_string_equal(fixture->model.prompt.words, "flow-2890.pcapng");
    assert_int_equal(fixture->model.prompt.wish, WISH_PACKETS);
    wanted_packets(&fixture->model, &wish);
    assert_int_equal(wish.n_failures, 1);
    assert_int_equal(wish.failure[0]->facts.first_frame, 2890);
    assert_int_equal(press(fixture, "e\r"), EFFECT_WISH);
    assert_string_equal(fixture->model.prompt.words, "flow-2890.txt");
    assert_int_equal(fixture->model.prompt.wish, WISH_REPORT);
    assert_int_equal(press(fixture, "\r\rw\x15x.pcapng\r"), EFFECT_WISH);
    assert_string_equal(fixture->model.prompt.words, "x.pcapng");
    assert_int_equal(press(fixture, "w\x1b"), EFFECT_DRAW);
    assert_int_equal(press(fixture, "w\x15\r"), EFFECT_DRAW);
}

static void where_no_failure_is_kept_nothing_is_saved(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, "j\rw");
    assert_int_equal(fixture->model.prompt.kind, PROMPT_NONE);
    assert_string_equal(fixture->model.notice, "not saved: no failure is kept here");
    press(fixture, "e");
    assert_int_equal(fixture->model.prompt.kind, PROMPT_NONE);
}

static void a_file_that_is_there_is_replaced_after_y_only(void **state)
{
    struct fixture *fixture = *state;

    press(fixture, "w\r");
    assert_false(fixture->model.prompt.may_replace);
    prompt_ask_to_replace(&fixture->model);
    assert_int_equal(press(fixture, "n"), EFFECT_DRAW);
    assert_int_equal(fixture->model.prompt.kind, PROMPT_NONE);
    assert_string_equal(fixture->model.notice, "kept as it was: flow-2890.pcapng");
    press(fixture, "w\r");
    prompt_ask_to_replace(&fixture->model);
    assert_int_equal(press(fixture, "\x1b"), EFFECT_DRAW);
    press(fixture, "w\r");
    prompt_ask_to_replace(&fixture->model);
    assert_int_equal(press(fixture, "y"), EFFECT_WISH);
    assert_true(fixture->model.prompt.may_replace);
    assert_string_equal(fixture->model.prompt.words, "flow-2890.pcapng");
    press(fixture, "w");
    assert_false(fixture->model.prompt.may_replace); /* the next file is asked about anew */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_filter_works_as_it_is_typed_and_escape_takes_it_back),
        CASE(an_accepted_filter_stays_until_it_is_cleared),
        CASE(keys_are_text_while_one_types),
        CASE(finding_goes_to_the_row_and_round),
        CASE(finding_works_in_every_list),
        CASE(packets_of_what_is_chosen_are_saved_under_a_proposed_name),
        CASE(where_no_failure_is_kept_nothing_is_saved),
        CASE(a_file_that_is_there_is_replaced_after_y_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
