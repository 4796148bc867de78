/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/proxy.h"
#include "flowscript.h"

#include <string.h>

static const char client_hello[] = "\x16\x03\x01\x00\x04\x01\x00\x00\x00";
static const char alert_70[] = "\x15\x03\x03\x00\x02\x02\x46";
static const char greeting[] = "220 ready\r\n";
static const char starttls[] = "STARTTLS\r\n";

#define FOREVER_MS 1e8 /* longer than any timer */
#define SAY(words) (words), sizeof(words) - 1

struct words {
    char from;
    uint32_t seq;
    const char *bytes;
    size_t n_bytes;
};

static const struct flowstep handshake[] = {
    {0, '>', "S"},
    {10, '<', "S.", 0, 1},
    {20, '>', ".", 1, 1},
};

/* A segment each, 10 ms apart. */
static void say(struct flowscript *script, struct script_conn *conn, const struct words *words,
                size_t n_words)
{
    for (size_t i = 0; i < n_words; i++) {
        struct flowstep step = {30 + 10 * (double)i,       words[i].from, "P.", words[i].seq, 1,
                                (uint32_t)words[i].n_bytes};
        struct packet packet = flowscript_packet(conn, &step);

        packet.tcp.payload = (const uint8_t *)words[i].bytes;
        packet.tcp.payload_captured_bytes = (uint32_t)words[i].n_bytes;
        flowscript_feed(script, &packet);
    }
}

static struct flow_note judge(const struct flowstep *steps, size_t n_steps,
                              const struct words *words, size_t n_words)
{
    struct flowscript script;
    struct script_conn conn = flowscript_conn(0);
    struct flow_note note;

    flowscript_open(&script, NULL);
    flowscript_steps(&script, &conn, steps, n_steps);
    say(&script, &conn, words, n_words);
    flowscript_until(&script, FOREVER_MS);
    note = *flowscript_note(&script, NOTE_ENDED, 0);
    flowscript_close(&script);
    return note;
}

#define JUDGE(words) judge(STEPS(handshake), words, ARRAY_LEN(words))

static void check_tls(const struct flow_note *note, uint8_t server_alert)
{
    assert_true(note->has_speech);
    assert_int_equal(note->speech.kind, READER_TLS);
    assert_int_equal(note->speech.tls.side[SIDE_CLIENT].n_records, 1);
    assert_int_equal(note->speech.tls.side[SIDE_SERVER].alert_code, server_alert);
}

static void a_tls_connection_is_read(void **state)
{
    const struct words words[] = {{'>', 1, SAY(client_hello)}, {'<', 1, SAY(alert_70)}};
    struct flow_note note = JUDGE(words);

    (void)state;
    check_tls(&note, 70);
    assert_int_equal(note.speech.bits[SIDE_CLIENT] | note.speech.bits[SIDE_SERVER], 0);
}

static void a_hello_in_single_bytes_is_read(void **state)
{
    struct words words[sizeof(client_hello)];
    struct flow_note note;

    (void)state;
    for (uint32_t i = 0; i + 1 < sizeof(client_hello); i++)
        words[i] = (struct words){'>', 1 + i, client_hello + i, 1};
    words[sizeof(client_hello) - 1] = (struct words){'<', 1, SAY(alert_70)};
    note = JUDGE(words);
    check_tls(&note, 70);
}

static void a_hello_whose_halves_are_captured_in_the_wrong_order_is_read(void **state)
{
    const struct words words[] = {
        {'>', 5, client_hello + 4, 5}, {'>', 1, client_hello, 4}, {'<', 1, SAY(alert_70)}};
    struct flow_note note = JUDGE(words);

    (void)state;
    check_tls(&note, 70);
}

static void an_alert_in_two_segments_is_read(void **state)
{
    const struct words words[] = {
        {'>', 1, SAY(client_hello)}, {'<', 1, alert_70, 3}, {'<', 4, alert_70 + 3, 4}};
    struct flow_note note = JUDGE(words);

    (void)state;
    check_tls(&note, 70);
}

