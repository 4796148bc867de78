/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for the nodes of one JSON line: handed out in order, given back all at once.
 *
 * A failure's line is some 300 small blocks for jansson; malloc() and free() of each, and the walk
 * over the tree that frees them, were a seventh of what the line cost.
 */
#ifndef SINK_JSON_ARENA_H
#define SINK_JSON_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

#define JSON_ARENA_BYTES (64U * 1024) /* a failure's line takes 25 to 30 KiB */

struct json_arena;

/* NULL where there is no memory. */
struct json_arena *json_arena_new(void) MUST_CHECK;

/* Not between begin and end. NULL: nothing to do. */
void json_arena_free(struct json_arena *arena);

/*
 * From here to json_arena_end() jansson takes its memory from `arena`, and from malloc() where that
 * is full. jansson's allocator is one for the whole process: in between no other thread may use
 * jansson and no other arena may begin. Only the main thread writes events, a line at a time.
 */
void json_arena_begin(struct json_arena *arena);

/* Frees every node made since json_arena_begin(): json_decref() of them is not needed before and
 * not allowed after. Nodes made earlier stay, and are not to be let go of in between. */
void json_arena_end(struct json_arena *arena);

/* Whether all memory asked for since json_arena_begin() was there. Valid after the end, too. */
bool json_arena_is_whole(const struct json_arena *arena);

#endif
