/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts of the last minute in the columns of a sparkline, small enough for each endpoint. */
#ifndef VERDICT_TALLY_COLUMNS_H
#define VERDICT_TALLY_COLUMNS_H

#include <stdint.h>

#include "verdict/snapshot.h"

/* Zeroed is empty. */
struct tally_columns {
    int64_t newest;                   /* number of its column: time / SNAPSHOT_COLUMN_NS */
    uint16_t count[SNAPSHOT_COLUMNS]; /* of column k: at k modulo their number; saturate */
};

/* What comes later than all columns last is not counted; where the clock was set back by more than
 * two minutes, they begin anew. */
void tally_columns_add(struct tally_columns *columns, int64_t ts_ns);

/* The columns up to the number `newest`, oldest first. */
void tally_columns_read(const struct tally_columns *columns, int64_t newest,
                        uint16_t out[SNAPSHOT_COLUMNS]);

#endif
