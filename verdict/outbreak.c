/* SPDX-License-Identifier: BSD-2-Clause */
/* See outbreak.h. */
#include "verdict/outbreak.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "verdict/incident.h"

void outbreak_clear(struct outbreak *outbreak, struct clientpool *pool)
{
    clientset_clear(&outbreak->clients, pool);
    memset(outbreak, 0, offsetof(struct outbreak, first_us));
    outbreak->rhythm.n = 0;
}

static void add_verdict(struct outbreak *outbreak, enum verdict_id id, uint64_t n)
{
    unsigned i = 0;

    while (i < outbreak->n_verdicts && outbreak->verdict[i].id != id)
        i++;
    if (i == INCIDENT_VERDICTS_MAX)
        return;
    if (i == outbreak->n_verdicts)
        outbreak->verdict[outbreak->n_verdicts++] = (struct incident_verdict){.id = id};
    outbreak->verdict[i].n += n;
}

/* The packets that the verdict rests on before those that only frame it, in time order. */
static void pick_frames(const struct connection_event *event, uint64_t *frame)
{
    bool is_taken[EVENT_EVIDENCE_MAX] = {false};
    unsigned n = 0;

    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < event->n_evidence && n < INCIDENT_SAMPLE_FRAMES; i++)
            if (!is_taken[i] && event->evidence[i].mark.frame &&
                event->evidence[i].is_odd == (pass == 0)) {
                is_taken[i] = true;
                n++;
            }
    n = 0;
    for (unsigned i = 0; i < event->n_evidence; i++)
        if (is_taken[i])
            frame[n++] = event->evidence[i].mark.frame;
}

static void add_sample(struct outbreak *outbreak, const struct connection_event *event)
{
    struct incident_sample *sample;

    if (outbreak->n_samples == INCIDENT_SAMPLES)
        return;
    sample = &outbreak->sample[outbreak->n_samples++];
    *sample = (struct incident_sample){
        .flow_id = event->flow_id, .client = event->client, .server = event->server};
    pick_frames(event, sample->frame);
}

/* One failure, or with n > 1 what another outbreak had in one bucket. */
static void add_to_bucket(struct outbreak *outbreak, int64_t bucket, uint32_t n, uint32_t first_us,
                          uint8_t lowest)
{
    unsigned i = window_enter(&outbreak->newest, outbreak->count, OUTBREAK_BUCKETS, bucket);

    if (i == WINDOW_LATE)
        return;
    if (!outbreak->count[i] || first_us < outbreak->first_us[i])
        outbreak->first_us[i] = first_us;
    if (!outbreak->count[i] || lowest < outbreak->lowest[i])
        outbreak->lowest[i] = lowest;
    outbreak->count[i] += n;
}

static void add_span(struct outbreak *outbreak, int64_t first_ns, int64_t last_ns)
{
    if (!outbreak->n_failures || first_ns < outbreak->first_ns)
        outbreak->first_ns = first_ns;
    if (!outbreak->n_failures || last_ns > outbreak->last_ns)
        outbreak->last_ns = last_ns;
}

static int64_t established_ns(const struct flow_facts *facts)
{
    return facts->first_ns + facts->ack_after_us * NS_PER_US;
}

void outbreak_add(struct outbreak *outbreak, const struct incident_rules *rules,
                  struct clientpool *pool, const struct connection_event *event, int64_t ts_ns,
                  uint32_t n_clients_max)
{
    int64_t bucket = outbreak_bucket(rules, ts_ns);
    int64_t into_us = (ts_ns - bucket * rules->bucket_ns) / NS_PER_US;

    if (incident_is_counted(&event->facts) && established_ns(&event->facts) <= outbreak->began_ns)
        outbreak->n_established_before++;
    add_to_bucket(outbreak, bucket, 1, (uint32_t)into_us, (uint8_t)event->confidence);
    add_span(outbreak, ts_ns, ts_ns);
    outbreak->n_failures++;
    rhythm_add(&outbreak->rhythm, ts_ns);
    add_verdict(outbreak, event->verdict, 1);
    add_sample(outbreak, event);
    clientset_add(&outbreak->clients, pool, &event->client.addr, 1, n_clients_max);
}

