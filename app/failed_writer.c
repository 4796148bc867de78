/* SPDX-License-Identifier: BSD-2-Clause */
/* See failed_writer.h. */
#include "app/failed_writer.h"

#include "app/version.h"

int failed_writer_open(struct failed_writer *writer, const char *path, const char *comment,
                       struct err *err)
{
    const struct pcapng_section section = {.application = "tcpwhy " TCPWHY_VERSION,
                                           .comment = comment};

    *writer = (struct failed_writer){0};
    return pcapng_writer_open(&writer->pcapng, path, &section, err);
}

static int add_interface(struct failed_writer *writer, const struct capture *capture,
                         const struct frame *frame, struct err *err)
{
    const struct capture_source *source = capture_source(capture, frame->source);
    struct pcapng_writer_interface interface = {
        .name = source->interface[0] ? source->interface : source->input,
        .snap_bytes = source->snap_bytes,
        .linktype = frame->linktype,
    };
    int code = pcapng_writer_add_interface(&writer->pcapng, &interface, err);

    if (!code)
        writer->interface_of[frame->source] = (uint16_t)writer->pcapng.n_interfaces;
    return code;
}

int failed_writer_frame(struct failed_writer *writer, const struct capture *capture,
                        const struct failed_connection *connection, const struct frame *frame,
                        struct err *err)
{
    char comment[256];
    int code = writer->interface_of[frame->source] ? 0 : add_interface(writer, capture, frame, err);
    struct pcapng_record record;

    if (code)
        return code;
    record = (struct pcapng_record){
        .ts_ns = clockline_wall(capture_clock(capture), frame->ts_ns),
        .bytes = frame->bytes,
        .captured_bytes = frame->captured_bytes,
        .wire_bytes = frame->wire_bytes,
        .interface_idx = writer->interface_of[frame->source] - 1u,
        .comment = failed_connection_comment(connection, frame->ordinal, comment, sizeof(comment)),
    };
    return pcapng_writer_packet(&writer->pcapng, &record, err);
}

struct kept_ctx {
    struct failed_writer *writer;
    const struct failed_connection *connection;
};

static int write_kept(void *ctx, const struct capture *capture, const struct frame *frame,
                      struct err *err)
{
    const struct kept_ctx *kept = ctx;

    return failed_writer_frame(kept->writer, capture, kept->connection, frame, err);
}

int failed_writer_kept(struct failed_writer *writer, struct packet_keeper *keeper,
                       const struct failed_connection *connection, struct err *err)
{
    struct kept_ctx kept = {writer, connection};

    return packet_keeper_each(keeper, connection, write_kept, &kept, err);
}
