/* SPDX-License-Identifier: BSD-2-Clause */
/* SYNs that are kept alone: the store beside flows, against a model; and what fits into it. */
#include <string.h>

#include "base/compiler.h"
#include "flowscript.h"
#include "flowscript_private.h"
#include "flowtable/lone.h"
#include "flowtable/track.h"
#include "random.h"
#include "same_packet.h"
#include "unit.h"

#define N_MAX 64
#define N_KEYS 200

struct model {
    uint32_t found[N_KEYS]; /* what the table said of each key, FLOW_NONE = not there */
    uint32_t order[N_KEYS]; /* lone ones, oldest first */
    uint32_t n_lones;
};

static struct flow_key key_of(uint32_t n)
{
    struct flow_key key = {.proto = FLOW_PROTO_TCP};

    memcpy(key.addr[0].bytes, &n, sizeof(n));
    return key;
}

static struct lone lone_of(const struct flowtable *table, uint32_t n)
{
    struct flow_key key = key_of(n);

    return (struct lone){
        .key = key, .frame = n, .hash = (uint32_t)flow_key_hash(&table->hash_key, &key)};
}

static void open_table(struct flowtable *table, struct arena *arena, uint64_t seed)
{
    struct err err;

    assert_int_equal(arena_map(arena, flowtable_cost_bytes(N_MAX), NULL, &err), 0);
    assert_int_equal(flowtable_create(table, arena, N_MAX, (struct hash_key){.seed = seed}), 0);
}

static void check_model(const struct flowtable *table, const struct model *model)
{
    uint32_t at = table->lones.oldest;

    for (uint32_t n = 0; n < N_KEYS; n++) {
        struct flow_key key = key_of(n);

        assert_int_equal(flowtable_find(table, &key), model->found[n]);
        if (flow_is_lone(model->found[n]))
            assert_int_equal(lone_at(table, model->found[n])->frame, n);
    }
    assert_int_equal(table->lones.n, model->n_lones);
    for (uint32_t i = 0; i < model->n_lones; i++) {
        assert_int_equal(at, model->found[model->order[i]]);
        at = lone_at(table, at)->next;
    }
    assert_int_equal(at, FLOW_NONE);
}

static void model_remove(struct model *model, uint32_t n)
{
    uint32_t n_kept = 0;

    for (uint32_t i = 0; i < model->n_lones; i++) {
        if (model->order[i] != n)
            model->order[n_kept++] = model->order[i];
    }
    model->n_lones = n_kept;
    model->found[n] = FLOW_NONE;
}

static void change_key(struct flowtable *table, struct model *model, uint32_t n, bool is_flow)
{
    if (flow_is_lone(model->found[n])) {
        lones_remove(table, model->found[n]);
        model_remove(model, n);
    } else if (model->found[n] != FLOW_NONE) {
        flowtable_remove(table, model->found[n]);
        model->found[n] = FLOW_NONE;
    } else if (is_flow && table->n_used < N_MAX) {
        struct flow_key key = key_of(n);

        model->found[n] = flowtable_add(table, &key);
        table->pool[model->found[n]].state = FLOW_ESTABLISHED;
        assert_int_equal(table->pool[model->found[n]].facts.bits, 0);
    } else if (!is_flow && lones_have_room(table)) {
        struct lone lone = lone_of(table, n);

        lones_add(table, &lone);
        model->found[n] = table->lones.newest;
        model->order[model->n_lones++] = n;
    }
}

static void lone_syns_and_flows_share_the_pool_as_a_model_says(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct random random = {.state = seed};
        struct flowtable table;
        struct arena arena;
        struct model model = {.n_lones = 0};

        memset(model.found, 0xff, sizeof(model.found));
        open_table(&table, &arena, seed);
        for (unsigned i = 0; i < 4000; i++) {
            change_key(&table, &model, random_below(&random, N_KEYS),
                       random_below(&random, 4) == 0);
            if (i % 16 == 0)
                check_model(&table, &model);
        }
        for (uint32_t n = 0; n < N_KEYS; n++) {
            if (model.found[n] != FLOW_NONE)
                change_key(&table, &model, n, false);
        }
        assert_int_equal(table.n_used, 0);
        assert_int_equal(table.n_embryonic, 0);
        assert_int_equal(table.lones.n_slots, 0);
        arena_unmap(&arena);
    }
}

/* The index of 64 flows has 128 cells. */
static void twice_as_many_fit_as_flows_up_to_five_eighths_of_the_index(void **state)
{
    struct flowtable table;
    struct arena arena;
    uint32_t n = 0;

    (void)state;
    open_table(&table, &arena, 3);
    for (; lones_have_room(&table); n++) {
        struct lone lone = lone_of(&table, n);

        lones_add(&table, &lone);
    }
    assert_int_equal(n, 80);
    assert_int_equal(table.n_used, 40);
    lones_remove(&table, table.lones.oldest);
    assert_true(lones_have_room(&table));
    arena_unmap(&arena);
}

/* ---- packing ---- */

static struct packet plain_syn(void)
{
    struct script_conn conn = flowscript_conn(3);
    const struct flowstep step = {.from = '>', .flags = "S"};
    struct packet packet = flowscript_packet(&conn, &step);

    packet.ordinal = 77;
    return packet;
}

static void with_ack(struct packet *packet)
{
    packet->tcp.flags |= TCP_ACK;
}

static void with_rst(struct packet *packet)
{
    packet->tcp.flags |= TCP_RST;
}

static void with_fin(struct packet *packet)
{
    packet->tcp.flags |= TCP_FIN;
}

