/* SPDX-License-Identifier: BSD-2-Clause */
/* See options.h. */
#include "app/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/option_value.h"
#include "base/nanotime.h"
#include "capture/filter.h"
#include "verdict/verdict.h"

/* With the program itself the process stays under 256 MiB, with room for a million flows. */
#define MEMORY_DEFAULT_BYTES (UINT64_C(248) << 20)
#define STATS_DEFAULT_NS (10 * NS_PER_S)

typedef int (*option_fn)(struct options *options, const char *value, struct err *err);

struct option_row {
    char letter; /* '\0' = long name only */
    const char *name;
    const char *argument; /* its name in --help; NULL = takes none */
    option_fn set;
    const char *help; /* NULL = accepted for tcpdump's sake, not listed */
};

/* ---- one function an option ---- */

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

static int add_file(struct options *options, const char *value, struct err *err)
{
    if (options->n_files == OPTIONS_FILES_MAX)
        return err_set(err, -EINVAL, "more than %d capture files", OPTIONS_FILES_MAX);
    options->file[options->n_files++] = value;
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

static int set_all(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->report_all = true;
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

static const struct option_row rows[] = {
    {'i', "interface", "IFACE", set_interface,
     "capture on an interface (again, or with commas, for more; any = all)"},
    {'r', "read", "FILE", add_file, "read a capture file (again for more; - = standard input)"},
    {'w', "write", "FILE", set_write, "write the packets of failed connections, pcapng (with -r)"},
    {'F', "filter-file", "FILE", set_filter_file, "read the filter expression from a file"},
    {'c', "count", "N", set_count, "stop after N packets"},
    {'s', "snaplen", "BYTES", set_snaplen, "keep so much of each packet"},
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
    {'\0', "all", NULL, set_all, "also report connections that did not fail"},
    {'\0', "fail-on", "WHAT", add_fail_on, "exit with 3 on any, incident, a family or a verdict"},
    {'\0', "threads", "N", set_threads, "workers (default: by the number of cores)"},
    {'\0', "memory", "SIZE", set_memory, "all tables and rings together (default 248M)"},
    {'\0', "stats-interval", "TIME", set_stats_interval, "time between stats events (live: 10s)"},
    {'\0', "duration", "TIME", set_duration, "stop after this time"},
    {'\0', "sensor", "NAME", set_sensor, "name of this observer (default: host name)"},
    {'\0', "tag", "KEY=VALUE", add_tag, "put into the start event (again for more)"},
    {'\0', "ascii", NULL, set_ascii, "no line drawing characters"},
    {'q', "quiet", NULL, set_quiet, "no summary on standard error"},
    {'v', "verbose", NULL, set_verbose, "tell memory, threads and counters"},
    {'n', "numeric", NULL, accept_silently, NULL},
    {'l', "line-buffered", NULL, accept_silently, NULL},
    {'\0', "utc", NULL, accept_silently, NULL},
    {'h', "help", NULL, want_help, "this text"},
    {'\0', "version", NULL, want_version, "version"},
};

/* ---- the parser ---- */

/* getopt_long() wants its own two tables; row i of `rows` answers to value LONG_BASE + i. */
#define LONG_BASE 256

static void make_getopt_tables(struct option *longs, char *shorts)
{
    size_t n_shorts = 0;

    /* Options may stand behind the filter, as tcpdump has it: `-r *.pcap --json`. */
    shorts[n_shorts++] = ':';
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        longs[i] = (struct option){.name = rows[i].name,
                                   .has_arg = rows[i].argument ? required_argument : no_argument,
                                   .val = LONG_BASE + (int)i};
        if (rows[i].letter)
            shorts[n_shorts++] = rows[i].letter;
        if (rows[i].letter && rows[i].argument)
            shorts[n_shorts++] = ':';
    }
    longs[ARRAY_LEN(rows)] = (struct option){0};
    shorts[n_shorts] = '\0';
}

static const struct option_row *row_of(int value)
{
    if (value >= LONG_BASE)
        return &rows[value - LONG_BASE];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].letter == value)
            return &rows[i];
    }
    return NULL;
}

/* Of a letter among others (`-nx`) getopt_long() names the letter, else the word is the option. */
static int refuse(const char *why, const char *word, struct err *err)
{
    char letter[] = {'-', (char)optopt, '\0'};

    return err_set(err, -EINVAL, "%s \"%s\"; tcpwhy --help lists the options", why,
                   optopt > 0 && optopt < LONG_BASE ? letter : word);
}

