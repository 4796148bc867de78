/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of a filter against one row, and what they leave of a snapshot. */
#include "unit.h"

#include "base/compiler.h"
#include "base/nanotime.h"
#include "mockup.h"
#include "sample.h"
#include "tui/filter.h"

static const struct journal no_journal;

static void words_hold_or_not(void **state)
{
    static const struct {
        const char *words;
        bool holds;
    } cases[] = {
        {"", true},
        {"   ", true},
        {"why:timeout", true},
        {"why:time", true},
        {"why:TIMEOUT", true},
        {"why:connect-timeout", true}, /* the verdict's name */
        {"why:refused", false},
        {"not why:refused", true},
        {"not why:timeout", false},
        {"server:10.20.0.23", true},
        {"server:10.20.0.2", false}, /* a whole address is no part of one */
        {"server:10.20.", true},
        {"server:10.20.0.0/16", true},
        {"server:10.20.0.16/28", true},
        {"server:10.20.0.32/28", false},
        {"server:0.0.0.0/0", true},
        {"server:2001:db8::/32", false},
        {"server:::/0", true},
        {"client:10.20.0.10", true},
        {"client:10.20.0.23", false},
        {"port:443", true},
        {"port:44", false},
        {"port:", true}, /* typed halfway */
        {"why:", true},
        {"since:60s", true},
        {"since:60", true},
        {"since:1m", true},
        {"since:10s", false},
        {"since:1h", true},
        {"since:soon", true},
        {"since:00:00", true},
        {"since:00:00:00", true},
        {"since:00:00:10", false},
        {"since:23:59", true}, /* later than now: of the day before */
        {"since:24:00", true}, /* no time */
        {"since:00:", true},
        {"until:00:00:10", true},
        {"until:20s", true},
        {"until:1m", true}, /* before the clock began */
        {"not until:00:00:10", false},
        {"sni:example", true},
        {"sni:*.example.org", true},
        {"sni:SHOP.*", true},
        {"sni:sho?.example.org", true},
        {"sni:*.example.com", false},
        {"sni:shop.example.or?g", false},
        {"not sni:*", false},
        {"sni:", true},
        {"since:99999999999999999h", true},
        {"unanswered", true},
        {"UNANSWERED syn", true},
        {"unanswered refused", false},
        {"10.20.0.10:5457", true}, /* a part of the row's text */
        {"why:timeout port:443 not client:10.9.0.0/16", true},
        {"why:timeout port:443 not client:10.20.0.0/16", false},
        {"not", true},
        {"not not why:timeout", false},
        {"a b c d e f g h i j k l m n o p q", false},
    };
    const struct endpoint client = sample_endpoint("10.20.0.10", 54575);
    const struct endpoint server = sample_endpoint("10.20.0.23", 443);
    const struct filter_row row = {
        .family = FAMILY_TIMEOUT,
        .verdict = VERDICT_CONNECT_TIMEOUT,
        .server = &server,
        .client = &client,
        .ts_ns = 0,
        .more = "5 SYN unanswered",
        .n_names = 2,
        .name = {"other.test", "shop.example.org"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct filter filter;

        filter_parse(&filter, cases[i].words);
        if (filter_matches(&filter, &row, 30 * NS_PER_S) != cases[i].holds)
            fail_msg("\"%s\" should %shold", cases[i].words, cases[i].holds ? "" : "not ");
    }
}

static void a_row_of_many_clients_is_not_judged_by_them(void **state)
{
    struct snapshot_endpoint endpoint = {.server = sample_endpoint("10.20.0.23", 443)};
    struct filter_row row = filter_endpoint_row(&endpoint, &no_journal);
    struct filter filter;

    (void)state;
    filter_parse(&filter, "client:10.20.0.10");
    assert_true(filter_matches(&filter, &row, 0));
    filter_parse(&filter, "not client:10.20.0.10");
    assert_true(filter_matches(&filter, &row, 0));
}

static void a_snapshot_keeps_its_totals_and_the_order_of_its_rows(void **state)
{
    static struct snapshot snapshot;
    struct filter filter;
    uint64_t n_failed;

    (void)state;
    mockup_snapshot(&snapshot);
    n_failed = snapshot.total.n_failed;
    filter_parse(&filter, "server:10.20.0.22");
    filter_snapshot(&filter, &no_journal, &snapshot);
    assert_int_equal(snapshot.n_endpoint_rows, 2);
    assert_int_equal(snapshot.endpoint[0].server.port, 6379);
    assert_int_equal(snapshot.endpoint[1].server.port, 5432);
    assert_int_equal(snapshot.total.n_failed, n_failed);
    for (uint32_t i = 0; i < snapshot.n_latest; i++)
        assert_int_equal(snapshot.latest[i].server.addr.bytes[15], 22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_hold_or_not),
        cmocka_unit_test(a_row_of_many_clients_is_not_judged_by_them),
        cmocka_unit_test(a_snapshot_keeps_its_totals_and_the_order_of_its_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
