/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracker's part for what is said above TCP: the first words of each side, and the connections
 * whose streams are worth a reader.
 */
#include "base/seqnum.h"
#include "decode/payload.h"
#include "flowtable/arrival.h"

/* Payload packets of a side that are looked into: refusals come in the first flights. */
#define SPEECH_PKTS_MAX 16

static uint32_t payload_seq(const struct packet_tcp *tcp)
{
    return tcp->seq + (tcp->flags & TCP_SYN ? 1 : 0);
}

/* Nothing of its payload was captured before. Data on a SYN is not counted. */
static bool is_first_payload(const struct arrival *arrival)
{
    unsigned n_before = arrival->side->bits & SIDE_SYN_DATA ? 0 : 1;

    return arrival->side->n_data <= n_before && !arrival->is_repeat;
}

/* How much of the payload is a PROXY header before the first words; 0 also where it is all. */
static size_t learn_proxy(const struct arrival *arrival, struct speech_facts *speech)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    struct proxy_header header;

    if (arrival->from != SIDE_CLIENT || !is_first_payload(arrival))
        return 0;
    header = proxy_peek(tcp->payload, tcp->payload_captured_bytes);
    speech->proxy_form = header.form;
    return header.n_bytes < tcp->payload_captured_bytes ? header.n_bytes : 0;
}

static void learn_speech(struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);
    struct speech_facts *speech;
    struct payload_facts said;
    bool is_first;
    size_t n_before;

    if (!trail || arrival->side->n_data > SPEECH_PKTS_MAX || arrival->is_repeat)
        return;
    speech = &trail->speech[arrival->from];
    is_first = is_first_payload(arrival) || speech->first_kind == PAYLOAD_PROXY;
    if (!is_first && !payload_may_have_goaway(tcp->payload, tcp->payload_captured_bytes))
        return;
    n_before = learn_proxy(arrival, speech);
    payload_peek(tcp->payload + n_before, tcp->payload_captured_bytes - n_before, &said);
    if (is_first) {
        speech->first_kind = said.kind;
        speech->is_not_tls = said.kind == PAYLOAD_UNKNOWN || said.kind > PAYLOAD_TLS_ALERT;
    }
    if (said.has_goaway && said.goaway_code != 0 && !speech->goaway_frame) {
        speech->goaway_frame = arrival->packet->ordinal;
        speech->goaway_code = said.goaway_code;
        speech->goaway_last_stream = said.goaway_last_stream;
    }
}

/* ---- who takes a stream ---- */

/* The first payload that was captured is not the first that was sent: it may come yet. */
static bool is_early(const struct arrival *arrival)
{
    return arrival->side->bits & SIDE_ISN_KNOWN &&
           seq_after(payload_seq(&arrival->packet->tcp), arrival->side->isn + 1);
}

static bool is_client_hello(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    struct payload_facts said;

    if (tcp->payload[0] != PAYLOAD_HANDSHAKE_BYTE)
        return false;
    payload_peek(tcp->payload, tcp->payload_captured_bytes, &said);
    return said.kind == PAYLOAD_TLS_CLIENT_HELLO;
}

/* Behind another protocol's words: STARTTLS, SSLRequest, CONNECT. */
static bool is_upgrade(const struct arrival *arrival)
{
    return arrival->from == SIDE_CLIENT && arrival->side->n_data > 1 &&
           arrival->side->n_data <= SPEECH_PKTS_MAX && !arrival->is_repeat &&
           is_client_hello(arrival);
}

static bool is_worth_reading(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    struct payload_facts said;

    if (!is_first_payload(arrival))
        return is_upgrade(arrival);
    if (is_early(arrival) || payload_may_become_known(tcp->payload, tcp->payload_captured_bytes))
        return true;
    payload_peek(tcp->payload, tcp->payload_captured_bytes, &said);
    return said.kind == PAYLOAD_PROXY || reader_of_payload(said.kind) != READER_NONE;
}

/* ---- where it begins ---- */

static struct stream_start start_of_sender(const struct arrival *arrival, bool is_upgraded)
{
    const struct side_facts *side = arrival->side;

