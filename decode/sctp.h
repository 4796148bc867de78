/* SPDX-License-Identifier: BSD-2-Clause */
/* The chunks of an SCTP packet (RFC 9260 section 3), as far as the setup of an association goes. */
#ifndef DECODE_SCTP_H
#define DECODE_SCTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 9260 section 3.2; all that are used are below 32. */
enum sctp_chunk {
    SCTP_DATA = 0,
    SCTP_INIT = 1,
    SCTP_INIT_ACK = 2,
    SCTP_SACK = 3,
    SCTP_HEARTBEAT = 4,
    SCTP_HEARTBEAT_ACK = 5,
    SCTP_ABORT = 6,
    SCTP_SHUTDOWN = 7,
    SCTP_SHUTDOWN_ACK = 8,
    SCTP_ERROR = 9,
    SCTP_COOKIE_ECHO = 10,
    SCTP_COOKIE_ACK = 11,
    SCTP_SHUTDOWN_COMPLETE = 14
};

struct sctp_chunks {
    uint32_t types;        /* bit n: a chunk of type n < 32 */
    uint32_t initiate_tag; /* of the INIT or INIT ACK; never 0 in one (section 3.3.2) */
    uint16_t cause;        /* first error cause of an ABORT (section 3.3.10); 0 = none told */
    bool is_reflected;     /* ABORT, T bit: the verification tag is that of the packet it answers */
};

static inline bool sctp_has(const struct sctp_chunks *chunks, enum sctp_chunk type)
{
    return chunks->types >> type & 1;
}

/* What follows a chunk that ends behind the bytes, or in itself, is not read. */
void sctp_read_chunks(const uint8_t *bytes, size_t n_bytes, struct sctp_chunks *chunks);

/* What an association's setup came to, for the judge. */
struct sctp_facts {
    uint64_t abort_frame; /* ordinal */
    uint16_t cause;       /* as in struct sctp_chunks */
    uint8_t n_inits;      /* of the client; saturates */
    bool had_init_ack;    /* the ABORT came after it, in answer to the COOKIE ECHO */
};

#endif
