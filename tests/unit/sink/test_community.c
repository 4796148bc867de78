/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "sink/community.h"

static struct endpoint endpoint(const char *addr, uint16_t port)
{
    struct endpoint end = {.port = port};

    assert_true(ipaddr_parse(addr, &end.addr));
    return end;
}

/* The baseline of the specification, both seeds. */
static const struct {
    uint8_t proto;
    const char *src, *dst;
    uint16_t sport, dport;
    const char *seed_0, *seed_1;
} baseline[] = {
    {6, "1.2.3.4", "5.6.7.8", 1122, 3344,
     "1:wCb3OG7yAFWelaUydu0D+125CLM=", "1:HhA1B+6CoLbiKPEs5nhNYN4XWfk="},
    {6, "128.232.110.120", "66.35.250.204", 34855, 80,
     "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
    {6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw="},
    {17, "192.168.1.52", "8.8.8.8", 54585, 53,
     "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
};

static void ids_are_those_of_the_baseline(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(baseline); i++) {
        struct endpoint src = endpoint(baseline[i].src, baseline[i].sport);
        struct endpoint dst = endpoint(baseline[i].dst, baseline[i].dport);
        char id[COMMUNITY_ID_BYTES];

        community_id(0, baseline[i].proto, &src, &dst, id);
        assert_string_equal(id, baseline[i].seed_0);
        community_id(1, baseline[i].proto, &src, &dst, id);
        assert_string_equal(id, baseline[i].seed_1);
    }
}

static void both_directions_have_the_same_id(void **state)
{
    struct endpoint a = endpoint("10.0.0.1", 2000), b = endpoint("10.0.0.1", 1000);
    char there[COMMUNITY_ID_BYTES], back[COMMUNITY_ID_BYTES];

    (void)state;
    community_id(0, 6, &a, &b, there);
    community_id(0, 6, &b, &a, back);
    assert_string_equal(there, back);
}

static struct connection_event with_syn(void)
{
    struct connection_event event = {.has_syn_mark = true};

    /* Frame 941 of incident.pcap, whose key INTERFACE gives. */
    event.syn.seq = 316126280;
    event.syn.tsval = 3334003226;
    event.syn.mss_bytes = 65495;
    event.syn.bits = MARK_HAS_TIMESTAMPS;
    event.facts.side[SIDE_CLIENT].bits = SIDE_HAS_WSCALE;
    event.facts.side[SIDE_CLIENT].wscale = 10;
    return event;
}

static void syn_key_is_made_of_what_translation_leaves_alone(void **state)
{
    struct connection_event event = with_syn();
    char key[SYN_KEY_BYTES], translated[SYN_KEY_BYTES];

    (void)state;
    assert_true(syn_key(&event, key));
    assert_string_equal(key, "34bd37ad1fdb3609");
    event.client = endpoint("192.0.2.1", 1024);
    event.syn.ttl = 50;
    assert_true(syn_key(&event, translated));
    assert_string_equal(key, translated);
}

static void absent_timestamps_count_as_0(void **state)
{
    struct connection_event event = with_syn();
    char with[SYN_KEY_BYTES], without[SYN_KEY_BYTES];

    (void)state;
    event.syn.tsval = 0;
    assert_true(syn_key(&event, with));
    event.syn.tsval = 77; /* left over: the option was not there */
    event.syn.bits = 0;
    assert_true(syn_key(&event, without));
    assert_string_equal(with, without);
}

static void a_syn_not_seen_whole_has_no_key(void **state)
{
    struct connection_event event = with_syn();
    char key[SYN_KEY_BYTES] = "untouched";

    (void)state;
    event.syn.bits |= MARK_OPTIONS_UNKNOWN;
    assert_false(syn_key(&event, key));
    event.syn.bits = MARK_HAS_TIMESTAMPS;
    event.has_syn_mark = false;
    assert_false(syn_key(&event, key));
    assert_string_equal(key, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_those_of_the_baseline),
        cmocka_unit_test(both_directions_have_the_same_id),
        cmocka_unit_test(syn_key_is_made_of_what_translation_leaves_alone),
        cmocka_unit_test(absent_timestamps_count_as_0),
        cmocka_unit_test(a_syn_not_seen_whole_has_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
