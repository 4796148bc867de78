/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of the sandbox that is about files and ports; see sandbox.h. */
#ifndef APP_LANDLOCK_H
#define APP_LANDLOCK_H

#include "app/sandbox.h"

/* Needs no_new_privs. *is_on: false where the kernel has no Landlock (before 5.13, or not chosen
 * at its start). */
int landlock_enter(const struct sandbox_config *config, bool *is_on, struct err *err) MUST_CHECK;

#endif
