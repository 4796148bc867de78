/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "decode/tls.h"
#include "guard.h"

/* ---- bytes ---- */

/* Record header, handshake header; lengths up to 255. */
#define RECORD(type, n) (type), 3, 3, (n) >> 8, (n)&0xff
#define MESSAGE(type, n) (type), 0, (n) >> 8, (n)&0xff
#define ZEROS_32                                                                                   \
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

/* RFC 8446 section 4.1.3 */
#define RETRY_RANDOM                                                                               \
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,      \
        0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,  \
        0x33, 0x9c

/* 1.2 and 1.3 offered, two ciphers, GREASE, server.test, h2 and http/1.1, three groups */
#define CLIENT_BODY_BYTES (2 + 32 + 1 + 4 + 2 + 4 + 2 + 2 + 80)
#define CLIENT_HELLO                                                                               \
    MESSAGE(1, CLIENT_BODY_BYTES), 3, 3, ZEROS_32, 4, 9, 9, 9, 9, 0, 4, 0x13, 1, 0x13, 2, 1, 0, 0, \
        80, /* GREASE, empty */ 0x1a, 0x1a, 0, 0, /* server_name */ 0, 0, 0, 16, 0, 14, 0, 0, 11,  \
        's', 'e', 'r', 'v', 'e', 'r', '.', 't', 'e', 's', 't', /* groups */ 0, 10, 0, 8, 0, 6, 0,  \
        29, 0, 23, 0, 24, /* ALPN */ 0, 16, 0, 14, 0, 12, 2, 'h', '2', 8, 'h', 't', 't', 'p', '/', \
        '1', '.', '1', /* versions */ 0, 43, 0, 7, 6, 0x3a, 0x3a, 3, 4, 3, 3,                      \
        /* unknown, skipped */ 0xfe, 0xfe, 0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11

#define SERVER_BODY_BYTES (2 + 32 + 1 + 3 + 2 + 6)
#define SERVER_HELLO_13(random)                                                                    \
    MESSAGE(2, SERVER_BODY_BYTES), 3, 3, random, 0, 0x13, 2, 0, 0, 6, 0, 43, 0, 2, 3, 4
#define SERVER_HELLO_12 MESSAGE(2, 38), 3, 3, ZEROS_32, 0, 0xc0, 0x2f, 0
#define CLIENT_HELLO_RECORD RECORD(22, 4 + CLIENT_BODY_BYTES), CLIENT_HELLO
#define SERVER_HELLO_13_RECORD RECORD(22, 4 + SERVER_BODY_BYTES), SERVER_HELLO_13(ZEROS_32)
#define CHANGE_CIPHER RECORD(20, 1), 1

/* ---- feeding ---- */

struct talk {
    struct tls_state state;
    struct tls_facts facts;
    struct guard guard;
    size_t piece_bytes; /* 0 = whole */
    uint64_t frame;
    bool goes_on;
};

static void open_talk(struct talk *talk, size_t piece_bytes)
{
    struct guard guard = talk->guard;

    *talk = (struct talk){.guard = guard, .piece_bytes = piece_bytes, .goes_on = true};
    tls_open(&talk->state);
}

static void say(struct talk *talk, unsigned side, const uint8_t *bytes, size_t n_bytes)
{
    talk->frame++;
    while (n_bytes > 0 && talk->goes_on) {
        size_t n = talk->piece_bytes && talk->piece_bytes < n_bytes ? talk->piece_bytes : n_bytes;
        struct tls_input input = {.side = side,
                                  .bytes = guard_place(&talk->guard, bytes, n),
                                  .n_bytes = n,
                                  .place = {.frame = talk->frame, .ts_ns = 7}};

        talk->goes_on = tls_feed(&talk->state, &talk->facts, &input);
        bytes += n;
        n_bytes -= n;
    }
}

