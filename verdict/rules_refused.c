/* SPDX-License-Identifier: BSD-2-Clause */
/* A RST answered the SYN, or the handshake's last step (VERDICTS.md 13.1). */
#include <stdlib.h>

#include "base/tcpflag.h"
#include "verdict/case.h"
#include "verdict/host_say.h"

/* The RST that acknowledged the SYN. */
static const struct rst_facts *refusal(const struct verdict_case *c)
{
    if (c->outcome != OUTCOME_REFUSED)
        return NULL;
    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        if (c->trail->rst[i].mark.side == SIDE_SERVER)
            return &c->trail->rst[i];
    }
    return NULL;
}

static bool is_within(int64_t from_ns, int64_t to_ns, int64_t limit_ns)
{
    return from_ns != NS_NEVER && to_ns != NS_NEVER && from_ns <= to_ns &&
           ns_since(from_ns, to_ns) <= limit_ns;
}

/* The refusal belongs to the newest run that the listener knows of. */
static bool is_of_newest_run(const struct verdict_case *c, const struct rst_facts *rst)
{
    const struct listener_state *at = c->listener;

    return at->refused_first_ns != NS_NEVER && rst->mark.ts_ns >= at->refused_first_ns &&
           rst->mark.ts_ns <= at->refused_last_ns;
}

/* Refused and accepted by turns: one of several backends is down, or a queue overflows. */
static bool is_interleaved(const struct verdict_case *c, const struct rst_facts *rst)
{
    const struct listener_state *at = c->listener;
    bool is_dip = at->n_refused_between == 1 && is_of_newest_run(c, rst) &&
                  is_within(at->accepted_before_refusal_ns, at->accepted_after_refusal_ns,
                            c->limits->partial_ns);

    return is_dip || is_within(at->interleaved_ns, c->now_ns, c->limits->restart_ns);
}

enum confidence rule_refused(const struct verdict_case *c, struct ruling *ruling)
{
    const struct rst_facts *rst = refusal(c);

    if (c->outcome != OUTCOME_REFUSED)
        return CONFIDENCE_NONE;
    if (rst)
        because(ruling, "rst-answers-syn", rst->mark.frame, "RST %.3f ms after the SYN",
                case_ms(ns_since(c->facts->first_ns, rst->mark.ts_ns)));
    if (c->client->n_syn > 1)
        because(ruling, "syn-repeated", case_slot(c, TRAIL_SYN_LAST)->frame, "%u SYNs, %u RSTs",
                c->client->n_syn, c->server->n_rst);
    if (rst && is_interleaved(c, rst))
        because(ruling, "partial", 0, "by turns: one backend of several, or a crash loop");
    if (!case_has(c, FACT_SYN_REFUSED)) {
        against(ruling, "rst-acknowledges-nothing", rst ? rst->mark.frame : 0,
                "a client has to ignore a RST that does not acknowledge its SYN");
        return CONFIDENCE_POSSIBLE;
    }
    return CONFIDENCE_CERTAIN;
}

/* The kernel copies the SYN's TOS into its RST; netfilter's REJECT sends 0 (OBSERVED.md, B and D).
 */
static bool is_tos_mirrored(const struct verdict_case *c, const struct rst_facts *rst)
{
    const struct packet_mark *syn = case_slot(c, TRAIL_SYN);

    return syn->frame && syn->tos != 0 && rst->mark.tos == syn->tos;
}

/* How many hops the RST came nearer or farther than the server's other packets; -1 = unknown. */
static int hops_off(const struct verdict_case *c, uint8_t ttl)
{
    const struct host_state *host = c->server_host;
    int hops = hosts_hops(ttl);

    if (host->n_ttl_flows == 0 || host->has_several_inits)
        return -1;
    if (hops < host->hops_min)
        return host->hops_min - hops;
    return hops > host->hops_max ? hops - host->hops_max : 0;
}

/* ---- a listener that was away for a moment ---- */

static void say_away(const struct verdict_case *c, struct ruling *ruling)
{
    const struct listener_state *at = c->listener;
    int64_t gone_ns = at->accepted_before_refusal_ns != NS_NEVER ? at->accepted_before_refusal_ns
                                                                 : at->refused_first_ns;

    if (at->accepted_after_refusal_ns != NS_NEVER)
        because(ruling, "listener-away", 0, "%.1f s until it accepted again",
                case_seconds(ns_since(gone_ns, at->accepted_after_refusal_ns)));
    else
        because(ruling, "listener-gone", 0, "it accepted %.1f s before, and not since",
                case_seconds(ns_since(gone_ns, c->rst ? c->rst->mark.ts_ns : c->last_ns)));
}

/* Several refusals over some time, not the part of one crowd that found no room. */
static bool is_lasting(const struct verdict_case *c)
{
    const struct listener_state *at = c->listener;
    bool is_crowd = is_within(at->refused_first_ns, at->crowded_ns, NS_PER_S);
    int64_t least_ns = is_crowd ? c->limits->restart_crowd_ns : c->limits->restart_span_ns;

    return at->n_refused_between >= c->limits->consecutive_failures &&
           ns_since(at->refused_first_ns, at->refused_last_ns) >= least_ns;
}

