/* SPDX-License-Identifier: BSD-2-Clause */
/* See sandbox.h. */
#include "app/sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "app/landlock.h"
#include "app/syscalls.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define HAS_SANITIZER true
#endif
#endif
#if !defined(HAS_SANITIZER) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
#define HAS_SANITIZER true
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER false
#endif

int sandbox_enter(const struct sandbox_config *config, struct sandbox_state *state, struct err *err)
{
    int code;

    *state = (struct sandbox_state){0};
    if (HAS_SANITIZER)
        return 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return err_set(err, -errno, "cannot set no_new_privs: %s", strerror(errno));
    /* In this order: the list of system calls has none of Landlock's. */
    code = landlock_enter(config, &state->has_landlock, err);
    return code ? code : syscalls_enter(&state->has_seccomp, err);
}
