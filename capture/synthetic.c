/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See synthetic.h.
 *
 * Theory of operation: nothing is remembered but the number of the packet. The flows take turns,
 * one packet each; which life of a flow a packet belongs to and which step of that life it is
 * follows from its number, and the addresses and sequence numbers from a hash of seed, flow and
 * life. So ten million flows cost no memory.
 */
#include "capture/synthetic.h"

#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "capture/linktype.h"

#define ETHERNET_BYTES 14
#define IPV4_BYTES 20
#define TCP_BYTES 20
#define HEADERS_BYTES (ETHERNET_BYTES + IPV4_BYTES + TCP_BYTES)

#define FLAG_FIN 0x01u
#define FLAG_SYN 0x02u
#define FLAG_RST 0x04u
#define FLAG_ACK 0x10u

#define HANDSHAKE_PKTS 3
#define CLOSE_PKTS 3
#define REFUSED_PKTS 2
#define RESET_PKTS (HANDSHAKE_PKTS + 1)
#define TIMED_OUT_PKTS 3
#define END_NS (300 * NS_PER_S) /* longer than any timer of an unanswered SYN */

struct segment {
    uint32_t client_ip;
    uint32_t server_ip;
    uint16_t client_port;
    uint16_t server_port;
    uint32_t seq;
    uint32_t ack;
    uint32_t payload_bytes;
    uint8_t flags;
    bool is_from_server;
};

/* splitmix64's finalizer: every input bit moves every output bit. */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void store_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void store_u32(uint8_t *at, uint32_t value)
{
    store_u16(at, value >> 16);
    store_u16(at + 2, value);
}

static uint32_t add_words(uint32_t sum, const uint8_t *bytes, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    return sum;
}

static uint32_t fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

/* The payload stays all zero, so it adds nothing to the checksum. */
static void write_segment(uint8_t *frame, const struct segment *segment)
{
    static const uint8_t ethernet[ETHERNET_BYTES] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    uint8_t *ip = frame + ETHERNET_BYTES;
    uint8_t *tcp = ip + IPV4_BYTES;
    uint32_t tcp_bytes = TCP_BYTES + segment->payload_bytes;
    bool is_back = segment->is_from_server;

    memcpy(frame, ethernet, ETHERNET_BYTES);
    memset(ip, 0, IPV4_BYTES + TCP_BYTES);
    ip[0] = 0x45;
    store_u16(ip + 2, IPV4_BYTES + tcp_bytes);
    ip[6] = 0x40; /* do not fragment */
    ip[8] = 64;
    ip[9] = 6;
    store_u32(ip + 12, is_back ? segment->server_ip : segment->client_ip);
    store_u32(ip + 16, is_back ? segment->client_ip : segment->server_ip);
    store_u16(ip + 10, fold(add_words(0, ip, IPV4_BYTES)));
    store_u16(tcp, is_back ? segment->server_port : segment->client_port);
    store_u16(tcp + 2, is_back ? segment->client_port : segment->server_port);
    store_u32(tcp + 4, segment->seq);
    store_u32(tcp + 8, segment->ack);
    tcp[12] = TCP_BYTES / 4 << 4;
    tcp[13] = segment->flags;
    store_u16(tcp + 14, 65000);
    store_u16(tcp + 16, fold(add_words(add_words(6 + tcp_bytes, ip + 12, 8), tcp, TCP_BYTES)));
}

static struct segment new_segment(uint64_t key)
{
    static const uint16_t ports[] = {80, 443, 5432, 6379, 8080, 9092, 22, 3306};
    uint64_t bits = mix(key);

    return (struct segment){
        .client_ip = 0x0a000000u | (uint32_t)(bits & 0xffffff), /* 10.0.0.0/8 */
        .client_port = (uint16_t)(1024 + (bits >> 24) % 64000),
        .server_ip = 0xc6120000u | (uint32_t)(bits >> 48 & 0xff), /* 198.18.0.0/15, RFC 2544 */
        .server_port = ports[bits >> 61],
    };
}

static enum synthetic_outcome outcome_of(uint64_t key)
{
    static const enum synthetic_outcome outcomes[16] = {
        [0] = SYNTHETIC_REFUSED,
        [1] = SYNTHETIC_RESET,
        [2] = SYNTHETIC_TIMED_OUT,
    };

