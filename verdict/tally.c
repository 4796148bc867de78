/* SPDX-License-Identifier: BSD-2-Clause */
/* See tally.h. */
#include "verdict/tally.h"

#include <string.h>

#include "base/nanotime.h"
#include "base/text.h"
#include "verdict/explain.h"
#include "verdict/quantile.h"
#include "verdict/tally_table.h"
#include "verdict/window.h"

#define RATE_SECONDS 10
#define RING_SECONDS 64
#define COLUMN_SECONDS (SNAPSHOT_COLUMN_NS / NS_PER_S)
#define WIDER_MAX 64

_Static_assert(RING_SECONDS >= SNAPSHOT_COLUMNS * COLUMN_SECONDS, "a ring holds the sparkline");

/* See window.h: slots of 1 s. */
struct seconds {
    int64_t newest;
    uint32_t count[RING_SECONDS];
};

struct tally_family {
    uint64_t n_failed;
    uint32_t n_open_incidents;
    uint64_t n_incidents;
    struct seconds failed;
};

/* An open incident that is not of one endpoint. */
struct wider {
    uint32_t number;
    enum incident_scope scope;
};

struct tally {
    struct run_totals total; /* the fields that tally.h names */
    struct tally_table table;
    struct seconds attempts, ok, failed;
    struct tally_family family[FAMILY_COUNT];
    struct quantile handshake;
    struct snapshot_handshakes handshakes;
    uint32_t n_incidents_open;
    uint32_t n_wider;
    struct wider wider[WIDER_MAX];
    bool keeps_latest;
    uint64_t n_latest; /* ever */
    struct snapshot_latest latest[SNAPSHOT_LATEST_MAX];
};

const int64_t snapshot_handshake_bound_ns[SNAPSHOT_HANDSHAKE_BOUNDS] = {
    50 * NS_PER_US, 200 * NS_PER_US, 500 * NS_PER_US, 1 * NS_PER_MS, 5 * NS_PER_MS, 20 * NS_PER_MS,
    50 * NS_PER_MS, 200 * NS_PER_MS, 1 * NS_PER_S,    3 * NS_PER_S,  10 * NS_PER_S,
};

struct tally_config tally_config_default(void)
{
    return (struct tally_config){
        .n_healthy = 4096, .n_failing = 2048, .n_client_marks = 16384, .keeps_latest = true};
}

static struct tally_table_sizes table_sizes(const struct tally_config *config)
{
    return (struct tally_table_sizes){
        .n_healthy = config->n_healthy,
        .n_failing = config->n_failing,
        .n_client_marks = config->n_client_marks,
        .hash_key = config->hash_key,
    };
}

size_t tally_cost_bytes(const struct tally_config *config)
{
    struct tally_table_sizes sizes = table_sizes(config);

    return arena_cost_bytes(sizeof(struct tally)) + tally_table_cost_bytes(&sizes);
}

struct tally *tally_create(struct arena *arena, const struct tally_config *config)
{
    struct tally_table_sizes sizes = table_sizes(config);
    struct tally *tally = arena_take(arena, sizeof(*tally));

    if (!tally || !tally_table_create(&tally->table, arena, &sizes))
        return NULL;
    tally->keeps_latest = config->keeps_latest;
    return tally;
}

/* ---- counting ---- */

static void count_second(struct seconds *seconds, int64_t ts_ns)
{
    unsigned i =
        window_enter(&seconds->newest, seconds->count, RING_SECONDS, window_slot(ts_ns, NS_PER_S));

    if (i != WINDOW_LATE)
        seconds->count[i]++;
}

void tally_attempt(struct tally *tally, const struct endpoint *server, int64_t ts_ns)
{
    tally->total.n_attempts++;
    count_second(&tally->attempts, ts_ns);
    tally_table_attempt(&tally->table, server, ts_ns);
}

static void add_handshake(struct tally *tally, int64_t duration_ns)
{
    unsigned i = 0;

    while (i < SNAPSHOT_HANDSHAKE_BOUNDS && duration_ns > snapshot_handshake_bound_ns[i])
        i++;
    tally->handshakes.n_in_bucket[i]++;
    tally->handshakes.sum_ns += (uint64_t)duration_ns;
    quantile_add(&tally->handshake, duration_ns);
}

