/* SPDX-License-Identifier: BSD-2-Clause */
/* See suppress.h. */
#include "verdict/suppress.h"

#include "base/nanotime.h"
#include "verdict/lrumap.h"

#define WAIT_NS (60 * NS_PER_S)

/* No padding. */
struct kind_key {
    struct endpoint server;
    uint16_t verdict;
};

_Static_assert(sizeof(struct kind_key) == 20, "the key is hashed as bytes: no padding");

/* A token bucket as the time at which it is full again: no rounding, nothing to refill. */
struct budget {
    int64_t full_ns;
};

/* Failures of one kind without a line; the event is the newest of them. */
struct suppress_waiting {
    uint64_t n; /* 0: not in use */
    int64_t since_ns;
    uint32_t kind_idx; /* LRUMAP_NONE: of all kinds with that verdict */
    struct verdict_event event;
};

struct kind {
    struct budget budget;
    struct suppress_waiting *waiting; /* NULL: none */
};

struct suppress {
    struct suppress_config config;
    struct lrumap kinds;
    struct kind *kind;
    struct suppress_waiting *waiting; /* config.n_waiting of kinds, then one each verdict */
    uint32_t n_waiting;               /* in use */
    uint32_t n_waiting_kinds;         /* of them, those of kinds */
    struct budget budget;
    int64_t next_due_ns; /* nothing has waited long enough before */
    uint64_t n_suppressed;
};

struct suppress_config suppress_config_default(void)
{
    return (struct suppress_config){
        .lines_per_s = 50,
        .lines_burst = 200,
        .kind_lines_per_s = 5,
        .n_kinds = 1024,
        .n_waiting = 64,
    };
}

static size_t waiting_bytes(const struct suppress_config *config)
{
    return (config->n_waiting + (size_t)VERDICT_COUNT) * sizeof(struct suppress_waiting);
}

size_t suppress_cost_bytes(const struct suppress_config *config)
{
    return arena_cost_bytes(sizeof(struct suppress)) + lrumap_cost_bytes(config->n_kinds) +
           arena_cost_bytes(config->n_kinds * sizeof(struct kind)) +
           arena_cost_bytes(waiting_bytes(config));
}

struct suppress *suppress_create(struct arena *arena, const struct suppress_config *config)
{
    struct suppress *suppress = arena_take(arena, sizeof(*suppress));

    if (!suppress || !lrumap_create(&suppress->kinds, arena, &config->hash_key,
                                    sizeof(struct kind_key), config->n_kinds))
        return NULL;
    suppress->config = *config;
    suppress->kind = arena_take(arena, config->n_kinds * sizeof(struct kind));
    suppress->waiting = arena_take(arena, waiting_bytes(config));
    suppress->budget.full_ns = NS_NEVER;
    suppress->next_due_ns = INT64_MAX;
    return suppress->kind && suppress->waiting ? suppress : NULL;
}

/* ---- budgets ---- */

static uint64_t budget_lines(const struct budget *budget, uint32_t lines_per_s, uint32_t burst,
                             int64_t now_ns)
{
    int64_t cost_ns = lines_per_s ? NS_PER_S / lines_per_s : 0;
    int64_t room_ns = burst * cost_ns;

    if (!lines_per_s)
        return UINT64_MAX;
    if (budget->full_ns > now_ns)
        room_ns -= budget->full_ns - now_ns;
    return room_ns > 0 ? (uint64_t)(room_ns / cost_ns) : 0;
}

/* More than there is may be spent: it is missing later. */
static void budget_spend(struct budget *budget, uint32_t lines_per_s, int64_t now_ns)
{
    if (!lines_per_s)
        return;
    if (budget->full_ns < now_ns)
        budget->full_ns = now_ns;
    budget->full_ns += NS_PER_S / lines_per_s;
}

static uint64_t lines_left(const struct suppress *suppress, int64_t now_ns)
{
    return budget_lines(&suppress->budget, suppress->config.lines_per_s,
                        suppress->config.lines_burst, now_ns);
}

/* ---- waiting ---- */

