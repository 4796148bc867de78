/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forged RSTs (VERDICTS.md 6 and 13.5): a score of signs, each a row with a small function. One
 * who injects from aside cannot stop the real packets, cannot know the sender's IP counter, and
 * rarely sits at its distance. Signs of one packet count once each; none is proof alone.
 */
#include <stdlib.h>

#include "base/tcpflag.h"
#include "verdict/case.h"

/* Points for the sign, 0 = not there; says why through the ruling. */
typedef int (*sign_fn)(const struct verdict_case *c, const struct rst_facts *rst,
                       struct ruling *ruling);

static int sign_ttl(const struct verdict_case *c, const struct rst_facts *rst,
                    struct ruling *ruling)
{
    int off = abs((int)rst->mark.ttl - (int)rst->baseline_ttl);
    bool is_other_class = hosts_init_ttl(rst->mark.ttl) != hosts_init_ttl(rst->baseline_ttl);

    if (!rst->baseline_ttl || off < (int)c->limits->hops_differ)
        return 0;
    because(ruling, "ttl-differs", rst->mark.frame, "%u against %u", rst->mark.ttl,
            rst->baseline_ttl);
    return is_other_class || off >= (int)c->limits->hops_strong ? 3 : 2;
}

/* The sender talks on after hanging up (RST_SEQ_DATA). */
static int sign_sender_continues(const struct verdict_case *c, const struct rst_facts *rst,
                                 struct ruling *ruling)
{
    const struct packet_mark *after = case_slot(c, TRAIL_AFTER_RST);
    int64_t later_ns = ns_since(rst->mark.ts_ns, after->ts_ns);
    uint32_t end = after->seq + after->payload_bytes;
    bool is_new = seq_after(end, rst->mark.seq);

    if (!after->frame || after->side != rst->mark.side || after->ts_ns < rst->mark.ts_ns ||
        later_ns > c->limits->after_rst_ns)
        return 0;
    /* What a stateless RST leaves in flight can overtake it; a socket's own RST is its last word.
     */
    if (later_ns < c->limits->reorder_ns && (rst->family == RST_FAMILY_B2 || !is_new))
        return 0;
    if (!is_new && after->payload_bytes == 0 && rst->family == RST_FAMILY_B2)
        return 0;
    because(ruling, "sender-continues", after->frame, "seq %u after %.1f ms",
            after->seq - case_side(c, (enum flow_side)rst->mark.side)->isn, case_ms(later_ns));
    return 3;
}

/* The handshake that was refused goes on: the real server never heard of it (SYN_RST). */
static int sign_synack_after(const struct verdict_case *c, const struct rst_facts *rst,
                             struct ruling *ruling)
{
    if (rst->mark.side != SIDE_SERVER || !case_has(c, FACT_SYNACK_SEEN) ||
        rst->mark.frame >= case_slot(c, TRAIL_SYNACK)->frame || !case_has(c, FACT_SYN_REFUSED))
        return 0;
    because(ruling, "synack-after-rst", case_slot(c, TRAIL_SYNACK)->frame,
            "SYN-ACK %.1f ms after the RST", case_ms(c->facts->synack_ns - rst->mark.ts_ns));
    return 2;
}

/* Sooner than the path allows: whoever sent it sits nearer than the server. */
static int sign_too_soon(const struct verdict_case *c, const struct rst_facts *rst,
                         struct ruling *ruling)
{
    int64_t rtt_ns = ns_since(c->facts->first_ns, c->facts->synack_ns);
    const struct packet_mark *trigger =
        rst->trigger.frame ? &rst->trigger : case_slot(c, TRAIL_SYN);
    int64_t delay_ns = ns_since(trigger->ts_ns, rst->mark.ts_ns);

    if (rst->mark.side != SIDE_SERVER || !case_has(c, FACT_SYNACK_SEEN) || c->client->n_syn != 1 ||
        c->vantage != VANTAGE_CLIENT || !trigger->frame || rtt_ns < c->limits->rtt_telling_ns ||
        delay_ns * 2 >= rtt_ns)
        return 0;
    because(ruling, "rst-too-soon", rst->mark.frame, "after %.1f ms, round trip is %.1f ms",
            case_ms(delay_ns), case_ms(rtt_ns));
    return 2;
}

