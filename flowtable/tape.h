/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The headers of a connection's packets in bounded memory, for people to look at: the first
 * TAPE_HEAD and the last TAPE_TAIL of them. No verdict rests on it. There is one beside each trail,
 * so that flows in trouble have theirs and a million quiet ones cost nothing.
 */
#ifndef FLOWTABLE_TAPE_H
#define FLOWTABLE_TAPE_H

#include <stdint.h>

#define TAPE_HEAD 8
#define TAPE_TAIL 16
#define TAPE_ROWS (TAPE_HEAD + TAPE_TAIL)

struct tape_row {
    int64_t ts_ns;
    uint32_t frame_off; /* ordinal minus that of the flow's first packet; saturates */
    uint32_t seq, ack;  /* as sent */
    uint32_t payload_bytes;
    uint16_t flags; /* enum tcp_flag */
    uint16_t window, ip_id;
    uint8_t ttl;
    uint8_t side; /* enum flow_side */
};

_Static_assert(sizeof(struct tape_row) == 32, "a tape is small beside its trail");

struct flow_tape {
    uint32_t n_pkts;                /* that came while there was a tape, kept or not; saturates */
    struct tape_row row[TAPE_ROWS]; /* valid: tape_count() of them, in the order of tape_at() */
};

static inline uint32_t tape_count(const struct flow_tape *tape)
{
    return tape->n_pkts < TAPE_ROWS ? tape->n_pkts : TAPE_ROWS;
}

/* Packets behind the first TAPE_HEAD that are not kept. */
static inline uint32_t tape_left_out(const struct flow_tape *tape)
{
    return tape->n_pkts - tape_count(tape);
}

/* Slot of the n-th packet: the tail goes round. */
static inline uint32_t tape_slot(uint32_t n)
{
    return n < TAPE_HEAD ? n : TAPE_HEAD + (n - TAPE_HEAD) % TAPE_TAIL;
}

/* The i-th kept row, oldest first; i < tape_count(). */
static inline const struct tape_row *tape_at(const struct flow_tape *tape, uint32_t i)
{
    return &tape->row[tape_slot(i < TAPE_HEAD ? i : i + tape_left_out(tape))];
}

/* Where the next packet goes. */
static inline struct tape_row *tape_next(struct flow_tape *tape)
{
    struct tape_row *row = &tape->row[tape_slot(tape->n_pkts)];

    if (tape->n_pkts < UINT32_MAX)
        tape->n_pkts++;
    return row;
}

/* Copies what is valid. */
static inline void tape_copy(struct flow_tape *to, const struct flow_tape *from)
{
    to->n_pkts = from->n_pkts;
    for (uint32_t i = 0; i < tape_count(from); i++)
        to->row[i] = from->row[i];
}

#endif
