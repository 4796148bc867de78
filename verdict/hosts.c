/* SPDX-License-Identifier: BSD-2-Clause */
/* See hosts.h: the tables. */
#include "verdict/hosts.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "verdict/hosts_learn.h"

/* Entries of one key lie among this many neighbours; the quietest of them gives way. */
#define WAYS 8

size_t hosts_cost_bytes(uint32_t n_hosts, uint32_t n_listeners)
{
    return arena_cost_bytes(n_hosts * sizeof(struct host_state)) +
           arena_cost_bytes(n_listeners * sizeof(struct listener_state)) +
           arena_cost_bytes(n_hosts * sizeof(uint16_t)) +
           arena_cost_bytes(n_listeners * sizeof(uint16_t)) + legs_cost_bytes(n_hosts / 2);
}

int hosts_create(struct hosts *hosts, struct arena *arena, uint32_t n_hosts, uint32_t n_listeners,
                 const struct verdict_limits *limits, struct hash_key hash_key)
{
    *hosts = (struct hosts){
        .limits = limits,
        .hash_key = hash_key,
        .host = arena_take(arena, n_hosts * sizeof(struct host_state)),
        .listener = arena_take(arena, n_listeners * sizeof(struct listener_state)),
        .host_tag = arena_take(arena, n_hosts * sizeof(uint16_t)),
        .listener_tag = arena_take(arena, n_listeners * sizeof(uint16_t)),
        .host_mask = n_hosts - 1,
        .listener_mask = n_listeners - 1,
    };
    if (!hosts->host || !hosts->listener || !hosts->host_tag || !hosts->listener_tag)
        return -ENOMEM;
    return legs_create(&hosts->legs, arena, n_hosts / 2);
}

uint8_t hosts_init_ttl(uint8_t ttl)
{
    if (ttl <= 32)
        return 32;
    if (ttl <= 64)
        return 64;
    return ttl <= 128 ? 128 : 255;
}

uint8_t hosts_hops(uint8_t ttl)
{
    return (uint8_t)(hosts_init_ttl(ttl) - ttl);
}

/* ---- the two tables ---- */

static uint64_t host_hash(const struct hosts *hosts, const struct ipaddr *addr)
{
    return hash_bytes(&hosts->hash_key, addr, sizeof(*addr));
}

/* The port goes into the seed: a key put together from both would be read back in other pieces than
 * it was written in, and wait for that. */
static uint64_t listener_hash(const struct hosts *hosts, const struct ipaddr *addr, uint16_t port)
{
    const struct hash_key key = {hosts->hash_key.seed ^ (port + UINT64_C(1)) << 32};

    return hash_bytes(&key, addr, sizeof(*addr));
}

static uint16_t tag_of(uint64_t hash)
{
    return (uint16_t)(hash >> 48 | 1);
}

static const struct host_state host_unknown = {
    .last_ns = NS_NEVER,
    .refused_ns = NS_NEVER,
    .asked_ns = NS_NEVER,
    .asked_known_ns = NS_NEVER,
    .unresolved_from_ns = NS_NEVER,
    .unresolved_ns = NS_NEVER,
};

/* Of the two latest: the index in recent_host, 2 where it is neither. An entry that has gone to
 * another address since does not match. */
static uint32_t find_recent(const struct hosts *hosts, const struct ipaddr *addr)
{
    uint32_t i = 0;

    while (i < ARRAY_LEN(hosts->recent_host)) {
        const struct host_state *host = &hosts->host[hosts->recent_host[i]];

        if (host->is_used && ipaddr_equal(&host->addr, addr))
            break;
        i++;
    }
    return i;
}

static struct host_state *find_host(const struct hosts *hosts, const struct ipaddr *addr,
                                    uint64_t hash)
{
    for (uint32_t i = 0; i < WAYS; i++) {
        uint32_t idx = ((uint32_t)hash + i) & hosts->host_mask;

        if (hosts->host_tag[idx] == tag_of(hash) && ipaddr_equal(&hosts->host[idx].addr, addr))
            return &hosts->host[idx];
    }
    return NULL;
}

const struct host_state *hosts_host(const struct hosts *hosts, const struct ipaddr *addr)
{
    uint32_t recent = find_recent(hosts, addr);
    const struct host_state *host;

    if (recent < ARRAY_LEN(hosts->recent_host))
        return &hosts->host[hosts->recent_host[recent]];
    host = find_host(hosts, addr, host_hash(hosts, addr));
    return host ? host : &host_unknown;
}

/* A new entry, at the cost of the quietest where there is no room. */
static struct host_state *add_host(struct hosts *hosts, const struct ipaddr *addr, uint64_t hash)
{
    struct host_state *victim = &hosts->host[(uint32_t)hash & hosts->host_mask];

