/* SPDX-License-Identifier: BSD-2-Clause */
/* See runinfo.h. */
#include "app/runinfo.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "app/version.h"
#include "base/hash.h"
#include "base/nanotime.h"
#include "capture/devices.h"
#include "capture/linktype.h"
#include "verdict/incident.h"

/* Lines a second that a live run writes for failures (INTERFACE.md 3.6). */
#define FAILURE_LINES_PER_S 50

static void read_line(const char *path, char *out, int out_bytes)
{
    FILE *file = fopen(path, "re");

    out[0] = '\0';
    if (!file)
        return;
    if (fgets(out, out_bytes, file))
        out[strcspn(out, "\n")] = '\0';
    (void)fclose(file);
}

static uint64_t random_run(void)
{
    uint64_t id = 0;

    if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id))
        id = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
    return id;
}

/* The same files and filter give the same run, so that a store can drop what it has already. */
static uint64_t replay_run(const struct options *options)
{
    static const struct hash_key fixed = {0};
    uint64_t id = hash_bytes(&fixed, options->filter, strlen(options->filter));

    for (size_t i = 0; i < options->n_files; i++) {
        struct stat stat_of = {0};
        uint64_t parts[4] = {id, hash_bytes(&fixed, options->file[i], strlen(options->file[i])), 0,
                             0};

        if (stat(options->file[i], &stat_of) == 0) {
            parts[2] = (uint64_t)stat_of.st_size;
            parts[3] = (uint64_t)stat_of.st_mtim.tv_sec * UINT64_C(1000000000) +
                       (uint64_t)stat_of.st_mtim.tv_nsec;
        }
        id = hash_bytes(&fixed, parts, sizeof(parts));
    }
    return id;
}

static void fill_tags(struct run_info *run, struct run_texts *texts, const struct options *options)
{
    run->n_tags = options->n_tags;
    for (uint32_t i = 0; i < options->n_tags; i++) {
        char *value;

        (void)snprintf(texts->tag[i], sizeof(texts->tag[i]), "%s", options->tag_text[i]);
        value = strchr(texts->tag[i], '='); /* add_tag() saw to it that there is one */
        if (value)
            *value++ = '\0';
        run->tag[i].key = texts->tag[i];
        run->tag[i].value = value ? value : "";
    }
}

