/* SPDX-License-Identifier: BSD-2-Clause */
/* See icmp_name.h. */
#include "verdict/icmp_name.h"

#include <stddef.h>

#include "base/compiler.h"

struct icmp_row {
    uint8_t type, code;
    const char *name;
};

static const struct icmp_row v4_rows[] = {
    {3, 0, "net_unreachable"},
    {3, 1, "host_unreachable"},
    {3, 2, "proto_unreachable"},
    {3, 3, "port_unreachable"},
    {3, 4, "fragmentation_needed"},
    {3, 5, "source_route_failed"},
    {3, 6, "net_unknown"},
    {3, 7, "host_unknown"},
    {3, 8, "host_isolated"},
    {3, 9, "net_prohibited"},
    {3, 10, "host_prohibited"},
    {3, 11, "net_unreachable_for_tos"},
    {3, 12, "host_unreachable_for_tos"},
    {3, 13, "admin_prohibited"},
    {3, 14, "host_precedence_violation"},
    {3, 15, "precedence_cutoff"},
    {11, 0, "ttl_exceeded"},
    {11, 1, "reassembly_time_exceeded"},
    {12, 0, "parameter_problem"},
};

static const struct icmp_row v6_rows[] = {
    {1, 0, "no_route"},          {1, 1, "admin_prohibited"},
    {1, 2, "beyond_scope"},      {1, 3, "address_unreachable"},
    {1, 4, "port_unreachable"},  {1, 5, "policy_failed"},
    {1, 6, "reject_route"},      {1, 7, "source_routing_error"},
    {1, 8, "headers_too_long"},  {2, 0, "packet_too_big"},
    {3, 0, "ttl_exceeded"},      {3, 1, "reassembly_time_exceeded"},
    {4, 0, "parameter_problem"}, {4, 1, "unknown_next_header"},
    {4, 2, "unknown_option"},
};

static const char *find(const struct icmp_row *rows, size_t n_rows, uint8_t type, uint8_t code)
{
    for (size_t i = 0; i < n_rows; i++)
        if (rows[i].type == type && rows[i].code == code)
            return rows[i].name;
    return "other";
}

const char *icmp_name(bool is_v6, uint8_t type, uint8_t code)
{
    return is_v6 ? find(v6_rows, ARRAY_LEN(v6_rows), type, code)
                 : find(v4_rows, ARRAY_LEN(v4_rows), type, code);
}
