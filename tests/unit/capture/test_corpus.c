/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every file of the shared corpus of real captures gives the number of packets that its
 * description states. The corpus lies outside the source tree: TCPWHY_CORPUS names its folder.
 */
#include "capture/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define LINE_BYTES 16384

/* Refused by name, for it is no pcap. */
#define SNOOP_SUFFIX ".snoop"

static const char *corpus_path(void)
{
    return getenv("TCPWHY_CORPUS");
}

/* The description is JSON Lines of our own making: `"key": value` occurs once a line. */
static const char *value_of(const char *line, const char *key)
{
    const char *at = strstr(line, key);

    assert_non_null(at);
    return at + strlen(key);
}

static uint64_t count_packets(struct capture *capture, struct ring *ring)
{
    uint64_t n_pkts = 0;
    bool is_end = false;

    while (!is_end) {
        const struct frame *frame;
        size_t n_bytes;

        (void)capture_step(capture, 0);
        while ((frame = ring_peek(ring, &n_bytes)) != NULL) {
            n_pkts += frame->kind == FRAME_PACKET;
            is_end = frame->kind == FRAME_END;
        }
        ring_release(ring);
    }
    return n_pkts;
}

static void check_file(const char *path, uint64_t n_expected, bool is_corrupt)
{
    const struct capture_config config = {.files = &path, .n_files = 1};
    struct ring ring;
    const struct capture_output output = {.ring = &ring};
    const struct capture_outputs outputs = {.outputs = &output, .n_outputs = 1};
    struct arena arena;
    struct capture *capture = NULL;
    struct err err = {0};
    int code;

    assert_int_equal(
        arena_map(&arena, capture_memory_bytes(&config) + CAPTURE_MIN_RING_BYTES, NULL, NULL), 0);
    ring_init(&ring, arena_take(&arena, CAPTURE_MIN_RING_BYTES), CAPTURE_MIN_RING_BYTES, NULL,
              NULL);
    code = capture_open(&config, &arena, &capture, &err);
    if (strstr(path, SNOOP_SUFFIX)) {
        assert_int_equal(code, -EBADMSG);
        assert_non_null(strstr(err.text, "snoop"));
    } else {
        uint64_t n_pkts;

        assert_int_equal(code, 0);
        capture_attach(capture, &outputs);
        n_pkts = count_packets(capture, &ring);
        if (n_pkts != n_expected)
            print_message("%s: %llu packets\n", path, (unsigned long long)n_pkts);
        assert_int_equal(n_pkts, n_expected);
        assert_int_equal(capture_status(capture)->n_damaged_files, is_corrupt);
    }
    capture_close(capture);
    arena_unmap(&arena);
}

static void each_file_gives_the_packets_it_should(void **state)
{
    const char *corpus = corpus_path();
    static char line[LINE_BYTES];
    char path[512];
    size_t n_files = 0;
    FILE *list;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/files.jsonl", corpus ? corpus : "");
    if (!corpus || access(path, R_OK) != 0) {
        print_message("skipped: no corpus at %s\n", path);
        skip();
    }
    list = fopen(path, "r");
    assert_non_null(list);
    while (fgets(line, sizeof(line), list)) {
        const char *name = value_of(line, "\"file\": \"");
        uint64_t n_pkts = strtoull(value_of(line, "\"packets\": "), NULL, 10);

        (void)snprintf(path, sizeof(path), "%s/pcaps/%.*s", corpus, (int)strcspn(name, "\""), name);
        check_file(path, n_pkts, strstr(line, "\"file-corrupt\"") != NULL);
        n_files++;
    }
    assert_int_equal(fclose(list), 0);
    assert_true(n_files > 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_gives_the_packets_it_should),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
