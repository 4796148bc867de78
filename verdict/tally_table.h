/* SPDX-License-Identifier: BSD-2-Clause */
/* The endpoints behind the rows of "Where": attempts of each, and what failed there by family. */
#ifndef VERDICT_TALLY_TABLE_H
#define VERDICT_TALLY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "verdict/clientset.h"
#include "verdict/event.h"
#include "verdict/lrumap.h"
#include "verdict/snapshot.h"
#include "verdict/tally_columns.h"

#define TALLY_ROW_SECONDS 16  /* the last 10 s, and what comes late */
#define TALLY_CLIENTS_MAX 64  /* distinct ones that a row tells apart */
#define TALLY_VERDICTS_MAX 12 /* of one family */

struct tally_verdict {
    uint64_t n;
    uint8_t id, lowest; /* enum verdict_id, enum confidence */
};

/* Failures of one family at one endpoint. */
struct tally_row {
    uint64_t n_failures;
    int64_t first_ns, last_ns;
    uint32_t incident; /* open one, 0 = none */
    uint32_t next;     /* of the same place, or free; LRUMAP_NONE = last */
    uint8_t family;    /* enum family */
    uint8_t n_verdicts;
    bool had_incident; /* open or not */
    struct tally_verdict verdict[TALLY_VERDICTS_MAX];
    struct clientset clients;
    int64_t newest; /* see window.h: slots of 1 s */
    uint32_t count[TALLY_ROW_SECONDS];
    struct tally_columns failed;
};

struct tally_place {
    uint64_t n_attempts, n_judged;
    uint32_t first_row; /* LRUMAP_NONE: nothing failed */
};

/* Two maps, so that any number of healthy endpoints cannot push out a failing one. */
struct tally_table {
    struct clientpool pool;
    struct lrumap healthy, failing;
    struct tally_place *healthy_place, *failing_place;
    struct tally_columns *attempts; /* of each failing place, since it is one */
    uint32_t n_rows, free_row;
    struct tally_row *row;
};

struct tally_table_sizes {
    uint32_t n_healthy, n_failing, n_client_marks;
    struct hash_key hash_key;
};

size_t tally_table_cost_bytes(const struct tally_table_sizes *sizes);
bool tally_table_create(struct tally_table *table, struct arena *arena,
                        const struct tally_table_sizes *sizes) MUST_CHECK;

/* Finds or makes the record. */
struct tally_place *tally_table_place(struct tally_table *table, const struct endpoint *server);

/* Counts an attempt. */
void tally_table_attempt(struct tally_table *table, const struct endpoint *server, int64_t ts_ns);

/* Counts a failure. Where `may_add` is false, only if its row is there. `incident`: open one, 0 =
 * leave what the row says. */
void tally_table_fail(struct tally_table *table, const struct connection_event *event,
                      int64_t ts_ns, uint32_t incident, bool may_add);

/* An incident opened: the row of its endpoint, or the rows in its network, belong to it. */
void tally_table_open(struct tally_table *table, const struct incident_event *event);

/* No row belongs to that incident any more. */
void tally_table_close(struct tally_table *table, uint32_t number);

/* The first rows in the order of tally.h; returns how many. n_max: at most
 * SNAPSHOT_ENDPOINTS_MAX. `last_s`: number of the newest second of "the last 10 s". */
uint32_t tally_table_top(const struct tally_table *table, int64_t last_s,
                         struct snapshot_endpoint *out, uint32_t n_max);

#endif
