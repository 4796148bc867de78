/* SPDX-License-Identifier: BSD-2-Clause */
/* What the flows and the lone SYNs of a table share: places in the pool, and the index. */
#ifndef FLOWTABLE_TABLE_PRIVATE_H
#define FLOWTABLE_TABLE_PRIVATE_H

#include "flowtable/table.h"

/* A free entry, counted as used and embryonic; there must be one. */
uint32_t pool_take(struct flowtable *table);

/* Back to the free ones; the caller has counted off an embryonic one. */
void pool_give(struct flowtable *table, uint32_t flow_idx);

void index_add(struct flowtable *table, uint32_t found, uint32_t hash);
void index_remove(struct flowtable *table, uint32_t found);

#endif
