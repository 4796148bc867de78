/* SPDX-License-Identifier: BSD-2-Clause */
/* See tls.h. */
#include "decode/tls.h"

#include <string.h>

/* RFC 8446 section 5.1: type, version 03 00..04, length up to 2^14 + 256; RFC 5246 allows 2^14 +
 * 2048 of ciphertext. */
#define RECORD_MAX_BYTES (16384 + 2048)

enum {
    TYPE_MIN = 20,
    TYPE_CHANGE_CIPHER = 20,
    TYPE_ALERT = 21,
    TYPE_HANDSHAKE = 22,
    TYPE_DATA = 23,
    TYPE_MAX = 24
};

enum {
    MESSAGE_CLIENT_HELLO = 1,
    MESSAGE_SERVER_HELLO = 2,
    MESSAGE_CERTIFICATE = 11,
    MESSAGE_CERTIFICATE_REQUEST = 13,
    MESSAGE_CERTIFICATE_VERIFY = 15
};

#define ALERT_BYTES 2
#define ALERT_FATAL 2

/* VERDICTS.md 9.1: lengths inside an encrypted record of TLS 1.3, without the type's byte and the
 * tag; JSSE pads by 16. */
#define CCM_8 0x1305
#define PADDING_BYTES 16
#define EMPTY_CERTIFICATE_BYTES 8
#define FINISHED_256_BYTES 36
#define FINISHED_384_BYTES 52

void tls_open(struct tls_state *state)
{
    memset(state, 0, sizeof(*state));
}

/* ---- encrypted records of TLS 1.3 ---- */

static bool is_long(uint32_t n_bytes, uint32_t plain_bytes)
{
    return n_bytes == plain_bytes || n_bytes == plain_bytes + PADDING_BYTES;
}

static bool is_finished(uint32_t n_bytes)
{
    return is_long(n_bytes, FINISHED_256_BYTES) || is_long(n_bytes, FINISHED_384_BYTES);
}

/* The client's flight: Certificate and CertificateVerify if asked for, Finished. */
static void learn_client_sealed(struct tls_side *client, struct tls_side_state *state,
                                uint32_t n_bytes, const struct speech_place *place)
{
    if (client->bits & TLS_FINISHED && !is_long(n_bytes, ALERT_BYTES))
        client->n_said++;
    if (client->bits & (TLS_EARLY_DATA | TLS_FINISHED))
        return;
    if (is_finished(n_bytes)) {
        client->bits |= TLS_FINISHED;
    } else if (is_long(n_bytes, ALERT_BYTES)) {
        if (!client->sealed_alert.frame)
            client->sealed_alert = *place;
    } else if (is_long(n_bytes, EMPTY_CERTIFICATE_BYTES) && client->n_sealed == 1) {
        client->bits |= TLS_NO_CERTIFICATE;
    } else if (n_bytes > FINISHED_384_BYTES + PADDING_BYTES && ++state->n_large == 2) {
        client->bits |= TLS_LARGE_RECORDS;
    }
}

static void count_said(struct tls_side *said, uint32_t content_bytes)
{
    uint16_t n_bytes = content_bytes < UINT16_MAX ? (uint16_t)content_bytes : UINT16_MAX;

    if (said->n_said++ == 0)
        said->first_said_bytes = n_bytes;
    if (n_bytes != said->first_said_bytes)
        said->n_unlike++;
    said->last_said_bytes = n_bytes;
}

/* The first of the server's holds EncryptedExtensions and is no shorter than 6 bytes: as short as
 * an alert it is one. */
static void learn_server_sealed(struct tls_side *server, const struct tls_side *client,
                                const struct tls_side_state *state, uint32_t n_bytes,
                                const struct speech_place *place)
{
    bool is_alert = is_long(n_bytes, ALERT_BYTES);

    if (is_alert && server->n_sealed == 1)
        server->bits |= TLS_ALERT_FIRST;
    if (is_alert && (server->n_sealed == 1 || client->bits & TLS_FINISHED)) {
        if (!server->sealed_alert.frame)
            server->sealed_alert = *place;
    } else if (client->bits & TLS_FINISHED) {
        server->bits |= TLS_SETTLED;
        count_said(server, state->content_bytes);
    }
}

static void learn_data(struct tls_facts *facts, struct tls_side_state *state, unsigned side,
                       const struct speech_place *place)
{
    struct tls_side *said = &facts->side[side];
    uint32_t overhead_bytes = facts->cipher == CCM_8 ? 1 + 8 : 1 + 16;
    uint32_t n_bytes;

    said->n_sealed++;
    if (facts->version != TLS_VERSION_1_3) {
        count_said(said, state->content_bytes);
        if (side == TLS_SERVER)
            said->bits |= TLS_SETTLED;
        return;
    }
    if (state->content_bytes < overhead_bytes)
        return;
    n_bytes = state->content_bytes - overhead_bytes;
    if (side == TLS_CLIENT)
        learn_client_sealed(said, state, n_bytes, place);
    else
        learn_server_sealed(said, &facts->side[TLS_CLIENT], state, n_bytes, place);
}

