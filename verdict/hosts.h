/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of server hosts and of their listeners, from the notes of all flows: what no
 * single flow can tell. Owned by the judge thread; bounded: when a table is full, the entry that
 * has been quiet longest of a few gives way.
 */
#ifndef VERDICT_HOSTS_H
#define VERDICT_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/hash.h"
#include "base/ipaddr.h"
#include "flowtable/note.h"
#include "verdict/legs.h"
#include "verdict/limits.h"
#include "verdict/pressure.h"
#include "verdict/race.h"
#include "verdict/scan.h"
#include "verdict/strays.h"

/* One address. In front what every note looks at: a cache line or two. */
struct host_state {
    struct ipaddr addr;
    bool is_used;
    uint8_t hops_min, hops_max; /* of its packets but RSTs */
    uint8_t init_ttl;           /* 32, 64, 128 or 255: of the last flow learned from; 0 = none */
    bool has_several_inits;
    bool has_flow_labels; /* sends IPv6 flow labels */
    uint16_t refused_port;
    uint32_t n_ttl_flows;          /* ended flows that the hops were learned from */
    uint32_t n_synack_resets;      /* as a client: SYN-ACKs that it answered by RST */
    int64_t last_ns;               /* last packet from it, NS_NEVER */
    int64_t asked_ns;              /* last SYN to it, NS_NEVER */
    int64_t asked_known_ns;        /* last one to a port that it has answered on before, NS_NEVER */
    struct scan_targets targets;   /* as a client */
    struct race_connects connects; /* as a client */
    int64_t refused_ns;            /* last RST that answered a SYN, NS_NEVER */
    /* Last time that somebody asked the link for it and got no answer: first and last request */
    int64_t unresolved_from_ns, unresolved_ns; /* NS_NEVER */
    struct ipaddr unresolved_by;               /* who asked; valid with unresolved_ns */
    /* Connections that only a plain SYN opened; that an extended one did (mark_is_extended_syn) */
    uint32_t n_syn_fallbacks, n_extended_syns_taken;
    struct scatter_peers scatter; /* as whom somebody pretends to be */
    uint32_t n_unanswered_talk; /* flows in which a peer went on though nothing from it was seen */
};

/* RSTs of one kind from one listener, each soon after the one before: a program that ends, a host
 * that restarts. */
struct reset_burst {
    int64_t first_ns, last_ns; /* NS_NEVER */
    uint32_t n;
    uint32_t n_served;  /* of them, on connections that the server had sent data on */
    uint32_t n_unasked; /* on connections that the client had sent nothing on */
};

/* One address and port. In front what every note looks at: two or three cache lines. */
struct listener_state {
    struct ipaddr addr;
    uint16_t port;
    bool is_used;
    uint32_t syn_rate_x16; /* moving average of SYNs a second, times 16 */
    int64_t second;        /* SYN rate: one-second slots */
    uint32_t n_syn_second, n_complete_second, n_refused_second;
    uint32_t n_refused_run;            /* since the last success */
    int64_t answer_ns;                 /* last SYN-ACK or acknowledgment of data, NS_NEVER */
    int64_t accept_ns;                 /* last SYN-ACK, NS_NEVER */
    int64_t silent_from_ns;            /* first SYN of the run of unanswered attempts, NS_NEVER */
    int64_t refused_last_ns;           /* of the newest run of refusals, NS_NEVER */
    int64_t accepted_after_refusal_ns; /* the first SYN-ACK after it, NS_NEVER */
    int64_t rtt_min_ns;                /* SYN to SYN-ACK, 0 = unknown */
    int64_t open_ns;                   /* a handshake that is not known to be over, NS_NEVER */
    uint64_t open_frame;               /* of its flow: first_frame; valid with open_ns */
    int64_t kept_ns;                   /* last sign of a connection that was not reset at once */
    int64_t taken_ns;                  /* last sign that the program has a connection, NS_NEVER */
    struct ipaddr taken_client;        /* of that connection; valid with taken_ns */
    uint32_t recovered_share_x256;     /* moving share of recovered_ns' among the handshakes */
    uint32_t n_silent_run, n_early_rst_run; /* since the last success */
    uint32_t n_refused_between;             /* flows refused in the newest run, no answer between */
    struct pressure pressure;               /* of half-open connections */
    int64_t refused_first_ns;               /* of the newest run, NS_NEVER */
    int64_t accepted_before_refusal_ns;     /* accept_ns when it began */
    int64_t interleaved_ns; /* last run that began soon after another one, NS_NEVER */
    int64_t crowded_ns;     /* last refusal in a busy second that had answers too, NS_NEVER */
    int64_t answered_before_silence_ns; /* answer_ns when the silent run began */
    int64_t overflow_ns;                /* last flow that showed P2, NS_NEVER */
    int64_t overflow_before_ns;         /* the flow before that one, NS_NEVER */
    int64_t overflow_rst_ns;            /* last flow that showed P3, NS_NEVER */
    int64_t tls_ns;                     /* last ServerHello, NS_NEVER */
    int64_t quit_ns;             /* last time that it hung up on an idle connection, NS_NEVER */
    int64_t recovered_ns;        /* last handshake that needed another SYN, NS_NEVER */
    struct reset_burst aborts;   /* by sockets of the listener's host */
    struct reset_burst unknowns; /* by a host that does not know the connection */
    /* From a request to the server's FIN, no answer between: of the last such connection, and of
     * the one before; 0 = none. */
    int64_t unanswered_wait_ns, unanswered_wait_before_ns;
    int64_t flood_from_ns, flood_until_ns; /* the last flood, NS_NEVER */
};

struct hosts {
    const struct verdict_limits *limits;
    struct hash_key hash_key;
    struct host_state *host;
    struct listener_state *listener;
    uint16_t *host_tag, *listener_tag; /* of each entry's hash, 0 = unused: a look at a few of
                                          these finds the entry, or that there is none */
    /* Where the last ones were found, for a note asks for the same few again and again: the two
     * latest hosts and which of them was the latest, the latest listener. */
    uint32_t recent_host[2], recent_listener;
    uint32_t latest;
    struct legs legs;
    struct strays strays;
    uint32_t host_mask, listener_mask;
    uint64_t n_evicted;
    int64_t start_ns; /* of the first flow told of; 0 = none */
    /* Flows in which anything of the server was seen, or an ICMP error; those in which nothing was
     * and the client went on as if it were answered. */
    uint64_t n_answered, n_unanswered_talk;
};

/* n_hosts, n_listeners: powers of two, at least 16. */
size_t hosts_cost_bytes(uint32_t n_hosts, uint32_t n_listeners);
int hosts_create(struct hosts *hosts, struct arena *arena, uint32_t n_hosts, uint32_t n_listeners,
                 const struct verdict_limits *limits, struct hash_key hash_key) MUST_CHECK;

/* Learns from a note; call it before the note's flow is judged. */
void hosts_note(struct hosts *hosts, const struct flow_note *note);

/* Never NULL: an address nothing is known of gives an empty state with is_used clear. Valid until
 * the next hosts_note(). */
const struct host_state *hosts_host(const struct hosts *hosts, const struct ipaddr *addr);
const struct listener_state *hosts_listener(const struct hosts *hosts, const struct ipaddr *addr,
                                            uint16_t port);

/* Initial TTL that a TTL seen in a packet most likely began with: 32, 64, 128 or 255. */
uint8_t hosts_init_ttl(uint8_t ttl);
/* Routers passed, as far as the initial TTL is guessed right. */
uint8_t hosts_hops(uint8_t ttl);

#endif
