/* SPDX-License-Identifier: BSD-2-Clause */
/* See quic.h. */
#include "flowtable/quic.h"

#include "base/nanotime.h"
#include "decode/packet.h"
#include "decode/quic_initial.h"
#include "flowtable/arrival.h"

#define INITIAL_LEAST_BYTES 1200 /* RFC 9000 section 14.1: the datagram of a client's Initial */
#define FIRST_ID_LEAST_BYTES 8   /* RFC 9000 section 7.2 */
#define WELL_KNOWN_PORTS 1024    /* RFC 6335: a client has none of these */

#define TRY_NS (50 * NS_PER_MS)   /* sooner than any probe timeout: one flight of packets */
#define SILENCE_NS (6 * NS_PER_S) /* > 2.2 x the 1, 2 s steps of RFC 9002 section 6.2 */
#define SILENCE_MAX_NS (70 * NS_PER_S)
#define SETTLED_NS (1 * NS_PER_S) /* a client that goes on does so sooner */
#define RESET_NS (30 * NS_PER_S)  /* the usual max_idle_timeout: a connection that lives says so */
#define ERROR_NS (5 * NS_PER_S)   /* VERDICTS.md 10: an ICMP error counts for so long */

#define OPENED_MAX 4 /* a server's first flight has fewer Initials */

#define RESET_LEAST_BYTES 21 /* RFC 9000 section 10.3 */
#define ID_WORD_BYTES 4      /* of a connection ID: fewer may be alike by chance */
#define SAME_WORDS 3         /* short headers that begin alike, before another beginning is odd */

size_t quics_cost_bytes(void)
{
    return exchanges_cost_bytes(QUICS_MAX, sizeof(struct quic));
}

int quics_create(struct quics *quics, struct arena *arena, struct hash_key hash_key)
{
    quics->next_ns = INT64_MAX;
    return exchanges_create(&quics->table, arena, QUICS_MAX, sizeof(struct quic), hash_key);
}

/* ---- when its time is over ---- */

/* INT64_MAX: it need not be looked at. */
static int64_t deadline_ns(const struct quic *quic)
{
    int64_t wait_ns = quic->step_ns / 5 * 11;

    switch ((enum quic_state)quic->state) {
    case QUIC_ASKING:
        if (wait_ns < SILENCE_NS)
            wait_ns = SILENCE_NS;
        if (wait_ns > SILENCE_MAX_NS)
            wait_ns = SILENCE_MAX_NS;
        return quic->try_ns + wait_ns;
    case QUIC_NEGOTIATING:
        return exchange_last_ns(&quic->exchange) + SETTLED_NS;
    case QUIC_RESETTING:
        return exchange_last_ns(&quic->exchange) + RESET_NS;
    case QUIC_ANSWERED:
    case QUIC_TOLD:
        break;
    }
    return INT64_MAX;
}

static void enter(struct quics *quics, struct quic *quic, enum quic_state state)
{
    int64_t deadline;

    quic->state = (uint8_t)state;
    deadline = deadline_ns(quic);
    if (deadline < quics->next_ns)
        quics->next_ns = deadline;
}

/* Whether it has something to tell when its time is over. One try that nobody answers may have been
 * lost, or was dropped because TCP was faster. */
static bool is_worth_telling(const struct quic *quic)
{
    if (quic->state == QUIC_ASKING)
        return quic->facts.n_tries > 1 && quic_is_known(quic->facts.version);
    return quic->state == QUIC_NEGOTIATING || quic->state == QUIC_RESETTING;
}

static const struct quic *tell(struct quic *quic)
{
    static const uint8_t ends[] = {
        [QUIC_ASKING] = QUIC_SILENT,   [QUIC_NEGOTIATING] = QUIC_NEGOTIATED,
        [QUIC_ANSWERED] = QUIC_CLOSED, [QUIC_RESETTING] = QUIC_RESET,
        [QUIC_TOLD] = QUIC_CLOSED,
    };

    quic->facts.end = ends[quic->state];
    quic->facts.told_frame = quic->answer.frame;
    quic->state = QUIC_TOLD;
    return quic;
}

/* Silence that is over because the input is; what looks like a reset needs some of its own. */
static bool is_over_at_end(const struct quic *quic, int64_t now_ns)
{
    return quic->state != QUIC_RESETTING ||
           ns_since(exchange_last_ns(&quic->exchange), now_ns) >= SETTLED_NS;
}

