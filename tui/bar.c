/* SPDX-License-Identifier: BSD-2-Clause */
/* See bar.h. */
#include "tui/bar.h"

#include <assert.h>
#include <string.h>

static struct text bar_add(struct bar *bar, int keep, enum role role, bool is_right)
{
    struct bar_item *item = &bar->item[bar->n];

    assert(bar->n < BAR_ITEMS_MAX);
    bar->n++;
    *item = (struct bar_item){.keep = keep, .role = role, .is_right = is_right};
    return TEXT_OF(item->words);
}

struct text bar_add_left(struct bar *bar, int keep, enum role role)
{
    return bar_add(bar, keep, role, false);
}

struct text bar_add_right(struct bar *bar, int keep, enum role role)
{
    return bar_add(bar, keep, role, true);
}

static int used_cells(const struct bar *bar)
{
    int n_cells = 0;

    for (size_t i = 0; i < bar->n; i++)
        n_cells += (int)strlen(bar->item[i].words) + (i > 0 ? bar->gap_cells : 0);
    return n_cells;
}

static void drop_least(struct bar *bar)
{
    size_t least = 0;

    for (size_t i = 1; i < bar->n; i++)
        if (bar->item[i].keep < bar->item[least].keep)
            least = i;
    bar->n--;
    memmove(&bar->item[least], &bar->item[least + 1], (bar->n - least) * sizeof(*bar->item));
}

static void paint_item(const struct bar_item *item, struct paint *paint, int line, int col)
{
    paint_text(paint, line, col, paint->n_cols - 1 - col, item->role, item->words);
    paint_text(paint, line, col, item->n_key_cells, ROLE_KEY, item->words);
}

void bar_paint(struct bar *bar, struct paint *paint, int line)
{
    int left_col = 1;
    int right_col = paint->n_cols - 1;

    while (bar->n > 1 && used_cells(bar) > paint->n_cols - 2)
        drop_least(bar);
    for (size_t i = 0; i < bar->n; i++)
        if (bar->item[i].is_right)
            right_col -= (int)strlen(bar->item[i].words) + bar->gap_cells;
    right_col += bar->gap_cells;
    for (size_t i = 0; i < bar->n; i++) {
        int *col = bar->item[i].is_right ? &right_col : &left_col;

        paint_item(&bar->item[i], paint, line, *col);
        *col += (int)strlen(bar->item[i].words) + bar->gap_cells;
    }
}
