/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See judging.h.
 *
 * Theory of operation: each worker's notes are in order, so the earliest of the rings' first notes
 * is the earliest of all, provided that no ring is empty. Every worker sends a note for every
 * tick, so none stays empty while time passes. Equal ticks of all workers are taken together.
 */
#include "app/judging.h"

#include <errno.h>
#include <string.h>

#include "base/nanotime.h"

#define WAIT_NS (100 * NS_PER_MS)
/* Of a flood's SYNs in a replay: what people would ever look at. */
#define FLOOD_LINES 1000

/* Shares of the tables that follow from the number of endpoints. */
static struct incident_config incidents_of(const struct judging_config *config)
{
    struct incident_config incidents = incident_config_default();

    incidents.n_endpoints = config->n_endpoints;
    incidents.n_failing = config->n_endpoints / 4;
    incidents.n_client_marks = config->n_endpoints * 4;
    incidents.rules = config->incident_rules;
    incidents.hash_key = config->hash_key;
    return incidents;
}

static struct tally_config tally_of(const struct judging_config *config)
{
    return (struct tally_config){.n_healthy = config->n_endpoints / 2,
                                 .n_failing = config->n_endpoints / 4,
                                 .n_client_marks = config->n_endpoints,
                                 .keeps_latest = config->has_screen,
                                 .hash_key = config->hash_key};
}

static struct suppress_config suppress_of(const struct judging_config *config)
{
    struct suppress_config suppress = suppress_config_default();

    if (config->is_replay || config->report_all)
        suppress.lines_per_s = 0;
    if (!config->report_all)
        suppress.flood_lines = FLOOD_LINES;
    suppress.hash_key = config->hash_key;
    return suppress;
}

size_t judging_cost_bytes(const struct judging_config *config)
{
    struct incident_config incidents = incidents_of(config);
    struct tally_config tally = tally_of(config);
    struct suppress_config suppress = suppress_of(config);

    return hosts_cost_bytes(config->n_hosts, config->n_listeners) +
           incidents_cost_bytes(&incidents) + tally_cost_bytes(&tally) +
           suppress_cost_bytes(&suppress);
}

static void emit_own(void *ctx, const struct verdict_event *event);

int judging_create(struct judging *judging, struct arena *arena,
                   const struct judging_config *config)
{
    struct incident_config incidents = incidents_of(config);
    struct tally_config tally = tally_of(config);
    struct suppress_config suppress = suppress_of(config);

    *judging = (struct judging){
        .config = *config,
        .emitter = {.ctx = judging, .emit = emit_own},
        .incidents = incidents_create(arena, &incidents),
        .tally = tally_create(arena, &tally),
        .suppress = suppress_create(arena, &suppress),
        .now_ns = NS_NEVER,
        .start_ns = NS_NEVER,
        .stats_due_ns = NS_NEVER,
    };
    judging->context = (struct judge_context){
        .hosts = &judging->hosts,
        .limits = verdict_limits_default(),
        .local = config->local,
        .n_local = config->n_local,
        .skips_fine = !config->report_all,
        .is_light = config->is_light,
    };
    if (!judging->incidents || !judging->tally || !judging->suppress)
        return -ENOMEM;
    return hosts_create(&judging->hosts, arena, config->n_hosts, config->n_listeners,
                        judging->context.limits, config->hash_key);
}

/* ---- events ---- */

/* Main is behind; if the judge waited for it, packets would soon be lost for want of room. */
static bool must_go_on(const struct judging *judging)
{
    if (!judging->config.may_lose_events)
        return false;
    for (uint32_t i = 0; i < judging->n_workers; i++) {
        if (ring_used_bytes(judging->frames[i]) > judging->frames[i]->size_bytes / 2)
            return true;
    }
    return false;
}

static void emit(struct judging *judging, const struct verdict_event *event)
{
    void *room;

    while (!(room = ring_reserve(judging->events, sizeof(*event)))) {
        if (judging->on_full) {
            ring_publish(judging->events);
            judging->on_full(judging->on_full_ctx);
        } else if (must_go_on(judging)) {
            judging->n_events_lost++;
            return;
        } else {
            (void)ring_wait_room(judging->events, WAIT_NS);
        }
    }
    event_copy(room, event);
    ring_commit(judging->events, sizeof(*event));
}

