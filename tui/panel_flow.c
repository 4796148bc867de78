/* SPDX-License-Identifier: BSD-2-Clause */
/* The flow screen: what one connection failed of, its ladder, one packet in full, what to do. */
#include <inttypes.h>
#include <string.h>

#include "sink/community.h"
#include "tui/bar.h"
#include "tui/detail.h"
#include "tui/figures.h"
#include "tui/panel.h"
#include "tui/panel_ladder.h"
#include "tui/stack.h"

#define MARGIN_CELLS 1
#define WORDS_BYTES 320
#define LADDER_GOOD_LINES 10
#define ACTIVE_KEEP 20 /* above all parts */

enum part {
    PART_MESSAGE,
    PART_LADDER,
    PART_PACKET,
    PART_REASONS,
    PART_NEXT,
    PART_COUNT
};

static const struct ladder_row *chosen_row(const struct model *model)
{
    const struct pane_view *view = &model->view[PANE_PACKETS];

    return view->n_rows > 0 ? &model->visit.ladder.row[view->cursor] : NULL;
}

/* Top lines. */

static void paint_header(struct paint *paint, const struct model *model)
{
    const struct connection_event *failure = &model->visit.failure;
    const struct pane_view *flows = &model->view[PANE_FLOWS];
    char id[COMMUNITY_ID_BYTES];
    struct bar bar = {.gap_cells = 2};
    struct text text = bar_add_left(&bar, 1, ROLE_TEXT);

    text_add(&text, "tcpwhy");
    text = bar_add_left(&bar, 9, ROLE_STRONG);
    text_add(&text, "< ");
    figure_endpoint(&text, &model->visit.endpoint.server);
    if (model->is_paused) {
        text = bar_add_left(&bar, 8, ROLE_WARNING);
        text_add(&text, "PAUSED");
    }
    text = bar_add_left(&bar, 6, ROLE_TEXT);
    text_addf(&text, "flow %" PRIu32 " of %" PRIu32, flows->n_rows > 0 ? flows->cursor + 1 : 1,
              flows->n_rows > 0 ? flows->n_rows : 1);
    community_id(model->run->community_id_seed, failure->key.proto, &failure->client,
                 &failure->server, id);
    text = bar_add_right(&bar, 3, ROLE_TEXT);
    text_add(&text, id);
    bar_paint(&bar, paint, 0);
}

static void paint_ends(struct paint *paint, const struct model *model)
{
    const struct connection_event *failure = &model->visit.failure;
    struct bar bar = {.gap_cells = 2};
    struct text text = bar_add_left(&bar, 5, ROLE_STRONG);

    figure_endpoint(&text, &failure->client);
    text_add(&text, " > ");
    figure_endpoint(&text, &failure->server);
    text =
        bar_add_right(&bar, 9, failure->family == FAMILY_RST_FORGED ? ROLE_FORGED : ROLE_FAILURE);
    text_addf(&text, "%s  %s", family_words(failure->family), confidence_name(failure->confidence));
    if (failure->incident != 0) {
        text = bar_add_right(&bar, 4, ROLE_INCIDENT);
        text_addf(&text, "INCIDENT %" PRIu32, failure->incident);
    }
    bar_paint(&bar, paint, 1);
}

void panel_flow_header(struct paint *paint, const struct model *model)
{
    paint_header(paint, model);
    paint_ends(paint, model);
}

/* Parts: each paints into `body` and says how many lines it would take. */

static int paint_message(struct paint *paint, const struct model *model, const struct rect *body)
{
    int n_used = detail_paint_message(paint, body, &model->visit.failure);
    struct rect rest = {body->line + n_used, body->col, body->n_lines - n_used, body->n_cols};

    return n_used + detail_paint_said(paint, &rest, &model->visit.failure);
}

static void add_option_words(struct text *text, const struct packet_mark *mark)
{
    if (mark->mss_bytes != 0)
        text_addf(text, ", mss %u", mark->mss_bytes);
    if (mark->bits & MARK_HAS_TIMESTAMPS)
        text_addf(text, ", TSval %" PRIu32, mark->tsval);
    else if (!(mark->bits & MARK_OPTIONS_UNKNOWN))
        text_add(text, ", no timestamps");
    if (mark->bits & MARK_DF)
        text_add(text, ", DF");
    if (mark->bits & MARK_V6)
        text_addf(text, ", flow label %05" PRIx32, mark->flow_label);
}

/* "TTL 242, IP id 12345, window 0, 0 bytes, seq 1201, ack 28, no timestamps". */
static void add_packet_words(struct text *text, const struct ladder_row *row, uint8_t proto)
{
    const struct packet_mark *mark = &row->mark;

    text_addf(text, "TTL %u, IP id %u", mark->ttl, mark->ip_id);
    if (row->is_icmp || proto != FLOW_PROTO_TCP) {
        text_addf(text, ", %" PRIu32 " bytes", mark->payload_bytes);
        return;
    }
    text_addf(text, ", window %u, %" PRIu32 " bytes", mark->window, mark->payload_bytes);
    text_addf(text, ", seq %" PRIu32, row->has_rel_seq ? row->rel_seq : mark->seq);
    if (mark->flags & TCP_ACK)
        text_addf(text, ", ack %" PRIu32, row->has_rel_ack ? row->rel_ack : mark->ack);
    add_option_words(text, mark);
}

static void add_reason_of(struct text *text, const struct connection_event *failure, uint64_t frame)
{
    for (unsigned i = 0; i < failure->n_because; i++) {
        const struct reason *reason = &failure->because[i];

        if (reason->frame[0] != frame && reason->frame[1] != frame)
            continue;
        text_addf(text, " %s", reason->code);
        if (reason->value[0])
            text_addf(text, ": %s", reason->value);
        text_add(text, ";");
    }
}

