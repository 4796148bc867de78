/* SPDX-License-Identifier: BSD-2-Clause */
/* See detail.h. */
#include "tui/detail.h"

#include <inttypes.h>
#include <string.h>

#include "sink/report_input.h"
#include "verdict/speech_name.h"

#define WIDE_COLS 100 /* reasons for and against stand side by side */
#define WORDS_BYTES 400
#define MEANING_BYTES 1024
#define SAID_CELLS 64

struct paint detail_nowhere(int n_cols)
{
    return (struct paint){.n_cols = n_cols};
}

static void add_where(struct text *text, const struct connection_event *failure, const char *where)
{
    char addr[IPADDR_TEXT_BYTES];

    if (strcmp(where, "client") == 0)
        text_addf(text, "on %s", ipaddr_format(&failure->client.addr, addr));
    else if (strcmp(where, "server") == 0)
        text_addf(text, "on %s", ipaddr_format(&failure->server.addr, addr));
    else if (strcmp(where, "server_side") == 0)
        text_addf(text, "before %s", ipaddr_format(&failure->server.addr, addr));
    else if (strcmp(where, "router") == 0 && failure->icmp.frame != 0)
        text_addf(text, "on %s", ipaddr_format(&failure->icmp.from, addr));
    else
        text_add(text, strcmp(where, "router") == 0 ? "on the path" : "here");
}

unsigned detail_commands(const struct run_info *run, const struct connection_event *failure,
                         struct detail_command command[DETAIL_COMMANDS_MAX])
{
    struct next_step steps[NEXT_STEPS_MAX];
    unsigned n = explain_next_steps(failure, steps);
    struct text text;

    for (unsigned i = 0; i < n; i++) {
        text = TEXT_OF(command[i].where);
        add_where(&text, failure, steps[i].where);
        text = TEXT_OF(command[i].cmd);
        report_add_command(&text, run, steps[i].cmd);
        text = TEXT_OF(command[i].why);
        text_add(&text, steps[i].why);
    }
    text = TEXT_OF(command[n].where);
    text_add(&text, "in Wireshark");
    text = TEXT_OF(command[n].cmd);
    explain_wireshark_filter(failure, &text);
    command[n].why[0] = '\0';
    return n + 1;
}

/* The next free lines of a rectangle. */
static struct rect below(const struct rect *rect, int n_used)
{
    return (struct rect){rect->line + n_used, rect->col, rect->n_lines - n_used, rect->n_cols};
}

/* "+ ttl differs: 242 against 64 (frame 2919)". */
static int paint_reasons(struct paint *paint, const struct rect *rect, char sign,
                         const struct reason *reason, unsigned n)
{
    int n_used = 0;

    for (unsigned i = 0; i < n && n_used < rect->n_lines; i++) {
        char words[WORDS_BYTES];
        struct text text = TEXT_OF(words);
        struct rect room = below(rect, n_used);

        text_addf(&text, "%c ", sign);
        for (const char *byte = reason[i].code; *byte != '\0'; byte++)
            text_addf(&text, "%c", *byte == '-' ? ' ' : *byte);
        if (reason[i].value[0])
            text_addf(&text, ": %s", reason[i].value);
        if (reason[i].frame[0] != 0)
            text_addf(&text, " (frame %" PRIu64 ")", reason[i].frame[0]);
        n_used += paint_wrapped(paint, &room, ROLE_TEXT, words);
    }
    return n_used;
}

/* "? or: accept-queue-overflow, rate-limited". */
static int paint_alternatives(struct paint *paint, const struct rect *rect,
                              const struct connection_event *failure)
{
    char words[WORDS_BYTES];
    struct text text = TEXT_OF(words);

    if (failure->n_alternatives == 0 || rect->n_lines <= 0)
        return 0;
    text_add(&text, "? or it is");
    for (unsigned i = 0; i < failure->n_alternatives; i++)
        text_addf(&text, "%s %s", i > 0 ? "," : "", verdict_row(failure->alternatives[i])->slug);
    return paint_wrapped(paint, rect, ROLE_TEXT, words);
}

int detail_paint_reasons(struct paint *paint, const struct rect *rect,
                         const struct connection_event *failure)
{
    bool has_two = rect->n_cols >= WIDE_COLS && failure->n_against + failure->n_alternatives > 0;
    struct rect left = *rect;
    struct rect right;
    int n_left, n_right;

    if (has_two)
        left.n_cols = rect->n_cols / 2 - 1;
    n_left = paint_reasons(paint, &left, '+', failure->because, failure->n_because);
    right = has_two ? (struct rect){rect->line, rect->col + left.n_cols + 2, rect->n_lines,
                                    rect->n_cols - left.n_cols - 2}
                    : below(rect, n_left);
    n_right = paint_reasons(paint, &right, '-', failure->against, failure->n_against);
    right = below(&right, n_right);
    n_right += paint_alternatives(paint, &right, failure);
    if (!has_two)
        return n_left + n_right;
    return n_left > n_right ? n_left : n_right;
}

/* Words of strangers in these are made visible by the judge; what is left, paint_text() stops. */

int detail_paint_meaning(struct paint *paint, const struct rect *rect,
                         const struct connection_event *failure)
{
    char words[MEANING_BYTES];
    struct text text = TEXT_OF(words);

    explain_meaning(failure, &text);
    return paint_wrapped(paint, rect, ROLE_TEXT, words);
}

int detail_paint_message(struct paint *paint, const struct rect *rect,
                         const struct connection_event *failure)
{
    char words[MEANING_BYTES];
    struct text text = TEXT_OF(words);

    explain_message(failure, &text);
    return paint_wrapped(paint, rect, ROLE_TEXT, words);
}

static void add_quoted(struct text *text, const char *words, size_t max_bytes)
{
    text_add(text, "\"");
    text_add_untrusted(text, (const uint8_t *)words, strnlen(words, max_bytes), SAID_CELLS);
    text_add(text, "\"");
}

int detail_paint_said(struct paint *paint, const struct rect *rect,
                      const struct connection_event *failure)
{
    const struct flow_speech *said = &failure->said;
    char words[WORDS_BYTES];
    struct text text = TEXT_OF(words);

    if (said->kind == READER_TLS && said->tls.server_name[0]) {
        text_add(&text, "In clear: TLS asked for ");
        add_quoted(&text, said->tls.server_name, sizeof(said->tls.server_name));
    } else if (said->kind == READER_BANNER && said->banner.refusal.frame != 0) {
        text_addf(&text, "In clear: %s said ", banner_protocol_name(said->banner.protocol));
        add_quoted(&text, said->banner.code, sizeof(said->banner.code));
        text_add(&text, " ");
        add_quoted(&text, said->banner.text, sizeof(said->banner.text));
    }
    return text.used_bytes > 0 ? paint_wrapped(paint, rect, ROLE_TEXT, words) : 0;
}

void detail_add_verdict(struct text *text, const struct connection_event *failure)
{
    text_addf(text, "%s: %s, %s", family_words(failure->family),
              verdict_row(failure->verdict)->slug, confidence_name(failure->confidence));
}
