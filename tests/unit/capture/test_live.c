/* SPDX-License-Identifier: BSD-2-Clause */
/* Live captures on a loopback interface of our own: who gets which packet, and what is shed. */
#include "capture/capture.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "base/compiler.h"
#include "unit.h"

#include "run.h"

#define N_MEMBERS 3
#define N_PAIRS 40
#define MARK UINT32_C(0x7c9a0000)

static int sender = -1;

/* A namespace with nothing but its loopback; tests are skipped where there is none to be had. */
static int have_own_loopback(void **state)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd;

    (void)state;
    if (unshare(CLONE_NEWNET) != 0)
        return 0;
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0)
        return -1;
    (void)close(fd);
    sender = socket(AF_PACKET, SOCK_RAW, 0);
    return sender < 0;
}

static void send_frame(const uint8_t *bytes, size_t n_bytes)
{
    const struct sockaddr_ll to = {
        .sll_family = AF_PACKET,
        .sll_ifindex = (int)if_nametoindex("lo"),
    };

    assert_int_equal(sendto(sender, bytes, n_bytes, 0, (const struct sockaddr *)&to, sizeof(to)),
                     n_bytes);
}

/* ---- one connection, one member ---- */

struct story {
    bool is_v6, has_vlan, is_back, is_error, is_fragment;
};

static const struct story stories[] = {
    {0},
    {.is_back = true},
    {.is_fragment = true},
    {.is_error = true},
    {.is_back = true, .is_error = true},
    {.has_vlan = true},
    {.has_vlan = true, .is_back = true},
    {.has_vlan = true, .is_error = true},
    {.is_v6 = true},
    {.is_v6 = true, .is_back = true},
    {.is_v6 = true, .is_error = true},
    {.is_v6 = true, .has_vlan = true, .is_back = true, .is_error = true},
};

static uint8_t *put_v4(uint8_t *at, const struct story *story, unsigned pair_idx)
{
    unsigned from = story->is_back ? 16 : 12;

    at[0] = 0x45;
    at[3] = 40;
    at[6] = story->is_fragment ? 0x20 : 0;
    at[7] = story->is_fragment ? 9 : 0;
    at[8] = 64;
    at[9] = IPPROTO_TCP;
    at[from] = 10;
    at[from + 3] = (uint8_t)pair_idx;
    at[28 - from] = 10;
    at[28 - from + 1] = 1;
    at[28 - from + 3] = (uint8_t)(pair_idx * 7);
    return at + 20;
}

static uint8_t *put_v6(uint8_t *at, const struct story *story, unsigned pair_idx)
{
    unsigned from = story->is_back ? 24 : 8;

    at[0] = 0x60;
    at[5] = 20;
    at[6] = IPPROTO_TCP;
    at[7] = 64;
    at[from] = 0xfd;
    at[from + 15] = (uint8_t)pair_idx;
    at[32 - from] = 0xfd;
    at[32 - from + 7] = (uint8_t)(pair_idx * 11);
    return at + 40;
}

/* Some router says so, of the packet that comes next. */
static uint8_t *put_error(uint8_t *at, bool is_v6)
{
    at[0] = is_v6 ? 0x60 : 0x45;
    at[is_v6 ? 7 : 8] = 64;
    at[is_v6 ? 6 : 9] = is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    at[is_v6 ? 8 : 12] = 192; /* from */
    at[is_v6 ? 24 : 16] = 198;
    at += is_v6 ? 40 : 20;
    at[0] = is_v6 ? 1 : 3;
    return at + 8;
}

static void send_story(const struct story *story, unsigned pair_idx)
{
    uint8_t frame[160] = {0};
    uint8_t *at = frame + 12;
    const uint32_t mark = MARK | pair_idx;

    if (story->has_vlan) {
        at[0] = 0x81;
        at[3] = 7;
        at += 4;
    }
    at[0] = story->is_v6 ? 0x86 : 0x08;
    at[1] = story->is_v6 ? 0xdd : 0x00;
    at += 2;
    if (story->is_error)
        at = put_error(at, story->is_v6);
    at = story->is_v6 ? put_v6(at, story, pair_idx) : put_v4(at, story, pair_idx);
    memcpy(at + 20, &mark, sizeof(mark));
    send_frame(frame, (size_t)(at + 24 - frame));
}

struct member {
    struct ring ring;
    struct capture *capture;
    uint64_t n_of_pair[N_PAIRS];
    uint64_t n;
};

static void count_frames(struct member *member, uint8_t *seen)
{
    const struct frame *frame;
    size_t n_bytes;

    while ((frame = ring_peek(&member->ring, &n_bytes))) {
        uint32_t mark = 0;

        if (frame->kind != FRAME_PACKET)
            continue;
        memcpy(&mark, frame->bytes + frame->captured_bytes - sizeof(mark), sizeof(mark));
        if ((mark & 0xffff0000) != MARK)
            continue;
        member->n_of_pair[mark & 0xffff]++;
        member->n++;
        assert_true(frame->ordinal < 8192);
        assert_int_equal(seen[frame->ordinal]++, 0);
    }
    ring_release(&member->ring);
}

