/* SPDX-License-Identifier: BSD-2-Clause */
/* The header fields of HTTP/1 that frame its messages (RFC 9112 sections 6, 7, 9). See http1.h. */
#include "decode/http1.h"

#include <string.h>
#include <strings.h>

static uint64_t read_decimal(const char *value, size_t n_value)
{
    uint64_t number = 0;

    for (size_t i = 0; i < n_value && value[i] >= '0' && value[i] <= '9'; i++) {
        if (number > UINT64_MAX / 10 - 1)
            return UINT64_MAX;
        number = number * 10 + (uint64_t)(value[i] - '0');
    }
    return number;
}

static bool is_name(const char *name, size_t n_name, const char *wanted)
{
    return strlen(wanted) == n_name && strncasecmp(name, wanted, n_name) == 0;
}

/* A comma-separated list has the word. */
static bool has_word(const char *value, size_t n_value, const char *word)
{
    size_t n_word = strlen(word);

    for (size_t i = 0; i + n_word <= n_value; i++) {
        bool begins = i == 0 || value[i - 1] == ' ' || value[i - 1] == ',' || value[i - 1] == '\t';
        bool ends = i + n_word == n_value || value[i + n_word] == ',' || value[i + n_word] == ' ' ||
                    value[i + n_word] == ';';

        if (begins && ends && strncasecmp(value + i, word, n_word) == 0)
            return true;
    }
    return false;
}

/* What such a response has to say never ends; whoever leaves it misses nothing. */
static bool is_stream_type(const char *value, size_t n_value)
{
    return has_word(value, n_value, "text/event-stream") ||
           has_word(value, n_value, "multipart/x-mixed-replace");
}

void http1_field(struct http1_reader *reader, const char *name, size_t n_name, const char *value,
                 size_t n_value)
{
    if (is_name(name, n_name, "content-length")) {
        reader->has_length = true;
        reader->left_bytes = read_decimal(value, n_value);
    } else if (is_name(name, n_name, "transfer-encoding")) {
        reader->is_chunked = has_word(value, n_value, "chunked");
    } else if (is_name(name, n_name, "upgrade")) {
        reader->wants_h2c = has_word(value, n_value, "h2c");
    } else if (is_name(name, n_name, "connection")) {
        reader->is_last = !has_word(value, n_value, "keep-alive") &&
                          (reader->is_last || has_word(value, n_value, "close"));
    } else if (is_name(name, n_name, "content-type")) {
        reader->is_endless = is_stream_type(value, n_value);
    }
}
