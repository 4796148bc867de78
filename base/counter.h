/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that one thread counts up and any thread reads; flags that any thread raises. */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One writer, any reader. A reader may see one counter newer than another. */
struct counter {
    _Atomic uint64_t value;
};

/* Writer only. A load and a store, no read-modify-write: nobody else writes, so nothing is lost,
 * and the packet path pays no locked instruction. */
static inline void counter_add(struct counter *counter, uint64_t n)
{
    uint64_t value = atomic_load_explicit(&counter->value, memory_order_relaxed);

    atomic_store_explicit(&counter->value, value + n, memory_order_relaxed);
}

/* Writer only: for totals that someone else keeps, such as the kernel. */
static inline void counter_set(struct counter *counter, uint64_t value)
{
    atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

/* Writer only: as counter_add, and what was written before is visible to who reads the new value
 * with counter_read_acquire. For counting rows of a table that only grows. */
static inline void counter_add_release(struct counter *counter, uint64_t n)
{
    uint64_t value = atomic_load_explicit(&counter->value, memory_order_relaxed);

    /* Pairs with the load in counter_read_acquire. */
    atomic_store_explicit(&counter->value, value + n, memory_order_release);
}

/* Any thread. Pairs with the store in counter_add_release. */
static inline uint64_t counter_read_acquire(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_acquire);
}

/* Any thread. */
static inline uint64_t counter_read(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

/* Goes up once and stays up. */
struct flag {
    _Atomic bool is_up;
};

/* Any thread; safe in a signal handler. What was written before is visible to who sees it up:
 * the release pairs with the acquire in flag_is_raised. */
static inline void flag_raise(struct flag *flag)
{
    atomic_store_explicit(&flag->is_up, true, memory_order_release);
}

/* Any thread. Pairs with the release in flag_raise. */
static inline bool flag_is_raised(const struct flag *flag)
{
    return atomic_load_explicit(&flag->is_up, memory_order_acquire);
}

#endif
