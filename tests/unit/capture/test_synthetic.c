/* SPDX-License-Identifier: BSD-2-Clause */
/* Generated packets: the same from the same seed, right checksums, lives that make sense. */
#include "capture/synthetic.h"

#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "unit.h"

#define IP_OFF 14
#define TCP_OFF 34
#define N_FLOWS 500
#define N_DATA_PKTS 5
#define LIFE_PKTS (3 + N_DATA_PKTS + 3)

static const struct synthetic_config config = {
    .mode = SYNTHETIC_FLOWS,
    .seed = 7,
    .n_pkts = N_FLOWS * LIFE_PKTS,
    .n_open_flows = N_FLOWS,
    .n_data_pkts = N_DATA_PKTS,
    .payload_bytes = 101,
    .start_ns = 1000,
    .step_ns = 10,
};

static uint32_t load(const uint8_t *at, size_t n_bytes)
{
    uint32_t value = 0;

    for (size_t i = 0; i < n_bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static uint16_t sum_words(uint32_t sum, const uint8_t *bytes, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i += 2)
        sum += (uint32_t)bytes[i] << 8 | (i + 1 < n_bytes ? bytes[i + 1] : 0);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void the_seed_decides_every_byte(void **state)
{
    struct synthetic_config other = config;
    struct synthetic synthetic[3];
    struct raw_packet packets[3];
    uint64_t n_pkts = 0;
    uint64_t n_differ = 0;

    (void)state;
    other.seed++;
    synthetic_init(&synthetic[0], &config);
    synthetic_init(&synthetic[1], &config);
    synthetic_init(&synthetic[2], &other);
    while (synthetic_next(&synthetic[0], &packets[0])) {
        assert_true(synthetic_next(&synthetic[1], &packets[1]));
        assert_true(synthetic_next(&synthetic[2], &packets[2]));
        assert_int_equal(packets[0].captured_bytes, packets[1].captured_bytes);
        assert_memory_equal(packets[0].bytes, packets[1].bytes, packets[0].captured_bytes);
        n_differ += memcmp(packets[0].bytes, packets[2].bytes, 54) != 0;
        assert_int_equal(packets[0].ts_ns, 1000 + 10 * (int64_t)n_pkts);
        n_pkts++;
    }
    assert_int_equal(n_pkts, config.n_pkts);
    assert_true(n_differ > n_pkts * 9 / 10);
}

static void checksums_are_right(void **state)
{
    struct synthetic synthetic;
    struct raw_packet packet;

    (void)state;
    synthetic_init(&synthetic, &config);
    while (synthetic_next(&synthetic, &packet)) {
        uint32_t tcp_bytes = packet.captured_bytes - TCP_OFF;
        uint32_t pseudo = 6 + tcp_bytes + sum_words(0, packet.bytes + IP_OFF + 12, 8);

        assert_int_equal(load(packet.bytes + IP_OFF + 2, 2), packet.captured_bytes - IP_OFF);
        assert_int_equal(sum_words(0, packet.bytes + IP_OFF, 20), 0xffff);
        assert_int_equal(sum_words(pseudo, packet.bytes + TCP_OFF, tcp_bytes), 0xffff);
    }
}

/* Follows one flow of a turn-taking many. */
struct life {
    uint8_t flags[LIFE_PKTS];
    bool is_from_server[LIFE_PKTS];
    uint32_t seqs[LIFE_PKTS];
    uint32_t acks[LIFE_PKTS];
    uint32_t payload_bytes[LIFE_PKTS];
};

static struct life follow(uint32_t flow_idx)
{
    struct synthetic synthetic;
    struct raw_packet packet;
    struct life life = {0};

    synthetic_init(&synthetic, &config);
    for (uint64_t i = 0; synthetic_next(&synthetic, &packet); i++) {
        const uint8_t *tcp = packet.bytes + TCP_OFF;
        uint64_t step = i / N_FLOWS;

        if (i % N_FLOWS != flow_idx)
            continue;
        life.flags[step] = tcp[13];
        life.is_from_server[step] = packet.bytes[IP_OFF + 12] == 198;
        life.seqs[step] = load(tcp + 4, 4);
        life.acks[step] = load(tcp + 8, 4);
        life.payload_bytes[step] = packet.captured_bytes - TCP_OFF - 20;
    }
    return life;
}

/* Each side's next sequence number follows from what it sent; each ACK from what the other did. */
static void check_closed_life(const struct life *life)
{
    uint32_t next[2] = {life->seqs[0], life->seqs[1]};

    for (size_t i = 0; i < LIFE_PKTS; i++) {
        bool is_server = life->is_from_server[i];

        assert_int_equal(life->seqs[i], next[is_server]);
        if (i > 0)
            assert_int_equal(life->acks[i], next[!is_server]);
        next[is_server] += life->payload_bytes[i] + ((life->flags[i] & (FLAG_SYN | FLAG_FIN)) != 0);
    }
    assert_int_equal(life->flags[0], FLAG_SYN);
    assert_int_equal(life->flags[1], FLAG_SYN | FLAG_ACK);
    assert_int_equal(life->flags[2], FLAG_ACK);
    assert_int_equal(life->flags[LIFE_PKTS - 3], FLAG_FIN | FLAG_ACK);
    assert_int_equal(life->flags[LIFE_PKTS - 2], FLAG_FIN | FLAG_ACK);
    assert_int_equal(life->flags[LIFE_PKTS - 1], FLAG_ACK);
}

static void lives_are_of_four_kinds(void **state)
{
    size_t n_closed = 0;
    size_t n_refused = 0;
    size_t n_reset = 0;
    size_t n_silent = 0;

    (void)state;
    for (uint32_t i = 0; i < 60; i++) {
        struct life life = follow(i);

        assert_int_equal(life.flags[0], FLAG_SYN);
        if (life.flags[1] == FLAG_SYN) {
            assert_int_equal(life.seqs[1], life.seqs[0]);
            n_silent++;
        } else if (life.flags[1] == (FLAG_RST | FLAG_ACK)) {
            assert_int_equal(life.acks[1], life.seqs[0] + 1);
            n_refused++;
        } else if (life.flags[3] == (FLAG_RST | FLAG_ACK)) {
            assert_int_equal(life.seqs[3], life.seqs[1] + 1);
            n_reset++;
        } else {
            check_closed_life(&life);
            n_closed++;
        }
    }
    assert_true(n_closed > n_silent + n_refused + n_reset);
    assert_true(n_silent > 0 && n_refused > 0 && n_reset > 0);
}

static void a_flood_comes_from_distinct_sources(void **state)
{
    const struct synthetic_config flood = {
        .mode = SYNTHETIC_FLOOD, .seed = 1, .n_pkts = 1000, .n_sources = 400};
    struct synthetic synthetic;
    struct raw_packet packet;
    uint32_t first = 0;

    (void)state;
    synthetic_init(&synthetic, &flood);
    for (uint32_t i = 0; synthetic_next(&synthetic, &packet); i++) {
        uint32_t source = load(packet.bytes + IP_OFF + 12, 4);

        if (i == 0)
            first = source;
        assert_int_equal(packet.bytes[TCP_OFF + 13], FLAG_SYN);
        assert_int_equal(source, first + i % 400);
    }
}

static void a_mix_tells_what_it_sent(void **state)
{
    struct synthetic_config mix = {.mode = SYNTHETIC_MIX,
                                   .seed = 5,
                                   .n_open_flows = 64,
                                   .n_data_pkts = 9,
                                   .n_attempts = 1000,
                                   .n_clients = 7,
                                   .share = {4, 3, 2, 1, 0}};
    struct synthetic synthetic;
    struct raw_packet packet;
    uint64_t n_pkts = 0;
    uint64_t n_opening[3] = {0}; /* SYNs, SYN-ACKs, RSTs */
    const uint64_t *n = synthetic.truth.n_attempts;

    (void)state;
    synthetic_init(&synthetic, &mix);
    while (synthetic_next(&synthetic, &packet)) {
        uint8_t flags = packet.bytes[TCP_OFF + 13];

        n_pkts++;
        n_opening[0] += flags == FLAG_SYN;
        n_opening[1] += flags == (FLAG_SYN | FLAG_ACK);
        n_opening[2] += (flags & FLAG_RST) != 0;
    }
    assert_int_equal(synthetic.truth.n_pkts, n_pkts);
    assert_int_equal(n[SYNTHETIC_CLOSED] + n[SYNTHETIC_REFUSED] + n[SYNTHETIC_RESET] +
                         n[SYNTHETIC_TIMED_OUT],
                     1000);
    assert_int_equal(n[SYNTHETIC_FLOODED], 0);
    assert_int_equal(n_opening[0], 1000 + 2 * n[SYNTHETIC_TIMED_OUT]);
    assert_int_equal(n_opening[1], n[SYNTHETIC_CLOSED] + n[SYNTHETIC_RESET]);
    assert_int_equal(n_opening[2], n[SYNTHETIC_REFUSED] + n[SYNTHETIC_RESET]);
    assert_in_range(n[SYNTHETIC_CLOSED], 340, 460);
}

static void settings_out_of_range_are_brought_into_it(void **state)
{
    const struct synthetic_config wild = {
        .n_pkts = 100, .n_data_pkts = UINT32_MAX, .payload_bytes = UINT32_MAX};
    struct synthetic *synthetic = malloc(sizeof(*synthetic)); /* ASan guards its end */
    struct raw_packet packet;
    uint32_t n_pkts = 0;

    (void)state;
    assert_non_null(synthetic);
    synthetic_init(synthetic, &wild);
    while (synthetic_next(synthetic, &packet)) {
        assert_in_range(packet.captured_bytes, 54, 54 + SYNTHETIC_MAX_PAYLOAD_BYTES);
        n_pkts++;
    }
    assert_int_equal(n_pkts, 100);
    free(synthetic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seed_decides_every_byte),
        cmocka_unit_test(checksums_are_right),
        cmocka_unit_test(lives_are_of_four_kinds),
        cmocka_unit_test(a_flood_comes_from_distinct_sources),
        cmocka_unit_test(a_mix_tells_what_it_sent),
        cmocka_unit_test(settings_out_of_range_are_brought_into_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
