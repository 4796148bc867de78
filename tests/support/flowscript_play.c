/* SPDX-License-Identifier: BSD-2-Clause */
/* See flowscript.h: the same script in other ways, which must give the same notes. */
#include <stdlib.h>
#include <string.h>

#include "flowscript_private.h"

/* What numbers of a run stand for, to compare it with another one. */
struct reading {
    const struct script_conn *conn;
    const uint64_t *ordinals; /* of the plain run for each of this run's; NULL = the same */
};

static uint64_t read_ordinal(const struct reading *reading, uint64_t ordinal)
{
    return reading->ordinals ? reading->ordinals[ordinal] : ordinal;
}

static uint32_t read_seq(const struct reading *reading, unsigned side, uint32_t seq)
{
    return seq ? seq - reading->conn->isn[side] : 0;
}

/* `is_swapped`: the tracker's client is the script's server. */
static void read_facts(const struct reading *reading, bool is_swapped, struct flow_facts *facts)
{
    uint64_t last = read_ordinal(reading, facts->first_frame + facts->n_frames_later);

    facts->first_frame = read_ordinal(reading, facts->first_frame);
    facts->n_frames_later = (uint32_t)(last - facts->first_frame);
    facts->bits &= ~(uint32_t)FACT_DUPLICATES;
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        struct side_facts *side = &facts->side[s];

        side->isn = read_seq(reading, s ^ is_swapped, side->isn);
        side->nxt = read_seq(reading, s ^ is_swapped, side->nxt);
        side->run_seq = read_seq(reading, s ^ is_swapped, side->run_seq);
        side->acked = read_seq(reading, 1 ^ s ^ is_swapped, side->acked);
    }
}

static void read_mark(const struct reading *reading, struct packet_mark *mark)
{
    mark->frame = read_ordinal(reading, mark->frame);
    mark->seq = mark->ack = 0; /* may be absolute: nothing to compare */
}

static void read_size(const struct reading *reading, unsigned side, struct size_facts *size)
{
    size->full_frame = read_ordinal(reading, size->full_frame);
    read_mark(reading, &size->behind_gap);
    size->full_seq = read_seq(reading, side, size->full_seq);
    size->sacked_end = read_seq(reading, side, size->sacked_end);
}

/* Its numbers are of other ISNs; a copy of its last packet ends it a little later. */
static void read_previous(struct previous_facts *previous)
{
    struct previous_facts read;

    memset(&read, 0, sizeof(read));
    read.is_known = previous->is_known;
    read.is_closed_by_server = previous->is_closed_by_server;
    read.had_rst = previous->had_rst;
    read.ttl_syn = previous->ttl_syn;
    memcpy(previous, &read, sizeof(read));
}

/* What is valid of it; frames as the script numbers them, and no numbers of other ISNs. */
static void read_tape(const struct reading *reading, const struct flow_note *note,
                      struct flow_tape *tape)
{
    memset(tape, 0, sizeof(*tape));
    tape->n_pkts = note->tape.n_pkts;
    for (uint32_t i = 0; i < tape_count(tape); i++) {
        tape->row[i] = note->tape.row[i];
        tape->row[i].seq = tape->row[i].ack = 0;
        tape->row[i].frame_off =
            (uint32_t)read_ordinal(reading, note->facts.first_frame + tape->row[i].frame_off);
    }
}

static struct flow_note read_note(const struct reading *reading, const struct flow_note *note)
{
    struct flow_note read = *note;

    bool is_swapped = !ipaddr_equal(&note->key.addr[note->client_end], &reading->conn->addr[0]);

    read.ordinal = read_ordinal(reading, note->ordinal);
    read.now_ns = 0; /* a copy comes a little later */
    if (note->kind >= NOTE_TICK) {
        memset(&read.gauges, 0, sizeof(read.gauges));
        return read;
    }
    memset(&read.key, 0, sizeof(read.key));
    read.client_end = 0;
    read_facts(reading, is_swapped, &read.facts);
    for (unsigned i = 0; note->has_trail && i < TRAIL_SLOT_COUNT; i++)
        read_mark(reading, &read.trail.slot[i]);
    for (unsigned i = 0; note->has_trail && i < TRAIL_RST_MAX; i++) {
        read_mark(reading, &read.trail.rst[i].mark);
        read_mark(reading, &read.trail.rst[i].trigger);
    }
    for (unsigned i = 0; note->has_trail && i < SIDE_COUNT; i++) {
        read.trail.acked_run[i].seq = 0; /* of other ISNs */
        read_mark(reading, &read.trail.stall[i].first);
        read_size(reading, i ^ is_swapped, &read.trail.size[i]);
    }
    if (note->has_trail)
        read_tape(reading, note, &read.tape);
    read_previous(&read.trail.previous);
    read.trail.icmp.frame = read_ordinal(reading, read.trail.icmp.frame);
    return read;
}

