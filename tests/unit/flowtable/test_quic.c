/* SPDX-License-Identifier: BSD-2-Clause */
/* QUIC connections: what is silence, a refusal or a reset, and what only looks like one. */
#include "flowtable/quic.h"

#include <string.h>

#include "base/nanotime.h"
#include "decode/packet.h"
#include "hex.h"
#include "unit.h"

#define START_NS (INT64_C(1700000000) * NS_PER_S)
#define STEPS_MAX 12
#define ROOM_BYTES 120

/* One datagram. */
struct step {
    double at_s;
    char from;        /* '>' the client, '<' the server, '!' an ICMP error; 0 ends the list */
    const char *hex;  /* how it begins */
    uint32_t n_bytes; /* on the wire; 0 = no more than that */
};

/* IDs as in RFC 9001 appendix A: the client's choice, the server's, and the client's own. */
#define FIRST "088394c8f03e515708"
#define SERVER "08f067a5502a4262b5"
#define CLIENT "05c1c2c3c4c5"
#define OTHER "05a1a2a3a4a5"
#define V1 "00000001"
#define V2 "6b3343cf"
#define V9 "00000009"
#define RESERVED "1a2a3a4a"

/* A length of 0: packets that are not opened need no more. */
#define INITIAL(version, ids) "c0" version ids "0000"
#define HANDSHAKE "e0" V1
#define ASK INITIAL(V1, FIRST CLIENT), 1200
#define ANSWER INITIAL(V1, CLIENT SERVER), 1200
#define LIST(ids, ...)                                                                             \
    "80"                                                                                           \
    "00000000" ids __VA_ARGS__,                                                                    \
        0
#define GOOD(n_bytes) "40c1c2c3c4c5d1d2d3", n_bytes
#define ODD(n_bytes) "4071727374757677", n_bytes
#define SAID(n_bytes) "40f067a5502a4262b5", n_bytes

/* CONNECTION_CLOSE of the server, sealed by tests/lab/quic.py: 0x2 "closed for today", and 0. */
#define CLOSED                                                                                     \
    "c80000000105c1c2c3c4c508f067a5502a4262b500402d50d7f733aa3039b11b40ab93e26833b3c9525f984e84a6" \
    "6"                                                                                            \
    "950075efb5d689d069221437e91508293fe874a15f1"
#define CLOSED_IN_ORDER                                                                            \
    "ce0000000105c1c2c3c4c508f067a5502a4262b500401862b21425b43039b199b742b73e4b797988a1b3f0bd9858" \
    "8e"

/* The handshake, and three short headers of the server. */
#define OPEN                                                                                       \
    {0, '>', ASK}, {0.02, '<', ANSWER}, {0.021, '>', SAID(60)}, {0.04, '<', GOOD(300)},            \
        {0.041, '<', GOOD(300)}, {0.042, '<', GOOD(300)},                                          \
    {                                                                                              \
        1, '>', SAID(400)                                                                          \
    }

struct row {
    const char *name;
    struct step step[STEPS_MAX];
    double ends_s; /* the input ends; 0: never, all timers come up */
    unsigned n_told;
    enum quic_end end; /* of the last of them */
};

#define SILENT(n) 0, n, QUIC_SILENT