static void with_payload(struct packet *packet)
{
    packet->tcp.payload_wire_bytes = 1;
}

static void with_ack_number(struct packet *packet)
{
    packet->tcp.ack = 1;
}

static void with_cut_header(struct packet *packet)
{
    packet->tcp.is_header_cut = true;
}

static void in_fragments(struct packet *packet)
{
    packet->is_fragment = true;
}

static void with_fastopen(struct packet *packet)
{
    packet->tcp.options.has_fastopen = true;
}

static void with_mptcp(struct packet *packet)
{
    packet->tcp.options.has_mptcp = true;
}

static void a_syn_with_more_to_it_is_not_packed(void **state)
{
    static void (*const changes[])(struct packet *) = {
        with_ack,        with_rst,     with_fin,      with_payload, with_ack_number,
        with_cut_header, in_fragments, with_fastopen, with_mptcp};
    struct packet packet = plain_syn();

    (void)state;
    assert_true(lone_can_hold(&packet));
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        packet = plain_syn();
        changes[i](&packet);
        assert_false(lone_can_hold(&packet));
    }
}

static void a_packed_syn_comes_out_as_it_went_in(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct packet packet = plain_syn(), unpacked;
        struct tracker_aim aim = {.hash = 5}, unpacked_aim;
        struct lone lone;

        packet.tcp.flags |= TCP_ECE | TCP_CWR;
        packet.df = i;
        packet.direction = PACKET_EGRESS;
        packet.tcp.options.is_complete = i;
        if (i) {
            struct ipaddr src = packet.src;

            packet.src = packet.dst;
            packet.dst = src;
        }
        aim.from_end = flow_key_from_packet(&packet, &aim.key);
        lone = lone_pack(&packet, &aim);
        lone_unpack(&lone, &unpacked, &unpacked_aim);
        assert_memory_equal(&unpacked_aim.key, &aim.key, sizeof(aim.key));
        assert_int_equal(unpacked_aim.from_end, aim.from_end);
        assert_true(ipaddr_equal(&unpacked.src, &packet.src));
        assert_true(ipaddr_equal(&unpacked.dst, &packet.dst));
        assert_int_equal(unpacked.tcp.sport, packet.tcp.sport);
        assert_int_equal(unpacked.tcp.dport, packet.tcp.dport);
        assert_int_equal(unpacked.ts_ns, packet.ts_ns);
        assert_int_equal(unpacked.ordinal, packet.ordinal);
        assert_int_equal(unpacked.tcp.flags, packet.tcp.flags);
        assert_int_equal(unpacked.tcp.seq, packet.tcp.seq);
        assert_int_equal(unpacked.tcp.window, packet.tcp.window);
        assert_int_equal(unpacked.ttl, packet.ttl);
        assert_int_equal(unpacked.ip_id, packet.ip_id);
        assert_int_equal(unpacked.df, packet.df);
        assert_int_equal(unpacked.direction, packet.direction);
        assert_true(is_same_options(&unpacked.tcp.options, &packet.tcp.options));
    }
}

/* ---- in the tracker ---- */

#define SYN_STEP_MS 10

static void play_syns(struct flowscript *script, unsigned n_syns)
{
    for (unsigned i = 0; i < n_syns; i++) {
        struct script_conn conn = flowscript_conn(i);
        const struct flowstep step = {.t_ms = i * SYN_STEP_MS, .from = '>', .flags = "S"};
        struct packet packet = flowscript_packet(&conn, &step);

        flowscript_feed(script, &packet);
    }
}

static void the_oldest_are_forgotten_first_and_said_to_be(void **state)
{
    static const struct tracker_config config = {.n_flows = 16};
    struct flowscript script;
    unsigned n_evicted = 0;

    (void)state;
    flowscript_open(&script, &config);
    script.tracker.n_calm_syns = 0;
    play_syns(&script, 50);
    /* 32 cells, five eighths of which may be taken. */
    assert_int_equal(script.tracker.table.lones.n, 20);
    assert_int_equal(script.tracker.gauges.n_evicted, 30);
    flowscript_finish(&script);
    for (size_t i = 0; i < flowscript_count_notes(&script, NOTE_ENDED); i++) {
        const struct flow_note *note = flowscript_note(&script, NOTE_ENDED, i);

        assert_int_equal(note->facts.first_frame, i + 1);
        n_evicted += note->facts.bits & FACT_EVICTED ? 1 : 0;
    }
    assert_int_equal(flowscript_count_notes(&script, NOTE_ENDED), 50);
    assert_int_equal(n_evicted, 30);
    flowscript_release(&script);
}

static void few_syns_are_flows_and_of_many_the_later_ones_are_not(void **state)
{
    static const struct tracker_config config = {.n_flows = 64};
    struct flowscript script;

    (void)state;
    flowscript_open(&script, &config);
    assert_int_equal(script.tracker.n_calm_syns, TRACK_CALM_SYNS);
    script.tracker.n_calm_syns = 10;
    play_syns(&script, 10);
    assert_int_equal(script.tracker.table.lones.n, 0);
    play_syns(&script, 15);
    assert_int_equal(script.tracker.table.lones.n, 5);
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lone_syns_and_flows_share_the_pool_as_a_model_says),
        cmocka_unit_test(twice_as_many_fit_as_flows_up_to_five_eighths_of_the_index),
        cmocka_unit_test(a_syn_with_more_to_it_is_not_packed),
        cmocka_unit_test(a_packed_syn_comes_out_as_it_went_in),
        cmocka_unit_test(the_oldest_are_forgotten_first_and_said_to_be),
        cmocka_unit_test(few_syns_are_flows_and_of_many_the_later_ones_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