#define SAY(talk, side, ...)                                                                       \
    say(talk, side, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* An encrypted record of so many bytes. */
static void seal(struct talk *talk, unsigned side, uint8_t type, uint16_t n_bytes)
{
    uint8_t bytes[5 + 2048] = {type, 3, 3, (uint8_t)(n_bytes >> 8), (uint8_t)n_bytes};

    memset(bytes + 5, 0xa5, n_bytes);
    say(talk, side, bytes, 5u + n_bytes);
}

static uint16_t bits(const struct talk *talk, unsigned side)
{
    return talk->facts.side[side].bits;
}

static int set_up(void **state)
{
    static struct talk talk;

    talk.guard = guard_open();
    open_talk(&talk, 0);
    *state = &talk;
    return 0;
}

static int tear_down(void **state)
{
    guard_close(&((struct talk *)*state)->guard);
    return 0;
}

/* ---- hellos ---- */

static void check_client_hello(const struct tls_facts *facts)
{
    assert_string_equal(facts->server_name, "server.test");
    assert_int_equal(facts->version_min, 0x0303);
    assert_int_equal(facts->version_max, 0x0304);
    assert_int_equal(facts->n_ciphers, 2);
    assert_int_equal(facts->n_groups, 3);
    assert_int_equal(facts->n_alpn_bytes, 12);
    assert_memory_equal(facts->alpn, "\2h2\10http/1.1", 12);
    assert_int_equal(facts->hello_bytes, CLIENT_BODY_BYTES);
}

static void a_client_hello_is_read_in_pieces_of_any_size(void **state)
{
    struct talk *talk = *state;

    for (size_t n = 0; n < 80; n++) {
        open_talk(talk, n);
        SAY(talk, TLS_CLIENT, CLIENT_HELLO_RECORD);
        check_client_hello(&talk->facts);
        assert_int_equal(talk->facts.side[TLS_CLIENT].hello.frame, 1);
        assert_int_equal(talk->facts.side[TLS_CLIENT].n_records, 1);
    }
}

static void a_client_hello_in_two_records_is_read(void **state)
{
    static const uint8_t hello[] = {CLIENT_HELLO};
    struct talk *talk = *state;

    for (size_t n = 1; n < sizeof(hello); n++) {
        const uint8_t first[] = {22, 3, 3, 0, (uint8_t)n};
        const uint8_t second[] = {22, 3, 3, 0, (uint8_t)(sizeof(hello) - n)};

        open_talk(talk, 0);
        say(talk, TLS_CLIENT, first, sizeof(first));
        say(talk, TLS_CLIENT, hello, n);
        say(talk, TLS_CLIENT, second, sizeof(second));
        say(talk, TLS_CLIENT, hello + n, sizeof(hello) - n);
        check_client_hello(&talk->facts);
    }
}

static void a_hello_cut_anywhere_is_no_harm(void **state)
{
    static const uint8_t hello[] = {CLIENT_HELLO_RECORD};
    struct talk *talk = *state;

    for (size_t n = 0; n < sizeof(hello); n++) {
        open_talk(talk, 0);
        say(talk, TLS_CLIENT, hello, n);
        assert_true(talk->goes_on);
        assert_int_equal(talk->facts.side[TLS_CLIENT].n_records, 0);
    }
}

/* Every byte changed in turn: lengths that lie. */
static void a_hello_with_a_wrong_byte_is_no_harm(void **state)
{
    static const uint8_t right[] = {CLIENT_HELLO_RECORD};
    struct talk *talk = *state;

    for (size_t at = 0; at < sizeof(right); at++) {
        uint8_t wrong[sizeof(right)];

        memcpy(wrong, right, sizeof(right));
        wrong[at] ^= 0xff;
        open_talk(talk, 3);
        say(talk, TLS_CLIENT, wrong, sizeof(wrong));
        assert_true(talk->facts.n_alpn_bytes <= TLS_ALPN_MAX_BYTES);
        assert_true(strlen(talk->facts.server_name) <= TLS_NAME_MAX_BYTES);
    }
}

static void the_server_chooses(void **state)
{
    struct talk *talk = *state;

    for (size_t n = 0; n < 50; n++) {
        open_talk(talk, n);
        SAY(talk, TLS_SERVER, SERVER_HELLO_13_RECORD);
        assert_int_equal(talk->facts.version, 0x0304);
        assert_int_equal(talk->facts.cipher, 0x1302);
        assert_false(talk->facts.has_retry);
        open_talk(talk, n);
        SAY(talk, TLS_SERVER, RECORD(22, 42), SERVER_HELLO_12);
        assert_int_equal(talk->facts.version, 0x0303);
        assert_int_equal(talk->facts.cipher, 0xc02f);
    }
}

static void a_retry_and_the_second_hello_are_read(void **state)
{
    struct talk *talk = *state;

    SAY(talk, TLS_CLIENT, CLIENT_HELLO_RECORD);
    SAY(talk, TLS_SERVER, RECORD(22, 4 + SERVER_BODY_BYTES), SERVER_HELLO_13(RETRY_RANDOM));
    SAY(talk, TLS_SERVER, CHANGE_CIPHER);
    SAY(talk, TLS_CLIENT, CHANGE_CIPHER, CLIENT_HELLO_RECORD);
    SAY(talk, TLS_SERVER, SERVER_HELLO_13_RECORD);
    assert_true(talk->facts.has_retry);
    check_client_hello(&talk->facts);
    assert_int_equal(talk->facts.version, 0x0304);
    assert_int_equal(talk->facts.side[TLS_SERVER].hello.frame, 2);
    assert_int_equal(talk->facts.side[TLS_CLIENT].n_records, 3);
}

/* ---- alerts ---- */

static void a_fatal_alert_in_plain_text_is_read(void **state)
{
    struct talk *talk = *state;

    SAY(talk, TLS_CLIENT, CLIENT_HELLO_RECORD);
    SAY(talk, TLS_SERVER, RECORD(21, 2), 1, 112);
    assert_int_equal(talk->facts.side[TLS_SERVER].alert.frame, 0); /* a warning */
    SAY(talk, TLS_SERVER, RECORD(21, 2), 2, 40);
    SAY(talk, TLS_SERVER, RECORD(21, 2), 2, 80);
    assert_int_equal(talk->facts.side[TLS_SERVER].alert.frame, 3);
    assert_int_equal(talk->facts.side[TLS_SERVER].alert.ts_ns, 7);
    assert_int_equal(talk->facts.side[TLS_SERVER].alert_code, 40);
    assert_int_equal(bits(talk, TLS_SERVER) & TLS_ALERT_FIRST, 0);
}

static void an_alert_that_answers_the_hello_is_first(void **state)
{
    struct talk *talk = *state;

    SAY(talk, TLS_SERVER, RECORD(21, 2), 2, 70);
    assert_int_equal(bits(talk, TLS_SERVER), TLS_ALERT_FIRST);
}

static void an_alert_behind_change_cipher_is_seen_and_not_read(void **state)
{
    struct talk *talk = *state;

    SAY(talk, TLS_SERVER, RECORD(22, 42), SERVER_HELLO_12);
    SAY(talk, TLS_CLIENT, CHANGE_CIPHER);
    seal(talk, TLS_CLIENT, 22, 40);
    seal(talk, TLS_CLIENT, 21, 26);
    assert_int_equal(talk->facts.side[TLS_CLIENT].sealed_alert.frame, 4);
    assert_int_equal(talk->facts.side[TLS_CLIENT].alert.frame, 0);
}

/* ---- certificates ---- */

static void certificate_messages_of_tls_12_are_told_apart(void **state)
{
    struct talk *talk = *state;

    SAY(talk, TLS_SERVER, RECORD(22, 42), SERVER_HELLO_12);
    SAY(talk, TLS_SERVER, RECORD(22, 18), MESSAGE(11, 6), 0, 0, 3, 1, 2, 3, MESSAGE(13, 0),
        MESSAGE(14, 0));
    SAY(talk, TLS_CLIENT, RECORD(22, 7), MESSAGE(11, 3), 0, 0, 0);
    assert_int_equal(bits(talk, TLS_SERVER), TLS_CERTIFICATE | TLS_WANTS_CLIENT);
    assert_int_equal(bits(talk, TLS_CLIENT), TLS_CERTIFICATE | TLS_NO_CERTIFICATE);
    SAY(talk, TLS_CLIENT, RECORD(22, 4), MESSAGE(15, 0));
    assert_int_equal(bits(talk, TLS_CLIENT), TLS_CERTIFICATE | TLS_NO_CERTIFICATE | TLS_VERIFIES);
}

/* What is encrypted by TLS 1.2 may look like anything. */
static void handshake_records_behind_change_cipher_are_not_read(void **state)
{
    struct talk *talk = *state;

    SAY(talk, TLS_CLIENT, CHANGE_CIPHER, RECORD(22, 7), MESSAGE(11, 3), 0, 0, 0);
    assert_int_equal(bits(talk, TLS_CLIENT), TLS_CHANGED_CIPHER);
}

/* ---- TLS 1.3 by length ---- */

static void begin_13(struct talk *talk)
{
    open_talk(talk, 0);
    SAY(talk, TLS_CLIENT, CLIENT_HELLO_RECORD);
    SAY(talk, TLS_SERVER, SERVER_HELLO_13_RECORD);
}

static void a_first_record_as_short_as_an_alert_is_one(void **state)
{
    static const uint16_t lengths[] = {19, 35};
    struct talk *talk = *state;

    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        begin_13(talk);
        seal(talk, TLS_SERVER, 23, lengths[i]);
        assert_int_equal(bits(talk, TLS_SERVER), TLS_ALERT_FIRST);
        assert_int_equal(talk->facts.side[TLS_SERVER].sealed_alert.frame, 3);
    }
    begin_13(talk);
    seal(talk, TLS_SERVER, 23, 23);
    assert_int_equal(bits(talk, TLS_SERVER), 0);
    seal(talk, TLS_SERVER, 23, 19); /* behind EncryptedExtensions: not where alerts are sure */
    assert_int_equal(talk->facts.side[TLS_SERVER].sealed_alert.frame, 0);
}

