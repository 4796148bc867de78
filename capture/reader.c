/* SPDX-License-Identifier: BSD-2-Clause */
/* See reader.h. */
#include "capture/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "capture/reader_format.h"

#define MAGIC_BYTES 4

/* What people feed by mistake, and what to do about it. */
static const struct look_alike {
    const char *magic;
    uint8_t n_bytes;
    const char *name;
} look_alikes[] = {
    {"snoop", 5, "a Solaris snoop capture; convert it: editcap -F pcap"},
    {"btsnoop", 7, "a Bluetooth btsnoop log"},
    {"TRSNIFF", 7, "a Network General Sniffer capture; convert it: editcap -F pcap"},
    {"XCP\0", 4, "a NetXRay capture; convert it: editcap -F pcap"},
    {"GMBU", 4, "a Microsoft Network Monitor capture; convert it: editcap -F pcap"},
    {"RTSS", 4, "a Microsoft Network Monitor capture; convert it: editcap -F pcap"},
    {"BZh", 3, "bzip2; unpack it first: bzip2 -dc FILE | tcpwhy -r -"},
    {"\xfd"
     "7zXZ",
     5, "xz; unpack it first: xz -dc FILE | tcpwhy -r -"},
    {"\x04\x22\x4d\x18", 4, "lz4; unpack it first: lz4 -dc FILE | tcpwhy -r -"},
    {"PK\x03\x04", 4, "a zip archive; unpack it first"},
    {"\x7f"
     "ELF",
     4, "a program"},
    {"{\"", 2, "JSON"},
};

static const char *look_of(const uint8_t *bytes, size_t n_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(look_alikes); i++) {
        if (n_bytes >= look_alikes[i].n_bytes &&
            memcmp(bytes, look_alikes[i].magic, look_alikes[i].n_bytes) == 0)
            return look_alikes[i].name;
    }
    return NULL;
}

static int not_a_capture(const uint8_t *bytes, size_t n_bytes, struct err *err)
{
    const char *look = look_of(bytes, n_bytes);

    if (look)
        return err_set(err, -EBADMSG, "not a pcap or pcapng file; it looks like %s", look);
    if (n_bytes == 0)
        return err_set(err, -EBADMSG, "not a pcap or pcapng file; it is empty");
    return err_set(err, -EBADMSG, "not a pcap or pcapng file");
}

int reader_sniff(const uint8_t *bytes, size_t n_bytes, struct err *err)
{
    if (stream_coding_of(bytes, n_bytes) != STREAM_PLAIN)
        return 0;
    if (n_bytes >= MAGIC_BYTES && (pcapng_is_magic(bytes) || pcapfile_is_magic(bytes)))
        return 0;
    return not_a_capture(bytes, n_bytes, err);
}

int reader_open(struct reader *reader, struct stream *stream, reader_interface_fn on_interface,
                void *on_interface_ctx, struct err *err)
{
    const uint8_t *magic = stream_peek(stream, MAGIC_BYTES);

    reader->stream = stream;
    reader->on_interface = on_interface;
    reader->on_interface_ctx = on_interface_ctx;
    reader->n_pkts = 0;
    reader->is_big_endian = false;
    reader->next = magic && pcapng_is_magic(magic) ? pcapng_next : pcapfile_next;
    reader->pcapng.n_interfaces = 0;
    reader->pcapng.last_ts_ns = 0;
    if (stream->state == STREAM_FAILED)
        return err_set(err, -stream->error_number, "cannot read: %s",
                       strerror(stream->error_number));
    if (reader->next == pcapng_next)
        return 0;
    if (magic && pcapfile_is_magic(magic))
        return pcapfile_open(reader, err);
    return not_a_capture(stream->at, stream_left(stream), err);
}

/* Both texts of damage end alike: how much could be read. */
static enum reader_result damaged(const struct reader *reader, struct err *err, const char *what)
{
    (void)err_set(err, -EBADMSG, "%s; %" PRIu64 " packet%s before it %s read", what, reader->n_pkts,
                  reader->n_pkts == 1 ? "" : "s", reader->n_pkts == 1 ? "was" : "were");
    return READER_DAMAGED;
}

enum reader_result reader_cut(const struct reader *reader, struct err *err)
{
    const struct stream *stream = reader->stream;
    char what[160];

    switch (stream->state) {
    case STREAM_STOPPED:
        return READER_END;
    case STREAM_FAILED:
        (void)err_set(err, -stream->error_number, "cannot read on at byte %" PRIu64 ": %s",
                      stream_off(stream), strerror(stream->error_number));
        return READER_FAILED;
    case STREAM_CUT:
    case STREAM_CORRUPT:
        (void)snprintf(what, sizeof(what), "%s: the %s data %s after %" PRIu64 " unpacked bytes",
                       stream->state == STREAM_CUT ? "truncated" : "corrupt",
                       stream->coding == STREAM_GZIP ? "gzip" : "zstd",
                       stream->state == STREAM_CUT ? "breaks off" : "makes no sense",
                       stream->end_off);
        return damaged(reader, err, what);
    case STREAM_OPEN:
    case STREAM_AT_END:
    case STREAM_STATE_COUNT:
        break;
    }
    (void)snprintf(what, sizeof(what),
                   "truncated: the record at byte %" PRIu64 " breaks off with the file",
                   stream_off(stream));
    return damaged(reader, err, what);
}

enum reader_result reader_short(const struct reader *reader, struct err *err)
{
    if (reader->stream->state == STREAM_AT_END && stream_left(reader->stream) == 0)
        return READER_END;
    return reader_cut(reader, err);
}

enum reader_result reader_corrupt(const struct reader *reader, struct err *err, const char *fmt,
                                  ...)
{
    char what[160];
    int n =
        snprintf(what, sizeof(what), "corrupt at byte %" PRIu64 ": ", stream_off(reader->stream));
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what + n, sizeof(what) - (size_t)n, fmt, args);
    va_end(args);
    return damaged(reader, err, what);
}
