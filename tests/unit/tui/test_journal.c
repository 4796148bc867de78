/* SPDX-License-Identifier: BSD-2-Clause */
/* What the screen can open: groups, their shares, and what is forgotten. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "sample.h"
#include "tui/journal.h"

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct journal));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* Failure `n` at a port; its flow id is n. */
static void fail_at(struct journal *journal, uint16_t port, uint64_t n)
{
    struct verdict_event event;

    sample_rejected(&event);
    event.connection.server.port = port;
    event.connection.flow_id = n;
    event.ts_ns += (int64_t)n * NS_PER_MS;
    journal_event(journal, &event);
}

static struct where_id id_of(uint16_t port)
{
    return (struct where_id){sample_endpoint("10.20.0.22", port), FAMILY_FIREWALL_REJECT};
}

static uint32_t n_kept(const struct journal *journal, uint16_t port)
{
    const struct where_id id = id_of(port);
    const struct journal_group *group = journal_group(journal, &id);
    uint64_t flow[JOURNAL_SHARE];

    return group ? journal_flows(journal, group, flow, JOURNAL_SHARE) : 0;
}

static void flows_come_newest_first(void **state)
{
    const struct where_id id = id_of(80);
    uint64_t flow[2];

    for (uint64_t n = 1; n <= 5; n++)
        fail_at(*state, 80, n);
    assert_int_equal(journal_flows(*state, journal_group(*state, &id), flow, 2), 2);
    assert_int_equal(flow[0], 5);
    assert_int_equal(flow[1], 4);
    assert_int_equal(journal_find(*state, 3)->failure.flow_id, 3);
    assert_null(journal_find(*state, 6));
}

static void connections_that_went_well_are_not_kept(void **state)
{
    struct verdict_event event;
    struct where_id id;

    sample_ok(&event);
    id = (struct where_id){event.connection.server, event.connection.family};
    journal_event(*state, &event);
    assert_null(journal_group(*state, &id));
}

static void a_flood_takes_no_more_than_its_share(void **state)
{
    const struct where_id id = id_of(80);

    fail_at(*state, 443, 1);
    for (uint64_t n = 2; n <= 5000; n++)
        fail_at(*state, 80, n);
    assert_int_equal(n_kept(*state, 80), JOURNAL_SHARE);
    assert_int_equal(n_kept(*state, 443), 1);
    assert_non_null(journal_find(*state, 1));
    assert_non_null(journal_find(*state, 5000));
    assert_null(journal_find(*state, 5000 - JOURNAL_SHARE));
    assert_int_equal(journal_group(*state, &id)->n_failures, 4999);
    assert_int_equal(journal_group(*state, &id)->series.n, 4999);
    assert_int_equal(((struct journal *)*state)->n_forgotten, 4999 - JOURNAL_SHARE);
}

/* More groups with more failures than there is room: the books still agree. */
static void groups_come_and_go_and_the_newest_failure_is_always_there(void **state)
{
    struct journal *journal = *state;
    uint64_t n = 0;
    uint32_t n_all = 0;

    for (unsigned round = 0; round < 30; round++)
        for (uint16_t port = 1; port <= JOURNAL_GROUPS_MAX + 50; port++) {
            fail_at(journal, port, ++n);
            assert_non_null(journal_find(journal, n));
        }
    for (unsigned i = 0; i < JOURNAL_GROUPS_MAX; i++)
        n_all += journal->group[i].n_kept;
    assert_true(n_all <= JOURNAL_FAILURES_MAX);
    assert_int_equal(journal->n_forgotten + n_all, n);
}

static void an_incident_is_kept_as_its_newest_line_tells_it(void **state)
{
    const struct where_id id = id_of(6379), other = id_of(80);
    const struct incident_event *incident[4];
    struct verdict_event event;

    sample_incident(&event, INCIDENT_OPEN);
    journal_event(*state, &event);
    sample_incident(&event, INCIDENT_CLOSE);
    journal_event(*state, &event);
    assert_int_equal(journal_incidents(*state, &other, incident, 4), 0);
    assert_int_equal(journal_incidents(*state, &id, incident, 4), 1);
    assert_int_equal(incident[0]->phase, INCIDENT_CLOSE);
    assert_int_equal(incident[0]->n_failures, 60);
}

static void closed_incidents_make_room_for_new_ones(void **state)
{
    const struct where_id id = id_of(6379);
    const struct incident_event *incident[JOURNAL_INCIDENTS_MAX];
    struct verdict_event event;

    sample_incident(&event, INCIDENT_OPEN);
    journal_event(*state, &event);
    for (uint32_t i = 0; i < JOURNAL_INCIDENTS_MAX + 10; i++) {
        sample_incident(&event, INCIDENT_CLOSE);
        event.incident.number = 2 + i;
        journal_event(*state, &event);
    }
    assert_int_equal(journal_incidents(*state, &id, incident, JOURNAL_INCIDENTS_MAX),
                     JOURNAL_INCIDENTS_MAX);
    assert_int_equal(incident[0]->number, JOURNAL_INCIDENTS_MAX + 11);
    assert_int_equal(incident[JOURNAL_INCIDENTS_MAX - 1]->number, 1); /* the open one stays */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(flows_come_newest_first),
        CASE(connections_that_went_well_are_not_kept),
        CASE(a_flood_takes_no_more_than_its_share),
        CASE(groups_come_and_go_and_the_newest_failure_is_always_there),
        CASE(an_incident_is_kept_as_its_newest_line_tells_it),
        CASE(closed_incidents_make_room_for_new_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
