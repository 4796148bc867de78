/* SPDX-License-Identifier: BSD-2-Clause */
/* What the report calls the run's input, and how a command names it. */
#include <string.h>

#include "sink/report_text.h"

static bool is_new_input(const struct run_info *run, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(run->source[k].input, run->source[i].input) == 0)
            return false;
    return true;
}

uint32_t report_n_inputs(const struct run_info *run)
{
    uint32_t n_inputs = 0;

    for (uint32_t i = 0; i < run->n_sources; i++)
        n_inputs += is_new_input(run, i);
    return n_inputs;
}

/* Whether a shell takes the name as it is. */
static bool is_plain(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._/+-=@:";

    return name[0] && name[0] != '-' && !name[strspn(name, plain)];
}

void report_add_inputs(struct text *text, const struct run_info *run)
{
    size_t begin = text->used_bytes;
    bool is_complete = run->n_sources > 0;

    for (uint32_t i = 0; i < run->n_sources; i++) {
        if (!is_new_input(run, i))
            continue;
        is_complete &= is_plain(run->source[i].input);
        text_add(text, text->used_bytes > begin ? " -r " : "-r ");
        text_add(text, run->source[i].input);
    }
    if (is_complete && !text->is_cut)
        return;
    text->used_bytes = begin;
    text->is_cut = false;
    text_add(text, "-r FILE");
}