static void fill_machine(struct run_info *run, struct run_texts *texts)
{
    struct utsname name;
    struct timespec now;

    if (uname(&name) == 0)
        (void)snprintf(texts->kernel, sizeof(texts->kernel), "%s", name.release);
    read_line("/proc/sys/kernel/random/boot_id", texts->boot_id, sizeof(texts->boot_id));
    run->host = texts->host;
    run->kernel = texts->kernel;
    run->boot_id = texts->boot_id;
    run->pid = getpid();
    (void)clock_gettime(CLOCK_REALTIME, &now);
    run->wall_ns = (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
    run->has_net_raw = capture_is_permitted();
    run->failure_lines_per_s = FAILURE_LINES_PER_S;
}

static struct run_incident_rules rules_of(const struct incident_rules *rules)
{
    return (struct run_incident_rules){
        .bucket_s = (uint32_t)(rules->bucket_ns / NS_PER_S),
        .bad_failures = rules->bad_failures,
        .bad_ratio = rules->bad_permille / 1000.0,
        .sustained_buckets = rules->sustained_buckets,
        .window_buckets = rules->window_buckets,
        .burst_failures = rules->burst_failures,
        .burst_window_s = (uint32_t)(rules->burst_window_ns / NS_PER_S),
        .burst_span_s = (uint32_t)(rules->burst_span_ns / NS_PER_S),
        .burst_ratio = rules->burst_permille / 1000.0,
        .persistent_failures = rules->persistent_failures,
        .persistent_span_s = (uint32_t)(rules->persistent_span_ns / NS_PER_S),
        .forged_failures = rules->forged_failures,
        .update_s = (uint32_t)(rules->update_ns / NS_PER_S),
        .close_quiet_s = (uint32_t)(rules->close_quiet_ns / NS_PER_S),
        .reopen_s = (uint32_t)(rules->reopen_ns / NS_PER_S),
    };
}

void runinfo_fill(struct run_info *run, struct run_texts *texts, const struct options *options,
                  bool is_live)
{
    uint64_t id = is_live ? random_run() : replay_run(options);

    *run = (struct run_info){
        .version = TCPWHY_VERSION,
        .build = TCPWHY_BUILD,
        .is_live = is_live,
        .report_all = options->report_all,
        .is_light = options->is_light,
        .is_ascii = options->is_ascii,
        .filter = options->filter,
        .incident_rules = rules_of(&options->incident_rules),
        .stats_interval_ns = options->stats_interval_ns,
        .rotate_bytes = options->rotate_bytes,
        .rotate_files = options->rotate_files,
        .uid = (int32_t)getuid(),
        .first_packet_ns = NS_NEVER,
    };
    (void)snprintf(run->run_id, sizeof(run->run_id), "%012" PRIx64, id & UINT64_C(0xffffffffffff));
    if (gethostname(texts->host, sizeof(texts->host) - 1))
        (void)snprintf(texts->host, sizeof(texts->host), "localhost");
    run->sensor = options->sensor ? options->sensor : texts->host;
    fill_tags(run, texts, options);
    if (is_live)
        fill_machine(run, texts);
    if (is_live || options->host_wish == HOST_WISH_YES)
        run->n_local = runinfo_local_addresses(run->local, SINK_ADDRESSES_MAX);
}

void runinfo_fill_pipeline(struct run_info *run, const struct pipeline *pipeline)
{
    static const char *const kinds[] = {"interface", "file", "pipe", "synthetic"};
    const struct capture *capture = pipeline_capture(pipeline);
    uint32_t n = capture_source_count(capture);

    _Static_assert(ARRAY_LEN(kinds) == CAPTURE_SOURCE_KIND_COUNT, "a word each kind");
    run->clock = capture_clock(capture);
    run->n_sources = n < SINK_SOURCES_MAX ? n : SINK_SOURCES_MAX;
    for (uint32_t i = 0; i < run->n_sources; i++) {
        const struct capture_source *source = capture_source(capture, i);
        const char *link_type = linktype_name(source->linktype);

        run->source[i] = (struct sink_source){
            .kind = kinds[source->kind],
            .name = source->interface[0] ? source->interface : source->input,
            .input = source->input,
            .link_type = link_type ? link_type : "unknown",
            .snaplen_bytes = source->snap_bytes,
            .ring_bytes = source->buffer_bytes,
            .is_promiscuous = source->is_promiscuous,
            .tstamp_source = source->kind == CAPTURE_SOURCE_INTERFACE ? "host" : "file",
            .tstamp_precision = source->is_nanosecond ? "ns" : "us",
        };
    }
    run->limit_flows = pipeline_max_flows(pipeline);
    run->limit_endpoints = pipeline_max_endpoints(pipeline);
    run->limit_incidents = incident_config_default().n_incidents;
}

uint32_t runinfo_local_addresses(struct ipaddr *local, uint32_t max)
{
    struct ifaddrs *all;
    uint32_t n = 0;

    if (getifaddrs(&all))
        return 0;
    for (const struct ifaddrs *at = all; at && n < max; at = at->ifa_next) {
        if (!at->ifa_addr)
            continue;
        if (at->ifa_addr->sa_family == AF_INET) {
            struct sockaddr_in v4;

            memcpy(&v4, at->ifa_addr, sizeof(v4));
            local[n++] = ipaddr_from_v4((const uint8_t *)&v4.sin_addr);
        } else if (at->ifa_addr->sa_family == AF_INET6) {
            struct sockaddr_in6 v6;

            memcpy(&v6, at->ifa_addr, sizeof(v6));
            local[n++] = ipaddr_from_v6(v6.sin6_addr.s6_addr);
        }
    }
    freeifaddrs(all);
    return n;
}
