/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints what the program knows of its verdicts, a JSON line each, for the documents. */
#include <jansson.h>
#include <stdio.h>

#include "verdict/explain.h"
#include "verdict/verdict.h"

static const char *kind_name(enum verdict_kind kind)
{
    switch (kind) {
    case KIND_SPECIFIC:
        return "specific";
    case KIND_GENERIC:
        return "generic";
    case KIND_FINE:
        break;
    }
    return "fine";
}

/* The table's own values, where the packets of a case decide. */
static const char *blame_words(enum blame blame)
{
    if (blame == BLAME_ENDER)
        return "ender";
    if (blame == BLAME_STALLED)
        return "receiver";
    return blame == BLAME_REPORTER ? "reporter" : blame_name(blame);
}

static const char *family_of(const struct verdict_row *row)
{
    return row->family == FAMILY_OF_OUTCOME ? "several_connections" : family_name(row->family);
}

static json_t *steps_of(enum verdict_id id)
{
    struct next_step steps[NEXT_STEPS_MAX];
    unsigned n_steps = explain_doc_steps(id, steps);
    json_t *array = json_array();

    for (unsigned i = 0; i < n_steps; i++)
        json_array_append_new(array, json_pack("{ss, ss, ss}", "where", steps[i].where, "cmd",
                                               steps[i].cmd, "why", steps[i].why));
    return array;
}

int main(void)
{
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        enum verdict_id id = (enum verdict_id)i;
        const struct verdict_row *row = verdict_row(id);
        json_t *line =
            json_pack("{ss, ss, ss, ss?, ss?, ss, ss, so}", "slug", row->slug, "title", row->title,
                      "kind", kind_name(row->kind), "family", family_of(row), "outcome",
                      row->outcome < OUTCOME_COUNT ? outcome_name(row->outcome) : NULL, "blame",
                      blame_words(row->blame), "doc", explain_doc(id), "next", steps_of(id));

        if (!line || json_dumpf(line, stdout, JSON_COMPACT) || putchar('\n') == EOF)
            return 1;
        json_decref(line);
    }
    return 0;
}