static int sign_seq_change(const struct verdict_case *c, const struct rst_facts *rst,
                           struct ruling *ruling)
{
    const struct side_facts *sender = case_side(c, (enum flow_side)rst->mark.side);
    const struct side_facts *receiver = case_side(c, side_other((enum flow_side)rst->mark.side));

    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        const struct rst_facts *other = &c->trail->rst[i];

        if (other->mark.side == rst->mark.side && other->mark.frame > rst->mark.frame &&
            !other->sender_had_fin && !other->peer_had_rst &&
            other->mark.ts_ns - rst->mark.ts_ns < c->limits->rst_burst_ns &&
            seq_distance(rst->mark.seq, other->mark.seq) > 2 &&
            seq_distance(sender->nxt, other->mark.seq) > 0 &&
            seq_distance(receiver->acked, other->mark.seq) > 2) {
            because(ruling, "rst-seq-climbs", other->mark.frame, "second RST %d ahead",
                    seq_distance(rst->mark.seq, other->mark.seq));
            return 3;
        }
    }
    return 0;
}

static int sign_windows(const struct verdict_case *c, const struct rst_facts *rst,
                        struct ruling *ruling)
{
    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        const struct packet_mark *other = &c->trail->rst[i].mark;

        if (other->side == rst->mark.side && other->frame > rst->mark.frame && other->window &&
            rst->mark.window && other->window != rst->mark.window &&
            other->ts_ns - rst->mark.ts_ns <= 100 * NS_PER_MS) {
            because(ruling, "rst-windows-differ", other->frame, "%u and %u", rst->mark.window,
                    other->window);
            return 3;
        }
    }
    return 0;
}

static int sign_both_ends(const struct verdict_case *c, const struct rst_facts *rst,
                          struct ruling *ruling)
{
    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        const struct rst_facts *other = &c->trail->rst[i];

        if (other->mark.side != rst->mark.side && !other->trigger.frame && !rst->trigger.frame &&
            llabs(other->mark.ts_ns - rst->mark.ts_ns) <= 5 * NS_PER_MS) {
            because(ruling, "rst-to-both-ends", other->mark.frame, "within 5 ms, none asked for");
            return 2;
        }
    }
    return 0;
}

static int sign_challenge(const struct verdict_case *c, const struct rst_facts *rst,
                          struct ruling *ruling)
{
    (void)rst;
    if (!case_has(c, FACT_CHALLENGED))
        return 0;
    because(ruling, "challenge-ack", case_slot(c, TRAIL_CHALLENGE)->frame,
            "the receiver doubted the RST");
    return 1;
}

static int sign_shape(const struct verdict_case *c, const struct rst_facts *rst,
                      struct ruling *ruling)
{
    (void)c;
    if (!(rst->mark.flags & TCP_ACK) || !rst->lacks_timestamps || rst->mark.seq == 0 ||
        rst->mark.window != 0)
        return 0;
    because(ruling, "no-stack-sends-this", rst->mark.frame,
            "RST with ACK, window 0, no timestamps");
    return 1;
}

static int sign_ip_id(const struct verdict_case *c, const struct rst_facts *rst,
                      struct ruling *ruling)
{
    int16_t jump = (int16_t)(rst->mark.ip_id - rst->prev_ip_id);

    if (!rst->does_id_count || rst->mark.ip_id == 0 || abs(jump) <= c->limits->id_jump)
        return 0;
    because(ruling, "ip-id-off-counter", rst->mark.frame, "%u against %u", rst->mark.ip_id,
            rst->prev_ip_id + 1u);
    return 1;
}

static int sign_payload(const struct verdict_case *c, const struct rst_facts *rst,
                        struct ruling *ruling)
{
    (void)c;
    if (rst->mark.payload_bytes == 0)
        return 0;
    because(ruling, "rst-with-payload", rst->mark.frame, "%u bytes", rst->mark.payload_bytes);
    return 1;
}