/* Incidents' and held-back lines. What an incident held back is told before its end is. */
static void emit_own(void *ctx, const struct verdict_event *event)
{
    struct judging *judging = ctx;

    if (event->kind == EVENT_INCIDENT) {
        if (event->incident.phase == INCIDENT_CLOSE)
            suppress_flush_incident(judging->suppress, event->incident.number, judging->now_ns,
                                    &judging->emitter);
        tally_incident(judging->tally, &event->incident);
    }
    emit(judging, event);
}

static bool is_ok(const struct connection_event *connection)
{
    return connection->outcome == OUTCOME_OK || connection->outcome == OUTCOME_OK_DEGRADED;
}

static void count_ok(struct judging *judging, const struct verdict_event *event)
{
    const struct connection_event *connection = &event->connection;
    const struct ipaddr *client = &connection->client.addr;
    bool is_timed = connection->facts.bits & FACT_ESTABLISHED;
    int64_t handshake_ns = is_timed ? (int64_t)connection->facts.ack_after_us * NS_PER_US : -1;
    int64_t done_ns = is_timed ? connection->facts.first_ns + handshake_ns : event->ts_ns;

    if (!incident_is_counted(&connection->facts))
        incident_attempt(judging->incidents, client, &connection->server, event->ts_ns);
    incident_success(judging->incidents, client, &connection->server, done_ns);
    tally_ok(judging->tally, &connection->server, done_ns, handshake_ns);
}

static void count_failure(struct judging *judging, struct verdict_event *event)
{
    incident_add(judging->incidents, &event->connection, event->ts_ns);
    tally_failed(judging->tally, &event->connection, event->ts_ns);
}

static void fail(struct judging *judging, struct verdict_event *event)
{
    count_failure(judging, event);
    if (suppress_pass(judging->suppress, &event->connection, event->ts_ns, judging->now_ns))
        emit(judging, event);
}

static struct endpoint server_of(const struct flow_note *note)
{
    unsigned server_end = 1u - note->client_end;

    return (struct endpoint){.addr = note->key.addr[server_end],
                             .port = note->key.port[server_end]};
}

static bool is_local(const struct judging *judging, const struct ipaddr *addr)
{
    for (uint32_t i = 0; i < judging->config.n_local; i++) {
        if (ipaddr_equal(addr, &judging->config.local[i]))
            return true;
    }
    return ipaddr_is_loopback(addr);
}

/* What the kernel says of the server, where that is this host. What comes out of a tunnel may have
 * an address of ours and be for somebody else. */
static void ask_host(struct judging *judging, const struct flow_note *note)
{
    struct endpoint server = server_of(note);

    judging->context.host = NULL;
    if (!judging->config.watch || note->key.proto != FLOW_PROTO_TCP || note->key.tunnel_depth > 0 ||
        !is_local(judging, &server.addr))
        return;
    hostwatch_tell(judging->config.watch, &server, note->facts.first_ns,
                   facts_last_ns(&note->facts), &judging->host);
    judging->context.host = &judging->host;
}

/* One more SYN of a flood that is being told of. False where it may be something else. */
static bool count_flooding(struct judging *judging, const struct flow_note *note)
{
    struct endpoint server = server_of(note);
    struct suppress_waiting *waiting;
    struct verdict_event event;

    if (judging->config.has_screen || judging->config.report_all)
        return false;
    waiting = suppress_find_waiting(judging->suppress, &server, VERDICT_SYN_FLOOD, judging->now_ns);
    if (!waiting || !verdict_judge_counted(&judging->context, note, VERDICT_SYN_FLOOD, &event))
        return false;
    tally_flow(judging->tally, &note->facts, event.connection.verdict, false);
    count_failure(judging, &event);
    suppress_count_in(judging->suppress, waiting, event.connection.incident);
    return true;
}

