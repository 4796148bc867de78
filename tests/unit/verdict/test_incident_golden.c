/* SPDX-License-Identifier: BSD-2-Clause */
/* The failures of incident.pcap, as the judge hears of them: six incidents in the order in which
 * INTERFACE.md 5.1 numbers them. */
#include <stdlib.h>

#include "base/compiler.h"
#include "outbreak_script.h"
#include "unit.h"
#include "verdict/incident.h"

/* Its nine failing endpoints as the packets have them: milliseconds after 03:43:50. */
static const struct {
    struct attempt like;
    int64_t every_ms;
    unsigned n;
    uint32_t number; /* of its incident, 0 = none */
    int64_t opened_from_ms, opened_to_ms;
} golden[] = {
    {{.at_ms = 18927,
      .late_ms = 2500,
      .server = 22,
      .port = 6379,
      .family = FAMILY_FIREWALL_REJECT},
     605,
     60,
     1,
     29200,
     29300},
    {{.at_ms = 18927, .late_ms = 2500, .server = 22, .port = 5432, .family = FAMILY_REFUSED},
     2027,
     18,
     2,
     37100,
     37200},
    {{.at_ms = 32368, .late_ms = 2000, .server = 21, .port = 9000, .family = FAMILY_RESET},
     813,
     14,
     3,
     42300,
     43000},
    {{.at_ms = 34087,
      .late_ms = 4000,
      .server = 24,
      .port = 8443,
      .family = FAMILY_BACKLOG_OVERFLOW},
     1016,
     34,
     4,
     44000,
     44300},
    {{.at_ms = 41124, .late_ms = 2150, .server = 21, .port = 7000, .family = FAMILY_RST_FORGED},
     2431,
     5,
     5,
     45900,
     46100},
    {{.at_ms = 43239, .late_ms = 4000, .server = 23, .port = 443, .family = FAMILY_TIMEOUT},
     1218,
     23,
     6,
     54100,
     54300},
    {{.at_ms = 6835, .late_ms = 2500, .server = 21, .port = 8080, .family = FAMILY_REFUSED},
     5064,
     12,
     0,
     0,
     0},
    {{.at_ms = 6900, .late_ms = 5000, .server = 21, .port = 443, .family = FAMILY_TLS_REFUSED},
     6100,
     10,
     0,
     0,
     0},
    {{.at_ms = 47000, .late_ms = 5000, .server = 21, .port = 50051, .family = FAMILY_HTTP_REFUSED},
     1600,
     6,
     0,
     0,
     0},
};

struct heard {
    int64_t heard_ms;
    struct attempt attempt;
};

static int by_heard(const void *a, const void *b)
{
    const struct heard *x = a, *y = b;

    return (x->heard_ms > y->heard_ms) - (x->heard_ms < y->heard_ms);
}

static void play_golden(struct outbreak_stage *stage)
{
    struct heard heard[200];
    unsigned n = 0;

    for (unsigned g = 0; g < ARRAY_LEN(golden); g++)
        for (unsigned i = 0; i < golden[g].n; i++, n++) {
            heard[n].attempt = golden[g].like;
            heard[n].attempt.at_ms += i * golden[g].every_ms;
            heard[n].heard_ms = heard[n].attempt.at_ms + golden[g].like.late_ms;
        }
    assert_int_equal(n, 182);
    qsort(heard, n, sizeof(*heard), by_heard);
    for (unsigned i = 0; i < n; i++)
        stage_attempt(stage, &heard[i].attempt);
}

static void the_golden_capture_makes_six_incidents_in_their_order(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    play_golden(&stage);
    stage_finish(&stage, 75000);
    assert_int_equal(stage.n_lines, 12);
    for (unsigned g = 0; g < ARRAY_LEN(golden); g++) {
        const struct incident_event *open, *closing;

        if (!golden[g].number)
            continue;
        open = stage_line(&stage, INCIDENT_OPEN, golden[g].number - 1);
        closing = stage_line(&stage, INCIDENT_CLOSE, golden[g].number - 1);
        assert_int_equal(open->number, golden[g].number);
        assert_int_equal(open->server.port, golden[g].like.port);
        assert_int_equal(open->family, golden[g].like.family);
        assert_in_range((open->opened_ns - SCRIPT_START_NS) / NS_PER_MS, golden[g].opened_from_ms,
                        golden[g].opened_to_ms);
        assert_int_equal(closing->n_failures, golden[g].n);
        assert_int_equal(closing->n_attempts, golden[g].n);
        assert_int_equal(open->rule, golden[g].number == 5 ? RULE_FORGED : RULE_BURST);
    }
    assert_int_equal(stage_line(&stage, INCIDENT_OPEN, 0)->n_failures, 18);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->n_related, 1);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->related[0], 2);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 4)->n_related, 0);
    stage_check_lines(&stage);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_capture_makes_six_incidents_in_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
