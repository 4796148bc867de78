/* SPDX-License-Identifier: BSD-2-Clause */
/* A RST answers the SYN, or the handshake's last step: hits, near misses, limits. */
#include "factscript.h"
#include "unit.h"

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

static struct rst_facts *rst_of(struct factscript *script)
{
    return &script->note.trail.rst[0];
}

/* ---- situations ---- */

/* The RST is there, but the client may ignore it: it acknowledges nothing. */
static void refused_without_ack(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_X, 20)->mark.flags = TCP_RST;
}

static void refused_without_ack_then_tried_again(struct factscript *script)
{
    refused_without_ack(script);
    factscript_packet(script, "C S", 1000);
}

/* Windows asks again every 500 ms, and is refused each time. */
static void refused_three_times(struct factscript *script)
{
    for (unsigned i = 0; i < 3; i++) {
        factscript_packet(script, "C S", i * 500);
        factscript_rst(script, SIDE_SERVER, RST_FAMILY_B1, i * 500 + 20);
    }
    script->note.facts.bits |= FACT_SYN_REFUSED;
}

static void refused_then_accepted(struct factscript *script)
{
    factscript_refused(script);
    factscript_packet(script, "C S", 500);
    factscript_packet(script, "S SA", 520);
    factscript_packet(script, "C A", 521);
}

static void refused_v6(struct factscript *script)
{
    factscript_client(script, "2001:db8::1", 40000);
    factscript_server(script, "2001:db8:1::2", 443);
    factscript_refused(script);
    rst_of(script)->mark.bits |= MARK_V6;
}

static void refused_v6_with_label(struct factscript *script)
{
    refused_v6(script);
    rst_of(script)->mark.flow_label = 0x12345;
}

/* The SYN asks for low delay. */
static void refused_with_tos(struct factscript *script, uint8_t tos_of_rst)
{
    factscript_refused(script);
    script->note.trail.slot[TRAIL_SYN].tos = 0xb8;
    rst_of(script)->mark.tos = tos_of_rst;
}

static void refused_tos_mirrored(struct factscript *script)
{
    refused_with_tos(script, 0xb8);
}

static void refused_tos_dropped(struct factscript *script)
{
    refused_with_tos(script, 0);
}

/* What a front sends for a backend that refuses: SYNPROXY, DNAT (OBSERVED.md, F). */
static void backend_down(struct factscript *script)
{
    factscript_connected(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_X, 2 * FACTSCRIPT_RTT_MS + 0.1);
}

static void backend_down_behind_proxy(struct factscript *script)
{
    backend_down(script);
    script->note.trail.slot[TRAIL_SYNACK].window = 0;
}

/* ---- changes ---- */

/* Several flows showed the server's distance. */
static void server_known(struct factscript *script, int64_t n_flows)
{
    struct host_state *host = factscript_host(script, SIDE_SERVER);

    host->n_ttl_flows = (uint32_t)n_flows;
    host->init_ttl = 64;
    host->hops_min = host->hops_max = 64 - FACTSCRIPT_SERVER_TTL;
}

/* The RST comes from so many hops farther than the server is. */
static void rst_farther(struct factscript *script, int64_t n_hops)
{
    server_known(script, limits()->hops_stable_flows);
    rst_of(script)->mark.ttl = (uint8_t)(rst_of(script)->mark.ttl - n_hops);
}

static void rst_one_hop_off_after(struct factscript *script, int64_t n_flows)
{
    rst_farther(script, 1);
    server_known(script, n_flows);
}

static void rst_one_hop_off_wobbling_routes(struct factscript *script, int64_t unused)
{
    rst_farther(script, 1);
    factscript_host(script, SIDE_SERVER)->hops_min--;
}

static void rst_of_other_class(struct factscript *script, int64_t ttl)
{
    server_known(script, 1);
    rst_of(script)->mark.ttl = (uint8_t)ttl;
}

static void rst_of_other_class_among_several(struct factscript *script, int64_t ttl)
{
    rst_of_other_class(script, ttl);
    factscript_host(script, SIDE_SERVER)->has_several_inits = true;
}

