/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A page of 100 columns: lines are filled from left to right, wrapped at blanks and never longer.
 *
 * All text goes through one filter: printable ASCII as it is, every other byte as \xNN. What a
 * stranger put into a name or a message thus cannot reach the terminal as a command, whoever
 * forgot to escape it. The bars of a sparkline are the one exception, drawn by page_bar.
 * Main thread.
 */
#ifndef SINK_REPORT_PAGE_H
#define SINK_REPORT_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/compiler.h"
#include "base/text.h"

#define PAGE_COLUMNS 100
#define PAGE_BAR_LEVELS 8

struct page {
    FILE *out;     /* the caller's */
    bool is_ascii; /* bars without block characters */
    unsigned n_cells;
    struct text line;
    char bytes[PAGE_COLUMNS * 4 + 1]; /* no cell takes more than four bytes */
};

void page_init(struct page *page, FILE *out, bool is_ascii);

/* Appends; what does not fit the line is lost. */
void page_add(struct page *page, const char *string);
void page_addf(struct page *page, const char *fmt, ...) PRINTF_FMT(2, 3);
void page_add_count(struct page *page, uint64_t count);

/* Blanks up to `column` (from 0). Where the line is already beyond, a new line is begun. */
void page_column(struct page *page, unsigned column);

/* Appends so that it ends with the line; on a line of its own where it does not fit. */
void page_right(struct page *page, const char *string);

/* Appends words, wrapped at blanks; the next lines begin at `indent`. A word longer than a line is
 * broken. */
void page_wrap(struct page *page, unsigned indent, const char *words);

/* As page_wrap, but a broken line ends in a backslash, so that a shell reads it as one. */
void page_wrap_command(struct page *page, unsigned indent, const char *command);

/* One bar, level 0 (blank) to PAGE_BAR_LEVELS. */
void page_bar(struct page *page, unsigned level);

/* Ends the line, without blanks at its end; an empty line where nothing was added. */
void page_end(struct page *page);

/* A line of `character` over the whole width. */
void page_rule(struct page *page, char character);

#endif
