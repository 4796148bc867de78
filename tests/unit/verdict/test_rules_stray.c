/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet that a NAT left untranslated drew a RST, which broke its connection. */
#include "factscript.h"
#include "unit.h"

/* When the stray's RST came, and the connection's own. */
#define STRAY_MS 1000
#define RST_MS 2000

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

/* The server's host forgot it. */
static void forgotten(struct factscript *script)
{
    factscript_answered(script);
    factscript_packet(script, "C PA +400", RST_MS - FACTSCRIPT_RTT_MS);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B2, RST_MS);
}

static void forgotten_by_client(struct factscript *script)
{
    factscript_answered(script);
    factscript_packet(script, "S PA +400", RST_MS - 1);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_B2, RST_MS);
}

static void aborted(struct factscript *script)
{
    factscript_answered(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_A, RST_MS);
}

/* The note of the stray's own flow: the side `dead` sent it, from another address. */
static struct flow_note stray_of(const struct factscript *script, enum flow_side dead)
{
    struct flow_note note = script->note;
    unsigned end = dead == SIDE_CLIENT ? note.client_end : 1u - note.client_end;
    enum flow_side other = side_other(dead);
    struct side_facts *answerer = &note.facts.side[other];

    note.kind = NOTE_RESET;
    note.ordinal += 100;
    note.now_ns = factscript_ns(script, STRAY_MS);
    note.rst_side = (uint8_t)other;
    note.rst_family = RST_FAMILY_B2;
    note.facts.bits = FACT_MIDSTREAM;
    note.facts.side[dead].acked = answerer->nxt;
    answerer->n_pkts = answerer->n_rst = 1;
    assert_true(ipaddr_parse("198.51.100.7", &note.key.addr[end]));
    return note;
}

static void stray_ahead(struct factscript *script, int64_t n_bytes)
{
    struct flow_note note = stray_of(script, SIDE_SERVER);

    note.facts.side[SIDE_SERVER].nxt += (uint32_t)n_bytes;
    hosts_note(&script->hosts, &note);
}

static void stray_acks_ahead(struct factscript *script, int64_t n_bytes)
{
    struct flow_note note = stray_of(script, SIDE_SERVER);

    note.facts.side[SIDE_SERVER].acked += (uint32_t)n_bytes;
    hosts_note(&script->hosts, &note);
}

static void stray_of_client(struct factscript *script, int64_t unused)
{
    struct flow_note note = stray_of(script, SIDE_CLIENT);

    hosts_note(&script->hosts, &note);
}

static void stray_to_another_port(struct factscript *script, int64_t unused)
{
    struct flow_note note = stray_of(script, SIDE_SERVER);

    note.key.port[note.client_end]++;
    hosts_note(&script->hosts, &note);
}

static void stray_at(struct factscript *script, int64_t ns)
{
    struct flow_note note = stray_of(script, SIDE_SERVER);

    note.now_ns = ns;
    hosts_note(&script->hosts, &note);
}

static void stray_after_rst(struct factscript *script, int64_t ns)
{
    stray_at(script, script->note.trail.rst[0].mark.ts_ns + ns);
}

static void stray_before_syn(struct factscript *script, int64_t ns)
{
    stray_at(script, script->note.facts.first_ns - ns);
}

static void stray_with_syn(struct factscript *script, int64_t unused)
{
    struct flow_note note = stray_of(script, SIDE_SERVER);

    note.facts.bits = FACT_SYN_SEEN | FACT_ESTABLISHED;
    hosts_note(&script->hosts, &note);
}

static void answerer_had_part(struct factscript *script, int64_t unused)
{
    struct flow_note note = stray_of(script, SIDE_SERVER);

    note.facts.side[SIDE_CLIENT].n_pkts++;
    hosts_note(&script->hosts, &note);
}

static void stray_aborted(struct factscript *script, int64_t unused)
{
    struct flow_note note = stray_of(script, SIDE_SERVER);

    note.rst_family = RST_FAMILY_A;
    hosts_note(&script->hosts, &note);
}

/* Packets that were on their way when the RST left: three round trips and what reorders. */
static void server_goes_on(struct factscript *script, int64_t ns)
{
    struct verdict_case c;

    stray_ahead(script, 0);
    factscript_case(script, &c);
    script->note.trail.slot[TRAIL_SERVER_LAST].ts_ns =
        factscript_ns(script, STRAY_MS) + 3 * c.rtt_ns + limits()->reorder_ns + ns;
}

