/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracker: one packet's effect on the facts of its flow, and the notes that follow from it.
 *
 * One worker owns a tracker: table, timers, trails and tombs are plain memory that nobody else
 * touches. The packet path takes no lock, allocates nothing and makes no system call.
 */
#ifndef FLOWTABLE_TRACK_H
#define FLOWTABLE_TRACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/nanotime.h"
#include "flowtable/association.h"
#include "flowtable/datagram.h"
#include "flowtable/neighbour.h"
#include "flowtable/note.h"
#include "flowtable/quic.h"
#include "flowtable/table.h"
#include "flowtable/tomb.h"
#include "flowtable/trail.h"
#include "flowtable/wheel.h"

struct packet;

/* Timers and windows of the tracker, each with where it comes from (VERDICTS.md 11.5). */
#define TRACK_SYN_SILENCE_NS (6 * NS_PER_S)      /* > 2.2 x the 1, 2 s steps of every stack */
#define TRACK_SYN_SILENCE_MAX_NS (70 * NS_PER_S) /* > the longest step of Linux, 64 s */
#define TRACK_CALM_SYNS                                                                            \
    1024 /* SYNs without an answer, beyond which they are kept alone (lone.h)                      \
          */
#define TRACK_HALF_OPEN_NS (7 * NS_PER_S)    /* > the 1, 2, 4 s steps of SYN-ACK repeats */
#define TRACK_ANSWERED_NS (2500 * NS_PER_MS) /* Windows tries again 0.5 s after a refusal */
#define TRACK_RESET_NS (2 * NS_PER_S)        /* evidence that follows a RST comes in this time */
#define TRACK_CLOSED_NS (5 * NS_PER_S)       /* late FIN and RST of an orderly close */
#define TRACK_BLACKHOLE_NS (15 * NS_PER_S)   /* nothing back for so long: judged */
#define TRACK_BLACKHOLE_COPIES 3             /* of one segment, before silence means anything */
#define TRACK_PROBE_NS (90 * NS_PER_S)       /* > tcp_keepalive_intvl, 75 s */
#define TRACK_IDLE_NS (7500 * NS_PER_S)      /* > tcp_keepalive_time, 7200 s */
#define TRACK_QUIET_NS (1 * NS_PER_S)        /* shorter gaps are not called idle */
#define TRACK_REORDER_NS (10 * NS_PER_MS)    /* capture reordering (VERDICTS.md 14, trap 6) */
#define TRACK_DUPLICATE_NS (2 * NS_PER_MS)   /* the same packet captured twice (trap 5) */
#define TRACK_ALIVE_NOTE_NS (10 * NS_PER_S)
#define TRACK_RTT_UNKNOWN_NS (200 * NS_PER_MS)
#define TRACK_RTT_MAX_NS (60 * NS_PER_S) /* a SYN-ACK later than that is a clock that stepped */

/* Where notes go. reserve returns room for n_bytes, never NULL (it waits, or counts a loss and
 * gives scratch room); commit sends them. */
struct note_outlet {
    void *ctx;
    struct flow_note *(*reserve)(void *ctx, size_t n_bytes);
    void (*commit)(void *ctx, size_t n_bytes);
};

struct tracker_config {
    uint32_t n_flows;  /* at least 16 */
    uint32_t n_trails; /* at least 1 */
    uint32_t n_tombs;  /* a power of two, at least 4 */
    bool is_light;     /* ACKs and most data were left out: a SYN-ACK is taken for accepted */
    struct hash_key hash_key;
    struct note_outlet outlet;
    bool is_deaf; /* reads nothing above TCP: only to measure what that costs */
};

struct tracker {
    struct flowtable table;
    struct wheel wheel;
    struct trails trails;
    struct tombs tombs;
    struct datagrams datagrams;
    struct associations associations;
    struct quics quics;
    struct neighbours neighbours;
    struct note_outlet outlet;
    struct worker_gauges gauges;
    uint64_t ordinal;     /* of the frame being worked on */
    int64_t now_ns;       /* capture clock: greatest time so far */
    int64_t slot_ns;      /* of the notes being sent, see struct flow_note */
    int64_t last_loss_ns; /* NS_NEVER */
    int64_t last_shed_ns; /* NS_NEVER */
    uint32_t n_calm_syns; /* TRACK_CALM_SYNS, but for tests */
    bool is_deaf, is_light;
};

size_t tracker_cost_bytes(const struct tracker_config *config);
int tracker_create(struct tracker *tracker, struct arena *arena,
                   const struct tracker_config *config) MUST_CHECK;

/* A decoded packet with ts_ns (0 .. 2^62, of any order) and ordinal (rising) set. TCP, UDP, SCTP,
 * ICMP errors and requests for neighbours have an effect. Every worker must have had the same tick
 * before its first packet. */
void tracker_packet(struct tracker *tracker, const struct packet *packet);

/* Where a packet's flow is looked for; nothing in it where the packet is not TCP. */
struct tracker_aim {
    struct flow_key key;
    uint64_t hash;
    uint32_t flow_idx; /* where it lay a moment ago, most likely: for prefetching only */
    unsigned from_end; /* of the key: who sent the packet */
};

/*
 * tracker_packet() in steps, for a batch: what a step asks the memory for, the next one uses some
 * packets later, so that the cache misses of many packets overlap. All but the last have no
 * effect but on the cache, and what happens between them to the flows does not matter.
 */
void tracker_aim(const struct tracker *tracker, const struct packet *packet,
                 struct tracker_aim *aim);
void tracker_fetch_flow(const struct tracker *tracker, struct tracker_aim *aim);
void tracker_fetch_trail(const struct tracker *tracker, const struct tracker_aim *aim);
void tracker_packet_aimed(struct tracker *tracker, const struct packet *packet,
                          const struct tracker_aim *aim);

/* Time passed: fires timers. `ordinal` is that of the last packet before the tick. */
void tracker_tick(struct tracker *tracker, uint64_t ordinal, int64_t now_ns);

/* The capture lost frames (is_shed: dropped payload by choice) at this point. */
void tracker_loss(struct tracker *tracker, int64_t now_ns, bool is_shed);

/* The input is over: every flow that is open gets its NOTE_ENDED, then NOTE_END is sent. */
void tracker_finish(struct tracker *tracker, uint64_t ordinal, int64_t now_ns);

#endif
