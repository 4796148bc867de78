/* SPDX-License-Identifier: BSD-2-Clause */
/* See listing.h. */
#include "app/listing.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/intake.h"
#include "capture/devices.h"

#define DEVICES_MAX 256

static void print_device(const struct capture_device *device)
{
    printf("%-16s %s%s", device->name, device->is_up ? "up" : "down",
           device->is_up && !device->is_running && !device->is_any ? ", no carrier" : "");
    for (uint32_t i = 0; i < device->n_addresses && i < DEVICE_MAX_ADDRESSES; i++) {
        char text[IPADDR_TEXT_BYTES];

        printf("%s%s", i ? ", " : "  ", ipaddr_format(&device->addresses[i], text));
    }
    if (device->description[0])
        printf("  (%s)", device->description);
    printf("\n");
}

int listing_devices(struct err *err)
{
    static struct capture_device devices[DEVICES_MAX];
    size_t n = 0;
    int code = capture_list_devices(devices, DEVICES_MAX, &n, err);

    if (code)
        return code;
    for (size_t i = 0; i < n; i++)
        print_device(&devices[i]);
    if (!capture_is_permitted())
        printf("This process may not capture: it needs CAP_NET_RAW (sudo, or setcap).\n");
    return 0;
}

void listing_pipeline(const struct pipeline *pipeline, uint32_t n_workers)
{
    uint64_t n_bytes = pipeline_memory_bytes(pipeline);

    fprintf(stderr,
            "tcpwhy: %" PRIu32 " capture thread%s, %" PRIu32 " worker%s, room for %" PRIu32
            " flows, %.1f MiB in all\n",
            pipeline_intake(pipeline)->n_captures,
            pipeline_intake(pipeline)->n_captures == 1 ? "" : "s", n_workers,
            n_workers == 1 ? "" : "s", pipeline_max_flows(pipeline), (double)n_bytes / (1 << 20));
}
