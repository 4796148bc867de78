/* SPDX-License-Identifier: BSD-2-Clause */
/* What the writer writes, the reader reads; what a full disk says. */
#include "capture/pcapng_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#include "read_all.h"

#define ROOM_BYTES 300000

static const struct pcapng_section section = {
    .application = "tcpwhy 0.1.0",
    .os = "Linux",
    .comment = "5 failed flows",
};

struct written {
    size_t n_bytes;
    uint8_t bytes[ROOM_BYTES];
};

static struct written written;

static void load_and_remove(const char *path)
{
    int fd = open(path, O_RDONLY);
    ssize_t n;

    assert_true(fd >= 0);
    n = read(fd, written.bytes, sizeof(written.bytes));
    assert_in_range(n, 0, sizeof(written.bytes) - 1);
    written.n_bytes = (size_t)n;
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
}

static void open_temporary(struct pcapng_writer *writer, char *path)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(pcapng_writer_open(writer, path, &section, NULL), 0);
}

static bool contains(const void *bytes, size_t n_bytes)
{
    return memmem(written.bytes, written.n_bytes, bytes, n_bytes) != NULL;
}

/* An option: code, length, value, padding. */
static bool has_text_option(uint8_t code, const char *text)
{
    uint8_t option[200] = {code, 0, (uint8_t)strlen(text), 0};

    memcpy(option + 4, text, strlen(text));
    return contains(option, 4 + (strlen(text) + 3) / 4 * 4);
}

static void what_was_written_is_read(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
    const struct pcapng_statistics statistics = {.ts_ns = 9, .received_pkts = 3};
    char path[] = "/tmp/test_pcapng_writer.XXXXXX";
    struct pcapng_writer writer;
    struct pcapng_record record = {
        .ts_ns = INT64_C(1700000000123456789),
        .bytes = bytes,
        .captured_bytes = sizeof(bytes),
        .wire_bytes = 1514,
        .comment = "tcpwhy #1 refused, certain",
    };
    struct read_all all;

    (void)state;
    open_temporary(&writer, path);
    assert_int_equal(pcapng_writer_add_interface(&writer,
                                                 &(struct pcapng_writer_interface){
                                                     .name = "eth0",
                                                     .description = "front",
                                                     .filter = "tcp port 80",
                                                     .snap_bytes = 2048,
                                                     .linktype = 1,
                                                 },
                                                 NULL),
                     0);
    assert_int_equal(pcapng_writer_packet(&writer, &record, NULL), 0);
    assert_int_equal(
        pcapng_writer_add_interface(
            &writer, &(struct pcapng_writer_interface){.name = "", .linktype = 113}, NULL),
        0);
    record = (struct pcapng_record){.interface_idx = 1, .wire_bytes = 60};
    assert_int_equal(pcapng_writer_packet(&writer, &record, NULL), 0);
    assert_int_equal(pcapng_writer_statistics(&writer, 0, &statistics, NULL), 0);
    assert_int_equal(pcapng_writer_flush(&writer, NULL), 0);
    assert_int_equal(pcapng_writer_close(&writer, NULL), 0);
    assert_int_equal(pcapng_writer_close(&writer, NULL), 0); /* twice is harmless */
    load_and_remove(path);
    assert_int_equal(written.n_bytes, writer.n_bytes);

    all = read_all(written.bytes, written.n_bytes);
    assert_int_equal(all.end, READER_END);
    assert_int_equal(all.n_pkts, 2);
    assert_int_equal(all.pkts[0].ts_ns, INT64_C(1700000000123456789));
    assert_int_equal(all.pkts[0].captured_bytes, sizeof(bytes));
    assert_int_equal(all.pkts[0].wire_bytes, 1514);
    assert_memory_equal(all.pkts[0].bytes, bytes, sizeof(bytes));
    assert_int_equal(all.pkts[0].linktype, 1);
    assert_int_equal(all.pkts[1].linktype, 113);
    assert_int_equal(all.pkts[1].captured_bytes, 0);
    assert_int_equal(all.n_interfaces, 2);
    assert_string_equal(all.interfaces[0].name, "eth0");
    assert_int_equal(all.interfaces[0].snap_bytes, 2048);
    assert_true(all.interfaces[0].is_nanosecond);
    assert_true(has_text_option(1, "5 failed flows"));
    assert_true(has_text_option(3, "Linux"));
    assert_true(has_text_option(4, "tcpwhy 0.1.0"));
    assert_true(has_text_option(3, "front"));
    assert_true(has_text_option(1, "tcpwhy #1 refused, certain"));
    assert_true(contains("\x0b\0\x0c\0\0tcp port 80", 16));
}

