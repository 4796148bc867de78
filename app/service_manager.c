/* SPDX-License-Identifier: BSD-2-Clause */
/* See service_manager.h. */
#include "app/service_manager.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/nanotime.h"

static int connect_to(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t n_bytes = strlen(path);
    int fd;

    if ((path[0] != '/' && path[0] != '@') || n_bytes < 2 || n_bytes >= sizeof(addr.sun_path))
        return -1;
    memcpy(addr.sun_path, path, n_bytes);
    if (path[0] == '@') /* an abstract name: no file, and no byte behind it counts */
        addr.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&addr,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n_bytes))) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* 0: none is wanted, or of another process. */
static int64_t watchdog_ns(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    long long value = usec ? strtoll(usec, NULL, 10) : 0;

    if (pid && strtoll(pid, NULL, 10) != (long long)getpid())
        return 0;
    return value > 0 && value < INT64_MAX / NS_PER_US ? value * NS_PER_US : 0;
}

void service_manager_open(struct service_manager *manager)
{
    const char *path = getenv("NOTIFY_SOCKET");

    *manager = (struct service_manager){.fd = path ? connect_to(path) : -1};
    if (manager->fd >= 0)
        manager->watchdog_ns = watchdog_ns() / 2; /* as sd_watchdog_enabled(3) advises */
}

/* Never waits: a manager that does not listen must not stop the capture. */
static void say(const struct service_manager *manager, const char *words)
{
    if (manager->fd >= 0)
        (void)!send(manager->fd, words, strlen(words), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void service_manager_ready(const struct service_manager *manager)
{
    say(manager, "READY=1\nSTATUS=capturing\n");
}

void service_manager_turn(struct service_manager *manager, int64_t now_ns)
{
    if (!manager->watchdog_ns || now_ns < manager->due_ns)
        return;
    manager->due_ns = now_ns + manager->watchdog_ns;
    say(manager, "WATCHDOG=1\n");
}

void service_manager_stopping(const struct service_manager *manager)
{
    say(manager, "STOPPING=1\n");
}

void service_manager_close(struct service_manager *manager)
{
    if (manager->fd >= 0)
        (void)close(manager->fd);
    manager->fd = -1;
}
