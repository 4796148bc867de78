/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/proxy.h"

#include <string.h>

#include "base/compiler.h"
#include "guard.h"
#include "unit.h"

#define LINE "PROXY TCP4 192.0.2.1 198.51.100.2 40000 443\r\n"
#define BINARY "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\300\0\2\1\306\63\144\2\234\100\1\273"
#define LONG_LINE                                                                                  \
    "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:"    \
    "ffff 65535 65535\r\n" /* 107 bytes: the longest */

static const struct {
    const char *name, *bytes;
    size_t n_bytes;
    enum proxy_form form;
    uint32_t n_header;
} cases[] = {
#define CASE(name, text, form, n)                                                                  \
    {                                                                                              \
        name, text, sizeof(text) - 1, form, n                                                      \
    }
    CASE("a line", LINE, PROXY_LINE, sizeof(LINE) - 1),
    CASE("a line and what is behind", LINE "GET / HTTP/1.1\r\n", PROXY_LINE, sizeof(LINE) - 1),
    CASE("a line of IPv6", "PROXY TCP6 ::1 ::1 1 2\r\n", PROXY_LINE, 24),
    CASE("a line that says nothing", "PROXY UNKNOWN\r\n", PROXY_LINE, 15),
    CASE("a part of a line", "PROXY TCP4 192.0", PROXY_LINE, 0),
    CASE("the longest line", LONG_LINE, PROXY_LINE, 107),
    CASE("a longer one", "PROXY UNKNOWN" LONG_LINE, PROXY_NONE, 0),
    CASE("binary", BINARY, PROXY_BINARY, 28),
    CASE("binary, of which the addresses come later", "\r\n\r\n\0\r\nQUIT\n\x21\x11\1\2",
         PROXY_BINARY, 16 + 258),
    CASE("binary of another version", "\r\n\r\n\0\r\nQUIT\n\x11\x11\0\x0c", PROXY_NONE, 0),
    CASE("a part of the signature", "\r\n\r\n\0\r\nQUIT\n\x21\x11", PROXY_NONE, 0),
    CASE("another word", "PROXYING x\r\n", PROXY_NONE, 0),
    CASE("HTTP", "POST / HTTP/1.1\r\n", PROXY_NONE, 0),
#undef CASE
};

static void headers_are_told_and_measured(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct proxy_header header = proxy_peek((const uint8_t *)cases[i].bytes, cases[i].n_bytes);

        if (header.form != cases[i].form || header.n_bytes != cases[i].n_header)
            fail_msg("%s: form %u, %u bytes", cases[i].name, header.form, header.n_bytes);
    }
}

/* Each beginning of a header is one, or may become one. */
static void a_header_that_is_cut_anywhere_is_waited_for(void **state)
{
    static const char *const headers[] = {LINE, BINARY, LONG_LINE};
    static const size_t n_bytes[] = {sizeof(LINE) - 1, sizeof(BINARY) - 1, sizeof(LONG_LINE) - 1};
    struct guard guard = guard_open();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        for (size_t n = 1; n <= n_bytes[i]; n++) {
            const uint8_t *bytes = guard_place(&guard, (const uint8_t *)headers[i], n);
            bool is_header = proxy_peek(bytes, n).form != PROXY_NONE;

            assert_int_equal(proxy_may_begin(bytes, n), !is_header);
        }
    }
    guard_close(&guard);
    assert_false(proxy_may_begin((const uint8_t *)"\r\n\r\n1", 5));
    assert_false(proxy_may_begin((const uint8_t *)"PROXZ", 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_told_and_measured),
        cmocka_unit_test(a_header_that_is_cut_anywhere_is_waited_for),
    };

    return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