static const struct row rows[] = {
    {"two Initials, and nothing back", {{0, '>', ASK}, {1, '>', ASK}}, SILENT(1)},
    {"one alone may be lost", {{0, '>', ASK}}, SILENT(0)},
    {"two of one flight are one try", {{0, '>', ASK}, {0.049, '>', ASK}}, SILENT(0)},
    {"and later they are two", {{0, '>', ASK}, {0.05, '>', ASK}}, SILENT(1)},
    {"the capture ends behind them", {{0, '>', ASK}, {1, '>', ASK}}, 1.1, 1, QUIC_SILENT},
    {"connects anew into silence",
     {{0, '>', ASK}, {2, '>', INITIAL(V1, "08aaaaaaaaaaaaaaaa" OTHER), 1200}},
     SILENT(1)},
    {"an Initial too small to be one",
     {{0, '>', INITIAL(V1, FIRST CLIENT), 1199}, {1, '>', INITIAL(V1, FIRST CLIENT), 1199}},
     SILENT(0)},
    {"the client's choice is too short",
     {{0, '>', INITIAL(V1, "0701020304050607" CLIENT), 1200},
      {1, '>', INITIAL(V1, "0701020304050607" CLIENT), 1200}},
     SILENT(0)},
    {"of a version that nobody knows",
     {{0, '>', INITIAL(V9, FIRST CLIENT), 1200}, {1, '>', INITIAL(V9, FIRST CLIENT), 1200}},
     SILENT(0)},
    {"answered", {{0, '>', ASK}, {1, '>', ASK}, {1.02, '<', ANSWER}}, SILENT(0)},
    {"answered by what is no QUIC",
     {{0, '>', ASK}, {1, '>', ASK}, {1.02, '<', "00", 0}},
     SILENT(0)},
    {"the answers are not in the capture: a Handshake",
     {{0, '>', ASK}, {0.1, '>', HANDSHAKE SERVER CLIENT "00", 0}, {1, '>', ASK}},
     SILENT(0)},
    {"the same behind an Initial",
     {{0, '>', ASK},
      {0.1, '>', "c0" V1 FIRST CLIENT "0000" HANDSHAKE SERVER CLIENT "00", 1200},
      {1, '>', ASK}},
     SILENT(0)},
    {"the same: the ID of the server",
     {{0, '>', ASK}, {0.1, '>', INITIAL(V1, SERVER CLIENT), 1200}, {1, '>', ASK}},
     SILENT(0)},
    {"the same: a short header", {{0, '>', ASK}, {1, '>', ASK}, {2, '>', SAID(40)}}, SILENT(0)},
    {"the server's own Initials alone", {{0, '<', ANSWER}, {1, '<', ANSWER}}, SILENT(0)},
    {"prohibited", {{0, '>', ASK}, {0.1, '!', "", 0}, {1, '>', ASK}}, SILENT(1)},
    {"prohibited too late to be about it", {{0, '>', ASK}, {5.1, '!', "", 0}}, SILENT(0)},
    {"an error behind the answer",
     {{0, '>', ASK}, {0.1, '<', ANSWER}, {0.2, '!', "", 0}},
     SILENT(0)},

    {"a list without the client's version",
     {{0, '>', ASK}, {0.02, '<', LIST(CLIENT FIRST, V2)}},
     0,
     1,
     QUIC_NEGOTIATED},
    {"the capture ends behind it",
     {{0, '>', ASK}, {0.02, '<', LIST(CLIENT FIRST, V2)}},
     0.1,
     1,
     QUIC_NEGOTIATED},
    {"a version that nobody knows is not listed either",
     {{0, '>', INITIAL(V9, FIRST CLIENT), 1200}, {0.02, '<', LIST(CLIENT FIRST, V1 V2)}},
     0,
     1,
     QUIC_NEGOTIATED},
    {"listed all the same: forged (RFC 9000 section 6.2)",
     {{0, '>', ASK}, {0.02, '<', LIST(CLIENT FIRST, V2 V1)}},
     SILENT(0)},
    {"for another connection", {{0, '>', ASK}, {0.02, '<', LIST(OTHER FIRST, V2)}}, SILENT(0)},
    {"with another ID of the server",
     {{0, '>', ASK}, {0.02, '<', LIST(CLIENT SERVER, V2)}},
     SILENT(0)},
    {"an answer comes behind it",
     {{0, '>', ASK}, {0.02, '<', LIST(CLIENT FIRST, V2)}, {0.03, '<', ANSWER}},
     SILENT(0)},
    {"behind an answer",
     {{0, '>', ASK}, {0.02, '<', ANSWER}, {0.03, '<', LIST(CLIENT FIRST, V2)}},
     SILENT(0)},
    {"asked for with a reserved version",
     {{0, '>', INITIAL(RESERVED, FIRST CLIENT), 1200}, {0.02, '<', LIST(CLIENT FIRST, V1)}},
     SILENT(0)},
    {"the client takes one of the list",
     {{0, '>', ASK},
      {0.02, '<', LIST(CLIENT FIRST, V2)},
      {0.03, '>', "d0" V2 FIRST CLIENT "0000", 1200},
      {0.05, '<', "d0" V2 CLIENT SERVER "0000", 1200}},
     SILENT(0)},
    {"the client asks again for the old one",
     {{0, '>', ASK}, {0.02, '<', LIST(CLIENT FIRST, V2)}, {0.03, '>', ASK}},
     0,
     1,
     QUIC_NEGOTIATED},

    {"closed in the handshake", {{0, '>', ASK}, {0.02, '<', CLOSED, 0}}, 0, 1, QUIC_CLOSED},
    {"and said twice",
     {{0, '>', ASK}, {0.02, '<', CLOSED, 0}, {0.03, '<', CLOSED, 0}},
     0,
     1,
     QUIC_CLOSED},
    {"closed without an error", {{0, '>', ASK}, {0.02, '<', CLOSED_IN_ORDER, 0}}, SILENT(0)},
    {"closed with the keys of another connection",
     {{0, '>', INITIAL(V1, "088394c8f03e515709" CLIENT), 1200}, {0.02, '<', CLOSED, 0}},
     SILENT(0)},
    {"closed, to another client",
     {{0, '>', INITIAL(V1, FIRST OTHER), 1200}, {0.02, '<', CLOSED, 0}},
     SILENT(0)},
    {"the snap length cut what follows",
     {{0, '>', ASK}, {0.02, '<', CLOSED, 1200}},
     0,
     1,
     QUIC_CLOSED},
    {"after a Retry the keys are of its ID",
     {{0, '>', INITIAL(V1, "08aaaaaaaaaaaaaaaa" CLIENT), 1200},
      {0.02, '<', "f0" V1 CLIENT FIRST "abababab", 0},
      {0.03, '>',
       "c0" V1 FIRST CLIENT "04abababab"
       "00",
       1200},
      {0.05, '<', CLOSED, 0}},
     0,
     1,
     QUIC_CLOSED},
    {"an open connection cannot be closed so",
     {{0, '>', ASK}, {0.02, '<', ANSWER}, {0.03, '>', SAID(40)}, {0.05, '<', CLOSED, 0}},
     SILENT(0)},

    {"the last packet has no ID", {OPEN, {1.02, '<', ODD(43)}}, 0, 1, QUIC_RESET},
    {"as small as can be", {OPEN, {1.02, '<', ODD(21)}}, 0, 1, QUIC_RESET},
    {"smaller", {OPEN, {1.02, '<', ODD(20)}}, SILENT(0)},
    {"one less than it answers", {OPEN, {1.02, '<', ODD(399)}}, 0, 1, QUIC_RESET},
    {"not less", {OPEN, {1.02, '<', ODD(400)}}, SILENT(0)},
    {"it has the ID", {OPEN, {1.02, '<', GOOD(43)}}, SILENT(0)},
    {"the client goes on", {OPEN, {1.02, '<', ODD(43)}, {1.5, '>', SAID(50)}}, SILENT(0)},
    {"and is told again",
     {OPEN, {1.02, '<', ODD(43)}, {1.5, '>', SAID(50)}, {1.52, '<', "4081828384858687", 43}},
     0,
     1,
     QUIC_RESET},
    {"a new ID of the client comes again",
     {OPEN, {1.02, '<', ODD(43)}, {1.023, '<', ODD(43)}},
     SILENT(0)},
    {"captured twice", {OPEN, {1.02, '<', ODD(43)}, {1.022, '<', ODD(43)}}, 0, 1, QUIC_RESET},
    {"the old one comes again", {OPEN, {1.02, '<', ODD(43)}, {1.03, '<', GOOD(43)}}, SILENT(0)},
    {"nobody asked",
     {{0, '>', ASK}, {0.02, '<', ANSWER}, {0.04, '<', GOOD(300)}, {0.05, '<', ODD(43)}},
     SILENT(0)},
    {"the client has no ID: all packets differ",
     {{0, '>', INITIAL(V1, FIRST "00"), 1200},
      {0.02, '<', INITIAL(V1, "00" SERVER), 1200},
      {0.021, '>', SAID(400)},
      {0.04, '<', "4001020304", 300},
      {0.05, '<', "4005060708", 300},
      {0.06, '<', "40090a0b0c", 300},
      {1, '>', SAID(400)},
      {1.02, '<', ODD(43)}},
     SILENT(0)},
    {"the capture ends too soon behind it", {OPEN, {1.02, '<', ODD(43)}}, 2.01, 0, QUIC_RESET},
    {"and late enough", {OPEN, {1.02, '<', ODD(43)}}, 2.02, 1, QUIC_RESET},
    {"the client connects again from the same port",
     {OPEN,
      {1.02, '<', ODD(43)},
      {1.1, '>', INITIAL(V1, "08aaaaaaaaaaaaaaaa" OTHER), 1200},
      {1.12, '<', INITIAL(V1, OTHER SERVER), 1200}},
     1.2,
     1,
     QUIC_RESET},
};