/* What speaks for the sender itself; negative points. */
static int sign_genuine(const struct verdict_case *c, const struct rst_facts *rst,
                        struct ruling *ruling)
{
    const struct side_facts *sender = case_side(c, (enum flow_side)rst->mark.side);
    const struct packet_mark *synack = case_slot(c, TRAIL_SYNACK);
    int points = 0;

    if (rst->family == RST_FAMILY_A && rst->mark.bits & MARK_HAS_TIMESTAMPS &&
        rst->fit == RST_FIT_EXACT) {
        against(ruling, "rst-of-socket", rst->mark.frame, "window %u and timestamps as it has them",
                rst->mark.window);
        points -= 4;
    }
    if (rst->family == RST_FAMILY_B2 && rst->trigger.frame &&
        rst->quiet_before_ns >= c->limits->idle_ns) {
        against(ruling, "answers-after-idle", rst->mark.frame,
                "answers the first packet after %.1f s idle", case_seconds(rst->quiet_before_ns));
        points -= 2;
    }
    if (rst->sender_had_fin) {
        against(ruling, "sender-had-closed", rst->mark.frame, "FIN before the RST");
        points -= 2;
    }
    if (sender->bits & SIDE_TTL_VARIES) {
        against(ruling, "several-paths", 0, "its other packets have TTL %u to %u", sender->ttl_min,
                sender->ttl_max);
        points -= 2;
    }
    if (rst->mark.side == SIDE_SERVER && synack->frame && sender->ttl_min &&
        (synack->ttl < sender->ttl_min || synack->ttl > sender->ttl_max)) {
        against(ruling, "front-and-backend", synack->frame, "SYN-ACK TTL %u, data %u", synack->ttl,
                sender->ttl_min);
        points -= 2;
    }
    return points;
}

static int score(const struct verdict_case *c, const struct rst_facts *rst, struct ruling *ruling)
{
    static const sign_fn signs[] = {
        sign_ttl,     sign_sender_continues, sign_synack_after, sign_too_soon, sign_seq_change,
        sign_windows, sign_both_ends,        sign_challenge,    sign_shape,    sign_ip_id,
        sign_payload, sign_genuine,
    };
    int points = 0;

    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        points += signs[i](c, rst, ruling);
    return points;
}

/* The capture was made where the RST claims to come from: a packet that comes in with the host's
 * own address was sent by somebody else. */
static bool is_seen_at_sender(const struct verdict_case *c, const struct rst_facts *rst)
{
    return c->vantage == VANTAGE_BOTH ||
           c->vantage == (rst->mark.side == SIDE_CLIENT ? VANTAGE_CLIENT : VANTAGE_SERVER);
}

/* The connection outlived every RST in it. */
enum confidence rule_rst_ignored(const struct verdict_case *c, struct ruling *ruling)
{
    bool is_alive = c->outcome == OUTCOME_OK || c->outcome == OUTCOME_OK_DEGRADED;

    if (!is_alive || c->rst || !c->trail->n_rst || !case_has(c, FACT_ESTABLISHED) ||
        !case_has(c, FACT_ALIVE_AFTER_RST | FACT_CHALLENGED))
        return CONFIDENCE_NONE;
    because(ruling, "rst-without-effect", c->trail->rst[0].mark.frame,
            "both sides went on after it");
    if (case_has(c, FACT_CHALLENGED))
        because(ruling, "challenge-ack", case_slot(c, TRAIL_CHALLENGE)->frame,
                "the receiver doubted the RST");
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_rst_injected(const struct verdict_case *c, struct ruling *ruling)
{
    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        const struct rst_facts *rst = &c->trail->rst[i];
        struct ruling signs = {0};
        int points;

        /* After the other side's RST or an orderly close nothing is left to forge. */
        if (rst->peer_had_rst || (rst->sender_had_fin && rst->peer_had_fin))
            continue;
        points = score(c, rst, &signs);
        if (points < c->limits->score_possible)
            continue;
        *ruling = signs;
        ruling->odd_frame[ruling->n_odd++] = rst->mark.frame;
        if (points >= c->limits->score_certain && is_seen_at_sender(c, rst))
            return CONFIDENCE_CERTAIN;
        return points >= c->limits->score_likely ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    }
    return CONFIDENCE_NONE;
}
