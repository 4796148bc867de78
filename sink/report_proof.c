/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets that a verdict rests on, as lines of a section. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "sink/report_text.h"

#define DELTA_CELLS 13
#define WHO_CELLS 16
#define TTL_CELLS 9
#define ID_CELLS 10
#define MARKER_CELLS 5

/* Where the columns of the packets begin. */
struct proof_layout {
    unsigned delta, who, ttl, id, marker, detail;
    bool has_ids;
    bool is_brief; /* as in report_proof() */
};

static unsigned n_digits(uint64_t number)
{
    unsigned n = 1;

    while (number >= 10) {
        number /= 10;
        n++;
    }
    return n;
}

/* IP IDs matter where someone may have forged a packet; elsewhere they are noise. */
static bool shows_ids(const struct connection_event *event)
{
    return event->family == FAMILY_RST_FORGED && ipaddr_is_v4(&event->server.addr);
}

static struct proof_layout lay_out(const struct connection_event *event, unsigned indent,
                                   bool is_brief)
{
    struct proof_layout layout = {.is_brief = is_brief};
    unsigned frame_cells = 0;

    for (unsigned i = 0; i < event->n_evidence; i++)
        if (n_digits(event->evidence[i].mark.frame) > frame_cells)
            frame_cells = n_digits(event->evidence[i].mark.frame);
    layout.has_ids = shows_ids(event);
    layout.delta = indent + 6 + frame_cells + 2;
    layout.who = layout.delta + (event->n_evidence > 1 ? DELTA_CELLS : 0);
    layout.ttl = layout.who + WHO_CELLS;
    layout.id = layout.ttl + TTL_CELLS;
    layout.marker = layout.id + (layout.has_ids ? ID_CELLS : 0);
    layout.detail = layout.marker + MARKER_CELLS;
    return layout;
}

static const char *packet_words(const struct evidence *evidence)
{
    bool has_ack = evidence->mark.flags & TCP_ACK;

    switch ((enum evidence_kind)evidence->kind) {
    case EVIDENCE_SYN:
        return "SYN";
    case EVIDENCE_SYNACK:
        return "SYN,ACK";
    case EVIDENCE_ACK:
        return "ACK";
    case EVIDENCE_DATA:
        return evidence->mark.flags & TCP_FIN ? "data,FIN" : "data";
    case EVIDENCE_FIN:
        return has_ack ? "FIN,ACK" : "FIN";
    case EVIDENCE_RST:
        return has_ack ? "RST,ACK" : "RST";
    case EVIDENCE_ICMP:
        return "ICMP";
    case EVIDENCE_KIND_COUNT:
        break;
    }
    return "";
}

static void add_who(struct page *page, const struct connection_event *event,
                    const struct evidence *evidence)
{
    bool is_forged =
        event->family == FAMILY_RST_FORGED && evidence->is_odd && evidence->kind == EVIDENCE_RST;

    if (evidence->kind == EVIDENCE_ICMP)
        page_addf(page, "ICMP %u/%u", event->icmp.type, event->icmp.code);
    else if (is_forged)
        page_add(page, packet_words(evidence));
    else
        page_addf(page, "%s %s", evidence->mark.side == SIDE_CLIENT ? "client" : "server",
                  packet_words(evidence));
}

static void add_detail(struct text *text, const struct connection_event *event,
                       const struct evidence *evidence)
{
    char addr[IPADDR_TEXT_BYTES];

    if (evidence->kind == EVIDENCE_ICMP)
        text_addf(text, "from %s", ipaddr_format(&event->icmp.from, addr));
    if (evidence->kind == EVIDENCE_RST && evidence->has_rel_seq)
        text_addf(text, "seq %" PRIu32 ", window %u", evidence->rel_seq, evidence->mark.window);
    if (evidence->kind == EVIDENCE_DATA && evidence->has_rel_seq)
        text_addf(text, "seq %" PRIu32 ", %" PRIu32 " bytes", evidence->rel_seq,
                  evidence->mark.payload_bytes);
}

static void add_delta(struct page *page, int64_t first_ns, int64_t at_ns)
{
    char buffer[32];
    struct text text = TEXT_OF(buffer);

    text_add(&text, at_ns < first_ns ? "-" : "+");
    format_duration(&text, report_span_ns(at_ns < first_ns ? at_ns : first_ns,
                                          at_ns < first_ns ? first_ns : at_ns));
    page_add(page, buffer);
}

/* A reason that names the packet says all of its note, and more. */
static bool is_in_reasons(const struct connection_event *event, uint64_t frame)
{
    for (unsigned i = 0; i < event->n_because; i++)
        if (event->because[i].frame[0] == frame)
            return true;
    return false;
}

