/* SPDX-License-Identifier: BSD-2-Clause */
/* QUIC: the packets of a datagram, and what a server's Initial says. */
#include "decode/quic.h"

#include "base/compiler.h"
#include "decode/quic_initial.h"
#include "guard.h"
#include "hex.h"
#include "unit.h"

#define ROOM_BYTES 300

/* RFC 9001 appendix A: the ID that the client chose, and A.3, the server's Initial. */
#define CLIENTS_ID "8394c8f03e515708"
#define SERVERS_INITIAL                                                                            \
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554"   \
    "780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b5"  \
    "62bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee"

/* Sealed by tests/lab/quic.py for the same ID. */
#define CLOSED                                                                                     \
    "c80000000105c1c2c3c4c508f067a5502a4262b500402d50d7f733aa3039b11b40ab93e26833b3c9525f984e84a6" \
    "6"                                                                                            \
    "950075efb5d689d069221437e91508293fe874a15f1"
#define CLOSED_V2                                                                                  \
    "d36b3343cf05c1c2c3c4c508f067a5502a4262b50040196959cb2583bfdf416a13f85565c71114733093c5103e75" \
    "2"                                                                                            \
    "c4f"
#define CLOSED_DRAFT_29                                                                            \
    "c8ff00001d05c1c2c3c4c508f067a5502a4262b500401a6c8cbeb080fc5fee2992369077dbe9d2adf6cd27078ddd" \
    "8f86ed"

#define V1 "00000001"
#define IDS "08" CLIENTS_ID "020a0b"

struct form_case {
    const char *name, *hex;
    size_t cut_bytes;                  /* on the wire behind it */
    enum quic_form form[4];            /* of the packets in it; QUIC_NONE ends them */
    size_t captured_bytes, wire_bytes; /* of the first */
};

static const struct form_case form_cases[] = {
    {"an Initial",
     "c0" V1 IDS "00"
     "04"
     "01020304",
     0,
     {QUIC_INITIAL},
     23,
     23},
    {"with a token",
     "c0" V1 IDS "02aabb"
     "04"
     "01020304",
     0,
     {QUIC_INITIAL},
     25,
     25},
    {"0-RTT",
     "d0" V1 IDS "04"
     "01020304",
     0,
     {QUIC_ZERO_RTT},
     22,
     22},
    {"Handshake",
     "e0" V1 IDS "04"
     "01020304",
     0,
     {QUIC_HANDSHAKE},
     22,
     22},
    {"a Retry takes all that is left", "f0" V1 IDS "0102030405", 0, {QUIC_RETRY}, 22, 22},
    {"an Initial and a Handshake",
     "c0" V1 IDS "000101"
     "e0" V1 IDS "0102",
     0,
     {QUIC_INITIAL, QUIC_HANDSHAKE},
     20,
     20},
    {"and a short header behind",
     "e0" V1 IDS "0102"
     "4001020304",
     0,
     {QUIC_HANDSHAKE, QUIC_SHORT},
     19,
     19},
    {"zeros behind are padding",
     "e0" V1 IDS "0102"
     "000000",
     0,
     {QUIC_HANDSHAKE},
     19,
     19},
    {"version 2 has other bits: Initial",
     "d0"
     "6b3343cf" IDS "000101",
     0,
     {QUIC_INITIAL},
     20,
     20},
    {"0-RTT in version 2",
     "e0"
     "6b3343cf" IDS "0101",
     0,
     {QUIC_ZERO_RTT},
     19,
     19},
    {"Handshake in version 2",
     "f0"
     "6b3343cf" IDS "0101",
     0,
     {QUIC_HANDSHAKE},
     19,
     19},
    {"Retry in version 2",
     "c0"
     "6b3343cf" IDS "0101",
     0,
     {QUIC_RETRY},
     19,
     19},
    {"a draft",
     "c0"
     "ff00001d" IDS "000101",
     0,
     {QUIC_INITIAL},
     20,
     20},
    {"a version that nobody knows",
     "80"
     "12345678" IDS "ffffff",
     0,
     {QUIC_UNKNOWN},
     20,
     20},
    {"a list of versions",
     "80"
     "00000000" IDS "00000001"
     "6b3343cf",
     0,
     {QUIC_NEGOTIATION},
     25,
     25},
    {"an empty list is none",
     "80"
     "00000000" IDS,
     0,
     {QUIC_NONE},
     0,
     0},
    {"a list that ends inside a version",
     "80"
     "00000000" IDS "000000",
     0,
     {QUIC_NONE},
     0,
     0},
    {"a short header", "4001020304", 0, {QUIC_SHORT}, 5, 5},
    {"without the fixed bit (RFC 9287)", "0101020304", 0, {QUIC_SHORT}, 5, 5},
    {"a long one without it", "80" V1 IDS "000101", 0, {QUIC_INITIAL}, 20, 20},
    {"an ID of 21 bytes",
     "c0" V1 "15000102030405060708090a0b0c0d0e0f101112131400",
     0,
     {QUIC_NONE},
     0,
     0},
    {"IDs of no bytes",
     "c0" V1 "0000"
     "000101",
     0,
     {QUIC_INITIAL},
     10,
     10},
    {"a length beyond the datagram",
     "c0" V1 IDS "00"
     "05"
     "01020304",
     0,
     {QUIC_NONE},
     0,
     0},
    {"the snap length cut it",
     "c0" V1 IDS "00"
     "05"
     "01020304",
     9,
     {QUIC_INITIAL},
     23,
     24},
    {"a token beyond the datagram",
     "c0" V1 IDS "4400"
     "04"
     "01020304",
     0,
     {QUIC_NONE},
     0,
     0},
    {"a token of 2^61 bytes",
     "c0" V1 IDS "ffffffffffffffff"
     "04",
     0,
     {QUIC_NONE},
     0,
     0},
    {"DNS, as good as any other", "123401000001", 0, {QUIC_SHORT}, 6, 6},
    {"only padding", "000000", 0, {QUIC_NONE}, 0, 0},
    {"nothing", "", 0, {QUIC_NONE}, 0, 0},
};

