/* SPDX-License-Identifier: BSD-2-Clause */
/* Hops 2 to 4 of a packet's journey: frames of one ring -> decoded packets -> notes. */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/ring.h"
#include "decode/decode.h"
#include "decode/reassembly.h"
#include "flowtable/track.h"

struct worker;

/* Inline runs: makes room in the note ring by letting the judge work. */
typedef void (*worker_full_fn)(void *ctx);

struct worker {
    /* set before the thread starts */
    struct ring *frames;
    struct ring *notes;
    worker_full_fn on_full; /* NULL: wait for the judge's thread */
    void *on_full_ctx;
    struct tracker tracker;
    struct reassembly reassembly;
    unsigned n_unpublished; /* batches whose notes the judge does not see yet */

    /* worker writes, main reads */
    struct counter decoded[DECODE_RESULT_COUNT];
    struct counter first_ordinal; /* of the first frame seen, 0 = none yet */
    struct counter first_ns, last_ns;
};

/* The tracker's outlet for notes is the worker's note ring. */
struct note_outlet worker_outlet(struct worker *worker);

/* Works through what the frame ring holds, a batch at most, and publishes the notes. Returns
 * false once the end frame has been passed on. */
bool worker_step(struct worker *worker);

/* Runs until the end frame. The worker's thread. */
void worker_run(struct worker *worker);

#endif
