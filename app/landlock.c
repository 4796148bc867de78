/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See landlock.h. By system calls: there is no library, and the kernel's header on the building
 * machine may be older than the kernel below.
 */
#include "app/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compiler.h"

/* include/uapi/linux/landlock.h, to version 6 of the interface (Linux 6.12). */
#define ACCESS_EXECUTE (UINT64_C(1) << 0)
#define ACCESS_WRITE_FILE (UINT64_C(1) << 1)
#define ACCESS_READ_FILE (UINT64_C(1) << 2)
#define ACCESS_READ_DIR (UINT64_C(1) << 3)
#define ACCESS_REMOVE_FILE (UINT64_C(1) << 5)
#define ACCESS_MAKE_REG (UINT64_C(1) << 8)
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)
#define ACCESS_NET_BIND_TCP (UINT64_C(1) << 0)
#define ACCESS_NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)
#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1

#define ACCESS_READ (ACCESS_READ_FILE | ACCESS_READ_DIR)
#define ACCESS_WRITE (ACCESS_WRITE_FILE | ACCESS_TRUNCATE)
/* What a rule for something that is no folder may have. */
#define ACCESS_OF_FILES (ACCESS_EXECUTE | ACCESS_READ_FILE | ACCESS_WRITE)

struct ruleset_attr {
    uint64_t handled_access_fs, handled_access_net, scoped;
};

struct path_beneath_attr {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

/* What each version of the interface can forbid: all of it is forbidden but for the rules. */
static const struct {
    struct ruleset_attr attr;
    size_t attr_bytes;
} versions[] = {
    {{.handled_access_fs = (UINT64_C(1) << 13) - 1}, 8},
    {{.handled_access_fs = (UINT64_C(1) << 14) - 1}, 8},
    {{.handled_access_fs = (UINT64_C(1) << 15) - 1}, 8},
    {{(UINT64_C(1) << 15) - 1, ACCESS_NET_BIND_TCP | ACCESS_NET_CONNECT_TCP, 0}, 16},
    {{(UINT64_C(1) << 16) - 1, ACCESS_NET_BIND_TCP | ACCESS_NET_CONNECT_TCP, 0}, 16},
    {{(UINT64_C(1) << 16) - 1, ACCESS_NET_BIND_TCP | ACCESS_NET_CONNECT_TCP,
      SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL},
     24},
};

static int allow_fd(int ruleset_fd, int fd, uint64_t access)
{
    struct path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

    return (int)syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &rule, 0);
}

static uint64_t access_of(enum sandbox_access access, bool is_folder)
{
    uint64_t bits = ACCESS_READ;

    if (access == SANDBOX_WRITE)
        bits |= ACCESS_WRITE | ACCESS_MAKE_REG | ACCESS_REMOVE_FILE;
    return is_folder ? bits : bits & ACCESS_OF_FILES;
}

static int allow_path(int ruleset_fd, const struct sandbox_path *path, uint64_t handled,
                      struct err *err)
{
    int fd = open(path->path, O_PATH | O_CLOEXEC);
    struct stat stat_of;
    int code = 0;

    if (fd < 0)
        return 0; /* not there */
    if (fstat(fd, &stat_of) ||
        allow_fd(ruleset_fd, fd, access_of(path->access, S_ISDIR(stat_of.st_mode)) & handled))
        code = -errno;
    (void)close(fd);
    /* Pipes and sockets, by way of /dev/fd: no rule can name them, and none forbids them. */
    if (code == 0 || code == -EBADFD || code == -EINVAL)
        return 0;
    return err_set(err, code, "cannot keep access to %s: %s", path->path, strerror(-code));
}

int landlock_enter(const struct sandbox_config *config, bool *is_on, struct err *err)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    size_t i = version < (long)ARRAY_LEN(versions) ? (size_t)version : ARRAY_LEN(versions);
    int ruleset_fd;
    int code = 0;

    *is_on = version > 0;
    if (!*is_on)
        return 0;
    ruleset_fd = (int)syscall(SYS_landlock_create_ruleset, &versions[i - 1].attr,
                              versions[i - 1].attr_bytes, 0);
    if (ruleset_fd < 0)
        return err_set(err, -errno, "cannot set up Landlock: %s", strerror(errno));
    for (size_t path = 0; path < config->n_paths && !code; path++)
        code = allow_path(ruleset_fd, &config->paths[path], versions[i - 1].attr.handled_access_fs,
                          err);
    if (!code && syscall(SYS_landlock_restrict_self, ruleset_fd, 0))
        code = err_set(err, -errno, "cannot enter Landlock: %s", strerror(errno));
    (void)close(ruleset_fd);
    return code;
}