const struct quic *quics_expire(struct quics *quics, int64_t now_ns, bool at_end)
{
    struct quic *first = NULL;

    if (now_ns < quics->next_ns && !at_end)
        return NULL;
    quics->next_ns = INT64_MAX;
    for (uint32_t i = 0; i < exchanges_count(&quics->table); i++) {
        struct quic *quic = exchanges_at(&quics->table, i);
        int64_t deadline = deadline_ns(quic);

        if (!quic->exchange.first_frame || deadline == INT64_MAX)
            continue;
        if (now_ns < deadline && !(at_end && is_over_at_end(quic, now_ns))) {
            quics->next_ns = deadline < quics->next_ns ? deadline : quics->next_ns;
        } else if (!is_worth_telling(quic)) {
            quic->state = QUIC_TOLD;
        } else if (!first || quic->exchange.first_frame < first->exchange.first_frame) {
            first = quic;
        }
    }
    if (!first)
        return NULL;
    quics->next_ns = now_ns; /* there may be another one */
    return tell(first);
}

/* ---- the client ---- */

/* Most of what is not QUIC ends here. */
static bool is_long(const struct packet_udp *udp)
{
    return udp->payload_wire_bytes >= INITIAL_LEAST_BYTES && udp->payload_captured_bytes &&
           udp->payload[0] & QUIC_LONG_HEADER;
}

/* An Initial as only a client sends it. */
static bool is_clients_initial(const struct packet *packet, const struct quic_packet *quic)
{
    const struct packet_udp *udp = &packet->udp;
    bool is_of_server = udp->sport < WELL_KNOWN_PORTS && udp->dport >= WELL_KNOWN_PORTS;

    return (quic->form == QUIC_INITIAL || quic->form == QUIC_UNKNOWN) &&
           udp->payload_wire_bytes >= INITIAL_LEAST_BYTES && !is_of_server;
}

/* The client goes on with the connection that it has. */
static bool is_same(const struct quic *quic, const struct quic_packet *packet)
{
    bool is_id_known = quic_id_equal(&packet->dcid, &quic->first_id) ||
                       (quic->server_id.n_bytes && quic_id_equal(&packet->dcid, &quic->server_id));

    if (quic->state != QUIC_ANSWERED && packet->version != quic->facts.version)
        return false;
    return is_id_known && quic_id_equal(&packet->scid, &quic->client_id);
}

static struct quic first_of(const struct packet *packet, const struct flow_key *key,
                            unsigned from_end)
{
    return (struct quic){
        .exchange = exchange_of(packet, key, from_end),
        .asked = exchange_mark(packet, SIDE_CLIENT),
        .try_ns = NS_NEVER,
    };
}

/* Another Initial into silence: a retransmission, or another connect. */
static void ask(struct quics *quics, struct quic *quic, const struct packet *packet,
                const struct quic_packet *initial)
{
    if (quic->try_ns == NS_NEVER || packet->ts_ns - quic->try_ns >= TRY_NS) {
        quic->step_ns = quic->try_ns == NS_NEVER ? 0 : packet->ts_ns - quic->try_ns;
        saturate_u8(&quic->facts.n_tries);
    }
    quic->try_ns = packet->ts_ns;
    quic->facts.version = initial->version;
    quic->client_id = initial->scid;
    if (!quic_id_equal(&quic->first_id, &initial->dcid))
        quic->first_id = quic->key_id = initial->dcid;
    enter(quics, quic, QUIC_ASKING);
}

/* Which forms the packets of a datagram have: bit n for enum quic_form n. */
static unsigned forms_of(const struct packet_udp *udp)
{
    struct cursor cursor = cursor_over(udp->payload, udp->payload_captured_bytes);
    struct quic_packet part;
    unsigned forms = 0;

    while (quic_next(&cursor, udp->payload_wire_bytes - udp->payload_captured_bytes, &part))
        forms |= 1u << part.form;
    return forms;
}

/* The client has what only an answer can have given it, though the capture has no answer: keys, or
 * the ID that the server goes by. */
static bool has_answer(const struct quic *quic, const struct quic_packet *first, unsigned forms)
{
    bool is_other_id = first->form == QUIC_INITIAL && quic->client_id.n_bytes &&
                       quic_id_equal(&first->scid, &quic->client_id) &&
                       !quic_id_equal(&first->dcid, &quic->first_id);

    return forms & (1u << QUIC_HANDSHAKE | 1u << QUIC_SHORT) || is_other_id;
}

static void learn_client(struct quics *quics, struct quic *quic, const struct packet *packet,
                         const struct quic_packet *first)
{
    unsigned forms = forms_of(&packet->udp);

    exchange_count(&quic->exchange, packet, SIDE_CLIENT);
    quic->last = exchange_mark(packet, SIDE_CLIENT);
    if (quic->state == QUIC_ASKING) {
        if (has_answer(quic, first, forms))
            quic->state = QUIC_ANSWERED;
        else if (is_clients_initial(packet, first))
            ask(quics, quic, packet, first);
    }
    if (!(forms & 1u << QUIC_SHORT))
        return;
    quic->is_open = true;
    if (packet->udp.payload_wire_bytes > quic->facts.asked_bytes)
        quic->facts.asked_bytes = packet->udp.payload_wire_bytes;
    if (quic->state == QUIC_RESETTING)
        quic->state = QUIC_ANSWERED; /* it does not stop, or this was under way */
}

