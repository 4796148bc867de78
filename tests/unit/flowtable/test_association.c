/* SPDX-License-Identifier: BSD-2-Clause */
/* SCTP associations: which ABORT ends one that was being set up, and which are not believed. */
#include "flowtable/association.h"

#include <string.h>

#include "base/nanotime.h"
#include "decode/packet.h"
#include "unit.h"

#define START_NS (INT64_C(1700000000) * NS_PER_S)

#define CLIENT_TAG 0x11111111u
#define SERVER_TAG 0x22222222u
#define OTHER_TAG 0x33333333u

enum chunk_words {
    ABORT_REFLECTED = 0x100, /* with the T bit */
    ABORT_OUT_OF_RESOURCE = 0x200
};

/* One packet with one chunk. */
struct step {
    char from;          /* '>' the client, '<' the server; 0 ends the list */
    unsigned chunk;     /* enum sctp_chunk, and enum chunk_words */
    uint32_t tag;       /* verification tag */
    uint32_t initiated; /* INIT, INIT ACK */
    double at_s;
};

struct row {
    const char *name;
    struct step step[8];
    unsigned n_aborted;
};

static size_t write_chunk(const struct step *step, uint8_t bytes[20])
{
    unsigned type = step->chunk & 0xff;
    bool has_cause = step->chunk & ABORT_OUT_OF_RESOURCE;
    size_t n_bytes = type == SCTP_INIT || type == SCTP_INIT_ACK ? 20 : has_cause ? 8 : 4;

    memset(bytes, 0, 20);
    bytes[0] = (uint8_t)type;
    bytes[1] = step->chunk & ABORT_REFLECTED ? 1 : 0;
    bytes[3] = (uint8_t)n_bytes;
    for (unsigned i = 0; i < 4 && n_bytes == 20; i++)
        bytes[4 + i] = (uint8_t)(step->initiated >> (24 - 8 * i));
    if (has_cause) {
        bytes[5] = 4;
        bytes[7] = 4;
    }
    return n_bytes;
}

static struct packet packet_of(const struct step *step, uint64_t ordinal, uint8_t bytes[20])
{
    static const uint8_t client[4] = {10, 0, 0, 1};
    static const uint8_t server[4] = {192, 0, 2, 2};
    bool is_back = step->from == '<';
    uint32_t n_bytes = (uint32_t)write_chunk(step, bytes);

    return (struct packet){
        .ts_ns = START_NS + (int64_t)(step->at_s * (double)NS_PER_S),
        .ordinal = ordinal,
        .kind = PACKET_SCTP,
        .ip_version = 4,
        .proto = FLOW_PROTO_SCTP,
        .src = ipaddr_from_v4(is_back ? server : client),
        .dst = ipaddr_from_v4(is_back ? client : server),
        .sctp = {.sport = is_back ? 3868 : 5000,
                 .dport = is_back ? 5000 : 3868,
                 .tag = step->tag,
                 .payload_wire_bytes = n_bytes,
                 .payload_captured_bytes = n_bytes,
                 .payload = bytes},
    };
}

/* How many associations it ends; the last of them in *last. */
static unsigned play(const struct step *steps, struct association *last)
{
    struct arena arena = {0};
    struct associations associations;
    unsigned n_aborted = 0;

    assert_false(arena_map(&arena, associations_cost_bytes(), NULL, NULL));
    assert_false(associations_create(&associations, &arena, (struct hash_key){0}));
    for (unsigned i = 0; i < 8 && steps[i].from; i++) {
        uint8_t bytes[20];
        struct packet packet = packet_of(&steps[i], i + 1, bytes);
        const struct association *aborted = associations_take(&associations, &packet);

        if (aborted) {
            *last = *aborted;
            n_aborted++;
        }
    }
    arena_unmap(&arena);
    return n_aborted;
}

#define ASK                                                                                        \
    {                                                                                              \
        '>', SCTP_INIT, 0, CLIENT_TAG                                                              \
    }
#define ANSWER                                                                                     \
    {                                                                                              \
        '<', SCTP_INIT_ACK, CLIENT_TAG, SERVER_TAG                                                 \
    }
#define COOKIE                                                                                     \
    {                                                                                              \
        '>', SCTP_COOKIE_ECHO, SERVER_TAG                                                          \
    }

