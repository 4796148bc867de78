/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of the words above TCP tell why: for rules and outputs alike, so that they never differ. */
#ifndef VERDICT_SPEECH_WORDS_H
#define VERDICT_SPEECH_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "flowtable/facts.h"
#include "flowtable/speech.h"

/* A GOAWAY or RST_STREAM with an error. */
struct speech_words {
    uint64_t frame;
    uint32_t code, stream; /* GOAWAY: the last stream */
    uint8_t side;          /* enum flow_side: who said it */
    const char *text;      /* GOAWAY's debug text; may be empty; as long-lived as the speech */
};

struct grpc_words {
    uint64_t frame;
    uint16_t status, http_status; /* http_status: the gRPC status follows from it; else 0 */
    const char *message, *method; /* may be empty */
};

/* The first GOAWAY with an error: a reader's, else one that a segment showed (`peeked` has both
 * sides' facts). False where there is none; so the others, too. */
bool speech_goaway(const struct flow_speech *speech, const struct speech_facts *peeked,
                   struct speech_words *words);

/* The first RST_STREAM that tells something (http2_frame.c). */
bool speech_reset(const struct flow_speech *speech, struct speech_words *words);

/* grpc-status other than 0, or an HTTP status in its place (gRPC's http-grpc-status-mapping.md). */
bool speech_grpc(const struct flow_speech *speech, struct grpc_words *words);

/* The response that refuses, but to a gRPC request; NULL where there is none. */
const struct http_refusal *speech_refusal(const struct flow_speech *speech);

#endif
