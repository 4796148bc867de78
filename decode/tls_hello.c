/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bodies of ClientHello and ServerHello (RFC 8446 section 4.1, RFC 5246 section 7.4.1), a field
 * at a time, so that a hello may come in pieces and nothing large is kept. See tls.h.
 */
#include <string.h>

#include "decode/tls.h"

#define RANDOM_BYTES 32

enum {
    EXT_SERVER_NAME = 0, /* RFC 6066 section 3 */
    EXT_GROUPS = 10,     /* RFC 8446 section 4.2.7 */
    EXT_ALPN = 16,       /* RFC 7301 section 3.1 */
    EXT_EARLY_DATA = 42, /* RFC 8446 section 4.2.10 */
    EXT_VERSIONS = 43    /* RFC 8446 section 4.2.1 */
};

/* What the next field is. */
enum {
    STEP_HEAD,        /* legacy version, random */
    STEP_SESSION,     /* length of the session id */
    STEP_CIPHERS,     /* client: length of the list */
    STEP_CIPHER,      /* server: the choice, compression */
    STEP_COMPRESSION, /* client: length of the list */
    STEP_EXTENSIONS,  /* length of all of them */
    STEP_EXTENSION,   /* type and length */
    STEP_CONTENT      /* of one that is wanted */
};

