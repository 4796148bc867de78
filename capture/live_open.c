/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening interfaces: what is set in which order, and what to tell when it does not work. */
#include "capture/live.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "capture/fanout.h"
#include "capture/linktype.h"
#include "capture/live_private.h"
#include "capture/private.h"

static int refuse_permission(const char *name, struct err *err)
{
    return err_set(err, -EPERM,
                   "cannot capture on %s: permission denied (needs CAP_NET_RAW)\n"
                   "  now:       sudo tcpwhy -i %s\n"
                   "  for good:  sudo setcap cap_net_raw+ep $(command -v tcpwhy)\n"
                   "  no rights: ask for a capture file and run  tcpwhy -r FILE",
                   name, name);
}

static int refuse_name(const char *name, struct err *err)
{
    struct if_nameindex *names = if_nameindex();
    char buffer[200];
    struct text list = TEXT_OF(buffer);

    for (const struct if_nameindex *at = names; at && at->if_index; at++)
        text_addf(&list, "%s, ", at->if_name);
    text_add(&list, "any");
    if (names)
        if_freenameindex(names);
    return err_set(err, -ENODEV, "no such interface: %s (there are: %s%s)", name, buffer,
                   list.is_cut ? "..." : "");
}

static int refuse_down(const char *name, struct err *err)
{
    return err_set(err, -ENETDOWN,
                   "cannot capture on %s: the interface is down\n"
                   "  bring it up:  sudo ip link set %s up",
                   name, name);
}

/* `code` is what pcap_activate returned. */
static int refuse_activation(pcap_t *pcap, const char *name, int code, struct err *err)
{
    switch (code) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return refuse_permission(name, err);
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return refuse_name(name, err);
    case PCAP_ERROR_IFACE_NOT_UP:
        return refuse_down(name, err);
    default:
        return err_set(err, -EIO, "cannot capture on %s: %s", name,
                       code == PCAP_ERROR ? pcap_geterr(pcap) : pcap_statustostr(code));
    }
}

static int activate(pcap_t *pcap, const struct capture_config *config, const char *name,
                    struct err *err)
{
    int code;

    /* None of the setters can fail on a handle that is not active, but for the precision. */
    (void)pcap_set_snaplen(pcap, (int)config->snap_bytes);
    (void)pcap_set_promisc(pcap, config->is_promiscuous);
    (void)pcap_set_timeout(pcap, LIVE_BUFFER_TIMEOUT_MS);
    (void)pcap_set_buffer_size(pcap, (int)config->buffer_bytes);
    (void)pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    code = pcap_activate(pcap);
    return code < 0 ? refuse_activation(pcap, name, code, err) : 0;
}

/* Always, for without a filter the kernel copies whole packets whatever the snap length. */
static int attach_filter(const struct capture *capture, pcap_t *pcap, const char *name,
                         struct err *err)
{
    struct filter filter = {0};
    int code = capture_compile_for(capture, &filter, pcap, err);

    if (code)
        return code;
    if (pcap_setfilter(pcap, &filter.program) != 0)
        code = err_set(err, -EIO, "cannot attach the filter to %s: %s", name, pcap_geterr(pcap));
    filter_close(&filter);
    return code;
}

static int set_direction(pcap_t *pcap, enum capture_direction direction, const char *name,
                         struct err *err)
{
    static const pcap_direction_t directions[] = {
        [CAPTURE_INOUT] = PCAP_D_INOUT,
        [CAPTURE_IN] = PCAP_D_IN,
        [CAPTURE_OUT] = PCAP_D_OUT,
    };

    _Static_assert(ARRAY_LEN(directions) == CAPTURE_DIRECTION_COUNT, "each has its libpcap name");
    if (direction != CAPTURE_INOUT && pcap_setdirection(pcap, directions[direction]) != 0)
        return err_set(err, -EIO, "cannot choose the direction on %s: %s", name, pcap_geterr(pcap));
    return 0;
}

/* Opened now, for the sandbox to come allows no more opening. */
void live_open_card_counts(struct live_interface *interface, const char *name)
{
    static const char *const counts[] = {"rx_missed_errors", "rx_fifo_errors"};

    _Static_assert(ARRAY_LEN(counts) == ARRAY_LEN(interface->card_fds), "one descriptor each");
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        char path[128];
        int n = snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", name, counts[i]);

        if (interface->card_fds[i] >= 0)
            (void)close(interface->card_fds[i]);
        interface->card_fds[i] = -1;
        if (n > 0 && (size_t)n < sizeof(path) && !strchr(name, '/'))
            interface->card_fds[i] = open(path, O_RDONLY | O_CLOEXEC);
    }
    (void)live_card_dropped(interface, &interface->card_dropped_seen);
}

