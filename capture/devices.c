/* SPDX-License-Identifier: BSD-2-Clause */
/* See devices.h. */
#include "capture/devices.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <pcap/pcap.h>

/* route.h: the route is usable. */
#define ROUTE_UP 0x0001u

/* libpcap also lists USB buses, D-Bus, Bluetooth and netfilter queues: no TCP to see there. */
static bool is_network(const char *name)
{
    return strcmp(name, "any") == 0 || if_nametoindex(name) != 0;
}

static void add_address(struct capture_device *device, const struct sockaddr *address)
{
    struct ipaddr *next;
    const void *any = address;

    if (!address || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
        return;
    if (device->n_addresses++ >= DEVICE_MAX_ADDRESSES)
        return;
    next = &device->addresses[device->n_addresses - 1];
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = any;
        uint8_t bytes[4];

        memcpy(bytes, &v4->sin_addr, sizeof(bytes));
        *next = ipaddr_from_v4(bytes);
    } else {
        const struct sockaddr_in6 *v6 = any;

        *next = ipaddr_from_v6(v6->sin6_addr.s6_addr);
    }
}

static void fill_device(struct capture_device *device, const pcap_if_t *found)
{
    *device = (struct capture_device){
        .is_up = found->flags & PCAP_IF_UP,
        .is_running = found->flags & PCAP_IF_RUNNING,
        .is_loopback = found->flags & PCAP_IF_LOOPBACK,
        .is_any = strcmp(found->name, "any") == 0,
    };
    (void)snprintf(device->name, sizeof(device->name), "%s", found->name);
    if (found->description)
        (void)snprintf(device->description, sizeof(device->description), "%s", found->description);
    for (const pcap_addr_t *at = found->addresses; at; at = at->next)
        add_address(device, at->addr);
}

int capture_list_devices(struct capture_device *devices, size_t max_devices, size_t *n_devices,
                         struct err *err)
{
    char reason[PCAP_ERRBUF_SIZE];
    pcap_if_t *all;
    size_t n = 0;

    if (pcap_findalldevs(&all, reason) != 0)
        return err_set(err, -EIO, "cannot list the interfaces: %s", reason);
    for (const pcap_if_t *at = all; at && n < max_devices; at = at->next) {
        if (is_network(at->name))
            fill_device(&devices[n++], at);
    }
    pcap_freealldevs(all);
    *n_devices = n;
    return 0;
}

/* Both tables: true and `name`, `metric` filled in when the line is a usable default route. */
static bool parse_v4_route(const char *line, char *name, uint32_t *metric)
{
    uint32_t destination;
    uint32_t mask;
    uint32_t flags;

    return sscanf(line, "%63s %" SCNx32 " %*s %" SCNx32 " %*s %*s %" SCNu32 " %" SCNx32, name,
                  &destination, &flags, metric, &mask) == 5 &&
           destination == 0 && mask == 0 && (flags & ROUTE_UP);
}

static bool parse_v6_route(const char *line, char *name, uint32_t *metric)
{
    char destination[33];
    uint32_t prefix_bits;
    uint32_t flags;

    return sscanf(line, "%32s %" SCNx32 " %*s %*s %*s %" SCNx32 " %*s %*s %" SCNx32 " %63s",
                  destination, &prefix_bits, metric, &flags, name) == 5 &&
           prefix_bits == 0 && strspn(destination, "0") == 32 && (flags & ROUTE_UP) &&
           strcmp(name, "lo") != 0;
}

static bool find_default_route(const char *path, bool (*parse)(const char *, char *, uint32_t *),
                               char *name)
{
    FILE *table = fopen(path, "re");
    uint32_t best_metric = UINT32_MAX;
    bool is_found = false;
    char line[256];

    if (!table)
        return false;
    while (fgets(line, sizeof(line), table)) {
        char candidate[DEVICE_NAME_BYTES];
        uint32_t metric;

        if (parse(line, candidate, &metric) && (!is_found || metric < best_metric)) {
            (void)snprintf(name, DEVICE_NAME_BYTES, "%s", candidate);
            best_metric = metric;
            is_found = true;
        }
    }
    (void)fclose(table);
    return is_found;
}

void capture_default_device(char *name)
{
    if (find_default_route("/proc/net/route", parse_v4_route, name) ||
        find_default_route("/proc/net/ipv6_route", parse_v6_route, name))
        return;
    (void)snprintf(name, DEVICE_NAME_BYTES, "any");
}

bool capture_is_permitted(void)
{
    /* Protocol 0: it would receive nothing. */
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    (void)close(fd);
    return true;
}
