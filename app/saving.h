/* SPDX-License-Identifier: BSD-2-Clause */
/* The screen's wish to save packets: the input is read again and theirs are written. */
#ifndef APP_SAVING_H
#define APP_SAVING_H

#include "capture/capture.h"
#include "sink/sink.h"

/* Does what the sink's user wished for since the last call, if anything, and tells what came of it.
 * Never overwrites a file. Main thread; the capture goes on meanwhile. */
void saving_obey(struct sink *sink, const struct capture_config *input);

#endif
