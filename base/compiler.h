/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiler attributes and the few macros that every folder shares. */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

/* C17 has no [[nodiscard]] that gcc 12 and clang 14 both accept under -Wpedantic. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* fmt_index and args_index count from 1, as the attribute wants them. */
#define PRINTF_FMT(fmt_index, args_index) __attribute__((format(printf, fmt_index, args_index)))

/* For the rare branch of a packet's path: inlined, its registers and stack would cost every
 * packet. */
#define OUT_OF_LINE __attribute__((noinline))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* x86-64 and the common arm64 servers; padding to it keeps writers off each other's lines. */
#define CACHELINE_BYTES 64

/* The digits of a macro that is a number, as a string literal. */
#define DIGITS_AS_THEY_ARE(number) #number
#define DIGITS_OF(number) DIGITS_AS_THEY_ARE(number)

#endif