/* ---- alerts ---- */

static void learn_alert(const struct tls_side_state *state, struct tls_side *said,
                        const struct speech_place *place)
{
    if (state->content_bytes != ALERT_BYTES) {
        /* Up to 1.2, behind ChangeCipherSpec: that there is one can be seen, but not which. */
        if (said->bits & TLS_CHANGED_CIPHER && !said->sealed_alert.frame)
            said->sealed_alert = *place;
        return;
    }
    if (state->head[0] != ALERT_FATAL || said->alert.frame)
        return;
    said->alert = *place;
    said->alert_code = state->head[1];
    if (said->n_records == 1)
        said->bits |= TLS_ALERT_FIRST;
}

/* ---- handshake messages in plain text ---- */

static bool is_hello(const struct tls_side_state *state, unsigned side)
{
    return state->message[0] == (side == TLS_CLIENT ? MESSAGE_CLIENT_HELLO : MESSAGE_SERVER_HELLO);
}

static void begin_message(struct tls_side_state *state, struct tls_hello_state *hello,
                          struct tls_facts *facts, const struct tls_input *input)
{
    struct tls_side *said = &facts->side[input->side];

    state->body_bytes =
        (uint32_t)state->message[1] << 16 | (uint32_t)state->message[2] << 8 | state->message[3];
    state->n_body = 0;
    if (is_hello(state, input->side)) {
        tls_hello_open(hello);
        if (!said->hello.frame)
            said->hello = input->place;
        if (input->side == TLS_CLIENT)
            facts->hello_bytes =
                (uint16_t)(state->body_bytes < UINT16_MAX ? state->body_bytes : UINT16_MAX);
    }
}

static void end_message(struct tls_side_state *state, struct tls_side *said)
{
    switch (state->message[0]) {
    case MESSAGE_CERTIFICATE:
        said->bits |= TLS_CERTIFICATE;
        if (state->body_bytes == 3 && (state->head[0] | state->head[1] | state->head[2]) == 0)
            said->bits |= TLS_NO_CERTIFICATE;
        break;
    case MESSAGE_CERTIFICATE_REQUEST:
        said->bits |= TLS_WANTS_CLIENT;
        break;
    case MESSAGE_CERTIFICATE_VERIFY:
        said->bits |= TLS_VERIFIES;
        break;
    default:
        break;
    }
    state->n_message = 0;
}

static void keep_head(struct tls_side_state *state, uint32_t at, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n && at + i < sizeof(state->head); i++)
        state->head[at + i] = bytes[i];
}

/* Bytes of one record's content. */
static void read_messages(struct tls_side_state *state, struct tls_hello_state *hello,
                          struct tls_facts *facts, const struct tls_input *input, size_t n_bytes)
{
    const uint8_t *bytes = input->bytes;
    size_t n;

    while (n_bytes > 0) {
        if (state->n_message < sizeof(state->message)) {
            n = 1;
            state->message[state->n_message++] = *bytes;
            if (state->n_message == sizeof(state->message))
                begin_message(state, hello, facts, input);
        } else {
            n = state->body_bytes - state->n_body;
            n = n < n_bytes ? n : n_bytes;
            keep_head(state, state->n_body, bytes, n);
            if (is_hello(state, input->side))
                tls_hello_feed(hello, facts, input->side, bytes, n);
            state->n_body += (uint32_t)n;
        }
        if (state->n_message == sizeof(state->message) && state->n_body == state->body_bytes)
            end_message(state, &facts->side[input->side]);
        bytes += n;
        n_bytes -= n;
    }
}

/* ---- records ---- */

static uint32_t content_bytes(const uint8_t *header)
{
    return (uint32_t)header[3] << 8 | header[4];
}

static bool is_record(const uint8_t *header)
{
    return header[0] >= TYPE_MIN && header[0] <= TYPE_MAX && header[1] == 3 && header[2] <= 4 &&
           content_bytes(header) <= RECORD_MAX_BYTES;
}

/* RFC 8446 appendix D.4: in 1.3 ChangeCipherSpec means nothing. */
static void change_cipher(struct tls_side_state *state, const struct tls_facts *facts,
                          struct tls_side *said)
{
    if (facts->version == TLS_VERSION_1_3)
        return;
    said->bits |= TLS_CHANGED_CIPHER;
    state->is_sealed = true;
}

