/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See hostwatch.h.
 *
 * Theory of operation: the kernel tells how it is now, and a failure is judged seconds after it
 * happened. So each listening socket is followed from look to look by its cookie: since when it is
 * there, until when, and when its queue was last full. A socket that is gone is remembered for
 * longer than an attempt takes to be judged. Two tables take turns: the next look is written into
 * the one that is not in use.
 */
#include "app/hostwatch.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/netstat.h"
#include "base/compiler.h"
#include "base/nanotime.h"

#define SOCKETS_MAX 2048
#define HEADS 1024 /* a power of two */
#define NO_ROW UINT16_MAX
#define SAMPLES 512 /* a power of two; eight minutes of looks */

#define LOOK_EVERY_NS NS_PER_S
#define LOOK_APART_NS (200 * NS_PER_MS)
#define LOOK_COST_SHARE 50
#define GONE_KEPT_NS (300 * NS_PER_S)
/* The watch had to be running so soon after a failure to say what was then. */
#define TIMELY_NS (3 * NS_PER_S)

/* A socket as the looks saw it. */
struct watched {
    struct listening_socket socket; /* as of the newest look that had it */
    int64_t since_ns;               /* first look that had it */
    int64_t absent_ns;              /* look before that; NS_NEVER where that one was the first */
    int64_t gone_ns;                /* first look that had it no more; NS_NEVER */
    int64_t full_from_ns, full_ns;  /* looks, from - to, of the newest run that found its queue
                                       full; NS_NEVER */
    uint32_t full_recv_q, full_backlog;
    uint16_t next; /* in the chain of its port */
    bool is_carried;
};

struct table {
    uint32_t n;
    bool is_cut; /* the host has more listeners than there is room for */
    uint16_t head[HEADS];
    struct watched row[SOCKETS_MAX];
};

struct sample {
    int64_t ns;
    uint64_t value[HOST_COUNTER_COUNT];
};

struct hostwatch {
    const struct clockline *clock; /* of the packets */
    int diag_fd, netstat_fd;       /* -1 = not open */
    struct table *now, *other;
    int64_t first_ns,
        looked_ns; /* NS_NEVER before the first look; a step of the clock begins anew */
    int64_t due_ns, allowed_ns; /* next look; and the earliest one out of turn */
    uint64_t n_samples;         /* ever taken */
    struct sample sample[SAMPLES];
};

size_t hostwatch_cost_bytes(void)
{
    return arena_cost_bytes(sizeof(struct hostwatch)) + 2 * arena_cost_bytes(sizeof(struct table));
}

static void table_clear(struct table *table)
{
    table->n = 0;
    table->is_cut = false;
    for (unsigned i = 0; i < HEADS; i++)
        table->head[i] = NO_ROW;
}

struct hostwatch *hostwatch_create(struct arena *arena)
{
    struct hostwatch *watch = arena_take(arena, sizeof(*watch));
    struct table *one = arena_take(arena, sizeof(*one));
    struct table *other = arena_take(arena, sizeof(*other));

    if (!watch || !one || !other)
        return NULL;
    *watch = (struct hostwatch){.diag_fd = -1,
                                .netstat_fd = -1,
                                .now = one,
                                .other = other,
                                .first_ns = NS_NEVER,
                                .looked_ns = NS_NEVER};
    table_clear(one);
    table_clear(other);
    return watch;
}

struct hostwatch *hostwatch_open(struct arena *arena, const struct clockline *clock,
                                 struct err *err)
{
    struct hostwatch *watch = hostwatch_create(arena);

    if (!watch) {
        (void)err_set(err, -ENOMEM, "out of memory for host evidence");
        return NULL;
    }
    watch->clock = clock;
    if (sockdiag_open(&watch->diag_fd, err) || netstat_open(&watch->netstat_fd, err)) {
        hostwatch_close(watch);
        return NULL;
    }
    return watch;
}

void hostwatch_close(struct hostwatch *watch)
{
    if (!watch)
        return;
    if (watch->diag_fd >= 0)
        (void)close(watch->diag_fd);
    if (watch->netstat_fd >= 0)
        (void)close(watch->netstat_fd);
    watch->diag_fd = watch->netstat_fd = -1;
}