enum confidence rule_refused_service_restart(const struct verdict_case *c, struct ruling *ruling)
{
    const struct listener_state *at = c->listener;
    const struct rst_facts *rst = refusal(c);
    bool is_before, is_after, has_quit;

    if (!rst || hops_off(c, rst->mark.ttl) > 1 || !is_of_newest_run(c, rst) ||
        is_interleaved(c, rst) || host_has_listener(c->host))
        return CONFIDENCE_NONE;
    is_before = is_within(at->accepted_before_refusal_ns, rst->mark.ts_ns, c->limits->restart_ns);
    is_after = is_within(rst->mark.ts_ns, at->accepted_after_refusal_ns, c->limits->restart_ns);
    has_quit = is_within(at->quit_ns, at->refused_first_ns, c->limits->restart_quit_ns);
    if (!is_before && !is_after && !has_quit)
        return CONFIDENCE_NONE;
    say_away(c, ruling);
    because(ruling, "refused-meanwhile", rst->mark.frame, "%u refused, none accepted between",
            at->n_refused_between);
    if (has_quit)
        because(ruling, "hung-up-before", 0, "it closed other connections %.1f s before",
                case_seconds(ns_since(at->quit_ns, at->refused_first_ns)));
    return has_quit || is_lasting(c) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

enum confidence rule_refused_backlog_rst(const struct verdict_case *c, struct ruling *ruling)
{
    const struct listener_state *at = c->listener;
    const struct rst_facts *rst = refusal(c);

    if (!rst || hosts_init_ttl(rst->mark.ttl) != 128 || hops_off(c, rst->mark.ttl) > 1 ||
        at->crowded_ns == NS_NEVER || llabs(at->crowded_ns - rst->mark.ts_ns) > NS_PER_S)
        return CONFIDENCE_NONE;
    because(ruling, "refused-and-accepted", rst->mark.frame, "both in one second of over %u SYNs",
            c->limits->crowded_syns - 1);
    because(ruling, "ttl-of-windows", rst->mark.frame,
            "TTL %u: Windows resets what it cannot queue", rst->mark.ttl);
    return CONFIDENCE_POSSIBLE;
}

/* No router between the capture and the server, so that the SYN has there the TOS that it has here:
 * many networks take it off (VERDICTS.md 13.1). */
static bool is_tos_telling(const struct verdict_case *c, const struct rst_facts *rst)
{
    return c->vantage == VANTAGE_SERVER || c->vantage == VANTAGE_BOTH ||
           hosts_hops(rst->mark.ttl) == 0;
}

/* As far away as the server and begun at another TTL: a bridge beside it, or its own kernel, which
 * need not begin where its sockets do (VERDICTS.md 14, trap 16). */
static bool is_of_another_class(const struct verdict_case *c, const struct rst_facts *rst)
{
    const struct host_state *host = c->server_host;

    return host->n_ttl_flows > 0 && !host->has_several_inits &&
           hosts_init_ttl(rst->mark.ttl) != host->init_ttl;
}

/* Points for a RST of a rule instead of the host: 2 = strong, 1 = medium. */
static int firewall_points(const struct verdict_case *c, const struct rst_facts *rst,
                           struct ruling *ruling)
{
    const struct packet_mark *syn = case_slot(c, TRAIL_SYN);
    const struct host_state *host = c->server_host;
    int off = hops_off(c, rst->mark.ttl);
    int64_t delay_ns = ns_since(syn->ts_ns, rst->mark.ts_ns);
    int points = 0;

    if (off >= (int)c->limits->hops_differ) {
        points += 2;
        because(ruling, "ttl-differs", rst->mark.frame, "TTL %u, the server is %u hops away",
                rst->mark.ttl, host->hops_min);
    } else if (is_of_another_class(c, rst)) {
        points += 1;
        because(ruling, "ttl-differs", rst->mark.frame, "TTL %u began at %u, the server's at %u",
                rst->mark.ttl, hosts_init_ttl(rst->mark.ttl), host->init_ttl);
    } else if (off == 1 && host->hops_min == host->hops_max &&
               host->n_ttl_flows >= c->limits->hops_stable_flows) {
        points += 1;
        because(ruling, "ttl-differs", rst->mark.frame, "TTL %u, one hop from the %u of %u flows",
                rst->mark.ttl, host->init_ttl - host->hops_min, host->n_ttl_flows);
    }
    if (syn->frame && c->listener->rtt_min_ns > c->limits->rtt_telling_ns &&
        delay_ns * 2 < c->listener->rtt_min_ns) {
        points += 1;
        because(ruling, "rst-too-soon", rst->mark.frame, "after %.1f ms, round trip is %.1f ms",
                case_ms(delay_ns), case_ms(c->listener->rtt_min_ns));
    }
    if (syn->frame && syn->tos != 0 && rst->mark.tos == 0 && is_tos_telling(c, rst)) {
        points += 1;
        because(ruling, "tos-not-mirrored", rst->mark.frame, "SYN has TOS 0x%02x, RST 0", syn->tos);
    }
    if (rst->mark.bits & MARK_V6 && rst->mark.flow_label == 0 && host->has_flow_labels) {
        points += 1;
        because(ruling, "flow-label-missing", rst->mark.frame,
                "flow label 0, the server's other packets carry one");
    }
    return points;
}

/* No machine behind the capturing host has made it, as a container's would: those are routed. */
static bool is_made_here(const struct rst_facts *rst)
{
    return hosts_hops(rst->mark.ttl) == 0;
}

enum confidence rule_refused_closed_port(const struct verdict_case *c, struct ruling *ruling)
{
    const struct rst_facts *rst = refusal(c);
    struct ruling of_firewall;