/* The listener's known round trip is twice the RST's delay, and `ns` more. */
static void rst_sooner_than_half(struct factscript *script, int64_t ns)
{
    factscript_listener(script)->rtt_min_ns = 2 * FACTSCRIPT_RTT_MS * NS_PER_MS + ns;
}

static void rst_soon_and_one_hop_off(struct factscript *script, int64_t ns)
{
    rst_farther(script, 1);
    rst_sooner_than_half(script, ns);
}

/* Half of a short round trip. */
static void rst_soon_on_short_path(struct factscript *script, int64_t ns)
{
    rst_farther(script, 1);
    factscript_listener(script)->rtt_min_ns = limits()->rtt_telling_ns + ns;
    rst_of(script)->mark.ts_ns = script->note.facts.first_ns + NS_PER_MS;
}

static void server_labels_its_packets(struct factscript *script, int64_t hops_off)
{
    rst_farther(script, hops_off);
    factscript_host(script, SIDE_SERVER)->has_flow_labels = true;
}

static void at_server(struct factscript *script, int64_t hops_off)
{
    rst_farther(script, hops_off);
    factscript_seen_at(script, SIDE_SERVER);
}

static void far_away(struct factscript *script, int64_t hops_off)
{
    rst_farther(script, hops_off);
}

static void with_options(struct factscript *script, int64_t unused)
{
    rst_of(script)->mark.bits |= MARK_HAS_OPTIONS;
    rst_of(script)->family = RST_FAMILY_X;
}

static void without_trail(struct factscript *script, int64_t unused)
{
    script->note.has_trail = false;
}

/* The RST comes so long after the handshake's end, the path being short. */
static void rst_after_handshake(struct factscript *script, int64_t ns)
{
    rst_of(script)->mark.ts_ns =
        script->note.facts.first_ns + script->note.facts.ack_after_us * NS_PER_US + ns;
}

static void rst_after_limit(struct factscript *script, int64_t ns)
{
    rst_after_handshake(script, limits()->early_rst_ns + ns);
}

static void rst_after_long_round_trips(struct factscript *script, int64_t ns)
{
    script->note.facts.synack_ns = factscript_ns(script, 400);
    rst_after_handshake(script, 4 * 400 * NS_PER_MS + ns);
}

static void rst_of_nearer(struct factscript *script, int64_t n_hops)
{
    rst_of(script)->mark.ttl = (uint8_t)(rst_of(script)->mark.ttl + n_hops);
}

static void failed_in_a_row(struct factscript *script, int64_t more)
{
    factscript_listener(script)->n_early_rst_run =
        (uint32_t)(limits()->consecutive_failures + more);
}

static void of_windows(struct factscript *script, int64_t unused)
{
    failed_in_a_row(script, 0);
    script->note.trail.slot[TRAIL_SYNACK].ttl = 125;
    rst_of(script)->mark.ttl = 125;
}

static void without_ack_flag(struct factscript *script, int64_t unused)
{
    rst_of(script)->mark.flags = TCP_RST;
}

static void with_window(struct factscript *script, int64_t window)
{
    rst_of(script)->mark.window = (uint16_t)window;
}

static void rst_seq_ahead(struct factscript *script, int64_t n)
{
    rst_of(script)->mark.seq += (uint32_t)n;
}

static void server_greeted(struct factscript *script, int64_t unused)
{
    script->note.facts.side[SIDE_SERVER].n_data = 1;
}

static void by_client(struct factscript *script, int64_t unused)
{
    rst_of(script)->mark.side = SIDE_CLIENT;
}

/* ---- tests ---- */

