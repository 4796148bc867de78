/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "sink/sink.h"

static void sinks_are_found_by_name(void **state)
{
    static const char *const names[] = {"report", "lines", "json", "null"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct sink_ops *ops = sink_by_name(names[i]);

        assert_non_null(ops);
        assert_string_equal(ops->name, names[i]);
        assert_non_null(ops->open);
        assert_true(strlen(ops->help) > 0);
    }
    assert_null(sink_by_name("jso"));
    assert_null(sink_by_name(""));
}

static void members_that_a_sink_lacks_are_not_called(void **state)
{
    static const struct verdict_event event;
    static const struct snapshot snapshot;
    static const struct run_totals totals;
    const struct stats_info stats = {.now = &snapshot, .before = &totals};
    const struct stop_info stop = {.final = &snapshot};
    const struct run_info run = {.version = "0"};
    struct err err = {0};
    struct sink sink;

    (void)state;
    assert_int_equal(sink_open(&sink, &sink_null, &run, NULL, &err), 0);
    assert_ptr_equal(sink.run, &run);
    sink_start(&sink);
    sink_event(&sink, &event);
    sink_stats(&sink, &stats);
    sink_snapshot(&sink, &snapshot);
    assert_int_equal(sink_input_fd(&sink), -1);
    assert_false(sink_input(&sink));
    sink_stop(&sink, &stop);
    sink_close(&sink);
}

static void a_sink_that_does_not_open_leaves_its_caller_alone(void **state)
{
    const struct run_info run = {.version = "0"};
    struct sink sink = {.n_write_errors = 77};
    struct err err = {0};

    (void)state;
    assert_int_equal(sink_open(&sink, &sink_json, &run, "/nonexistent/x", &err), -ENOENT);
    assert_int_equal(sink.n_write_errors, 77);
    assert_null(sink.ops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sinks_are_found_by_name),
        cmocka_unit_test(members_that_a_sink_lacks_are_not_called),
        cmocka_unit_test(a_sink_that_does_not_open_leaves_its_caller_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
