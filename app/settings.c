/* SPDX-License-Identifier: BSD-2-Clause */
/* See settings.h. */
#include "app/settings.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/compiler.h"

#define FILE_MAX_BYTES (UINT32_C(1) << 20)
#define ENVIRONMENT_PREFIX "TCPWHY_"
#define ENVIRONMENT_NAME_BYTES 64

struct settings_text {
    struct settings_text *before;
    char at[];
};

/* Options of one group exclude each other: where one place has any of them, earlier places' do not
 * count. */
#define GROUP_MAX 5
static const char *const groups[][GROUP_MAX] = {
    {"report", "text", "json", "tui", "null"},
    {"interface", "read"},
    {"host-evidence", "no-host-evidence"},
    {"require-sandbox", "no-sandbox"},
};

/* They choose what this one run does, or where settings are read. */
static const char *const command_line_only[] = {
    "config", "check", "dump-config", "list-interfaces", "help", "version",
};

/* They can be there several times. */
static const char *const repeatable[] = {"interface", "read", "tag", "fail-on", "incident"};

static bool is_among(const char *name, const char *const *names, size_t n_names)
{
    for (size_t i = 0; i < n_names && names[i]; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static bool is_command_line_only(const struct option_row *row)
{
    /* TCPWHY_CONFIG is the one of them that a container wants. */
    return is_among(row->name, command_line_only, ARRAY_LEN(command_line_only));
}

/* ---- texts that values point into ---- */

/* Room for `n_bytes` and a NUL; NULL = out of memory. */
static char *take_text(struct settings *settings, size_t n_bytes)
{
    struct settings_text *text = malloc(sizeof(*text) + n_bytes + 1);

    if (!text)
        return NULL;
    text->before = settings->texts;
    settings->texts = text;
    text->at[n_bytes] = '\0';
    return text->at;
}

void settings_free(struct settings *settings)
{
    while (settings->texts) {
        struct settings_text *text = settings->texts;

        settings->texts = text->before;
        free(text);
    }
}

/* ---- adding ---- */

int settings_add(struct settings *settings, const struct setting *setting, struct err *err)
{
    if (settings->n == SETTINGS_MAX)
        return err_set(err, -E2BIG, "more than %d options", SETTINGS_MAX);
    settings->at[settings->n++] = *setting;
    return 0;
}

static bool is_word(const char *value, const char *const *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++) {
        if (strcasecmp(value, words[i]) == 0)
            return true;
    }
    return false;
}

/* Of an option without a value: 1 = on, 0 = not there, -EINVAL = neither. */
static int read_switch(const char *value)
{
    static const char *const yes[] = {"yes", "true", "on", "1"};
    static const char *const no[] = {"no", "false", "off", "0"};

    return is_word(value, yes, ARRAY_LEN(yes)) ? 1
           : is_word(value, no, ARRAY_LEN(no)) ? 0
                                               : -EINVAL;
}

static int add_text(struct settings *settings, struct setting *setting, const char *value,
                    struct err *err)
{
    int is_on;

    if (setting->row->argument) {
        setting->value = value;
        return settings_add(settings, setting, err);
    }
    is_on = read_switch(value);
    if (is_on < 0)
        return err_set(err, -EINVAL, "%s wants yes or no, not \"%s\"", setting->row->name, value);
    return is_on ? settings_add(settings, setting, err) : 0;
}

/* ---- the file ---- */

static char *trim(char *text)
{
    char *end = text + strlen(text);

    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

static int add_line(struct settings *settings, char *line, uint32_t number, struct err *err)
{
    struct setting setting = {.line = number, .origin = SETTING_FILE};
    char *name = trim(line);
    char *value = strchr(name, '=');

    if (*name == '\0' || *name == '#')
        return 0;
    if (value)
        *value++ = '\0';
    name = trim(name);
    setting.row = option_row_by_name(name);
    if (!setting.row)
        return err_set(err, -EINVAL, "unknown option \"%s\"", name);
    if (is_command_line_only(setting.row))
        return err_set(err, -EINVAL, "%s has its place on the command line", name);
    value = value ? trim(value) : NULL;
    if (!value || !*value)
        return err_set(err, -EINVAL, "%s has no value: %s = %s", name, name,
                       setting.row->argument ? setting.row->argument : "yes");
    return add_text(settings, &setting, value, err);
}

/* Puts the place before the reason. */
static int place_error(int code, const char *path, uint32_t line, struct err *err)
{
    struct err reason = *err;

    return err_set(err, code, "%s:%" PRIu32 ": %s", path, line, reason.text);
}

static int cut_lines(struct settings *settings, char *text, struct err *err)
{
    uint32_t number = 0;
    int code = 0;

    while (text && !code) {
        char *line = strsep(&text, "\n");

        code = add_line(settings, line, ++number, err);
    }
    return code ? place_error(code, settings->path, number, err) : 0;
}

static int load(struct settings *settings, FILE *file, char **text, struct err *err)
{
    struct stat stat_of;
    size_t n_bytes;

    if (fstat(fileno(file), &stat_of) == 0 && S_ISDIR(stat_of.st_mode))
        return err_set(err, -EISDIR, "cannot read %s: it is a folder", settings->path);
    *text = take_text(settings, FILE_MAX_BYTES);
    if (!*text)
        return err_set(err, -ENOMEM, "out of memory");
    n_bytes = fread(*text, 1, FILE_MAX_BYTES, file);
    if (ferror(file))
        return err_set(err, -EIO, "cannot read %s: %s", settings->path, strerror(errno));
    if (n_bytes == FILE_MAX_BYTES || memchr(*text, '\0', n_bytes))
        return err_set(err, -EINVAL, "%s is no configuration file", settings->path);
    (*text)[n_bytes] = '\0';
    return 0;
}

int settings_read_file(struct settings *settings, const char *path, struct err *err)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    int code;

    settings->path = path;
    if (!file)
        return err_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
    code = load(settings, file, &text, err);
    (void)fclose(file);
    return code ? code : cut_lines(settings, text, err);
}

/* ---- the environment ---- */

static void environment_name(const struct option_row *row, bool is_plural, char *name)
{
    int n_bytes = snprintf(name, ENVIRONMENT_NAME_BYTES, ENVIRONMENT_PREFIX "%s%s", row->name,
                           is_plural ? "s" : "");

    for (int i = 0; i < n_bytes && i < ENVIRONMENT_NAME_BYTES - 1; i++)
        name[i] = name[i] == '-' ? '_' : (char)toupper((unsigned char)name[i]);
}

static int add_list(struct settings *settings, struct setting *setting, const char *list,
                    struct err *err)
{
    char *rest = take_text(settings, strlen(list));
    int code = 0;

    if (!rest)
        return err_set(err, -ENOMEM, "out of memory");
    memcpy(rest, list, strlen(list));
    while (rest && !code) {
        const char *value = trim(strsep(&rest, ","));

        if (*value)
            code = add_text(settings, setting, value, err);
    }
    return code;
}

static int add_variable(struct settings *settings, const struct option_row *row, bool is_plural,
                        struct err *err)
{
    struct setting setting = {.row = row, .origin = SETTING_ENVIRONMENT};
    bool is_list = is_among(row->name, repeatable, ARRAY_LEN(repeatable));
    char name[ENVIRONMENT_NAME_BYTES];
    const char *value;
    struct err reason;
    int code;

    environment_name(row, is_plural, name);
    value = getenv(name);
    /* Empty is how a variable is taken back. */
    if (!value || !*value || (is_plural && !is_list))
        return 0;
    code = is_list ? add_list(settings, &setting, value, &reason)
                   : add_text(settings, &setting, value, &reason);
    return code ? err_set(err, code, "%s: %s", name, reason.text) : 0;
}

int settings_read_environment(struct settings *settings, struct err *err)
{
    int code = 0;

    for (size_t i = 0; i < option_row_count && !code; i++) {
        const struct option_row *row = &option_rows[i];

        if (is_command_line_only(row) && strcmp(row->name, "config") != 0)
            continue;
        code = add_variable(settings, row, false, err);
        if (!code)
            code = add_variable(settings, row, true, err);
    }
    return code;
}

/* ---- what counts ---- */

/* Whether one of them takes the place of the other. */
static bool is_same_kind(const struct option_row *a, const struct option_row *b)
{
    if (a == b)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        if (is_among(a->name, groups[i], GROUP_MAX) && is_among(b->name, groups[i], GROUP_MAX))
            return true;
    }
    return false;
}

