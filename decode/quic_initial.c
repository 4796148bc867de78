/* SPDX-License-Identifier: BSD-2-Clause */
/* See quic_initial.h. */
#include "decode/quic_initial.h"

#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

#include "base/compiler.h"
#include "decode/speech.h"

#define SALT_BYTES 20
#define SAMPLE_OFF 4 /* behind where the packet number begins, RFC 9001 section 5.4.2 */
#define NUMBER_MAX_BYTES 4
#define LABEL_MAX_BYTES 32

struct labels {
    const char *key, *nonce, *header;
};

static const struct labels labels_1 = {"quic key", "quic iv", "quic hp"};
static const struct labels labels_2 = {"quicv2 key", "quicv2 iv", "quicv2 hp"};

static const uint8_t salt_1[SALT_BYTES] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
                                           0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
                                           0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
static const uint8_t salt_2[SALT_BYTES] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
                                           0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
                                           0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
static const uint8_t salt_draft_29[SALT_BYTES] = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2,
                                                  0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,
                                                  0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
static const uint8_t salt_draft_23[SALT_BYTES] = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb,
                                                  0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4,
                                                  0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};

/* RFC 9001 section 5.2, RFC 9369 section 3.3, and the drafts of RFC 9001. */
static const struct version_keys {
    uint32_t first, last; /* versions */
    const uint8_t *salt;
    const struct labels *labels;
} version_keys[] = {
    {QUIC_VERSION_1, QUIC_VERSION_1, salt_1, &labels_1},
    {QUIC_VERSION_2, QUIC_VERSION_2, salt_2, &labels_2},
    {QUIC_DRAFT + 33, QUIC_DRAFT + 34, salt_1, &labels_1},
    {QUIC_DRAFT + 29, QUIC_DRAFT + 32, salt_draft_29, &labels_1},
    {QUIC_DRAFT + 23, QUIC_DRAFT + 28, salt_draft_23, &labels_1},
};

static const struct version_keys *keys_of(uint32_t version)
{
    for (size_t i = 0; i < ARRAY_LEN(version_keys); i++) {
        if (version >= version_keys[i].first && version <= version_keys[i].last)
            return &version_keys[i];
    }
    return NULL;
}

static void hmac(const uint8_t *key, size_t n_key_bytes, const uint8_t *bytes, size_t n_bytes,
                 uint8_t out[SHA256_DIGEST_SIZE])
{
    struct hmac_sha256_ctx ctx;

    hmac_sha256_set_key(&ctx, n_key_bytes, key);
    hmac_sha256_update(&ctx, n_bytes, bytes);
    hmac_sha256_digest(&ctx, SHA256_DIGEST_SIZE, out);
}

/* HKDF-Expand-Label of RFC 8446 section 7.1 with an empty context. */
static void expand_label(const uint8_t secret[SHA256_DIGEST_SIZE], const char *label,
                         uint8_t n_bytes, uint8_t *out)
{
    static const char prefix[] = "tls13 ";
    size_t n_prefix = sizeof(prefix) - 1;
    size_t n_label = strlen(label);
    uint8_t info[3 + LABEL_MAX_BYTES + 1] = {0, n_bytes, (uint8_t)(n_prefix + n_label)};
    struct hmac_sha256_ctx ctx;

    memcpy(info + 3, prefix, n_prefix);
    memcpy(info + 3 + n_prefix, label, n_label);
    hmac_sha256_set_key(&ctx, SHA256_DIGEST_SIZE, secret);
    hkdf_expand(&ctx, (nettle_hash_update_func *)hmac_sha256_update,
                (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE,
                3 + n_prefix + n_label + 1, info, n_bytes, out);
}

struct keys {
    struct gcm_aes128_ctx packet;
    struct aes128_ctx header;
    uint8_t nonce[GCM_IV_SIZE];
};

static void derive(const struct version_keys *version, const struct quic_id *id, struct keys *keys)
{
    uint8_t initial[SHA256_DIGEST_SIZE];
    uint8_t server[SHA256_DIGEST_SIZE];
    uint8_t key[AES128_KEY_SIZE];

    hmac(version->salt, SALT_BYTES, id->bytes, id->n_bytes, initial);
    expand_label(initial, "server in", sizeof(server), server);
    expand_label(server, version->labels->key, sizeof(key), key);
    gcm_aes128_set_key(&keys->packet, key);
    expand_label(server, version->labels->header, sizeof(key), key);
    aes128_set_encrypt_key(&keys->header, key);
    expand_label(server, version->labels->nonce, sizeof(keys->nonce), keys->nonce);
}

/* Takes the protection off the copy of the header (RFC 9001 section 5.4.1); returns how many bytes
 * the packet number has. */
static size_t unmask_header(const struct keys *keys, const struct quic_packet *packet,
                            uint8_t *header)
{
    uint8_t mask[AES_BLOCK_SIZE];
    size_t n_number_bytes;

    aes128_encrypt(&keys->header, sizeof(mask), mask,
                   packet->bytes + packet->number_off + SAMPLE_OFF);
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
    uint8_t tag[GCM_DIGEST_SIZE];
    size_t n_number_bytes, n_header_bytes, n_bytes;
    struct keys keys;

    if (!version || packet->captured_bytes < packet->wire_bytes ||
        packet->wire_bytes > QUIC_INITIAL_MAX_BYTES ||
        packet->wire_bytes < packet->number_off + SAMPLE_OFF + AES_BLOCK_SIZE)
        return 0;
    derive(version, key_id, &keys);
    memcpy(header, packet->bytes, packet->number_off + NUMBER_MAX_BYTES);
    n_number_bytes = unmask_header(&keys, packet, header);
    n_header_bytes = packet->number_off + n_number_bytes;
    n_bytes = packet->wire_bytes - n_header_bytes - GCM_DIGEST_SIZE;
    /* Few enough Initials are sent that the number is whole as it stands there. */
    for (size_t i = 0; i < n_number_bytes; i++)
        keys.nonce[GCM_IV_SIZE - n_number_bytes + i] ^= header[packet->number_off + i];
    gcm_aes128_set_iv(&keys.packet, GCM_IV_SIZE, keys.nonce);
    gcm_aes128_update(&keys.packet, n_header_bytes, header);
    gcm_aes128_decrypt(&keys.packet, n_bytes, frames, packet->bytes + n_header_bytes);
    gcm_aes128_digest(&keys.packet, GCM_DIGEST_SIZE, tag);
    return memeql_sec(tag, packet->bytes + n_header_bytes + n_bytes, GCM_DIGEST_SIZE) ? n_bytes : 0;
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
