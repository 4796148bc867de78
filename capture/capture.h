/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets from network interfaces, capture files or a generator into frame rings.
 *
 * One capture feeds N rings. Ticks, losses and the end go to every ring at the same place of the
 * packets' order, so each consumer sees the same time. A file waits for a
 * consumer. A live capture lets packets wait in the kernel's buffer for some milliseconds, and
 * then a full ring costs packets, counted. That is the only difference.
 *
 * Several live captures of the same interfaces can share their packets (capture/fanout.h), each in
 * a thread of its own: a leader, and members that name it.
 *
 *   capture_open -> (drop privileges) -> capture_attach -> capture_run in a thread of its own, or
 *   capture_step from a loop -> join -> capture_status, counters -> capture_close
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clockline.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/ring.h"
#include "capture/counters.h"
#include "capture/frame.h"
#include "capture/synthetic.h"

struct capture;

enum capture_direction {
    CAPTURE_INOUT,
    CAPTURE_IN,
    CAPTURE_OUT,
    CAPTURE_DIRECTION_COUNT
};

/* Live snap length when snap_bytes is 0. A ClientHello with a post-quantum key share is 1,700 to
 * 1,950 bytes; at its sender it is seen before segmentation, as one frame of up to 2,020 bytes. */
#define CAPTURE_DEFAULT_SNAP_BYTES 2048u

/* Per interface, when buffer_bytes is 0: a quarter of a second of a full 1 Gbit/s link. */
#define CAPTURE_DEFAULT_BUFFER_BYTES (32u << 20)

/* An output ring must hold the largest frame wherever it starts. */
#define CAPTURE_MIN_RING_BYTES (UINT64_C(1) << 20)

/* Exactly one of interfaces, files and synthetic is given. All pointers outlive the capture. */
struct capture_config {
    const char *const *interfaces; /* "any" included; at most CAPTURE_MAX_INTERFACES */
    size_t n_interfaces;
    const char *const *files; /* read one after the other as one run; "-" is stdin */
    size_t n_files;
    const struct synthetic_config *synthetic;

    const char *filter;    /* pcap-filter(7); NULL or "" keeps everything */
    uint64_t max_packets;  /* stop after so many were delivered; 0 = no limit */
    uint32_t snap_bytes;   /* keep so much of a packet; 0 = live: the default, files: all of it */
    uint32_t buffer_bytes; /* live: the kernel's buffer for each interface; 0 = the default */
    bool is_promiscuous;   /* live */
    bool is_light; /* leave out what capture/light.h does; changes the default snap length */
    enum capture_direction direction; /* live */

    uint32_t n_members;  /* live: so many captures share the packets; 0, 1: this one alone */
    uint32_t member_idx; /* of them, in the order in which they are opened */
    const struct capture *leader; /* member 0; NULL: this is it */
};

#define CAPTURE_MAX_INTERFACES 32

/* Which output a packet goes to, 0 .. n_outputs - 1. Called in the capture thread; must answer the
 * same for both directions of a flow. */
typedef uint32_t (*capture_shard_fn)(void *ctx, const struct frame *frame, const uint8_t *bytes);

struct capture_output {
    struct ring *ring; /* of at least CAPTURE_MIN_RING_BYTES; the capture is its producer */
};

#define CAPTURE_MAX_OUTPUTS 64
struct capture_outputs {
    const struct capture_output *outputs;
    size_t n_outputs;
    struct ring *tap;          /* gets a copy of each packet; live, not when full. NULL = none */
    capture_shard_fn shard_of; /* NULL when n_outputs is 1 */
    void *shard_ctx;
};

enum capture_source_kind {
    CAPTURE_SOURCE_INTERFACE,
    CAPTURE_SOURCE_FILE,
    CAPTURE_SOURCE_PIPE,
    CAPTURE_SOURCE_SYNTHETIC,
    CAPTURE_SOURCE_KIND_COUNT
};

#define CAPTURE_NAME_BYTES 256
#define CAPTURE_MAX_SOURCES 256

