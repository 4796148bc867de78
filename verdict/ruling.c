/* SPDX-License-Identifier: BSD-2-Clause */
/* Reasons written by the rules. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verdict/case.h"

void ruling_begin(struct ruling *ruling, bool is_draft)
{
    ruling->is_draft = is_draft;
    ruling->n_because = ruling->n_against = ruling->n_odd = 0;
}

static void copy_words(struct reason *reason, const char *words)
{
    size_t n = strnlen(words, sizeof(reason->value) - 1);

    memcpy(reason->value, words, n);
    reason->value[n] = '\0';
}

PRINTF_FMT(4, 0)
static void reason_set(struct reason *reason, const char *code, uint64_t frame, const char *fmt,
                       va_list args)
{
    reason->code = code;
    reason->frame[0] = frame;
    reason->frame[1] = 0;
    /* Many say the same every time: printf() would look for more in them. */
    if (!strchr(fmt, '%'))
        copy_words(reason, fmt);
    else
        (void)vsnprintf(reason->value, sizeof(reason->value), fmt, args);
}

void because(struct ruling *ruling, const char *code, uint64_t frame, const char *fmt, ...)
{
    va_list args;

    if (ruling->n_because == EVENT_REASONS_MAX)
        return;
    if (ruling->is_draft) {
        ruling->n_because++;
        return;
    }
    va_start(args, fmt);
    reason_set(&ruling->because[ruling->n_because++], code, frame, fmt, args);
    va_end(args);
}

void against(struct ruling *ruling, const char *code, uint64_t frame, const char *fmt, ...)
{
    va_list args;

    if (ruling->n_against == EVENT_REASONS_MAX)
        return;
    if (ruling->is_draft) {
        ruling->n_against++;
        return;
    }
    va_start(args, fmt);
    reason_set(&ruling->against[ruling->n_against++], code, frame, fmt, args);
    va_end(args);
}
