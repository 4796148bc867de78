/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture health: what came, what was lost and where, and how full everything is. */
#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "tui/figures.h"
#include "tui/panel.h"

#define FRAME_LINES 2 /* title and last line */
#define LABEL_CELLS 18
#define LINES_MAX 64
#define LINE_BYTES 160
#define NAME_CELLS 40

struct health_line {
    const char *label;
    char words[LINE_BYTES];
    bool is_heading, is_warning;
};

struct health {
    unsigned n;
    struct health_line line[LINES_MAX];
};

static struct text add_line(struct health *health, const char *label, bool is_warning)
{
    struct health_line *line = &health->line[health->n < LINES_MAX ? health->n++ : LINES_MAX - 1];

    *line = (struct health_line){.label = label, .is_warning = is_warning};
    return TEXT_OF(line->words);
}

static void add_heading(struct health *health, const char *name)
{
    struct text text = add_line(health, name, false);

    (void)text;
    health->line[health->n - 1].is_heading = true;
}

static void add_count(struct health *health, const char *label, uint64_t count, bool is_loss)
{
    struct text text = add_line(health, label, is_loss && count > 0);

    figure_count(&text, count);
}

static void add_bytes(struct text *text, uint64_t n_bytes)
{
    text_addf(text, "%" PRIu64 ".%" PRIu64 " MiB", n_bytes >> 20, (n_bytes & 0xfffff) * 10 >> 20);
}

/* "0.1 of 4.0 MiB, 2 %". */
static void add_use(struct health *health, const char *label, uint64_t used, uint64_t size)
{
    struct text text = add_line(health, label, size > 0 && used > size / 4 * 3);

    add_bytes(&text, used);
    text_add(&text, " of ");
    add_bytes(&text, size);
    text_add(&text, ", ");
    figure_percent(&text, used, size, 0);
    text_add(&text, " %");
}

static void add_source(struct health *health, const struct model *model, uint32_t i)
{
    const struct sink_source *source = &model->run->source[i];
    const struct snapshot_health *now = &model->shown.health;
    uint64_t n_dropped = i < now->n_sources ? now->source[i].n_kernel_dropped : 0;
    bool is_away = i < now->n_sources && now->source[i].is_away;
    struct text text = add_line(health, source->kind, n_dropped > 0 || is_away);

    text_add_untrusted(&text, (const uint8_t *)source->name, strlen(source->name), NAME_CELLS);
    text_add(&text, ": ");
    figure_count(&text, i < now->n_sources ? now->source[i].n_pkts : 0);
    text_add(&text, " packets");
    if (model->run->is_live) {
        text_add(&text, ", ");
        figure_count(&text, n_dropped);
        text_add(&text, " dropped");
    }
    if (is_away)
        text_add(&text, ", DOWN OR GONE");
    text = add_line(health, "", false);
    text_add(&text, source->link_type ? source->link_type : "link type unknown");
    if (source->snaplen_bytes > 0)
        text_addf(&text, ", snap length %" PRIu32, source->snaplen_bytes);
    if (source->ring_bytes > 0) {
        text_add(&text, ", kernel ring ");
        add_bytes(&text, source->ring_bytes);
    }
    if (source->is_promiscuous)
        text_add(&text, ", promiscuous");
    if (source->tstamp_source && source->tstamp_precision)
        text_addf(&text, ", stamps of the %s in %s", source->tstamp_source,
                  source->tstamp_precision);
}

static void add_packets(struct health *health, const struct snapshot *shown)
{
    const struct run_totals *total = &shown->total;
    struct text text;

    add_heading(health, "Packets");
    add_count(health, "captured", total->n_pkts, false);
    add_count(health, "kernel dropped", total->n_kernel_dropped, true);
    text = add_line(health, "card dropped",
                    total->is_iface_dropped_known && total->n_iface_dropped > 0);
    if (total->is_iface_dropped_known)
        figure_count(&text, total->n_iface_dropped);
    else
        text_add(&text, "unknown");
    add_count(health, "shed under load", total->n_shed, true);
    add_count(health, "ring full", total->n_ring_dropped, true);
    add_count(health, "cut short", total->n_truncated, false);
    add_count(health, "malformed", total->n_malformed, false);
    text = add_line(health, "verdicts", !shown->is_trusted);
    text_add(&text, shown->is_trusted ? "FULL: silence proves something"
                                      : "REDUCED: packets were lost, silence proves little");
}

