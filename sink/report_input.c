/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_input.h. */
#include "sink/report_input.h"

#include <string.h>

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

void report_add_command(struct text *text, const struct run_info *run, const char *cmd)
{
    static const char placeholder[] = "-r FILE";
    const char *at = strstr(cmd, placeholder);
    char inputs[REPORT_INPUTS_BYTES];
    struct text input = TEXT_OF(inputs);

    if (!at || run->is_live || report_n_inputs(run) != 1) {
        text_add(text, cmd);
        return;
    }
    report_add_inputs(&input, run);
    text_addf(text, "%.*s%s%s", (int)(at - cmd), cmd, inputs, at + strlen(placeholder));
}
