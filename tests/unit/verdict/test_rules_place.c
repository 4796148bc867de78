/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a RST came from: devices on the path, and what a forger gets wrong. */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

static struct rst_facts *first_rst(struct factscript *script)
{
    return &script->note.trail.rst[0];
}

/* ---- a device on the path ---- */

static void nearer(struct factscript *script, int64_t n_hops)
{
    first_rst(script)->mark.ttl = (uint8_t)(FACTSCRIPT_SERVER_TTL + n_hops);
}

/* Of few packets more than one TTL may not have been seen. */
static void nearer_than_few(struct factscript *script, int64_t n_more)
{
    nearer(script, 1);
    first_rst(script)->n_baseline = (uint8_t)(limits()->hops_stable_flows + n_more);
}

static void nearer_than_one_of_several(struct factscript *script, int64_t n_hops)
{
    nearer(script, n_hops);
    script->note.facts.side[SIDE_SERVER].bits |= SIDE_TTL_VARIES;
}

static void sooner(struct factscript *script, int64_t value)
{
    (void)value;
    factscript_seen_at(script, SIDE_CLIENT);
    first_rst(script)->mark.ts_ns = first_rst(script)->trigger.ts_ns + RTT / 2 * NS_PER_MS - 1;
}

static void nearer_and_sooner(struct factscript *script, int64_t n_hops)
{
    nearer(script, n_hops);
    sooner(script, 0);
}

static void nearer_without_tos(struct factscript *script, int64_t n_hops)
{
    nearer(script, n_hops);
    first_rst(script)->trigger.tos = 0xb8;
}

static void without_tos(struct factscript *script, int64_t tos)
{
    first_rst(script)->trigger.tos = 0xb8;
    first_rst(script)->mark.tos = (uint8_t)tos;
}

static void without_flow_label(struct factscript *script, int64_t label)
{
    first_rst(script)->trigger.flow_label = 7;
    first_rst(script)->mark.flow_label = (uint32_t)label;
    first_rst(script)->mark.bits |= MARK_V6;
    sooner(script, 0);
}

static void several_paths(struct factscript *script, int64_t n_hops)
{
    nearer_and_sooner(script, n_hops);
    script->note.facts.side[SIDE_SERVER].bits |= SIDE_TTL_VARIES;
}

static void a_front(struct factscript *script, int64_t n_hops)
{
    nearer_and_sooner(script, n_hops);
    script->note.trail.slot[TRAIL_SYNACK].ttl++;
}

static void after_idle(struct factscript *script, int64_t ns)
{
    nearer_and_sooner(script, 2);
    first_rst(script)->quiet_before_ns = limits()->idle_ns + ns;
}

static void server_goes_on(struct factscript *script, int64_t n_hops)
{
    nearer_and_sooner(script, n_hops);
    script->note.trail.slot[TRAIL_AFTER_RST] = *factscript_packet(script, "S PA +100", 6000);
}

static void goes_on_after(struct factscript *script, int64_t ns)
{
    struct packet_mark *after = &script->note.trail.slot[TRAIL_AFTER_RST];

    *after = *factscript_packet(script, "S PA +100", 6000);
    after->ts_ns = first_rst(script)->mark.ts_ns + limits()->reorder_ns + ns;
}

static void of_a_socket(struct factscript *script, int64_t n_hops)
{
    nearer_and_sooner(script, n_hops);
    first_rst(script)->family = RST_FAMILY_A;
}

static void not_exact(struct factscript *script, int64_t fit)
{
    nearer_and_sooner(script, 2);
    first_rst(script)->fit = (uint8_t)fit;
}

static void a_device_on_the_path_is_told_by_its_place(void **state)
{
    static const struct rule_case cases[] = {
        {"nearer and sooner", LIKELY, factscript_forgotten, nearer_and_sooner, 2, "ttl-nearer"},
        {"nearer alone", POSSIBLE, factscript_forgotten, nearer, 2},
        {"one hop from so many packets", POSSIBLE, factscript_forgotten, nearer_than_few, 0},
        {"one hop from fewer may be a wobble", NONE, factscript_forgotten, nearer_than_few, -1},
        {"one hop where the TTL varies", NONE, factscript_forgotten, nearer_than_one_of_several, 1},
        {"farther is no device in between", NONE, factscript_forgotten, nearer, -5},
        {"the host's default TTL is another than its sockets'", NONE, factscript_forgotten, nearer,
         64},
        {"sooner alone", POSSIBLE, factscript_forgotten, sooner, 0, "rst-too-soon"},
        {"nearer and a filter's TOS", LIKELY, factscript_forgotten, nearer_without_tos, 2,
         "tos-not-mirrored"},
        {"a filter's TOS alone", POSSIBLE, factscript_forgotten, without_tos},
        {"the TOS is mirrored", NONE, factscript_forgotten, without_tos, 0xb8},
        {"sooner and a filter's flow label", LIKELY, factscript_forgotten, without_flow_label, 0,
         "flow-label-missing"},
        {"sooner, with a flow label", POSSIBLE, factscript_forgotten, without_flow_label, 9},
        {"several paths", POSSIBLE, factscript_forgotten, several_paths, 2, "several-paths"},
        {"a front answered the SYN", POSSIBLE, factscript_forgotten, a_front, 2,
         "front-and-backend"},
        {"after idle it was forgotten", NONE, factscript_forgotten, after_idle},
        {"not yet idle", LIKELY, factscript_forgotten, after_idle, -1},
        {"the server goes on: forged", NONE, factscript_forgotten, server_goes_on, 2},
        {"a socket's own", NONE, factscript_forgotten, of_a_socket, 2},
        {"in the window, not exact", NONE, factscript_forgotten, not_exact, RST_FIT_WINDOW},
        {"from where the server is", NONE, factscript_forgotten},
    };

    (void)state;
    factscript_check(rule_firewall_midstream_rst, cases, ARRAY_LEN(cases));
}

