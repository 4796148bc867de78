/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/nanotime.h"
#include "eventscript.h"
#include "verdict/explain.h"
#include "verdict/explain_words.h"

#define MESSAGE_BYTES_MAX 256
#define LATEST_BYTES_MAX 56 /* struct snapshot_latest */

/* The longest that addresses and ports can be. */
#define CLIENT "[2001:db8:1111:2222:3333:4444:5555:6666]:65534"
#define SERVER "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535"

/* An event that has something to say about everything a text can ask for. */
static void make_event(struct verdict_event *event, enum verdict_id verdict)
{
    struct connection_event *connection = &event->connection;
    struct flow_facts *facts = &connection->facts;

    eventscript_failure(event, CLIENT, SERVER, verdict, 0);
    eventscript_packet(event, "C S", 1, 0, "");
    eventscript_packet(event, "S SA", 2, 1000, "");
    eventscript_packet(event, "C PA +1200", 3, 2000, "");
    eventscript_packet(event, "S PA +500", 4, 3000, "");
    eventscript_packet(event, "C PA +1200", 5, 400000000, "");
    eventscript_packet(event, "S RA!", 6, 400001000, "");
    facts->synack_ns = facts->first_ns + NS_PER_MS;
    facts->ack_after_us = 1100;
    facts->quiet_before_ms = 399997;
    facts->side[SIDE_CLIENT].run_count = 7;
    facts->side[SIDE_SERVER].run_count = 7;
    facts->side[SIDE_SERVER].ttl_min = facts->side[SIDE_SERVER].ttl_max = 57;
    connection->ended_by = ENDED_BY_THIRD_PARTY;
    connection->icmp = (struct icmp_facts){.frame = 6,
                                           .ts_ns = event->ts_ns,
                                           .from = connection->server.addr,
                                           .type = 1,
                                           .code = 3,
                                           .is_v6 = true};
    connection->speech[SIDE_SERVER] = (struct speech_facts){.goaway_frame = 4};
    connection->said.kind = READER_TLS;
    connection->said.tls.side[TLS_SERVER] = (struct tls_side){.alert.frame = 4, .alert_code = 113};
    connection->n_because = 1;
    connection->because[0].code = "code-as-long-as-they-are";
    memset(connection->because[0].value, 'v', sizeof(connection->because[0].value) - 1);
}

static void assert_match(const char *pattern, const char *string, bool is_wanted, const char *slug)
{
    regex_t regex;
    bool is_match;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    is_match = regexec(&regex, string, 0, NULL, 0) == 0;
    regfree(&regex);
    if (is_match != is_wanted)
        fail_msg("%s: \"%s\" %s %s", slug, string, is_wanted ? "has no" : "has", pattern);
}

/* Words of confidence are for confidence; a term that is not in the table stays in its braces. */
static void assert_text_keeps_the_rules(const char *string, const char *slug)
{
    assert_match("\\{[a-z_]+\\}", string, false, slug);
    assert_match("\\b(may|maybe|might|possibly|possible|probably|likely|unlikely|certain|certainly)"
                 "\\b",
                 string, false, slug);
    assert_match("  ", string, false, slug);
    assert_match("[ ]$|^$", string, false, slug);
}

static unsigned count_sentences(const char *string)
{
    unsigned n = 0;

    for (const char *at = string; *at != '\0'; at++)
        if (*at == '.' && (at[1] == '\0' || (at[1] == ' ' && isupper((unsigned char)at[2]))))
            n++;
    return n;
}

static void every_verdict_has_a_sentence_that_fits(void **state)
{
    (void)state;
    for (unsigned id = 0; id < VERDICT_COUNT; id++) {
        const char *slug = verdict_row((enum verdict_id)id)->slug;
        char message[MESSAGE_BYTES_MAX + 1], brief[LATEST_BYTES_MAX];
        struct text message_text = TEXT_OF(message), brief_text = TEXT_OF(brief);
        struct verdict_event event;

        make_event(&event, (enum verdict_id)id);
        event.connection.confidence = CONFIDENCE_POSSIBLE;
        explain_message(&event.connection, &message_text);
        assert_match(" \\(possible\\)$", message, true, slug);
        message[strlen(message) - strlen(" (possible)")] = '\0';
        assert_text_keeps_the_rules(message, slug);
        assert_match("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", message, true, slug);
        assert_match("2001:db8:1111:2222:3333:4444:5555:6666", message, true, slug);
        explain_short(&event.connection, &brief_text);
        assert_text_keeps_the_rules(brief, slug);
        if (message_text.is_cut)
            fail_msg("%s: message is cut: %s", slug, message);
    }
}

