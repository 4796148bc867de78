/* SPDX-License-Identifier: BSD-2-Clause */
/* See scan.h. */
#include "verdict/scan.h"

#include "base/nanotime.h"

/* Two addresses with one value count once: that makes scans smaller, never greater. */
static uint32_t fold(const struct ipaddr *addr)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < sizeof(addr->bytes); i++)
        value = value * 31 + addr->bytes[i];
    return value;
}

static bool is_over(int64_t from_ns, int64_t now_ns)
{
    return now_ns - from_ns > SCAN_WINDOW_NS;
}

static void begin_minute(struct scan_targets *targets, int64_t now_ns)
{
    targets->from_ns = now_ns;
    targets->n_failed = targets->n_made = targets->n = 0;
}

void scan_failed(struct scan_targets *targets, const struct flow_note *note, bool is_refused)
{
    unsigned server_end = 1u - note->client_end;
    uint32_t addr = fold(&note->key.addr[server_end]);
    uint16_t port = note->key.port[server_end];

    if (!targets->n_failed || is_over(targets->from_ns, note->now_ns))
        begin_minute(targets, note->now_ns);
    targets->n_failed++;
    for (unsigned i = 0; i < targets->n; i++) {
        if (targets->target[i].addr == addr && targets->target[i].port == port)
            return;
    }
    if (targets->n < SCAN_TARGETS)
        targets->target[targets->n++] = (struct scan_target){addr, port, is_refused};
}

void scan_made(struct scan_targets *targets, const struct flow_note *note)
{
    if (targets->n_failed && !is_over(targets->from_ns, note->now_ns))
        targets->n_made++;
}

bool scan_is_active(const struct scan_targets *targets, int64_t now_ns)
{
    return targets->n == SCAN_TARGETS && now_ns - targets->from_ns <= 2 * SCAN_WINDOW_NS &&
           targets->n_failed >= 4 * (uint64_t)targets->n_made;
}

bool scan_is_sweep(const struct scan_targets *targets)
{
    for (unsigned i = 0; i < targets->n; i++) {
        unsigned n_ports = 0;    /* of this address */
        unsigned n_refusing = 0; /* addresses, this port */

        for (unsigned k = 0; k < targets->n; k++) {
            n_ports += targets->target[k].addr == targets->target[i].addr;
            n_refusing +=
                targets->target[k].port == targets->target[i].port && targets->target[k].is_refused;
        }
        if (n_ports >= SCAN_SWEEP || n_refusing >= SCAN_SWEEP)
            return true;
    }
    return false;
}

bool scatter_is_answer(const struct flow_facts *facts, const struct flow_trail *trail)
{
    const struct side_facts *client = &facts->side[SIDE_CLIENT];
    const struct side_facts *server = &facts->side[SIDE_SERVER];
    const struct rst_facts *rst = &trail->rst[0];

    if (facts->bits & (FACT_SYN_SEEN | FACT_LOSS | FACT_SHED) || client->n_pkts != client->n_rst)
        return false;
    if (server->n_syn > 0)
        return server->n_pkts == server->n_syn + server->n_rst;
    return server->n_rst > 0 && server->n_pkts == server->n_rst && trail->n_rst > 0 &&
           rst->mark.side == SIDE_SERVER && rst->mark.seq == 0 && rst->mark.window == 0;
}

void scatter_add(struct scatter_peers *peers, const struct flow_note *note)
{
    uint32_t peer = fold(&note->key.addr[1 - note->client_end]);

    if (!peers->n || is_over(peers->from_ns, note->facts.first_ns))
        *peers = (struct scatter_peers){.from_ns = note->facts.first_ns};
    for (unsigned i = 0; i < peers->n; i++) {
        if (peers->peer[i] == peer)
            return;
    }
    if (peers->n < SCATTER_PEERS)
        peers->peer[peers->n++] = peer;
}
