/* SPDX-License-Identifier: BSD-2-Clause */
/* See watch.h. */
#include "verdict/watch.h"

#include <string.h>

#include "verdict/incident.h"

#define V4_NETWORK_BYTES 15 /* of the mapped form: 12 + 3 */
#define V6_NETWORK_BYTES 8

/* No padding. */
struct failing_key {
    struct endpoint server;
    uint16_t family;
};

_Static_assert(sizeof(struct endpoint) == 18, "the key is hashed as bytes: no padding");
_Static_assert(sizeof(struct failing_key) == 20, "the key is hashed as bytes: no padding");

size_t watch_cost_bytes(const struct watch_sizes *sizes)
{
    return lrumap_cost_bytes(sizes->n_places) + lrumap_cost_bytes(sizes->n_failings) +
           lrumap_cost_bytes(sizes->n_clients) +
           arena_cost_bytes(sizes->n_places * sizeof(struct watch_place)) +
           arena_cost_bytes(sizes->n_failings * sizeof(struct watch_failing)) +
           arena_cost_bytes(sizes->n_clients * sizeof(struct watch_client));
}

bool watch_create(struct watch *watch, struct arena *arena, const struct watch_sizes *sizes,
                  struct clientpool *pool)
{
    const struct hash_key *key = &sizes->hash_key;

    watch->rules = sizes->rules;
    watch->pool = pool;
    if (!lrumap_create(&watch->places, arena, key, sizeof(struct endpoint), sizes->n_places) ||
        !lrumap_create(&watch->failings, arena, key, sizeof(struct failing_key),
                       sizes->n_failings) ||
        !lrumap_create(&watch->clients, arena, key, sizeof(struct ipaddr), sizes->n_clients))
        return false;
    watch->place = arena_take(arena, sizes->n_places * sizeof(struct watch_place));
    watch->failing = arena_take(arena, sizes->n_failings * sizeof(struct watch_failing));
    watch->client = arena_take(arena, sizes->n_clients * sizeof(struct watch_client));
    return watch->place && watch->failing && watch->client;
}

/* ---- making room ---- */

static bool is_quiet(const struct watch *watch, int64_t last_ns, int64_t now_ns)
{
    return last_ns <= now_ns - watch->rules->close_quiet_ns;
}

static void drop_failing(struct watch *watch, uint32_t idx)
{
    struct watch_failing *failing = &watch->failing[idx];
    uint32_t *from = &watch->place[failing->place_idx].first_failing;

    while (*from != idx)
        from = &watch->failing[*from].next;
    *from = failing->next;
    outbreak_clear(&failing->pending, watch->pool);
    lrumap_remove(&watch->failings, idx);
}

static bool make_room_for_place(struct watch *watch, int64_t now_ns)
{
    struct watch_place *place;

    if (!lrumap_is_full(&watch->places))
        return true;
    place = &watch->place[watch->places.oldest];
    if (place->n_pinned || !is_quiet(watch, place->last_ns, now_ns))
        return false;
    while (place->first_failing != LRUMAP_NONE)
        drop_failing(watch, place->first_failing);
    lrumap_remove(&watch->places, watch->places.oldest);
    return true;
}

static bool make_room_for_failing(struct watch *watch, int64_t now_ns)
{
    const struct watch_failing *failing;

    if (!lrumap_is_full(&watch->failings))
        return true;
    failing = &watch->failing[watch->failings.oldest];
    if (failing->is_pinned ||
        (failing->pending.n_failures && !is_quiet(watch, failing->pending.last_ns, now_ns)))
        return false;
    drop_failing(watch, watch->failings.oldest);
    return true;
}

/* Clients are only watched for scans, and a scan is busy: whoever was idle for longest goes. */
static bool make_room_for_client(struct watch *watch)
{
    if (!lrumap_is_full(&watch->clients))
        return true;
    for (uint32_t n = 0; n < watch->clients.n_max; n++) {
        uint32_t idx = watch->clients.oldest;

        if (!watch->client[idx].is_pinned) {
            outbreak_clear(&watch->client[idx].pending, watch->pool);
            lrumap_remove(&watch->clients, idx);
            return true;
        }
        lrumap_touch(&watch->clients, idx);
    }
    return false;
}

/* ---- records ---- */

