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
#include <unistd.h>

#include "app/option_incident.h"
#include "app/option_table.h"
#include "app/settings.h"
#include "app/version.h"
#include "base/nanotime.h"
#include "capture/filter.h"

/* With the program itself the process stays under 256 MiB, with room for a million flows. */
#define STATS_DEFAULT_NS (10 * NS_PER_S)
#define ROTATE_FILES_DEFAULT 4

/* getopt_long() wants its own two tables; row i of option_rows answers to value LONG_BASE + i. */
#define LONG_BASE 256

static void make_getopt_tables(struct option *longs, char *shorts)
{
    size_t n_shorts = 0;

    /* Options may stand behind the filter, as tcpdump has it: `-r *.pcap --json`. */
    shorts[n_shorts++] = ':';
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];

        longs[i] = (struct option){.name = row->name,
                                   .has_arg = row->argument ? required_argument : no_argument,
                                   .val = LONG_BASE + (int)i};
        if (row->letter)
            shorts[n_shorts++] = row->letter;
        if (row->letter && row->argument)
            shorts[n_shorts++] = ':';
    }
    longs[option_row_count] = (struct option){0};
    shorts[n_shorts] = '\0';
}

static const struct option_row *row_of(int value)
{
    if (value >= LONG_BASE)
        return &option_rows[value - LONG_BASE];
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].letter == value)
            return &option_rows[i];
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

static int read_command_line(struct settings *settings, int argc, char **argv, struct err *err)
{
    struct option longs[OPTION_ROWS_MAX + 1];
    char shorts[2 * OPTION_ROWS_MAX + 2];
    int value;

    assert(option_row_count <= OPTION_ROWS_MAX);
    make_getopt_tables(longs, shorts);
    opterr = 0;
    optind = 1;
    while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        struct setting setting = {.value = optarg, .origin = SETTING_COMMAND_LINE};
        int code;

        if (value == '?' || value == ':')
            return refuse(value == '?' ? "unknown option" : "no value for option", argv[optind - 1],
                          err);
        setting.row = row_of(value);
        assert(setting.row); /* getopt_long() knows no letters but those of the rows */
        code = settings_add(settings, &setting, err);
        if (code)
            return code;
    }
    return 0;
}

/* Who asks for help needs no good configuration. */
static bool is_question(const struct settings *settings)
{
    return settings_has(settings, "help", SETTING_COMMAND_LINE) ||
           settings_has(settings, "version", SETTING_COMMAND_LINE);
}

static int read_settings(struct options *options, int argc, char **argv, struct err *err)
{
    struct settings *settings = calloc(1, sizeof(*settings));
    const char *path;
    int code;

    options->settings = settings;
    if (!settings)
        return err_set(err, -ENOMEM, "out of memory");
    code = read_command_line(settings, argc, argv, err);
    if (!code && !is_question(settings))
        code = settings_read_environment(settings, err);
    path = settings_value(settings, "config");
    if (!path && access(TCPWHY_CONFIG_FILE, F_OK) == 0)
        path = TCPWHY_CONFIG_FILE;
    if (!code && path && strcmp(path, "none") != 0 && !is_question(settings))
        code = settings_read_file(settings, path, err);
    return code ? code : settings_apply(settings, options, err);
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
        else if ((code = option_add_file(options, words[i], err)))
            return code;
    }
    if (n_filter_words && !settings_has(options->settings, "filter-file", SETTING_COMMAND_LINE))
        options->filter_file = NULL;
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

    *options = (struct options){.memory_bytes = (uint64_t)OPTIONS_MEMORY_MIB << 20,
                                .stats_interval_ns = -1,
                                .incident_rules = incident_rules_usual};
    code = read_settings(options, argc, argv, err);
    if (!code && !options->wants_help && !options->wants_version)
        code = parse_words(options, argc - optind, argv + optind, err);
    if (!code)
        code = cut_interfaces(options, err);
    if (!code && options->n_files && options->n_interfaces)
        code = err_set(err, -EINVAL, "-r reads files and -i captures: one of them");
    if (!code && options->face == FACE_TUI && options->output_path)
        code = err_set(err, -EINVAL, "--tui draws on the terminal: -o does not go with it");
    if (!code && options->is_sandbox_off && options->is_sandbox_required)
        code = err_set(err, -EINVAL, "--require-sandbox and --no-sandbox: one of them");
    if (!code)
        code = option_incident_check(&options->incident_rules, err);
    if (options->rotate_bytes == 0 && options->rotate_interval_ns == 0)
        options->rotate_files = 0;
    else if (options->rotate_files == 0)
        options->rotate_files = ROTATE_FILES_DEFAULT;
    options->can_read_again = is_input_seekable(options);
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
    if (options->settings)
        settings_free(options->settings);
    free(options->settings);
    options->settings = NULL;
}

void options_print_settings(const struct options *options)
{
    settings_print(options->settings);
}

void options_print_help(void)
{
    printf("tcpwhy: why did that TCP connection fail?\n\n"
           "  tcpwhy -r incident.pcap               report on a saved capture\n"
           "  sudo tcpwhy -i eth0                   watch an interface\n"
           "  tcpwhy -r incident.pcap --json        one line for each failure\n"
           "  tcpwhy -r a.pcap -w failed.pcapng     keep the packets of failed connections\n\n"
           "Usage: tcpwhy [options] [filter expression]\n\n");
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        char left[48];

        if (!row->help)
            continue;
        (void)snprintf(left, sizeof(left), "%c%c%s--%s%s%s", row->letter ? '-' : ' ',
                       row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
                       row->argument ? " " : "", row->argument ? row->argument : "");
        printf("  %-28s %s\n", left, row->help);
    }
    printf("\nExit status: 0 fine, 1 the world refuses, 2 wrong usage, 3 --fail-on matched,\n"
           "4 an input was cut or corrupt (what was readable is reported). See tcpwhy(8).\n");
}