#define PROXY_LINE_TEXT "PROXY TCP4 192.0.2.1 198.51.100.2 40000 443\r\n"
#define PROXY_BINARY_TEXT "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\14addresses..."
#define PROXY_EMPTY_TEXT "PROXY UNKNOWN\r\n"

/* Header and hello in one segment, in two, and cut at every byte. */
static void tls_behind_a_proxy_header_is_read(void **state)
{
    static const struct {
        const char *bytes;
        size_t n_bytes;
        enum proxy_form form;
    } headers[] = {
        {SAY(PROXY_LINE_TEXT), PROXY_LINE},
        {SAY(PROXY_BINARY_TEXT), PROXY_BINARY},
        {SAY(PROXY_EMPTY_TEXT), PROXY_LINE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        char both[128];
        size_t n_both = headers[i].n_bytes + sizeof(client_hello) - 1;

        memcpy(both, headers[i].bytes, headers[i].n_bytes);
        memcpy(both + headers[i].n_bytes, client_hello, sizeof(client_hello) - 1);
        for (size_t n = 1; n <= n_both; n++) {
            const struct words words[] = {{'>', 1, both, n},
                                          {n < n_both ? '>' : '<', n < n_both ? 1 + (uint32_t)n : 1,
                                           n < n_both ? both + n : alert_70,
                                           n < n_both ? n_both - n : sizeof(alert_70) - 1},
                                          {'<', n < n_both ? 1 : sizeof(alert_70), SAY(alert_70)}};
            struct flow_note note = JUDGE(words);

            check_tls(&note, 70);
            assert_int_equal(note.speech.bits[SIDE_CLIENT], 0);
            if (n < headers[i].n_bytes)
                continue; /* only whole headers are known by their segment */
            assert_int_equal(note.trail.speech[SIDE_CLIENT].proxy_form, headers[i].form);
            if (n == headers[i].n_bytes || n == n_both)
                assert_int_equal(note.trail.speech[SIDE_CLIENT].first_kind,
                                 PAYLOAD_TLS_CLIENT_HELLO);
        }
    }
}

static void tls_behind_starttls_is_read(void **state)
{
    const struct words words[] = {
        {'<', 1, SAY(greeting)},
        {'>', 1, SAY(starttls)},
        {'<', sizeof(greeting), SAY(greeting)},
        {'>', sizeof(starttls), SAY(client_hello)},
        {'<', 2 * sizeof(greeting) - 1, SAY(alert_70)},
    };
    struct flow_note note = JUDGE(words);

    (void)state;
    check_tls(&note, 70);
    assert_int_equal(note.speech.bits[SIDE_CLIENT], SPEECH_LATE);
    assert_int_equal(note.speech.bits[SIDE_SERVER], SPEECH_LATE);
}

static void a_greeting_before_the_hello_is_not_read(void **state)
{
    const struct words words[] = {{'<', 1, SAY(greeting)}, {'>', 1, SAY(client_hello)}};
    struct flow_note note = JUDGE(words);

    (void)state;
    check_tls(&note, 0);
    assert_int_equal(note.speech.bits[SIDE_CLIENT], 0);
    assert_int_equal(note.speech.bits[SIDE_SERVER], SPEECH_LATE);
}

static void a_servers_plain_text_is_told_from_what_nobody_knows(void **state)
{
    static const struct {
        const char *bytes;
        enum payload_kind kind;
    } cases[] = {
        {"<!DOCTYPE HTML PUBLIC", PAYLOAD_PLAIN_TEXT},
        {"<html>", PAYLOAD_PLAIN_TEXT},
        {"SSH-2.0-OpenSSH_9.2", PAYLOAD_PLAIN_TEXT},
        {"220 mx ESMTP", PAYLOAD_PLAIN_TEXT},
        {"220-mx", PAYLOAD_PLAIN_TEXT},
        {"+OK ready", PAYLOAD_PLAIN_TEXT},
        {"* OK IMAP4", PAYLOAD_PLAIN_TEXT},
        {"2200", PAYLOAD_UNKNOWN},
        {"-ERR no", PAYLOAD_GREETING},
        {"<!", PAYLOAD_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct words words[] = {{'>', 1, SAY(client_hello)},
                                      {'<', 1, cases[i].bytes, strlen(cases[i].bytes)}};
        struct flow_note note = JUDGE(words);

        assert_int_equal(note.trail.speech[SIDE_SERVER].first_kind, cases[i].kind);
        assert_true(note.trail.speech[SIDE_SERVER].is_not_tls);
    }
}

static void a_plain_connection_has_no_reader(void **state)
{
    const struct words words[] = {{'<', 1, SAY(greeting)}, {'>', 1, SAY(starttls)}};
    struct flow_note note = JUDGE(words);

    (void)state;
    assert_true(note.has_trail);
    assert_false(note.has_speech);
}

static void a_connection_picked_up_at_its_hello_is_read(void **state)
{
    const struct words words[] = {{'>', 5000, SAY(client_hello)}, {'<', 1, SAY(alert_70)}};
    struct flow_note note = judge(NULL, 0, words, ARRAY_LEN(words));

    (void)state;
    assert_bits(note.facts.bits, FACT_MIDSTREAM);
    check_tls(&note, 70);
}

static void data_on_a_syn_is_read_once(void **state)
{
    struct flowscript script;
    struct script_conn conn = flowscript_conn(0);
    const struct flowstep syn = {0, '>', "S", 0, 0, sizeof(client_hello) - 1};
    struct packet packet = flowscript_packet(&conn, &syn);
    /* Refused with the data, so that it comes again. */
    const struct words words[] = {{'>', 1, SAY(client_hello)}, {'<', 1, SAY(alert_70)}};
    struct flow_note note;

    (void)state;
    packet.tcp.payload = (const uint8_t *)client_hello;
    packet.tcp.payload_captured_bytes = sizeof(client_hello) - 1;
    flowscript_open(&script, NULL);
    flowscript_feed(&script, &packet);
    flowscript_steps(&script, &conn, handshake + 1, ARRAY_LEN(handshake) - 1);
    say(&script, &conn, words, ARRAY_LEN(words));
    flowscript_until(&script, FOREVER_MS);
    note = *flowscript_note(&script, NOTE_ENDED, 0);
    flowscript_close(&script);
    check_tls(&note, 70);
}

/* The trail goes to newer flows, and the stream with what it holds. */
static void a_flow_that_loses_its_trail_loses_its_stream(void **state)
{
    const struct tracker_config config = {.n_trails = 1};
    const struct words words[] = {{'>', 5, client_hello + 4, 5}};
    struct flowscript script;
    struct script_conn first = flowscript_conn(0), second = flowscript_conn(1);

    (void)state;
    flowscript_open(&script, &config);
    flowscript_steps(&script, &first, STEPS(handshake));
    say(&script, &first, words, ARRAY_LEN(words));
    assert_true(stream_is_holding(&script.tracker.trails.base[0].stream, SIDE_CLIENT));
    flowscript_steps(&script, &second, STEPS(handshake));
    assert_bits(flowscript_facts(&script)->bits, FACT_TRAIL_LOST);
    assert_int_equal(script.tracker.trails.pool.n_unread, 1);
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tls_connection_is_read),
        cmocka_unit_test(a_hello_in_single_bytes_is_read),
        cmocka_unit_test(a_hello_whose_halves_are_captured_in_the_wrong_order_is_read),
        cmocka_unit_test(an_alert_in_two_segments_is_read),
        cmocka_unit_test(tls_behind_a_proxy_header_is_read),
        cmocka_unit_test(tls_behind_starttls_is_read),
        cmocka_unit_test(a_greeting_before_the_hello_is_not_read),
        cmocka_unit_test(a_servers_plain_text_is_told_from_what_nobody_knows),
        cmocka_unit_test(a_plain_connection_has_no_reader),
        cmocka_unit_test(a_connection_picked_up_at_its_hello_is_read),
        cmocka_unit_test(data_on_a_syn_is_read_once),
        cmocka_unit_test(a_flow_that_loses_its_trail_loses_its_stream),
    };

    return cmocka_run_group_tests_name("track_speech", tests, NULL, NULL);
}
