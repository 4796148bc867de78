/* SPDX-License-Identifier: BSD-2-Clause */
/* See privileges.h. By system calls: libcap would be one more library for two of them. */
#include "app/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITY_NUMBERS                                                                         \
    64 /* more than any kernel has; it refuses those that it does not know                         \
        */

static void take(struct privileges_user *user, const struct passwd *entry)
{
    *user = (struct privileges_user){.uid = entry->pw_uid, .gid = entry->pw_gid};
    (void)snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
}

int privileges_user_by_name(struct privileges_user *user, const char *name, struct err *err)
{
    const struct passwd *entry = getpwnam(name);
    char *end;
    unsigned long number = strtoul(name, &end, 10);

    if (entry) {
        take(user, entry);
        return 0;
    }
    if (end == name || *end || number >= UINT32_MAX)
        return err_set(err, -ENOENT, "there is no user \"%s\"", name);
    privileges_user_by_id(user, (uid_t)number, (gid_t)number);
    return 0;
}

void privileges_user_by_id(struct privileges_user *user, uid_t uid, gid_t gid)
{
    const struct passwd *entry = getpwuid(uid);

    if (entry)
        take(user, entry);
    else
        *user = (struct privileges_user){.uid = uid, .gid = gid};
}

static int refuse(const struct privileges_user *user, struct err *err)
{
    int code = errno;

    return err_set(err, -code, "cannot become user %s (%u): %s", user->name, (unsigned)user->uid,
                   strerror(code));
}

static int become(const struct privileges_user *user, struct err *err)
{
    /* Groups first: the user has no right to change them. */
    if (user->name[0] ? initgroups(user->name, user->gid) : setgroups(0, NULL))
        return refuse(user, err);
    if (setresgid(user->gid, user->gid, user->gid) || setresuid(user->uid, user->uid, user->uid))
        return refuse(user, err);
    return 0;
}

static bool is_already(const struct privileges_user *user)
{
    uid_t real, effective, saved;

    return getresuid(&real, &effective, &saved) == 0 && real == user->uid &&
           effective == user->uid && saved == user->uid;
}

static long capabilities(long call, struct __user_cap_data_struct *data)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return syscall(call, &header, data);
}

bool privileges_are_held(void)
{
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (capabilities(SYS_capget, data))
        return true;
    return data[0].effective || data[1].effective || data[0].permitted || data[1].permitted;
}

static int forget_capabilities(struct err *err)
{
    static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    memcpy(data, none, sizeof(data));
    if (capabilities(SYS_capset, data) || privileges_are_held())
        return err_set(err, -EPERM, "cannot give up capabilities: %s", strerror(errno));
    return 0;
}

int privileges_drop(const struct privileges_user *user, struct err *err)
{
    bool changes_user = user && !is_already(user);
    int code = 0;

    /* Now or never: another user may not. Who never might has nothing to lose. */
    for (unsigned long i = 0; i < CAPABILITY_NUMBERS; i++)
        (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    if (changes_user)
        code = become(user, err);
    if (code)
        return code;
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    code = forget_capabilities(err);
    if (!code && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        code = err_set(err, -errno, "cannot set no_new_privs: %s", strerror(errno));
    return code;
}
