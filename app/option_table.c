/* SPDX-License-Identifier: BSD-2-Clause */
/* See option_table.h. */
#include "app/option_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/option_incident.h"
#include "app/option_value.h"
#include "base/compiler.h"
#include "base/nanotime.h"
#include "verdict/verdict.h"

/* Of a file of events: a line and the start line fit many times. */
#define ROTATE_MIN_BYTES (UINT64_C(64) << 10)

static int set_interface(struct options *options, const char *value, struct err *err)
{
    size_t old_bytes = options->interface_words ? strlen(options->interface_words) : 0;
    char *words = realloc(options->interface_words, old_bytes + strlen(value) + 2);

    if (!words)
        return err_set(err, -ENOMEM, "out of memory");
    /* All of them in one text, cut at the commas once the last is known. */
    if (old_bytes)
        words[old_bytes++] = ',';
    memcpy(words + old_bytes, value, strlen(value) + 1);
    options->interface_words = words;
    return 0;
}

int option_add_file(struct options *options, const char *path, struct err *err)
{
    if (options->n_files == OPTIONS_FILES_MAX)
        return err_set(err, -EINVAL, "more than %d capture files", OPTIONS_FILES_MAX);
    options->file[options->n_files++] = path;
    return 0;
}

static int set_write(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->write_path = value;
    return 0;
}

static int set_filter_file(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->filter_file = value;
    return 0;
}

static int set_count(struct options *options, const char *value, struct err *err)
{
    return option_u64("-c", value, UINT64_MAX, &options->max_packets, err);
}

static int set_light(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->is_light = true;
    return 0;
}

static int set_snaplen(struct options *options, const char *value, struct err *err)
{
    uint64_t bytes = 0;
    int code = option_u64("-s", value, 262144, &bytes, err);

    if (!code)
        options->snap_bytes = (uint32_t)bytes;
    return code;
}

static int set_buffer(struct options *options, const char *value, struct err *err)
{
    uint64_t bytes = 0;
    int code = option_size("-B", value, 1024, INT32_MAX, &bytes, err);

    if (!code)
        options->buffer_bytes = (uint32_t)bytes;
    return code;
}

static int set_not_promiscuous(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->is_not_promiscuous = true;
    return 0;
}

static int set_direction(struct options *options, const char *value, struct err *err)
{
    static const char *const names[] = {"inout", "in", "out"};

    _Static_assert(ARRAY_LEN(names) == CAPTURE_DIRECTION_COUNT, "a name each direction");
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            options->direction = (enum capture_direction)i;
            return 0;
        }
    }
    return err_set(err, -EINVAL, "-Q wants in, out or inout, not \"%s\"", value);
}

static int set_json(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->face = FACE_JSON;
    return 0;
}

static int set_text(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->face = FACE_TEXT;
    return 0;
}

static int set_tui(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->face = FACE_TUI;
    return 0;
}

static int set_report(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->face = FACE_REPORT;
    return 0;
}

static int set_null(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->face = FACE_NULL;
    return 0;
}

static int set_output(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->output_path = value;
    return 0;
}

static int set_log(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->log_path = value;
    return 0;
}

static int set_rotate_size(struct options *options, const char *value, struct err *err)
{
    uint64_t bytes = 0;
    int code = option_size("-C", value, 1000000, UINT64_C(1) << 50, &bytes, err);

    if (!code && bytes < ROTATE_MIN_BYTES)
        return err_set(err, -EINVAL, "-C wants at least 64K, not \"%s\"", value);
    if (!code)
        options->rotate_bytes = bytes;
    return code;
}

static int set_rotate_interval(struct options *options, const char *value, struct err *err)
{
    int64_t interval_ns = 0;
    int code = option_time("-G", value, &interval_ns, err);

    if (!code && interval_ns < NS_PER_S)
        return err_set(err, -EINVAL, "-G wants at least 1s, not \"%s\"", value);
    if (!code)
        options->rotate_interval_ns = interval_ns;
    return code;
}

static int set_rotate_files(struct options *options, const char *value, struct err *err)
{
    uint64_t n = 0;
    int code = option_u64("-W", value, 10000, &n, err);

    if (!code && n == 0)
        return err_set(err, -EINVAL, "-W wants at least 1");
    if (!code)
        options->rotate_files = (uint32_t)n;
    return code;
}

static int set_all(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->report_all = true;
    return 0;
}

static int set_incident(struct options *options, const char *value, struct err *err)
{
    return option_incident(&options->incident_rules, value, err);
}

