/* SPDX-License-Identifier: BSD-2-Clause */
/* QUIC and SCTP: what is a refusal, and what only looks like one. */
#include <string.h>

#include "factscript.h"
#include "unit.h"

/* ---- SCTP ---- */

/* The INIT and the ABORT, 20 ms later. */
static void aborted(struct factscript *script)
{
    script->note.key.proto = FLOW_PROTO_SCTP;
    script->note.has_speech = true;
    script->note.speech.kind = READER_SCTP;
    script->note.speech.sctp = (struct sctp_facts){.abort_frame = 2, .n_inits = 1};
    script->note.facts.last_ns[SIDE_CLIENT] = script->note.facts.first_ns;
    script->note.facts.last_ns[SIDE_SERVER] = factscript_ns(script, FACTSCRIPT_RTT_MS);
    script->note.facts.side[SIDE_CLIENT].n_pkts = script->note.facts.side[SIDE_SERVER].n_pkts = 1;
}

static void cause(struct factscript *script, int64_t value)
{
    script->note.speech.sctp.cause = (uint16_t)value;
}

static void n_inits(struct factscript *script, int64_t n)
{
    script->note.speech.sctp.n_inits = (uint8_t)n;
}

static void after_init_ack(struct factscript *script, int64_t unused)
{
    script->note.speech.sctp.had_init_ack = true;
}

static void no_abort(struct factscript *script, int64_t unused)
{
    script->note.speech.sctp.abort_frame = 0;
}

static void said_by(struct factscript *script, int64_t kind)
{
    script->note.speech.kind = (uint8_t)kind;
}

static void an_abort_that_the_client_believes_is_a_refusal(void **state)
{
    static const struct rule_case cases[] = {
        {"of the INIT", CERTAIN, aborted, .reason = "abort-answers-init"},
        {"without a cause", CERTAIN, aborted, .reason = "abort-without-cause"},
        {"with one", CERTAIN, aborted, cause, 4, "abort-cause"},
        {"with one that has no name", CERTAIN, aborted, cause, 0xffff, "abort-cause"},
        {"of the cookie", CERTAIN, aborted, after_init_ack, 0, "abort-answers-cookie"},
        {"of the second INIT", CERTAIN, aborted, n_inits, 2, "init-repeated"},
        {"no ABORT", NONE, aborted, no_abort},
        {"something else was said", NONE, aborted, said_by, READER_TLS},
        {"TCP", NONE, factscript_refused},
    };

    (void)state;
    factscript_check(rule_sctp_abort, cases, ARRAY_LEN(cases));
}

static void an_aborted_association_is_refused_by_its_server(void **state)
{
    struct factscript script;
    struct connection_event event;

    (void)state;
    factscript_open(&script);
    aborted(&script);
    factscript_judge(&script, &event);
    assert_int_equal(event.verdict, VERDICT_SCTP_ABORT);
    assert_int_equal(event.outcome, OUTCOME_REFUSED);
    assert_int_equal(event.family, FAMILY_APP_REFUSED);
    assert_int_equal(event.ended_by, ENDED_BY_SERVER);
    assert_int_equal(event.n_alternatives, 0);
    assert_true(event.is_failure);
    script.note.facts.bits |= FACT_LOSS;
    factscript_judge(&script, &event);
    assert_int_equal(event.confidence, CONFIDENCE_LIKELY);
    factscript_close(&script);
}

/* ---- QUIC ---- */

#define ADMIN (3 * 256 + 13)
#define ADMIN_V6 (0x10000 + 256 + 1)
#define PORT (3 * 256 + 3)
#define PORT_V6 (0x10000 + 256 + 4)

/* An Initial at 0, the answer 20 ms later. */
static struct quic_facts *quic(struct factscript *script, enum quic_end end)
{
    struct flow_note *note = &script->note;

    note->key.proto = FLOW_PROTO_UDP;
    note->has_speech = true;
    note->speech.kind = READER_QUIC;
    note->speech.quic = (struct quic_facts){
        .end = (uint8_t)end, .n_tries = 1, .version = QUIC_VERSION_1, .told_frame = 2};
    note->trail.slot[TRAIL_CLIENT_DATA] = (struct packet_mark){
        .frame = 1, .ts_ns = note->facts.first_ns, .payload_bytes = 1200, .side = SIDE_CLIENT};
    note->trail.slot[TRAIL_TOLD] = (struct packet_mark){
        .frame = 2, .ts_ns = factscript_ns(script, 20), .payload_bytes = 43, .side = SIDE_SERVER};
    note->facts.last_ns[SIDE_CLIENT] = note->facts.first_ns;
    note->facts.last_ns[SIDE_SERVER] = factscript_ns(script, 20);
    note->facts.side[SIDE_CLIENT].n_pkts = note->facts.side[SIDE_SERVER].n_pkts = 1;
    return &note->speech.quic;
}