static void closed_before(struct factscript *script, int64_t unused)
{
    stray_ahead(script, 0);
    script->note.trail.rst[0].sender_had_fin = true;
}

static void newer_strays(struct factscript *script, int64_t n)
{
    stray_ahead(script, 0);
    for (int64_t i = 0; i < n; i++)
        stray_to_another_port(script, 0);
}

static void a_stray_breaks_its_connection_by_the_reset_it_draws(void **state)
{
    const int64_t span = limits()->stray_span_bytes;
    const struct rule_case cases[] = {
        {"the server's packet, untranslated", LIKELY, forgotten, stray_ahead, 0, "stray-reset"},
        {"the client's", LIKELY, forgotten_by_client, stray_of_client, 0, "stray-reset"},
        {"none seen", NONE, forgotten},
        {"as far ahead as a window is wide", LIKELY, forgotten, stray_ahead, span},
        {"farther", NONE, forgotten, stray_ahead, span + 1},
        {"as far behind", LIKELY, forgotten, stray_ahead, -span},
        {"farther behind", NONE, forgotten, stray_ahead, -span - 1},
        {"acknowledges as far ahead", LIKELY, forgotten, stray_acks_ahead, span},
        {"acknowledges what is not of it", NONE, forgotten, stray_acks_ahead, span + 1},
        {"to another port of the client", NONE, forgotten, stray_to_another_port},
        {"the other side's stray", NONE, forgotten, stray_of_client},
        {"at the RST", LIKELY, forgotten, stray_after_rst, 0},
        {"after the RST", NONE, forgotten, stray_after_rst, 1},
        {"at the SYN", LIKELY, forgotten, stray_before_syn, 0},
        {"before the SYN", NONE, forgotten, stray_before_syn, 1},
        {"a connection of its own", NONE, forgotten, stray_with_syn},
        {"who answers had part in it", NONE, forgotten, answerer_had_part},
        {"reset by a socket", NONE, forgotten, stray_aborted},
        {"what was on its way still came", LIKELY, forgotten, server_goes_on, 0},
        {"the server went on", NONE, forgotten, server_goes_on, 1},
        {"it had closed", NONE, forgotten, closed_before},
        {"the program aborted", NONE, aborted, stray_ahead, 0},
        {"not the newest", LIKELY, forgotten, newer_strays, STRAYS_MAX - 1},
        {"pushed out by newer ones", NONE, forgotten, newer_strays, STRAYS_MAX},
    };

    (void)state;
    factscript_check(rule_conntrack_invalid_reset, cases, ARRAY_LEN(cases));
}

static void it_names_the_cause_of_a_lost_connection(void **state)
{
    struct factscript script;
    struct connection_event event;

    (void)state;
    factscript_open(&script);
    forgotten(&script);
    stray_ahead(&script, 400000);
    factscript_judge(&script, &event);
    assert_int_equal(event.verdict, VERDICT_CONNTRACK_INVALID_RESET);
    assert_int_equal(event.confidence, CONFIDENCE_LIKELY);
    assert_int_equal(event.alternatives[0], VERDICT_RESET_LOST_STATE);
    factscript_close(&script);
}

/* The stray's own flow when it is over, beside the connection that its RST ended or did not. */
static void what_is_only_a_stray_is_no_failure_of_its_own(void **state)
{
    (void)state;
    for (unsigned is_broken = 0; is_broken < 2; is_broken++) {
        struct verdict_event event;
        struct factscript script;
        struct flow_note stray;

        factscript_open(&script);
        forgotten(&script);
        stray = stray_of(&script, SIDE_SERVER);
        hosts_note(&script.hosts, &stray);
        script.note.rst_side = SIDE_SERVER;
        script.note.rst_family = RST_FAMILY_B2;
        if (is_broken)
            factscript_tell(&script, NOTE_RESET);
        stray.kind = NOTE_ENDED;
        stray.trail.n_rst = 1;
        stray.trail.rst[0].mark.frame = stray.ordinal;
        verdict_judge(&script.context, &stray, &event);
        assert_int_equal(event.connection.is_failure, !is_broken);
        if (is_broken)
            assert_int_equal(event.connection.verdict, VERDICT_UNKNOWN_MIDSTREAM);
        factscript_close(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stray_breaks_its_connection_by_the_reset_it_draws),
        cmocka_unit_test(it_names_the_cause_of_a_lost_connection),
        cmocka_unit_test(what_is_only_a_stray_is_no_failure_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