static int want_host_evidence(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->host_wish = HOST_WISH_YES;
    return 0;
}

static int refuse_host_evidence(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->host_wish = HOST_WISH_NO;
    return 0;
}

static int set_threads(struct options *options, const char *value, struct err *err)
{
    uint64_t n = 0;
    int code = option_u64("--threads", value, 64, &n, err);

    if (!code && n == 0)
        return err_set(err, -EINVAL, "--threads wants at least 1");
    if (!code)
        options->n_threads = (uint32_t)n;
    return code;
}

static int set_memory(struct options *options, const char *value, struct err *err)
{
    return option_size("--memory", value, 1, UINT64_C(1) << 40, &options->memory_bytes, err);
}

static int set_stats_interval(struct options *options, const char *value, struct err *err)
{
    return option_time("--stats-interval", value, &options->stats_interval_ns, err);
}

static int set_duration(struct options *options, const char *value, struct err *err)
{
    return option_time("--duration", value, &options->duration_ns, err);
}

static int set_sensor(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->sensor = value;
    return 0;
}

static int add_tag(struct options *options, const char *value, struct err *err)
{
    if (!strchr(value, '=') || value[0] == '=')
        return err_set(err, -EINVAL, "--tag wants KEY=VALUE, not \"%s\"", value);
    if (options->n_tags == SINK_TAGS_MAX)
        return err_set(err, -EINVAL, "more than %d tags", SINK_TAGS_MAX);
    options->tag_text[options->n_tags++] = value;
    return 0;
}

static int add_fail_on(struct options *options, const char *value, struct err *err)
{
    bool is_known = strcmp(value, "any") == 0 || strcmp(value, "incident") == 0 ||
                    family_by_name(value) != FAMILY_COUNT ||
                    verdict_by_slug(value) != VERDICT_COUNT;

    if (!is_known)
        return err_set(err, -EINVAL,
                       "--fail-on wants any, incident, a family or a verdict, not \"%s\"", value);
    if (options->n_fail_on == OPTIONS_FAIL_ON_MAX)
        return err_set(err, -EINVAL, "more than %d times --fail-on", OPTIONS_FAIL_ON_MAX);
    options->fail_on[options->n_fail_on++] = value;
    return 0;
}

static int set_metrics(struct options *options, const char *value, struct err *err)
{
    return http_address_parse(&options->metrics_address, value, err);
}

static int set_metrics_file(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->metrics_path = value;
    return 0;
}

static int set_user(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->drop_user = value;
    return 0;
}

static int set_no_sandbox(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->is_sandbox_off = true;
    return 0;
}

static int set_require_sandbox(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->is_sandbox_required = true;
    return 0;
}

static int set_color(struct options *options, const char *value, struct err *err)
{
    options->color = value;
    if (strcmp(value, "auto") != 0 && strcmp(value, "never") != 0 && strcmp(value, "always") != 0)
        return err_set(err, -EINVAL, "--color wants auto, never or always, not \"%s\"", value);
    return 0;
}

static int set_theme(struct options *options, const char *value, struct err *err)
{
    options->theme = value;
    if (strcmp(value, "ansi") != 0 && strcmp(value, "okabe") != 0 && strcmp(value, "mono") != 0)
        return err_set(err, -EINVAL, "--theme wants ansi, okabe or mono, not \"%s\"", value);
    return 0;
}

static int set_ascii(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->is_ascii = true;
    return 0;
}

static int set_quiet(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->is_quiet = true;
    return 0;
}

static int set_verbose(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->is_verbose = true;
    return 0;
}

static int accept_silently(struct options *options, const char *value, struct err *err)
{
    (void)options, (void)value, (void)err;
    return 0;
}

static int want_devices(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->wants_devices = true;
    return 0;
}

static int want_check(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->wants_check = true;
    return 0;
}

static int want_dump(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->wants_dump = true;
    return 0;
}

static int want_help(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->wants_help = true;
    return 0;
}

static int want_version(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->wants_version = true;
    return 0;
}

