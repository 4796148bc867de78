/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One human-readable reason for a failed call, owned by the caller.
 *
 * Three kinds of trouble, never mixed:
 *  1. The world refuses (device, file, option, terminal): the function returns 0 or a negative
 *     errno, is MUST_CHECK, takes a `struct err *` last and leaves its outputs untouched on
 *     failure. Only app/ prints the text.
 *  2. The wire is odd: not an error, but a decode result or a fact, and a counter.
 *  3. We are wrong: assert().
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/compiler.h"

#define ERR_TEXT_BYTES 512

struct err {
    int code;                  /* negative errno; 0 = nothing happened */
    char text[ERR_TEXT_BYTES]; /* without a trailing newline */
};

/*
 * Fills *err and returns `code`, so that `return err_set(err, -errno, "cannot open %s", name);`
 * is the whole error path. `err` may be NULL. Any thread.
 */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_FMT(3, 4);

#endif
