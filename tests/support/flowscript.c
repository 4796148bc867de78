/* SPDX-License-Identifier: BSD-2-Clause */
/* See flowscript.h. */
#include "flowscript.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/seqnum.h"
#include "flowtable/history.h"

#define TICK_NS (100 * NS_PER_MS)
#define CANARY 0xa5

/* ---- packets ---- */

static struct ipaddr address(const char *text)
{
    struct ipaddr addr;

    assert_true(ipaddr_parse(text, &addr));
    return addr;
}

struct script_conn flowscript_conn(uint32_t n)
{
    return (struct script_conn){
        .addr = {address("10.0.0.1"), address("192.0.2.2")},
        .port = {(uint16_t)(40000 + n), 443},
        .isn = {1000000 + n * 65537, 3000000000 + n * 257},
        .next_id = {100, 7000},
        .ttl = {64, 61},
        .wscale = {7, 7},
        .has_timestamps = true,
    };
}

static uint16_t flags_of(const char *letters)
{
    static const struct {
        char letter;
        uint16_t flag;
    } names[] = {{'S', TCP_SYN}, {'F', TCP_FIN}, {'R', TCP_RST},
                 {'P', TCP_PSH}, {'U', TCP_URG}, {'.', TCP_ACK}};
    uint16_t flags = 0;

    for (; *letters; letters++) {
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            flags |= names[i].letter == *letters ? names[i].flag : 0;
    }
    return flags;
}

static enum flow_side side_of(const struct flowstep *step)
{
    assert_true(step->from == '>' || step->from == '<');
    return step->from == '>' ? SIDE_CLIENT : SIDE_SERVER;
}

static struct tcp_options options_of(const struct script_conn *conn, const struct flowstep *step,
                                     uint16_t flags)
{
    bool is_bare = step->how & (STEP_BARE | STEP_NO_SOCKET);
    bool has_ts = conn->has_timestamps && !is_bare && !(flags == TCP_RST);
    struct tcp_options options = {.is_complete = true};

    if (has_ts || step->how & STEP_TS) {
        options.has_timestamps = true;
        options.tsval = 5000 + (uint32_t)step->t_ms;
    }
    if (flags & TCP_SYN && !is_bare) {
        options.has_mss = options.has_wscale = options.has_sack_permitted = true;
        options.mss_bytes = 1460;
        options.wscale = conn->wscale[side_of(step)];
    }
    if (step->how & STEP_HEADER_CUT)
        options = (struct tcp_options){0};
    return options;
}

static void fill_tcp(const struct script_conn *conn, const struct flowstep *step,
                     struct packet_tcp *tcp)
{
    static const uint8_t wrong_checksum[20];
    uint16_t flags = flags_of(step->flags);
    enum flow_side from = side_of(step);
    bool is_stateless = step->how & STEP_NO_SOCKET || flags == TCP_RST;

    *tcp = (struct packet_tcp){
        .sport = conn->port[from],
        .dport = conn->port[side_other(from)],
        .seq = step->how & STEP_ZERO_SEQ ? 0 : step->seq + conn->isn[from],
        .ack = flags & TCP_ACK ? step->ack + conn->isn[side_other(from)] : 0,
        .flags = flags,
        .window = step->win         ? step->win
                  : flags & TCP_SYN ? 64240
                                    : 501,
        .payload_wire_bytes = step->len,
        .options = options_of(conn, step, flags),
        .is_header_cut = step->how & STEP_HEADER_CUT,
    };
    if (step->how & (STEP_ZERO_WINDOW | STEP_HEADER_CUT) || (is_stateless && !step->win))
        tcp->window = 0;
    tcp->header_bytes = tcp->options.has_mss ? 40 : tcp->options.has_timestamps ? 32 : 20;
    if (tcp->is_header_cut)
        tcp->header_bytes = 0;
    if (step->how & STEP_BAD_CHECKSUM) {
        tcp->header = wrong_checksum; /* no header of a TCP packet sums up to that */
        tcp->header_bytes = tcp->header_captured_bytes = sizeof(wrong_checksum);
    }
}

static void fill_icmp(const struct script_conn *conn, const struct flowstep *step,
                      struct packet *packet)
{
    enum flow_side from = side_of(step);
    bool is_v4 = ipaddr_is_v4(&conn->addr[0]);

