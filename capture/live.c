/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running a live capture.
 *
 * Theory of operation: poll() on all handles and on the stop descriptor, then pcap_dispatch, for
 * libpcap does not promise that dispatch returns on its own timeout. The kernel hands packets over
 * a block at a time, when the block is full or the buffer timeout is over, so a packet may come
 * late; a tick made from the wall clock is dated further back than that and overtakes none.
 */
#include "capture/live.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/nanotime.h"
#include "capture/live_private.h"
#include "capture/private.h"

/* Between two publishes. */
#define DISPATCH_PKTS 1024

/* Packets are left in the kernel's buffer for so long at most as a full link of 10 Gbit/s fills
 * half of it: 0.4 ns a byte, 27 ms of 64 MiB. */
#define HOLD_NS_PER_5_BYTES 2
#define HOLD_STEP_MS 1

/* The kernel's timer runs on its own: a block opened right after it fired is handed over by the
 * second firing. One more for being scheduled late. */
#define TICK_LAG_NS (NS_PER_MS * LIVE_BUFFER_TIMEOUT_MS * 3)

/* After capture_stop: what the kernel still holds back should not be lost. */
#define DRAIN_NS (NS_PER_MS * (LIVE_BUFFER_TIMEOUT_MS + 20))

#define STATS_INTERVAL_NS FRAME_TICK_NS

/* Between two looks whether the interfaces are there. */
#define LOOK_NS NS_PER_S

/* Two clocks read within so long were read at the same moment; else again, a few times. */
#define SAME_MOMENT_NS (50 * NS_PER_US)
#define MOMENT_TRIES 5

struct callback {
    struct capture *capture;
    struct live_interface *interface;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now); /* cannot fail for the clocks used here */
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t live_read_clocks(int64_t *wall_ns)
{
    int64_t before_ns = 0;
    int64_t after_ns = 0;

    for (unsigned i = 0; i < MOMENT_TRIES; i++) {
        before_ns = clock_ns(CLOCK_MONOTONIC);
        *wall_ns = clock_ns(CLOCK_REALTIME);
        after_ns = clock_ns(CLOCK_MONOTONIC);
        if (after_ns - before_ns < SAME_MOMENT_NS)
            break;
    }
    return before_ns + (after_ns - before_ns) / 2;
}

/* Before packets are taken: what they were dated by is known then. */
static void observe_clock(struct capture *capture)
{
    int64_t wall_ns;
    int64_t mono_ns = live_read_clocks(&wall_ns);

    clockline_observe(&capture->clock, wall_ns, mono_ns);
}

static int64_t packet_ns(const struct live_interface *interface, const struct pcap_pkthdr *header)
{
    int64_t fraction =
        interface->is_nanosecond ? header->ts.tv_usec : header->ts.tv_usec * NS_PER_US;
    int64_t ts_ns;

    if (header->ts.tv_sec < 0 || fraction < 0)
        return 0;
    if (header->ts.tv_sec >= FRAME_MAX_TS_NS / NS_PER_S)
        return FRAME_MAX_TS_NS;
    ts_ns = header->ts.tv_sec * NS_PER_S + fraction;
    return ts_ns < FRAME_MAX_TS_NS ? ts_ns : FRAME_MAX_TS_NS;
}

static int64_t place_packet(struct capture *capture, int64_t wall_ns)
{
    int64_t ts_ns = clockline_place(&capture->clock, wall_ns);

    return ts_ns < 0 ? 0 : ts_ns > FRAME_MAX_TS_NS ? FRAME_MAX_TS_NS : ts_ns;
}

static void on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    const struct callback *callback = (const void *)user;
    struct capture *capture = callback->capture;
    struct live_interface *interface = callback->interface;
    const struct raw_packet packet = {
        .ts_ns = place_packet(capture, packet_ns(interface, header)),
        .bytes = bytes,
        .captured_bytes = header->caplen,
        .wire_bytes = header->len < header->caplen ? header->caplen : header->len,
        .linktype = interface->linktype,
        .source = interface->source,
    };

    if (packet.ts_ns < capture->input.live.shared_ns)
        return;
    /* A live feed never refuses. */
    (void)feed_packet(&capture->feed, &packet, &interface->shed);
}

