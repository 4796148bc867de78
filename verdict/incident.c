/* SPDX-License-Identifier: BSD-2-Clause */
/* See incident.h: here is which incident a failure belongs to. */
#include "verdict/incident.h"

#include <string.h>

#include "verdict/incident_book.h"
#include "verdict/watch.h"

struct incidents {
    struct incident_rules rules;
    struct clientpool pool;
    struct watch watch;
    struct incident_book book;
    struct incident_ref overflow;
    uint64_t n_overflow;
};

struct incident_config incident_config_default(void)
{
    return (struct incident_config){
        .n_endpoints = 16384,
        .n_failing = 4096,
        .n_incidents = 256,
        .n_clients = 1024,
        .n_client_marks = 65536,
    };
}

static struct watch_sizes watch_sizes(const struct incident_config *config)
{
    return (struct watch_sizes){
        .n_places = config->n_endpoints,
        .n_failings = config->n_failing,
        .n_clients = config->n_clients,
        .hash_key = config->hash_key,
    };
}

size_t incidents_cost_bytes(const struct incident_config *config)
{
    struct watch_sizes sizes = watch_sizes(config);

    return arena_cost_bytes(sizeof(struct incidents)) +
           clientpool_cost_bytes(config->n_client_marks) + watch_cost_bytes(&sizes) +
           incident_book_cost_bytes(config->n_incidents);
}

struct incidents *incidents_create(struct arena *arena, const struct incident_config *config)
{
    struct watch_sizes sizes = watch_sizes(config);
    struct incidents *incidents = arena_take(arena, sizeof(*incidents));

    if (!incidents)
        return NULL;
    incidents->rules = config->rules ? *config->rules : incident_rules_usual;
    sizes.rules = &incidents->rules;
    if (!clientpool_create(&incidents->pool, arena, &config->hash_key, config->n_client_marks) ||
        !watch_create(&incidents->watch, arena, &sizes, &incidents->pool) ||
        !incident_book_create(&incidents->book, arena, config->n_incidents, &incidents->watch))
        return NULL;
    return incidents;
}

/* ---- attempts ---- */

/* Where an attempt counts. */
struct counted_at {
    struct watch_place *place;   /* NULL: not watched */
    struct watch_client *client; /* NULL: not watched */
    struct ipaddr network;
};

static bool is_in_network(const struct incident *incident, const struct counted_at *at)
{
    return ipaddr_equal(&incident->server.addr, &at->network);
}

static void count_attempt(struct incidents *incidents, const struct counted_at *at, int64_t ts_ns)
{
    if (at->place)
        attempts_count(&at->place->attempts, &incidents->rules, ts_ns);
    if (at->client)
        attempts_count(&at->client->attempts, &incidents->rules, ts_ns);
    for (uint32_t i = 0; i < incidents->book.n_networks; i++)
        if (is_in_network(incidents->book.network[i], at))
            attempts_count(&incidents->book.network[i]->own, &incidents->rules, ts_ns);
}

static void fail_attempt(struct incidents *incidents, const struct counted_at *at, int64_t ts_ns)
{
    if (at->place)
        attempts_fail(&at->place->attempts, ts_ns);
    if (at->client)
        attempts_fail(&at->client->attempts, ts_ns);
    for (uint32_t i = 0; i < incidents->book.n_networks; i++)
        if (is_in_network(incidents->book.network[i], at))
            attempts_fail(&incidents->book.network[i]->own, ts_ns);
}

/* Asked for only where there is one to compare it with. */
static struct ipaddr network_of(const struct incidents *incidents, const struct ipaddr *addr)
{
    return incidents->book.n_networks ? watch_network(addr) : (struct ipaddr){{0}};
}

static struct counted_at where(struct incidents *incidents, const struct ipaddr *client,
                               const struct endpoint *server, int64_t ts_ns, bool may_add)
{
    return (struct counted_at){
        .place = watch_place(&incidents->watch, server, ts_ns, may_add),
        .client = watch_client(&incidents->watch, client, false),
        .network = network_of(incidents, &server->addr),
    };
}