/* ---- the server ---- */

/* Reserved versions among them are there to be ignored (RFC 9000 section 15). */
static void read_offer(struct quic_facts *facts, const struct quic_packet *list)
{
    facts->n_offered = 0;
    for (size_t i = 0; i < list->n_versions && facts->n_offered < QUIC_OFFERED_MAX; i++) {
        uint32_t version = load_be32(list->versions + 4 * i);

        if (!quic_is_reserved(version))
            facts->offered[facts->n_offered++] = version;
    }
}

static bool offers(const struct quic_packet *list, uint32_t version)
{
    for (size_t i = 0; i < list->n_versions; i++) {
        if (load_be32(list->versions + 4 * i) == version)
            return true;
    }
    return false;
}

/* RFC 9000 section 6.2 and RFC 8999 section 6: which list a client believes. A client that asked
 * with a reserved version wanted just that. */
static bool is_negotiation(const struct quic *quic, const struct quic_packet *list)
{
    return quic->state == QUIC_ASKING && quic_id_equal(&list->dcid, &quic->client_id) &&
           quic_id_equal(&list->scid, &quic->first_id) && !offers(list, quic->facts.version) &&
           !quic_is_reserved(quic->facts.version);
}

static bool is_closed(struct quic *quic, const struct quic_packet *initial)
{
    uint8_t frames[QUIC_INITIAL_MAX_BYTES];
    struct quic_close close;
    size_t n_bytes;

    if (quic->n_opened >= OPENED_MAX || quic->is_open)
        return false;
    quic->n_opened++;
    n_bytes = quic_open_initial(initial, &quic->key_id, frames);
    /* An answer to the client's own CONNECTION_CLOSE has no error (section 10.2.3). */
    if (!n_bytes || !quic_find_close(frames, n_bytes, &close) || close.code == 0)
        return false;
    quic->facts.close = close;
    return true;
}

static void answered(struct quic *quic, const struct quic_packet *packet)
{
    quic->server_id = packet->scid;
    quic->state = QUIC_ANSWERED;
}

/* What a long header of the server says. True: it turns the client away. */
static bool learn_long(struct quics *quics, struct quic *quic, const struct quic_packet *packet)
{
    if (!quic_id_equal(&packet->dcid, &quic->client_id))
        return false;
    switch (packet->form) {
    case QUIC_NEGOTIATION:
        if (is_negotiation(quic, packet)) {
            read_offer(&quic->facts, packet);
            enter(quics, quic, QUIC_NEGOTIATING);
        }
        return false;
    case QUIC_RETRY:
        quic->key_id = packet->scid;
        answered(quic, packet);
        return false;
    case QUIC_INITIAL:
        answered(quic, packet);
        return is_closed(quic, packet);
    case QUIC_HANDSHAKE:
        answered(quic, packet);
        return false;
    case QUIC_NONE:
    case QUIC_SHORT:
    case QUIC_ZERO_RTT:
    case QUIC_UNKNOWN:
        break;
    }
    return false;
}

/* Smaller than what the client has sent since the last good packet: an endpoint without the
 * connection must see to that (RFC 9000 section 10.3.3). */
static bool is_like_reset(const struct quic *quic, const struct packet *packet)
{
    uint32_t n_bytes = packet->udp.payload_wire_bytes;

    return n_bytes >= RESET_LEAST_BYTES && n_bytes < quic->facts.asked_bytes;
}

/* The first bytes of the connection ID, if it has as many; else what is encrypted. */
static uint32_t id_word(const struct quic_packet *packet)
{
    return packet->captured_bytes > ID_WORD_BYTES ? load_be32(packet->bytes + 1) : 0;
}

static bool is_clients_word(const struct quic *quic, uint32_t word)
{
    return quic->client_id.n_bytes >= ID_WORD_BYTES && load_be32(quic->client_id.bytes) == word;
}

/* What looks like a reset, captured twice. */
static bool is_copy(const struct quic *quic, const struct packet *packet, uint32_t word)
{
    return quic->state == QUIC_RESETTING && word == quic->odd_word &&
           packet->ts_ns - quic->answer.ts_ns <= TRACK_DUPLICATE_NS &&
           packet->udp.payload_wire_bytes == quic->answer.payload_bytes;
}

/* Each short header begins with an ID of the client, and goes on doing so: another word is another
 * ID when it comes again, and no ID at all when it is the last that comes. */
