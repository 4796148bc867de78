/* SPDX-License-Identifier: BSD-2-Clause */
/* See pcapng_writer.h. Section and option numbers are those of draft-ietf-opsawg-pcapng. */
#include "capture/pcapng_writer.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "capture/pcapng_format.h"

#define MAX_OPTION_BYTES 65532u /* 16 bits, and a multiple of four */
#define MAX_FILTER_BYTES 4096u

/* A block being written: its length is known before its first byte. */
struct option {
    uint16_t code;
    const void *value;
    size_t n_bytes;
};

static uint32_t padded(size_t n_bytes)
{
    return (uint32_t)((n_bytes + 3u) & ~(size_t)3u);
}

static void store_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void store_u32(uint8_t *at, uint32_t value)
{
    store_u16(at, (uint16_t)value);
    store_u16(at + 2, (uint16_t)(value >> 16));
}

static void store_u64(uint8_t *at, uint64_t value)
{
    store_u32(at, (uint32_t)value);
    store_u32(at + 4, (uint32_t)(value >> 32));
}

/* Time stamps and counts in options and packets put their upper half first. */
static void store_halves(uint8_t *at, uint64_t value)
{
    store_u32(at, (uint32_t)(value >> 32));
    store_u32(at + 4, (uint32_t)value);
}

static void put(struct pcapng_writer *writer, const void *bytes, size_t n_bytes)
{
    if (writer->error_number || n_bytes == 0)
        return;
    errno = 0;
    if (fwrite(bytes, 1, n_bytes, writer->file) != n_bytes)
        writer->error_number = errno ? errno : EIO;
    else
        writer->n_bytes += n_bytes;
}

static void put_padded(struct pcapng_writer *writer, const void *bytes, size_t n_bytes)
{
    static const uint8_t zeros[3];

    put(writer, bytes, n_bytes);
    put(writer, zeros, padded(n_bytes) - n_bytes);
}

static struct option text_option(uint16_t code, const char *text)
{
    size_t n_bytes = text ? strlen(text) : 0;

    return (struct option){code, text, n_bytes < MAX_OPTION_BYTES ? n_bytes : MAX_OPTION_BYTES};
}

/* Empty options are left out, and the end mark too where there is none. */
static uint32_t options_bytes(const struct option *options, size_t n_options)
{
    uint32_t sum_bytes = 0;

    for (size_t i = 0; i < n_options; i++)
        sum_bytes += options[i].n_bytes ? OPTION_HEADER_BYTES + padded(options[i].n_bytes) : 0;
    return sum_bytes ? sum_bytes + OPTION_HEADER_BYTES : 0;
}

static void put_options(struct pcapng_writer *writer, const struct option *options,
                        size_t n_options)
{
    static const uint8_t end[OPTION_HEADER_BYTES];

    if (options_bytes(options, n_options) == 0)
        return;
    for (size_t i = 0; i < n_options; i++) {
        uint8_t header[OPTION_HEADER_BYTES];

        if (options[i].n_bytes == 0)
            continue;
        store_u16(header, options[i].code);
        store_u16(header + 2, (uint16_t)options[i].n_bytes);
        put(writer, header, sizeof(header));
        put_padded(writer, options[i].value, options[i].n_bytes);
    }
    put(writer, end, sizeof(end));
}

struct body {
    const void *fixed;
    size_t fixed_bytes;
    const void *data; /* padded */
    size_t data_bytes;
    const struct option *options;
    size_t n_options;
};

static int put_block(struct pcapng_writer *writer, uint32_t type, const struct body *body,
                     struct err *err)
{
    uint32_t n_bytes = (uint32_t)(BLOCK_MIN_BYTES + body->fixed_bytes) + padded(body->data_bytes) +
                       options_bytes(body->options, body->n_options);
    uint8_t header[BLOCK_HEADER_BYTES];

    store_u32(header, type);
    store_u32(header + 4, n_bytes);
    put(writer, header, sizeof(header));
    put(writer, body->fixed, body->fixed_bytes);
    put_padded(writer, body->data, body->data_bytes);
    put_options(writer, body->options, body->n_options);
    put(writer, header + 4, BLOCK_TRAILER_BYTES);
    if (writer->error_number)
        return err_set(err, -writer->error_number, "cannot write packets: %s",
                       strerror(writer->error_number));
    return 0;
}

