/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
    char command[64];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

/* An output to the file, which begins empty. */
static void open_anew(struct output *output)
{
    struct err err = {0};

    unlink(path);
    assert_int_equal(output_open(output, path, &err), 0);
}

static bool take(struct output *output, const char *line)
{
    return output_write(output, line, strlen(line), OUTPUT_COMMON);
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

static void assert_file(const char *name, const char *content)
{
    char buffer[256];

    read_file(name, buffer, sizeof(buffer));
    assert_string_equal(buffer, content);
}

static void write_line(const char *line)
{
    struct output output;
    struct err err = {0};

    assert_int_equal(output_open(&output, path, &err), 0);
    assert_true(take(&output, line));
    output_close(&output);
    assert_int_equal(output.n_lines, 1);
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

/* Two lines that cannot be written, with standard error in a file; returns what was told. */
static void fail_twice(struct output *output, char *told, size_t size)
{
    char name[] = "/tmp/tcpwhy-stderr-XXXXXX";
    int fd = mkstemp(name), kept = dup(STDERR_FILENO);

    assert_true(fd >= 0 && kept >= 0);
    dup2(fd, STDERR_FILENO);
    assert_true(take(output, "a\n"));
    assert_true(take(output, "b\n"));
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(fd);
    read_file(name, told, size);
    unlink(name);
}

static void what_a_full_device_refuses_waits_is_told_once_and_counted(void **state)
{
    struct output output;
    struct err err = {0};
    char told[256];

    (void)state;
    assert_int_equal(output_open(&output, "/dev/full", &err), 0);
    fail_twice(&output, told, sizeof(told));
    assert_string_equal(told,
                        "tcpwhy: cannot write events to /dev/full: No space left on device\n");
    assert_int_equal(output_waiting(&output), 2);
    assert_int_equal(output.n_errors, 0);
    output_close(&output);
    assert_int_equal(output.n_errors, 2);
    assert_int_equal(output.n_lines, 0);
}

/* ---- room on the disk: a limit of the file's size stands for it ---- */

static void limit_files(rlim_t n_bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = n_bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* "one" and the first half of "two" are out. */
static void tear(struct output *output)
{
    open_anew(output);
    output->is_told = true; /* not in the test's own output */
    limit_files(6);
    assert_true(take(output, "one\n"));
    assert_true(take(output, "two\n"));
    assert_false(output_flush(output, 0));
    limit_files(RLIM_INFINITY);
    assert_file(path, "one\ntw");
    assert_int_equal(output->n_lines, 1);
}

static void a_line_taken_in_part_is_completed_when_there_is_room(void **state)
{
    struct output output;

    (void)state;
    tear(&output);
    assert_true(take(&output, "three\n"));
    output_close(&output);
    assert_file(path, "one\ntwo\nthree\n");
    assert_int_equal(output.n_lines, 3);
    assert_int_equal(output.n_errors, 0);
}

static void a_file_that_stays_full_ends_at_the_end_of_a_line(void **state)
{
    struct output output;

    (void)state;
    tear(&output);
    limit_files(6);
    output_close(&output);
    limit_files(RLIM_INFINITY);
    assert_file(path, "one\n");
    assert_int_equal(output.n_lines, 1);
    assert_int_equal(output.n_errors, 1);
}

static void half_a_line_stays_where_others_wrote_behind_it(void **state)
{
    struct output output;
    int fd;

    (void)state;
    tear(&output);
    fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "|", 1), 1);
    close(fd);
    limit_files(7);
    output_close(&output);
    limit_files(RLIM_INFINITY);
    assert_file(path, "one\ntw|");
    assert_int_equal(output.n_errors, 1);
}

static void a_torn_line_is_whole_in_the_next_file(void **state)
{
    struct output output;
    char old[80];

    (void)state;
    tear(&output);
    snprintf(old, sizeof(old), "%s.old", path);
    assert_int_equal(rename(path, old), 0);
    limit_files(6);
    assert_true(output_reopen(&output));
    limit_files(RLIM_INFINITY);
    output_close(&output);
    assert_file(old, "one\n");
    assert_file(path, "two\n");
    assert_int_equal(output.n_errors, 0);
}

/* ---- readers ---- */

struct reader {
    struct output output;
    int fd;
};

static void open_pipe(struct reader *reader)
{
    struct err err = {0};
    int fds[2];

    assert_int_equal(output_open(&reader->output, "/dev/null", &err), 0);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(dup2(fds[1], reader->output.fd), reader->output.fd);
    close(fds[1]);
    reader->fd = fds[0];
    reader->output.is_stream = true;
    reader->output.is_told = true;
}

/* A line of `n_bytes` that begins with its number. */
static bool take_number(struct output *output, unsigned number, size_t n_bytes,
                        enum output_rank rank)
{
    static char line[OUTPUT_BATCH_BYTES + 1];

    memset(line, '.', n_bytes);
    snprintf(line, sizeof(line), "%08u", number);
    line[8] = ' ';
    line[n_bytes - 1] = '\n';
    return output_write(output, line, n_bytes, rank);
}

/* Reads lines of `n_bytes` until all that waits has come; returns how many, in order. */
static unsigned read_lines(struct reader *reader, size_t n_bytes)
{
    FILE *file = fdopen(reader->fd, "r");
    char *line = NULL;
    size_t room = 0;
    unsigned n = 0;

    fcntl(reader->fd, F_SETFL, O_NONBLOCK);
    while (!output_flush(&reader->output, 0) || n < reader->output.n_lines) {
        while (n < reader->output.n_lines) {
            assert_int_equal(getline(&line, &room, file), n_bytes);
            assert_int_equal(strtoul(line, NULL, 10), n++);
        }
        /* A long line is out in part: make room for the rest. */
        if (reader->output.out_bytes > 0) {
            int c = getc(file);

            assert_int_not_equal(c, EOF);
            ungetc(c, file);
        }
    }
    free(line);
    fclose(file);
    return n;
}

static void what_a_slow_reader_does_not_take_waits_for_it(void **state)
{
    struct reader reader;

    (void)state;
    open_pipe(&reader);
    for (unsigned i = 0; i < 300; i++)
        assert_true(take_number(&reader.output, i, 1000, OUTPUT_COMMON));
    assert_in_range(output_waiting(&reader.output), 200, 299);
    assert_int_equal(read_lines(&reader, 1000), 300);
    assert_int_equal(reader.output.n_errors, 0);
    output_close(&reader.output);
}

static void a_full_queue_has_room_for_what_tells_of_it(void **state)
{
    struct reader reader;
    unsigned n_taken = 0, n_kept = 0;

    (void)state;
    open_pipe(&reader);
    while (take_number(&reader.output, n_taken, 1024, OUTPUT_COMMON))
        n_taken++;
    assert_in_range(n_taken * 1024, OUTPUT_QUEUE_BYTES / 2, OUTPUT_QUEUE_BYTES);
    assert_int_equal(reader.output.n_errors, 1);
    while (take_number(&reader.output, n_taken + n_kept, 1024, OUTPUT_KEPT))
        n_kept++;
    assert_in_range(n_kept * 1024, OUTPUT_RESERVE_BYTES / 2, OUTPUT_RESERVE_BYTES + 1024);
    assert_int_equal(reader.output.n_errors, 2);
    assert_int_equal(read_lines(&reader, 1024), n_taken + n_kept);
    output_close(&reader.output);
    assert_int_equal(reader.output.n_errors, 2);
}

static void what_nobody_reads_any_more_is_counted(void **state)
{
    struct reader reader;

    (void)state;
    open_pipe(&reader);
    signal(SIGPIPE, SIG_IGN);
    for (unsigned i = 0; i < 100; i++)
        assert_true(take_number(&reader.output, i, 1000, OUTPUT_COMMON));
    assert_int_equal(reader.output.n_errors, 0);
    close(reader.fd);
    assert_true(output_flush(&reader.output, 0));
    assert_int_equal(reader.output.n_errors + reader.output.n_lines, 100);
    assert_true(take(&reader.output, "one more\n"));
    assert_int_equal(reader.output.n_errors + reader.output.n_lines, 101);
    output_close(&reader.output);
}

/* ---- rotation ---- */

static void old_files_are_renamed_and_the_oldest_is_gone(void **state)
{
    static const char *const content[] = {"5\n", "4\n", "3\n"};
    struct output output;

    (void)state;
    open_anew(&output);
    output.rotation = (struct output_rotation){.max_bytes = 3, .n_files = 3};
    for (char c = '1'; c <= '5'; c++) {
        char line[] = {c, '\n', '\0'};

        if (output_is_full(&output, 2))
            assert_true(output_rotate(&output));
        assert_true(take(&output, line));
    }
    output_close(&output);
    for (int i = 0; i < 4; i++) {
        char name[80];

        snprintf(name, sizeof(name), i ? "%s.%d" : "%s", path, i);
        if (i < 3)
            assert_file(name, content[i]);
        else
            assert_int_not_equal(access(name, F_OK), 0);
    }
}

static void one_file_is_begun_anew(void **state)
{
    struct output output;

    (void)state;
    open_anew(&output);
    output.rotation = (struct output_rotation){.n_files = 1};
    assert_true(take(&output, "old\n"));
    assert_true(output_rotate(&output));
    assert_true(take(&output, "new\n"));
    output_close(&output);
    assert_file(path, "new\n");
}

static void without_a_file_there_is_nothing_to_open_again(void **state)
{
    struct output output;
    struct err err = {0};

    (void)state;
    assert_int_equal(output_open(&output, "-", &err), 0);
    output.rotation = (struct output_rotation){.max_bytes = 1, .n_files = 2};
    assert_false(output_reopen(&output));
    assert_false(output_rotate(&output));
    output_close(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_created_0644_and_appended_to),
        cmocka_unit_test(a_path_that_cannot_be_opened_is_told),
        cmocka_unit_test(what_a_full_device_refuses_waits_is_told_once_and_counted),
        cmocka_unit_test(a_line_taken_in_part_is_completed_when_there_is_room),
        cmocka_unit_test(a_file_that_stays_full_ends_at_the_end_of_a_line),
        cmocka_unit_test(half_a_line_stays_where_others_wrote_behind_it),
        cmocka_unit_test(a_torn_line_is_whole_in_the_next_file),
        cmocka_unit_test(what_a_slow_reader_does_not_take_waits_for_it),
        cmocka_unit_test(a_full_queue_has_room_for_what_tells_of_it),
        cmocka_unit_test(what_nobody_reads_any_more_is_counted),
        cmocka_unit_test(old_files_are_renamed_and_the_oldest_is_gone),
        cmocka_unit_test(one_file_is_begun_anew),
        cmocka_unit_test(without_a_file_there_is_nothing_to_open_again),
    };

    signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