static void refused_means_that_the_rst_acknowledges_the_syn(void **state)
{
    static const struct rule_case cases[] = {
        {"a RST answers the SYN", CERTAIN, factscript_refused, .reason = "rst-answers-syn"},
        {"Windows asks three times", CERTAIN, refused_three_times, .reason = "syn-repeated"},
        {"the RST acknowledges nothing, and the client is silent after it", POSSIBLE,
         refused_without_ack, .reason = "rst-acknowledges-nothing"},
        {"the RST acknowledges nothing, and the client asks on", NONE,
         refused_without_ack_then_tried_again},
        {"refused once, then accepted", NONE, refused_then_accepted},
        {"the trail is gone, the fact is not", CERTAIN, factscript_refused, without_trail},
        {"nobody answers", NONE, factscript_silent},
        {"an ICMP error answers", NONE, factscript_rejected},
        {"the client resets the SYN-ACK", NONE, factscript_synack_reset},
        {"the server's program resets later", NONE, factscript_aborted},
    };

    (void)state;
    factscript_check(rule_refused, cases, ARRAY_LEN(cases));
}

static void a_closed_port_is_certain_only_by_what_a_filter_cannot_copy(void **state)
{
    static const struct rule_case cases[] = {
        {"IPv4 without TOS: a local REJECT has the same bytes", POSSIBLE, factscript_refused,
         .reason = "no-socket-shape"},
        {"the RST has the TOS of the SYN", CERTAIN, refused_tos_mirrored, .reason = "tos-mirrored"},
        {"the RST has TOS 0, the SYN has not", POSSIBLE, refused_tos_dropped},
        {"the RST has an IPv6 flow label", CERTAIN, refused_v6_with_label,
         .reason = "flow-label-set"},
        {"the RST has no IPv6 flow label", POSSIBLE, refused_v6},
        {"one hop off is still the server", POSSIBLE, factscript_refused, rst_farther, 1},
        {"two hops off is not", NONE, factscript_refused, rst_farther, 2},
        {"two hops off is not, whatever its TOS", NONE, refused_tos_mirrored, rst_farther, 2},
        {"a RST with options is no stateless one", NONE, factscript_refused, with_options},
        {"a RST that acknowledges nothing is no stateless answer to a SYN", NONE,
         refused_without_ack},
        {"without its trail nothing is said of it", NONE, factscript_refused, without_trail},
        {"nobody answers", NONE, factscript_silent},
    };

    (void)state;
    factscript_check(rule_refused_closed_port, cases, ARRAY_LEN(cases));
}

static void a_firewall_needs_one_strong_or_two_medium_signs(void **state)
{
    static const struct rule_case cases[] = {
        {"nothing but the RST", POSSIBLE, factscript_refused},
        {"two hops from where the server is", LIKELY, factscript_refused, rst_farther, 2,
         .reason = "ttl-differs"},
        {"two hops nearer than the server is", LIKELY, factscript_refused, rst_farther, -2,
         .reason = "ttl-differs"},
        {"one hop alone is not enough", POSSIBLE, factscript_refused, rst_farther, 1,
         .reason = "ttl-differs"},
        {"one hop off where routes wobble says nothing", POSSIBLE, factscript_refused,
         rst_one_hop_off_wobbling_routes},
        {"a TTL that begins elsewhere, as far away", POSSIBLE, factscript_refused,
         rst_of_other_class, 252, .reason = "ttl-differs"},
        {"a TTL that begins elsewhere, two hops nearer", LIKELY, factscript_refused,
         rst_of_other_class, 254, .reason = "ttl-differs"},
        {"unless the server's own packets begin here and there", POSSIBLE, factscript_refused,
         rst_of_other_class_among_several, 252},
        {"one hop off and a little sooner than half the round trip", LIKELY, factscript_refused,
         rst_soon_and_one_hop_off, 1, .reason = "rst-too-soon"},
        {"one hop off and just at half the round trip", POSSIBLE, factscript_refused,
         rst_soon_and_one_hop_off},
        {"sooner than half the round trip alone", POSSIBLE, factscript_refused,
         rst_sooner_than_half, 1, .reason = "rst-too-soon"},
        {"a round trip just long enough to tell", LIKELY, factscript_refused,
         rst_soon_on_short_path, 1, .reason = "rst-too-soon"},
        {"a round trip too short to tell", POSSIBLE, factscript_refused, rst_soon_on_short_path},
        {"no flow label where the server has labels, one hop off", LIKELY, refused_v6,
         server_labels_its_packets, 1, .reason = "flow-label-missing"},
        {"no flow label alone", POSSIBLE, refused_v6, server_labels_its_packets,
         .reason = "flow-label-missing"},
        {"at the server the TOS is gone, one hop off", LIKELY, refused_tos_dropped, at_server, 1,
         .reason = "tos-not-mirrored"},
        {"far away the path may have taken the TOS off", POSSIBLE, refused_tos_dropped, far_away,
         1},
        {"a filter does not copy the TOS", NONE, refused_tos_mirrored},
        {"a filter sets no flow label", NONE, refused_v6_with_label},
        {"nobody answers", NONE, factscript_silent},
    };

    (void)state;
    factscript_check(rule_refused_firewall_rst, cases, ARRAY_LEN(cases));
}

