/* SPDX-License-Identifier: BSD-2-Clause */
/* See factscript.h. */
#include "factscript.h"

#include <stdlib.h>
#include <string.h>

#include "flowtable/history.h"
#include "unit.h"
#include "verdict/wants.h"

#define N_HOSTS 64
#define ARENA_BYTES ((size_t)1 << 20)
#define JUDGED_AFTER_MS 20000

/* ---- the script ---- */

void factscript_open(struct factscript *script)
{
    struct hash_key hash_key = {.seed = 7};

    memset(script, 0, sizeof(*script));
    assert_int_equal(arena_map(&script->arena, ARENA_BYTES, NULL, &(struct err){0}), 0);
    assert_int_equal(hosts_create(&script->hosts, &script->arena, N_HOSTS, N_HOSTS,
                                  verdict_limits_default(), hash_key),
                     0);
    script->context = (struct judge_context){
        .hosts = &script->hosts,
        .limits = verdict_limits_default(),
        .local = script->local,
        .host = &script->kernel,
    };
    script->start_ns = FACTSCRIPT_START_NS;
    factscript_next(script, 0);
}

void factscript_close(struct factscript *script)
{
    arena_unmap(&script->arena);
}

int64_t factscript_ns(const struct factscript *script, double at_ms)
{
    return script->start_ns + (int64_t)(at_ms * (double)NS_PER_MS);
}

void factscript_next(struct factscript *script, double at_ms)
{
    uint64_t ordinal = script->note.ordinal;

    script->start_ns = factscript_ns(script, at_ms);
    memset(&script->note, 0, sizeof(script->note));
    script->note.ordinal = ordinal;
    script->note.slot_ns = NS_NEVER;
    script->note.kind = NOTE_ENDED;
    script->note.has_trail = true;
    script->note.facts.first_ns = script->start_ns;
    script->note.facts.first_frame = ordinal + 1;
    script->note.facts.synack_ns = NS_NEVER;
    script->note.facts.last_ns[SIDE_CLIENT] = NS_NEVER;
    script->note.facts.last_ns[SIDE_SERVER] = NS_NEVER;
    factscript_client(script, "10.0.0.1", 40000);
    factscript_server(script, "192.0.2.2", 443);
}

static void set_end(struct factscript *script, unsigned end, const char *addr, uint16_t port)
{
    assert_true(ipaddr_parse(addr, &script->note.key.addr[end]));
    script->note.key.port[end] = port;
    script->note.key.proto = 6;
}

void factscript_client(struct factscript *script, const char *addr, uint16_t port)
{
    set_end(script, 0, addr, port);
}

void factscript_server(struct factscript *script, const char *addr, uint16_t port)
{
    set_end(script, 1, addr, port);
}

/* ---- packets ---- */

static uint16_t parse_flags(const char *letters, size_t n)
{
    static const struct {
        char letter;
        uint16_t flag;
    } known[] = {{'S', TCP_SYN}, {'F', TCP_FIN}, {'P', TCP_PSH}, {'A', TCP_ACK}};
    unsigned flags = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < ARRAY_LEN(known); k++)
            flags |= letters[i] == known[k].letter ? known[k].flag : 0;
    }
    return (uint16_t)flags;
}

/* What every packet changes but RSTs' TTLs. */
static void count_packet(struct factscript *script, const struct packet_mark *mark)
{
    struct flow_facts *facts = &script->note.facts;
    struct side_facts *side = &facts->side[mark->side];

    facts->last_ns[mark->side] = mark->ts_ns;
    facts->payload_bytes[mark->side] += mark->payload_bytes;
    facts->n_frames_later = (uint32_t)(mark->frame - facts->first_frame);
    side->n_pkts++;
    side->window = mark->window;
    factscript_judged_after(script, JUDGED_AFTER_MS);
    if (mark->flags & TCP_RST)
        return;
    if (mark->flags & TCP_SYN && !side->ttl_syn)
        side->ttl_syn = mark->ttl;
    if (!(mark->flags & TCP_SYN))
        side->ttl_min = side->ttl_max = mark->ttl;
}

