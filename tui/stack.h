/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of a screen one below the other: which have room, and how much. Pure. */
#ifndef TUI_STACK_H
#define TUI_STACK_H

#include <stdbool.h>
#include <stddef.h>

struct stack_part {
    int n_min, n_want; /* lines; 0: it has nothing to show */
    int keep;          /* the smaller, the sooner it is left out or kept small */
    bool is_elastic;   /* takes what all others leave */
    int line, n_lines; /* where it is; n_lines 0: not shown */
};

/* Places the parts from `line` on: each that fits gets its minimum, the most important first; then
 * each what it wants, in the same order. */
void stack_place(struct stack_part *part, size_t n_parts, int line, int n_lines);

#endif
