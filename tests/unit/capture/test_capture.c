/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole captures of files and generated packets, stepped and in a thread. */
#include "capture/capture.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

#include "run.h"

static void a_file_is_read_to_its_end_and_counted(void **state)
{
    struct folder folder = make_folder();
    const char *path = write_pcap(&folder, "a.pcap", 1700000000, 10);
    const struct capture_config config = {.files = &path, .n_files = 1};
    const struct capture_counters *counters;
    struct run run;

    (void)state;
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    assert_int_equal(capture_input_size_bytes(run.capture), build.n_bytes);
    run_inline(&run);
    counters = capture_counters(run.capture);
    assert_int_equal(run.n_frames[FRAME_PACKET], 10);
    assert_int_equal(run.n_frames[FRAME_TICK], 3); /* at 0, 120 and 210 ms */
    assert_int_equal(run.n_frames[FRAME_LOSS], 0);
    assert_int_equal(run.last_ordinal, 10);
    assert_int_equal(counted(&counters->read_pkts), 10);
    assert_int_equal(counted(&counters->delivered_pkts), 10);
    assert_int_equal(counted(&counters->delivered_wire_bytes), 15000);
    assert_int_equal(counted(&counters->cut_pkts), 10);
    assert_int_equal(counted(&counters->ticks), 3);
    assert_int_equal(counted(&counters->input_bytes), build.n_bytes);
    assert_int_equal(capture_status(run.capture)->end, CAPTURE_END_INPUT);
    assert_int_equal(capture_status(run.capture)->err.code, 0);
    assert_int_equal(capture_source_count(run.capture), 1);
    assert_string_equal(capture_source(run.capture, 0)->input, path);
    assert_int_equal(capture_source(run.capture, 0)->linktype, 1);
    assert_int_equal(capture_source(run.capture, 0)->kind, CAPTURE_SOURCE_FILE);
    assert_int_equal(counted(&capture_source(run.capture, 0)->read_pkts), 10);
    assert_int_equal(capture_step(run.capture, 0), CAPTURE_STEP_END); /* still */
    close_run(&run);
    remove_folder(&folder);
}

static void a_filter_leaves_out_but_counts(void **state)
{
    struct folder folder = make_folder();
    const char *path = write_pcap(&folder, "a.pcap", 1700000000, 10);
    const struct capture_config config = {
        .files = &path, .n_files = 1, .filter = "tcp[tcpflags] & tcp-syn != 0"};
    struct run run;

    (void)state;
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    run_inline(&run);
    assert_int_equal(run.n_frames[FRAME_PACKET], 5);
    assert_int_equal(run.last_ordinal, 10);
    assert_int_equal(counted(&capture_counters(run.capture)->filtered_pkts), 5);
    assert_int_equal(counted(&capture_counters(run.capture)->read_pkts), 10);
    close_run(&run);
    remove_folder(&folder);
}

static void a_count_ends_the_run(void **state)
{
    struct folder folder = make_folder();
    const char *path = write_pcap(&folder, "a.pcap", 1700000000, 10);
    const struct capture_config config = {
        .files = &path, .n_files = 1, .max_packets = 3, .filter = "tcp[tcpflags] == tcp-ack"};
    struct run run;

    (void)state;
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    run_inline(&run);
    assert_int_equal(run.n_frames[FRAME_PACKET], 3);
    assert_int_equal(run.last_ordinal, 6);
    assert_int_equal(capture_status(run.capture)->end, CAPTURE_END_LIMIT);
    close_run(&run);
    remove_folder(&folder);
}

static void a_wrong_filter_is_known_at_once(void **state)
{
    struct folder folder = make_folder();
    const char *path = write_pcap(&folder, "a.pcap", 1, 1);
    const struct capture_config config = {.files = &path, .n_files = 1, .filter = "tcp prt 80"};
    struct run run;

    (void)state;
    assert_int_equal(open_run(&run, &config, NULL, NULL), -EINVAL);
    assert_non_null(strstr(run.err.text, "bad filter"));
    close_run(&run);
    remove_folder(&folder);
}

static void a_stop_before_the_start_is_an_early_end(void **state)
{
    struct folder folder = make_folder();
    const char *path = write_pcap(&folder, "a.pcap", 1700000000, 4);
    const struct capture_config config = {.files = &path, .n_files = 1};
    struct run run;

    (void)state;
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    capture_stop(run.capture);
    run_inline(&run);
    assert_int_equal(capture_status(run.capture)->end, CAPTURE_END_STOPPED);
    assert_int_equal(run.n_frames[FRAME_END], 1);
    close_run(&run);
    remove_folder(&folder);
}

