/* SPDX-License-Identifier: BSD-2-Clause */
/* Scans and backscatter: how many targets and peers it takes, and which. */
#include <stdio.h>

#include "factscript.h"
#include "unit.h"
#include "verdict/scan.h"

#define MINUTE_MS 60000

/* The note of an attempt at the n-th target: another port, or another host. */
static void aim(struct factscript *script, unsigned n, bool is_other_host)
{
    char addr[16];

    assert_in_range(snprintf(addr, sizeof(addr), "192.0.2.%u", is_other_host ? n + 1 : 2), 1, 15);
    factscript_server(script, addr, (uint16_t)(is_other_host ? 443 : 1000 + n));
}

/* Attempts at `n` targets, all within a second, and then the one of the script: the next target. */
static void attempts(struct factscript *script, unsigned n, void (*flow)(struct factscript *script),
                     enum flow_note_kind kind, bool are_other_hosts)
{
    for (unsigned i = 0; i < n; i++) {
        factscript_next(script, 10);
        aim(script, i, are_other_hosts);
        flow(script);
        script->note.now_ns = script->start_ns + NS_PER_S;
        factscript_tell(script, kind);
    }
}

static void next_target(struct factscript *script)
{
    factscript_next(script, 10);
    aim(script, 200, false);
    factscript_refused(script);
    script->note.now_ns = script->start_ns + NS_PER_S;
}

static void ports_refused(struct factscript *script, int64_t n)
{
    attempts(script, (unsigned)n, factscript_refused, NOTE_REFUSED, false);
    next_target(script);
}

static void hosts_refused(struct factscript *script, int64_t n)
{
    attempts(script, (unsigned)n, factscript_refused, NOTE_REFUSED, true);
    next_target(script);
}

static void ports_silent(struct factscript *script, int64_t n)
{
    attempts(script, (unsigned)n, factscript_silent, NOTE_ENDED, false);
    next_target(script);
}

static void hosts_silent(struct factscript *script, int64_t n)
{
    attempts(script, (unsigned)n, factscript_silent, NOTE_ENDED, true);
    next_target(script);
}

/* So many ports of one host are silent, and as many other hosts are. */
static void mixed_targets(struct factscript *script, int64_t n)
{
    attempts(script, (unsigned)n, factscript_silent, NOTE_ENDED, false);
    attempts(script, (unsigned)n, factscript_silent, NOTE_ENDED, true);
    next_target(script);
}

static void one_target_again(struct factscript *script, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        attempts(script, 1, factscript_refused, NOTE_REFUSED, false);
    next_target(script);
}

/* Each target accepted somebody before. */
static void known_targets(struct factscript *script, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        factscript_next(script, 10);
        aim(script, (unsigned)i, false);
        factscript_listener(script)->accept_ns = script->start_ns;
    }
    ports_refused(script, n);
}

static void some_made(struct factscript *script, int64_t n)
{
    attempts(script, SCAN_TARGETS, factscript_refused, NOTE_REFUSED, false);
    for (int64_t i = 0; i < n; i++)
        attempts(script, 1, factscript_connected, NOTE_ESTABLISHED, true);
    next_target(script);
}

static void judged_later(struct factscript *script, int64_t after_ms)
{
    attempts(script, SCAN_TARGETS, factscript_refused, NOTE_REFUSED, false);
    next_target(script);
    script->note.now_ns += after_ms * NS_PER_MS;
}

static void half_before_half_after_a_minute(struct factscript *script, int64_t unused)
{
    attempts(script, 8, factscript_refused, NOTE_REFUSED, false);
    factscript_next(script, MINUTE_MS);
    for (unsigned i = 8; i < SCAN_TARGETS; i++) {
        factscript_next(script, 10);
        aim(script, i, false);
        factscript_refused(script);
        script->note.now_ns = script->start_ns + NS_PER_S;
        factscript_tell(script, NOTE_REFUSED);
    }
    next_target(script);
}

static void nothing(struct factscript *script)
{
}