static void negotiated(struct factscript *script)
{
    struct quic_facts *facts = quic(script, QUIC_NEGOTIATED);

    facts->n_offered = 2;
    facts->offered[0] = QUIC_VERSION_2;
    facts->offered[1] = QUIC_DRAFT + 29;
}

static void closed(struct factscript *script)
{
    quic(script, QUIC_CLOSED)->close.code = 2;
}

static void reset(struct factscript *script)
{
    quic(script, QUIC_RESET)->asked_bytes = 400;
}

/* At 0, 1 and 3 s. */
static void silent(struct factscript *script)
{
    struct quic_facts *facts = quic(script, QUIC_SILENT);
    struct flow_note *note = &script->note;

    facts->n_tries = 3;
    facts->told_frame = 0;
    note->trail.slot[TRAIL_TOLD].frame = 0;
    note->facts.last_ns[SIDE_SERVER] = NS_NEVER;
    note->facts.last_ns[SIDE_CLIENT] = factscript_ns(script, 3000);
    note->facts.side[SIDE_CLIENT].n_pkts = 3;
    note->facts.side[SIDE_SERVER].n_pkts = 0;
}

static void at_end_after(struct factscript *script, int64_t ms)
{
    script->note.facts.bits |= FACT_AT_END;
    factscript_judged_after(script, (double)ms);
}

static void code(struct factscript *script, int64_t value)
{
    script->note.speech.quic.close.code = (uint64_t)value;
}

static void n_offered(struct factscript *script, int64_t n)
{
    script->note.speech.quic.n_offered = (uint8_t)n;
}

static void of_end(struct factscript *script, int64_t end)
{
    script->note.speech.quic.end = (uint8_t)end;
}

static void n_tries(struct factscript *script, int64_t n)
{
    script->note.speech.quic.n_tries = (uint8_t)n;
}

static void icmp_of(struct factscript *script, int64_t value)
{
    factscript_icmp(script, "203.0.113.9", (uint8_t)(value >> 8), (uint8_t)value, 5);
    script->note.trail.icmp.is_v6 = value & 0x10000;
}

/* What is known of hosts was learned from TCP. */
static struct host_state *host_of(struct factscript *script, enum flow_side side)
{
    struct host_state *host;

    script->note.key.proto = FLOW_PROTO_TCP;
    host = factscript_host(script, side);
    script->note.key.proto = FLOW_PROTO_UDP;
    return host;
}

static struct listener_state *listener_of(struct factscript *script)
{
    struct listener_state *listener;

    script->note.key.proto = FLOW_PROTO_TCP;
    listener = factscript_listener(script);
    script->note.key.proto = FLOW_PROTO_UDP;
    return listener;
}

/* A connection of TCP between the two, complete so many ms after the first Initial. */
static void tcp_at(struct factscript *script, int64_t ms)
{
    struct host_state *client = host_of(script, SIDE_CLIENT);

    client->connects.made[0].server = script->note.key.addr[1];
    client->connects.made[0].port = script->note.key.port[1];
    client->connects.made[0].done_ns = factscript_ns(script, (double)ms);
    client->connects.n_made = 1;
}

static void tcp_to_another_port(struct factscript *script, int64_t ms)
{
    tcp_at(script, ms);
    host_of(script, SIDE_CLIENT)->connects.made[0].port = 80;
}

static void tcp_to_another_host(struct factscript *script, int64_t ms)
{
    tcp_at(script, ms);
    host_of(script, SIDE_CLIENT)->connects.made[0].server = script->note.key.addr[0];
}

/* An old connection that goes on. */
static void tcp_taken_at(struct factscript *script, int64_t ms)
{
    struct listener_state *listener = listener_of(script);

    listener->taken_ns = factscript_ns(script, (double)ms);
    listener->taken_client = script->note.key.addr[script->note.client_end];
}

static void tcp_of_another(struct factscript *script, int64_t ms)
{
    tcp_taken_at(script, ms);
    listener_of(script)->taken_client = script->note.key.addr[1];
}

