/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See banner.h. The server's first bytes are gathered, and each protocol's reader is asked whether
 * they are a refusal, are none, or are too few to tell.
 */
#include "decode/banner.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/compiler.h"
#include "base/cursor.h"

enum answer {
    ANSWER_NO,      /* not this protocol, or no refusal of it */
    ANSWER_TOO_FEW, /* it could become one */
    ANSWER_REFUSAL
};

struct words {
    const char *at;
    size_t n;
};

static bool begins_with(struct words said, const char *words)
{
    size_t n_words = strlen(words);

    return said.n >= n_words && memcmp(said.at, words, n_words) == 0;
}

/* All that was said so far agrees with the words, and they go on. */
static bool may_become(struct words said, const char *words)
{
    return said.n < strlen(words) && memcmp(said.at, words, said.n) == 0;
}

static bool mentions(struct words said, const char *words)
{
    return memmem(said.at, said.n, words, strlen(words)) != NULL;
}

static struct words first_line(struct words said)
{
    const char *end = memchr(said.at, '\n', said.n);
    struct words line = {said.at, end ? (size_t)(end - said.at) : said.n};

    if (line.n > 0 && line.at[line.n - 1] == '\r')
        line.n--;
    return line;
}

static bool has_line(struct words said)
{
    return said.n == BANNER_BYTES || memchr(said.at, '\n', said.n);
}

static void refuse(struct banner_facts *facts, enum banner_protocol protocol, struct words code,
                   struct words text)
{
    facts->protocol = (uint8_t)protocol;
    facts->is_tls_refused = false;
    speech_keep(facts->code, sizeof(facts->code), code.at, code.n);
    speech_keep(facts->text, sizeof(facts->text), text.at, text.n);
}

/* ---- protocols of lines ---- */

struct saying {
    const char *words; /* the line begins so */
    enum banner_protocol protocol;
    const char *code;
};

/* Sources: OpenSSH sshd.c and sshd-session.c; Redis networking.c, server.c, acl.c; RFC 1939; RFC
 * 3501 section 7.1.5. */
static const struct saying sayings[] = {
    {"Exceeded MaxStartups", BANNER_SSH, "MaxStartups"},
    {"Not allowed at this time", BANNER_SSH, "penalty"},
    {"-ERR max number of clients", BANNER_REDIS, "maxclients"},
    {"-NOAUTH", BANNER_REDIS, "NOAUTH"},
    {"-WRONGPASS", BANNER_REDIS, "WRONGPASS"},
    {"-LOADING", BANNER_REDIS, "LOADING"},
    {"-MASTERDOWN", BANNER_REDIS, "MASTERDOWN"},
    {"-DENIED", BANNER_REDIS, "DENIED"},
    {"* BYE", BANNER_IMAP, "BYE"},
};

static enum answer read_saying(struct words said, struct banner_facts *facts)
{
    enum answer answer = ANSWER_NO;

    for (size_t i = 0; i < ARRAY_LEN(sayings); i++) {
        if (may_become(said, sayings[i].words))
            answer = ANSWER_TOO_FEW;
        if (!begins_with(said, sayings[i].words))
            continue;
        if (!has_line(said))
            return ANSWER_TOO_FEW;
        refuse(facts, sayings[i].protocol, (struct words){sayings[i].code, strlen(sayings[i].code)},
               first_line(said));
        return ANSWER_REFUSAL;
    }
    return answer;
}

/* RFC 1939: a greeting is positive; Redis has other words behind its "-ERR". */
static enum answer read_pop3(struct words said, uint16_t port, struct banner_facts *facts)
{
    if (port != 110)
        return ANSWER_NO;
    if (may_become(said, "-ERR"))
        return ANSWER_TOO_FEW;
    if (!begins_with(said, "-ERR"))
        return ANSWER_NO;
    if (!has_line(said))
        return ANSWER_TOO_FEW;
    refuse(facts, BANNER_POP3, (struct words){"-ERR", 4}, first_line(said));
    return ANSWER_REFUSAL;
}

static bool is_smtp_port(uint16_t port)
{
    return port == 25 || port == 465 || port == 587 || port == 2525;
}

