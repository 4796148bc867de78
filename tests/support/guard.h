/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input that ends at a page which may not be touched: one byte read past its end is a SIGSEGV in
 * any build, sanitizer or not (the idea is picohttpparser's).
 */
#ifndef SUPPORT_GUARD_H
#define SUPPORT_GUARD_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_ROOM_PAGES 17 /* a frame of 64 KiB fits */

struct guard {
    uint8_t *map;
    size_t room_bytes; /* before the protected page */
    size_t page_bytes;
};

static inline struct guard guard_open(void)
{
    struct guard guard = {.page_bytes = (size_t)sysconf(_SC_PAGESIZE)};
    void *map;
    int protected;

    guard.room_bytes = GUARD_ROOM_PAGES * guard.page_bytes;
    map = mmap(NULL, guard.room_bytes + guard.page_bytes, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert(map != MAP_FAILED);
    guard.map = map;
    protected = mprotect(guard.map + guard.room_bytes, guard.page_bytes, PROT_NONE);
    assert(protected == 0);
    (void)protected;
    return guard;
}

/* Copies the bytes so that the last of them is the last before the protected page. */
static inline const uint8_t *guard_place(const struct guard *guard, const uint8_t *bytes,
                                         size_t n_bytes)
{
    uint8_t *at = guard->map + guard->room_bytes - n_bytes;

    assert(n_bytes <= guard->room_bytes);
    if (n_bytes)
        memcpy(at, bytes, n_bytes);
    return at;
}

static inline void guard_close(struct guard *guard)
{
    munmap(guard->map, guard->room_bytes + guard->page_bytes);
}

#endif