static void a_client_that_alerts_in_the_place_of_its_finished_is_seen(void **state)
{
    struct talk *talk = *state;

    begin_13(talk);
    seal(talk, TLS_SERVER, 23, 1200);
    SAY(talk, TLS_CLIENT, CHANGE_CIPHER);
    seal(talk, TLS_CLIENT, 23, 35);
    assert_int_equal(talk->facts.side[TLS_CLIENT].sealed_alert.frame, 5);
    assert_int_equal(bits(talk, TLS_CLIENT), 0);
}

struct flight_case {
    const char *name;
    uint16_t client[4], server;
    uint16_t client_bits, server_bits;
    bool has_alert; /* of the server, behind the Finished */
};

static const struct flight_case flights[] = {
    {"no certificate, refused", {25, 53}, 19, TLS_NO_CERTIFICATE | TLS_FINISHED, 0, true},
    {"no certificate, taken", {25, 69}, 250, TLS_NO_CERTIFICATE | TLS_FINISHED, TLS_SETTLED, false},
    {"padded by JSSE", {41, 85}, 35, TLS_NO_CERTIFICATE | TLS_FINISHED, 0, true},
    {"a certificate, refused", {900, 281, 69}, 19, TLS_LARGE_RECORDS | TLS_FINISHED, 0, true},
    {"not asked", {53}, 250, TLS_FINISHED, TLS_SETTLED, false},
    {"a Finished that is padded otherwise", {60}, 19, 0, 0, false},
    {"data as short as an empty Certificate", {53, 25}, 19, TLS_FINISHED, 0, true},
};