void outbreak_add_all(struct outbreak *outbreak, struct clientpool *pool,
                      const struct outbreak *from, uint32_t n_clients_max)
{
    if (!from->n_failures)
        return;
    for (int64_t bucket = from->newest - OUTBREAK_BUCKETS + 1; bucket <= from->newest; bucket++) {
        unsigned i = window_index(from->newest, OUTBREAK_BUCKETS, bucket);

        if (from->count[i])
            add_to_bucket(outbreak, bucket, from->count[i], from->first_us[i], from->lowest[i]);
    }
    add_span(outbreak, from->first_ns, from->last_ns);
    outbreak->n_failures += from->n_failures;
    rhythm_add_all(&outbreak->rhythm, &from->rhythm);
    for (unsigned i = 0; i < from->n_verdicts; i++)
        add_verdict(outbreak, from->verdict[i].id, from->verdict[i].n);
    for (unsigned i = 0; i < from->n_samples && outbreak->n_samples < INCIDENT_SAMPLES; i++)
        outbreak->sample[outbreak->n_samples++] = from->sample[i];
    clientset_add_all(&outbreak->clients, pool, &from->clients, n_clients_max);
}

uint64_t outbreak_recent(const struct outbreak *outbreak, unsigned n_buckets)
{
    return window_sum(outbreak->newest, outbreak->count, OUTBREAK_BUCKETS,
                      outbreak->newest - n_buckets + 1, outbreak->newest);
}

int64_t outbreak_recent_first_ns(const struct outbreak *outbreak,
                                 const struct incident_rules *rules, unsigned n_buckets)
{
    for (int64_t bucket = outbreak->newest - n_buckets + 1; bucket <= outbreak->newest; bucket++) {
        unsigned i = window_index(outbreak->newest, OUTBREAK_BUCKETS, bucket);

        if (i != WINDOW_LATE && outbreak->count[i])
            return bucket * rules->bucket_ns + outbreak->first_us[i] * NS_PER_US;
    }
    return NS_NEVER;
}

/* Only the newest times are known: the others were in step if they were as many as fit. */
int64_t outbreak_period_ns(const struct outbreak *outbreak)
{
    int64_t period_ns = rhythm_period_ns(&outbreak->rhythm);
    int64_t span_ns = outbreak->last_ns - outbreak->first_ns;
    int64_t n_gaps = (int64_t)outbreak->n_failures - 1;

    if (!period_ns)
        return 0;
    return llabs(span_ns - n_gaps * period_ns) <= span_ns / 5 ? period_ns : 0;
}

enum confidence outbreak_confidence(const struct outbreak *outbreak,
                                    const struct incident_rules *rules)
{
    unsigned lowest = CONFIDENCE_COUNT;

    for (int64_t bucket = outbreak->newest - rules->window_buckets + 1; bucket <= outbreak->newest;
         bucket++) {
        unsigned i = window_index(outbreak->newest, OUTBREAK_BUCKETS, bucket);

        if (outbreak->count[i] && outbreak->lowest[i] < lowest)
            lowest = outbreak->lowest[i];
    }
    return lowest == CONFIDENCE_COUNT ? CONFIDENCE_NONE : (enum confidence)lowest;
}

/* Most first, equal ones in the order of the table. */
static void copy_verdicts(const struct outbreak *outbreak, struct incident_verdict *sorted)
{
    for (unsigned i = 0; i < outbreak->n_verdicts; i++) {
        struct incident_verdict verdict = outbreak->verdict[i];
        unsigned at = i;

        for (; at > 0 && (verdict.n > sorted[at - 1].n ||
                          (verdict.n == sorted[at - 1].n && verdict.id < sorted[at - 1].id));
             at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = verdict;
    }
}

void outbreak_describe(const struct outbreak *outbreak, const struct clientpool *pool,
                       struct incident_event *event)
{
    event->first_ns = outbreak->first_ns;
    event->last_ns = outbreak->last_ns;
    event->n_failures = outbreak->n_failures;
    event->n_clients = outbreak->clients.n;
    event->clients_capped = outbreak->clients.is_capped;
    event->n_top_clients =
        (uint8_t)clientset_top(&outbreak->clients, pool, event->top_client, INCIDENT_TOP_CLIENTS);
    event->n_verdicts = outbreak->n_verdicts;
    copy_verdicts(outbreak, event->verdict);
    event->n_samples = outbreak->n_samples;
    memcpy(event->sample, outbreak->sample, sizeof(event->sample));
}