static void every_verdict_has_a_meaning_of_1_to_4_sentences(void **state)
{
    (void)state;
    for (unsigned id = 0; id < VERDICT_COUNT; id++) {
        const char *slug = verdict_row((enum verdict_id)id)->slug;
        bool is_failure = verdict_row((enum verdict_id)id)->kind != KIND_FINE;
        char buffer[1024];
        struct text text = TEXT_OF(buffer);
        struct verdict_event event;

        make_event(&event, (enum verdict_id)id);
        explain_meaning(&event.connection, &text);
        assert_false(text.is_cut);
        assert_text_keeps_the_rules(buffer, slug);
        assert_match("^[A-Z[]", buffer, true, slug);
        assert_match("\\.$", buffer, true, slug);
        if (count_sentences(buffer) < (is_failure ? 2 : 1) || count_sentences(buffer) > 4)
            fail_msg("%s: %u sentences: %s", slug, count_sentences(buffer), buffer);
    }
}

static void every_verdict_is_documented(void **state)
{
    (void)state;
    for (unsigned id = 0; id < VERDICT_COUNT; id++) {
        const char *slug = verdict_row((enum verdict_id)id)->slug;
        const char *doc = explain_doc((enum verdict_id)id);

        assert_text_keeps_the_rules(doc, slug);
        assert_match("^[A-Z].*\\.$", doc, true, slug);
    }
}

/* Whatever changes, stops or clears something. */
#define CHANGES                                                                                    \
    "(iptables|nft|ip|ipvsadm|conntrack) +(-[AIDFXPRZCE]( |$)|.*(flush|add |delete|insert))"       \
    "|sysctl +-w|systemctl "                                                                       \
    "+(start|stop|restart|reload)|\\b(rm|kill|reboot|mv)\\b|[^<]>[^&]|dmesg -c"

static void every_failure_has_commands_that_change_nothing(void **state)
{
    static const char where[] = "^(server|client|here|router|server_side)$";

    (void)state;
    for (unsigned id = 0; id < VERDICT_COUNT; id++) {
        const char *slug = verdict_row((enum verdict_id)id)->slug;
        struct next_step steps[NEXT_STEPS_MAX];
        struct verdict_event event;
        unsigned n;

        make_event(&event, (enum verdict_id)id);
        n = explain_next_steps(&event.connection, steps);
        assert_in_range(n, 0, NEXT_STEPS_MAX);
        if (verdict_row((enum verdict_id)id)->kind != KIND_FINE && n == 0)
            fail_msg("%s: no next step", slug);
        for (unsigned i = 0; i < n; i++) {
            assert_match(where, steps[i].where, true, slug);
            assert_match(CHANGES, steps[i].cmd, false, slug);
            assert_match("ADDR|CLIENT|PORT\\b|ROUTER|\\{[a-z]+\\}", steps[i].cmd, false, slug);
            assert_text_keeps_the_rules(steps[i].why, slug);
            assert_true(strlen(steps[i].cmd) < sizeof(steps[i].cmd) - 1); /* not cut */
            assert_true(strlen(steps[i].why) < sizeof(steps[i].why) - 1);
        }
    }
}

static void docs_have_placeholders_in_the_place_of_values(void **state)
{
    struct next_step steps[NEXT_STEPS_MAX];

    (void)state;
    assert_int_equal(explain_doc_steps(VERDICT_CONNECT_TIMEOUT, steps), 4);
    assert_string_equal(steps[0].cmd, "traceroute -nT -p PORT ADDR");
    assert_string_equal(steps[1].cmd, "tcpdump -ni any 'host CLIENT and tcp port PORT'");
}

/* What INTERFACE.md shows of the dashboard. */
static void the_short_reason_is_as_on_the_dashboard(void **state)
{
    struct verdict_event event;
    char buffer[LATEST_BYTES_MAX];
    struct text text = TEXT_OF(buffer);

    (void)state;
    eventscript_failure(&event, "10.20.0.10:48887", "10.20.0.21:8080", VERDICT_REFUSED_CLOSED_PORT,
                        0);
    eventscript_packet(&event, "C S", 1, 0, "");
    eventscript_packet(&event, "C S", 2, 1000000, "");
    eventscript_packet(&event, "S RA!", 3, 1000014, "");
    explain_short(&event.connection, &text);
    assert_string_equal(buffer, "RST 0.01 ms after SYN"); /* after the SYN it answers */

    eventscript_failure(&event, "10.20.0.10:41253", "10.20.0.22:6379",
                        VERDICT_ICMP_ADMIN_PROHIBITED, 0);
    eventscript_packet(&event, "C S", 941, 0, "");
    event.connection.icmp = (struct icmp_facts){.frame = 942,
                                                .ts_ns = event.ts_ns + 11000,
                                                .from = event.connection.server.addr,
                                                .type = 3,
                                                .code = 13};
    text = TEXT_OF(buffer);
    explain_short(&event.connection, &text);
    assert_string_equal(buffer, "ICMP 3/13 from 10.20.0.22, 0.01 ms after SYN");

    eventscript_failure(&event, "10.20.0.10:57247", "10.20.0.24:8443",
                        VERDICT_ACCEPT_QUEUE_OVERFLOW, 0);
    for (unsigned i = 0; i < 5; i++)
        eventscript_packet(&event, "C S", i + 1, i * 1000000, "");
    text = TEXT_OF(buffer);
    explain_short(&event.connection, &text);
    assert_string_equal(buffer, "5 SYN unanswered");
}

