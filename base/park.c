/* SPDX-License-Identifier: BSD-2-Clause */
/* See park.h. */
#include "base/park.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/nanotime.h"

#define SLEEPER_BIT UINT32_C(1)
#define EPOCH_STEP UINT32_C(2)

/* About a microsecond: shorter than a futex round trip (some 5 us), and short enough that two
 * threads on one core lose nothing that counts. */
#define SPIN_ROUNDS 32

static void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t timeout_ns)
{
    struct timespec timeout = {.tv_sec = timeout_ns / NS_PER_S, .tv_nsec = timeout_ns % NS_PER_S};

    /* Every way out (woken, word changed, signal, timeout) means: look again. */
    (void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, &timeout, NULL, 0);
}

bool park_wait(struct park *park, park_ready_fn is_ready, void *ctx, int64_t timeout_ns)
{
    uint32_t word;

    for (int i = 0; i < SPIN_ROUNDS; i++) {
        if (is_ready(ctx))
            return true;
        cpu_relax();
    }
    /* Pairs with the load in park_wake; see the theory in park.h. */
    word = atomic_fetch_or_explicit(&park->word, SLEEPER_BIT, memory_order_seq_cst) | SLEEPER_BIT;
    if (!is_ready(ctx))
        futex_wait(&park->word, word, timeout_ns);
    /* Whoever woke us has cleared the bit; after a timeout it stays, which costs one useless
     * system call of the next waker and saves an atomic operation here. */
    return is_ready(ctx);
}

void park_wake(struct park *park)
{
    /* Pairs with the fetch_or in park_wait. */
    uint32_t word = atomic_load_explicit(&park->word, memory_order_seq_cst);

    while (word & SLEEPER_BIT) {
        uint32_t next = (word & ~SLEEPER_BIT) + EPOCH_STEP;

        /* Several threads may wake one sleeper: the one whose exchange succeeds makes the call. */
        if (atomic_compare_exchange_weak_explicit(&park->word, &word, next, memory_order_seq_cst,
                                                  memory_order_seq_cst)) {
            (void)syscall(SYS_futex, &park->word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
            return;
        }
    }
}
