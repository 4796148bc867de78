/* SPDX-License-Identifier: BSD-2-Clause */
/* See capture.h. */
#include "capture/capture.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/nanotime.h"
#include "capture/live_private.h"
#include "capture/private.h"
#include "capture/reader.h"

/* How long capture_run sleeps before it looks at the stop flag again. */
#define PATIENCE_NS (100 * NS_PER_MS)

size_t capture_memory_bytes(const struct capture_config *config)
{
    size_t input_bytes = config->n_interfaces > 0 ? live_memory_bytes(config->n_interfaces)
                                                  : offline_memory_bytes(config);

    return arena_cost_bytes(sizeof(struct capture)) + input_bytes;
}

static void fill_defaults(struct capture_config *config)
{
    if (config->filter && config->filter[strspn(config->filter, " \t\r\n")] == '\0')
        config->filter = NULL;
    if (config->is_light && config->snap_bytes == 0)
        config->snap_bytes = LIGHT_SNAP_BYTES;
    if (config->n_interfaces > 0 && config->snap_bytes == 0)
        config->snap_bytes = CAPTURE_DEFAULT_SNAP_BYTES;
    if (config->snap_bytes == 0 || config->snap_bytes > FRAME_MAX_BYTES)
        config->snap_bytes = FRAME_MAX_BYTES;
    if (config->max_packets == 0)
        config->max_packets = UINT64_MAX;
    if (config->buffer_bytes == 0)
        config->buffer_bytes = CAPTURE_DEFAULT_BUFFER_BYTES;
    if (config->buffer_bytes > INT32_MAX)
        config->buffer_bytes = INT32_MAX;
}

static void start_clock(struct capture *capture)
{
    int64_t wall_ns;
    int64_t mono_ns = live_read_clocks(&wall_ns);

    clockline_init(&capture->clock, wall_ns, mono_ns);
}

int capture_open(const struct capture_config *config, struct arena *arena, struct capture **capture,
                 struct err *err)
{
    struct capture *opened = arena_take(arena, sizeof(*opened));
    int code = 0;

    assert((config->n_interfaces > 0) + (config->n_files > 0) + (config->synthetic != NULL) == 1);
    if (!opened)
        return err_set(err, -ENOMEM, "not enough memory set aside for the capture");
    opened->config = *config;
    fill_defaults(&opened->config);
    start_clock(opened);
    opened->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (opened->stop_fd < 0)
        return err_set(err, -errno, "cannot make an event descriptor: %s", strerror(errno));
    for (unsigned i = 0; i < ARRAY_LEN(opened->light) && config->is_light && !code; i++)
        code = light_filter(opened->config.filter, i == 0, opened->light[i], err);
    if (!code)
        code = config->n_interfaces > 0 ? live_open(opened, arena, err)
                                        : offline_open(opened, arena, err);
    if (code) {
        capture_close(opened);
        return code;
    }
    *capture = opened;
    return 0;
}

void capture_attach(struct capture *capture, const struct capture_outputs *outputs)
{
    feed_init(&capture->feed, outputs, &capture->counters, capture->sources,
              capture->config.n_interfaces > 0);
    capture->feed.snap_bytes = capture->config.snap_bytes;
    if (capture->config.n_members > 1 && capture->config.n_interfaces > 0)
        live_share(capture);
}

bool capture_is_shared(const struct capture *capture)
{
    return capture->config.n_interfaces > 0 && capture->input.live.is_shared;
}

enum capture_step capture_step(struct capture *capture, int64_t max_wait_ns)
{
    enum capture_step step = CAPTURE_STEP_END;

    if (!capture->is_ending)
        step = capture->ops->step(capture, max_wait_ns);
    if (step == CAPTURE_STEP_END) {
        capture->is_ending = true;
        if (feed_end(&capture->feed) == FEED_FULL)
            step = CAPTURE_STEP_FULL;
    }
    feed_publish(&capture->feed);
    return step;
}

