/* SPDX-License-Identifier: BSD-2-Clause */
/* See incident_book.h. */
#include "verdict/incident_book.h"

#include <assert.h>
#include <string.h>

#define NEVER_DUE_NS INT64_MAX

size_t incident_book_cost_bytes(uint32_t n_incidents)
{
    return arena_cost_bytes(2 * (size_t)n_incidents * sizeof(struct incident)) +
           arena_cost_bytes(n_incidents * sizeof(struct incident *)) +
           arena_cost_bytes(sizeof(struct verdict_event));
}

bool incident_book_create(struct incident_book *book, struct arena *arena, uint32_t n_incidents,
                          struct watch *watch)
{
    assert(n_incidents >= 2);
    *book = (struct incident_book){
        .watch = watch,
        .pool = watch->pool,
        .n_slots = 2 * n_incidents,
        .n_live_max = n_incidents - 1,
        .next_due_ns = NEVER_DUE_NS,
        .slot = arena_take(arena, 2 * (size_t)n_incidents * sizeof(struct incident)),
        .network = arena_take(arena, n_incidents * sizeof(struct incident *)),
        .draft = arena_take(arena, sizeof(struct verdict_event)),
    };
    return book->slot && book->network && book->draft;
}

struct incident *incident_book_get(const struct incident_book *book, struct incident_ref ref)
{
    struct incident *incident = &book->slot[ref.idx];

    return ref.generation && incident->generation == ref.generation &&
                   incident->state != INCIDENT_STATE_FREE
               ? incident
               : NULL;
}

struct incident_ref incident_book_ref(const struct incident_book *book,
                                      const struct incident *incident)
{
    return (struct incident_ref){(uint32_t)(incident - book->slot), incident->generation};
}

struct incident *incident_book_network(const struct incident_book *book, enum family family,
                                       const struct ipaddr *network)
{
    struct incident *found = NULL;

    for (uint32_t i = 0; i < book->n_slots; i++) {
        struct incident *incident = &book->slot[i];

        if (incident->state != INCIDENT_STATE_FREE && incident->scope == SCOPE_NETWORK &&
            incident->family == family && ipaddr_equal(&incident->server.addr, network) &&
            (!found || incident->opened_ns > found->opened_ns))
            found = incident;
    }
    return found;
}

struct incident *incident_book_take(struct incident_book *book)
{
    struct incident *taken = NULL;
    uint32_t generation;

    for (uint32_t i = 0; i < book->n_slots; i++) {
        struct incident *incident = &book->slot[i];

        if (incident->state == INCIDENT_STATE_FREE) {
            taken = incident;
            break;
        }
        if (incident->state == INCIDENT_STATE_CLOSED &&
            (!taken || incident->closed_ns < taken->closed_ns))
            taken = incident;
    }
    assert(taken); /* half of the slots are not live */
    generation = taken->generation + 1;
    outbreak_clear(&taken->outbreak, book->pool);
    *taken =
        (struct incident){.generation = generation ? generation : 1, .rules = book->watch->rules};
    return taken;
}

bool incident_may_reopen(const struct incident *incident, int64_t ts_ns)
{
    return incident->state == INCIDENT_STATE_CLOSED &&
           ts_ns <= incident->closed_ns + incident->rules->reopen_ns;
}

/* ---- what a line says ---- */

static bool is_related(const struct incident *a, const struct incident *b)
{
    int64_t apart_ns = a->outbreak.first_ns - b->outbreak.first_ns;

    if (a == b || !b->number || apart_ns > INCIDENT_RELATED_NS || apart_ns < -INCIDENT_RELATED_NS)
        return false;
    if (a->scope == SCOPE_ENDPOINT && b->scope == SCOPE_ENDPOINT &&
        ipaddr_equal(&a->server.addr, &b->server.addr))
        return true;
    return a->family == b->family && a->outbreak.clients.n == 1 && b->outbreak.clients.n == 1 &&
           !a->outbreak.clients.is_capped && !b->outbreak.clients.is_capped &&
           ipaddr_equal(&a->outbreak.sample[0].client.addr, &b->outbreak.sample[0].client.addr);
}

/* Lowest numbers first; the last place gives way to a lower one. */
static void add_related(struct incident_event *event, uint32_t number)
{
    unsigned at = event->n_related;

    if (at == INCIDENT_RELATED_MAX) {
        if (event->related[at - 1] < number)
            return;
        at--;
    } else {
        event->n_related++;
    }
    for (; at > 0 && event->related[at - 1] > number; at--)
        event->related[at] = event->related[at - 1];
    event->related[at] = number;
}

