/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: one table of options makes the parser, --help and the man page's list. */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/http_address.h"
#include "base/err.h"
#include "capture/capture.h"
#include "sink/sink.h"
#include "verdict/incident_limits.h"

enum face {
    FACE_AUTO,
    FACE_REPORT,
    FACE_TEXT,
    FACE_JSON,
    FACE_TUI,
    FACE_NULL,
    FACE_COUNT
};

/* Whether this host's kernel is asked about failures at its own addresses. */
enum host_wish {
    HOST_WISH_LIVE, /* not of a file: that was elsewhere, or long ago */
    HOST_WISH_YES,
    HOST_WISH_NO
};

#define OPTIONS_MEMORY_MIB 254 /* of --memory, where it is not given */
#define OPTIONS_FILES_MAX 256
#define OPTIONS_FAIL_ON_MAX 16
#define OPTIONS_FILTER_BYTES 8192

struct settings;

struct options {
    const char *interface[CAPTURE_MAX_INTERFACES];
    size_t n_interfaces;
    const char *file[OPTIONS_FILES_MAX];
    size_t n_files;
    char filter[OPTIONS_FILTER_BYTES];
    const char *filter_file;
    const char *write_path;
    bool can_read_again; /* every input is a file */
    const char *output_path, *log_path;
    uint64_t rotate_bytes;      /* of files of events; 0 = not by size */
    int64_t rotate_interval_ns; /* 0 = not by time */
    uint32_t rotate_files;      /* kept of each; 0 = no rotation */
    uint64_t max_packets;
    uint32_t snap_bytes, buffer_bytes;
    bool is_not_promiscuous, is_light;
    enum capture_direction direction;
    enum face face;
    bool report_all;
    enum host_wish host_wish;
    struct incident_rules incident_rules;
    uint32_t n_threads; /* 0 = chosen from the machine */
    uint64_t memory_bytes;
    int64_t stats_interval_ns; /* 0 = none */
    int64_t duration_ns;       /* 0 = no limit */
    const char *sensor;
    const char *tag_text[SINK_TAGS_MAX];
    uint32_t n_tags;
    struct http_address metrics_address; /* --metrics */
    const char *metrics_path;            /* --metrics-file; NULL = none */
    const char *drop_user;               /* -Z; NULL = chosen from the outputs */
    bool is_sandbox_off, is_sandbox_required;
    const char *fail_on[OPTIONS_FAIL_ON_MAX];
    uint32_t n_fail_on;
    const char *color, *theme; /* of the screen; NULL = not asked for */
    bool is_ascii, is_quiet, is_verbose;
    bool wants_devices, wants_help, wants_version, wants_check, wants_dump;
    struct settings *settings; /* what was said where; freed by options_free */
    char *interface_words;     /* -i eth0,lo cut at the commas; freed by options_free */
};

/* Fills *options from configuration file, environment and command line. -EINVAL with the reason
 * where they are wrong. `argv` and the environment outlive the options. */
int options_parse(struct options *options, int argc, char **argv, struct err *err) MUST_CHECK;

void options_free(struct options *options);

/* Prints --dump-config to standard output. */
void options_print_settings(const struct options *options);

/* Prints --help to standard output: one screen, examples first. */
void options_print_help(void);

#endif
