/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zeek's connection history in five bits a letter (VERDICTS.md 1.3): upper case for the client,
 * lower case for the server, in the order of events. What does not fit is left off.
 */
#ifndef FLOWTABLE_HISTORY_H
#define FLOWTABLE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "flowtable/facts.h"

/* Bits of a letter, and how many fit. */
#define HISTORY_LETTER_BITS 5
#define HISTORY_LETTERS_MAX (FLOW_HISTORY_BYTES * 8 / HISTORY_LETTER_BITS)

/* Upper case; code of a letter = 1 + 2 * position + (server ? 1 : 0); 0 ends the string. */
#define HISTORY_ALPHABET "SHADFRCGTWIQ^"

_Static_assert(FLOW_HISTORY_BYTES == 10, "history_count() looks at all of them");
_Static_assert(2 * (sizeof(HISTORY_ALPHABET) - 1) < 1u << HISTORY_LETTER_BITS, "five bits hold it");

static inline unsigned history_get(const uint8_t *history, unsigned letter_idx)
{
    unsigned bit = letter_idx * HISTORY_LETTER_BITS;
    unsigned low = history[bit / 8];
    unsigned high = bit / 8 + 1 < FLOW_HISTORY_BYTES ? history[bit / 8 + 1] : 0;

    return (low | high << 8) >> (bit % 8) & ((1u << HISTORY_LETTER_BITS) - 1);
}

/* The last letter is where the highest bit is: no letter's code is 0. */
static inline unsigned history_count(const uint8_t *history)
{
    uint64_t low = 0;
    uint32_t high = history[8] | (uint32_t)history[9] << 8;

    for (unsigned i = 0; i < sizeof(low); i++)
        low |= (uint64_t)history[i] << 8 * i;
    if (high)
        return (64 + 31 - (unsigned)__builtin_clz(high)) / HISTORY_LETTER_BITS + 1;
    return low ? (63 - (unsigned)__builtin_clzll(low)) / HISTORY_LETTER_BITS + 1 : 0;
}

static inline unsigned history_code(char upper_letter, enum flow_side side)
{
    static const char alphabet[] = HISTORY_ALPHABET;
    unsigned i = 0;

    while (alphabet[i] != upper_letter)
        i++;
    return 1 + 2 * i + (side == SIDE_SERVER ? 1 : 0);
}

static inline bool history_has(const uint8_t *history, char upper_letter, enum flow_side side)
{
    unsigned code = history_code(upper_letter, side);

    for (unsigned i = 0, n = history_count(history); i < n; i++) {
        if (history_get(history, i) == code)
            return true;
    }
    return false;
}

static inline void history_add(uint8_t *history, char upper_letter, enum flow_side side)
{
    unsigned n = history_count(history);
    unsigned bit = n * HISTORY_LETTER_BITS;
    unsigned code = history_code(upper_letter, side) << (bit % 8);

    if (n == HISTORY_LETTERS_MAX)
        return;
    history[bit / 8] = (uint8_t)(history[bit / 8] | code);
    if (bit / 8 + 1 < FLOW_HISTORY_BYTES)
        history[bit / 8 + 1] = (uint8_t)(history[bit / 8 + 1] | code >> 8);
}

/* `out` has room for HISTORY_LETTERS_MAX + 1 bytes. */
static inline void history_format(const uint8_t *history, char *out)
{
    unsigned n = history_count(history);

    for (unsigned i = 0; i < n; i++) {
        unsigned code = history_get(history, i) - 1;
        char letter = HISTORY_ALPHABET[code / 2 % (sizeof(HISTORY_ALPHABET) - 1)];
        bool is_server = code & 1;

        out[i] = is_server && letter != '^' ? (char)(letter - 'A' + 'a') : letter;
    }
    out[n] = '\0';
}

#endif