static void describe_related(const struct incident_book *book, const struct incident *incident,
                             struct incident_event *event)
{
    if (incident->into && incident->into->number) {
        add_related(event, incident->into->number);
        return;
    }
    for (uint32_t i = 0; i < book->n_slots; i++) {
        const struct incident *other = &book->slot[i];

        if (other->state != INCIDENT_STATE_FREE && is_related(incident, other))
            add_related(event, other->number);
    }
}

/* What was established before it began may still fail: never less than the failures. */
uint64_t incident_attempts(const struct incident *incident)
{
    const struct outbreak *outbreak = &incident->outbreak;
    uint64_t n =
        incident->attempts->n - outbreak->n_attempts_before + outbreak->n_established_before;

    return n > outbreak->n_failures ? n : outbreak->n_failures;
}

/* Load shows while attempts and failures of a minute are known, and is not forgotten after. */
static void describe_pattern(struct incident *incident, struct incident_event *event)
{
    incident->follows_load |=
        incident_follows_load(incident->rules, &incident->outbreak, incident->attempts);
    event->period_ns = outbreak_period_ns(&incident->outbreak);
    event->pattern = event->period_ns         ? PATTERN_PERIODIC
                     : incident->follows_load ? PATTERN_LOAD
                                              : PATTERN_NONE;
}

/* From the first failure to the first success after the last, where none was between. */
static int64_t outage_ns(const struct incident *incident)
{
    const struct attempts *attempts = incident->attempts;

    if (attempts->ok_before_ns >= incident->outbreak.first_ns ||
        attempts->recovered_ns <= incident->outbreak.last_ns)
        return 0;
    return attempts->recovered_ns - incident->outbreak.first_ns;
}

static void describe(const struct incident_book *book, struct incident *incident, int64_t ts_ns,
                     struct incident_event *event)
{
    *event = (struct incident_event){
        .number = incident->number,
        .scope = incident->scope,
        .rule = incident->rule,
        .family = incident->family,
        .confidence = outbreak_confidence(&incident->outbreak, incident->rules),
        .server = incident->server,
        .client = incident->client,
        .opened_ns = incident->opened_ns,
        .closed_ns = NS_NEVER,
        .n_updates = incident->n_updates,
        .n_reopened = incident->n_reopened,
        .n_attempts = incident_attempts(incident),
        .n_failures_delta = incident->outbreak.n_failures - incident->told_failures,
    };
    outbreak_describe(&incident->outbreak, book->pool, event);
    describe_pattern(incident, event);
    event->delta_ns = ts_ns - (incident->number ? incident->told_ns : event->first_ns);
}

static void send(struct incident_book *book, struct incident *incident, int64_t ts_ns,
                 const struct emitter *emitter)
{
    struct incident_event *event = &book->draft->incident;

    book->draft->kind = EVENT_INCIDENT;
    book->draft->ts_ns = ts_ns;
    describe_related(book, incident, event);
    incident->told_ns = ts_ns;
    incident->told_failures = event->n_failures;
    incident->is_surer = false;
    if (event->confidence > incident->told_highest)
        incident->told_highest = (uint8_t)event->confidence;
    emitter->emit(emitter->ctx, book->draft);
}

/* ---- life ---- */

static int64_t later_ns(int64_t a_ns, int64_t b_ns)
{
    return a_ns > b_ns ? a_ns : b_ns;
}

static int64_t close_due_ns(const struct incident *incident)
{
    return incident->heard_ns + incident->rules->close_quiet_ns;
}

/* When its next line is due. */
static int64_t due_ns(const struct incident *incident)
{
    int64_t update_ns = incident->line_due_ns + incident->rules->update_ns;
    int64_t close_ns = close_due_ns(incident);

    if (incident->state == INCIDENT_STATE_SETTLING)
        return incident->line_due_ns;
    if (incident->is_surer)
        return incident->heard_ns;
    return incident->outbreak.n_failures > incident->told_failures && update_ns < close_ns
               ? update_ns
               : close_ns;
}

static void expect_line(struct incident_book *book, const struct incident *incident)
{
    int64_t line_ns = due_ns(incident);

    if (line_ns < book->next_due_ns)
        book->next_due_ns = line_ns;
}

