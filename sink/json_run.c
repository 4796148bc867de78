/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines about the run itself: start, stats, stop. See json_line.h. */
#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/compiler.h"
#include "base/nanotime.h"
#include "sink/json_line.h"

static const char *const stop_names[] = {"end_of_input", "signal", "limit", "error"};

_Static_assert(ARRAY_LEN(stop_names) == STOP_REASON_COUNT, "a name each reason");

static json_t *seconds(int64_t ns)
{
    return ns % NS_PER_S == 0 ? json_integer(ns / NS_PER_S)
                              : json_real((double)ns / (double)NS_PER_S);
}

static json_t *sources(const struct run_info *run)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < run->n_sources; i++) {
        const struct sink_source *source = &run->source[i];

        json_array_append_new(
            array,
            json_pack("{s:s, s:o, s:s?, s:I, s:o, s:I, s:b, s:s?, s:s?}", "kind", source->kind,
                      "name", json_clean(source->name), "link_type", source->link_type, "snaplen",
                      json_count(source->snaplen_bytes), "filter", json_clean(run->filter),
                      "ring_bytes", json_count(source->ring_bytes), "promiscuous",
                      source->is_promiscuous, "tstamp_source", source->tstamp_source,
                      "tstamp_precision", source->tstamp_precision));
    }
    return array;
}

static json_t *limits(const struct run_info *run)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:i}", "flows", json_count(run->limit_flows),
                     "endpoints", json_count(run->limit_endpoints), "incidents",
                     json_count(run->limit_incidents), "failure_lines_per_s",
                     json_count(run->failure_lines_per_s), "line_bytes", JSON_LINE_BYTES);
}

static json_t *incident_rules(const struct run_incident_rules *rules)
{
    return json_pack(
        "{s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:I}", "bucket_s",
        json_count(rules->bucket_s), "bad_failures", json_count(rules->bad_failures), "bad_ratio",
        rules->bad_ratio, "sustained_buckets", json_count(rules->sustained_buckets),
        "window_buckets", json_count(rules->window_buckets), "burst_failures",
        json_count(rules->burst_failures), "burst_window_s", json_count(rules->burst_window_s),
        "burst_span_s", json_count(rules->burst_span_s), "burst_ratio", rules->burst_ratio,
        "persistent_failures", json_count(rules->persistent_failures), "persistent_span_s",
        json_count(rules->persistent_span_s), "forged_failures", json_count(rules->forged_failures),
        "update_s", json_count(rules->update_s), "close_quiet_s", json_count(rules->close_quiet_s),
        "reopen_s", json_count(rules->reopen_s));
}

static json_t *local_addresses(const struct run_info *run)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < run->n_local; i++)
        json_array_append_new(array, json_address(&run->local[i]));
    return array;
}

static json_t *tags(const struct run_info *run)
{
    json_t *object = json_object();

    for (uint32_t i = 0; i < run->n_tags; i++)
        json_object_set_new(object, run->tag[i].key, json_clean(run->tag[i].value));
    return object;
}

/* A replay holds none worth telling, and its lines are to be the same on every machine. */
static json_t *privileges(const struct run_info *run)
{
    json_t *caps;

    if (!run->is_live)
        return json_null();
    caps = json_array();
    if (run->has_net_raw)
        json_array_append_new(caps, json_string("net_raw"));
    return json_pack("{s:i, s:o, s:b, s:b}", "uid", run->uid, "caps", caps, "seccomp",
                     run->has_seccomp, "landlock", run->has_landlock);
}

static bool shed_last_tag(json_t *tags)
{
    const char *last = NULL, *key;
    json_t *value;

    json_object_foreach(tags, key, value) last = key;
    return last != NULL && json_object_del(tags, last) == 0;
}

/* Tags and addresses are given by the operator without bound: the last ones go first. */
static bool shed_from_start(json_t *line)
{
    json_t *start = json_object_get(line, "start");
    json_t *addresses = json_object_get(start, "local_addresses");
    json_t *files = json_object_get(start, "sources");

    if (shed_last_tag(json_object_get(start, "tags")))
        return true;
    if (json_array_size(addresses) > 0)
        return json_array_remove(addresses, json_array_size(addresses) - 1) == 0;
    return json_array_size(files) > 0 && json_array_remove(files, json_array_size(files) - 1) == 0;
}

