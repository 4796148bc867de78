/* SPDX-License-Identifier: BSD-2-Clause */
/* Keyed hashing of short keys: XXH3 with a seed that strangers cannot know (hash flooding). */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* From the OS in production, fixed in tests. No output may depend on it. */
struct hash_key {
    uint64_t seed;
};

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t n_bytes);

#endif
