/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals in a server's first words, whole and cut at every byte; and what is none. */
#include "decode/banner.h"

#include <string.h>

#include "base/compiler.h"
#include "guard.h"
#include "unit.h"

struct script {
    const char *client; /* spoken before the server's last words; may be empty */
    size_t n_client;
    const char *greeting; /* of the server, before the client; may be empty */
    size_t n_greeting;
    const char *words; /* of the server, last */
    size_t n_words;
    uint16_t port;
};

#define TEXT(literal) literal, sizeof(literal) - 1
#define SAYS(literal, port)                                                                        \
    {                                                                                              \
        TEXT(""), TEXT(""), TEXT(literal), port                                                    \
    }

static void speak(struct banner *banner, struct banner_facts *facts, uint16_t port,
                  const char *words, size_t n_words, size_t n_part)
{
    struct guard guard = guard_open();
    struct speech_place place = {.frame = 7, .ts_ns = 8};

    for (size_t at = 0; at < n_words; at += n_part) {
        size_t n = n_words - at < n_part ? n_words - at : n_part;

        banner_read(banner, facts, port, guard_place(&guard, (const uint8_t *)words + at, n), n,
                    &place);
    }
    guard_close(&guard);
}

static struct banner_facts play(const struct script *script, size_t n_part)
{
    struct banner_facts facts;
    struct banner banner = {0};

    memset(&facts, 0, sizeof(facts));
    speak(&banner, &facts, script->port, script->greeting, script->n_greeting, n_part);
    for (size_t i = 0; i < script->n_client; i++)
        banner_read_client(&banner, &facts, (const uint8_t *)script->client + i, 1);
    speak(&banner, &facts, script->port, script->words, script->n_words, n_part);
    return facts;
}

static struct banner_facts play_all_ways(const struct script *script)
{
    struct banner_facts facts = play(script, 4096);

    for (size_t n_part = 1; n_part < 20; n_part++) {
        struct banner_facts other = play(script, n_part);

        assert_int_equal(other.protocol, facts.protocol);
        assert_string_equal(other.code, facts.code);
        assert_int_equal(other.refusal.frame, facts.refusal.frame);
    }
    return facts;
}

#define SSL_REQUEST TEXT("\0\0\0\x08\x04\xd2\x16\x2f")
#define STARTUP TEXT("\0\0\0\x11\0\x03\0\0user\0a\0\0")
#define PG_FULL                                                                                    \
    TEXT("E\0\0\0\x4eSFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0Fproc.c\0L362\0"    \
         "RInitProcess\0\0")
#define MYSQL_HELLO                                                                                \
    TEXT("\x0a\0\0\0\x0a"                                                                          \
         "8.0.36\0\x01\x02")