static int parse_flags(struct options *options, int argc, char **argv, struct err *err)
{
    struct option longs[ARRAY_LEN(rows) + 1];
    char shorts[2 * ARRAY_LEN(rows) + 2];
    int value;

    make_getopt_tables(longs, shorts);
    opterr = 0;
    optind = 1;
    while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row;
        int code;

        if (value == '?' || value == ':')
            return refuse(value == '?' ? "unknown option" : "no value for option", argv[optind - 1],
                          err);
        row = row_of(value);
        assert(row); /* getopt_long() knows no letters but those of the rows */
        code = row->set(options, optarg, err);
        if (code)
            return code;
    }
    return 0;
}

/* Words after the options are the filter, but for capture files among them: a shell that expands
 * `-r *.pcap` puts all files but the first there. */
static int parse_words(struct options *options, int n_words, char **words, struct err *err)
{
    const char *filter_words[1024];
    size_t n_filter_words = 0;
    int code;

    for (int i = 0; i < n_words; i++) {
        bool is_file = options->n_files > 0 && capture_is_capture_file(words[i]);

        if (!is_file && n_filter_words == ARRAY_LEN(filter_words))
            return err_set(err, -E2BIG, "the filter has too many words");
        if (!is_file)
            filter_words[n_filter_words++] = words[i];
        else if ((code = add_file(options, words[i], err)))
            return code;
    }
    if (options->filter_file && n_filter_words)
        return err_set(err, -EINVAL, "a filter from -F and another on the command line");
    if (options->filter_file)
        return filter_read_file(options->filter_file, options->filter, sizeof(options->filter),
                                err);
    return filter_build(filter_words, n_filter_words, options->filter, sizeof(options->filter),
                        err);
}

static int cut_interfaces(struct options *options, struct err *err)
{
    char *rest = options->interface_words;
    char *word;

    while (rest && (word = strsep(&rest, ","))) {
        if (!*word)
            return err_set(err, -EINVAL, "-i has an empty interface name");
        if (options->n_interfaces == CAPTURE_MAX_INTERFACES)
            return err_set(err, -EINVAL, "more than %d interfaces", CAPTURE_MAX_INTERFACES);
        options->interface[options->n_interfaces++] = word;
    }
    return 0;
}

/* Every input is a file that can be read twice. */
static bool is_input_seekable(const struct options *options)
{
    for (size_t i = 0; i < options->n_files; i++) {
        struct stat stat_of;

        if (strcmp(options->file[i], "-") == 0 ||
            (stat(options->file[i], &stat_of) == 0 && !S_ISREG(stat_of.st_mode)))
            return false;
    }
    return options->n_files > 0;
}

int options_parse(struct options *options, int argc, char **argv, struct err *err)
{
    int code;

    *options = (struct options){.memory_bytes = MEMORY_DEFAULT_BYTES, .stats_interval_ns = -1};
    code = parse_flags(options, argc, argv, err);
    if (!code && !options->wants_help && !options->wants_version)
        code = parse_words(options, argc - optind, argv + optind, err);
    if (!code)
        code = cut_interfaces(options, err);
    if (!code && options->n_files && options->n_interfaces)
        code = err_set(err, -EINVAL, "-r reads files and -i captures: one of them");
    if (!code && options->write_path && !is_input_seekable(options))
        code = err_set(err, -EINVAL,
                       "-w reads the input a second time: it goes with -r FILE, not "
                       "with an interface or a pipe");
    if (!code && options->face == FACE_TUI && options->output_path)
        code = err_set(err, -EINVAL, "--tui draws on the terminal: -o does not go with it");
    if (options->stats_interval_ns < 0) /* a replay's lines depend on its input only */
        options->stats_interval_ns = options->n_files ? 0 : STATS_DEFAULT_NS;
    if (code)
        options_free(options);
    return code;
}

void options_free(struct options *options)
{
    free(options->interface_words);
    options->interface_words = NULL;
}

void options_print_help(void)
{
    printf("tcpwhy: why did that TCP connection fail?\n\n"
           "  tcpwhy -r incident.pcap               report on a saved capture\n"
           "  sudo tcpwhy -i eth0                   watch an interface\n"
           "  tcpwhy -r incident.pcap --json        one line for each failure\n"
           "  tcpwhy -r a.pcap -w failed.pcapng     keep the packets of failed connections\n\n"
           "Usage: tcpwhy [options] [filter expression]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char left[48];

        if (!rows[i].help)
            continue;
        (void)snprintf(left, sizeof(left), "%c%c%s--%s%s%s", rows[i].letter ? '-' : ' ',
                       rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? ", " : "  ",
                       rows[i].name, rows[i].argument ? " " : "",
                       rows[i].argument ? rows[i].argument : "");
        printf("  %-28s %s\n", left, rows[i].help);
    }
    printf("\nExit status: 0 fine, 1 the world refuses, 2 wrong usage, 3 --fail-on matched,\n"
           "4 an input was cut or corrupt (what was readable is reported). See tcpwhy(8).\n");
}
