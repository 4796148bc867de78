/* SPDX-License-Identifier: BSD-2-Clause */
/* See tamper.h. */
#include <stdbool.h>

#include "verdict/tamper.h"

#include "base/tcpflag.h"
#include "verdict/case.h"

/* What ZMap puts on its SYNs; other scanners leave out all options and begin with TTL 255. */
#define ZMAP_IP_ID 54321
#define SCANNER_TTL 200

#define END(id) (1u << TAMPER_##id)
#define ANY_RST (END(RST) | END(RST_SAME) | END(RST_DIFFER) | END(RST_ZERO))
#define ANY_RSTACK (END(RSTACK) | END(RSTACKS))

static const struct {
    const char *name;
    enum tamper_stage stage;
    unsigned ends; /* mask of 1 << enum tamper_end */
} signatures[] = {
    {"⟨SYN → ∅⟩", TAMPER_POST_SYN, END(NOTHING)},
    {"⟨SYN → RST⟩", TAMPER_POST_SYN, ANY_RST},
    {"⟨SYN → RST+ACK⟩", TAMPER_POST_SYN, ANY_RSTACK},
    {"⟨SYN → RST;RST+ACK⟩", TAMPER_POST_SYN, END(MIXED)},
    {"⟨SYN;ACK → ∅⟩", TAMPER_POST_ACK, END(NOTHING)},
    {"⟨SYN;ACK → RST⟩", TAMPER_POST_ACK, END(RST)},
    {"⟨SYN;ACK → RST;RST⟩", TAMPER_POST_ACK, ANY_RST & ~END(RST)},
    {"⟨SYN;ACK → RST+ACK⟩", TAMPER_POST_ACK, END(RSTACK)},
    {"⟨SYN;ACK → RST+ACK;RST+ACK⟩", TAMPER_POST_ACK, END(RSTACKS)},
    {"⟨PSH+ACK → ∅⟩", TAMPER_POST_PSH, END(NOTHING)},
    {"⟨PSH+ACK → RST⟩", TAMPER_POST_PSH, END(RST)},
    {"⟨PSH+ACK → RST+ACK⟩", TAMPER_POST_PSH, END(RSTACK)},
    {"⟨PSH+ACK → RST;RST+ACK⟩", TAMPER_POST_PSH, END(MIXED)},
    {"⟨PSH+ACK → RST+ACK;RST+ACK⟩", TAMPER_POST_PSH, END(RSTACKS)},
    {"⟨PSH+ACK → RST = RST⟩", TAMPER_POST_PSH, END(RST_SAME)},
    {"⟨PSH+ACK → RST ≠ RST⟩", TAMPER_POST_PSH, END(RST_DIFFER)},
    {"⟨PSH+ACK → RST;RST₀⟩", TAMPER_POST_PSH, END(RST_ZERO)},
    {"⟨PSH+ACK;Data → RST⟩", TAMPER_POST_DATA, ANY_RST},
    {"⟨PSH+ACK;Data → RST+ACK⟩", TAMPER_POST_DATA, ANY_RSTACK},
};

const char *tamper_name(enum tamper_stage stage, enum tamper_end end)
{
    for (size_t i = 0; i < ARRAY_LEN(signatures); i++) {
        if (signatures[i].stage == stage && signatures[i].ends & 1u << end)
            return signatures[i].name;
    }
    return NULL;
}

/* ---- who ended it ---- */

/* The side's first RST, unless a FIN or the other side's RST went before it. */
static const struct rst_facts *first_rst(const struct verdict_case *c)
{
    const struct rst_facts *rst = &c->trail->rst[0];

    if (c->trail->n_rst == 0 || rst->sender_had_fin || rst->peer_had_fin)
        return NULL;
    return rst;
}

/* The side that the other waits for; SIDE_COUNT = none. */
static enum flow_side silent_side(const struct verdict_case *c)
{
    int64_t client_ns = c->facts->last_ns[SIDE_CLIENT];
    int64_t server_ns = c->facts->last_ns[SIDE_SERVER];
    enum flow_side side = server_ns > client_ns ? SIDE_CLIENT : SIDE_SERVER;
    int64_t heard_ns = c->facts->last_ns[side];

    if (c->outcome != OUTCOME_TIMED_OUT && c->outcome != OUTCOME_HALF_OPEN &&
        c->outcome != OUTCOME_BLACKHOLED)
        return SIDE_COUNT;
    if (c->client->n_rst || c->server->n_rst || case_side(c, side)->bits & SIDE_FIN_SEEN)
        return SIDE_COUNT;
    if (heard_ns == NS_NEVER)
        heard_ns = c->facts->first_ns;
    return ns_since(heard_ns, c->now_ns) >= c->limits->censored_ns ? side : SIDE_COUNT;
}

/* ---- how far it had come ---- */

static enum tamper_stage stage_of(bool is_acknowledged, unsigned n_data)
{
    if (!is_acknowledged)
        return TAMPER_POST_SYN;
    if (n_data == 0)
        return TAMPER_POST_ACK;
    return n_data == 1 ? TAMPER_POST_PSH : TAMPER_POST_DATA;
}