static bool does_count(const struct settings *settings, const struct setting *setting)
{
    for (uint32_t i = 0; i < settings->n; i++) {
        const struct setting *other = &settings->at[i];

        if (other->origin > setting->origin && is_same_kind(other->row, setting->row))
            return false;
    }
    return true;
}

const char *settings_value(const struct settings *settings, const char *name)
{
    const char *value = NULL;

    for (uint32_t i = 0; i < settings->n; i++) {
        const struct setting *setting = &settings->at[i];

        if (strcmp(setting->row->name, name) == 0 && does_count(settings, setting))
            value = setting->value;
    }
    return value;
}

bool settings_has(const struct settings *settings, const char *name, enum setting_origin origin)
{
    for (uint32_t i = 0; i < settings->n; i++) {
        if (settings->at[i].origin == origin && strcmp(settings->at[i].row->name, name) == 0)
            return true;
    }
    return false;
}

static int apply_one(const struct settings *settings, const struct setting *setting,
                     struct options *options, struct err *err)
{
    int code = setting->row->set(options, setting->value, err);
    char name[ENVIRONMENT_NAME_BYTES];
    struct err reason;

    if (!code || setting->origin == SETTING_COMMAND_LINE)
        return code;
    if (setting->origin == SETTING_FILE)
        return place_error(code, settings->path, setting->line, err);
    reason = *err;
    environment_name(setting->row, false, name);
    return err_set(err, code, "%s: %s", name, reason.text);
}

int settings_apply(const struct settings *settings, struct options *options, struct err *err)
{
    int code = 0;

    for (unsigned origin = 0; origin < SETTING_ORIGIN_COUNT; origin++) {
        for (uint32_t i = 0; i < settings->n && !code; i++) {
            const struct setting *setting = &settings->at[i];

            if (setting->origin == origin && does_count(settings, setting))
                code = apply_one(settings, setting, options, err);
        }
    }
    return code;
}

/* ---- showing ---- */

static void print_setting(const struct settings *settings, const struct setting *setting)
{
    char name[ENVIRONMENT_NAME_BYTES];

    environment_name(setting->row, false, name);
    if (setting->origin == SETTING_FILE)
        printf("# %s:%" PRIu32 "\n", settings->path, setting->line);
    else
        printf("# %s\n", setting->origin == SETTING_ENVIRONMENT ? name : "command line");
    printf("%s = %s\n", setting->row->name, setting->value ? setting->value : "yes");
}

void settings_print(const struct settings *settings)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        bool is_set = false;

        if (!row->help || is_command_line_only(row))
            continue;
        for (uint32_t j = 0; j < settings->n; j++) {
            if (settings->at[j].row == row && does_count(settings, &settings->at[j])) {
                print_setting(settings, &settings->at[j]);
                is_set = true;
            }
        }
        if (!is_set)
            printf("# %s = %s (%s)\n", row->name, row->argument ? row->argument : "yes", row->help);
    }
}
