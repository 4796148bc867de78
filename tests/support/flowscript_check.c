/* SPDX-License-Identifier: BSD-2-Clause */
/* See flowscript.h: what must hold before and after any packet. */
#include "base/seqnum.h"
#include "flowscript_private.h"
#include "flowtable/history.h"
#include "flowtable/lone.h"

/* Each piece is free or held by one stream that is being read. */
static void check_pieces(const struct trails *trails)
{
    uint32_t n_pieces = 0;

    for (uint32_t i = trails->pool.free_head; i != STREAM_PIECE_NONE;
         i = trails->pool.pieces[i].next)
        n_pieces++;
    for (uint32_t i = 0; i < trails_count(trails); i++) {
        const struct stream *stream = &trail_cell_at(trails, i)->stream;

        assert_true(trail_cell_at(trails, i)->entry.flow_idx != FLOW_NONE ||
                    !trail_cell_at(trails, i)->entry.has_stream);
        if (!trail_cell_at(trails, i)->entry.has_stream)
            continue;
        for (unsigned s = 0; s < SIDE_COUNT; s++) {
            assert_true(stream->is_reading || stream->side[s].n_held == 0);
            n_pieces += stream->side[s].n_held;
        }
    }
    assert_int_equal(n_pieces, trails->pool.n_pieces);
}

/* In the order in which they came, each found by its key and in its place. */
static void check_lones(const struct flowtable *table)
{
    uint32_t n = 0, prev = FLOW_NONE, half_free = 0;

    for (uint32_t i = table->lones.oldest; i != FLOW_NONE; i = lone_at(table, i)->next) {
        const struct lone *lone = lone_at(table, i);
        uint32_t place = i & ~FLOW_LONE_BIT;

        assert_int_equal(flowtable_find(table, &lone->key), i);
        assert_int_equal(lone->prev, prev);
        assert_true(prev == FLOW_NONE || lone_at(table, prev)->frame < lone->frame);
        assert_int_equal(table->pool[place / 2].state, FLOW_LONES);
        assert_true(table->pool[place / 2].lones_used >> place % 2 & 1);
        prev = i;
        n++;
    }
    assert_int_equal(table->lones.newest, prev);
    for (uint32_t i = table->lones.half_free; i != FLOW_NONE; i = table->pool[i].next)
        half_free++;
    assert_int_equal(n, table->lones.n);
    assert_int_equal(n + half_free, 2 * table->lones.n_slots);
}

void flowscript_check(const struct tracker *tracker)
{
    uint32_t n_in_lists = 0, n_in_use = 0, n_trails = 0;

    for (uint32_t cell = 0; cell < WHEEL_SLOTS; cell++) {
        uint32_t prev = FLOW_NONE;

        for (uint32_t i = tracker->wheel.head[cell]; i != FLOW_NONE;
             i = tracker->table.pool[i].next) {
            assert_int_equal(tracker->table.pool[i].wheel_slot, cell);
            assert_int_equal(tracker->table.pool[i].prev, prev);
            assert_int_not_equal(tracker->table.pool[i].state, FLOW_FREE);
            prev = i;
            n_in_lists++;
        }
    }
    for (uint32_t i = 0; i < tracker->table.n_fresh; i++) {
        const struct flow *flow = &tracker->table.pool[i];

        if (flow->state == FLOW_FREE || flow->state == FLOW_LONES)
            continue;
        n_in_use++;
        assert_int_equal(flowtable_find(&tracker->table, &flow->key), i);
        assert_int_not_equal(flow->wheel_slot, WHEEL_SLOT_NONE);
        if (flow->trail_idx != FLOW_NONE)
            assert_int_equal(trail_cell_at(&tracker->trails, flow->trail_idx)->entry.flow_idx, i);
        n_trails += flow->trail_idx != FLOW_NONE;
    }
    for (uint32_t i = 0; i < trails_count(&tracker->trails); i++)
        n_trails -= trail_cell_at(&tracker->trails, i)->entry.flow_idx != FLOW_NONE;
    assert_int_equal(n_trails, 0);
    check_pieces(&tracker->trails);
    assert_int_equal(n_in_use, n_in_lists);
    assert_int_equal(n_in_use, tracker->wheel.n_armed);
    assert_int_equal(n_in_use, tracker->table.n_used - tracker->table.lones.n_slots);
    check_lones(&tracker->table);
}

/* `is_settled`: no handshake is going on that may yet tell another ISN. */
static void check_side_growth(const struct side_facts *before, const struct side_facts *after,
                              bool is_settled)
{
    const uint16_t momentary = SIDE_WINDOW_ZERO_NOW;

    assert_int_equal(before->bits & ~after->bits & ~momentary, 0);
    if (before->bits & SIDE_ISN_KNOWN && is_settled)
        assert_int_equal(before->isn, after->isn);
    if (before->bits & SIDE_HAS_WSCALE)
        assert_int_equal(before->wscale, after->wscale);
    if (before->nxt && is_settled)
        assert_false(seq_before(after->nxt, before->nxt));
    if (before->acked)
        assert_false(seq_before(after->acked, before->acked));
    assert_true(after->n_pkts >= before->n_pkts);
    assert_true(after->n_syn >= before->n_syn);
    assert_true(after->n_syn_late >= before->n_syn_late);
    assert_true(after->n_rst >= before->n_rst);
    assert_true(after->n_data >= before->n_data);
    assert_true(after->n_retransmit >= before->n_retransmit);
    assert_true(!before->ttl_syn || after->ttl_syn == before->ttl_syn);
    assert_true(!before->ttl_min || (after->ttl_min && after->ttl_min <= before->ttl_min));
    assert_true(after->ttl_max >= before->ttl_max);
}

