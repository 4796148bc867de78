/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel says of this process. Any thread. */
#ifndef APP_PROCESS_H
#define APP_PROCESS_H

#include <stdint.h>

/* 0 where /proc does not say. */
uint64_t process_rss_bytes(void);
uint64_t process_open_fds(void);

/* User and system time of all threads. */
int64_t process_cpu_ns(void);

#endif