static void add_tables(struct health *health, const struct model *model)
{
    const struct snapshot *shown = &model->shown;
    const struct snapshot_health *now = &shown->health;
    struct text text;

    add_heading(health, "Tables and queues");
    text = add_line(health, "open flows", shown->total.n_flows_evicted > 0);
    figure_count(&text, shown->n_flows_open);
    text_add(&text, " of ");
    figure_count(&text, shown->n_flows_max);
    text_add(&text, ", ");
    figure_count(&text, shown->total.n_flows_evicted);
    text_add(&text, " pushed out");
    text = add_line(health, "endpoints", false);
    figure_count(&text, shown->n_endpoints);
    text_add(&text, " of ");
    figure_count(&text, model->run->limit_endpoints);
    add_use(health, "packet rings", now->frames_queued_bytes, now->frame_rings_bytes);
    add_use(health, "event queue", now->events_queued_bytes, now->event_ring_bytes);
    add_count(health, "events lost", shown->total.n_events_lost, true);
    add_count(health, "lines held back", shown->total.n_failures_suppressed, false);
    add_count(health, "incident overflow", shown->total.n_incident_overflow, true);
}

static void add_process(struct health *health, const struct snapshot *shown)
{
    const struct snapshot_health *now = &shown->health;
    struct text text;

    add_heading(health, "Process");
    text = add_line(health, "memory", false);
    add_bytes(&text, now->rss_bytes);
    text_add(&text, " resident, tables ");
    add_bytes(&text, now->tables_bytes);
    if (now->cpu_ns == 0)
        return;
    text = add_line(health, "CPU time", false);
    figure_duration(&text, now->cpu_ns);
    text_add(&text, " in ");
    figure_span(&text, ns_since(shown->start_ns, shown->now_ns));
}

static void collect(struct health *health, const struct model *model)
{
    health->n = 0;
    add_heading(health, model->run->is_live ? "Interfaces" : "Input");
    for (uint32_t i = 0; i < model->run->n_sources; i++)
        add_source(health, model, i);
    if (!model->has_snapshot)
        return;
    add_packets(health, &model->shown);
    add_tables(health, model);
    add_process(health, &model->shown);
}

unsigned panel_health_pages(const struct model *model, int n_lines)
{
    struct health health;
    int page_lines = n_lines - FRAME_LINES;

    collect(&health, model);
    return page_lines > 0 ? ((unsigned)(page_lines - 1) + health.n) / (unsigned)page_lines : 1;
}

static void paint_line(struct paint *paint, int line, const struct health_line *words)
{
    struct rect room = {line, LABEL_CELLS + 2, 1, paint->n_cols - LABEL_CELLS - 3};

    if (words->is_heading) {
        panel_rule(paint, line, words->label, ROLE_TITLE, "");
        return;
    }
    paint_text(paint, line, 1, LABEL_CELLS, ROLE_KEY, words->label);
    paint_wrapped(paint, &room, words->is_warning ? ROLE_WARNING : ROLE_TEXT, words->words);
}

void panel_health(struct paint *paint, const struct model *model)
{
    unsigned page_lines = (unsigned)(paint->n_lines - FRAME_LINES);
    unsigned first = model->overlay_page * page_lines;
    struct health health;

    collect(&health, model);
    paint_text(paint, 0, 1, paint->n_cols, ROLE_STRONG,
               model->is_paused ? "tcpwhy capture health  PAUSED" : "tcpwhy capture health");
    for (unsigned i = 0; i < page_lines && first + i < health.n; i++)
        paint_line(paint, 1 + (int)i, &health.line[first + i]);
    panel_any_key(paint, model);
}
