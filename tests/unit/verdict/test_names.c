/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "verdict/icmp_name.h"
#include "verdict/speech_name.h"
#include "verdict/verdict.h"

static void icmp_errors_have_the_names_of_the_contract(void **state)
{
    static const struct {
        bool is_v6;
        uint8_t type, code;
        const char *name;
    } cases[] = {
        {false, 3, 0, "net_unreachable"},
        {false, 3, 1, "host_unreachable"},
        {false, 3, 2, "proto_unreachable"},
        {false, 3, 3, "port_unreachable"},
        {false, 3, 9, "net_prohibited"},
        {false, 3, 10, "host_prohibited"},
        {false, 3, 13, "admin_prohibited"},
        {false, 11, 0, "ttl_exceeded"},
        {true, 1, 0, "no_route"},
        {true, 1, 1, "admin_prohibited"},
        {true, 1, 3, "address_unreachable"},
        {true, 1, 4, "port_unreachable"},
        {true, 1, 5, "policy_failed"},
        {true, 1, 6, "reject_route"},
        {true, 3, 0, "ttl_exceeded"},
        {false, 3, 200, "other"},
        {true, 11, 0, "other"},
        {false, 255, 255, "other"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(icmp_name(cases[i].is_v6, cases[i].type, cases[i].code), cases[i].name);
}

static void alerts_and_http2_errors_have_their_registered_names(void **state)
{
    (void)state;
    assert_string_equal(tls_alert_name(0), "close_notify");
    assert_string_equal(tls_alert_name(40), "handshake_failure");
    assert_string_equal(tls_alert_name(48), "unknown_ca");
    assert_string_equal(tls_alert_name(70), "protocol_version");
    assert_string_equal(tls_alert_name(112), "unrecognized_name");
    assert_string_equal(tls_alert_name(120), "no_application_protocol");
    assert_string_equal(tls_alert_name(255), "unknown");
    assert_string_equal(http2_error_name(0), "NO_ERROR");
    assert_string_equal(http2_error_name(7), "REFUSED_STREAM");
    assert_string_equal(http2_error_name(11), "ENHANCE_YOUR_CALM");
    assert_string_equal(http2_error_name(13), "HTTP_1_1_REQUIRED");
    assert_string_equal(http2_error_name(14), "unknown");
    assert_string_equal(http2_error_name(UINT32_MAX), "unknown");
}

static void who_spoke_first_is_told_by_the_frames(void **state)
{
    (void)state;
    assert_int_equal(speech_first(0, 0), SIDE_COUNT);
    assert_int_equal(speech_first(5, 0), SIDE_CLIENT);
    assert_int_equal(speech_first(0, 5), SIDE_SERVER);
    assert_int_equal(speech_first(5, 6), SIDE_CLIENT);
    assert_int_equal(speech_first(7, 6), SIDE_SERVER);
}

static void what_is_fine_stands_at_the_end_of_the_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VERDICT_COUNT; i++)
        assert_int_equal(verdict_row((enum verdict_id)i)->kind == KIND_FINE,
                         i >= VERDICT_FIRST_FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(icmp_errors_have_the_names_of_the_contract),
        cmocka_unit_test(alerts_and_http2_errors_have_their_registered_names),
        cmocka_unit_test(who_spoke_first_is_told_by_the_frames),
        cmocka_unit_test(what_is_fine_stands_at_the_end_of_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