static void open_members(struct arena *arena, struct member *members)
{
    static const char *const lo = "lo";
    struct capture_config config = {.interfaces = &lo, .n_interfaces = 1, .n_members = N_MEMBERS};

    assert_int_equal(arena_map(arena,
                               N_MEMBERS * (capture_memory_bytes(&config) +
                                            arena_cost_bytes(CAPTURE_MIN_RING_BYTES)),
                               NULL, NULL),
                     0);
    for (unsigned i = 0; i < N_MEMBERS; i++) {
        struct member *member = &members[i];

        config.member_idx = i;
        config.leader = i > 0 ? members[0].capture : NULL;
        ring_init(&member->ring, arena_take(arena, CAPTURE_MIN_RING_BYTES), CAPTURE_MIN_RING_BYTES,
                  NULL, NULL);
        assert_int_equal(capture_open(&config, arena, &member->capture, NULL), 0);
        assert_true(capture_is_shared(member->capture));
    }
    for (unsigned i = 0; i < N_MEMBERS; i++) {
        struct capture_output output = {.ring = &members[i].ring};

        capture_attach(members[i].capture,
                       &(struct capture_outputs){.outputs = &output, .n_outputs = 1});
    }
}

static void all_of_a_connection_goes_to_one_member(void **state)
{
    static struct member members[N_MEMBERS];
    static uint8_t seen[8192];
    struct arena arena;
    uint64_t n = 0;

    (void)state;
    if (sender < 0)
        skip();
    open_members(&arena, members);
    for (unsigned pair = 0; pair < N_PAIRS; pair++) {
        for (unsigned i = 0; i < ARRAY_LEN(stories); i++)
            send_story(&stories[i], pair);
    }
    for (int i = 0; i < 50 && n < N_PAIRS * ARRAY_LEN(stories); i++) {
        n = 0;
        for (unsigned m = 0; m < N_MEMBERS; m++) {
            (void)capture_step(members[m].capture, 10 * NS_PER_MS);
            count_frames(&members[m], seen);
            n += members[m].n;
        }
    }
    assert_int_equal(n, N_PAIRS * ARRAY_LEN(stories));
    for (unsigned m = 0; m < N_MEMBERS; m++) {
        assert_true(members[m].n > 0);
        for (unsigned pair = 0; pair < N_PAIRS; pair++) {
            uint64_t n_v4 = 8, n_v6 = 4, got = members[m].n_of_pair[pair];

            /* Its IPv4 and its IPv6 addresses are two pairs. */
            assert_true(got == 0 || got == n_v4 || got == n_v6 || got == n_v4 + n_v6);
        }
    }
    for (unsigned m = N_MEMBERS; m-- > 0;)
        capture_close(members[m].capture);
    arena_unmap(&arena);
}

/* ---- overload ---- */

#define N_ROUNDS 400
#define DATA_A_ROUND 40

static bool is_control(const struct frame *frame)
{
    const uint8_t *ip = frame->bytes + 14;

    return ip[9] == IPPROTO_ICMP || (ip[33] & (FLAG_SYN | FLAG_FIN | FLAG_RST));
}

static void what_opens_and_ends_connections_survives_a_full_ring(void **state)
{
    static const char *const lo = "lo";
    static const struct packet_plan control[] = {
        {.flags = FLAG_SYN}, {.flags = FLAG_SYN | FLAG_ACK}, {.flags = FLAG_FIN | FLAG_ACK},
        {.flags = FLAG_RST}, {.protocol = IPPROTO_ICMP},
    };
    const struct capture_config config = {.interfaces = &lo, .n_interfaces = 1};
    const uint64_t n_control = N_ROUNDS * ARRAY_LEN(control);
    const uint64_t n_data = N_ROUNDS * DATA_A_ROUND;
    const struct made_packet data = make_packet(&(struct packet_plan){.flags = FLAG_ACK});
    const struct capture_counters *counters;
    uint64_t n_control_seen = 0, n_data_seen = 0, n_loss = 0, n_told = 0;
    const struct frame *frame;
    struct run run;
    size_t n_bytes;

    (void)state;
    if (sender < 0)
        skip();
    assert_int_equal(open_run(&run, &config, NULL, NULL), 0);
    for (unsigned i = 0; i < N_ROUNDS; i++) {
        for (unsigned k = 0; k < DATA_A_ROUND; k++)
            send_frame(data.bytes, data.n_bytes);
        for (unsigned k = 0; k < ARRAY_LEN(control); k++) {
            struct made_packet packet = make_packet(&control[k]);

            send_frame(packet.bytes, packet.n_bytes);
        }
    }
    counters = capture_counters(run.capture);
    /* Nobody takes anything out of the ring: what waits in the kernel comes when it is old. */
    for (int i = 0; i < 2000 && counter_read(&counters->read_pkts) < n_control + n_data; i++)
        (void)capture_step(run.capture, 10 * NS_PER_MS);
    assert_int_equal(counter_read(&counters->read_pkts), n_control + n_data);
    assert_int_equal(counter_read(&counters->kernel_dropped_pkts), 0);
    assert_int_equal(counter_read(&counters->shed_pkts[SHED_CONTROL]), 0);
    assert_true(counter_read(&counters->shed_pkts[SHED_TCP_DATA]) > 0);
    while ((frame = ring_peek(&run.ring, &n_bytes))) {
        if (frame->kind == FRAME_PACKET && is_control(frame))
            n_control_seen++;
        else if (frame->kind == FRAME_PACKET)
            n_data_seen++;
        n_loss += frame->kind == FRAME_LOSS;
        n_told += frame->kind == FRAME_SHED ? frame->wire_bytes : 0;
    }
    assert_int_equal(n_control_seen, n_control);
    assert_int_equal(n_loss, 0);
    assert_int_equal(n_data_seen + n_told, n_data);
    close_run(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_connection_goes_to_one_member),
        cmocka_unit_test(what_opens_and_ends_connections_survives_a_full_ring),
    };

    return cmocka_run_group_tests(tests, have_own_loopback, NULL);
}
