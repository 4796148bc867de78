/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Telling the service manager how it stands: sd_notify(3)'s datagrams, without its library.
 *
 * The socket is connected at the opening, for the sandbox to come allows no more connecting.
 */
#ifndef APP_SERVICE_MANAGER_H
#define APP_SERVICE_MANAGER_H

#include <stdint.h>

struct service_manager {
    int fd;              /* -1 = nobody wants to know */
    int64_t watchdog_ns; /* between two signs of life; 0 = none wanted */
    int64_t due_ns;
};

/* By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, as systemd sets them. */
void service_manager_open(struct service_manager *manager);

void service_manager_ready(const struct service_manager *manager);

/* Often; `now_ns` is of CLOCK_MONOTONIC. */
void service_manager_turn(struct service_manager *manager, int64_t now_ns);

void service_manager_stopping(const struct service_manager *manager);
void service_manager_close(struct service_manager *manager);

#endif
