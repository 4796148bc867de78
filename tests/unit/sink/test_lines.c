/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nanotime.h"
#include "sample.h"
#include "sink/sink.h"

struct fixture {
    struct sink sink;
    struct run_info run;
    char path[32];
};

static struct snapshot snapshot; /* too large for the stack */

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct err err = {0};
    int fd;

    if (fixture == NULL)
        return -1;
    strcpy(fixture->path, "/tmp/tcpwhy-lines-XXXXXX");
    fd = mkstemp(fixture->path);
    if (fd < 0)
        return -1;
    close(fd);
    memset(&snapshot, 0, sizeof(snapshot));
    sample_run(&fixture->run);
    *state = fixture;
    return sink_open(&fixture->sink, &sink_lines, &fixture->run, fixture->path, &err);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    sink_close(&fixture->sink);
    unlink(fixture->path);
    free(fixture);
    return 0;
}

static void assert_written(struct fixture *fixture, const char *wanted)
{
    char written[4096];
    FILE *file = fopen(fixture->path, "r");
    size_t n;

    assert_non_null(file);
    assert_int_equal(sink_flush(&fixture->sink, 0), 0);
    n = fread(written, 1, sizeof(written) - 1, file);
    written[n] = '\0';
    fclose(file);
    assert_string_equal(written, wanted);
}

static void failures_and_incidents_have_a_line_each(void **state)
{
    struct fixture *fixture = *state;
    struct verdict_event event;

    sink_start(&fixture->sink);
    sample_rejected(&event);
    sink_event(&fixture->sink, &event);
    sample_incident(&event, INCIDENT_OPEN);
    sink_event(&fixture->sink, &event);
    sample_forged(&event);
    sink_event(&fixture->sink, &event);
    sample_timeout(&event);
    sink_event(&fixture->sink, &event);
    sample_ok(&event);
    sink_event(&fixture->sink, &event);
    assert_written(
        fixture,
        "-- 2026-11-21, times are UTC\n"
        "03:44:08.926  F  10.20.0.22:6379 rejected by a firewall (ICMP 3/13) for "
        "10.20.0.10:57363\n"
        "03:44:19.221  !  incident 1 opened: 10.20.0.22:6379 rejected by a firewall, 18 of 18 "
        "attempts in 10.3 s\n"
        "03:44:31.274  !  10.20.0.21:7000 to 10.20.0.10:57063 cut by a RST the server did not "
        "send (TTL 242, server has 64)\n"
        "03:44:35.000  T  [fd00::23]:443 drops the SYNs of [fd00::10]:40000: 5 SYNs unanswered, "
        "the host is alive (likely), and 2 more like it\n"
        "03:44:45.000     10.20.0.10:50000 connected to 10.20.0.21:80, 3.00 ms\n");
}

static void a_new_day_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct verdict_event event;

    for (unsigned day = 0; day < 2; day++) {
        sample_ok(&event);
        event.ts_ns += day * 24 * 3600 * NS_PER_S;
        sink_event(&fixture->sink, &event);
    }
    assert_written(fixture,
                   "-- 2026-11-21, times are UTC\n"
                   "03:44:45.000     10.20.0.10:50000 connected to 10.20.0.21:80, 3.00 ms\n"
                   "-- 2026-11-22, times are UTC\n"
                   "03:44:45.000     10.20.0.10:50000 connected to 10.20.0.21:80, 3.00 ms\n");
}

static void loss_has_a_line_and_its_absence_none(void **state)
{
    struct fixture *fixture = *state;
    struct run_totals before = {.n_kernel_dropped = 7};
    struct stats_info stats = {.ts_ns = SAMPLE_EPOCH_NS,
                               .interval_ns = 10 * NS_PER_S,
                               .now = &snapshot,
                               .before = &before};

    snapshot.total.n_kernel_dropped = 7;
    sink_stats(&fixture->sink, &stats);
    snapshot.total.n_kernel_dropped = 1000;
    snapshot.total.n_shed = 300;
    sink_stats(&fixture->sink, &stats);
    assert_written(fixture, "-- 2026-11-21, times are UTC\n"
                            "03:43:55.000  ~  1,293 packets lost by the capture in 10.0 s\n");
}

static void the_last_line_sums_up(void **state)
{
    struct fixture *fixture = *state;
    struct stop_info stop = {.final = &snapshot};

    sample_totals(&snapshot.total);
    sink_stop(&fixture->sink, &stop);
    snapshot.total = (struct run_totals){.n_attempts = 1, .n_ring_dropped = 1};
    sink_stop(&fixture->sink, &stop);
    assert_written(fixture,
                   "5 of 7 connection attempts failed: firewall reject 1, timeout 3, "
                   "rst forged 1; 1 incident\n"
                   "0 of 1 connection attempt failed; 0 incidents; 1 packet lost by the capture\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(failures_and_incidents_have_a_line_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_day_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loss_has_a_line_and_its_absence_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_line_sums_up, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