    return outcomes[mix(key ^ UINT64_C(0x6f7574)) % ARRAY_LEN(outcomes)];
}

/* What is to be written of one flow. */
struct script {
    const struct synthetic_config *config;
    uint64_t key; /* decides everything that the configuration leaves open */
    uint32_t n_data_pkts;
};

/* Of a MIX: near the "simple IMIX" of 64, 594 and 1518 bytes a frame in the ratio 7:4:1. */
static uint32_t payload_of(const struct script *script, uint32_t data_idx)
{
    static const uint16_t imix[12] = {0, 0, 0, 0, 0, 0, 0, 540, 540, 540, 540, 1400};

    if (script->config->mode != SYNTHETIC_MIX)
        return script->config->payload_bytes;
    return imix[mix(script->key + 2 + data_idx) % ARRAY_LEN(imix)];
}

/* What one side sent in the first n_sent data segments; the sides take turns. */
static uint32_t sent_bytes(const struct script *script, uint32_t n_sent, uint32_t first_idx)
{
    uint32_t n_bytes = 0;

    for (uint32_t i = first_idx; i < n_sent; i += 2)
        n_bytes += payload_of(script, i);
    return n_bytes;
}

/* A flow that is opened, used and closed. */
static void write_step(struct segment *segment, const struct script *script, uint32_t step)
{
    uint64_t isns = mix(script->key + 1);
    uint32_t client_isn = (uint32_t)isns;
    uint32_t server_isn = (uint32_t)(isns >> 32);
    uint32_t data_idx = step < HANDSHAKE_PKTS ? 0 : step - HANDSHAKE_PKTS;
    uint32_t n_sent = data_idx < script->n_data_pkts ? data_idx : script->n_data_pkts;
    uint32_t client_seq = client_isn + 1 + sent_bytes(script, n_sent, 0);
    uint32_t server_seq = server_isn + 1 + sent_bytes(script, n_sent, 1);
    uint32_t close_step = data_idx - n_sent;

    segment->flags = FLAG_ACK;
    if (step == 0) {
        segment->flags = FLAG_SYN;
        client_seq = client_isn;
        server_seq = 0;
    } else if (step == 1) {
        segment->flags = FLAG_SYN | FLAG_ACK;
        segment->is_from_server = true;
        server_seq = server_isn;
    } else if (step >= HANDSHAKE_PKTS && data_idx < script->n_data_pkts) {
        segment->is_from_server = data_idx % 2;
        segment->payload_bytes = payload_of(script, data_idx);
    } else if (step >= HANDSHAKE_PKTS) {
        segment->is_from_server = close_step == 1;
        segment->flags |= close_step < 2 ? FLAG_FIN : 0;
        client_seq += close_step > 0;
        server_seq += close_step > 1;
    }
    segment->seq = segment->is_from_server ? server_seq : client_seq;
    segment->ack = segment->is_from_server ? client_seq : server_seq;
}

static bool is_rst(enum synthetic_outcome outcome, uint32_t step)
{
    return (outcome == SYNTHETIC_REFUSED && step == REFUSED_PKTS - 1) ||
           (outcome == SYNTHETIC_RESET && step == RESET_PKTS - 1);
}

/* One packet of an attempt; `step` counts from its SYN. */
static void write_attempt(struct segment *segment, const struct script *script,
                          enum synthetic_outcome outcome, uint32_t step)
{
    bool is_closing = is_rst(outcome, step);

    if (outcome == SYNTHETIC_TIMED_OUT || outcome == SYNTHETIC_FLOODED)
        step = 0;                                       /* the SYN again */
    write_step(segment, script, is_closing ? 1 : step); /* a RST acknowledges as a SYN-ACK does */
    if (!is_closing)
        return;
    segment->flags = FLAG_RST | FLAG_ACK;
    segment->seq = outcome == SYNTHETIC_REFUSED ? 0 : segment->seq + 1;
}

