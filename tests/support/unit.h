/* SPDX-License-Identifier: BSD-2-Clause */
/* What every unit test includes first: cmocka and the headers it wants before it. */
#ifndef SUPPORT_UNIT_H
#define SUPPORT_UNIT_H

/* cmocka.h needs these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