/* The client's data is what RSTs in either name answer; the server's counts where it is the server
 * whose packets are looked at. */
static unsigned count_data(const uint8_t n_data[SIDE_COUNT], enum flow_side side)
{
    return n_data[SIDE_CLIENT] + (side == SIDE_SERVER ? n_data[SIDE_SERVER] : 0u);
}

static enum tamper_stage stage_at_rst(const struct verdict_case *c, const struct rst_facts *rst)
{
    const struct packet_mark *ack = case_slot(c, TRAIL_ACK);

    return stage_of(ack->frame && ack->frame < rst->mark.frame,
                    count_data(rst->n_data, (enum flow_side)rst->mark.side));
}

static enum tamper_stage stage_at_end(const struct verdict_case *c, enum flow_side side)
{
    uint8_t n_data[SIDE_COUNT];

    for (unsigned s = 0; s < SIDE_COUNT; s++)
        n_data[s] = side_n_new_data(&c->facts->side[s]);
    return stage_of(case_has(c, FACT_ESTABLISHED), count_data(n_data, side));
}

/* ---- what it ended with ---- */

/* Of one side's RSTs. */
struct rst_count {
    unsigned n_bare, n_ack;
    bool is_ack_other, is_ack_zero; /* of the bare ones: fields that differ; one of them is 0 */
};

static struct rst_count count_rsts(const struct verdict_case *c, uint8_t side)
{
    struct rst_count count = {0};
    uint32_t first_ack = 0;

    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        const struct packet_mark *rst = &c->trail->rst[i].mark;

        if (rst->side != side)
            continue;
        if (rst->flags & TCP_ACK) {
            count.n_ack++;
            continue;
        }
        if (count.n_bare++ == 0)
            first_ack = rst->ack;
        count.is_ack_other |= rst->ack != first_ack;
        count.is_ack_zero |= rst->ack == 0;
    }
    return count;
}

static enum tamper_end end_of(const struct rst_count *count)
{
    if (count->n_ack && count->n_bare)
        return TAMPER_MIXED;
    if (count->n_ack)
        return count->n_ack > 1 ? TAMPER_RSTACKS : TAMPER_RSTACK;
    if (count->n_bare == 1)
        return TAMPER_RST;
    if (!count->is_ack_other)
        return TAMPER_RST_SAME;
    return count->is_ack_zero ? TAMPER_RST_ZERO : TAMPER_RST_DIFFER;
}

/* ---- the whole ---- */

/* The noise that the authors take out (5.2). */
static bool is_noise(const struct verdict_case *c)
{
    const struct packet_mark *syn = case_slot(c, TRAIL_SYN);
    bool is_bare = !(syn->bits & (MARK_HAS_OPTIONS | MARK_OPTIONS_UNKNOWN));
    const struct listener_state *at = c->listener;

    if (syn->frame && !(syn->bits & MARK_V6) && syn->ip_id == ZMAP_IP_ID)
        return true;
    if (syn->frame && is_bare && syn->ttl >= SCANNER_TTL)
        return true;
    if (case_has(c, FACT_CLIENT_RST_SYNACK) &&
        c->client_host->n_synack_resets >= c->limits->scan_resets)
        return true;
    return at->flood_from_ns != NS_NEVER && c->facts->first_ns >= at->flood_from_ns &&
           c->facts->first_ns <= at->flood_until_ns;
}

static const char *signature_of_silence(const struct verdict_case *c)
{
    enum flow_side side = silent_side(c);

    if (side == SIDE_COUNT || case_side(c, side)->n_pkts > c->limits->tamper_pkts)
        return NULL;
    /* A client that tries again has not fallen silent. */
    if (side == SIDE_CLIENT && c->client->n_syn > 1)
        return NULL;
    return tamper_name(stage_at_end(c, side), TAMPER_NOTHING);
}

const char *tamper_signature(const struct verdict_case *c)
{
    const struct rst_facts *rst = first_rst(c);
    struct rst_count count;

    if (case_has(c, FACT_MIDSTREAM | FACT_EVICTED) || !case_has(c, FACT_SYN_SEEN) || is_noise(c))
        return NULL;
    if (!rst)
        return signature_of_silence(c);
    if (rst->n_baseline > c->limits->tamper_pkts)
        return NULL;
    count = count_rsts(c, rst->mark.side);
    return tamper_name(stage_at_rst(c, rst), end_of(&count));
}

bool tamper_is_telling(const struct verdict_case *c)
{
    const struct rst_facts *rst = first_rst(c);
    struct rst_count count;
    enum tamper_end end;

    if (!rst || !tamper_signature(c))
        return false;
    count = count_rsts(c, rst->mark.side);
    end = end_of(&count);
    return end == TAMPER_RST_DIFFER || end == TAMPER_RST_ZERO || end == TAMPER_RSTACKS;
}