static void check_form(const struct form_case *row)
{
    uint8_t bytes[ROOM_BYTES];
    size_t n_bytes = hex_bytes(row->hex, bytes, sizeof(bytes));
    struct cursor cursor = cursor_over(bytes, n_bytes);
    struct quic_packet packet;
    size_t n = 0;

    for (; quic_next(&cursor, row->cut_bytes, &packet); n++) {
        if (n == 4 || packet.form != row->form[n])
            fail_msg("%s: packet %zu is %d", row->name, n, packet.form);
        if (n == 0 &&
            (packet.captured_bytes != row->captured_bytes || packet.wire_bytes != row->wire_bytes))
            fail_msg("%s: %zu of %zu bytes", row->name, packet.captured_bytes, packet.wire_bytes);
    }
    if (n < 4 && row->form[n] != QUIC_NONE)
        fail_msg("%s: only %zu packets", row->name, n);
}

static void packets_are_told_by_their_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(form_cases); i++)
        check_form(&form_cases[i]);
}

/* No read past the end, and views within the bytes. */
static void read_all(const uint8_t *bytes, size_t n_bytes, size_t cut_bytes)
{
    struct cursor cursor = cursor_over(bytes, n_bytes);
    struct quic_packet packet;

    while (quic_next(&cursor, cut_bytes, &packet)) {
        assert_true(packet.captured_bytes <= n_bytes);
        assert_true(packet.captured_bytes <= packet.wire_bytes);
        assert_true(packet.bytes + packet.captured_bytes <= bytes + n_bytes);
        assert_true(packet.dcid.n_bytes <= QUIC_ID_MAX_BYTES);
    }
}

static void datagrams_may_end_anywhere(void **state)
{
    struct guard guard = guard_open();
    uint8_t bytes[ROOM_BYTES];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(form_cases); i++) {
        size_t n_bytes = hex_bytes(form_cases[i].hex, bytes, sizeof(bytes));

        for (size_t n = 0; n <= n_bytes; n++) {
            read_all(guard_place(&guard, bytes, n), n, 0);
            read_all(guard_place(&guard, bytes, n), n, n_bytes - n);
        }
    }
    guard_close(&guard);
}

static void ids_and_versions_are_told(void **state)
{
    uint8_t bytes[ROOM_BYTES];
    size_t n_bytes = hex_bytes("80"
                               "00000000" IDS "0a1a2a3a"
                               "6b3343cf",
                               bytes, sizeof(bytes));
    struct cursor cursor = cursor_over(bytes, n_bytes);
    struct quic_packet packet;

    (void)state;
    assert_true(quic_next(&cursor, 0, &packet));
    assert_int_equal(packet.dcid.n_bytes, 8);
    assert_int_equal(packet.dcid.bytes[0], 0x83);
    assert_int_equal(packet.scid.n_bytes, 2);
    assert_int_equal(packet.scid.bytes[1], 0x0b);
    assert_int_equal(packet.n_versions, 2);
    assert_true(quic_is_reserved(load_be32(packet.versions)));
    assert_int_equal(load_be32(packet.versions + 4), QUIC_VERSION_2);
    assert_false(quic_is_reserved(QUIC_VERSION_1));
}

/* ---- Initials of the server ---- */

/* Bytes of frames in it; 0 = it was not opened. */
static size_t open_packet(const uint8_t *bytes, size_t n_bytes, size_t cut_bytes, const char *id,
                          uint8_t frames[QUIC_INITIAL_MAX_BYTES])
{
    struct cursor cursor = cursor_over(bytes, n_bytes);
    struct quic_id key_id = {.n_bytes = (uint8_t)(strlen(id) / 2)};
    struct quic_packet packet;

    (void)hex_bytes(id, key_id.bytes, sizeof(key_id.bytes));
    if (!quic_next(&cursor, cut_bytes, &packet) || packet.form != QUIC_INITIAL)
        return 0;
    return quic_open_initial(&packet, &key_id, frames);
}

