/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "base/text.h"
#include "mockup.h"
#include "sample.h"
#include "tui/order.h"

struct fixture {
    struct snapshot snapshot;
    struct where_order order;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    *state = fixture;
    if (!fixture)
        return -1;
    mockup_snapshot(&fixture->snapshot);
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void assert_ports(const struct fixture *fixture, const char *wanted)
{
    char ports[128];
    struct text text = TEXT_OF(ports);

    for (uint32_t i = 0; i < fixture->order.n; i++)
        text_addf(&text, "%s%u", i > 0 ? " " : "",
                  fixture->snapshot.endpoint[fixture->order.row[i]].server.port);
    assert_string_equal(ports, wanted);
}

static void each_column_sorts_by_what_its_title_says(void **state)
{
    static const struct {
        enum where_sort sort;
        bool is_reversed;
        const char *ports;
    } cases[] = {
        {WHERE_BY_INCIDENT, false, "7000 6379 8443 5432 9000 443 8080 443 50051 80"},
        {WHERE_BY_NOW, false, "6379 8443 443 50051 5432 8080 443 7000 9000 80"},
        {WHERE_BY_FAILURES, false, "6379 8443 5432 9000 443 8080 443 50051 7000 80"},
        {WHERE_BY_ATTEMPTS, false, "80 6379 8443 5432 443 9000 8080 443 50051 7000"},
        {WHERE_BY_PERCENT, false, "6379 5432 9000 8080 443 50051 7000 8443 443 80"},
        {WHERE_BY_PERCENT, true, "80 443 8443 6379 5432 9000 8080 443 50051 7000"},
        {WHERE_BY_SINCE, false, "50051 443 7000 8443 9000 5432 6379 443 8080 80"},
        {WHERE_BY_SERVER, false, "80 443 7000 8080 9000 50051 5432 6379 443 8443"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fixture->order.sort.column = cases[i].sort;
        fixture->order.sort.is_reversed = cases[i].is_reversed;
        order_sort(&fixture->order, &fixture->snapshot);
        assert_ports(fixture, cases[i].ports);
    }
}

static void rows_keep_their_place_whatever_their_figures_do(void **state)
{
    struct fixture *fixture = *state;
    struct snapshot_endpoint first = fixture->snapshot.endpoint[0];

    order_sort(&fixture->order, &fixture->snapshot);
    fixture->snapshot.endpoint[5].n_failures = 1000; /* 9000 */
    fixture->snapshot.endpoint[0] = fixture->snapshot.endpoint[9];
    fixture->snapshot.endpoint[9] = first; /* the snapshot's own order means nothing */
    order_keep(&fixture->order, &fixture->snapshot);
    assert_ports(fixture, "7000 6379 8443 5432 9000 443 8080 443 50051 80");
}

static void a_new_row_comes_last_and_a_row_that_is_gone_leaves_no_hole(void **state)
{
    struct fixture *fixture = *state;

    order_sort(&fixture->order, &fixture->snapshot);
    fixture->snapshot.endpoint[1].server.port = 6380; /* instead of 6379 */
    fixture->snapshot.endpoint[1].incident = 0;
    order_keep(&fixture->order, &fixture->snapshot);
    assert_ports(fixture, "7000 8443 5432 9000 443 8080 443 50051 80 6380");
}

static void an_incident_that_opens_goes_to_the_top_once(void **state)
{
    struct fixture *fixture = *state;

    order_sort(&fixture->order, &fixture->snapshot);
    fixture->snapshot.endpoint[6].incident = 7; /* 8080 */
    order_keep(&fixture->order, &fixture->snapshot);
    assert_ports(fixture, "8080 7000 6379 8443 5432 9000 443 443 50051 80");
    fixture->snapshot.endpoint[7].incident = 8; /* 443 of another server */
    order_keep(&fixture->order, &fixture->snapshot);
    assert_ports(fixture, "443 8080 7000 6379 8443 5432 9000 443 50051 80");
}

static void one_server_has_a_row_each_family(void **state)
{
    struct fixture *fixture = *state;
    struct where_id id = {fixture->snapshot.endpoint[1].server, FAMILY_REFUSED};

    fixture->snapshot.endpoint[2].server = id.server;
    fixture->snapshot.endpoint[2].family = FAMILY_REFUSED;
    order_sort(&fixture->order, &fixture->snapshot);
    assert_int_equal(order_find(&fixture->order, &id), 2);
    id.family = FAMILY_FIREWALL_REJECT;
    assert_int_equal(order_find(&fixture->order, &id), 1);
    id.family = FAMILY_TIMEOUT;
    assert_int_equal(order_find(&fixture->order, &id), fixture->order.n);
}

static void a_full_snapshot_is_sorted_whole(void **state)
{
    struct fixture *fixture = *state;

    fixture->snapshot.n_endpoint_rows = SNAPSHOT_ENDPOINTS_MAX;
    for (uint32_t i = 0; i < SNAPSHOT_ENDPOINTS_MAX; i++) {
        fixture->snapshot.endpoint[i] = (struct snapshot_endpoint){
            .server = sample_endpoint("192.0.2.1", (uint16_t)(1 + i)), .n_failures = i * 7 % 128};
    }
    fixture->order.sort.column = WHERE_BY_FAILURES;
    order_sort(&fixture->order, &fixture->snapshot);
    assert_int_equal(fixture->order.n, SNAPSHOT_ENDPOINTS_MAX);
    for (uint32_t i = 0; i < SNAPSHOT_ENDPOINTS_MAX; i++)
        assert_int_equal(fixture->snapshot.endpoint[fixture->order.row[i]].n_failures, 127 - i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_column_sorts_by_what_its_title_says, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(rows_keep_their_place_whatever_their_figures_do, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_row_comes_last_and_a_row_that_is_gone_leaves_no_hole,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_incident_that_opens_goes_to_the_top_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_server_has_a_row_each_family, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_snapshot_is_sorted_whole, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