/* ---- a look ---- */

static uint16_t *chain_of(struct table *table, uint16_t port)
{
    return &table->head[port & (HEADS - 1)];
}

static struct watched *find(struct table *table, const struct listening_socket *socket)
{
    for (uint16_t i = *chain_of(table, socket->port); i != NO_ROW; i = table->row[i].next) {
        struct watched *row = &table->row[i];

        if (row->socket.cookie == socket->cookie && row->socket.port == socket->port &&
            row->gone_ns == NS_NEVER)
            return row;
    }
    return NULL;
}

static struct watched *append(struct table *table, const struct watched *row)
{
    struct watched *to;
    uint16_t *head;

    if (table->n == SOCKETS_MAX)
        return NULL;
    head = chain_of(table, row->socket.port);
    to = &table->row[table->n];
    *to = *row;
    to->is_carried = false;
    to->next = *head;
    *head = (uint16_t)table->n++;
    return to;
}

/* One look on its way into the table that is not in use. */
struct look {
    struct hostwatch *watch;
    int64_t now_ns;
};

/* The kernel lets one more wait than the backlog says (sk_acceptq_is_full()). */
static bool is_full(const struct listening_socket *socket)
{
    return socket->recv_q > socket->backlog;
}

static void take_socket(void *ctx, const struct listening_socket *socket)
{
    const struct look *look = ctx;
    struct hostwatch *watch = look->watch;
    struct watched *before = find(watch->now, socket);
    struct watched row = {.since_ns = look->now_ns,
                          .absent_ns = watch->looked_ns,
                          .gone_ns = NS_NEVER,
                          .full_from_ns = NS_NEVER,
                          .full_ns = NS_NEVER};

    if (before) {
        row = *before;
        before->is_carried = true;
    }
    row.socket = *socket;
    if (is_full(socket)) {
        if (row.full_ns == NS_NEVER || row.full_ns != watch->looked_ns)
            row.full_from_ns = look->now_ns;
        row.full_ns = look->now_ns;
        row.full_recv_q = socket->recv_q;
        row.full_backlog = socket->backlog;
    }
    if (!append(watch->other, &row))
        watch->other->is_cut = true;
}

static void keep_gone(struct hostwatch *watch, int64_t now_ns)
{
    for (uint32_t i = 0; i < watch->now->n; i++) {
        struct watched *row = &watch->now->row[i];

        if (row->is_carried)
            continue;
        if (row->gone_ns == NS_NEVER)
            row->gone_ns = now_ns;
        if (ns_since(row->gone_ns, now_ns) < GONE_KEPT_NS && !append(watch->other, row))
            return;
    }
}

static void swap(struct hostwatch *watch)
{
    struct table *spare = watch->now;

    watch->now = watch->other;
    watch->other = spare;
}

static void finish_look(struct hostwatch *watch, int64_t now_ns, const uint64_t *counters)
{
    struct sample *sample = &watch->sample[watch->n_samples % SAMPLES];

    keep_gone(watch, now_ns);
    swap(watch);
    if (watch->first_ns == NS_NEVER)
        watch->first_ns = now_ns;
    watch->looked_ns = now_ns;
    sample->ns = now_ns;
    memcpy(sample->value, counters, sizeof(sample->value));
    watch->n_samples++;
}

/* What was seen before the clock was set back cannot be put in order with what comes now. */
static void begin_look(struct hostwatch *watch, int64_t now_ns)
{
    if (watch->looked_ns != NS_NEVER && now_ns < watch->looked_ns) {
        table_clear(watch->now);
        watch->first_ns = watch->looked_ns = NS_NEVER;
        watch->n_samples = 0;
    }
    table_clear(watch->other);
}

void hostwatch_look(struct hostwatch *watch, int64_t now_ns, const struct listening_socket *socket,
                    uint32_t n_sockets, const uint64_t *counters)
{
    struct look look = {.watch = watch, .now_ns = now_ns};

    begin_look(watch, now_ns);
    for (uint32_t i = 0; i < n_sockets; i++)
        take_socket(&look, &socket[i]);
    finish_look(watch, now_ns, counters);
}

