/* SPDX-License-Identifier: BSD-2-Clause */
/* See limits.h. */
#include "verdict/limits.h"

#include "base/nanotime.h"

const struct verdict_limits *verdict_limits_default(void)
{
    static const struct verdict_limits limits = {
        .censored_ns = 3 * NS_PER_S,
        .syn_silence_ns = 6 * NS_PER_S,
        .telling_syns = 4,
        .rtt_unknown_ns = 200 * NS_PER_MS,
        .rtt_telling_ns = 4 * NS_PER_MS,
        .alive_ns = 60 * NS_PER_S,
        .fell_silent_ns = 10 * NS_PER_S,
        .overflow_synacks = 2,
        .overflow_data_copies = 3,
        .recovered_share_x256 = 25,
        .early_rst_ns = 1 * NS_PER_S,
        .kept_ns = 2300 * NS_PER_MS,
        .overflow_rst_ns = 200 * NS_PER_MS,
        .gave_up_ns = 250 * NS_PER_MS,
        .race_ns = 1 * NS_PER_S,
        .hops_differ = 2,
        .hops_strong = 5,
        .hops_stable_flows = 3,
        .idle_ns = 50 * NS_PER_S,
        .pooled_idle_ns = 1 * NS_PER_S,
        .blackhole_copies = 5,
        .blackhole_ns = 15 * NS_PER_S,
        .keepalive_probes = 2,
        .close_noise_bytes = 31,
        .reorder_ns = 10 * NS_PER_MS,
        .rst_burst_ns = 2 * NS_PER_S,
        .after_rst_ns = 2 * NS_PER_S,
        .id_jump = 1000,
        .score_possible = 2,
        .score_likely = 4,
        .score_certain = 5,
        .flood_syns_per_s = 200,
        .flood_growth = 10,
        .flood_completed_percent = 20,
        .accept_close_ns = 1 * NS_PER_S,
        .consecutive_failures = 3,
        .restart_ns = 60 * NS_PER_S,
        .restart_quit_ns = 5 * NS_PER_S,
        .restart_span_ns = 500 * NS_PER_MS,
        .restart_crowd_ns = 2 * NS_PER_S,
        .interleaved_ns = 10 * NS_PER_S,
        .partial_ns = 1 * NS_PER_S,
        .crowded_syns = 5,
        .first_hop_ns = 5 * NS_PER_MS,
        .arp_failed_ns = 2500 * NS_PER_MS,
    };

    return &limits;
}
