/* SPDX-License-Identifier: BSD-2-Clause */
/* See linktype.h. */
#include "capture/linktype.h"

#include <pcap/pcap.h>

#define OLD_RAW_LINUX 12 /* DLT_RAW but on OpenBSD */
#define OLD_RAW_BSDOS 14 /* DLT_RAW on OpenBSD and BSD/OS */

uint16_t linktype_normalize(uint32_t value)
{
    if (value == OLD_RAW_LINUX || value == OLD_RAW_BSDOS)
        return LINKTYPE_RAW_ID;
    /* 65535 is not assigned: an unknown type stays one that decode/ refuses. */
    return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

int linktype_to_dlt(uint16_t linktype)
{
    return linktype == LINKTYPE_RAW_ID ? DLT_RAW : linktype;
}

const char *linktype_name(uint16_t linktype)
{
    return pcap_datalink_val_to_name(linktype_to_dlt(linktype));
}