static void check_facts_growth(const struct flow_facts *before, const struct flow_facts *after)
{
    uint32_t may_go = FACT_REQUEST_OPEN;
    bool is_settled =
        before->bits & FACT_ESTABLISHED || before->bits & after->bits & FACT_MIDSTREAM;

    /* A SYN that was captured behind its SYN-ACK corrects what was thought before. */
    if (!(before->bits & FACT_SYN_SEEN) && after->bits & FACT_SYN_SEEN)
        may_go |= FACT_MIDSTREAM | FACT_ROLES_GUESSED;
    assert_int_equal(before->bits & ~after->bits & ~may_go, 0);
    assert_int_equal(before->first_ns, after->first_ns);
    assert_int_equal(before->source, after->source);
    if (before->synack_ns != NS_NEVER)
        assert_int_equal(before->synack_ns, after->synack_ns);
    if (before->bits & FACT_ESTABLISHED)
        assert_int_equal(before->ack_after_us, after->ack_after_us);
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        assert_true(after->last_ns[s] >= before->last_ns[s]);
        assert_true(after->payload_bytes[s] >= before->payload_bytes[s]);
        check_side_growth(&before->side[s], &after->side[s], is_settled);
    }
    assert_true(after->n_frames_later >= before->n_frames_later);
    assert_true(after->n_icmp >= before->n_icmp);
    for (unsigned i = 0; i < history_count(before->history); i++)
        assert_int_equal(history_get(before->history, i), history_get(after->history, i));
}

static void check_trail_growth(const struct flow_trail *before, const struct flow_trail *after)
{
    static const bool is_rewritten[TRAIL_SLOT_COUNT] = {
        [TRAIL_SYN_LAST] = true,    [TRAIL_SYNACK_LAST] = true, [TRAIL_CLIENT_LAST] = true,
        [TRAIL_SERVER_LAST] = true, [TRAIL_RUN_FIRST] = true,   [TRAIL_RUN_LAST] = true,
        [TRAIL_AFTER_RST] = true, /* a better one may come */
        [TRAIL_REQUEST] = true,
    };

    for (unsigned i = 0; i < TRAIL_SLOT_COUNT; i++) {
        if (before->slot[i].frame && !is_rewritten[i])
            assert_memory_equal(&before->slot[i], &after->slot[i], sizeof(after->slot[i]));
        if (i != TRAIL_RUN_FIRST) /* which may be the first sending of an older packet */
            assert_true(after->slot[i].frame >= before->slot[i].frame);
    }
    assert_true(after->n_rst >= before->n_rst);
    for (unsigned i = 0; i < before->n_rst; i++)
        assert_memory_equal(&before->rst[i], &after->rst[i], sizeof(after->rst[i]));
    if (before->icmp.frame)
        assert_memory_equal(&before->icmp, &after->icmp, sizeof(after->icmp));
}

uint32_t flowscript_find(const struct tracker *tracker, const struct packet *packet)
{
    struct flow_key key;

    if (packet->kind == PACKET_TCP)
        (void)flow_key_from_packet(packet, &key);
    else
        (void)flow_key_from_quote(packet, &key);
    return flowtable_find(&tracker->table, &key);
}

void flowscript_feed_checked(struct tracker *tracker, const struct packet *packet)
{
    uint32_t flow_idx = flowscript_find(tracker, packet);
    struct flow_trail trail;
    struct flow flow;
    const struct flow *after;

    if (flow_is_lone(flow_idx)) /* its facts are not anywhere */
        flow_idx = FLOW_NONE;
    if (flow_idx != FLOW_NONE)
        flow = tracker->table.pool[flow_idx];
    if (flow_idx != FLOW_NONE && flow.trail_idx != FLOW_NONE)
        trail = trail_cell_at(&tracker->trails, flow.trail_idx)->entry.trail;
    tracker_packet(tracker, packet);
    flowscript_check(tracker);
    if (flow_idx == FLOW_NONE || flowscript_find(tracker, packet) != flow_idx)
        return;
    after = &tracker->table.pool[flow_idx];
    if (after->facts.first_frame != flow.facts.first_frame)
        return; /* another attempt */
    check_facts_growth(&flow.facts, &after->facts);
    if (flow.trail_idx != FLOW_NONE && flow.trail_idx == after->trail_idx)
        check_trail_growth(&trail, &trail_cell_at(&tracker->trails, flow.trail_idx)->entry.trail);
}
