/* SPDX-License-Identifier: BSD-2-Clause */
/* See arena.h. */
#include "base/arena.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int arena_map(struct arena *arena, size_t size_bytes, const struct arena_options *options,
              struct err *err)
{
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *at;

    if (size_bytes > SIZE_MAX - page_bytes)
        return err_set(err, -ENOMEM, "cannot reserve %zu bytes of memory", size_bytes);
    size_bytes = (size_bytes + page_bytes - 1) / page_bytes * page_bytes;
    at = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return err_set(err, -errno, "cannot reserve %zu bytes of memory: %s", size_bytes,
                       strerror(errno));
    if (options && options->wants_huge_page)
        (void)madvise(at, size_bytes, MADV_HUGEPAGE);
    if (options && options->is_prefaulted) {
        volatile uint8_t *page = at;

        /* A read would only map the shared zero page; the write makes the page ours. */
        for (size_t off = 0; off < size_bytes; off += page_bytes)
            page[off] = 0;
    }
    *arena = (struct arena){.at = at, .size_bytes = size_bytes};
    return 0;
}

size_t arena_cost_bytes(size_t n_bytes)
{
    return (n_bytes + CACHELINE_BYTES - 1) / CACHELINE_BYTES * CACHELINE_BYTES;
}

void *arena_take(struct arena *arena, size_t n_bytes)
{
    size_t room_bytes = arena->size_bytes - arena->used_bytes;
    uint8_t *taken;

    if (n_bytes > room_bytes || arena_cost_bytes(n_bytes) > room_bytes)
        return NULL;
    taken = arena->at + arena->used_bytes;
    arena->used_bytes += arena_cost_bytes(n_bytes);
    return taken;
}

void arena_unmap(struct arena *arena)
{
    if (arena->at)
        (void)munmap(arena->at, arena->size_bytes);
    *arena = (struct arena){0};
}