static void end_record(struct tls_state *state, struct tls_facts *facts,
                       const struct tls_input *input)
{
    struct tls_side_state *from = &state->side[input->side];
    struct tls_side *said = &facts->side[input->side];

    from->n_header = 0;
    said->n_records++;
    switch (from->header[0]) {
    case TYPE_CHANGE_CIPHER:
        change_cipher(from, facts, said);
        break;
    case TYPE_ALERT:
        learn_alert(from, said, &input->place);
        break;
    case TYPE_DATA:
        learn_data(facts, from, input->side, &input->place);
        break;
    default:
        break;
    }
}

static size_t take_header(struct tls_side_state *from, struct tls_side *said, const uint8_t *bytes,
                          size_t n_bytes)
{
    size_t n = (size_t)TLS_HEADER_BYTES - from->n_header;

    n = n < n_bytes ? n : n_bytes;
    memcpy(from->header + from->n_header, bytes, n);
    from->n_header += (uint8_t)n;
    from->content_bytes = content_bytes(from->header);
    from->n_content = 0;
    if (from->n_header == TLS_HEADER_BYTES && !is_record(from->header))
        said->bits |= TLS_NOT_TLS;
    return n;
}

static size_t take_content(struct tls_state *state, struct tls_facts *facts,
                           const struct tls_input *input)
{
    struct tls_side_state *from = &state->side[input->side];
    size_t n = from->content_bytes - from->n_content;

    n = n < input->n_bytes ? n : input->n_bytes;
    if (from->header[0] == TYPE_ALERT)
        keep_head(from, from->n_content, input->bytes, n);
    else if (from->header[0] == TYPE_HANDSHAKE && !from->is_sealed)
        read_messages(from, &state->hello[input->side], facts, input, n);
    from->n_content += (uint32_t)n;
    return n;
}

/* A client that had no certificate to show asks once: how short the answer is may tell. */
static bool may_be_refused_inside(const struct tls_facts *facts)
{
    return facts->side[TLS_CLIENT].bits & TLS_NO_CERTIFICATE &&
           facts->side[TLS_CLIENT].n_said <= 1 && facts->side[TLS_SERVER].n_unlike <= 1;
}

/* Nothing that is read here comes after. */
static bool is_over(const struct tls_facts *facts)
{
    const struct tls_side *client = &facts->side[TLS_CLIENT];
    const struct tls_side *server = &facts->side[TLS_SERVER];

    return (server->bits & TLS_SETTLED && !may_be_refused_inside(facts)) ||
           (client->bits & server->bits & TLS_NOT_TLS);
}

bool tls_feed(struct tls_state *state, struct tls_facts *facts, const struct tls_input *input)
{
    struct tls_side_state *from = &state->side[input->side];
    struct tls_side *said = &facts->side[input->side];
    struct tls_input rest = *input;

    while (rest.n_bytes > 0 && !(said->bits & TLS_NOT_TLS)) {
        size_t n = from->n_header < TLS_HEADER_BYTES
                       ? take_header(from, said, rest.bytes, rest.n_bytes)
                       : take_content(state, facts, &rest);

        rest.bytes += n;
        rest.n_bytes -= n;
        if (from->n_header == TLS_HEADER_BYTES && from->n_content == from->content_bytes &&
            !(said->bits & TLS_NOT_TLS))
            end_record(state, facts, &rest);
    }
    return !is_over(facts);
}

/* Within one record: encrypted, or the body of a message of which only the head is read. */
static bool is_skippable(const struct tls_side_state *from, const struct tls_side *said,
                         unsigned side, uint32_t n_bytes)
{
    if (from->n_header < TLS_HEADER_BYTES || said->bits & TLS_NOT_TLS ||
        n_bytes > from->content_bytes - from->n_content)
        return false;
    if (from->header[0] == TYPE_DATA || (from->header[0] == TYPE_HANDSHAKE && from->is_sealed))
        return true;
    return from->header[0] == TYPE_HANDSHAKE && from->n_message == sizeof(from->message) &&
           !is_hello(from, side) && from->n_body >= sizeof(from->head) &&
           n_bytes <= from->body_bytes - from->n_body;
}

bool tls_skip(struct tls_state *state, struct tls_facts *facts, const struct tls_input *missing)
{
    struct tls_side_state *from = &state->side[missing->side];
    struct tls_side *said = &facts->side[missing->side];
    uint32_t n_bytes = (uint32_t)missing->n_bytes;

    if (!is_skippable(from, said, missing->side, n_bytes))
        return false;
    if (from->header[0] == TYPE_HANDSHAKE && !from->is_sealed) {
        from->n_body += n_bytes;
        if (from->n_body == from->body_bytes)
            end_message(from, said);
    }
    from->n_content += n_bytes;
    if (from->n_content == from->content_bytes)
        end_record(state, facts, missing);
    return true;
}
