/* SPDX-License-Identifier: BSD-2-Clause */
/* See flowscript.h. */
#include "flowscript.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flowscript_private.h"
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
    if (step->sack[1]) {
        options.has_sack = true;
        options.sack_left = step->sack[0] + conn->isn[side_other(side_of(step))];
        options.sack_right = step->sack[1] + conn->isn[side_other(side_of(step))];
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

static void note_told(const struct flowscript *script)
{
    if (script->n_notes > 1)
        check_order(&script->notes[script->n_notes - 2], &script->notes[script->n_notes - 1]);
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
    assert_true(note->has_trail || !note->has_speech);
    if (note->is_lone) {
        struct flow_note lone = *note;

        assert_int_equal(n_bytes, offsetof(struct flow_note, syn) + sizeof(lone.syn));
        memset(note, 0, sizeof(*note));
        flow_note_spread(&lone, note);
    } else {
        assert_int_equal(note->has_trail, n_bytes >= offsetof(struct flow_note, speech));
        assert_int_equal(note->has_speech, n_bytes == sizeof(*note));
    }
    note_told(script);
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

void flowscript_finish(struct flowscript *script)
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

void flowscript_release(struct flowscript *script)
{
    arena_unmap(&script->arena);
    free(script->notes);
}

void flowscript_close(struct flowscript *script)
{
    flowscript_finish(script);
    flowscript_release(script);
}

void flowscript_pass_time(struct flowscript *script, int64_t now_ns)
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
    flowscript_pass_time(script, packet->ts_ns);
    packet->ordinal = ++script->ordinal;
    if (script->is_unchecked)
        tracker_packet(&script->tracker, packet);
    else
        flowscript_feed_checked(&script->tracker, packet);
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
    flowscript_pass_time(script, FLOWSCRIPT_START_NS + llround(t_ms * (double)NS_PER_MS));
    script->ordinal++; /* as if by a packet that the filter refused */
}

/* ---- connection 0 ---- */

static uint32_t flow_idx_of(const struct flowscript *script)
{
    static const struct flowstep syn = {.from = '>', .flags = "S"};
    struct script_conn conn = flowscript_conn(0);
    struct packet packet = flowscript_packet(&conn, &syn);

    return flowscript_find(&script->tracker, &packet);
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
    return &trail_cell_at(&script->tracker.trails, flow->trail_idx)->entry.trail;
}

const char *flowscript_history(const struct flowscript *script)
{
    static char text[HISTORY_LETTERS_MAX + 1];

    history_format(flowscript_facts(script)->history, text);
    return text;
}
