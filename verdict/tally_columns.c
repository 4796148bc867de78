/* SPDX-License-Identifier: BSD-2-Clause */
/* See tally_columns.h. */
#include "verdict/tally_columns.h"

#include <string.h>

#include "verdict/window.h"

static unsigned index_of(int64_t column)
{
    int64_t rest = column % SNAPSHOT_COLUMNS;

    return (unsigned)(rest < 0 ? rest + SNAPSHOT_COLUMNS : rest);
}

void tally_columns_add(struct tally_columns *columns, int64_t ts_ns)
{
    int64_t column = window_slot(ts_ns, SNAPSHOT_COLUMN_NS);
    int64_t n_newer = column - columns->newest;

    if (n_newer >= SNAPSHOT_COLUMNS || n_newer < -2 * SNAPSHOT_COLUMNS) {
        memset(columns->count, 0, sizeof(columns->count));
        columns->newest = column;
    } else if (n_newer <= -SNAPSHOT_COLUMNS) {
        return;
    }
    while (columns->newest < column)
        columns->count[index_of(++columns->newest)] = 0;
    if (columns->count[index_of(column)] < UINT16_MAX)
        columns->count[index_of(column)]++;
}

void tally_columns_read(const struct tally_columns *columns, int64_t newest,
                        uint16_t out[SNAPSHOT_COLUMNS])
{
    for (int64_t i = 0; i < SNAPSHOT_COLUMNS; i++) {
        int64_t column = newest - SNAPSHOT_COLUMNS + 1 + i;
        bool is_kept = column <= columns->newest && column > columns->newest - SNAPSHOT_COLUMNS;

        out[i] = is_kept ? columns->count[index_of(column)] : 0;
    }
}
