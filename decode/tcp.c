/* SPDX-License-Identifier: BSD-2-Clause */
/* The TCP header (RFC 9293 section 3.1), its options by a table of kinds, and its checksum. */
#include <netinet/in.h>

#include "base/compiler.h"
#include "decode/layers.h"

#define HEADER_BYTES 20
#define ENOUGH_BYTES 14 /* ports, sequence numbers, data offset, flags */
#define WSCALE_MAX 14

/* IANA "TCP Option Kind Numbers". */
enum option_kind {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WSCALE = 3,
    OPTION_SACK_PERMITTED = 4,
    OPTION_SACK = 5,
    OPTION_TIMESTAMPS = 8,
    OPTION_MD5 = 19,
    OPTION_AO = 29,
    OPTION_MPTCP = 30,
    OPTION_FASTOPEN = 34,
    OPTION_EXPERIMENT = 254,
    OPTION_KIND_COUNT = 256
};

/* RFC 8684 section 8.2. */
enum mptcp_subtype {
    MPTCP_FASTCLOSE = 7,
    MPTCP_RST = 8
};

#define EXPERIMENT_FASTOPEN 0xf989 /* RFC 7413 section 4.1.1 */

/* `body` is what follows kind and length. */
typedef void option_read(struct tcp_options *options, const uint8_t *body, size_t n_bytes);

static void read_mss(struct tcp_options *options, const uint8_t *body, size_t n_bytes)
{
    (void)n_bytes;
    options->has_mss = true;
    options->mss_bytes = load_be16(body);
}

static void read_wscale(struct tcp_options *options, const uint8_t *body, size_t n_bytes)
{
    (void)n_bytes;
    options->has_wscale = true;
    options->wscale = body[0] > WSCALE_MAX ? WSCALE_MAX : body[0];
}

static void read_sack_permitted(struct tcp_options *options, const uint8_t *body, size_t n_bytes)
{
    (void)body;
    (void)n_bytes;
    options->has_sack_permitted = true;
}

static void read_sack(struct tcp_options *options, const uint8_t *body, size_t n_bytes)
{
    (void)n_bytes;
    options->has_sack = true;
    options->sack_left = load_be32(body);
    options->sack_right = load_be32(body + 4);
}

static void read_timestamps(struct tcp_options *options, const uint8_t *body, size_t n_bytes)
{
    (void)n_bytes;
    options->has_timestamps = true;
    options->tsval = load_be32(body);
    options->tsecr = load_be32(body + 4);
}

static void read_authentication(struct tcp_options *options, const uint8_t *body, size_t n_bytes)
{
    (void)body;
    (void)n_bytes;
    options->has_md5_or_ao = true;
}

static void read_mptcp(struct tcp_options *options, const uint8_t *body, size_t n_bytes)
{
    unsigned subtype = body[0] >> 4;

    if (!options->has_mptcp)
        options->mptcp_subtype = (uint8_t)subtype;
    options->has_mptcp = true;
    if (subtype == MPTCP_FASTCLOSE && n_bytes == 10)
        options->has_mptcp_fastclose = true;
    if (subtype == MPTCP_RST && n_bytes == 2) {
        options->has_mptcp_rst = true;
        options->mptcp_rst_reason = body[1];
    }
}

static void read_fastopen(struct tcp_options *options, const uint8_t *body, size_t n_bytes)
{
    (void)body;
    options->has_fastopen = true;
    options->fastopen_cookie_bytes = (uint8_t)n_bytes;
}

static void read_experiment(struct tcp_options *options, const uint8_t *body, size_t n_bytes)
{
    if (load_be16(body) == EXPERIMENT_FASTOPEN)
        read_fastopen(options, body + 2, n_bytes - 2);
}

/* Lengths count kind and length bytes, as the field does. */
static const struct {
    uint8_t min_bytes, max_bytes;
    option_read *read;
} option_rows[OPTION_KIND_COUNT] = {
    [OPTION_MSS] = {4, 4, read_mss},
    [OPTION_WSCALE] = {3, 3, read_wscale},
    [OPTION_SACK_PERMITTED] = {2, 2, read_sack_permitted},
    [OPTION_SACK] = {10, 34, read_sack},
    [OPTION_TIMESTAMPS] = {10, 10, read_timestamps},
    [OPTION_MD5] = {18, 18, read_authentication},
    [OPTION_AO] = {4, 40, read_authentication},
    [OPTION_MPTCP] = {3, 40, read_mptcp},
    [OPTION_FASTOPEN] = {2, 18, read_fastopen},
    [OPTION_EXPERIMENT] = {4, 40, read_experiment},
};

/* Returns whether the list was well formed to its end. */
static bool read_options(struct tcp_options *options, struct cursor cursor)
{
    bool is_well_formed = true;

    while (cursor_left(&cursor)) {
        uint8_t kind = cursor_u8(&cursor);
        const uint8_t *body;
        uint8_t n_bytes;

        if (kind == OPTION_END)
            break;
        if (kind == OPTION_NOP)
            continue;
        n_bytes = cursor_u8(&cursor);
        if (n_bytes < 2)
            return false;
        body = cursor_take(&cursor, n_bytes - 2u);
        if (!body)
            return false;
        if (!option_rows[kind].read)
            continue;
        if (n_bytes < option_rows[kind].min_bytes || n_bytes > option_rows[kind].max_bytes)
            is_well_formed = false;
        else
            option_rows[kind].read(options, body, n_bytes - 2u);
    }
    return is_well_formed;
}