static void lost_state_is_less_sure_from_elsewhere(void **state)
{
    static const struct rule_case cases[] = {
        {"from where the server is", LIKELY, factscript_forgotten},
        {"a hop nearer than so many packets", POSSIBLE, factscript_forgotten, nearer_than_few, 0,
         "ttl-differs"},
        {"a hop nearer than fewer", LIKELY, factscript_forgotten, nearer_than_few, -1},
        {"a hop nearer where the TTL varies", LIKELY, factscript_forgotten,
         nearer_than_one_of_several, 1},
        {"a hop farther", LIKELY, factscript_forgotten, nearer, -1},
        {"sooner than its host can answer", POSSIBLE, factscript_forgotten, sooner, 0,
         "rst-too-soon"},
        {"its host goes on", POSSIBLE, factscript_forgotten, goes_on_after, 0, "sender-continues"},
        {"what overtook it", LIKELY, factscript_forgotten, goes_on_after, -1},
        {"two hops nearer", POSSIBLE, factscript_forgotten, nearer, 2, "ttl-differs"},
        {"two hops farther", POSSIBLE, factscript_forgotten, nearer, -2, "ttl-differs"},
        {"as a filter", POSSIBLE, factscript_forgotten, without_tos, 0, "tos-not-mirrored"},
    };

    (void)state;
    factscript_check(rule_reset_lost_state, cases, ARRAY_LEN(cases));
}

/* ---- forgers' mistakes ---- */

/* One point, for no single stack sends two; one more makes it possible. */
static void reset_twice(struct factscript *script)
{
    factscript_asked(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_X, 2 * RTT + 30);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_X, 2 * RTT + 40);
    script->note.trail.rst[0].mark.window = script->note.trail.rst[1].mark.window = 229;
}

static void acks_differ(struct factscript *script, int64_t n_beyond)
{
    script->note.trail.rst[1].mark.ack =
        script->note.facts.side[SIDE_CLIENT].nxt + (uint32_t)n_beyond;
    script->note.trail.rst[0].mark.ack = script->note.facts.side[SIDE_CLIENT].nxt - 100;
}

static void bare_acks_differ(struct factscript *script, int64_t n_beyond)
{
    acks_differ(script, n_beyond);
    script->note.trail.rst[1].mark.flags = script->note.trail.rst[0].mark.flags = TCP_RST;
    script->note.trail.rst[0].mark.ack = script->note.trail.rst[1].mark.ack;
}

static void acks_differ_later(struct factscript *script, int64_t ns)
{
    acks_differ(script, 1000);
    script->note.trail.rst[1].mark.ts_ns =
        first_rst(script)->mark.ts_ns + limits()->rst_burst_ns + ns;
}

static void behind(struct factscript *script, int64_t n_bytes)
{
    first_rst(script)->sent_beyond = (uint32_t)n_bytes;
}

static void behind_as_answer(struct factscript *script, int64_t n_bytes)
{
    behind(script, n_bytes);
    first_rst(script)->trigger = script->note.trail.slot[TRAIL_CLIENT_LAST];
}

static void sent_twice_with_payload(struct factscript *script, int64_t n_bytes)
{
    first_rst(script)->mark.payload_bytes = (uint32_t)n_bytes;
}

static void forgers_guess_numbers(void **state)
{
    static const struct rule_case cases[] = {
        {"two of one number", NONE, reset_twice},
        {"two with payload", POSSIBLE, reset_twice, sent_twice_with_payload, 1, "tamper-signature"},
        {"the second acknowledges what was never sent", POSSIBLE, reset_twice, acks_differ, 1,
         "rst-acks-unsent"},
        {"both acknowledge what was sent: only two of a socket", NONE, reset_twice, acks_differ, 0},
        {"without ACK the field means nothing", NONE, reset_twice, bare_acks_differ, 1000},
        {"within 2 s", POSSIBLE, reset_twice, acks_differ_later, -1},
        {"later than that", NONE, reset_twice, acks_differ_later, 0},
        {"behind what was sent", POSSIBLE, reset_twice, behind, 1, "rst-behind-data"},
        {"at the end of what was sent", NONE, reset_twice, behind, 0},
        {"behind, for it answers an older packet", NONE, reset_twice, behind_as_answer, 1},
    };

    (void)state;
    factscript_check(rule_rst_injected, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_on_the_path_is_told_by_its_place),
        cmocka_unit_test(lost_state_is_less_sure_from_elsewhere),
        cmocka_unit_test(forgers_guess_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
