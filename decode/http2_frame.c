/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of several GOAWAY and RST_STREAM frames is kept. See http2.h. */
#include "decode/http2.h"

#include <string.h>

#include "base/cursor.h"

bool http2_begins_preface(const char *text, size_t n_text)
{
    return n_text <= strlen(HTTP2_PREFACE) && memcmp(text, HTTP2_PREFACE, n_text) == 0;
}

/* An end in order says little once an error was said. */
bool http2_goaway(struct http2_side_facts *side, const uint8_t *payload,
                  const struct speech_place *place)
{
    side->n_goaway++;
    if (side->goaway.frame && side->goaway_code != HTTP2_NO_ERROR)
        return false;
    side->goaway = *place;
    side->goaway_last_stream = load_be32(payload) & 0x7fffffff;
    side->goaway_code = load_be32(payload + 4);
    side->goaway_debug[0] = '\0';
    return true;
}

/* How much a RST_STREAM tells: nothing where a stream is not wanted any more; most where the code
 * names a remedy. */
static unsigned weight(uint32_t code)
{
    if (code == HTTP2_NO_ERROR || code == HTTP2_CANCEL)
        return 0;
    return code == HTTP2_REFUSED_STREAM ||
                   (code >= HTTP2_ENHANCE_YOUR_CALM && code <= HTTP2_HTTP_1_1_REQUIRED)
               ? 2
               : 1;
}

void http2_reset(struct http2_side_facts *side, uint32_t code, uint32_t stream,
                 const struct speech_place *place)
{
    side->n_reset++;
    if (weight(code) <= (side->reset.frame ? weight(side->reset_code) : 0))
        return;
    side->reset = *place;
    side->reset_code = code;
    side->reset_stream = stream;
}

void http2_answered(struct http2_facts *facts, uint32_t stream)
{
    if (stream % 2 == 1 && stream > facts->last_server_stream)
        facts->last_server_stream = stream;
}

void http2_dropped(struct http2_facts *facts, uint32_t stream, const struct speech_place *place)
{
    if (stream % 2 == 0 || stream <= facts->last_dropped_stream)
        return;
    facts->last_dropped_stream = stream;
    facts->dropped = *place;
}