void tally_ok(struct tally *tally, const struct endpoint *server, int64_t ts_ns,
              int64_t handshake_ns)
{
    tally->total.n_ok++;
    count_second(&tally->ok, ts_ns);
    tally_table_place(&tally->table, server)->n_judged++;
    if (handshake_ns >= 0)
        add_handshake(tally, handshake_ns);
}

static void add_latest(struct tally *tally, const struct connection_event *event, int64_t ts_ns)
{
    struct snapshot_latest *latest = &tally->latest[tally->n_latest++ % SNAPSHOT_LATEST_MAX];
    struct text why = TEXT_OF(latest->why);

    *latest = (struct snapshot_latest){
        .ts_ns = ts_ns,
        .family = event->family,
        .verdict = event->verdict,
        .confidence = event->confidence,
        .client = event->client,
        .server = event->server,
        .flow_id = event->flow_id,
        .is_judged_with_loss = event->facts.bits & (FACT_LOSS | FACT_SHED),
    };
    explain_short(event, &why);
}

static enum incident_scope scope_of(const struct tally *tally, uint32_t number)
{
    for (uint32_t i = 0; i < tally->n_wider; i++)
        if (tally->wider[i].number == number)
            return tally->wider[i].scope;
    return SCOPE_ENDPOINT;
}

void tally_failed(struct tally *tally, const struct connection_event *event, int64_t ts_ns)
{
    enum incident_scope scope = scope_of(tally, event->incident);
    bool is_of_client = event->incident && scope == SCOPE_CLIENT;
    uint32_t row_incident = scope == SCOPE_NETWORK ? event->incident : 0;

    tally->total.n_failed++;
    tally->total.n_failed_by_family[event->family]++;
    count_second(&tally->failed, ts_ns);
    tally->family[event->family].n_failed++;
    count_second(&tally->family[event->family].failed, ts_ns);
    tally_table_place(&tally->table, &event->server)->n_judged++;
    tally_table_fail(&tally->table, event, ts_ns, row_incident, !is_of_client);
    if (tally->keeps_latest)
        add_latest(tally, event, ts_ns);
}

void tally_flow(struct tally *tally, const struct flow_facts *facts, enum verdict_id verdict,
                bool is_one_sided)
{
    const struct side_facts *side = facts->side;
    uint32_t gaps = SIDE_ACKED_UNSEEN | SIDE_SEQ_GAP;
    bool has_gaps = (side[SIDE_CLIENT].bits | side[SIDE_SERVER].bits) & gaps;

    tally->total.n_flows++;
    tally->total.n_by_verdict[verdict]++;
    tally->total.n_midstream += (facts->bits & FACT_MIDSTREAM) != 0;
    tally->total.n_one_sided += is_one_sided;
    tally->total.n_with_gaps += has_gaps || facts->bits & (FACT_LOSS | FACT_SHED);
    tally->total.n_time_backwards += (facts->bits & FACT_TIME_BACKWARDS) != 0;
    tally->total.n_with_duplicates += (facts->bits & FACT_DUPLICATES) != 0;
}

/* ---- incidents ---- */

static void forget_wider(struct tally *tally, uint32_t number)
{
    uint32_t n_kept = 0;

    for (uint32_t i = 0; i < tally->n_wider; i++)
        if (tally->wider[i].number != number)
            tally->wider[n_kept++] = tally->wider[i];
    tally->n_wider = n_kept;
}

void tally_incident(struct tally *tally, const struct incident_event *event)
{
    if (event->phase == INCIDENT_OPEN) {
        tally->n_incidents_open++;
        tally->family[event->family].n_open_incidents++;
        tally->family[event->family].n_incidents++;
        if (event->scope != SCOPE_ENDPOINT && tally->n_wider < WIDER_MAX)
            tally->wider[tally->n_wider++] = (struct wider){event->number, event->scope};
        tally_table_open(&tally->table, event);
    } else if (event->phase == INCIDENT_CLOSE) {
        tally->n_incidents_open--;
        tally->family[event->family].n_open_incidents--;
        forget_wider(tally, event->number);
        tally_table_close(&tally->table, event->number);
    }
}