static void the_example_of_the_rfc_opens(void **state)
{
    static const uint8_t begin[] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x40, 0x5a, 0x02};
    uint8_t bytes[ROOM_BYTES];
    uint8_t frames[QUIC_INITIAL_MAX_BYTES];
    size_t n_bytes = hex_bytes(SERVERS_INITIAL, bytes, sizeof(bytes));
    struct quic_close close;

    (void)state;
    assert_int_equal(open_packet(bytes, n_bytes, 0, CLIENTS_ID, frames), 99);
    assert_memory_equal(frames, begin, sizeof(begin));
    assert_false(quic_find_close(frames, 99, &close));
    assert_int_equal(open_packet(bytes, n_bytes, 0, "8394c8f03e515709", frames), 0);
    assert_int_equal(open_packet(bytes, n_bytes - 1, 1, CLIENTS_ID, frames), 0);
    for (size_t i = 0; i < n_bytes; i++) {
        bytes[i] ^= 0x01;
        assert_int_equal(open_packet(bytes, n_bytes, 0, CLIENTS_ID, frames), 0);
        bytes[i] ^= 0x01;
    }
}

static void a_close_is_read_in_each_version(void **state)
{
    static const struct {
        const char *hex, *reason;
        uint64_t code;
    } rows[] = {
        {CLOSED, "closed for today", 0x2},
        {CLOSED_V2, "", 0x178},
        {CLOSED_DRAFT_29, "x", 0x128},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t bytes[ROOM_BYTES];
        uint8_t frames[QUIC_INITIAL_MAX_BYTES];
        size_t n_bytes = hex_bytes(rows[i].hex, bytes, sizeof(bytes));
        size_t n_frames = open_packet(bytes, n_bytes, 0, CLIENTS_ID, frames);
        struct quic_close close;

        assert_true(n_frames > 0);
        assert_true(quic_find_close(frames, n_frames, &close));
        assert_int_equal(close.code, rows[i].code);
        assert_string_equal(close.reason, rows[i].reason);
    }
}

struct frames_case {
    const char *name, *hex;
    bool is_closed;
    uint64_t code;
};

static const struct frames_case frames_cases[] = {
    {"alone", "1c020000", true, 2},
    {"behind padding and a ping", "0000011c020000", true, 2},
    {"behind an ACK", "02010000011c020000", true, 2},
    {"behind an ACK of two ranges",
     "020a0001020102"
     "1c020000",
     true, 2},
    {"behind an ACK with ECN counts",
     "0301000001"
     "010203"
     "1c020000",
     true, 2},
    {"behind a CRYPTO",
     "060003"
     "aabbcc"
     "1c41280000",
     true, 0x128},
    {"before something else",
     "1c020000"
     "ff",
     true, 2},
    {"behind what no Initial has",
     "08"
     "1c020000",
     false, 0},
    {"the application's has no place there", "1d020000", false, 0},
    {"its reason runs off", "1c02000461626364", true, 2},
    {"its reason is cut", "1c020005616263", false, 0},
    {"a CRYPTO that runs off",
     "06000a"
     "1c020000",
     false, 0},
    {"an ACK of 2^62 ranges",
     "020100"
     "ffffffffffffffff"
     "00",
     false, 0},
    {"only padding", "00000000", false, 0},
    {"nothing", "", false, 0},
};

static void a_close_is_found_behind_frames_of_an_initial(void **state)
{
    struct guard guard = guard_open();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(frames_cases); i++) {
        const struct frames_case *row = &frames_cases[i];
        struct quic_close close = {.code = 0};
        uint8_t bytes[ROOM_BYTES];
        size_t n_bytes = hex_bytes(row->hex, bytes, sizeof(bytes));

        for (size_t n = 0; n < n_bytes; n++)
            (void)quic_find_close(guard_place(&guard, bytes, n), n, &close);
        if (quic_find_close(bytes, n_bytes, &close) != row->is_closed ||
            (row->is_closed && close.code != row->code))
            fail_msg("%s: code %llx", row->name, (unsigned long long)close.code);
    }
    guard_close(&guard);
}

static void a_long_reason_is_kept_as_far_as_it_fits(void **state)
{
    uint8_t frames[5 + 200] = {0x1c, 0x02, 0x00, 0x40, 200};
    struct quic_close close;

    (void)state;
    memset(frames + 5, 'r', 200);
    assert_true(quic_find_close(frames, sizeof(frames), &close));
    assert_int_equal(strlen(close.reason), QUIC_REASON_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_told_by_their_headers),
        cmocka_unit_test(datagrams_may_end_anywhere),
        cmocka_unit_test(ids_and_versions_are_told),
        cmocka_unit_test(the_example_of_the_rfc_opens),
        cmocka_unit_test(a_close_is_read_in_each_version),
        cmocka_unit_test(a_close_is_found_behind_frames_of_an_initial),
        cmocka_unit_test(a_long_reason_is_kept_as_far_as_it_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