const struct option_row option_rows[] = {
    {'i', "interface", "IFACE", set_interface,
     "capture on an interface (again, or with commas, for more; any = all)"},
    {'r', "read", "FILE", option_add_file,
     "read a capture file (again for more; - = standard input)"},
    {'w', "write", "FILE", set_write, "write the packets of failed connections, as pcapng"},
    {'F', "filter-file", "FILE", set_filter_file, "read the filter expression from a file"},
    {'c', "count", "N", set_count, "stop after N packets"},
    {'s', "snaplen", "BYTES", set_snaplen, "keep so much of each packet"},
    {'\0', "light", NULL, set_light, "only the ends of connections: less work, less sure"},
    {'B', "buffer-size", "KIB", set_buffer, "kernel buffer for each interface, or 64M"},
    {'p', "no-promiscuous-mode", NULL, set_not_promiscuous, "only this host's own packets"},
    {'Q', "direction", "DIR", set_direction, "in, out or inout"},
    {'D', "list-interfaces", NULL, want_devices, "list the interfaces"},
    {'\0', "report", NULL, set_report, "text report at the end (default for files)"},
    {'\0', "text", NULL, set_text, "one line for each failure and incident"},
    {'\0', "json", NULL, set_json, "JSON Lines"},
    {'\0', "tui", NULL, set_tui, "full screen (default for interfaces on a terminal)"},
    {'\0', "null", NULL, set_null, "no output: only the exit status and the summary"},
    {'o', "output", "FILE", set_output, "write the primary output to a file"},
    {'\0', "log", "FILE", set_log, "also write JSON Lines to a file"},
    {'C', "rotate-size", "SIZE", set_rotate_size,
     "begin new files of events and packets at this size (64M)"},
    {'G', "rotate-interval", "TIME", set_rotate_interval, "begin a new one so often"},
    {'W', "rotate-files", "N", set_rotate_files, "keep so many of them (default 4)"},
    {'\0', "all", NULL, set_all, "also report connections that did not fail"},
    {'\0', "fail-on", "WHAT", add_fail_on, "exit with 3 on any, incident, a family or a verdict"},
    {'\0', "incident", "NAME=VALUE", set_incident,
     "when it opens and closes (see tcpwhy(8); again)"},
    {'\0', "host-evidence", NULL, want_host_evidence,
     "ask this kernel of its listeners (default: live)"},
    {'\0', "no-host-evidence", NULL, refuse_host_evidence, "never ask it"},
    {'\0', "threads", "N", set_threads,
     "workers, live capture threads too (default: by the cores)"},
    {'\0', "memory", "SIZE", set_memory,
     "all tables and rings together (default " DIGITS_OF(OPTIONS_MEMORY_MIB) "M)"},
    {'\0', "stats-interval", "TIME", set_stats_interval, "time between stats events (live: 10s)"},
    {'\0', "duration", "TIME", set_duration, "stop after this time"},
    {'\0', "sensor", "NAME", set_sensor, "name of this observer (default: host name)"},
    {'\0', "tag", "KEY=VALUE", add_tag, "put into the start event (again for more)"},
    {'\0', "metrics", "ADDR:PORT", set_metrics,
     "Prometheus metrics over HTTP; a bare port is on 127.0.0.1"},
    {'\0', "metrics-file", "FILE", set_metrics_file,
     "the same into a file every 10 s, for node_exporter"},
    {'Z', "relinquish-privileges", "USER", set_user, "run as this user once all is open"},
    {'\0', "require-sandbox", NULL, set_require_sandbox, "give up where seccomp or Landlock lacks"},
    {'\0', "no-sandbox", NULL, set_no_sandbox, "neither seccomp nor Landlock"},
    {'\0', "color", "WHEN", set_color, "colours on the screen: auto, never or always"},
    {'\0', "theme", "NAME", set_theme, "of the screen: ansi, okabe (256 colours) or mono"},
    {'\0', "ascii", NULL, set_ascii, "no line drawing characters"},
    {'\0', "config", "FILE", accept_silently, "read options from this file (none = from no file)"},
    {'\0', "check", NULL, want_check, "only say whether the options are good"},
    {'\0', "dump-config", NULL, want_dump, "print all options and where they come from"},
    {'q', "quiet", NULL, set_quiet, "no summary on standard error"},
    {'v', "verbose", NULL, set_verbose, "tell memory, threads and counters"},
    {'n', "numeric", NULL, accept_silently, NULL},
    {'l', "line-buffered", NULL, accept_silently, NULL},
    {'\0', "utc", NULL, accept_silently, NULL},
    {'h', "help", NULL, want_help, "this text"},
    {'\0', "version", NULL, want_version, "version"},
};

const size_t option_row_count = ARRAY_LEN(option_rows);

const struct option_row *option_row_by_name(const char *name)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if (strcmp(option_rows[i].name, name) == 0)
            return &option_rows[i];
    }
    return NULL;
}