static void make_flow_packet(struct synthetic *synthetic, struct segment *segment)
{
    static const uint32_t fixed_pkts[SYNTHETIC_OUTCOME_COUNT] = {
        [SYNTHETIC_REFUSED] = REFUSED_PKTS,
        [SYNTHETIC_RESET] = RESET_PKTS,
        [SYNTHETIC_TIMED_OUT] = 1,
    };
    const struct synthetic_config *config = &synthetic->config;
    uint64_t flow = synthetic->n_done % config->n_open_flows;
    uint64_t turn = synthetic->n_done / config->n_open_flows;
    uint32_t life_pkts = HANDSHAKE_PKTS + config->n_data_pkts + CLOSE_PKTS;
    uint64_t life_key = mix(config->seed ^ mix(flow ^ (turn / life_pkts) << 24));
    uint32_t step = (uint32_t)(turn % life_pkts);
    enum synthetic_outcome outcome = outcome_of(life_key);
    struct script script = {.config = config, .n_data_pkts = config->n_data_pkts};

    /* Short attempts repeat until the life is over: a new client port each, but the silent one
     * retransmits its SYN. */
    if (outcome != SYNTHETIC_CLOSED) {
        uint32_t attempt = outcome == SYNTHETIC_TIMED_OUT ? 0 : step / fixed_pkts[outcome];

        life_key ^= (uint64_t)attempt << 32;
        step %= fixed_pkts[outcome];
    }
    *segment = new_segment(life_key);
    script.key = life_key;
    write_attempt(segment, &script, outcome, step);
}

/* ---- the mix ---- */

static enum synthetic_outcome drawn_outcome(const struct synthetic_config *config, uint64_t key)
{
    uint64_t sum = 0;
    uint64_t drawn;
    unsigned outcome = 0;

    for (unsigned i = 0; i < SYNTHETIC_OUTCOME_COUNT; i++)
        sum += config->share[i];
    if (sum == 0)
        return SYNTHETIC_CLOSED;
    drawn = mix(key ^ UINT64_C(0x6f7574)) % sum;
    while (drawn >= config->share[outcome])
        drawn -= config->share[outcome++];
    return (enum synthetic_outcome)outcome;
}

static uint32_t attempt_pkts(enum synthetic_outcome outcome, uint32_t n_data_pkts)
{
    switch (outcome) {
    case SYNTHETIC_REFUSED:
        return REFUSED_PKTS;
    case SYNTHETIC_RESET:
        return RESET_PKTS;
    case SYNTHETIC_TIMED_OUT:
        return TIMED_OUT_PKTS;
    case SYNTHETIC_FLOODED:
        return 1;
    case SYNTHETIC_CLOSED:
    case SYNTHETIC_OUTCOME_COUNT:
        break;
    }
    return HANDSHAKE_PKTS + n_data_pkts + CLOSE_PKTS;
}

/* No two attempts have a tuple in common, as far as there are ports. */
static struct segment mix_segment(const struct synthetic_config *config, uint64_t attempt,
                                  enum synthetic_outcome outcome)
{
    struct segment segment = new_segment(mix(config->seed + attempt));

    segment.client_ip = 0x0a000000u | (uint32_t)(attempt % config->n_clients);
    segment.client_port = (uint16_t)(1024 + attempt / config->n_clients % 64000);
    if (outcome == SYNTHETIC_FLOODED) {
        segment.client_ip = 0x10000000u + (uint32_t)attempt;
        segment.server_ip = 0xc6120100u;
        segment.server_port = 443;
    }
    return segment;
}

/* The next packet in turn; false when every attempt has sent its last. */
static bool make_mix_packet(struct synthetic *synthetic, struct segment *segment)
{
    const struct synthetic_config *config = &synthetic->config;
    uint32_t life_pkts = HANDSHAKE_PKTS + config->n_data_pkts + CLOSE_PKTS;

    for (;;) {
        uint64_t turn = synthetic->n_turns / config->n_open_flows;
        uint64_t attempt =
            turn / life_pkts * config->n_open_flows + synthetic->n_turns % config->n_open_flows;
        uint32_t step = (uint32_t)(turn % life_pkts);
        struct script script = {.config = config, .key = mix(config->seed ^ mix(attempt))};
        enum synthetic_outcome outcome = drawn_outcome(config, script.key);

        if (turn / life_pkts * config->n_open_flows >= config->n_attempts)
            return false;
        synthetic->n_turns++;
        script.n_data_pkts = 1 + (uint32_t)(mix(script.key + 1) >> 40) % config->n_data_pkts;
        if (attempt >= config->n_attempts || step >= attempt_pkts(outcome, script.n_data_pkts))
            continue;
        synthetic->truth.n_attempts[outcome] += step == 0;
        *segment = mix_segment(config, attempt, outcome);
        write_attempt(segment, &script, outcome, step);
        return true;
    }
}

