/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS as far as it stays readable: records, alerts in plain text. A push parser: bytes of each
 * direction in order, in pieces of any size. Pure; it never allocates.
 */
#ifndef DECODE_TLS_H
#define DECODE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TLS_CLIENT,
    TLS_SERVER,
    TLS_SIDE_COUNT
};

/* What one side said. */
struct tls_side {
    uint64_t alert_frame; /* first fatal alert in plain text; 0 = none */
    uint8_t alert_code;   /* RFC 8446 section 6 */
    bool is_alert_first;  /* its first record was that alert */
    bool is_not_tls;      /* bytes that are no record: nothing was read behind them */
    uint32_t n_records;
};

struct tls_facts {
    struct tls_side side[TLS_SIDE_COUNT];
};

#define TLS_HEADER_BYTES 5

struct tls_side_state {
    uint8_t header[TLS_HEADER_BYTES];
    uint8_t n_header;
    uint8_t head[2]; /* first bytes of the record's content */
    uint32_t n_content, content_bytes;
};

struct tls_state {
    struct tls_side_state side[TLS_SIDE_COUNT];
};

void tls_open(struct tls_state *state);

/* The next bytes of a side, brought by `frame`. False: no more is wanted of either side. */
bool tls_feed(struct tls_state *state, struct tls_facts *facts, unsigned side, const uint8_t *bytes,
              size_t n_bytes, uint64_t frame);

#endif
