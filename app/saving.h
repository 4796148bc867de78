/* SPDX-License-Identifier: BSD-2-Clause */
/* What the screen's user wishes for and a sink cannot do: packets, their bytes, a report. */
#ifndef APP_SAVING_H
#define APP_SAVING_H

#include "app/packet_keeper.h"
#include "app/pipeline.h"
#include "capture/capture.h"
#include "sink/sink.h"

/* Where packets come from: files are read again, of anything else the newest are kept. */
struct saving_source {
    const struct capture_config *input; /* NULL: cannot be read again */
    struct packet_keeper *keeper;       /* NULL: not kept */
    struct pipeline *pipeline;
};

/* Does what the sink's user wished for since the last call, if anything, and tells what came of it.
 * Main thread; the capture goes on meanwhile. */
void saving_obey(struct sink *sink, const struct saving_source *source);

#endif
