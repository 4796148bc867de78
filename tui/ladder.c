/* SPDX-License-Identifier: BSD-2-Clause */
/* See ladder.h. */
#include "tui/ladder.h"

#include <string.h>

static struct ladder_row *find(struct ladder *ladder, uint64_t frame)
{
    for (uint32_t i = 0; i < ladder->n_rows; i++)
        if (ladder->row[i].mark.frame == frame)
            return &ladder->row[i];
    return NULL;
}

/* In the order of the capture, not of the clock, which may step back. */
static struct ladder_row *insert(struct ladder *ladder, const struct packet_mark *mark)
{
    uint32_t place = ladder->n_rows;

    while (place > 0 && ladder->row[place - 1].mark.frame > mark->frame)
        place--;
    memmove(&ladder->row[place + 1], &ladder->row[place],
            (ladder->n_rows - place) * sizeof(ladder->row[0]));
    ladder->n_rows++;
    ladder->row[place] = (struct ladder_row){.mark = *mark};
    return &ladder->row[place];
}

static void set_relative(struct ladder_row *row, const struct connection_event *event)
{
    const struct side_facts *side = event->facts.side;
    const struct side_facts *own = &side[row->mark.side];
    const struct side_facts *peer =
        &side[row->mark.side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT];

    row->has_rel_seq = own->bits & SIDE_ISN_KNOWN;
    row->rel_seq = row->mark.flags & TCP_SYN ? 0 : row->mark.seq - own->isn;
    row->has_rel_ack = row->mark.flags & TCP_ACK && peer->bits & SIDE_ISN_KNOWN;
    row->rel_ack = row->mark.ack - peer->isn;
}

static void add_mark(struct ladder *ladder, const struct connection_event *event,
                     const struct packet_mark *mark)
{
    if (mark->frame != 0 && mark->side < SIDE_COUNT && ladder->n_rows < LADDER_ROWS_MAX &&
        !find(ladder, mark->frame))
        set_relative(insert(ladder, mark), event);
}

/* Marks of the tape are those of the packets, but for what only evidence needs. */
static void add_taped(struct ladder *ladder, const struct connection_event *event,
                      const struct tape_row *row)
{
    struct packet_mark mark = {
        .ts_ns = row->ts_ns,
        .frame = event->facts.first_frame + row->frame_off,
        .seq = row->seq,
        .ack = row->ack,
        .payload_bytes = row->payload_bytes,
        .flags = row->flags,
        .window = row->window,
        .ip_id = row->ip_id,
        .ttl = row->ttl,
        .side = row->side,
        .bits = MARK_OPTIONS_UNKNOWN,
    };

    if (!ipaddr_is_v4(&event->server.addr))
        mark.bits |= MARK_V6;
    add_mark(ladder, event, &mark);
}

static void add_gap(struct ladder *ladder, const struct connection_event *event)
{
    const struct tape_row *before = tape_at(&event->tape, TAPE_HEAD - 1);
    struct packet_mark mark = {.ts_ns = before->ts_ns,
                               .frame = event->facts.first_frame + before->frame_off};

    /* Behind the packet of the same frame: insert() puts it there. */
    insert(ladder, &mark)->n_left_out = tape_left_out(&event->tape);
}

static void add_tape(struct ladder *ladder, const struct connection_event *event)
{
    for (uint32_t i = 0; i < tape_count(&event->tape); i++)
        add_taped(ladder, event, tape_at(&event->tape, i));
    if (tape_left_out(&event->tape) > 0)
        add_gap(ladder, event);
}

static void add_evidence(struct ladder *ladder, const struct evidence *evidence)
{
    struct ladder_row *row = find(ladder, evidence->mark.frame);

    if (!row)
        row = insert(ladder, &evidence->mark);
    row->is_icmp = evidence->kind == EVIDENCE_ICMP;
    row->is_odd = evidence->is_odd;
    row->has_rel_seq = evidence->has_rel_seq;
    row->rel_seq = evidence->rel_seq;
    row->has_rel_ack = evidence->has_rel_ack;
    row->rel_ack = evidence->rel_ack;
    memcpy(row->note, evidence->note, sizeof(row->note));
}

static bool is_syn(const struct ladder_row *row)
{
    return !row->is_icmp && row->n_left_out == 0 && row->mark.flags & TCP_SYN;
}