    if (!is_upgraded && side->bits & SIDE_ISN_KNOWN)
        return (struct stream_start){.is_known = true, .seq = side->isn + 1};
    return (struct stream_start){
        .is_known = true, .is_late = is_upgraded, .seq = payload_seq(&arrival->packet->tcp)};
}

static struct stream_start start_of_peer(const struct side_facts *peer)
{
    if (peer->n_data > 0)
        return (struct stream_start){.is_known = true, .is_late = true, .seq = peer->nxt};
    return (struct stream_start){.is_known = peer->bits & SIDE_ISN_KNOWN, .seq = peer->isn + 1};
}

static struct stream *begin_stream(const struct arrival *arrival)
{
    struct trails *trails = &arrival->tracker->trails;
    struct trail_cell *cell = trail_cell_at(trails, arrival->flow->trail_idx);
    struct stream_start start[SIDE_COUNT];

    start[arrival->from] = start_of_sender(arrival, arrival->side->n_data > 1);
    start[side_other(arrival->from)] = start_of_peer(arrival->peer);
    if (cell->entry.has_stream)
        stream_end(&trails->pool, &cell->stream);
    cell->entry.has_stream = true;
    stream_begin(&cell->stream, arrival->flow->key.port[1 - arrival->flow->client_end], start);
    return &cell->stream;
}

/* ---- the whole ---- */

/* It waits for the side's first words: behind a PROXY header they are no upgrade. */
static bool is_unopened(const struct stream *stream, enum flow_side side)
{
    return stream->is_reading && !stream->side[side].is_off && !stream->side[side].is_opened;
}

/* The stream that reads this packet; NULL where none does. */
static struct stream *find_stream(const struct arrival *arrival)
{
    struct stream *stream = trail_stream_of(&arrival->tracker->trails, arrival->flow);

    if (stream ? stream->speech.kind == READER_TLS || is_unopened(stream, arrival->from) ||
                     !is_upgrade(arrival)
               : !is_worth_reading(arrival))
        return stream;
    return begin_stream(arrival);
}

/* Words of refusal came: the flow is in trouble, and their packet is evidence. What was held back
 * for order came in an earlier one, which is not at hand any more. */
static void keep_told(struct arrival *arrival, uint64_t frame)
{
    struct trail_entry *entry = trail_keep(&arrival->tracker->trails, arrival->tracker->table.pool,
                                           arrival_flow_idx(arrival), arrival->packet->ts_ns);

    if (!entry || frame != arrival->packet->ordinal)
        return;
    if (!entry->trail.slot[TRAIL_TOLD].frame)
        track_mark_slot(arrival, TRAIL_TOLD);
    else
        track_mark_slot(arrival, TRAIL_TOLD_LAST);
}

static void read_payload(struct arrival *arrival)
{
    const struct packet *packet = arrival->packet;
    struct stream *stream = find_stream(arrival);
    struct stream_segment segment = {
        .side = arrival->from,
        .seq = payload_seq(&packet->tcp),
        .wire_bytes = packet->tcp.payload_wire_bytes,
        .captured_bytes = packet->tcp.payload_captured_bytes,
        .bytes = packet->tcp.payload,
        .frame = packet->ordinal,
        .ts_ns = packet->ts_ns,
    };

    uint64_t told_frame;

    if (!stream || !stream->is_reading)
        return;
    told_frame = stream->speech.told_frame;
    stream_take(&arrival->tracker->trails.pool, stream, &segment);
    if (stream->speech.told_frame != told_frame)
        keep_told(arrival, stream->speech.told_frame);
}

void track_speech(struct arrival *arrival)
{
    const struct packet *packet = arrival->packet;
    struct trails *trails = &arrival->tracker->trails;
    enum flow_side other = side_other(arrival->from);
    struct stream *stream;

    if (arrival->flow->trail_idx == FLOW_NONE || arrival->tracker->is_deaf)
        return;
    if (packet->tcp.payload_captured_bytes > 0) {
        learn_speech(arrival);
        read_payload(arrival);
    }
    stream = trail_stream_of(trails, arrival->flow);
    if (stream && stream_is_holding(stream, other) && packet->tcp.flags & TCP_ACK)
        stream_acked(&trails->pool, stream, other, packet->tcp.ack, packet->ts_ns);
}
