/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's counters out of its text, however it orders them. */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/netstat.h"
#include "base/compiler.h"

static void counters_are_found_by_name(void **state)
{
    static const char text[] = "TcpExt: SyncookiesSent ListenOverflows TCPReqQFullDrop ListenDrops "
                               "EmbryonicRsts IPReversePathFilter Last\n"
                               "TcpExt: 1 22 333 4444 5 18446744073709551615 7\n"
                               "IpExt: InNoRoutes\nIpExt: 9\n";
    uint64_t value[HOST_COUNTER_COUNT];

    (void)state;
    assert_int_equal(netstat_parse(text, value), 0);
    assert_int_equal(value[HOST_COUNTER_LISTEN_OVERFLOWS], 22);
    assert_int_equal(value[HOST_COUNTER_REQ_QUEUE_DROPS], 333);
    assert_int_equal(value[HOST_COUNTER_LISTEN_DROPS], 4444);
    assert_int_equal(value[HOST_COUNTER_EMBRYONIC_RSTS], 5);
    assert_true(value[HOST_COUNTER_REVERSE_PATH_DROPS] == UINT64_MAX);
}

static void another_group_may_come_first(void **state)
{
    static const char text[] =
        "IpExt: ListenOverflows\nIpExt: 9\n"
        "TcpExt: ListenOverflows ListenDrops TCPReqQFullDrop EmbryonicRsts IPReversePathFilter\n"
        "TcpExt: 1 2 3 4 5";
    uint64_t value[HOST_COUNTER_COUNT];

    (void)state;
    assert_int_equal(netstat_parse(text, value), 0);
    assert_int_equal(value[HOST_COUNTER_LISTEN_OVERFLOWS], 1);
    assert_int_equal(value[HOST_COUNTER_REVERSE_PATH_DROPS], 5);
}

static void what_lacks_a_counter_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {"", -EBADMSG},
        {"\n", -EBADMSG},
        {"TcpExt:", -EBADMSG},
        {"TcpExt: ListenOverflows", -EBADMSG},
        {"TcpExt: ListenOverflows\n", -EBADMSG},
        {"TcpExt: ListenOverflows\nIpExt: 1\n", -EBADMSG},
        {"TcpExt: ListenOverflows\nTcpExt: 1\n", -ENODATA},
        {"TcpExt: ListenOverflows ListenDrops TCPReqQFullDrop EmbryonicRsts IPReversePathFilter\n"
         "TcpExt: 1 2 3 4",
         -ENODATA},
        {"TcpExt: ListenOverflowsX ListenDrops TCPReqQFullDrop EmbryonicRsts IPReversePathFilter\n"
         "TcpExt: 1 2 3 4 5\n",
         -ENODATA},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t value[HOST_COUNTER_COUNT] = {7, 7, 7, 7, 7};

        assert_int_equal(netstat_parse(cases[i].text, value), cases[i].code);
        for (unsigned k = 0; k < HOST_COUNTER_COUNT; k++)
            assert_int_equal(value[k], 7);
    }
}

static void this_kernel_tells_them_and_tells_them_again(void **state)
{
    uint64_t value[HOST_COUNTER_COUNT], again[HOST_COUNTER_COUNT];
    struct err err;
    int fd = -1;

    (void)state;
    if (netstat_open(&fd, &err))
        skip();
    assert_int_equal(netstat_read(fd, value), 0);
    assert_int_equal(netstat_read(fd, again), 0);
    for (unsigned k = 0; k < HOST_COUNTER_COUNT; k++)
        assert_true(again[k] >= value[k]);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_found_by_name),
        cmocka_unit_test(another_group_may_come_first),
        cmocka_unit_test(what_lacks_a_counter_is_refused_and_changes_nothing),
        cmocka_unit_test(this_kernel_tells_them_and_tells_them_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
