/* SPDX-License-Identifier: BSD-2-Clause */
/* Series of endpoints: bounded, never going back, adding up. */
#include "unit.h"

#include <string.h>

#include "random.h"
#include "sink/metrics_book.h"

static struct snapshot now;
static struct metrics_book book;

static int begin(void **state)
{
    (void)state;
    memset(&now, 0, sizeof(now));
    memset(&book, 0, sizeof(book));
    return 0;
}

static struct snapshot_endpoint *add_row(uint16_t port, uint64_t n_failures, uint32_t incident)
{
    struct snapshot_endpoint *row = &now.endpoint[now.n_endpoint_rows++];

    *row = (struct snapshot_endpoint){.server.port = port,
                                      .family = FAMILY_REFUSED,
                                      .n_failures = n_failures,
                                      .incident = incident,
                                      .had_incident = incident != 0};
    return row;
}

/* Sets the row's failures, and all of the family to those of the rows and `n_elsewhere`. */
static void update(uint64_t n_elsewhere)
{
    uint64_t n = n_elsewhere;

    for (uint32_t i = 0; i < now.n_endpoint_rows; i++)
        n += now.endpoint[i].n_failures;
    now.total.n_failed_by_family[FAMILY_REFUSED] = n;
    metrics_book_update(&book, &now);
}

static uint64_t other(void)
{
    return book.n_other[FAMILY_REFUSED];
}

static void without_an_incident_all_is_other(void **state)
{
    (void)state;
    add_row(80, 5, 0);
    add_row(81, 6, 0);
    update(3);
    assert_int_equal(book.n_series, 0);
    assert_int_equal(other(), 14);
}

static void an_incident_nobody_asked_before_has_all_of_its_failures(void **state)
{
    (void)state;
    add_row(80, 60, 1);
    update(2);
    assert_int_equal(book.n_series, 1);
    assert_int_equal(book.series[0].n_failures, 60);
    assert_int_equal(other(), 2);
}

static void what_other_was_told_to_have_stays_there(void **state)
{
    struct snapshot_endpoint *row = add_row(80, 4, 0);

    (void)state;
    update(0);
    assert_int_equal(other(), 4);
    row->n_failures = 18;
    row->incident = 1;
    row->had_incident = true;
    update(0);
    assert_int_equal(book.series[0].n_failures, 14);
    assert_int_equal(other(), 4);
    row->n_failures = 30;
    row->incident = 0; /* it had one: that is enough */
    update(1);
    assert_int_equal(book.series[0].n_failures, 26);
    assert_int_equal(other(), 5);
}

static void a_healthy_endpoint_is_none(void **state)
{
    (void)state;
    add_row(80, 0, 0)->family = FAMILY_NONE;
    update(0);
    assert_int_equal(book.n_series + book.n_seen, 0);
}

static void a_row_that_was_forgotten_begins_anew(void **state)
{
    struct snapshot_endpoint *row = add_row(80, 20, 1);

    (void)state;
    update(0);
    row->n_failures = 3; /* the table had no room for it for a while */
    update(20);
    assert_int_equal(book.series[0].n_failures, 20);
    assert_int_equal(other(), 3);
    row->n_failures = 5;
    update(20);
    assert_int_equal(book.series[0].n_failures, 22);
    assert_int_equal(other(), 3);
}

/* Whatever comes and goes: every counter only grows, and together they are the failures. */
static void nothing_goes_back_and_all_adds_up(void **state)
{
    enum {
        N_PORTS = 600
    };
    static uint64_t n_failures[N_PORTS], told[N_PORTS];
    static bool had_incident[N_PORTS];
    struct random random = {.state = 7};
    uint64_t n_all = 0, n_other = 0;

    (void)state;
    memset(told, 0, sizeof(told));
    for (int turn = 0; turn < 300; turn++) {
        uint64_t sum = 0;
        uint16_t first = (uint16_t)random_below(&random, N_PORTS - SNAPSHOT_ENDPOINTS_MAX);

        for (int i = 0; i < 50; i++) {
            uint32_t port = random_below(&random, N_PORTS);

            n_failures[port]++;
            n_all++;
            had_incident[port] |= random_below(&random, 4) == 0;
        }
        now.n_endpoint_rows = 0;
        for (uint16_t i = 0; i < SNAPSHOT_ENDPOINTS_MAX; i++)
            add_row((uint16_t)(first + i), n_failures[first + i], had_incident[first + i]);
        now.total.n_failed_by_family[FAMILY_REFUSED] = n_all;
        metrics_book_update(&book, &now);
        assert_true(book.n_series <= METRICS_BOOK_SERIES);
        for (uint32_t i = 0; i < book.n_series; i++) {
            sum += book.series[i].n_failures;
            if (book.n_ended[FAMILY_REFUSED] == 0)
                assert_true(book.series[i].n_failures >= told[book.series[i].server.port]);
            told[book.series[i].server.port] = book.series[i].n_failures;
        }
        assert_true(other() >= n_other);
        n_other = other();
        assert_int_equal(sum + n_other + book.n_ended[FAMILY_REFUSED], n_all);
    }
    assert_int_equal(book.n_series, METRICS_BOOK_SERIES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_an_incident_all_is_other, begin),
        cmocka_unit_test_setup(an_incident_nobody_asked_before_has_all_of_its_failures, begin),
        cmocka_unit_test_setup(what_other_was_told_to_have_stays_there, begin),
        cmocka_unit_test_setup(a_healthy_endpoint_is_none, begin),
        cmocka_unit_test_setup(a_row_that_was_forgotten_begins_anew, begin),
        cmocka_unit_test_setup(nothing_goes_back_and_all_adds_up, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
