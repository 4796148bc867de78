/* SPDX-License-Identifier: BSD-2-Clause */
/* Generated Ethernet frames for benches and tests: same seed, same bytes; no device needed. */
#ifndef CAPTURE_SYNTHETIC_H
#define CAPTURE_SYNTHETIC_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/raw_packet.h"

enum synthetic_mode {
    SYNTHETIC_FLOWS, /* handshake, data both ways, FINs; some refused, reset or unanswered */
    SYNTHETIC_FLOOD, /* SYNs to one server, each from another source */
    SYNTHETIC_MIX,   /* connections in given shares, each told in struct synthetic_truth */
    SYNTHETIC_MODE_COUNT
};

/* How an attempt of a MIX goes. */
enum synthetic_outcome {
    SYNTHETIC_CLOSED,    /* handshake, data both ways, FINs */
    SYNTHETIC_REFUSED,   /* RST for the SYN */
    SYNTHETIC_RESET,     /* RST after the handshake */
    SYNTHETIC_TIMED_OUT, /* three SYNs, no answer */
    SYNTHETIC_FLOODED,   /* one SYN of many to one server, no answer */
    SYNTHETIC_OUTCOME_COUNT
};

struct synthetic_config {
    enum synthetic_mode mode;
    uint64_t seed;
    uint64_t n_pkts;        /* FLOWS, FLOOD: ends after so many */
    uint32_t n_open_flows;  /* not FLOOD: so many are open at once, interleaved; 1 .. 2^24 */
    uint32_t n_data_pkts;   /* FLOWS: data segments in each flow; MIX: 1 .. so many */
    uint32_t payload_bytes; /* FLOWS: of a data segment; at most SYNTHETIC_MAX_PAYLOAD_BYTES */
    uint32_t n_attempts;    /* MIX: ends after so many, and a frame much later */
    uint32_t n_clients;     /* MIX: distinct client addresses; 1 .. 2^24 */
    uint32_t share[SYNTHETIC_OUTCOME_COUNT]; /* MIX: of the attempts, in parts of their sum */
    uint32_t n_sources;                      /* FLOOD: distinct sources before they repeat */
    int64_t start_ns;                        /* time of the first packet */
    int64_t step_ns;                         /* from packet to packet */
};

#define SYNTHETIC_MAX_PAYLOAD_BYTES 1400
#define SYNTHETIC_MAX_OPEN_FLOWS (1u << 24)

/* What the packets so far make of a MIX. */
struct synthetic_truth {
    uint64_t n_pkts;
    uint64_t n_attempts[SYNTHETIC_OUTCOME_COUNT];
};

struct synthetic {
    struct synthetic_config config;
    struct synthetic_truth truth;
    uint64_t n_done;
    uint64_t n_turns; /* MIX: chances to send, most of which a short attempt lets pass */
    bool has_ended;   /* MIX: its last frame was sent */
    uint8_t frame[14 + 20 + 20 + SYNTHETIC_MAX_PAYLOAD_BYTES]; /* Ethernet, IPv4, TCP, payload */
};

/* Values out of range are brought into it. */
void synthetic_init(struct synthetic *synthetic, const struct synthetic_config *config);

/* False after n_pkts. The bytes live until the next call. */
bool synthetic_next(struct synthetic *synthetic, struct raw_packet *packet);

#endif