static void texts_of_every_length_keep_the_alignment(void **state)
{
    char path[] = "/tmp/test_pcapng_writer.XXXXXX";
    static uint8_t bytes[64];
    struct pcapng_writer writer;
    char comment[64] = "";
    struct read_all all;

    (void)state;
    open_temporary(&writer, path);
    assert_int_equal(pcapng_writer_add_interface(
                         &writer, &(struct pcapng_writer_interface){.linktype = 1}, NULL),
                     0);
    for (uint32_t i = 0; i < 40; i++) {
        const struct pcapng_record record = {
            .ts_ns = i,
            .bytes = bytes,
            .captured_bytes = i,
            .wire_bytes = 64,
            .comment = comment,
        };

        assert_int_equal(pcapng_writer_packet(&writer, &record, NULL), 0);
        comment[i] = 'c';
    }
    assert_int_equal(pcapng_writer_close(&writer, NULL), 0);
    load_and_remove(path);
    all = read_all(written.bytes, written.n_bytes);
    assert_int_equal(all.end, READER_END);
    assert_int_equal(all.n_pkts, 40);
    for (uint32_t i = 0; i < 40; i++) {
        assert_int_equal(all.pkts[i].ts_ns, i);
        assert_int_equal(all.pkts[i].captured_bytes, i);
    }
}

static void a_text_too_long_for_an_option_is_cut(void **state)
{
    char path[] = "/tmp/test_pcapng_writer.XXXXXX";
    static char comment[70000];
    struct pcapng_writer writer;
    const struct pcapng_record record = {.comment = comment};
    struct read_all all;

    (void)state;
    memset(comment, 'x', sizeof(comment) - 1);
    open_temporary(&writer, path);
    assert_int_equal(pcapng_writer_add_interface(
                         &writer, &(struct pcapng_writer_interface){.filter = comment}, NULL),
                     0);
    assert_int_equal(pcapng_writer_packet(&writer, &record, NULL), 0);
    assert_int_equal(pcapng_writer_close(&writer, NULL), 0);
    load_and_remove(path);
    all = read_all(written.bytes, written.n_bytes);
    assert_int_equal(all.end, READER_END);
    assert_int_equal(all.n_pkts, 1);
}

static void a_full_disk_is_reported_once_and_for_all(void **state)
{
    static uint8_t bytes[100000];
    const struct pcapng_record record = {.bytes = bytes, .captured_bytes = sizeof(bytes)};
    struct pcapng_writer writer;
    struct err err = {0};
    uint64_t n_bytes;

    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(pcapng_writer_open(&writer, "/dev/full", &section, &err), 0);
    assert_int_equal(
        pcapng_writer_add_interface(&writer, &(struct pcapng_writer_interface){0}, &err), 0);
    assert_int_equal(pcapng_writer_packet(&writer, &record, &err), -ENOSPC);
    assert_non_null(strstr(err.text, "No space left"));
    n_bytes = writer.n_bytes;
    assert_int_equal(pcapng_writer_packet(&writer, &record, &err), -ENOSPC);
    assert_int_equal(writer.n_bytes, n_bytes);
    assert_int_equal(pcapng_writer_close(&writer, &err), -ENOSPC);
}

static void a_place_that_cannot_be_written_is_an_error(void **state)
{
    struct pcapng_writer writer = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(pcapng_writer_open(&writer, "/nonexistent/x.pcapng", &section, &err), -ENOENT);
    assert_non_null(strstr(err.text, "cannot create /nonexistent/x.pcapng"));
    assert_null(writer.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(texts_of_every_length_keep_the_alignment),
        cmocka_unit_test(a_text_too_long_for_an_option_is_cut),
        cmocka_unit_test(a_full_disk_is_reported_once_and_for_all),
        cmocka_unit_test(a_place_that_cannot_be_written_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
