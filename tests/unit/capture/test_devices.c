/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of interfaces, on whatever machine this is. */
#include "capture/devices.h"

#include <net/if.h>
#include <string.h>

#include "unit.h"

#define MAX_DEVICES 64

static void loopback_is_listed_with_its_address(void **state)
{
    static struct capture_device devices[MAX_DEVICES];
    struct ipaddr localhost;
    size_t n_devices = 0;

    (void)state;
    assert_true(ipaddr_parse("127.0.0.1", &localhost));
    assert_int_equal(capture_list_devices(devices, MAX_DEVICES, &n_devices, NULL), 0);
    for (size_t i = 0; i < n_devices; i++) {
        if (!devices[i].is_loopback || !devices[i].is_up)
            continue;
        assert_true(devices[i].n_addresses >= 1);
        for (uint32_t k = 0; k < devices[i].n_addresses && k < DEVICE_MAX_ADDRESSES; k++) {
            if (ipaddr_equal(&devices[i].addresses[k], &localhost))
                return;
        }
    }
    skip(); /* a network namespace without loopback */
}

static void every_row_is_a_network_interface(void **state)
{
    static struct capture_device devices[MAX_DEVICES];
    size_t n_devices = 0;

    (void)state;
    assert_int_equal(capture_list_devices(devices, MAX_DEVICES, &n_devices, NULL), 0);
    for (size_t i = 0; i < n_devices; i++) {
        assert_true(devices[i].is_any || if_nametoindex(devices[i].name) != 0);
        assert_int_equal(devices[i].is_any, strcmp(devices[i].name, "any") == 0);
    }
}

static void the_list_ends_where_the_room_does(void **state)
{
    struct capture_device device;
    size_t n_devices = 9;

    (void)state;
    assert_int_equal(capture_list_devices(&device, 1, &n_devices, NULL), 0);
    assert_in_range(n_devices, 0, 1);
    assert_int_equal(capture_list_devices(&device, 0, &n_devices, NULL), 0);
    assert_int_equal(n_devices, 0);
}

static void the_default_device_exists(void **state)
{
    char name[DEVICE_NAME_BYTES];

    (void)state;
    capture_default_device(name);
    assert_true(strcmp(name, "any") == 0 || if_nametoindex(name) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_listed_with_its_address),
        cmocka_unit_test(every_row_is_a_network_interface),
        cmocka_unit_test(the_list_ends_where_the_room_does),
        cmocka_unit_test(the_default_device_exists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
