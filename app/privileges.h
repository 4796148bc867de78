/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Giving away what the process may do. Once, before other threads start: capabilities and the
 * no_new_privs bit belong to a thread and are handed down to those that it starts.
 */
#ifndef APP_PRIVILEGES_H
#define APP_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/err.h"

#define PRIVILEGES_NAME_BYTES 64

struct privileges_user {
    uid_t uid;
    gid_t gid;
    char name[PRIVILEGES_NAME_BYTES]; /* "" = the user has none; then no other groups either */
};

/* By name or number. -ENOENT: there is no such user. */
int privileges_user_by_name(struct privileges_user *user, const char *name,
                            struct err *err) MUST_CHECK;

/* Never fails: an owner of files need not have a name. */
void privileges_user_by_id(struct privileges_user *user, uid_t uid, gid_t gid);

/*
 * Becomes `user` with its groups (real, effective and saved), gives up every capability, also the
 * ambient ones and the bounding set, and sets no_new_privs. `user` NULL: stays who it is.
 * -EPERM: may not become that user, and is still who it was.
 */
int privileges_drop(const struct privileges_user *user, struct err *err) MUST_CHECK;

/* Whether the calling thread has any capability left. */
bool privileges_are_held(void);

#endif
