/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of the sandbox that is about system calls; see sandbox.h. */
#ifndef APP_SYSCALLS_H
#define APP_SYSCALLS_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"

/* Needs no_new_privs. *is_on: false where the build or the kernel has no seccomp. */
int syscalls_enter(bool *is_on, struct err *err) MUST_CHECK;

#endif