struct watch_place *watch_place(struct watch *watch, const struct endpoint *server, int64_t ts_ns,
                                bool may_add)
{
    uint32_t idx = lrumap_find(&watch->places, server);

    if (idx == LRUMAP_NONE) {
        if (!may_add || !make_room_for_place(watch, ts_ns))
            return NULL;
        idx = lrumap_add(&watch->places, server);
        watch->place[idx] = (struct watch_place){
            .attempts = attempts_none(), .last_ns = ts_ns, .first_failing = LRUMAP_NONE};
    }
    lrumap_touch(&watch->places, idx);
    if (ts_ns > watch->place[idx].last_ns)
        watch->place[idx].last_ns = ts_ns;
    return &watch->place[idx];
}

struct watch_failing *watch_failing(struct watch *watch, struct watch_place *place,
                                    const struct connection_event *event, int64_t ts_ns,
                                    bool may_add)
{
    struct failing_key key = {event->server, (uint16_t)event->family};
    uint32_t idx = lrumap_find(&watch->failings, &key);

    if (idx == LRUMAP_NONE) {
        if (!may_add || !make_room_for_failing(watch, ts_ns))
            return NULL;
        idx = lrumap_add(&watch->failings, &key);
        watch->failing[idx] = (struct watch_failing){.place_idx = (uint32_t)(place - watch->place),
                                                     .next = place->first_failing};
        for (unsigned i = 0; i < INCIDENT_FORGED_MAX; i++)
            watch->failing[idx].forged_ns[i] = NS_NEVER;
        place->first_failing = idx;
    }
    lrumap_touch(&watch->failings, idx);
    return &watch->failing[idx];
}

/* Nothing is pending: so the arena had it, and so whoever was there before left it. */
static void begin_client(struct watch_client *client)
{
    client->attempts = attempts_none();
    client->incident = (struct incident_ref){0};
    client->is_pinned = false;
    client->n_targets = 0;
}

struct watch_client *watch_client(struct watch *watch, const struct ipaddr *addr, bool may_add)
{
    uint32_t idx = lrumap_find(&watch->clients, addr);

    if (idx == LRUMAP_NONE) {
        if (!may_add || !make_room_for_client(watch))
            return NULL;
        idx = lrumap_add(&watch->clients, addr);
        begin_client(&watch->client[idx]);
    }
    lrumap_touch(&watch->clients, idx);
    return &watch->client[idx];
}

/* ---- failures ---- */

static bool has_bad_bucket(const struct incident_rules *rules, const struct outbreak *outbreak,
                           const struct attempts *attempts, int64_t last)
{
    for (int64_t bucket = last - rules->window_buckets + 1; bucket <= last; bucket++)
        if (incident_bucket_is_bad(rules, outbreak, attempts, bucket))
            return true;
    return false;
}

static bool belongs_to_pending(const struct incident_rules *rules, const struct outbreak *pending,
                               const struct attempts *attempts, int64_t ts_ns)
{
    int64_t bucket = outbreak_bucket(rules, ts_ns);

    if (!pending->n_failures)
        return false;
    return bucket - outbreak_bucket(rules, pending->first_ns) < rules->window_buckets ||
           attempts->last_ok_ns < pending->first_ns ||
           has_bad_bucket(rules, pending, attempts, bucket);
}

/* The failure was counted as an attempt a moment ago, or when it was established. */
static void begin_pending(struct watch *watch, struct outbreak *pending,
                          const struct attempts *attempts, const struct connection_event *event)
{
    outbreak_clear(pending, watch->pool);
    pending->began_ns = watch->now_ns;
    pending->n_attempts_before = incident_is_counted(&event->facts) ? attempts->n : attempts->n - 1;
}

/* Keeps the newest ones, oldest first. */
static void note_forged(int64_t *forged_ns, unsigned n_kept, int64_t ts_ns)
{
    unsigned i = 0;

    if (ts_ns < forged_ns[0])
        return;
    for (; i + 1 < n_kept && forged_ns[i + 1] <= ts_ns; i++)
        forged_ns[i] = forged_ns[i + 1];
    forged_ns[i] = ts_ns;
}

