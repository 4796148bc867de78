/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets to show with a verdict: those it rests on, then those that frame them. */
#include <stdlib.h>
#include <string.h>

#include "base/tcpflag.h"
#include "verdict/case.h"

#define CANDIDATES_MAX (TRAIL_SLOT_COUNT + 2 * TRAIL_RST_MAX + 2 * SIDE_COUNT + 1)

struct candidate {
    struct packet_mark mark;
    unsigned weight; /* heavier is shown rather */
    bool is_odd, is_icmp;
};

struct candidates {
    unsigned n;
    struct candidate at[CANDIDATES_MAX];
};

/* How much a slot tells when nothing rests on it. */
static const uint8_t slot_weight[TRAIL_SLOT_COUNT] = {
    [TRAIL_SYN] = 8,         [TRAIL_SYN_LAST] = 4,    [TRAIL_SYNACK] = 7,
    [TRAIL_SYNACK_LAST] = 3, [TRAIL_ACK] = 4,         [TRAIL_CLIENT_DATA] = 5,
    [TRAIL_SERVER_DATA] = 4, [TRAIL_CLIENT_LAST] = 3, [TRAIL_SERVER_LAST] = 6,
    [TRAIL_CLIENT_FIN] = 5,  [TRAIL_SERVER_FIN] = 5,  [TRAIL_STALE_ACK] = 8,
    [TRAIL_RUN_FIRST] = 6,   [TRAIL_RUN_LAST] = 6,    [TRAIL_AFTER_RST] = 6,
    [TRAIL_CHALLENGE] = 5,   [TRAIL_TOLD] = 8,        [TRAIL_TOLD_LAST] = 7,
    [TRAIL_REQUEST] = 5,
};

static bool rests_on(const struct ruling *ruling, uint64_t frame)
{
    for (unsigned i = 0; i < ruling->n_odd; i++) {
        if (ruling->odd_frame[i] == frame)
            return true;
    }
    for (unsigned i = 0; i < ruling->n_because; i++) {
        if (ruling->because[i].frame[0] == frame)
            return true;
    }
    return false;
}

static void add(struct candidates *all, const struct ruling *ruling, const struct packet_mark *mark,
                unsigned weight, bool is_icmp)
{
    bool is_odd;

    if (!mark->frame)
        return;
    for (unsigned i = 0; i < all->n; i++) {
        if (all->at[i].mark.frame == mark->frame) {
            if (weight > all->at[i].weight)
                all->at[i].weight = weight;
            return;
        }
    }
    is_odd = rests_on(ruling, mark->frame);
    all->at[all->n++] = (struct candidate){
        .mark = *mark, .weight = weight + (is_odd ? 16 : 0), .is_odd = is_odd, .is_icmp = is_icmp};
}

static void collect(const struct verdict_case *c, const struct ruling *ruling,
                    struct candidates *all)
{
    const struct icmp_facts *icmp = &c->trail->icmp;
    struct packet_mark error = {
        .ts_ns = icmp->ts_ns,
        .frame = icmp->frame,
        .payload_bytes = icmp->len_bytes,
        .ip_id = icmp->ip_id,
        .ttl = icmp->ttl,
        .side = SIDE_SERVER,
        .bits = icmp->is_v6 ? MARK_V6 : 0,
    };

    for (unsigned i = 0; i < TRAIL_SLOT_COUNT; i++)
        add(all, ruling, &c->trail->slot[i], slot_weight[i], false);
    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        add(all, ruling, &c->trail->rst[i].mark, i == 0 ? 9 : 6, false);
        add(all, ruling, &c->trail->rst[i].trigger, i == 0 ? 7 : 4, false);
    }
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        add(all, ruling, &c->trail->size[s].behind_gap, 4, false);
        if (c->trail->stall[s].n_pkts > 0)
            add(all, ruling, &c->trail->stall[s].first, 5, false);
    }
    add(all, ruling, &error, 9, true);
}

static int heavier_first(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->mark.frame < y->mark.frame ? -1 : 1; /* frames differ: add() saw to it */
}

static int earlier_first(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;

    return x->mark.frame < y->mark.frame ? -1 : x->mark.frame > y->mark.frame;
}

static enum evidence_kind kind_of(const struct candidate *candidate)
{
    uint16_t flags = candidate->mark.flags;

    if (candidate->is_icmp)
        return EVIDENCE_ICMP;
    if (flags & TCP_RST)
        return EVIDENCE_RST;
    if (flags & TCP_SYN)
        return flags & TCP_ACK ? EVIDENCE_SYNACK : EVIDENCE_SYN;
    if (flags & TCP_FIN)
        return EVIDENCE_FIN;
    return candidate->mark.payload_bytes ? EVIDENCE_DATA : EVIDENCE_ACK;
}

/* Appends what fits. */
static size_t add_words(char *note, size_t note_bytes, size_t used, const char *words)
{
    size_t n = strnlen(words, note_bytes - 1 - used);

    memcpy(note + used, words, n);
    note[used + n] = '\0';
    return used + n;
}

/* The reasons that name the packet are its note. */
static void write_note(const struct ruling *ruling, uint64_t frame, char *note, size_t note_bytes)
{
    size_t used = 0;

    note[0] = '\0';
    for (unsigned i = 0; i < ruling->n_because; i++) {
        if (ruling->because[i].frame[0] != frame)
            continue;
        if (used)
            used = add_words(note, note_bytes, used, "; ");
        used = add_words(note, note_bytes, used, ruling->because[i].value);
    }
}

static void write_relative(const struct verdict_case *c, struct evidence *evidence)
{
    enum flow_side from = (enum flow_side)evidence->mark.side;
    const struct side_facts *side = case_side(c, from);
    const struct side_facts *peer = case_side(c, side_other(from));

    if (evidence->kind == EVIDENCE_ICMP)
        return;
    evidence->has_rel_seq = side->bits & SIDE_ISN_KNOWN;
    evidence->rel_seq = evidence->mark.seq - side->isn;
    evidence->has_rel_ack = evidence->mark.flags & TCP_ACK && peer->bits & SIDE_ISN_KNOWN;
    evidence->rel_ack = evidence->mark.ack - peer->isn;
}

void case_evidence(const struct verdict_case *c, const struct ruling *ruling,
                   struct connection_event *event)
{
    struct candidates all;
    unsigned n;

    all.n = 0;
    collect(c, ruling, &all);
    qsort(all.at, all.n, sizeof(all.at[0]), heavier_first);
    n = all.n < EVENT_EVIDENCE_MAX ? all.n : EVENT_EVIDENCE_MAX;
    qsort(all.at, n, sizeof(all.at[0]), earlier_first);
    for (unsigned i = 0; i < n; i++) {
        struct evidence *evidence = &event->evidence[i];
        enum evidence_kind kind = kind_of(&all.at[i]);

        *evidence = (struct evidence){
            .mark = all.at[i].mark, .is_odd = all.at[i].is_odd, .kind = (uint8_t)kind};
        write_relative(c, evidence);
        write_note(ruling, evidence->mark.frame, evidence->note, sizeof(evidence->note));
    }
    event->n_evidence = (uint8_t)n;
    event->evidence_total = c->client->n_pkts + c->server->n_pkts + c->facts->n_icmp;
}
