/* SPDX-License-Identifier: BSD-2-Clause */
/* An address and port. */
#ifndef VERDICT_ENDPOINT_H
#define VERDICT_ENDPOINT_H

#include <stdint.h>

#include "base/ipaddr.h"

struct endpoint {
    struct ipaddr addr;
    uint16_t port;
};

#endif
