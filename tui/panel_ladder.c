/* SPDX-License-Identifier: BSD-2-Clause */
/* See panel_ladder.h. */
#include "tui/panel_ladder.h"

#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/compiler.h"
#include "base/nanotime.h"
#include "tui/figures.h"
#include "tui/panel.h"

#define MARK_COL 1
#define FRAME_COL 2
#define FRAME_CELLS 7
#define TIME_CELLS 12
#define TIME_MIN_COLS 56  /* below, the time gives way to the lanes */
#define LANE_CELLS 36     /* between the two lines */
#define LANE_MIN_CELLS 20 /* room for "SYN,ACK (again 3)" and a head */
#define NOTE_MIN_CELLS 16
#define HEAD_CELLS 2
#define CELL_BYTES 96
#define OPTIONS_CELLS 28

/* Columns right of the lanes. */
enum column {
    COLUMN_SEQ,
    COLUMN_ACK,
    COLUMN_LEN,
    COLUMN_TTL,
    COLUMN_WINDOW,
    COLUMN_ID,
    COLUMN_COUNT
};

struct column_row {
    const char *title;
    int n_cells, min_cols; /* of the screen, to be shown */
    void (*cell)(const struct model *model, const struct ladder_row *row, struct text *text);
};

struct places {
    int time_col; /* 0: not shown */
    int client_col, server_col;
    int col[COLUMN_COUNT]; /* 0: not shown */
    int note_col, note_cells;
};

/* Cells. */

/* Datagrams and ICMP errors have no numbers. */
static bool is_segment(const struct model *model, const struct ladder_row *row)
{
    return !row->is_icmp && model->visit.failure.key.proto == FLOW_PROTO_TCP;
}

static void cell_seq(const struct model *model, const struct ladder_row *row, struct text *text)
{
    if (!is_segment(model, row))
        text_add(text, "-");
    else if (row->has_rel_seq && !model->visit.shows_raw_numbers)
        text_addf(text, "%" PRIu32, row->rel_seq);
    else
        text_addf(text, "%" PRIu32, row->mark.seq);
}

static void cell_ack(const struct model *model, const struct ladder_row *row, struct text *text)
{
    if (!is_segment(model, row) || !(row->mark.flags & TCP_ACK))
        text_add(text, "-");
    else if (row->has_rel_ack && !model->visit.shows_raw_numbers)
        text_addf(text, "%" PRIu32, row->rel_ack);
    else
        text_addf(text, "%" PRIu32, row->mark.ack);
}

static void cell_len(const struct model *model, const struct ladder_row *row, struct text *text)
{
    (void)model;
    text_addf(text, "%" PRIu32, row->mark.payload_bytes);
}

static void cell_ttl(const struct model *model, const struct ladder_row *row, struct text *text)
{
    (void)model;
    text_addf(text, "%u", row->mark.ttl);
}

static void cell_window(const struct model *model, const struct ladder_row *row, struct text *text)
{
    if (!is_segment(model, row))
        text_add(text, "-");
    else
        text_addf(text, "%u", row->mark.window);
}

static void cell_id(const struct model *model, const struct ladder_row *row, struct text *text)
{
    (void)model;
    if (row->mark.bits & MARK_V6)
        text_add(text, "-");
    else
        text_addf(text, "%u", row->mark.ip_id);
}

static const struct column_row columns[COLUMN_COUNT] = {
    [COLUMN_SEQ] = {"seq", 10, 72, cell_seq},       [COLUMN_ACK] = {"ack", 10, 100, cell_ack},
    [COLUMN_LEN] = {"len", 6, 48, cell_len},        [COLUMN_TTL] = {"ttl", 4, 40, cell_ttl},
    [COLUMN_WINDOW] = {"win", 6, 140, cell_window}, [COLUMN_ID] = {"id", 6, 140, cell_id},
};

static struct places place_columns(int n_cols, bool shows_options)
{
    struct places places = {0};
    int col = FRAME_COL + FRAME_CELLS;
    int tail_cells = 0;
    int lane_cells;

