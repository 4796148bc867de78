/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters: from words and files, on several link types, and where a wrong one goes wrong. */
#include "capture/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/linktype.h"
#include "packets.h"
#include "unit.h"

static bool keeps(const char *text, uint16_t linktype, const uint8_t *bytes, uint32_t n_bytes)
{
    const struct raw_packet packet = {
        .bytes = bytes, .captured_bytes = n_bytes, .wire_bytes = n_bytes, .linktype = linktype};
    struct filter filter = {0};
    bool is_kept;

    assert_int_equal(filter_compile(&filter, text, linktype, NULL), 0);
    is_kept = filter_keeps(&filter, &packet);
    filter_close(&filter);
    filter_close(&filter); /* twice is harmless */
    return is_kept;
}

static void a_filter_keeps_what_it_names(void **state)
{
    struct made_packet syn = make_packet(&(struct packet_plan){.flags = FLAG_SYN});
    struct made_packet udp = make_packet(&(struct packet_plan){.protocol = 17});

    (void)state;
    assert_true(keeps("tcp dst port 443", 1, syn.bytes, syn.n_bytes));
    assert_false(keeps("tcp dst port 80", 1, syn.bytes, syn.n_bytes));
    assert_false(keeps("tcp", 1, udp.bytes, udp.n_bytes));
    assert_true(keeps("net 10.0.0.0/8 and not port 22", 1, syn.bytes, syn.n_bytes));
}

static void a_blank_filter_keeps_everything(void **state)
{
    static const char *const blanks[] = {"", " ", " \t\n "};
    static const uint8_t bytes[1];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(blanks); i++)
        assert_true(keeps(blanks[i], 1, bytes, sizeof(bytes)));
}

static void raw_ip_is_known_by_its_number_in_files(void **state)
{
    struct made_packet syn = make_packet(&(struct packet_plan){.flags = FLAG_SYN});

    (void)state;
    assert_true(keeps("tcp port 443", 101, syn.bytes + 14, syn.n_bytes - 14));
    assert_string_equal(linktype_name(101), "RAW");
    assert_string_equal(linktype_name(1), "EN10MB");
    assert_null(linktype_name(65535));
}

static void words_are_joined(void **state)
{
    static const char *const words[] = {"tcp", "port", "80"};
    char out[12];
    struct err err = {0};

    (void)state;
    assert_int_equal(filter_build(words, 3, out, sizeof(out), &err), 0);
    assert_string_equal(out, "tcp port 80");
    assert_int_equal(filter_build(words, 0, out, sizeof(out), &err), 0);
    assert_string_equal(out, "");
    assert_int_equal(filter_build(words, 3, out, sizeof(out) - 1, &err), -E2BIG);
    assert_string_equal(err.text, "the filter is longer than 10 bytes");
}

static void write_file(char *path, const char *content)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    assert_int_equal(close(fd), 0);
}

static void a_filter_file_may_have_lines_and_comments(void **state)
{
    char path[] = "/tmp/test_filter.XXXXXX";
    struct err err = {0};
    char out[64];

    (void)state;
    write_file(path, "# web\ntcp # and\r\nport 80");
    assert_int_equal(filter_read_file(path, out, sizeof(out), &err), 0);
    assert_string_equal(out, "      tcp        port 80");
    assert_int_equal(filter_read_file(path, out, 20, &err), -E2BIG);
    assert_non_null(strstr(err.text, "is longer than 19 bytes"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(filter_read_file(path, out, sizeof(out), &err), -ENOENT);
    assert_non_null(strstr(err.text, "No such file"));
}

static void an_error_shows_the_place(void **state)
{
    static const struct {
        const char *filter;
        size_t place; /* of the caret */
    } cases[] = {
        {"tcp prot 80", 4},
        {"tcp port", 8},
        {"port 80 or or udp", 11},
        {"  host 1.2.3.400", 7},
        {"tcp[13] & 2 =", 13},
        {"(tcp port 80", 12},
        {"tcp port 80) and udp", 9},
        {"port 99999", 5},
        {"tcp and port 80 and fo%n", 20},
        {"ether hst 1:2:3:4:5:6", 6},
        {"$", 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct filter filter = {0};
        struct err err = {0};
        const char *shown;
        const char *caret;

        assert_int_equal(filter_compile(&filter, cases[i].filter, 1, &err), -EINVAL);
        assert_null(filter.program.bf_insns);
        assert_memory_equal(err.text, "bad filter: ", 12);
        shown = strstr(err.text, "\n  ");
        assert_non_null(shown);
        assert_memory_equal(shown + 3, cases[i].filter, strlen(cases[i].filter));
        caret = strchr(shown + 3, '\n');
        assert_non_null(caret);
        assert_int_equal(strspn(caret + 1, " "), cases[i].place + 2);
        assert_string_equal(caret + 1 + cases[i].place + 2, "^");
    }
}

static void a_long_filter_is_shown_cut(void **state)
{
    struct filter filter = {0};
    struct err err = {0};
    char text[2000];

    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text, "tcp prt", 7);
    memcpy(text + sizeof(text) - 4, "foo", 4);
    assert_int_equal(filter_compile(&filter, text, 1, &err), -EINVAL);
    assert_non_null(strstr(err.text, "\n  tcp prt  "));
}

static void a_filter_may_fit_one_link_type_and_not_another(void **state)
{
    struct filter filter = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(filter_compile(&filter, "ether broadcast", 1, &err), 0);
    filter_close(&filter);
    assert_int_equal(filter_compile(&filter, "ether broadcast", 101, &err), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_keeps_what_it_names),
        cmocka_unit_test(a_blank_filter_keeps_everything),
        cmocka_unit_test(raw_ip_is_known_by_its_number_in_files),
        cmocka_unit_test(words_are_joined),
        cmocka_unit_test(a_filter_file_may_have_lines_and_comments),
        cmocka_unit_test(an_error_shows_the_place),
        cmocka_unit_test(a_long_filter_is_shown_cut),
        cmocka_unit_test(a_filter_may_fit_one_link_type_and_not_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
