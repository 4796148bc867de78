/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events of a run as a plain model of the report, in bounded memory.
 *
 * Failures are grouped by server address, port and family: the key of an incident. A group keeps
 * what the report prints of it (one full event per verdict, figures of the rest). When the input
 * is over, report_model_finish joins groups and incidents into entries, worst first. Text knows
 * only entries; another format can be made from them. Main thread.
 */
#ifndef SINK_REPORT_MODEL_H
#define SINK_REPORT_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/report_series.h"
#include "sink/sink.h"
#include "verdict/event.h"

/* A group takes 5 KiB and 3 KiB for each verdict: all of them some 32 MiB. */
#define REPORT_GROUPS_MAX 4096
#define REPORT_INCIDENTS_MAX 1024
#define REPORT_SAMPLES_MAX 3
#define REPORT_MARKS_MAX 9
#define REPORT_CLIENTS_MAX 32

/* The packet that decided one failure. */
struct report_mark {
    uint64_t frame;
    uint8_t ttl;
    uint16_t ip_id;
    enum verdict_id verdict;
};

struct report_client {
    struct ipaddr addr;
    uint64_t n_failures;
};

struct report_group {
    struct endpoint server;
    enum family family;
    uint64_t n_failures;
    uint64_t n_by_verdict[VERDICT_COUNT];
    uint8_t lowest[VERDICT_COUNT]; /* enum confidence, of the failures with that verdict */
    int64_t first_ns, last_ns;     /* moment of the first failure; last packet of any */
    struct report_series series;   /* moments of failure */
    struct report_spread delay_ns; /* from the first packet to the moment or to the last try */
    struct report_spread amount;   /* SYNs sent where nothing was established, else bytes got */
    uint32_t n_samples, n_marks;
    struct connection_event *sample[REPORT_SAMPLES_MAX]; /* the first failure of each verdict */
    struct report_mark mark[REPORT_MARKS_MAX];           /* of the first failures */
    bool ttl_varies, ip_id_varies; /* among the deciding packets of all failures */
    uint32_t n_clients;
    bool clients_capped;
    struct report_client client[REPORT_CLIENTS_MAX];

    /* Set by report_model_finish. */
    uint64_t n_attempts;                   /* at this endpoint in all; 0: not known */
    const struct incident_event *incident; /* NULL: below the threshold, or folded */
    uint32_t n_incidents;                  /* opened one after the other for this group */
    uint32_t n_endpoints;                  /* more than one where others were folded into this */
    bool is_folded;
    bool is_host_silent; /* no packet of this host is known */
};

/* An endpoint without failures. */
struct report_healthy {
    struct endpoint server;
    uint64_t n_attempts;
};

struct report_model {
    struct report_group **group; /* [n_groups], sorted by key */
    uint32_t n_groups;
    uint64_t n_failures_lost;        /* that found no room in a group, and belong to no incident */
    bool is_group_lost;              /* there were more groups than fit */
    struct incident_event *incident; /* [n_incidents], the last event of each, by number */
    uint32_t n_incidents;
    uint32_t n_incidents_lost;

    /* Set by report_model_finish. */
    int64_t first_ns, last_ns;    /* of all failures; NS_NEVER: none */
    struct report_group **rollup; /* [n_rollups]: incidents of a client, a network, the rest */
    uint32_t n_rollups;
    struct report_group **entry; /* [n_entries], worst first: incidents, then the rest */
    uint32_t n_entries;
    uint32_t n_incident_entries;                           /* the first ones of them */
    struct report_healthy healthy[SNAPSHOT_ENDPOINTS_MAX]; /* most attempts first */
    uint32_t n_healthy;
    bool is_healthy_cut; /* the snapshot had no room for all endpoints */
};

/* Zeroes it; nothing is allocated before the first failure. */
void report_model_init(struct report_model *model);
void report_model_add(struct report_model *model, const struct verdict_event *event);

/* Call once, when no event will come any more. */
void report_model_finish(struct report_model *model, const struct snapshot *final);

/* Frees all; the model is as after report_model_init. */
void report_model_clear(struct report_model *model);

/* The verdict that most of its failures have, and the sample that shows it. */
enum verdict_id report_group_verdict(const struct report_group *group);
const struct connection_event *report_group_sample(const struct report_group *group);

/* The lowest confidence among the failures of that verdict. */
enum confidence report_group_confidence(const struct report_group *group);

/* Whether the attempt got a no (RST or ICMP error) rather than none or a half answer. */
bool report_is_answered(const struct connection_event *event);

/* The packet that decided it: the first odd one. NULL where silence did. */
const struct evidence *report_deciding_packet(const struct connection_event *event);

#endif