static void learn_short(struct quics *quics, struct quic *quic, const struct packet *packet,
                        const struct quic_packet *part)
{
    uint32_t word = id_word(part);
    bool is_known = quic->n_word >= SAME_WORDS;

    if (is_copy(quic, packet, word))
        return;
    if (is_known && word != quic->word && word != quic->odd_word) {
        quic->odd_word = word;
        if (is_like_reset(quic, packet)) {
            quic->answer = exchange_mark(packet, SIDE_SERVER);
            enter(quics, quic, QUIC_RESETTING);
            return;
        }
    } else {
        if (word != quic->word)
            quic->n_word = is_clients_word(quic, word) ? SAME_WORDS : 0;
        quic->word = word;
        saturate_u8(&quic->n_word);
    }
    quic->state = QUIC_ANSWERED;
    quic->facts.asked_bytes = 0;
}

static const struct quic *learn_server(struct quics *quics, struct quic *quic,
                                       const struct packet *packet)
{
    const struct packet_udp *udp = &packet->udp;
    struct cursor cursor = cursor_over(udp->payload, udp->payload_captured_bytes);
    size_t cut_bytes = udp->payload_wire_bytes - udp->payload_captured_bytes;
    bool was_asking = quic->state == QUIC_ASKING;
    struct quic_packet part;

    exchange_count(&quic->exchange, packet, SIDE_SERVER);
    if (quic->state == QUIC_TOLD)
        return NULL;
    while (quic_next(&cursor, cut_bytes, &part)) {
        if (part.form == QUIC_SHORT) {
            learn_short(quics, quic, packet, &part);
        } else if (learn_long(quics, quic, &part)) {
            quic->answer = exchange_mark(packet, SIDE_SERVER);
            quic->state = QUIC_ANSWERED;
            return tell(quic);
        }
    }
    if (was_asking && quic->state == QUIC_NEGOTIATING)
        quic->answer = exchange_mark(packet, SIDE_SERVER);
    else if (was_asking)
        quic->state = QUIC_ANSWERED;
    return NULL;
}

/* ---- packets ---- */

/* A client's Initial that begins a connection, where `quic` is what the pair has had so far. */
static bool is_first(const struct quic *quic, const struct packet *packet,
                     const struct quic_packet *initial)
{
    if (!is_clients_initial(packet, initial))
        return false;
    if (!quic)
        return initial->dcid.n_bytes >= FIRST_ID_LEAST_BYTES;
    return quic->state != QUIC_ASKING && !is_same(quic, initial);
}

/* The pair's next connection. What the last one came to is told now, or never: a client that has
 * chosen another version is no failure. */
static const struct quic *replace(struct quics *quics, struct quic *quic,
                                  const struct packet *packet, unsigned from_end)
{
    struct flow_key key = quic->exchange.key;
    bool is_reset = quic->state == QUIC_RESETTING;

    if (is_reset)
        quics->replaced = *tell(quic);
    *quic = first_of(packet, &key, from_end);
    return is_reset ? &quics->replaced : NULL;
}

const struct quic *quics_take(struct quics *quics, const struct packet *packet)
{
    const struct packet_udp *udp = &packet->udp;
    struct cursor cursor = cursor_over(udp->payload, udp->payload_captured_bytes);
    const struct quic *told = NULL;
    struct quic_packet first;
    struct flow_key key;
    struct quic *quic;
    unsigned from_end;
    void *victim;

    from_end = flow_key_from_packet(packet, &key);
    quic = exchanges_find(&quics->table, &key, &victim);
    if (!quic && !is_long(udp))
        return NULL;
    (void)quic_next(&cursor, udp->payload_wire_bytes - udp->payload_captured_bytes, &first);
    if (!quic) {
        if (!is_first(NULL, packet, &first))
            return NULL;
        quic = victim;
        if (quic->exchange.first_frame && deadline_ns(quic) != INT64_MAX)
            quics->n_evicted++;
        *quic = first_of(packet, &key, from_end);
    } else if (from_end == quic->exchange.client_end && is_first(quic, packet, &first)) {
        told = replace(quics, quic, packet, from_end);
    }
    if (from_end != quic->exchange.client_end)
        return learn_server(quics, quic, packet);
    learn_client(quics, quic, packet, &first);
    return told;
}

const struct quic *quics_refused(struct quics *quics, const struct packet *error)
{
    struct flow_key key;
    unsigned from_end = flow_key_from_quote(error, &key);
    struct quic *quic = exchanges_find(&quics->table, &key, NULL);

    if (!quic || quic->state != QUIC_ASKING || quic->exchange.client_end != from_end ||
        error->ts_ns - quic->exchange.last_ns[SIDE_CLIENT] > ERROR_NS)
        return NULL;
    return tell(quic);
}
