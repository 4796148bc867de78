/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters and flags across threads. */
#include "base/counter.h"

#include <pthread.h>

#include "unit.h"

#define N_STEPS 100000

static void a_counter_adds_and_is_set(void **state)
{
    struct counter counter = {0};

    (void)state;
    assert_int_equal(counter_read(&counter), 0);
    counter_add(&counter, 5);
    counter_add(&counter, UINT64_C(1) << 40);
    assert_int_equal(counter_read(&counter), (UINT64_C(1) << 40) + 5);
    counter_set(&counter, 3);
    assert_int_equal(counter_read(&counter), 3);
}

struct table {
    uint64_t rows[N_STEPS];
    struct counter n_rows;
};

static void *fill_table(void *ctx)
{
    struct table *table = ctx;

    for (uint64_t i = 0; i < N_STEPS; i++) {
        table->rows[i] = i + 1;
        counter_add_release(&table->n_rows, 1);
    }
    return NULL;
}

static void a_row_is_whole_when_the_count_includes_it(void **state)
{
    static struct table table;
    pthread_t thread;
    uint64_t n_wrong = 0;
    uint64_t n_rows = 0;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, fill_table, &table), 0);
    while (n_rows < N_STEPS) {
        uint64_t seen = counter_read_acquire(&table.n_rows);

        n_wrong += seen < n_rows;
        n_rows = seen;
        if (n_rows > 0)
            n_wrong += table.rows[n_rows - 1] != n_rows;
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(n_wrong, 0);
}

struct message {
    int content;
    struct flag is_written;
};

static void *write_message(void *ctx)
{
    struct message *message = ctx;

    message->content = 42;
    flag_raise(&message->is_written);
    return NULL;
}

static void who_sees_the_flag_sees_what_came_before(void **state)
{
    struct message message = {0};
    pthread_t thread;

    (void)state;
    assert_false(flag_is_raised(&message.is_written));
    assert_int_equal(pthread_create(&thread, NULL, write_message, &message), 0);
    while (!flag_is_raised(&message.is_written))
        ;
    assert_int_equal(message.content, 42);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_adds_and_is_set),
        cmocka_unit_test(a_row_is_whole_when_the_count_includes_it),
        cmocka_unit_test(who_sees_the_flag_sees_what_came_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