static void server_seen_at(struct factscript *script, int64_t ms)
{
    host_of(script, SIDE_SERVER)->last_ns = factscript_ns(script, (double)ms);
}

static void a_list_without_the_version_is_certain_once_the_client_had_time(void **state)
{
    static const struct rule_case cases[] = {
        {"a list", CERTAIN, negotiated, .reason = "versions-listed"},
        {"the client stays away", CERTAIN, negotiated, .reason = "client-stops"},
        {"a list of reserved versions", CERTAIN, negotiated, n_offered, 0, "version-not-listed"},
        {"the capture ends soon", POSSIBLE, negotiated, at_end_after, 999, "capture-ends"},
        {"and late enough", CERTAIN, negotiated, at_end_after, 1000},
        {"closed", NONE, closed},
        {"silent", NONE, silent},
        {"something else was said", NONE, negotiated, said_by, READER_SCTP},
        {"TCP", NONE, factscript_silent},
    };

    (void)state;
    factscript_check(rule_quic_version_negotiation, cases, ARRAY_LEN(cases));
}

static void a_close_in_an_initial_is_certain(void **state)
{
    static const struct rule_case cases[] = {
        {"refused", CERTAIN, closed, .reason = "connection-close"},
        {"with an alert", CERTAIN, closed, code, 0x178, "connection-close"},
        {"with what has no name", CERTAIN, closed, code, 0x3fffffffffffffff, "connection-close"},
        {"a list", NONE, negotiated},
        {"a reset", NONE, reset},
        {"something else was said", NONE, closed, said_by, READER_SCTP},
        {"TCP", NONE, factscript_refused},
    };

    (void)state;
    factscript_check(rule_quic_refused, cases, ARRAY_LEN(cases));
}

static void a_stateless_reset_is_never_more_than_possible(void **state)
{
    static const struct rule_case cases[] = {
        {"as it should be", POSSIBLE, reset, .reason = "client-id-missing"},
        {"its size", POSSIBLE, reset, .reason = "smaller-than-asked"},
        {"closed", NONE, closed},
        {"silent", NONE, reset, of_end, QUIC_SILENT},
        {"something else was said", NONE, reset, said_by, READER_SCTP},
        {"TCP", NONE, factscript_forgotten},
    };

    (void)state;
    factscript_check(rule_quic_stateless_reset, cases, ARRAY_LEN(cases));
}

static void silence_is_likely_a_block_where_tcp_works(void **state)
{
    static const struct rule_case cases[] = {
        {"nothing else is known", POSSIBLE, silent, .reason = "host-not-seen"},
        {"two tries", POSSIBLE, silent, n_tries, 2, "initials-unanswered"},
        {"one", NONE, silent, n_tries, 1},
        {"the host is alive", POSSIBLE, silent, server_seen_at, -60000, "host-alive"},
        {"was, a while ago", POSSIBLE, silent, server_seen_at, -60001, "host-not-seen"},
        {"TCP connects", LIKELY, silent, tcp_at, 300, "tcp-connects"},
        {"a second after the last", LIKELY, silent, tcp_at, 4000, "tcp-connects"},
        {"later", POSSIBLE, silent, tcp_at, 4001},
        {"before the first", POSSIBLE, silent, tcp_at, 0},
        {"to another port", POSSIBLE, silent, tcp_to_another_port, 300},
        {"to another host", POSSIBLE, silent, tcp_to_another_host, 300},
        {"TCP goes on", LIKELY, silent, tcp_taken_at, 500, "tcp-connects"},
        {"it went on before", POSSIBLE, silent, tcp_taken_at, -1},
        {"it goes on later", POSSIBLE, silent, tcp_taken_at, 4001},
        {"for another client", POSSIBLE, silent, tcp_of_another, 500},
        {"prohibited", CERTAIN, silent, icmp_of, ADMIN, "icmp-quotes-datagram"},
        {"prohibited in IPv6", CERTAIN, silent, icmp_of, ADMIN_V6},
        {"a closed port", POSSIBLE, silent, icmp_of, PORT},
        {"a closed port in IPv6", POSSIBLE, silent, icmp_of, PORT_V6},
        {"the capture ends soon", NONE, silent, at_end_after, 2999},
        {"and later", POSSIBLE, silent, at_end_after, 3000},
        {"a list", NONE, negotiated},
        {"TCP", NONE, factscript_silent},
    };

    (void)state;
    factscript_check(rule_quic_blocked, cases, ARRAY_LEN(cases));
}

