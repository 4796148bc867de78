/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks the process in with what it needs from here on: its files (Landlock) and its system calls
 * (seccomp). There is no way back. After the inputs and outputs were opened, before other threads
 * start: they inherit it.
 *
 * What stays possible: reading and writing what is open, opening the files of the config, threads,
 * time, asking about interfaces (a datagram socket that can reach nobody) and, over netlink, the
 * kernel. What is not: programs, other processes, connections, rights.
 *
 * A system call that is not on the list fails with EPERM and whoever made it says so: a hole in the
 * list costs one function and not the capture. The calls that only an intruder would make
 * (execve, ptrace, mount, ...) end the process with SIGSYS.
 */
#ifndef APP_SANDBOX_H
#define APP_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"

enum sandbox_access {
    SANDBOX_READ,  /* the file, or all that is under the folder */
    SANDBOX_WRITE, /* the same, and in a folder files may be made, renamed and removed */
    SANDBOX_ACCESS_COUNT
};

struct sandbox_path {
    const char *path; /* what is not there gives no access */
    enum sandbox_access access;
};

struct sandbox_config {
    const struct sandbox_path *paths;
    size_t n_paths;
};

struct sandbox_state {
    bool has_landlock, has_seccomp;
};

/*
 * As much of it as this kernel and this build have; *state says how much. A build with a sanitizer
 * has none: its runtime opens files and traces threads. An error is one of the system, not of what
 * it lacks.
 */
int sandbox_enter(const struct sandbox_config *config, struct sandbox_state *state,
                  struct err *err) MUST_CHECK;

#endif
