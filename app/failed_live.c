/* SPDX-License-Identifier: BSD-2-Clause */
/* See failed_live.h. */
#include "app/failed_live.h"

#include <errno.h>
#include <stdlib.h>

#include "app/failed_connection.h"
#include "app/packet_store.h"
#include "app/version.h"
#include "base/arena.h"
#include "capture/pcapng_writer.h"
#include "decode/decode.h"

#define RELEASE_PKTS 256 /* the capture gets its room back after so many */

struct failed_live {
    struct arena arena;
    struct packet_store store;
    struct ring *tap;
    const struct capture *capture;
    struct pcapng_writer writer;
    uint16_t interface_of[CAPTURE_MAX_SOURCES]; /* plus 1; 0 = not yet in the file */
    uint64_t n_incomplete;
    struct err err; /* the first that writing gave; code 0 = none */
};

int failed_live_open(struct failed_live **live, const char *path, uint64_t memory_bytes,
                     struct err *err)
{
    const struct pcapng_section section = {
        .application = "tcpwhy " TCPWHY_VERSION,
        .comment = "packets of failed connections, one connection after the other"};
    struct failed_live *opened = calloc(1, sizeof(*opened));
    int code;

    if (!opened)
        return err_set(err, -ENOMEM, "out of memory");
    code = arena_map(&opened->arena, arena_cost_bytes(memory_bytes), NULL, err);
    if (!code)
        code = pcapng_writer_open(&opened->writer, path, &section, err);
    if (code) {
        arena_unmap(&opened->arena);
        free(opened);
        return code;
    }
    packet_store_init(&opened->store, arena_take(&opened->arena, memory_bytes), memory_bytes);
    *live = opened;
    return 0;
}

void failed_live_attach(struct failed_live *live, struct ring *tap, const struct capture *capture)
{
    live->tap = tap;
    live->capture = capture;
}

/* ---- keeping ---- */

static bool key_of(const struct frame *frame, struct flow_key *key)
{
    struct packet packet;

    return decode_frame(frame->linktype, frame->bytes, frame->captured_bytes, frame->wire_bytes,
                        &packet) == DECODE_OK &&
           failed_connection_key(&packet, key);
}

void failed_live_drain(struct failed_live *live)
{
    const struct frame *frame;
    unsigned n = 0;
    size_t n_bytes;

    while ((frame = ring_peek(live->tap, &n_bytes))) {
        struct flow_key key;

        if (key_of(frame, &key))
            packet_store_add(&live->store, frame, failed_connection_hash(&key));
        if (++n % RELEASE_PKTS == 0)
            ring_release(live->tap);
    }
    ring_release(live->tap);
}

void failed_live_flush(struct failed_live *live)
{
    if (!live->err.code && pcapng_writer_flush(&live->writer, &live->err))
        return; /* told when it is closed */
}

/* ---- writing ---- */

static int add_interface(struct failed_live *live, const struct frame *frame)
{
    const struct capture_source *source = capture_source(live->capture, frame->source);
    struct pcapng_writer_interface interface = {
        .name = source->interface[0] ? source->interface : source->input,
        .snap_bytes = source->snap_bytes,
        .linktype = frame->linktype,
    };
    int code = pcapng_writer_add_interface(&live->writer, &interface, &live->err);

    if (!code)
        live->interface_of[frame->source] = (uint16_t)live->writer.n_interfaces;
    return code;
}

static int write_frame(struct failed_live *live, const struct failed_connection *connection,
                       const struct frame *frame)
{
    char comment[256];
    int code = live->interface_of[frame->source] ? 0 : add_interface(live, frame);
    struct pcapng_record record;

    if (code)
        return code;
    record = (struct pcapng_record){
        .ts_ns = frame->ts_ns,
        .bytes = frame->bytes,
        .captured_bytes = frame->captured_bytes,
        .wire_bytes = frame->wire_bytes,
        .interface_idx = live->interface_of[frame->source] - 1u,
        .comment = failed_connection_comment(connection, frame->ordinal, comment, sizeof(comment)),
    };
    return pcapng_writer_packet(&live->writer, &record, &live->err);
}

void failed_live_event(struct failed_live *live, const struct verdict_event *event)
{
    struct failed_connection connection;
    const struct stored_packet *stored;
    int code = live->err.code;

    if (code || !failed_connection_fill(&connection, event))
        return;
    failed_live_drain(live);
    live->n_incomplete += connection.first < live->store.oldest_ordinal;
    stored = packet_store_find(&live->store, failed_connection_hash(&connection.key),
                               connection.first, connection.last);
    for (; stored && !code; stored = stored->after) {
        struct flow_key key;

        if (key_of(stored_frame(stored), &key) && flow_key_equal(&key, &connection.key))
            code = write_frame(live, &connection, stored_frame(stored));
    }
}

uint64_t failed_live_incomplete(const struct failed_live *live)
{
    return live->n_incomplete;
}

int failed_live_close(struct failed_live *live, struct err *err)
{
    struct err close_err = {0};
    int code = pcapng_writer_close(&live->writer, &close_err);

    if (live->err.code)
        code = err_set(err, live->err.code, "%s", live->err.text);
    else if (code)
        code = err_set(err, code, "%s", close_err.text);
    arena_unmap(&live->arena);
    free(live);
    return code;
}
