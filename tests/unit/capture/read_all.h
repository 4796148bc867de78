/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads a whole capture file out of memory and keeps what a test wants to compare. */
#ifndef UNIT_CAPTURE_READ_ALL_H
#define UNIT_CAPTURE_READ_ALL_H

#include <stdlib.h>

#include "capture/frame.h"
#include "capture/reader.h"

#define READ_ALL_MAX 64

struct read_all {
    int open_code;
    enum reader_result end; /* why it stopped */
    struct err err;
    size_t n_pkts;
    struct raw_packet pkts[READ_ALL_MAX]; /* bytes[] point into the input */
    size_t n_interfaces;
    struct reader_interface interfaces[READ_ALL_MAX];
};

static inline uint8_t read_all_interface(void *ctx, const struct reader_interface *interface)
{
    struct read_all *all = ctx;

    if (all->n_interfaces < READ_ALL_MAX)
        all->interfaces[all->n_interfaces] = *interface;
    return (uint8_t)all->n_interfaces++;
}

/* Every byte of every packet is touched, so that a bad pointer shows. */
static inline struct read_all read_all(const uint8_t *bytes, size_t n_bytes)
{
    struct read_all all = {0};
    struct reader *reader = malloc(sizeof(*reader));
    struct raw_packet packet;
    struct stream stream;
    volatile uint8_t sum = 0;

    assert_non_null(reader);
    stream_open_memory(&stream, bytes, n_bytes);
    all.open_code = reader_open(reader, &stream, read_all_interface, &all, &all.err);
    while (all.open_code == 0 &&
           (all.end = reader_next(reader, &packet, &all.err)) == READER_PACKET) {
        assert_true(packet.captured_bytes <= packet.wire_bytes);
        assert_in_range(packet.ts_ns, 0, FRAME_MAX_TS_NS);
        for (uint32_t i = 0; i < packet.captured_bytes; i++)
            sum = (uint8_t)(sum + packet.bytes[i]);
        if (all.n_pkts < READ_ALL_MAX)
            all.pkts[all.n_pkts] = packet;
        all.n_pkts++;
    }
    stream_close(&stream);
    free(reader);
    return all;
}

#endif