    packet->kind = PACKET_ICMP_ERROR;
    packet->proto = is_v4 ? 1 : 58;
    packet->src = address("203.0.113.9");
    packet->dst = conn->addr[from];
    packet->ttl = step->ttl ? step->ttl : 63;
    packet->ip_wire_bytes = 88;
    packet->icmp = (struct packet_icmp){
        .type = step->icmp_type,
        .code = step->icmp_code,
        .quote = {.is_valid = true,
                  .has_ports = true,
                  .has_seq = !(step->how & STEP_NO_SEQ),
                  .proto = 6,
                  .ttl = 62,
                  .sport = conn->port[from],
                  .dport = conn->port[side_other(from)],
                  .seq = step->seq + conn->isn[from],
                  .src = conn->addr[from],
                  .dst = conn->addr[side_other(from)]},
    };
}

/* Linux: a SYN-ACK and what a host without the connection sends have IP-ID 0, the rest counts. */
static uint16_t next_id(struct script_conn *conn, const struct flowstep *step)
{
    uint16_t flags = flags_of(step->flags ? step->flags : "");
    bool is_zero = step->how & (STEP_ZERO_ID | STEP_NO_SOCKET) || flags == TCP_RST ||
                   (flags & TCP_SYN && flags & TCP_ACK);

    if (step->id)
        return step->id;
    if (is_zero || !ipaddr_is_v4(&conn->addr[0]))
        return 0;
    return step->icmp_type ? (uint16_t)(30000 + (uint32_t)(step->t_ms * 7))
                           : conn->next_id[side_of(step)]++;
}

struct packet flowscript_packet(struct script_conn *conn, const struct flowstep *step)
{
    enum flow_side from = side_of(step);
    struct packet packet = {
        .ts_ns = FLOWSCRIPT_START_NS + llround(step->t_ms * (double)NS_PER_MS),
        .kind = PACKET_TCP,
        .ip_version = ipaddr_is_v4(&conn->addr[0]) ? 4 : 6,
        .proto = 6,
        .ttl = step->ttl ? step->ttl : conn->ttl[from],
        .df = true,
        .ip_id = next_id(conn, step),
        .is_fragment = step->how & STEP_FRAGMENT,
        .src = conn->addr[from],
        .dst = conn->addr[side_other(from)],
    };

    if (step->icmp_type)
        fill_icmp(conn, step, &packet);
    else
        fill_tcp(conn, step, &packet.tcp);
    return packet;
}

/* ---- notes ---- */

static struct flow_note *reserve(void *ctx, size_t n_bytes)
{
    struct flowscript *script = ctx;

    assert_true(n_bytes <= sizeof(script->draft));
    memset(&script->draft, CANARY, sizeof(script->draft));
    return &script->draft;
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Order of notes as note.h has it. Facts are there only where a flow is. */
static void check_order(const struct flow_note *before, const struct flow_note *after)
{
    assert_true(compare_u64(before->ordinal, after->ordinal) <= 0);
    if (before->ordinal != after->ordinal)
        return;
    assert_true(before->slot_ns <= after->slot_ns);
    if (before->slot_ns == after->slot_ns && after->kind < NOTE_TICK)
        assert_true(before->facts.first_frame <= after->facts.first_frame);
}

static void commit(void *ctx, size_t n_bytes)
{
    struct flowscript *script = ctx;
    const uint8_t *bytes = (const uint8_t *)&script->draft;
    struct flow_note *note;

    for (size_t i = n_bytes; i < sizeof(script->draft); i++)
        assert_int_equal(bytes[i], CANARY);
    if (script->n_notes == script->n_room) {
        script->n_room = script->n_room ? script->n_room * 2 : 64;
        script->notes = realloc(script->notes, script->n_room * sizeof(*script->notes));
        assert_non_null(script->notes);
    }
    note = &script->notes[script->n_notes++];
    memset(note, 0, sizeof(*note));
    memcpy(note, &script->draft, n_bytes);
    assert_true(note->kind < NOTE_KIND_COUNT);
    assert_int_equal(note->has_trail, n_bytes == sizeof(*note));
    if (script->n_notes > 1)
        check_order(note - 1, note);
}

size_t flowscript_count_notes(const struct flowscript *script, enum flow_note_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < script->n_notes; i++)
        n += script->notes[i].kind == kind;
    return n;
}

const struct flow_note *flowscript_note(const struct flowscript *script, enum flow_note_kind kind,
                                        size_t n)
{
    for (size_t i = 0; i < script->n_notes; i++) {
        if (script->notes[i].kind == kind && n-- == 0)
            return &script->notes[i];
    }
    fail_msg("%s", "no such note");
    return NULL;
}

