/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCTP associations that are being set up (RFC 9260 section 5), until the server takes or aborts
 * them. A fixed table of sets; the quietest of a set gives way. Private to flowtable/.
 */
#ifndef FLOWTABLE_ASSOCIATION_H
#define FLOWTABLE_ASSOCIATION_H

#include "decode/sctp.h"
#include "flowtable/exchange.h"

#define ASSOCIATIONS_MAX 128

struct association {
    struct exchange exchange; /* the client: who sent the INIT */
    struct packet_mark init;  /* the client's last packet */
    struct packet_mark answer;
    uint32_t tag[SIDE_COUNT]; /* that packets to this side carry; 0 = not known yet */
    struct sctp_facts facts;
};

struct associations {
    struct exchanges table;
    uint64_t n_evicted; /* for want of room */
};

size_t associations_cost_bytes(void);
int associations_create(struct associations *associations, struct arena *arena,
                        struct hash_key hash_key) MUST_CHECK;

/* An SCTP packet was seen. The association that it ends before it began, with facts that are
 * final; NULL for most packets. It is forgotten: valid until the next call. */
const struct association *associations_take(struct associations *associations,
                                            const struct packet *packet);

#endif
