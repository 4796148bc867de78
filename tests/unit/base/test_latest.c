/* SPDX-License-Identifier: BSD-2-Clause */
/* The latest-value box: newest wins, nothing is torn, two threads. */
#include "base/latest.h"

#include <pthread.h>
#include <stdalign.h>
#include <string.h>

#include "unit.h"

#define N_WORDS 100
#define N_STRESS_VALUES 300000

struct value {
    uint64_t words[N_WORDS]; /* all the same when not torn */
};

static alignas(CACHELINE_BYTES) uint8_t memory[LATEST_BUFFER_COUNT * (sizeof(struct value) + 64)];

static void start(struct latest *latest)
{
    assert_true(latest_memory_bytes(sizeof(struct value)) <= sizeof(memory));
    memset(memory, 0, sizeof(memory));
    latest_init(latest, memory, sizeof(struct value));
}

static void publish(struct latest *latest, uint64_t number)
{
    struct value *draft = latest_draft(latest);

    for (size_t i = 0; i < N_WORDS; i++)
        draft->words[i] = number;
    latest_publish(latest);
}

static void before_the_first_value_all_is_zero_and_old(void **state)
{
    struct latest latest;
    const struct value *value;
    bool is_new = true;

    (void)state;
    start(&latest);
    value = latest_read(&latest, &is_new);
    assert_false(is_new);
    assert_int_equal(value->words[0], 0);
    assert_int_equal(value->words[N_WORDS - 1], 0);
}

static void a_value_is_new_once(void **state)
{
    struct latest latest;
    const struct value *value;
    bool is_new;

    (void)state;
    start(&latest);
    publish(&latest, 7);
    value = latest_read(&latest, &is_new);
    assert_true(is_new);
    assert_int_equal(value->words[3], 7);
    assert_ptr_equal(latest_read(&latest, &is_new), value);
    assert_false(is_new);
}

static void the_reader_gets_the_newest_of_several(void **state)
{
    struct latest latest;
    const struct value *value;

    (void)state;
    start(&latest);
    for (uint64_t i = 1; i <= 10; i++)
        publish(&latest, i);
    value = latest_read(&latest, NULL);
    assert_int_equal(value->words[0], 10);
}

static void what_was_read_stays_while_the_writer_goes_on(void **state)
{
    struct latest latest;
    const struct value *value;

    (void)state;
    start(&latest);
    publish(&latest, 1);
    value = latest_read(&latest, NULL);
    for (uint64_t i = 2; i <= 10; i++) {
        assert_ptr_not_equal(latest_draft(&latest), value);
        publish(&latest, i);
    }
    for (size_t i = 0; i < N_WORDS; i++)
        assert_int_equal(value->words[i], 1);
}

static void *write_values(void *ctx)
{
    for (uint64_t i = 1; i <= N_STRESS_VALUES; i++)
        publish(ctx, i);
    return NULL;
}

static void two_threads_never_tear_nor_go_back(void **state)
{
    struct latest latest;
    pthread_t writer;
    uint64_t last = 0;
    uint64_t n_wrong = 0;

    (void)state;
    start(&latest);
    assert_int_equal(pthread_create(&writer, NULL, write_values, &latest), 0);
    while (last < N_STRESS_VALUES && !n_wrong) {
        bool is_new;
        const struct value *value = latest_read(&latest, &is_new);

        for (size_t i = 1; i < N_WORDS; i++)
            n_wrong += value->words[i] != value->words[0];
        n_wrong += is_new ? value->words[0] <= last : value->words[0] != last;
        last = value->words[0];
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_value_all_is_zero_and_old),
        cmocka_unit_test(a_value_is_new_once),
        cmocka_unit_test(the_reader_gets_the_newest_of_several),
        cmocka_unit_test(what_was_read_stays_while_the_writer_goes_on),
        cmocka_unit_test(two_threads_never_tear_nor_go_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