/* ---- properties ---- */

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

        if (flow->state == FLOW_FREE)
            continue;
        n_in_use++;
        assert_int_equal(flowtable_find(&tracker->table, &flow->key), i);
        assert_int_not_equal(flow->wheel_slot, WHEEL_SLOT_NONE);
        if (flow->trail_idx != FLOW_NONE)
            assert_int_equal(tracker->trails.entry[flow->trail_idx].flow_idx, i);
        n_trails += flow->trail_idx != FLOW_NONE;
    }
    for (uint32_t i = 0; i < tracker->trails.n_max; i++)
        n_trails -= tracker->trails.entry[i].flow_idx != FLOW_NONE;
    assert_int_equal(n_trails, 0);
    assert_int_equal(n_in_use, n_in_lists);
    assert_int_equal(n_in_use, tracker->wheel.n_armed);
    assert_int_equal(n_in_use, tracker->table.n_used);
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
    };

    for (unsigned i = 0; i < TRAIL_SLOT_COUNT; i++) {
        if (before->slot[i].frame && !is_rewritten[i])
            assert_memory_equal(&before->slot[i], &after->slot[i], sizeof(after->slot[i]));
        assert_true(after->slot[i].frame >= before->slot[i].frame);
    }
    assert_true(after->n_rst >= before->n_rst);
    for (unsigned i = 0; i < before->n_rst; i++)
        assert_memory_equal(&before->rst[i], &after->rst[i], sizeof(after->rst[i]));
    if (before->icmp.frame)
        assert_memory_equal(&before->icmp, &after->icmp, sizeof(after->icmp));
}

static uint32_t find_flow(const struct tracker *tracker, const struct packet *packet)
{
    struct flow_key key;

    if (packet->kind == PACKET_TCP)
        (void)flow_key_from_packet(packet, &key);
    else
        (void)flow_key_from_quote(packet, &key);
    return flowtable_find(&tracker->table, &key);
}

static void feed_checked(struct tracker *tracker, const struct packet *packet)
{
    uint32_t flow_idx = find_flow(tracker, packet);
    struct flow_trail trail;
    struct flow flow;
    const struct flow *after;

    if (flow_idx != FLOW_NONE)
        flow = tracker->table.pool[flow_idx];
    if (flow_idx != FLOW_NONE && flow.trail_idx != FLOW_NONE)
        trail = tracker->trails.entry[flow.trail_idx].trail;
    tracker_packet(tracker, packet);
    flowscript_check(tracker);
    if (flow_idx == FLOW_NONE || find_flow(tracker, packet) != flow_idx)
        return;
    after = &tracker->table.pool[flow_idx];
    if (after->facts.first_frame != flow.facts.first_frame)
        return; /* another attempt */
    check_facts_growth(&flow.facts, &after->facts);
    if (flow.trail_idx != FLOW_NONE && flow.trail_idx == after->trail_idx)
        check_trail_growth(&trail, &tracker->trails.entry[flow.trail_idx].trail);
}

/* ---- playing ---- */

void flowscript_open(struct flowscript *script, const struct tracker_config *config)
{
    struct tracker_config full = config ? *config : (struct tracker_config){0};
    struct err err;

    *script = (struct flowscript){.tick_ns = NS_NEVER};
    full.n_flows = full.n_flows ? full.n_flows : 64;
    full.n_trails = full.n_trails ? full.n_trails : 64;
    full.n_tombs = full.n_tombs ? full.n_tombs : 64;
    full.hash_key.seed = full.hash_key.seed ? full.hash_key.seed : 42;
    full.outlet = (struct note_outlet){.ctx = script, .reserve = reserve, .commit = commit};
    assert_int_equal(arena_map(&script->arena, tracker_cost_bytes(&full), NULL, &err), 0);
    assert_int_equal(tracker_create(&script->tracker, &script->arena, &full), 0);
}

static void finish(struct flowscript *script)
{
    const struct flow_note *last;

    tracker_finish(&script->tracker, script->ordinal, script->now_ns);
    flowscript_check(&script->tracker);
    assert_int_equal(script->tracker.table.n_used, 0);
    last = &script->notes[script->n_notes - 1];
    assert_int_equal(last->kind, NOTE_END);
    assert_int_equal(last->gauges.n_flows_open, 0);
    /* Each attempt and each stray is told once, and only once. */
    assert_true(flowscript_count_notes(script, NOTE_ATTEMPT) <=
                flowscript_count_notes(script, NOTE_ENDED));
    assert_true(flowscript_count_notes(script, NOTE_ESTABLISHED) <=
                flowscript_count_notes(script, NOTE_ENDED));
}