static const uint8_t client_addr[4] = {10, 0, 0, 1};
static const uint8_t server_addr[4] = {192, 0, 2, 2};

struct desk {
    struct arena arena;
    struct quics quics;
    unsigned n_told;
    struct quic last;
};

static void note(struct desk *desk, const struct quic *told)
{
    if (!told)
        return;
    desk->n_told++;
    desk->last = *told;
}

static void send(struct desk *desk, const struct step *step, uint64_t ordinal)
{
    bool is_back = step->from == '<';
    uint8_t bytes[ROOM_BYTES];
    uint32_t n_bytes = (uint32_t)hex_bytes(step->hex, bytes, sizeof(bytes));
    struct packet packet = {
        .ts_ns = START_NS + (int64_t)(step->at_s * (double)NS_PER_S),
        .ordinal = ordinal,
        .kind = PACKET_UDP,
        .ip_version = 4,
        .proto = FLOW_PROTO_UDP,
        .src = ipaddr_from_v4(is_back ? server_addr : client_addr),
        .dst = ipaddr_from_v4(is_back ? client_addr : server_addr),
        .udp = {.sport = is_back ? 443 : 5000,
                .dport = is_back ? 5000 : 443,
                .payload_wire_bytes = step->n_bytes > n_bytes ? step->n_bytes : n_bytes,
                .payload_captured_bytes = n_bytes,
                .payload = bytes},
    };

    note(desk, quics_take(&desk->quics, &packet));
}

