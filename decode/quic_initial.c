/* SPDX-License-Identifier: BSD-2-Clause */
/* See quic_initial.h. */
#include "decode/quic_initial.h"

#include "base/aes128.h"
#include "base/compiler.h"
#include "base/sha256.h"
#include "decode/speech.h"

#define SALT_BYTES 20
#define SAMPLE_OFF 4 /* behind where the packet number begins, RFC 9001 section 5.4.2 */
#define NUMBER_MAX_BYTES 4
#define LABEL_MAX_BYTES 32

struct version_keys {
    uint32_t first, last; /* versions */
    uint8_t salt[SALT_BYTES];
    const char *key, *nonce, *header; /* labels */
};

/* RFC 9001 section 5.2, RFC 9369 section 3.3, and the drafts of RFC 9001. */
static const struct version_keys version_keys[] = {
    {QUIC_VERSION_1,
     QUIC_VERSION_1,
     {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
      0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
     "quic key",
     "quic iv",
     "quic hp"},
    {QUIC_VERSION_2,
     QUIC_VERSION_2,
     {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
      0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
     "quicv2 key",
     "quicv2 iv",
     "quicv2 hp"},
    {QUIC_DRAFT + 33,
     QUIC_DRAFT + 34,
     {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
      0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
     "quic key",
     "quic iv",
     "quic hp"},
    {QUIC_DRAFT + 29,
     QUIC_DRAFT + 32,
     {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
      0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99},
     "quic key",
     "quic iv",
     "quic hp"},
    {QUIC_DRAFT + 23,
     QUIC_DRAFT + 28,
     {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
      0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02},
     "quic key",
     "quic iv",
     "quic hp"},
};

static const struct version_keys *keys_of(uint32_t version)
{
    for (size_t i = 0; i < ARRAY_LEN(version_keys); i++) {
        if (version >= version_keys[i].first && version <= version_keys[i].last)
            return &version_keys[i];
    }
    return NULL;
}

/* HKDF-Expand-Label of RFC 8446 section 7.1 with an empty context and one block of output. */
static void expand_label(const uint8_t secret[SHA256_BYTES], const char *label, uint8_t n_bytes,
                         uint8_t out[SHA256_BYTES])
{
    static const char prefix[] = "tls13 ";
    size_t n_prefix = sizeof(prefix) - 1;
    size_t n_label = strlen(label);
    uint8_t info[3 + LABEL_MAX_BYTES + 2] = {0, n_bytes, (uint8_t)(n_prefix + n_label)};

    memcpy(info + 3, prefix, n_prefix);
    memcpy(info + 3 + n_prefix, label, n_label);
    info[3 + n_prefix + n_label + 1] = 1; /* behind the empty context: the first block */
    hmac_sha256(secret, SHA256_BYTES, info, 3 + n_prefix + n_label + 2, out);
}

struct keys {
    struct aes128 packet, header;
    uint8_t nonce[SHA256_BYTES]; /* of which GCM_NONCE_BYTES */
};

static void derive(const struct version_keys *version, const struct quic_id *id, struct keys *keys)
{
    uint8_t initial[SHA256_BYTES];
    uint8_t server[SHA256_BYTES];
    uint8_t key[SHA256_BYTES];

    hmac_sha256(version->salt, SALT_BYTES, id->bytes, id->n_bytes, initial);
    expand_label(initial, "server in", SHA256_BYTES, server);
    expand_label(server, version->key, AES_BLOCK_BYTES, key);
    aes128_open(&keys->packet, key);
    expand_label(server, version->header, AES_BLOCK_BYTES, key);
    aes128_open(&keys->header, key);
    expand_label(server, version->nonce, GCM_NONCE_BYTES, keys->nonce);
}

/* Takes the protection off the copy of the header (RFC 9001 section 5.4.1); returns how many bytes
 * the packet number has. */
static size_t unmask_header(const struct keys *keys, const struct quic_packet *packet,
                            uint8_t *header)
{
    uint8_t mask[AES_BLOCK_BYTES];
    size_t n_number_bytes;

    aes128_encrypt(&keys->header, packet->bytes + packet->number_off + SAMPLE_OFF, mask);
    header[0] ^= mask[0] & 0x0f;
    n_number_bytes = (header[0] & 3u) + 1;
    for (size_t i = 0; i < n_number_bytes; i++)
        header[packet->number_off + i] ^= mask[1 + i];
    return n_number_bytes;
}

size_t quic_open_initial(const struct quic_packet *packet, const struct quic_id *key_id,
                         uint8_t frames[QUIC_INITIAL_MAX_BYTES])
{
    const struct version_keys *version = keys_of(packet->version);
    uint8_t header[QUIC_INITIAL_MAX_BYTES];
    struct gcm_sealed sealed = {.aad = header};
    struct keys keys;
    size_t n_number_bytes;

    if (!version || packet->captured_bytes < packet->wire_bytes ||
        packet->wire_bytes > QUIC_INITIAL_MAX_BYTES ||
        packet->wire_bytes < packet->number_off + SAMPLE_OFF + AES_BLOCK_BYTES)
        return 0;
    derive(version, key_id, &keys);
    memcpy(header, packet->bytes, packet->number_off + NUMBER_MAX_BYTES);
    n_number_bytes = unmask_header(&keys, packet, header);
    sealed.n_aad_bytes = packet->number_off + n_number_bytes;
    sealed.bytes = packet->bytes + sealed.n_aad_bytes;
    sealed.n_bytes = packet->wire_bytes - sealed.n_aad_bytes;
    /* Few enough Initials are sent that the number is whole as it stands there. */
    for (size_t i = 0; i < n_number_bytes; i++)
        keys.nonce[GCM_NONCE_BYTES - n_number_bytes + i] ^= header[packet->number_off + i];
    if (!aes128_gcm_decrypt(&keys.packet, keys.nonce, &sealed, frames))
        return 0;
    return sealed.n_bytes - GCM_TAG_BYTES;
}

/* ---- frames ---- */

enum quic_frame { /* RFC 9000 section 19 */
    FRAME_PADDING = 0x00,
    FRAME_PING = 0x01,
    FRAME_ACK = 0x02,
    FRAME_ACK_ECN = 0x03,
    FRAME_CRYPTO = 0x06,
    FRAME_CLOSE = 0x1c
};

static void skip_varints(struct cursor *cursor, uint64_t n)
{
    while (n-- > 0 && !cursor->is_short)
        (void)quic_varint(cursor);
}

static void skip_bytes(struct cursor *cursor, uint64_t n_bytes)
{
    cursor_skip(cursor, n_bytes < SIZE_MAX ? (size_t)n_bytes : SIZE_MAX);
}

/* Largest acknowledged, delay, and the first range; a gap and a range each; three counts. */
static void skip_ack(struct cursor *cursor, bool has_ecn)
{
    uint64_t n_ranges;

    skip_varints(cursor, 2);
    n_ranges = quic_varint(cursor);
    skip_varints(cursor, 1 + 2 * n_ranges + (has_ecn ? 3 : 0));
}

static bool read_close(struct cursor *cursor, struct quic_close *close)
{
    uint64_t n_reason_bytes;
    const uint8_t *reason;

    close->code = quic_varint(cursor);
    (void)quic_varint(cursor); /* the type of frame that made it close */
    n_reason_bytes = quic_varint(cursor);
    if (cursor->is_short || n_reason_bytes > cursor_left(cursor))
        return false;
    reason = cursor_take(cursor, (size_t)n_reason_bytes);
    speech_keep(close->reason, sizeof(close->reason), (const char *)reason, (size_t)n_reason_bytes);
    return true;
}

bool quic_find_close(const uint8_t *frames, size_t n_bytes, struct quic_close *close)
{
    struct cursor cursor = cursor_over(frames, n_bytes);

    while (cursor_left(&cursor) && !cursor.is_short) {
        uint8_t type = cursor_u8(&cursor);

        switch (type) {
        case FRAME_PADDING:
        case FRAME_PING:
            break;
        case FRAME_ACK:
        case FRAME_ACK_ECN:
            skip_ack(&cursor, type == FRAME_ACK_ECN);
            break;
        case FRAME_CRYPTO:
            skip_varints(&cursor, 1);
            skip_bytes(&cursor, quic_varint(&cursor));
            break;
        case FRAME_CLOSE:
            return read_close(&cursor, close);
        default:
            return false;
        }
    }
    return false;
}