/* VERDICTS.md 7.5: P2, P3, P4 (P1 is on the dashboard above). */
static void a_full_queue_shows_in_four_ways(void **state)
{
    struct verdict_event event;
    char buffer[LATEST_BYTES_MAX];
    struct text text = TEXT_OF(buffer);

    (void)state;
    eventscript_failure(&event, "10.0.0.1:40000", "10.0.0.2:80", VERDICT_ACCEPT_QUEUE_OVERFLOW, 0);
    eventscript_packet(&event, "C S", 1, 0, "");
    eventscript_packet(&event, "S SA", 2, 100, "");
    explain_short(&event.connection, &text);
    assert_string_equal(buffer, "data after the handshake unanswered");
    eventscript_packet(&event, "S SA!", 3, 1000000, "");
    text = TEXT_OF(buffer);
    explain_short(&event.connection, &text);
    assert_string_equal(buffer, "SYN-ACK sent 2 times");
    event.connection.facts.ack_after_us = 200;
    eventscript_packet(&event, "S R!", 4, 1000300, "");
    text = TEXT_OF(buffer);
    explain_short(&event.connection, &text);
    assert_string_equal(buffer, "RST 1.0 s after the handshake");
}

static void like_failures_are_counted_behind_the_sentence(void **state)
{
    struct verdict_event event;
    char buffer[MESSAGE_BYTES_MAX + 1];
    struct text text = TEXT_OF(buffer);

    (void)state;
    eventscript_failure(&event, "10.0.0.1:40000", "10.0.0.2:80", VERDICT_REFUSED, 0);
    eventscript_packet(&event, "C S", 1, 0, "");
    eventscript_packet(&event, "S RA!", 2, 500, "");
    event.connection.count = 1201;
    explain_message(&event.connection, &text);
    assert_string_equal(
        buffer,
        "10.0.0.2:80 refused 10.0.0.1:40000: RST 0.50 ms after the SYN, and 1,200 more like it");
}

/* The machine that a step is meant for is named by the packets where the table cannot. */
static void steps_go_to_the_machine_that_spoke(void **state)
{
    struct next_step steps[NEXT_STEPS_MAX];
    struct verdict_event event;

    (void)state;
    make_event(&event, VERDICT_ICMP_ADMIN_PROHIBITED);
    explain_next_steps(&event.connection, steps);
    assert_string_equal(steps[0].where, "server");
    event.connection.icmp.from = event.connection.client.addr;
    explain_next_steps(&event.connection, steps);
    assert_string_equal(steps[0].where, "router");

    make_event(&event, VERDICT_RESET_APP_ABORT);
    event.connection.ended_by = ENDED_BY_CLIENT;
    explain_next_steps(&event.connection, steps);
    assert_string_equal(steps[0].where, "client");
    event.connection.ended_by = ENDED_BY_SERVER;
    explain_next_steps(&event.connection, steps);
    assert_string_equal(steps[0].where, "server");
}

static void the_forged_rst_is_told_by_its_ttl_where_that_differs(void **state)
{
    struct verdict_event event;
    char buffer[LATEST_BYTES_MAX];
    struct text text = TEXT_OF(buffer);

    (void)state;
    make_event(&event, VERDICT_RST_INJECTED);
    strcpy(event.connection.because[0].value, "seq 1201");
    explain_short(&event.connection, &text);
    assert_string_equal(buffer, "forged RST: TTL 64, server has 57");
    event.connection.facts.side[SIDE_SERVER].ttl_max = 64;
    text = TEXT_OF(buffer);
    explain_short(&event.connection, &text);
    assert_string_equal(buffer, "forged RST: code as long as they are: seq 1201");
}