static void come_alive(struct incident_book *book, struct incident *incident)
{
    if (incident->scope != SCOPE_OVERFLOW)
        book->n_live++;
    if (incident->scope == SCOPE_NETWORK)
        book->network[book->n_networks++] = incident;
    watch_pin(book->watch, incident->failing, incident->watched, true);
}

static void go_quiet(struct incident_book *book, struct incident *incident,
                     enum incident_state state)
{
    uint32_t n_kept = 0;

    watch_pin(book->watch, incident->failing, incident->watched, false);
    incident->failing = NULL;
    incident->watched = NULL;
    incident->attempts = NULL;
    incident->into = NULL;
    incident->state = state;
    if (incident->scope != SCOPE_OVERFLOW)
        book->n_live--;
    for (uint32_t i = 0; i < book->n_networks; i++)
        if (book->network[i] != incident)
            book->network[n_kept++] = book->network[i];
    book->n_networks = n_kept;
    if (state == INCIDENT_STATE_FREE)
        outbreak_clear(&incident->outbreak, book->pool);
}

void incident_book_settle(struct incident_book *book, struct incident *incident,
                          enum incident_rule rule)
{
    incident->rule = rule;
    incident->opened_ns = incident->outbreak.last_ns;
    incident->heard_ns = book->watch->now_ns;
    incident->line_due_ns = later_ns(incident->opened_ns + INCIDENT_SETTLE_NS, book->watch->now_ns);
    if (incident->number)
        incident->n_reopened++;
    incident->state = INCIDENT_STATE_SETTLING;
    come_alive(book, incident);
    describe(book, incident, incident->opened_ns, &incident->opening);
    expect_line(book, incident);
}

void incident_book_fail(struct incident_book *book, struct incident *incident,
                        struct connection_event *event, int64_t ts_ns)
{
    outbreak_add(&incident->outbreak, incident->rules, book->pool, event, ts_ns,
                 INCIDENT_CLIENTS_MAX);
    incident->heard_ns = book->watch->now_ns;
    if (incident->state != INCIDENT_STATE_OPEN)
        return;
    event->incident = incident->number;
    if (outbreak_confidence(&incident->outbreak, incident->rules) >
        (enum confidence)incident->told_highest)
        incident->is_surer = true;
    expect_line(book, incident);
}

/* `ts_ns` may be older than its last line: a line never goes back in time. */
static void close_incident(struct incident_book *book, struct incident *incident, int64_t ts_ns,
                           enum close_reason reason, const struct emitter *emitter)
{
    struct incident_event *event = &book->draft->incident;

    ts_ns = later_ns(ts_ns, incident->told_ns);
    describe(book, incident, ts_ns, event);
    event->phase = INCIDENT_CLOSE;
    event->closed_ns = ts_ns;
    event->close_reason = reason;
    event->outage_ns = outage_ns(incident);
    send(book, incident, ts_ns, emitter);
    incident->closed_ns = ts_ns;
    book->n_closed++;
    go_quiet(book, incident, INCIDENT_STATE_CLOSED);
}

static void close_members(struct incident_book *book, const struct incident *into,
                          const struct emitter *emitter)
{
    for (uint32_t number = 0;;) {
        struct incident *next = NULL;

        for (uint32_t i = 0; i < book->n_slots; i++) {
            struct incident *incident = &book->slot[i];

            if (incident->into == into && incident->number > number &&
                (!next || incident->number < next->number))
                next = incident;
        }
        if (!next)
            return;
        number = next->number;
        close_incident(book, next, into->opened_ns, CLOSE_EVICTED, emitter);
    }
}

static void open_incident(struct incident_book *book, struct incident *incident,
                          const struct emitter *emitter)
{
    if (!incident->number)
        incident->number = ++book->last_number;
    book->draft->incident = incident->opening;
    book->draft->incident.number = incident->number;
    incident->state = INCIDENT_STATE_OPEN;
    incident->line_due_ns -= INCIDENT_SETTLE_NS;
    book->n_opened++;
    send(book, incident, incident->opened_ns, emitter);
    close_members(book, incident, emitter);
    if (outbreak_confidence(&incident->outbreak, incident->rules) >
        (enum confidence)incident->told_highest)
        incident->is_surer = true;
}