static void start_message(const struct run_info *run, struct text *text)
{
    text_addf(text, "tcpwhy %s %s", run->version, run->is_live ? "capturing on" : "reading");
    for (uint32_t i = 0; i < run->n_sources; i++)
        text_addf(text, "%s %s", i > 0 ? "," : "", run->source[i].name);
}

void json_build_start(struct json_line *line, const struct run_info *run)
{
    struct text text = TEXT_OF(line->message);
    json_t *start;

    line->event = "start";
    line->severity = "info";
    line->ts_ns = run->is_live ? run->wall_ns : run->first_packet_ns;
    line->shed = shed_from_start;
    start_message(run, &text);
    start = json_pack(
        "{s:s, s:s, s:i, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:b, s:b, s:o, s:i, s:o, s:o, s:o}",
        "version", run->version, "build", run->build, "pid", run->pid, "host",
        json_clean(run->host), "boot_id", json_clean(run->boot_id), "kernel",
        json_clean(run->kernel), "mode", run->is_live ? "live" : "replay", "sources", sources(run),
        "limits", limits(run), "incident_rules", incident_rules(&run->incident_rules), "report_all",
        run->report_all, "light", run->is_light, "stats_interval_s",
        seconds(run->stats_interval_ns), "community_id_seed", run->community_id_seed,
        "local_addresses", local_addresses(run), "tags", tags(run), "privileges", privileges(run));
    json_add(json_begin(line, run), "start", start);
}

static void put_count(json_t *object, const char *key, uint64_t count)
{
    json_add(object, key, json_number(count));
}

static json_t *failed_by_family(const struct run_totals *total)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        put_count(object, family_name((enum family)i), total->n_failed_by_family[i]);
    return object;
}

static uint64_t undecided(const struct run_totals *total)
{
    return total->n_attempts - total->n_ok - total->n_failed;
}

/* Cumulative since start. */
static json_t *total_object(const struct run_totals *total, const struct json_counts *counts)
{
    json_t *object = json_object();

    put_count(object, "packets", total->n_pkts);
    put_count(object, "bytes", total->wire_bytes);
    put_count(object, "packets_kernel_dropped", total->n_kernel_dropped);
    if (total->is_iface_dropped_known)
        put_count(object, "packets_iface_dropped", total->n_iface_dropped);
    else
        json_add(object, "packets_iface_dropped", json_null());
    put_count(object, "packets_ring_dropped", total->n_ring_dropped);
    put_count(object, "packets_shed", total->n_shed);
    put_count(object, "ring_freezes", total->n_ring_freezes);
    put_count(object, "packets_truncated", total->n_truncated);
    put_count(object, "packets_malformed", total->n_malformed);
    put_count(object, "attempts", total->n_attempts);
    put_count(object, "succeeded", total->n_ok);
    put_count(object, "failed", total->n_failed);
    put_count(object, "undecided", undecided(total));
    json_add(object, "failed_by_family", failed_by_family(total));
    put_count(object, "flows_evicted", total->n_flows_evicted);
    put_count(object, "streams_unread", total->n_unread);
    put_count(object, "headers_unread", total->n_headers_unread);
    put_count(object, "lines", counts->n_lines);
    put_count(object, "failures_suppressed", total->n_failures_suppressed);
    put_count(object, "incidents_opened", total->n_incidents_opened);
    put_count(object, "incidents_closed", total->n_incidents_closed);
    put_count(object, "incident_overflow", total->n_incident_overflow);
    put_count(object, "events_lost", total->n_events_lost);
    put_count(object, "output_errors", counts->n_errors);
    return object;
}

/* What the interval added. */
static json_t *delta_object(const struct run_totals *now, const struct run_totals *before)
{
    json_t *object = json_object();

    put_count(object, "packets", now->n_pkts - before->n_pkts);
    put_count(object, "bytes", now->wire_bytes - before->wire_bytes);
    put_count(object, "packets_kernel_dropped", now->n_kernel_dropped - before->n_kernel_dropped);
    put_count(object, "attempts", now->n_attempts - before->n_attempts);
    put_count(object, "succeeded", now->n_ok - before->n_ok);
    put_count(object, "failed", now->n_failed - before->n_failed);
    return object;
}

