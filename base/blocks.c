/* SPDX-License-Identifier: BSD-2-Clause */
/* See blocks.h. */
#include "base/blocks.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct block {
    uint8_t order;
    bool is_free;
    struct block *next; /* in the list of its order, while it is free; else what is taken begins
                           behind HEADER_BYTES */
    struct block *prev;
};

#define HEADER_BYTES 16

_Static_assert(sizeof(struct block) <= 1u << BLOCKS_ORDER_MIN, "a free block holds its links");

size_t blocks_cost_bytes(uint32_t order)
{
    return arena_cost_bytes((size_t)1 << order);
}

static struct block *block_at(struct blocks *blocks, size_t off)
{
    return (struct block *)(void *)(blocks->region + off);
}

static size_t off_of(const struct blocks *blocks, const struct block *block)
{
    return (size_t)((const uint8_t *)block - blocks->region);
}

static void link_free(struct blocks *blocks, struct block *block, uint32_t order)
{
    block->order = (uint8_t)order;
    block->is_free = true;
    block->prev = NULL;
    block->next = blocks->free[order];
    if (block->next)
        block->next->prev = block;
    blocks->free[order] = block;
}

static void unlink_free(struct blocks *blocks, struct block *block)
{
    if (block->prev)
        block->prev->next = block->next;
    else
        blocks->free[block->order] = block->next;
    if (block->next)
        block->next->prev = block->prev;
    block->is_free = false;
}

int blocks_create(struct blocks *blocks, struct arena *arena, uint32_t order)
{
    assert(order >= BLOCKS_ORDER_MIN && order <= BLOCKS_ORDER_MAX);
    *blocks = (struct blocks){.order = order, .region = arena_take(arena, (size_t)1 << order)};
    if (!blocks->region)
        return -ENOMEM;
    link_free(blocks, block_at(blocks, 0), order);
    return 0;
}

void *blocks_take(struct blocks *blocks, size_t n_bytes)
{
    uint32_t order = BLOCKS_ORDER_MIN;
    struct block *block;
    uint32_t from;

    while (order <= blocks->order && ((size_t)1 << order) - HEADER_BYTES < n_bytes)
        order++;
    for (from = order; from <= blocks->order && !blocks->free[from]; from++)
        ;
    if (from > blocks->order) {
        blocks->n_refused++;
        return NULL;
    }
    block = blocks->free[from];
    unlink_free(blocks, block);
    for (; from > order; from--)
        link_free(blocks, block_at(blocks, off_of(blocks, block) + ((size_t)1 << (from - 1))),
                  from - 1);
    block->order = (uint8_t)order;
    return (uint8_t *)block + HEADER_BYTES;
}

void blocks_give(struct blocks *blocks, void *bytes)
{
    struct block *block;
    uint32_t order;

    if (!bytes)
        return;
    block = (struct block *)(void *)((uint8_t *)bytes - HEADER_BYTES);
    assert(!block->is_free);
    for (order = block->order; order < blocks->order; order++) {
        size_t off = off_of(blocks, block);
        struct block *buddy = block_at(blocks, off ^ (size_t)1 << order);

        if (!buddy->is_free || buddy->order != order)
            break;
        unlink_free(blocks, buddy);
        block = block_at(blocks, off & ~((size_t)1 << order));
    }
    link_free(blocks, block, order);
}

void *blocks_resize(struct blocks *blocks, void *bytes, size_t n_bytes)
{
    const struct block *block;
    size_t room_bytes;
    void *taken;

    if (!bytes)
        return blocks_take(blocks, n_bytes);
    block = (const struct block *)(void *)((uint8_t *)bytes - HEADER_BYTES);
    room_bytes = ((size_t)1 << block->order) - HEADER_BYTES;
    if (n_bytes <= room_bytes)
        return bytes;
    taken = blocks_take(blocks, n_bytes);
    if (!taken)
        return NULL;
    memcpy(taken, bytes, room_bytes);
    blocks_give(blocks, bytes);
    return taken;
}