/* Lines that will be needed for what waits. Once one kind waits, others soon do: a place for each
 * is kept back, not only for those that wait now, or they would all be used up by turns. */
static uint64_t n_kept_back(const struct suppress *suppress)
{
    uint32_t n_verdicts = suppress->n_waiting - suppress->n_waiting_kinds;

    return suppress->n_waiting ? suppress->config.n_waiting + n_verdicts : 0;
}

static uint32_t n_waiting_slots(const struct suppress *suppress)
{
    return suppress->config.n_waiting + VERDICT_COUNT;
}

static uint64_t take_waiting(struct suppress *suppress, struct suppress_waiting *waiting)
{
    uint64_t n = waiting->n;

    if (waiting->kind_idx != LRUMAP_NONE) {
        suppress->kind[waiting->kind_idx].waiting = NULL;
        suppress->n_waiting_kinds--;
    }
    waiting->n = 0;
    suppress->n_waiting--;
    return n;
}

static void add_waiting(struct suppress *suppress, struct suppress_waiting *waiting,
                        const struct connection_event *event, int64_t ts_ns, int64_t now_ns)
{
    if (!waiting->n) {
        waiting->since_ns = now_ns;
        suppress->n_waiting++;
        if (now_ns + WAIT_NS < suppress->next_due_ns)
            suppress->next_due_ns = now_ns + WAIT_NS;
    }
    waiting->n++;
    waiting->event.kind = EVENT_CONNECTION;
    waiting->event.ts_ns = ts_ns;
    connection_copy(&waiting->event.connection, event);
}

static struct suppress_waiting *waiting_of_verdict(struct suppress *suppress,
                                                   enum verdict_id verdict)
{
    struct suppress_waiting *waiting = &suppress->waiting[suppress->config.n_waiting + verdict];

    waiting->kind_idx = LRUMAP_NONE;
    return waiting;
}

static struct suppress_waiting *waiting_for(struct suppress *suppress, uint32_t kind_idx,
                                            enum verdict_id verdict)
{
    struct kind *kind = &suppress->kind[kind_idx];

    if (!kind->waiting) {
        struct suppress_waiting *free = suppress->waiting;

        if (suppress->n_waiting_kinds == suppress->config.n_waiting)
            return waiting_of_verdict(suppress, verdict);
        while (free->n)
            free++;
        free->kind_idx = kind_idx;
        kind->waiting = free;
        suppress->n_waiting_kinds++;
    }
    return kind->waiting;
}

static void send_waiting(struct suppress *suppress, struct suppress_waiting *waiting,
                         int64_t now_ns, const struct emitter *emitter)
{
    waiting->event.connection.count = take_waiting(suppress, waiting);
    budget_spend(&suppress->budget, suppress->config.lines_per_s, now_ns);
    emitter->emit(emitter->ctx, &waiting->event);
}

/* ---- kinds ---- */

/* A kind that nobody knows any more waits with the others of its verdict. */
static void drop_oldest_kind(struct suppress *suppress)
{
    uint32_t idx = suppress->kinds.oldest;
    struct suppress_waiting *from = suppress->kind[idx].waiting;

    if (from) {
        struct connection_event *event = &from->event.connection;
        struct suppress_waiting *into = waiting_of_verdict(suppress, event->verdict);
        uint64_t n = take_waiting(suppress, from);

        add_waiting(suppress, into, event, from->event.ts_ns, from->since_ns);
        into->n += n - 1;
    }
    lrumap_remove(&suppress->kinds, idx);
}

/* How many lines of a kind may come at once; 0: as many as there are. Without a rate that is so
 * for all but the SYNs of a flood, of which one is like the other and there may be millions. */
static uint32_t kind_burst(const struct suppress_config *config, enum verdict_id verdict)
{
    if (config->lines_per_s)
        return config->kind_lines_per_s;
    return verdict == VERDICT_SYN_FLOOD ? config->flood_lines : 0;
}

