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
    SYNTHETIC_MODE_COUNT
};

struct synthetic_config {
    enum synthetic_mode mode;
    uint64_t seed;
    uint64_t n_pkts;        /* ends after so many */
    uint32_t n_open_flows;  /* FLOWS: so many are open at once, interleaved; 1 .. 2^24 */
    uint32_t n_data_pkts;   /* FLOWS: data segments in each flow */
    uint32_t payload_bytes; /* FLOWS: of a data segment; at most SYNTHETIC_MAX_PAYLOAD_BYTES */
    uint32_t n_sources;     /* FLOOD: distinct sources before they repeat */
    int64_t start_ns;       /* time of the first packet */
    int64_t step_ns;        /* from packet to packet */
};

#define SYNTHETIC_MAX_PAYLOAD_BYTES 1400
#define SYNTHETIC_MAX_OPEN_FLOWS (1u << 24)

struct synthetic {
    struct synthetic_config config;
    uint64_t n_done;
    uint8_t frame[14 + 20 + 20 + SYNTHETIC_MAX_PAYLOAD_BYTES]; /* Ethernet, IPv4, TCP, payload */
};

/* Values out of range are brought into it. */
void synthetic_init(struct synthetic *synthetic, const struct synthetic_config *config);

/* False after n_pkts. The bytes live until the next call. */
bool synthetic_next(struct synthetic *synthetic, struct raw_packet *packet);

#endif
