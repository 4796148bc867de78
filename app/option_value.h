/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, sizes and times as people type them after an option. `name` is the option's, for the
 * reason in *err; -EINVAL where the value is not of its kind, and *out is then untouched. */
#ifndef APP_OPTION_VALUE_H
#define APP_OPTION_VALUE_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

/* A decimal number of at most `max`. */
int option_u64(const char *name, const char *value, uint64_t max, uint64_t *out,
               struct err *err) MUST_CHECK;

/* A number with a suffix of K, M or G (powers of 1024); without one it counts `unit_bytes`. */
int option_size(const char *name, const char *value, uint64_t unit_bytes, uint64_t max_bytes,
                uint64_t *out, struct err *err) MUST_CHECK;

/* A number with ms, s, m or h; seconds without one. */
int option_time(const char *name, const char *value, int64_t *out_ns, struct err *err) MUST_CHECK;

#endif