struct quic_event {
    const char *name;
    void (*base)(struct factscript *script);
    void (*change)(struct factscript *script, int64_t value);
    int64_t value;
    enum verdict_id verdict, alternative; /* VERDICT_COUNT = none */
    enum outcome outcome;
    enum confidence confidence;
};

static const struct quic_event quic_events[] = {
    {"a list", negotiated, NULL, 0, VERDICT_QUIC_VERSION_NEGOTIATION, VERDICT_COUNT,
     OUTCOME_APP_REFUSED, CONFIDENCE_CERTAIN},
    {"a close", closed, NULL, 0, VERDICT_QUIC_REFUSED, VERDICT_COUNT, OUTCOME_APP_REFUSED,
     CONFIDENCE_CERTAIN},
    {"a reset", reset, NULL, 0, VERDICT_QUIC_STATELESS_RESET, VERDICT_COUNT, OUTCOME_RESET,
     CONFIDENCE_POSSIBLE},
    {"silence", silent, tcp_at, 300, VERDICT_QUIC_BLOCKED, VERDICT_COUNT, OUTCOME_TIMED_OUT,
     CONFIDENCE_LIKELY},
    {"silence at the end", silent, at_end_after, 1000, VERDICT_IN_PROGRESS, VERDICT_COUNT,
     OUTCOME_IN_PROGRESS, CONFIDENCE_CERTAIN},
    {"prohibited", silent, icmp_of, ADMIN, VERDICT_QUIC_BLOCKED, VERDICT_COUNT, OUTCOME_REJECTED,
     CONFIDENCE_CERTAIN},
    {"a closed port", silent, icmp_of, PORT, VERDICT_UDP_PORT_UNREACHABLE, VERDICT_QUIC_BLOCKED,
     OUTCOME_REJECTED, CONFIDENCE_CERTAIN},
};

static void each_end_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(quic_events); i++) {
        const struct quic_event *row = &quic_events[i];
        struct factscript script;
        struct connection_event event;

        factscript_open(&script);
        row->base(&script);
        factscript_judged_after(&script, 20000);
        if (row->change)
            row->change(&script, row->value);
        factscript_judge(&script, &event);
        if (event.verdict != row->verdict || event.outcome != row->outcome ||
            event.confidence != row->confidence)
            fail_msg("%s: %s, %s, %s", row->name, verdict_row(event.verdict)->slug,
                     outcome_name(event.outcome), confidence_name(event.confidence));
        if (event.n_alternatives != (row->alternative != VERDICT_COUNT) ||
            (event.n_alternatives && event.alternatives[0] != row->alternative))
            fail_msg("%s: %u alternatives", row->name, event.n_alternatives);
        factscript_close(&script);
    }
}

static void what_a_tick_settles_has_the_time_of_the_tick(void **state)
{
    struct factscript script;
    struct verdict_event event;

    (void)state;
    factscript_open(&script);
    silent(&script);
    factscript_judged_after(&script, 20000);
    script.note.slot_ns = NOTE_SLOT_QUIC;
    verdict_judge(&script.context, &script.note, &event);
    assert_true(event.ts_ns == script.note.now_ns);
    factscript_close(&script);
}

/* VERDICTS.md 14, trap 3. */
static void where_nothing_of_the_server_is_seen_silence_says_nothing(void **state)
{
    struct factscript script;
    struct connection_event event;

    (void)state;
    factscript_open(&script);
    silent(&script);
    host_of(&script, SIDE_SERVER)->n_unanswered_talk = 1;
    factscript_judge(&script, &event);
    assert_int_equal(event.verdict, VERDICT_UNKNOWN_ONE_SIDED);
    assert_false(event.is_failure);
    factscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_without_the_version_is_certain_once_the_client_had_time),
        cmocka_unit_test(a_close_in_an_initial_is_certain),
        cmocka_unit_test(a_stateless_reset_is_never_more_than_possible),
        cmocka_unit_test(silence_is_likely_a_block_where_tcp_works),
        cmocka_unit_test(each_end_has_its_verdict),
        cmocka_unit_test(what_a_tick_settles_has_the_time_of_the_tick),
        cmocka_unit_test(where_nothing_of_the_server_is_seen_silence_says_nothing),
        cmocka_unit_test(an_abort_that_the_client_believes_is_a_refusal),
        cmocka_unit_test(an_aborted_association_is_refused_by_its_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
