/* SPDX-License-Identifier: BSD-2-Clause */
/* See json_arena.h. */
#include "sink/json_arena.h"

#include <jansson.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

/* Before each block that found the arena full: the end frees those that jansson did not. */
struct beyond {
    alignas(max_align_t) struct beyond *next;
    struct beyond *prev;
};

struct json_arena {
    struct beyond beyond; /* the head of a ring */
    size_t used_bytes;
    bool is_short;
    alignas(max_align_t) uint8_t at[JSON_ARENA_BYTES];
};

/* The one thing in this program that is neither constant nor passed: jansson's allocator functions
 * are told nothing but the size. NULL but between begin and end. */
static struct json_arena *in_use;

struct json_arena *json_arena_new(void)
{
    return calloc(1, sizeof(struct json_arena));
}

void json_arena_free(struct json_arena *arena)
{
    free(arena);
}

static void *take_beyond(struct json_arena *arena, size_t n_bytes)
{
    struct beyond *block = NULL;

    if (n_bytes <= SIZE_MAX - sizeof(*block))
        block = malloc(sizeof(*block) + n_bytes);
    if (block == NULL) {
        arena->is_short = true;
        return NULL;
    }
    block->next = arena->beyond.next;
    block->prev = &arena->beyond;
    block->next->prev = block->prev->next = block;
    return block + 1;
}

static void *take(size_t n_bytes)
{
    struct json_arena *arena = in_use;
    uint8_t *block = arena->at + arena->used_bytes;

    if (n_bytes > sizeof(arena->at) - arena->used_bytes)
        return take_beyond(arena, n_bytes);
    arena->used_bytes += (n_bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    return block;
}

static void release_beyond(struct beyond *block)
{
    block->next->prev = block->prev;
    block->prev->next = block->next;
    free(block);
}

static void release(void *block)
{
    uintptr_t off = (uintptr_t)block - (uintptr_t)in_use->at;

    if (off >= sizeof(in_use->at))
        release_beyond((struct beyond *)block - 1);
}

void json_arena_begin(struct json_arena *arena)
{
    arena->beyond.next = arena->beyond.prev = &arena->beyond;
    arena->used_bytes = 0;
    arena->is_short = false;
    in_use = arena;
    json_set_alloc_funcs(take, release);
}

void json_arena_end(struct json_arena *arena)
{
    json_set_alloc_funcs(malloc, free);
    in_use = NULL;
    while (arena->beyond.next != &arena->beyond)
        release_beyond(arena->beyond.next);
}

bool json_arena_is_whole(const struct json_arena *arena)
{
    return !arena->is_short;
}
