/* SPDX-License-Identifier: BSD-2-Clause */
/* See metrics.h. */
#include "sink/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "base/nanotime.h"

/* ---- the format ---- */

static void begin(struct text *page, const char *name, const char *type, const char *help)
{
    text_addf(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: quotes and backslashes escaped, all else that is not printable ASCII replaced,
 * for a name inside a capture file is a stranger's. */
static void add_value(struct text *page, const char *value)
{
    for (; *value; value++) {
        const char *escape = *value == '"' || *value == '\\' ? "\\" : "";

        text_addf(page, "%s%c", escape, *value >= ' ' && *value <= '~' ? *value : '?');
    }
}

static void add_seconds(struct text *page, int64_t ns)
{
    text_addf(page, "%" PRId64 ".%09" PRId64, ns / NS_PER_S, ns % NS_PER_S);
}

static void add_plain(struct text *page, const char *name, uint64_t value)
{
    text_addf(page, "%s %" PRIu64 "\n", name, value);
}

static void add_with(struct text *page, const char *name, const char *label,
                     const char *label_value, uint64_t value)
{
    text_addf(page, "%s{%s=\"", name, label);
    add_value(page, label_value);
    text_addf(page, "\"} %" PRIu64 "\n", value);
}

static void add_counter(struct text *page, const char *name, const char *help, uint64_t value)
{
    begin(page, name, "counter", help);
    add_plain(page, name, value);
}

static void add_gauge(struct text *page, const char *name, const char *help, uint64_t value)
{
    begin(page, name, "gauge", help);
    add_plain(page, name, value);
}

/* ---- connections ---- */

static void add_connections(struct text *page, const struct metrics_state *state)
{
    const struct run_totals *total = &state->now.total;
    static const char name[] = "tcpwhy_connections_total";

    begin(page, name, "counter", "Connection attempts that succeeded or failed.");
    add_with(page, name, "outcome", "ok", total->n_ok);
    add_with(page, name, "outcome", "failed", total->n_failed);
}

static void add_failures(struct text *page, const struct metrics_state *state)
{
    static const char failures[] = "tcpwhy_failures_total";
    static const char incidents[] = "tcpwhy_incidents_opened_total";

    begin(page, failures, "counter", "Failed connections by what failed.");
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        add_with(page, failures, "family", family_name((enum family)i),
                 state->now.total.n_failed_by_family[i]);
    begin(page, incidents, "counter", "Incidents opened, reopened ones included.");
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        add_with(page, incidents, "family", family_name((enum family)i),
                 state->now.family[i].n_incidents);
}

static void add_endpoint(struct text *page, const char *server, const char *port,
                         enum family family, uint64_t value)
{
    text_addf(page,
              "tcpwhy_endpoint_failures_total{server=\"%s\",port=\"%s\",family=\"%s\"} %" PRIu64
              "\n",
              server, port, family_name(family), value);
}

static void add_endpoints(struct text *page, const struct metrics_book *book)
{
    begin(page, "tcpwhy_endpoint_failures_total", "counter",
          "Failed connections of endpoints that had an incident; all others are in other.");
    for (uint32_t i = 0; i < book->n_series; i++) {
        const struct metrics_series *series = &book->series[i];
        char server[IPADDR_TEXT_BYTES];
        char port[8];
        struct text text = TEXT_OF(port);

        text_addf(&text, "%u", series->server.port);
        add_endpoint(page, ipaddr_format(&series->server.addr, server), port, series->family,
                     series->n_failures);
    }
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        if (book->n_other[i])
            add_endpoint(page, "other", "any", (enum family)i, book->n_other[i]);
    }
}

/* ---- incidents ---- */

struct place {
    char server[IPADDR_TEXT_BYTES + 4];
    char port[8];
};

/* A client's address is no label: what one client does to many servers has no place. */
static void name_place(const struct metrics_incident *incident, struct place *place)
{
    struct text server = TEXT_OF(place->server);
    struct text port = TEXT_OF(place->port);
    char addr[IPADDR_TEXT_BYTES];

    if (incident->scope == SCOPE_ENDPOINT) {
        text_add(&server, ipaddr_format(&incident->server.addr, addr));
        text_addf(&port, "%u", incident->server.port);
    } else if (incident->scope == SCOPE_NETWORK) {
        text_addf(&server, "%s%s", ipaddr_format(&incident->server.addr, addr),
                  ipaddr_is_v4(&incident->server.addr) ? "/24" : "/64");
        text_add(&port, "any");
    } else {
        text_add(&server, "other");
        text_add(&port, "any");
    }
}

static bool has_place(const struct metrics_incident *incident)
{
    return incident->scope == SCOPE_ENDPOINT || incident->scope == SCOPE_NETWORK;
}

static bool is_same_series(const struct metrics_incident *a, const struct metrics_incident *b)
{
    if (!a->number || a->family != b->family || a->confidence != b->confidence)
        return false;
    if (!has_place(a) || !has_place(b))
        return has_place(a) == has_place(b);
    return a->scope == b->scope && a->server.port == b->server.port &&
           ipaddr_equal(&a->server.addr, &b->server.addr);
}

static void add_incident(struct text *page, const struct metrics_incidents *incidents, unsigned i)
{
    const struct metrics_incident *incident = &incidents->at[i];
    bool is_open = incident->is_open;
    struct place place;

    for (unsigned other = 0; other < METRICS_INCIDENTS_MAX; other++) {
        if (other == i || !is_same_series(&incidents->at[other], incident))
            continue;
        if (other < i)
            return; /* told with that one */
        is_open |= incidents->at[other].is_open;
    }
    name_place(incident, &place);
    text_addf(
        page,
        "tcpwhy_incident_open{server=\"%s\",port=\"%s\",family=\"%s\",confidence=\"%s\"} %d\n",
        place.server, place.port, family_name(incident->family),
        confidence_name(incident->confidence), is_open);
}

static void add_incidents(struct text *page, const struct metrics_incidents *incidents)
{
    begin(page, "tcpwhy_incident_open", "gauge",
          "Incidents: 1 while it is open, 0 after; the confidence is the lowest of its failures.");
    for (unsigned i = 0; i < METRICS_INCIDENTS_MAX; i++) {
        if (incidents->at[i].number)
            add_incident(page, incidents, i);
    }
}

/* ---- handshakes ---- */

static void add_handshakes(struct text *page, const struct snapshot_handshakes *handshakes)
{
    static const char name[] = "tcpwhy_handshake_duration_seconds";
    uint64_t n = 0;

    begin(page, name, "histogram", "From the SYN to the client's ACK of the SYN-ACK.");
    for (unsigned i = 0; i < SNAPSHOT_HANDSHAKE_BOUNDS; i++) {
        n += handshakes->n_in_bucket[i];
        text_addf(page, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
                  (double)snapshot_handshake_bound_ns[i] / (double)NS_PER_S, n);
    }
    n += handshakes->n_in_bucket[SNAPSHOT_HANDSHAKE_BOUNDS];
    text_addf(page, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", name, n, name);
    add_seconds(page, (int64_t)handshakes->sum_ns);
    text_addf(page, "\n%s_count %" PRIu64 "\n", name, n);
}

/* ---- the capture ---- */

typedef bool (*iface_count_fn)(const struct metrics_iface *iface, uint64_t *value);

static bool count_pkts(const struct metrics_iface *iface, uint64_t *value)
{
    *value = iface->n_pkts;
    return true;
}

static bool count_bytes(const struct metrics_iface *iface, uint64_t *value)
{
    *value = iface->wire_bytes;
    return true;
}

static bool count_truncated(const struct metrics_iface *iface, uint64_t *value)
{
    *value = iface->n_truncated;
    return true;
}

static bool count_freezes(const struct metrics_iface *iface, uint64_t *value)
{
    *value = iface->n_ring_freezes;
    return iface->is_live;
}

static const struct {
    const char *name, *help;
    iface_count_fn count;
} iface_counters[] = {
    {"tcpwhy_capture_packets_total", "Packets read.", count_pkts},
    {"tcpwhy_capture_bytes_total", "Bytes of these packets on the wire.", count_bytes},
    {"tcpwhy_capture_truncated_packets_total", "Packets cut by the snap length.", count_truncated},
    {"tcpwhy_capture_ring_freezes_total", "Times the kernel found its buffer full.", count_freezes},
};

static void add_dropped(struct text *page, const struct metrics_iface *iface, const char *where,
                        uint64_t value)
{
    text_add(page, "tcpwhy_capture_dropped_packets_total{iface=\"");
    add_value(page, iface->name);
    text_addf(page, "\",where=\"%s\"} %" PRIu64 "\n", where, value);
}

static void add_drops(struct text *page, const struct metrics_state *state)
{
    begin(page, "tcpwhy_capture_dropped_packets_total", "counter",
          "Packets lost before they could be read.");
    for (uint32_t i = 0; i < state->n_ifaces; i++) {
        const struct metrics_iface *iface = &state->iface[i];

        if (iface->is_live)
            add_dropped(page, iface, "kernel", iface->n_kernel_dropped);
        if (iface->is_iface_dropped_known)
            add_dropped(page, iface, "iface", iface->n_iface_dropped);
    }
}

static void add_last_packets(struct text *page, const struct metrics_state *state)
{
    begin(page, "tcpwhy_last_packet_timestamp_seconds", "gauge", "When the newest packet came.");
    for (uint32_t i = 0; i < state->n_ifaces; i++) {
        if (!state->iface[i].last_ns)
            continue;
        text_add(page, "tcpwhy_last_packet_timestamp_seconds{iface=\"");
        add_value(page, state->iface[i].name);
        text_add(page, "\"} ");
        add_seconds(page, state->iface[i].last_ns);
        text_add(page, "\n");
    }
}

static void add_capture(struct text *page, const struct metrics_state *state)
{
    for (unsigned c = 0; c < ARRAY_LEN(iface_counters); c++) {
        begin(page, iface_counters[c].name, "counter", iface_counters[c].help);
        for (uint32_t i = 0; i < state->n_ifaces; i++) {
            uint64_t value;

            if (iface_counters[c].count(&state->iface[i], &value))
                add_with(page, iface_counters[c].name, "iface", state->iface[i].name, value);
        }
    }
    add_drops(page, state);
    add_last_packets(page, state);
    add_counter(page, "tcpwhy_capture_shed_packets_total",
                "Packets read and left out for want of room between the threads.",
                state->now.total.n_shed + state->now.total.n_ring_dropped);
}

/* ---- the program ---- */

static void add_program(struct text *page, const struct metrics_state *state)
{
    const struct snapshot *now = &state->now;

    add_gauge(page, "tcpwhy_verdicts_trusted",
              "1 while nothing was lost for ten seconds: silence is silence then.",
              now->is_trusted);
    add_gauge(page, "tcpwhy_flows", "Connections in the table.", now->n_flows_open);
    add_gauge(page, "tcpwhy_flows_limit", "Connections that the table has room for.",
              now->n_flows_max);
    begin(page, "tcpwhy_flows_evicted_total", "counter",
          "Connections that made room before they ended.");
    add_with(page, "tcpwhy_flows_evicted_total", "reason", "memory", now->total.n_flows_evicted);
    add_counter(page, "tcpwhy_failures_suppressed_total",
                "Failures told by the count of another line.", now->total.n_failures_suppressed);
    add_counter(page, "tcpwhy_events_lost_total", "Lines that came too fast to be written.",
                now->total.n_events_lost);
}

static void add_outputs(struct text *page, const struct metrics_state *state)
{
    begin(page, "tcpwhy_output_lines_total", "counter", "Lines written.");
    for (uint32_t i = 0; i < state->n_sinks; i++)
        add_with(page, "tcpwhy_output_lines_total", "sink", state->sink[i].name,
                 state->sink[i].n_lines);
    begin(page, "tcpwhy_output_errors_total", "counter", "Lines that could not be written.");
    for (uint32_t i = 0; i < state->n_sinks; i++)
        add_with(page, "tcpwhy_output_errors_total", "sink", state->sink[i].name,
                 state->sink[i].n_errors);
}

static void add_process(struct text *page, const struct metrics_state *state)
{
    begin(page, "process_cpu_seconds_total", "counter", "User and system CPU time spent.");
    text_add(page, "process_cpu_seconds_total ");
    add_seconds(page, state->process_cpu_ns);
    text_add(page, "\n");
    add_gauge(page, "process_resident_memory_bytes", "Resident memory size.",
              state->process_rss_bytes);
    begin(page, "process_start_time_seconds", "gauge", "Start of the process since the epoch.");
    text_add(page, "process_start_time_seconds ");
    add_seconds(page, state->process_start_ns);
    text_add(page, "\n");
    add_gauge(page, "process_open_fds", "Open file descriptors.", state->process_n_fds);
}

void metrics_format(const struct metrics_state *state, struct metrics_book *book, struct text *page)
{
    metrics_book_update(book, &state->now);
    begin(page, "tcpwhy_build_info", "gauge", "Which program this is.");
    text_add(page, "tcpwhy_build_info{version=\"");
    add_value(page, state->version);
    text_add(page, "\",revision=\"");
    add_value(page, state->build);
    text_add(page, "\"} 1\n");
    add_connections(page, state);
    add_failures(page, state);
    add_endpoints(page, book);
    add_incidents(page, &state->incidents);
    add_handshakes(page, &state->now.handshakes);
    add_capture(page, state);
    add_program(page, state);
    add_outputs(page, state);
    add_process(page, state);
}