/* A frame of another protocol (LLDP), long after the last attempt. */
static bool make_end(struct synthetic *synthetic, struct raw_packet *packet)
{
    static const uint8_t ethernet[ETHERNET_BYTES] = {1, 0x80, 0xc2, 0, 0, 14,   2,
                                                     0, 0,    0,    0, 1, 0x88, 0xcc};
    const struct synthetic_config *config = &synthetic->config;

    if (synthetic->has_ended)
        return false;
    synthetic->has_ended = true;
    memset(synthetic->frame, 0, HEADERS_BYTES);
    memcpy(synthetic->frame, ethernet, ETHERNET_BYTES);
    *packet = (struct raw_packet){
        .ts_ns = config->start_ns + (int64_t)synthetic->n_done * config->step_ns + END_NS,
        .bytes = synthetic->frame,
        .captured_bytes = HEADERS_BYTES,
        .wire_bytes = HEADERS_BYTES,
        .linktype = LINKTYPE_ETHERNET_ID,
    };
    synthetic->n_done++;
    synthetic->truth.n_pkts++;
    return true;
}

static void make_flood_packet(const struct synthetic *synthetic, struct segment *segment)
{
    const struct synthetic_config *config = &synthetic->config;
    uint64_t source = synthetic->n_done % config->n_sources;

    *segment = (struct segment){
        .client_ip = 0x10000000u + (uint32_t)source, /* distinct as long as n_sources is */
        .client_port = (uint16_t)(1024 + mix(config->seed ^ source) % 64000),
        .server_ip = 0xc6120001u,
        .server_port = 443,
        .seq = (uint32_t)mix(source + config->seed),
        .flags = FLAG_SYN,
    };
}

void synthetic_init(struct synthetic *synthetic, const struct synthetic_config *config)
{
    struct synthetic_config *own = &synthetic->config;

    *synthetic = (struct synthetic){.config = *config};
    if (own->n_open_flows < 1)
        own->n_open_flows = 1;
    if (own->n_open_flows > SYNTHETIC_MAX_OPEN_FLOWS)
        own->n_open_flows = SYNTHETIC_MAX_OPEN_FLOWS;
    if (own->n_data_pkts > UINT16_MAX)
        own->n_data_pkts = UINT16_MAX;
    if (own->payload_bytes > SYNTHETIC_MAX_PAYLOAD_BYTES)
        own->payload_bytes = SYNTHETIC_MAX_PAYLOAD_BYTES;
    if (own->n_sources < 1)
        own->n_sources = 1;
    if (own->n_clients < 1)
        own->n_clients = 1;
    if (own->n_clients > SYNTHETIC_MAX_OPEN_FLOWS)
        own->n_clients = SYNTHETIC_MAX_OPEN_FLOWS;
    if (own->mode == SYNTHETIC_MIX && own->n_data_pkts < 1)
        own->n_data_pkts = 1;
}

bool synthetic_next(struct synthetic *synthetic, struct raw_packet *packet)
{
    const struct synthetic_config *config = &synthetic->config;
    struct segment segment = {0};

    if (config->mode != SYNTHETIC_MIX && synthetic->n_done == config->n_pkts)
        return false;
    if (config->mode == SYNTHETIC_MIX && !make_mix_packet(synthetic, &segment))
        return make_end(synthetic, packet);
    if (config->mode == SYNTHETIC_FLOOD)
        make_flood_packet(synthetic, &segment);
    if (config->mode == SYNTHETIC_FLOWS)
        make_flow_packet(synthetic, &segment);
    write_segment(synthetic->frame, &segment);
    *packet = (struct raw_packet){
        .ts_ns = config->start_ns + (int64_t)synthetic->n_done * config->step_ns,
        .bytes = synthetic->frame,
        .captured_bytes = HEADERS_BYTES + segment.payload_bytes,
        .wire_bytes = HEADERS_BYTES + segment.payload_bytes,
        .linktype = LINKTYPE_ETHERNET_ID,
    };
    synthetic->n_done++;
    synthetic->truth.n_pkts++;
    return true;
}
