/* SPDX-License-Identifier: BSD-2-Clause */
/* See lockdown.h. */
#include "app/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/privileges.h"
#include "app/sandbox.h"
#include "base/compiler.h"

#define OUTPUTS_MAX 5

/* What the program writes, and where that lies: a folder, or a device or pipe itself. */
struct outlets {
    size_t n;
    const char *file[OUTPUTS_MAX]; /* NULL = no file to belong to anyone */
    char place[OUTPUTS_MAX][PATH_MAX];
};

static void add_outlet(struct outlets *outlets, const char *path)
{
    char *place = outlets->place[outlets->n];
    struct stat stat_of;

    if (!path || strcmp(path, "-") == 0 || !realpath(path, place) || stat(place, &stat_of))
        return;
    outlets->file[outlets->n] = S_ISREG(stat_of.st_mode) ? path : NULL;
    if (S_ISREG(stat_of.st_mode))
        (void)dirname(place);
    outlets->n++;
}

/* All are open by now, so all are there. On the screen packets can be saved where it was started.
 */
static void find_outlets(struct outlets *outlets, const struct options *options, enum face face)
{
    outlets->n = 0;
    add_outlet(outlets, options->output_path);
    add_outlet(outlets, options->log_path);
    add_outlet(outlets, options->write_path);
    add_outlet(outlets, options->metrics_path);
    add_outlet(outlets, face == FACE_TUI ? "." : NULL);
}

/* ---- the user ---- */

/* The one owner of all folders; false: there is no folder. Several owners: stays who it is. */
static bool find_owner(struct privileges_user *user, const struct outlets *outlets)
{
    bool is_found = false;

    for (size_t i = 0; i < outlets->n; i++) {
        struct stat stat_of;

        if (stat(outlets->place[i], &stat_of) || !S_ISDIR(stat_of.st_mode))
            continue;
        if (is_found && stat_of.st_uid != user->uid)
            stat_of.st_uid = geteuid();
        privileges_user_by_id(user, stat_of.st_uid, stat_of.st_gid);
        is_found = true;
    }
    return is_found;
}

static bool choose_user(struct privileges_user *user, const struct outlets *outlets)
{
    struct err err;

    return find_owner(user, outlets) || privileges_user_by_name(user, LOCKDOWN_USER, &err) == 0 ||
           privileges_user_by_name(user, LOCKDOWN_USER_ELSE, &err) == 0;
}

/* Only what root made just now: who may not open it again could not rotate it. */
static void give_file(const char *path, const struct privileges_user *user)
{
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat stat_of;

    if (fd < 0)
        return;
    /* A file system without owners refuses, and shuts nobody out either. */
    if (fstat(fd, &stat_of) == 0 && S_ISREG(stat_of.st_mode) && stat_of.st_size == 0 &&
        stat_of.st_uid == 0 && stat_of.st_nlink == 1)
        (void)!fchown(fd, user->uid, user->gid);
    (void)close(fd);
}

static void give_files(const struct outlets *outlets, const struct privileges_user *user)
{
    for (size_t i = 0; i < outlets->n; i++) {
        if (outlets->file[i])
            give_file(outlets->file[i], user);
    }
}

static int drop(const struct options *options, const struct outlets *outlets, struct run_info *run,
                struct err *err)
{
    struct privileges_user user;
    bool has_user = options->drop_user || (geteuid() == 0 && choose_user(&user, outlets));
    int code = 0;

    if (options->drop_user)
        code = privileges_user_by_name(&user, options->drop_user, err);
    if (code)
        return code;
    if (has_user && geteuid() == 0 && user.uid != 0)
        give_files(outlets, &user);
    code = privileges_drop(has_user ? &user : NULL, err);
    if (code == -EPERM && !options->drop_user)
        code = privileges_drop(NULL, err);
    run->uid = (int32_t)getuid();
    run->has_net_raw = privileges_are_held();
    return code;
}

/* ---- the sandbox ---- */

static int enter(const struct options *options, const struct outlets *outlets, struct run_info *run,
                 struct err *err)
{
    /* The kernel's figures: of this process, of interfaces, of listeners; jansson's hash key. */
    struct sandbox_path paths[3 + OPTIONS_FILES_MAX + OUTPUTS_MAX] = {
        {"/proc", SANDBOX_READ},
        {"/sys", SANDBOX_READ},
        {"/dev/urandom", SANDBOX_READ},
    };
    struct sandbox_config config = {.paths = paths, .n_paths = 3};
    struct sandbox_state state;
    int code;

    for (size_t i = 0; i < options->n_files; i++)
        paths[config.n_paths++] = (struct sandbox_path){options->file[i], SANDBOX_READ};
    for (size_t i = 0; i < outlets->n; i++)
        paths[config.n_paths++] = (struct sandbox_path){outlets->place[i], SANDBOX_WRITE};
    code = sandbox_enter(&config, &state, err);
    run->has_landlock = state.has_landlock;
    run->has_seccomp = state.has_seccomp;
    return code;
}

int lockdown_enter(const struct options *options, enum face face, struct run_info *run,
                   struct err *err)
{
    struct outlets outlets;
    int code = 0;

    find_outlets(&outlets, options, face);
    if (run->is_live || options->drop_user)
        code = drop(options, &outlets, run, err);
    if (!code && !options->is_sandbox_off)
        code = enter(options, &outlets, run, err);
    if (code || !options->is_sandbox_required)
        return code;
    if (!run->has_landlock || !run->has_seccomp)
        return err_set(err, -ENOSYS, "--require-sandbox: there is no %s here",
                       run->has_landlock ? "seccomp" : "Landlock");
    return 0;
}
