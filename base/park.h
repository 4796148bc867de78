/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where one thread sleeps until another has something for it.
 *
 * Theory of operation: an event count. The sleeper announces itself by setting the low bit of a
 * 32-bit word, looks once more at what it waits for, and sleeps in the kernel (futex) as long as
 * the word is unchanged. A waker first makes its change visible, then looks at the low bit; only
 * when it is set does it clear it, step the word and make the system call. So a busy pair never
 * enters the kernel, and a sleeper costs its wakers one call however often they publish.
 *
 * No wake-up is lost because four accesses are sequentially consistent: the waker's store of the
 * change and its load of the word, the sleeper's setting of the bit and its second look. In any
 * total order of these, the waker sees the bit or the sleeper sees the change.
 */
#ifndef BASE_PARK_H
#define BASE_PARK_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* Belongs to the one thread that sleeps on it; any thread may wake it. Zeroed is ready to use. */
struct park {
    alignas(CACHELINE_BYTES) _Atomic uint32_t word; /* bit 0: someone sleeps; the rest: an epoch */
};

/* The second look: true when there is no reason to sleep. Its loads must be sequentially
 * consistent (those of ring_is_readable are). */
typedef bool (*park_ready_fn)(void *ctx);

/*
 * Spins for about a microsecond, then sleeps until `is_ready` may have become true, but for at
 * most `timeout_ns` (>= 0). Returns what `is_ready` said last: false after a timeout, a signal or
 * a wake-up for something else, so callers loop. Owner only.
 */
bool park_wait(struct park *park, park_ready_fn is_ready, void *ctx, int64_t timeout_ns);

/* Call after a sequentially consistent store of what the sleeper looks at. Any thread. */
void park_wake(struct park *park);

#endif
