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
#include "tui/prompt.h"

#define MAX_LINES 80
#define MAX_COLS 250
#define SCREEN_BYTES ((size_t)MAX_LINES * (MAX_COLS * GRID_CELL_BYTES + 1) + 1)

struct screen_case {
    const char *file; /* name.txt; the case is what it says */
    int n_lines, n_cols;
    const char *keys;                          /* pressed after the first snapshot */
    void (*change)(struct snapshot *snapshot); /* NULL: the mock-up's figures */
    void (*then)(struct snapshot *snapshot);   /* a second snapshot after the keys; NULL: none */
    bool is_ascii, shows_roles, has_no_snapshot;
    void (*tell)(struct journal *journal); /* what was judged; NULL: nothing */
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

static void with_health(struct snapshot *snapshot)
{
    packets_lost(snapshot);
    snapshot->total.n_flows_evicted = 12;
    snapshot->health = (struct snapshot_health){
        .n_sources = 1,
        .source = {{4639, 1200, false}},
        .frames_queued_bytes = 7 << 19,
        .frame_rings_bytes = 4 << 20,
        .events_queued_bytes = 1000,
        .event_ring_bytes = 1 << 20,
        .tables_bytes = UINT64_C(251) << 20,
        .rss_bytes = UINT64_C(254) << 20,
        .cpu_ns = 1230 * NS_PER_MS,
    };
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

static void three_failures(struct journal *journal)
{
    struct verdict_event event;

    sample_rejected(&event);
    journal_event(journal, &event);
    sample_incident(&event, INCIDENT_OPEN);
    journal_event(journal, &event);
    sample_forged(&event);
    journal_event(journal, &event);
    sample_timeout(&event);
    journal_event(journal, &event);
}

static void three_seconds_later(struct snapshot *snapshot)
{
    snapshot->now_ns += 3 * NS_PER_S;
    snapshot->total.n_attempts += 6;
    snapshot->total.n_ok += 3;
    snapshot->total.n_failed += 3;
    snapshot->family[FAMILY_REFUSED].n_total += 3;
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        for (unsigned k = 0; k < SNAPSHOT_COLUMNS; k++)
            snapshot->family[i].column[k] =
                k + 1 < SNAPSHOT_COLUMNS ? snapshot->family[i].column[k + 1] : 0;
    snapshot->family[FAMILY_REFUSED].column[SNAPSHOT_COLUMNS - 1] = 3;
    snapshot->endpoint[6].n_failures += 3; /* 10.20.0.21:8080 */
    snapshot->endpoint[6].n_last_10s += 3;
}

static void four_incidents(struct journal *journal)
{
    struct verdict_event event;

    sample_incident(&event, INCIDENT_CLOSE);
    journal_event(journal, &event);
    sample_incident(&event, INCIDENT_OPEN);
    event.incident.number = 2;
    event.incident.family = FAMILY_RST_FORGED;
    event.incident.server.port = 7000;
    event.incident.n_failures = 5;
    journal_event(journal, &event);
    event.incident.number = 3;
    event.incident.scope = SCOPE_CLIENT;
    event.incident.family = FAMILY_TIMEOUT;
    event.incident.n_failures = 5000;
    event.incident.n_attempts = 5000;
    journal_event(journal, &event);
    event.incident.number = 4;
    event.incident.scope = SCOPE_NETWORK;
    event.incident.server = sample_endpoint("2001:db8:85a3:8d3::", 0);
    journal_event(journal, &event);
}

static void of_the_timeout(struct snapshot *snapshot)
{
    snapshot->endpoint[0].server = sample_endpoint("fd00::23", 443);
    snapshot->endpoint[0].family = FAMILY_TIMEOUT;
    snapshot->endpoint[0].n_failures = 99;
}

static void told_by_a_router(struct journal *journal)
{
    struct verdict_event event;

    sample_rejected(&event);
    event.connection.icmp.from = sample_addr("192.0.2.1");
    journal_event(journal, &event);
}

/* What a packet said must not reach the terminal as a command, in whichever field it comes. */
static void failures_of_strangers(struct journal *journal)
{
    static const char hostile[] = "\x1b[2J\x1b]52;c;cm0=\x07\r\n\xe2\x80\xae\xff<b>";
    struct verdict_event event;
    struct text text;

    sample_forged(&event);
    for (unsigned i = 0; i < event.connection.n_evidence; i++) {
        text = TEXT_OF(event.connection.evidence[i].note);
        text_add(&text, hostile);
    }
    for (unsigned i = 0; i < event.connection.n_because; i++) {
        text = TEXT_OF(event.connection.because[i].value);
        text_add(&text, hostile);
    }
    text = TEXT_OF(event.connection.said.tls.server_name);
    text_add(&text, hostile);
    event.connection.said.kind = READER_TLS;
    journal_event(journal, &event);
}

static void refused_by_a_strange_banner(struct journal *journal)
{
    struct verdict_event event;
    struct banner_facts *banner = &event.connection.said.banner;

    sample_forged(&event);
    event.connection.said.kind = READER_BANNER;
    banner->refusal.frame = 2917;
    banner->protocol = BANNER_POSTGRESQL;
    memcpy(banner->code, "53300", sizeof("53300"));
    memset(banner->text, '\x1b', sizeof(banner->text)); /* without an end */
    journal_event(journal, &event);
}

static const struct screen_case cases[] = {
    {"80x24", 24, 80, "j", NULL, NULL, false, false, false, NULL},
    {"40x10", 10, 40, "j", NULL, NULL, false, false, false, NULL},
    {"120x40", 40, 120, "j", NULL, NULL, false, false, false, NULL},
    {"200x60", 60, 200, "j", NULL, NULL, false, false, false, NULL},
    {"250x80", 80, 250, "j", NULL, NULL, false, false, false, NULL},
    {"79x23", 23, 79, "j", NULL, NULL, false, false, false, NULL},
    {"60x18", 18, 60, "j", NULL, NULL, false, false, false, NULL},
    {"39x24-one-line", 24, 39, "", NULL, NULL, false, false, false, NULL},
    {"20x5-one-line", 5, 20, "", NULL, NULL, false, false, false, NULL},
    {"80x24-ascii", 24, 80, "j", NULL, NULL, true, false, false, NULL},
    {"80x24-roles", 24, 80, "j", packets_lost, NULL, false, true, false, NULL},
    {"80x24-before-snapshot", 24, 80, "", NULL, NULL, false, false, true, NULL},
    {"80x24-nothing-yet", 24, 80, "", nothing_yet, NULL, false, false, false, NULL},
    {"80x24-all-is-well", 24, 80, "", all_is_well, NULL, false, false, false, NULL},
    {"80x24-all-families", 24, 80, "v", NULL, NULL, false, false, false, NULL},
    {"80x24-paused", 24, 80, "p", NULL, twelve_more_failed, false, false, false, NULL},
    {"80x24-where-alone", 24, 80, "2jjj", NULL, NULL, false, false, false, NULL},
    {"80x24-latest-alone", 24, 80, "3", packets_lost, NULL, false, false, false, NULL},
    {"80x24-sorted", 24, 80, "ssssssr", NULL, NULL, false, false, false, NULL},
    {"80x24-since-start", 24, 80, "t", NULL, NULL, false, false, false, NULL},
    {"80x24-loss", 24, 80, "", packets_lost, NULL, false, false, false, NULL},
    {"80x24-long-addresses", 24, 80, "", long_addresses, NULL, false, false, false, NULL},
    {"40x10-long-addresses", 10, 40, "", long_addresses, NULL, false, false, false, NULL},
    {"80x24-large-figures", 24, 80, "", large_figures, NULL, false, false, false, NULL},
    {"120x40-large-figures", 40, 120, "", large_figures, NULL, false, false, false, NULL},
    {"120x40-loss", 40, 120, "", packets_lost, NULL, false, false, false, NULL},
    {"120x40-why-selected", 40, 120, "\t\tjj", NULL, NULL, false, false, false, NULL},
    {"120x40-latest-selected", 40, 120, "\tj", NULL, NULL, false, false, false, NULL},
    {"120x40-delta", 40, 120, "tt", NULL, NULL, false, false, false, NULL},
    {"120x40-bytes-of-strangers", 40, 120, "\t", bytes_of_strangers, NULL, false, false, false,
     NULL},
    {"80x24-why-sorted", 24, 80, "\t\tss", NULL, NULL, false, false, false, NULL},
    {"80x24-latest-sorted", 24, 80, "3ss", NULL, NULL, false, false, false, NULL},
    {"80x24-scrolled", 24, 80, "\tjlll", NULL, NULL, false, false, false, NULL},
    {"80x24-zeroed", 24, 80, "z--", NULL, three_seconds_later, false, false, false, NULL},
    {"80x24-incidents", 24, 80, "4", NULL, NULL, false, false, false, four_incidents},
    {"120x40-incidents", 40, 120, "4jsss", NULL, NULL, false, false, false, four_incidents},
    {"40x10-incidents", 10, 40, "4", NULL, NULL, false, false, false, four_incidents},
    {"80x24-no-incidents", 24, 80, "4", NULL, NULL, false, false, false, NULL},
    {"80x24-marked", 24, 80, "j  jk\t ", NULL, NULL, false, false, false, NULL},
    {"80x24-endpoint-steps", 24, 80, "j\r\tj", NULL, NULL, false, false, false, three_failures},
    {"40x10-endpoint-steps", 10, 40, "j\r\tj", NULL, NULL, false, false, false, three_failures},
    {"80x24-flow-options", 24, 80, "\r\ro", NULL, NULL, false, false, false, three_failures},
    {"120x40-flow-marked", 40, 120, "\r\rkk jj\tj", NULL, NULL, false, false, false,
     three_failures},
    {"80x24-bytes", 24, 80, "\r\r\rjj", NULL, NULL, false, false, false, three_failures},
    {"40x10-bytes", 10, 40, "\r\r\rG", NULL, NULL, false, false, false, three_failures},
    {"80x24-capture", 24, 80, "i", with_health, NULL, false, false, false, NULL},
    {"120x40-capture", 40, 120, "i", with_health, NULL, false, false, false, NULL},
    {"40x10-capture", 10, 40, "i", with_health, NULL, false, false, false, NULL},
    {"80x24-saving", 24, 80, "\rw", NULL, NULL, false, false, false, three_failures},
    {"80x24-reporting", 24, 80, "e", NULL, NULL, false, false, false, three_failures},
    {"80x24-sni", 24, 80, "fsni:*.example.org\r", NULL, NULL, false, false, false, three_failures},
    {"80x24-help", 24, 80, "?", NULL, NULL, false, false, false, NULL},
    {"120x40-help", 40, 120, "?", NULL, NULL, false, false, false, NULL},
    {"40x10-help", 10, 40, "?", NULL, NULL, false, false, false, NULL},
    {"40x10-help-next", 10, 40, "? ", NULL, NULL, false, false, false, NULL},
    {"80x24-filtered", 24, 80, "fport:443 not why:tls\r", NULL, NULL, false, false, false, NULL},
    {"80x24-filtering", 24, 80, "fserver:10.20.0.22/32", NULL, NULL, false, false, false, NULL},
    {"40x10-filtering", 10, 40, "fwhy:timeout since:5m", NULL, NULL, false, false, false, NULL},
    {"80x24-none-passes", 24, 80, "fport:1\r", NULL, NULL, false, false, false, NULL},
    {"80x24-endpoint", 24, 80, "j\r", NULL, NULL, false, false, false, three_failures},
    {"120x40-endpoint", 40, 120, "\r", NULL, NULL, false, false, false, three_failures},
    {"40x10-endpoint", 10, 40, "j\r", NULL, NULL, false, false, false, three_failures},
    {"80x24-endpoint-none-told", 24, 80, "jj\r", NULL, NULL, false, false, false, three_failures},
    {"80x24-endpoint-healthy", 24, 80, "G\r", NULL, NULL, false, false, false, three_failures},
    {"80x24-flow", 24, 80, "\r\r", NULL, NULL, false, false, false, three_failures},
    {"120x40-flow", 40, 120, "\r\r", NULL, NULL, false, false, false, three_failures},
    {"250x80-endpoint", 80, 250, "\r", NULL, NULL, false, false, false, three_failures},
    {"250x80-flow", 80, 250, "\r\r", NULL, NULL, false, false, false, three_failures},
    {"200x60-flow", 60, 200, "\r\r", NULL, NULL, false, false, false, three_failures},
    {"40x10-flow", 10, 40, "\r\r", NULL, NULL, false, false, false, three_failures},
    {"80x24-flow-ascii", 24, 80, "\r\r", NULL, NULL, true, false, false, three_failures},
    {"80x24-flow-roles", 24, 80, "\r\r", NULL, NULL, false, true, false, three_failures},
    {"120x40-flow-icmp", 40, 120, "j\r\rta", NULL, NULL, false, false, false, three_failures},
    {"80x24-flow-router", 24, 80, "j\r\r", NULL, NULL, false, false, false, told_by_a_router},
    {"80x24-flow-unanswered", 24, 80, "\r\r", of_the_timeout, NULL, false, false, false,
     three_failures},
    {"120x40-flow-banner-of-strangers", 40, 120, "\r\r", NULL, NULL, false, false, false,
     refused_by_a_strange_banner},
    {"120x40-flow-bytes-of-strangers", 40, 120, "\r\r", NULL, NULL, false, false, false,
     failures_of_strangers},
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

/* Bytes that no terminal should see, and more of them than are kept. */
static void show_a_packet(struct model *model)
{
    static uint8_t bytes[VIEW_PACKET_BYTES + 10];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    model_show_bytes(model, bytes, sizeof(bytes), 9000);
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
        if (model->prompt.kind != PROMPT_NONE)
            prompt_key(model, *key);
        else if (model_action(model, keys_action(*key)) == EFFECT_BYTES)
            show_a_packet(model);
    if (screen->then) {
        screen->then(&snapshot);
        model_snapshot(model, &snapshot);
    }
}

static size_t paint_case(const struct screen_case *screen, char *out, size_t out_bytes)
{
    static struct grid_cell cells[MAX_LINES * MAX_COLS];
    static struct services services;
    static struct journal journal;
    static struct model model;
    struct text text = text_wrap(out, out_bytes);
    struct grid grid;

    memset(&services, 0, sizeof(services));
    memset(&journal, 0, sizeof(journal));
    if (screen->tell)
        screen->tell(&journal);
    fill_services(&services);
    model_init(&model, mockup_run(), &services, &journal);
    grid_init(&grid, cells, screen->n_lines, screen->n_cols, screen->is_ascii);
    play(&model, screen, &grid.paint);
    model.notice[0] = '\0'; /* the keys' answers would hide the key bar */
    grid_init(&grid, cells, screen->n_lines, screen->n_cols, screen->is_ascii);
    panel_screen(&grid.paint, &model);
    for (int i = 0; i < screen->n_lines * screen->n_cols; i++)
        assert_true((unsigned char)cells[i].bytes[0] >= ' ' && cells[i].bytes[0] != 0x7f);
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

static bool has_cursor(const struct grid *grid)
{
    for (int line = 0; line < grid->paint.n_lines; line++)
        if (grid->cells[line * grid->paint.n_cols].bytes[0] == '>')
            return true;
    return false;
}

/* Every size: nothing is painted outside (the grid asserts it), and the cursor is in sight. */
static void every_size_shows_something_and_the_cursor(void **state)
{
    static struct grid_cell cells[MAX_LINES * MAX_COLS];
    static struct services services;
    static struct journal journal;
    static struct model model;
    static struct snapshot snapshot;

    (void)state;
    mockup_snapshot(&snapshot);
    long_addresses(&snapshot);
    three_failures(&journal);
    for (int n_lines = 1; n_lines <= MAX_LINES; n_lines += n_lines < 45 ? 1 : 5) {
        for (int n_cols = 1; n_cols <= MAX_COLS; n_cols += n_cols < 45 ? 1 : 7) {
            struct grid grid;
            model_init(&model, mockup_run(), &services, &journal);
            model_snapshot(&model, &snapshot);
            grid_init(&grid, cells, n_lines, n_cols, false);
            panel_screen(&grid.paint, &model);
            for (const char *key = "G\x1b"
                                   "gj\r\rG";
                 *key != '\0'; key++) {
                model_action(&model, keys_action(*key));
                grid_init(&grid, cells, n_lines, n_cols, false);
                panel_screen(&grid.paint, &model);
                if (n_lines >= LAYOUT_MIN_LINES && n_cols >= LAYOUT_MIN_COLS)
                    assert_true(has_cursor(&grid));
            }
            model_action(&model, ACTION_BACK);
            model_action(&model, ACTION_BACK);
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