    for (uint32_t i = 1; i < WAYS && victim->is_used; i++) {
        struct host_state *host = &hosts->host[((uint32_t)hash + i) & hosts->host_mask];

        if (!host->is_used || host->last_ns < victim->last_ns)
            victim = host;
    }
    hosts->n_evicted += victim->is_used;
    *victim = host_unknown;
    victim->addr = *addr;
    victim->is_used = true;
    hosts->host_tag[victim - hosts->host] = tag_of(hash);
    return victim;
}

struct host_state *host_for(struct hosts *hosts, const struct ipaddr *addr)
{
    uint32_t recent = find_recent(hosts, addr);

    if (recent == ARRAY_LEN(hosts->recent_host)) {
        uint64_t hash = host_hash(hosts, addr);
        struct host_state *host = find_host(hosts, addr, hash);

        if (!host)
            host = add_host(hosts, addr, hash);
        recent = 1 - hosts->latest;
        hosts->recent_host[recent] = (uint32_t)(host - hosts->host);
    }
    hosts->latest = recent;
    return &hosts->host[hosts->recent_host[recent]];
}

static const struct listener_state listener_unknown = {
    .answer_ns = NS_NEVER,
    .accept_ns = NS_NEVER,
    .taken_ns = NS_NEVER,
    .kept_ns = NS_NEVER,
    .open_ns = NS_NEVER,
    .silent_from_ns = NS_NEVER,
    .answered_before_silence_ns = NS_NEVER,
    .overflow_ns = NS_NEVER,
    .overflow_before_ns = NS_NEVER,
    .overflow_rst_ns = NS_NEVER,
    .refused_first_ns = NS_NEVER,
    .refused_last_ns = NS_NEVER,
    .accepted_before_refusal_ns = NS_NEVER,
    .accepted_after_refusal_ns = NS_NEVER,
    .interleaved_ns = NS_NEVER,
    .crowded_ns = NS_NEVER,
    .tls_ns = NS_NEVER,
    .quit_ns = NS_NEVER,
    .recovered_ns = NS_NEVER,
    .aborts = {.first_ns = NS_NEVER, .last_ns = NS_NEVER},
    .unknowns = {.first_ns = NS_NEVER, .last_ns = NS_NEVER},
    .flood_from_ns = NS_NEVER,
    .flood_until_ns = NS_NEVER,
};

static bool is_of(const struct listener_state *at, const struct ipaddr *addr, uint16_t port)
{
    return at->port == port && ipaddr_equal(&at->addr, addr);
}

/* NULL where the latest is another one. */
static struct listener_state *find_recent_listener(const struct hosts *hosts,
                                                   const struct ipaddr *addr, uint16_t port)
{
    struct listener_state *at = &hosts->listener[hosts->recent_listener];

    return at->is_used && is_of(at, addr, port) ? at : NULL;
}

static struct listener_state *find_listener(const struct hosts *hosts, const struct ipaddr *addr,
                                            uint16_t port, uint64_t hash)
{
    for (uint32_t i = 0; i < WAYS; i++) {
        uint32_t idx = ((uint32_t)hash + i) & hosts->listener_mask;
        struct listener_state *at = &hosts->listener[idx];

        if (hosts->listener_tag[idx] == tag_of(hash) && is_of(at, addr, port))
            return at;
    }
    return NULL;
}

const struct listener_state *hosts_listener(const struct hosts *hosts, const struct ipaddr *addr,
                                            uint16_t port)
{
    struct listener_state *at = find_recent_listener(hosts, addr, port);

    if (!at)
        at = find_listener(hosts, addr, port, listener_hash(hosts, addr, port));
    return at ? at : &listener_unknown;
}

/* Quietest: of the listeners that may give way, the one whose clock second is oldest. */
static struct listener_state *add_listener(struct hosts *hosts, const struct ipaddr *addr,
                                           uint16_t port, uint64_t hash)
{
    struct listener_state *victim = &hosts->listener[(uint32_t)hash & hosts->listener_mask];

    for (uint32_t i = 1; i < WAYS && victim->is_used; i++) {
        struct listener_state *at = &hosts->listener[((uint32_t)hash + i) & hosts->listener_mask];

        if (!at->is_used || at->second < victim->second)
            victim = at;
    }
    hosts->n_evicted += victim->is_used;
    *victim = listener_unknown;
    victim->addr = *addr;
    victim->port = port;
    victim->is_used = true;
    hosts->listener_tag[victim - hosts->listener] = tag_of(hash);
    return victim;
}

struct listener_state *listener_for(struct hosts *hosts, const struct ipaddr *addr, uint16_t port)
{
    struct listener_state *at = find_recent_listener(hosts, addr, port);

    if (!at) {
        uint64_t hash = listener_hash(hosts, addr, port);

        at = find_listener(hosts, addr, port, hash);
        if (!at)
            at = add_listener(hosts, addr, port, hash);
        hosts->recent_listener = (uint32_t)(at - hosts->listener);
    }
    return at;
}