    ruling_begin(&of_firewall, true);
    if (!rst || rst->family != RST_FAMILY_B1 || hops_off(c, rst->mark.ttl) > 1)
        return CONFIDENCE_NONE;
    if (is_tos_mirrored(c, rst)) {
        because(ruling, "tos-mirrored", rst->mark.frame, "TOS 0x%02x as in the SYN; REJECT sends 0",
                rst->mark.tos);
        say_listener(c, ruling);
        return CONFIDENCE_CERTAIN;
    }
    if (rst->mark.bits & MARK_V6 && rst->mark.flow_label != 0) {
        because(ruling, "flow-label-set", rst->mark.frame, "flow label 0x%05x; REJECT sends 0",
                rst->mark.flow_label);
        say_listener(c, ruling);
        return CONFIDENCE_CERTAIN;
    }
    if (is_made_here(rst) && host_has_listener(c->host))
        return CONFIDENCE_NONE;
    because(ruling, "no-socket-shape", rst->mark.frame, "seq 0, window 0, no options");
    say_listener(c, ruling);
    return is_made_here(rst) && host_has_no_listener(c->host) &&
                   firewall_points(c, rst, &of_firewall) == 0
               ? CONFIDENCE_CERTAIN
               : CONFIDENCE_POSSIBLE;
}

enum confidence rule_refused_firewall_rst(const struct verdict_case *c, struct ruling *ruling)
{
    const struct rst_facts *rst = refusal(c);
    int points;

    if (!rst || is_tos_mirrored(c, rst) || (rst->mark.bits & MARK_V6 && rst->mark.flow_label != 0))
        return CONFIDENCE_NONE;
    if (is_made_here(rst) && host_has_listener(c->host)) {
        say_listener(c, ruling);
        (void)firewall_points(c, rst, ruling);
        return CONFIDENCE_LIKELY;
    }
    points = firewall_points(c, rst, ruling);
    /* Without the rule it would be refused all the same. */
    if (points == 0 && is_made_here(rst) && host_has_no_listener(c->host))
        return CONFIDENCE_NONE;
    return points >= 2 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

/* The front's RST comes translated: sequence numbers right, no socket's window or options
 * (OBSERVED.md, F; VERDICTS.md 7.8, SYNPROXY and DNAT). */
enum confidence rule_refused_backend_down(const struct verdict_case *c, struct ruling *ruling)
{
    const struct rst_facts *rst = c->rst;
    const struct packet_mark *synack = case_slot(c, TRAIL_SYNACK);
    int64_t ack_ns = case_ack_ns(c);
    int64_t limit_ns =
        4 * c->rtt_ns > c->limits->early_rst_ns ? 4 * c->rtt_ns : c->limits->early_rst_ns;
    bool is_other_hop;

    if (c->outcome != OUTCOME_RESET || !case_reset_by(c, SIDE_SERVER) || ack_ns == NS_NEVER ||
        c->server->n_data > 0 || !(rst->mark.flags & TCP_ACK) || rst->mark.window != 0 ||
        rst->mark.bits & (MARK_HAS_OPTIONS | MARK_OPTIONS_UNKNOWN) ||
        rst->mark.seq != c->server->isn + 1 || ns_since(ack_ns, rst->mark.ts_ns) > limit_ns)
        return CONFIDENCE_NONE;
    because(ruling, "rst-after-handshake", rst->mark.frame, "%.1f ms after the handshake, no data",
            case_ms(ns_since(ack_ns, rst->mark.ts_ns)));
    is_other_hop = synack->frame && hosts_init_ttl(synack->ttl) == hosts_init_ttl(rst->mark.ttl) &&
                   rst->mark.ttl < synack->ttl;
    if (synack->frame && synack->window == 0)
        because(ruling, "synproxy-synack", synack->frame, "SYN-ACK with window 0: a proxy's");
    if (is_other_hop)
        because(ruling, "rst-from-behind", rst->mark.frame, "TTL %u, SYN-ACK had %u", rst->mark.ttl,
                synack->ttl);
    if (hosts_init_ttl(rst->mark.ttl) == 128)
        against(ruling, "windows-abort", rst->mark.frame,
                "TTL %u: a program on Windows that hangs up looks the same", rst->mark.ttl);
    else if (c->listener->n_early_rst_run >= c->limits->consecutive_failures)
        because(ruling, "every-time", 0, "%u in a row, no success between",
                c->listener->n_early_rst_run);
    return ruling->n_because > 1 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}