/* "; 1.017304 s after frame 2527, which is marked". */
static void add_since_mark(struct text *text, const struct model *model)
{
    uint32_t cursor = model->view[PANE_PACKETS].cursor;
    const struct ladder_row *row = model->visit.ladder.row;

    for (uint32_t i = cursor; i > 0; i--) {
        if (!model_is_marked(model, PANE_PACKETS, i - 1))
            continue;
        text_add(text, "; ");
        figure_duration(text, row[cursor].mark.ts_ns - row[i - 1].mark.ts_ns);
        text_addf(text, " after frame %" PRIu64 ", which is marked", row[i - 1].mark.frame);
        return;
    }
}

static int paint_packet(struct paint *paint, const struct model *model, const struct rect *body)
{
    const struct ladder_row *row = chosen_row(model);
    char words[WORDS_BYTES];
    struct text text = TEXT_OF(words);
    struct rect room = *body;
    size_t begin;
    int n_used;

    if (!row)
        return 0;
    if (row->n_left_out > 0)
        return paint_wrapped(paint, body, ROLE_TEXT,
                             "Of a connection with many packets the first and the last are kept.");
    add_packet_words(&text, row, model->visit.failure.key.proto);
    add_since_mark(&text, model);
    n_used = paint_wrapped(paint, &room, ROLE_TEXT, words);
    if (!row->is_odd || n_used >= body->n_lines)
        return n_used;
    text = TEXT_OF(words);
    text_add(&text, "The verdict rests on it:");
    begin = text.used_bytes;
    add_reason_of(&text, &model->visit.failure, row->mark.frame);
    if (text.used_bytes == begin)
        text_addf(&text, " %s;", row->note[0] ? row->note : "see above");
    words[text.used_bytes - 1] = '.';
    room.line += n_used;
    room.n_lines -= n_used;
    return n_used + paint_wrapped(paint, &room, ROLE_STRONG, words);
}

static int paint_reasons(struct paint *paint, const struct model *model, const struct rect *body)
{
    return detail_paint_reasons(paint, body, &model->visit.failure);
}

/* The whole. */

struct flow_part {
    int (*paint)(struct paint *paint, const struct model *model, const struct rect *body);
    const char *title, *right; /* NULL: without a rule */
    int keep, max_lines;       /* of the body */
};

static const struct flow_part parts[PART_COUNT] = {
    [PART_MESSAGE] = {paint_message, NULL, NULL, 8, 4},
    [PART_LADDER] = {NULL, NULL, NULL, 9, LADDER_GOOD_LINES},
    [PART_PACKET] = {paint_packet, "", "", 7, 4},
    [PART_REASONS] = {paint_reasons, "Evidence", "+ for, - against", 4, 8},
    [PART_NEXT] = {panel_steps, "Do next", "Tab, then y copies", 6, 8},
};

static void paint_part(struct paint *paint, const struct model *model, const struct flow_part *part,
                       const struct stack_part *place)
{
    int n_title = part->title ? 1 : 0;
    struct rect body = {place->line + n_title, MARGIN_CELLS, place->n_lines - n_title,
                        paint->n_cols - 2 * MARGIN_CELLS};
    const struct ladder_row *row = chosen_row(model);
    char frame[48];
    struct text text = TEXT_OF(frame);

    if (place->n_lines == 0)
        return;
    if (part == &parts[PART_PACKET] && row && row->n_left_out > 0)
        text_add(&text, "not kept");
    else if (part == &parts[PART_PACKET] && row)
        text_addf(&text, "frame %" PRIu64, row->mark.frame);
    if (part->title)
        panel_rule(paint, place->line, frame[0] ? frame : part->title,
                   part == &parts[PART_NEXT] ? panel_title_role(model, PANE_STEPS) : ROLE_TITLE,
                   part == &parts[PART_PACKET] && row && row->is_odd ? "the deciding packet"
                                                                     : part->right);
    part->paint(paint, model, &body);
}

void panel_flow(struct paint *paint, struct model *model)
{
    struct paint nowhere = detail_nowhere(paint->n_cols);
    struct rect all = {0, MARGIN_CELLS, DETAIL_MANY_LINES, paint->n_cols - 2 * MARGIN_CELLS};
    struct stack_part place[PART_COUNT];

    panel_steps_fit(model);
    for (unsigned i = 0; i < PART_COUNT; i++) {
        int n_title = parts[i].title || i == PART_LADDER ? 1 : 0;
        int n = parts[i].paint ? parts[i].paint(&nowhere, model, &all)
                               : (int)model->view[PANE_PACKETS].n_rows + 1;

        if (n > parts[i].max_lines)
            n = parts[i].max_lines;
        place[i] = (struct stack_part){.n_min = n > 0 ? n_title + 1 : 0,
                                       .n_want = n > 0 ? n_title + n : 0,
                                       .keep = parts[i].keep};
    }
    place[PART_LADDER].is_elastic = true;
    if (model->active == PANE_STEPS) /* else it would have the cursor out of sight */
        place[PART_NEXT].keep = ACTIVE_KEEP;
    stack_place(place, PART_COUNT, 2, paint->n_lines - 3);
    for (unsigned i = 0; i < PART_COUNT; i++)
        if (parts[i].paint)
            paint_part(paint, model, &parts[i], &place[i]);
    if (place[PART_LADDER].n_lines > 0) {
        struct rect body = {place[PART_LADDER].line, 0, place[PART_LADDER].n_lines, paint->n_cols};

        panel_ladder(paint, model, &body);
    }
}
