/* SPDX-License-Identifier: BSD-2-Clause */
/* See option_value.h. */
#include "app/option_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"

int option_u64(const char *name, const char *value, uint64_t max, uint64_t *out, struct err *err)
{
    char *end;
    unsigned long long number;

    errno = 0;
    number = strtoull(value, &end, 10);
    if (errno || end == value || *end || value[0] == '-' || number > max)
        return err_set(err, -EINVAL, "%s wants a number up to %" PRIu64 ", not \"%s\"", name, max,
                       value);
    *out = number;
    return 0;
}

int option_size(const char *name, const char *value, uint64_t unit_bytes, uint64_t max_bytes,
                uint64_t *out, struct err *err)
{
    static const char suffixes[] = "KMG";
    char *end;
    unsigned long long number;
    const char *suffix;

    errno = 0;
    number = strtoull(value, &end, 10);
    suffix = *end ? strchr(suffixes, *end & ~0x20) : NULL;
    if (suffix) {
        unit_bytes = UINT64_C(1) << (10 * (suffix - suffixes + 1));
        end++;
    }
    if (errno || end == value || *end || value[0] == '-' || number > max_bytes / unit_bytes)
        return err_set(err, -EINVAL, "%s wants a size such as 64M, not \"%s\"", name, value);
    *out = number * unit_bytes;
    return 0;
}

int option_time(const char *name, const char *value, int64_t *out_ns, struct err *err)
{
    static const struct {
        const char *suffix;
        int64_t ns;
    } units[] = {{"", NS_PER_S},
                 {"s", NS_PER_S},
                 {"ms", NS_PER_MS},
                 {"m", 60 * NS_PER_S},
                 {"h", 3600 * NS_PER_S}};
    char *end;
    long long number;

    errno = 0;
    number = strtoll(value, &end, 10);
    for (size_t i = 0; i < ARRAY_LEN(units) && !errno && end != value; i++) {
        if (strcmp(end, units[i].suffix) == 0 && number >= 0 && number < INT64_MAX / units[i].ns) {
            *out_ns = number * units[i].ns;
            return 0;
        }
    }
    return err_set(err, -EINVAL, "%s wants a time such as 10s, not \"%s\"", name, value);
}