static void the_lengths_of_a_flight_tell_what_is_in_it(void **state)
{
    struct talk *talk = *state;

    for (size_t i = 0; i < ARRAY_LEN(flights); i++) {
        const struct flight_case *at = &flights[i];

        begin_13(talk);
        seal(talk, TLS_SERVER, 23, 1200);
        for (size_t n = 0; n < ARRAY_LEN(at->client) && at->client[n]; n++)
            seal(talk, TLS_CLIENT, 23, at->client[n]);
        seal(talk, TLS_SERVER, 23, at->server);
        if (bits(talk, TLS_CLIENT) != at->client_bits ||
            bits(talk, TLS_SERVER) != at->server_bits ||
            (talk->facts.side[TLS_SERVER].sealed_alert.frame != 0) != at->has_alert ||
            talk->goes_on ==
                (at->server_bits & TLS_SETTLED && !(at->client_bits & TLS_NO_CERTIFICATE)))
            fail_msg("%s: %x, %x", at->name, bits(talk, TLS_CLIENT), bits(talk, TLS_SERVER));
    }
}

/* nginx takes the handshake and refuses the request: tickets, then one short answer. */
static void what_is_said_inside_is_measured(void **state)
{
    struct talk *talk = *state;
    const struct tls_side *server;

    begin_13(talk);
    server = &talk->facts.side[TLS_SERVER];
    seal(talk, TLS_SERVER, 23, 1200);
    seal(talk, TLS_CLIENT, 23, 25);
    seal(talk, TLS_CLIENT, 23, 53);
    seal(talk, TLS_CLIENT, 23, 90);
    seal(talk, TLS_SERVER, 23, 250);
    seal(talk, TLS_SERVER, 23, 250);
    assert_true(talk->goes_on);
    seal(talk, TLS_SERVER, 23, 420);
    assert_int_equal(server->n_said, 3);
    assert_int_equal(server->n_unlike, 1);
    assert_int_equal(server->first_said_bytes, 250);
    assert_int_equal(server->last_said_bytes, 420);
    assert_true(talk->goes_on);
    seal(talk, TLS_SERVER, 23, 19);
    assert_int_equal(server->n_said, 3);
    assert_int_not_equal(server->sealed_alert.frame, 0);
    assert_int_equal(talk->facts.side[TLS_CLIENT].n_said, 1);
    seal(talk, TLS_CLIENT, 23, 90);
    assert_false(talk->goes_on);
}

/* RFC 6655: a tag of 8 bytes. */
static void the_short_tag_of_ccm_8_is_known(void **state)
{
    struct talk *talk = *state;

    SAY(talk, TLS_SERVER, RECORD(22, 4 + SERVER_BODY_BYTES), MESSAGE(2, SERVER_BODY_BYTES), 3, 3,
        ZEROS_32, 0, 0x13, 5, 0, 0, 6, 0, 43, 0, 2, 3, 4);
    seal(talk, TLS_SERVER, 23, 11);
    assert_int_equal(bits(talk, TLS_SERVER), TLS_ALERT_FIRST);
}