    if (n_cols >= TIME_MIN_COLS) {
        places.time_col = col;
        col += TIME_CELLS;
    }
    places.client_col = col + 1;
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (n_cols >= columns[i].min_cols && !shows_options)
            tail_cells += columns[i].n_cells;
    if (shows_options)
        tail_cells = OPTIONS_CELLS;
    lane_cells = n_cols - 1 - tail_cells - places.client_col - 2;
    if (lane_cells > LANE_CELLS)
        lane_cells = LANE_CELLS;
    if (lane_cells < LANE_MIN_CELLS)
        lane_cells = LANE_MIN_CELLS;
    places.server_col = places.client_col + 1 + lane_cells;
    col = places.server_col + 1;
    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        if (shows_options || n_cols < columns[i].min_cols || col + columns[i].n_cells > n_cols)
            continue;
        places.col[i] = col;
        col += columns[i].n_cells;
    }
    places.note_col = col + 2;
    places.note_cells = n_cols - 1 - places.note_col;
    return places;
}

/* Title. */

static void paint_on_rule(struct paint *paint, int line, int end_col, const char *words)
{
    int n_cells = (int)strlen(words);

    paint_text(paint, line, end_col - n_cells - 1, 1, ROLE_RULE, " ");
    paint_text(paint, line, end_col - n_cells, n_cells, ROLE_TITLE, words);
    paint_text(paint, line, end_col, 1, ROLE_RULE, " ");
}

static struct text short_name(char *out, size_t out_bytes, const char *name)
{
    struct text text = text_wrap(out, out_bytes);

    text_add(&text, name);
    return text;
}

/* Each end's address over its own line, as far as half of the lanes has room. */
static void paint_ends(struct paint *paint, const struct model *model, int line,
                       const struct places *places)
{
    const struct connection_event *failure = &model->visit.failure;
    int half_cells = (places->server_col - places->client_col) / 2 - 1;
    char end[FIGURE_ENDPOINT_BYTES];
    struct text text = TEXT_OF(end);

    figure_endpoint(&text, &failure->client);
    if ((int)text.used_bytes > half_cells)
        text = short_name(end, sizeof(end), "client");
    paint_on_rule(paint, line, places->client_col + (int)text.used_bytes, end);
    text = TEXT_OF(end);
    figure_endpoint(&text, &failure->server);
    if ((int)text.used_bytes > half_cells)
        text = short_name(end, sizeof(end), "server");
    paint_on_rule(paint, line, places->server_col + 1, end);
}

static void paint_title(struct paint *paint, const struct model *model, int line,
                        const struct places *places)
{
    static const char *const time_titles[] = {"time", "since SYN", "+time"};

    const char *note = model->visit.shows_options ? "options" : "note";

    _Static_assert(ARRAY_LEN(time_titles) == TIME_FORM_COUNT, "a title each form");
    paint_glyph(paint, line, 0, paint->n_cols, ROLE_RULE, GLYPH_RULE);
    paint_on_rule(paint, line, FRAME_COL + FRAME_CELLS, "frame");
    if (places->time_col > 0)
        paint_on_rule(paint, line, places->time_col + TIME_CELLS,
                      time_titles[model->visit.time_form]);
    paint_ends(paint, model, line, places);
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (places->col[i] > 0)
            paint_on_rule(paint, line, places->col[i] + columns[i].n_cells, columns[i].title);
    if (places->note_cells >= NOTE_MIN_CELLS)
        paint_on_rule(paint, line, places->note_col + (int)strlen(note), note);
}

/* Packets. */

