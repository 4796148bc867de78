/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/output.h"

static char folder[] = "/tmp/tcpwhy-output-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/events", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void read_file(const char *name, char *buffer, size_t size)
{
    FILE *file = fopen(name, "r");
    size_t n;

    assert_non_null(file);
    n = fread(buffer, 1, size - 1, file);
    buffer[n] = '\0';
    fclose(file);
}

static void write_line(const char *line)
{
    struct output output;
    struct err err = {0};

    assert_int_equal(output_open(&output, path, &err), 0);
    assert_true(output_write(&output, line, strlen(line)));
    assert_int_equal(output.n_lines, 1);
    output_close(&output);
}

static void files_are_created_0644_and_appended_to(void **state)
{
    char buffer[64];
    struct stat stat_of;
    mode_t mask = umask(0);

    (void)state;
    write_line("first\n");
    write_line("second\n");
    umask(mask);
    read_file(path, buffer, sizeof(buffer));
    assert_string_equal(buffer, "first\nsecond\n");
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0644);
}

static void a_path_that_cannot_be_opened_is_told(void **state)
{
    struct output output = {.fd = 77};
    struct err err = {0};

    (void)state;
    assert_int_not_equal(output_open(&output, "/nonexistent/x", &err), 0);
    assert_string_equal(err.text, "cannot write to /nonexistent/x: No such file or directory");
    assert_int_equal(output.fd, 77);
}

/* Runs two failing writes with standard error in a file, and returns what was told. */
static void fail_twice(struct output *output, char *told, size_t size)
{
    char name[] = "/tmp/tcpwhy-stderr-XXXXXX";
    int fd = mkstemp(name), kept = dup(STDERR_FILENO);

    assert_true(fd >= 0 && kept >= 0);
    dup2(fd, STDERR_FILENO);
    assert_false(output_write(output, "a\n", 2));
    assert_false(output_write(output, "b\n", 2));
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(fd);
    read_file(name, told, size);
    unlink(name);
}

static void the_first_failure_is_told_and_all_are_counted(void **state)
{
    struct output output;
    struct err err = {0};
    char told[256];

    (void)state;
    assert_int_equal(output_open(&output, "/dev/full", &err), 0);
    fail_twice(&output, told, sizeof(told));
    output_close(&output);
    assert_string_equal(told,
                        "tcpwhy: cannot write events to /dev/full: No space left on device\n");
    assert_int_equal(output.n_errors, 2);
    assert_int_equal(output.n_lines, 0);
}

static void half_a_line_does_not_swallow_the_next(void **state)
{
    struct output output;
    struct err err = {0};
    char buffer[64];

    (void)state;
    unlink(path);
    assert_int_equal(output_open(&output, path, &err), 0);
    assert_int_equal(write(output.fd, "half", 4), 4);
    output.is_torn = true;
    assert_true(output_write(&output, "whole\n", 6));
    assert_false(output.is_torn);
    output_close(&output);
    read_file(path, buffer, sizeof(buffer));
    assert_string_equal(buffer, "half\nwhole\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_created_0644_and_appended_to),
        cmocka_unit_test(a_path_that_cannot_be_opened_is_told),
        cmocka_unit_test(the_first_failure_is_told_and_all_are_counted),
        cmocka_unit_test(half_a_line_does_not_swallow_the_next),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