bool live_card_dropped(const struct live_interface *interface, uint64_t *n_pkts)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < ARRAY_LEN(interface->card_fds); i++) {
        char digits[32];
        ssize_t n;

        if (interface->card_fds[i] < 0)
            return false;
        n = pread(interface->card_fds[i], digits, sizeof(digits) - 1, 0);
        if (n <= 0)
            return false;
        digits[n] = '\0';
        sum += strtoull(digits, NULL, 10);
    }
    *n_pkts = sum;
    return true;
}

/* What the kernel counted since the last time. pcap_stats() does not tell of freezes, and asking
 * takes the figures away from whoever asks next: so it is not used beside this. */
static struct tpacket_stats_v3 take_kernel_stats(struct live_interface *interface)
{
    struct tpacket_stats_v3 stats = {0};
    socklen_t n_bytes = sizeof(stats);
    struct pcap_stat of_pcap;

    if (getsockopt(interface->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &n_bytes) == 0 &&
        n_bytes == sizeof(stats))
        return stats;
    stats = (struct tpacket_stats_v3){0};
    if (pcap_stats(interface->pcap, &of_pcap) == 0) { /* no packet socket: a bus, a dongle */
        stats.tp_drops = of_pcap.ps_drop - interface->kernel_dropped_seen;
        interface->kernel_dropped_seen = of_pcap.ps_drop;
    }
    return stats;
}

static void update_losses(struct capture *capture, struct live_interface *interface)
{
    struct capture_counters *counters = &capture->counters;
    struct capture_source *source = &capture->sources[interface->source];
    struct tpacket_stats_v3 kernel = take_kernel_stats(interface);
    uint64_t card_dropped = interface->card_dropped_seen;
    uint64_t card_delta;

    (void)live_card_dropped(interface, &card_dropped);
    /* The card's count starts over when its driver is loaded again. */
    card_delta = card_dropped > interface->card_dropped_seen
                     ? card_dropped - interface->card_dropped_seen
                     : 0;
    interface->card_dropped_seen = card_dropped;
    counter_add(&counters->ring_freezes, kernel.tp_freeze_q_cnt);
    counter_add(&source->ring_freezes, kernel.tp_freeze_q_cnt);
    if (kernel.tp_drops == 0 && card_delta == 0)
        return;
    counter_add(&counters->kernel_dropped_pkts, kernel.tp_drops);
    counter_add(&source->kernel_dropped_pkts, kernel.tp_drops);
    counter_add(&counters->iface_dropped_pkts, card_delta);
    counter_add(&source->iface_dropped_pkts, card_delta);
    feed_loss(&capture->feed, kernel.tp_drops + card_delta);
}

static void close_interface(struct live_interface *interface)
{
    if (interface->pcap)
        pcap_close(interface->pcap);
    interface->pcap = NULL;
    for (size_t i = 0; i < ARRAY_LEN(interface->card_fds); i++) {
        if (interface->card_fds[i] >= 0)
            (void)close(interface->card_fds[i]);
        interface->card_fds[i] = -1;
    }
    shed_close(&interface->shed);
}

static void set_away(struct capture *capture, struct live_interface *interface, bool is_away)
{
    bool was_away = interface->is_away;

    interface->is_away = is_away;
    counter_set(&capture->sources[interface->source].is_away, is_away);
    /* For as long as that, and for what was missed until it is seen to be back. */
    if (is_away || was_away)
        feed_loss(&capture->feed, 0);
}

static void end_interface(struct capture *capture, struct live_interface *interface,
                          const char *why)
{
    struct err err;

    (void)err_set(&err, -ENODEV, "capture on %s ended: %s",
                  capture->sources[interface->source].input, why);
    capture_note_trouble(capture, &err);
    update_losses(capture, interface);
    close_interface(interface);
    capture->input.live.n_alive--;
}

