/* SPDX-License-Identifier: BSD-2-Clause */
/* Several files, damaged files, pipes, and what cannot be read. */
#include "capture/capture.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

#include "run.h"

static void files_follow_each_other_as_one_run(void **state)
{
    struct folder folder = make_folder();
    const char *paths[] = {
        write_pcap(&folder, "a.pcap", 1700000000, 4), write_pcap(&folder, "b.pcap", 1700000100, 6),
        write_pcap(&folder, "c.pcap", 1600000000, 2), /* older: time does not go back */
    };
    const struct capture_config config = {.files = paths, .n_files = 3};
    struct run run;

    (void)state;
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    run_inline(&run);
    assert_int_equal(run.n_frames[FRAME_PACKET], 12);
    assert_int_equal(run.n_frames[FRAME_TICK], 3);
    assert_int_equal(run.last_ordinal, 12);
    assert_int_equal(capture_source_count(run.capture), 3);
    assert_int_equal(counted(&capture_source(run.capture, 1)->read_pkts), 6);
    close_run(&run);
    remove_folder(&folder);
}

static void damage_ends_a_file_and_not_the_run(void **state)
{
    struct folder folder = make_folder();
    const char *paths[2];
    const struct capture_config config = {.files = paths, .n_files = 2};
    const struct capture_status *status;
    struct run run;

    (void)state;
    (void)write_pcap(&folder, "a.pcap", 1700000000, 4);
    paths[0] = write_file(&folder, "cut.pcap", build.bytes, build.n_bytes - 1);
    paths[1] = write_pcap(&folder, "b.pcap", 1700000100, 6);
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    run_inline(&run);
    assert_int_equal(run.n_frames[FRAME_PACKET], 9);
    status = capture_status(run.capture);
    assert_int_equal(status->end, CAPTURE_END_INPUT);
    assert_int_equal(status->n_damaged_files, 1);
    assert_memory_equal(status->err.text, paths[0], strlen(paths[0]));
    assert_non_null(strstr(status->err.text, "truncated"));
    close_run(&run);
    remove_folder(&folder);
}

static void what_cannot_be_opened_is_known_at_once(void **state)
{
    struct folder folder = make_folder();
    const struct {
        const char *path;
        int code;
        const char *text;
    } cases[] = {
        {path_in(&folder, "none.pcap"), -ENOENT, "No such file"},
        {folder.path, -EISDIR, "is a directory"},
        {write_file(&folder, "x.snoop", "snoop\0\0\0", 8), -EBADMSG, "a Solaris snoop capture"},
        {write_file(&folder, "empty", "", 0), -EBADMSG, "it is empty"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *paths[] = {write_pcap(&folder, "a.pcap", 1, 1), cases[i].path};
        const struct capture_config config = {.files = paths, .n_files = 2};
        struct run run;

        assert_int_equal(open_run(&run, &config, NULL, NULL), cases[i].code);
        assert_non_null(strstr(run.err.text, cases[i].path));
        assert_non_null(strstr(run.err.text, cases[i].text));
        assert_null(run.capture);
        close_run(&run);
    }
    remove_folder(&folder);
}

static void a_filter_that_does_not_fit_the_link_type_fails_the_file(void **state)
{
    struct folder folder = make_folder();
    struct made_packet syn = make_packet(&(struct packet_plan){.flags = FLAG_SYN});
    const char *path;
    const struct capture_config config = {
        .files = &path, .n_files = 1, .filter = "ether broadcast"};
    struct run run;

    (void)state;
    build.n_bytes = 0;
    build_pcap_header(&build, PCAP_MICRO, 101);
    build_pcap_record(&build, 1, 1, syn.n_bytes, syn.n_bytes, 0);
    path = write_file(&folder, "raw.pcap", build.bytes, build.n_bytes);
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    run_inline(&run);
    assert_int_equal(capture_status(run.capture)->end, CAPTURE_END_FAILED);
    assert_int_equal(capture_status(run.capture)->err.code, -EINVAL);
    assert_non_null(strstr(capture_status(run.capture)->err.text, "link type RAW"));
    close_run(&run);
    remove_folder(&folder);
}

static void a_pipe_is_read_and_can_be_stopped(void **state)
{
    struct folder folder = make_folder();
    const char *path = path_in(&folder, "fifo");
    const struct capture_config config = {.files = &path, .n_files = 1};
    struct run run;
    pthread_t thread;
    int fd;

    (void)state;
    (void)write_pcap(&folder, "a.pcap", 1700000000, 4);
    assert_int_equal(mkfifo(path, 0600), 0);
    fd = open(path, O_RDWR); /* so that the other end opens at once and never sees an end */
    assert_true(fd >= 0);
    assert_int_equal(write(fd, build.bytes, build.n_bytes), (ssize_t)build.n_bytes);
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    assert_int_equal(capture_input_size_bytes(run.capture), 0);
    assert_int_equal(pthread_create(&thread, NULL, run_thread, run.capture), 0);
    while (counted(&capture_counters(run.capture)->delivered_pkts) < 4)
        (void)usleep(1000);
    capture_stop(run.capture);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(drain(&run));
    assert_int_equal(run.n_frames[FRAME_PACKET], 4);
    assert_int_equal(capture_status(run.capture)->end, CAPTURE_END_STOPPED);
    assert_int_equal(capture_status(run.capture)->err.code, 0);
    assert_int_equal(capture_source(run.capture, 0)->kind, CAPTURE_SOURCE_PIPE);
    close_run(&run);
    assert_int_equal(close(fd), 0);
    remove_folder(&folder);
}

/* Nobody has opened the other end: opening does not block, and waiting can be stopped. */
static void a_pipe_without_a_writer_can_be_stopped(void **state)
{
    struct folder folder = make_folder();
    const char *path = path_in(&folder, "fifo");
    const struct capture_config config = {.files = &path, .n_files = 1};
    struct run run;
    pthread_t thread;

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, run_thread, run.capture), 0);
    capture_stop(run.capture);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(drain(&run));
    assert_int_equal(capture_status(run.capture)->end, CAPTURE_END_STOPPED);
    assert_int_equal(capture_status(run.capture)->err.code, 0);
    close_run(&run);
    remove_folder(&folder);
}

