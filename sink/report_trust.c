/* SPDX-License-Identifier: BSD-2-Clause */
/* Can this report be trusted? What the capture shows of the flows, and what it lost. */
#include <string.h>

#include "base/compiler.h"
#include "sink/report_text.h"

#define LABEL_COLUMN 3
#define VALUE_COLUMN 21
#define WHOLE_PACKET_BYTES 65535

static void add_line(struct report *report, const char *label, const char *words)
{
    page_column(&report->page, LABEL_COLUMN);
    page_add(&report->page, label);
    page_column(&report->page, VALUE_COLUMN);
    page_wrap(&report->page, VALUE_COLUMN, words);
    page_end(&report->page);
}

static void add_directions(const struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;

    if (total->n_one_sided == 0) {
        text_add(text, "seen for every flow with an answer");
        return;
    }
    text_add(text, "only one seen for ");
    text_add_count(text, total->n_one_sided);
    text_add(text, " of ");
    text_add_number_of(text, total->n_flows, "flow");
    text_add(text, ": nothing is concluded from the silence of the other");
}

static void add_starts(const struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;

    text_add(text, "seen for ");
    text_add_count(text, total->n_flows - total->n_midstream);
    text_add(text, " of ");
    text_add_number_of(text, total->n_flows, "flow");
    if (total->n_midstream > 0)
        text_add(text, "; the others were open when the capture began");
}

static bool is_from_files(const struct report *report)
{
    for (uint32_t i = 0; i < report->run->n_sources; i++)
        if (strcmp(report->run->source[i].kind, "interface") == 0)
            return false;
    return report->run->n_sources > 0;
}

static void add_lost(const struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;
    uint64_t n_lost = total->n_kernel_dropped + total->n_ring_dropped;

    if (n_lost > 0) {
        text_add_number_of(text, n_lost, "packet");
        text_add(text, " (");
        format_percent(text, n_lost, total->n_pkts + n_lost);
        text_add(text, "): verdicts that rest on silence are less sure");
    } else if (is_from_files(report)) {
        text_add(text, "nothing that the file tells of");
    } else {
        text_add(text, "nothing, says the kernel");
    }
    if (total->is_iface_dropped_known && total->n_iface_dropped > 0) {
        text_add(text, "; the interface dropped ");
        text_add_count(text, total->n_iface_dropped);
    }
    if (total->n_shed > 0) {
        text_add(text, "; data packets left out under load: ");
        text_add_count(text, total->n_shed);
    }
    if (total->n_flows == 0)
        return;
    if (total->n_with_gaps == 0) {
        text_add(text, "; no gaps in the TCP streams");
        return;
    }
    text_add(text, "; gaps in the streams of ");
    text_add_number_of(text, total->n_with_gaps, "flow");
}

static void add_light(const struct report *report, struct text *text)
{
    if (report->run->is_light)
        text_add(text,
                 "ACKs and most data (--light): what is said of connections that were open is "
                 "less sure, and most refusals in the middle of one are not seen");
}

static void add_snaplen(const struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;
    uint32_t shortest_bytes = 0;

    for (uint32_t i = 0; i < report->run->n_sources; i++) {
        uint32_t bytes = report->run->source[i].snaplen_bytes;

        if (bytes > 0 && (shortest_bytes == 0 || bytes < shortest_bytes))
            shortest_bytes = bytes;
    }
    if (shortest_bytes > 0 && shortest_bytes < WHOLE_PACKET_BYTES) {
        text_add_count(text, shortest_bytes);
        text_add(text, " bytes, ");
    }
    if (total->n_truncated > 0)
        format_count(text, total->n_truncated, "packet cut", "packets cut");
    else
        text_add(text, "no packet cut");
}

static void add_clock(const struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;
    const struct sink_source *source = &report->run->source[0];

    if (total->n_time_backwards > 0) {
        text_add(text, "steps back in ");
        text_add_number_of(text, total->n_time_backwards, "flow");
        text_add(text, ": times there are doubtful");
    } else {
        text_add(text, "never steps back");
    }
    if (report->run->n_sources == 1 && source->tstamp_precision)
        text_addf(text, ", resolution 1 %s", source->tstamp_precision);
}

static void add_frames(const struct report *report, struct text *text)
{
    if (report_n_inputs(report->run) > 1)
        text_add(text, "numbered on from input to input, in the order they were read");
}

