/* SPDX-License-Identifier: BSD-2-Clause */
/* See shed.h. */
#include "capture/shed.h"

/* tcp[...] reads IPv4 only. IPv6: next header at byte 6, TCP flags at 40 + 13; a packet with
 * extension headers counts as other. The first fragment only, or the flags would be payload. */
#define TCP_FLAGS "(tcp-syn|tcp-fin|tcp-rst)"
#define CONTROL                                                                                    \
    "(tcp[tcpflags] & " TCP_FLAGS " != 0) or icmp or icmp6 or arp or "                             \
    "(ip6[6] == 6 and ip6[53] & " TCP_FLAGS " != 0)"
#define TCP "tcp"

/* `vlan` moves all offsets of what follows it, so it comes last. One tag, or two. */
#define ALSO_IN_VLAN(filter) "(" filter ") or (vlan and ((" filter ") or (vlan and (" filter "))))"

static int compile(struct filter *filter, uint16_t linktype, const char *with_vlan,
                   const char *without, struct err *err)
{
    /* Link types without VLANs refuse the keyword. */
    if (filter_compile(filter, with_vlan, linktype, NULL) == 0)
        return 0;
    return filter_compile(filter, without, linktype, err);
}

int shed_open(struct shed *shed, uint16_t linktype, struct err *err)
{
    int code;

    *shed = (struct shed){0};
    code = compile(&shed->control, linktype, ALSO_IN_VLAN(CONTROL), CONTROL, err);
    if (code == 0)
        code = compile(&shed->tcp, linktype, ALSO_IN_VLAN(TCP), TCP, err);
    if (code)
        shed_close(shed);
    return code;
}

enum shed_kind shed_classify(const struct shed *shed, const struct raw_packet *packet)
{
    if (filter_keeps(&shed->control, packet))
        return SHED_CONTROL;
    return filter_keeps(&shed->tcp, packet) ? SHED_TCP_DATA : SHED_OTHER;
}

void shed_close(struct shed *shed)
{
    filter_close(&shed->control);
    filter_close(&shed->tcp);
}
