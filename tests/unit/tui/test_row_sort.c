/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/text.h"
#include "mockup.h"
#include "sample.h"
#include "tui/row_sort.h"

static void families_stand_by_any_column_and_equal_ones_stay(void **state)
{
    static const struct {
        struct row_sort sort;
        const char *letters;
    } cases[] = {
        {{WHY_BY_TOTAL, false}, "!FRBXTLH"},
        {{WHY_BY_TOTAL, true}, "HLTXBRF!"},
        {{WHY_BY_NAME, false}, "BFHRX!TL"},
        {{WHY_BY_NOW, false}, "FBTRHL!X"},
    };
    static struct snapshot snapshot;

    (void)state;
    mockup_snapshot(&snapshot);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum family family[FAMILY_COUNT];
        char letters[FAMILY_COUNT + 1];
        struct text text = TEXT_OF(letters);
        uint32_t n = 0;

        for (unsigned k = 0; k < FAMILY_COUNT; k++)
            if (snapshot.family[k].n_total > 0)
                family[n++] = (enum family)k;
        row_sort_families(&cases[i].sort, &snapshot, family, n);
        for (uint32_t k = 0; k < n; k++)
            text_addf(&text, "%c", family_letter(family[k]));
        assert_string_equal(letters, cases[i].letters);
    }
}

static void failures_stand_by_time_or_by_who_and_then_by_time(void **state)
{
    static const struct {
        struct row_sort sort;
        uint64_t flow_id[3];
    } cases[] = {
        {{LATEST_BY_TIME, false}, {3, 2, 1}},   {{LATEST_BY_TIME, true}, {1, 2, 3}},
        {{LATEST_BY_CLIENT, false}, {2, 3, 1}}, {{LATEST_BY_SERVER, false}, {3, 1, 2}},
        {{LATEST_BY_SERVER, true}, {2, 3, 1}},  {{LATEST_BY_WHY, false}, {3, 1, 2}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct snapshot_latest row[] = {
            {.ts_ns = 30, .flow_id = 3, .family = FAMILY_REFUSED},
            {.ts_ns = 20, .flow_id = 2, .family = FAMILY_TIMEOUT},
            {.ts_ns = 10, .flow_id = 1, .family = FAMILY_REFUSED},
        };

        row[0].client = sample_endpoint("10.0.0.2", 1);
        row[1].client = sample_endpoint("10.0.0.1", 9);
        row[2].client = sample_endpoint("10.0.0.2", 2);
        row[0].server = row[2].server = sample_endpoint("10.0.0.9", 80);
        row[1].server = sample_endpoint("10.0.0.9", 81);
        row_sort_latest(&cases[i].sort, row, ARRAY_LEN(row));
        for (size_t k = 0; k < ARRAY_LEN(row); k++)
            assert_int_equal(row[k].flow_id, cases[i].flow_id[k]);
    }
}

static void tell(struct journal *journal, uint64_t flow_id, const char *client, uint32_t n_pkts)
{
    struct verdict_event event;

    sample_forged(&event);
    event.connection.flow_id = flow_id;
    event.connection.client.addr = sample_addr(client);
    event.connection.facts.side[SIDE_CLIENT].n_pkts = n_pkts;
    journal_event(journal, &event);
}

static void flows_that_are_not_kept_any_more_stand_last(void **state)
{
    static const struct {
        struct row_sort sort;
        uint64_t flow[4];
    } cases[] = {
        {{FLOWS_BY_TIME, false}, {3, 99, 2, 1}}, /* as they come */
        {{FLOWS_BY_TIME, true}, {1, 2, 3, 99}},  {{FLOWS_BY_CLIENT, false}, {2, 3, 1, 99}},
        {{FLOWS_BY_PKTS, false}, {1, 3, 2, 99}}, {{FLOWS_BY_PKTS, true}, {2, 3, 1, 99}},
    };
    struct journal *journal = calloc(1, sizeof(*journal));

    (void)state;
    assert_non_null(journal);
    tell(journal, 1, "10.0.0.9", 30);
    tell(journal, 2, "10.0.0.1", 10);
    tell(journal, 3, "10.0.0.5", 20);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t flow[] = {3, 99, 2, 1};

        row_sort_flows(&cases[i].sort, journal, flow, ARRAY_LEN(flow));
        assert_memory_equal(flow, cases[i].flow, sizeof(flow));
    }
    free(journal);
}

static void open_incidents_stand_first(void **state)
{
    const struct row_sort by_number = {INCIDENTS_BY_NUMBER, false};
    const struct row_sort by_failures = {INCIDENTS_BY_FAILURES, true};
    struct incident_event event[] = {
        {.number = 1, .phase = INCIDENT_CLOSE, .n_failures = 7},
        {.number = 2, .phase = INCIDENT_OPEN, .n_failures = 9},
        {.number = 3, .phase = INCIDENT_CLOSE, .n_failures = 8},
        {.number = 4, .phase = INCIDENT_UPDATE, .n_failures = 3},
    };
    const struct incident_event *row[] = {&event[0], &event[1], &event[2], &event[3]};

    (void)state;
    row_sort_incidents(&by_number, row, ARRAY_LEN(row));
    assert_int_equal(row[0]->number, 4);
    assert_int_equal(row[1]->number, 2);
    assert_int_equal(row[2]->number, 3);
    row_sort_incidents(&by_failures, row, ARRAY_LEN(row));
    assert_int_equal(row[0]->number, 4);
    assert_int_equal(row[3]->number, 2);
}

static void every_column_has_a_name(void **state)
{
    (void)state;
    for (int pane = PANE_WHY; pane < PANE_VIEW_COUNT; pane++)
        for (unsigned i = 0; pane != PANE_COUNT && i < row_sort_columns((enum pane)pane); i++)
            assert_true(strlen(row_sort_name((enum pane)pane, i)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_stand_by_any_column_and_equal_ones_stay),
        cmocka_unit_test(failures_stand_by_time_or_by_who_and_then_by_time),
        cmocka_unit_test(flows_that_are_not_kept_any_more_stand_last),
        cmocka_unit_test(open_incidents_stand_first),
        cmocka_unit_test(every_column_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
