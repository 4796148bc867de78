/* SPDX-License-Identifier: BSD-2-Clause */
/* See intake.h. */
#include "app/intake.h"

#include <assert.h>

size_t intake_cost_bytes(const struct capture_config *config, uint32_t n_wanted)
{
    return n_wanted * capture_memory_bytes(config);
}

int intake_open(struct intake *intake, const struct capture_config *config, uint32_t n_wanted,
                struct arena *arena, struct err *err)
{
    struct capture_config share = *config;
    uint32_t n_possible = n_wanted;

    assert(n_wanted >= 1 && n_wanted <= INTAKE_MAX);
    share.n_members = n_wanted;
    while (intake->n_captures < n_possible) {
        struct capture **capture = &intake->capture[intake->n_captures];
        int code;

        share.member_idx = intake->n_captures;
        share.leader = intake->n_captures > 0 ? intake->capture[0] : NULL;
        code = capture_open(&share, arena, capture, err);
        if (code)
            return code;
        intake->n_captures++;
        if (!capture_is_shared(*capture))
            n_possible = 1;
    }
    return 0;
}

void intake_attach(struct intake *intake, const struct capture_outputs *outputs)
{
    if (intake->n_captures == 1) {
        capture_attach(intake->capture[0], outputs);
        return;
    }
    assert(outputs->n_outputs == intake->n_captures && !outputs->tap);
    for (uint32_t i = 0; i < intake->n_captures; i++) {
        struct capture_outputs own = {.outputs = &outputs->outputs[i], .n_outputs = 1};

        capture_attach(intake->capture[i], &own);
    }
}

bool intake_step(struct intake *intake, int64_t max_wait_ns)
{
    bool has_more = false;

    for (uint32_t i = 0; i < intake->n_captures; i++)
        has_more |= capture_step(intake->capture[i], max_wait_ns) != CAPTURE_STEP_END;
    return has_more;
}

void intake_stop(struct intake *intake)
{
    for (uint32_t i = 0; i < intake->n_captures; i++)
        capture_stop(intake->capture[i]);
}

/* The card's own count is the same for each who asks. */
void intake_count(const struct intake *intake, struct run_totals *total)
{
    const struct capture_counters *first = capture_counters(intake->capture[0]);

    total->n_iface_dropped = counter_read(&first->iface_dropped_pkts);
    total->is_iface_dropped_known = counter_read(&first->is_iface_dropped_known);
    total->n_pkts = total->wire_bytes = total->n_kernel_dropped = 0;
    total->n_shed = total->n_ring_dropped = total->n_ring_freezes = 0;
    for (uint32_t i = 0; i < intake->n_captures; i++) {
        const struct capture_counters *counters = capture_counters(intake->capture[i]);

        total->n_pkts += counter_read(&counters->delivered_pkts);
        total->wire_bytes += counter_read(&counters->delivered_wire_bytes);
        total->n_kernel_dropped += counter_read(&counters->kernel_dropped_pkts);
        total->n_shed += counter_read(&counters->shed_pkts[SHED_OTHER]) +
                         counter_read(&counters->shed_pkts[SHED_TCP_DATA]);
        total->n_ring_freezes += counter_read(&counters->ring_freezes);
        total->n_ring_dropped += counter_read(&counters->shed_pkts[SHED_CONTROL]);
    }
}

void intake_close(struct intake *intake)
{
    for (uint32_t i = 0; i < intake->n_captures; i++)
        capture_close(intake->capture[i]);
    intake->n_captures = 0;
}