static void a_stop_ends_a_wait_for_room(void **state)
{
    const struct synthetic_config synthetic = {
        .n_pkts = 1000000, .n_open_flows = 10, .n_data_pkts = 8, .payload_bytes = 600};
    const struct capture_config config = {.synthetic = &synthetic};
    struct run run;

    (void)state;
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    while (capture_step(run.capture, 0) == CAPTURE_STEP_MORE)
        ;
    assert_int_equal(capture_step(run.capture, 0), CAPTURE_STEP_FULL);
    capture_stop(run.capture);
    while (capture_step(run.capture, 0) != CAPTURE_STEP_END)
        assert_false(drain(&run));
    assert_true(drain(&run));
    assert_int_equal(capture_status(run.capture)->end, CAPTURE_END_STOPPED);
    assert_true(run.n_captured_bytes < CAPTURE_MIN_RING_BYTES);
    close_run(&run);
}

/* 20 MB through a ring of 1 MiB: the producer has to wait, and nothing may change by it. */
static void a_thread_and_a_loop_deliver_the_same_bytes(void **state)
{
    const struct synthetic_config synthetic = {
        .seed = 3,
        .n_pkts = 60000,
        .n_open_flows = 100,
        .n_data_pkts = 8,
        .payload_bytes = 600,
        .start_ns = 1700000000 * NS_PER_S,
        .step_ns = NS_PER_MS,
    };
    const struct capture_config config = {.synthetic = &synthetic};
    struct park consumer = {0};
    struct park producer = {0};
    struct run inline_run;
    struct run thread_run;

    (void)state;
    assert_int_equal(open_run(&inline_run, &config, NULL, NULL), 0);
    run_inline(&inline_run);
    assert_int_equal(open_run(&thread_run, &config, &consumer, &producer), 0);
    run_threaded(&thread_run);
    assert_true(inline_run.n_captured_bytes > 10 * CAPTURE_MIN_RING_BYTES);
    assert_int_equal(inline_run.n_frames[FRAME_PACKET], 60000);
    assert_int_equal(inline_run.n_frames[FRAME_TICK], 600);
    assert_int_equal(thread_run.digest, inline_run.digest);
    assert_int_equal(thread_run.last_ordinal, 60000);
    close_run(&inline_run);
    close_run(&thread_run);
}

static void captures_are_told_from_other_files(void **state)
{
    static const uint8_t gzip[] = {0x1f, 0x8b, 8, 0};
    static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
    struct folder folder = make_folder();

    (void)state;
    assert_true(capture_is_capture_file(write_pcap(&folder, "a.pcap", 1, 1)));
    assert_true(capture_is_capture_file(write_file(&folder, "a.gz", gzip, sizeof(gzip))));
    assert_true(capture_is_capture_file(write_file(&folder, "a.zst", zstd, sizeof(zstd))));
    assert_false(capture_is_capture_file(write_file(&folder, "a.txt", "tcp port 80", 11)));
    assert_false(capture_is_capture_file(path_in(&folder, "none")));
    assert_false(capture_is_capture_file(folder.path));
    assert_false(capture_is_capture_file("tcp"));
    remove_folder(&folder);
}

static void an_interface_that_is_not_there_is_named(void **state)
{
    const char *name = "nosuch0";
    const struct capture_config config = {.interfaces = &name, .n_interfaces = 1};
    struct run run;

    (void)state;
    assert_int_equal(open_run(&run, &config, NULL, NULL), -ENODEV);
    assert_memory_equal(run.err.text, "no such interface: nosuch0 (there are: ", 39);
    close_run(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_to_its_end_and_counted),
        cmocka_unit_test(a_filter_leaves_out_but_counts),
        cmocka_unit_test(a_count_ends_the_run),
        cmocka_unit_test(a_wrong_filter_is_known_at_once),
        cmocka_unit_test(a_stop_before_the_start_is_an_early_end),
        cmocka_unit_test(a_stop_ends_a_wait_for_room),
        cmocka_unit_test(a_thread_and_a_loop_deliver_the_same_bytes),
        cmocka_unit_test(captures_are_told_from_other_files),
        cmocka_unit_test(an_interface_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