static void lose_interface(struct capture *capture, struct live_interface *interface)
{
    if (interface->number != 0)
        set_away(capture, interface, true);
    else
        end_interface(capture, interface, pcap_geterr(interface->pcap));
}

/* What pcap_dispatch returned. */
static int take_packets(struct capture *capture, struct live_interface *interface, int n_pkts)
{
    struct callback callback = {.capture = capture, .interface = interface};
    int n = pcap_dispatch(interface->pcap, n_pkts, on_packet, (u_char *)&callback);

    feed_publish(&capture->feed);
    return n;
}

/* Returns whether there may be more at once. */
static bool dispatch(struct capture *capture, struct live_interface *interface)
{
    uint64_t n_wanted = capture_wanted_pkts(capture);
    int n_pkts = n_wanted < DISPATCH_PKTS ? (int)n_wanted : DISPATCH_PKTS;
    int n = take_packets(capture, interface, n_pkts);

    if (n == PCAP_ERROR)
        lose_interface(capture, interface);
    return n == n_pkts;
}

/* Back is one that is there, up, and of which libpcap says so too. */
static void look_after(struct capture *capture, struct live_interface *interface)
{
    bool is_away;

    if (capture->input.live.is_shared && live_is_gone(&capture->input.live, interface)) {
        end_interface(capture, interface, "it is gone (with --threads 1 its return is waited for)");
        return;
    }
    is_away = live_is_away(capture, interface);
    if (interface->is_away && !is_away)
        is_away = take_packets(capture, interface, 1) == PCAP_ERROR;
    set_away(capture, interface, is_away);
}

/* While one is away its socket has nothing but errors. */
static bool is_open(const struct live_interface *interface)
{
    return interface->pcap && !interface->is_away;
}

/* Returns whether any interface may have more at once. */
static bool dispatch_all(struct capture *capture)
{
    const struct live *live = &capture->input.live;
    bool has_more = false;

    observe_clock(capture);
    for (size_t i = 0; i < capture->config.n_interfaces; i++) {
        if (is_open(&live->interfaces[i]) && capture_wanted_pkts(capture) > 0)
            has_more |= dispatch(capture, &live->interfaces[i]);
    }
    return has_more;
}

static void wait_for_packets(const struct capture *capture, int64_t max_wait_ns)
{
    const struct live *live = &capture->input.live;
    struct pollfd fds[CAPTURE_MAX_INTERFACES + 1];
    nfds_t n_fds = 0;
    int64_t wait_ms = max_wait_ns / NS_PER_MS;

    for (size_t i = 0; i < capture->config.n_interfaces; i++) {
        if (is_open(&live->interfaces[i]))
            fds[n_fds++] = (struct pollfd){.fd = live->interfaces[i].fd, .events = POLLIN};
    }
    /* While draining it would be readable all the time. */
    if (!live->drain_until_ns)
        fds[n_fds++] = (struct pollfd){.fd = capture->stop_fd, .events = POLLIN};
    if (wait_ms > LIVE_BUFFER_TIMEOUT_MS)
        wait_ms = LIVE_BUFFER_TIMEOUT_MS;
    /* Whatever it says: dispatch does not block, and a signal must get through. */
    (void)poll(fds, n_fds, (int)wait_ms);
}

static void look_after_all(struct capture *capture, int64_t mono_ns)
{
    struct live *live = &capture->input.live;

    if (mono_ns - live->looked_ns < LOOK_NS)
        return;
    live->looked_ns = mono_ns;
    for (size_t i = 0; i < capture->config.n_interfaces; i++) {
        if (live->interfaces[i].pcap)
            look_after(capture, &live->interfaces[i]);
    }
}

static int64_t hold_ns(const struct capture *capture)
{
    return (int64_t)capture->config.buffer_bytes / 5 * HOLD_NS_PER_5_BYTES;
}

