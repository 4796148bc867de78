/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the command line: each option's names, its words in --help, and what it sets. */
#ifndef APP_OPTION_TABLE_H
#define APP_OPTION_TABLE_H

#include <stddef.h>

#include "app/options.h"

#define OPTION_ROWS_MAX 64

/* `value` is NULL where the option takes none; it outlives the options. -EINVAL with the reason
 * where it is wrong. */
typedef int (*option_fn)(struct options *options, const char *value, struct err *err);

struct option_row {
    char letter; /* '\0' = long name only */
    const char *name;
    const char *argument; /* its name in --help; NULL = takes none */
    option_fn set;
    const char *help; /* NULL = accepted for tcpdump's sake, not listed */
};

/* In the order of --help and the man page; at most OPTION_ROWS_MAX. */
extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* By its long name; NULL = none. */
const struct option_row *option_row_by_name(const char *name);

/* The setter of -r, for files that stand among the words of the filter. */
int option_add_file(struct options *options, const char *path, struct err *err) MUST_CHECK;

#endif