void incident_attempt(struct incidents *incidents, const struct ipaddr *client,
                      const struct endpoint *server, int64_t ts_ns)
{
    struct counted_at at = where(incidents, client, server, ts_ns, true);

    count_attempt(incidents, &at, ts_ns);
}

void incident_success(struct incidents *incidents, const struct ipaddr *client,
                      const struct endpoint *server, int64_t established_ns)
{
    struct counted_at at = where(incidents, client, server, established_ns, false);

    if (at.place)
        attempts_succeed(&at.place->attempts, established_ns);
    if (at.client)
        attempts_succeed(&at.client->attempts, established_ns);
    for (uint32_t i = 0; i < incidents->book.n_networks; i++)
        if (is_in_network(incidents->book.network[i], &at))
            attempts_succeed(&incidents->book.network[i]->own, established_ns);
}

/* ---- overflow ---- */

/* One incident for all that found no room. */
static void add_overflow(struct incidents *incidents, struct connection_event *event, int64_t ts_ns)
{
    struct incident_book *book = &incidents->book;
    struct incident *incident = incident_book_get(book, incidents->overflow);
    bool is_live = incident && incident_is_live(incident);

    incidents->n_overflow++;
    if (!is_live && (!incident || !incident_may_reopen(incident, ts_ns))) {
        incident = incident_book_take(book);
        incident->scope = SCOPE_OVERFLOW;
        incident->family = event->family;
        incident->own = attempts_none();
        incidents->overflow = incident_book_ref(book, incident);
    }
    attempts_count(&incident->own, &incidents->rules, ts_ns);
    if (is_live) {
        incident_book_fail(book, incident, event, ts_ns);
        return;
    }
    outbreak_add(&incident->outbreak, &incidents->rules, &incidents->pool, event, ts_ns,
                 INCIDENT_CLIENTS_MAX);
    incident->attempts = &incident->own;
    incident_book_settle(book, incident, RULE_BURST);
}

/* ---- folding ---- */

static bool is_member_of_network(const struct incident *incident, enum family family,
                                 const struct ipaddr *network)
{
    struct ipaddr own_network = watch_network(&incident->server.addr);

    return incident_is_live(incident) && !incident->into && incident->scope == SCOPE_ENDPOINT &&
           incident->family == family && ipaddr_equal(&own_network, network);
}

/* A new slot for the network, or the one of its last incident. */
static struct incident *network_incident(struct incidents *incidents, enum family family,
                                         const struct ipaddr *network, int64_t ts_ns)
{
    struct incident *incident = incident_book_network(&incidents->book, family, network);

    if (incident && incident_may_reopen(incident, ts_ns))
        return incident;
    incident = incident_book_take(&incidents->book);
    incident->scope = SCOPE_NETWORK;
    incident->family = family;
    incident->server.addr = *network;
    incident->own = attempts_none();
    return incident;
}

/* What is pending at the other endpoints of the network, and not over. */
static void take_network_pending(struct incidents *incidents, struct incident *into)
{
    struct watch *watch = &incidents->watch;

    for (uint32_t i = watch->failings.oldest; i != LRUMAP_NONE; i = watch->failings.node[i].newer) {
        struct watch_failing *failing = &watch->failing[i];
        struct outbreak *pending = &failing->pending;

        if (!pending->n_failures ||
            !watch_is_failing_in(watch, i, into->family, &into->server.addr) ||
            pending->last_ns < into->outbreak.first_ns)
            continue;
        into->own.n += watch->place[failing->place_idx].attempts.n - pending->n_attempts_before;
        outbreak_add_all(&into->outbreak, &incidents->pool, pending, INCIDENT_CLIENTS_MAX);
        outbreak_clear(pending, &incidents->pool);
    }
}