static struct packet_mark new_mark(struct factscript *script, enum flow_side side, uint16_t flags,
                                   double at_ms)
{
    const struct side_facts *peer = &script->note.facts.side[side_other(side)];

    return (struct packet_mark){
        .ts_ns = factscript_ns(script, at_ms),
        .frame = ++script->note.ordinal,
        .seq = script->note.facts.side[side].nxt,
        .ack = flags & TCP_ACK ? peer->nxt : 0,
        .flags = flags,
        .window = flags & TCP_SYN ? 64240 : 501,
        .ttl = side == SIDE_CLIENT ? FACTSCRIPT_CLIENT_TTL : FACTSCRIPT_SERVER_TTL,
        .side = (uint8_t)side,
        .bits = MARK_DF | MARK_HAS_TIMESTAMPS | MARK_HAS_OPTIONS,
    };
}

static enum trail_slot learn_syn(struct factscript *script, const struct packet_mark *mark)
{
    struct flow_facts *facts = &script->note.facts;
    struct side_facts *side = &facts->side[mark->side];
    bool is_first = side->n_syn++ == 0;

    side->bits |= SIDE_ISN_KNOWN | SIDE_HAS_TIMESTAMPS | SIDE_HAS_SACK | SIDE_HAS_WSCALE;
    side->wscale = 7;
    if (mark->side == SIDE_CLIENT) {
        int64_t before_ns = facts->last_ns[SIDE_CLIENT];

        facts->bits |= FACT_SYN_SEEN;
        if (is_first)
            return TRAIL_SYN;
        facts->syn_last_gap_us = (uint32_t)((mark->ts_ns - before_ns) / NS_PER_US);
        return TRAIL_SYN_LAST;
    }
    side->n_syn_late += facts->bits & FACT_ESTABLISHED ? 1 : 0;
    if (!is_first)
        return TRAIL_SYNACK_LAST;
    facts->bits |= FACT_SYNACK_SEEN;
    facts->synack_ns = mark->ts_ns;
    return TRAIL_SYNACK;
}

static enum trail_slot learn_segment(struct factscript *script, const struct packet_mark *mark)
{
    struct flow_facts *facts = &script->note.facts;
    struct side_facts *side = &facts->side[mark->side];
    bool is_client = mark->side == SIDE_CLIENT;

    if (is_client && facts->bits & FACT_SYN_SEEN && !(facts->bits & FACT_ESTABLISHED)) {
        facts->bits |= FACT_ESTABLISHED;
        facts->ack_after_us = (uint32_t)((mark->ts_ns - facts->first_ns) / NS_PER_US);
        script->note.trail.slot[TRAIL_ACK] = *mark;
    }
    if (mark->payload_bytes && is_client)
        script->note.trail.slot[TRAIL_REQUEST] = *mark;
    if (mark->payload_bytes)
        facts->bits = is_client ? facts->bits | FACT_REQUEST_OPEN
                                : facts->bits & ~(uint32_t)FACT_REQUEST_OPEN;
    if (mark->flags & TCP_FIN) {
        side->bits |= SIDE_FIN_SEEN;
        return is_client ? TRAIL_CLIENT_FIN : TRAIL_SERVER_FIN;
    }
    if (mark->payload_bytes && side->n_data++ == 0)
        return is_client ? TRAIL_CLIENT_DATA : TRAIL_SERVER_DATA;
    return is_client ? TRAIL_CLIENT_LAST : TRAIL_SERVER_LAST;
}

static void learn_sequence(struct factscript *script, const struct packet_mark *mark)
{
    struct side_facts *side = &script->note.facts.side[mark->side];
    struct side_facts *peer = &script->note.facts.side[side_other((enum flow_side)mark->side)];

    side->nxt = mark->seq + mark->payload_bytes + (mark->flags & TCP_SYN ? 1 : 0) +
                (mark->flags & TCP_FIN ? 1 : 0);
    if (!(mark->flags & TCP_ACK))
        return;
    side->acked = mark->ack;
    if (peer->bits & SIDE_FIN_SEEN && mark->ack == peer->nxt)
        peer->bits |= SIDE_FIN_ACKED;
}

