/* SPDX-License-Identifier: BSD-2-Clause */
/* Where something was said: what the readers of streams put beside what they find. */
#ifndef DECODE_SPEECH_H
#define DECODE_SPEECH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct speech_place {
    uint64_t frame; /* ordinal; 0 = never */
    int64_t ts_ns;
};

/* At most `room - 1` bytes of what was said; the rest of the room becomes zero. */
static inline void speech_keep(char *to, size_t room, const char *said, size_t n_said)
{
    size_t n_kept = n_said < room ? n_said : room - 1;

    memset(to, 0, room);
    memcpy(to, said, n_kept);
}

#endif