static void release(struct flowscript *script)
{
    arena_unmap(&script->arena);
    free(script->notes);
}

void flowscript_close(struct flowscript *script)
{
    finish(script);
    release(script);
}

static void pass_time(struct flowscript *script, int64_t now_ns)
{
    if (script->tick_ns == NS_NEVER || now_ns > script->now_ns)
        script->now_ns = now_ns;
    if (script->tick_ns != NS_NEVER && script->now_ns - script->tick_ns < TICK_NS)
        return;
    script->tick_ns = script->now_ns / TICK_NS * TICK_NS;
    tracker_tick(&script->tracker, script->ordinal, script->tick_ns);
    if (!script->is_unchecked)
        flowscript_check(&script->tracker);
}

void flowscript_feed(struct flowscript *script, struct packet *packet)
{
    pass_time(script, packet->ts_ns);
    packet->ordinal = ++script->ordinal;
    if (script->is_unchecked)
        tracker_packet(&script->tracker, packet);
    else
        feed_checked(&script->tracker, packet);
}

void flowscript_steps(struct flowscript *script, struct script_conn *conn,
                      const struct flowstep *steps, size_t n_steps)
{
    for (size_t i = 0; i < n_steps; i++) {
        struct packet packet = flowscript_packet(conn, &steps[i]);

        flowscript_feed(script, &packet);
    }
}

void flowscript_until(struct flowscript *script, double t_ms)
{
    pass_time(script, FLOWSCRIPT_START_NS + llround(t_ms * (double)NS_PER_MS));
    script->ordinal++; /* as if by a packet that the filter refused */
}

/* ---- the same script in other ways ---- */

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

/* Other ISNs, near the wrap and over the sign, and addresses in the other order. */
static void play_with_other_isns(const struct flowscript *plain, const struct reading *reading,
                                 const struct flowstep *steps, size_t n_steps)
{
    static const uint32_t isns[][SIDE_COUNT] = {
        {1, 0x7fffffff}, {0x7ffffff0, 0x80000001}, {0xffffff00, 0xfffffffe}, {0x80000000, 5}};

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
        finish(&script);
        compare_runs(plain, reading, &script, &(struct reading){.conn = &conn});
        release(&script);
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
    finish(&script);
    compare_runs(plain, reading, &script, &(struct reading){.conn = &conn, .ordinals = ordinals});
    release(&script);
    free(ordinals);
}

void flowscript_play(struct flowscript *script, const struct flowstep *steps, size_t n_steps)
{
    struct script_conn conn = flowscript_conn(0);
    struct script_conn again = flowscript_conn(0);
    const struct reading reading = {.conn = &conn};
    struct flowscript plain;

    flowscript_open(&plain, NULL);
    flowscript_steps(&plain, &conn, steps, n_steps);
    finish(&plain);
    play_with_other_isns(&plain, &reading, steps, n_steps);
    play_doubled(&plain, &reading, steps, n_steps, false);
    play_doubled(&plain, &reading, steps, n_steps, true);
    release(&plain);
    flowscript_open(script, NULL);
    flowscript_steps(script, &again, steps, n_steps);
}

/* ---- connection 0 ---- */

static uint32_t flow_idx_of(const struct flowscript *script)
{
    static const struct flowstep syn = {.from = '>', .flags = "S"};
    struct script_conn conn = flowscript_conn(0);
    struct packet packet = flowscript_packet(&conn, &syn);

    return find_flow(&script->tracker, &packet);
}

bool flowscript_is_open(const struct flowscript *script)
{
    return flow_idx_of(script) != FLOW_NONE;
}

const struct flow *flowscript_flow(const struct flowscript *script)
{
    uint32_t flow_idx = flow_idx_of(script);

    assert_int_not_equal(flow_idx, FLOW_NONE);
    return &script->tracker.table.pool[flow_idx];
}

const struct flow_facts *flowscript_facts(const struct flowscript *script)
{
    return &flowscript_flow(script)->facts;
}

const struct flow_trail *flowscript_trail(const struct flowscript *script)
{
    const struct flow *flow = flowscript_flow(script);

    assert_int_not_equal(flow->trail_idx, FLOW_NONE);
    return &script->tracker.trails.entry[flow->trail_idx].trail;
}

const char *flowscript_history(const struct flowscript *script)
{
    static char text[HISTORY_LETTERS_MAX + 1];

    history_format(flowscript_facts(script)->history, text);
    return text;
}