/* RFC 5321 section 3.1 (554) and 3.8 (421); RFC 959 section 5.4 (421, and 530 of servers that are
 * full before the login). */
static enum answer read_reply_code(struct words said, uint16_t port, struct banner_facts *facts)
{
    struct words line = first_line(said);
    bool is_ftp = port == 21 || (!is_smtp_port(port) &&
                                 (mentions(line, "FTP") || mentions(line, "too many users")));
    bool is_refusal = begins_with(line, "421") || (is_ftp && begins_with(line, "530")) ||
                      (!is_ftp && begins_with(line, "554"));

    if (said.n < 4)
        return may_become(said, "421 ") || may_become(said, "554 ") || may_become(said, "530 ")
                   ? ANSWER_TOO_FEW
                   : ANSWER_NO;
    if (!is_refusal || (line.at[3] != ' ' && line.at[3] != '-'))
        return ANSWER_NO;
    if (!has_line(said))
        return ANSWER_TOO_FEW;
    refuse(facts, is_ftp ? BANNER_FTP : BANNER_SMTP, (struct words){line.at, 3}, line);
    return ANSWER_REFUSAL;
}

/* ---- MySQL: packets of length 24, number 8 ---- */

#define MYSQL_HEADER_BYTES 4
#define MYSQL_ERROR 0xff
#define MYSQL_GREETING 10

static enum answer read_mysql_error(struct words said, size_t n_packet, struct banner_facts *facts)
{
    const uint8_t *bytes = (const uint8_t *)said.at;
    struct words text = {said.at + 7, n_packet - 7};
    char code[BANNER_CODE_BYTES];
    unsigned number = (unsigned)(bytes[6] << 8 | bytes[5]);
    int n_code;

    if (number < 1000 || number > 9999) /* the server's errors: include/mysqld_error.h */
        return ANSWER_NO;
    /* Before the handshake there is no SQL state: "#08S01" is in later ones only. */
    if (text.n >= 6 && text.at[0] == '#') {
        text.at += 6;
        text.n -= 6;
    }
    n_code = snprintf(code, sizeof(code), "%u", number);
    refuse(facts, BANNER_MYSQL, (struct words){code, (size_t)n_code}, text);
    return ANSWER_REFUSAL;
}

/* The packet of the number at the beginning of what was said. */
static enum answer read_mysql(struct banner *banner, struct words said, uint8_t number,
                              struct banner_facts *facts)
{
    const uint8_t *bytes = (const uint8_t *)said.at;
    size_t n_packet;

    if (said.n < MYSQL_HEADER_BYTES + 3)
        return ANSWER_TOO_FEW;
    n_packet = MYSQL_HEADER_BYTES + (bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16);
    if (bytes[3] != number || n_packet < 9 || n_packet > 1024)
        return ANSWER_NO;
    if (bytes[4] == MYSQL_ERROR && n_packet > said.n)
        return said.n < BANNER_BYTES ? ANSWER_TOO_FEW : ANSWER_NO;
    if (bytes[4] == MYSQL_ERROR)
        return read_mysql_error(said, n_packet, facts);
    if (number != 0 || bytes[4] != MYSQL_GREETING || n_packet > said.n)
        return number == 0 && bytes[4] == MYSQL_GREETING && said.n < BANNER_BYTES ? ANSWER_TOO_FEW
                                                                                  : ANSWER_NO;
    banner->is_mysql = true;
    banner->n_text = 0; /* the answer to the login begins anew */
    return ANSWER_TOO_FEW;
}

/* ---- PostgreSQL: type, length, fields ---- */

static struct words postgres_field(struct words said, size_t n_message, char type)
{
    size_t at = 5;

    while (at < n_message && said.at[at]) {
        const char *end = memchr(said.at + at + 1, '\0', n_message - at - 1);

        if (!end)
            break;
        if (said.at[at] == type)
            return (struct words){said.at + at + 1, (size_t)(end - said.at) - at - 1};
        at = (size_t)(end - said.at) + 1;
    }
    return (struct words){"", 0};
}