/* ---- snapshot ---- */

static uint32_t last_10s(const struct seconds *seconds, int64_t now_s)
{
    return (uint32_t)window_sum(seconds->newest, seconds->count, RING_SECONDS,
                                now_s - RATE_SECONDS + 1, now_s);
}

/* The newest second is not over yet. */
static int64_t window_10s_ns(int64_t start_ns, int64_t now_ns)
{
    int64_t from_ns;

    if (start_ns == NS_NEVER)
        return 0;
    from_ns = (window_slot(now_ns, NS_PER_S) - RATE_SECONDS + 1) * NS_PER_S;
    return now_ns - (start_ns > from_ns ? start_ns : from_ns);
}

static void fill_totals(const struct tally *tally, struct run_totals *out)
{
    const struct run_totals *total = &tally->total;

    out->n_attempts = total->n_attempts;
    out->n_ok = total->n_ok;
    out->n_failed = total->n_failed;
    memcpy(out->n_failed_by_family, total->n_failed_by_family, sizeof(out->n_failed_by_family));
    out->n_flows = total->n_flows;
    out->n_midstream = total->n_midstream;
    out->n_one_sided = total->n_one_sided;
    out->n_with_gaps = total->n_with_gaps;
    out->n_time_backwards = total->n_time_backwards;
    out->n_with_duplicates = total->n_with_duplicates;
    memcpy(out->n_by_verdict, total->n_by_verdict, sizeof(out->n_by_verdict));
}

static void fill_family(const struct tally_family *family, int64_t now_s,
                        struct snapshot_family *out)
{
    const struct seconds *failed = &family->failed;
    int64_t newest_column = window_slot(now_s, COLUMN_SECONDS);

    out->n_total = family->n_failed;
    out->n_last_10s = last_10s(failed, now_s);
    out->n_open_incidents = family->n_open_incidents;
    out->n_incidents = family->n_incidents;
    for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
        int64_t first_s = (newest_column - SNAPSHOT_COLUMNS + 1 + i) * COLUMN_SECONDS;

        out->column[i] = (uint32_t)window_sum(failed->newest, failed->count, RING_SECONDS, first_s,
                                              first_s + COLUMN_SECONDS - 1);
    }
}

static void fill_latest(const struct tally *tally, struct snapshot *out)
{
    uint64_t n =
        tally->n_latest < SNAPSHOT_LATEST_MAX ? tally->n_latest : (uint64_t)SNAPSHOT_LATEST_MAX;

    for (uint64_t i = 0; i < n; i++)
        out->latest[i] = tally->latest[(tally->n_latest - 1 - i) % SNAPSHOT_LATEST_MAX];
    out->n_latest = (uint32_t)n;
}

void tally_snapshot(const struct tally *tally, int64_t start_ns, int64_t now_ns,
                    struct snapshot *out)
{
    int64_t now_s = window_slot(now_ns, NS_PER_S);

    out->now_ns = now_ns;
    out->start_ns = start_ns;
    fill_totals(tally, &out->total);
    out->n_attempts_10s = last_10s(&tally->attempts, now_s);
    out->n_ok_10s = last_10s(&tally->ok, now_s);
    out->n_failed_10s = last_10s(&tally->failed, now_s);
    out->window_10s_ns = window_10s_ns(start_ns, now_ns);
    out->n_endpoints = tally->table.healthy.n_used + tally->table.failing.n_used;
    out->n_incidents_open = tally->n_incidents_open;
    out->handshake_p50_ns = quantile_read(&tally->handshake, 50);
    out->handshake_p99_ns = quantile_read(&tally->handshake, 99);
    out->handshakes = tally->handshakes;
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        fill_family(&tally->family[i], now_s, &out->family[i]);
    out->n_endpoint_rows =
        tally_table_top(&tally->table, now_s, out->endpoint, SNAPSHOT_ENDPOINTS_MAX);
    fill_latest(tally, out);
}
