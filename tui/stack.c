/* SPDX-License-Identifier: BSD-2-Clause */
/* See stack.h. */
#include "tui/stack.h"

/* The most important part below `ceiling`; n_parts where there is none. Importances differ. */
static size_t next_part(const struct stack_part *part, size_t n_parts, int ceiling)
{
    size_t best = n_parts;

    for (size_t i = 0; i < n_parts; i++)
        if (part[i].keep < ceiling && (best == n_parts || part[i].keep > part[best].keep))
            best = i;
    return best;
}

void stack_place(struct stack_part *part, size_t n_parts, int line, int n_lines)
{
    size_t i;
    int ceiling = 1000;

    for (; (i = next_part(part, n_parts, ceiling)) < n_parts; ceiling = part[i].keep) {
        part[i].n_lines = part[i].n_min <= n_lines ? part[i].n_min : 0;
        n_lines -= part[i].n_lines;
    }
    for (ceiling = 1000; (i = next_part(part, n_parts, ceiling)) < n_parts;
         ceiling = part[i].keep) {
        int n_more = part[i].n_want - part[i].n_lines;

        if (part[i].n_lines == 0 || n_more <= 0)
            continue;
        if (n_more > n_lines)
            n_more = n_lines;
        part[i].n_lines += n_more;
        n_lines -= n_more;
    }
    for (i = 0; i < n_parts; i++) {
        if (part[i].is_elastic && part[i].n_lines > 0)
            part[i].n_lines += n_lines;
        part[i].line = line;
        line += part[i].n_lines;
    }
}
