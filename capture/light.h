/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter of --light: what a kernel lets through of a busy link so that failures still show.
 *
 * TCP's SYN, FIN and RST; segments that begin with what the readers look for (TLS handshakes and
 * alerts, HTTP/1 and HTTP/2 openings and farewells, the first words of other servers); ICMP
 * errors, ARP, neighbour discovery; QUIC's long headers, SCTP's handshake and aborts; whatever is
 * in a tunnel, in fragments or behind extension headers. It knows no connection, so a pure ACK
 * never passes, nor does data in the middle of something.
 */
#ifndef CAPTURE_LIGHT_H
#define CAPTURE_LIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"

/* Snap length when none is asked for: headers, and the first words of a payload. */
#define LIGHT_SNAP_BYTES 512u

#define LIGHT_FILTER_BYTES 24576

/* Writes a filter for what passes `filter` (NULL: everything) and is of interest. With `has_vlan`
 * one or two VLAN tags may stand before it: for the link types that know the word. -E2BIG when it
 * does not fit into LIGHT_FILTER_BYTES. */
MUST_CHECK int light_filter(const char *filter, bool has_vlan, char *out, struct err *err);

#endif
