/* SPDX-License-Identifier: BSD-2-Clause */
/* See association.h. */
#include "flowtable/association.h"

#include "base/nanotime.h"
#include "decode/packet.h"
#include "flowtable/arrival.h"

#define SETUP_NS (60 * NS_PER_S) /* RTO.Max, RFC 9260 section 16: no longer between two INITs */

size_t associations_cost_bytes(void)
{
    return exchanges_cost_bytes(ASSOCIATIONS_MAX, sizeof(struct association));
}

int associations_create(struct associations *associations, struct arena *arena,
                        struct hash_key hash_key)
{
    return exchanges_create(&associations->table, arena, ASSOCIATIONS_MAX,
                            sizeof(struct association), hash_key);
}

/* RFC 9260 section 8.5.1, rule B: who gets it believes it. A tag that is not known yet matches
 * nothing, and an INIT is answered with its own tag, not with the 0 that it carries. */
static bool is_abort_valid(const struct association *association, const struct packet *packet,
                           const struct sctp_chunks *chunks, enum flow_side from)
{
    uint32_t tag = association->tag[chunks->is_reflected ? from : side_other(from)];

    return tag != 0 && packet->sctp.tag == tag;
}

/* The association is there: the server has the client's cookie back, or goes on as if it had. */
static bool is_taken(const struct association *association, const struct packet *packet,
                     const struct sctp_chunks *chunks)
{
    const uint32_t open = 1u << SCTP_COOKIE_ACK | 1u << SCTP_DATA | 1u << SCTP_SACK |
                          1u << SCTP_HEARTBEAT | 1u << SCTP_HEARTBEAT_ACK | 1u << SCTP_SHUTDOWN;

    return packet->sctp.tag == association->tag[SIDE_CLIENT] && chunks->types & open;
}

/* Told by its INIT alone: whatever the tuple had before is over. */
static struct association *begin(struct association *association, const struct packet *packet,
                                 const struct flow_key *key, unsigned from_end, uint32_t tag)
{
    *association = (struct association){.exchange = exchange_of(packet, key, from_end)};
    association->tag[SIDE_CLIENT] = tag;
    return association;
}

static void forget(struct association *association)
{
    association->exchange.first_frame = 0;
}

/* An INIT in the other direction crosses ours (section 5.2.1), unless ours was long ago. */
static bool is_anew(const struct association *association, const struct packet *packet,
                    unsigned from_end, uint32_t tag)
{
    if (association->exchange.client_end == from_end)
        return association->tag[SIDE_CLIENT] != tag;
    return packet->ts_ns - association->exchange.last_ns[SIDE_CLIENT] > SETUP_NS;
}

static bool is_under_way(const struct association *association, int64_t now_ns)
{
    return association->exchange.first_frame &&
           now_ns - exchange_last_ns(&association->exchange) <= SETUP_NS;
}

static struct association *find(struct associations *associations, const struct packet *packet,
                                const struct sctp_chunks *chunks, unsigned *from_end)
{
    bool is_init = sctp_has(chunks, SCTP_INIT) && packet->sctp.tag == 0 && chunks->initiate_tag;
    struct association *association;
    struct flow_key key;
    void *victim;

    *from_end = flow_key_from_packet(packet, &key);
    association = exchanges_find(&associations->table, &key, &victim);
    if (!is_init)
        return association;
    if (association && !is_anew(association, packet, *from_end, chunks->initiate_tag))
        return association;
    if (!association) {
        association = victim;
        if (is_under_way(association, packet->ts_ns))
            associations->n_evicted++;
    }
    return begin(association, packet, &key, *from_end, chunks->initiate_tag);
}

/* What the packet of a known association changes. True: the server aborts it. */
static bool learn(struct association *association, const struct packet *packet,
                  const struct sctp_chunks *chunks, enum flow_side from)
{
    bool is_aborted =
        sctp_has(chunks, SCTP_ABORT) && is_abort_valid(association, packet, chunks, from);

    exchange_count(&association->exchange, packet, from);
    if (from == SIDE_CLIENT) {
        association->init = exchange_mark(packet, from);
        if (sctp_has(chunks, SCTP_INIT))
            saturate_u8(&association->facts.n_inits);
        if (is_aborted)
            forget(association);
        return false;
    }
    association->answer = exchange_mark(packet, from);
    if (sctp_has(chunks, SCTP_INIT) && packet->sctp.tag == 0)
        association->tag[SIDE_SERVER] = chunks->initiate_tag;
    if (sctp_has(chunks, SCTP_INIT_ACK) && packet->sctp.tag == association->tag[SIDE_CLIENT]) {
        association->tag[SIDE_SERVER] = chunks->initiate_tag;
        association->facts.had_init_ack = true;
    }
    if (is_aborted) {
        association->facts.abort_frame = packet->ordinal;
        association->facts.cause = chunks->cause;
        return true;
    }
    if (is_taken(association, packet, chunks))
        forget(association);
    return false;
}

const struct association *associations_take(struct associations *associations,
                                            const struct packet *packet)
{
    struct sctp_chunks chunks;
    struct association *association;
    unsigned from_end;

    sctp_read_chunks(packet->sctp.payload, packet->sctp.payload_captured_bytes, &chunks);
    association = find(associations, packet, &chunks, &from_end);
    if (!association)
        return NULL;
    if (!learn(association, packet, &chunks,
               from_end == association->exchange.client_end ? SIDE_CLIENT : SIDE_SERVER))
        return NULL;
    forget(association);
    return association;
}