static char history_letter(const struct packet_mark *mark)
{
    if (mark->flags & TCP_SYN)
        return mark->flags & TCP_ACK ? 'H' : 'S';
    if (mark->flags & TCP_FIN)
        return 'F';
    return mark->payload_bytes ? 'D' : 'A';
}

struct packet_mark *factscript_packet(struct factscript *script, const char *words, double at_ms)
{
    enum flow_side from = words[0] == 'C' ? SIDE_CLIENT : SIDE_SERVER;
    const char *plus = strchr(words, '+');
    uint16_t flags = parse_flags(words + 2, plus ? (size_t)(plus - words - 2) : strlen(words + 2));
    struct side_facts *side = &script->note.facts.side[from];
    struct packet_mark mark;
    enum trail_slot last = from == SIDE_CLIENT ? TRAIL_CLIENT_LAST : TRAIL_SERVER_LAST;
    enum trail_slot slot;
    char letter;

    if (flags & TCP_SYN) {
        side->isn = from == SIDE_CLIENT ? FACTSCRIPT_CLIENT_ISN : FACTSCRIPT_SERVER_ISN;
        side->nxt = side->isn;
    }
    mark = new_mark(script, from, flags, at_ms);
    mark.payload_bytes = plus ? (uint32_t)strtoul(plus + 1, NULL, 10) : 0;
    slot = flags & TCP_SYN ? learn_syn(script, &mark) : learn_segment(script, &mark);
    letter = history_letter(&mark);
    if (!history_has(script->note.facts.history, letter, from))
        history_add(script->note.facts.history, letter, from);
    count_packet(script, &mark);
    learn_sequence(script, &mark);
    script->note.trail.slot[last] = mark;
    script->note.trail.slot[slot] = mark;
    return &script->note.trail.slot[slot];
}

void factscript_repeat(struct factscript *script, enum flow_side side, unsigned n, double from_ms,
                       double every_ms)
{
    struct side_facts *sender = &script->note.facts.side[side];
    enum trail_slot last = side == SIDE_CLIENT ? TRAIL_CLIENT_LAST : TRAIL_SERVER_LAST;
    struct packet_mark mark = script->note.trail.slot[last];

    script->note.trail.slot[TRAIL_RUN_FIRST] = mark;
    sender->run_seq = mark.seq;
    for (unsigned i = 0; i < n; i++) {
        mark.ts_ns = factscript_ns(script, from_ms + i * every_ms);
        mark.frame = ++script->note.ordinal;
        sender->run_count++;
        sender->n_retransmit++;
        sender->n_data++;
        count_packet(script, &mark);
        script->note.trail.slot[TRAIL_RUN_LAST] = mark;
        script->note.trail.slot[last] = mark;
    }
}

/* The shape that OBSERVED.md gives for the family. */
static void shape_rst(struct packet_mark *mark, const struct packet_mark *trigger,
                      enum rst_family family)
{
    switch (family) {
    case RST_FAMILY_A:
        break;
    case RST_FAMILY_B1:
        mark->seq = 0;
        mark->window = 0;
        mark->bits = MARK_DF;
        break;
    case RST_FAMILY_B2:
        mark->seq = trigger->ack;
        mark->ack = 0;
        mark->flags = TCP_RST;
        mark->window = 0;
        mark->bits = MARK_DF;
        break;
    case RST_FAMILY_X:
        mark->window = 0;
        mark->bits = MARK_DF;
        break;
    case RST_FAMILY_COUNT:
        fail_msg("no such family");
    }
}