static void add_packet(struct page *page, const struct proof_layout *layout,
                       const struct connection_event *event, const struct evidence *evidence)
{
    char buffer[160];
    struct text text = TEXT_OF(buffer);
    const char *note = "";

    page_addf(page, "frame %" PRIu64, evidence->mark.frame);
    if (evidence != &event->evidence[0]) {
        page_column(page, layout->delta);
        add_delta(page, event->evidence[0].mark.ts_ns, evidence->mark.ts_ns);
    }
    page_column(page, layout->who);
    add_who(page, event, evidence);
    page_column(page, layout->ttl);
    page_addf(page, "TTL %3u", evidence->mark.ttl);
    if (layout->has_ids && evidence->kind != EVIDENCE_ICMP) {
        page_column(page, layout->id);
        page_addf(page, "id %5u", evidence->mark.ip_id);
    }
    if (evidence->is_odd) {
        page_column(page, layout->marker);
        page_add(page, "<--");
    }
    add_detail(&text, event, evidence);
    if (layout->is_brief || !is_in_reasons(event, evidence->mark.frame))
        note = evidence->note;
    /* A note goes behind the details where it fits, else below them, where there is more room. */
    if (layout->detail + text.used_bytes + strlen("; ") + strlen(note) <= PAGE_COLUMNS) {
        text_addf(&text, "%s%s", text.used_bytes > 0 && note[0] ? "; " : "", note);
        note = "";
    }
    page_column(page, layout->detail);
    page_add(page, buffer);
    page_end(page);
    if (note[0]) {
        page_column(page, layout->who + 2);
        page_wrap(page, layout->who + 2, note);
        page_end(page);
    }
}

static const char *others_word(const struct evidence *deciding)
{
    if (!deciding || deciding->kind == EVIDENCE_SYN)
        return "attempt";
    if (deciding->kind == EVIDENCE_RST)
        return "RST";
    return deciding->kind == EVIDENCE_ICMP ? "ICMP error" : "packet";
}

/* The hand of one forger: what the first one shares with all the others. */
static void add_common(struct text *text, const struct report_group *group)
{
    if (group->family != FAMILY_RST_FORGED || group->ttl_varies)
        return;
    text_addf(text, ", all with TTL %u", group->mark[0].ttl);
    if (!group->ip_id_varies && shows_ids(group->sample[0]))
        text_addf(text, " and id %u", group->mark[0].ip_id);
}

static int compare_frames(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Frames of the deciding packets that are kept, but the shown event's; returns how many. */
static unsigned other_frames(const struct report_group *group, const struct connection_event *event,
                             uint64_t own_frame, uint64_t *frame)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < group->n_marks; i++) {
        const struct report_mark *mark = &group->mark[i];

        if (mark->verdict == event->verdict && mark->frame != own_frame && mark->frame != 0)
            frame[n++] = mark->frame;
    }
    qsort(frame, n, sizeof(frame[0]), compare_frames);
    return n;
}

/* "the other 4 RSTs: frames 3183 3407 3650 3908, all with TTL 242 and id 12345" */
static void add_others(struct page *page, unsigned indent, const struct report_group *group,
                       const struct connection_event *event)
{
    const struct evidence *deciding = report_deciding_packet(event);
    uint64_t own_frame = deciding ? deciding->mark.frame : event->facts.first_frame;
    uint64_t n_others = group->n_by_verdict[event->verdict] - 1;
    uint64_t frame[REPORT_MARKS_MAX];
    unsigned n_frames = other_frames(group, event, own_frame, frame);
    const char *what = others_word(deciding);
    char buffer[512];
    struct text text = TEXT_OF(buffer);

    if (group->n_by_verdict[event->verdict] <= 1)
        return;
    text_add(&text, "the other ");
    if (n_others > 1) {
        text_add_count(&text, n_others);
        text_add(&text, " ");
    }
    text_addf(&text, "%s%s", what, n_others > 1 ? "s" : "");
    if (n_frames > 0)
        text_addf(&text, "%s frame%s", strcmp(what, "attempt") == 0 ? " from" : ":",
                  n_frames > 1 ? "s" : "");
    for (unsigned i = 0; i < n_frames; i++)
        text_addf(&text, " %" PRIu64, frame[i]);
    if (n_frames > 0 && n_frames < n_others)
        text_addf(&text, " ... (%" PRIu64 " more)", n_others - n_frames);
    add_common(&text, group);
    page_column(page, indent);
    page_wrap(page, indent, buffer);
    page_end(page);
}

void report_proof(struct report *report, unsigned indent, const struct report_group *group,
                  const struct connection_event *event, bool is_brief)
{
    struct page *page = &report->page;
    struct proof_layout layout = lay_out(event, indent, is_brief);
    enum clock_form form = report->clock == CLOCK_DAY_MINUTES ? CLOCK_FULL : CLOCK_MILLIS;
    char buffer[256], clock[CLOCK_TEXT_BYTES];
    struct text text = TEXT_OF(buffer);

    format_endpoint(&text, &event->client);
    text_add(&text, " to ");
    format_endpoint(&text, &event->server);
    if (group->n_failures > 1) {
        text_add(&text, ", the first of ");
        text_add_count(&text, group->n_by_verdict[event->verdict]);
    }
    text_addf(&text, ", from %s on", format_clock(clock, event->facts.first_ns, form));
    page_wrap(page, indent, buffer);
    page_end(page);
    for (unsigned i = 0; i < event->n_evidence; i++) {
        if (is_brief && i > 0 && !event->evidence[i].is_odd)
            continue;
        page_column(page, indent);
        add_packet(page, &layout, event, &event->evidence[i]);
    }
    if (!is_brief && event->evidence_total > event->n_evidence) {
        page_column(page, indent);
        page_addf(page, "%" PRIu32 " packets of it in all", event->evidence_total);
        page_end(page);
    }
    add_others(page, indent, group, event);
}