/* One interface, or one file, or one interface inside a pcapng file. */
struct capture_source {
    enum capture_source_kind kind;
    char input[CAPTURE_NAME_BYTES];     /* interface or file name as given */
    char interface[CAPTURE_NAME_BYTES]; /* as the pcapng file names it, as it is; else "" */
    uint16_t linktype;                  /* LINKTYPE_ value */
    uint32_t snap_bytes;                /* 0 = not limited or not known */
    uint32_t buffer_bytes;              /* live: the kernel's buffer */
    bool is_promiscuous;
    bool is_nanosecond; /* precision of the time stamps, else coarser */
    /* as capture_counters, of this source alone */
    struct counter read_pkts, read_wire_bytes, cut_pkts, kernel_dropped_pkts, ring_freezes;
    struct counter iface_dropped_pkts, is_iface_dropped_known;
    struct counter last_ns; /* of the newest packet; 0 = none yet */
    struct counter is_away; /* live: 1 while the interface is down or gone; it is waited for */
};

enum capture_end {
    CAPTURE_RUNNING,
    CAPTURE_END_INPUT,   /* all files were read to their end (or to their damage) */
    CAPTURE_END_LIMIT,   /* max_packets */
    CAPTURE_END_STOPPED, /* capture_stop */
    CAPTURE_END_FAILED,  /* no interface is left, or an input could not be read at all */
    CAPTURE_END_COUNT
};

struct capture_status {
    enum capture_end end;
    uint32_t n_damaged_files; /* cut or corrupt: all before the damage was delivered */
    struct err err;           /* the first trouble; code 0 = none */
};

enum capture_step {
    CAPTURE_STEP_MORE, /* call again */
    CAPTURE_STEP_FULL, /* files: a ring is full; call again when its consumer has released */
    CAPTURE_STEP_END   /* the end frame is in every ring */
};

/* What capture_open(config) takes from the arena. */
size_t capture_memory_bytes(const struct capture_config *config);

/* Opens every input, compiles the filter and takes memory from `arena` (which outlives the
 * capture); needs CAP_NET_RAW for interfaces, nothing later does. -EINVAL: the filter is wrong;
 * -EPERM, -ENODEV, ...: the world refuses. The text may have several lines. */
MUST_CHECK int capture_open(const struct capture_config *config, struct arena *arena,
                            struct capture **capture, struct err *err);

/* Whether others may join: n_members were wanted, and the kernel can do it. Otherwise the leader
 * gets every packet. */
bool capture_is_shared(const struct capture *capture);

/* Once, before the first step, and after all members are open. `outputs` is copied. */
void capture_attach(struct capture *capture, const struct capture_outputs *outputs);

/* Runs to the end frame. The capture thread. */
void capture_run(struct capture *capture);

/* Does one batch and publishes it; a live capture waits at most `max_wait_ns` for packets. For
 * running everything in one thread, instead of capture_run. */
enum capture_step capture_step(struct capture *capture, int64_t max_wait_ns);

/* Asks for an early end; the end frame still comes. Any thread; safe in a signal handler. */
void capture_stop(struct capture *capture);

/* After capture_run has returned or capture_step has said END. */
const struct capture_status *capture_status(const struct capture *capture);

/* Any thread. */
const struct capture_counters *capture_counters(const struct capture *capture);

/* Any thread: rows 0 .. count-1 are constant but for their counters. The count grows while pcapng
 * files are read; a row exists before a frame that names it can be peeked. */
uint32_t capture_source_count(const struct capture *capture);
const struct capture_source *capture_source(const struct capture *capture, uint32_t source_idx);

/* How times of frames, which never step, relate to the clock that dated the packets. Any thread. */
const struct clockline *capture_clock(const struct capture *capture);

/* Size of all files together, 0 when not known (a pipe); input_bytes counts towards it. */
uint64_t capture_input_size_bytes(const struct capture *capture);

/* Whether the file at `path` begins like something capture_open reads: a capture, gzip or zstd.
 * For a file name where a filter was expected. */
bool capture_is_capture_file(const char *path);

/* NULL is fine. After the thread was joined. */
void capture_close(struct capture *capture);

#endif
