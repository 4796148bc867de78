/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole screens, painted into memory and compared with the text files of tests/golden/screen. */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "base/text.h"
#include "golden.h"
#include "mockup.h"
#include "sample.h"
#include "tui/paint_grid.h"
#include "tui/panel.h"

#define MAX_LINES 60
#define MAX_COLS 200
#define SCREEN_BYTES ((size_t)MAX_LINES * (MAX_COLS * GRID_CELL_BYTES + 1) + 1)

struct screen_case {
    const char *file; /* name.txt; the case is what it says */
    int n_lines, n_cols;
    const char *keys;                          /* pressed after the first snapshot */
    void (*change)(struct snapshot *snapshot); /* NULL: the mock-up's figures */
    void (*then)(struct snapshot *snapshot);   /* a second snapshot after the keys; NULL: none */
    bool is_ascii, shows_roles, has_no_snapshot;
};

/* Other figures than those of the mock-up. */

static void nothing_yet(struct snapshot *snapshot)
{
    memset(snapshot, 0, sizeof(*snapshot));
    snapshot->now_ns = NS_NEVER;
    snapshot->start_ns = NS_NEVER;
    snapshot->is_trusted = true;
}

static void all_is_well(struct snapshot *snapshot)
{
    snapshot->total.n_failed = 0;
    snapshot->n_failed_10s = 0;
    snapshot->n_incidents_open = 0;
    snapshot->n_latest = 0;
    memset(snapshot->family, 0, sizeof(snapshot->family));
    snapshot->endpoint[0] = snapshot->endpoint[snapshot->n_endpoint_rows - 1];
    snapshot->n_endpoint_rows = 1;
}

static void long_addresses(struct snapshot *snapshot)
{
    for (uint32_t i = 0; i < snapshot->n_endpoint_rows; i += 2)
        snapshot->endpoint[i].server = sample_endpoint("2001:db8:85a3:8d3:1319:8a2e:370:7348",
                                                       snapshot->endpoint[i].server.port);
    for (uint32_t i = 0; i < snapshot->n_latest; i += 2) {
        snapshot->latest[i].client = sample_endpoint("2001:db8:85a3:8d3:1319:8a2e:370:ffff", 50000);
        snapshot->latest[i].server = sample_endpoint("2001:db8:85a3:8d3:1319:8a2e:370:7348", 443);
    }
}

static void large_figures(struct snapshot *snapshot)
{
    snapshot->n_pkts_10s = UINT64_C(148800000);
    snapshot->wire_bytes_10s = UINT64_C(12500000000);
    snapshot->total.n_pkts = UINT64_C(8928000000);
    snapshot->total.n_failed = 99999999;
    snapshot->n_failed_10s = 1234567;
    snapshot->n_flows_open = 1048576;
    snapshot->family[FAMILY_TIMEOUT].n_total = 99000000;
    snapshot->family[FAMILY_TIMEOUT].n_last_10s = 1234560;
    snapshot->endpoint[4].n_failures = 99000000;
    snapshot->endpoint[4].n_attempts = 1234567890;
    snapshot->endpoint[4].n_last_10s = 1234560;
    snapshot->endpoint[4].n_clients = 65;
}

static void packets_lost(struct snapshot *snapshot)
{
    snapshot->total.n_kernel_dropped = 1200;
    snapshot->total.n_ring_dropped = 34;
    snapshot->is_trusted = false;
    snapshot->latest[0].is_judged_with_loss = true;
}

static void twelve_more_failed(struct snapshot *snapshot)
{
    snapshot->total.n_failed += 12;
}

static void bytes_of_strangers(struct snapshot *snapshot)
{
    struct text why = TEXT_OF(snapshot->latest[0].why);

    text_add(&why, "alert \x1b[2J\x1b]52;c;cm0=\x07 \xe2\x80\xae\xff caf\xc3\xa9 <b>");
}

static const struct screen_case cases[] = {
    {"80x24", 24, 80, "j", NULL, NULL, false, false, false},
    {"40x10", 10, 40, "j", NULL, NULL, false, false, false},
    {"120x40", 40, 120, "j", NULL, NULL, false, false, false},
    {"200x60", 60, 200, "j", NULL, NULL, false, false, false},
    {"79x23", 23, 79, "j", NULL, NULL, false, false, false},
    {"60x18", 18, 60, "j", NULL, NULL, false, false, false},
    {"39x24-one-line", 24, 39, "", NULL, NULL, false, false, false},
    {"20x5-one-line", 5, 20, "", NULL, NULL, false, false, false},
    {"80x24-ascii", 24, 80, "j", NULL, NULL, true, false, false},
    {"80x24-roles", 24, 80, "j", packets_lost, NULL, false, true, false},
    {"80x24-before-snapshot", 24, 80, "", NULL, NULL, false, false, true},
    {"80x24-nothing-yet", 24, 80, "", nothing_yet, NULL, false, false, false},
    {"80x24-all-is-well", 24, 80, "", all_is_well, NULL, false, false, false},
    {"80x24-all-families", 24, 80, "v", NULL, NULL, false, false, false},
    {"80x24-paused", 24, 80, "p", NULL, twelve_more_failed, false, false, false},
    {"80x24-where-alone", 24, 80, "2jjj", NULL, NULL, false, false, false},
    {"80x24-latest-alone", 24, 80, "3", packets_lost, NULL, false, false, false},
    {"80x24-sorted", 24, 80, "ssssr", NULL, NULL, false, false, false},
    {"80x24-since-start", 24, 80, "t", NULL, NULL, false, false, false},
    {"80x24-loss", 24, 80, "", packets_lost, NULL, false, false, false},
    {"80x24-long-addresses", 24, 80, "", long_addresses, NULL, false, false, false},
    {"40x10-long-addresses", 10, 40, "", long_addresses, NULL, false, false, false},
    {"80x24-large-figures", 24, 80, "", large_figures, NULL, false, false, false},
    {"120x40-large-figures", 40, 120, "", large_figures, NULL, false, false, false},
    {"120x40-loss", 40, 120, "", packets_lost, NULL, false, false, false},
    {"120x40-why-selected", 40, 120, "\t\tjj", NULL, NULL, false, false, false},
    {"120x40-latest-selected", 40, 120, "\tj", NULL, NULL, false, false, false},
    {"120x40-delta", 40, 120, "tt", NULL, NULL, false, false, false},
    {"120x40-bytes-of-strangers", 40, 120, "\t", bytes_of_strangers, NULL, false, false, false},
    {"80x24-help", 24, 80, "?", NULL, NULL, false, false, false},
    {"120x40-help", 40, 120, "?", NULL, NULL, false, false, false},
    {"40x10-help", 10, 40, "?", NULL, NULL, false, false, false},
    {"40x10-help-next", 10, 40, "? ", NULL, NULL, false, false, false},
};