static void fold_into_network(struct incidents *incidents, const struct incident *newest)
{
    struct incident_book *book = &incidents->book;
    struct ipaddr network = watch_network(&newest->server.addr);
    enum family family = newest->family;
    enum incident_rule rule = newest->rule;
    struct incident *into;
    uint32_t n_members = 0;

    for (uint32_t i = 0; i < book->n_slots; i++)
        n_members += is_member_of_network(&book->slot[i], family, &network);
    if (n_members < INCIDENT_NETWORK_MEMBERS)
        return;
    into = network_incident(incidents, family, &network, newest->opened_ns);
    for (uint32_t i = 0; i < book->n_slots; i++) {
        struct incident *member = &book->slot[i];

        if (!is_member_of_network(member, family, &network))
            continue;
        outbreak_add_all(&into->outbreak, &incidents->pool, &member->outbreak,
                         INCIDENT_CLIENTS_MAX);
        into->own.n += incident_attempts(member);
        incident_book_fold(book, member, into);
    }
    take_network_pending(incidents, into);
    into->attempts = &into->own;
    incident_book_settle(book, into, rule);
}

/* Endpoints that failed for this client only, since its trouble began. */
static void fold_into_client(struct incidents *incidents, struct incident *into)
{
    for (uint32_t i = 0; i < incidents->book.n_slots; i++) {
        struct incident *member = &incidents->book.slot[i];

        if (incident_is_live(member) && !member->into && member->scope == SCOPE_ENDPOINT &&
            member->family != FAMILY_RST_FORGED && member->outbreak.clients.n == 1 &&
            !member->outbreak.clients.is_capped &&
            ipaddr_equal(&member->outbreak.sample[0].client.addr, &into->client) &&
            member->outbreak.first_ns >= into->outbreak.first_ns)
            incident_book_fold(&incidents->book, member, into);
    }
}

/* ---- opening ---- */

/* What is pending becomes the incident's own; an incident that is opened again keeps what it had
 * and where it began. */
static void take_pending(struct incidents *incidents, struct incident *incident,
                         struct outbreak *pending)
{
    if (!incident->outbreak.n_failures) {
        incident->outbreak.began_ns = pending->began_ns;
        incident->outbreak.n_attempts_before = pending->n_attempts_before;
        incident->outbreak.n_established_before = pending->n_established_before;
    }
    outbreak_add_all(&incident->outbreak, &incidents->pool, pending, INCIDENT_CLIENTS_MAX);
    outbreak_clear(pending, &incidents->pool);
}

static void open_endpoint(struct incidents *incidents, struct watch_place *place,
                          struct watch_failing *failing, const struct connection_event *event,
                          enum incident_rule rule)
{
    struct incident_book *book = &incidents->book;
    struct incident *incident = incident_book_get(book, failing->incident);

    if (!incident || !incident_may_reopen(incident, failing->pending.last_ns)) {
        incident = incident_book_take(book);
        incident->scope = SCOPE_ENDPOINT;
        incident->family = event->family;
        incident->server = event->server;
        failing->incident = incident_book_ref(book, incident);
    }
    incident->attempts = &place->attempts;
    incident->failing = failing;
    take_pending(incidents, incident, &failing->pending);
    incident_book_settle(book, incident, rule);
    fold_into_network(incidents, incident);
}

static void open_client(struct incidents *incidents, struct watch_client *client,
                        const struct connection_event *event)
{
    struct incident_book *book = &incidents->book;
    struct incident *incident = incident_book_get(book, client->incident);

    if (!incident || !incident_may_reopen(incident, client->pending.last_ns)) {
        incident = incident_book_take(book);
        incident->scope = SCOPE_CLIENT;
        incident->family = event->family;
        incident->client = event->client.addr;
        client->incident = incident_book_ref(book, incident);
    }
    incident->attempts = &client->attempts;
    incident->watched = client;
    take_pending(incidents, incident, &client->pending);
    fold_into_client(incidents, incident);
    incident_book_settle(book, incident, RULE_BURST);
}

/* ---- failures ---- */

/* NULL where the reference is of an incident that takes no failures (any more). */
static struct incident *live_incident(const struct incidents *incidents, struct incident_ref ref)
{
    struct incident *incident = incident_book_get(&incidents->book, ref);

    return incident && incident_is_live(incident) && !incident->into ? incident : NULL;
}

static struct incident *live_network(const struct incidents *incidents,
                                     const struct connection_event *event)
{
    struct ipaddr network = network_of(incidents, &event->server.addr);

    for (uint32_t i = 0; i < incidents->book.n_networks; i++) {
        struct incident *incident = incidents->book.network[i];

        if (incident->family == event->family && ipaddr_equal(&incident->server.addr, &network))
            return incident;
    }
    return NULL;
}

