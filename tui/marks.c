/* SPDX-License-Identifier: BSD-2-Clause */
/* See marks.h. */
#include "tui/marks.h"

struct mark mark_of_endpoint(const struct where_id *id)
{
    return (struct mark){.kind = MARK_ENDPOINT, .endpoint = *id};
}

struct mark mark_of(enum mark_kind kind, uint64_t number)
{
    return (struct mark){.kind = kind, .number = number};
}

static bool is_same(const struct mark *a, const struct mark *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind != MARK_ENDPOINT)
        return a->number == b->number;
    return where_id_equal(&a->endpoint, &b->endpoint);
}

static uint32_t find(const struct marks *marks, const struct mark *mark)
{
    uint32_t i = 0;

    while (i < marks->n && !is_same(&marks->row[i], mark))
        i++;
    return i;
}

bool marks_have(const struct marks *marks, const struct mark *mark)
{
    return find(marks, mark) < marks->n;
}

bool marks_toggle(struct marks *marks, const struct mark *mark)
{
    uint32_t i = find(marks, mark);

    if (i < marks->n)
        marks->row[i] = marks->row[--marks->n];
    else if (marks->n < MARKS_MAX)
        marks->row[marks->n++] = *mark;
    else
        return false;
    return true;
}

uint32_t marks_count(const struct marks *marks, enum mark_kind kind)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < marks->n; i++)
        n += marks->row[i].kind == kind;
    return n;
}

void marks_clear(struct marks *marks, enum mark_kind kind)
{
    uint32_t n_kept = 0;

    for (uint32_t i = 0; i < marks->n; i++)
        if (marks->row[i].kind != kind)
            marks->row[n_kept++] = marks->row[i];
    marks->n = n_kept;
}