static void judge_ended(struct judging *judging, const struct flow_note *note)
{
    struct verdict_event event;
    struct connection_event *connection = &event.connection;

    verdict_judge(&judging->context, note, &event);
    if (!(note->facts.bits & FACT_SYN_SEEN)) /* the others were counted at their SYN */
        tally_attempt(judging->tally, &connection->server, event.ts_ns);
    tally_flow(judging->tally, &note->facts, connection->verdict,
               connection->verdict == VERDICT_UNKNOWN_ONE_SIDED);
    if (connection->is_failure) {
        fail(judging, &event);
        return;
    }
    if (is_ok(connection))
        count_ok(judging, &event);
    if (judging->config.report_all)
        emit(judging, &event);
}

/* What the workers' frames leave of the capturing host's Ethernet address, as of the last tick. */
static struct linkends ends_of(const struct judging *judging)
{
    struct linkends ends = {.is_told = false};

    for (uint32_t i = 0; i < judging->n_workers; i++)
        linkends_meet(&ends, &judging->gauges[i].ends);
    return ends;
}

static void judge_neighbour(struct judging *judging, const struct flow_note *note)
{
    const struct linkends ends = ends_of(judging);
    struct verdict_event event;

    judging->context.host = NULL;
    if (!verdict_judge_neighbour(&judging->context, note, &ends, &event))
        return;
    tally_attempt(judging->tally, &event.connection.server, event.ts_ns);
    tally_flow(judging->tally, &note->facts, event.connection.verdict, false);
    fail(judging, &event);
}

/* ---- notes ---- */

static void advance(struct judging *judging, int64_t now_ns)
{
    if (now_ns <= judging->now_ns)
        return;
    judging->now_ns = now_ns;
    incident_tick(judging->incidents, now_ns, &judging->emitter);
    suppress_tick(judging->suppress, now_ns, &judging->emitter);
}

static void take_attempt(struct judging *judging, const struct flow_note *note)
{
    struct endpoint server = server_of(note);

    if (judging->start_ns == NS_NEVER)
        judging->start_ns = note->facts.first_ns;
    tally_attempt(judging->tally, &server, note->facts.first_ns);
    hosts_note(&judging->hosts, note);
}

/* Whether it is a success only shows when it goes on or ends. */
static void take_established(struct judging *judging, const struct flow_note *note)
{
    const struct ipaddr *client = &note->key.addr[note->client_end];
    struct endpoint server = server_of(note);
    int64_t done_ns = note->facts.first_ns + (int64_t)note->facts.ack_after_us * NS_PER_US;

    if (note->kind == NOTE_ESTABLISHED)
        incident_attempt(judging->incidents, client, &server, done_ns);
    else if (incident_is_counted(&note->facts))
        incident_success(judging->incidents, client, &server, done_ns);
}

/* Of files: main's snapshots come when it has time. */
static void tell_stats(struct judging *judging)
{
    struct snapshot *now = latest_draft(judging->snapshots);
    struct verdict_event event = {.kind = EVENT_STATS, .ts_ns = judging->now_ns};

    judging_fill_snapshot(judging, now);
    event.stats = (struct stats_event){
        .start_ns = now->start_ns,
        .total = now->total,
        .n_flows_open = now->n_flows_open,
        .n_endpoints = now->n_endpoints,
        .n_incidents_open = now->n_incidents_open,
        .is_trusted = now->is_trusted,
    };
    for (uint32_t i = 0; i < judging->n_workers; i++) {
        event.stats.total.n_pkts += judging->gauges[i].n_pkts;
        event.stats.total.wire_bytes += judging->gauges[i].wire_bytes;
    }
    emit(judging, &event);
}

/* Equal ticks of all workers come one after the other: after the last of them all is known. */
static void tick_stats(struct judging *judging)
{
    int64_t interval_ns = judging->config.stats_interval_ns;
    int64_t late_ns;

    if (!interval_ns || ++judging->n_ticks % judging->n_workers)
        return;
    if (judging->stats_due_ns == NS_NEVER)
        judging->stats_due_ns = judging->now_ns + interval_ns;
    late_ns = judging->now_ns - judging->stats_due_ns;
    if (late_ns < 0)
        return;
    tell_stats(judging);
    judging->stats_due_ns += interval_ns * (late_ns / interval_ns + 1);
}

