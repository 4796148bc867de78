/* SPDX-License-Identifier: BSD-2-Clause */
/* The file that -w makes: frames of failed connections, with comments on the telling ones. */
#ifndef APP_FAILED_WRITER_H
#define APP_FAILED_WRITER_H

#include <stdint.h>

#include "app/failed_connection.h"
#include "app/packet_keeper.h"
#include "base/err.h"
#include "capture/capture.h"
#include "capture/pcapng_writer.h"

struct failed_writer {
    struct pcapng_writer pcapng;
    uint16_t interface_of[CAPTURE_MAX_SOURCES]; /* plus 1; 0 = not yet in the file */
};

/* `comment` goes into the section header. Flush and close `pcapng` itself. */
int failed_writer_open(struct failed_writer *writer, const char *path, const char *comment,
                       struct err *err) MUST_CHECK;

/* A FRAME_PACKET of the connection; `capture` tells the names of interfaces. */
int failed_writer_frame(struct failed_writer *writer, const struct capture *capture,
                        const struct failed_connection *connection, const struct frame *frame,
                        struct err *err) MUST_CHECK;

/* All kept packets of the connection. */
int failed_writer_kept(struct failed_writer *writer, struct packet_keeper *keeper,
                       const struct failed_connection *connection, struct err *err) MUST_CHECK;

#endif