static void add_counted(const struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;
    uint64_t n_decided = total->n_ok + total->n_failed;

    text_add_number_of(text, total->n_attempts, "attempt");
    text_add(text, " = ");
    text_add_count(text, total->n_ok);
    text_add(text, " ok + ");
    text_add_count(text, total->n_failed);
    text_add(text, " failed + ");
    text_add_count(text, total->n_attempts > n_decided ? total->n_attempts - n_decided : 0);
    text_add(text, " undetermined");
}

/* Of what is not counted as failed: what is worth a word. */
static void add_by_verdict(const struct report *report, struct text *text,
                           const enum verdict_id *ids, size_t n_ids)
{
    for (size_t i = 0; i < n_ids; i++) {
        uint64_t n = report->total->n_by_verdict[ids[i]];

        if (n == 0)
            continue;
        if (text->used_bytes > 0)
            text_add(text, ", ");
        text_add_count(text, n);
        text_addf(text, " %s", verdict_row(ids[i])->slug);
    }
}

static void add_undetermined(const struct report *report, struct text *text)
{
    static const enum verdict_id ids[] = {VERDICT_IN_PROGRESS, VERDICT_UNKNOWN_ONE_SIDED,
                                          VERDICT_UNKNOWN_CAPTURE_LOSS, VERDICT_UNKNOWN_TRUNCATED,
                                          VERDICT_UNKNOWN_MIDSTREAM};

    add_by_verdict(report, text, ids, ARRAY_LEN(ids));
}

static void add_degraded(const struct report *report, struct text *text)
{
    static const enum verdict_id ids[] = {VERDICT_SLOW_HANDSHAKE, VERDICT_OK_RST_CLOSE,
                                          VERDICT_RST_AFTER_FIN};

    add_by_verdict(report, text, ids, ARRAY_LEN(ids));
}

static void add_forgotten(const struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;

    if (total->n_flows_evicted > 0) {
        format_count(text, total->n_flows_evicted, "flow was", "flows were");
        text_add(text, " judged early for want of memory");
    }
    if (total->n_unread + total->n_headers_unread > 0) {
        text_add(text, text->used_bytes > 0 ? "; " : "");
        text_add_number_of(text, total->n_unread + total->n_headers_unread, "stream");
        text_add(text, " of TLS or HTTP not read to the end: refusals in them go unseen");
    }
    if (total->n_events_lost > 0) {
        text_add(text, text->used_bytes > 0 ? "; " : "");
        text_add_number_of(text, total->n_events_lost, "event");
        text_add(text, " did not reach this report: its counts are too low");
    }
}

static void add_odd_packets(const struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;

    if (total->n_malformed > 0) {
        text_add_number_of(text, total->n_malformed, "packet");
        text_add(text, " could not be decoded");
    }
    if (total->n_with_duplicates > 0) {
        text_add(text, text->used_bytes > 0 ? "; " : "");
        text_add(text, "packets captured twice in ");
        text_add_number_of(text, total->n_with_duplicates, "flow");
        text_add(text, ", counted once");
    }
}

/* A line is left out where its function adds nothing. */
static const struct {
    const char *label;
    void (*add)(const struct report *report, struct text *text);
    bool needs_flows;
} lines[] = {
    {"both directions", add_directions, true},
    {"starts", add_starts, true},
    {"lost", add_lost, false},
    {"forgotten", add_forgotten, false},
    {"odd packets", add_odd_packets, false},
    {"left out", add_light, false},
    {"snap length", add_snaplen, false},
    {"clock", add_clock, false},
    {"frames", add_frames, false},
    {"counted", add_counted, false},
    {"undetermined", add_undetermined, false},
    {"ok, but", add_degraded, false},
};

void report_trust(struct report *report)
{
    if (report->total->n_pkts == 0)
        return;
    page_add(&report->page, "CAN THIS REPORT BE TRUSTED?");
    page_end(&report->page);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        char buffer[512];
        struct text text = TEXT_OF(buffer);

        if (lines[i].needs_flows && report->total->n_flows == 0)
            continue;
        lines[i].add(report, &text);
        if (text.used_bytes > 0)
            add_line(report, lines[i].label, buffer);
    }
    page_end(&report->page);
}
