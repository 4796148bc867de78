/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options from three places: the configuration file, the environment, the command line. What a
 * later one of them says of an option, or of one that excludes it, is all that counts; within one
 * place an option can be there several times, as on the command line.
 *
 * All are rows of app/option_table.h: the same names, the same checks.
 */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/option_table.h"
#include "base/err.h"

enum setting_origin {
    SETTING_FILE,
    SETTING_ENVIRONMENT,
    SETTING_COMMAND_LINE,
    SETTING_ORIGIN_COUNT
};

#define SETTINGS_MAX 1024

struct setting {
    const struct option_row *row;
    const char *value; /* NULL where the option takes none */
    uint32_t line;     /* of the file; 0 = from elsewhere */
    enum setting_origin origin;
};

struct settings_text;

struct settings {
    struct setting at[SETTINGS_MAX];
    uint32_t n;
    const char *path;            /* of the file that was read; NULL = none */
    struct settings_text *texts; /* what values point into */
};

/* `value` outlives the settings. -E2BIG where there are too many. */
int settings_add(struct settings *settings, const struct setting *setting,
                 struct err *err) MUST_CHECK;

/* Adds what the file says: `option = value`, one a line, `#` begins a comment line; an option
 * without a value is on with "yes" and not there with "no". An error names file and line. `path`
 * outlives the settings. */
int settings_read_file(struct settings *settings, const char *path, struct err *err) MUST_CHECK;

/* Adds TCPWHY_SENSOR for --sensor and so on. Those that can be there several times are cut at
 * commas, and may have a plural name: TCPWHY_TAGS. */
int settings_read_environment(struct settings *settings, struct err *err) MUST_CHECK;

/* The value of an option that is wanted before others are read: the last of the origin that counts;
 * NULL = not there. */
const char *settings_value(const struct settings *settings, const char *name);

bool settings_has(const struct settings *settings, const char *name, enum setting_origin origin);

/* Sets what counts, in the order of origins. -EINVAL with the place and the reason. */
int settings_apply(const struct settings *settings, struct options *options,
                   struct err *err) MUST_CHECK;

/* Prints all options as a configuration file: those that count with where they come from, the
 * others as comments. */
void settings_print(const struct settings *settings);

void settings_free(struct settings *settings);

#endif
