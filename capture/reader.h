/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets of one capture file: classic pcap or pcapng, found out by magic.
 *
 * libpcap is not used here: it refuses pcapng files whose interfaces differ in link type or whose
 * time stamps are finer than it likes, and its two fread calls a packet cost three times this.
 */
#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "capture/raw_packet.h"
#include "capture/stream.h"

#define READER_NAME_BYTES 64

enum reader_result {
    READER_PACKET,
    READER_END,     /* a clean one, or the stream was stopped */
    READER_DAMAGED, /* cut or corrupt: nothing after this place can be read; err says where */
    READER_FAILED   /* the system refused to read on; err says why */
};

/* An interface that the file describes; classic pcap has exactly one. */
struct reader_interface {
    char name[READER_NAME_BYTES]; /* as in the file, cut; "" when it has none */
    uint16_t linktype;            /* LINKTYPE_ value */
    uint32_t snap_bytes;          /* 0 = not limited */
    bool is_nanosecond;           /* finer than microseconds */
};

/* Called for each interface as it is found; returns the `source` its packets shall carry. */
typedef uint8_t (*reader_interface_fn)(void *ctx, const struct reader_interface *interface);

/* What a pcapng interface does to its packets. */
struct pcapng_interface {
    uint64_t units_per_s; /* of the time stamp, powers of ten; 0: a power of two */
    uint64_t ns_per_unit; /* 0 when a unit is shorter */
    int64_t offset_s;     /* if_tsoffset */
    uint32_t snap_bytes;  /* 0 = not limited */
    uint16_t linktype;
    uint8_t fraction_bits; /* power of two: units are 2^-fraction_bits s */
    uint8_t source;
};

#define PCAPNG_MAX_INTERFACES 1024

struct pcapfile_state {
    uint64_t ns_per_fraction;
    uint32_t record_header_bytes;
    uint16_t linktype;
    uint8_t source;
};

struct pcapng_state {
    struct pcapng_interface interfaces[PCAPNG_MAX_INTERFACES]; /* of the current section */
    uint32_t n_interfaces;
    int64_t last_ts_ns; /* simple packets have no time: they get the one of the packet before */
};

struct reader;

/* As reader_next(), of one format. */
typedef enum reader_result (*reader_next_fn)(struct reader *reader, struct raw_packet *packet,
                                             struct err *err);

struct reader {
    struct stream *stream;
    reader_next_fn next;
    reader_interface_fn on_interface;
    void *on_interface_ctx;
    uint64_t n_pkts;    /* read so far */
    bool is_big_endian; /* byte order of the file, of the section in pcapng */
    struct pcapfile_state pcapfile;
    struct pcapng_state pcapng;
};

/* Looks at the first bytes of a file only. 0: a capture, gzip or zstd; -EBADMSG: something else,
 * and the text says what it looks like. */
MUST_CHECK int reader_sniff(const uint8_t *bytes, size_t n_bytes, struct err *err);

/* Enough for reader_sniff. */
#define READER_SNIFF_BYTES 16

/* Reads the magic and, of a classic pcap, the header. -EBADMSG: the stream is no capture file, and
 * the text says what it looks like. */
MUST_CHECK int reader_open(struct reader *reader, struct stream *stream,
                           reader_interface_fn on_interface, void *on_interface_ctx,
                           struct err *err);

/* The next packet, its bytes in place until the next call. `err` is set on trouble only. */
static inline enum reader_result reader_next(struct reader *reader, struct raw_packet *packet,
                                             struct err *err)
{
    enum reader_result result = reader->next(reader, packet, err);

    reader->n_pkts += result == READER_PACKET;
    return result;
}

#endif