/* ---- when to look ---- */

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* A look that failed half way is none: the table in use stays. */
static void look(struct hostwatch *watch, int64_t begun_ns)
{
    struct look look = {.watch = watch,
                        .now_ns = clockline_at(watch->clock, clock_ns(CLOCK_MONOTONIC))};
    uint64_t counters[HOST_COUNTER_COUNT];
    int64_t cost_ns;

    begin_look(watch, look.now_ns);
    if (sockdiag_list(watch->diag_fd, take_socket, &look) == 0 &&
        netstat_read(watch->netstat_fd, counters) == 0)
        finish_look(watch, look.now_ns, counters);
    else
        for (uint32_t i = 0; i < watch->now->n; i++)
            watch->now->row[i].is_carried = false;
    cost_ns = LOOK_COST_SHARE * ns_since(begun_ns, clock_ns(CLOCK_MONOTONIC));
    watch->allowed_ns = begun_ns + (cost_ns > LOOK_APART_NS ? cost_ns : LOOK_APART_NS);
    watch->due_ns = begun_ns + (cost_ns > LOOK_EVERY_NS ? cost_ns : LOOK_EVERY_NS);
}

void hostwatch_tick(struct hostwatch *watch)
{
    int64_t now_ns = clock_ns(CLOCK_MONOTONIC);

    if (watch->diag_fd >= 0 && now_ns >= watch->due_ns)
        look(watch, now_ns);
}

static void refresh(struct hostwatch *watch, int64_t until_ns)
{
    int64_t now_ns;

    if (watch->diag_fd < 0 || (watch->looked_ns != NS_NEVER && watch->looked_ns >= until_ns))
        return;
    now_ns = clock_ns(CLOCK_MONOTONIC);
    if (now_ns >= watch->allowed_ns)
        look(watch, now_ns);
}

/* ---- what is known ---- */

static bool is_any(const struct ipaddr *addr)
{
    static const struct ipaddr any6;
    static const uint8_t zero[4];
    const struct ipaddr any4 = ipaddr_from_v4(zero);

    return ipaddr_equal(addr, &any6) || ipaddr_equal(addr, &any4);
}

static enum host_listener how(const struct listening_socket *socket, const struct ipaddr *wanted)
{
    bool is_v4 = ipaddr_is_v4(wanted);

    if (ipaddr_equal(&socket->addr, wanted))
        return HOST_LISTENER_YES;
    if (is_any(&socket->addr)) {
        bool takes = is_v4 ? !socket->is_v6_only : socket->is_v6;

        return takes ? HOST_LISTENER_YES : HOST_LISTENER_OTHER_FAMILY;
    }
    if (ipaddr_is_loopback(&socket->addr) && !ipaddr_is_loopback(wanted))
        return HOST_LISTENER_LOOPBACK_ONLY;
    return ipaddr_is_v4(&socket->addr) == is_v4 ? HOST_LISTENER_OTHER_ADDRESS
                                                : HOST_LISTENER_OTHER_FAMILY;
}

/* Whether the socket was there at some time of the attempt, as far as the looks tell. */
static bool was_there(const struct watched *row, int64_t from_ns, int64_t until_ns)
{
    bool came_after = row->absent_ns != NS_NEVER && row->absent_ns >= until_ns;
    bool went_before = row->gone_ns != NS_NEVER && row->gone_ns <= from_ns;

    return !came_after && !went_before;
}

/* The watch had to be running then, and not only to find it so long afterwards. */
static bool was_full(const struct watched *row, int64_t from_ns, int64_t until_ns)
{
    return row->full_ns != NS_NEVER && row->full_ns >= from_ns &&
           row->full_from_ns <= until_ns + TIMELY_NS;
}

/* How far above its backlog; the fullest queue is the one to tell of. */
static int64_t excess(const struct watched *row, bool is_full_then)
{
    if (is_full_then)
        return (int64_t)row->full_recv_q - row->full_backlog;
    return (int64_t)row->socket.recv_q - row->socket.backlog;
}