static void a_scan_is_many_targets_in_vain(void **state)
{
    const struct rule_case cases[] = {
        {"fifteen ports refused", LIKELY, nothing, ports_refused, SCAN_TARGETS, "many-targets"},
        {"fourteen", NONE, nothing, ports_refused, SCAN_TARGETS - 1},
        {"fifteen hosts that refuse", LIKELY, nothing, hosts_refused, SCAN_TARGETS},
        {"fifteen silent ports", LIKELY, nothing, ports_silent, SCAN_TARGETS},
        {"one port of fifteen silent hosts", POSSIBLE, nothing, hosts_silent, SCAN_TARGETS,
         "no-sweep"},
        {"ports and hosts of all kinds", POSSIBLE, nothing, mixed_targets, 8, "no-sweep"},
        {"ten ports of one host among them", LIKELY, nothing, mixed_targets, 10},
        {"one target again and again", NONE, nothing, one_target_again, 100},
        {"targets that used to accept", NONE, nothing, known_targets, SCAN_TARGETS},
        {"one of five is made", LIKELY, nothing, some_made, 3},
        {"more are made", NONE, nothing, some_made, 4},
        {"a while ago", LIKELY, nothing, judged_later, MINUTE_MS},
        {"longer ago", NONE, nothing, judged_later, 2 * MINUTE_MS},
        {"over more than a minute", NONE, nothing, half_before_half_after_a_minute},
    };

    (void)state;
    factscript_check(rule_port_scan, cases, ARRAY_LEN(cases));
}

static void a_connection_of_the_scanner_is_not_its_scan(void **state)
{
    struct verdict_case c;
    struct ruling ruling = {0};
    struct factscript script;

    (void)state;
    factscript_open(&script);
    ports_refused(&script, SCAN_TARGETS);
    factscript_next(&script, 10);
    factscript_closed(&script);
    factscript_case(&script, &c);
    assert_int_equal(rule_port_scan(&c, &ruling), NONE);
    factscript_close(&script);
}

/* ---- backscatter ---- */

static void stray_synack(struct factscript *script)
{
    factscript_packet(script, "S SA", 0);
    script->note.facts.bits |= FACT_MIDSTREAM;
}

static void stray_synack_reset(struct factscript *script)
{
    stray_synack(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_B2, 0.1);
}

static void stray_refusal(struct factscript *script)
{
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B1, 0);
    script->note.facts.bits |= FACT_MIDSTREAM;
}

static void stray_abort(struct factscript *script)
{
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_A, 0)->mark.seq = 7;
    script->note.facts.bits |= FACT_MIDSTREAM;
}

static void one_sided(struct factscript *script)
{
    stray_synack(script);
    factscript_packet(script, "S PA +100", 20);
}

/* Strays of `n` peers, of which the last is the script's, in a capture that is 60 s old. */
static void peers(struct factscript *script, unsigned n, double begun_ms,
                  void (*flow)(struct factscript *script))
{
    script->hosts.start_ns = script->start_ns;
    factscript_next(script, begun_ms);
    for (unsigned i = 0; i < n; i++) {
        char addr[16];

        factscript_next(script, 10);
        assert_in_range(snprintf(addr, sizeof(addr), "198.51.100.%u", i), 1, 15);
        factscript_server(script, addr, 80);
        flow(script);
        factscript_tell(script, NOTE_ENDED);
    }
}

static void backscatter_is_answers_of_many_to_nothing(void **state)
{
    static const struct {
        const char *name;
        unsigned confidence;
        unsigned n;
        double begun_ms;
        void (*flow)(struct factscript *script);
    } rows[] = {
        {"SYN-ACKs of five", LIKELY, SCATTER_PEERS, MINUTE_MS, stray_synack},
        {"each reset", LIKELY, SCATTER_PEERS, MINUTE_MS, stray_synack_reset},
        {"refusals", LIKELY, SCATTER_PEERS, MINUTE_MS, stray_refusal},
        {"of four", NONE, SCATTER_PEERS - 1, MINUTE_MS, stray_synack},
        {"the capture has just begun", NONE, SCATTER_PEERS, MINUTE_MS - 1000, stray_synack},
        {"connections that are aborted", NONE, SCATTER_PEERS, MINUTE_MS, stray_abort},
        {"one direction of connections", NONE, SCATTER_PEERS, MINUTE_MS, one_sided},
        {"attempts", NONE, SCATTER_PEERS, MINUTE_MS, factscript_half_open},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct verdict_case c;
        struct ruling ruling = {0};
        struct factscript script;
        unsigned confidence;

        factscript_open(&script);
        peers(&script, rows[i].n, rows[i].begun_ms, rows[i].flow);
        factscript_case(&script, &c);
        confidence = rule_backscatter(&c, &ruling);
        if (confidence != rows[i].confidence)
            fail_msg("%s: %u, not %u", rows[i].name, confidence, rows[i].confidence);
        factscript_close(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_is_many_targets_in_vain),
        cmocka_unit_test(a_connection_of_the_scanner_is_not_its_scan),
        cmocka_unit_test(backscatter_is_answers_of_many_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
