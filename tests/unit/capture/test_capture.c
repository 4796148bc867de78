/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole captures of files and generated packets, stepped and in a thread. */
#include "capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nanotime.h"
#include "build.h"
#include "packets.h"
#include "unit.h"

#define MICRO 0xa1b2c3d4u

/* One capture with one ring, drained in the same thread. */
struct run {
    struct arena arena;
    struct capture *capture;
    struct ring ring;
    struct err err;

    uint64_t n_frames[FRAME_KIND_COUNT];
    uint64_t last_ordinal;
    uint64_t n_captured_bytes;
    uint64_t digest; /* of every frame's header and bytes, in order */
};

static int open_run(struct run *run, const struct capture_config *config, struct park *consumer,
                    struct park *producer)
{
    struct capture_output output = {.ring = &run->ring};
    const struct capture_outputs outputs = {.outputs = &output, .n_outputs = 1};
    size_t size_bytes = capture_memory_bytes(config) + CAPTURE_MIN_RING_BYTES;
    int code;

    *run = (struct run){0};
    assert_int_equal(arena_map(&run->arena, size_bytes, NULL, NULL), 0);
    ring_init(&run->ring, arena_take(&run->arena, CAPTURE_MIN_RING_BYTES), CAPTURE_MIN_RING_BYTES,
              consumer, producer);
    code = capture_open(config, &run->arena, &run->capture, &run->err);
    if (code == 0)
        capture_attach(run->capture, &outputs);
    return code;
}

static void close_run(struct run *run)
{
    capture_close(run->capture);
    arena_unmap(&run->arena);
}

static void digest(struct run *run, const void *bytes, size_t n_bytes)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < n_bytes; i++)
        run->digest = (run->digest ^ at[i]) * UINT64_C(0x100000001b3);
}

/* Returns whether the end was seen. */
static bool drain(struct run *run)
{
    const struct frame *frame;
    bool is_end = false;
    size_t n_bytes;

    while ((frame = ring_peek(&run->ring, &n_bytes)) != NULL) {
        assert_false(is_end);
        assert_int_equal(n_bytes, frame_size_bytes(frame->captured_bytes));
        assert_true(frame->kind < FRAME_KIND_COUNT);
        assert_true(frame->ordinal >= run->last_ordinal);
        run->last_ordinal = frame->ordinal;
        run->n_frames[frame->kind]++;
        run->n_captured_bytes += frame->captured_bytes;
        digest(run, frame, n_bytes);
        is_end = frame->kind == FRAME_END;
    }
    ring_release(&run->ring);
    return is_end;
}

static void run_inline(struct run *run)
{
    bool is_end = false;

    while (!is_end) {
        (void)capture_step(run->capture, 0);
        is_end = drain(run);
    }
}

static void *run_thread(void *ctx)
{
    capture_run(ctx);
    return NULL;
}

static void run_threaded(struct run *run)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, run_thread, run->capture), 0);
    while (!drain(run))
        (void)ring_wait_readable(&run->ring, NS_PER_S);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static uint64_t counted(const struct counter *counter)
{
    return counter_read(counter);
}

/* Files in a folder of their own. */
struct folder {
    char path[64];
};

static struct folder make_folder(void)
{
    struct folder folder = {"/tmp/test_capture.XXXXXX"};

    assert_non_null(mkdtemp(folder.path));
    return folder;
}

static const char *path_in(const struct folder *folder, const char *name)
{
    static char paths[8][128];
    static size_t next;
    char *path = paths[next++ % ARRAY_LEN(paths)];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
    return path;
}

static const char *write_file(const struct folder *folder, const char *name, const void *bytes,
                              size_t n_bytes)
{
    const char *path = path_in(folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n_bytes), (ssize_t)n_bytes);
    assert_int_equal(close(fd), 0);
    return path;
}

static void remove_folder(const struct folder *folder)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -r %s", folder->path);
    assert_int_equal(system(command), 0);
}

static struct build build;

/* SYNs and pure ACKs take turns, 30 ms apart. */
static const char *write_pcap(const struct folder *folder, const char *name, uint32_t start_s,
                              uint32_t n_pkts)
{
    struct made_packet pkts[2] = {
        make_packet(&(struct packet_plan){.flags = FLAG_SYN}),
        make_packet(&(struct packet_plan){.flags = FLAG_ACK}),
    };

    build.n_bytes = 0;
    build_pcap_header(&build, MICRO, 1);
    for (uint32_t i = 0; i < n_pkts; i++) {
        build_pcap_record(&build, start_s, i * 30000, pkts[i % 2].n_bytes, 1500, 0);
        build.n_bytes -= pkts[i % 2].n_bytes;
        build_raw(&build, pkts[i % 2].bytes, pkts[i % 2].n_bytes);
    }
    return write_file(folder, name, build.bytes, build.n_bytes);
}

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
    assert_int_equal(capture_status(run.capture)->end, CAPTURE_END_COUNT);
    close_run(&run);
    remove_folder(&folder);
}

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
    build_pcap_header(&build, MICRO, 101);
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
        cmocka_unit_test(files_follow_each_other_as_one_run),
        cmocka_unit_test(damage_ends_a_file_and_not_the_run),
        cmocka_unit_test(what_cannot_be_opened_is_known_at_once),
        cmocka_unit_test(a_wrong_filter_is_known_at_once),
        cmocka_unit_test(a_filter_that_does_not_fit_the_link_type_fails_the_file),
        cmocka_unit_test(a_pipe_is_read_and_can_be_stopped),
        cmocka_unit_test(a_stop_before_the_start_is_an_early_end),
        cmocka_unit_test(a_thread_and_a_loop_deliver_the_same_bytes),
        cmocka_unit_test(captures_are_told_from_other_files),
        cmocka_unit_test(an_interface_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
