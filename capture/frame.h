/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies in a frame ring: one packet, or a word about time, loss or the end. */
#ifndef CAPTURE_FRAME_H
#define CAPTURE_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum frame_kind {
    FRAME_PACKET, /* captured_bytes of a packet follow */
    FRAME_TICK,   /* time has come this far; the same in every ring */
    FRAME_LOSS,   /* packets went missing shortly before here: wire_bytes says how many */
    FRAME_SHED,   /* the same of packets left out by choice: none of them SHED_CONTROL */
    FRAME_END,    /* nothing follows; the same in every ring */
    FRAME_KIND_COUNT
};

/* Ticks lie on multiples of this. */
#define FRAME_TICK_NS INT64_C(100000000)

/* Longer packets are refused as corrupt; libpcap's MAXIMUM_SNAPLEN is the same. */
#define FRAME_MAX_BYTES 262144u

/* ts_ns lies in 0 .. FRAME_MAX_TS_NS (the year 2106), so sums with timeouts cannot overflow. */
#define FRAME_MAX_TS_NS INT64_C(4294967295999999999)

struct frame {
    int64_t ts_ns;           /* since the Unix epoch. A packet's own time, which may go back; ticks
                              * and the end never do */
    uint64_t ordinal;        /* number of the packet in the whole run from 1, counting each packet
                              * that was read; other kinds: of the last packet before */
    uint32_t captured_bytes; /* in bytes[]; 0 for other kinds */
    uint32_t wire_bytes;     /* as the packet was on the wire, >= captured_bytes; FRAME_LOSS,
                              * FRAME_SHED: lost packets (saturating), 0 = some, number unknown */
    uint16_t linktype;       /* LINKTYPE_ value, see capture/linktype.h */
    uint8_t source;          /* row of capture_source(); the last row is shared by all beyond it */
    uint8_t kind;            /* enum frame_kind */
    uint8_t bytes[];         /* dead after ring_release */
};

/* What to reserve in a ring for a frame. Not sizeof: bytes[] begins inside the tail padding. */
static inline size_t frame_size_bytes(uint32_t captured_bytes)
{
    return offsetof(struct frame, bytes) + captured_bytes;
}

#endif
