/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP and ICMPv6 (RFC 792, RFC 4443): errors with the packet that they quote. */
#include <netinet/in.h>

#include "decode/layers.h"

#define HEADER_BYTES 8

enum icmp_type {
    ICMPV4_UNREACHABLE = 3,
    ICMPV4_SOURCE_QUENCH = 4,
    ICMPV4_REDIRECT = 5,
    ICMPV4_TIME_EXCEEDED = 11,
    ICMPV4_PARAMETER = 12,
    ICMPV4_CODE_TOO_BIG = 4,
    ICMPV6_UNREACHABLE = 1,
    ICMPV6_TOO_BIG = 2,
    ICMPV6_TIME_EXCEEDED = 3,
    ICMPV6_PARAMETER = 4,
    ICMPV6_SOLICITATION = 135,
    ICMPV6_ADVERTISEMENT = 136
};

/* As much of a transport header as was quoted; RFC 792 promises 8 bytes. */
static void read_quoted_transport(struct icmp_quote *quote, struct cursor *cursor)
{
    const uint8_t *at = cursor->at;
    size_t n_bytes = cursor_left(cursor);
    bool is_tcp = quote->proto == IPPROTO_TCP;

    if (!is_tcp && quote->proto != IPPROTO_UDP && quote->proto != IPPROTO_SCTP)
        return;
    if (n_bytes < 4)
        return;
    quote->has_ports = true;
    quote->sport = load_be16(at);
    quote->dport = load_be16(at + 2);
    if (!is_tcp || n_bytes < 8)
        return;
    quote->has_seq = true;
    quote->seq = load_be32(at + 4);
    if (n_bytes < 14)
        return;
    quote->has_flags = true;
    quote->tcp_flags = load_be16(at + 12) & 0x1ff;
}

static void read_quoted_ipv4(struct icmp_quote *quote, struct cursor *cursor)
{
    const uint8_t *at = cursor_take(cursor, 20);
    size_t header_bytes, total_bytes;

    if (!at)
        return;
    header_bytes = (at[0] & 0x0fu) * 4;
    if (at[0] >> 4 != 4 || header_bytes < 20)
        return;
    quote->is_valid = true;
    quote->proto = at[9];
    quote->ttl = at[8];
    quote->ip_id = load_be16(at + 4);
    quote->src = ipaddr_from_v4(at + 12);
    quote->dst = ipaddr_from_v4(at + 16);
    cursor_skip(cursor, header_bytes - 20);
    /* What follows a short datagram is RFC 4884's padding. Some stacks quote the length in their
     * own byte order or less the header: such a value is not believed. */
    total_bytes = load_be16(at + 2);
    if (total_bytes >= header_bytes + 8)
        cursor_limit(cursor, total_bytes - header_bytes);
    if (load_be16(at + 6) & 0x1fff)
        return; /* not the first fragment */
    read_quoted_transport(quote, cursor);
}

static void read_quoted_ipv6(struct icmp_quote *quote, struct cursor *cursor)
{
    const uint8_t *at = cursor_take(cursor, 40);
    struct fragment fragment = {0};

    if (!at || at[0] >> 4 != 6)
        return;
    quote->proto = at[6];
    quote->ttl = at[7];
    quote->src = ipaddr_from_v6(at + 8);
    quote->dst = ipaddr_from_v6(at + 24);
    if (load_be16(at + 4) >= 8)
        cursor_limit(cursor, load_be16(at + 4));
    if (!ipv6_skip_extensions(cursor, &quote->proto, &fragment, &quote->dst))
        return;
    quote->is_valid = true;
    if (!fragment.off_bytes)
        read_quoted_transport(quote, cursor);
}

/* RFC 4884 section 5: where this is not 0, extensions follow that many bytes of quote. */
static size_t quote_bytes(const uint8_t *at, bool is_v4)
{
    return is_v4 ? at[5] * 4u : at[4] * 8u;
}

static bool is_error(uint8_t type, bool is_v4)
{
    static const uint32_t v4_errors = 1u << ICMPV4_UNREACHABLE | 1u << ICMPV4_SOURCE_QUENCH |
                                      1u << ICMPV4_REDIRECT | 1u << ICMPV4_TIME_EXCEEDED |
                                      1u << ICMPV4_PARAMETER;

    if (is_v4)
        return type < 32 && (v4_errors >> type & 1);
    return type >= ICMPV6_UNREACHABLE && type <= ICMPV6_PARAMETER;
}

static bool has_extensions(uint8_t type, bool is_v4)
{
    if (is_v4)
        return type == ICMPV4_UNREACHABLE || type == ICMPV4_TIME_EXCEEDED ||
               type == ICMPV4_PARAMETER;
    return type == ICMPV6_UNREACHABLE || type == ICMPV6_TIME_EXCEEDED;
}

static uint32_t read_mtu(const uint8_t *at, bool is_v4)
{
    if (is_v4)
        return at[0] == ICMPV4_UNREACHABLE && at[1] == ICMPV4_CODE_TOO_BIG ? load_be16(at + 6) : 0;
    return at[0] == ICMPV6_TOO_BIG ? load_be32(at + 4) : 0;
}

static enum decode_result decode_icmp(struct walk *walk, bool is_v4)
{
    const uint8_t *at = cursor_take(&walk->cursor, HEADER_BYTES);
    struct packet_icmp *icmp = &walk->packet->icmp;
    size_t n_quote_bytes;

    if (!at)
        return walk_short(walk);
    *icmp = (struct packet_icmp){.type = at[0], .code = at[1], .mtu_bytes = read_mtu(at, is_v4)};
    if (!is_error(icmp->type, is_v4)) {
        walk->packet->kind = PACKET_ICMP_OTHER;
        return DECODE_OK;
    }
    walk->packet->kind = PACKET_ICMP_ERROR;
    n_quote_bytes = quote_bytes(at, is_v4);
    if (n_quote_bytes && has_extensions(icmp->type, is_v4))
        cursor_limit(&walk->cursor, n_quote_bytes);
    if (is_v4)
        read_quoted_ipv4(&icmp->quote, &walk->cursor);
    else
        read_quoted_ipv6(&icmp->quote, &walk->cursor);
    return DECODE_OK;
}

enum decode_result decode_icmpv4(struct walk *walk)
{
    return decode_icmp(walk, true);
}

enum decode_result decode_icmpv6(struct walk *walk)
{
    const uint8_t *at = walk->cursor.at;
    bool is_neighbour = cursor_left(&walk->cursor) &&
                        (at[0] == ICMPV6_SOLICITATION || at[0] == ICMPV6_ADVERTISEMENT);

    /* RFC 4861 section 7.1: one that a router has forwarded is forged. */
    if (is_neighbour && walk->packet->ttl == 255)
        return decode_neighbour_discovery(walk);
    return decode_icmp(walk, false);
}
