/* SPDX-License-Identifier: BSD-2-Clause */
/* See hash.h. */
#include "base/hash.h"

#include <xxhash.h>

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t n_bytes)
{
    return XXH3_64bits_withSeed(bytes, n_bytes, key->seed);
}
