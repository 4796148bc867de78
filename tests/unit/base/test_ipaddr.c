/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>

#include "base/compiler.h"
#include "base/ipaddr.h"

static void an_address_is_written_as_it_is_read(void **state)
{
    static const char *const cases[] = {
        "0.0.0.0", "1.9.10.99",      "100.109.199.200", "255.255.255.255",
        "::",      "fd00:0:0:7::12", "2001:db8::1",     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[IPADDR_TEXT_BYTES];
        struct ipaddr addr;

        assert_true(ipaddr_parse(cases[i], &addr));
        assert_ptr_equal(ipaddr_format(&addr, text), text);
        assert_string_equal(text, cases[i]);
    }
}

static void each_byte_of_four_is_as_the_c_library_writes_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t bytes[4] = {(uint8_t)i, (uint8_t)(255 - i), (uint8_t)(i * 7), (uint8_t)i};
        struct ipaddr addr = ipaddr_from_v4(bytes);
        char text[IPADDR_TEXT_BYTES], wanted[INET_ADDRSTRLEN];

        assert_non_null(inet_ntop(AF_INET, bytes, wanted, sizeof(wanted)));
        assert_string_equal(ipaddr_format(&addr, text), wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_written_as_it_is_read),
        cmocka_unit_test(each_byte_of_four_is_as_the_c_library_writes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
