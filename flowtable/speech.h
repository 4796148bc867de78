/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a connection said above TCP, as a protocol reader made it out, and what datagrams say. Plain
 * data: no pointers, no conclusions. Only connections that begin like a protocol that tcpwhy reads
 * have it.
 */
#ifndef FLOWTABLE_SPEECH_H
#define FLOWTABLE_SPEECH_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/banner.h"
#include "decode/http.h"
#include "decode/payload.h"
#include "decode/quic.h"
#include "decode/sctp.h"
#include "decode/tls.h"
#include "flowtable/key.h"

/* Who read it, and so which member of the union in struct flow_speech is set. */
enum reader_kind {
    READER_NONE, /* its first bytes were too few to tell */
    READER_TLS,
    READER_HTTP,
    READER_BANNER,
    READER_STREAM_COUNT, /* those of TCP's streams end here (reader.h) */
    READER_SCTP = READER_STREAM_COUNT,
    READER_QUIC,
    READER_KIND_COUNT
};

/* Why not everything that a side sent was read. */
enum speech_bit {
    SPEECH_LATE = 0x01,     /* what came before the protocol began: STARTTLS, a greeting */
    SPEECH_GAP = 0x02,      /* the capture lacks bytes; reading ended there, for good */
    SPEECH_CUT = 0x04,      /* the snap length cut a segment; reading ended there, for good */
    SPEECH_NO_ROOM = 0x08,  /* segments came out of order and there was no room to hold them */
    SPEECH_TOO_LONG = 0x10, /* the reader's limit: what came later was not read */
    SPEECH_ANY_LOST = SPEECH_GAP | SPEECH_CUT | SPEECH_NO_ROOM
};

struct flow_speech {
    uint8_t kind;             /* enum reader_kind */
    uint8_t bits[SIDE_COUNT]; /* enum speech_bit */
    uint64_t told_frame;      /* last packet that brought words of refusal; 0 = none */
    /* How far each side was read: of the next byte; and behind the segment that brought the last
     * request of HTTP. */
    uint32_t next_seq[SIDE_COUNT], request_end_seq;
    union {
        struct tls_facts tls;
        struct http_facts http;
        struct banner_facts banner;
        struct sctp_facts sctp;
        struct quic_facts quic;
    };
};

#endif