/* What a row is among the others. */
static void set_standing(struct ladder *ladder, const struct connection_event *event)
{
    const struct flow_facts *facts = &event->facts;
    bool is_silent = facts->side[SIDE_SERVER].n_pkts == 0 && facts->n_icmp == 0;
    uint8_t n_before[SIDE_COUNT] = {0};

    for (uint32_t i = 0; i < ladder->n_rows; i++) {
        struct ladder_row *row = &ladder->row[i];

        if (row->n_left_out > 0)
            continue;
        ladder->n_shown_pkts++;
        row->is_unanswered = is_silent && is_syn(row) && row->mark.side == SIDE_CLIENT;
        row->is_forged = event->family == FAMILY_RST_FORGED && row->is_odd && !row->is_icmp &&
                         row->mark.flags & TCP_RST;
        if (is_syn(row))
            row->nth_copy = n_before[row->mark.side]++;
    }
}

/* The last of several is the n-th, however few between it and the first are kept. */
static void count_last_syn(struct ladder *ladder, const struct connection_event *event)
{
    for (unsigned side = 0; side < SIDE_COUNT; side++) {
        struct ladder_row *last = NULL;

        for (uint32_t i = 0; i < ladder->n_rows; i++)
            if (is_syn(&ladder->row[i]) && ladder->row[i].mark.side == side)
                last = &ladder->row[i];
        if (last && last->nth_copy > 0 && event->facts.side[side].n_syn > last->nth_copy)
            last->nth_copy = (uint8_t)(event->facts.side[side].n_syn - 1);
    }
}

void ladder_make(struct ladder *ladder, const struct connection_event *event)
{
    const struct side_facts *side = event->facts.side;

    *ladder = (struct ladder){
        .n_seen_pkts =
            (uint64_t)side[SIDE_CLIENT].n_pkts + side[SIDE_SERVER].n_pkts + event->facts.n_icmp,
    };
    for (unsigned i = 0; i < event->n_evidence && i < EVENT_EVIDENCE_MAX; i++)
        add_evidence(ladder, &event->evidence[i]);
    if (event->has_syn_mark)
        add_mark(ladder, event, &event->syn);
    add_mark(ladder, event, &event->synack);
    add_tape(ladder, event);
    set_standing(ladder, event);
    count_last_syn(ladder, event);
}

static void add_option(struct text *text, size_t begin, const char *words)
{
    text_addf(text, "%s%s", text->used_bytes > begin ? ", " : "", words);
}

/* What only SYN and SYN-ACK can ask for is remembered of the side, not of the packet. */
static void add_handshake_options(struct text *text, const struct side_facts *side, size_t begin)
{
    if (side->bits & SIDE_HAS_SACK)
        add_option(text, begin, "sackOK");
    if (side->bits & SIDE_HAS_TIMESTAMPS)
        add_option(text, begin, "TS");
    if (side->bits & SIDE_HAS_WSCALE) {
        add_option(text, begin, "wscale ");
        text_addf(text, "%u", side->wscale);
    }
}

void ladder_add_options(struct text *text, const struct connection_event *event,
                        const struct ladder_row *row)
{
    const struct packet_mark *mark = &row->mark;
    const struct side_facts *side = &event->facts.side[mark->side];
    size_t begin = text->used_bytes;

    if (row->is_icmp || row->n_left_out > 0 || event->key.proto != FLOW_PROTO_TCP)
        return;
    if (mark->mss_bytes != 0)
        text_addf(text, "mss %u", mark->mss_bytes);
    if (mark->flags & TCP_SYN) {
        if (side->bits & SIDE_OPTIONS_UNKNOWN)
            add_option(text, begin, "cut by the snap length");
        else
            add_handshake_options(text, side, begin);
    } else if (mark->bits & MARK_OPTIONS_UNKNOWN) {
        text_add(text, "not kept");
    } else if (mark->bits & MARK_HAS_TIMESTAMPS) {
        add_option(text, begin, "TS");
    }
    if (text->used_bytes == begin)
        text_add(text, mark->bits & MARK_HAS_OPTIONS ? "others" : "none");
}

uint32_t ladder_deciding_row(const struct ladder *ladder)
{
    for (uint32_t i = 0; i < ladder->n_rows; i++)
        if (ladder->row[i].is_odd)
            return i;
    return 0;
}