void watch_failing_add(struct watch *watch, struct watch_failing *failing,
                       const struct connection_event *event, int64_t ts_ns)
{
    const struct attempts *attempts = &watch->place[failing->place_idx].attempts;

    if (!belongs_to_pending(watch->rules, &failing->pending, attempts, ts_ns))
        begin_pending(watch, &failing->pending, attempts, event);
    outbreak_add(&failing->pending, watch->rules, watch->pool, event, ts_ns,
                 INCIDENT_CLIENTS_BEFORE_MAX);
    if (event->family == FAMILY_RST_FORGED && event->confidence >= CONFIDENCE_LIKELY)
        note_forged(failing->forged_ns, watch->rules->forged_failures, ts_ns);
}

static void forget_old_targets(struct watch_client *client, int64_t now_ns)
{
    uint32_t n_kept = 0;

    for (uint32_t i = 0; i < client->n_targets; i++)
        if (client->target[i].last_ns >= now_ns - INCIDENT_CLIENT_WINDOW_NS)
            client->target[n_kept++] = client->target[i];
    client->n_targets = n_kept;
}

/* Overwrites the oldest one where there are too many. */
static struct watch_target *target_for(struct watch_client *client, const struct endpoint *server)
{
    struct watch_target *oldest = &client->target[0];

    for (uint32_t i = 0; i < client->n_targets; i++) {
        struct watch_target *target = &client->target[i];

        if (target->server.port == server->port &&
            ipaddr_equal(&target->server.addr, &server->addr))
            return target;
        if (target->last_ns < oldest->last_ns)
            oldest = target;
    }
    if (client->n_targets < INCIDENT_CLIENT_ENDPOINTS)
        oldest = &client->target[client->n_targets++];
    *oldest = (struct watch_target){.server = *server, .last_ns = INT64_MIN};
    return oldest;
}

/* Neighbours that used to answer and now answer nobody: not this client's trouble, but theirs. */
static bool is_network_gone(const struct watch_client *client)
{
    struct ipaddr network = watch_network(&client->target[0].server.addr);
    uint32_t n_gone = 0;

    for (uint32_t i = 0; i < client->n_targets; i++) {
        struct ipaddr other = watch_network(&client->target[i].server.addr);

        if (!ipaddr_equal(&other, &network))
            return false;
        n_gone += client->target[i].is_gone;
    }
    return n_gone * 2 >= client->n_targets;
}

bool watch_client_add(struct watch *watch, struct watch_client *client,
                      const struct watch_place *place, const struct connection_event *event,
                      int64_t ts_ns)
{
    struct watch_target *target;

    forget_old_targets(client, ts_ns);
    if (!client->pending.n_failures ||
        (client->n_targets < INCIDENT_CLIENT_ENDPOINTS / 2 &&
         client->pending.first_ns < ts_ns - INCIDENT_CLIENT_WINDOW_NS))
        begin_pending(watch, &client->pending, &client->attempts, event);
    outbreak_add(&client->pending, watch->rules, watch->pool, event, ts_ns, 1);
    target = target_for(client, &event->server);
    if (ts_ns > target->last_ns)
        target->last_ns = ts_ns;
    target->is_gone = place && place->attempts.last_ok_ns != NS_NEVER &&
                      place->attempts.last_ok_ns < client->pending.first_ns;
    return client->n_targets == INCIDENT_CLIENT_ENDPOINTS && !is_network_gone(client);
}

void watch_pin(struct watch *watch, struct watch_failing *failing, struct watch_client *client,
               bool is_pinned)
{
    if (client)
        client->is_pinned = is_pinned;
    if (failing && failing->is_pinned != is_pinned) {
        failing->is_pinned = is_pinned;
        if (is_pinned)
            watch->place[failing->place_idx].n_pinned++;
        else
            watch->place[failing->place_idx].n_pinned--;
    }
}

struct ipaddr watch_network(const struct ipaddr *addr)
{
    struct ipaddr network = {{0}};

    memcpy(network.bytes, addr->bytes, ipaddr_is_v4(addr) ? V4_NETWORK_BYTES : V6_NETWORK_BYTES);
    return network;
}

bool watch_is_failing_in(const struct watch *watch, uint32_t failing_idx, enum family family,
                         const struct ipaddr *network)
{
    const struct failing_key *key = lrumap_key(&watch->failings, failing_idx);
    struct ipaddr own = watch_network(&key->server.addr);

    return key->family == family && ipaddr_equal(&own, network);
}