static double loss_ratio(const struct run_totals *now, const struct run_totals *before)
{
    uint64_t n_dropped = now->n_kernel_dropped - before->n_kernel_dropped;
    uint64_t n_all = now->n_pkts - before->n_pkts + n_dropped;

    return n_all > 0 ? (double)n_dropped / (double)n_all : 0;
}

static void stats_message(const struct stats_info *stats, struct text *text)
{
    const struct run_totals *now = &stats->now->total, *before = stats->before;
    uint64_t n_lost = run_totals_lost(now) - run_totals_lost(before);

    text_add_number_of(text, now->n_attempts - before->n_attempts, "attempt");
    text_addf(text, " in %" PRId64 " s, ", (stats->interval_ns + NS_PER_S / 2) / NS_PER_S);
    text_add_count(text, now->n_failed - before->n_failed);
    text_add(text, " failed, ");
    if (n_lost > 0)
        text_add_number_of(text, n_lost, "packet");
    text_add(text, n_lost > 0 ? " lost" : "nothing lost");
}

void json_build_stats(struct json_line *line, const struct run_info *run,
                      const struct stats_info *stats, const struct json_counts *counts)
{
    const struct snapshot *now = stats->now;
    struct text text = TEXT_OF(line->message);
    json_t *body;

    line->event = "stats";
    line->severity = now->is_trusted ? "info" : "warning";
    line->ts_ns = stats->ts_ns;
    stats_message(stats, &text);
    body = json_pack("{s:I, s:I, s:f, s:b, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "interval_ns",
                     (json_int_t)stats->interval_ns, "uptime_ns", (json_int_t)stats->uptime_ns,
                     "loss_ratio", loss_ratio(&now->total, stats->before), "verdicts_trusted",
                     now->is_trusted, "total", total_object(&now->total, counts), "delta",
                     delta_object(&now->total, stats->before), "flows_open",
                     json_count(now->n_flows_open), "endpoints", json_count(now->n_endpoints),
                     "incidents_open", json_count(now->n_incidents_open), "output_queue",
                     json_count(stats->n_events_queued + counts->n_waiting), "cpu_ns",
                     (json_int_t)stats->cpu_ns, "rss_bytes", json_count(stats->rss_bytes));
    json_add(json_begin(line, run), "stats", body);
}

static void stop_message(const struct stop_info *stop, struct text *text)
{
    const struct run_totals *total = &stop->final->total;
    static const char *const how[] = {"end of input", "stopped by", "limit reached",
                                      "stopped by an error"};

    _Static_assert(ARRAY_LEN(how) == STOP_REASON_COUNT, "a phrase each reason");
    text_add(text, how[stop->reason]);
    if (stop->reason == STOP_SIGNAL)
        text_addf(text, " %s", stop->signal_name != NULL ? stop->signal_name : "a signal");
    text_add(text, " after ");
    calendar_add_duration(text, stop->uptime_ns);
    text_add(text, ": ");
    text_add_number_of(text, total->n_attempts, "attempt");
    text_add(text, ", ");
    text_add_count(text, total->n_failed);
    text_add(text, " failed, ");
    text_add_number_of(text, total->n_incidents_opened, "incident");
}

void json_build_stop(struct json_line *line, const struct run_info *run,
                     const struct stop_info *stop, const struct json_counts *counts)
{
    struct text text = TEXT_OF(line->message);
    json_t *open = json_array(), *body;

    for (uint32_t i = 0; i < stop->n_incidents_open; i++)
        json_array_append_new(open, json_incident_id(run, stop->incidents_open[i]));
    line->event = "stop";
    line->severity = stop->reason == STOP_ERROR ? "error" : "info";
    line->ts_ns = stop->ts_ns;
    stop_message(stop, &text);
    body = json_pack("{s:s, s:s?, s:i, s:I, s:o, s:o, s:o, s:o}", "reason",
                     stop_names[stop->reason], "signal", stop->signal_name, "exit_code",
                     stop->exit_code, "uptime_ns", (json_int_t)stop->uptime_ns, "first_packet_ts",
                     json_stamp(run, stop->first_packet_ns), "last_packet_ts",
                     json_stamp(run, stop->last_packet_ns), "incidents_still_open", open, "total",
                     total_object(&stop->final->total, counts));
    json_add(json_begin(line, run), "stop", body);
}
