/* SPDX-License-Identifier: BSD-2-Clause */
/* The capture object and its inputs; only the files of capture/ include it. */
#ifndef CAPTURE_PRIVATE_H
#define CAPTURE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clockline.h"
#include "capture/capture.h"
#include "capture/feed.h"
#include "capture/filter.h"
#include "capture/light.h"
#include "capture/live.h"
#include "capture/offline.h"
#include "capture/shed.h"

/* What an input does; each fills status and says END before the end frame is written. */
struct capture_ops {
    enum capture_step (*step)(struct capture *capture, int64_t max_wait_ns);
    void (*close)(struct capture *capture);
};

struct capture {
    /* constant after capture_open */
    struct capture_config config; /* filter: as asked for, NULL where nothing was;
                                   * max_packets: UINT64_MAX where there is no limit */
    const struct capture_ops *ops;
    uint64_t input_size_bytes; /* 0 = not known */
    int stop_fd;               /* an eventfd: readable after capture_stop */
    /* With config.is_light: with VLANs, and for link types that do not know them. */
    char light[2][LIGHT_FILTER_BYTES];

    /* any thread */
    struct flag stop;

    /* capture thread; counters, n_sources and complete rows of sources: read by any */
    struct capture_counters counters;
    struct capture_source sources[CAPTURE_MAX_SOURCES];
    struct counter n_sources;
    struct capture_status status;
    struct clockline clock; /* live; read by any */
    struct feed feed;
    bool is_ending; /* only the end frame is missing */
    union {
        struct live live;
        struct offline offline;
    } input;
};

/* Adds a row, or returns the last one when there are CAPTURE_MAX_SOURCES. */
uint8_t capture_add_source(struct capture *capture, const struct capture_source *source);

/* Whether packets are left out by a filter, of the user's or --light's. */
bool capture_is_filtered(const struct capture *capture);

/* Compiles what is to pass for a link type, or for an open handle. As filter_compile(). */
MUST_CHECK int capture_compile(const struct capture *capture, struct filter *filter,
                               uint16_t linktype, struct err *err);
MUST_CHECK int capture_compile_for(const struct capture *capture, struct filter *filter,
                                   pcap_t *pcap, struct err *err);

/* How many more packets may be delivered before there are max_packets. */
uint64_t capture_wanted_pkts(const struct capture *capture);

/* Keeps the first trouble only. */
void capture_note_trouble(struct capture *capture, const struct err *err);

#endif
