/* SPDX-License-Identifier: BSD-2-Clause */
/* SCTP: the header of a packet, and its chunks as far as they go. */
#include "frames.h"

#include "base/compiler.h"
#include "decode/sctp.h"

#define LINKTYPE_RAW 101

#define SCTP(tag) U16(40000), U16(443), U32(tag), 0xee, 0xee, 0xee, 0xee
#define U32(value) U16((value) >> 16), U16((value)&0xffff)
#define CHUNK(type, flags, n_bytes) (type), (flags), U16(n_bytes)
#define INIT(tag) CHUNK(1, 0, 20), U32(tag), U32(65536), U16(10), U16(10), U32(1)
#define INIT_ACK(tag) CHUNK(2, 0, 20), U32(tag), U32(65536), U16(10), U16(10), U32(1)

static void the_header_is_told_and_the_chunks_are_its_payload(void **state)
{
    static const uint8_t frame[] = {IPV4(52, 132), SCTP(0), INIT(0x01020304)};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_int_equal(packet.kind, PACKET_SCTP);
    assert_int_equal(packet.sctp.sport, 40000);
    assert_int_equal(packet.sctp.dport, 443);
    assert_int_equal(packet.sctp.tag, 0);
    assert_int_equal(packet.sctp.payload_wire_bytes, 20);
    assert_int_equal(packet.sctp.payload_captured_bytes, 20);
    assert_ptr_equal(packet.sctp.payload, frame + 32);
}

static void a_header_that_is_not_there_is_malformed_or_cut(void **state)
{
    static const uint8_t frame[] = {IPV4(31, 132), U16(40000), U16(443), 0, 0, 0, 0, 0, 0, 0};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame), sizeof(frame), &packet),
                     DECODE_MALFORMED);
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame) - 1, sizeof(frame), &packet),
                     DECODE_TRUNCATED);
}

struct chunks_case {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
    struct sctp_chunks expected;
};

#define HAS(type) (UINT32_C(1) << (type))

static const struct chunks_case chunks_cases[] = {
    {"an INIT has its tag", FRAME(INIT(0x01020304)), {HAS(SCTP_INIT), 0x01020304, 0, false}},
    {"an INIT ACK, too", FRAME(INIT_ACK(0xfefdfcfb)), {HAS(SCTP_INIT_ACK), 0xfefdfcfb, 0, false}},
    {"an ABORT without a cause", FRAME(CHUNK(6, 0, 4)), {HAS(SCTP_ABORT), 0, 0, false}},
    {"with the T bit", FRAME(CHUNK(6, 1, 4)), {HAS(SCTP_ABORT), 0, 0, true}},
    {"out of resource", FRAME(CHUNK(6, 0, 8), U16(4), U16(4)), {HAS(SCTP_ABORT), 0, 4, false}},
    {"the first of two causes",
     FRAME(CHUNK(6, 0, 12), U16(12), U16(4), U16(13), U16(4)),
     {HAS(SCTP_ABORT), 0, 12, false}},
    {"padding stands between chunks",
     FRAME(CHUNK(10, 0, 5), 0xaa, 0, 0, 0, CHUNK(6, 0, 4)),
     {HAS(SCTP_COOKIE_ECHO) | HAS(SCTP_ABORT), 0, 0, false}},
    {"padding may lack at the end", FRAME(CHUNK(10, 0, 5), 0xaa), {.types = HAS(SCTP_COOKIE_ECHO)}},
    {"a chunk of a type that has no bit",
     FRAME(CHUNK(0xc1, 0, 8), 1, 2, 3, 4, CHUNK(6, 0, 4)),
     {.types = HAS(SCTP_ABORT)}},
    {"a chunk shorter than its header ends it",
     FRAME(CHUNK(6, 0, 3), CHUNK(1, 0, 20)),
     {.types = 0}},
    {"a chunk that runs off the bytes is none", FRAME(CHUNK(6, 0, 400), 0, 4), {.types = 0}},
    {"an INIT too short for a tag", FRAME(CHUNK(1, 0, 4)), {.types = HAS(SCTP_INIT)}},
    {"no bytes at all", NULL, 0, {.types = 0}},
    {"an ABORT with half a cause", FRAME(CHUNK(6, 0, 5), 4, 0, 0, 0), {.types = HAS(SCTP_ABORT)}},
};

static void chunks_are_read_as_far_as_they_are_whole(void **state)
{
    struct guard guard = guard_open();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(chunks_cases); i++) {
        const struct chunks_case *row = &chunks_cases[i];
        struct sctp_chunks chunks;

        for (size_t n_bytes = 0; n_bytes <= row->n_bytes; n_bytes++)
            sctp_read_chunks(guard_place(&guard, row->bytes, n_bytes), n_bytes, &chunks);
        if (chunks.types != row->expected.types ||
            chunks.initiate_tag != row->expected.initiate_tag ||
            chunks.cause != row->expected.cause ||
            chunks.is_reflected != row->expected.is_reflected)
            fail_msg("%s: types %x tag %x cause %u reflected %d", row->name, chunks.types,
                     chunks.initiate_tag, chunks.cause, chunks.is_reflected);
    }
    guard_close(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_is_told_and_the_chunks_are_its_payload),
        cmocka_unit_test(a_header_that_is_not_there_is_malformed_or_cut),
        cmocka_unit_test(chunks_are_read_as_far_as_they_are_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