/* Also of packets that were left in the kernel a moment ago no tick must come before. */
static int64_t tick_lag_ns(const struct capture *capture, int64_t mono_ns)
{
    int64_t held_ns = capture->input.live.held_ns;
    bool has_held = held_ns && mono_ns - held_ns < NS_PER_S;

    return has_held ? TICK_LAG_NS + hold_ns(capture) : TICK_LAG_NS;
}

static void keep_time(struct capture *capture, int64_t mono_ns)
{
    struct live *live = &capture->input.live;

    if (mono_ns - live->last_stats_ns < STATS_INTERVAL_NS)
        return;
    live->last_stats_ns = mono_ns;
    for (size_t i = 0; i < capture->config.n_interfaces; i++) {
        if (live->interfaces[i].pcap)
            update_losses(capture, &live->interfaces[i]);
    }
    look_after_all(capture, mono_ns);
    mono_ns = clock_ns(CLOCK_MONOTONIC); /* the end comes with a time of its own */
    feed_time(&capture->feed,
              clockline_at(&capture->clock, mono_ns) - tick_lag_ns(capture, mono_ns));
    feed_publish(&capture->feed);
}

static enum capture_step end(struct capture *capture, enum capture_end why)
{
    keep_time(capture, INT64_MAX);
    capture->status.end = why;
    return CAPTURE_STEP_END;
}

/* The worker is behind for a moment: what comes waits in the kernel's buffer, which is the larger
 * one, rather than being shed here. Not for long: that buffer loses without looking at what. */
static bool must_hold(struct capture *capture)
{
    const struct feed *feed = &capture->feed;
    int64_t now_ns;

    if (!feed_is_crowded(&capture->feed) || capture->input.live.drain_until_ns)
        return false;
    now_ns = clockline_at(&capture->clock, clock_ns(CLOCK_MONOTONIC));
    return now_ns - feed->now_ns < hold_ns(capture);
}

static void hold(struct capture *capture)
{
    struct pollfd stop = {.fd = capture->stop_fd, .events = POLLIN};

    capture->input.live.held_ns = clock_ns(CLOCK_MONOTONIC);
    (void)poll(&stop, 1, HOLD_STEP_MS);
}

static enum capture_step live_step(struct capture *capture, int64_t max_wait_ns)
{
    struct live *live = &capture->input.live;
    int64_t mono_ns;

    if (must_hold(capture))
        hold(capture);
    else if (!dispatch_all(capture) && live->n_alive > 0 && capture_wanted_pkts(capture) > 0) {
        wait_for_packets(capture, max_wait_ns);
        (void)dispatch_all(capture);
    }
    if (live->n_alive == 0)
        return end(capture, CAPTURE_END_FAILED);
    if (capture_wanted_pkts(capture) == 0)
        return end(capture, CAPTURE_END_LIMIT);
    mono_ns = clock_ns(CLOCK_MONOTONIC);
    if (live->drain_until_ns && mono_ns >= live->drain_until_ns)
        return end(capture, CAPTURE_END_STOPPED);
    if (!live->drain_until_ns && flag_is_raised(&capture->stop))
        live->drain_until_ns = mono_ns + DRAIN_NS;
    keep_time(capture, mono_ns);
    return CAPTURE_STEP_MORE;
}

/* Numbers that no other member gives: each counts by steps of n_members. */
void live_share(struct capture *capture)
{
    capture->feed.ordinal = capture->config.member_idx;
    capture->feed.ordinal_step = capture->config.n_members;
    capture->input.live.shared_ns = clock_ns(CLOCK_REALTIME);
}

static void live_close(struct capture *capture)
{
    struct live *live = &capture->input.live;

    for (size_t i = 0; live->interfaces && i < capture->config.n_interfaces; i++)
        close_interface(&live->interfaces[i]);
    live->interfaces = NULL;
    live_away_close(live);
}

const struct capture_ops live_ops = {.step = live_step, .close = live_close};
