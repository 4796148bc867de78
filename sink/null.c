/* SPDX-License-Identifier: BSD-2-Clause */
/* The sink that says nothing: for benchmarks, and for runs that only write packets. */
#include "sink/sink.h"

static int null_open(struct sink *sink, const char *argument, struct err *err)
{
    (void)sink;
    (void)argument;
    (void)err;
    return 0;
}

const struct sink_ops sink_null = {
    .name = "null",
    .help = "nothing",
    .open = null_open,
};