/* Of each interface one group. Where the kernel has none, the leader captures alone. */
static int share(struct capture *capture, struct live_interface *interface, struct err *err)
{
    struct live *live = &capture->input.live;
    const struct capture *leader = capture->config.leader;
    size_t idx = (size_t)(interface - live->interfaces);

    if (leader)
        return fanout_join(interface->fd, leader->input.live.interfaces[idx].fanout_group, err);
    if (idx == 0 || live->is_shared)
        live->is_shared = fanout_lead(interface->fd, &interface->fanout_group);
    return 0;
}

static void add_source(struct capture *capture, struct live_interface *interface, const char *name)
{
    struct capture_source source = {
        .kind = CAPTURE_SOURCE_INTERFACE,
        .linktype = interface->linktype,
        .snap_bytes = capture->config.snap_bytes,
        .buffer_bytes = capture->config.buffer_bytes,
        .is_promiscuous = capture->config.is_promiscuous && strcmp(name, "any") != 0,
        .is_nanosecond = interface->is_nanosecond,
    };

    (void)snprintf(source.input, sizeof(source.input), "%s", name);
    interface->source = capture_add_source(capture, &source);
}

static int open_interface(struct capture *capture, struct live_interface *interface,
                          const char *name, struct err *err)
{
    char reason[PCAP_ERRBUF_SIZE];
    pcap_t *pcap;
    int code;

    /* libpcap asks for the right to capture first and so would hide a misspelt name. */
    if (strcmp(name, "any") != 0 && if_nametoindex(name) == 0)
        return refuse_name(name, err);
    pcap = pcap_create(name, reason);
    if (!pcap)
        return err_set(err, -EIO, "cannot capture on %s: %s", name, reason);
    interface->pcap = pcap;
    code = activate(pcap, &capture->config, name, err);
    if (code == 0)
        code = set_direction(pcap, capture->config.direction, name, err);
    if (code == 0)
        code = attach_filter(capture, pcap, name, err);
    if (code == 0 && pcap_setnonblock(pcap, 1, reason) != 0)
        code = err_set(err, -EIO, "cannot capture on %s: %s", name, reason);
    if (code)
        return code;
    interface->fd = pcap_get_selectable_fd(pcap);
    if (capture->config.n_members > 1 && (code = share(capture, interface, err)) != 0)
        return code;
    interface->is_nanosecond = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO;
    interface->linktype = linktype_normalize((uint32_t)pcap_datalink(pcap));
    live_open_card_counts(interface, name);
    interface->number = live_number_of(&capture->input.live, name);
    add_source(capture, interface, name);
    counter_set(&capture->sources[interface->source].is_iface_dropped_known,
                interface->card_fds[0] >= 0);
    /* A link type that BPF cannot look into: then everything counts as worth keeping. */
    if (shed_open(&interface->shed, interface->linktype, NULL) != 0)
        interface->shed = (struct shed){0};
    return 0;
}

size_t live_memory_bytes(size_t n_interfaces)
{
    return arena_cost_bytes(n_interfaces * sizeof(struct live_interface));
}

int live_open(struct capture *capture, struct arena *arena, struct err *err)
{
    struct live *live = &capture->input.live;
    size_t n_interfaces = capture->config.n_interfaces;
    bool is_card_known = true;
    int code;

    capture->ops = &live_ops;
    live->ask_fd = -1;
    if (n_interfaces > CAPTURE_MAX_INTERFACES)
        return err_set(err, -E2BIG, "more than %d interfaces", CAPTURE_MAX_INTERFACES);
    live->is_shared = capture->config.leader != NULL;
    live->interfaces = arena_take(arena, n_interfaces * sizeof(*live->interfaces));
    if (!live->interfaces)
        return err_set(err, -ENOMEM, "not enough memory set aside for interfaces");
    code = live_away_open(live, err);
    if (code)
        return code;
    for (size_t i = 0; i < n_interfaces; i++) {
        struct live_interface *interface = &live->interfaces[i];

        interface->card_fds[0] = -1;
        interface->card_fds[1] = -1;
        code = open_interface(capture, interface, capture->config.interfaces[i], err);
        if (code)
            return code;
        live->n_alive++;
        is_card_known = is_card_known && interface->card_fds[0] >= 0;
    }
    counter_set(&capture->counters.is_iface_dropped_known, is_card_known);
    return 0;
}