static void refusals_have_their_protocol_and_code(void **state)
{
    static const struct {
        struct script script;
        enum banner_protocol protocol;
        const char *code, *text;
    } cases[] = {
        {SAYS("Exceeded MaxStartups\r\n", 22), BANNER_SSH, "MaxStartups", "Exceeded MaxStartups"},
        {SAYS("Not allowed at this time\r\n", 2222), BANNER_SSH, "penalty",
         "Not allowed at this time"},
        {SAYS("421 4.7.0 mx Too many connections\r\n", 25), BANNER_SMTP, "421",
         "421 4.7.0 mx Too many connections"},
        {SAYS("554-mx ESMTP\r\n554 No SMTP service here\r\n", 2525), BANNER_SMTP, "554",
         "554-mx ESMTP"},
        {SAYS("421 There are too many connected users, please try later.\r\n", 21), BANNER_FTP,
         "421", "421 There are too many connected users, please try later."},
        {SAYS("421 Service not available, FTP server is full\r\n", 2121), BANNER_FTP, "421",
         "421 Service not available, FTP server is full"},
        {SAYS("-ERR max number of clients reached\r\n", 6379), BANNER_REDIS, "maxclients",
         "-ERR max number of clients reached"},
        {SAYS("-NOAUTH Authentication required.\r\n", 7000), BANNER_REDIS, "NOAUTH",
         "-NOAUTH Authentication required."},
        {SAYS("-LOADING Redis is loading the dataset in memory\r\n", 6379), BANNER_REDIS, "LOADING",
         "-LOADING Redis is loading the dataset in memory"},
        {SAYS("-ERR server is busy\r\n", 110), BANNER_POP3, "-ERR", "-ERR server is busy"},
        {SAYS("* BYE Too many connections\r\n", 143), BANNER_IMAP, "BYE",
         "* BYE Too many connections"},
        {SAYS("\x17\0\0\0\xff\x10\x04Too many connections", 3306), BANNER_MYSQL, "1040",
         "Too many connections"},
        {SAYS("\x20\0\0\0\xff\x6a\x04#HY000Host 'a' is not allowed", 13306), BANNER_MYSQL, "1130",
         "Host 'a' is not allowed"},
        {{TEXT("login"), MYSQL_HELLO, TEXT("\x11\0\0\x02\xff\x15\x04#28000Access d"), 3306},
         BANNER_MYSQL,
         "1045",
         "Access d"},
        {{STARTUP, TEXT(""), PG_FULL, 5432},
         BANNER_POSTGRESQL,
         "53300",
         "sorry, too many clients already"},
        {{SSL_REQUEST, TEXT(""), PG_FULL, 5432},
         BANNER_POSTGRESQL,
         "53300",
         "sorry, too many clients already"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct banner_facts facts = play_all_ways(&cases[i].script);

        assert_int_equal(facts.protocol, cases[i].protocol);
        assert_string_equal(facts.code, cases[i].code);
        assert_string_equal(facts.text, cases[i].text);
        assert_int_equal(facts.refusal.frame, 7);
        assert_int_equal(facts.refusal.ts_ns, 8);
    }
}

static void greetings_and_answers_are_no_refusals(void **state)
{
    static const struct script cases[] = {
        SAYS("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 22),
        SAYS("220 mx ESMTP Postfix\r\n", 25),
        SAYS("220 FTP server ready\r\n421 closing later\r\n", 21),
        SAYS("+OK POP3 ready\r\n-ERR not now\r\n", 110),
        SAYS("-ERR unknown command 'x'\r\n", 6379),
        SAYS("-WRONGTYPE Operation against a key\r\n", 6379),
        SAYS("* OK IMAP ready\r\n* BYE\r\n", 143),
        SAYS("530 5.7.0 Authentication required\r\n", 25),
        SAYS("5540\r\n", 25),
        SAYS("HTTP/1.1 421 Misdirected Request\r\n", 80),
        SAYS("EHLO\r\n", 25),
        SAYS("\x17\0\0\x01\xff\x10\x04Too many connections", 3306), /* not the first packet */
        SAYS("\x17\0\0\0\xff\xe7\x03Too many connections", 3306),   /* 999: no server's code */
        {TEXT("login"), MYSQL_HELLO, TEXT("\x07\0\0\x02\0\0\0\x02\0\0\0"), 3306},
        /* a query's error does not end the session */
        {STARTUP, TEXT(""), TEXT("E\0\0\0\x1fSERROR\0VERROR\0C42P01\0Mno\0\0"), 5432},
        {STARTUP, TEXT(""), TEXT("R\0\0\0\x08\0\0\0\0E\0\0\0\x08SFATAL\0"), 5432},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(play_all_ways(&cases[i]).refusal.frame, 0);
}

static void postgres_without_tls_may_still_refuse_in_clear(void **state)
{
    struct speech_place place = {.frame = 3};
    struct banner_facts facts = {0};
    struct banner banner = {0};
    const struct script full = {TEXT(""), TEXT(""), PG_FULL, 5432};

    (void)state;
    banner_read_client(&banner, &facts, (const uint8_t *)"\0\0\0\x08\x04\xd2\x16\x2f", 8);
    banner_read(&banner, &facts, 5432, (const uint8_t *)"N", 1, &place);
    assert_int_equal(facts.refusal.frame, 3); /* where the client leaves it at that */
    assert_string_equal(facts.code, "N");
    banner_read_client(&banner, &facts, (const uint8_t *)"\0", 1);
    assert_int_equal(facts.refusal.frame, 0);
    banner_read(&banner, &facts, 5432, (const uint8_t *)full.words, full.n_words, &place);
    assert_int_equal(facts.protocol, BANNER_POSTGRESQL);
    assert_int_equal(facts.refusal.frame, 3);
}

static void what_comes_late_is_not_read(void **state)
{
    static char words[BANNER_BYTES + 100];
    struct script script = {TEXT(""), TEXT(""), words, sizeof(words), 22};

    (void)state;
    memset(words, 'x', sizeof(words));
    memcpy(words, "Exceeded MaxStartups", 20);
    /* a line that does not end is one all the same when the room does */
    assert_int_equal(play(&script, 10).protocol, BANNER_SSH);
    memcpy(words, "yxceeded", 8);
    memcpy(words + BANNER_BYTES, "Exceeded MaxStartups", 20);
    assert_int_equal(play(&script, BANNER_BYTES).refusal.frame, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_have_their_protocol_and_code),
        cmocka_unit_test(greetings_and_answers_are_no_refusals),
        cmocka_unit_test(postgres_without_tls_may_still_refuse_in_clear),
        cmocka_unit_test(what_comes_late_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
