/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_proof.h. */
#include "sink/report_proof.h"

#include <inttypes.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "sink/report_format.h"

#define DELTA_CELLS 13
#define WHO_CELLS 16
#define TTL_CELLS 9
#define ID_CELLS 10
#define MARKER_CELLS 5

/* Where the columns of the packets begin. */
struct proof_layout {
    unsigned delta, who, ttl, id, marker, detail;
    bool has_ids;
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

static struct proof_layout lay_out(const struct connection_event *event, unsigned indent)
{
    struct proof_layout layout;
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

static void add_packet(struct page *page, const struct proof_layout *layout,
                       const struct connection_event *event, const struct evidence *evidence)
{
    char buffer[160];
    struct text text = TEXT_OF(buffer);
    size_t detail_bytes;
    bool is_one_line;

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
    detail_bytes = text.used_bytes;
    if (detail_bytes > 0 && evidence->note[0])
        text_add(&text, "; ");
    text_add(&text, evidence->note);
    is_one_line = layout->detail + text.used_bytes <= PAGE_COLUMNS;
    if (detail_bytes > 0 && !is_one_line)
        buffer[detail_bytes] = '\0';
    if (detail_bytes > 0 || is_one_line) {
        page_column(page, layout->detail);
        page_add(page, buffer);
    }
    page_end(page);
    if (!is_one_line) {
        page_column(page, layout->who + 2);
        page_wrap(page, layout->who + 2, evidence->note);
        page_end(page);
    }
}

static const char *others_word(const struct evidence *deciding)
{
    if (!deciding)
        return "attempt";
    if (deciding->kind == EVIDENCE_RST)
        return "RST";
    return deciding->kind == EVIDENCE_ICMP ? "ICMP error" : "packet";
}

/* What the first one shares with all the others. */
static void add_common(struct text *text, const struct report_group *group,
                       const struct evidence *deciding)
{
    if (!deciding || deciding->kind != EVIDENCE_RST || group->ttl_varies)
        return;
    text_addf(text, ", all with TTL %u", group->mark[0].ttl);
    if (!group->ip_id_varies && shows_ids(group->sample[0]))
        text_addf(text, " and id %u", group->mark[0].ip_id);
}

/* "the other 4 RSTs: frames 3183 3407 3650 3908, all with TTL 242 and id 12345" */
static void add_others(struct page *page, unsigned indent, const struct report_group *group,
                       const struct connection_event *event)
{
    const struct evidence *deciding = report_deciding_packet(event);
    uint64_t own_frame = deciding ? deciding->mark.frame : event->facts.first_frame;
    uint64_t n_others = group->n_by_verdict[event->verdict] - 1, n_named = 0;
    char frames[REPORT_MARKS_MAX * 21 + 1], buffer[sizeof(frames) + 128];
    struct text text = TEXT_OF(frames);

    if (group->n_by_verdict[event->verdict] <= 1)
        return;
    for (uint32_t i = 0; i < group->n_marks; i++) {
        const struct report_mark *mark = &group->mark[i];

        if (mark->verdict != event->verdict || mark->frame == own_frame || mark->frame == 0)
            continue;
        text_addf(&text, " %" PRIu64, mark->frame);
        n_named++;
    }
    text = TEXT_OF(buffer);
    text_add(&text, "the other ");
    if (n_others > 1) {
        text_add_count(&text, n_others);
        text_add(&text, " ");
    }
    text_addf(&text, "%s%s", others_word(deciding), n_others > 1 ? "s" : "");
    if (n_named > 0) {
        text_addf(&text, "%s frame%s%s", deciding ? ":" : " from", n_named > 1 ? "s" : "", frames);
        if (n_named < n_others)
            text_addf(&text, " ... (%" PRIu64 " more)", n_others - n_named);
    }
    add_common(&text, group, deciding);
    page_column(page, indent);
    page_wrap(page, indent, buffer);
    page_end(page);
}

void report_proof(struct page *page, unsigned indent, const struct report_group *group,
                  const struct connection_event *event)
{
    struct proof_layout layout = lay_out(event, indent);
    char buffer[256], clock[CLOCK_TEXT_BYTES];
    struct text text = TEXT_OF(buffer);

    format_endpoint(&text, &event->client);
    text_add(&text, " to ");
    format_endpoint(&text, &event->server);
    if (group->n_failures > 1) {
        text_add(&text, ", the first of ");
        text_add_count(&text, group->n_by_verdict[event->verdict]);
    }
    text_addf(&text, ", from %s on", format_clock(clock, event->facts.first_ns, CLOCK_MILLIS));
    page_wrap(page, indent, buffer);
    page_end(page);
    for (unsigned i = 0; i < event->n_evidence; i++) {
        page_column(page, indent);
        add_packet(page, &layout, event, &event->evidence[i]);
    }
    if (event->evidence_total > event->n_evidence) {
        page_column(page, indent);
        page_addf(page, "%" PRIu32 " packets of it in all", event->evidence_total);
        page_end(page);
    }
    add_others(page, indent, group, event);
}