/* `at` is the fixed header's captured start, options and payload the rest of the walk. */
static enum decode_result read_rest(struct walk *walk, struct packet_tcp *tcp, const uint8_t *at)
{
    size_t options_bytes = tcp->header_bytes - HEADER_BYTES;
    struct cursor options = walk->cursor;

    tcp->window = load_be16(at + 14);
    tcp->urgent = load_be16(at + 18);
    cursor_limit(&options, options_bytes);
    tcp->header_captured_bytes = (uint8_t)(HEADER_BYTES + cursor_left(&options));
    /* What nine segments of ten carry: two NOPs and timestamps (RFC 7323 appendix A). */
    if (options_bytes == 12 && cursor_left(&options) == 12 && load_be32(options.at) == 0x0101080a) {
        read_timestamps(&tcp->options, options.at + 4, 8);
        tcp->options.is_complete = true;
    } else {
        tcp->options.is_complete =
            read_options(&tcp->options, options) && tcp->header_captured_bytes == tcp->header_bytes;
    }
    cursor_skip(&walk->cursor, options_bytes);
    tcp->payload_captured_bytes = (uint32_t)cursor_left(&walk->cursor);
    tcp->payload = tcp->payload_captured_bytes ? walk->cursor.at : NULL;
    return DECODE_OK;
}

enum decode_result decode_tcp(struct walk *walk)
{
    struct packet *packet = walk->packet;
    struct packet_tcp *tcp = &packet->tcp;
    size_t wire_bytes = walk_wire_bytes(walk);
    const uint8_t *at = walk->cursor.at;
    size_t captured_bytes = cursor_left(&walk->cursor);
    uint32_t header_bytes;

    if (packet->is_fragment && wire_bytes < HEADER_BYTES)
        return DECODE_FRAGMENT;
    if (captured_bytes < ENOUGH_BYTES || wire_bytes < HEADER_BYTES)
        return wire_bytes < HEADER_BYTES ? DECODE_MALFORMED : DECODE_TRUNCATED;
    header_bytes = (at[12] >> 4) * 4u;
    if (header_bytes < HEADER_BYTES)
        return DECODE_MALFORMED;
    if (header_bytes > wire_bytes)
        return packet->is_fragment ? DECODE_FRAGMENT : DECODE_MALFORMED;

    packet->kind = PACKET_TCP;
    tcp->sport = load_be16(at);
    tcp->dport = load_be16(at + 2);
    tcp->seq = load_be32(at + 4);
    tcp->ack = load_be32(at + 8);
    tcp->flags = load_be16(at + 12) & 0x1ff;
    tcp->reserved_bits = at[12] >> 1 & 7;
    tcp->header = at;
    tcp->payload_wire_bytes = (uint32_t)wire_bytes - header_bytes;
    tcp->options = (struct tcp_options){0};
    tcp->is_header_cut = captured_bytes < HEADER_BYTES;
    tcp->header_bytes = (uint8_t)header_bytes;
    if (cursor_take(&walk->cursor, HEADER_BYTES))
        return read_rest(walk, tcp, at);
    tcp->header_bytes = 0;
    tcp->header_captured_bytes = (uint8_t)captured_bytes;
    tcp->window = 0;
    tcp->urgent = 0;
    tcp->payload_captured_bytes = 0;
    tcp->payload = NULL;
    return DECODE_OK;
}

/* RFC 1071, over an even start; the sum fits 64 bits for any datagram. */
static uint64_t sum_words(uint64_t sum, const uint8_t *bytes, size_t n_bytes)
{
    size_t i;

    for (i = 0; i + 1 < n_bytes; i += 2)
        sum += load_be16(bytes + i);
    if (i < n_bytes)
        sum += (uint64_t)bytes[i] << 8;
    return sum;
}

enum checksum_state decode_tcp_checksum(const struct packet *packet)
{
    const struct packet_tcp *tcp = &packet->tcp;
    uint64_t sum;

    if (packet->kind != PACKET_TCP || packet->is_fragment || packet->is_length_clamped ||
        tcp->is_header_cut || tcp->header_captured_bytes != tcp->header_bytes ||
        tcp->payload_captured_bytes != tcp->payload_wire_bytes)
        return CHECKSUM_UNKNOWN;
    sum = IPPROTO_TCP + (uint64_t)tcp->header_bytes + tcp->payload_wire_bytes;
    /* The prefix of a v4-mapped address sums to 0xffff, which is a zero here. */
    sum = sum_words(sum, packet->src.bytes, sizeof(packet->src.bytes));
    sum = sum_words(sum, packet->dst.bytes, sizeof(packet->dst.bytes));
    sum = sum_words(sum, tcp->header, tcp->header_bytes);
    sum = sum_words(sum, tcp->payload, tcp->payload_captured_bytes);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff ? CHECKSUM_GOOD : CHECKSUM_BAD;
}
