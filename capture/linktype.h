/* SPDX-License-Identifier: BSD-2-Clause */
/* Link types: files number them as LINKTYPE_, libpcap's calls as DLT_. Most are equal. */
#ifndef CAPTURE_LINKTYPE_H
#define CAPTURE_LINKTYPE_H

#include <stdint.h>

/* From tcpdump.org's list of link types. */
#define LINKTYPE_ETHERNET_ID 1
#define LINKTYPE_RAW_ID 101
#define LINKTYPE_RADIOTAP_ID 127
#define LINKTYPE_LINUX_SLL2_ID 276

/* From a file's field or a live handle's DLT_ to the LINKTYPE_ value: raw IP is 12 or 14 in old
 * files and 101 by the list, loopback 12 or 108 on OpenBSD. */
uint16_t linktype_normalize(uint32_t value);

/* From the LINKTYPE_ value to what pcap_open_dead and pcap_compile want. */
int linktype_to_dlt(uint16_t linktype);

/* "EN10MB", "LINUX_SLL", ... or NULL. */
const char *linktype_name(uint16_t linktype);

#endif
