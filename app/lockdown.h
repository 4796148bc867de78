/* SPDX-License-Identifier: BSD-2-Clause */
/* Between opening and the first packet: gives up rights and enters the sandbox. */
#ifndef APP_LOCKDOWN_H
#define APP_LOCKDOWN_H

#include "app/options.h"
#include "sink/sink.h"

/*
 * Live, or with -Z: becomes the user of -Z; without it, as root, the owner of the folder of the
 * output files, so that they can be opened anew, and without such files LOCKDOWN_USER or
 * LOCKDOWN_USER_ELSE. Where root may not change its user (in a container) it stays uid 0. Every
 * capability goes in any case. Output files that were made empty as root then belong to that user.
 *
 * Live or not: no_new_privs, Landlock, seccomp, unless --no-sandbox. With --require-sandbox less
 * than all of it is an error.
 *
 * Fills in what `run` says of it. Main thread, before the others start.
 */
int lockdown_enter(const struct options *options, enum face face, struct run_info *run,
                   struct err *err) MUST_CHECK;

#define LOCKDOWN_USER "tcpwhy"
#define LOCKDOWN_USER_ELSE "nobody"

#endif
