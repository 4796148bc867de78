/* SPDX-License-Identifier: BSD-2-Clause */
/* See golden.h. */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void update(const char *path, const char *text, size_t n_bytes)
{
    FILE *file = fopen(path, "we");

    if (!file)
        fail_msg("cannot write %s", path);
    assert_int_equal(fwrite(text, 1, n_bytes, file), n_bytes);
    assert_int_equal(fclose(file), 0);
}

static void compare_lines(const char *path, FILE *file, const char *text, size_t n_bytes)
{
    const char *end = text + n_bytes;
    char *line = NULL;
    size_t size_bytes = 0;
    unsigned n_line = 1;
    ssize_t n_expected;

    for (; (n_expected = getline(&line, &size_bytes, file)) >= 0; n_line++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t n_got = newline ? (size_t)(newline - text) + 1 : (size_t)(end - text);

        if (n_got != (size_t)n_expected || memcmp(line, text, n_got) != 0)
            fail_msg("%s:%u\nexpected: %sgot:      %.*s", path, n_line, line, (int)n_got, text);
        text += n_got;
    }
    free(line);
    if (text != end)
        fail_msg("%s ends at line %u, but there is more:\n%.*s", path, n_line, (int)(end - text),
                 text);
}

void golden_compare(const char *path, const char *text, size_t n_bytes)
{
    FILE *file;

    if (getenv("TCPWHY_GOLDEN_UPDATE")) {
        update(path, text, n_bytes);
        return;
    }
    file = fopen(path, "re");
    if (!file)
        fail_msg("no file %s: set TCPWHY_GOLDEN_UPDATE to make it", path);
    compare_lines(path, file, text, n_bytes);
    fclose(file);
}
