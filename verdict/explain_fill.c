/* SPDX-License-Identifier: BSD-2-Clause */
/* Templates with their terms filled in. See explain_words.h. */
#include <string.h>

#include "verdict/explain_words.h"

static void add_term(const struct explain_term *term, const struct connection_event *event,
                     struct text *text)
{
    if (event != NULL)
        term->add(event, text);
    else
        text_add(text, term->placeholder != NULL ? term->placeholder : "N");
}

void explain_fill(const char *format, const struct connection_event *event, struct text *text)
{
    while (*format != '\0') {
        size_t n_plain = strcspn(format, "{");
        size_t n_name = format[n_plain] == '{' ? strcspn(format + n_plain + 1, "}") : 0;
        const struct explain_term *term = explain_term_find(format + n_plain + 1, n_name);

        text_addf(text, "%.*s", (int)n_plain, format);
        format += n_plain;
        if (*format == '\0')
            return;
        if (term == NULL) {
            text_add(text, "{");
            format++;
            continue;
        }
        add_term(term, event, text);
        format += n_name + 2;
    }
}