static void one_hop_counts_once_enough_flows_agree(void **state)
{
    const struct rule_case cases[] = {
        {"enough flows", POSSIBLE, factscript_refused, rst_one_hop_off_after,
         limits()->hops_stable_flows, .reason = "ttl-differs"},
    };
    struct factscript script;
    struct ruling ruling = {0};
    struct verdict_case c;

    (void)state;
    factscript_check(rule_refused_firewall_rst, cases, ARRAY_LEN(cases));
    factscript_open(&script);
    factscript_refused(&script);
    rst_one_hop_off_after(&script, limits()->hops_stable_flows - 1);
    factscript_case(&script, &c);
    assert_int_equal(rule_refused_firewall_rst(&c, &ruling), CONFIDENCE_POSSIBLE);
    assert_false(factscript_has_reason(ruling.because, ruling.n_because, "ttl-differs"));
    factscript_close(&script);
}

static void a_backend_is_down_when_the_front_resets_without_a_socket(void **state)
{
    static const struct rule_case cases[] = {
        {"RST with ACK, window 0, no options, right after the handshake", POSSIBLE, backend_down,
         .reason = "rst-after-handshake"},
        {"the SYN-ACK was a proxy's", LIKELY, backend_down_behind_proxy,
         .reason = "synproxy-synack"},
        {"the RST comes from behind the one who sent the SYN-ACK", LIKELY, backend_down,
         rst_of_nearer, -1, .reason = "rst-from-behind"},
        {"the RST comes from before it", POSSIBLE, backend_down, rst_of_nearer, 1},
        {"the third in a row", LIKELY, backend_down, failed_in_a_row, .reason = "every-time"},
        {"the second in a row", POSSIBLE, backend_down, failed_in_a_row, -1},
        {"a program on Windows that hangs up sends the same, each time", POSSIBLE, backend_down,
         of_windows, .reason = "windows-abort"},
        {"just within the time", LIKELY, backend_down_behind_proxy, rst_after_limit},
        {"just after it", NONE, backend_down_behind_proxy, rst_after_limit, 1},
        {"just within four long round trips", LIKELY, backend_down_behind_proxy,
         rst_after_long_round_trips},
        {"just after them", NONE, backend_down_behind_proxy, rst_after_long_round_trips, 1},
        {"without ACK it is the answer of a full queue", NONE, backend_down_behind_proxy,
         without_ack_flag},
        {"with a window it is a program's socket", NONE, backend_down_behind_proxy, with_window, 1},
        {"with options it is a program's socket", NONE, backend_down_behind_proxy, with_options},
        {"the RST is beyond the first byte", NONE, backend_down_behind_proxy, rst_seq_ahead, 1},
        {"the server had spoken", NONE, backend_down_behind_proxy, server_greeted},
        {"the client reset it", NONE, backend_down_behind_proxy, by_client},
        {"the RST answers the SYN", NONE, factscript_refused},
        {"the program aborts", NONE, factscript_aborted},
    };

    (void)state;
    factscript_check(rule_refused_backend_down, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_means_that_the_rst_acknowledges_the_syn),
        cmocka_unit_test(a_closed_port_is_certain_only_by_what_a_filter_cannot_copy),
        cmocka_unit_test(a_firewall_needs_one_strong_or_two_medium_signs),
        cmocka_unit_test(one_hop_counts_once_enough_flows_agree),
        cmocka_unit_test(a_backend_is_down_when_the_front_resets_without_a_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