static void a_gzip_of_something_else_fails_in_its_turn(void **state)
{
    /* printf 'hello world' | gzip -n */
    static const uint8_t gzip[] = {0x1f, 0x8b, 8,    0,    0,    0,    0,    0,    0,    3,    0xcb,
                                   0x48, 0xcd, 0xc9, 0xc9, 0x57, 0x28, 0xcf, 0x2f, 0xca, 0x49, 1,
                                   0,    0x85, 0x11, 0x4a, 0x0d, 11,   0,    0,    0};
    struct folder folder = make_folder();
    const char *paths[] = {
        write_file(&folder, "x.gz", gzip, sizeof(gzip)),
        write_pcap(&folder, "a.pcap", 1700000000, 4),
    };
    const struct capture_config config = {.files = paths, .n_files = 2};
    struct run run;

    (void)state;
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    run_inline(&run);
    assert_int_equal(run.n_frames[FRAME_PACKET], 4);
    assert_int_equal(capture_status(run.capture)->end, CAPTURE_END_FAILED);
    assert_int_equal(capture_status(run.capture)->err.code, -EBADMSG);
    assert_non_null(strstr(capture_status(run.capture)->err.text, "x.gz: not a pcap"));
    close_run(&run);
    remove_folder(&folder);
}

static void more_files_than_descriptors_are_read_too(void **state)
{
    enum {
        N_FILES = 300, /* over OFFLINE_MAX_OPEN */
    };
    struct folder folder = make_folder();
    static const char *paths[N_FILES];
    const struct capture_config config = {.files = paths, .n_files = N_FILES};
    struct run run;

    (void)state;
    paths[0] = write_pcap(&folder, "a.pcap", 1700000000, 2);
    for (size_t i = 1; i < N_FILES; i++)
        paths[i] = paths[0];
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    run_inline(&run);
    assert_int_equal(run.n_frames[FRAME_PACKET], 2 * N_FILES);
    assert_int_equal(capture_status(run.capture)->end, CAPTURE_END_INPUT);
    assert_int_equal(capture_source_count(run.capture), CAPTURE_MAX_SOURCES);
    assert_int_equal(counted(&capture_counters(run.capture)->input_bytes),
                     capture_input_size_bytes(run.capture));
    close_run(&run);
    remove_folder(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_follow_each_other_as_one_run),
        cmocka_unit_test(damage_ends_a_file_and_not_the_run),
        cmocka_unit_test(what_cannot_be_opened_is_known_at_once),
        cmocka_unit_test(a_filter_that_does_not_fit_the_link_type_fails_the_file),
        cmocka_unit_test(a_pipe_is_read_and_can_be_stopped),
        cmocka_unit_test(a_pipe_without_a_writer_can_be_stopped),
        cmocka_unit_test(a_gzip_of_something_else_fails_in_its_turn),
        cmocka_unit_test(more_files_than_descriptors_are_read_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