/* Early data has any length. */
static void early_data_turns_the_lengths_off(void **state)
{
    struct talk *talk = *state;

    SAY(talk, TLS_CLIENT, RECORD(22, 4 + 2 + 32 + 1 + 4 + 2 + 2 + 4),
        MESSAGE(1, 2 + 32 + 1 + 4 + 2 + 2 + 4), 3, 3, ZEROS_32, 0, 0, 2, 0x13, 1, 1, 0, 0, 4, 0, 42,
        0, 0);
    SAY(talk, TLS_SERVER, SERVER_HELLO_13_RECORD);
    seal(talk, TLS_CLIENT, 23, 25);
    seal(talk, TLS_CLIENT, 23, 53);
    assert_int_equal(bits(talk, TLS_CLIENT), TLS_EARLY_DATA);
}

/* ---- what is no TLS ---- */

static bool miss(struct talk *talk, unsigned side, size_t n_bytes)
{
    const struct tls_input missing = {.side = side, .n_bytes = n_bytes, .place = {.frame = 99}};

    return tls_skip(&talk->state, &talk->facts, &missing);
}

static void bytes_may_be_missing_where_nothing_is_read(void **state)
{
    struct talk *talk = *state;

    SAY(talk, TLS_CLIENT, CLIENT_HELLO_RECORD);
    SAY(talk, TLS_SERVER, RECORD(22, 4 + 38), SERVER_HELLO_12);
    /* A Certificate of 100 bytes in one record, and the alert behind it. */
    SAY(talk, TLS_SERVER, RECORD(22, 104), MESSAGE(11, 100), 0, 0, 97);
    assert_true(miss(talk, TLS_SERVER, 97));
    assert_int_equal(bits(talk, TLS_SERVER), TLS_CERTIFICATE);
    SAY(talk, TLS_SERVER, RECORD(21, 2), 2, 40);
    assert_int_equal(talk->facts.side[TLS_SERVER].alert_code, 40);
}

static void bytes_that_are_read_may_not_be_missing(void **state)
{
    struct talk *talk = *state;

    SAY(talk, TLS_CLIENT, RECORD(22, 4 + CLIENT_BODY_BYTES), MESSAGE(1, CLIENT_BODY_BYTES), 3, 3);
    assert_false(miss(talk, TLS_CLIENT, 8));
    SAY(talk, TLS_SERVER, RECORD(21, 2));
    assert_false(miss(talk, TLS_SERVER, 2));
}

static void what_is_no_record_ends_a_side(void **state)
{
    static const uint8_t answer[] = "HTTP/1.1 400 Bad Request\r\n";
    struct talk *talk = *state;

    SAY(talk, TLS_CLIENT, CLIENT_HELLO_RECORD);
    say(talk, TLS_SERVER, answer, sizeof(answer));
    assert_int_equal(bits(talk, TLS_SERVER), TLS_NOT_TLS);
    assert_int_equal(talk->facts.side[TLS_SERVER].n_records, 0);
    assert_true(talk->goes_on);
    say(talk, TLS_CLIENT, answer, sizeof(answer));
    assert_false(talk->goes_on);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_client_hello_is_read_in_pieces_of_any_size),
        TEST(a_client_hello_in_two_records_is_read),
        TEST(a_hello_cut_anywhere_is_no_harm),
        TEST(a_hello_with_a_wrong_byte_is_no_harm),
        TEST(the_server_chooses),
        TEST(a_retry_and_the_second_hello_are_read),
        TEST(a_fatal_alert_in_plain_text_is_read),
        TEST(an_alert_that_answers_the_hello_is_first),
        TEST(an_alert_behind_change_cipher_is_seen_and_not_read),
        TEST(certificate_messages_of_tls_12_are_told_apart),
        TEST(handshake_records_behind_change_cipher_are_not_read),
        TEST(a_first_record_as_short_as_an_alert_is_one),
        TEST(a_client_that_alerts_in_the_place_of_its_finished_is_seen),
        TEST(the_lengths_of_a_flight_tell_what_is_in_it),
        TEST(what_is_said_inside_is_measured),
        TEST(the_short_tag_of_ccm_8_is_known),
        TEST(early_data_turns_the_lengths_off),
        TEST(bytes_may_be_missing_where_nothing_is_read),
        TEST(bytes_that_are_read_may_not_be_missing),
        TEST(what_is_no_record_ends_a_side),
    };

    return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