/* All that there was of it is a SYN. */
static void judge_lone(struct judging *judging, const struct flow_note *lone)
{
    const struct flow_note *note = &judging->spread;

    flow_note_spread(lone, &judging->spread);
    hosts_note(&judging->hosts, note);
    ask_host(judging, note);
    if (!count_flooding(judging, note))
        judge_ended(judging, note);
}

static void take_note(struct judging *judging, uint32_t worker_idx, const struct flow_note *note)
{
    advance(judging, note->now_ns);
    switch ((enum flow_note_kind)note->kind) {
    case NOTE_ENDED:
        if (judging->start_ns == NS_NEVER)
            judging->start_ns = note->facts.first_ns;
        if (note->is_lone) {
            judge_lone(judging, note);
            break;
        }
        hosts_note(&judging->hosts, note);
        ask_host(judging, note);
        judge_ended(judging, note);
        break;
    case NOTE_ATTEMPT:
        take_attempt(judging, note);
        break;
    case NOTE_REFUSED:
    case NOTE_RESET:
    case NOTE_HALF_OPEN:
        hosts_note(&judging->hosts, note);
        break;
    case NOTE_ESTABLISHED:
    case NOTE_ALIVE:
        hosts_note(&judging->hosts, note);
        take_established(judging, note);
        break;
    case NOTE_NEIGHBOUR:
        if (judging->start_ns == NS_NEVER)
            judging->start_ns = note->facts.first_ns;
        hosts_note(&judging->hosts, note);
        judge_neighbour(judging, note);
        break;
    case NOTE_TICK:
        judging->gauges[worker_idx] = note->gauges;
        tick_stats(judging);
        break;
    case NOTE_END:
        judging->gauges[worker_idx] = note->gauges;
        judging->has_ended[worker_idx] = true;
        break;
    case NOTE_KIND_COUNT:
        break;
    }
}

static bool comes_before(const struct judging *judging, const struct flow_note *a,
                         const struct flow_note *b)
{
    if (judging->config.is_by_time && a->now_ns != b->now_ns)
        return a->now_ns < b->now_ns;
    if (!judging->config.is_by_time && a->ordinal != b->ordinal)
        return a->ordinal < b->ordinal;
    if (a->slot_ns != b->slot_ns)
        return a->slot_ns < b->slot_ns;
    if (a->kind == NOTE_TICK || a->kind == NOTE_END || b->kind == NOTE_TICK || b->kind == NOTE_END)
        return false;
    return a->facts.first_frame < b->facts.first_frame;
}

/* The worker whose note comes first; n_workers when that cannot be said yet, or all have ended. */
static uint32_t first_worker(struct judging *judging)
{
    uint32_t first = judging->n_workers;

    for (uint32_t i = 0; i < judging->n_workers; i++) {
        size_t n_bytes;

        if (judging->has_ended[i])
            continue;
        if (!judging->head[i])
            judging->head[i] = ring_peek(judging->notes[i], &n_bytes);
        if (!judging->head[i])
            return judging->n_workers;
        if (first == judging->n_workers ||
            comes_before(judging, judging->head[i], judging->head[first]))
            first = i;
    }
    return first;
}

static bool have_all_ended(const struct judging *judging)
{
    for (uint32_t i = 0; i < judging->n_workers; i++) {
        if (!judging->has_ended[i])
            return false;
    }
    return true;
}

static void finish(struct judging *judging)
{
    incident_finish(judging->incidents, judging->now_ns,
                    judging->config.is_replay ? CLOSE_END_OF_INPUT : CLOSE_SHUTDOWN,
                    &judging->emitter);
    suppress_flush(judging->suppress, &judging->emitter);
    judging->is_finished = true;
}

bool judging_step(struct judging *judging)
{
    uint32_t i;

    while ((i = first_worker(judging)) < judging->n_workers) {
        take_note(judging, i, judging->head[i]);
        judging->head[i] = NULL;
        ring_release(judging->notes[i]);
    }
    if (have_all_ended(judging) && !judging->is_finished)
        finish(judging);
    ring_publish(judging->events);
    return !judging->is_finished;
}

void judging_publish(struct judging *judging)
{
    judging_fill_snapshot(judging, latest_draft(judging->snapshots));
    latest_publish(judging->snapshots);
}
