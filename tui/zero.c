/* SPDX-License-Identifier: BSD-2-Clause */
/* See zero.h. */
#include "tui/zero.h"

#include "base/nanotime.h"

#define RATE_WINDOW_NS (10 * NS_PER_S)

static void zero_columns(const struct snapshot_family *from, int64_t n_columns_ago,
                         struct snapshot_family *shown)
{
    int64_t at = SNAPSHOT_COLUMNS - 1 - n_columns_ago;

    for (int64_t i = 0; i < at && i < SNAPSHOT_COLUMNS; i++)
        shown->column[i] = 0;
    if (at < 0)
        return;
    /* What came late for that column may have been counted there since. */
    if (shown->column[at] >= from->column[SNAPSHOT_COLUMNS - 1])
        shown->column[at] -= from->column[SNAPSHOT_COLUMNS - 1];
}

static uint64_t failures_at(const struct snapshot *from, const struct snapshot_endpoint *row)
{
    for (uint32_t i = 0; i < from->n_endpoint_rows; i++) {
        const struct snapshot_endpoint *old = &from->endpoint[i];

        if (old->family == row->family && old->server.port == row->server.port &&
            ipaddr_equal(&old->server.addr, &row->server.addr))
            return old->n_failures;
    }
    return 0;
}

static void zero_rates(const struct snapshot *from, struct snapshot *shown)
{
    shown->n_attempts_10s = (uint32_t)(shown->total.n_attempts - from->total.n_attempts);
    shown->n_ok_10s = (uint32_t)(shown->total.n_ok - from->total.n_ok);
    shown->n_failed_10s = (uint32_t)(shown->total.n_failed - from->total.n_failed);
    shown->n_pkts_10s = shown->total.n_pkts - from->total.n_pkts;
    shown->wire_bytes_10s = shown->total.wire_bytes - from->total.wire_bytes;
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        shown->family[i].n_last_10s =
            (uint32_t)(shown->family[i].n_total - from->family[i].n_total);
    for (uint32_t i = 0; i < shown->n_endpoint_rows; i++) {
        struct snapshot_endpoint *row = &shown->endpoint[i];
        uint64_t n = row->n_failures - failures_at(from, row);

        if (n < row->n_last_10s)
            row->n_last_10s = (uint32_t)n;
    }
}

void zero_apply(const struct zero *zero, struct snapshot *shown)
{
    int64_t since_ns, n_columns_ago;

    if (!zero->is_set || shown->now_ns == NS_NEVER || zero->from.now_ns == NS_NEVER)
        return;
    since_ns = ns_since(zero->from.now_ns, shown->now_ns);
    n_columns_ago = shown->now_ns / SNAPSHOT_COLUMN_NS - zero->from.now_ns / SNAPSHOT_COLUMN_NS;
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        zero_columns(&zero->from.family[i], n_columns_ago, &shown->family[i]);
    if (since_ns >= shown->window_10s_ns || since_ns >= RATE_WINDOW_NS)
        return;
    zero_rates(&zero->from, shown);
    shown->window_10s_ns = since_ns;
}