static void compare_runs(const struct flowscript *plain, const struct reading *plain_reading,
                         const struct flowscript *other, const struct reading *reading)
{
    assert_int_equal(plain->n_notes, other->n_notes);
    for (size_t i = 0; i < plain->n_notes; i++) {
        struct flow_note a = read_note(plain_reading, &plain->notes[i]);
        struct flow_note b = read_note(reading, &other->notes[i]);

        assert_memory_equal(&a.facts, &b.facts, sizeof(a.facts));
        assert_memory_equal(&a.trail, &b.trail, sizeof(a.trail));
        assert_memory_equal(&a, &b, sizeof(a));
    }
}

/* Other ISNs, near the wrap and over the sign, and addresses in the other order. None lets a number
 * of a script be 0, which the tracker takes for none. */
static void play_with_other_isns(const struct flowscript *plain, const struct reading *reading,
                                 const struct flowstep *steps, size_t n_steps)
{
    static const uint32_t isns[][SIDE_COUNT] = {
        {1, 0x7fffffff}, {0x7ffffff0, 0x80000001}, {0xffffff45, 0xffffffb3}, {0x80000000, 5}};

    for (size_t i = 0; i < ARRAY_LEN(isns); i++) {
        struct script_conn conn = flowscript_conn(0);
        struct flowscript script;

        memcpy(conn.isn, isns[i], sizeof(conn.isn));
        if (i % 2) {
            conn.addr[SIDE_CLIENT] = reading->conn->addr[SIDE_SERVER];
            conn.addr[SIDE_SERVER] = reading->conn->addr[SIDE_CLIENT];
        }
        flowscript_open(&script, NULL);
        flowscript_steps(&script, &conn, steps, n_steps);
        flowscript_finish(&script);
        compare_runs(plain, reading, &script, &(struct reading){.conn = &conn});
        flowscript_release(&script);
    }
}

/* Whether the copy of this packet is seen only behind the next: another interface was slower. */
static bool is_overtaken(const struct flowstep *steps, size_t n_steps, size_t i)
{
    return i + 1 < n_steps && !steps[i].icmp_type && !steps[i + 1].icmp_type &&
           steps[i].from != steps[i + 1].from && steps[i + 1].t_ms - steps[i].t_ms >= 0 &&
           steps[i + 1].t_ms - steps[i].t_ms < 1.5;
}

static void feed_copy(struct flowscript *script, const struct packet *packet, int64_t later_ns)
{
    struct packet copy = *packet;

    copy.ts_ns += later_ns;
    copy.ttl--; /* seen again behind a router */
    flowscript_feed(script, &copy);
}

/* Each packet twice; copies that are `late` may lie behind the other side's next packet. */
static void play_doubled(const struct flowscript *plain, const struct reading *reading,
                         const struct flowstep *steps, size_t n_steps, bool is_late)
{
    uint64_t *ordinals = calloc(2 * n_steps + 1, sizeof(*ordinals));
    struct script_conn conn = flowscript_conn(0);
    struct flowscript script;
    struct packet held;
    bool has_held = false;

    assert_non_null(ordinals);
    flowscript_open(&script, NULL);
    for (size_t i = 0; i < n_steps; i++) {
        struct packet packet = flowscript_packet(&conn, &steps[i]);

        flowscript_feed(&script, &packet);
        ordinals[script.ordinal] = i + 1;
        if (has_held)
            feed_copy(&script, &held, packet.ts_ns - held.ts_ns);
        ordinals[script.ordinal] = i + 1;
        has_held = is_late && is_overtaken(steps, n_steps, i);
        held = packet;
        if (!has_held)
            feed_copy(&script, &packet, 3 * NS_PER_US);
        ordinals[script.ordinal] = i + 1;
    }
    flowscript_finish(&script);
    compare_runs(plain, reading, &script, &(struct reading){.conn = &conn, .ordinals = ordinals});
    flowscript_release(&script);
    free(ordinals);
}

/* ---- the short way and the long one (track_predicted.c) ---- */

