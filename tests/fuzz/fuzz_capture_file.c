/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer target: any bytes as a capture file, once out of memory and once through a descriptor
 * (which may be compressed). Where both read the same bytes they must tell the same.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/frame.h"
#include "capture/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

struct told {
    int code;
    enum reader_result end;
    uint64_t n_pkts;
    uint64_t sum; /* of times, lengths and bytes */
};

static uint8_t add_interface(void *ctx, const struct reader_interface *interface)
{
    uint8_t *n_interfaces = ctx;

    assert(memchr(interface->name, '\0', sizeof(interface->name)));
    return (*n_interfaces)++;
}

static struct told read_all(struct stream *stream)
{
    static struct reader reader;
    struct told told = {0};
    struct raw_packet packet;
    uint8_t n_interfaces = 0;
    struct err err;

    told.code = reader_open(&reader, stream, add_interface, &n_interfaces, &err);
    while (told.code == 0 && (told.end = reader_next(&reader, &packet, &err)) == READER_PACKET) {
        assert(packet.captured_bytes <= packet.wire_bytes);
        assert(packet.captured_bytes <= FRAME_MAX_BYTES);
        assert(packet.ts_ns >= 0 && packet.ts_ns <= FRAME_MAX_TS_NS);
        told.n_pkts++;
        told.sum += (uint64_t)packet.ts_ns + packet.wire_bytes;
        for (uint32_t i = 0; i < packet.captured_bytes; i++)
            told.sum = told.sum * 31 + packet.bytes[i];
    }
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    static uint8_t memory[STREAM_MEMORY_BYTES];
    int fd = memfd_create("input", MFD_CLOEXEC);
    const struct stream_io io = {.fd = fd, .stop_fd = -1};
    struct told from_memory;
    struct told from_file;
    struct stream stream;
    enum stream_coding coding;

    stream_open_memory(&stream, bytes, n_bytes);
    from_memory = read_all(&stream);
    stream_close(&stream);

    if (fd < 0 || write(fd, bytes, n_bytes) != (ssize_t)n_bytes || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    if (stream_open(&stream, &io, memory, NULL) != 0)
        abort();
    coding = stream.coding;
    from_file = read_all(&stream);
    stream_close(&stream);
    (void)close(fd);

    if (coding == STREAM_PLAIN) {
        assert(from_memory.code == from_file.code);
        assert(from_memory.end == from_file.end);
        assert(from_memory.n_pkts == from_file.n_pkts);
        assert(from_memory.sum == from_file.sum);
    }
    return 0;
}
