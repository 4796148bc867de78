/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tui/services.h"

static struct services load(const char *contents)
{
    static struct services services;
    char path[] = "/tmp/test_services.XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");

    assert_non_null(file);
    assert_true(fputs(contents, file) >= 0);
    assert_int_equal(fclose(file), 0);
    services_load(&services, path);
    assert_int_equal(unlink(path), 0);
    return services;
}

static void tcp_ports_have_the_name_of_their_first_line(void **state)
{
    struct services services = load("# a comment 80/tcp\n"
                                    "http\t80/tcp\t\twww # the web\n"
                                    "domain 53/udp\n"
                                    "web 80/tcp\n"
                                    "\n"
                                    "redis 6379/tcp\n");

    (void)state;
    assert_string_equal(services_name(&services, 80), "http");
    assert_string_equal(services_name(&services, 6379), "redis");
    assert_string_equal(services_name(&services, 53), "");
    assert_int_equal(services.n, 3);
}

static void odd_lines_do_no_harm(void **state)
{
    struct services services = load("nonsense\n"
                                    "big 70000/tcp\n"
                                    "neg -1/tcp\n"
                                    "evil\x1b[2J 81/tcp\n"
                                    "a-name-that-is-longer-than-any-column-has-room 82/tcp\n"
                                    "last 83/tcp");

    (void)state;
    assert_string_equal(services_name(&services, 70000 & 0xffff), "");
    assert_string_equal(services_name(&services, 81), "evil\\x1b[2J");
    assert_string_equal(services_name(&services, 82), "a-name-that-is-l...");
    assert_string_equal(services_name(&services, 83), "last");
}

static void a_missing_file_gives_no_names(void **state)
{
    static struct services services = {.n = 3};

    (void)state;
    services_load(&services, "/nonexistent/services");
    assert_int_equal(services.n, 0);
    assert_string_equal(services_name(&services, 80), "");
}

static void a_file_longer_than_the_table_is_read_to_its_end(void **state)
{
    char *contents = calloc(SERVICES_MAX + 10, sizeof("name 10000/tcp\n"));
    char *at = contents;
    struct services services;

    (void)state;
    assert_non_null(contents);
    for (int i = 0; i < SERVICES_MAX + 10; i++)
        at += sprintf(at, "name %d/tcp\n", i);
    services = load(contents);
    free(contents);
    assert_int_equal(services.n, SERVICES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_ports_have_the_name_of_their_first_line),
        cmocka_unit_test(odd_lines_do_no_harm),
        cmocka_unit_test(a_missing_file_gives_no_names),
        cmocka_unit_test(a_file_longer_than_the_table_is_read_to_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