static void filters_name_the_address_and_the_port(void **state)
{
    static const struct {
        enum verdict_id id;
        const char *filter;
    } cases[] = {
        {VERDICT_OK, "ipv6.addr==2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff && tcp.port==65535"},
        {VERDICT_REFUSED, "ipv6.addr==2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff && tcp.port==65535 "
                          "&& tcp.flags.reset==1"},
        {VERDICT_ICMP_REJECTED,
         "ipv6.addr==2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff && tcp.port==65535 && "
         "icmpv6.type==1 && icmpv6.code==3"},
        {VERDICT_ACCEPT_THEN_CLOSE,
         "ipv6.addr==2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff && tcp.port==65535 && "
         "(tcp.flags.fin==1 || tcp.flags.reset==1)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct verdict_event event;
        char buffer[256];
        struct text text = TEXT_OF(buffer);

        make_event(&event, cases[i].id);
        explain_wireshark_filter(&event.connection, &text);
        assert_string_equal(buffer, cases[i].filter);
    }
}

static void braces_that_hold_no_term_stay(void **state)
{
    char buffer[64];
    struct text text = TEXT_OF(buffer);

    (void)state;
    explain_fill("{ print(comm); } {port} {nosuchterm} {", NULL, &text);
    assert_string_equal(buffer, "{ print(comm); } PORT {nosuchterm} {");
}

static struct incident_event incident(enum incident_phase phase, enum incident_scope scope)
{
    struct endpoint server = eventscript_endpoint("10.20.0.22:6379");
    struct incident_event event = {.number = 1,
                                   .phase = phase,
                                   .scope = scope,
                                   .family = FAMILY_FIREWALL_REJECT,
                                   .server = server,
                                   .client = server.addr,
                                   .first_ns = 0,
                                   .opened_ns = 10 * NS_PER_S,
                                   .last_ns = 36 * NS_PER_S,
                                   .closed_ns = 96 * NS_PER_S,
                                   .n_failures = 1060,
                                   .n_attempts = 1061};

    return event;
}

static void incidents_say_what_changed(void **state)
{
    static const struct {
        enum incident_phase phase;
        enum incident_scope scope;
        enum close_reason reason;
        const char *message;
    } cases[] = {
        {INCIDENT_OPEN, SCOPE_ENDPOINT, CLOSE_NONE,
         "incident 1 opened: 10.20.0.22:6379 rejected by a firewall, 1,060 of 1,061 attempts in "
         "10.0 s"},
        {INCIDENT_UPDATE, SCOPE_ENDPOINT, CLOSE_NONE,
         "incident 1 goes on: 10.20.0.22:6379 rejected by a firewall, 1,060 of 1,061 attempts"},
        {INCIDENT_CLOSE, SCOPE_ENDPOINT, CLOSE_QUIET,
         "incident 1 closed after 36 s: 10.20.0.22:6379 rejected by a firewall, 1,060 of 1,061 "
         "attempts, then quiet for 60 s"},
        {INCIDENT_CLOSE, SCOPE_ENDPOINT, CLOSE_RECOVERED,
         "incident 1 closed after 36 s: 10.20.0.22:6379 rejected by a firewall, 1,060 of 1,061 "
         "attempts, then connections succeeded again"},
        {INCIDENT_CLOSE, SCOPE_ENDPOINT, CLOSE_EVICTED,
         "incident 1 closed after 36 s: 10.20.0.22:6379 rejected by a firewall, 1,060 of 1,061 "
         "attempts, now a part of incident 11"},
        {INCIDENT_OPEN, SCOPE_CLIENT, CLOSE_NONE,
         "incident 1 opened: client 10.20.0.22 at many endpoints: rejected by a firewall, 1,060 of "
         "1,061 attempts in 10.0 s"},
        {INCIDENT_UPDATE, SCOPE_NETWORK, CLOSE_NONE,
         "incident 1 goes on: network 10.20.0.22/24 rejected by a firewall, 1,060 of 1,061 "
         "attempts"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct incident_event event = incident(cases[i].phase, cases[i].scope);
        char buffer[MESSAGE_BYTES_MAX + 1];
        struct text text = TEXT_OF(buffer);

        event.close_reason = cases[i].reason;
        event.n_related = 1;
        event.related[0] = 11;
        explain_incident_message(&event, &text);
        assert_string_equal(buffer, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_has_a_sentence_that_fits),
        cmocka_unit_test(every_verdict_has_a_meaning_of_1_to_4_sentences),
        cmocka_unit_test(every_verdict_is_documented),
        cmocka_unit_test(every_failure_has_commands_that_change_nothing),
        cmocka_unit_test(docs_have_placeholders_in_the_place_of_values),
        cmocka_unit_test(the_short_reason_is_as_on_the_dashboard),
        cmocka_unit_test(a_full_queue_shows_in_four_ways),
        cmocka_unit_test(like_failures_are_counted_behind_the_sentence),
        cmocka_unit_test(steps_go_to_the_machine_that_spoke),
        cmocka_unit_test(the_forged_rst_is_told_by_its_ttl_where_that_differs),
        cmocka_unit_test(filters_name_the_address_and_the_port),
        cmocka_unit_test(braces_that_hold_no_term_stay),
        cmocka_unit_test(incidents_say_what_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