static void add_label(struct text *text, const struct model *model, const struct ladder_row *row)
{
    static const struct {
        uint16_t flag;
        const char *name;
    } flags[] = {{TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"},
                 {TCP_PSH, "PSH"}, {TCP_URG, "URG"}, {TCP_ACK, "ACK"}};
    size_t begin = text->used_bytes;

    if (row->is_icmp) {
        text_addf(text, "ICMP %u/%u", model->visit.failure.icmp.type,
                  model->visit.failure.icmp.code);
        return;
    }
    if (!is_segment(model, row)) {
        text_add(text, model->visit.failure.key.proto == FLOW_PROTO_SCTP ? "SCTP" : "UDP");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (row->mark.flags & flags[i].flag)
            text_addf(text, "%s%s", text->used_bytes > begin ? "," : "", flags[i].name);
    if (text->used_bytes == begin)
        text_add(text, "no flags");
    if (row->nth_copy > 0)
        text_addf(text, " (again %u)", row->nth_copy);
}

struct arrow {
    struct paint *paint;
    int line, left_col, right_col; /* the cells between the lines */
    enum role role;
};

static int shaft_cells(const struct arrow *arrow)
{
    return arrow->right_col - arrow->left_col + 1;
}

/* "── SYN ───────▶", or, to whom nobody answers, "── SYN ┄┄┄┄ x". */
static void paint_to_server(const struct arrow *arrow, const char *label, bool is_unanswered)
{
    int label_col = arrow->left_col + HEAD_CELLS + 1;
    int end_col;

    paint_glyph(arrow->paint, arrow->line, arrow->left_col, shaft_cells(arrow), arrow->role,
                is_unanswered ? GLYPH_DOTS : GLYPH_RULE);
    paint_glyph(arrow->paint, arrow->line, arrow->left_col, HEAD_CELLS, arrow->role, GLYPH_RULE);
    paint_text(arrow->paint, arrow->line, label_col - 1, 1, arrow->role, " ");
    end_col = paint_text(arrow->paint, arrow->line, label_col, arrow->right_col - label_col,
                         arrow->role, label);
    paint_text(arrow->paint, arrow->line, end_col, 1, arrow->role, " ");
    if (is_unanswered)
        paint_text(arrow->paint, arrow->line, arrow->right_col, 1, arrow->role, "x");
    else
        paint_glyph(arrow->paint, arrow->line, arrow->right_col, 1, arrow->role, GLYPH_TO_RIGHT);
}

/* "◀─────── SYN,ACK ──". */
static void paint_to_client(const struct arrow *arrow, const char *label)
{
    int label_col = arrow->right_col - HEAD_CELLS - (int)strlen(label);

    paint_glyph(arrow->paint, arrow->line, arrow->left_col, shaft_cells(arrow), arrow->role,
                GLYPH_RULE);
    paint_text(arrow->paint, arrow->line, label_col - 1, 1, arrow->role, " ");
    paint_text(arrow->paint, arrow->line, label_col, (int)strlen(label), arrow->role, label);
    paint_text(arrow->paint, arrow->line, arrow->right_col - HEAD_CELLS, 1, arrow->role, " ");
    paint_glyph(arrow->paint, arrow->line, arrow->left_col, 1, arrow->role, GLYPH_TO_LEFT);
}

/* "◀═ RST,ACK ════ ? ┄┄┄┄┄": claims to come from the other end, which did not send it. */
static void paint_forged(const struct arrow *arrow, const char *label, bool is_to_client)
{
    int middle_col = (arrow->left_col + arrow->right_col) / 2;
    int near_col = is_to_client ? arrow->left_col : middle_col;
    int label_col = near_col + HEAD_CELLS + 1;
    int end_col;

    paint_glyph(arrow->paint, arrow->line, arrow->left_col, shaft_cells(arrow), arrow->role,
                GLYPH_DOTS);
    paint_glyph(arrow->paint, arrow->line, near_col, middle_col - arrow->left_col, arrow->role,
                GLYPH_DOUBLE);
    paint_text(arrow->paint, arrow->line, middle_col - 1, 3, arrow->role, " ? ");
    paint_text(arrow->paint, arrow->line, label_col - 1, 1, arrow->role, " ");
    end_col = paint_text(arrow->paint, arrow->line, label_col, middle_col - arrow->left_col - 4,
                         arrow->role, label);
    paint_text(arrow->paint, arrow->line, end_col, 1, arrow->role, " ");
    paint_glyph(arrow->paint, arrow->line, is_to_client ? arrow->left_col : arrow->right_col, 1,
                arrow->role, is_to_client ? GLYPH_TO_LEFT : GLYPH_TO_RIGHT);
}

/* "◀─ ICMP 3/13 ─────◆": the diamond is who sent it, on the server's line or before it. */
static void paint_icmp(const struct arrow *arrow, const struct model *model, const char *label)
{
    const struct connection_event *failure = &model->visit.failure;
    bool is_from_server = ipaddr_equal(&failure->icmp.from, &failure->server.addr);
    int sender_col = arrow->right_col;
    char router[IPADDR_TEXT_BYTES];
    int end_col;

    if (!is_from_server)
        sender_col = (arrow->left_col + arrow->right_col) / 2;
    paint_glyph(arrow->paint, arrow->line, arrow->left_col, sender_col - arrow->left_col,
                arrow->role, GLYPH_RULE);
    paint_glyph(arrow->paint, arrow->line, arrow->left_col, 1, arrow->role, GLYPH_TO_LEFT);
    paint_text(arrow->paint, arrow->line, arrow->left_col + 2, 1, arrow->role, " ");
    end_col = paint_text(arrow->paint, arrow->line, arrow->left_col + 3,
                         sender_col - arrow->left_col - 4, arrow->role, label);
    paint_text(arrow->paint, arrow->line, end_col, 1, arrow->role, " ");
    paint_glyph(arrow->paint, arrow->line, sender_col, 1, arrow->role, GLYPH_DIAMOND);
    if (!is_from_server)
        paint_text(arrow->paint, arrow->line, sender_col + 2, arrow->right_col - sender_col - 2,
                   arrow->role, ipaddr_format(&failure->icmp.from, router));
}

static void paint_arrow(const struct arrow *arrow, const struct model *model,
                        const struct ladder_row *row)
{
    bool is_to_client = row->mark.side == SIDE_SERVER;
    char label[CELL_BYTES];
    struct text text = TEXT_OF(label);

    add_label(&text, model, row);
    if (row->is_icmp)
        paint_icmp(arrow, model, label);
    else if (row->is_forged)
        paint_forged(arrow, label, is_to_client);
    else if (is_to_client)
        paint_to_client(arrow, label);
    else
        paint_to_server(arrow, label, row->is_unanswered);
}

/* Packets between the first and the last ones that are not kept. */
static void paint_gap(const struct arrow *arrow, const struct ladder_row *row)
{
    char words[CELL_BYTES];
    struct text text = TEXT_OF(words);

    text_add_number_of(&text, row->n_left_out, "packet");
    text_add(&text, " not kept");
    paint_text(arrow->paint, arrow->line, arrow->left_col + HEAD_CELLS,
               shaft_cells(arrow) - HEAD_CELLS, arrow->role, words);
}

/* "+0.000011", with a sign, in microseconds up to ten seconds. */
static void add_span(struct text *text, int64_t from_ns, int64_t to_ns)
{
    int64_t span_us = (to_ns - from_ns) / NS_PER_US;
    char sign = span_us < 0 ? '-' : '+';

    if (span_us < 0)
        span_us = -span_us;
    text_addf(text, "%c%" PRId64 ".%06" PRId64, sign, span_us / 1000000, span_us % 1000000);
}

static void add_time(const struct model *model, uint32_t i, struct text *text)
{
    const struct ladder *ladder = &model->visit.ladder;
    int64_t ts_ns = ladder->row[i].mark.ts_ns;

    if (model->visit.time_form == TIME_CLOCK)
        calendar_add_clock(text, ts_ns, 2);
    else if (i == 0)
        text_add(text, "0.000000");
    else
        add_span(text, ladder->row[model->visit.time_form == TIME_DELTA ? i - 1 : 0].mark.ts_ns,
                 ts_ns);
}

static enum role row_role(const struct ladder_row *row)
{
    if (row->is_forged)
        return ROLE_FORGED;
    return row->is_odd ? ROLE_INCIDENT : ROLE_TEXT;
}

static void paint_row(struct paint *paint, const struct model *model, const struct places *places,
                      int line, uint32_t i)
{
    const struct ladder_row *row = &model->visit.ladder.row[i];
    enum role role = panel_row(paint, model, PANE_PACKETS, line, i, row_role(row));
    struct arrow arrow = {paint, line, places->client_col + 1, places->server_col - 1, role};
    char cell[CELL_BYTES];
    struct text text = TEXT_OF(cell);

    paint_text(paint, line, MARK_COL, 1, role, row->is_odd ? "!" : " ");
    text_addf(&text, "%" PRIu64, row->mark.frame);
    if (row->n_left_out == 0)
        paint_text_right(paint, line, FRAME_COL + FRAME_CELLS, role, cell);
    if (places->time_col > 0 && row->n_left_out == 0) {
        text = TEXT_OF(cell);
        add_time(model, i, &text);
        paint_text_right(paint, line, places->time_col + TIME_CELLS, role, cell);
    }
    paint_glyph(paint, line, places->client_col, 1, role, GLYPH_LANE);
    paint_glyph(paint, line, places->server_col, 1, role, GLYPH_LANE);
    if (row->n_left_out > 0) {
        paint_gap(&arrow, row);
        return;
    }
    paint_arrow(&arrow, model, row);
    for (unsigned k = 0; k < COLUMN_COUNT; k++) {
        text = TEXT_OF(cell);
        columns[k].cell(model, row, &text);
        if (places->col[k] > 0)
            paint_text_right(paint, line, places->col[k] + columns[k].n_cells, role, cell);
    }
    if (places->note_cells >= NOTE_MIN_CELLS) {
        struct rect room = {line, places->note_col, 1, places->note_cells};

        text = TEXT_OF(cell);
        if (model->visit.shows_options)
            ladder_add_options(&text, &model->visit.failure, row);
        paint_wrapped(paint, &room, role, model->visit.shows_options ? cell : row->note);
    }
}

/* The lines' ends; between them what is not shown, if there is such. */
static void paint_end(struct paint *paint, const struct model *model, const struct places *places,
                      int line)
{
    const struct ladder *ladder = &model->visit.ladder;
    char words[CELL_BYTES];
    struct text text = TEXT_OF(words);

    paint_glyph(paint, line, places->client_col, 1, ROLE_TEXT, GLYPH_LANE_END);
    paint_glyph(paint, line, places->server_col, 1, ROLE_TEXT, GLYPH_LANE_END);
    if (ladder->n_seen_pkts <= ladder->n_shown_pkts)
        return;
    text_addf(&text, "%" PRIu32 " of ", ladder->n_shown_pkts);
    figure_count(&text, ladder->n_seen_pkts);
    text_add(&text, " packets");
    paint_text(paint, line, places->client_col + 3, places->server_col - places->client_col - 4,
               ROLE_RULE, words);
}

void panel_ladder(struct paint *paint, struct model *model, const struct rect *rect)
{
    const struct pane_view *view = &model->view[PANE_PACKETS];
    struct places places = place_columns(paint->n_cols, model->visit.shows_options);
    uint32_t i = 0;

    model_fit_pane(model, PANE_PACKETS, rect->line + 1, rect->n_lines - 1);
    paint_title(paint, model, rect->line, &places);
    for (; i < view->n_visible && view->first + i < view->n_rows; i++)
        paint_row(paint, model, &places, rect->line + 1 + (int)i, view->first + i);
    if (i < view->n_visible)
        paint_end(paint, model, &places, rect->line + 1 + (int)i);
}