static enum incident_rule rule_for(const struct incidents *incidents,
                                   const struct watch_place *place,
                                   const struct watch_failing *failing)
{
    const struct incident *closed = incident_book_get(&incidents->book, failing->incident);
    bool may_reopen = closed && incident_may_reopen(closed, failing->pending.last_ns);
    struct rule_case c = {
        .rules = &incidents->rules,
        .outbreak = &failing->pending,
        .before = may_reopen ? &closed->outbreak : NULL,
        .attempts = &place->attempts,
        .forged_ns = failing->forged_ns,
    };

    return incident_rule_for(&c);
}

static void add_pending(struct incidents *incidents, struct watch_place *place,
                        struct watch_failing *failing, struct connection_event *event,
                        int64_t ts_ns)
{
    enum incident_rule rule;

    watch_failing_add(&incidents->watch, failing, event, ts_ns);
    rule = rule_for(incidents, place, failing);
    if (rule == INCIDENT_RULE_COUNT)
        return;
    if (incident_book_has_room(&incidents->book))
        open_endpoint(incidents, place, failing, event, rule);
    else
        add_overflow(incidents, event, ts_ns);
}

/* True: with this one, the client fails at so many endpoints that the failure is the client's. */
static bool add_to_client(struct incidents *incidents, struct watch_client *client,
                          const struct watch_place *place, const struct connection_event *event,
                          int64_t ts_ns)
{
    if (!client || event->family == FAMILY_RST_FORGED ||
        !watch_client_add(&incidents->watch, client, place, event, ts_ns) ||
        !incident_book_has_room(&incidents->book))
        return false;
    open_client(incidents, client, event);
    return true;
}

/* The live incident of the network or the client. A forged RST is never the client's doing. */
static struct incident *wider_incident(const struct incidents *incidents,
                                       const struct watch_client *client,
                                       const struct connection_event *event)
{
    struct incident *incident = live_network(incidents, event);

    if (!incident && client && event->family != FAMILY_RST_FORGED)
        incident = live_incident(incidents, client->incident);
    return incident;
}

void incident_add(struct incidents *incidents, struct connection_event *event, int64_t ts_ns)
{
    struct watch *watch = &incidents->watch;
    /* The sources of a flood are forged, and would throw everybody else out. */
    struct watch_client *client =
        event->verdict == VERDICT_SYN_FLOOD ? NULL : watch_client(watch, &event->client.addr, true);
    struct incident *wider = wider_incident(incidents, client, event);
    /* The targets of a scan would throw everything else out. */
    struct watch_place *place = watch_place(watch, &event->server, ts_ns, !wider);
    struct watch_failing *failing =
        place ? watch_failing(watch, place, event, ts_ns, !wider) : NULL;
    struct incident *incident = failing ? live_incident(incidents, failing->incident) : NULL;
    struct counted_at at = {place, client, network_of(incidents, &event->server.addr)};

    event->incident = 0;
    if (!incident_is_counted(&event->facts))
        count_attempt(incidents, &at, ts_ns);
    fail_attempt(incidents, &at, ts_ns);
    if (incident || wider)
        incident_book_fail(&incidents->book, incident ? incident : wider, event, ts_ns);
    else if (add_to_client(incidents, client, place, event, ts_ns))
        return;
    else if (failing)
        add_pending(incidents, place, failing, event, ts_ns);
    else
        add_overflow(incidents, event, ts_ns);
}

/* ---- lines ---- */

void incident_tick(struct incidents *incidents, int64_t now_ns, const struct emitter *emitter)
{
    incident_book_tick(&incidents->book, now_ns, emitter);
}

void incident_finish(struct incidents *incidents, int64_t now_ns, enum close_reason reason,
                     const struct emitter *emitter)
{
    incident_book_finish(&incidents->book, now_ns, reason, emitter);
}

void incident_count(const struct incidents *incidents, struct run_totals *total)
{
    total->n_incidents_opened = incidents->book.n_opened;
    total->n_incidents_closed = incidents->book.n_closed;
    total->n_incident_overflow = incidents->n_overflow;
}
