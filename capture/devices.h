/* SPDX-License-Identifier: BSD-2-Clause */
/* Which network interfaces there are to capture on. Works without any right. */
#ifndef CAPTURE_DEVICES_H
#define CAPTURE_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/ipaddr.h"

#define DEVICE_NAME_BYTES 64
#define DEVICE_DESCRIPTION_BYTES 96
#define DEVICE_MAX_ADDRESSES 8

struct capture_device {
    char name[DEVICE_NAME_BYTES];
    char description[DEVICE_DESCRIPTION_BYTES]; /* "" when the system has none */
    bool is_up;
    bool is_running; /* has a carrier */
    bool is_loopback;
    bool is_any;          /* the pseudo-device for all of them */
    uint32_t n_addresses; /* of the interface; those beyond the limit are not in addresses[] */
    struct ipaddr addresses[DEVICE_MAX_ADDRESSES];
};

/* Fills up to `max_devices` rows and sets *n_devices. Best candidates for a capture first: up and
 * running before down, "any" and loopback behind, as libpcap orders them. */
MUST_CHECK int capture_list_devices(struct capture_device *devices, size_t max_devices,
                                    size_t *n_devices, struct err *err);

/* The interface of the default route, IPv4 before IPv6, the lowest metric first; "any" when there
 * is none. `name` holds DEVICE_NAME_BYTES. */
void capture_default_device(char *name);

/* Whether this process may capture (asks the kernel for a packet socket and gives it back). */
bool capture_is_permitted(void);

#endif
