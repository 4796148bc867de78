/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The protocol readers: who makes facts of what is said above TCP. Private to flowtable/.
 *
 * A reader is a push parser in decode/ that knows nothing of flows and packets. It gets the bytes
 * of each direction in order and once each, in pieces of any size down to one byte, as the capture
 * has them; and writes what it learns into plain facts. To add one:
 *
 *   decode/x.[ch]       struct x_facts (goes to the judge: small), struct x_state (what the parser
 *                       must remember: at most READER_STATE_MAX_BYTES), x_open(), x_feed()
 *   flowtable/speech.h  READER_X, and x_facts in the union of struct flow_speech
 *   flowtable/reader.h  x_state in union reader_state
 *   flowtable/reader.c  a row in readers[], and in reader_of[] by which first words it is told
 *   decode/payload.[ch] those first words, where they are new: an enum payload_kind
 *
 * What a reader can rely on:
 * - A connection has one reader, chosen by the first words of whichever side spoke first. The
 *   other side may speak something else altogether (an alert in answer to a GET): a reader that
 *   cannot read a side says so in its facts and lets the rest of that side pass. What kind of
 *   words each side began with stands in flow_trail.speech[side].first_kind for every flow.
 * - A side whose bits have SPEECH_LATE is read from its next byte on; else from its first.
 * - Where bytes are missing and skip() cannot make up for them, a side just ends; resynchronising
 * is not pretended. Why it ended is in flow_speech.bits when the connection is judged.
 * - Sides are fed in the order of capture; an answer may be captured before its question.
 * - A client that begins TLS inside another protocol (STARTTLS, CONNECT) is handed to the TLS
 *   reader; the first reader's facts are gone then.
 */
#ifndef FLOWTABLE_READER_H
#define FLOWTABLE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/payload.h"
#include "decode/tls.h"
#include "flowtable/speech.h"

#define READER_STATE_MAX_BYTES 1024

union reader_state {
    struct tls_state tls;
    struct http http;
    struct banner banner;
};

_Static_assert(sizeof(union reader_state) <= READER_STATE_MAX_BYTES, "there is one for each trail");

/* What readers allocate from; one for each worker. */
struct reader_memory {
    struct http2_pool http2;
};

/* The next bytes of a side. */
struct reader_input {
    const uint8_t *bytes; /* gone when feed() returns */
    size_t n_bytes;       /* at least 1 */
    enum flow_side side;
    uint64_t frame;   /* ordinal of the frame that brought (the last of) them */
    int64_t ts_ns;    /* its time */
    uint32_t end_seq; /* of the segment */
    uint16_t server_port;
};

struct reader {
    /* Bytes of each direction that are read, counted from where reading began. */
    uint32_t limit_bytes;

    /* State and facts are zero before. The facts go on to be read when the state is gone. */
    void (*open)(union reader_state *state, struct flow_speech *speech,
                 struct reader_memory *memory);

    /* False: has learnt all that it wanted; is not called again, its state is given back. */
    bool (*feed)(union reader_state *state, struct flow_speech *speech,
                 const struct reader_input *input);

    /* The next bytes of a side (`bytes` is NULL) are not in the capture. True: they lie where this
     * reader does not look, as within a body, and it goes on behind them. NULL where it never does.
     */
    bool (*skip)(union reader_state *state, struct flow_speech *speech,
                 const struct reader_input *missing);

    /* The state is given back: also after feed() said false. NULL where there is nothing to do. */
    void (*close)(union reader_state *state, struct flow_speech *speech);
};

/* READER_NONE for words that none reads. */
enum reader_kind reader_of_payload(enum payload_kind kind);

/* `kind` is of a stream. */
const struct reader *reader_of_kind(enum reader_kind kind);

#endif
