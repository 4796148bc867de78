/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of the ICMP errors that can end a connection (RFC 792, 1122, 1812, 4443, 8883). */
#ifndef VERDICT_ICMP_NAME_H
#define VERDICT_ICMP_NAME_H

#include <stdbool.h>
#include <stdint.h>

/* `icmp.name` of the JSON contract: "admin_prohibited"; "other" where the table has none. */
const char *icmp_name(bool is_v6, uint8_t type, uint8_t code);

#endif
