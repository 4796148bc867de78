/* SPDX-License-Identifier: BSD-2-Clause */
/* See community.h. */
#include "sink/community.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <string.h>

#include "base/compiler.h"

/* seed, two IPv6 addresses, protocol, padding, two ports */
#define INPUT_BYTES_MAX (2 + 16 + 16 + 1 + 1 + 2 + 2)
#define V4_OFF 12 /* of the IPv4 address in a mapped one */

struct bytes {
    uint8_t at[INPUT_BYTES_MAX];
    size_t n;
};

static void add(struct bytes *bytes, const uint8_t *from, size_t n)
{
    memcpy(bytes->at + bytes->n, from, n);
    bytes->n += n;
}

static void add_u8(struct bytes *bytes, uint8_t value)
{
    add(bytes, &value, 1);
}

static void add_u16(struct bytes *bytes, uint16_t value)
{
    add_u8(bytes, (uint8_t)(value >> 8));
    add_u8(bytes, (uint8_t)value);
}

static void add_u32(struct bytes *bytes, uint32_t value)
{
    add_u16(bytes, (uint16_t)(value >> 16));
    add_u16(bytes, (uint16_t)value);
}

static void hash(const struct bytes *input, uint8_t digest[SHA1_DIGEST_SIZE])
{
    struct sha1_ctx ctx;

    sha1_init(&ctx);
    sha1_update(&ctx, input->n, input->at);
    sha1_digest(&ctx, SHA1_DIGEST_SIZE, digest);
}

static bool is_higher(const struct endpoint *a, const struct endpoint *b)
{
    int order = ipaddr_compare(&a->addr, &b->addr);

    return order > 0 || (order == 0 && a->port > b->port);
}

void community_id(uint16_t seed, uint8_t proto, const struct endpoint *a, const struct endpoint *b,
                  char out[COMMUNITY_ID_BYTES])
{
    bool is_v4 = ipaddr_is_v4(&a->addr) && ipaddr_is_v4(&b->addr);
    size_t off = is_v4 ? V4_OFF : 0;
    const struct endpoint *low = is_higher(a, b) ? b : a;
    const struct endpoint *high = low == a ? b : a;
    struct bytes input = {.n = 0};
    uint8_t digest[SHA1_DIGEST_SIZE];

    add_u16(&input, seed);
    add(&input, low->addr.bytes + off, sizeof(low->addr.bytes) - off);
    add(&input, high->addr.bytes + off, sizeof(high->addr.bytes) - off);
    add_u8(&input, proto);
    add_u8(&input, 0);
    add_u16(&input, low->port);
    add_u16(&input, high->port);
    hash(&input, digest);
    memcpy(out, "1:", 2);
    base64_encode_raw(out + 2, sizeof(digest), digest);
    out[2 + BASE64_ENCODE_RAW_LENGTH(sizeof(digest))] = '\0';
}

bool syn_key(const struct connection_event *event, char out[SYN_KEY_BYTES])
{
    const struct side_facts *client = &event->facts.side[SIDE_CLIENT];
    const struct packet_mark *syn = &event->syn;
    bool is_whole = event->has_syn_mark && !(syn->bits & MARK_OPTIONS_UNKNOWN);
    static const char hex[] = "0123456789abcdef";
    struct bytes input = {.n = 0};
    uint8_t digest[SHA1_DIGEST_SIZE];

    if (!is_whole)
        return false;
    add_u32(&input, syn->seq);
    add_u32(&input, syn->bits & MARK_HAS_TIMESTAMPS ? syn->tsval : 0);
    add_u16(&input, syn->mss_bytes);
    add_u8(&input, client->bits & SIDE_HAS_WSCALE ? client->wscale : 0);
    hash(&input, digest);
    for (unsigned i = 0; i < SYN_KEY_BYTES - 1; i++)
        out[i] = hex[digest[i / 2] >> (i % 2 ? 0 : 4) & 0x0f];
    out[SYN_KEY_BYTES - 1] = '\0';
    return true;
}
