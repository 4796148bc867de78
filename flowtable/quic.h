/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QUIC connections, from their first Initial on, in a fixed table of sets; the quietest of a set
 * gives way. Told are those that nobody answers, and those that the server turns away in plain
 * sight or in an Initial (RFC 9001: anybody can read those). Private to flowtable/.
 */
#ifndef FLOWTABLE_QUIC_H
#define FLOWTABLE_QUIC_H

#include <stdbool.h>

#include "decode/quic.h"
#include "flowtable/exchange.h"

#define QUICS_MAX 256

enum quic_state {
    QUIC_ASKING,      /* Initials, and nothing from the server */
    QUIC_NEGOTIATING, /* and a list of versions, that the client may yet choose from */
    QUIC_ANSWERED,
    QUIC_RESETTING, /* the last packet is the server's and has not the ID of its other packets */
    QUIC_TOLD
};

struct quic {
    struct exchange exchange;  /* the client: who sent the Initial */
    struct packet_mark asked;  /* the client's first Initial */
    struct packet_mark last;   /* the client's last datagram */
    struct packet_mark answer; /* the server's datagram that ended it; frame 0 = none */
    struct quic_id first_id;   /* that the client chose for the server */
    struct quic_id client_id;  /* its own */
    struct quic_id server_id;  /* the server's, since it has answered */
    struct quic_id key_id;     /* that the Initials' keys follow from */
    int64_t try_ns;            /* the client's last Initial */
    int64_t step_ns;           /* from one try to the last one */
    uint8_t state;             /* enum quic_state */
    uint32_t word;             /* that the server's short headers begin with */
    uint32_t odd_word;         /* and one that did not */
    uint8_t n_word;            /* short headers that began with it; saturates */
    uint8_t n_opened;          /* Initials of the server that were decrypted */
    bool is_open;              /* the client has sent a short header */
    struct quic_facts facts;
};

struct quics {
    struct exchanges table;
    int64_t next_ns;      /* no deadline is before this */
    uint64_t n_evicted;   /* for want of room, with something to wait for */
    struct quic replaced; /* what quics_take() returned last, where the pair has another by now */
};

size_t quics_cost_bytes(void);
int quics_create(struct quics *quics, struct arena *arena, struct hash_key hash_key) MUST_CHECK;

/* A UDP packet was seen. The connection that is over by it, to be told, with facts that are final;
 * NULL for most packets. Valid until the next call. */
const struct quic *quics_take(struct quics *quics, const struct packet *packet);

/* An ICMP error quotes a UDP packet: the connection that it is about, which nobody has answered and
 * which quics_expire() will not tell any more; NULL where there is none. */
const struct quic *quics_refused(struct quics *quics, const struct packet *error);

/* One whose time is over by now (at_end: the input is over): that which began first. NULL: there is
 * none. Valid until the next call. */
const struct quic *quics_expire(struct quics *quics, int64_t now_ns, bool at_end);

#endif
