/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forged RSTs (VERDICTS.md 6 and 13.5): a score of signs, each a row with a small function. One
 * who injects from aside cannot stop the real packets, cannot know the sender's IP counter, and
 * rarely sits at its distance. Signs of one packet count once each; none is proof alone.
 */
#include <stdlib.h>

#include "base/tcpflag.h"
#include "verdict/case.h"
#include "verdict/tamper.h"

/* Points for the sign, 0 = not there; says why through the ruling. */
typedef int (*sign_fn)(const struct verdict_case *c, const struct rst_facts *rst,
                       struct ruling *ruling);

static int sign_ttl(const struct verdict_case *c, const struct rst_facts *rst,
                    struct ruling *ruling)
{
    unsigned off = case_hops_off(rst);

    if (off < c->limits->hops_differ)
        return 0;
    because(ruling, "ttl-differs", rst->mark.frame, "%u against %u", rst->mark.ttl,
            rst->baseline_ttl);
    return off >= c->limits->hops_strong ? 3 : 2;
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
    int64_t delay_ns = case_too_soon_ns(c, rst);

    if (delay_ns == NS_NEVER)
        return 0;
    because(ruling, "rst-too-soon", rst->mark.frame, "after %.1f ms, round trip is %.1f ms",
            case_ms(delay_ns), case_ms(ns_since(c->facts->first_ns, c->facts->synack_ns)));
    return 2;
}

/* Behind what its sender had said already (DATA_SEQ_RST): a socket's own RST is at the end of it,
 * and a host without the connection takes the number from what it answers. */
static int sign_behind(const struct verdict_case *c, const struct rst_facts *rst,
                       struct ruling *ruling)
{
    (void)c;
    if (rst->sent_beyond == 0 || rst->trigger.frame || rst->mark.seq == 0)
        return 0;
    because(ruling, "rst-behind-data", rst->mark.frame, "%u bytes behind what it had sent",
            rst->sent_beyond);
    return 1;
}

/* RST_ACK_CHANGE: a guess at what the other side will have sent. */
static int sign_ack_change(const struct verdict_case *c, const struct rst_facts *rst,
                           struct ruling *ruling)
{
    const struct side_facts *receiver = case_side(c, side_other((enum flow_side)rst->mark.side));

    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        const struct packet_mark *other = &c->trail->rst[i].mark;
        int32_t beyond = seq_distance(receiver->nxt, other->ack);
        int32_t first_beyond = seq_distance(receiver->nxt, rst->mark.ack);

        if (other->side == rst->mark.side && other->frame > rst->mark.frame &&
            other->flags & rst->mark.flags & TCP_ACK && other->ack != rst->mark.ack &&
            other->ts_ns - rst->mark.ts_ns < c->limits->rst_burst_ns &&
            (beyond > 0 || first_beyond > 0)) {
            because(ruling, "rst-acks-unsent", other->frame,
                    "%d bytes more than the other side ever sent",
                    beyond > first_beyond ? beyond : first_beyond);
            return 2;
        }
    }
    return 0;
}

/* Several RSTs in a way that no single stack sends them. */
static int sign_signature(const struct verdict_case *c, const struct rst_facts *rst,
                          struct ruling *ruling)
{
    if (rst != &c->trail->rst[0] || !tamper_is_telling(c))
        return 0;
    because(ruling, "tamper-signature", rst->mark.frame, "%s", tamper_signature(c));
    return 1;
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

/* Reasons why one host's packets come with several TTLs; how many. */
static unsigned say_several_places(const struct verdict_case *c, const struct rst_facts *rst,
                                   struct ruling *ruling)
{
    const struct side_facts *sender = case_side(c, (enum flow_side)rst->mark.side);
    const struct packet_mark *synack = case_slot(c, TRAIL_SYNACK);
    unsigned n = 0;

