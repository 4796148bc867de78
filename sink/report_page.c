/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_page.h. */
#include "sink/report_page.h"

#include <stdarg.h>
#include <string.h>

static const char *const block_bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii_bars[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};

_Static_assert(ARRAY_LEN(block_bars) == PAGE_BAR_LEVELS + 1, "a block each level");
_Static_assert(ARRAY_LEN(ascii_bars) == PAGE_BAR_LEVELS + 1, "a character each level");

void page_init(struct page *page, FILE *out, bool is_ascii)
{
    page->out = out;
    page->is_ascii = is_ascii;
    page->n_cells = 0;
    page->line = TEXT_OF(page->bytes);
}

static void add_cell(struct page *page, const char *bytes)
{
    if (page->n_cells < PAGE_COLUMNS) {
        text_add(&page->line, bytes);
        page->n_cells++;
    }
}

/* Cells that a byte takes on the page. */
static unsigned byte_cells(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f ? 1 : 4;
}

static void add_byte(struct page *page, unsigned char byte)
{
    char hex[5];

    if (byte_cells(byte) == 1) {
        add_cell(page, (char[]){(char)byte, '\0'});
        return;
    }
    snprintf(hex, sizeof(hex), "\\x%02x", byte);
    for (unsigned i = 0; i < 4; i++)
        add_cell(page, (char[]){hex[i], '\0'});
}

void page_add(struct page *page, const char *string)
{
    for (; *string; string++)
        add_byte(page, (unsigned char)*string);
}

void page_addf(struct page *page, const char *fmt, ...)
{
    char buffer[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(buffer, sizeof(buffer), fmt, args);
    va_end(args);
    page_add(page, buffer);
}

void page_add_count(struct page *page, uint64_t count)
{
    char buffer[32];
    struct text text = TEXT_OF(buffer);

    text_add_count(&text, count);
    page_add(page, buffer);
}

void page_column(struct page *page, unsigned column)
{
    if (page->n_cells > column)
        page_end(page);
    while (page->n_cells < column)
        add_cell(page, " ");
}

static unsigned range_cells(const char *from, const char *to)
{
    unsigned n_cells = 0;

    for (; from < to; from++)
        n_cells += byte_cells((unsigned char)*from);
    return n_cells;
}

void page_right(struct page *page, const char *string)
{
    unsigned n_cells = range_cells(string, string + strlen(string));

    if (n_cells > PAGE_COLUMNS)
        n_cells = PAGE_COLUMNS;
    if (page->n_cells > 0 && page->n_cells + 1 + n_cells > PAGE_COLUMNS)
        page_end(page);
    page_column(page, PAGE_COLUMNS - n_cells);
    page_add(page, string);
}

/* End of the word at `word`; what is quoted for a shell is one word. */
static const char *word_end(const char *word, bool has_quotes)
{
    char quote = '\0';

    for (; *word && (quote || *word != ' '); word++) {
        if (quote == *word)
            quote = '\0';
        else if (has_quotes && !quote && (*word == '\'' || *word == '"'))
            quote = *word;
    }
    return word;
}

/* Appends one word, broken only where it is longer than a line. */
static void add_word(struct page *page, unsigned indent, const char *from, const char *to)
{
    for (; from < to; from++) {
        if (page->n_cells + byte_cells((unsigned char)*from) > PAGE_COLUMNS) {
            page_end(page);
            page_column(page, indent);
        }
        add_byte(page, (unsigned char)*from);
    }
}

static void wrap(struct page *page, unsigned indent, const char *words, bool is_command)
{
    const char *broken = is_command ? " \\" : "";
    size_t room = PAGE_COLUMNS - strlen(broken);
    bool is_first = true;

    while (*words) {
        size_t n_blanks = strspn(words, " ");
        const char *end = word_end(words + n_blanks, is_command);
        unsigned n_cells = range_cells(words + n_blanks, end);

        if (end == words + n_blanks)
            return;
        if (is_first && page->n_cells > indent && page->n_cells + n_cells > PAGE_COLUMNS) {
            page_column(page, indent);
        } else if (!is_first && page->n_cells + n_blanks + n_cells > room) {
            page_add(page, broken);
            page_end(page);
            page_column(page, indent);
        } else if (!is_first) {
            page_column(page, page->n_cells + (unsigned)n_blanks);
        }
        add_word(page, indent, words + n_blanks, end);
        words = end;
        is_first = false;
    }
}

void page_wrap(struct page *page, unsigned indent, const char *words)
{
    wrap(page, indent, words, false);
}

void page_wrap_command(struct page *page, unsigned indent, const char *command)
{
    wrap(page, indent, command, true);
}

void page_bar(struct page *page, unsigned level)
{
    if (level > PAGE_BAR_LEVELS)
        level = PAGE_BAR_LEVELS;
    add_cell(page, page->is_ascii ? ascii_bars[level] : block_bars[level]);
}

void page_end(struct page *page)
{
    size_t n_bytes = page->line.used_bytes;

    while (n_bytes > 0 && page->bytes[n_bytes - 1] == ' ')
        n_bytes--;
    /* A failed write stays in the stream's error flag, which the caller looks at in the end. */
    (void)!fwrite(page->bytes, 1, n_bytes, page->out);
    (void)!fputc('\n', page->out);
    page->line = TEXT_OF(page->bytes);
    page->n_cells = 0;
}

void page_rule(struct page *page, char character)
{
    for (unsigned i = 0; i < PAGE_COLUMNS; i++)
        add_byte(page, (unsigned char)character);
    page_end(page);
}