static uint32_t kind_for(struct suppress *suppress, const struct connection_event *event)
{
    struct kind_key key = {event->server, (uint16_t)event->verdict};
    uint32_t idx = lrumap_find(&suppress->kinds, &key);

    if (idx == LRUMAP_NONE) {
        if (lrumap_is_full(&suppress->kinds))
            drop_oldest_kind(suppress);
        idx = lrumap_add(&suppress->kinds, &key);
        suppress->kind[idx] = (struct kind){.budget.full_ns = NS_NEVER};
    }
    lrumap_touch(&suppress->kinds, idx);
    return idx;
}

/* ---- public ---- */

bool suppress_pass(struct suppress *suppress, struct connection_event *event, int64_t ts_ns,
                   int64_t now_ns)
{
    const struct suppress_config *config = &suppress->config;
    uint32_t per_s = config->kind_lines_per_s;
    uint32_t burst = kind_burst(config, event->verdict);
    uint32_t kind_idx;
    struct kind *kind;

    event->count = 1;
    if (!burst)
        return true;
    kind_idx = kind_for(suppress, event);
    kind = &suppress->kind[kind_idx];
    if (lines_left(suppress, now_ns) <= n_kept_back(suppress) ||
        !budget_lines(&kind->budget, per_s, burst, now_ns)) {
        add_waiting(suppress, waiting_for(suppress, kind_idx, event->verdict), event, ts_ns,
                    now_ns);
        suppress->n_suppressed++;
        return false;
    }
    budget_spend(&suppress->budget, config->lines_per_s, now_ns);
    budget_spend(&kind->budget, per_s, now_ns);
    if (kind->waiting)
        event->count += take_waiting(suppress, kind->waiting);
    return true;
}

struct suppress_waiting *suppress_find_waiting(struct suppress *suppress,
                                               const struct endpoint *server,
                                               enum verdict_id verdict, int64_t now_ns)
{
    const struct suppress_config *config = &suppress->config;
    struct kind_key key = {*server, (uint16_t)verdict};
    uint32_t burst = kind_burst(config, verdict);
    uint32_t idx = burst ? lrumap_find(&suppress->kinds, &key) : LRUMAP_NONE;
    struct kind *kind = idx != LRUMAP_NONE ? &suppress->kind[idx] : NULL;

    if (!kind || !kind->waiting ||
        budget_lines(&kind->budget, config->kind_lines_per_s, burst, now_ns))
        return NULL;
    lrumap_touch(&suppress->kinds, idx);
    return kind->waiting;
}

void suppress_count_in(struct suppress *suppress, struct suppress_waiting *waiting,
                       uint32_t incident)
{
    waiting->n++;
    waiting->event.connection.incident = incident;
    suppress->n_suppressed++;
}

void suppress_tick(struct suppress *suppress, int64_t now_ns, const struct emitter *emitter)
{
    if (now_ns < suppress->next_due_ns)
        return;
    suppress->next_due_ns = INT64_MAX;
    for (uint32_t i = 0; i < n_waiting_slots(suppress); i++) {
        struct suppress_waiting *waiting = &suppress->waiting[i];

        if (waiting->n && waiting->since_ns + WAIT_NS <= now_ns && lines_left(suppress, now_ns))
            send_waiting(suppress, waiting, now_ns, emitter);
        else if (waiting->n && waiting->since_ns + WAIT_NS < suppress->next_due_ns)
            suppress->next_due_ns = waiting->since_ns + WAIT_NS;
    }
}

void suppress_flush_incident(struct suppress *suppress, uint32_t number, int64_t now_ns,
                             const struct emitter *emitter)
{
    for (uint32_t i = 0; i < n_waiting_slots(suppress); i++)
        if (suppress->waiting[i].n && suppress->waiting[i].event.connection.incident == number)
            send_waiting(suppress, &suppress->waiting[i], now_ns, emitter);
}

void suppress_flush(struct suppress *suppress, const struct emitter *emitter)
{
    for (uint32_t i = 0; i < n_waiting_slots(suppress); i++)
        if (suppress->waiting[i].n)
            send_waiting(suppress, &suppress->waiting[i], suppress->waiting[i].since_ns, emitter);
}

uint64_t suppress_count(const struct suppress *suppress)
{
    return suppress->n_suppressed;
}