static const struct row rows[] = {
    {"the INIT is answered by an ABORT", {ASK, {'<', SCTP_ABORT, CLIENT_TAG}}, 1},
    {"captured twice", {ASK, {'<', SCTP_ABORT, CLIENT_TAG}, {'<', SCTP_ABORT, CLIENT_TAG}}, 1},
    {"each of two attempts",
     {ASK,
      {'<', SCTP_ABORT, CLIENT_TAG},
      {'>', SCTP_INIT, 0, OTHER_TAG},
      {'<', SCTP_ABORT, OTHER_TAG}},
     2},
    {"a tag that nobody gave out", {ASK, {'<', SCTP_ABORT, OTHER_TAG}}, 0},
    {"the INIT's own tag of 0, reflected", {ASK, {'<', SCTP_ABORT | ABORT_REFLECTED, 0}}, 0},
    {"the client's tag, but said to be reflected",
     {ASK, {'<', SCTP_ABORT | ABORT_REFLECTED, CLIENT_TAG}},
     0},
    {"the COOKIE ECHO is answered by one", {ASK, ANSWER, COOKIE, {'<', SCTP_ABORT, CLIENT_TAG}}, 1},
    {"and with the server's tag, reflected",
     {ASK, ANSWER, COOKIE, {'<', SCTP_ABORT | ABORT_REFLECTED, SERVER_TAG}},
     1},
    {"and with the server's tag, not reflected",
     {ASK, ANSWER, COOKIE, {'<', SCTP_ABORT, SERVER_TAG}},
     0},
    {"an INIT ACK of another association",
     {ASK,
      {'<', SCTP_INIT_ACK, OTHER_TAG, SERVER_TAG},
      {'<', SCTP_ABORT | ABORT_REFLECTED, SERVER_TAG}},
     0},
    {"an open association is aborted",
     {ASK, ANSWER, COOKIE, {'<', SCTP_COOKIE_ACK, CLIENT_TAG}, {'<', SCTP_ABORT, CLIENT_TAG}},
     0},
    {"its COOKIE ACK is not in the capture",
     {ASK, ANSWER, COOKIE, {'<', SCTP_SACK, CLIENT_TAG}, {'<', SCTP_ABORT, CLIENT_TAG}},
     0},
    {"the client gives up by itself", {ASK, ANSWER, {'>', SCTP_ABORT, SERVER_TAG}}, 0},
    {"an ABORT whose INIT was not captured", {{'<', SCTP_ABORT, CLIENT_TAG}}, 0},
    {"an INIT with a verification tag is none",
     {{'>', SCTP_INIT, SERVER_TAG, CLIENT_TAG}, {'<', SCTP_ABORT, CLIENT_TAG}},
     0},
    {"both ends ask, and one aborts",
     {ASK, {'<', SCTP_INIT, 0, SERVER_TAG}, {'<', SCTP_ABORT, CLIENT_TAG}},
     1},
    {"a minute later the other end may ask",
     {ASK, {'<', SCTP_INIT, 0, SERVER_TAG, 60.1}, {'>', SCTP_ABORT, SERVER_TAG, 0, 60.2}},
     1},
    {"sooner, its INIT crosses ours",
     {ASK, {'<', SCTP_INIT, 0, SERVER_TAG, 59.9}, {'>', SCTP_ABORT, SERVER_TAG, 0, 60}},
     0},
};

static void an_abort_must_have_the_tag_of_the_packet_that_it_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct association last;
        unsigned n_aborted = play(rows[i].step, &last);

        if (n_aborted != rows[i].n_aborted)
            fail_msg("%s: %u, not %u", rows[i].name, n_aborted, rows[i].n_aborted);
    }
}

static void it_tells_who_asked_how_often_and_why_not(void **state)
{
    static const struct step steps[] = {
        ASK,
        {'>', SCTP_INIT, 0, CLIENT_TAG, 3},
        {'<', SCTP_ABORT | ABORT_OUT_OF_RESOURCE, CLIENT_TAG, 0, 3.5},
        {0},
    };
    struct association last;

    (void)state;
    assert_int_equal(play(steps, &last), 1);
    assert_int_equal(last.exchange.key.port[last.exchange.client_end], 5000);
    assert_int_equal(last.exchange.first_ns, START_NS);
    assert_int_equal(last.exchange.n_pkts[SIDE_CLIENT], 2);
    assert_int_equal(last.exchange.n_pkts[SIDE_SERVER], 1);
    assert_int_equal(last.init.frame, 2);
    assert_int_equal(last.answer.frame, 3);
    assert_int_equal(last.facts.abort_frame, 3);
    assert_int_equal(last.facts.n_inits, 2);
    assert_int_equal(last.facts.cause, 4);
    assert_false(last.facts.had_init_ack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_abort_must_have_the_tag_of_the_packet_that_it_answers),
        cmocka_unit_test(it_tells_who_asked_how_often_and_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
