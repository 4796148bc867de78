/* SPDX-License-Identifier: BSD-2-Clause */
/* What is counted between two publishes: of each source, of all. */
#include "capture/pktcount.h"

#include "base/nanotime.h"
#include "unit.h"

#define N_SOURCES 2

static struct capture_counters counters;
static struct capture_source sources[N_SOURCES];

static struct pktcount start(void)
{
    counters = (struct capture_counters){0};
    for (unsigned i = 0; i < N_SOURCES; i++)
        sources[i] = (struct capture_source){0};
    return (struct pktcount){.counters = &counters, .sources = sources};
}

static struct raw_packet packet_of(uint8_t source, int64_t ts_ns)
{
    return (struct raw_packet){.ts_ns = ts_ns,
                               .captured_bytes = source == 0 ? 60 : 100,
                               .wire_bytes = 100,
                               .source = source};
}

static void each_source_counts_its_own_packets(void **state)
{
    static const uint8_t order[] = {0, 1, 1, 0, 0, 1, 1};
    struct pktcount count = start();

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
        const struct raw_packet packet = packet_of(order[i], (i + 1) * NS_PER_S);

        pktcount_add(&count, &packet);
        if (i == 3)
            pktcount_store(&count);
    }
    pktcount_store(&count);
    assert_int_equal(counter_read(&counters.read_pkts), 7);
    assert_int_equal(counter_read(&sources[0].read_pkts), 3);
    assert_int_equal(counter_read(&sources[0].read_wire_bytes), 300);
    assert_int_equal(counter_read(&sources[0].cut_pkts), 3);
    assert_int_equal(counter_read(&sources[0].last_ns), 5 * NS_PER_S);
    assert_int_equal(counter_read(&sources[1].read_pkts), 4);
    assert_int_equal(counter_read(&sources[1].read_wire_bytes), 400);
    assert_int_equal(counter_read(&sources[1].cut_pkts), 0);
    assert_int_equal(counter_read(&sources[1].last_ns), 7 * NS_PER_S);
}

static void what_is_stored_is_not_stored_again(void **state)
{
    const struct raw_packet packet = packet_of(1, NS_PER_S);
    struct pktcount count = start();

    (void)state;
    pktcount_add(&count, &packet);
    pktcount_add_delivered(&count, &packet, 70);
    count.filtered_pkts++;
    assert_int_equal(counter_read(&counters.delivered_pkts), 0);
    assert_int_equal(pktcount_delivered_pkts(&count), 1);
    for (unsigned i = 0; i < 2; i++) {
        pktcount_store(&count);
        assert_int_equal(pktcount_delivered_pkts(&count), 1);
        assert_int_equal(counter_read(&counters.read_pkts), 1);
        assert_int_equal(counter_read(&counters.filtered_pkts), 1);
        assert_int_equal(counter_read(&counters.delivered_pkts), 1);
        assert_int_equal(counter_read(&counters.delivered_wire_bytes), 100);
        assert_int_equal(counter_read(&counters.cut_pkts), 1);
    }
    pktcount_add_delivered(&count, &packet, 100);
    assert_int_equal(pktcount_delivered_pkts(&count), 2);
    pktcount_store(&count);
    assert_int_equal(counter_read(&counters.delivered_wire_bytes), 200);
    assert_int_equal(counter_read(&counters.cut_pkts), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_source_counts_its_own_packets),
        cmocka_unit_test(what_is_stored_is_not_stored_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
