/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text compared with a file of the repository. With TCPWHY_GOLDEN_UPDATE set in the environment
 * the file is written instead; the difference is then for the review.
 */
#ifndef SUPPORT_GOLDEN_H
#define SUPPORT_GOLDEN_H

#include <stddef.h>

/* Fails the running test at the first line that differs. */
void golden_compare(const char *path, const char *text, size_t n_bytes);

#endif