void capture_run(struct capture *capture)
{
    enum capture_step step;

    while ((step = capture_step(capture, PATIENCE_NS)) != CAPTURE_STEP_END) {
        if (step != CAPTURE_STEP_FULL || ring_wait_room(capture->feed.full_ring, PATIENCE_NS))
            continue;
        /* A live capture may have rings on which its side never sleeps. It comes here only for
         * its end frame, and must not keep a core busy meanwhile. */
        if (capture->feed.is_live)
            (void)poll(NULL, 0, 1);
    }
}

void capture_stop(struct capture *capture)
{
    const uint64_t one = 1;
    int saved_errno = errno; /* we may be in a signal handler */

    flag_raise(&capture->stop);
    if (write(capture->stop_fd, &one, sizeof(one)) < 0) {
        /* Full means readable already, which is all it is for. */
    }
    errno = saved_errno;
}

const struct capture_status *capture_status(const struct capture *capture)
{
    return &capture->status;
}

const struct capture_counters *capture_counters(const struct capture *capture)
{
    return &capture->counters;
}

uint32_t capture_source_count(const struct capture *capture)
{
    return (uint32_t)counter_read_acquire(&capture->n_sources);
}

const struct capture_source *capture_source(const struct capture *capture, uint32_t source_idx)
{
    assert(source_idx < CAPTURE_MAX_SOURCES);
    return &capture->sources[source_idx];
}

const struct clockline *capture_clock(const struct capture *capture)
{
    return &capture->clock;
}

uint64_t capture_input_size_bytes(const struct capture *capture)
{
    return capture->input_size_bytes;
}

bool capture_is_capture_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    uint8_t magic[READER_SNIFF_BYTES];
    ssize_t n;

    if (fd < 0)
        return false;
    n = pread(fd, magic, sizeof(magic), 0);
    (void)close(fd);
    return n > 0 && reader_sniff(magic, (size_t)n, NULL) == 0;
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->ops)
        capture->ops->close(capture);
    capture->ops = NULL;
    if (capture->stop_fd >= 0)
        (void)close(capture->stop_fd);
    capture->stop_fd = -1;
}

uint8_t capture_add_source(struct capture *capture, const struct capture_source *source)
{
    uint64_t n_sources = counter_read(&capture->n_sources);

    if (n_sources == CAPTURE_MAX_SOURCES)
        return CAPTURE_MAX_SOURCES - 1;
    capture->sources[n_sources] = *source;
    counter_add_release(&capture->n_sources, 1);
    return (uint8_t)n_sources;
}

bool capture_is_filtered(const struct capture *capture)
{
    return capture->config.filter || capture->config.is_light;
}

/* The user's own words first, alone, so that an error is about them. */
int capture_compile(const struct capture *capture, struct filter *filter, uint16_t linktype,
                    struct err *err)
{
    const char *text = capture->config.filter ? capture->config.filter : "";
    int code = filter_compile(filter, text, linktype, err);

    if (code || !capture->config.is_light)
        return code;
    filter_close(filter);
    if (filter_compile(filter, capture->light[0], linktype, NULL) == 0)
        return 0;
    return filter_compile(filter, capture->light[1], linktype, err);
}

int capture_compile_for(const struct capture *capture, struct filter *filter, pcap_t *pcap,
                        struct err *err)
{
    const char *text = capture->config.filter ? capture->config.filter : "";
    int code = filter_compile_for(filter, text, pcap, err);

    if (code || !capture->config.is_light)
        return code;
    filter_close(filter);
    if (filter_compile_for(filter, capture->light[0], pcap, NULL) == 0)
        return 0;
    return filter_compile_for(filter, capture->light[1], pcap, err);
}

uint64_t capture_wanted_pkts(const struct capture *capture)
{
    uint64_t n_delivered = pktcount_delivered_pkts(&capture->feed.count);

    return capture->config.max_packets > n_delivered ? capture->config.max_packets - n_delivered
                                                     : 0;
}

void capture_note_trouble(struct capture *capture, const struct err *err)
{
    if (capture->status.err.code == 0)
        capture->status.err = *err;
}