/* PostgreSQL documentation 55.7: ErrorResponse; FATAL ends the session. */
static enum answer read_postgres(struct words said, struct banner_facts *facts)
{
    const uint8_t *bytes = (const uint8_t *)said.at;
    size_t n_message;
    struct words severity;

    if (said.at[0] != 'E')
        return ANSWER_NO;
    if (said.n < 5)
        return ANSWER_TOO_FEW;
    n_message = (size_t)load_be32(bytes + 1) + 1;
    if (n_message < 8 || n_message > 4096 || (said.n > 5 && said.at[5] != 'S'))
        return ANSWER_NO;
    if (n_message > said.n && said.n < BANNER_BYTES)
        return ANSWER_TOO_FEW;
    if (n_message > said.n)
        n_message = said.n;
    severity = postgres_field(said, n_message, 'V');
    if (severity.n == 0)
        severity = postgres_field(said, n_message, 'S');
    if (!begins_with(severity, "FATAL") && !begins_with(severity, "PANIC"))
        return ANSWER_NO;
    refuse(facts, BANNER_POSTGRESQL, postgres_field(said, n_message, 'C'),
           postgres_field(said, n_message, 'M'));
    return ANSWER_REFUSAL;
}

/* ---- all of them ---- */

static enum answer read_first(struct banner *banner, struct words said, uint16_t port,
                              struct banner_facts *facts)
{
    enum answer answers[] = {
        read_saying(said, facts),           read_pop3(said, port, facts),
        read_reply_code(said, port, facts), read_postgres(said, facts),
        read_mysql(banner, said, 0, facts),
    };
    enum answer best = ANSWER_NO;

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        if (answers[i] > best)
            best = answers[i];
    }
    return best;
}

/* One byte answers PostgreSQL's SSLRequest; what follows begins anew. */
static bool is_tls_answer(const struct banner *banner)
{
    return banner->asked_for_tls && banner->n_text == 1 && banner->text[0] == 'N';
}

/* A refusal where the client then goes away; one that goes on in clear is content with it. */
static void refuse_tls(struct banner_facts *facts, const struct speech_place *place)
{
    refuse(facts, BANNER_POSTGRESQL, (struct words){"N", 1}, (struct words){"", 0});
    facts->refusal = *place;
    facts->is_tls_refused = true;
}

void banner_read(struct banner *banner, struct banner_facts *facts, uint16_t port,
                 const uint8_t *bytes, size_t n_bytes, const struct speech_place *place)
{
    size_t n_room = sizeof(banner->text) - banner->n_text;
    struct words said = {banner->text, 0};
    enum answer answer;

    if (banner->is_done || n_bytes == 0)
        return;
    if (n_bytes > n_room)
        n_bytes = n_room;
    memcpy(banner->text + banner->n_text, bytes, n_bytes);
    banner->n_text = (uint16_t)(banner->n_text + n_bytes);
    if (is_tls_answer(banner)) {
        banner->n_text = 0;
        banner->asked_for_tls = false;
        refuse_tls(facts, place);
        return;
    }
    said.n = banner->n_text;
    answer = banner->is_mysql ? read_mysql(banner, said, 2, facts)
                              : read_first(banner, said, port, facts);
    if (answer == ANSWER_REFUSAL)
        facts->refusal = *place;
    banner->is_done = answer != ANSWER_TOO_FEW || banner->n_text == sizeof(banner->text);
}

void banner_read_client(struct banner *banner, struct banner_facts *facts, const uint8_t *bytes,
                        size_t n_bytes)
{
    static const uint8_t tls_request[8] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};

    if (facts->is_tls_refused)
        *facts = (struct banner_facts){0};
    if (banner->n_asked == sizeof(banner->asked))
        return;
    if (n_bytes > sizeof(banner->asked) - banner->n_asked)
        n_bytes = sizeof(banner->asked) - banner->n_asked;
    memcpy(banner->asked + banner->n_asked, bytes, n_bytes);
    banner->n_asked = (uint8_t)(banner->n_asked + n_bytes);
    banner->asked_for_tls = banner->n_asked == sizeof(banner->asked) &&
                            memcmp(banner->asked, tls_request, sizeof(tls_request)) == 0;
}