int pcapng_writer_open(struct pcapng_writer *writer, const char *path,
                       const struct pcapng_section *section, struct err *err)
{
    const struct option options[] = {
        text_option(OPTION_COMMENT, section->comment),
        text_option(OPTION_SECTION_OS, section->os),
        text_option(OPTION_SECTION_APPLICATION, section->application),
    };
    uint8_t fixed[16];
    const struct body body = {
        .fixed = fixed,
        .fixed_bytes = sizeof(fixed),
        .options = options,
        .n_options = ARRAY_LEN(options),
    };
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "wbe");
    int code;

    if (!file)
        return err_set(err, -errno, "cannot create %s: %s", path, strerror(errno));
    *writer = (struct pcapng_writer){.file = file};
    store_u32(fixed, BYTE_ORDER_MAGIC);
    store_u16(fixed + 4, 1); /* version 1.0 */
    store_u16(fixed + 6, 0);
    store_u64(fixed + 8, UINT64_MAX); /* the section's length is not known */
    code = put_block(writer, BLOCK_SECTION, &body, err);
    if (code && file != stdout)
        (void)fclose(file);
    if (code)
        writer->file = NULL;
    return code;
}

int pcapng_writer_add_interface(struct pcapng_writer *writer,
                                const struct pcapng_writer_interface *interface, struct err *err)
{
    size_t filter_bytes = interface->filter ? strlen(interface->filter) : 0;
    const uint8_t nanoseconds = 9;
    char filter[MAX_FILTER_BYTES + 1];
    struct option options[] = {
        text_option(OPTION_IF_NAME, interface->name),
        text_option(OPTION_IF_DESCRIPTION, interface->description),
        {OPTION_IF_TSRESOL, &nanoseconds, 1},
        {OPTION_IF_FILTER, filter, 0},
    };
    uint8_t fixed[8] = {0};
    const struct body body = {
        .fixed = fixed,
        .fixed_bytes = sizeof(fixed),
        .options = options,
        .n_options = ARRAY_LEN(options),
    };

    /* The first byte says which kind of filter it is; 0 is libpcap's text. */
    if (filter_bytes > 0 && filter_bytes <= MAX_FILTER_BYTES) {
        filter[0] = 0;
        memcpy(filter + 1, interface->filter, filter_bytes);
        options[ARRAY_LEN(options) - 1].n_bytes = filter_bytes + 1;
    }
    store_u16(fixed, interface->linktype);
    store_u32(fixed + 4, interface->snap_bytes);
    writer->n_interfaces++;
    return put_block(writer, BLOCK_INTERFACE, &body, err);
}

int pcapng_writer_packet(struct pcapng_writer *writer, const struct pcapng_record *record,
                         struct err *err)
{
    const struct option comment = text_option(OPTION_COMMENT, record->comment);
    uint8_t fixed[20];
    const struct body body = {
        .fixed = fixed,
        .fixed_bytes = sizeof(fixed),
        .data = record->bytes,
        .data_bytes = record->captured_bytes,
        .options = &comment,
        .n_options = 1,
    };

    assert(record->interface_idx < writer->n_interfaces);
    store_u32(fixed, record->interface_idx);
    store_halves(fixed + 4, (uint64_t)record->ts_ns);
    store_u32(fixed + 12, record->captured_bytes);
    store_u32(fixed + 16, record->wire_bytes);
    return put_block(writer, BLOCK_PACKET, &body, err);
}

int pcapng_writer_statistics(struct pcapng_writer *writer, uint32_t interface_idx,
                             const struct pcapng_statistics *statistics, struct err *err)
{
    uint8_t received[8];
    uint8_t dropped[8];
    const struct option options[] = {
        {OPTION_STATS_RECEIVED, received, sizeof(received)},
        {OPTION_STATS_DROPPED, dropped, sizeof(dropped)},
    };
    uint8_t fixed[12];
    const struct body body = {
        .fixed = fixed,
        .fixed_bytes = sizeof(fixed),
        .options = options,
        .n_options = ARRAY_LEN(options),
    };

    assert(interface_idx < writer->n_interfaces);
    store_u64(received, statistics->received_pkts);
    store_u64(dropped, statistics->dropped_pkts);
    store_u32(fixed, interface_idx);
    store_halves(fixed + 4, (uint64_t)statistics->ts_ns);
    return put_block(writer, BLOCK_STATISTICS, &body, err);
}

int pcapng_writer_flush(struct pcapng_writer *writer, struct err *err)
{
    if (!writer->error_number && fflush(writer->file) != 0)
        writer->error_number = errno;
    if (writer->error_number)
        return err_set(err, -writer->error_number, "cannot write packets: %s",
                       strerror(writer->error_number));
    return 0;
}

int pcapng_writer_close(struct pcapng_writer *writer, struct err *err)
{
    int code;

    if (!writer->file)
        return 0;
    code = pcapng_writer_flush(writer, err);
    if (writer->file != stdout && fclose(writer->file) != 0 && code == 0)
        code = err_set(err, -errno, "cannot write packets: %s", strerror(errno));
    writer->file = NULL;
    return code;
}
