/* SPDX-License-Identifier: BSD-2-Clause */
/* See tally_desk.h. */
#include "tally_desk.h"

#include <string.h>

#include "unit.h"

void desk_open(struct desk *desk, const struct tally_config *config)
{
    struct tally_config fallback = tally_config_default();
    size_t cost_bytes;

    config = config ? config : &fallback;
    cost_bytes = tally_cost_bytes(config);
    memset(desk, 0, sizeof(*desk));
    assert_int_equal(arena_map(&desk->arena, cost_bytes, NULL, NULL), 0);
    desk->tally = tally_create(&desk->arena, config);
    assert_non_null(desk->tally);
    assert_int_equal(desk->arena.used_bytes, cost_bytes);
}

void desk_close(struct desk *desk)
{
    arena_unmap(&desk->arena);
}

struct endpoint desk_endpoint(uint8_t host, uint16_t port)
{
    uint8_t bytes[4] = {192, 0, 2, host};

    return (struct endpoint){ipaddr_from_v4(bytes), port};
}

void desk_succeed(struct desk *desk, int64_t ms, uint8_t host)
{
    struct endpoint server = desk_endpoint(host, 80);

    tally_attempt(desk->tally, &server, desk_ns(ms));
    tally_ok(desk->tally, &server, desk_ns(ms), 20 * NS_PER_US);
}

void desk_fail(struct desk *desk, const struct desk_failure *failure)
{
    struct connection_event event = {
        .is_failure = true,
        .family = failure->family,
        .verdict = failure->verdict,
        .confidence = failure->confidence ? failure->confidence : CONFIDENCE_CERTAIN,
        .incident = failure->incident,
        .client = desk_endpoint(failure->client, 40000),
        .server = desk_endpoint(failure->host, 80),
        .flow_id = 100 + failure->host,
    };

    tally_attempt(desk->tally, &event.server, desk_ns(failure->ms));
    tally_failed(desk->tally, &event, desk_ns(failure->ms));
}

const struct snapshot *desk_look(struct desk *desk, int64_t ms)
{
    tally_snapshot(desk->tally, DESK_START_NS, desk_ns(ms), &desk->shown);
    return &desk->shown;
}
