/* SPDX-License-Identifier: BSD-2-Clause */
/* See offline.h. */
#include "capture/offline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/linktype.h"
#include "capture/private.h"

/* Between two publishes, and between two looks at the stop flag. Large enough that waking the
 * consumer is cheap, small enough that what it reads is still in the cache. */
#define BATCH_PKTS 512

static const char *name_of(const char *file)
{
    return strcmp(file, "-") == 0 ? "standard input" : file;
}

size_t offline_memory_bytes(const struct capture_config *config)
{
    if (config->synthetic)
        return arena_cost_bytes(sizeof(struct synthetic));
    return arena_cost_bytes(config->n_files * sizeof(int)) + arena_cost_bytes(STREAM_MEMORY_BYTES) +
           arena_cost_bytes(sizeof(struct reader));
}

/* Opens one file and looks at its first bytes, unless that could block. Not blocking matters for
 * a named pipe only: its writer may come later, and waiting for it must end with capture_stop. */
static int open_file(const char *file, int *fd, uint64_t *size_bytes, struct err *err)
{
    uint8_t magic[READER_SNIFF_BYTES];
    struct err why;
    struct stat status;
    ssize_t n;

    *size_bytes = 0;
    *fd = strcmp(file, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                 : open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0 || fstat(*fd, &status) != 0)
        return err_set(err, -errno, "cannot read %s: %s", name_of(file), strerror(errno));
    if (S_ISDIR(status.st_mode))
        return err_set(err, -EISDIR, "cannot read %s: it is a directory", file);
    if (!S_ISREG(status.st_mode))
        return 0;
    n = pread(*fd, magic, sizeof(magic), lseek(*fd, 0, SEEK_CUR));
    if (n < 0)
        return err_set(err, -errno, "cannot read %s: %s", name_of(file), strerror(errno));
    if (reader_sniff(magic, (size_t)n, &why) != 0)
        return err_set(err, why.code, "%s: %.400s", name_of(file), why.text);
    *size_bytes = (uint64_t)status.st_size;
    (void)posix_fadvise(*fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
}

static uint8_t add_interface(void *ctx, const struct reader_interface *interface)
{
    struct capture *capture = ctx;
    struct offline *offline = &capture->input.offline;
    const char *file = capture->config.files[offline->file_idx];
    struct capture_source source = {
        .kind = offline->stream.is_pipe ? CAPTURE_SOURCE_PIPE : CAPTURE_SOURCE_FILE,
        .linktype = interface->linktype,
        .snap_bytes = interface->snap_bytes,
        .is_nanosecond = interface->is_nanosecond,
    };

    (void)snprintf(source.input, sizeof(source.input), "%s", file);
    (void)snprintf(source.interface, sizeof(source.interface), "%s", interface->name);
    return capture_add_source(capture, &source);
}

static void publish(void *ctx)
{
    feed_publish(ctx);
}

static void note_file_trouble(struct capture *capture, const struct err *why)
{
    const char *file = capture->config.files[capture->input.offline.file_idx];
    struct err err;

    (void)err_set(&err, why->code, "%s: %.400s", name_of(file), why->text);
    capture_note_trouble(capture, &err);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void close_file(struct offline *offline)
{
    if (offline->is_file_open)
        stream_close(&offline->stream);
    close_fd(&offline->fds[offline->file_idx]);
    offline->file_idx++;
    offline->is_file_open = false;
}

static void fail_file(struct capture *capture, const struct err *why)
{
    note_file_trouble(capture, why);
    capture->input.offline.has_failed = true;
    close_file(&capture->input.offline);
}

/* One of those that were closed again after the first look. */
static bool reopen_file(struct capture *capture)
{
    struct offline *offline = &capture->input.offline;
    const char *file = capture->config.files[offline->file_idx];
    struct err why;

    if (offline->fds[offline->file_idx] >= 0)
        return true;
    offline->fds[offline->file_idx] = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (offline->fds[offline->file_idx] >= 0)
        return true;
    (void)err_set(&why, -errno, "cannot read: %s", strerror(errno));
    fail_file(capture, &why);
    return false;
}

static void start_file(struct capture *capture)
{
    struct offline *offline = &capture->input.offline;
    const struct stream_io io = {
        .fd = offline->fds[offline->file_idx],
        .stop_fd = capture->stop_fd,
        .before_read = publish,
        .before_read_ctx = &capture->feed,
        .input_bytes = &capture->counters.input_bytes,
    };
    struct err why;
    int code = stream_open(&offline->stream, &io, offline->stream_memory, &why);

    if (code == 0)
        code = reader_open(offline->reader, &offline->stream, add_interface, capture, &why);
    offline->is_file_open = true;
    if (code == 0)
        return;
    if (flag_is_raised(&capture->stop))
        close_file(offline);
    else
        fail_file(capture, &why);
}

/* NULL, and *err set, when the filter does not fit the link type. */
static const struct filter *filter_for(struct capture *capture, uint16_t linktype, struct err *err)
{
    struct offline *offline = &capture->input.offline;
    const char *linktype_text = linktype_name(linktype);
    struct offline_filter *added = &offline->filters[offline->n_filters];
    struct err why;

    for (size_t i = 0; i < offline->n_filters; i++) {
        if (offline->filters[i].linktype == linktype)
            return &offline->filters[i].filter;
    }
    if (offline->n_filters == OFFLINE_MAX_LINKTYPES) {
        (void)err_set(err, -EBADMSG, "more than %d link types", OFFLINE_MAX_LINKTYPES);
        return NULL;
    }
    if (capture_compile(capture, &added->filter, linktype, &why) != 0) {
        (void)err_set(err, why.code, "link type %s: %.400s",
                      linktype_text ? linktype_text : "unknown", why.text);
        return NULL;
    }
    added->linktype = linktype;
    offline->n_filters++;
    return &added->filter;
}

/* False when the filter does not fit the packet's link type. */
static bool ask_filter(struct capture *capture)
{
    struct offline *offline = &capture->input.offline;
    const struct filter *filter = filter_for(capture, offline->packet.linktype, &offline->why);

    offline->is_kept = filter && filter_keeps(filter, &offline->packet);
    return filter;
}

static void end_file(struct capture *capture, enum reader_result result)
{
    struct offline *offline = &capture->input.offline;

    if (result == READER_DAMAGED || result == READER_FAILED)
        note_file_trouble(capture, &offline->why);
    capture->status.n_damaged_files += result == READER_DAMAGED;
    offline->has_failed = offline->has_failed || result == READER_FAILED;
    close_file(offline);
}

/* False at the end of a file, clean or not. */
static bool read_file_packet(struct capture *capture)
{
    struct offline *offline = &capture->input.offline;
    enum reader_result result = reader_next(offline->reader, &offline->packet, &offline->why);

    offline->is_kept = true;
    if (result == READER_PACKET && capture_is_filtered(capture) && !ask_filter(capture))
        result = READER_FAILED;
    if (result == READER_PACKET)
        return true;
    end_file(capture, result);
    return false;
}

static bool read_generated_packet(struct offline *offline)
{
    offline->is_kept = true;
    return synthetic_next(offline->synthetic, &offline->packet);
}

/* False when there is no more input. */
static bool read_packet(struct capture *capture)
{
    struct offline *offline = &capture->input.offline;

    for (;;) {
        if (offline->is_file_open && read_file_packet(capture))
            return true;
        if (offline->is_file_open)
            continue;
        if (offline->synthetic)
            return read_generated_packet(offline);
        if (offline->file_idx == capture->config.n_files || flag_is_raised(&capture->stop))
            return false;
        if (reopen_file(capture))
            start_file(capture);
    }
}

/* False when a ring is full: what was read is kept. */
static bool feed_read_packet(struct capture *capture)
{
    struct offline *offline = &capture->input.offline;
    enum feed_result result = offline->is_kept ? feed_packet(&capture->feed, &offline->packet, NULL)
                                               : feed_filtered(&capture->feed, &offline->packet);

    offline->has_packet = result == FEED_FULL;
    return !offline->has_packet;
}

static enum capture_step end(struct capture *capture, enum capture_end why)
{
    capture->status.end = why;
    return CAPTURE_STEP_END;
}

static enum capture_step end_input(struct capture *capture)
{
    if (flag_is_raised(&capture->stop))
        return end(capture, CAPTURE_END_STOPPED);
    return end(capture, capture->input.offline.has_failed ? CAPTURE_END_FAILED : CAPTURE_END_INPUT);
}

static enum capture_step offline_step(struct capture *capture, int64_t max_wait_ns)
{
    const struct offline *offline = &capture->input.offline;
    uint64_t n_pkts = capture_wanted_pkts(capture);

    (void)max_wait_ns;
    if (flag_is_raised(&capture->stop))
        return end(capture, CAPTURE_END_STOPPED);
    if (n_pkts > BATCH_PKTS)
        n_pkts = BATCH_PKTS;
    for (; n_pkts > 0; n_pkts--) {
        if (!offline->has_packet && !read_packet(capture))
            return end_input(capture);
        if (!feed_read_packet(capture))
            return CAPTURE_STEP_FULL;
    }
    return capture_wanted_pkts(capture) > 0 ? CAPTURE_STEP_MORE : end(capture, CAPTURE_END_LIMIT);
}

static void offline_close(struct capture *capture)
{
    struct offline *offline = &capture->input.offline;

    if (offline->is_file_open)
        stream_close(&offline->stream);
    for (size_t i = 0; offline->fds && i < capture->config.n_files; i++)
        close_fd(&offline->fds[i]);
    for (size_t i = 0; i < offline->n_filters; i++)
        filter_close(&offline->filters[i].filter);
    *offline = (struct offline){0};
}

static const struct capture_ops offline_ops = {.step = offline_step, .close = offline_close};

static int open_files(struct capture *capture, struct arena *arena, struct err *err)
{
    struct offline *offline = &capture->input.offline;
    bool is_size_known = true;

    offline->fds = arena_take(arena, capture->config.n_files * sizeof(int));
    offline->stream_memory = arena_take(arena, STREAM_MEMORY_BYTES);
    offline->reader = arena_take(arena, sizeof(*offline->reader));
    if (!offline->fds || !offline->stream_memory || !offline->reader)
        return err_set(err, -ENOMEM, "not enough memory set aside for reading files");
    for (size_t i = 0; i < capture->config.n_files; i++)
        offline->fds[i] = -1;
    for (size_t i = 0; i < capture->config.n_files; i++) {
        uint64_t size_bytes;
        int code = open_file(capture->config.files[i], &offline->fds[i], &size_bytes, err);

        if (code)
            return code;
        is_size_known = is_size_known && size_bytes > 0;
        capture->input_size_bytes += size_bytes;
        if (i >= OFFLINE_MAX_OPEN && size_bytes > 0)
            close_fd(&offline->fds[i]);
    }
    if (!is_size_known)
        capture->input_size_bytes = 0;
    return 0;
}

static int open_synthetic(struct capture *capture, struct arena *arena, struct err *err)
{
    struct offline *offline = &capture->input.offline;
    struct capture_source source = {
        .kind = CAPTURE_SOURCE_SYNTHETIC,
        .input = "synthetic",
        .linktype = LINKTYPE_ETHERNET_ID,
        .is_nanosecond = true,
    };

    offline->synthetic = arena_take(arena, sizeof(*offline->synthetic));
    if (!offline->synthetic)
        return err_set(err, -ENOMEM, "not enough memory set aside for generated packets");
    synthetic_init(offline->synthetic, capture->config.synthetic);
    (void)capture_add_source(capture, &source);
    return 0;
}

/* A wrong filter should be known before hours of reading. Which link types are in the files is
 * not known yet: one that takes it is enough. The error is the one for Ethernet. */
static int try_filter(const char *text, struct err *err)
{
    static const uint16_t linktypes[] = {LINKTYPE_LINUX_SLL2_ID, LINKTYPE_RADIOTAP_ID};
    struct filter trial = {0};
    int code = filter_compile(&trial, text, LINKTYPE_ETHERNET_ID, err);

    for (size_t i = 0; code && i < ARRAY_LEN(linktypes); i++) {
        if (filter_compile(&trial, text, linktypes[i], NULL) == 0)
            code = 0;
    }
    filter_close(&trial);
    return code;
}

int offline_open(struct capture *capture, struct arena *arena, struct err *err)
{
    capture->ops = &offline_ops;
    if (capture->config.filter) {
        int code = try_filter(capture->config.filter, err);

        if (code)
            return code;
    }
    return capture->config.synthetic ? open_synthetic(capture, arena, err)
                                     : open_files(capture, arena, err);
}