static uint16_t u16_at(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void await(struct tls_hello_state *state, uint8_t step, uint16_t need_bytes)
{
    state->step = step;
    state->need_bytes = need_bytes;
    state->n_field = 0;
}

void tls_hello_open(struct tls_hello_state *state)
{
    memset(state, 0, sizeof(*state));
    await(state, STEP_HEAD, 2 + RANDOM_BYTES);
}

/* ---- extensions ---- */

/* GREASE (RFC 8701) and drafts are no versions. */
static bool is_version(uint16_t version)
{
    return version >= 0x0300 && version <= TLS_VERSION_1_3;
}

static void read_server_name(struct tls_facts *facts, const uint8_t *field, size_t n_bytes)
{
    size_t n_name = n_bytes >= 5 ? u16_at(field + 3) : 0;

    if (n_name == 0 || n_name > n_bytes - 5 || n_name > TLS_NAME_MAX_BYTES || field[2] != 0)
        return;
    memcpy(facts->server_name, field + 5, n_name);
    facts->server_name[n_name] = '\0';
}

static void read_alpn(struct tls_facts *facts, const uint8_t *field, size_t n_bytes)
{
    size_t n_kept = 0;

    if (n_bytes < 2)
        return;
    field += 2;
    n_bytes -= 2;
    while (n_kept < n_bytes && field[n_kept] != 0 && n_kept + 1 + field[n_kept] <= n_bytes &&
           n_kept + 1 + field[n_kept] <= TLS_ALPN_MAX_BYTES)
        n_kept += 1u + field[n_kept];
    memcpy(facts->alpn, field, n_kept);
    facts->n_alpn_bytes = (uint8_t)n_kept;
}

static void read_offered_versions(struct tls_facts *facts, const uint8_t *field, size_t n_bytes)
{
    uint16_t min = UINT16_MAX, max = 0;

    for (size_t i = 1; i + 2 <= n_bytes; i += 2) {
        uint16_t version = u16_at(field + i);

        if (!is_version(version))
            continue;
        min = version < min ? version : min;
        max = version > max ? version : max;
    }
    if (max == 0)
        return;
    facts->version_min = min;
    facts->version_max = max;
}

static void read_extension(const struct tls_hello_state *state, struct tls_facts *facts,
                           unsigned side)
{
    const uint8_t *field = state->field;
    size_t n_bytes = state->n_field;

    if (side == TLS_SERVER) {
        if (state->extension == EXT_VERSIONS && n_bytes == 2 && is_version(u16_at(field)))
            facts->version = u16_at(field);
        return;
    }
    switch (state->extension) {
    case EXT_SERVER_NAME:
        read_server_name(facts, field, n_bytes);
        break;
    case EXT_GROUPS:
        facts->n_groups = (uint16_t)(n_bytes >= 2 ? u16_at(field) / 2 : 0);
        break;
    case EXT_ALPN:
        read_alpn(facts, field, n_bytes);
        break;
    case EXT_VERSIONS:
        read_offered_versions(facts, field, n_bytes);
        break;
    default:
        break;
    }
}

static bool is_wanted(uint16_t extension)
{
    return extension == EXT_SERVER_NAME || extension == EXT_GROUPS || extension == EXT_ALPN ||
           extension == EXT_VERSIONS;
}

static void begin_extension(struct tls_hello_state *state, struct tls_facts *facts, unsigned side)
{
    uint16_t n_bytes = u16_at(state->field + 2);
    uint16_t n_kept = n_bytes < TLS_FIELD_MAX_BYTES ? n_bytes : TLS_FIELD_MAX_BYTES;

    state->extension = u16_at(state->field);
    if (state->extension == EXT_EARLY_DATA && side == TLS_CLIENT)
        facts->side[TLS_CLIENT].bits |= TLS_EARLY_DATA;
    if (is_wanted(state->extension) && n_bytes > 0) {
        await(state, STEP_CONTENT, n_kept);
        state->rest_bytes = (uint16_t)(n_bytes - n_kept);
        return;
    }
    await(state, STEP_EXTENSION, 4);
    state->skip_bytes = n_bytes;
}

/* ---- the fields before them ---- */

/* RFC 8446 section 4.1.3: the random of a HelloRetryRequest is a hash of those words. */
static bool is_retry(const uint8_t *random)
{
    static const uint8_t retry[RANDOM_BYTES] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
                                                0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
                                                0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
                                                0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

    return memcmp(random, retry, sizeof(retry)) == 0;
}

static void read_head(const struct tls_hello_state *state, struct tls_facts *facts, unsigned side)
{
    uint16_t version = u16_at(state->field);

    if (side == TLS_CLIENT) {
        facts->version_min = facts->version_max = version;
        return;
    }
    facts->version = version;
    facts->has_retry = facts->has_retry || is_retry(state->field + 2);
}

/* A list whose length is the field: skipped, and then the next step. */
static void skip_list(struct tls_hello_state *state, uint32_t n_bytes, uint8_t step,
                      uint16_t need_bytes)
{
    await(state, step, need_bytes);
    state->skip_bytes = n_bytes;
}

static void end_field(struct tls_hello_state *state, struct tls_facts *facts, unsigned side)
{
    const uint8_t *field = state->field;

    switch (state->step) {
    case STEP_HEAD:
        read_head(state, facts, side);
        await(state, STEP_SESSION, 1);
        break;
    case STEP_SESSION:
        if (side == TLS_CLIENT)
            skip_list(state, field[0], STEP_CIPHERS, 2);
        else
            skip_list(state, field[0], STEP_CIPHER, 3);
        break;
    case STEP_CIPHERS:
        facts->n_ciphers = u16_at(field) / 2;
        skip_list(state, u16_at(field), STEP_COMPRESSION, 1);
        break;
    case STEP_CIPHER:
        facts->cipher = u16_at(field);
        await(state, STEP_EXTENSIONS, 2);
        break;
    case STEP_COMPRESSION:
        skip_list(state, field[0], STEP_EXTENSIONS, 2);
        break;
    case STEP_EXTENSIONS:
        await(state, STEP_EXTENSION, 4);
        break;
    case STEP_EXTENSION:
        begin_extension(state, facts, side);
        break;
    case STEP_CONTENT:
        read_extension(state, facts, side);
        skip_list(state, state->rest_bytes, STEP_EXTENSION, 4);
        break;
    default:
        break;
    }
}

void tls_hello_feed(struct tls_hello_state *state, struct tls_facts *facts, unsigned side,
                    const uint8_t *bytes, size_t n_bytes)
{
    while (n_bytes > 0) {
        size_t n =
            state->skip_bytes ? state->skip_bytes : (size_t)state->need_bytes - state->n_field;

        n = n < n_bytes ? n : n_bytes;
        if (state->skip_bytes) {
            state->skip_bytes -= (uint32_t)n;
        } else {
            memcpy(state->field + state->n_field, bytes, n);
            state->n_field += (uint16_t)n;
            if (state->n_field == state->need_bytes)
                end_field(state, facts, side);
        }
        bytes += n;
        n_bytes -= n;
    }
}