static void fill_services(struct services *services)
{
    static const struct {
        uint16_t port;
        const char *name;
    } rows[] = {{80, "http"},
                {443, "https"},
                {5432, "postgresql"},
                {6379, "redis"},
                {7000, "afs3-fileserver"},
                {8080, "http-alt"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct text name = TEXT_OF(services->row[i].name);

        text_add(&name, rows[i].name);
        services->row[i].port = rows[i].port;
        services->n++;
    }
}

static void play(struct model *model, const struct screen_case *screen, struct paint *paint)
{
    static struct snapshot snapshot;

    mockup_snapshot(&snapshot);
    if (screen->change)
        screen->change(&snapshot);
    if (!screen->has_no_snapshot)
        model_snapshot(model, &snapshot);
    panel_screen(paint, model); /* keys need to know how many rows are in sight */
    for (const char *key = screen->keys; *key != '\0'; key++)
        model_action(model, keys_action(*key));
    if (screen->then) {
        screen->then(&snapshot);
        model_snapshot(model, &snapshot);
    }
}

static size_t paint_case(const struct screen_case *screen, char *out, size_t out_bytes)
{
    static struct grid_cell cells[MAX_LINES * MAX_COLS];
    static struct services services;
    static struct model model;
    struct text text = text_wrap(out, out_bytes);
    struct grid grid;

    memset(&services, 0, sizeof(services));
    fill_services(&services);
    model_init(&model, mockup_run(), &services);
    grid_init(&grid, cells, screen->n_lines, screen->n_cols, screen->is_ascii);
    play(&model, screen, &grid.paint);
    model.notice[0] = '\0'; /* the keys' answers would hide the key bar */
    grid_init(&grid, cells, screen->n_lines, screen->n_cols, screen->is_ascii);
    panel_screen(&grid.paint, &model);
    for (int line = 0; line < screen->n_lines; line++) {
        if (screen->shows_roles)
            grid_add_roles(&grid, line, &text);
        else
            grid_add_line(&grid, line, &text);
        text_add(&text, "\n");
    }
    assert_false(text.is_cut);
    return text.used_bytes;
}

static void screens_are_those_of_the_text_files(void **state)
{
    static char painted[SCREEN_BYTES];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[512];
        struct text path_text = TEXT_OF(path);
        size_t n_bytes = paint_case(&cases[i], painted, sizeof(painted));

        text_addf(&path_text, "%s/%s.txt", GOLDEN_DIR, cases[i].file);
        golden_compare(path, painted, n_bytes);
    }
}

/* Every size: nothing is painted outside (the grid asserts it), and the cursor is in sight. */
static void every_size_shows_something_and_the_cursor(void **state)
{
    static struct grid_cell cells[MAX_LINES * MAX_COLS];
    static struct services services;
    static struct model model;
    static struct snapshot snapshot;

    (void)state;
    mockup_snapshot(&snapshot);
    long_addresses(&snapshot);
    for (int n_lines = 1; n_lines <= MAX_LINES; n_lines += n_lines < 45 ? 1 : 5) {
        for (int n_cols = 1; n_cols <= MAX_COLS; n_cols += n_cols < 45 ? 1 : 7) {
            struct grid grid;
            bool has_cursor = false;

            model_init(&model, mockup_run(), &services);
            model_snapshot(&model, &snapshot);
            model_action(&model, ACTION_LAST);
            grid_init(&grid, cells, n_lines, n_cols, false);
            panel_screen(&grid.paint, &model);
            for (int line = 0; line < n_lines; line++)
                has_cursor |= cells[line * n_cols].bytes[0] == '>';
            if (n_lines >= LAYOUT_MIN_LINES && n_cols >= LAYOUT_MIN_COLS)
                assert_true(has_cursor);
            model_action(&model, ACTION_HELP);
            panel_screen(&grid.paint, &model);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(screens_are_those_of_the_text_files),
        cmocka_unit_test(every_size_shows_something_and_the_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