static void update_incident(struct incident_book *book, struct incident *incident, int64_t ts_ns,
                            const struct emitter *emitter)
{
    struct incident_event *event = &book->draft->incident;

    incident->n_updates++;
    describe(book, incident, ts_ns, event);
    event->phase = INCIDENT_UPDATE;
    send(book, incident, ts_ns, emitter);
}

void incident_book_fold(struct incident_book *book, struct incident *incident,
                        struct incident *into)
{
    if (incident->state == INCIDENT_STATE_OPEN) {
        incident->into = into;
        return;
    }
    if (incident->number)
        incident->n_reopened--;
    go_quiet(book, incident, incident->number ? INCIDENT_STATE_CLOSED : INCIDENT_STATE_FREE);
}

/* ---- lines that are due ---- */

/* Among lines due at the same time: any order will do that does not hang on slots or hashes. */
static bool is_due_before(const struct incident *a, const struct incident *b)
{
    int64_t a_ns = due_ns(a), b_ns = due_ns(b);

    if (a_ns != b_ns)
        return a_ns < b_ns;
    if (a->opened_ns != b->opened_ns)
        return a->opened_ns < b->opened_ns;
    if (a->number != b->number)
        return a->number < b->number;
    if (a->family != b->family)
        return a->family < b->family;
    if (a->server.port != b->server.port)
        return a->server.port < b->server.port;
    return ipaddr_compare(&a->server.addr, &b->server.addr) < 0;
}

static struct incident *earliest_due(const struct incident_book *book)
{
    struct incident *earliest = NULL;

    for (uint32_t i = 0; i < book->n_slots; i++) {
        struct incident *incident = &book->slot[i];

        if (incident_is_live(incident) && (!earliest || is_due_before(incident, earliest)))
            earliest = incident;
    }
    return earliest;
}

static void send_due_line(struct incident_book *book, struct incident *incident,
                          const struct emitter *emitter)
{
    const struct outbreak *outbreak = &incident->outbreak;

    if (incident->state == INCIDENT_STATE_SETTLING) {
        open_incident(book, incident, emitter);
    } else if (incident->is_surer) {
        incident->line_due_ns = incident->heard_ns;
        update_incident(book, incident, later_ns(outbreak->last_ns, incident->told_ns), emitter);
    } else if (due_ns(incident) == close_due_ns(incident)) {
        close_incident(book, incident, outbreak->last_ns + incident->rules->close_quiet_ns,
                       incident->attempts->last_ok_ns > outbreak->last_ns ? CLOSE_RECOVERED
                                                                          : CLOSE_QUIET,
                       emitter);
    } else {
        incident->line_due_ns += incident->rules->update_ns;
        update_incident(book, incident,
                        later_ns(outbreak->last_ns, incident->told_ns + incident->rules->update_ns),
                        emitter);
    }
}

void incident_book_tick(struct incident_book *book, int64_t now_ns, const struct emitter *emitter)
{
    book->watch->now_ns = later_ns(book->watch->now_ns, now_ns);
    while (book->next_due_ns <= book->watch->now_ns) {
        struct incident *incident = earliest_due(book);

        book->next_due_ns = incident ? due_ns(incident) : NEVER_DUE_NS;
        if (incident && book->next_due_ns <= book->watch->now_ns)
            send_due_line(book, incident, emitter);
    }
}

static struct incident *next_settling(const struct incident_book *book)
{
    struct incident *next = NULL;

    for (uint32_t i = 0; i < book->n_slots; i++) {
        struct incident *incident = &book->slot[i];

        if (incident->state == INCIDENT_STATE_SETTLING && (!next || is_due_before(incident, next)))
            next = incident;
    }
    return next;
}

static struct incident *next_open(const struct incident_book *book)
{
    struct incident *next = NULL;

    for (uint32_t i = 0; i < book->n_slots; i++) {
        struct incident *incident = &book->slot[i];

        if (incident->state == INCIDENT_STATE_OPEN && (!next || incident->number < next->number))
            next = incident;
    }
    return next;
}

void incident_book_finish(struct incident_book *book, int64_t now_ns, enum close_reason reason,
                          const struct emitter *emitter)
{
    struct incident *incident;

    incident_book_tick(book, now_ns, emitter);
    while ((incident = next_settling(book)))
        open_incident(book, incident, emitter);
    while ((incident = next_open(book)))
        close_incident(book, incident, book->watch->now_ns, reason, emitter);
}