struct rst_facts *factscript_rst(struct factscript *script, enum flow_side side,
                                 enum rst_family family, double at_ms)
{
    struct flow_trail *trail = &script->note.trail;
    struct side_facts *sender = &script->note.facts.side[side];
    const struct side_facts *peer = &script->note.facts.side[side_other(side)];
    const struct packet_mark *trigger =
        &trail->slot[side == SIDE_CLIENT ? TRAIL_SERVER_LAST : TRAIL_CLIENT_LAST];
    struct rst_facts *rst = &trail->rst[trail->n_rst++];
    bool has_ttl = sender->ttl_min || sender->ttl_syn;

    *rst = (struct rst_facts){
        .mark = new_mark(script, side, TCP_RST | TCP_ACK, at_ms),
        .quiet_before_ns = (int64_t)script->note.facts.quiet_before_ms * NS_PER_MS,
        .family = (uint8_t)family,
        .fit = RST_FIT_EXACT,
        .n_baseline = sender->n_pkts > UINT8_MAX ? UINT8_MAX : (uint8_t)sender->n_pkts,
        .sender_had_fin = sender->bits & SIDE_FIN_SEEN,
        .peer_had_fin = peer->bits & SIDE_FIN_SEEN,
        .peer_had_rst = peer->n_rst > 0,
        .n_data = {side_n_new_data(&script->note.facts.side[SIDE_CLIENT]),
                   side_n_new_data(&script->note.facts.side[SIDE_SERVER])},
    };
    shape_rst(&rst->mark, trigger, family);
    if (has_ttl)
        rst->baseline_ttl = rst->mark.ttl;
    if (family == RST_FAMILY_B1 || family == RST_FAMILY_B2)
        rst->trigger = *trigger;
    rst->lacks_timestamps =
        family != RST_FAMILY_A && sender->bits & peer->bits & SIDE_HAS_TIMESTAMPS;
    history_add(script->note.facts.history, 'R', side);
    sender->n_rst++;
    count_packet(script, &rst->mark);
    return rst;
}

void factscript_icmp(struct factscript *script, const char *from, uint8_t type, uint8_t code,
                     double at_ms)
{
    struct icmp_facts *icmp = &script->note.trail.icmp;

    *icmp = (struct icmp_facts){
        .frame = ++script->note.ordinal,
        .ts_ns = factscript_ns(script, at_ms),
        .len_bytes = 88,
        .type = type,
        .code = code,
        .ttl = 63,
        .quoted_ttl = FACTSCRIPT_CLIENT_TTL,
        .quotes_syn = true,
    };
    assert_true(ipaddr_parse(from, &icmp->from));
    icmp->is_v6 = !ipaddr_is_v4(&icmp->from);
    script->note.facts.bits |= FACT_SYN_ICMP;
    script->note.facts.n_icmp++;
}

void factscript_judged_after(struct factscript *script, double after_ms)
{
    script->note.now_ns =
        facts_last_ns(&script->note.facts) + (int64_t)(after_ms * (double)NS_PER_MS);
}

/* ---- what is known of others ---- */

static struct host_state *find_host(struct factscript *script, const struct ipaddr *addr)
{
    for (uint32_t i = 0; i <= script->hosts.host_mask; i++) {
        struct host_state *host = &script->hosts.host[i];

        if (host->is_used && ipaddr_equal(&host->addr, addr))
            return host;
    }
    return NULL;
}

/* A note of the connection makes the entries of both its hosts; what it taught is wiped out. */
struct host_state *factscript_host(struct factscript *script, enum flow_side side)
{
    const struct ipaddr *addr = script->note.key.addr;
    bool is_known[] = {find_host(script, &addr[0]), find_host(script, &addr[1])};

    if (!is_known[side])
        hosts_note(&script->hosts, &(struct flow_note){.kind = NOTE_ALIVE,
                                                       .key = script->note.key,
                                                       .facts.synack_ns = NS_NEVER});
    for (unsigned end = 0; end < 2; end++) {
        struct host_state *host = find_host(script, &addr[end]);

        if (!is_known[end] && host)
            *host = (struct host_state){.addr = addr[end],
                                        .is_used = true,
                                        .last_ns = NS_NEVER,
                                        .refused_ns = NS_NEVER,
                                        .asked_ns = NS_NEVER,
                                        .unresolved_from_ns = NS_NEVER,
                                        .unresolved_ns = NS_NEVER};
    }
    return find_host(script, &addr[side]);
}