static void tell_queue(const struct watched *row, bool is_full_then, struct host_evidence *evidence)
{
    evidence->bound = row->socket.addr;
    evidence->recv_q = is_full_then ? row->full_recv_q : row->socket.recv_q;
    evidence->backlog = is_full_then ? row->full_backlog : row->socket.backlog;
}

/* The sockets that take what is sent to the endpoint: one, or several that share it. */
static void tell_listeners(const struct hostwatch *watch, const struct endpoint *server,
                           int64_t from_ns, int64_t until_ns, struct host_evidence *evidence)
{
    int64_t most = INT64_MIN;
    uint32_t n_full = 0;

    for (uint16_t i = *chain_of(watch->now, server->port); i != NO_ROW;
         i = watch->now->row[i].next) {
        const struct watched *row = &watch->now->row[i];
        bool is_full_then = was_full(row, from_ns, until_ns);

        if (row->socket.port != server->port || !was_there(row, from_ns, until_ns) ||
            how(&row->socket, &server->addr) != HOST_LISTENER_YES)
            continue;
        evidence->listener = HOST_LISTENER_YES;
        evidence->n_listeners++;
        evidence->is_bound_to_device |= row->socket.if_idx != 0;
        evidence->is_settled |= row->since_ns <= from_ns && row->gone_ns == NS_NEVER;
        n_full += is_full_then;
        if (excess(row, is_full_then) <= most)
            continue;
        most = excess(row, is_full_then);
        tell_queue(row, is_full_then, evidence);
    }
    evidence->was_full = n_full > 0 && n_full == evidence->n_listeners;
}

/* The port's listeners that take something else than what was sent: the nearest miss. */
static void tell_misses(const struct hostwatch *watch, const struct endpoint *server,
                        int64_t from_ns, int64_t until_ns, struct host_evidence *evidence)
{
    for (uint16_t i = *chain_of(watch->now, server->port); i != NO_ROW;
         i = watch->now->row[i].next) {
        const struct watched *row = &watch->now->row[i];
        enum host_listener miss;

        if (row->socket.port != server->port || !was_there(row, from_ns, until_ns))
            continue;
        miss = how(&row->socket, &server->addr);
        if (miss > evidence->listener) {
            evidence->listener = miss;
            evidence->bound = row->socket.addr;
        }
    }
    evidence->is_settled = !watch->now->is_cut && watch->first_ns <= until_ns + TIMELY_NS;
}

/* From the last look before the attempt to the first one after it. */
static void tell_counters(const struct hostwatch *watch, int64_t from_ns, int64_t until_ns,
                          struct host_evidence *evidence)
{
    uint64_t n_kept = watch->n_samples < SAMPLES ? watch->n_samples : SAMPLES;
    const struct sample *after = NULL;

    for (uint64_t back = 0; back < n_kept; back++) {
        const struct sample *sample = &watch->sample[(watch->n_samples - 1 - back) % SAMPLES];

        if (sample->ns >= until_ns)
            after = sample;
        if (sample->ns > from_ns)
            continue;
        for (unsigned i = 0; i < HOST_COUNTER_COUNT && after; i++)
            evidence->delta[i] = after->value[i] - sample->value[i];
        evidence->has_counters = true;
        return;
    }
}

void hostwatch_tell(struct hostwatch *watch, const struct endpoint *server, int64_t from_ns,
                    int64_t until_ns, struct host_evidence *evidence)
{
    *evidence = (struct host_evidence){.listener = HOST_LISTENER_NONE};
    refresh(watch, until_ns);
    if (watch->looked_ns == NS_NEVER || watch->looked_ns < until_ns)
        return;
    evidence->is_known = true;
    tell_listeners(watch, server, from_ns, until_ns, evidence);
    if (evidence->listener != HOST_LISTENER_YES)
        tell_misses(watch, server, from_ns, until_ns, evidence);
    tell_counters(watch, from_ns, until_ns, evidence);
}