static void refuse(struct desk *desk, const struct step *step)
{
    struct packet packet = {
        .ts_ns = START_NS + (int64_t)(step->at_s * (double)NS_PER_S),
        .kind = PACKET_ICMP_ERROR,
        .ip_version = 4,
        .icmp = {.type = 3,
                 .code = 13,
                 .quote = {.is_valid = true,
                           .has_ports = true,
                           .proto = FLOW_PROTO_UDP,
                           .sport = 5000,
                           .dport = 443,
                           .src = ipaddr_from_v4(client_addr),
                           .dst = ipaddr_from_v4(server_addr)}},
    };

    note(desk, quics_refused(&desk->quics, &packet));
}

static void expire(struct desk *desk, double at_s, bool at_end)
{
    const struct quic *told;

    while (
        (told = quics_expire(&desk->quics, START_NS + (int64_t)(at_s * (double)NS_PER_S), at_end)))
        note(desk, told);
}

/* With a tick every 100 ms. */
static void play(struct desk *desk, const struct row *row)
{
    size_t next = 0;
    double end_s = row->ends_s > 0 ? row->ends_s : 100;

    memset(desk, 0, sizeof(*desk));
    assert_false(arena_map(&desk->arena, quics_cost_bytes(), NULL, NULL));
    assert_false(quics_create(&desk->quics, &desk->arena, (struct hash_key){0}));
    for (unsigned tick = 0; tick * 0.1 < end_s; tick++) {
        for (; next < STEPS_MAX && row->step[next].from && row->step[next].at_s <= tick * 0.1;
             next++) {
            if (row->step[next].from == '!')
                refuse(desk, &row->step[next]);
            else
                send(desk, &row->step[next], next + 1);
        }
        expire(desk, tick * 0.1, false);
    }
    for (; next < STEPS_MAX && row->step[next].from; next++)
        send(desk, &row->step[next], next + 1);
    expire(desk, end_s, true);
    arena_unmap(&desk->arena);
}

static void what_a_connection_comes_to_is_told_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct desk desk;

        play(&desk, &rows[i]);
        if (desk.n_told != rows[i].n_told)
            fail_msg("%s: told %u times", rows[i].name, desk.n_told);
        if (desk.n_told && desk.last.facts.end != rows[i].end)
            fail_msg("%s: its end is %u", rows[i].name, desk.last.facts.end);
    }
}