struct listener_state *factscript_listener(struct factscript *script)
{
    const struct flow_key *key = &script->note.key;
    const struct listener_state *known =
        hosts_listener(&script->hosts, &key->addr[1], key->port[1]);
    struct listener_state *listener;

    if (known->is_used)
        return &script->hosts.listener[known - script->hosts.listener];
    hosts_note(&script->hosts, &(struct flow_note){.kind = NOTE_ATTEMPT, .key = *key});
    known = hosts_listener(&script->hosts, &key->addr[1], key->port[1]);
    listener = &script->hosts.listener[known - script->hosts.listener];
    listener->n_syn_second = 0;
    return listener;
}

void factscript_seen_at(struct factscript *script, enum flow_side side)
{
    script->local[0] = script->note.key.addr[side == SIDE_CLIENT ? 0 : 1];
    script->context.n_local = 1;
}

void factscript_tell(struct factscript *script, enum flow_note_kind kind)
{
    uint32_t kept = script->note.kind;

    script->note.kind = kind;
    hosts_note(&script->hosts, &script->note);
    script->note.kind = kept;
}

/* ---- judging ---- */

void factscript_case(const struct factscript *script, struct verdict_case *c)
{
    case_open(c, &script->context, &script->note);
}

void factscript_judge(const struct factscript *script, struct connection_event *event)
{
    struct verdict_event whole;

    verdict_judge(&script->context, &script->note, &whole);
    *event = whole.connection;
}

bool factscript_has_reason(const struct reason *reasons, unsigned n, const char *code)
{
    for (unsigned i = 0; i < n; i++) {
        if (strcmp(reasons[i].code, code) == 0)
            return true;
    }
    return false;
}

static enum verdict_id id_of(factscript_rule rule)
{
    static const factscript_rule of_id[VERDICT_COUNT] = {
#define ROW(id, suffix, kind, family, blame, outcome, slug, title) rule_##suffix,
        VERDICT_TABLE(ROW)
#undef ROW
    };
    unsigned i = 0;

    while (i < VERDICT_COUNT && of_id[i] != rule)
        i++;
    return (enum verdict_id)i;
}

/* NULL when the rule says what the case promises. */
static const char *complaint(factscript_rule rule, const struct rule_case *row)
{
    struct factscript script;
    struct ruling ruling = {0};
    struct verdict_case c;
    enum confidence confidence;
    bool is_asked;

    factscript_open(&script);
    row->base(&script);
    if (row->change)
        row->change(&script, row->value);
    factscript_case(&script, &c);
    confidence = rule(&c, &ruling);
    is_asked = rule_may_hold(id_of(rule), rule_offer_of(&c));
    factscript_close(&script);
    if ((unsigned)confidence != row->confidence)
        return confidence_name(confidence);
    if (confidence != CONFIDENCE_NONE && !is_asked)
        return "but is never asked";
    if (row->reason && !factscript_has_reason(ruling.because, ruling.n_because, row->reason) &&
        !factscript_has_reason(ruling.against, ruling.n_against, row->reason))
        return "without the reason";
    return NULL;
}

void factscript_check(factscript_rule rule, const struct rule_case *cases, size_t n_cases)
{
    unsigned n_wrong = 0;

    for (size_t i = 0; i < n_cases; i++) {
        const char *got = complaint(rule, &cases[i]);

        if (got)
            print_error("%s: %s, expected %s%s%s\n", cases[i].name, got,
                        confidence_name((enum confidence)cases[i].confidence),
                        cases[i].reason ? " " : "", cases[i].reason ? cases[i].reason : "");
        n_wrong += got != NULL;
    }
    assert_int_equal(n_wrong, 0);
}