/* Its trail goes to another flow, unless it is in trouble. */
static void take_trail(struct flowscript *script, const struct packet *packet)
{
    struct tracker *tracker = &script->tracker;
    uint32_t flow_idx = flowscript_find(tracker, packet);
    struct flow *flow;

    if (flow_idx == FLOW_NONE)
        return;
    flow = &tracker->table.pool[flow_idx];
    if (flow->trail_idx == FLOW_NONE ||
        trail_cell_at(&tracker->trails, flow->trail_idx)->entry.is_kept)
        return;
    trail_free(&tracker->trails, flow);
    flow->facts.bits |= FACT_TRAIL_LOST;
}

/* Nothing but the short way looks at the urgent flag, which keeps a packet off it. */
static void play_way(struct flowscript *script, const struct flowstep *steps, size_t n_steps,
                     bool has_trails, bool is_urgent)
{
    struct script_conn conn = flowscript_conn(0);

    flowscript_open(script, NULL);
    for (size_t i = 0; i < n_steps; i++) {
        struct packet packet = flowscript_packet(&conn, &steps[i]);

        if (packet.kind == PACKET_TCP && is_urgent)
            packet.tcp.flags |= TCP_URG;
        flowscript_feed(script, &packet);
        if (!has_trails)
            take_trail(script, &packet);
    }
    flowscript_finish(script);
}

static void unmark(struct packet_mark *mark)
{
    mark->flags &= (uint16_t)~TCP_URG;
}

/* The note without the urgent flags. */
static struct flow_note read_way(const struct flow_note *note)
{
    struct flow_note read = *note;

    for (unsigned i = 0; i < TRAIL_SLOT_COUNT; i++)
        unmark(&read.trail.slot[i]);
    for (unsigned i = 0; i < TRAIL_RST_MAX; i++) {
        unmark(&read.trail.rst[i].mark);
        unmark(&read.trail.rst[i].trigger);
    }
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        unmark(&read.trail.stall[s].first);
        unmark(&read.trail.size[s].behind_gap);
    }
    memset(&read.tape, 0, sizeof(read.tape));
    read.tape.n_pkts = note->tape.n_pkts;
    for (uint32_t i = 0; i < tape_count(&note->tape); i++) {
        read.tape.row[i] = note->tape.row[i];
        read.tape.row[i].flags &= (uint16_t)~TCP_URG;
    }
    return read;
}

static void compare_ways(const struct flowstep *steps, size_t n_steps, bool has_trails)
{
    struct flowscript predicted, full;

    play_way(&predicted, steps, n_steps, has_trails, false);
    play_way(&full, steps, n_steps, has_trails, true);
    assert_int_equal(predicted.n_notes, full.n_notes);
    for (size_t i = 0; i < full.n_notes; i++) {
        struct flow_note a = read_way(&predicted.notes[i]);
        struct flow_note b = read_way(&full.notes[i]);

        assert_int_equal(a.kind, b.kind);
        if (a.kind >= NOTE_TICK)
            continue;
        assert_memory_equal(&a.facts, &b.facts, sizeof(a.facts));
        assert_int_equal(a.has_trail, b.has_trail);
        if (!a.has_trail)
            continue;
        assert_memory_equal(&a.trail, &b.trail, sizeof(a.trail));
        assert_memory_equal(&a.tape, &b.tape, sizeof(a.tape));
    }
    flowscript_release(&predicted);
    flowscript_release(&full);
}

/* Each SYN is kept alone until more comes (track_lone.c). */
static void play_alone(const struct flowscript *plain, const struct reading *reading,
                       const struct flowstep *steps, size_t n_steps)
{
    struct script_conn conn = flowscript_conn(0);
    struct flowscript script;

    flowscript_open(&script, NULL);
    script.tracker.n_calm_syns = 0;
    flowscript_steps(&script, &conn, steps, n_steps);
    flowscript_finish(&script);
    compare_runs(plain, reading, &script, &(struct reading){.conn = &conn});
    flowscript_release(&script);
}

void flowscript_play(struct flowscript *script, const struct flowstep *steps, size_t n_steps)
{
    struct script_conn conn = flowscript_conn(0);
    struct script_conn again = flowscript_conn(0);
    const struct reading reading = {.conn = &conn};
    struct flowscript plain;

    flowscript_open(&plain, NULL);
    flowscript_steps(&plain, &conn, steps, n_steps);
    flowscript_finish(&plain);
    play_with_other_isns(&plain, &reading, steps, n_steps);
    play_doubled(&plain, &reading, steps, n_steps, false);
    play_doubled(&plain, &reading, steps, n_steps, true);
    play_alone(&plain, &reading, steps, n_steps);
    flowscript_release(&plain);
    compare_ways(steps, n_steps, true);
    compare_ways(steps, n_steps, false);
    flowscript_open(script, NULL);
    flowscript_steps(script, &again, steps, n_steps);
}
