/* SPDX-License-Identifier: BSD-2-Clause */
/* See force_color.h. A file of its own: term.h makes macros of many ordinary words. */
#include "tui/force_color.h"

#include <curses.h>

#include <term.h>

#define COLORS_WANTED 8

static bool has_colors_as(const char *type, int fd)
{
    TERMINAL *before = cur_term;
    int status;
    int n_colors;

    if (setupterm(type, fd, &status) != OK)
        return false;
    n_colors = tigetnum("colors");
    (void)del_curterm(set_curterm(before));
    return n_colors >= COLORS_WANTED;
}

const char *force_color_type(int fd)
{
    /* ECMA-48's own sequences, which whatever has colours knows. */
    static const char ansi[] = "ansi";

    return !has_colors_as(NULL, fd) && has_colors_as(ansi, fd) ? ansi : NULL;
}