static void silence_is_told_with_its_tries(void **state)
{
    static const struct row row = {"", {{0, '>', ASK}, {1, '>', ASK}, {3, '>', ASK}}, SILENT(1)};
    struct desk desk;

    (void)state;
    play(&desk, &row);
    assert_int_equal(desk.last.facts.n_tries, 3);
    assert_int_equal(desk.last.facts.version, QUIC_VERSION_1);
    assert_int_equal(desk.last.facts.told_frame, 0);
    assert_int_equal(desk.last.exchange.n_pkts[SIDE_CLIENT], 3);
    assert_int_equal(desk.last.asked.frame, 1);
    assert_int_equal(desk.last.last.frame, 3);
    assert_int_equal(desk.last.exchange.key.port[desk.last.exchange.client_end], 5000);
}

static void a_list_is_told_with_its_first_versions(void **state)
{
    static const struct row row = {"",
                                   {{0, '>', ASK},
                                    {0.02, '<',
                                     LIST(CLIENT FIRST, "0a0a0a0a" V2 "00000003"
                                                        "00000004"
                                                        "00000005"
                                                        "00000006"
                                                        "00000007"
                                                        "00000008"
                                                        "00000009")}},
                                   0,
                                   1,
                                   QUIC_NEGOTIATED};
    struct desk desk;

    (void)state;
    play(&desk, &row);
    assert_int_equal(desk.last.facts.n_offered, QUIC_OFFERED_MAX);
    assert_int_equal(desk.last.facts.offered[0], QUIC_VERSION_2);
    assert_int_equal(desk.last.facts.offered[7], 9);
    assert_int_equal(desk.last.facts.told_frame, 2);
    assert_int_equal(desk.last.answer.side, SIDE_SERVER);
}

static void a_close_is_told_with_its_words(void **state)
{
    static const struct row row = {"", {{0, '>', ASK}, {0.02, '<', CLOSED, 0}}, 0, 1, QUIC_CLOSED};
    struct desk desk;

    (void)state;
    play(&desk, &row);
    assert_int_equal(desk.last.facts.close.code, 2);
    assert_string_equal(desk.last.facts.close.reason, "closed for today");
}

/* More connections than there is room for: the newest are told, in the order of their begin, and
 * the others are counted. */
static void a_crowd_of_connections_pushes_out_the_oldest(void **state)
{
    struct desk desk = {.n_told = 0};
    uint64_t last_frame = 0;
    const struct quic *told;
    uint8_t bytes[ROOM_BYTES];
    uint32_t n_bytes = (uint32_t)hex_bytes(INITIAL(V1, FIRST CLIENT), bytes, sizeof(bytes));

    (void)state;
    assert_false(arena_map(&desk.arena, quics_cost_bytes(), NULL, NULL));
    assert_false(quics_create(&desk.quics, &desk.arena, (struct hash_key){0}));
    for (unsigned i = 0; i < 8 * QUICS_MAX; i++) {
        struct packet packet = {
            .ts_ns = START_NS + (i % 4 + 4 * (i / 4 / 2)) * NS_PER_MS + (i / 4 % 2) * NS_PER_S,
            .ordinal = i + 1,
            .kind = PACKET_UDP,
            .ip_version = 4,
            .proto = FLOW_PROTO_UDP,
            .src = ipaddr_from_v4(client_addr),
            .dst = ipaddr_from_v4(server_addr),
            .udp = {.sport = (uint16_t)(2000 + i % 4 + 4 * (i / 8)),
                    .dport = 443,
                    .payload_wire_bytes = 1200,
                    .payload_captured_bytes = n_bytes,
                    .payload = bytes},
        };

        assert_null(quics_take(&desk.quics, &packet));
    }
    while ((told = quics_expire(&desk.quics, START_NS + 100 * NS_PER_S, false))) {
        assert_true(told->exchange.first_frame > last_frame);
        last_frame = told->exchange.first_frame;
        desk.n_told++;
    }
    assert_true(desk.n_told > QUICS_MAX / 2 && desk.n_told <= QUICS_MAX);
    assert_true(desk.quics.n_evicted >= 3 * QUICS_MAX);
    arena_unmap(&desk.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_connection_comes_to_is_told_once),
        cmocka_unit_test(silence_is_told_with_its_tries),
        cmocka_unit_test(a_list_is_told_with_its_first_versions),
        cmocka_unit_test(a_close_is_told_with_its_words),
        cmocka_unit_test(a_crowd_of_connections_pushes_out_the_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