    if (sender->bits & SIDE_TTL_VARIES) {
        against(ruling, "several-paths", 0, "its other packets have TTL %u to %u", sender->ttl_min,
                sender->ttl_max);
        n++;
    }
    if (rst->mark.side == SIDE_SERVER && synack->frame && sender->ttl_min &&
        (synack->ttl < sender->ttl_min || synack->ttl > sender->ttl_max)) {
        against(ruling, "front-and-backend", synack->frame, "SYN-ACK TTL %u, data %u", synack->ttl,
                sender->ttl_min);
        n++;
    }
    return n;
}

/* What speaks for the sender itself; negative points. */
static int sign_genuine(const struct verdict_case *c, const struct rst_facts *rst,
                        struct ruling *ruling)
{
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
    return points - 2 * (int)say_several_places(c, rst, ruling);
}

static int add_up(const struct verdict_case *c, const struct rst_facts *rst, struct ruling *ruling,
                  const sign_fn *signs, size_t n_signs)
{
    int points = 0;

    for (size_t i = 0; i < n_signs; i++)
        points += signs[i](c, rst, ruling);
    return points;
}

static int score(const struct verdict_case *c, const struct rst_facts *rst, struct ruling *ruling)
{
    static const sign_fn of_one[] = {
        sign_ttl,       sign_sender_continues, sign_synack_after, sign_too_soon,
        sign_both_ends, sign_challenge,        sign_behind,       sign_shape,
        sign_ip_id,     sign_payload,          sign_genuine,
    };
    static const sign_fn of_several[] = {sign_seq_change, sign_ack_change, sign_windows};
    int points = add_up(c, rst, ruling, of_several, ARRAY_LEN(of_several));

    if (points == 0)
        points = sign_signature(c, rst, ruling);
    return points + add_up(c, rst, ruling, of_one, ARRAY_LEN(of_one));
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

    if (!is_alive || !c->trail->n_rst || c->rst == &c->trail->rst[0] ||
        !case_has(c, FACT_ESTABLISHED) || !case_has(c, FACT_ALIVE_AFTER_RST | FACT_CHALLENGED))
        return CONFIDENCE_NONE;
    because(ruling, "rst-without-effect", c->trail->rst[0].mark.frame,
            "both sides went on after it");
    if (case_has(c, FACT_CHALLENGED))
        because(ruling, "challenge-ack", case_slot(c, TRAIL_CHALLENGE)->frame,
                "the receiver doubted the RST");
    return CONFIDENCE_CERTAIN;
}

/* A device on the path answers in the name of a host that still has the connection, in the shape
 * of one that has not: a rule that came into force, or a balancer that lost its table. Only its
 * place gives it away. */
enum confidence rule_firewall_midstream_rst(const struct verdict_case *c, struct ruling *ruling)
{
    const struct rst_facts *rst = c->rst;
    int64_t soon_ns;
    unsigned n_signs = 0;

    if (c->outcome != OUTCOME_RESET || !rst || rst->family != RST_FAMILY_B2 ||
        !rst->trigger.frame || rst->fit != RST_FIT_EXACT || rst->sender_had_fin ||
        rst->peer_had_rst || !case_has(c, FACT_ESTABLISHED) ||
        rst->quiet_before_ns >= c->limits->idle_ns ||
        (case_slot(c, TRAIL_AFTER_RST)->frame &&
         case_slot(c, TRAIL_AFTER_RST)->side == rst->mark.side))
        return CONFIDENCE_NONE;
    if (case_is_nearer(c, rst) || case_is_one_nearer(c, rst)) {
        because(ruling, "ttl-nearer", rst->mark.frame, "%u against %u", rst->mark.ttl,
                rst->baseline_ttl);
        n_signs++;
    }
    soon_ns = case_too_soon_ns(c, rst);
    if (soon_ns != NS_NEVER) {
        because(ruling, "rst-too-soon", rst->mark.frame, "after %.1f ms, round trip is %.1f ms",
                case_ms(soon_ns), case_ms(ns_since(c->facts->first_ns, c->facts->synack_ns)));
        n_signs++;
    }
    if (case_filter_mark(rst)) {
        because(ruling, case_filter_mark(rst), rst->mark.frame, "as a filter's RST");
        n_signs++;
    }
    if (n_signs == 0)
        return CONFIDENCE_NONE;
    because(ruling, "rst-answers-packet", rst->trigger.frame, "RST seq is the ACK of frame %llu",
            (unsigned long long)rst->trigger.frame);
    ruling->odd_frame[ruling->n_odd++] = rst->mark.frame;
    if (say_several_places(c, rst, ruling) || n_signs == 1)
        return CONFIDENCE_POSSIBLE;
    return CONFIDENCE_LIKELY;
}

enum confidence rule_rst_injected(const struct verdict_case *c, struct ruling *ruling)
{
    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        const struct rst_facts *rst = &c->trail->rst[i];
        struct ruling signs;
        int points;

        /* After the other side's RST or an orderly close nothing is left to forge. */
        if (rst->peer_had_rst || (rst->sender_had_fin && rst->peer_had_fin))
            continue;
        ruling_begin(&signs, ruling->is_draft);
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
